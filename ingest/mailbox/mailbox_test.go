package mailbox_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"todoke/ingest/mailbox"
)

// TestMailsAreStoredThenMoved: whole, once, with the server's time, into a folder that is made.
func TestMailsAreStoredThenMoved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		somebody := p.person(t)
		somebody.send("INBOX", mails(1, 3)...)
		c, _ := collector(p, k)
		k.keep = func(m mailbox.Mail) error {
			if !m.ReceivedAt.Equal(arrived) || m.Size != int64(len(m.Bytes)) || m.TooLarge {
				t.Errorf("got %+v", m)
			}
			if !strings.HasPrefix(m.ExternalID, "imap://fax@"+p.address+"/INBOX;UIDVALIDITY=") {
				t.Errorf("it is named %q", m.ExternalID)
			}
			return nil
		}
		collect(t, c)
		k.has(t, mails(1, 3))
		somebody.holds("INBOX", 0)
		somebody.holds(processed(t, somebody), 3)
		collect(t, c)
		somebody.send("INBOX", mail(4))
		collect(t, c)
		k.has(t, mails(1, 4))
	})
}

// processed is the folder for processed mails, with the server's own sign between levels.
func processed(t *testing.T, p *person) string {
	t.Helper()
	list, err := p.c.List("", "*", nil).Collect()
	check(t, err)
	for _, l := range list {
		if strings.HasPrefix(l.Mailbox, "処理済") && strings.HasSuffix(l.Mailbox, "受注") {
			return l.Mailbox
		}
	}
	t.Fatalf("there is no folder for processed mails: %v", list)
	return ""
}

// TestArrivesWhileIdling: the server's word alone wakes the collector; and its end is at once.
func TestArrivesWhileIdling(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		somebody := p.person(t)
		somebody.send("INBOX", mail(1))
		c, _ := collector(p, k)
		c.Poll = time.Second // imapmemserver keeps back what arrives just before IDLE
		stop := run(t, c)
		for n := 1; n <= 5; n++ {
			k.await(t, n)
			somebody.send("INBOX", mail(n+1))
		}
		k.await(t, 6)
		stop()
		collect(t, c) // whatever was not yet put away
		k.has(t, mails(1, 6))
		somebody.holds("INBOX", 0)
	})
}

func TestServerWithoutIdleIsPolled(t *testing.T) {
	t.Parallel()
	p, k := realDovecot(t, imap.CapIMAP4rev1, imap.CapMove, imap.CapUIDPlus), newKeeper()
	somebody := p.person(t)
	c, l := collector(p, k)
	c.Poll = 5 * time.Millisecond
	run(t, c)
	l.await(t, "idle=false", 1)
	somebody.send("INBOX", mail(1))
	k.await(t, 1)
}

func TestServerRestarts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		p.person(t).send("INBOX", mail(1))
		c, l := collector(p, k)
		stop := run(t, c)
		k.await(t, 1)
		p.kill()
		l.await(t, "cannot be collected", 1)
		p.start()
		p.person(t).send("INBOX", mail(2))
		k.await(t, 2)
		stop()
		k.has(t, mails(1, 2))
	})
}

// TestNumberedAnew: a folder that was made again has other numbers. All its mails are offered,
// those it began with as such that may be known.
func TestNumberedAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		somebody := p.person(t)
		check(t, somebody.c.Create("Faxe", nil).Wait())
		somebody.send("Faxe", mails(1, 2)...)
		c, l := collector(p, k)
		c.Account.Folder, c.Account.After = "Faxe", mailbox.Leave
		collect(t, c)
		k.has(t, mails(1, 2))
		check(t, somebody.c.Delete("Faxe").Wait())
		check(t, somebody.c.Create("Faxe", nil).Wait())
		somebody.send("Faxe", mails(2, 3)...)
		renumbered := 0
		k.keep = func(m mailbox.Mail) error {
			if m.Renumbered {
				renumbered++
			}
			return nil
		}
		collect(t, c)
		if renumbered != 2 || len(k.mails) != 4 {
			t.Errorf("%d mails are kept, %d of the new numbering's beginning", len(k.mails), renumbered)
		}
		l.await(t, "numbered the mails anew", 1)
		somebody.send("Faxe", mail(4))
		collect(t, c)
		if renumbered != 2 || len(k.mails) != 5 {
			t.Errorf("%d mails are kept, %d of the new numbering's beginning", len(k.mails), renumbered)
		}
	})
}

// TestServerWithoutMove: mails stay and are flagged, or are copied and deleted where that is wanted.
func TestServerWithoutMove(t *testing.T) {
	t.Parallel()
	caps := []imap.Cap{imap.CapIMAP4rev1, imap.CapIdle, imap.CapUIDPlus}
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t, caps...), newKeeper()
		somebody := p.person(t)
		somebody.send("INBOX", mails(1, 3)...)
		c, _ := collector(p, k)
		collect(t, c)
		collect(t, c)
		k.has(t, mails(1, 3))
		somebody.holds("INBOX", 3)
		somebody.flagged("INBOX", done(t, somebody))

		c.Account.CopyDelete, k = true, newKeeper()
		c.Keeper = k
		somebody.send("INBOX", mail(4))
		collect(t, c)
		k.has(t, mails(1, 4))
		somebody.holds("INBOX", 0)
		somebody.holds(processed(t, somebody), 4)
	})
}

// TestWhatTheServerRefuses falls back to the next way, and no mail is taken twice.
func TestWhatTheServerRefuses(t *testing.T) {
	t.Parallel()
	p, k := inMemory(t), newKeeper()
	somebody := p.person(t)
	somebody.send("INBOX", mails(1, 3)...)
	p.deny.move.Store(true)
	c, l := collector(p, k)
	collect(t, c)
	collect(t, c)
	l.await(t, "way=move instead=flag", 1)
	somebody.holds("INBOX", 3)
	somebody.flagged("INBOX", done(t, somebody))

	p.deny.store.Store(true)
	somebody.send("INBOX", mail(4))
	collect(t, c)
	collect(t, c)
	l.await(t, "way=flag instead=leave", 1)
	somebody.holds("INBOX", 4)

	p.deny.move.Store(false)
	collect(t, c) // what was left is put away when that is allowed
	somebody.holds("INBOX", 3)
	k.has(t, mails(1, 4))
}

// done is the flag of what was stored: a keyword where the server keeps any.
func done(t *testing.T, p *person) imap.Flag {
	t.Helper()
	sel, err := p.c.Select("INBOX", nil).Wait()
	check(t, err)
	if slices.Contains(sel.PermanentFlags, imap.FlagWildcard) {
		return "$TodokeKept"
	}
	return imap.FlagSeen
}

// TestReadOnly: nothing at all changes in the mailbox, and the cursor alone knows what was taken.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		somebody := p.person(t)
		somebody.send("INBOX", mails(1, 150)...)
		c, _ := collector(p, k)
		c.Account.After = mailbox.Leave
		collect(t, c)
		somebody.send("INBOX", mail(151))
		collect(t, c)
		collect(t, c)
		k.has(t, mails(1, 151))
		somebody.holds("INBOX", 151)
		somebody.flagged("INBOX")
	})
}

// TestThousandMails also tells the time it took and that memory stays small.
func TestThousandMails(t *testing.T) {
	t.Parallel()
	const n, size = 1000, 60 << 10
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		k.sizeOnly = true
		body := bytes.Repeat([]byte("SGFqaW1lbWFzaGl0ZSwgZ29jaHVtb24gZGVzdS4gWW9yb3NoaWt1IG9uZWdhaQ==\r\n"), size/68)
		somebody := p.person(t)
		for i := range n {
			somebody.send("INBOX", append(mail(i), body...))
		}
		alone := somebody.discard("INBOX")
		var most uint64
		k.keep = func(mailbox.Mail) error {
			if len(k.order)%100 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
			return nil
		}
		c, _ := collector(p, k)
		began := time.Now()
		collect(t, c)
		took := time.Since(began)
		t.Logf("%d mails of %d kB in %v: %.0f a second, %.1f times as long as fetching them alone; at most %d MB of heap in use, the tests beside included",
			n, size>>10, took.Round(time.Millisecond), n/took.Seconds(), took.Seconds()/alone.Seconds(), most>>20)
		if len(k.mails) != n || len(k.order) != n {
			t.Errorf("%d mails were handed over %d times", len(k.mails), len(k.order))
		}
		somebody.holds("INBOX", 0)
		somebody.holds(processed(t, somebody), n)
	})
}

// TestKilledBetweenStoringAndMoving: whatever the moment, no mail is handed over twice or left.
func TestKilledBetweenStoringAndMoving(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		for name, dies := range map[string]func(k *keeper, kill func()){
			"while storing": func(k *keeper, kill func()) {
				k.keep = func(mailbox.Mail) error { killAt(&k.order, 2, kill); return nil }
			},
			"before the cursor": func(k *keeper, _ func()) { k.save = func(c mailbox.Cursor) error { return failAfter(c.UID > 0) } },
			"between cursor and move": func(k *keeper, kill func()) {
				k.save = func(c mailbox.Cursor) error { killIf(c.UID > 0, kill); return nil }
			},
		} {
			t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				p, k := start(t), newKeeper()
				somebody := p.person(t)
				somebody.send("INBOX", mails(1, 4)...)
				c, _ := collector(p, k)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				dies(k, cancel)
				if err := c.Collect(ctx); err == nil {
					t.Fatal("it did not die")
				}
				somebody.holds("INBOX", 4)
				k.keep, k.save = nil, nil
				if name == "before the cursor" {
					clear(k.cursors)
				}
				c, _ = collector(p, k)
				collect(t, c)
				k.has(t, mails(1, 4))
				somebody.holds("INBOX", 0)
			})
		}
	})
}

func killAt(order *[]string, n int, kill func()) {
	killIf(len(*order) == n, kill)
}

func killIf(now bool, kill func()) {
	if now {
		kill()
	}
}

func failAfter(now bool) error {
	if now {
		return errDisk
	}
	return nil
}

func TestLargeMails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		large := append(mail(1), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n"), 30<<20/64)...)
		larger := append(mail(2), large...)
		somebody := p.person(t)
		somebody.send("INBOX", large, larger, mail(3))
		c, l := collector(p, k)
		c.MaxBytes = int64(len(large))
		var cut mailbox.Mail
		k.keep = func(m mailbox.Mail) error {
			if m.TooLarge {
				cut = m
			}
			return nil
		}
		collect(t, c)
		if cut.Size != int64(len(larger)) || len(cut.Bytes) == 0 || len(cut.Bytes) > 64<<10 || !bytes.HasPrefix(larger, cut.Bytes) {
			t.Errorf("of the larger one there are %d of %d bytes", len(cut.Bytes), cut.Size)
		}
		k.has(t, [][]byte{large, mail(3), cut.Bytes})
		l.await(t, "too large", 1)
		somebody.holds("INBOX", 0)
		somebody.holds("Failed", 1)
		somebody.holds(processed(t, somebody), 2)
	})
}

// TestWhatCannotBeStored stays where it is, and holds up no other mail; what never can be goes
// to the folder for failed ones.
func TestWhatCannotBeStored(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		somebody := p.person(t)
		somebody.send("INBOX", mails(1, 4)...)
		c, _ := collector(p, k)
		k.keep = func(m mailbox.Mail) error {
			switch {
			case bytes.Equal(m.Bytes, mail(2)):
				return errDisk
			case bytes.Equal(m.Bytes, mail(3)):
				return fmt.Errorf("%w: its name", mailbox.ErrRefused)
			}
			return nil
		}
		collect(t, c)
		somebody.holds("INBOX", 1)
		somebody.holds("Failed", 1)
		if got := k.texts(); len(got) != 2 {
			t.Errorf("%d mails are kept", len(got))
		}
		k.keep = nil
		collect(t, c)
		somebody.holds("INBOX", 0)
		if got := k.texts(); len(got) != 3 {
			t.Errorf("%d mails are kept", len(got))
		}

		// A full disk: the batch and then the first failures end it, and nothing is passed over.
		somebody.send("INBOX", mails(5, 20)...)
		k.keep = func(mailbox.Mail) error { return errDisk }
		k.order = nil
		if err := c.Collect(t.Context()); !errors.Is(err, errDisk) || len(k.order) > 4 {
			t.Errorf("after %d mails: %v", len(k.order), err)
		}
		somebody.holds("INBOX", 16)
		k.keep = nil
		collect(t, c)
		if got := k.texts(); len(got) != 19 {
			t.Errorf("%d mails are kept", len(got))
		}
		somebody.holds("INBOX", 0)
	})
}

// TestSilentServer: one that stops answering, idling or within a mail, is left and tried again.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		somebody := p.person(t)
		between := newProxy(t, p.address)
		c, l := collector(p, k)
		c.Account.Address, c.Timeout, c.Heartbeat = between.address, 500*time.Millisecond, 50*time.Millisecond
		run(t, c)
		somebody.send("INBOX", mail(1))
		k.await(t, 1)
		between.freeze()
		l.await(t, "has stopped answering", 1)
		between.thaw()
		somebody.send("INBOX", mail(2))
		k.await(t, 2)

		between.mu.Lock()
		between.after = 20 << 10 // within the next mail
		between.mu.Unlock()
		large := append(mail(3), bytes.Repeat([]byte("x\r\n"), 100<<10)...)
		somebody.send("INBOX", large)
		l.await(t, "has stopped answering", 2)
		between.thaw()
		k.await(t, 3)
	})
}

// TestEndsAtOnce also where the server is silent.
func TestEndsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		p.person(t).send("INBOX", append(mail(1), bytes.Repeat([]byte("x\r\n"), 100<<10)...))
		between := newProxy(t, p.address)
		between.after = 20 << 10
		c, _ := collector(p, k)
		c.Account.Address, c.Timeout = between.address, time.Hour
		stop := run(t, c)
		for frozen := false; !frozen; {
			between.mu.Lock()
			frozen = between.frozen != nil
			between.mu.Unlock()
			<-time.After(time.Millisecond)
		}
		stop()
	})
}

func TestLogin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, start flavour) {
		t.Helper()
		p, k := start(t), newKeeper()
		somebody := p.person(t)
		somebody.send("INBOX", mail(1))
		c, l := collector(p, k)

		var asked atomic.Int32
		c.Account.Password = func(context.Context) (string, error) { asked.Add(1); return "wrong", nil }
		_, err := c.Check(t.Context())
		if _, ok := errors.AsType[*mailbox.AuthError](err); !ok || !strings.Contains(err.Error(), "refuses user, password or token") {
			t.Errorf("a wrong password: %v", err)
		}
		stop := run(t, c)
		l.await(t, "refuses user, password or token", 1)
		stop()
		if asked.Load() < 2 {
			t.Error("the password is not asked for anew")
		}

		right, noFile := p.account().Password, errors.New("no such file")
		c.Account.Password = func(context.Context) (string, error) { return "", noFile }
		if _, err := c.Check(t.Context()); !errors.Is(err, noFile) {
			t.Errorf("no password: %v", err)
		}
		c.Account.Password = right
		c.Account.Folder = "Nowhere"
		if _, err := c.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "open Nowhere: the server refuses") {
			t.Errorf("no folder: %v", err)
		}
		c.Account.Folder = ""

		for security, address := range map[mailbox.Security]string{mailbox.TLS: p.secure, mailbox.StartTLS: p.address, mailbox.Plain: p.address} {
			c.Account.Security, c.Account.Address = security, address
			r, err := c.Check(t.Context())
			if err != nil || r.Mails != 1 || !r.Idle || r.After != mailbox.Move {
				t.Errorf("%s: %+v, %v", security, r, err)
			}
			if security == mailbox.Plain {
				continue
			}
			c.Account.TLS = &tls.Config{}
			if _, err := c.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("%s: a certificate nobody vouches for: %v", security, err)
			}
			c.Account.TLS = p.account().TLS
		}
		somebody.holds("INBOX", 1)
		if len(k.order) > 0 {
			t.Error("a check has taken a mail")
		}
	})
}

// TestToken logs in with an access token, asked for at every login.
func TestToken(t *testing.T) {
	t.Parallel()
	p, k := inMemory(t), newKeeper()
	p.person(t).send("INBOX", mail(1))
	c, _ := collector(p, k)
	current := "expired"
	c.Account.Token = func(context.Context) (string, error) { return current, nil }
	err := c.Collect(t.Context())
	if _, ok := errors.AsType[*mailbox.AuthError](err); !ok {
		t.Errorf("an expired token: %v", err)
	}
	current = token
	collect(t, c)
	k.has(t, mails(1, 1))
}
