package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"todoke/ingest/mailbox"
	"todoke/order"
	"todoke/store"
)

// mailSource is the source of documents that come from mailboxes.
const mailSource = "mail"

// tokenPatience is how long the command that gives an access token may take.
const tokenPatience = 30 * time.Second

// mailCollector collects one mailbox into a store; nil only checks it.
func (a *App) mailCollector(m MailboxConfig, st *store.Store) (*mailbox.Collector, error) {
	account := mailbox.Account{
		Name: m.Name, Address: m.Address, Security: m.Security, User: m.User, Folder: m.Folder,
		Processed: m.Processed, Failed: m.Failed, After: m.After, CopyDelete: m.CopyDelete,
		Password: func(context.Context) (string, error) {
			if m.PasswordFile == "" {
				return m.Password, nil
			}
			return readSecret(m.PasswordFile)
		},
	}
	switch {
	case m.TokenFile != "":
		account.Token = func(context.Context) (string, error) { return readSecret(m.TokenFile) }
	case m.TokenCommand != "":
		account.Token = func(ctx context.Context) (string, error) { return commandOutput(ctx, m.TokenCommand) }
	}
	if m.CAFile != "" {
		pem, err := os.ReadFile(m.CAFile)
		if err != nil {
			return nil, order.Invalid("", mailboxesKey+"."+m.Name+".ca_file", err.Error())
		}
		account.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		if !account.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return nil, order.Invalid("", mailboxesKey+"."+m.Name+".ca_file", m.CAFile+" holds no certificate in PEM")
		}
	}
	return &mailbox.Collector{
		Account: account, MaxBytes: a.Config.Collect.maxBytes(), Log: a.Log, Keeper: &mailKeeper{a, st, m},
		Timeout: m.Timeout, Heartbeat: m.Heartbeat, Poll: m.Poll,
	}, nil
}

// commandOutput is the first line that a command of the configuration prints.
func commandOutput(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.WaitDelay = time.Second // a grandchild may hold the pipe
	out, err := cmd.Output()
	if err != nil {
		if e, ok := errors.AsType[*exec.ExitError](err); ok && len(e.Stderr) > 0 {
			err = fmt.Errorf("%w: %s", err, firstLine(errors.New(strings.TrimSpace(string(e.Stderr)))))
		}
		return "", fmt.Errorf("run the token command: %w", err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if line == "" {
		return "", errors.New("run the token command: it prints nothing")
	}
	return line, nil
}

// mailKeeper makes mails documents.
type mailKeeper struct {
	app   *App
	store *store.Store
	box   MailboxConfig
}

func (k *mailKeeper) Cursor(ctx context.Context, url string) (mailbox.Cursor, error) {
	c, err := k.store.MailboxCursor(ctx, url)
	return mailbox.Cursor{UIDValidity: c.UIDValidity, UID: c.UID, RenumberedTo: c.RenumberedTo, ModSeq: uint64(max(c.ModSeq, 0)), Waiting: c.Waiting}, err
}

func (k *mailKeeper) SaveCursor(ctx context.Context, url string, c mailbox.Cursor) error {
	if c.ModSeq > math.MaxInt64 {
		c.ModSeq = 0 // no server counts so far (RFC 7162)
	}
	return k.store.SetMailboxCursor(ctx, url, store.MailboxCursor{
		UIDValidity: c.UIDValidity, UID: c.UID, RenumberedTo: c.RenumberedTo, ModSeq: int64(c.ModSeq), Waiting: c.Waiting, //nolint:gosec // bounded above
	})
}

func (k *mailKeeper) Kept(ctx context.Context, ids []string) (map[string]int64, error) {
	return k.store.Stored(ctx, mailSource, ids)
}

func (k *mailKeeper) Keep(ctx context.Context, mails []mailbox.Mail) ([]string, error) {
	docs := make([]store.NewDocument, len(mails))
	for i := range mails {
		var err error
		if docs[i], err = k.document(ctx, &mails[i]); err != nil {
			return nil, err
		}
	}
	added, err := k.store.AddDocuments(ctx, docs)
	if kind := order.KindOf(err); err != nil && (kind == order.KindInvalid || kind == order.KindPermanent) {
		return nil, fmt.Errorf("%w: %w", mailbox.ErrRefused, err)
	}
	if err != nil {
		return nil, err
	}
	names := make([]string, len(added))
	for i, a := range added {
		names[i] = documentName(a.ID, a.DuplicateOf)
	}
	return names, nil
}

func documentName(id, duplicateOf int64) string {
	if duplicateOf != 0 {
		return fmt.Sprintf("document %d, a duplicate of %d", id, duplicateOf)
	}
	return fmt.Sprintf("document %d", id)
}

// document is what is handed in of a mail.
func (k *mailKeeper) document(ctx context.Context, m *mailbox.Mail) (store.NewDocument, error) {
	at := m.ReceivedAt // CUT-3: the server's own time, which the worker holds against the headers
	if now := k.app.Now(); at.IsZero() || at.After(now) {
		at = now
	}
	numbering, uid, _ := strings.Cut(m.ExternalID, "/;UID=")
	d := store.NewDocument{
		Source: mailSource, ExternalID: m.ExternalID, ReceivedAt: at,
		FileName: k.box.Name + "-" + uid + ".eml", MediaType: "message/rfc822", Bytes: m.Bytes,
	}
	if m.TooLarge { // the desk gets a note in its place, and the mail stays a mail
		d.MediaType, d.FileName = "text/plain", k.box.Name+"-"+uid+".txt"
		folder := k.box.Folder
		if k.box.After == mailbox.Move {
			folder = k.box.Failed
		}
		d.Bytes = fmt.Appendf(nil, "The mail of %d bytes is larger than the %d that are taken in. It lies in mailbox %s, folder %s. It begins:\n\n%s\n",
			m.Size, k.app.Config.Collect.maxBytes(), k.box.Name, folder, mailHead(m.Bytes))
	}
	if m.Renumbered {
		// The server has numbered its mails anew: one that was stored under its old number is the
		// same. Two mails of one numbering are two mails.
		first, err := k.store.TransmissionOf(ctx, mailSource, d.Bytes, numbering)
		if err != nil {
			return d, err
		}
		d.ExternalID = cmp.Or(first, d.ExternalID)
	}
	return d, nil
}

// mailHead is the header of a mail, as far as a person needs it.
func mailHead(b []byte) []byte {
	const most = 4 << 10
	head, _, _ := bytes.Cut(bytes.ReplaceAll(b[:min(len(b), most)], []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	return head
}

// mailboxPatience is how long a mailbox may be silent while doctor looks at it.
const mailboxPatience = 10 * time.Second

// checkMailboxes logs in to each mailbox, and takes nothing.
func (a *App) checkMailboxes(ctx context.Context, add addFinding) {
	for _, m := range a.Config.Mailboxes {
		check, key := "mailbox "+m.Name, mailboxesKey+"."+m.Name
		c, err := a.mailCollector(m, nil)
		if err != nil {
			add(check, statusFail, firstLine(err), "name another file, or unset "+key+".ca_file")
			continue
		}
		c.Timeout = mailboxPatience
		r, err := c.Check(ctx)
		if _, ok := errors.AsType[*mailbox.AuthError](err); ok {
			add(check, statusFail, m.Address+": "+firstLine(err), "check "+key+".user and its password or token")
			continue
		}
		if err != nil {
			add(check, statusFail, m.Address+": "+firstLine(err), "check the keys under "+key+" (todoke config), the server, and that this machine may connect to it")
			continue
		}
		found := fmt.Sprintf("%s answers; %s holds %d mail(s); what is stored ", m.Address, m.Folder, r.Mails)
		switch r.After {
		case mailbox.Move:
			found += "moves to " + m.Processed
		case mailbox.Flag:
			found += "is flagged"
		default:
			found += "stays as it is"
		}
		if !r.Idle {
			found += "; the server does not tell of new mails and is asked instead"
		}
		switch {
		case m.After == mailbox.Move && r.After == mailbox.Flag:
			add(check, statusWarn, found, "the server cannot move mails: set "+key+".copy_delete=true, or "+key+".after=flag")
		case m.Security == mailbox.Plain && !loopback(m.Address):
			add(check, statusWarn, found+"; mails and password cross the network unencrypted", "set "+key+".security to tls or starttls")
		default:
			add(check, statusOK, found, "")
		}
	}
}

func loopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
