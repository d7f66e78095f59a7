package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
)

// heldByAudit begins the reasons for which audits hold an order.
const heldByAudit = "RDR-3: "

// FreeAuditedOrder lets an order go that is held because a field was misread (RDR-3): the customer
// agrees to it as it is, say. An order held for something else beside stays held for that.
func (s *Store) FreeAuditedOrder(ctx context.Context, id int64, by, reason string, now time.Time) (order.Order, error) {
	var o order.Order
	err := s.resolve(ctx, id, by, reason, func(tx *Tx, a ReadingAudit, by, reason string) error {
		var err error
		o, err = tx.Change(ctx, a.OrderID, func(o order.Order, _ Facts) (order.Order, []order.Event, error) {
			other, found := splitHold(o)
			if !found {
				return o, nil, notHeld(a, o)
			}
			e := order.Event{
				Kind: order.EventHoldFreed, Rule: "RDR-3", By: by, At: at(now), Text: "Goes as it was read, by " + by + ": " + reason + ".",
				Inputs: order.Inputs(map[string]any{"audit": a.ID, "held": o.HoldReason, "reason": reason}),
			}
			o.HoldReason, o.State = other, order.StateAccepted
			if other != "" {
				o.State, e.Kind = order.StateHeld, order.EventNoted
			}
			return o, []order.Event{e}, nil
		})
		return err
	})
	return o, err
}

// ReorderAudited cancels an order that is held because a field was misread (RDR-3), and puts its
// page before a person with the field as people saw it: settling the review makes the right order.
func (s *Store) ReorderAudited(ctx context.Context, id int64, by, reason string, now time.Time) (Review, error) {
	now = at(now)
	var r Review
	err := s.resolve(ctx, id, by, reason, func(tx *Tx, a ReadingAudit, by, reason string) error {
		reviews, err := collect(ctx, tx.tx, "ReviewsByDocument", scanReview, a.DocumentID)
		if err != nil {
			return err
		}
		for _, old := range reviews {
			if old.PageID == a.pageID {
				return order.Conflict("RDR-3", fmt.Sprintf("page %s was settled by %s: free the order, or cancel it and enter it anew", old.Name(), old.ClosedBy))
			}
		}
		_, err = tx.Change(ctx, a.OrderID, func(o order.Order, f Facts) (order.Order, []order.Event, error) {
			if _, found := splitHold(o); !found {
				return o, nil, notHeld(a, o)
			}
			return tx.cancelled(ctx, o, f, rules.Cancellation{
				AskedBy: rules.AskedByShop, By: by, Rule: "RDR-3", Reason: "read wrongly, it is entered anew: " + reason,
				About: map[string]any{"audit": a.ID, "field": a.Field, "reading": a.Reading, "truth": a.Truth},
			}, now)
		})
		if err != nil {
			return err
		}
		draft, err := findDraft(ctx, tx.tx, a.pageID)
		if err != nil {
			return err
		}
		var said []string
		for _, k := range a.Keyings {
			if k.Value == a.Truth && !k.Unreadable {
				said = append(said, k.By)
			}
		}
		draft, _, err = withValues(draft, map[string]string{a.Field: a.Truth}, strings.Join(said, ", "))
		if err != nil {
			return err
		}
		draft.Decision = order.DecisionReview
		docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{a.DocumentID})
		if err != nil {
			return err
		}
		why := order.Invalid("RDR-3", a.Field, auditWords(a)+": look at the whole page, and settle it to make the right order")
		if err := tx.exec(ctx, "PageStateUpdate", a.pageID, string(PageReview), why.Error(), nil, now); err != nil {
			return err
		}
		if err := tx.OpenReview(ctx, a.DocumentID, a.pageID, []*order.Error{why}, draft, docs[0].ReceivedAt, now); err != nil {
			return err
		}
		r, err = tx.findReview(ctx, a.DocumentID, a.Page)
		return err
	})
	return r, err
}

// resolve finds an audit in which the reader erred and lets fn settle what becomes of its order.
func (s *Store) resolve(ctx context.Context, id int64, by, reason string, fn func(tx *Tx, a ReadingAudit, by, reason string) error) error {
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	switch {
	case by == "":
		return order.Invalid("KEP-2", "by", "say who decides this")
	case reason == "":
		return order.Invalid("RDR-3", "reason", "say why: --reason TEXT")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		a, err := readAudit(ctx, tx.tx, id)
		if err != nil {
			return err
		}
		if a.Outcome != rules.AuditReaderErred {
			return order.Conflict("RDR-3", fmt.Sprintf("audit %d found no error of the reader: it holds no order", id))
		}
		return fn(tx, a, by, reason)
	})
}

// splitHold takes the audits' reasons off the one for which an order is held.
func splitHold(o order.Order) (other string, found bool) {
	parts := strings.Split(o.HoldReason, "; ")
	rest := slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return strings.HasPrefix(p, heldByAudit) })
	return strings.Join(rest, "; "), o.State == order.StateHeld && len(rest) < len(parts)
}

func notHeld(a ReadingAudit, o order.Order) error {
	return order.Conflict("RDR-3", fmt.Sprintf("order %s is %s and not held by audit %d", o.Number.Grouped(), o.State, a.ID))
}
