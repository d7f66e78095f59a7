package rules

import (
	"fmt"
	"slices"
	"time"

	"todoke/order"
)

// StockAsk asks what is there of an item, and when it could arrive (STK-3).
type StockAsk struct {
	Item    order.Item
	Qty     int          // in order units; at least 1
	Region  order.Region // of the ship-to
	Channel order.Channel
	Stock   []Stock // of the item
	At      time.Time
}

// Stock is what one warehouse has of an item.
type Stock struct {
	WarehouseCode string
	OnHand        int
	Reserved      int
	RestockOn     order.Date
}

// Available is what can still be reserved.
func (s Stock) Available() int { return max(0, s.OnHand-s.Reserved) }

// StockAnswer is the answer to a StockAsk.
type StockAnswer struct {
	AvailableQty int        // at all warehouses together
	Enough       bool       // for the quantity asked for
	AcceptanceOn order.Date // CUT-4
	ArrivalOn    order.Date // what ordering at this instant would promise; zero of made-to-order items (CUT-6)
	ArrivalQty   int        // how many of the quantity asked for can arrive by ArrivalOn; the rest by LikelyOn, where that is known
	LikelyOn     order.Date // when the whole quantity can arrive from where it lies or comes in; zero where that is not known
	RestockOn    order.Date // the earliest known, zero where none is
	Rules        []string   // that decided the dates
}

// Availability answers how much of an item is there and when it could arrive (STK-3). ArrivalOn is
// exactly what Accept would promise for an order received at that instant by the channel: it asks
// the same rule. LikelyOn is later where stock lies at a warehouse that is farther, or has yet to
// come in.
func Availability(ask StockAsk, warehouses []order.Warehouse, s Settings, c *Calendar) (StockAnswer, *order.Error) {
	class := ask.Item.Class
	if class == "" {
		class = order.ClassNormal
	}
	if ask.Item.Discontinued || ask.Item.SuccessorCode != "" {
		e := order.Invalid("ITM-1", "item_code", fmt.Sprintf("item %s is discontinued", ask.Item.Code))
		e.Suggest = ask.Item.SuccessorCode
		return StockAnswer{}, e
	}
	s = s.On(order.DateOf(ask.At)) // as of an order that came now
	ranked := WarehouseOrder(ask.Region.Code, warehouses)
	if len(ranked) == 0 {
		return StockAnswer{}, order.Permanent("no warehouse is set up: import warehouses.csv", nil)
	}
	d, err := Promise(Wish{
		Channel: ask.Channel, Class: class, Region: ask.Region, Warehouse: ranked[0], ReceivedAt: ask.At, Now: ask.At, NoSaturday: ask.Item.NoSaturday,
	}, s, c)
	if err != nil {
		return StockAnswer{}, err
	}
	out := StockAnswer{AcceptanceOn: d.AcceptanceOn, ArrivalOn: d.ArrivalOn, Rules: d.Rules}
	today := order.DateOf(ask.At)
	need := max(1, ask.Qty)
	var restocked order.Date // when what comes in can arrive, the earliest of all warehouses
	for _, code := range ranked {
		i := slices.IndexFunc(ask.Stock, func(x Stock) bool { return x.WarehouseCode == code })
		if i < 0 {
			continue
		}
		x := ask.Stock[i]
		w := warehouses[slices.IndexFunc(warehouses, func(w order.Warehouse) bool { return w.Code == code })]
		if r := x.RestockOn; !r.IsZero() && !r.Before(today) {
			if out.RestockOn.IsZero() || r.Before(out.RestockOn) {
				out.RestockOn = r
			}
			if on := RestockArrival(r, RegionFrom(ask.Region, w), class, s, c); restocked.IsZero() || !on.IsZero() && on.Before(restocked) {
				restocked = on
			}
		}
		have := x.Available()
		out.AvailableQty += have
		if need <= 0 || have == 0 || d.ArrivalOn.IsZero() {
			continue
		}
		took := min(need, have)
		need -= took
		sh, _, err := FromWarehouse(order.Shipment{
			State: order.ShipmentPlanned, Class: class, AcceptanceOn: d.AcceptanceOn, ReadyOn: d.ReadyOn, ShipOn: d.ShipOn, ArrivalOn: d.ArrivalOn,
		}, w, ask.Region, s, c, ask.At)
		if err != nil {
			return StockAnswer{}, err
		}
		out.LikelyOn = laterOf(out.LikelyOn, sh.ArrivalOn)
		if !sh.ArrivalOn.After(d.ArrivalOn) {
			out.ArrivalQty += took
		}
	}
	out.Enough = out.AvailableQty >= max(1, ask.Qty)
	switch {
	case out.Enough:
	case restocked.IsZero():
		out.LikelyOn = order.Date{}
	default:
		out.LikelyOn = laterOf(laterOf(out.LikelyOn, d.ArrivalOn), restocked)
	}
	return out, nil
}
