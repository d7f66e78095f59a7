package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// Payment is one thing asked of the card gateway, and what became of it (PAY-1).
type Payment struct {
	rules.Charge
	ID         int64        `json:"id"`
	Order      order.Number `json:"order,omitempty"`
	By         string       `json:"by,omitempty"`
	Gateway    string       `json:"gateway,omitempty"`
	GatewayID  string       `json:"gateway_id,omitempty"`
	Answer     string       `json:"answer,omitempty"` // the last one
	CreatedAt  time.Time    `json:"created_at"`
	AnsweredAt time.Time    `json:"answered_at,omitzero"`
}

// PaymentTry is one time that the gateway was asked.
type PaymentTry struct {
	PaymentID int64     `json:"-"`
	No        int       `json:"no"`
	BeganAt   time.Time `json:"began_at"`
	EndedAt   time.Time `json:"ended_at"`
	Outcome   string    `json:"outcome"`
	Answer    string    `json:"answer,omitempty"`
}

// PaymentAnswer is how the gateway answered, as it is recorded.
type PaymentAnswer struct {
	Outcome rules.ChargeAnswer
	Gateway string
	ID      string // the gateway's own
	Text    string
	BeganAt time.Time
}

func scanPayment(r pgx.CollectableRow) (Payment, error) {
	var p Payment
	return p, scanPaymentInto(r, &p)
}

func scanPaymentInto(r pgx.Row, p *Payment, more ...any) error {
	var taxes []byte
	err := r.Scan(append([]any{
		&p.ID, &p.OrderID, &p.ShipmentNo, &p.Kind, &p.Reference, &p.Yen, &taxes, &p.Qty, &p.Key, &p.State, &p.Tries, &p.Doubtful, (*instant)(&p.NotBefore),
		&p.Why, &p.By, &p.Gateway, &p.GatewayID, &p.Answer, &p.CreatedAt, (*instant)(&p.AnsweredAt),
	}, more...)...)
	if err != nil {
		return err
	}
	return json.Unmarshal(taxes, &p.Taxes)
}

func scanOrderPayment(r pgx.CollectableRow) (Payment, error) {
	var p Payment
	return p, scanPaymentInto(r, &p, &p.Order)
}

// PaymentsOf are what was and is to be asked about an order, oldest first.
func (s *Store) PaymentsOf(ctx context.Context, orderID int64) ([]Payment, error) {
	return collect(ctx, s.pool, "PaymentsOfOrder", scanPayment, orderID)
}

// PaymentTries are the times that the gateway was asked about an order.
func (s *Store) PaymentTries(ctx context.Context, orderID int64) ([]PaymentTry, error) {
	return collect(ctx, s.pool, "PaymentTries", pgx.RowToStructByPos[PaymentTry], orderID)
}

// PaymentFilter narrows Payments; empty fields do not.
type PaymentFilter struct {
	State  rules.ChargeState
	Order  order.Number
	Before int64 // for the next page: the last id seen
	Limit  int
}

// Payments are what was and is to be asked of the gateway, newest first.
func (s *Store) Payments(ctx context.Context, f PaymentFilter) ([]Payment, error) {
	return collect(ctx, s.pool, "PaymentsList", scanOrderPayment, f.Before, string(f.State), string(f.Order), f.Limit)
}

// OpenPayments are those that a person has to look at: failed, or asked in vain for long.
func (s *Store) OpenPayments(ctx context.Context, limit int) ([]Payment, error) {
	return collect(ctx, s.pool, "PaymentsOpen", scanOrderPayment, s.Settings().PaymentTries, limit)
}

func (tx *Tx) charges(ctx context.Context, orderID int64) ([]rules.Charge, error) {
	rows, err := collect(ctx, tx.tx, "PaymentsOfOrder", scanPayment, orderID)
	return column(rows, func(p Payment) rules.Charge { return p.Charge }), err
}

// cardShipments are an order's shipments with what they carry now.
func (tx *Tx) cardShipments(ctx context.Context, o order.Order, now time.Time) ([]rules.CardShipment, error) {
	rows, err := tx.tx.Query(ctx, query("CardGoods"), o.ID)
	if err != nil {
		return nil, fmt.Errorf("read what shipments carry: %w", err)
	}
	may := (o.State == order.StateAllocated || o.State == order.StateShort) && (o.CancelUntil.IsZero() || now.After(o.CancelUntil))
	var out []rules.CardShipment
	var no, line, qty int
	var state order.ShipmentState
	var on date
	_, err = pgx.ForEachRow(rows, []any{&no, &state, &on, &line, &qty}, func() error {
		if len(out) == 0 || out[len(out)-1].No != no {
			due := may && !order.Date(on).IsZero() && !order.Date(on).After(order.DateOf(now))
			out = append(out, rules.CardShipment{No: no, State: state, Due: due})
		}
		if line != 0 {
			last := &out[len(out)-1]
			last.Goods = append(last.Goods, rules.ShippedQty{LineNo: line, Qty: qty})
			return nil
		}
		out[len(out)-1].Due = false // nothing of it is there
		return nil
	})
	return out, err
}

// chargeCard plans what an order's card owes or is owed now (rules.PlanCharges), with the job that
// asks for it. The order is locked by the caller, and saved.
func (tx *Tx) chargeCard(ctx context.Context, orderID int64, now time.Time) error {
	orders, err := readOrders(ctx, tx.tx, []int64{orderID})
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		return order.NotFound("number", "there is no such order")
	}
	o := orders[0]
	past, err := tx.charges(ctx, orderID)
	if err != nil || o.Payment != order.PaymentCard && len(past) == 0 && o.Authorisation == "" {
		return err
	}
	ships, err := tx.cardShipments(ctx, o, now)
	if err != nil {
		return err
	}
	plan := rules.PlanCharges(o, ships, past, tx.s.Settings())
	if len(plan.Withdraw) > 0 {
		if err := tx.exec(ctx, "PaymentsWithdraw", orderID, plan.Withdraw); err != nil {
			return err
		}
	}
	for _, c := range plan.New {
		if err := tx.insertCharge(ctx, c, "", now); err != nil {
			return err
		}
		if c.State == rules.ChargeFailed {
			if o, err = tx.captureFailed(ctx, o, c, c.Why, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// insertCharge saves a charge, due at once, with the job that asks for it.
func (tx *Tx) insertCharge(ctx context.Context, c rules.Charge, by string, now time.Time) error {
	taxes, err := json.Marshal(list(c.Taxes))
	if err != nil {
		return fmt.Errorf("encode taxes: %w", err)
	}
	var due instant
	if c.State.Open() {
		due = instant(at(now))
	}
	answer := ""
	if c.State == rules.ChargeFailed {
		answer = c.Why
	}
	if err := tx.exec(ctx, "PaymentInsert", c.OrderID, c.ShipmentNo, string(c.Kind), c.Reference, int64(c.Yen), taxes, c.Qty, c.Key, string(c.State),
		due, text(c.Why), text(by), text(answer), at(now)); err != nil {
		return err
	}
	if !c.State.Open() {
		return nil
	}
	return tx.Enqueue(ctx, jobs.ChargeCards{})
}

func (tx *Tx) insertCharges(ctx context.Context, all []rules.Charge, by string, now time.Time) error {
	for _, c := range all {
		if err := tx.insertCharge(ctx, c, by, now); err != nil {
			return err
		}
	}
	return nil
}

// captureFailed holds what has not left of an order, or tells that nothing can be held.
func (tx *Tx) captureFailed(ctx context.Context, o order.Order, c rules.Charge, why string, now time.Time) (order.Order, error) {
	held, events := rules.CaptureFailed(o, c, why, now)
	b := &pgx.Batch{}
	if err := queueOrder(b, &held); err != nil {
		return o, err
	}
	return held, tx.finish(ctx, b, o.ID, events)
}

// DueCards are orders with goods that may leave today and are not paid.
func (s *Store) DueCards(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	return collect(ctx, s.pool, "CardsDue", pgx.RowTo[int64], date(order.DateOf(now)), at(now), limit)
}

// wakeCards inserts the job that looks at cards.
func (tx *Tx) wakeCards(ctx context.Context, now time.Time) error {
	var waits bool
	if err := tx.tx.QueryRow(ctx, query("PaymentsWait"), now).Scan(&waits); err != nil {
		return fmt.Errorf("look at payments: %w", err)
	}
	if !waits {
		due, err := collect(ctx, tx.tx, "CardsDue", pgx.RowTo[int64], date(order.DateOf(now)), now, 1)
		if err != nil || len(due) == 0 {
			return err
		}
	}
	return tx.Enqueue(ctx, jobs.ChargeCards{})
}

// ChargeCard plans what is to be asked about an order's card now.
func (s *Store) ChargeCard(ctx context.Context, orderID int64, now time.Time) error {
	return s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "OrdersLock", []int64{orderID}); err != nil {
			return err
		}
		return tx.chargeCard(ctx, orderID, at(now))
	})
}

// ClaimPayment takes one payment that is due, for so long: nobody else asks for it meanwhile. ok is
// false where none is. One whose claimer died comes back doubtful.
func (s *Store) ClaimPayment(ctx context.Context, lasts time.Duration, now time.Time) (p Payment, ok bool, err error) {
	err = scanPaymentInto(s.pool.QueryRow(ctx, query("PaymentClaim"), at(now), at(now.Add(lasts))), &p)
	if missing(err) {
		return p, false, nil
	}
	return p, err == nil, kinded(err)
}

// RecordPayment keeps what the gateway answered to a claimed payment and does what follows of it:
// the next try, the hold of an order that could not be charged, what waited for the outcome. An
// answer that comes after the claim ran out is left to who claimed it next, and recorded is false.
func (s *Store) RecordPayment(ctx context.Context, p Payment, a PaymentAnswer, now time.Time) (recorded bool, err error) {
	now = at(now)
	err = s.InTx(ctx, func(tx *Tx) error {
		recorded = false
		if err := tx.exec(ctx, "OrdersLock", []int64{p.OrderID}); err != nil {
			return err
		}
		var id int64
		err := tx.tx.QueryRow(ctx, query("PaymentHeld"), p.ID, p.Tries).Scan(&id)
		if missing(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lock payment: %w", err)
		}
		was := p.Charge
		was.Tries-- // rules.Charged counts the try that the claim counted already
		c := rules.Charged(was, a.Outcome, s.Settings(), now)
		answer := bounded(text(order.MaskCards(a.Text)))
		if err := tx.exec(ctx, "PaymentTryInsert", p.ID, at(a.BeganAt), now, string(a.Outcome), answer); err != nil {
			return err
		}
		due := instant(c.NotBefore)
		if !c.State.Open() {
			due = instant{}
		}
		if err := tx.exec(ctx, "PaymentRecord", p.ID, string(c.State), c.Doubtful, due, a.Gateway, bounded(text(a.ID)), answer, now, c.Tries); err != nil {
			return err
		}
		recorded = true
		orders, err := readOrders(ctx, tx.tx, []int64{p.OrderID})
		if err != nil {
			return err
		}
		o := orders[0]
		switch {
		case c.State == rules.ChargeFailed && c.Kind == rules.ChargeCapture:
			if _, err := tx.captureFailed(ctx, o, c, answer, now); err != nil {
				return err
			}
		default:
			if e, told := rules.ChargeEvent(c, was, answer, now); told {
				b := &pgx.Batch{}
				queueEvents(b, o.ID, 0, []order.Event{e})
				if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
					return fmt.Errorf("save payment: %w", err)
				}
			}
		}
		if c.State.Open() {
			return nil
		}
		return tx.chargeCard(ctx, p.OrderID, now)
	})
	return recorded, err
}

// Refund plans that an amount is paid back to the card, under a name that stands for its cause once:
// asked again for the same name it is a conflict.
func (tx *Tx) Refund(ctx context.Context, orderID int64, name string, yen order.Yen, by, reason string, now time.Time) error {
	if err := tx.exec(ctx, "OrdersLock", []int64{orderID}); err != nil {
		return err
	}
	orders, err := readOrders(ctx, tx.tx, []int64{orderID})
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		return order.NotFound("number", "there is no such order")
	}
	past, err := tx.charges(ctx, orderID)
	if err != nil {
		return err
	}
	c, problem := rules.PlanRefund(orders[0], name, yen, past)
	if problem != nil {
		return problem
	}
	c.Why = reason
	b := &pgx.Batch{}
	queueEvents(b, orderID, 0, []order.Event{{
		Kind: order.EventNoted, Rule: "PAY-1", By: by, At: at(now), Text: fmt.Sprintf("%s yen go back to the card: %s.", yen.Grouped(), reason),
		Inputs: order.Inputs(map[string]any{"charge": c, "name": name, "reason": reason}),
	}})
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save refund: %w", err)
	}
	return tx.insertCharge(ctx, c, by, at(now))
}

// chargeCards plans what is to be asked about the cards of orders of which goods left or did not.
// The orders are locked by the caller, and saved.
func (tx *Tx) chargeCards(ctx context.Context, orders []int64, now time.Time) error {
	cards, err := collect(ctx, tx.tx, "OrdersByCard", pgx.RowTo[int64], orders)
	for _, id := range cards {
		if err := tx.chargeCard(ctx, id, now); err != nil {
			return err
		}
	}
	return err
}
