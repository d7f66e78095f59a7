package mail_test

import (
	"strings"
	"testing"

	"todoke/templates/mail"
)

func TestHowToOrder(t *testing.T) {
	t.Parallel()
	m, err := mail.HowToOrder{Shop: shop, Subject: "注文です"}.Render()
	blessed(t, "how_to_order", m, err)
	if strings.Contains(m.Body, "注文です") {
		t.Error("the mail's own words are in the answer")
	}
	short := shop
	short.Web, short.Desk, short.Phone = "", "", ""
	m, err = mail.HowToOrder{Shop: short}.Render()
	blessed(t, "how_to_order_fax", m, err)
	for in, want := range map[string]string{
		"RE: Re:Re: 注文":            "Re: 注文",
		"注文\r\nBcc: x@example.com": "Re: 注文 Bcc: x@example.com",
		"a\u202eb\x00c\u200b":      "Re: ab c",
		"{{.Shop.Name}}":           "Re: {{.Shop.Name}}",
		strings.Repeat("あ", 100):   "Re: " + strings.Repeat("あ", 80) + "…",
		"　注文\u3000書　":              "Re: 注文 書",
	} {
		if m, err := (mail.HowToOrder{Shop: shop, Subject: in}).Render(); err != nil || m.Subject != want {
			t.Errorf("%q: %q, want %q, %v", in, m.Subject, want, err)
		}
	}
}
