package form

import (
	"fmt"
	"slices"

	"todoke/order"
)

// code decodes a field of n digits against a rule.
func (f *fieldReader) code(fl *field, rule codeRule, cost Looks) {
	want := rule.scheme.Digits
	if want == 0 && rule.known == nil {
		want = fl.to - fl.from
	}
	rule.junk = f.k.Settings.Junk
	if rule.known == nil && rule.scheme.CheckDigit {
		rule.unknown = f.k.Settings.WrongCheckDigit
	}
	if f.shifted(fl, rule, cost) {
		fl.hold()
		return
	}
	if fl.gap || (want != 0 && fl.to-fl.from != want) {
		fl.out.Text = fl.text()
		fl.out.Confidence = 0
		if fl.to-fl.from == want && count(fl.states) == want-1 {
			fl.out.Text = fl.proposed(rule)
		}
		fl.review(fmt.Sprintf("%d boxes are written on instead of %d", count(fl.states), max(want, 1)))
		fl.guard()
		return
	}
	fl.settle(decodeCodeField(fl.block(), rule), cost)
	fl.hold()
}

// proposed is the code of a field with an empty box in it that check digit and master know; what
// is written where they do not.
func (fl *field) proposed(rule codeRule) string {
	cells := slices.Clone(fl.block())
	for i := range cells {
		if fl.states[fl.from+i] == empty {
			for d := range cells[i].p {
				cells[i].p[d] = 0.1
			}
		}
	}
	if r := decodeCodeField(cells, rule); len(r.evidence) > 0 {
		return r.text
	}
	return fl.text()
}

func count(s []state) int {
	n := 0
	for _, v := range s {
		if v != empty {
			n++
		}
	}
	return n
}

func (f *fieldReader) customer() {
	fl := f.fields[fieldCustomer]
	if fl == nil {
		return
	}
	st := &f.k.Settings
	printedCode := f.id.CustomerCode
	known := func(code string) bool { _, ok := f.k.Customers[code]; return ok }
	rule := codeRule{
		size: len(f.k.Customers), unknown: st.UnknownCustomer, scheme: f.k.Scheme.Customer,
		hint: printedCode, foreign: st.ForeignForm,
	}
	if f.k.Customers != nil {
		rule.known = known
	}
	switch {
	case fl.isBlank() && printedCode == "":
		fl.blankOrDoubt()
		fl.out.Confidence = 0
		fl.review("no customer code")
	case fl.isBlank():
		fl.out.Text, fl.out.Confidence, fl.out.Evidence = printedCode, 0.5, []string{f.identified}
		fl.review(reasonCovered)
		if rule.known != nil && !known(printedCode) {
			fl.review("no such code in the master")
		}
	default:
		f.code(fl, rule, st.Costs.Customer)
		if printedCode != "" && fl.out.Text == printedCode {
			fl.out.Evidence = append(fl.out.Evidence, f.identified, order.EvidencePrinted)
		} else if printedCode != "" {
			fl.review("another customer's code on a personal form")
		}
		if fl.struck {
			fl.review(reasonWhose)
		}
	}
}

func (f *fieldReader) shipTo() {
	fl := f.fields[fieldShipTo]
	if fl == nil {
		return
	}
	if fl.isBlank() {
		fl.blankOrDoubt()
		return
	}
	st := &f.k.Settings
	rule := codeRule{unknown: st.UnknownShipTo, scheme: order.CodeScheme{Digits: len(fl.def.Cells)}}
	customer := f.fields[fieldCustomer]
	if f.k.ShipTos != nil && customer != nil {
		dep, ok := f.k.Customers[customer.out.Text]
		if ok {
			places := map[string]bool{}
			for _, s := range f.k.ShipTos[dep.CompanyCode] {
				places[s.Code] = true
			}
			rule.known = func(code string) bool { return places[code] }
			rule.size = len(places)
		}
	}
	f.code(fl, rule, st.Costs.ShipTo)
	if rule.known != nil && customer.out.Decision != order.DecisionAccept {
		fl.review("belongs to a customer who is not certain")
	}
}
