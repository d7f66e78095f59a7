package mail_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"todoke/delivery"
	"todoke/delivery/mail"
	in "todoke/ingest/mail"
	"todoke/internal/dovecottest"
	"todoke/internal/smtptest"
)

const subject = "【重要】ご注文品の欠品・入荷予定についてのお知らせ（注文番号 123-456-789）髙﨑①㈱ 様"

func message() mail.Message {
	return mail.Message{
		From: "shop@shop.example", FromName: "届け文具株式会社 お客様センター", To: "yamada@yamada.example",
		Parcel: delivery.Parcel{
			MessageID: "todoke.7.0.aa@shop.example", Date: time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("JST", 9*3600)),
			Subject: subject, Text: "山田商事株式会社 御中\n\nいつもお世話になっております。\n", FileName: strings.Repeat("欠品のお知らせ", 8) + ".pdf",
			MediaType: "application/pdf", Data: bytes.Repeat([]byte("%PDF-1.4 \x00\xff"), 500),
		},
	}
}

func TestComposedMailsAreReadByOthers(t *testing.T) {
	t.Parallel()
	m := message()
	data, err := mail.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := mail.Compose(message())
	if err != nil || !bytes.Equal(data, again) {
		t.Fatal("the same message has other bytes")
	}
	for line := range bytes.Lines(data) {
		if len(line) > 80 || !bytes.HasSuffix(line, []byte("\r\n")) || bytes.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Errorf("line %q", line)
		}
	}
	std, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var dec mime.WordDecoder
	if got, err := dec.DecodeHeader(std.Header.Get("Subject")); err != nil || got != subject {
		t.Errorf("%q %v", got, err)
	}
	if from, err := netmail.ParseAddress(std.Header.Get("From")); err != nil || from.Name != m.FromName || from.Address != m.From {
		t.Errorf("%v %v", from, err)
	}
	if at, err := std.Header.Date(); err != nil || !at.Equal(m.Date) {
		t.Error(at, err)
	}
	if std.Header.Get("Auto-Submitted") != "auto-generated" || std.Header.Get("Message-Id") != "<todoke.7.0.aa@shop.example>" || std.Header.Get("In-Reply-To") != "" {
		t.Error(std.Header)
	}
	_, params, err := mime.ParseMediaType(std.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(std.Body, params["boundary"])
	for i, want := range []string{m.Text, string(m.Data)} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if name := p.FileName(); i == 1 && name != m.FileName { // RFC 2231, in pieces
			t.Errorf("%q", name)
		}
		if _, params, err := mime.ParseMediaType(p.Header.Get("Content-Type")); i == 1 && err == nil {
			if got, err := dec.DecodeHeader(params["name"]); err != nil || got != m.FileName {
				t.Errorf("%q %v", got, err)
			}
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(b), "\r\n", ""))
		if err != nil || strings.ReplaceAll(string(decoded), "\r\n", "\n") != strings.ReplaceAll(want, "\r\n", "\n") {
			t.Errorf("part %d: %q, %v", i, decoded, err)
		}
	}
	own, err := in.Parse(data, in.DefaultLimits())
	if err != nil || len(own.Notes) != 0 || own.Subject != subject || len(own.Header("Auto-Submitted")) != 1 || len(own.Attachments) != 1 || own.Attachments[0].Name != m.FileName ||
		!bytes.Equal(own.Attachments[0].Bytes, m.Data) || strings.ReplaceAll(own.Text, "\r\n", "\n") != m.Text {
		t.Errorf("%+v %v", own, err)
	}
}

func TestComposeKeepsToItsHeader(t *testing.T) {
	t.Parallel()
	m := message()
	m.Subject, m.FromName, m.FileName = "a\r\nBcc: all@yamada.example", "x\nBcc: y@yamada.example", "a\"\r\nX: y.pdf"
	m.Thread = []string{"first@yamada.example", "x>\r\nBcc: y", "in@yamada.example"}
	data, err := mail.Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	std, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil || std.Header.Get("Bcc") != "" || std.Header.Get("Auto-Submitted") != "auto-replied" || std.Header.Get("References") != "<first@yamada.example> <in@yamada.example>" ||
		std.Header.Get("In-Reply-To") != "<in@yamada.example>" {
		t.Error(err, std.Header)
	}
	for _, change := range []func(*mail.Message){
		func(m *mail.Message) { m.To = "" },
		func(m *mail.Message) { m.To = "a@yamada.example\r\nX: y" },
		func(m *mail.Message) { m.To = "a@yamada.example>,<b@yamada.example" },
		func(m *mail.Message) { m.To = "山田@yamada.example" },
		func(m *mail.Message) { m.From = "shop" },
		func(m *mail.Message) { m.Returns = "a b@shop.example" },
		func(m *mail.Message) { m.MessageID = "" },
	} {
		m := message()
		change(&m)
		if _, err := mail.Compose(m); err == nil {
			t.Errorf("%+v was composed", m)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add(subject, "届け", "確認.pdf", "本文\r\n.\r\n")
	f.Add("=?UTF-8?B?x?=", "\"", "a'b%.pdf", "")
	f.Add("\xff\x00\r\n", "\u2028", "\r\n", "\n")
	f.Fuzz(func(t *testing.T, subject, name, file, text string) {
		m := message()
		m.Subject, m.FromName, m.FileName, m.Text = subject, name, file, text
		data, err := mail.Compose(m)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if len(line) > 200 || bytes.ContainsFunc(line[:len(line)-2], func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Fatalf("line %q", line)
			}
		}
		std, err := netmail.ReadMessage(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		var dec mime.WordDecoder
		if got, err := dec.DecodeHeader(std.Header.Get("Subject")); err != nil || strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(delivery.Line(subject)), " ") {
			t.Fatalf("%q became %q, %v", subject, got, err)
		}
	})
}

func TestSendFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault smtptest.Fault
		want  delivery.Outcome // "" for none
		kept  int
	}{
		{"none", smtptest.Fault{}, "", 1},
		{"greeting", smtptest.Fault{At: smtptest.AtConnect, Code: 554}, delivery.Temporary, 0},
		{"connection", smtptest.Fault{At: smtptest.AtConnect, Drop: true}, delivery.Temporary, 0},
		{"sender 4xx", smtptest.Fault{At: smtptest.AtMail, Code: 451}, delivery.Temporary, 0},
		{"sender 5xx", smtptest.Fault{At: smtptest.AtMail, Code: 550}, delivery.Permanent, 0},
		{"sender unknown yet", smtptest.Fault{At: smtptest.AtMail, Code: 530}, delivery.Temporary, 0},
		{"recipient 4xx", smtptest.Fault{At: smtptest.AtRcpt, Code: 450}, delivery.Temporary, 0},
		{"recipient 5xx", smtptest.Fault{At: smtptest.AtRcpt, Code: 550}, delivery.Permanent, 0},
		{"recipient, lost", smtptest.Fault{At: smtptest.AtRcpt, Drop: true}, delivery.Temporary, 0},
		{"data 4xx", smtptest.Fault{At: smtptest.AtData, Code: 452}, delivery.Temporary, 0},
		{"data 5xx", smtptest.Fault{At: smtptest.AtData, Code: 554}, delivery.Permanent, 0},
		{"data, lost", smtptest.Fault{At: smtptest.AtData, Drop: true}, delivery.Uncertain, 0},
		{"data, kept and lost", smtptest.Fault{At: smtptest.AtData, Lose: true}, delivery.Uncertain, 1},
		{"data, too slow", smtptest.Fault{At: smtptest.AtData, Delay: time.Minute}, delivery.Uncertain, 0},
		{"hung up after the answer", smtptest.Fault{At: smtptest.AtData, HangUp: true}, "", 1},
		{"answered twice", smtptest.Fault{At: smtptest.AtData, Twice: true}, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, address := smtptest.Start(t, smtptest.Config{})
			s.Fail(tt.fault)
			server := mail.Server{Address: address, Security: mail.Plain, Timeout: 20 * time.Second, Answer: 20 * time.Second}
			if tt.fault.Delay > 0 {
				server.Answer = 300 * time.Millisecond
			}
			receipt, err := server.Send(t.Context(), "shop@shop.example", "yamada@yamada.example", []byte("Subject: x\r\n\r\n.x\r\n"))
			if (err == nil) != (tt.want == "") || err != nil && delivery.OutcomeOf(err) != tt.want || err == nil && receipt == "" {
				t.Fatalf("%q %v %v", receipt, delivery.OutcomeOf(err), err)
			}
			if got := s.Mails(); tt.fault.Delay == 0 && (len(got) != tt.kept || len(got) > 0 && string(got[0].Data) != "Subject: x\r\n\r\n.x\r\n") {
				t.Fatalf("%+v", got)
			}
		})
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, address := smtptest.Start(t, smtptest.Config{})
	s.Fail(smtptest.Fault{At: smtptest.AtMail, Delay: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := (mail.Server{Address: address, Security: mail.Plain}).Send(ctx, "a@shop.example", "b@yamada.example", nil); delivery.OutcomeOf(err) != delivery.Temporary || err == nil {
		t.Fatal(err)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	cert, key, roots := dovecottest.Certificate(t)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	for _, security := range []mail.Security{mail.TLS, mail.StartTLS, mail.Plain} {
		s, address := smtptest.Start(t, smtptest.Config{TLS: config, Implicit: security == mail.TLS, RequireTLS: security != mail.Plain, User: "shop", Password: "himitsu"})
		server := mail.Server{Address: address, Security: security, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, User: "shop"}
		for password, ok := range map[string]bool{"himitsu": true, "chigau": false} {
			server.Password = func(context.Context) (string, error) { return password, nil }
			if err := server.Check(t.Context()); (err == nil) != ok {
				t.Errorf("%s %s: %v", security, password, err)
			}
			if _, err := server.Send(t.Context(), "a@shop.example", "b@yamada.example", []byte("a: b\r\n\r\n")); (err == nil) != ok || err != nil && delivery.OutcomeOf(err) != delivery.Temporary {
				t.Errorf("%s %s: %v", security, password, err)
			}
		}
		if got := s.Mails(); len(got) != 1 || got[0].TLS != (security != mail.Plain) || got[0].User != "shop" {
			t.Errorf("%s: %+v", security, got)
		}
		server.TLS = nil // nobody vouches for the certificate
		if err := server.Check(t.Context()); err == nil && security != mail.Plain {
			t.Errorf("%s: an unknown server was believed", security)
		}
	}
	if err := (mail.Server{Address: "mail.shop.example:25", Security: mail.Plain, User: "a", Password: func(context.Context) (string, error) { return "b", nil }}).Check(t.Context()); err == nil || !strings.Contains(err.Error(), "unencrypted") {
		t.Error(err)
	}
	_, address := smtptest.Start(t, smtptest.Config{})
	if err := (mail.Server{Address: address, Security: mail.StartTLS}).Check(t.Context()); err == nil {
		t.Error("a server without STARTTLS was taken")
	}
}
