package rules

import (
	"fmt"
	"slices"
	"time"

	"todoke/order"
)

// ToldRow is a row of a result that was applied, kept so that it does not count again when a later
// result repeats it (WHS-2).
type ToldRow struct {
	ID          int64
	OrderID     int64
	Parts       []ToldPart
	Reason      ShortReason
	Tracking    []string   // and what later results told of the same goods
	ShippedOn   order.Date // as the row named it, zero where it did not
	DeliveredOn order.Date
	At          time.Time // when it was applied
}

// ToldPart is what a row said of one listed line.
type ToldPart struct {
	Listed  int64 `json:"listed"` // Listed.ID
	Shipped int   `json:"shipped"`
	Short   int   `json:"short"`
}

// reported is a row of a result with the lines that it names.
type reported struct {
	ResultRow
	numbers []string
	found   []int
	told    []*toldPart // what it repeats, none where it is new
	doubt   *ToldRow    // what it may repeat or may tell more of: nothing says which
	fills   bool        // with its like it tells of all that is open on its lines
}

// toldPart is a ToldPart of the line at an index; of what was reported by hand the row has no ID.
type toldPart struct {
	row                  *ToldRow
	line, shipped, short int
	used                 bool // by a row of this result
}

// told is what was told of lines before, by line.
type told [][]*toldPart

func tellings(rows []ToldRow, lines []ResultLine) told {
	at := map[int64]int{}
	for i, l := range lines {
		at[l.Listed.ID] = i
	}
	t := make(told, len(lines))
	rest := make([]ToldPart, len(lines)) // what no row tells of was reported by hand
	for i, l := range lines {
		rest[i].Shipped, rest[i].Short = l.Listed.Done-l.Listed.Short, l.Listed.Short
	}
	for i := range rows {
		for _, p := range rows[i].Parts {
			if l, ok := at[p.Listed]; ok {
				t[l] = append(t[l], &toldPart{row: &rows[i], line: l, shipped: p.Shipped, short: p.Short})
				rest[l].Shipped, rest[l].Short = rest[l].Shipped-p.Shipped, rest[l].Short-p.Short
			}
		}
	}
	for l, p := range rest {
		if p.Shipped > 0 || p.Short > 0 {
			t[l] = append(t[l], &toldPart{row: &ToldRow{}, line: l, shipped: p.Shipped, short: p.Short})
		}
	}
	return t
}

// telling is what one row said of some lines.
type telling struct {
	row            *ToldRow
	parts          []*toldPart
	shipped, short int
}

func (g *telling) add(parts ...*toldPart) {
	for _, p := range parts {
		g.parts, g.shipped, g.short = append(g.parts, p), g.shipped+p.shipped, g.short+p.short
	}
}

// same tells whether a row says the same; of what was reported by hand no reason is known.
func (g *telling) same(r *reported) bool {
	return r.Shipped == g.shipped && r.Short == g.short && (g.row == nil || g.row.ID == 0 || g.row.Reason == r.Reason)
}

// of are the tellings of lines that no row of this result repeats yet, oldest first.
func (t told) of(lines []int) []*telling {
	var out []*telling
	at := map[*ToldRow]*telling{}
	for _, l := range lines {
		for _, p := range t[l] {
			if p.used {
				continue
			}
			if at[p.row] == nil {
				at[p.row] = &telling{row: p.row}
				out = append(out, at[p.row])
			}
			at[p.row].add(p)
		}
	}
	return out
}

func (r *reported) repeats(g *telling) {
	for _, p := range g.parts {
		p.used = true
	}
	r.told = g.parts
}

// find marks the rows that say again what was told before. A shared tracking number makes it certain,
// and so does a list on which nothing, or not as much, is left open. Where a number is missing and
// both may be true, the row is in doubt.
func (t told) find(rows []*reported, lines []ResultLine) {
	open := func(found []int) (n int) {
		for _, i := range found {
			n += lines[i].Listed.Open()
		}
		return n
	}
	for _, r := range rows {
		gs := t.of(r.found)
		if i := slices.IndexFunc(gs, func(g *telling) bool { return g.same(r) && sharedNumber(g.row.Tracking, r.numbers) != "" }); i >= 0 {
			r.repeats(gs[i])
		}
	}
	for _, r := range rows { // what was told in several rows
		var sum telling
		several := 0
		for _, g := range t.of(r.found) {
			if sharedNumber(g.row.Tracking, r.numbers) != "" {
				sum.add(g.parts...)
				several++
			}
		}
		if r.told == nil && several > 1 && sum.same(r) {
			r.repeats(&sum)
		}
	}
	for _, numbered := range []bool{false, true} {
		for _, r := range rows {
			for _, g := range t.of(r.found) {
				alike := len(r.numbers) == 0 && len(g.row.Tracking) == 0 || numbered && (len(r.numbers) == 0 || len(g.row.Tracking) == 0)
				if r.told == nil && alike && g.same(r) && !anotherDay(r, g.row) {
					r.repeats(g)
					r.doubt = g.row
				}
			}
		}
	}
	t.findDone(rows, open)
	// What does not fit beside what was told can only be that.
	need := needs(rows)
	for _, r := range rows {
		if r.doubt != nil && need(r) > open(r.found) {
			r.doubt = nil
		}
	}
	need = needs(rows)
	for _, r := range rows {
		r.fills = r.told == nil && need(r) == open(r.found)
	}
}

// findDone marks rows about lines of which nothing is open, which may say in other parts what was
// told or reported by hand.
func (t told) findDone(rows []*reported, open func([]int) int) {
	done := map[string][]*reported{}
	for _, r := range rows {
		if r.told == nil && open(r.found) == 0 {
			key := fmt.Sprint(r.found)
			done[key] = append(done[key], r)
		}
	}
	for _, same := range done {
		var sum telling
		for _, g := range t.of(same[0].found) {
			sum.add(g.parts...)
		}
		for _, r := range same {
			sum.shipped, sum.short = sum.shipped-r.Shipped, sum.short-r.Short
		}
		for _, r := range same {
			if sum.shipped == 0 && sum.short == 0 {
				r.repeats(&sum)
			}
		}
	}
}

// needs sums up what rows that may be new want of the lines of a row, and of none beside them.
func needs(rows []*reported) func(*reported) int {
	type want struct {
		found []int
		qty   int
	}
	wants := map[string]*want{}
	of := map[int][]*want{} // by first line
	for _, r := range rows {
		if r.told != nil && r.doubt == nil {
			continue
		}
		key := fmt.Sprint(r.found)
		if wants[key] == nil {
			wants[key] = &want{found: r.found}
			of[r.found[0]] = append(of[r.found[0]], wants[key])
		}
		wants[key].qty += r.Shipped + r.Short
	}
	return func(r *reported) (n int) {
		for _, i := range r.found {
			for _, w := range of[i] {
				if !slices.ContainsFunc(w.found, func(i int) bool { return !slices.Contains(r.found, i) }) {
					n += w.qty
				}
			}
		}
		return n
	}
}

// anotherDay tells whether a row names a day on which what was told cannot have left.
func anotherDay(r *reported, before *ToldRow) bool {
	switch {
	case r.ShippedOn.IsZero() || before.ID == 0:
		return false
	case before.ShippedOn.IsZero():
		return r.ShippedOn.After(order.DateOf(before.At))
	}
	return r.ShippedOn != before.ShippedOn
}

// again tells what stands against taking a row as new on the line at an index, of which so much is open.
func (t told) again(r *reported, line, open int) string {
	for _, p := range t[line] {
		if n := sharedNumber(p.row.Tracking, r.numbers); n != "" && !r.fills {
			return fmt.Sprintf("tracking number %s was reported before with another quantity of this line, and %d are still open: report what is new alone, with its own number, or all that is open", n, open)
		}
	}
	return ""
}

// key is the same of rows that say the same of the line at an index.
func (r *reported) key(line int) string {
	numbers := slices.Sorted(slices.Values(r.numbers))
	return fmt.Sprint(line, r.Shipped, r.Short, r.Reason, r.ShippedOn, numbers)
}

// unclear says what to do about a row in doubt.
func (r *reported) unclear(open int) string {
	if len(r.numbers) == 0 && len(r.doubt.Tracking) > 0 {
		return fmt.Sprintf("the same was reported before with tracking number %s, and %d are still open: give this row its tracking number", r.doubt.Tracking[0], open)
	}
	return fmt.Sprintf("the same was reported before, and %d are still open: leave the row out if it is those goods; if it is more, name the day it left, or report it with the rest in one row", open)
}

// more is what a row that repeats others tells of them that is new.
func (r *reported) more() []ToldRow {
	var out []ToldRow
	seen := map[*ToldRow]bool{}
	for _, p := range r.told {
		if p.row.ID == 0 || seen[p.row] {
			continue
		}
		seen[p.row] = true
		m := ToldRow{ID: p.row.ID, OrderID: p.row.OrderID}
		for _, n := range r.numbers {
			if !slices.Contains(p.row.Tracking, n) {
				m.Tracking = append(m.Tracking, n)
			}
		}
		if r.DeliveredOn.After(p.row.DeliveredOn) {
			m.DeliveredOn = r.DeliveredOn
		}
		if len(m.Tracking) > 0 || !m.DeliveredOn.IsZero() {
			out = append(out, m)
		}
	}
	return out
}

// sharedNumber is a tracking number in both, "" where there is none.
func sharedNumber(a, b []string) string {
	for _, n := range a {
		if slices.Contains(b, n) {
			return n
		}
	}
	return ""
}
