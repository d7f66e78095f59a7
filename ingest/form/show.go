package form

import (
	"strconv"

	"todoke/order"
	printed "todoke/templates/form"
)

// show writes the boxes into the draft.
func (f *fieldReader) show(fl *field) {
	for i, c := range fl.cells {
		box := order.DraftCell{Box: order.Box(c.box), Confidence: 1}
		switch {
		case fl.def.Kind != printed.FieldDigits:
		case fl.states[i] != empty:
			box.Text, box.Confidence = fl.glyphs[i].shown()
		case !fl.isBlank() && fl.fixedLength():
			box.Text, box.Confidence = "?", 0 // a digit belongs here
		default:
			box.Confidence = round(1-c.faded(), 4)
		}
		if fl.def.Kind == printed.FieldMark {
			box.Text, box.Confidence = fl.out.Text, fl.out.Confidence
		}
		fl.out.Cells = append(fl.out.Cells, box)
	}
	fl.out.Confidence = round(fl.out.Confidence, 6)
	fl.out.ImageConfidence = round(fl.imageP(), 6)
	fl.out.Area = f.g.area(fl.def.Cells)
}

// shown is the digit a box most probably holds and how probable that is; "?" where none is
// thinkable.
func (g *glyphs) shown() (string, float64) {
	d, p := g.best()
	p = round(p*(1-g.reject), 4)
	if g.reject > 10*p {
		return "?", p
	}
	return strconv.Itoa(d), p
}

// text is what the boxes say one by one, "?" where nothing is believed.
func (fl *field) text() string {
	var b []byte
	for i := fl.from; i < fl.to; i++ {
		if fl.states[i] == empty {
			b = append(b, ' ')
			continue
		}
		t, _ := fl.glyphs[i].shown()
		b = append(b, t...)
	}
	return string(b)
}

// fixedLength tells whether every box of the field has a digit where any has.
func (fl *field) fixedLength() bool {
	_, suffix := lineOf(fl.def.Name)
	return suffix == suffixItem || fl.def.Name == fieldCustomer || fl.def.Name == fieldShipTo
}

// imageP is how probable the boxes alone make the field's text; 0 where they do not say it box
// by box.
func (fl *field) imageP() float64 {
	if fl.def.Kind != printed.FieldDigits || fl.isBlank() || len(fl.out.Text) != fl.to-fl.from {
		return 0
	}
	p := 1.0
	for i, c := range []byte(fl.out.Text) {
		if c < '0' || c > '9' {
			return 0
		}
		g := &fl.glyphs[fl.from+i]
		p *= g.p[c-'0'] * (1 - g.reject)
	}
	return p
}
