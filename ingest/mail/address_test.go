package mail_test

import (
	"slices"
	"strings"
	"testing"

	"todoke/ingest/mail"
)

func TestNormalAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Sato@Customer.Example.JP":              "sato@customer.example.jp",
		" sato@customer.example.jp. ":           "sato@customer.example.jp",
		"ｓａｔｏ＠ｅｘａｍｐｌｅ．ｊｐ":                       "sato@example.jp",
		"sato@文具.example.jp":                    "sato@xn--h6qx20c.example.jp",
		"sato@XN--H6QX20C.example.jp":           "sato@xn--h6qx20c.example.jp",
		`"sato"@example.jp`:                     "sato@example.jp",
		"sato+order@example.jp":                 "sato+order@example.jp",
		"a..b.@docomo.example.jp":               "a..b.@docomo.example.jp",
		"sato":                                  "",
		"@example.jp":                           "",
		"sato@":                                 "",
		"sato@localhost":                        "",
		"sato@[192.0.2.1]":                      "",
		"sato@192.0.2.1":                        "",
		"sato@exa mple.jp":                      "",
		"sa to@example.jp":                      "",
		`"sa to"@example.jp`:                    "",
		"a@b@example.jp":                        "",
		"sato@example..jp":                      "",
		"sato@-example.jp":                      "",
		"sato@example.jp\r\nBcc: x@y.jp":        "",
		"sa\x00to@example.jp":                   "",
		"sa\u202eto@example.jp":                 "",
		strings.Repeat("a", 65) + "@example.jp": "",
		"a@" + strings.Repeat("b.", 130) + "jp": "",
		"a@" + strings.Repeat("b", 64) + ".jp":  "",
		"<sato@example.jp>":                     "",
	} {
		if got, ok := mail.NormalAddress(in); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
}

func TestAddressesAndMessageIDs(t *testing.T) {
	t.Parallel()
	for head, want := range map[string][]string{
		"From: Sato <Sato@example.jp>":                                    {"sato@example.jp"},
		"From: sato@example.jp (佐藤, 営業)":                                  {"sato@example.jp"},
		`From: "佐藤, <x@evil.example>" <sato@example.jp>`:                  {"sato@example.jp"},
		`From: "sato\" <x@evil.example>" <sato@example.jp>, b@example.jp`: {"sato@example.jp", "b@example.jp"},
		"From: a@example.jp\nFrom: b@example.jp":                          {"a@example.jp", "b@example.jp"},
		"From: <a@example.jp> <b@example.jp>":                             {"a@example.jp", "b@example.jp"},
		"From: 営業: a@example.jp, B <b@example.jp>;":                       {"a@example.jp", "b@example.jp"},
		"From: =?utf-8?q?evil@example.com=2C?= <a@example.jp>":            {"a@example.jp"},
		"From: =?utf-8?b?" + b64("佐藤 <x@evil.example>") + "?=":            nil,
		"From: sato": {"sato"},
		"From: ":     nil,
	} {
		m := parse(t, head+"\nSubject: x\n\nx\n")
		if got := m.Addresses("From"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", head, got, want)
		}
	}
	m := parse(t, "From: a@b.jp\nMessage-ID: <1@b.jp>\nReferences: <x@y.jp>\n <z z@y.jp> garbage <w@y.jp><v@y.jp>\nIn-Reply-To: no brackets@x\n\nx\n")
	if got := m.MessageIDs("references"); !slices.Equal(got, []string{"x@y.jp", "w@y.jp", "v@y.jp"}) {
		t.Errorf("%q", got)
	}
	if got := m.MessageIDs("in-reply-to"); got != nil {
		t.Errorf("%q", got)
	}
	if got := m.Fields()["message-id"]; !slices.Equal(got, []string{"<1@b.jp>"}) {
		t.Errorf("%q", got)
	}
}

// FuzzAddresses holds that no sender can write what would break a header of ours.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{"a@b.jp", `"a b" <c@d.jp>, e@f.jp`, "x: a@b.jp;", "=?utf-8?b?YUBiLmpw?=", "(((", "<<a@b.jp>>", "ｓ＠文具.jp", "<a@b.jp"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 4096 {
			return
		}
		m, err := mail.Parse(append(append([]byte("From: "), raw...), "\r\nMessage-ID: "+string(raw)+"\r\n\r\nx"...), mail.DefaultLimits())
		if err != nil {
			return
		}
		for _, a := range append(m.Addresses("from"), m.MessageIDs("message-id")...) {
			if strings.ContainsAny(a, "\r\n\x00") {
				t.Fatalf("%q breaks a line", a)
			}
			if n, ok := mail.NormalAddress(a); ok {
				if strings.ContainsAny(n, " <>,;:\"\r\n") || strings.Count(n, "@") != 1 || len(n) > 254 {
					t.Fatalf("%q is no address", n)
				}
				if again, ok := mail.NormalAddress(n); !ok || again != n {
					t.Fatalf("%q becomes %q when it is made normal again", n, again)
				}
			}
		}
	})
}
