package mailbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"

	"todoke/ingest/mailbox"
	"todoke/internal/dovecottest"
)

// dovecotPeer is a Dovecot as told.
func dovecotPeer(t *testing.T, o dovecottest.Options) (*peer, *dovecottest.Server) {
	t.Helper()
	s := dovecottest.Start(t, o)
	return &peer{user: "fax", password: dovecottest.Password, address: s.Address, secure: s.TLSAddress, roots: s.Roots}, s
}

// tapped records what the client says.
type tapped struct {
	net.Conn
	mu   sync.Mutex
	said bytes.Buffer
}

func (c *tapped) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.said.Write(b)
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// TestNothingIsSearchedWhereNothingChanged (RFC 7162): the mailbox's own count of changes tells.
func TestNothingIsSearchedWhereNothingChanged(t *testing.T) {
	t.Parallel()
	p, _ := dovecotPeer(t, dovecottest.Options{})
	k := newKeeper()
	somebody := p.person(t)
	somebody.send("INBOX", mails(1, 3)...)
	c, _ := collector(p, k)
	c.Account.After = mailbox.Flag
	var tap *tapped
	c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		tap = &tapped{Conn: conn}
		return tap, err
	}
	searches := func() int {
		t.Helper()
		collect(t, c)
		tap.mu.Lock()
		defer tap.mu.Unlock()
		return strings.Count(tap.said.String(), " SEARCH ")
	}
	if searches() == 0 {
		t.Fatal("the first look searches nothing")
	}
	searches() // finds that nothing is left to do
	if n := searches(); n != 0 {
		t.Errorf("it searches %d times where nothing has changed", n)
	}
	_, err := somebody.c.Select("INBOX", nil).Wait()
	check(t, err)
	check(t, somebody.c.Store(imap.SeqSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close())
	if searches() == 0 {
		t.Error("a flag has changed and nothing is searched")
	}
	somebody.send("INBOX", mail(4))
	if searches() == 0 {
		t.Error("a mail has come and nothing is searched")
	}
	k.has(t, mails(1, 4))
}

// TestFoldersUnderINBOX, as Courier and Cyrus have them, and with either sign between levels.
func TestFoldersUnderINBOX(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ namespace, separator, processed, failed string }{
		{"INBOX.", ".", "INBOX.処理済.受注", "INBOX.Failed"},
		{"INBOX/", "/", "INBOX/処理済/受注", "INBOX/Failed"},
		{"", "/", "処理済/受注", "Failed"},
	} {
		t.Run(tt.namespace+tt.separator, func(t *testing.T) {
			t.Parallel()
			p, _ := dovecotPeer(t, dovecottest.Options{Namespace: tt.namespace, Separator: tt.separator})
			k := newKeeper()
			somebody := p.person(t)
			somebody.send("INBOX", mails(1, 3)...)
			c, _ := collector(p, k)
			k.keep = func(m mailbox.Mail) error {
				if bytes.Equal(m.Bytes, mail(2)) {
					return fmt.Errorf("%w: for the test", mailbox.ErrRefused)
				}
				return nil
			}
			collect(t, c)
			somebody.holds("INBOX", 0)
			somebody.holds(tt.processed, 2)
			somebody.holds(tt.failed, 1)
		})
	}
}

// TestReadOnlyByItsRights: what the account may not do is not done, and no mail is taken twice.
func TestReadOnlyByItsRights(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rights string
		flags  []imap.Flag
	}{
		{"lr", nil},                         // Dovecot says yes to flags, and sets none
		{"lrw", []imap.Flag{"$TodokeKept"}}, // may write flags, and delete nothing
	} {
		t.Run(tt.rights, func(t *testing.T) {
			t.Parallel()
			p, s := dovecotPeer(t, dovecottest.Options{ACL: true})
			k := newKeeper()
			for n := range 3 {
				check(t, s.Deliver("fax", fmt.Sprintf("%d.example", n), mail(n+1)))
			}
			check(t, os.WriteFile(filepath.Join(s.Maildir("fax"), "dovecot-acl"), []byte("owner "+tt.rights+"\n"), 0o644)) //nolint:gosec // the server reads it as another user
			c, l := collector(p, k)
			collect(t, c)
			collect(t, c)
			k.has(t, mails(1, 3))
			l.await(t, "way=move instead=flag", 1)
			somebody := p.person(t)
			somebody.holds("INBOX", 3)
			somebody.flagged("INBOX", tt.flags...)
		})
	}
}

// TestXOAUTH2 logs in to a server that asks the provider of tokens (RFC 7662).
func TestXOAUTH2(t *testing.T) {
	t.Parallel()
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.FormValue("token") == token {
			_, _ = fmt.Fprint(w, `{"active":true,"username":"fax"}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"active":false}`)
	}))
	t.Cleanup(provider.Close)
	p, s := dovecotPeer(t, dovecottest.Options{TokenURL: provider.URL + "/introspect"})
	check(t, s.Deliver("fax", "1.example", mail(1)))
	k := newKeeper()
	c, _ := collector(p, k)
	c.Account.Security = mailbox.StartTLS
	current := "expired"
	c.Account.Password, c.Account.Token = nil, func(context.Context) (string, error) { return current, nil }
	err := c.Collect(t.Context())
	if _, ok := errors.AsType[*mailbox.AuthError](err); !ok {
		t.Errorf("an expired token: %v", err)
	}
	current = token
	collect(t, c)
	k.has(t, mails(1, 1))
}
