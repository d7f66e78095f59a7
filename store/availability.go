package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// AvailabilityAsk asks what is there of an item and when it could arrive (STK-3): for a customer's
// address or registered place, or for any place by prefecture and postal code.
type AvailabilityAsk struct {
	ItemCode       string
	Qty            int // 0 is 1
	Channel        order.Channel
	DepartmentCode string
	ShipToCode     string // of the department's company; "" is its own address
	Prefecture     string // where no department is named
	PostalCode     string
}

// Availability is the answer, as of At.
type Availability struct {
	rules.StockAnswer
	Item       order.Item
	Qty        int
	RegionCode string
	At         time.Time
}

// Availability answers an ask at an instant. It reserves nothing: ArrivalOn is what ordering at
// that instant would promise.
func (s *Store) Availability(ctx context.Context, ask AvailabilityAsk, now time.Time) (Availability, error) {
	out := Availability{Qty: max(1, ask.Qty), At: at(now)}
	items, err := collect(ctx, s.pool, "ItemsWithSuccessors", scanItem, []string{ask.ItemCode})
	if err != nil {
		return out, err
	}
	for _, i := range items {
		if i.Code == ask.ItemCode {
			out.Item = i
		}
	}
	if out.Item.Code == "" {
		return out, order.NotFound("item_code", "no item has the code "+ask.ItemCode)
	}
	sh, err := s.shared(ctx, s.pool)
	if err != nil {
		return out, kinded(err)
	}
	region, err := s.regionOf(ctx, ask, sh.regions.On(order.DateOf(out.At)))
	if err != nil {
		return out, err
	}
	out.RegionCode = region.Code
	stock, err := collect(ctx, s.pool, "StockFind", func(r pgx.CollectableRow) (rules.Stock, error) {
		var v rules.Stock
		var code, name string
		return v, r.Scan(&v.WarehouseCode, &code, &name, &v.OnHand, &v.Reserved, (*date)(&v.RestockOn))
	}, []string{ask.ItemCode}, "")
	if err != nil {
		return out, err
	}
	answer, problem := rules.Availability(rules.StockAsk{
		Item: out.Item, Qty: out.Qty, Region: region, Channel: ask.Channel, Stock: stock, At: out.At,
	}, sh.warehousesOn(order.DateOf(out.At)), sh.settings, sh.calendar)
	if problem != nil {
		return out, problem
	}
	out.StockAnswer = answer
	return out, nil
}

// regionOf is the region that an ask's place lies in (CUT-2).
func (s *Store) regionOf(ctx context.Context, ask AvailabilityAsk, regions *rules.Regions) (order.Region, error) {
	prefecture, postal := ask.Prefecture, ask.PostalCode
	if ask.DepartmentCode != "" {
		d, err := s.GetDepartment(ctx, ask.DepartmentCode)
		if err != nil {
			return order.Region{}, err
		}
		prefecture, postal = d.Prefecture, d.PostalCode
		if ask.ShipToCode != "" {
			places, err := collect(ctx, s.pool, "ShipTosOfDepartment", scanShipTo, []string{ask.DepartmentCode})
			if err != nil {
				return order.Region{}, err
			}
			found := false
			for _, p := range places {
				if p.Code == ask.ShipToCode {
					prefecture, postal, found = p.Prefecture, p.PostalCode, true
				}
			}
			if !found {
				return order.Region{}, order.NotFound("ship_to", fmt.Sprintf("%q is not a registered place of the company", ask.ShipToCode))
			}
		}
	} else if ask.ShipToCode != "" {
		return order.Region{}, order.Invalid("ACC-1", "customer_code", "a ship-to code is of a company: give the customer code with it")
	} else if prefecture == "" {
		return order.Region{}, order.Invalid("CUT-2", "customer_code", "say where to: give customer_code (--customer), or prefecture and postal_code (--prefecture, --postal-code)")
	}
	if full, ok := rules.Prefecture(prefecture); ok {
		prefecture = full
	}
	if digits, ok := rules.PostalCode(postal); ok {
		postal = digits
	}
	region, ok := regions.Find(prefecture, postal)
	if !ok {
		return order.Region{}, order.Invalid("CUT-2", "prefecture", fmt.Sprintf("no delivery region serves %q: give a customer code, or one of the 47 prefectures", prefecture))
	}
	return region, nil
}
