package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
)

// settleable are the fields that a person may settle.
var settleable = regexp.MustCompile(`^(customer_code|ship_to|delivery_month|delivery_day|total_quantity|note|received_at|stockout\.(backorder|cancel)|lines\[[1-9][0-9]?\]\.(item_code|quantity|comment))$`)

// Settlement is what a person says about a page in review.
type Settlement struct {
	Values   map[string]string // by field, as they stand on the page; an empty value says that the field is blank
	OwnOrder bool              // it is an order of its own, not the suspected one sent again (FAX-5)
	Drop     []int             // lines left out of the order on purpose, for Reason
	Keep     []int             // lines left out before that are to be ordered after all
	Reason   string
	By       string
}

// decision is a person's decision in words, with what it was made from.
type decision struct {
	rule   string
	text   string
	inputs map[string]any
}

// Settle puts a person's values and decisions into a review's draft and lets the rules judge
// again. Where nothing stands against it any more the order is made and the review closed; else
// what was said is kept, the review stays open with what still stands against it, and that is
// returned as a *Refusal. A suspected resend is no order before a person says that it is one of
// its own (FAX-5). Every value and decision becomes an event with the person's name (KEP-2).
func (s *Store) Settle(ctx context.Context, documentID int64, page int, said Settlement, now time.Time) (order.Order, error) {
	now = at(now)
	if said.By = strings.TrimSpace(said.By); said.By == "" {
		return order.Order{}, order.Invalid("KEP-2", "by", "say who settles this")
	}
	if said.Reason = strings.TrimSpace(said.Reason); len(said.Drop) > 0 && said.Reason == "" {
		return order.Order{}, order.Invalid("FAX-2", "reason", "say why the line is left out of the order: --reason TEXT")
	}
	var o order.Order
	var refusal *Refusal
	err := s.InTx(ctx, func(tx *Tx) error {
		o, refusal = order.Order{}, nil
		r, err := tx.findReview(ctx, documentID, page)
		if err != nil {
			return err
		}
		docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{documentID})
		if err != nil {
			return err
		}
		draft, decisions, err := withValues(r.Draft, said.Values, said.By)
		if err != nil {
			return err
		}
		dropped, err := dropLines(draft, said)
		if err != nil {
			return err
		}
		decisions = append(decisions, dropped...)
		received := docs[0].ReceivedAt
		if f := draft.Field("received_at"); f != nil && f.Text != "" { // CUT-3: which of two times holds
			if received, err = time.Parse(time.RFC3339, f.Text); err != nil {
				return order.Invalid("CUT-3", "received_at", "write the time as 2026-11-24T16:59:00+09:00")
			}
		}
		req, problems := rules.RequestOf(*draft, order.Source{DocumentID: documentID, Page: r.PageNo}, received)
		suspicion, err := tx.suspicion(ctx, r, req, len(problems) == 0)
		if err != nil {
			return err
		}
		switch {
		case draft.OwnOrderBy != "": // decided before
		case said.OwnOrder && suspicion == nil:
			return order.Invalid("FAX-5", "own_order", "no other fax is suspected of being this one: settle it without --own-order")
		case said.OwnOrder:
			draft.OwnOrderBy = said.By
			decisions = append(decisions, decision{"FAX-5", "an order of its own, not sent again, by " + said.By, map[string]any{"suspicion": suspicion.Message}})
		case suspicion != nil:
			problems = append([]*order.Error{suspicion}, problems...)
		}
		r.Draft = draft
		if len(problems) == 0 {
			o, err = tx.Accept(ctx, req, now)
			if rf, ok := errors.AsType[*Refusal](err); ok {
				problems = rf.Problems
			} else if err != nil {
				return err
			}
		}
		if len(problems) == 0 && len(decisions) == 0 {
			decisions = append(decisions, decision{"KEP-2", "settled as read by " + said.By, map[string]any{}})
		}
		for _, d := range decisions {
			d.inputs["review"] = r.Name()
			if err := tx.note(ctx, documentID, d.rule, said.By, "review "+r.Name()+": "+d.text, order.Inputs(d.inputs), now); err != nil {
				return err
			}
		}
		if len(problems) > 0 {
			refusal = &Refusal{Problems: problems}
			r.Reasons = problems
			if err := tx.wantPageAnswer(ctx, documentID, draft, now); err != nil { // its customer may be known now
				return err
			}
			if err := tx.weigh(ctx, r.ID, problems, draft, order.DateOf(received)); err != nil {
				return err
			}
			return tx.saveReview(ctx, r)
		}
		r.State, r.ClosedAt, r.ClosedBy, r.OrderID = ReviewSettled, now, said.By, o.ID
		if err := tx.judgeSettled(ctx, r, said.By, now); err != nil {
			return err
		}
		return tx.closeReview(ctx, r, PageOrdered, DocumentOrdered, "order "+string(o.Number), now)
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return o, err
}

// suspicion is why a page may be another one sent again: as the reader saw it, or as its lines
// look now that a person has settled them. Nil where nothing is suspected.
func (tx *Tx) suspicion(ctx context.Context, r Review, req order.Request, complete bool) (*order.Error, error) {
	if i := slices.IndexFunc(r.Reasons, func(e *order.Error) bool { return e.Rule == "FAX-5" }); i >= 0 {
		return r.Reasons[i], nil
	}
	if !complete {
		return nil, nil
	}
	again, err := tx.SuspectLines(ctx, req)
	if err != nil || again == nil {
		return nil, err
	}
	return again.Problem(r.Name()), nil
}

// withValues is a copy of the draft with a person's values, and each value in words.
func withValues(d *order.Draft, values map[string]string, by string) (*order.Draft, []decision, error) {
	out := order.Draft{Form: "order"}
	if d != nil {
		out = *d
		out.Fields, out.Dropped = slices.Clone(d.Fields), slices.Clone(d.Dropped)
	}
	var said []decision
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !settleable.MatchString(name) {
			return nil, nil, order.Invalid("", name, "there is no such field: use customer_code, ship_to, delivery_month, delivery_day, "+
				"lines[N].item_code, lines[N].quantity, lines[N].comment, total_quantity, note, stockout.backorder, stockout.cancel or received_at")
		}
		f := out.Field(name)
		if f == nil {
			out.Fields = append(out.Fields, order.DraftField{Name: name, Decision: order.DecisionBlank})
			f = &out.Fields[len(out.Fields)-1]
		}
		value := strings.TrimSpace(values[name])
		said = append(said, decision{"KEP-2", inWords(*f, value, by), map[string]any{"field": name, "old": f.Text, "new": value}})
		f.Text, f.Confidence, f.Decision, f.Reasons = value, 1, order.DecisionAccept, nil
		if f.Text == "" {
			f.Decision = order.DecisionBlank
		}
		if person := "person:" + by; !slices.Contains(f.Evidence, person) {
			f.Evidence = append(slices.Clone(f.Evidence), person)
		}
	}
	return &out, said, nil
}

// inWords tells what a person makes of a field.
func inWords(f order.DraftField, value, by string) string {
	was := "read"
	if slices.ContainsFunc(f.Evidence, func(e string) bool { return strings.HasPrefix(e, "person:") }) {
		was = "settled before as"
	}
	quote := func(s string) string {
		if s == "" {
			return "blank"
		}
		return strconv.Quote(s)
	}
	if f.Text == value {
		return fmt.Sprintf("%s: %s %s, confirmed by %s", f.Name, was, quote(f.Text), by)
	}
	return fmt.Sprintf("%s: %s %s, settled %s by %s", f.Name, was, quote(f.Text), quote(value), by)
}

// dropLines leaves lines of a draft out of its order, or takes that back, and tells it in words.
func dropLines(d *order.Draft, said Settlement) ([]decision, error) {
	var out []decision
	for _, no := range said.Keep {
		field := fmt.Sprintf("lines[%d]", no)
		if !d.Drops(no) || slices.Contains(said.Drop, no) {
			return nil, order.Invalid("FAX-2", field, "this line is not left out of the order")
		}
		d.Dropped = slices.DeleteFunc(d.Dropped, func(l order.DroppedLine) bool { return l.Line == no })
		out = append(out, decision{"FAX-2", fmt.Sprintf("%s is ordered after all, by %s", field, said.By), map[string]any{"line": no}})
	}
	for _, no := range said.Drop {
		field := fmt.Sprintf("lines[%d]", no)
		as := map[string]string{}
		written := false
		for _, part := range []string{"item_code", "quantity", "comment"} {
			if f := d.Field(field + "." + part); f != nil {
				as[part] = f.Text
				written = written || f.Text != "" || f.Image != "" || f.Decision != order.DecisionBlank
			}
		}
		if !written {
			return nil, order.Invalid("FAX-2", field, "nothing is written on this line: there is nothing to leave out")
		}
		if d.Drops(no) {
			continue
		}
		d.Dropped = append(d.Dropped, order.DroppedLine{Line: no, Reason: said.Reason, By: said.By})
		out = append(out, decision{"FAX-2", fmt.Sprintf("%s left out of the order by %s: %s; on the page it is item %s, quantity %s",
			field, said.By, said.Reason, cmp.Or(as["item_code"], "blank"), cmp.Or(as["quantity"], "blank")), map[string]any{
			"line": no, "item_code": as["item_code"], "quantity": as["quantity"], "comment": as["comment"], "reason": said.Reason,
		}})
	}
	return out, nil
}
