package mail_test

import (
	"slices"
	"strings"
	"testing"

	"todoke/ingest/mail"
)

const bounce = "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.yamada.example (Mail Delivery System)\r\nTo: bounce@shop.example\r\n" +
	"Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n" +
	"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.yamada.example\r\n\r\nFinal-Recipient: rfc822; a@yamada.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n" +
	"Final-Recipient: rfc822; yamada@yamada.example\r\nAction: Failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <yamada@yamada.example>:\r\n Recipient address rejected\r\n\r\n" +
	"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: shop@shop.example\r\nMessage-ID: <todoke.12.1.0123456789abcdef@shop.example>\r\n\r\n--b--\r\n"

func TestReport(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		data, action, status, diagnostic string
	}{
		"DSN":        {bounce, "failed", "5.1.1", "550 5.1.1 <yamada@yamada.example>: Recipient address rejected"},
		"own words":  {"From: <MAILER-DAEMON@a.example>\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program.\r\n", "failed", "", "failure notice"},
		"a person":   {"From: a@yamada.example\r\nSubject: Re: order\r\nIn-Reply-To: <todoke.12.1.0123456789abcdef@shop.example>\r\n\r\nThanks\r\n", "", "", ""},
		"postmaster": {"From: postmaster@a.example\r\nAuto-Submitted: auto-generated\r\nSubject: quota\r\n\r\nx\r\n", "", "", ""},
		"delivered":  {strings.ReplaceAll(strings.ReplaceAll(bounce, "Failed", "relayed"), "delayed", "delivered"), "delivered", "4.4.1", ""},
	} {
		m, err := mail.Parse([]byte(tt.data), mail.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		r, ok := m.Report()
		if ok != (tt.action != "") || r.Action != tt.action || r.Status != tt.status || r.Diagnostic != tt.diagnostic {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if got := mail.OurNames([]byte(bounce + bounce)); !slices.Equal(got, []string{"todoke.12.1.0123456789abcdef"}) {
		t.Error(got)
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte(bounce))
	f.Add([]byte("From: mailer-daemon\r\n\r\ntodoke.1.1.0123456789abcdef"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := mail.Parse(data, mail.DefaultLimits())
		if err != nil {
			return
		}
		if r, ok := m.Report(); ok && (r.Action == "" || strings.ContainsAny(r.Diagnostic+r.Status, "\r\n")) {
			t.Fatalf("%+v", r)
		}
		if len(mail.OurNames(data)) > 20 {
			t.Fatal("too many names")
		}
	})
}
