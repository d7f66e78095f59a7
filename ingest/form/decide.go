package form

import (
	"fmt"
	"slices"

	"todoke/order"
	printed "todoke/templates/form"
)

// decide settles the page: accepted only if nothing on it is in doubt.
func (f *fieldReader) decide() {
	f.d.Decision = order.DecisionAccept
	var kind []string
	if f.g.layout.Form == printed.KindReturn {
		kind = []string{"a return is asked for: a person takes it up (RET-4)"}
	}
	for _, reason := range slices.Concat(kind, f.placeDoubts(), f.fieldDoubts()) {
		f.d.Decision = order.DecisionReview
		f.d.Reasons = append(f.d.Reasons, reason)
	}
}

// placeDoubts are the reasons to doubt whose form it is and where it lies.
func (f *fieldReader) placeDoubts() (reasons []string) {
	doubt := func(reason string, args ...any) { reasons = append(reasons, fmt.Sprintf(reason, args...)) }
	if f.identified == "" {
		doubt("neither the QR code nor the bar code nor the printed number can be read")
	}
	if f.g.residual > f.k.Settings.MaxResidual {
		doubt("the marks do not fit well: %.2f mm", f.g.residual)
	}
	if f.g.frames.worst < leastRow {
		doubt("the boxes of the form %.0f mm from its top are not where its marks say", f.g.frames.worstRow)
	}
	if n := len(f.g.tears); n > usualTears {
		doubt("the paper feed jumped %d times, or rows of the page were lost", n)
	}
	if mm := f.g.lostMM(); mm > tornWhole {
		doubt("the paper feed jumped by %.0f mm, or rows of the page were lost", mm)
	}
	if lost := len(f.g.layout.Marks) - len(f.g.marks); lost > len(f.g.layout.Marks)/4 && f.framesSeen() < 0.97 {
		doubt("%d of %d marks are missing", lost, len(f.g.layout.Marks))
	}
	return reasons
}

// framesSeen is the share of digit boxes whose frame lay where the map puts it.
func (f *fieldReader) framesSeen() float64 {
	seen, n := 0.0, 0.0
	for _, fl := range f.fields {
		if fl.def.Kind != printed.FieldDigits {
			continue
		}
		for _, c := range fl.cells {
			n++
			if c.frame >= 0.6 {
				seen++
			}
		}
	}
	return seen / max(n, 1)
}

// fieldDoubts are the fields in doubt, each with its first reason, and what an order lacks.
func (f *fieldReader) fieldDoubts() (reasons []string) {
	lines, anything := 0, false
	for i := range f.d.Fields {
		fl := &f.d.Fields[i]
		if fl.Decision == order.DecisionReview {
			reason := fl.Name
			if len(fl.Reasons) > 0 {
				reason += ": " + fl.Reasons[0]
			}
			reasons = append(reasons, reason)
		}
		if fl.Decision != order.DecisionBlank && fl.Text != "" && fl.Name != fieldCustomer {
			anything = true
		}
		counts := suffixItem
		if f.g.layout.Form == printed.KindReturn {
			counts = suffixQuantity
		}
		if _, suffix := lineOf(fl.Name); suffix == counts && fl.Decision != order.DecisionBlank {
			lines++
		}
	}
	switch {
	case lines > 0:
	case anything:
		reasons = append(reasons, "no order line is filled in")
	default:
		reasons = append(reasons, "nothing is filled in")
	}
	return reasons
}
