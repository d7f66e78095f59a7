package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// SplitPage makes a page of its own of lines that are another order: the same picture, with the
// next number of the document, waiting for a person like the first. With no lines the other order is
// typed from the picture. Each line is ordered by one of the two alone. The new page's name is
// returned.
func (s *Store) SplitPage(ctx context.Context, documentID int64, page int, lines []int, by, reason string, now time.Time) (string, error) {
	now = at(now)
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	if by == "" {
		return "", order.Invalid("KEP-2", "by", "say who settles this")
	}
	var name string
	err := s.InTx(ctx, func(tx *Tx) error {
		r, err := tx.findReview(ctx, documentID, page)
		if err != nil {
			return err
		}
		if r.PageID == 0 {
			return order.Invalid("FAX-2", "page", "only a page can be split: name it as DOC.PAGE")
		}
		docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{documentID})
		if err != nil {
			return err
		}
		read, err := findDraft(ctx, tx.tx, r.PageID)
		if err != nil {
			return err
		}
		var id int64
		var no int
		if err := tx.tx.QueryRow(ctx, query("PageSplit"), r.PageID, "split from "+r.Name()+" by "+by, now).Scan(&id, &no); err != nil {
			return fmt.Errorf("split page: %w", err)
		}
		name = Review{DocumentID: documentID, PageNo: no}.Name()
		draft := order.Draft{}
		if r.Draft != nil {
			draft = *r.Draft
		}
		stays, goes, problem := rules.SplitDraft(draft, lines, r.Name(), name, by)
		if problem != nil {
			return problem
		}
		r.Draft = &stays
		if read != nil {
			if err := tx.addDraft(ctx, id, read, now); err != nil {
				return err
			}
		}
		text := fmt.Sprintf("page %s split: what is on lines %v is another order, %s, by %s", r.Name(), lines, name, by)
		if len(lines) == 0 {
			text = fmt.Sprintf("page %s split: it holds another order, %s, by %s", r.Name(), name, by)
		}
		if reason != "" {
			text += ": " + reason
		}
		if err := tx.note(ctx, documentID, "FAX-2", by, text,
			order.Inputs(map[string]any{"review": r.Name(), "to": name, "lines": list(lines), "reason": reason}), now); err != nil {
			return err
		}
		reasons := []*order.Error{order.Invalid("FAX-2", "", "it was split from "+r.Name()+": settle it as an order of its own")}
		if err := tx.OpenReview(ctx, documentID, id, reasons, &goes, docs[0].ReceivedAt, now); err != nil {
			return err
		}
		if err := tx.weigh(ctx, r.ID, r.Reasons, r.Draft, order.DateOf(docs[0].ReceivedAt)); err != nil {
			return err
		}
		return tx.saveReview(ctx, r)
	})
	return name, err
}

// twoReviews are the open reviews of two pages, locked in the order of their documents.
func (tx *Tx) twoReviews(ctx context.Context, doc int64, page int, into Other) (r, to Review, err error) {
	first, second := doc, into.Document
	if second < first {
		first, second = second, first
	}
	for _, id := range []int64{first, second} {
		if err := tx.exec(ctx, "ReviewsLock", id); err != nil {
			return r, to, err
		}
	}
	if r, err = tx.findReview(ctx, doc, page); err != nil {
		return r, to, err
	}
	if into.Order != "" || into.Document == 0 {
		return r, to, order.Invalid("FAX-2", "to", "say which page it continues, such as 12.1; take an order back to its page first")
	}
	to, err = tx.findReview(ctx, into.Document, into.Page)
	return r, to, err
}

// JoinPage puts the lines of a page onto the one that it continues, of the same fax or of another:
// that one becomes the order of both, and this one none of its own. Both must wait for a person.
// The order counts as received when the page that it is joined to was. The page that now holds
// everything is returned.
func (s *Store) JoinPage(ctx context.Context, documentID int64, page int, into Other, by, reason string, now time.Time) (Review, error) {
	now = at(now)
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	if by == "" {
		return Review{}, order.Invalid("KEP-2", "by", "say who settles this")
	}
	var to Review
	err := s.InTx(ctx, func(tx *Tx) error {
		r, t, err := tx.twoReviews(ctx, documentID, page, into)
		if err != nil {
			return err
		}
		to = t
		if r.PageID == 0 || to.PageID == 0 {
			return order.Invalid("FAX-2", "page", "only pages can be joined: name them as DOC.PAGE")
		}
		if r.ID == to.ID {
			return order.Invalid("FAX-2", "to", "a page does not continue itself")
		}
		pages, err := tx.pages(ctx, documentID)
		if err != nil {
			return err
		}
		if samePicture(pages, r, to) {
			return tx.unsplit(ctx, r, &to, by, reason, now)
		}
		docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{r.DocumentID, to.DocumentID})
		if err != nil {
			return err
		}
		received := map[int64]time.Time{}
		for _, d := range docs {
			received[d.ID] = d.ReceivedAt
		}
		var a, b order.Draft
		if to.Draft != nil {
			a = *to.Draft
		}
		if r.Draft != nil {
			b = *r.Draft
		}
		joined, problem := rules.JoinDrafts(a, b, r.Name())
		if problem != nil {
			return problem
		}
		if f := b.Field("received_at"); f != nil && r.DocumentID == to.DocumentID && joined.Field(f.Name) == nil { // of one fax one time holds (CUT-3)
			joined.Fields = append(joined.Fields, *f)
		}
		// What the reader had read of both is what a value taken back goes back to.
		if err := tx.readAgainAs(ctx, to.PageID, func(read order.Draft) (order.Draft, *order.Error) {
			other, _ := findDraft(ctx, tx.tx, r.PageID) // without one there is nothing to go back to
			if other == nil {
				return read, nil
			}
			return rules.JoinDrafts(read, *other, r.Name())
		}, now); err != nil {
			return err
		}
		to.Draft = &joined
		if err := tx.exec(ctx, "PageJoin", r.PageID, to.PageID); err != nil {
			return err
		}
		text := fmt.Sprintf("page %s continues page %s: they are one order, by %s", r.Name(), to.Name(), by)
		if reason != "" {
			text += ": " + reason
		}
		in := map[string]any{"review": r.Name(), "to": to.Name(), "received_at": received[r.DocumentID], "to_received_at": received[to.DocumentID], "reason": reason}
		if err := tx.noteBoth(ctx, r, to, by, text, in, now); err != nil {
			return err
		}
		if err := tx.weigh(ctx, to.ID, to.Reasons, to.Draft, order.DateOf(received[to.DocumentID])); err != nil {
			return err
		}
		if err := tx.saveReview(ctx, to); err != nil {
			return err
		}
		r.State, r.ClosedAt, r.ClosedBy = ReviewJoined, now, by
		return tx.closeReview(ctx, r, PageJoined, DocumentRead, "joined to "+to.Name()+" by "+by, now)
	})
	return to, err
}

// samePicture tells whether two pages are parts of one that was split.
func samePicture(pages []Page, r, to Review) bool {
	came := func(r Review) int {
		for _, p := range pages {
			if p.ID == r.PageID && p.SplitFrom != 0 {
				return p.SplitFrom
			}
		}
		return r.PageNo
	}
	return r.DocumentID == to.DocumentID && came(r) == came(to)
}

// noteBoth tells the documents of two pages what was decided.
func (tx *Tx) noteBoth(ctx context.Context, r, to Review, by, text string, in map[string]any, now time.Time) error {
	if err := tx.note(ctx, r.DocumentID, "FAX-2", by, text, order.Inputs(in), now); err != nil || r.DocumentID == to.DocumentID {
		return err
	}
	return tx.note(ctx, to.DocumentID, "FAX-2", by, text, order.Inputs(in), now)
}

// readAgainAs keeps one more reading of a page, changed.
func (tx *Tx) readAgainAs(ctx context.Context, pageID int64, change func(order.Draft) (order.Draft, *order.Error), now time.Time) error {
	read, err := findDraft(ctx, tx.tx, pageID)
	if err != nil {
		return err
	}
	if read == nil {
		read = &order.Draft{Decision: order.DecisionNotAForm}
	}
	if changed, problem := change(*read); problem == nil { // two readings that do not go together are corrected by people
		return tx.addDraft(ctx, pageID, &changed, now)
	}
	return nil
}

// unsplit puts a page that was split off back together with the one of the same picture that it
// came from: the lines are taken in there again, with what persons keyed of them since.
func (tx *Tx) unsplit(ctx context.Context, r Review, to *Review, by, reason string, now time.Time) error {
	docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{to.DocumentID})
	if err != nil {
		return err
	}
	back, problem := rules.UnsplitDraft(*to.Draft, *r.Draft, r.Name())
	if problem != nil {
		return problem
	}
	to.Draft = &back
	if err := tx.exec(ctx, "PageJoin", r.PageID, to.PageID); err != nil {
		return err
	}
	text := fmt.Sprintf("page %s is one order with page %s again, by %s", r.Name(), to.Name(), by)
	if err := tx.note(ctx, r.DocumentID, "FAX-2", by, text, order.Inputs(map[string]any{"review": r.Name(), "to": to.Name(), "reason": reason}), now); err != nil {
		return err
	}
	if err := tx.weigh(ctx, to.ID, to.Reasons, to.Draft, order.DateOf(docs[0].ReceivedAt)); err != nil {
		return err
	}
	if err := tx.saveReview(ctx, *to); err != nil {
		return err
	}
	r.State, r.ClosedAt, r.ClosedBy = ReviewJoined, now, by
	return tx.closeReview(ctx, r, PageJoined, DocumentRead, "joined to "+to.Name()+" by "+by, now)
}

// unjoin takes the lines of a joined page off the other one again, as long as that is no order.
func (tx *Tx) unjoin(ctx context.Context, r *Review, by, reason string, now time.Time) error {
	var pageID, documentID int64
	var no int
	if err := tx.tx.QueryRow(ctx, query("PageJoinedTo"), r.PageID).Scan(&pageID, &documentID, &no); err != nil {
		return fmt.Errorf("find joined page: %w", err)
	}
	name := Review{DocumentID: documentID, PageNo: no}.Name()
	if documentID != r.DocumentID {
		if err := tx.exec(ctx, "ReviewsLock", documentID); err != nil {
			return err
		}
	}
	all, err := collect(ctx, tx.tx, "ReviewsByDocument", scanReview, documentID)
	if err != nil {
		return err
	}
	for _, to := range all {
		if to.PageID != pageID {
			continue
		}
		if to.State != ReviewOpen {
			return order.Conflict("FAX-2", "page "+r.Name()+" is part of "+name+", which is settled: take that one back first")
		}
		if to.Draft == nil {
			return nil
		}
		names, err := tx.takeAlong(ctx, r, pageID)
		if err != nil {
			return err
		}
		off := func(d order.Draft) order.Draft {
			for _, n := range names {
				d = rules.UnjoinDraft(d, n)
			}
			return d
		}
		d := off(*to.Draft)
		pages, err := tx.pages(ctx, documentID)
		if err != nil {
			return err
		}
		if samePicture(pages, *r, to) { // split again
			var lines []int
			for _, x := range r.Draft.Fields {
				if n := rules.LineOf(x.Name); n != 0 && !r.Draft.Drops(n) {
					lines = append(lines, n)
				}
			}
			d = rules.DropTo(d, lines, r.Name(), by)
		}
		to.Draft = &d
		if err := tx.readAgainAs(ctx, pageID, func(read order.Draft) (order.Draft, *order.Error) { return off(read), nil }, now); err != nil {
			return err
		}
		if err := tx.note(ctx, documentID, "FAX-2", by, "page "+r.Name()+" is no part of page "+name+" any more, by "+by+": "+reason,
			order.Inputs(map[string]any{"review": r.Name(), "to": name, "reason": reason}), now); err != nil {
			return err
		}
		return tx.saveReview(ctx, to)
	}
	return nil
}

// takeAlong has the pages that were joined to r, before r itself was joined to another one, joined to
// r again. One that was taken off meanwhile stands by itself: r has its lines no more. The names
// of all whose lines leave the other page are returned.
func (tx *Tx) takeAlong(ctx context.Context, r *Review, from int64) ([]string, error) {
	names := []string{r.Name()}
	if r.Draft == nil {
		return names, nil
	}
	joined, err := collect(ctx, tx.tx, "PagesJoined", scanPage, from)
	if err != nil {
		return nil, err
	}
	d := *r.Draft
	for _, f := range r.Draft.Fields {
		if f.Page == "" || slices.Contains(names, f.Page) || d.Field(f.Name) == nil {
			continue
		}
		i := slices.IndexFunc(joined, func(p Page) bool { return p.Name() == f.Page })
		if i < 0 {
			d = rules.UnjoinDraft(d, f.Page)
			continue
		}
		if err := tx.exec(ctx, "PageJoin", joined[i].ID, r.PageID); err != nil {
			return nil, err
		}
		names = append(names, f.Page)
	}
	r.Draft = &d
	return names, nil
}

// Attach closes a review as something that belongs to an order without ordering anything: a letter,
// a drawing, a map. page is 0 for a whole document, such as a mail.
func (s *Store) Attach(ctx context.Context, documentID int64, page int, n order.Number, note, by string, now time.Time) (Review, error) {
	now = at(now)
	by, note = strings.TrimSpace(by), strings.TrimSpace(note)
	if by == "" {
		return Review{}, order.Invalid("KEP-2", "by", "say who settles this")
	}
	var r Review
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		if r, err = tx.findReview(ctx, documentID, page); err != nil {
			return err
		}
		var id int64
		err = tx.tx.QueryRow(ctx, query("OrderIDByNumber"), string(n)).Scan(&id)
		if missing(err) {
			return order.NotFound("order", "there is no order "+n.Grouped())
		}
		if err != nil {
			return fmt.Errorf("find order: %w", err)
		}
		text := fmt.Sprintf("%s belongs to order %s, by %s", r.Name(), n.Grouped(), by)
		if note != "" {
			text += ": " + note
		}
		in := order.Inputs(map[string]any{"review": r.Name(), "order": n, "note": note})
		if _, err := tx.Change(ctx, id, func(o order.Order, _ Facts) (order.Order, []order.Event, error) {
			if problem := rules.AttachTo(rules.DraftCustomer(r.Draft), o); problem != nil {
				return o, nil, problem
			}
			return o, []order.Event{{Kind: order.EventNoted, Rule: "KEP-2", By: by, At: now, Text: text, Inputs: in}}, nil
		}); err != nil {
			return err
		}
		if err := tx.note(ctx, documentID, "KEP-2", by, text, in, now); err != nil {
			return err
		}
		r.State, r.ClosedAt, r.ClosedBy, r.OrderID = ReviewAttached, now, by, id
		rest, err := tx.rest(ctx, r)
		if err != nil {
			return err
		}
		if rest == DocumentJunk {
			rest = DocumentAttached
		}
		if r.PageID != 0 {
			if err := tx.judgeSettled(ctx, r, by, now); err != nil {
				return err
			}
		}
		return tx.closeReview(ctx, r, PageAttached, rest, text, now)
	})
	return r, err
}

// Attached is a page or document that belongs to an order without ordering anything.
type Attached struct {
	Document int64
	Page     int // 0 for a whole document
	Detail   string
	At       time.Time
}

// Name is how people name it.
func (a Attached) Name() string { return Review{DocumentID: a.Document, PageNo: a.Page}.Name() }

// AttachedTo are the pages and documents that people attached to an order, in that order.
func (s *Store) AttachedTo(ctx context.Context, orderID int64) ([]Attached, error) {
	return collect(ctx, s.pool, "AttachedToOrder", pgx.RowToStructByPos[Attached], orderID)
}

// JoinedTo are the pages whose lines are on the order of another one.
func (s *Store) JoinedTo(ctx context.Context, pageID int64) ([]Page, error) {
	return collect(ctx, s.pool, "PagesJoined", scanPage, pageID)
}

// NoteReview keeps what a person wants others to know of a page that still waits.
func (s *Store) NoteReview(ctx context.Context, documentID int64, page int, text, by string, now time.Time) error {
	by, text = strings.TrimSpace(by), strings.TrimSpace(text)
	if by == "" || text == "" {
		return order.Invalid("KEP-2", "note", "say who notes what: --by NAME --note TEXT")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		r, err := tx.findReview(ctx, documentID, page)
		if err != nil {
			return err
		}
		return tx.note(ctx, documentID, "KEP-2", by, "note on "+r.Name()+" by "+by+": "+text,
			order.Inputs(map[string]any{"review": r.Name(), "note": text}), at(now))
	})
}
