package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"todoke/order"
)

// GatewayTime is when a fax came in as its gateway states; zero where none does.
func (s *Store) GatewayTime(ctx context.Context, documentID int64) (time.Time, error) {
	claims, err := s.Claims(ctx, documentID)
	return gatewayTime(claims), err
}

func gatewayTime(claims []Claim) time.Time {
	for _, c := range claims {
		if c.Kind != ClaimReceived || c.Value == "" {
			continue
		}
		if t, err := time.Parse(time.RFC3339, c.Value); err == nil {
			return t.In(order.JST)
		}
	}
	return time.Time{}
}

// ReceivedBy says whose time holds for when a fax was received.
type ReceivedBy string

// The two clocks of CUT-3.
const (
	ByGateway ReceivedBy = "gateway"
	ByServer  ReceivedBy = "server"
)

// DecideReceived settles which of two times holds for a fax (CUT-3), for all of its pages that still
// wait. The decision is an event with both times. The named page's review is returned.
func (s *Store) DecideReceived(ctx context.Context, documentID int64, page int, clock ReceivedBy, by string, now time.Time) (Review, error) {
	now = at(now)
	if by = strings.TrimSpace(by); by == "" {
		return Review{}, order.Invalid("KEP-2", "by", "say who settles this")
	}
	claims, err := s.Claims(ctx, documentID)
	if err != nil {
		return Review{}, err
	}
	gateway := gatewayTime(claims)
	var named Review
	err = s.InTx(ctx, func(tx *Tx) error {
		r, err := tx.findReview(ctx, documentID, page)
		if err != nil {
			return err
		}
		named = r
		docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{documentID})
		if err != nil {
			return err
		}
		server := docs[0].ReceivedAt.In(order.JST)
		chosen := server
		switch {
		case clock != ByGateway && clock != ByServer:
			return order.Invalid("CUT-3", "received_at", "say gateway or server")
		case clock == ByGateway && gateway.IsZero():
			return order.Invalid("CUT-3", "received_at", "no gateway states when this fax came in")
		case clock == ByGateway:
			chosen = gateway
		}
		all, err := collect(ctx, tx.tx, "ReviewsByDocument", scanReview, documentID)
		if err != nil {
			return err
		}
		for _, o := range all {
			if o.State != ReviewOpen || o.Draft == nil || o.Draft.Field("received_at") == nil {
				continue
			}
			draft, _, err := withValues(o.Draft, map[string]string{"received_at": chosen.Format(time.RFC3339)}, by)
			if err != nil {
				return err
			}
			o.Draft = draft
			text := fmt.Sprintf("review %s: the fax counts as received at %s, by %s", o.Name(), chosen.Format(time.DateTime), by)
			in := map[string]any{"review": o.Name(), "clock": clock, "gateway_at": gateway, "server_at": server, "received_at": chosen}
			if err := tx.note(ctx, documentID, "CUT-3", by, text, order.Inputs(in), now); err != nil {
				return err
			}
			deadline, err := tx.deadline(ctx, draft, chosen, now)
			if err != nil {
				return err
			}
			if err := tx.exec(ctx, "ReviewDeadline", o.ID, instant(deadline)); err != nil {
				return err
			}
			if err := tx.weigh(ctx, o.ID, withoutRule(o.Reasons, "CUT-3"), draft, order.DateOf(chosen)); err != nil {
				return err
			}
			o.Reasons = withoutRule(o.Reasons, "CUT-3")
			if err := tx.saveReview(ctx, o); err != nil {
				return err
			}
			if o.ID == r.ID {
				named = o
				named.DeadlineAt = deadline
			}
		}
		return nil
	})
	return named, err
}

func withoutRule(all []*order.Error, rule string) []*order.Error {
	out := make([]*order.Error, 0, len(all))
	for _, e := range all {
		if e.Rule != rule {
			out = append(out, e)
		}
	}
	return out
}

// Meaning is what a time of receipt would mean for a fax of normal items.
type Meaning struct {
	ReceivedAt   time.Time
	AcceptanceOn order.Date
	ArrivalOn    order.Date // zero where none can be promised
	DispatchBy   time.Time  // the deadline that it can still make
}

// MeaningOf is what it would mean if a review's fax counted as received at a time.
func (s *Store) MeaningOf(ctx context.Context, r Review, receivedAt, now time.Time) (Meaning, error) {
	m := Meaning{ReceivedAt: receivedAt}
	err := s.InTx(ctx, func(tx *Tx) error {
		d, deadline, err := tx.promised(ctx, r.Draft, receivedAt, now)
		m.AcceptanceOn, m.ArrivalOn, m.DispatchBy = d.AcceptanceOn, d.ArrivalOn, deadline
		return err
	})
	if err != nil || r.Draft == nil {
		return m, err
	}
	// With the items known the order itself says it better.
	draft := *r.Draft
	draft.Fields = nil
	for _, f := range r.Draft.Fields {
		if f.Name != "received_at" {
			draft.Fields = append(draft.Fields, f)
		}
	}
	r.Draft = &draft
	j, err := s.Judge(ctx, r, receivedAt, now)
	if err != nil {
		return m, err
	}
	for i, sh := range j.Order.Shipments {
		if i == 0 || sh.ArrivalOn.After(m.ArrivalOn) {
			m.AcceptanceOn, m.ArrivalOn = sh.AcceptanceOn, sh.ArrivalOn
		}
	}
	return m, nil
}
