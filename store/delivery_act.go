package store

import (
	"context"
	"fmt"
	"time"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// DeliveryParty is whom the document of a delivery is for.
type DeliveryParty struct {
	Code     string            // as issued: a customer, a warehouse, a mail address
	Customer *order.Department // nil where it is none
	Card     bool              // what it is about is paid by card (ACC-5)
}

// PartyOf is whom a delivery is for, as registered now.
func (s *Store) PartyOf(ctx context.Context, id int64) (DeliveryParty, error) {
	return partyOf(ctx, s.pool, id)
}

func partyOf(ctx context.Context, q querier, id int64) (DeliveryParty, error) {
	var p DeliveryParty
	err := q.QueryRow(ctx, query("DeliveryParty"), id).Scan(&p.Code, &p.Card)
	if missing(err) {
		return p, order.NotFound("delivery", "there is no such delivery: see todoke delivery list")
	}
	if err != nil {
		return p, kinded(fmt.Errorf("find party: %w", err))
	}
	c, err := scanDepartment(q.QueryRow(ctx, query("DepartmentGet"), p.Code))
	if missing(err) {
		return p, nil
	}
	if err != nil {
		return p, kinded(fmt.Errorf("find customer: %w", err))
	}
	p.Customer, p.Card = &c, p.Card || c.Payment == order.PaymentCard
	return p, nil
}

// DeliveriesOfIssued are the ways that an issued document went or goes, oldest first.
func (s *Store) DeliveriesOfIssued(ctx context.Context, issuedID int64) ([]Delivery, error) {
	return collect(ctx, s.pool, "DeliveriesOfIssued", scanDelivery, issuedID)
}

// RedirectDelivery sends the document of a delivery that failed, or still fails, to what its customer
// has registered on a channel now: the same bytes to a number that was changed since, or by mail
// instead of fax (rules.OtherWay). One that is being sent at this moment is a conflict: it would go
// to both. It gives the new delivery's id.
func (s *Store) RedirectDelivery(ctx context.Context, id int64, channel, by, reason string, now time.Time) (int64, error) {
	var again int64
	err := s.decideDelivery(ctx, id, by, reason, func(tx *Tx, d Delivery) (string, error) {
		if d.State != DeliveryFailed && d.State != DeliveryWaiting {
			return "", order.Conflict("FAX-3", fmt.Sprintf("delivery %d is %s: it needs no other way", id, d.State))
		}
		// At this moment it may arrive: whoever sends it to another place as well must know.
		attempts, err := deliveryAttempts(ctx, tx.tx, id)
		if err != nil {
			return "", err
		}
		if n := len(attempts); n > 0 && attempts[n-1].Outcome == "" && now.Before(attempts[n-1].ClaimedAt.Add(jobs.SendTimeout)) {
			return "", order.Conflict("FAX-3", fmt.Sprintf("delivery %d is being sent at this moment: look in a few minutes whether it arrived", id))
		}
		p, err := partyOf(ctx, tx.tx, id)
		if err != nil {
			return "", err
		}
		to, refused := rules.OtherWay(p.Customer, p.Card, channel, d.Channel, d.Recipient)
		if refused != nil {
			return "", refused
		}
		if err := tx.tx.QueryRow(ctx, query("DeliveryRedirect"), id, channel, to, at(now)).Scan(&again); err != nil {
			return "", fmt.Errorf("insert delivery: %w", err)
		}
		return DeliveryResent, tx.Enqueue(ctx, jobs.DeliverDocument{DeliveryID: again, Channel: channel})
	}, now)
	return again, err
}

// HurryDelivery has a delivery that waits for its next attempt tried at once, on a person's word.
func (s *Store) HurryDelivery(ctx context.Context, id int64, by, reason string, now time.Time) error {
	return s.decideDelivery(ctx, id, by, reason, func(tx *Tx, d Delivery) (string, error) {
		if d.State != DeliveryWaiting || d.NotBefore.IsZero() {
			return "", order.Conflict("FAX-3", fmt.Sprintf("delivery %d is being sent, or was sent: there is nothing to hurry", id))
		}
		return DeliveryWaiting, tx.Enqueue(ctx, jobs.DeliverDocument{DeliveryID: id, Channel: d.Channel})
	}, now)
}
