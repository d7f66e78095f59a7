package smtptest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"todoke/internal/dovecottest"
	"todoke/internal/smtptest"
)

const body = "Subject: test\r\n\r\n本文\r\n.dot\r\n"

func send(address string) error {
	c, err := smtp.Dial(address)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the outcome is known by then
	if err := c.SendMail("bounce@todoke.example", []string{"a@yamada.example", "b@yamada.example"}, strings.NewReader(body)); err != nil {
		return err
	}
	return c.Quit()
}

func TestMailsAreKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mails")
	for run := 1; run <= 2; run++ { // a server started again overwrites nothing
		s, address := smtptest.Start(t, smtptest.Config{Folder: dir})
		if err := send(address); err != nil {
			t.Fatal(err)
		}
		mails, err := s.Await(t.Context(), 1)
		if err != nil || mails[0].From != "bounce@todoke.example" || len(mails[0].To) != 2 || string(mails[0].Data) != body {
			t.Fatalf("%+v %v", mails, err)
		}
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(names) != run {
			t.Fatal(names, err)
		}
		b, err := os.ReadFile(names[run-1])
		want := "Return-Path: <bounce@todoke.example>\r\nDelivered-To: a@yamada.example\r\nDelivered-To: b@yamada.example\r\n" + body
		if err != nil || string(b) != want {
			t.Fatalf("%q %v", b, err)
		}
	}
}

func TestFaultsBefallTheFirstTransaction(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault smtptest.Fault
		code  int // 0 for a lost connection, 250 for none
		kept  int
	}{
		{"mail", smtptest.Fault{At: smtptest.AtMail, Code: 451}, 451, 0},
		{"rcpt", smtptest.Fault{At: smtptest.AtRcpt, Code: 550, Text: "no such user"}, 550, 0},
		{"data", smtptest.Fault{At: smtptest.AtData, Code: 552}, 552, 0},
		{"dropped at the greeting", smtptest.Fault{At: smtptest.AtConnect, Drop: true}, 0, 0},
		{"dropped", smtptest.Fault{At: smtptest.AtData, Drop: true}, 0, 0},
		{"lost answer", smtptest.Fault{At: smtptest.AtData, Lose: true}, 0, 1},
		{"slow", smtptest.Fault{At: smtptest.AtData, Delay: time.Millisecond}, 250, 1},
		{"hangs up", smtptest.Fault{At: smtptest.AtData, HangUp: true}, 0, 1}, // QUIT finds nobody
		{"twice", smtptest.Fault{At: smtptest.AtData, Twice: true}, 250, 1},   // the second is taken for QUIT's
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, address := smtptest.Start(t, smtptest.Config{})
			s.Fail(tt.fault)
			err := send(address)
			code := 250
			if e, ok := errors.AsType[*smtp.SMTPError](err); ok && e.Code != 250 {
				code = e.Code
			} else if err != nil && !ok {
				code = 0
			}
			if code != tt.code || len(s.Mails()) != tt.kept {
				t.Fatalf("%d, %d mails: %v", code, len(s.Mails()), err)
			}
			if err := send(address); err != nil || len(s.Mails()) != tt.kept+1 {
				t.Fatalf("the next mail: %v", err)
			}
		})
	}
}

func TestTLSAndLogin(t *testing.T) {
	t.Parallel()
	cert, key, roots := dovecottest.Certificate(t)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	client := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	for _, implicit := range []bool{false, true} {
		s, address := smtptest.Start(t, smtptest.Config{TLS: server, Implicit: implicit, RequireTLS: true, User: "shop", Password: "himitsu"})
		dial := smtp.DialStartTLS
		if implicit {
			dial = smtp.DialTLS
		}
		for _, password := range []string{"chigau", "himitsu"} {
			c, err := dial(address, client)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Auth(sasl.NewPlainClient("", "shop", password))
			if (err == nil) != (password == "himitsu") {
				t.Fatal(password, err)
			}
			err = c.SendMail("a@todoke.example", []string{"b@yamada.example"}, strings.NewReader(body))
			if (err == nil) != (password == "himitsu") {
				t.Fatal(password, err)
			}
			_ = c.Close()
		}
		if m := s.Mails(); len(m) != 1 || !m[0].TLS || m[0].User != "shop" {
			t.Fatalf("%+v", m)
		}
	}
	s, address := smtptest.Start(t, smtptest.Config{TLS: server, RequireTLS: true})
	if err := send(address); err == nil || len(s.Mails()) != 0 {
		t.Fatal("a mail was taken without TLS")
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- smtptest.Serve(ctx, l, smtptest.Config{Forget: true}) }()
	if err := send(l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
