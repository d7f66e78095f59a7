package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// PaymentAct is what a person does about an order's card.
type PaymentAct string

// What a person may do.
const (
	PayRetry     PaymentAct = "retry"     // ask again for what failed
	PayAuthorise PaymentAct = "authorise" // the customer had the card, or another, authorised anew
	PayInvoice   PaymentAct = "invoice"   // it is billed instead
	PayRelease   PaymentAct = "release"   // by a lead: it leaves uncharged
	PaySettled   PaymentAct = "settled"   // by a lead: a refund or void that failed was done otherwise
)

// PaymentDecision is what a person decided about an order's card, and why.
type PaymentDecision struct {
	Act       PaymentAct
	Reference string // of PayAuthorise, as are the next two
	Yen       order.Yen
	Until     time.Time
	By        string
	Reason    string
	Lead      bool // may release
}

// SettlePayment does what a person decided about an order's card (PAY-1), with name and reason.
// An order that is held for its card goes on, unless it is held for something else, too.
func (s *Store) SettlePayment(ctx context.Context, orderID int64, d PaymentDecision, now time.Time) (order.Order, error) {
	now = at(now)
	d.By, d.Reason, d.Reference = strings.TrimSpace(d.By), strings.TrimSpace(d.Reason), strings.TrimSpace(d.Reference)
	switch {
	case d.By == "":
		return order.Order{}, order.Invalid("KEP-2", "by", "say who decides this")
	case d.Reason == "":
		return order.Order{}, order.Invalid("KEP-2", "reason", "say why")
	case d.Act == PayRelease && !d.Lead:
		return order.Order{}, order.Conflict("PAY-1", "a lead alone lets goods leave uncharged")
	case d.Act == PaySettled && !d.Lead:
		return order.Order{}, order.Conflict("PAY-1", "a lead alone says that a refund or void was settled otherwise")
	}
	var out order.Order
	err := s.InTx(ctx, func(tx *Tx) error {
		_, err := tx.Change(ctx, orderID, func(o order.Order, _ Facts) (order.Order, []order.Event, error) {
			return tx.settlePayment(ctx, o, d, now)
		})
		if err != nil {
			return err
		}
		if err := tx.exec(ctx, "PaymentsHurry", orderID, now); err != nil {
			return err
		}
		if err := tx.chargeCard(ctx, orderID, now); err != nil {
			return err
		}
		orders, err := readOrders(ctx, tx.tx, []int64{orderID})
		if err != nil {
			return err
		}
		out = orders[0]
		return tx.wakeCards(ctx, now)
	})
	return out, err
}

func (tx *Tx) settlePayment(ctx context.Context, o order.Order, d PaymentDecision, now time.Time) (order.Order, []order.Event, error) {
	past, err := tx.charges(ctx, o.ID)
	if err != nil {
		return o, nil, err
	}
	failed := slices.ContainsFunc(past, func(c rules.Charge) bool { return c.State == rules.ChargeFailed })
	open := slices.ContainsFunc(past, func(c rules.Charge) bool { return c.State.Open() })
	if o.Payment != order.PaymentCard && !failed && !open {
		return o, nil, order.Conflict("PAY-1", "the order is not paid by card")
	}
	held := rules.HeldBy(o, "PAY-1")
	e := order.Event{Kind: order.EventNoted, Rule: "PAY-1", By: d.By, At: now}
	inputs := map[string]any{"act": d.Act, "reason": d.Reason, "held": o.HoldReason, "quiet": true}
	switch d.Act {
	case PayRetry:
		if !failed && !open {
			return o, nil, order.Conflict("PAY-1", "nothing failed that could be tried again: have the card authorised anew, or the order billed")
		}
		e.Text = fmt.Sprintf("Tried again by %s: %s.", d.By, d.Reason)
	case PayAuthorise:
		if problem := rules.MayAuthorise(o, past, d.Reference, d.Yen); problem != nil {
			return o, nil, problem
		}
		if d.Reference != o.Authorisation {
			if v, ok := rules.PlanVoid(o, past); ok {
				if err := tx.insertCharge(ctx, v, d.By, now); err != nil {
					return o, nil, err
				}
			}
		}
		o.Authorisation, o.AuthorisedYen, o.AuthorisedTill = d.Reference, d.Yen, at(d.Until)
		e.Text = fmt.Sprintf("The card is authorised anew for %s yen, entered by %s: %s.", d.Yen.Grouped(), d.By, d.Reason)
		inputs["authorisation"], inputs["authorised_yen"] = d.Reference, d.Yen
	case PayInvoice:
		o.Payment = order.PaymentInvoice
		e.Text = fmt.Sprintf("Billed instead of paid by card, decided by %s: %s.", d.By, d.Reason)
	case PaySettled:
		if !slices.ContainsFunc(past, func(c rules.Charge) bool { return c.State == rules.ChargeFailed && c.Kind != rules.ChargeCapture }) {
			return o, nil, order.Conflict("PAY-1", "no refund or void failed that could be settled otherwise")
		}
		e.Text = fmt.Sprintf("Settled without the gateway by %s: %s.", d.By, d.Reason)
	case PayRelease:
		e.Text = fmt.Sprintf("Let go uncharged by %s: %s.", d.By, d.Reason)
	default:
		return o, nil, order.Invalid("PAY-1", "act", "there is no such action: choose retry, authorise, invoice, release or settled")
	}
	if err := tx.exec(ctx, "OrderPay", o.ID, string(o.Payment), o.Authorisation, int64(o.AuthorisedYen), instant(o.AuthorisedTill)); err != nil {
		return o, nil, err
	}
	gone, err := collect(ctx, tx.tx, "PaymentsSupersede", func(r pgx.CollectableRow) (rules.Charge, error) {
		var c rules.Charge
		return c, r.Scan(&c.ShipmentNo, &c.Kind, &c.Reference, &c.Yen, &c.Qty, &c.Key, &c.Why)
	}, o.ID, d.Act == PaySettled)
	if err != nil {
		return o, nil, err
	}
	if d.Act == PaySettled {
		for i := range gone {
			gone[i].Key, gone[i].OrderID, gone[i].State, gone[i].Why = "settled-"+gone[i].Key, o.ID, rules.ChargeWaived, d.Reason
		}
		inputs["waived"], e.Inputs = gone, order.Inputs(inputs)
		return o, []order.Event{e}, tx.insertCharges(ctx, gone, d.By, now)
	}
	if err := tx.insertCharges(ctx, rules.Reissued(o, gone, past), d.By, now); err != nil {
		return o, nil, err
	}
	if d.Act == PayRelease {
		waived, problem := waive(o, gone, held)
		if problem != nil {
			return o, nil, problem
		}
		inputs["waived"] = waived
		for i := range waived {
			waived[i].Why = d.Reason
		}
		if err := tx.insertCharges(ctx, waived, d.By, now); err != nil {
			return o, nil, err
		}
	}
	var freed bool
	if o, freed = rules.FreeHold(o, "PAY-1"); freed {
		e.Kind = order.EventHoldFreed
	}
	e.Inputs = order.Inputs(inputs)
	return o, []order.Event{e}, nil
}

// waive are the amounts that a lead lets leave uncharged: what failed, or what the card was never
// authorised for.
func waive(o order.Order, failed []rules.Charge, held bool) ([]rules.Charge, *order.Error) {
	var out []rules.Charge
	for _, c := range failed {
		if c.Kind == rules.ChargeCapture {
			c.Key, c.OrderID, c.State, c.Qty = "waived-"+c.Key, o.ID, rules.ChargeWaived, math.MaxInt32
			out = append(out, c)
		}
	}
	if len(out) == 0 && held {
		short := rules.TotalYen(o) - o.AuthorisedYen
		if o.Authorisation == "" || short <= 0 {
			return nil, order.Conflict("PAY-1", "the card cannot be charged: have it authorised anew, or the order billed")
		}
		out = append(out, rules.Charge{
			Key: fmt.Sprintf("waived-%s", o.Number), Kind: rules.ChargeCapture, OrderID: o.ID, Reference: o.Authorisation, Yen: short, State: rules.ChargeWaived,
		})
	}
	if len(out) == 0 {
		return nil, order.Conflict("PAY-1", "no goods of the order wait for a payment that failed")
	}
	return out, nil
}
