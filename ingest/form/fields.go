package form

import (
	"slices"

	"todoke/order"
	printed "todoke/templates/form"
)

// fieldReader reads the fields of a registered page into a draft.
type fieldReader struct {
	k          *Knowledge
	g          *registration
	id         printed.Identity
	identified string // "qr", "barcode" or ""
	d          *order.Draft
	bad        lines // damaged
	cells      cellReader
	fields     map[string]*field
}

// read goes over the page: what each box holds, what people do when they slip, what each field
// therefore says, and whether the page can be accepted.
func (f *fieldReader) read() {
	names := f.lookAtAll()
	f.compareFrames()
	for _, name := range names {
		if fl := f.fields[name]; fl.def.Kind == printed.FieldDigits && !fl.isBlank() {
			f.slips(fl)
		}
	}
	f.customer()
	f.shipTo()
	f.date()
	if f.g.layout.Form == printed.KindReturn {
		f.returned()
	} else {
		f.lines()
	}
	f.marks()
	f.images()
	for _, name := range names {
		fl := f.fields[name]
		f.show(fl)
		f.d.Fields = append(f.d.Fields, fl.out)
	}
	f.d.Ink = f.ink(names)
	f.decide()
}

// lookAtAll looks at every field that is written by hand and returns their names in the form's
// order.
func (f *fieldReader) lookAtAll() (names []string) {
	g := f.g
	f.cells.g, f.cells.frames = g, g.survey()
	f.fields = map[string]*field{}
	for i := range g.layout.Fields {
		def := &g.layout.Fields[i]
		if def.Kind == printed.FieldPrinted {
			continue
		}
		fl := &field{def: def, out: order.DraftField{Name: def.Name, Decision: order.DecisionBlank, Confidence: 1}}
		f.look(fl)
		f.fields[def.Name] = fl
		names = append(names, def.Name)
	}
	return names
}

// slips looks for what people do when they slip.
func (f *fieldReader) slips(fl *field) {
	f.amend(fl)
	_, suffix := lineOf(fl.def.Name)
	fl.struck = (suffix == suffixItem || suffix == suffixQuantity || fl.def.Name == fieldCustomer) && f.lineStruck(fl)
	if suffix != suffixQuantity && fl.def.Name != fieldTotal {
		return
	}
	for _, way := range []int{-1, 1} {
		if way < 0 && suffix != suffixQuantity {
			continue // the total's label is printed there
		}
		if _, seen := f.beside(fl, way); seen {
			fl.beside = true
		}
	}
	f.squeezed(fl)
}

// squeezed looks for two digits in one box.
func (f *fieldReader) squeezed(fl *field) {
	for i := fl.from; i < fl.to; i++ {
		if fl.states[i] != written || fl.glyphs[i].reject < 0.2 {
			continue
		}
		a, b, p := f.split(&fl.cells[i])
		if p < 0.01 {
			continue
		}
		cells := append(append(slices.Clone(fl.glyphs[fl.from:i]), a, b), fl.glyphs[i+1:fl.to]...)
		fl.split = append(fl.split, block{cells, p})
	}
}
