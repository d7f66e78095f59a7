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
	Values map[string]string // by field, as they stand on the page; an empty value says that the field is blank
	As     As                // what the page is to the one that it is suspected to repeat; "" decides nothing
	Of     Other             // the one; zero for the suspected one
	Drop   []int             // lines left out of the order on purpose, for Reason
	Keep   []int             // lines left out before that are to be ordered after all
	Reason string
	By     string
}

// As is what a person says that a page is to another one (FAX-5). A resend makes no order:
// CloseAsResend.
type As string

// The decisions that make an order.
const (
	AsAddOn      As = "addon"      // some more beside the other one: an order of its own (FEE-2)
	AsCorrection As = "correction" // meant instead of the other one, which is cancelled
	AsOwn        As = "own"        // nothing to do with it
)

// decision is a person's decision in words, with what it was made from.
type decision struct {
	rule   string
	text   string
	inputs map[string]any
}

// Settle puts a person's values and decisions into a review's draft and lets the rules judge
// again. Where nothing stands against it any more the order is made and the review closed; else
// what was said is kept, the review stays open with what still stands against it, and that is
// returned as a *Refusal. A page that may repeat another one is no order before a person says
// what it is (FAX-5); as a correction it cancels the other one's order in the same transaction. Every value and decision becomes an event with the person's name (KEP-2).
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
		received, problem := rules.ReceivedOf(draft, docs[0].ReceivedAt) // CUT-3: which of two times holds
		if problem != nil {
			return problem
		}
		req, problems := rules.RequestOf(*draft, order.Source{DocumentID: documentID, Page: r.PageNo}, received)
		p, err := probe(ctx, tx.tx, r, docs[0], req, GoodsKnown(problems))
		if err != nil {
			return err
		}
		if err := tx.LockResends(ctx, p); err != nil {
			return err
		}
		suspects, err := tx.Suspects(ctx, p)
		if err != nil {
			return err
		}
		switch {
		case said.As != "":
			d, err := tx.relate(ctx, r, draft, suspects, said, req.ReceivedAt)
			if err != nil {
				return err
			}
			decisions = append(decisions, d)
		case draft.Related != nil: // decided before
		case len(suspects) > 0:
			problems = append([]*order.Error{suspects[0].Problem(r.Name())}, problems...)
		}
		if problem, err := tx.correctable(ctx, draft.Related, req.DepartmentCode); err != nil {
			return err
		} else if problem != nil {
			problems = append(problems, problem)
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
		if len(problems) == 0 {
			if err := tx.correct(ctx, r, draft.Related, o, now); err != nil {
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
		if r.PageID != 0 && req.DepartmentCode != "" {
			if err := tx.exec(ctx, "PageLikenessCustomer", r.PageID, req.DepartmentCode); err != nil {
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
		if r.PageID != 0 {
			if err := tx.exec(ctx, "PagesJoinedOrder", r.PageID, o.ID, now); err != nil {
				return err
			}
		}
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
		if i := slices.IndexFunc(d.Dropped, func(l order.DroppedLine) bool { return l.Line == no && l.To != "" }); i >= 0 {
			return nil, order.Conflict("FAX-2", "this line is on "+d.Dropped[i].To+": join that one to this page to have it here")
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
