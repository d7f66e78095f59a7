package document

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/internal/bilevel"
	"todoke/order"
)

// PickList is what one warehouse has to pick for one ship day and class in one wave (WHS-1).
// The order of Orders and of their Lines does not matter: the list is sorted when rendered.
type PickList struct {
	Number        order.Number // the list's number, with check digit
	ShopName      string
	DeskName      string // whom the warehouse asks; "" prints none
	ShopFax       string // with hyphens; "" prints none
	WarehouseCode string
	WarehouseName string
	ShipOn        order.Date
	Class         order.Class
	Wave          string                 // which release of the day, such as "第2便"; "" prints none
	ReleasedAt    time.Time              // also the documents' creation date
	Profile       order.WarehouseProfile // how the partner wants it; zero is order.DefaultProfile
	Orders        []PickOrder
}

// profile is how the partner wants the list.
func (p *PickList) profile() order.WarehouseProfile {
	if len(p.Profile.Columns) == 0 {
		return order.DefaultProfile(p.WarehouseCode)
	}
	return p.Profile
}

// has tells whether a half is wanted.
func (p *PickList) has(half order.PickHalves) bool {
	h := p.profile().Halves
	return h == half || h == order.HalvesBoth
}

// PickOrder is an order's part of a pick list.
type PickOrder struct {
	Number     order.Number
	ShipmentNo int           // order.Shipment.No
	Shipments  int           // of the order in all, when the list was made; 0 where not known
	Channel    order.Channel // "" prints none
	Customer   string        // company and department
	ShipTo     order.Address
	ArrivalOn  order.Date // zero where none is promised (CUT-6)
	Lines      []PickLine

	// What delivery slips tell beside.
	CustomerCode string
	CustomerFax  string    // registered, digits; "" prints none
	ReceivedAt   time.Time // zero prints none
	FeeYen       order.Yen // ex tax (FEE-1); 0 prints none
}

// PickLine is one allocated quantity of an order line.
type PickLine struct {
	LineNo       int
	Location     string // where it lies in the warehouse; "" where the shop does not know
	ItemCode     string
	ItemName     string
	Unit         string
	Qty          int
	Comment      string         // FAX-4, typed
	CommentImage *bilevel.Image // FAX-4, as it stood on the fax; nil where there is none
	CommentYDPI  float64        // of CommentImage, with its CommentXDPI: fax pixels are not square
	CommentXDPI  float64
	OrderedQty   int  // of the order's line; 0 where not known
	Returnable   bool // RET-2
}

// pick is one line of the list by items: an allocated quantity with its order.
type pick struct {
	*PickLine
	order *PickOrder
}

// orders are the list's orders by number and shipment, their lines by line number, without
// changing the value.
func (p *PickList) orders() []PickOrder {
	out := slices.Clone(p.Orders)
	slices.SortStableFunc(out, func(a, b PickOrder) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.ShipmentNo, b.ShipmentNo))
	})
	for i := range out {
		out[i].Lines = slices.Clone(out[i].Lines)
		slices.SortStableFunc(out[i].Lines, func(a, b PickLine) int {
			return cmp.Or(cmp.Compare(a.LineNo, b.LineNo), cmp.Compare(a.ItemCode, b.ItemCode))
		})
	}
	return out
}

// picks are all lines as the partner wants them sorted: the way a picker walks (by place, item,
// order), by item, or by order.
func (p *PickList) picks() []pick {
	orders := p.orders()
	var out []pick
	for i := range orders {
		for j := range orders[i].Lines {
			out = append(out, pick{&orders[i].Lines[j], &orders[i]})
		}
	}
	switch p.profile().Sort {
	case order.SortOrder: // as they are
	case order.SortItem:
		slices.SortStableFunc(out, func(a, b pick) int {
			return cmp.Or(strings.Compare(a.ItemCode, b.ItemCode), strings.Compare(a.Location, b.Location))
		})
	default:
		slices.SortStableFunc(out, byPlace)
	}
	return out
}

// byPlace keeps orders in their order within an item.
func byPlace(a, b pick) int {
	return cmp.Or(strings.Compare(a.Location, b.Location), strings.Compare(a.ItemCode, b.ItemCode))
}

// located tells whether the shop knows of any line where it lies, and the partner wants to know.
func (p *PickList) located() bool {
	if profile := p.profile(); !profile.Has("location") {
		return false
	}
	return slices.ContainsFunc(p.Orders, func(o PickOrder) bool {
		return slices.ContainsFunc(o.Lines, func(l PickLine) bool { return l.Location != "" })
	})
}

// split tells whether the order goes out in more than one shipment.
func (o *PickOrder) split() bool { return o.Shipments > 1 }

// shipment is which of the order's shipments this is: "2/3", or "2" where their number is not
// known, "" where there is nothing to tell.
func (o *PickOrder) shipment() string {
	switch {
	case o.ShipmentNo <= 0:
		return ""
	case o.Shipments >= o.ShipmentNo:
		return fmt.Sprintf("%d/%d", o.ShipmentNo, o.Shipments)
	}
	return strconv.Itoa(o.ShipmentNo)
}

// sender is the shop as it stands at the foot of every page.
func (p *PickList) sender() string {
	s := []string{p.ShopName}
	if p.DeskName != "" {
		s = append(s, p.DeskName)
	}
	if p.ShopFax != "" {
		s = append(s, "FAX "+p.ShopFax)
	}
	return strings.Join(s, "　")
}

// Totals are the sums at the foot of a pick list.
type Totals struct {
	Orders int
	Lines  int
	Items  int // different item codes
	Qty    int
}

// Totals sums the list up.
func (p *PickList) Totals() Totals {
	t := Totals{}
	items, orders := map[string]bool{}, map[order.Number]bool{}
	for _, o := range p.Orders {
		orders[o.Number] = true
		for _, l := range o.Lines {
			t.Lines++
			t.Qty += l.Qty
			items[l.ItemCode] = true
		}
	}
	t.Orders, t.Items = len(orders), len(items)
	return t
}

// className is the class as the warehouse knows it.
func className(c order.Class) string {
	switch c {
	case order.ClassTruck:
		return "トラック便"
	case order.ClassPhone:
		return "取寄・受注生産"
	default:
		return "通常便"
	}
}

// weekday is the day of the week in one character.
func weekday(d order.Date) string {
	return [...]string{"日", "月", "火", "水", "木", "金", "土"}[d.Weekday()]
}
