package month

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"todoke/order"
)

// way is how an order comes.
type way string

// The ways.
const (
	wayWeb  way = "web"  // over HTTP from a shop front
	wayFax  way = "fax"  // a page that is read
	wayFile way = "file" // a web order handed in as a file
)

// visit is one order that a customer sends.
type visit struct {
	at     time.Time
	way    way
	key    string
	body   []byte
	sheet  sheet
	again  again
	cancel time.Duration // web: the customer wants to cancel so long after; 0 never
	race   bool          // one of two of a department at one instant
	card   *authorised   // nil where it is billed
}

// again is how a visit comes a second time.
type again int

const (
	once  again = iota
	twice       // the same attempt at the same instant; a fax: the same transmission
	other       // web: its key with another order; fax: the same sheet in another transmission
)

// day is how much of the month's business a day has, in thousandths of a busy one.
func (s *shop) weight(on order.Date) int {
	const busy, saturday, quiet, shut = 1000, 350, 60, 25
	switch {
	case s.calendar.Business(on) && on.Weekday() == time.Saturday:
		return saturday
	case s.calendar.Business(on):
		return busy
	case on.Weekday() == time.Sunday:
		return quiet
	}
	return shut
}

// plan makes the month's visits, in the order of their time.
func (s *shop) plan(o Options) ([]visit, error) {
	r := rand.New(rand.NewPCG(o.Seed, 2))
	sum := 0
	for i := range o.Days {
		sum += s.weight(o.From.Add(i))
	}
	var out []visit
	for i := range o.Days {
		on := o.From.Add(i)
		n := o.Orders * s.weight(on) / max(1, sum)
		if i == o.Days-1 {
			n = o.Orders - len(out)
		}
		for n > 0 {
			at := s.moment(r, on)
			d := s.departments[min(r.IntN(len(s.departments)), r.IntN(len(s.departments)))]
			pair := n > 1 && r.IntN(20) == 0 // two at one instant, of which one may be the other's add-on
			for k := range 2 {
				if k == 1 && !pair {
					break
				}
				v, err := s.visit(r, o, at, d, len(out), pair, k == 1)
				if err != nil {
					return nil, err
				}
				out = append(out, v)
				n--
			}
		}
	}
	slices.SortStableFunc(out, func(a, b visit) int { return a.at.Compare(b.at) })
	return out, nil
}

// moment is when on a day an order comes: every third within seconds and minutes of a cut-off.
func (s *shop) moment(r *rand.Rand, on order.Date) time.Time {
	if r.IntN(3) == 0 {
		region := s.set.Regions[r.IntN(len(s.set.Regions))]
		cut := []order.Clock{region.CutoffFax, region.CutoffWeb, region.CutoffTruck, region.CutoffWeb}[r.IntN(4)]
		off := []time.Duration{-time.Minute, -time.Second, 0, 0, time.Second, time.Minute}[r.IntN(6)]
		if r.IntN(2) == 0 {
			off = time.Duration(r.IntN(1800)-900) * time.Second
		}
		return on.At(cut).Add(off)
	}
	if r.IntN(30) == 0 { // at night
		return on.At(order.Clock{Hour: 19}).Add(time.Duration(r.IntN(4*3600)) * time.Second)
	}
	const hours = 19 // two halves of the day's work: most orders come around noon
	return on.At(order.Clock{Hour: 8, Minute: 15}).Add(time.Duration(r.IntN(hours*900)+r.IntN(hours*900)) * time.Second)
}

func (s *shop) visit(r *rand.Rand, o Options, at time.Time, d order.Department, no int, race, second bool) (visit, error) {
	v := visit{at: at, way: wayWeb, key: fmt.Sprintf("m%d-%06d", o.Seed, no), race: race}
	switch p := r.IntN(100); {
	case race || d.Payment == order.PaymentCard:
	case p < 33 && d.Fax != "":
		v.way = wayFax
	case p < 43:
		v.way = wayFile
	}
	class := order.ClassNormal
	switch p := r.IntN(200); {
	case p < 1 && v.way != wayFax:
		class = order.ClassPhone
	case p < 13:
		class = order.ClassTruck
	}
	lines := 1 + min(r.IntN(5), r.IntN(5))
	if race && second || r.IntN(9) == 0 {
		lines = 1
	}
	var goods []line
	for range lines {
		it := s.choose(r, class)
		if class != order.ClassNormal && len(goods) > 0 {
			it = s.choose(r, order.ClassNormal)
		}
		if s.locked[d.Code] == it.Category && r.IntN(8) > 0 || slices.ContainsFunc(goods, func(l line) bool { return l.Item == it.Code }) {
			continue
		}
		goods = append(goods, line{Item: it.Code, Qty: max(1, it.OrderMultiple) * (1 + min(r.IntN(5), r.IntN(5)))})
	}
	if len(goods) == 0 {
		goods = []line{{Item: s.choose(r, order.ClassNormal).Code, Qty: 60}}
	}
	shipTo := ""
	if places := s.shipTos[d.CompanyCode]; len(places) > 0 && !race && r.IntN(4) == 0 {
		shipTo = places[r.IntN(len(places))].Code
	}
	var on *order.Date
	if !race && r.IntN(10) == 0 {
		day := order.DateOf(at).Add(4 + r.IntN(12))
		for !s.calendar.Delivery(day) {
			day = day.Add(1)
		}
		on = &day
	}
	if v.way == wayFax {
		v.sheet = sheet{No: no, Department: d.Code, ShipTo: shipTo, On: on, Lines: goods, Doubt: r.IntN(16) == 0}
		switch r.IntN(160) {
		case 0:
			v.again = twice
		case 1:
			v.again = other
		}
		var err error
		v.body, err = v.sheet.encode()
		return v, err
	}
	body := map[string]any{"ordered_at": at.In(order.JST).Format(time.RFC3339), "customer_code": d.Code, "lines": goods}
	if shipTo != "" {
		body["ship_to"] = shipTo
	}
	if on != nil {
		body["designated_on"] = on.String()
	}
	if d.Payment == order.PaymentCard {
		v.card = s.authorisation(r, v.key, at, goods)
		body["payment"] = map[string]any{
			"method": "card", "authorisation": v.card.reference, "authorised_yen": v.card.yen, "authorised_until": v.card.until.In(order.JST).Format(time.RFC3339),
		}
		body["terms"] = map[string]any{"version": "2026-04", "agreed_at": body["ordered_at"]}
	}
	for _, u := range s.users[d.Code] {
		if u.Role == "orderer" && r.IntN(2) == 0 {
			body["user_code"] = u.Code
		}
	}
	if v.way == wayWeb {
		switch r.IntN(60) {
		case 0:
			v.again = twice
		case 1:
			v.again = other
		}
		switch p := r.IntN(100); {
		case p < 1 || race && !second && p < 12:
			v.cancel = time.Duration(r.IntN(595)) * time.Second
		case p < 2:
			v.cancel = 10 * time.Minute // the last instant
		case p < 3:
			v.cancel = 10*time.Minute + time.Duration(1+r.IntN(600))*time.Second
		}
		if v.cancel == 0 && race && !second && r.IntN(10) == 0 {
			v.cancel = time.Minute
		}
	}
	var err error
	if v.body, err = json.Marshal(body); err != nil {
		return v, fmt.Errorf("encode order: %w", err)
	}
	return v, nil
}

// authorisation is what a shop front has a card authorised for: of forty one for too little, one for
// too short.
func (s *shop) authorisation(r *rand.Rand, key string, at time.Time, goods []line) *authorised {
	const feeYen, percent = 330, 111 // the dearest tax, and a yen for each rounding
	a := &authorised{reference: "auth-" + key, yen: feeYen, until: at.AddDate(0, 0, 60)}
	for _, l := range goods {
		a.yen += s.items[l.Item].ListPrice * order.Yen(l.Qty) * percent / 100
	}
	switch r.IntN(40) {
	case 0:
		a.yen /= 2
	case 1:
		a.until = at.AddDate(0, 0, 1)
	}
	return a
}
