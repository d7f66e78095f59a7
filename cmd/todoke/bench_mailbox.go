package main

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"todoke/ingest/mail"
	"todoke/ingest/mailbox"
	"todoke/internal/dovecot"
	"todoke/order"
	"todoke/store"
)

// benchMailboxCommand measures how fast a mailbox is collected.
type benchMailboxCommand struct {
	Mails  int    `short:"n" name:"n" default:"2000" help:"Mails in the mailbox."`
	KB     int    `name:"kb" default:"60" help:"Kilobytes of each."`
	Rounds int    `default:"3" help:"How often each is measured, in turns; medians are told."`
	Seed   uint64 `default:"1" help:"Other seeds give other mails."`
	JSON   bool   `name:"json" help:"The figures as one JSON object."`
}

func (benchMailboxCommand) Help() string {
	return "Starts a private Dovecot and a private PostgreSQL (or uses database.url: it is filled with documents). In turns the mails are fetched with the IMAP client alone and thrown away, " +
		"and collected as todoke up does: fetched, parsed, stored and moved. The ratio of the two says what todoke adds; the times alone say what the machine is like."
}

// mailboxBench is one run of the command.
type mailboxBench struct {
	benchMailboxCommand
	app    *App
	server *dovecot.Server
	st     *store.Store
	box    MailboxConfig
}

// mailboxFigures are what a run found.
type mailboxFigures struct {
	Mails         int     `json:"mails"`
	KB            int     `json:"kb"`
	FetchMS       []int64 `json:"fetch_ms"`
	CollectMS     []int64 `json:"collect_ms"`
	RatioPercent  int64   `json:"ratio_percent"` // of the medians
	MailsASecond  int64   `json:"mails_a_second"`
	PeakHeapBytes int64   `json:"peak_heap_bytes"` // live and not yet collected objects, while collecting
	PeakRSSBytes  int64   `json:"peak_rss_bytes"`  // of the process, while collecting; 0 where the system does not tell
	Load          string  `json:"load"`            // of the machine before and after, where it tells
}

// Run implements the command.
func (c benchMailboxCommand) Run(ctx context.Context, a *App) (err error) {
	if c.Mails < 1 || c.KB < 1 || c.Rounds < 1 {
		return usageError{order.Invalid("", "n", "give at least one mail, kilobyte and round")}
	}
	if !dovecot.Installed() {
		return errors.New("there is no Dovecot on this machine: install dovecot-imapd")
	}
	dir, err := os.MkdirTemp("", "todoke-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a.Config.moveData(dir)
	a.Log = slog.New(slog.DiscardHandler) // a line for each mail
	db, err := a.startDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	if err := db.migrate(ctx); err != nil {
		return err
	}
	b := &mailboxBench{benchMailboxCommand: c, app: a}
	if b.st, err = a.newStore(ctx, db); err != nil {
		return err
	}
	defer b.st.Close()
	if b.server, err = dovecot.Start(dovecot.Config{}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.server.Close()) }()
	f, err := b.measure(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.Stdout, f)
	}
	b.print(f)
	return nil
}

func (b *mailboxBench) measure(ctx context.Context) (*mailboxFigures, error) {
	f := &mailboxFigures{Mails: b.Mails, KB: b.KB, Load: load()}
	for round := range b.Rounds {
		// A user of its own: no round finds folders that the one before it has filled.
		user := "round" + strconv.Itoa(round)
		b.box = MailboxConfig{
			Name: "bench", Address: b.server.Address, Security: mailbox.StartTLS, CAFile: b.server.CAFile, User: user, Password: dovecot.Password,
			Folder: "INBOX", Processed: "Processed", Failed: "Failed", After: mailbox.Move, Timeout: mailbox.DefaultTimeout,
		}
		if err := b.deliver(round); err != nil {
			return nil, err
		}
		// The first turn of a round is the other's in the next.
		fetch := func(folder string) error {
			took, err := b.fetchAlone(folder)
			f.FetchMS = append(f.FetchMS, took.Milliseconds())
			return err
		}
		if round%2 == 0 {
			if err := fetch("INBOX"); err != nil {
				return nil, err
			}
		}
		if err := b.collect(ctx, f); err != nil {
			return nil, err
		}
		if round%2 == 1 {
			if err := fetch("Processed"); err != nil {
				return nil, err
			}
		}
	}
	collected := max(medianMS(f.CollectMS), 1)
	f.RatioPercent = 100 * collected / max(medianMS(f.FetchMS), 1)
	f.MailsASecond = int64(b.Mails) * 1000 / collected
	f.Load += " → " + load()
	return f, nil
}

func medianMS(all []int64) int64 {
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// deliver fills the mailbox with mails of a gateway that carry bytes nobody has seen before, and
// lets the server look at them once.
func (b *mailboxBench) deliver(round int) error {
	r := rand.NewChaCha8([32]byte{byte(b.Seed), byte(b.Seed >> 8), byte(round)})
	const line = 57 // bytes that make 76 characters
	raw := make([]byte, line)
	for n := range b.Mails {
		var m strings.Builder
		fmt.Fprintf(&m, "From: noreply@faxbin.example\r\nTo: fax@todoke.example\r\nMessage-ID: <%d.%d@faxbin.example>\r\nSubject: fax %d\r\nMIME-Version: 1.0\r\n"+
			"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nジョブ番号: %d\r\n--b\r\n"+
			"Content-Type: image/tiff; name=fax.tif\r\nContent-Disposition: attachment; filename=fax.tif\r\nContent-Transfer-Encoding: base64\r\n\r\n", round, n, n, n)
		for m.Len() < b.KB<<10 {
			_, _ = r.Read(raw)
			m.WriteString(base64.StdEncoding.EncodeToString(raw) + "\r\n")
		}
		m.WriteString("--b--\r\n")
		if err := b.server.Deliver(b.box.User, strconv.Itoa(n)+".bench", []byte(m.String())); err != nil {
			return err
		}
	}
	c, err := b.connect()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if s, err := c.Select("INBOX", nil).Wait(); err != nil || int(s.NumMessages) != b.Mails {
		return fmt.Errorf("fill the mailbox: %+v, %w", s, err)
	}
	return nil
}

func (b *mailboxBench) connect() (*imapclient.Client, error) {
	c, err := imapclient.DialStartTLS(b.box.Address, &imapclient.Options{TLSConfig: &tls.Config{RootCAs: b.server.Roots}})
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if err := c.Login(b.box.User, b.box.Password).Wait(); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("log in: %w", err)
	}
	return c, nil
}

// fetchAlone fetches every mail with the client library alone and throws it away.
func (b *mailboxBench) fetchAlone(folder string) (time.Duration, error) {
	began := b.app.Now()
	c, err := b.connect()
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return 0, fmt.Errorf("open %s: %w", folder, err)
	}
	cmd := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	n := 0
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		n++ // Next drains the mail before it
	}
	if err := cmd.Close(); err != nil || n != b.Mails {
		return 0, fmt.Errorf("fetch: %d of %d mails, %w", n, b.Mails, err)
	}
	return b.app.Now().Sub(began), nil
}

// parsingKeeper also takes each mail apart, as the worker does later.
type parsingKeeper struct{ mailbox.Keeper }

func (k parsingKeeper) Keep(ctx context.Context, mails []mailbox.Mail) ([]string, error) {
	for _, m := range mails {
		if p, err := mail.Parse(m.Bytes, mail.DefaultLimits()); err != nil || len(p.Attachments) != 1 {
			return nil, fmt.Errorf("parse: %d attachments, %w", len(p.Attachments), err)
		}
	}
	return k.Keeper.Keep(ctx, mails)
}

// collect empties the mailbox as todoke up does.
func (b *mailboxBench) collect(ctx context.Context, f *mailboxFigures) error {
	c, err := b.app.mailCollector(b.box, b.st)
	if err != nil {
		return err
	}
	c.Budget = mailbox.NewBudget(int64(b.app.Config.Collect.MemoryMB) * mb)
	c.Keeper = parsingKeeper{c.Keeper}
	stop := watchMemory(f)
	began := b.app.Now()
	err = c.Collect(ctx)
	took := b.app.Now().Sub(began)
	stop()
	if err != nil {
		return err
	}
	f.CollectMS = append(f.CollectMS, took.Milliseconds())
	person, err := b.connect()
	if err != nil {
		return err
	}
	defer func() { _ = person.Close() }()
	for folder, want := range map[string]uint32{"INBOX": 0, "Processed": uint32(b.Mails)} { //nolint:gosec // a bench has few
		s, err := person.Status(folder, &imap.StatusOptions{NumMessages: true}).Wait()
		if err != nil || s.NumMessages == nil || *s.NumMessages != want {
			return fmt.Errorf("after collecting, %s holds %+v, want %d: %w", folder, s, want, err)
		}
	}
	return nil
}

// watchMemory keeps the most memory in use until stop.
func watchMemory(f *mailboxFigures) (stop func()) {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // begins VmHWM anew (Linux)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		const often = 5 * time.Millisecond
		tick := time.NewTicker(often)
		defer tick.Stop()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(sample)
			f.PeakHeapBytes = max(f.PeakHeapBytes, int64(sample[0].Value.Uint64())) //nolint:gosec // memory is smaller
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(end)
		<-ended
		status, _ := os.ReadFile("/proc/self/status")
		for line := range strings.SplitSeq(string(status), "\n") {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				f.PeakRSSBytes = max(f.PeakRSSBytes, kb<<10)
			}
		}
	}
}

// load is the machine's, "" where it does not tell.
func load() string {
	b, _ := os.ReadFile(filepath.Join("/proc", "loadavg"))
	words := strings.Fields(string(b))
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

func (b *mailboxBench) print(f *mailboxFigures) {
	out := b.app.Stdout
	fmt.Fprintf(out, "%d mails of %d kB in a Dovecot on this machine, %d round(s) in turns\n", f.Mails, f.KB, b.Rounds)
	fmt.Fprintf(out, "  fetched with go-imap alone, thrown away   %6d ms (median of %v)\n", medianMS(f.FetchMS), f.FetchMS)
	fmt.Fprintf(out, "  collected: fetched, parsed, stored, moved %6d ms (median of %v), %d mails a second\n", medianMS(f.CollectMS), f.CollectMS, f.MailsASecond)
	fmt.Fprintf(out, "  ratio                                     %3d.%02d\n", f.RatioPercent/100, f.RatioPercent%100)
	fmt.Fprintf(out, "  at most, while collecting                 %d MB of heap, %d MB of resident memory (collect.memory_mb is %d)\n", f.PeakHeapBytes/mb, f.PeakRSSBytes/mb, b.app.Config.Collect.MemoryMB)
	fmt.Fprintf(out, "  load of the machine                       %s\n", f.Load)
}
