package worker

import (
	"cmp"
	"context"
	"math"
	"time"

	"todoke/ingest/form"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// cost is the place in the reader's settings that decides from which confidence on a kind is
// accepted unseen: 1 − 1/cost.
func cost(s *form.Settings, kind rules.ReadingKind) *form.Looks {
	switch kind {
	case rules.ReadingCustomer:
		return &s.Costs.Customer
	case rules.ReadingItem:
		return &s.Costs.Item
	case rules.ReadingQuantity:
		return &s.Costs.Quantity
	case rules.ReadingShipTo:
		return &s.Costs.ShipTo
	case rules.ReadingDate:
		return &s.Costs.Date
	case rules.ReadingMark:
		return &s.Costs.Mark
	}
	return nil
}

func ppm(p float64) rules.PPM { return rules.PPM(math.Round(p * float64(rules.Whole))) }

// DefaultThresholds are the reader's own thresholds, before any audit.
func DefaultThresholds(s form.Settings) store.Thresholds {
	out := store.Thresholds{}
	for _, kind := range rules.ReadingKinds() {
		if c := cost(&s, kind); c != nil {
			out[kind] = ppm(1 - 1/float64(max(*c, 1)))
		}
	}
	return out
}

// reading is the reader's settings with the thresholds that hold now (RDR-1), and those
// thresholds. A threshold that nothing has moved stays to the last digit what was configured.
func (c Config) reading(ctx context.Context, now time.Time) (form.Settings, store.Thresholds, error) {
	s := c.Reading
	s.DateReachDays = cmp.Or(c.Store.Settings().On(order.DateOf(now)).DesignatedLimitDays, s.DateReachDays) // CUT-7 as the shop has it
	defaults := DefaultThresholds(s)
	held, err := c.Store.ThresholdsInForce(ctx, defaults, c.Model, now)
	if err != nil {
		return s, nil, err
	}
	for kind, p := range held {
		if c := cost(&s, kind); c != nil && p != defaults[kind] {
			*c = form.Looks(rules.Whole) / form.Looks(rules.Whole-p) // 100 % accepts nothing that is less: infinitely dear
		}
	}
	return s, held, nil
}
