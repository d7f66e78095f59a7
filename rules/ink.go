package rules

import (
	"math/bits"
	"slices"
	"strings"

	"todoke/order"
)

// InkLikeness is how much the handwriting on two pages is alike (FAX-5). Distances run from 0, the
// same places inked, to 1000, none in common; two faxes of one sheet lie near 170, the same
// digits written anew by the same hand near 390 (`todoke bench resend`).
type InkLikeness struct {
	Boxes    int      `json:"boxes"`             // written on both
	Distance int      `json:"distance"`          // of the middle one of these
	Differ   []string `json:"differ,omitempty"`  // fields whose ink is another, in the form's order
	Added    []string `json:"added,omitempty"`   // of these, what is written only on the second
	Missing  []string `json:"missing,omitempty"` // and what only on the first
	SameForm bool     `json:"same_form"`         // both are the same sheet of the same version of a form
}

// SameSheet tells whether both pages are faxes of one sheet of paper, perhaps with something
// written on it or struck out in between.
func (l InkLikeness) SameSheet(s Settings) bool {
	return l.SameForm && l.Boxes >= s.ResendLeastBoxes && l.Distance <= s.ResendInkDistance
}

// CompareInk compares the handwriting on two pages box by box. The middle of the distances tells
// whether it is the same sheet of paper, however few boxes were changed on it in between. Customers
// fill in their name and code, or their usual items too, and copy that: so only what is ordered
// counts, and the quantities and dates by themselves as well.
func CompareInk(a, b *order.Ink, s Settings) InkLikeness {
	var l InkLikeness
	if a == nil || b == nil {
		return l
	}
	l.SameForm = a.Form == b.Form && a.Version == b.Version && a.Sheet == b.Sheet
	if !l.SameForm {
		return l
	}
	var names []string
	boxes := func(k *order.Ink) map[string][]order.InkBox {
		m := map[string][]order.InkBox{}
		for _, f := range k.Fields {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
			m[f.Name] = f.Boxes
		}
		return m
	}
	x, y := boxes(a), boxes(b)
	fields := make([]fieldLikeness, len(names))
	var all, amounts []int
	for i, name := range names {
		fields[i] = compareField(x[name], y[name])
		switch item, amount := inkOf(name); {
		case amount:
			amounts = append(amounts, fields[i].distances...)
			all = append(all, fields[i].distances...)
		case item:
			all = append(all, fields[i].distances...)
		}
	}
	if l.Boxes = len(all); len(amounts) > 0 {
		l.Distance = max(middle(all), middle(amounts))
	} else {
		l.Boxes = 0
	}
	for i, name := range names {
		if !fields[i].differs(l.Distance + s.ResendInkChanged) {
			continue
		}
		l.Differ = append(l.Differ, name)
		switch {
		case len(x[name]) == 0:
			l.Added = append(l.Added, name)
		case len(y[name]) == 0:
			l.Missing = append(l.Missing, name)
		}
	}
	return l
}

// inkOf tells what a field says of the order: which items, or how many of them and when.
func inkOf(field string) (item, amount bool) {
	switch {
	case strings.HasSuffix(field, ".quantity"), field == "total_quantity", strings.HasPrefix(field, "delivery_"):
		return false, true
	default:
		return strings.HasPrefix(field, "lines["), false
	}
}

// middle is the median, the lower of two.
func middle(d []int) int {
	slices.Sort(d)
	return d[(len(d)-1)/2]
}

// fieldLikeness is how the ink in one field of two pages compares.
type fieldLikeness struct {
	distances []int // of the boxes that are certainly written on both
	any       []int // of all boxes that hold something on both
	alone     bool  // a box is certainly written on one of them alone
	free      bool  // free handwriting: at its edge tiles hold little
}

// differs tells whether the field was written on in between: a box lies further apart than far.
func (f fieldLikeness) differs(far int) bool {
	if f.alone {
		return true
	}
	n := 0
	for _, d := range f.any {
		if d > far {
			n++
		}
	}
	if f.free {
		return 2*n > len(f.any)
	}
	return n > 0
}

func compareField(a, b []order.InkBox) fieldLikeness {
	if len(a) == 0 || len(b) == 0 {
		return fieldLikeness{alone: len(a)+len(b) > 0}
	}
	// The field may lie a place off: by the feed, or by what the marks were found at. All of its
	// boxes do then.
	var best fieldLikeness
	least := -1
	for dy := -inkReach; dy <= inkReach; dy++ {
		for dx := -inkReach; dx <= inkReach; dx++ {
			f, sum := compareShifted(a, b, dx, dy)
			if least < 0 || sum < least {
				best, least = f, sum
			}
		}
	}
	return best
}

// inkReach is how many places a field may lie off.
const inkReach = 2

func compareShifted(a, b []order.InkBox, dx, dy int) (f fieldLikeness, sum int) {
	f.free = true
	for i := range max(len(a), len(b)) {
		var u, v order.InkBox
		if i < len(a) {
			u = a[i]
		}
		if i < len(b) {
			v = b[i]
		}
		sure := u.State == order.InkWritten || v.State == order.InkWritten
		if sure {
			f.free = false
		}
		switch {
		case u.State != order.InkNone && v.State != order.InkNone:
			d := inkDistance(u.Rows, shifted(v.Rows, dx, dy))
			f.any = append(f.any, d)
			sum += d
			if u.State == order.InkWritten && v.State == order.InkWritten {
				f.distances = append(f.distances, d)
			}
		case sure:
			f.alone = true
		}
	}
	return f, sum
}

// shifted moves the ink right and down by places.
func shifted(r [order.InkSide]uint16, dx, dy int) (out [order.InkSide]uint16) {
	for y := range out {
		if from := y - dy; from >= 0 && from < len(r) {
			out[y] = r[from] >> max(dx, 0) << max(-dx, 0)
		}
	}
	return out
}

// inkDistance is the part of the places inked on one of two boxes that are not inked on the other,
// in thousandths.
func inkDistance(a, b [order.InkSide]uint16) int {
	all, other := 0, 0
	for y := range a {
		all += bits.OnesCount16(a[y]) + bits.OnesCount16(b[y])
		other += bits.OnesCount16(a[y] ^ b[y])
	}
	if all == 0 {
		return 0
	}
	return 1000 * other / all
}
