package mailbox_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"

	"todoke/ingest/mailbox"
	"todoke/internal/dovecottest"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// TestMain fails where a connection's goroutines outlive their test.
func TestMain(m *testing.M) {
	status := m.Run()
	if status == 0 {
		buf := make([]byte, 1<<20)
		var stacks string
		for range 200 {
			if stacks = string(buf[:runtime.Stack(buf, true)]); !strings.Contains(stacks, "imapclient.") && !strings.Contains(stacks, "mailbox.(*") {
				os.Exit(0)
			}
			<-time.After(10 * time.Millisecond)
		}
		fmt.Fprintln(os.Stderr, "goroutines are left:\n"+stacks)
		status = 1
	}
	os.Exit(status)
}

// peer is a server with one user.
type peer struct {
	user, password  string
	address, secure string // secure is TLS from the first byte
	roots           *x509.CertPool
	kill, start     func()
	deny            *denied // of the one in memory
}

// flavour makes a server, with the given capabilities where some are given.
type flavour func(t *testing.T, caps ...imap.Cap) *peer

var flavours = map[string]flavour{"memory": inMemory, "dovecot": realDovecot}

func realDovecot(t *testing.T, caps ...imap.Cap) *peer {
	t.Helper()
	var words []string
	for _, c := range caps {
		words = append(words, string(c))
	}
	s := dovecottest.Start(t, dovecottest.Options{Capabilities: strings.Join(words, " ")})
	return &peer{
		user: "fax", password: dovecottest.Password, address: s.Address, secure: s.TLSAddress, roots: s.Roots,
		kill: s.Kill, start: func() { s.Start(t) },
	}
}

// tokenSession also lets in who has the token, and may refuse all changes.
type tokenSession struct {
	*imapmemserver.UserSession
	user *imapmemserver.User
	deny *denied
}

// denied is what a server refuses to do for others than the person.
type denied struct{ move, store atomic.Bool }

var errDenied = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNoPerm, Text: "Permission denied"}

func (s *tokenSession) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	if s.deny.move.Load() {
		return errDenied
	}
	return s.UserSession.Move(w, set, dest)
}

func (s *tokenSession) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, o *imap.StoreOptions) error {
	if s.deny.store.Load() {
		return errDenied
	}
	return s.UserSession.Store(w, set, flags, o)
}

const token = "ya29.himitsu"

func (s *tokenSession) Login(user, password string) error {
	if err := s.user.Login(user, password); err != nil {
		return err
	}
	s.UserSession = imapmemserver.NewUserSession(s.user)
	return nil
}

func (s *tokenSession) AuthenticateMechanisms() []string { return []string{"XOAUTH2", "PLAIN"} }

func (s *tokenSession) Authenticate(mech string) (sasl.Server, error) {
	if mech == "PLAIN" {
		return sasl.NewPlainServer(func(_, user, password string) error { return s.Login(user, password) }), nil
	}
	return &xoauth2Server{s: s}, nil
}

type xoauth2Server struct {
	s      *tokenSession
	failed bool
}

func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.failed:
		return nil, false, imapserver.ErrAuthFailed
	case string(response) == "user=fax\x01auth=Bearer "+token+"\x01\x01":
		x.s.UserSession = imapmemserver.NewUserSession(x.s.user)
		return nil, true, nil
	}
	x.failed = true
	return []byte(`{"status":"400"}`), false, nil
}

func inMemory(t *testing.T, caps ...imap.Cap) *peer {
	t.Helper()
	if len(caps) == 0 {
		caps = []imap.Cap{imap.CapIMAP4rev1, imap.CapMove, imap.CapUIDPlus, imap.CapIdle, imap.CapESearch}
	}
	set := imap.CapSet{}
	for _, c := range caps {
		set[c] = struct{}{}
	}
	user := imapmemserver.NewUser("fax", "himitsu")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	cert, key, roots := dovecottest.Certificate(t)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	secure := &tls.Config{Certificates: []tls.Certificate{pair}}
	p := &peer{user: "fax", password: "himitsu", address: "127.0.0.1:0", secure: "127.0.0.1:0", roots: roots, deny: &denied{}}
	p.start = func() {
		server := imapserver.New(&imapserver.Options{
			NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
				return &tokenSession{user: user, deny: p.deny}, &imapserver.GreetingData{}, nil
			},
			Caps: set, TLSConfig: secure, InsecureAuth: true, Logger: quiet{},
		})
		var ended sync.WaitGroup
		for _, address := range []*string{&p.address, &p.secure} {
			l, err := net.Listen("tcp", *address)
			if err != nil {
				t.Fatal(err)
			}
			*address = l.Addr().String()
			if address == &p.secure {
				l = tls.NewListener(l, secure)
			}
			ended.Go(func() { _ = server.Serve(l) })
		}
		p.kill = func() {
			_ = server.Close()
			ended.Wait()
		}
	}
	p.start()
	t.Cleanup(func() { p.kill() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}

// account collects the peer's INBOX.
func (p *peer) account() mailbox.Account {
	return mailbox.Account{
		Name: "fax", Address: p.address, Security: mailbox.Plain, User: p.user, TLS: &tls.Config{RootCAs: p.roots},
		Password:  func(context.Context) (string, error) { return p.password, nil },
		Processed: "処理済/受注", Failed: "Failed", After: mailbox.Move,
	}
}

// person is somebody else who works with the mailbox.
type person struct {
	t *testing.T
	c *imapclient.Client
}

func (p *peer) person(t *testing.T) *person {
	t.Helper()
	c, err := imapclient.DialInsecure(p.address, nil)
	check(t, err)
	t.Cleanup(func() { _ = c.Close() })
	check(t, c.Login(p.user, p.password).Wait())
	return &person{t, c}
}

var arrived = time.Date(2026, 11, 13, 9, 0, 0, 0, time.FixedZone("", 9*60*60))

// send puts mails into a folder.
func (p *person) send(folder string, mails ...[]byte) {
	p.t.Helper()
	for _, m := range mails {
		cmd := p.c.Append(folder, int64(len(m)), &imap.AppendOptions{Time: arrived})
		_, err := cmd.Write(m)
		check(p.t, err)
		check(p.t, cmd.Close())
		_, err = cmd.Wait()
		check(p.t, err)
	}
}

// holds fails unless a folder holds so many mails.
func (p *person) holds(folder string, want int) {
	p.t.Helper()
	sel, err := p.c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	check(p.t, err)
	if int(sel.NumMessages) != want {
		p.t.Errorf("%s holds %d mails, want %d", folder, sel.NumMessages, want)
	}
}

// discard fetches all mails of a folder with the client alone, and tells how long it took.
func (p *person) discard(folder string) time.Duration {
	p.t.Helper()
	began := time.Now()
	_, err := p.c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	check(p.t, err)
	cmd := p.c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	check(p.t, cmd.Close()) // drains it
	return time.Since(began)
}

// flagged fails unless every mail of a folder, which holds some, has just the given flags.
func (p *person) flagged(folder string, flags ...imap.Flag) {
	p.t.Helper()
	_, err := p.c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	check(p.t, err)
	all, err := p.c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{Flags: true}).Collect()
	check(p.t, err)
	for _, m := range all {
		m.Flags = slices.DeleteFunc(m.Flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), `\Recent`) })
		for _, f := range flags {
			if !slices.ContainsFunc(m.Flags, func(g imap.Flag) bool { return strings.EqualFold(string(f), string(g)) }) {
				p.t.Errorf("%s: a mail has %v, want %v", folder, m.Flags, flags)
			}
		}
		if len(m.Flags) != len(flags) {
			p.t.Errorf("%s: a mail has %v, want %v", folder, m.Flags, flags)
		}
	}
}

// mail is a small fax mail.
func mail(n int) []byte {
	return fmt.Appendf(nil, "From: gateway@fax.example.jp\r\nMessage-ID: <%d@fax.example.jp>\r\nSubject: fax\r\n\r\nfax %d\r\n", n, n)
}

func mails(from, to int) [][]byte {
	var all [][]byte
	for n := from; n <= to; n++ {
		all = append(all, mail(n))
	}
	return all
}

// keeper keeps in memory.
type keeper struct {
	mu       sync.Mutex
	cursors  map[string]mailbox.Cursor
	mails    map[string]mailbox.Mail
	order    []string // external IDs, as often as each was handed over
	sizeOnly bool     // the bytes are not kept

	keep func(mailbox.Mail) error   // before a mail is kept
	save func(mailbox.Cursor) error // after a cursor was saved

	changed chan struct{}
}

func newKeeper() *keeper {
	return &keeper{cursors: map[string]mailbox.Cursor{}, mails: map[string]mailbox.Mail{}, changed: make(chan struct{}, 1)}
}

func (k *keeper) Cursor(_ context.Context, m string) (mailbox.Cursor, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.cursors[m], nil
}

func (k *keeper) SaveCursor(_ context.Context, m string, c mailbox.Cursor) error {
	k.mu.Lock()
	c.Waiting = slices.Clone(c.Waiting)
	k.cursors[m] = c
	save := k.save
	k.mu.Unlock()
	if save != nil {
		return save(c)
	}
	return nil
}

func (k *keeper) Kept(_ context.Context, ids []string) (map[string]int64, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept := map[string]int64{}
	for _, id := range ids {
		if m, ok := k.mails[id]; ok {
			kept[id] = m.Size
		}
	}
	return kept, nil
}

func (k *keeper) Keep(_ context.Context, mails []mailbox.Mail) ([]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var names []string
	for _, m := range mails {
		k.order = append(k.order, m.ExternalID)
		if k.keep != nil {
			if err := k.keep(m); err != nil {
				return nil, err
			}
		}
		names = append(names, "document")
	}
	for _, m := range mails {
		if k.sizeOnly {
			m.Bytes = nil
		}
		k.mails[m.ExternalID] = m
	}
	select {
	case k.changed <- struct{}{}:
	default:
	}
	return names, nil
}

// texts are the mails kept, in no order.
func (k *keeper) texts() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []string
	for _, m := range k.mails {
		all = append(all, string(m.Bytes))
	}
	slices.Sort(all)
	return all
}

// has fails unless just the given mails are kept, each handed over once.
func (k *keeper) has(t *testing.T, want [][]byte) {
	t.Helper()
	var texts []string
	for _, m := range want {
		texts = append(texts, string(m))
	}
	slices.Sort(texts)
	if got := k.texts(); !slices.Equal(got, texts) {
		t.Errorf("%d mails are kept, want %d", len(got), len(texts))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.order) != len(k.mails) {
		t.Errorf("%d mails were handed over %d times", len(k.mails), len(k.order))
	}
}

// await waits until n mails are kept.
func (k *keeper) await(t *testing.T, n int) {
	t.Helper()
	late := time.After(patience)
	for {
		k.mu.Lock()
		got := len(k.mails)
		k.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-k.changed:
		case <-late:
			t.Fatalf("%d mails are kept after %v, want %d", got, patience, n)
		}
	}
}

// logs is a log that tests search.
type logs struct {
	mu      sync.Mutex
	b       bytes.Buffer
	changed chan struct{}
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
	return l.b.Write(b)
}

// await waits until the log has a text n times.
func (l *logs) await(t *testing.T, text string, n int) {
	t.Helper()
	late := time.After(patience)
	for {
		l.mu.Lock()
		s := l.b.String()
		l.mu.Unlock()
		if strings.Count(s, text) >= n {
			return
		}
		select {
		case <-l.changed:
		case <-late:
			t.Fatalf("the log lacks %q:\n%s", text, s)
		}
	}
}

func collector(p *peer, k *keeper) (*mailbox.Collector, *logs) {
	l := &logs{changed: make(chan struct{}, 1)}
	return &mailbox.Collector{
		Account: p.account(), MaxBytes: 64 << 20, Keeper: k, Log: slog.New(slog.NewTextHandler(l, nil)),
		Timeout: patience, Heartbeat: time.Hour, Retry: 10 * time.Millisecond, MaxRetry: 50 * time.Millisecond,
	}, l
}

// run runs a collector until the test, or stop, ends it.
func run(t *testing.T, c *mailbox.Collector) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { c.Run(ctx); close(ended) }()
	stop = func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Error("the collector goes on after it was told to stop")
		}
	}
	t.Cleanup(stop)
	return stop
}

func collect(t *testing.T, c *mailbox.Collector) {
	t.Helper()
	check(t, c.Collect(t.Context()))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// proxy stands between collector and server, and can stop passing anything on.
type proxy struct {
	address string

	mu     sync.Mutex
	target string
	frozen chan struct{} // closed when it is to pass on again; nil while it does
	after  int64         // bytes of the server until it freezes; 0 never
	conns  []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	p := &proxy{address: l.Addr().String(), target: target}
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", p.target)
			if err != nil {
				_ = in.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, in, out)
			p.mu.Unlock()
			ended.Go(func() { p.pass(in, out, false) })
			ended.Go(func() { p.pass(out, in, true) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.thaw()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		ended.Wait()
	})
	return p
}

func (p *proxy) pass(from, to net.Conn, server bool) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		if server && p.after > 0 {
			if p.after -= int64(n); p.after <= 0 {
				p.after, p.frozen = 0, make(chan struct{})
			}
		}
		frozen := p.frozen
		p.mu.Unlock()
		if frozen != nil {
			<-frozen
			return // what was on its way is lost
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = make(chan struct{})
}

func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

// each runs a case against every kind of server.
func each(t *testing.T, test func(t *testing.T, start flavour)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(flavours)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, flavours[name])
		})
	}
}

var errDisk = errors.New("no space left on device")
