package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"todoke/order"
)

// Listed is a quantity of a line on a pick list, and what results have said of it so far.
type Listed struct {
	ID         int64 // the allocation's, as those that follow
	ListID     int64
	ShipmentID int64
	List       string // the pick list's number
	Order      order.Number
	OrderID    int64
	ShipmentNo int
	LineNo     int
	ItemCode   string
	Qty        int
	Done       int // shipped or short by results applied before
	Short      int // of Done
}

// Open is what results have not told yet.
func (l Listed) Open() int { return l.Qty - l.Done }

// ResultRow is one row of a warehouse's shipment result (WHS-2).
type ResultRow struct {
	Field       string // what errors call it by, such as "rows[3]" or "line 5"
	List        string // "" where the partner's file names the order alone
	Order       string // as written
	LineNo      int    // 0 where the row names the item alone
	ItemCode    string
	Shipped     int
	Short       int
	Reason      ShortReason
	Tracking    string // several are separated by spaces
	WeightGrams int
	ShippedOn   order.Date // zero: the day of the result
	DeliveredOn order.Date // zero where not told
}

// ResultLine is what a result says of one listed line.
type ResultLine struct {
	Listed  Listed
	Shipped int
	Short   int
	Reason  ShortReason
}

// ResultShipment is what a result says of one shipment.
type ResultShipment struct {
	OrderID     int64
	Order       order.Number
	ShipmentID  int64
	ShipmentNo  int
	Lines       []ResultLine // none where all of it was told before
	Tracking    []string     // each once
	WeightGrams int          // 0 where not told
	ShippedOn   order.Date   // the latest of its rows
	DeliveredOn order.Date   // the latest of its rows, zero where not told
	Complete    bool         // nothing of it is left open on the lists
	Again       []string     // fields of the rows that say what was told before
	Told        []ToldRow    // its rows that count, and what those that do not tell more of earlier ones, by their ID

	open int
}

// ReadResult validates a result as a whole (WHS-2) and sums it up per shipment: all rows count or
// none. listed is everything on the lists that the rows can name, before the rows that earlier results
// were applied with, so nothing is shipped twice: partners send the whole day with every file. A row
// that says again what was told adds its tracking number, weight and days alone; one that may say it
// again or may tell of more is an error, as is the same row twice. Rows may leave lines out: those stay
// open. Every error names its row and says what is wrong with it.
func ReadResult(rows []ResultRow, listed []Listed, before []ToldRow, s Settings, now time.Time) ([]ResultShipment, []*order.Error) {
	var errs []*order.Error
	lines := make([]ResultLine, len(listed))
	known := knownLists{lists: map[string]bool{}, orders: map[order.Number][]int{}}
	for i, l := range listed {
		lines[i].Listed = l
		known.lists[l.List] = true
		known.orders[l.Order] = append(known.orders[l.Order], i)
	}
	type shipment struct {
		id int64
		no int
	}
	infos := map[shipment]*ResultShipment{}
	var sequence []shipment
	today := order.DateOf(now)
	if len(rows) == 0 {
		errs = append(errs, order.Invalid("WHS-2", "rows", "the result has no rows"))
	}
	bad := func(r ResultRow, column, message string) {
		errs = append(errs, order.Invalid("WHS-2", r.Field+"."+column, message))
	}
	var named []*reported
	for _, r := range rows {
		bad := func(column, message string) { bad(r, column, message) }
		had := len(errs)
		switch {
		case r.Shipped < 0 || r.Short < 0:
			bad("shipped", "quantities are 0 or more")
		case r.Shipped+r.Short == 0:
			bad("shipped", "nothing is reported: give the quantity shipped or short")
		}
		switch {
		case r.Short > 0 && !r.Reason.Valid():
			bad("reason", fmt.Sprintf("%q is no reason of a short pick: choose missing, damaged or late", r.Reason))
		case r.Short == 0 && r.Reason != "":
			bad("reason", "a reason stands where nothing is short")
		}
		for _, n := range strings.Fields(r.Tracking) {
			if !validTracking(n) {
				bad("tracking", fmt.Sprintf("%q is no tracking number: 4 to 40 letters, digits and hyphens", n))
			}
		}
		if r.WeightGrams < 0 || r.WeightGrams > s.MaxWeightGrams {
			bad("weight", fmt.Sprintf("%d g is out of range: 0 to %d", r.WeightGrams, s.MaxWeightGrams))
		}
		if r.ShippedOn.After(today) {
			bad("shipped_on", fmt.Sprintf("%s is still to come", r.ShippedOn))
		}
		switch {
		case r.DeliveredOn.After(today):
			bad("delivered_on", fmt.Sprintf("%s is still to come", r.DeliveredOn))
		case !r.DeliveredOn.IsZero() && r.DeliveredOn.Before(r.ShippedOn):
			bad("delivered_on", fmt.Sprintf("%s is before it was shipped", r.DeliveredOn))
		}
		found, column, why := findListed(r, lines, known)
		if why != "" {
			bad(column, why)
		}
		if len(errs) == had {
			named = append(named, &reported{ResultRow: r, numbers: strings.Fields(r.Tracking), found: found})
		}
	}
	said := tellings(before, lines)
	said.find(named, lines)
	above := map[string]bool{}
	for _, r := range named {
		of := func(l Listed) *ResultShipment {
			k := shipment{l.OrderID, l.ShipmentNo}
			info := infos[k]
			if info == nil {
				info = &ResultShipment{OrderID: k.id, Order: l.Order, ShipmentID: l.ShipmentID, ShipmentNo: k.no}
				infos[k] = info
				sequence = append(sequence, k)
			}
			for _, n := range r.numbers {
				if !slices.Contains(info.Tracking, n) {
					info.Tracking = append(info.Tracking, n)
				}
			}
			info.WeightGrams = max(info.WeightGrams, r.WeightGrams)
			info.DeliveredOn = laterOf(info.DeliveredOn, r.DeliveredOn)
			return info
		}
		open, column := 0, "shipped"
		if r.Shipped == 0 {
			column = "short"
		}
		for _, i := range r.found {
			open += lines[i].Listed.Open()
		}
		if r.doubt != nil {
			bad(r.ResultRow, column, r.unclear(open))
			continue
		}
		if len(r.told) > 0 {
			for _, p := range r.told {
				of(lines[p.line].Listed)
				above[r.key(p.line)] = true
			}
			info := of(lines[r.told[0].line].Listed)
			info.Again, info.Told = append(info.Again, r.Field), append(info.Told, r.more()...)
			continue
		}
		// A row that names the item alone spreads over its lines in turn.
		kept := ToldRow{Reason: r.Reason, Tracking: r.numbers, ShippedOn: r.ShippedOn, DeliveredOn: r.DeliveredOn, At: now}
		var first *ResultShipment
		shipped, short, why := r.Shipped, r.Short, ""
		for _, i := range r.found {
			l := &lines[i]
			left := l.Listed.Open() - l.Shipped - l.Short
			a := min(shipped, left)
			b := min(short, left-a)
			if a+b == 0 {
				continue
			}
			switch key := r.key(i); {
			case why != "":
			case above[key]:
				why = "the same row stands above: put both into one row, or give each parcel its own tracking number"
			default:
				why, above[key] = said.again(r, i, open), true
			}
			if b > 0 {
				l.Reason = r.Reason
			}
			l.Shipped, l.Short = l.Shipped+a, l.Short+b
			shipped, short = shipped-a, short-b
			info := of(l.Listed)
			if first == nil {
				first = info
			}
			on := r.ShippedOn
			if on.IsZero() {
				on = today
			}
			if a > 0 {
				info.ShippedOn = laterOf(info.ShippedOn, on)
			}
			kept.OrderID, kept.Parts = l.Listed.OrderID, append(kept.Parts, ToldPart{l.Listed.ID, a, b})
		}
		switch {
		case shipped+short > 0:
			if shipped == 0 {
				column = "short"
			}
			bad(r.ResultRow, column, fmt.Sprintf("more than is on the list: %d too many; was it reported before?", shipped+short))
		case why != "":
			bad(r.ResultRow, column, why)
		default:
			first.Told = append(first.Told, kept)
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	for i := range lines {
		l := &lines[i]
		info := infos[shipment{l.Listed.OrderID, l.Listed.ShipmentNo}]
		if info == nil {
			continue
		}
		if l.Shipped+l.Short > 0 {
			info.Lines = append(info.Lines, *l)
		}
		info.open += l.Listed.Open() - l.Shipped - l.Short
	}
	out := make([]ResultShipment, 0, len(sequence))
	for _, k := range sequence {
		info := infos[k]
		info.Complete = info.open == 0
		out = append(out, *info)
	}
	return out, nil
}

// knownLists finds listed lines without looking at all of them.
type knownLists struct {
	lists  map[string]bool
	orders map[order.Number][]int
}

// findListed finds the listed lines that a row names, or says in which column it names none.
func findListed(r ResultRow, lines []ResultLine, known knownLists) (found []int, column, why string) {
	number, err := order.ParseNumber(r.Order)
	if err != nil {
		return nil, "order", "it is no order number: 10 digits, the last a check digit"
	}
	if r.List != "" && !known.lists[r.List] {
		return nil, "list", "no such pick list was sent to this warehouse"
	}
	ofOrder := false
	for _, i := range known.orders[number] {
		l := lines[i]
		if r.List != "" && l.Listed.List != r.List {
			continue
		}
		ofOrder = true
		if r.LineNo != 0 && l.Listed.LineNo != r.LineNo || r.ItemCode != "" && l.Listed.ItemCode != r.ItemCode {
			continue
		}
		found = append(found, i)
	}
	switch {
	case !ofOrder:
		return nil, "order", "the order is on no such pick list"
	case r.LineNo == 0 && r.ItemCode == "":
		return nil, "line", "give the line or the item"
	case len(found) == 0:
		return nil, "line", "the order has no such line or item on the list"
	}
	return found, "", ""
}

func validTracking(s string) bool {
	const shortest, longest = 4, 40
	if len(s) < shortest || len(s) > longest {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}
