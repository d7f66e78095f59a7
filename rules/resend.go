package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// Relation is what a page is to an earlier one, or to an order that came another way (FAX-5).
type Relation string

// The relations.
const (
	RelationDifferent  Relation = "different"  // nothing to do with each other
	RelationAddOn      Relation = "addon"      // some more, beside what the other one orders
	RelationCorrection Relation = "correction" // the later one is meant instead of the earlier
	RelationResend     Relation = "resend"     // the same again: "did it arrive?"
)

// ResendFacts are what is known of a page and of another one, or an order, that it may repeat.
// Words on a page, such as 訂正, are not known: nobody has read them.
type ResendFacts struct {
	SameBytes  bool                // the files are equal
	SamePixels bool                // the pages are equal, dot for dot
	Ink        *InkLikeness        // what is written, the other page first; nil where one was not registered
	Then, Now  []order.RequestLine // the goods of the other one, and of this page
	Known      bool                // both goods are known to the last line
	ThenAt     time.Time           // CUT-3, of the other one
	NowAt      time.Time
	Channel    order.Channel // the other one's
	TwoOf      bool          // both customers are known, and are two
	Illegible  bool          // the other one could not be read, and still is no order
	State      order.State   // of the other one's order; "" where it has none
	SameCaller bool          // both came from one number
	ThenPage   int           // of its document; 0 for a web order
	NowPage    int
	Together   bool // both are pages of one document
}

// LineDifference is an item on two orders. Quantities are in order units; 0 is not on it.
type LineDifference struct {
	ItemCode string `json:"item_code"`
	Then     int    `json:"then"`
	Now      int    `json:"now"`
}

// Resend is what a page most probably is to another one. It is a suggestion: a person decides.
type Resend struct {
	Relation  Relation
	SameSheet bool             // both pages are faxes of one sheet of paper
	Reasons   []string         // of the relation, the strongest first
	Fields    []string         // of the form, that differ
	Lines     []LineDifference // item by item; nil where the goods are not known
}

// Suspect tells whether a person must decide.
func (r *Resend) Suspect() bool { return r.Relation != RelationDifferent && r.Relation != "" }

// Relate tells what a page is to another one or to an order of the same customer (FAX-5).
//
// The same sheet of paper within resend_page_days is a resend, or, written on in between, a
// correction: whoever wants some more does not order the rest again. On another sheet, or by
// another channel, goods tell within resend_line_hours: the same goods are a resend; the same
// items in other quantities, all lines again with more or fewer beside them, or all but one line
// again are a correction; otherwise half of the items in common, at least, is an add-on. Standing
// orders repeat, so outside of these times equal content is a different order, as is what has
// less in common. A page that could never be read holds back nothing.
func Relate(f ResendFacts, s Settings) Resend {
	const day = 24 * time.Hour
	apart := f.NowAt.Sub(f.ThenAt).Abs()
	out := Resend{Relation: RelationDifferent}
	if f.Known {
		out.Lines = CompareLines(f.Then, f.Now)
	}
	sheet := f.SameBytes || f.SamePixels || f.Ink != nil && f.Ink.SameSheet(s)
	pages := apart <= time.Duration(s.ResendPageDays)*day
	goods := apart <= time.Duration(s.ResendLineHours)*time.Hour
	say := func(format string, args ...any) { out.Reasons = append(out.Reasons, fmt.Sprintf(format, args...)) }
	switch {
	case f.Illegible:
		say("the other one could not be read: this one counts as new")
		return out
	case f.TwoOf:
		say("they are of two customers")
		return out
	case f.State == order.StateCancelled:
		say("the other order is cancelled")
		return out
	case sheet && pages:
		out.SameSheet = true
		out.sheet(f, say)
	case f.Known && goods:
		out.goods(say)
	case sheet:
		say("the same sheet, but %s apart: more than %d days are a standing order", spanOf(apart), s.ResendPageDays)
		return out
	case f.Known && sameGoods(f.Then, f.Now):
		say("the same goods, but %s apart: more than %d hours are a standing order", spanOf(apart), s.ResendLineHours)
		return out
	}
	if !out.Suspect() {
		return out
	}
	switch {
	case f.Together:
		say("both are pages of one fax")
	case f.NowAt.Before(f.ThenAt):
		say("the other one came %s later", spanOf(apart))
	default:
		say("the other one came %s earlier", spanOf(apart))
	}
	if f.Channel == order.ChannelWeb {
		say("the other one was ordered by web")
	}
	if f.SameCaller {
		say("both came from the same number")
	}
	if !f.Together && f.ThenPage != 0 && f.ThenPage != f.NowPage {
		say("it was page %d there and is page %d here", f.ThenPage, f.NowPage)
	}
	switch f.State {
	case order.StateReleased:
		say("the other order is at the warehouse already")
	case order.StateShipped:
		say("the other order has left already")
	default: // it can still be stopped
	}
	return out
}

// sheet tells a resend of one sheet of paper from a correction on it.
func (r *Resend) sheet(f ResendFacts, say func(string, ...any)) {
	r.Relation = RelationResend
	switch {
	case f.SameBytes:
		say("the files are the same, byte for byte")
	case f.SamePixels:
		say("the pages are the same, dot for dot")
	default:
		say("it is the same sheet of paper: what is written in %d boxes lies %d thousandths apart", f.Ink.Boxes, f.Ink.Distance)
		r.Fields = slices.Clone(f.Ink.Differ)
		if n := len(r.Fields); n > 0 {
			say("the ink differs in %s", strings.Join(r.Fields, ", "))
			r.Relation = RelationCorrection
		}
	}
	if !f.Known {
		return
	}
	if sameGoods(f.Then, f.Now) {
		say("the items and quantities are the same")
		if slices.IndexFunc(r.Fields, ofGoods) < 0 {
			r.Relation = RelationResend // the total, a name, a tick
		}
		return
	}
	say("%s", r.changes())
	if slices.IndexFunc(r.Fields, ofGoods) < 0 {
		say("but no ink tells so: one of the two may be read wrongly")
		r.Relation = RelationResend
	}
}

func ofGoods(field string) bool {
	return strings.HasSuffix(field, ".item_code") || strings.HasSuffix(field, ".quantity") ||
		strings.HasSuffix(field, ".comment") || field == "note" || field == "delivery_day" || field == "delivery_month" || field == "ship_to"
}

// goods tells by goods alone.
func (r *Resend) goods(say func(string, ...any)) {
	shared, equal, then, now := 0, 0, 0, 0
	for _, l := range r.Lines {
		if l.Then > 0 {
			then++
		}
		if l.Now > 0 {
			now++
		}
		if l.Then > 0 && l.Now > 0 {
			shared++
			if l.Then == l.Now {
				equal++
			}
		}
	}
	all := max(then, now)
	switch {
	case shared == 0 || 2*shared < all:
		return
	case equal == all:
		r.Relation = RelationResend
		say("it has the same items and quantities")
		return
	case shared == all:
		r.Relation = RelationCorrection
		say("it has the same items in other quantities")
	case equal == then:
		r.Relation = RelationCorrection
		say("it has everything that the other one has, and more")
	case equal == now:
		r.Relation = RelationCorrection
		say("it has what the other one has, but for lines left out")
	case then == now && equal == all-1:
		r.Relation = RelationCorrection
		say("one item is another, and the rest the same")
	default:
		r.Relation = RelationAddOn
		say("it has half of the same items or more")
	}
	say("%s", r.changes())
}

// changes are the lines that differ, in words.
func (r *Resend) changes() string {
	var out []string
	for _, l := range r.Lines {
		if l.Then != l.Now {
			out = append(out, fmt.Sprintf("item %s: %d, now %d", l.ItemCode, l.Then, l.Now))
		}
	}
	const most = 6
	if n := len(out); n > most {
		out = append(out[:most], "and "+strconv.Itoa(n-most)+" more")
	}
	return strings.Join(out, "; ")
}

// CompareLines compares the goods of two orders item by item, in whatever order they are listed:
// those of the first as it lists them, then what only the second has.
func CompareLines(then, now []order.RequestLine) []LineDifference {
	var out []LineDifference
	at := map[string]int{}
	add := func(lines []order.RequestLine, qty func(*LineDifference) *int) {
		for _, l := range lines {
			i, ok := at[l.ItemCode]
			if !ok {
				i = len(out)
				at[l.ItemCode] = i
				out = append(out, LineDifference{ItemCode: l.ItemCode})
			}
			*qty(&out[i]) += l.Qty
		}
	}
	add(then, func(d *LineDifference) *int { return &d.Then })
	add(now, func(d *LineDifference) *int { return &d.Now })
	return out
}

func sameGoods(a, b []order.RequestLine) bool {
	sum := func(lines []order.RequestLine) map[string]int {
		m := map[string]int{}
		for _, l := range lines {
			m[l.ItemCode] += l.Qty
		}
		return m
	}
	return len(a) > 0 && maps.Equal(sum(a), sum(b))
}

// spanOf says a time span as people do.
func spanOf(d time.Duration) string {
	const day = 24 * time.Hour
	count := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return strconv.Itoa(n) + " " + unit + "s"
	}
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return count(int(d/time.Minute), "minute")
	case d < 2*day:
		return count(int(d/time.Hour), "hour")
	}
	return count(int(d/day), "day")
}

// Legible tells whether a page says enough to hold back another one as the same (FAX-5): a form
// was found on it, and not too many of its written fields are in doubt.
func Legible(d *order.Draft, s Settings) bool {
	if d == nil || d.Decision == order.DecisionUnreadable || d.Decision == order.DecisionNotAForm {
		return false
	}
	written, doubtful := 0, 0
	for _, f := range d.Fields {
		if f.Decision == order.DecisionBlank {
			continue
		}
		written++
		if f.Decision == order.DecisionReview {
			doubtful++
		}
	}
	return 100*doubtful <= s.ResendIllegiblePercent*written
}
