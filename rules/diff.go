package rules

import (
	"strconv"

	"todoke/order"
)

// Configuration is all that decides dates and fees besides the orders themselves.
type Configuration struct {
	Settings   Settings
	Calendar   *Calendar
	Regions    *RegionTables
	Warehouses []order.Warehouse
}

// PastOrder is an order that a configuration is tried on.
type PastOrder struct {
	Order      order.Order
	NoSaturday map[order.Class]bool // classes of which some item is flagged so (CUT-7)
}

// Difference is one thing that another configuration would have decided otherwise.
type Difference struct {
	Number   order.Number `json:"number"`
	Shipment int          `json:"shipment,omitempty"` // its number, where it is of one
	Field    string       `json:"field"`              // region, warehouse, acceptance_on, arrival_on, ship_on, fee_yen, cancel_until, refused
	Was      string       `json:"was"`
	Now      string       `json:"now"`
	Rule     string       `json:"rule"`
}

// DiffSummary counts what a change of configuration would have done to past orders.
type DiffSummary struct {
	Orders  int            `json:"orders"`
	Changed int            `json:"changed"`  // orders with any difference
	Later   int            `json:"later"`    // shipments that would arrive later
	Earlier int            `json:"earlier"`  // shipments that would arrive earlier
	Refused int            `json:"refused"`  // orders that would be refused, and were not
	FeeYen  order.Yen      `json:"fee_yen"`  // more (or, below 0, less) in fees, ex tax
	ByField map[string]int `json:"by_field"` // differences
}

// Diff tells what another configuration would have decided about past orders (todoke rules check):
// each judged twice at the instants of its own time, by one configuration and by the other. Both
// answers are computed, so what the desk changed by hand since is no difference. Fees are FEE-1's:
// what is an add-on is of the day's other orders.
func Diff(orders []PastOrder, before, after Configuration) ([]Difference, DiffSummary) {
	sum := DiffSummary{Orders: len(orders), ByField: map[string]int{}}
	var out []Difference
	for _, p := range orders {
		o := p.Order
		was, now := before.judge(p), after.judge(p)
		n := len(out)
		add := func(shipment int, field, rule, a, b string) {
			if a != b {
				out = append(out, Difference{o.Number, shipment, field, a, b, rule})
				sum.ByField[field]++
			}
		}
		add(0, "region", "CUT-2", was.region, now.region)
		add(0, "warehouse", "STK-1", was.warehouse, now.warehouse)
		add(0, "refused", "CUT-7", was.refused, now.refused)
		if was.refused == "" && now.refused != "" {
			sum.Refused++
		}
		add(0, "fee_yen", "FEE-1", was.fee.Grouped(), now.fee.Grouped())
		sum.FeeYen += now.fee - was.fee
		add(0, "cancel_until", "CAN-1", was.cancel, now.cancel)
		for i, sh := range o.Shipments {
			a, b := was.dates[i], now.dates[i]
			if a.AcceptanceOn.IsZero() || b.AcceptanceOn.IsZero() {
				continue // refused by one of the two
			}
			add(sh.No, "acceptance_on", "CUT-4", a.AcceptanceOn.String(), b.AcceptanceOn.String())
			add(sh.No, "arrival_on", "CUT-5", a.ArrivalOn.String(), b.ArrivalOn.String())
			add(sh.No, "ship_on", "CUT-11", a.ShipOn.String(), b.ShipOn.String())
			switch a.ArrivalOn.Compare(b.ArrivalOn) {
			case -1:
				sum.Later++
			case 1:
				sum.Earlier++
			}
		}
		if len(out) > n {
			sum.Changed++
		}
	}
	return out, sum
}

// judged is what a configuration makes of one order.
type judged struct {
	region    string
	warehouse string // that serves the region first
	refused   string // why
	fee       order.Yen
	cancel    string
	dates     []Dates // of the order's shipments
}

func (c Configuration) judge(p PastOrder) judged {
	o := p.Order
	on := order.DateOf(o.ReceivedAt)
	s := c.Settings.On(on)
	j := judged{fee: Fee(o.OrderedYen(), s), dates: make([]Dates, len(o.Shipments))}
	if o.Channel == order.ChannelWeb {
		j.cancel = stamp(o.ReceivedAt.Add(s.CancelWindow()))
	}
	at := judgedAt(o)
	r, ok := c.Regions.On(order.DateOf(at)).Find(o.ShipTo.Prefecture, o.ShipTo.PostalCode)
	if !ok {
		j.refused = "no region serves " + strconv.Quote(o.ShipTo.Prefecture)
		return j
	}
	j.region = r.Code
	if all := WarehouseOrder(r.Code, c.Warehouses); len(all) > 0 {
		j.warehouse = all[0]
	}
	now := o.AcceptedAt
	if now.Before(at) {
		now = at
	}
	for i, sh := range o.Shipments {
		d, err := promise(Wish{
			Channel: o.Channel, Class: sh.Class, Region: r, Warehouse: sh.WarehouseCode, ReceivedAt: at, Now: now,
			DesignatedOn: o.DesignatedOn, NoSaturday: p.NoSaturday[sh.Class], Moves: !o.ApprovedAt.IsZero(),
		}, s, c.Calendar)
		if err != nil {
			j.refused = err.Message
			continue
		}
		j.dates[i] = d
	}
	return j
}
