package dovecottest_test

import (
	"crypto/tls"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"

	"todoke/internal/dovecottest"
)

func TestServerAnswersAgainAfterItsDeath(t *testing.T) {
	t.Parallel()
	s := dovecottest.Start(t, dovecottest.Options{})
	login := func(mails uint32) {
		c, err := imapclient.DialTLS(s.TLSAddress, &imapclient.Options{TLSConfig: &tls.Config{RootCAs: s.Roots}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if err := c.Login("uketsuke", dovecottest.Password).Wait(); err != nil {
			t.Fatal(err)
		}
		if box, err := c.Select("INBOX", nil).Wait(); err != nil || box.NumMessages != mails {
			t.Fatalf("%+v, %v", box, err)
		}
	}
	login(0)
	s.Kill()
	if err := s.Deliver("uketsuke", "1.example", []byte("Subject: test\r\n\r\n")); err != nil {
		t.Error(err)
	}
	if _, err := imapclient.DialInsecure(s.Address, nil); err == nil {
		t.Error("it still listens")
	}
	s.Start(t)
	login(1)
}
