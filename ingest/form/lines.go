package form

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"todoke/order"
)

// orderLine is a line of the form on its way to the draft.
type orderLine struct {
	number   int // from 1
	item     *field
	quantity *field
	multiple int     // the item's order multiple (ITM-1); 1 where the item is not certain
	values   amounts // what the quantity may be
}

// lines reads item codes and quantities, and weighs the quantities against the written total.
func (f *fieldReader) lines() {
	fade := f.fade()
	var read []*orderLine // whose quantities can be
	for n := 1; ; n++ {
		l := f.line(n)
		if l == nil {
			break
		}
		if f.notOrdered(l) {
			continue
		}
		f.item(l)
		if f.quantity(l, fade) {
			read = append(read, l)
		}
	}
	total := f.fields[fieldTotal]
	sum, agree := f.againstTotal(read, total, fade)
	for _, l := range read {
		f.settleQuantity(l, agree)
	}
	f.settleTotal(total, &sum, agree, leastSure(read))
}

// line is line n of the form; nil where it has no more.
func (f *fieldReader) line(n int) *orderLine {
	item := f.fields[fmt.Sprintf("lines[%d]%s", n, suffixItem)]
	quantity := f.fields[fmt.Sprintf("lines[%d]%s", n, suffixQuantity)]
	if item == nil || quantity == nil {
		return nil
	}
	return &orderLine{number: n, item: item, quantity: quantity, multiple: 1}
}

// notOrdered settles a line that is blank, struck out, or printed with no quantity beside it.
func (f *fieldReader) notOrdered(l *orderLine) bool {
	// A line needs both: dirt in one of them with nothing in the other is no writing.
	if l.item.isBlank() && l.quantity.dirt() {
		l.quantity.wipe()
	} else if l.quantity.isBlank() && l.item.dirt() {
		l.item.wipe()
	}
	if l.item.isBlank() && l.quantity.isBlank() {
		l.item.blankOrDoubt()
		l.quantity.blankOrDoubt()
		return true
	}
	if l.item.struck || l.quantity.struck {
		for _, fl := range []*field{l.item, l.quantity} {
			fl.out.Text, fl.out.Confidence = fl.text(), 0
			fl.review(reasonStruck)
		}
		return true
	}
	return l.number <= f.id.Rows && f.unordered(l.item, l.quantity)
}

// item reads a line's item code.
func (f *fieldReader) item(l *orderLine) {
	item := l.item
	above := ""
	if up := f.fields[fmt.Sprintf("lines[%d]%s", l.number-1, suffixItem)]; up != nil {
		above = up.out.Text
	}
	switch {
	case above != "" && !item.isBlank() && item.sameAsAbove():
		item.out.Text, item.out.Confidence = above, 0.5
		item.review(reasonSame)
	case !item.isBlank():
		f.itemCode(l)
	default:
		item.out.Confidence = 0
		item.review("a quantity without an item code")
	}
}

// itemCode decodes a line's item code against the master.
func (f *fieldReader) itemCode(l *orderLine) {
	st := &f.k.Settings
	rule := codeRule{size: len(f.k.Items), unknown: st.UnknownItem, scheme: f.k.Scheme.Item}
	if f.k.Items != nil {
		rule.known = func(code string) bool { _, ok := f.k.Items[code]; return ok }
	}
	f.code(l.item, rule, st.Costs.Item)
	if l.number <= f.id.Rows {
		l.item.out.Evidence = append(l.item.out.Evidence, order.EvidencePrinted)
		if f.overwritten(l.item) {
			l.item.review(struckOut)
		}
	}
	if it, ok := f.k.Items[l.item.out.Text]; ok && l.item.out.Decision == order.DecisionAccept {
		l.multiple = max(it.OrderMultiple, 1)
	}
}

// quantity reads what a line's quantity may be; false where it cannot be read.
func (f *fieldReader) quantity(l *orderLine, fade float64) bool {
	qty := l.quantity
	if l.item.outer {
		qty.beside = false // it is the code's last digit
	}
	if qty.isBlank() {
		qty.out.Confidence = 0
		qty.review("an item code without a quantity")
		return false
	}
	if qty.gap {
		qty.out.Text, qty.out.Confidence = qty.text(), 0
		qty.guard()
		return false
	}
	l.values = decodeAmount(qty.blocks(fade), l.multiple, f.k.Settings.OddQuantity, f.k.Settings.Junk)
	return true
}

// againstTotal weighs the quantities and the written total, if there is one, against each other; agree
// tells that they surely add up to it.
func (f *fieldReader) againstTotal(read []*orderLine, total *field, fade float64) (sum amounts, agree bool) {
	const surely = 0.5
	if total == nil || total.isBlank() || total.gap || len(read) == 0 {
		return sum, false
	}
	st := &f.k.Settings
	values := make([]*amounts, len(read))
	for i, l := range read {
		values[i] = &l.values
	}
	sum = decodeAmount(total.blocks(fade), 1, 0, st.Junk)
	return sum, reconcile(values, &sum, st.WrongTotal) > surely
}

// settleQuantity puts the likeliest quantity into the draft.
func (f *fieldReader) settleQuantity(l *orderLine, agree bool) {
	qty, cost := l.quantity, f.k.Settings.Costs.Quantity
	r := reading{text: qty.text()}
	if len(l.values.list) > 0 {
		r = l.likeliest(agree)
	}
	if r.p < needed(cost) && f.tallied(qty) {
		r.reasons = append(r.reasons, reasonTally)
	}
	qty.two = slices.ContainsFunc(qty.split, func(b block) bool { return b.p > doubtSplit || len(r.text) == len(b.cells) })
	qty.settle(r, cost)
	qty.hold()
}

// likeliest is the likeliest of the values a quantity may have, with what speaks for and against
// it.
func (l *orderLine) likeliest(agree bool) reading {
	best := l.values.list[0]
	r := reading{text: strconv.Itoa(best.value), p: best.p}
	if best.value == 0 {
		r.reasons = append(r.reasons, "a quantity of none")
	}
	if l.multiple > 1 && best.value%l.multiple == 0 {
		r.evidence = append(r.evidence, "multiple")
	} else if l.multiple > 1 {
		r.reasons = append(r.reasons, fmt.Sprintf("not a multiple of %d (ITM-1)", l.multiple))
	}
	if agree {
		r.evidence = append(r.evidence, "sum")
	}
	return r
}

// leastSure is the quantity that is least certain, the first of several; nil where there is none.
func leastSure(read []*orderLine) *field {
	var worst *field
	least := math.Inf(1)
	for _, l := range read {
		if p := l.quantity.out.Confidence; p < least {
			worst, least = l.quantity, p
		}
	}
	return worst
}

// settleTotal puts the written total into the draft. Where it is not the quantities' sum, worst
// is the quantity to look at.
func (f *fieldReader) settleTotal(total *field, sum *amounts, agree bool, worst *field) {
	if total == nil {
		return
	}
	if total.isBlank() {
		total.blankOrDoubt()
		return
	}
	if total.gap || len(sum.list) == 0 {
		total.out.Text, total.out.Confidence = total.text(), 0
		total.review("cannot be checked against the quantities")
		total.guard()
		return
	}
	best := sum.list[0]
	r := reading{text: strconv.Itoa(best.value), p: best.p}
	if agree {
		r.evidence = []string{"sum"}
	}
	total.settle(r, f.k.Settings.Costs.Quantity)
	total.hold()
	if agree {
		return
	}
	total.review("is not the sum of the quantities")
	if worst != nil {
		worst.review("the quantities do not add up to the written total")
	}
}

// returned reads the quantities of a return request form. What was delivered is not known here:
// whoever takes the return up holds them against it (RET-4).
func (f *fieldReader) returned() {
	fade := f.fade()
	for n := 1; ; n++ {
		l := orderLine{number: n, quantity: f.fields[fmt.Sprintf("lines[%d]%s", n, suffixQuantity)], multiple: 1}
		if l.quantity == nil {
			return
		}
		if l.quantity.dirt() {
			l.quantity.wipe()
		}
		if l.quantity.isBlank() {
			l.quantity.blankOrDoubt()
			continue
		}
		if l.quantity.gap {
			l.quantity.out.Text, l.quantity.out.Confidence = l.quantity.text(), 0
			l.quantity.guard()
			continue
		}
		l.values = decodeAmount(l.quantity.blocks(fade), 1, f.k.Settings.OddQuantity, f.k.Settings.Junk)
		f.settleQuantity(&l, false)
		if f.id.Unused(l.quantity.def.Name) {
			l.quantity.review("a quantity without an item")
		}
	}
}
