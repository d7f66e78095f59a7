package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	// chunk is how many mails are asked for, and moved, at once.
	chunk = 256
	// maxInRow is how many mails in a row may fail to be stored before it is the store that is
	// taken to be at fault, and maxWaiting how many may wait at most.
	maxInRow   = 3
	maxWaiting = 100
	// arrivals is how many mails may come while a mailbox is looked at.
	arrivals = 100_000
	// beginning is how much of a mail that is too large is fetched, in bytes.
	beginning = 64 << 10
	// answerBytes is how much a server may send about a mail beside its bytes.
	answerBytes = 4 << 10
)

// collect takes everything that is there.
func (s *session) collect(ctx context.Context) error {
	select {
	case <-s.wake: // what it told of is looked at now
	default:
	}
	url := s.c.Account.URL()
	cur, err := s.c.Keeper.Cursor(ctx, url)
	if err != nil {
		return fmt.Errorf("read cursor: %w", err)
	}
	sel, err := s.selectFolder()
	if err != nil {
		return err
	}
	s.settleWay()
	if sel.UIDValidity == 0 {
		return fmt.Errorf("open %s: the server does not number mails for good (no UIDVALIDITY): it cannot be collected", s.c.Account.folder())
	}
	if cur.UIDValidity != sel.UIDValidity || sel.UIDNext != 0 && uint32(sel.UIDNext) <= cur.UID {
		if cur.UIDValidity != 0 {
			s.log.WarnContext(ctx, "the server has numbered the mails anew: all are looked at again", "was", cur.UIDValidity, "is", sel.UIDValidity)
		}
		cur = Cursor{UIDValidity: sel.UIDValidity, RenumberedTo: uint32(max(sel.UIDNext, 1)) - 1}
		if err := s.c.Keeper.SaveCursor(ctx, url, cur); err != nil {
			return fmt.Errorf("save cursor: %w", err)
		}
	}
	if sel.HighestModSeq != 0 && sel.HighestModSeq == cur.ModSeq && uint32(sel.UIDNext) == cur.UID+1 && len(cur.Waiting) == 0 {
		s.sweep, s.busy = false, false
		return nil // nothing has changed since nothing was left to do
	}
	p := &pass{session: s, url: url, cur: cur}
	return p.run(ctx, sel)
}

func (s *session) selectFolder() (*imap.SelectData, error) {
	w := s.watch()
	defer w.pause()
	folder := s.c.Account.folder()
	sel, err := s.client.Select(folder, &imap.SelectOptions{ReadOnly: s.c.Account.After == Leave, CondStore: s.client.Caps().Has(imap.CapCondStore)}).Wait()
	if refusal(err) {
		return nil, fmt.Errorf("open %s: the server refuses: %s", folder, serverText(err))
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", folder, err)
	}
	return sel, nil
}

// pass is one look at the whole mailbox.
type pass struct {
	*session
	url   string
	cur   Cursor
	saved Cursor
	most  uint32 // mails that a search may find
	inRow int    // mails in a row that could not be stored
}

func (p *pass) run(ctx context.Context, sel *imap.SelectData) error {
	p.saved, p.most = p.cur, sel.NumMessages+arrivals
	worked := false
	if p.sweep && p.way != notAtAll && p.cur.UID > 0 {
		left, err := p.search(imap.UIDRange{Start: 1, Stop: imap.UID(p.cur.UID)}, imap.FlagDeleted, keptFlag, failedFlag, p.doneFlag())
		if err != nil {
			return err
		}
		left = slices.DeleteFunc(left, func(u imap.UID) bool { return slices.Contains(p.cur.Waiting, uint32(u)) })
		worked = worked || len(left) > 0
		if err := p.take(ctx, left); err != nil {
			return err
		}
	}
	p.sweep = true // until this pass has come to its end
	fresh, err := p.search(imap.UIDRange{Start: imap.UID(p.cur.UID) + 1})
	if err != nil {
		return err
	}
	// n:* also gives the last mail where none has a number from n.
	fresh = slices.DeleteFunc(fresh, func(u imap.UID) bool { return uint32(u) <= p.cur.UID })
	worked = worked || len(fresh) > 0 || len(p.cur.Waiting) > 0
	retry := slices.Clone(p.cur.Waiting)
	if err := p.take(ctx, fresh); err != nil {
		return err
	}
	var again []imap.UID
	for _, u := range retry {
		again = append(again, imap.UID(u))
	}
	if err := p.take(ctx, again); err != nil {
		return err
	}
	p.sweep, p.busy = false, worked
	if !worked && sel.HighestModSeq != 0 && p.cur.ModSeq != sel.HighestModSeq {
		p.cur.ModSeq = sel.HighestModSeq
		return p.save(ctx)
	}
	return nil
}

// search gives the mails of a range, but those with one of the flags, in ascending order.
func (p *pass) search(r imap.UIDRange, without ...imap.Flag) ([]imap.UID, error) {
	w := p.watch()
	defer w.pause()
	const number = 12 // bytes of a UID and the space before it
	p.wire.expect(int64(p.most) * number)
	slices.Sort(without)
	found, err := p.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{{r}}, NotFlag: slices.Compact(without)}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("search mails: %w", err)
	}
	set, _ := found.All.(imap.UIDSet)
	var uids []imap.UID
	for _, r := range set {
		if r.Start == 0 || r.Stop < r.Start || uint64(r.Stop-r.Start)+uint64(len(uids)) >= uint64(p.most) {
			return nil, errors.New("search mails: the server names more mails than it holds")
		}
		for u := uint64(r.Start); u <= uint64(r.Stop); u++ {
			uids = append(uids, imap.UID(u))
		}
	}
	slices.Sort(uids)
	return uids, nil
}

// take stores mails and puts them away, a chunk at a time.
func (p *pass) take(ctx context.Context, uids []imap.UID) error {
	for part := range slices.Chunk(uids, chunk) {
		if err := p.takeChunk(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// found is a mail as the server lists it.
type found struct {
	size int64
	at   time.Time
}

// outcome is what became of a mail.
type outcome int

const (
	untouched outcome = iota
	stored
	refused // or too large
	waits
	gone
)

func (p *pass) takeChunk(ctx context.Context, uids []imap.UID) error {
	listed, err := p.list(uids)
	if err != nil {
		return err
	}
	became := make(map[imap.UID]outcome, len(uids))
	var names []string
	for _, u := range uids {
		if _, ok := listed[u]; !ok {
			became[u] = gone // deleted by somebody else
		}
		names = append(names, p.c.Account.mailURL(p.cur.UIDValidity, uint32(u)))
	}
	kept, err := p.c.Keeper.Kept(ctx, names)
	if err != nil {
		return fmt.Errorf("ask what is stored: %w", err)
	}
	var whole, large []imap.UID
	for i, u := range uids {
		size, known := kept[names[i]]
		switch f := listed[u]; {
		case became[u] == gone:
		case f.size > p.c.MaxBytes && known:
			became[u] = refused
		case f.size > p.c.MaxBytes:
			large = append(large, u)
		case known && size == f.size: // stored, but killed before it was put away
			became[u] = stored
		default:
			whole = append(whole, u)
		}
	}
	err = p.fetch(ctx, whole, listed, became, nil)
	if err == nil {
		err = p.fetch(ctx, large, listed, became, &imap.SectionPartial{Size: beginning})
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if kept := those(uids, became, untouched); err == nil && len(kept) > 0 {
		p.log.WarnContext(ctx, "the server lists mails and does not give them: they are asked for again", "mails", len(kept), "first_uid", kept[0])
	}
	if saveErr := p.advance(ctx, uids, became, err != nil); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	if err != nil {
		return err
	}
	if err := p.settle(those(uids, became, stored), false); err != nil {
		return err
	}
	return p.settle(those(uids, became, refused), true)
}

func those(uids []imap.UID, became map[imap.UID]outcome, o outcome) []imap.UID {
	return slices.DeleteFunc(slices.Clone(uids), func(u imap.UID) bool { return became[u] != o })
}

// list asks for sizes and times.
func (p *pass) list(uids []imap.UID) (map[imap.UID]found, error) {
	w := p.watch()
	defer w.pause()
	cmd := p.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
	listed := make(map[imap.UID]found, len(uids))
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		var u imap.UID
		var f found
		for item := m.Next(); item != nil; item = m.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				u = item.UID
			case imapclient.FetchItemDataRFC822Size:
				f.size = item.Size
			case imapclient.FetchItemDataInternalDate:
				f.at = item.Time
			}
		}
		if u != 0 && len(listed) <= len(uids) {
			listed[u] = f
		}
	}
	if err := cmd.Close(); err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	return listed, nil
}

// advance moves the cursor over what was seen to, and saves it. Where the chunk was broken off,
// it stops before the first mail that was not stored.
func (p *pass) advance(ctx context.Context, uids []imap.UID, became map[imap.UID]outcome, broken bool) error {
	waiting := slices.Clone(p.cur.Waiting)
	for _, uid := range uids {
		u := uint32(uid)
		open := became[uid] == untouched || became[uid] == waits // the server may have kept one back
		switch {
		case !open:
			waiting = slices.DeleteFunc(waiting, func(w uint32) bool { return w == u })
		case u <= p.cur.UID:
			if !broken && !slices.Contains(waiting, u) {
				waiting = append(waiting, u)
			}
			continue
		case broken || len(waiting) >= maxWaiting:
			p.cur.Waiting = waiting
			return p.save(ctx)
		default:
			waiting = append(waiting, u)
		}
		p.cur.UID = max(p.cur.UID, u)
	}
	p.cur.Waiting = waiting
	return p.save(ctx)
}

func (p *pass) save(ctx context.Context) error {
	if p.cur.UID == p.saved.UID && p.cur.ModSeq == p.saved.ModSeq && slices.Equal(p.cur.Waiting, p.saved.Waiting) {
		return nil
	}
	if err := p.c.Keeper.SaveCursor(ctx, p.url, p.cur); err != nil {
		return fmt.Errorf("save cursor: %w", err)
	}
	p.saved = p.cur
	return nil
}
