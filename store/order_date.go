package store

import (
	"context"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
)

// DateShipment keeps the day on which made-to-order goods arrive, as the desk entered it (CUT-6). The
// customer is told, and an order that waited for nothing else goes on.
func (s *Store) DateShipment(ctx context.Context, id int64, no int, on order.Date, by string, now time.Time) (order.Order, error) {
	now, by = at(now), strings.TrimSpace(by)
	if by == "" {
		return order.Order{}, order.Invalid("KEP-2", "by", "say who decides this")
	}
	var o order.Order
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		o, err = tx.Change(ctx, id, func(o order.Order, f Facts) (order.Order, []order.Event, error) {
			region, ok := f.Regions.ByCode(o.RegionCode)
			if !ok {
				return o, nil, order.Conflict("CUT-2", "region "+o.RegionCode+" is not in the region table any more")
			}
			next, events, problem := rules.DateOrder(o, no, on, by, region, f.Settings.On(order.DateOf(now)), f.Calendar, now)
			if problem != nil {
				return o, nil, problem
			}
			return next, events, nil
		})
		return err
	})
	return o, err
}
