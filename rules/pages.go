package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
)

const totalField = "total_quantity"

// SplitDraft makes two drafts of one page that holds two orders: what stays on the page, and the
// lines that go onto another page of the same picture. Each line is ordered by one of them alone:
// the other one leaves it out, naming where it went. With no lines nothing goes, and the other
// order is typed from the picture. The writer's total is kept where it can still be compared.
func SplitDraft(d order.Draft, lines []int, from, to, by string) (stays, goes order.Draft, _ *order.Error) {
	var have []int
	sums := true
	for _, f := range d.Fields {
		no := lineOf(f.Name)
		if no == 0 {
			continue
		}
		written := f.Text != "" || f.Image != "" || f.Decision == order.DecisionReview
		if written && !d.Drops(no) && !slices.Contains(have, no) {
			have = append(have, no)
		}
		if strings.HasSuffix(f.Name, ".quantity") && f.Text != "" {
			_, err := strconv.Atoi(f.Text)
			sums = sums && err == nil && f.Decision == order.DecisionAccept
		}
	}
	for _, no := range lines {
		if !slices.Contains(have, no) {
			return d, d, order.Invalid("FAX-2", fmt.Sprintf("lines[%d]", no), "nothing that could be split off is written on this line")
		}
	}
	if len(lines) > 0 && len(lines) == len(have) {
		return d, d, order.Invalid("FAX-2", "lines", "leave at least one line on the page: an order of no line is none")
	}
	part := func(out []int, to string) order.Draft {
		p := d
		p.Fields, p.Dropped = slices.Clone(d.Fields), slices.Clone(d.Dropped)
		for _, no := range out {
			p.Dropped = append(p.Dropped, order.DroppedLine{Line: no, Reason: "→ " + to, By: by, To: to})
		}
		if !sums {
			p.Fields = slices.DeleteFunc(p.Fields, func(f order.DraftField) bool { return f.Name == totalField })
		}
		return p
	}
	rest := slices.DeleteFunc(slices.Clone(have), func(no int) bool { return slices.Contains(lines, no) })
	stays, goes = part(lines, to), part(rest, from)
	goes.Keyed, goes.Related = nil, nil
	return stays, goes, nil
}

// JoinDrafts puts the lines of a page onto the draft of the one that it continues: as further
// lines, each keeping where it stands. What the first page says of the whole order holds, and what
// only the second one says is taken over. Pages of two customers are never one order. Two totals
// of two pages are one where both are of all lines, else their sum.
func JoinDrafts(into, page order.Draft, name string) (order.Draft, *order.Error) {
	out := into
	out.Fields, out.Dropped = slices.Clone(into.Fields), slices.Clone(into.Dropped)
	code := func(d *order.Draft) string {
		if f := d.Field("customer_code"); f != nil && f.Decision == order.DecisionAccept {
			return f.Text
		}
		return ""
	}
	if a, b := code(&into), code(&page); a != "" && b != "" && a != b {
		return into, order.Conflict("FAX-2", fmt.Sprintf("the pages are of two customers, %s and %s: they are no one order", a, b))
	}
	last := 0
	for _, f := range into.Fields {
		last = max(last, lineOf(f.Name))
	}
	numbers := map[int]int{}
	var written []int
	for _, f := range page.Fields {
		no := lineOf(f.Name)
		if no != 0 && !slices.Contains(written, no) && (f.Text != "" || f.Image != "" || f.Decision == order.DecisionReview) && !page.Drops(no) {
			written = append(written, no)
		}
	}
	slices.Sort(written)
	const most = 99 // lines have two digits
	for i, no := range written {
		numbers[no] = last + 1 + i
	}
	if last+len(written) > most {
		return into, order.Invalid("FAX-2", "lines", fmt.Sprintf("together the pages have %d lines: a page takes at most %d", last+len(written), most))
	}
	for _, f := range page.Fields {
		no := lineOf(f.Name)
		switch {
		case no != 0 && numbers[no] != 0:
			f.Name = fmt.Sprintf("lines[%d]%s", numbers[no], f.Name[strings.IndexByte(f.Name, ']')+1:])
		case no != 0, f.Name == totalField, f.Name == receivedField: // it counts as received when the first page was
			continue
		default: // of the whole order: the first page's word holds
			g := out.Field(f.Name)
			if f.Decision != order.DecisionAccept || g != nil && g.Decision != order.DecisionBlank && g.Text != "" {
				continue
			}
			if g != nil {
				out.Fields = slices.DeleteFunc(out.Fields, func(x order.DraftField) bool { return x.Name == f.Name })
			}
		}
		if f.Page == "" {
			f.Page = name
		}
		out.Fields = append(out.Fields, f)
	}
	joinTotals(&out, into, page, name)
	if out.Form == "" && page.Form != "" {
		out.Form, out.FormVersion = page.Form, page.FormVersion
	}
	return out, nil
}

// joinTotals makes one total of two.
func joinTotals(out *order.Draft, into, page order.Draft, name string) {
	a, b := into.Field(totalField), page.Field(totalField)
	if b == nil || b.Text == "" {
		return
	}
	if a == nil || a.Text == "" {
		f := *b
		f.Page = name
		out.Fields = slices.DeleteFunc(out.Fields, func(x order.DraftField) bool { return x.Name == totalField })
		out.Fields = append(out.Fields, f)
		return
	}
	n, errA := strconv.Atoi(a.Text)
	m, errB := strconv.Atoi(b.Text)
	if errA != nil || errB != nil {
		return
	}
	sum := 0
	for _, f := range out.Fields {
		if strings.HasSuffix(f.Name, ".quantity") {
			q, err := strconv.Atoi(f.Text)
			if err != nil {
				return
			}
			sum += q
		}
	}
	if n == m && sum == n { // both pages say that of all
		return
	}
	out.Field(totalField).Text = strconv.Itoa(n + m)
}

// UnjoinDraft takes the lines of a joined page, and what else it said, out of a draft again.
func UnjoinDraft(d order.Draft, name string) order.Draft {
	gone := map[int]bool{}
	for _, f := range d.Fields {
		if no := lineOf(f.Name); no != 0 && f.Page == name {
			gone[no] = true
		}
	}
	d.Fields = slices.DeleteFunc(slices.Clone(d.Fields), func(f order.DraftField) bool { return f.Page == name || gone[lineOf(f.Name)] })
	d.Dropped = slices.DeleteFunc(slices.Clone(d.Dropped), func(l order.DroppedLine) bool { return gone[l.Line] })
	d.Keyed = slices.DeleteFunc(slices.Clone(d.Keyed), func(f string) bool { return gone[lineOf(f)] })
	return d
}

// AttachTo says why a page or mail of a customer cannot belong to an order; nil where it can. One
// of which nobody knows whose it is goes where a person says.
func AttachTo(customer string, o order.Order) *order.Error {
	if customer != "" && customer != o.DepartmentCode {
		return order.Conflict("FAX-2", fmt.Sprintf("order %s is of customer %s and this page of %s: correct the customer, or attach it to another order",
			o.Number.Grouped(), o.DepartmentCode, customer))
	}
	return nil
}

// Reread is a draft after its page was read again as a person turned it: what persons said, the lines
// of pages that were joined to it and the question when it came in (CUT-3) stay, all else is what is
// read now. A joined line gives way to what is now read on its number and stands after it.
func Reread(was, now order.Draft) order.Draft {
	out := now
	out.Fields = slices.Clone(now.Fields)
	moved := movedLines(was, now)
	name := func(field string) string {
		if no := moved[lineOf(field)]; no != 0 {
			return fmt.Sprintf("lines[%d]%s", no, field[strings.IndexByte(field, ']')+1:])
		}
		return field
	}
	out.Related = was.Related
	out.Keyed, out.Dropped = slices.Clone(was.Keyed), slices.Clone(was.Dropped)
	for i := range out.Keyed {
		out.Keyed[i] = name(out.Keyed[i])
	}
	for i, l := range out.Dropped {
		if no := moved[l.Line]; no != 0 {
			out.Dropped[i].Line = no
		}
	}
	for _, f := range was.Fields {
		person := slices.ContainsFunc(f.Evidence, func(e string) bool { return strings.HasPrefix(e, "person:") })
		if !person && f.Page == "" && f.Name != receivedField {
			continue
		}
		f.Name = name(f.Name)
		if g := out.Field(f.Name); g != nil {
			if g.Area != nil && f.Page == "" {
				f.Area = g.Area
			}
			*g = f
			continue
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

// movedLines are the joined lines of a draft on whose numbers something is read now, with numbers
// that are free.
func movedLines(was, now order.Draft) map[int]int {
	used, read := map[int]bool{}, map[int]bool{}
	for _, f := range now.Fields {
		no := lineOf(f.Name)
		used[no] = true
		read[no] = read[no] || f.Text != "" || f.Image != "" || f.Decision == order.DecisionReview
	}
	for _, f := range was.Fields {
		used[lineOf(f.Name)] = true
	}
	out := map[int]int{}
	next := 1
	for _, f := range was.Fields {
		no := lineOf(f.Name)
		if no == 0 || f.Page == "" || !read[no] || out[no] != 0 {
			continue
		}
		for used[next] {
			next++
		}
		out[no], used[next] = next, true
	}
	return out
}

// Turned is by how many degrees clockwise a page was turned that lies upright once its picture is
// turned by so many and what was read then still was turned by so many.
func Turned(turn, read int) int { return ((read-turn)%360 + 360) % 360 }

// LineOf is the number of the line that a field belongs to; 0 where it belongs to none.
func LineOf(field string) int { return lineOf(field) }

// DropTo leaves lines to another page of the same picture.
func DropTo(d order.Draft, lines []int, to, by string) order.Draft {
	d.Dropped = slices.Clone(d.Dropped)
	for _, no := range lines {
		if !d.Drops(no) {
			d.Dropped = append(d.Dropped, order.DroppedLine{Line: no, Reason: "→ " + to, By: by, To: to})
		}
	}
	return d
}

// UnsplitDraft takes the lines that were split off to the page of that name back in, as they stand
// there now.
func UnsplitDraft(into, split order.Draft, name string) (order.Draft, *order.Error) {
	out := into
	out.Fields, out.Dropped = slices.Clone(into.Fields), slices.Clone(into.Dropped)
	for _, f := range split.Fields {
		no := lineOf(f.Name)
		if no == 0 || split.Drops(no) {
			continue
		}
		if g := out.Field(f.Name); g != nil {
			here := slices.ContainsFunc(into.Dropped, func(l order.DroppedLine) bool { return l.Line == no && l.To == name })
			if !here && (g.Text != "" || g.Decision != order.DecisionBlank) {
				return into, order.Conflict("FAX-2", fmt.Sprintf("line %d is on both pages: leave it out on one of them first", no))
			}
			*g = f
			continue
		}
		out.Fields = append(out.Fields, f)
	}
	out.Dropped = slices.DeleteFunc(out.Dropped, func(l order.DroppedLine) bool { return l.To == name })
	return out, nil
}
