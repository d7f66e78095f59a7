package rules_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

// partnerBooks applies results one after the other, as the store does.
type partnerBooks struct {
	listed []rules.Listed
	told   []rules.ToldRow
}

func newPartnerBooks(qty ...int) *partnerBooks {
	b := &partnerBooks{}
	for i, n := range qty {
		b.listed = append(b.listed, rules.Listed{ID: int64(i + 1), List: "P1", Order: order.NumberOf(1), OrderID: 1, ShipmentID: 1, ShipmentNo: 1, LineNo: i + 1, ItemCode: pen, Qty: n})
	}
	return b
}

func (b *partnerBooks) hand(now time.Time, rows ...rules.ResultRow) (again int, errs []*order.Error) {
	for i := range rows {
		rows[i].Field = fmt.Sprintf("rows[%d]", i)
		rows[i].Order = string(order.NumberOf(1))
	}
	got, errs := rules.ReadResult(rows, b.listed, b.told, rules.Default(), now)
	for _, s := range got {
		again += len(s.Again)
		for _, l := range s.Lines {
			at := &b.listed[l.Listed.ID-1]
			at.Done, at.Short = at.Done+l.Shipped+l.Short, at.Short+l.Short
		}
		for _, r := range s.Told {
			if r.ID == 0 {
				r.ID = int64(len(b.told) + 1)
				b.told = append(b.told, r)
				continue
			}
			first := &b.told[r.ID-1]
			first.Tracking = append(first.Tracking, r.Tracking...)
		}
	}
	return again, errs
}

// line is a row about a line: its quantity and tracking numbers.
func line(no, qty int, tracking string) rules.ResultRow {
	return rules.ResultRow{LineNo: no, Shipped: qty, Tracking: tracking}
}

func TestWHS2TellsAgain(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 19:00")
	on := func(r rules.ResultRow, date string) rules.ResultRow {
		r.ShippedOn = day(t, date)
		return r
	}
	short := func(r rules.ResultRow, n int, why rules.ShortReason) rules.ResultRow {
		r.Short, r.Reason = n, why
		return r
	}
	pens := func(qty int, tracking string) rules.ResultRow {
		return rules.ResultRow{ItemCode: pen, Shipped: qty, Tracking: tracking}
	}
	type file = []rules.ResultRow
	for name, tt := range map[string]struct {
		qty   []int
		files []file
		again int    // rows of the last file that change nothing
		done  string // of each line in the end
		want  string // what stands against the last file
	}{
		// A row about a line of which something is open.
		"a part again":                     {qty: []int{20, 10}, files: []file{{line(1, 5, "AAAA")}, {line(1, 5, "AAAA"), line(2, 10, "BBBB")}}, again: 1, done: "5 10"},
		"a part again, then the rest":      {qty: []int{20}, files: []file{{line(1, 5, "AAAA")}, {line(1, 5, "AAAA")}, {line(1, 5, "AAAA"), line(1, 15, "BBBB")}}, again: 1, done: "20"},
		"another parcel":                   {qty: []int{20}, files: []file{{line(1, 5, "AAAA")}, {line(1, 5, "BBBB")}}, done: "10"},
		"two parcels again, turned round":  {qty: []int{20}, files: []file{{line(1, 5, "AAAA"), line(1, 5, "BBBB")}, {line(1, 5, "CCCC"), line(1, 5, "BBBB"), line(1, 5, "AAAA")}}, again: 2, done: "15"},
		"a number more":                    {qty: []int{20}, files: []file{{line(1, 5, "AAAA")}, {line(1, 5, "AAAA BBBB")}, {line(1, 5, "BBBB")}}, again: 1, done: "5"},
		"the sum of two parcels":           {qty: []int{20}, files: []file{{line(1, 5, "AAAA"), line(1, 3, "BBBB")}, {line(1, 8, "AAAA BBBB")}}, again: 1, done: "8"},
		"the number of another line":       {qty: []int{20, 20}, files: []file{{line(1, 5, "AAAA")}, {line(2, 5, "AAAA")}}, done: "5 5"},
		"one number for what comes later":  {qty: []int{20}, files: []file{{line(1, 5, "AAAA")}, {line(1, 15, "AAAA")}}, done: "20"},
		"one number, another quantity":     {qty: []int{20}, files: []file{{line(1, 5, "AAAA")}, {line(1, 10, "AAAA")}}, done: "5", want: "another quantity of this line, and 15"},
		"no number, now or before":         {qty: []int{20, 10}, files: []file{{line(1, 5, "")}, {line(1, 5, ""), line(2, 10, "")}}, done: "5 0", want: "reported before, and 15 are still open"},
		"no number now":                    {qty: []int{20}, files: []file{{line(1, 5, "AAAA")}, {line(1, 5, "")}}, done: "5", want: "with tracking number AAAA, and 15"},
		"no number before":                 {qty: []int{20}, files: []file{{line(1, 5, "")}, {line(1, 5, "AAAA")}}, done: "5", want: "reported before, and 15"},
		"half and half without a number":   {qty: []int{10}, files: []file{{line(1, 5, "")}, {line(1, 5, "")}}, done: "5", want: "reported before, and 5"},
		"no number, all of the line":       {qty: []int{20}, files: []file{{line(1, 5, "")}, {line(1, 5, ""), line(1, 15, "")}}, again: 1, done: "20"},
		"no number, the rest":              {qty: []int{20}, files: []file{{line(1, 5, "")}, {line(1, 15, "")}}, done: "20"},
		"no number, another day":           {qty: []int{20}, files: []file{{on(line(1, 5, ""), "2026-11-23")}, {on(line(1, 5, ""), "2026-11-24")}}, done: "10"},
		"no number, the same day":          {qty: []int{20}, files: []file{{on(line(1, 5, ""), "2026-11-24")}, {on(line(1, 5, ""), "2026-11-24")}}, done: "5", want: "reported before"},
		"no number, a day before it came":  {qty: []int{20}, files: []file{{line(1, 5, "")}, {on(line(1, 5, ""), "2026-11-23")}}, done: "5", want: "reported before"},
		"a number for what had none":       {qty: []int{20}, files: []file{{line(1, 5, "")}, {line(1, 5, "AAAA"), line(1, 15, "BBBB")}, {line(1, 5, "AAAA"), line(1, 15, "BBBB")}}, again: 2, done: "20"},
		"short again":                      {qty: []int{20}, files: []file{{short(line(1, 5, "AAAA"), 2, rules.PickLate)}, {short(line(1, 5, "AAAA"), 2, rules.PickLate)}}, again: 1, done: "7"},
		"short for another reason":         {qty: []int{20}, files: []file{{short(line(1, 5, "AAAA"), 2, rules.PickLate)}, {short(line(1, 5, "AAAA"), 2, rules.PickMissing)}}, done: "7", want: "another quantity"},
		"short alone":                      {qty: []int{20}, files: []file{{short(line(1, 0, ""), 2, rules.PickLate)}, {short(line(1, 0, ""), 2, rules.PickLate)}}, done: "2", want: "rows[0].short"},
		"the same row twice":               {qty: []int{20}, files: []file{{line(1, 5, "AAAA"), line(1, 5, "AAAA")}}, done: "0", want: "rows[1].shipped: the same row stands above"},
		"the same row twice, no number":    {qty: []int{10}, files: []file{{line(1, 5, ""), line(1, 5, "")}}, done: "0", want: "the same row stands above"},
		"again, and twice":                 {qty: []int{20}, files: []file{{line(1, 5, "AAAA")}, {line(1, 5, "AAAA"), line(1, 5, "AAAA")}}, done: "5", want: "rows[1].shipped: the same row"},
		"again and again without a number": {qty: []int{20}, files: []file{{line(1, 10, "")}, {line(1, 10, ""), line(1, 10, "")}}, done: "10", want: "the same row stands above"},
		// Lines of which nothing is open.
		"two rows again":              {qty: []int{15, 1}, files: []file{{line(1, 10, "AAAA"), line(1, 5, "BBBB")}, {line(2, 1, "BBBB"), line(1, 5, "BBBB"), line(1, 10, "AAAA")}}, again: 2, done: "15 1"},
		"two rows again, no numbers":  {qty: []int{15}, files: []file{{line(1, 10, ""), line(1, 5, "")}, {line(1, 5, ""), line(1, 10, "")}}, again: 2, done: "15"},
		"one of two rows again":       {qty: []int{15}, files: []file{{line(1, 10, "AAAA"), line(1, 5, "BBBB")}, {line(1, 5, "BBBB")}}, again: 1, done: "15"},
		"two rows again as one":       {qty: []int{15}, files: []file{{line(1, 10, "AAAA"), line(1, 5, "BBBB")}, {line(1, 15, "")}}, again: 1, done: "15"},
		"one row again as two":        {qty: []int{15}, files: []file{{line(1, 15, "")}, {line(1, 10, "AAAA"), line(1, 5, "BBBB")}}, again: 2, done: "15"},
		"another number afterwards":   {qty: []int{15}, files: []file{{line(1, 15, "AAAA")}, {line(1, 15, "BBBB")}}, again: 1, done: "15"},
		"another quantity afterwards": {qty: []int{15}, files: []file{{line(1, 10, "AAAA"), line(1, 5, "BBBB")}, {line(1, 6, "BBBB")}}, done: "15", want: "6 too many"},
		// Rows that name the item alone.
		"each line by its item":        {qty: []int{5, 5}, files: []file{{pens(5, "AAAA"), pens(5, "AAAA")}, {pens(5, "AAAA"), pens(5, "AAAA")}}, again: 2, done: "5 5"},
		"the second line by its item":  {qty: []int{5, 5}, files: []file{{pens(5, "AAAA")}, {pens(5, "AAAA"), pens(5, "BBBB")}}, again: 1, done: "5 5"},
		"by item and then by line":     {qty: []int{5, 5}, files: []file{{pens(7, "AAAA")}, {line(1, 5, "AAAA"), line(2, 2, "AAAA"), line(2, 3, "BBBB")}}, again: 2, done: "5 5"},
		"by line and then by item":     {qty: []int{5, 5}, files: []file{{line(1, 5, "AAAA"), line(2, 2, "AAAA")}, {pens(7, "AAAA"), pens(3, "BBBB")}}, again: 1, done: "5 5"},
		"by item, no number, doubtful": {qty: []int{5, 5}, files: []file{{pens(5, "")}, {pens(5, "")}}, done: "5 0", want: "reported before, and 5"},
		"the other line of its item":   {qty: []int{5, 5}, files: []file{{pens(5, "")}, {line(2, 5, "")}}, done: "5 5"},
	} {
		b := newPartnerBooks(tt.qty...)
		for i, rows := range tt.files {
			again, errs := b.hand(now, rows...)
			last := i == len(tt.files)-1
			switch {
			case !last && len(errs) > 0:
				t.Errorf("%s: file %d: %v", name, i, errs)
			case last && tt.want == "" && (len(errs) > 0 || again != tt.again):
				t.Errorf("%s: %d told before, want %d: %v", name, again, tt.again, errs)
			case last && tt.want != "" && (len(errs) != 1 || !strings.Contains(errs[0].Field+": "+errs[0].Message, tt.want)):
				t.Errorf("%s: %v, want %s", name, errs, tt.want)
			}
		}
		var done []string
		for _, l := range b.listed {
			done = append(done, fmt.Sprint(l.Done))
		}
		if got := strings.Join(done, " "); got != tt.done {
			t.Errorf("%s: %s told, want %s", name, got, tt.done)
		}
	}
}

// TestWHS2TellsAgainAfterShortPick: what was short and is sent from a list of its own is told beside the
// rows of the first list, which stay what they were.
func TestWHS2TellsAgainAfterShortPick(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-25 19:00")
	for _, tracking := range []string{"", "AAAA"} {
		b := newPartnerBooks(20)
		first := line(1, 15, tracking)
		first.Short, first.Reason = 5, rules.PickMissing
		if _, errs := b.hand(now, first); len(errs) > 0 {
			t.Fatal(errs)
		}
		anew := b.listed[0]
		anew.ID, anew.List, anew.ShipmentID, anew.ShipmentNo, anew.Qty, anew.Done, anew.Short = 2, "P2", 2, 2, 5, 0, 0
		b.listed = append(b.listed, anew)
		if again, errs := b.hand(now, first); again != 1 || len(errs) > 0 {
			t.Error(tracking, again, errs)
		}
		if again, errs := b.hand(now, line(1, 5, "CCCC"), first); again != 1 || len(errs) > 0 || b.listed[1].Open() != 0 {
			t.Error(tracking, again, errs, b.listed)
		}
	}
}

// TestWHS2WholeDayAgain: with a number on every row the books end at what left, however often and in
// whatever order its rows are said again.
func TestWHS2WholeDayAgain(t *testing.T) {
	t.Parallel()
	now := jst(t, "2026-11-24 19:00")
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		b := newPartnerBooks(1+r.IntN(30), 1+r.IntN(30), 1+r.IntN(30))
		left := make([]int, len(b.listed))
		var day []rules.ResultRow
		for parcel := range 12 {
			i := r.IntN(len(b.listed))
			if rest := b.listed[i].Qty - left[i]; rest > 0 {
				n := 1 + r.IntN(rest)
				left[i] += n
				day = append(day, line(i+1, n, fmt.Sprintf("4000-%04d", parcel)))
			}
			r.Shuffle(len(day), func(i, j int) { day[i], day[j] = day[j], day[i] })
			if len(day) == 0 || r.IntN(3) == 0 {
				continue
			}
			if _, errs := b.hand(now, day[r.IntN(len(day)):]...); len(errs) > 0 {
				t.Fatal(errs)
			}
		}
		again, errs := b.hand(now, day...)
		if again, errs = b.hand(now, day...); len(errs) > 0 || again != len(day) {
			t.Fatal(again, errs)
		}
		for i, l := range b.listed {
			if l.Done != left[i] {
				t.Fatalf("line %d: %d told, %d left", i+1, l.Done, left[i])
			}
		}
	}
}
