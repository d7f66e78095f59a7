package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
)

// GetReview is the review of a page, or with page 0 of a document as a whole, open or closed.
func (s *Store) GetReview(ctx context.Context, documentID int64, page int) (Review, error) {
	all, err := s.ReviewsOf(ctx, documentID)
	if err != nil {
		return Review{}, err
	}
	for _, r := range all {
		if r.PageNo == page {
			return r, nil
		}
	}
	return Review{}, order.NotFound("document", "nothing of document "+Review{DocumentID: documentID, PageNo: page}.Name()+" waits for review, nor ever did")
}

// Judgement is what would become of a review if it were settled as it stands.
type Judgement struct {
	Order    order.Order    // as the rules would make it; incomplete where problems stand against it
	Problems []*order.Error // everything that stands against it
	Items    map[string]PricedItem
}

// Judge lets the rules look at a review's draft as it stands, and saves nothing.
func (s *Store) Judge(ctx context.Context, r Review, receivedAt, now time.Time) (Judgement, error) {
	var j Judgement
	if r.Draft == nil {
		return Judgement{Problems: r.Reasons}, nil
	}
	if at, problem := rules.ReceivedOf(r.Draft, receivedAt); problem == nil {
		receivedAt = at
	}
	req, problems := rules.RequestOf(*r.Draft, order.Source{DocumentID: r.DocumentID, Page: r.PageNo}, receivedAt)
	j.Problems = problems
	var codes []string
	for _, f := range r.Draft.Fields {
		if strings.HasSuffix(f.Name, ".item_code") && f.Text != "" {
			codes = append(codes, f.Text)
		}
	}
	var err error
	if j.Items, err = s.FindItems(ctx, req.DepartmentCode, order.DateOf(receivedAt), codes...); err != nil {
		return j, err
	}
	o, refused, err := s.Try(ctx, req, now)
	if err != nil {
		return j, err
	}
	j.Order = o
	for _, e := range refused { // one field is said once, by what read it
		if !slices.ContainsFunc(j.Problems, func(p *order.Error) bool { return p.Field == e.Field && e.Field != "" }) {
			j.Problems = append(j.Problems, e)
		}
	}
	return j, nil
}

// KeyField puts one value of a person into a review and keeps it: nothing is ordered, and what
// stands against the review is judged when it is settled. An empty value says that the field is
// blank.
func (s *Store) KeyField(ctx context.Context, documentID int64, page int, field, value, by string, now time.Time) (Review, error) {
	return s.KeyFields(ctx, documentID, page, map[string]string{field: value}, by, now)
}

// KeyFields is KeyField for several at once: a line that was typed.
func (s *Store) KeyFields(ctx context.Context, documentID int64, page int, values map[string]string, by string, now time.Time) (Review, error) {
	return s.changeDraft(ctx, documentID, page, by, now, func(_ *Tx, r Review) (*order.Draft, []decision, error) {
		draft, said, err := withValues(r.Draft, values, by)
		if err != nil {
			return nil, nil, err
		}
		draft.Keyed = slices.AppendSeq(slices.Clone(draft.Keyed), slices.Values(slices.Sorted(maps.Keys(values))))
		return draft, said, nil
	})
}

// DropLine leaves a line out of the order that a page becomes, for a reason, or with keep takes it
// in after all (FAX-2). Nothing is ordered yet.
func (s *Store) DropLine(ctx context.Context, documentID int64, page, no int, keep bool, reason, by string, now time.Time) (Review, error) {
	said := Settlement{By: strings.TrimSpace(by), Reason: strings.TrimSpace(reason)}
	switch {
	case keep:
		said.Keep = []int{no}
	case said.Reason == "":
		return Review{}, order.Invalid("FAX-2", "reason", "say why the line is left out of the order")
	default:
		said.Drop = []int{no}
	}
	return s.changeDraft(ctx, documentID, page, by, now, func(_ *Tx, r Review) (*order.Draft, []decision, error) {
		draft, _, err := withValues(r.Draft, nil, said.By)
		if err != nil {
			return nil, nil, err
		}
		decisions, err := dropLines(draft, said)
		return draft, decisions, err
	})
}

// UndoKey takes back the value that was keyed last, to what the reader had read.
func (s *Store) UndoKey(ctx context.Context, documentID int64, page int, by string, now time.Time) (Review, string, error) {
	var name string
	r, err := s.changeDraft(ctx, documentID, page, by, now, func(tx *Tx, r Review) (*order.Draft, []decision, error) {
		if r.Draft == nil || len(r.Draft.Keyed) == 0 {
			return nil, nil, order.Invalid("", "", "nothing was keyed that could be taken back")
		}
		draft := *r.Draft
		name = draft.Keyed[len(draft.Keyed)-1]
		draft.Keyed = slices.Clone(draft.Keyed[:len(draft.Keyed)-1])
		read, err := findDraft(ctx, tx.tx, r.PageID)
		if err != nil {
			return nil, nil, err
		}
		old := order.DraftField{Name: name, Decision: order.DecisionBlank}
		if f := draft.Field(name); f != nil {
			old.Page, old.Area, old.Image = f.Page, f.Area, f.Image
		}
		if read != nil && read.Field(name) != nil && read.Field(name).Page == old.Page { // where pages are joined it may be another one's line
			old = *read.Field(name)
		}
		draft.Fields = slices.Clone(draft.Fields)
		var keyed string
		for i := range draft.Fields {
			if draft.Fields[i].Name == name {
				keyed = draft.Fields[i].Text
				draft.Fields[i] = old
			}
		}
		return &draft, []decision{{"KEP-2", fmt.Sprintf("%s: %q taken back by %s", name, keyed, by), map[string]any{"field": name, "old": keyed, "new": old.Text}}}, nil
	})
	return r, name, err
}

// changeDraft changes an open review's draft with an event for each decision.
func (s *Store) changeDraft(ctx context.Context, documentID int64, page int, by string, now time.Time, change func(*Tx, Review) (*order.Draft, []decision, error)) (Review, error) {
	now = at(now)
	if by = strings.TrimSpace(by); by == "" {
		return Review{}, order.Invalid("KEP-2", "by", "say who settles this")
	}
	var r Review
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		if r, err = tx.findReview(ctx, documentID, page); err != nil {
			return err
		}
		docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{documentID})
		if err != nil {
			return err
		}
		draft, said, err := change(tx, r)
		if err != nil {
			return err
		}
		r.Draft = draft
		for _, d := range said {
			d.inputs["review"] = r.Name()
			if err := tx.note(ctx, documentID, d.rule, by, "review "+r.Name()+": "+d.text, order.Inputs(d.inputs), now); err != nil {
				return err
			}
		}
		if err := tx.weigh(ctx, r.ID, r.Reasons, draft, order.DateOf(docs[0].ReceivedAt)); err != nil {
			return err
		}
		return tx.saveReview(ctx, r)
	})
	return r, err
}

// ReopenReview takes a settled page back to its review: the order that it became is cancelled,
// which is possible until goods of it are on a pick list (WHS-1). A page that was closed as sent again
// is asked about once more; one that a standing order corrects stays closed.
func (s *Store) ReopenReview(ctx context.Context, documentID int64, page int, by, reason string, now time.Time) (Review, error) {
	now = at(now)
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	switch {
	case by == "":
		return Review{}, order.Invalid("KEP-2", "by", "say who takes this back")
	case reason == "":
		return Review{}, order.Invalid("KEP-2", "reason", "say why this is taken back")
	}
	var r Review
	err := s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "ReviewsLock", documentID); err != nil {
			return err
		}
		all, err := collect(ctx, tx.tx, "ReviewsByDocument", scanReview, documentID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(r Review) bool { return r.PageNo == page })
		if i < 0 {
			return tx.nothingWaits(ctx, documentID, page, all)
		}
		if r = all[i]; r.State == ReviewOpen {
			return order.Conflict("", "review "+r.Name()+" is open: there is nothing to take back")
		}
		if c, corrected, err := correctionOf(ctx, tx.tx, r); err != nil {
			return err
		} else if corrected { // both would ship
			return order.Conflict("FAX-5", "page "+r.Name()+" was corrected by order "+c.Order.Grouped()+", which stands for both: take page "+c.Page+" back to review or cancel that order first")
		}
		if r.State == ReviewJoined {
			if err := tx.unjoin(ctx, &r, by, reason, now); err != nil {
				return err
			}
		}
		if r.PageID != 0 && r.State == ReviewSettled {
			if err := tx.exec(ctx, "PagesJoinedOrder", r.PageID, nil, now); err != nil {
				return err
			}
		}
		if r.OrderID != 0 && r.State == ReviewSettled {
			c := rules.Cancellation{
				AskedBy: rules.AskedByShop, By: by, Reason: "taken back to review " + r.Name() + ": " + reason, About: map[string]any{"review": r.Name()},
			}
			if _, err := tx.Cancel(ctx, r.OrderID, c, now); err != nil {
				return err
			}
		}
		was := r.State
		r.State, r.ClosedAt, r.ClosedBy, r.OrderID = ReviewOpen, time.Time{}, "", 0
		if err := tx.note(ctx, documentID, "KEP-2", by, "review "+r.Name()+" taken back by "+by+": "+reason,
			order.Inputs(map[string]any{"review": r.Name(), "was": was, "reason": reason}), now); err != nil {
			return err
		}
		if err := tx.saveReview(ctx, r); err != nil {
			return err
		}
		if r.PageID != 0 {
			return tx.exec(ctx, "PageStateUpdate", r.PageID, string(PageReview), "taken back by "+by, nil, now)
		}
		return tx.exec(ctx, "DocumentStateUpdate", r.DocumentID, string(DocumentReview), "taken back by "+by, nil, now)
	})
	return r, err
}

// FindCustomer is the department of a customer code; ok is false where there is none.
func (s *Store) FindCustomer(ctx context.Context, code string) (d order.Department, ok bool, err error) {
	d, err = scanDepartment(s.pool.QueryRow(ctx, query("DepartmentGet"), code))
	if missing(err) {
		return d, false, nil
	}
	return d, err == nil, kinded(err)
}
