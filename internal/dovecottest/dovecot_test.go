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
	login := func() {
		c, err := imapclient.DialTLS(s.TLSAddress, &imapclient.Options{TLSConfig: &tls.Config{RootCAs: s.Roots}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if err := c.Login("uketsuke", dovecottest.Password).Wait(); err != nil {
			t.Fatal(err)
		}
		if box, err := c.Select("INBOX", nil).Wait(); err != nil || box.NumMessages != 0 {
			t.Fatalf("%+v, %v", box, err)
		}
	}
	login()
	s.Kill()
	if _, err := imapclient.DialInsecure(s.Address, nil); err == nil {
		t.Error("it still listens")
	}
	s.Start(t)
	login()
}
