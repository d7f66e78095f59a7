package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// ChangeColumns are the head of the text that changes of settings are written in, a day a row; an
// empty cell leaves what it is about as it was.
var ChangeColumns = []string{"from", "fee_free_from_yen", "fee_yen", "fee_tax_rate", "designated_limit_days", "cancel_window_minutes"}

// LineError is what is wrong with a line of a table; 1 is the head.
type LineError struct {
	Line int
	Err  *order.Error
}

// ParseChanges reads changes of settings, held against the settings that they change.
func ParseChanges(text string, s Settings) (out []Change, bad []LineError) {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n")
	say := func(line int, rule, column, message string) {
		bad = append(bad, LineError{line, order.Invalid(rule, column, message)})
	}
	if strings.TrimSpace(lines[0]) != strings.Join(ChangeColumns, ",") {
		say(1, "", "", "the first line must be "+strings.Join(ChangeColumns, ","))
		return nil, bad
	}
	var at []int
	seen := map[order.Date]bool{}
	for i, l := range lines[1:] {
		line := i + 2
		if strings.Trim(l, ", \t") == "" {
			continue
		}
		cells := strings.Split(l, ",")
		if len(cells) != len(ChangeColumns) {
			say(line, "", "", fmt.Sprintf("a line has %d cells", len(ChangeColumns)))
			continue
		}
		var c Change
		var err error
		if c.From, err = order.ParseDate(strings.TrimSpace(cells[0])); err != nil || seen[c.From] {
			say(line, "", "from", "write each day once, as 2026-11-24")
			continue
		}
		seen[c.From] = true
		for j, set := range []func(int){
			func(n int) { y := order.Yen(n); c.FeeFreeFromYen = &y },
			func(n int) { y := order.Yen(n); c.FeeYen = &y },
			func(n int) { p := order.Percent(n); c.FeeTaxRate = &p },
			func(n int) { c.DesignatedLimitDays = &n },
			func(n int) { c.CancelWindowMinutes = &n },
		} {
			cell := strings.TrimSpace(cells[j+1])
			if cell == "" {
				continue
			}
			const most = 9 // digits
			n, err := strconv.Atoi(cell)
			if err != nil || n < 0 || len(cell) > most {
				say(line, "", ChangeColumns[j+1], fmt.Sprintf("%q is no whole number", cell))
				continue
			}
			set(n)
		}
		out, at = append(out, c), append(at, line)
	}
	if len(bad) > 0 {
		return nil, bad
	}
	for i, c := range out { // each on its own: what follows is held against it
		one := s
		one.Changes = append(slices.Clone(s.Changes), out[:i+1]...)
		if joined, ok := one.On(c.From).Validate().(interface{ Unwrap() []error }); ok {
			for _, err := range joined.Unwrap() {
				if e, ok := errors.AsType[*order.Error](err); ok {
					bad = append(bad, LineError{at[i], e})
				}
			}
		}
	}
	return out, bad
}

// Tables are what promises and fees are worked out with.
type Tables struct {
	Regions  *Regions
	Calendar *Calendar
	Settings Settings // as they hold on the day that is looked at
}

// PastOrder is an order as it came in, to be judged by other tables.
type PastOrder struct {
	Number                 order.Number
	Channel                order.Channel
	ReceivedAt             time.Time
	Prefecture, PostalCode string
	DesignatedOn           order.Date
	GoodsYen               order.Yen
	Shipments              []PastShipment
}

// PastShipment is one of its shipments.
type PastShipment struct {
	Class     order.Class
	Warehouse string
}

// TableDiff is what orders would be told differently by other tables.
type TableDiff struct {
	Orders                        int // looked at
	Changed                       int // in anything
	Earlier, Later, Refused, Fees int
	Examples                      []OrderDiff
}

// OrderDiff is one such order.
type OrderDiff struct {
	Order               PastOrder
	Class               order.Class
	Before, After       Dates // of the shipment that differs
	NoBefore, NoAfter   *order.Error
	FeeBefore, FeeAfter order.Yen
}

// CompareTables judges orders anew by both tables, each as if it was accepted the moment it came.
func CompareTables(orders []PastOrder, before, after Tables, examples int) TableDiff {
	var d TableDiff
	judge := func(o PastOrder, s PastShipment, t Tables) (Dates, *order.Error) {
		region, ok := t.Regions.Find(o.Prefecture, o.PostalCode)
		if !ok {
			return Dates{}, order.Invalid("CUT-2", "region", "no region has this address")
		}
		return Promise(Wish{Channel: o.Channel, Class: s.Class, Region: region, Warehouse: s.Warehouse, ReceivedAt: o.ReceivedAt, DesignatedOn: o.DesignatedOn}, t.Settings, t.Calendar)
	}
	for _, o := range orders {
		d.Orders++
		x := OrderDiff{Order: o, FeeBefore: Fee(o.GoodsYen, before.Settings), FeeAfter: Fee(o.GoodsYen, after.Settings)}
		changed := x.FeeBefore != x.FeeAfter
		if changed {
			d.Fees++
		}
		for _, s := range o.Shipments {
			was, noWas := judge(o, s, before)
			is, noIs := judge(o, s, after)
			if was.ArrivalOn == is.ArrivalOn && was.ShipOn == is.ShipOn && (noWas == nil) == (noIs == nil) {
				continue
			}
			switch {
			case noIs != nil && noWas == nil:
				d.Refused++
			case is.ArrivalOn.After(was.ArrivalOn):
				d.Later++
			case is.ArrivalOn.Before(was.ArrivalOn):
				d.Earlier++
			}
			changed = true
			x.Class, x.Before, x.After, x.NoBefore, x.NoAfter = s.Class, was, is, noWas, noIs
			break // one tells enough
		}
		if changed {
			d.Changed++
			if len(d.Examples) < examples {
				d.Examples = append(d.Examples, x)
			}
		}
	}
	return d
}
