package mail_test

import (
	"strings"
	"testing"

	"todoke/templates/mail"
)

func TestDealerRequest(t *testing.T) {
	t.Parallel()
	q := mail.DealerRequest{
		Shop: shop, Number: "D000012", Dealer: "株式会社みどり文具", Customer: "あおば商事株式会社 総務部", Code: "10000016", Order: "100-000-0018",
		Topic: "名入れの校正", Text: "名入れスタンプの校正を、お客様にお送りください。\r\n\r\n書体は明朝体をご希望です。", By: "佐藤 花",
	}
	m, err := q.Render()
	blessed(t, "dealer_request", m, err)
	q.Topic = "件名\r\nBcc: x@example.com"
	if m, err = q.Render(); err != nil || strings.ContainsAny(m.Subject, "\r\n") {
		t.Errorf("subject %q (%v)", m.Subject, err)
	}
}
