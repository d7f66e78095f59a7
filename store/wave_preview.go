package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// PreviewRow is a planned shipment and what a wave would make of it.
type PreviewRow struct {
	Order     order.Number `json:"order"`
	Shipment  int          `json:"shipment"`
	Warehouse string       `json:"warehouse"`
	Class     order.Class  `json:"class"`
	ShipOn    order.Date   `json:"ship_on,omitzero"`
	ArrivalOn order.Date   `json:"arrival_on,omitzero"`
	Lines     int          `json:"lines"`    // reserved quantities
	Qty       int          `json:"quantity"` // their sum
	Goes      bool         `json:"goes"`
	Rule      string       `json:"rule,omitempty"` // why it stays
	Why       string       `json:"why,omitempty"`
}

// WavePreview tells what a wave at now would release (WHS-1) of all that is planned as it stands,
// and why not the rest. It changes nothing; what comes in until then is not known to it.
func (s *Store) WavePreview(ctx context.Context, now time.Time) ([]PreviewRow, error) {
	now = at(now)
	sh, err := s.shared(ctx, s.pool)
	if err != nil {
		return nil, kinded(err)
	}
	return collect(ctx, s.pool, "WavePreview", func(r pgx.CollectableRow) (PreviewRow, error) {
		var w PreviewRow
		var o order.Order
		var until instant
		var paid bool
		if err := r.Scan(&w.Order, &o.RegionCode, &w.Shipment, &o.State, &o.HoldReason, &until, &w.Warehouse, &w.Class,
			(*date)(&w.ShipOn), (*date)(&w.ArrivalOn), &w.Qty, &w.Lines, &paid); err != nil {
			return w, err
		}
		o.Number, o.CancelUntil = w.Order, time.Time(until)
		shipment := order.Shipment{No: w.Shipment, State: order.ShipmentPlanned, Class: w.Class, WarehouseCode: w.Warehouse, ShipOn: w.ShipOn, ArrivalOn: w.ArrivalOn}
		v := rules.Releasable(o, shipment, w.Qty, sh.settings.On(order.DateOf(now)), sh.calendar, now)
		if w.Goes = v.Verdict == rules.ReleaseNow; !w.Goes {
			w.Rule, w.Why = v.Rule, v.Reason
			if hs := rules.Holds(o); len(hs) > 0 {
				w.Rule = hs[0].Rule // the cause says more than that it is held
			}
		} else if !paid {
			w.Goes, w.Rule, w.Why = false, "PAY-1", "the card is not charged yet: it is on the ship day, before the goods leave"
		}
		return w, nil
	})
}
