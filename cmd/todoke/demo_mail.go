package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"todoke/ingest/mail"
	"todoke/ingest/mailbox"
	"todoke/internal/dovecot"
	"todoke/internal/smtptest"
	"todoke/order"
	"todoke/payment/simulate"
	"todoke/samples/day"
	"todoke/store"
)

// demoUser is whose mailbox the demo's faxes come to.
const demoUser = "fax"

// demoAuthserv is the name by which the demo's mail server states who sent a mail.
const demoAuthserv = "mx.todoke.example"

// demoPost is the mail around the demo: a mailbox to which a fax gateway mails, and a mail server
// that takes what todoke sends and passes it on to nobody.
type demoPost struct {
	about    string // which IMAP server it is
	box      MailboxConfig
	deliver  func(doc day.Document) error // puts a mail into the mailbox, as a mail server does
	person   *imapclient.Client           // looks into the mailbox
	sent     string                       // folder of the mails that were sent
	smtp     string                       // address of the mail server
	cards    string                       // URL of the card gateway
	closings []func()
}

// startPost starts both servers.
func (d *demo) startPost(ctx context.Context) (p *demoPost, err error) {
	p = &demoPost{sent: filepath.Join(d.app.Config.Data, "sent")}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if err := p.startMailbox(d.app.Log); err != nil {
		return p, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return p, fmt.Errorf("start the demo's mail server: %w", err)
	}
	sink, err := smtptest.New(smtptest.Config{Folder: p.sent, Forget: true})
	if err != nil {
		return p, fmt.Errorf("start the demo's mail server: %w", err)
	}
	p.smtp = l.Addr().String()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = sink.Serve(context.WithoutCancel(ctx), l)
	}()
	p.closings = append(p.closings, func() { sink.Close(); <-ended })
	return p, p.startCards(ctx, d.clock.now)
}

// demoCardToken is what the simulated card gateway wants to be shown.
const demoCardToken = "simulator"

// startCards starts the card gateway that is none (docs/payments.md).
func (p *demoPost) startCards(ctx context.Context, now func() time.Time) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the demo's card gateway: %w", err)
	}
	const patience = 5 * time.Second
	server := &http.Server{Handler: &simulate.Gateway{Token: demoCardToken, Open: true, Now: now}, ReadHeaderTimeout: patience}
	ended := make(chan struct{})
	go func() { _ = server.Serve(l); close(ended) }()
	p.cards = "http://" + l.Addr().String()
	p.closings = append(p.closings, func() { _ = server.Close(); <-ended })
	return nil
}

// startMailbox starts a Dovecot where one is installed, else a server in memory.
func (p *demoPost) startMailbox(log *slog.Logger) error {
	p.box = MailboxConfig{
		Name: "demo", User: demoUser, Password: dovecot.Password, Folder: "INBOX", Processed: "Processed", Failed: "Failed", After: mailbox.Move, Authserv: demoAuthserv,
		Timeout: mailbox.DefaultTimeout, Heartbeat: mailbox.DefaultHeartbeat, Poll: time.Second,
	}
	if dovecot.Installed() {
		server, err := dovecot.Start(dovecot.Config{})
		if err == nil {
			p.about = "Dovecot"
			p.box.Address, p.box.Security, p.box.CAFile = server.Address, mailbox.StartTLS, server.CAFile
			p.closings = append(p.closings, func() { _ = server.Close() })
			p.deliver = func(doc day.Document) error { return server.DeliverAt(demoUser, doc.Name, doc.Bytes, doc.At) }
			return p.connect()
		}
		log.Warn("Dovecot is installed and does not start: a server in memory takes its place", "error", err)
	}
	user := imapmemserver.NewUser(demoUser, dovecot.Password)
	if err := user.Create("INBOX", nil); err != nil {
		return fmt.Errorf("make the demo's mailbox: %w", err)
	}
	users := imapmemserver.New()
	users.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return users.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}, imap.CapIdle: {}}, InsecureAuth: true,
		Logger: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return fmt.Errorf("start the demo's mailbox: %w", err)
	}
	ended := make(chan struct{})
	go func() { _ = server.Serve(l); close(ended) }()
	p.closings = append(p.closings, func() { _ = server.Close(); <-ended })
	p.about = "go-imap's server in memory (no Dovecot is installed)"
	p.box.Address, p.box.Security = l.Addr().String(), mailbox.Plain
	p.deliver = func(doc day.Document) error {
		if _, err := user.Append("INBOX", bytes.NewReader(doc.Bytes), &imap.AppendOptions{Time: doc.At}); err != nil {
			return fmt.Errorf("deliver mail: %w", err)
		}
		return nil
	}
	return p.connect()
}

// connect lets the person log in.
func (p *demoPost) connect() error {
	c, err := imapclient.DialInsecure(p.box.Address, nil)
	if err != nil {
		return fmt.Errorf("connect to the demo's mailbox: %w", err)
	}
	p.person = c
	p.closings = append(p.closings, func() { _ = c.Close() })
	if err := c.Login(p.box.User, p.box.Password).Wait(); err != nil {
		return fmt.Errorf("log in to the demo's mailbox: %w", err)
	}
	return nil
}

func (p *demoPost) close() {
	for i := len(p.closings) - 1; i >= 0; i-- {
		p.closings[i]()
	}
}

// demoGateway is the fax gateway to which the demo's answers go: its mails end at the demo's own
// mail server.
const demoGateway = `name: sample
about: the demo's mail-to-fax gateway, at which nothing is faxed
address: "{number}@fax.example"
`

// configure has todoke work with the demo's servers and with no others, whatever the machine's
// own configuration names.
func (p *demoPost) configure(c *Config) error {
	c.Mailboxes = []MailboxConfig{p.box}
	c.Inbox = filepath.Join(c.Data, "inbox")
	gateways := filepath.Join(c.Data, "fax-gateways")
	const private, shared = 0o750, 0o644
	if err := errors.Join(os.MkdirAll(gateways, private), os.WriteFile(filepath.Join(gateways, "sample.yaml"), []byte(demoGateway), shared)); err != nil {
		return fmt.Errorf("describe the demo's fax gateway: %w", err)
	}
	for key, value := range map[string]string{
		"smtp.address": p.smtp, "smtp.security": "none", "smtp.user": "", "smtp.from": "order@todoke.example", "smtp.reply_to": "", "smtp.returns": "",
		"fax.gateways": gateways, "fax.ways": "sample",
		"payment.url": p.cards, "payment.token": demoCardToken, "payment.token_file": "",
	} {
		s := findSetting(key)
		if s == nil {
			continue
		}
		if err := s.set(c, value); err != nil {
			return fmt.Errorf("set %s for the demo: %w", key, err)
		}
	}
	return nil
}

// mail puts a mail into the mailbox and waits until todoke has taken it out.
func (p *demoPost) mail(ctx context.Context, doc day.Document) error {
	if err := p.deliver(doc); err != nil {
		return err
	}
	const often, patience = 10 * time.Millisecond, 2 * time.Minute
	late := time.After(patience)
	for {
		left, err := p.left()
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return order.Temporary("the mailbox is not collected", fmt.Errorf("%d mail(s) are left after %v", left, patience))
		case <-time.After(often):
		}
	}
}

// left is how many mails lie in the mailbox.
func (p *demoPost) left() (uint32, error) { return p.count("INBOX") }

func (p *demoPost) count(folder string) (uint32, error) {
	s, err := p.person.Status(folder, &imap.StatusOptions{NumMessages: true}).Wait()
	if err != nil {
		return 0, fmt.Errorf("look into the demo's mailbox: %w", err)
	}
	if s.NumMessages == nil {
		return 0, errors.New("look into the demo's mailbox: the server does not tell how many mails there are")
	}
	return *s.NumMessages, nil
}

// keepPDFs writes the PDFs of the mails that were sent beside them, as NUMBER.pdf; what the partner
// got by mail lies among its files.
func (p *demoPost) keepPDFs() (mails, pdfs int, err error) {
	names, err := filepath.Glob(filepath.Join(p.sent, "*.eml"))
	if err != nil {
		return 0, 0, err
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return 0, 0, fmt.Errorf("read a mail that was sent: %w", err)
		}
		if toPartner(b) {
			continue
		}
		m, err := mail.Parse(b, mail.DefaultLimits())
		if err != nil {
			return 0, 0, fmt.Errorf("read %s: %w", name, err)
		}
		for i, a := range m.Attachments {
			if a.MediaType != "application/pdf" {
				continue
			}
			to := fmt.Sprintf("%s-%d.pdf", name[:len(name)-len(".eml")], i+1)
			const shared = 0o644
			if err := os.WriteFile(to, a.Bytes, shared); err != nil {
				return 0, 0, fmt.Errorf("keep a fax: %w", err)
			}
			pdfs++
		}
	}
	return len(names), pdfs, nil
}

// tellPost tells what came and went by mail.
func (d *demo) tellPost(ctx context.Context, docs []store.Document) error {
	left, err := d.servers.left()
	if err != nil {
		return err
	}
	mails, partners := 0, 0
	split := map[int64]bool{}
	for _, doc := range docs {
		split[doc.ParentID] = true
	}
	for _, doc := range docs {
		switch {
		case doc.Source != mailSource || doc.ParentID != 0:
		case split[doc.ID]:
			mails++
		default:
			partners++
		}
	}
	deliveries, err := d.st.Deliveries(ctx)
	if err != nil {
		return err
	}
	states := map[string]map[string]int{} // by channel
	for _, v := range deliveries {
		if states[v.Channel] == nil {
			states[v.Channel] = map[string]int{}
		}
		states[v.Channel][v.State]++
	}
	sent, pdfs, err := d.servers.keepPDFs()
	if err != nil {
		return err
	}
	d.say("\nmail: %d came of the fax gateway and %d of the partner %s, %d left in the mailbox (%s)", mails, partners, demoMail, left, d.servers.about)
	for _, channel := range slices.Sorted(maps.Keys(states)) {
		var counts []string
		for _, state := range slices.Sorted(maps.Keys(states[channel])) {
			counts = append(counts, fmt.Sprintf("%d %s", states[channel][state], state))
		}
		d.say("  deliveries by %-6s  %s", channel, strings.Join(counts, ", "))
	}
	d.say("  the mail server took %d mail(s) with %d PDF(s): %s", sent, pdfs, d.servers.sent)
	return nil
}

// sha256Hex names a document for the demo: mails are named by their servers.
func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
