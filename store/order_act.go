package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// OrderDecision is what a person does to an order, and why.
type OrderDecision struct {
	Act     rules.OrderAct
	AskedBy rules.AskedBy // of a cancellation
	Reason  string        // or the note itself
	By      string
	Change  rules.OrderChange
	Quiet   bool // the customer is not told of a hold or that it is over
}

// DecideOrder does what a person decided about an order, as an event with name and reason
// (KEP-2). Changing cancels the order and accepts it anew under another number, in the same
// transaction: lines, prices and dates of an order never change in place. It returns the order as
// it stands then; what the rules hold against a change is a *Refusal, and nothing is done.
func (s *Store) DecideOrder(ctx context.Context, id int64, d OrderDecision, now time.Time) (order.Order, error) {
	return s.decideOrder(ctx, id, d, now, true)
}

// errPreview undoes what was decided to be looked at alone.
var errPreview = errors.New("a preview is not kept")

// PreviewOrder is the order as DecideOrder would leave it; nothing of it stays.
func (s *Store) PreviewOrder(ctx context.Context, id int64, d OrderDecision, now time.Time) (order.Order, error) {
	o, err := s.decideOrder(ctx, id, d, now, false)
	if errors.Is(err, errPreview) {
		err = nil
	}
	return o, err
}

func (s *Store) decideOrder(ctx context.Context, id int64, d OrderDecision, now time.Time, keep bool) (order.Order, error) {
	now = at(now)
	d.By, d.Reason = strings.TrimSpace(d.By), strings.TrimSpace(d.Reason)
	switch {
	case d.By == "":
		return order.Order{}, order.Invalid("KEP-2", "by", "say who decides this")
	case d.Reason == "":
		return order.Order{}, order.Invalid("KEP-2", "reason", "say why")
	}
	var o order.Order
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		var request order.Request
		var changes []string
		o, err = tx.Change(ctx, id, func(o order.Order, f Facts) (order.Order, []order.Event, error) {
			if e := rules.MayAct(o, d.Act, d.AskedBy, now); e != nil {
				return o, nil, e
			}
			e := order.Event{Rule: "KEP-2", By: d.By, At: now}
			inputs := map[string]any{"reason": d.Reason}
			switch d.Act {
			case rules.ActHold:
				inputs["was"] = o.State
				o.State, o.HoldReason = order.StateHeld, rules.HoldByPerson(d.Reason)
				e.Kind, e.Text = order.EventHeld, "Held by "+d.By+": "+d.Reason+"."
			case rules.ActFree:
				inputs["held"] = o.HoldReason
				o.State, o.HoldReason = order.StateAccepted, ""
				e.Kind, e.Text = order.EventHoldFreed, "Let go by "+d.By+": "+d.Reason+"."
			case rules.ActCancel:
				return tx.cancelled(ctx, o, f, rules.Cancellation{AskedBy: d.AskedBy, By: d.By, Reason: d.Reason}, now)
			case rules.ActChange:
				own := order.Address{PostalCode: f.Department.PostalCode, Address: f.Department.Address}
				var problem *order.Error
				if request, changes, problem = rules.ChangedRequest(o, own, d.Change); problem != nil {
					return o, nil, problem
				}
				return tx.cancelled(ctx, o, f, rules.Cancellation{
					AskedBy: rules.AskedByShop, By: d.By, Reason: "entered anew with changes: " + d.Reason, About: map[string]any{"changes": changes},
				}, now)
			case rules.ActNote:
				inputs = map[string]any{"note": d.Reason}
				e.Kind, e.Text = order.EventNoted, "Note by "+d.By+": "+d.Reason+"."
			}
			if d.Quiet && (d.Act == rules.ActHold || d.Act == rules.ActFree) {
				inputs["quiet"] = true
			}
			e.Inputs = order.Inputs(inputs)
			return o, []order.Event{e}, nil
		})
		if err == nil && d.Act != rules.ActChange && !keep {
			err = errPreview
		}
		if err != nil || d.Act != rules.ActChange {
			return err
		}
		old := o
		if o, err = tx.Accept(ctx, request, now); err != nil {
			return err
		}
		b := &pgx.Batch{}
		queueEvents(b, o.ID, 0, []order.Event{{
			Kind: order.EventNoted, Rule: "KEP-2", By: d.By, At: now,
			Text:   fmt.Sprintf("Takes the place of order %s, changed by %s: %s (%s).", old.Number.Grouped(), d.By, d.Reason, strings.Join(changes, "; ")),
			Inputs: order.Inputs(map[string]any{"replaces": old.Number.Grouped(), "changes": changes, "reason": d.Reason}),
		}})
		queueEvents(b, old.ID, 0, []order.Event{{
			Kind: order.EventNoted, Rule: "KEP-2", By: d.By, At: now, Text: "Order " + o.Number.Grouped() + " takes its place.",
			Inputs: order.Inputs(map[string]any{"replaced_by": o.Number.Grouped()}),
		}})
		for _, name := range []string{"OrderPagesMove", "OrderReviewsMove", "OrderDocumentMove", "OrderKeyMove"} {
			b.Queue(query(name), old.ID, o.ID)
		}
		if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("move what order %s came from: %w", old.Number, err)
		}
		if !keep {
			return errPreview
		}
		return nil
	})
	return o, err
}

// IssuedDocument is a document that the shop issued about an order or inbound document, and one
// way that it went or goes.
type IssuedDocument struct {
	ID         int64
	Kind       string
	Number     string
	Format     string
	FileName   string
	Subject    string
	Key        string // of its bytes
	IssuedAt   time.Time
	DeliveryID int64 // 0 where it goes nowhere
	Channel    string
	Recipient  string
	State      string // of the delivery
	SentAt     time.Time
}

func scanIssuedDocument(r pgx.CollectableRow) (IssuedDocument, error) {
	var d IssuedDocument
	return d, r.Scan(&d.ID, &d.Kind, &d.Number, &d.Format, &d.FileName, &d.Subject, &d.Key, &d.IssuedAt, &d.DeliveryID, &d.Channel, &d.Recipient, &d.State, (*instant)(&d.SentAt))
}

// IssuedAbout are the documents issued about an order and the inbound document that it came by,
// oldest first; pick lists are the warehouse's.
func (s *Store) IssuedAbout(ctx context.Context, orderID, documentID int64) ([]IssuedDocument, error) {
	return collect(ctx, s.pool, "IssuedAbout", scanIssuedDocument, orderID, null(documentID))
}

// IssuedTo are the latest documents issued to a counterparty, newest first.
func (s *Store) IssuedTo(ctx context.Context, party string, limit int) ([]IssuedDocument, error) {
	return collect(ctx, s.pool, "IssuedTo", scanIssuedDocument, party, limit)
}

// GetIssued reads an issued document.
func (s *Store) GetIssued(ctx context.Context, id int64) (IssuedDocument, error) {
	d, err := collect(ctx, s.pool, "IssuedGet", scanIssuedDocument, id)
	if err == nil && len(d) == 0 {
		err = order.NotFound("document", "there is no such issued document")
	}
	if err != nil {
		return IssuedDocument{}, err
	}
	return d[0], nil
}

// ListedGoods is what of an order is on which pick list.
type ListedGoods struct {
	Line, Qty, Shipment int
	Number              order.Number // of the pick list; "" for what is reserved only
	ShippedAt           time.Time
}

// GoodsOf are the goods reserved for an order, by line and shipment.
func (s *Store) GoodsOf(ctx context.Context, orderID int64) ([]ListedGoods, error) {
	return collect(ctx, s.pool, "GoodsOfOrder", func(r pgx.CollectableRow) (ListedGoods, error) {
		var g ListedGoods
		return g, r.Scan(&g.Line, &g.Qty, &g.Shipment, &g.Number, (*instant)(&g.ShippedAt))
	}, orderID)
}
