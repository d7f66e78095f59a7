package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	// batchMails and batchBytes are how much is stored in one go.
	batchMails = 64
	batchBytes = 4 << 20
	// maxDrain is how many bytes of a mail are read only to be thrown away.
	maxDrain = 1 << 30
)

var (
	// errStore ends a chunk when mail after mail cannot be stored.
	errStore = errors.New("mails cannot be stored")
	errDrain = errors.New("the server sends a mail that does not end")
)

// batch is mails that are stored in one go, in the order in which they were fetched.
type batch struct {
	mails []Mail
	uids  []imap.UID
	bytes int64 // of the budget
}

// body is a mail's bytes as they were fetched.
type body struct {
	bytes  []byte
	size   int64 // of the whole mail, where all of it came
	cut    bool  // it was larger than it may be
	budget int64
}

// fetching is one FETCH of mails: while a batch is stored, the next one is fetched. The budget
// bounds what both hold.
type fetching struct {
	*pass
	large  bool // beginnings of mails that are too large
	watch  *watch
	next   batch
	toKeep chan batch
	ended  chan struct{} // the storing has
	broken chan struct{} // closed when storing goes wrong: what is still handed over is let go

	// Of the goroutine that stores, until ended.
	became map[imap.UID]outcome
	err    error
}

// fetch streams mails and stores them in the order in which they come.
func (p *pass) fetch(ctx context.Context, uids []imap.UID, listed map[imap.UID]found, became map[imap.UID]outcome, part *imap.SectionPartial) error {
	if len(uids) == 0 {
		return nil
	}
	asked := make(map[imap.UID]bool, len(uids)) // and not yet come
	expected := int64(len(uids)) * answerBytes
	for _, u := range uids {
		asked[u] = true
		if part == nil {
			expected += listed[u].size
		}
	}
	f := &fetching{
		pass: p, large: part != nil, watch: p.watch(), toKeep: make(chan batch), ended: make(chan struct{}), broken: make(chan struct{}), became: became,
	}
	p.wire.expect(expected)
	go f.keepAll(ctx)
	cmd := p.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{
		UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true, Partial: part}},
	})
	err := f.stream(ctx, cmd, asked, listed)
	if err != nil { // what was not read hangs the client: the connection ends
		p.fail(err)
	}
	if closeErr := cmd.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("fetch mails: %w", closeErr)
	}
	f.watch.pause()
	f.handOver() // what came whole is stored, whatever became of the connection
	close(f.toKeep)
	<-f.ended
	if f.err != nil {
		return f.err
	}
	return err
}

// stream reads the server's answer into batches.
func (f *fetching) stream(ctx context.Context, cmd *imapclient.FetchCommand, asked map[imap.UID]bool, listed map[imap.UID]found) error {
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		var u imap.UID // it may come after the mail's bytes
		var b *body
		for item := m.Next(); item != nil; item = m.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				u = item.UID
			case imapclient.FetchItemDataBodySection:
				if b != nil {
					f.budget.give(b.budget)
				}
				var err error
				if b, err = f.body(ctx, item.Literal); err != nil {
					return fmt.Errorf("fetch mail %d: %w", u, err)
				}
			}
		}
		switch {
		case b == nil: // it tells of something else, such as new flags
		case !asked[u]:
			f.budget.give(b.budget)
		default:
			delete(asked, u)
			f.add(u, listed[u], b)
		}
	}
	return nil
}

// body reads a mail whole, or as much of it as it may have.
func (f *fetching) body(ctx context.Context, literal imap.LiteralReader) (*body, error) {
	if literal == nil {
		return &body{}, nil // the server has nothing: a person must see that
	}
	size := literal.Size()
	limit := f.c.MaxBytes
	if f.large || size > limit { // larger than listed
		limit = beginning
	}
	b := &body{size: size, cut: size > limit, budget: min(size, limit)}
	if err := f.room(ctx, b.budget); err != nil {
		return nil, err
	}
	f.wire.allow(min(size, maxDrain)) // sizes that servers list may be far too small
	b.bytes = make([]byte, b.budget)
	_, err := io.ReadFull(literal, b.bytes)
	if err == nil && size > maxDrain {
		err = errDrain
	}
	if err == nil {
		_, err = io.Copy(io.Discard, literal)
	}
	if err != nil {
		f.budget.give(b.budget)
		return nil, err
	}
	return b, nil
}

// room takes n bytes from the budget, and hands over the batch where they do not fit in beside it.
func (f *fetching) room(ctx context.Context, n int64) error {
	select {
	case <-f.broken:
		return errStore
	default:
	}
	if len(f.next.mails) < batchMails && f.next.bytes+n <= batchBytes && f.budget.try(n) {
		return nil
	}
	f.watch.pause() // the server owes nothing meanwhile
	defer f.watch.resume()
	f.handOver()
	return f.budget.take(ctx, n)
}

// add puts a mail into the batch.
func (f *fetching) add(u imap.UID, is found, b *body) {
	m := Mail{
		ExternalID: f.c.Account.mailURL(f.cur.UIDValidity, uint32(u)), ReceivedAt: is.at, Size: is.size, Bytes: b.bytes,
		TooLarge: f.large || b.cut, Renumbered: uint32(u) <= f.cur.RenumberedTo,
	}
	if !f.large {
		m.Size = b.size
	}
	f.next.mails, f.next.uids = append(f.next.mails, m), append(f.next.uids, u)
	f.next.bytes += b.budget
}

// handOver lets the batch be stored, once the one before it is.
func (f *fetching) handOver() {
	if len(f.next.mails) > 0 {
		f.toKeep <- f.next
		f.next = batch{}
	}
}

// keepAll stores batch after batch, in order.
func (f *fetching) keepAll(ctx context.Context) {
	defer close(f.ended)
	for b := range f.toKeep {
		if f.err == nil {
			if f.err = f.keep(ctx, b); f.err != nil {
				close(f.broken)
			}
		}
		f.budget.give(b.bytes)
	}
}

// keep stores a batch; where that fails, mail by mail. Its error is the end of the pass, not
// that of a mail.
func (f *fetching) keep(ctx context.Context, b batch) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	names, err := f.c.Keeper.Keep(ctx, b.mails)
	if err == nil && len(names) != len(b.mails) {
		return fmt.Errorf("%w: %d of %d were named", errStore, len(names), len(b.mails))
	}
	if err == nil {
		for i, u := range b.uids {
			f.kept(ctx, u, &b.mails[i], names[i])
		}
		return nil
	}
	for i, u := range b.uids {
		if len(b.mails) > 1 {
			names, err = f.c.Keeper.Keep(ctx, b.mails[i:i+1])
		}
		if err == nil {
			f.kept(ctx, u, &b.mails[i], names[0])
			continue
		}
		if f.became[u], err = f.notKept(ctx, &b.mails[i], err); err != nil {
			return err
		}
	}
	return nil
}

func (f *fetching) kept(ctx context.Context, u imap.UID, m *Mail, name string) {
	f.inRow = 0
	if m.TooLarge {
		f.became[u] = refused
		f.log.WarnContext(ctx, "a mail is too large to be taken in", "mail", m.ExternalID, "bytes", m.Size, "as", name)
		return
	}
	f.became[u] = stored
	f.log.InfoContext(ctx, "taken from the mailbox", "mail", m.ExternalID, "bytes", m.Size, "as", name)
}

func (f *fetching) notKept(ctx context.Context, m *Mail, err error) (outcome, error) {
	switch {
	case ctx.Err() != nil:
		return untouched, ctx.Err()
	case errors.Is(err, ErrRefused):
		f.log.ErrorContext(ctx, "a mail cannot be taken in", "mail", m.ExternalID, "error", err)
		return refused, nil
	}
	f.log.ErrorContext(ctx, "a mail cannot be stored now", "mail", m.ExternalID, "error", err)
	if f.inRow++; f.inRow >= maxInRow {
		return waits, fmt.Errorf("%w: %w", errStore, err)
	}
	return waits, nil
}
