package form

import (
	"math"
	"slices"

	"todoke/order"
	printed "todoke/templates/form"
)

// How handwriting is sampled. Two faxes of one sheet differ by the noise of two lines, by a
// resolution, by a quarter of a millimetre; the same digits written anew by far more.
const (
	inkSide   = order.InkSide // places across a box and down it: 0.25 × 0.38 mm
	inkFine   = 3             // samples across a place and down it
	inkInset  = 0.5           // mm of a box left out along its frame
	inkPlaces = 36            // that are set, the inkiest: a thick pen counts as much as a thin one
	inkLeast  = 25            // of 100, ink that a place must have to be set
	tileW     = 5.0           // mm of a free field that are sampled as one box
	tileH     = 7.0
)

// ink tells what people wrote on the form by where the ink is, whatever it says. What the form
// came with is left out.
func (f *fieldReader) ink(names []string) *order.Ink {
	out := &order.Ink{Form: string(f.g.layout.Form), Version: f.g.layout.Version, Sheet: f.id.Sheet}
	for _, name := range names {
		fl := f.fields[name]
		if f.id.Named(name) || slices.Contains(fl.out.Evidence, order.EvidencePrinted) {
			continue
		}
		k := order.InkField{Name: name}
		switch fl.def.Kind {
		case printed.FieldDigits, printed.FieldMark:
			for i, b := range fl.def.Cells {
				k.Boxes = append(k.Boxes, f.inkBox(b, fl.states[i]))
			}
		case printed.FieldImage:
			if fl.out.Decision != order.DecisionAccept || len(fl.def.Cells) == 0 {
				continue
			}
			for _, b := range tiles(fl.def.Cells[0]) {
				k.Boxes = append(k.Boxes, f.inkBox(b, unsure)) // free handwriting ends where it likes
			}
		case printed.FieldPrinted:
			continue
		}
		if slices.ContainsFunc(k.Boxes, func(b order.InkBox) bool { return b.State != order.InkNone }) {
			out.Fields = append(out.Fields, k)
		}
	}
	return out
}

// tiles cuts a free field into boxes.
func tiles(b printed.Box) []printed.Box {
	nx, ny := max(int(math.Round(b.W/tileW)), 1), max(int(math.Round(b.H/tileH)), 1)
	w, h := b.W/float64(nx), b.H/float64(ny)
	var out []printed.Box
	for y := range ny {
		for x := range nx {
			out = append(out, printed.Box{X: b.X + float64(x)*w, Y: b.Y + float64(y)*h, W: w, H: h})
		}
	}
	return out
}

func (f *fieldReader) inkBox(b printed.Box, st state) order.InkBox {
	if st == empty {
		return order.InkBox{}
	}
	out := order.InkBox{State: order.InkWritten, Rows: f.g.inkRows(b)}
	switch {
	case out.Rows == [inkSide]uint16{}:
		return order.InkBox{}
	case st == unsure:
		out.State = order.InkUnsure
	}
	return out
}

// inkRows samples a box through the registration: rotation, skew and resolution are gone then.
func (g *registration) inkRows(b printed.Box) (rows [inkSide]uint16) {
	const n = inkSide * inkFine
	b = printed.Box{X: b.X + inkInset, Y: b.Y + inkInset, W: b.W - 2*inkInset, H: b.H - 2*inkInset}
	if b.W <= 0 || b.H <= 0 {
		return rows
	}
	tl, tr := g.at(xy{b.X, b.Y}), g.at(xy{b.X + b.W, b.Y})
	bl, br := g.at(xy{b.X, b.Y + b.H}), g.at(xy{b.X + b.W, b.Y + b.H})
	var fine [n][n]int
	for y := range n {
		v := (float64(y) + .5) / n
		for x := range n {
			u := (float64(x) + .5) / n
			px := (tl.x*(1-u)+tr.x*u)*(1-v) + (bl.x*(1-u)+br.x*u)*v
			py := (tl.y*(1-u)+tr.y*u)*(1-v) + (bl.y*(1-u)+br.y*u)*v
			ix, iy := int(math.Floor(px)), int(math.Floor(py))
			if ix >= 0 && iy >= 0 && ix < g.page.W && iy < g.page.H && g.page.At(ix, iy) {
				fine[y][x] = 1
			}
		}
	}
	// A place sees most of a place's breadth around it as well: what lies on a border would fall to either
	// side of it.
	type place struct{ at, ink int }
	var places []place
	const reach = inkFine - 1
	for y := range inkSide {
		for x := range inkSide {
			sum, all := 0, 0
			for dy := -reach; dy < inkFine+reach; dy++ {
				for dx := -reach; dx < inkFine+reach; dx++ {
					fy, fx := y*inkFine+dy, x*inkFine+dx
					w := weight(dy) * weight(dx)
					all += w
					if fy >= 0 && fx >= 0 && fy < n && fx < n {
						sum += w * fine[fy][fx]
					}
				}
			}
			if 100*sum >= inkLeast*all {
				places = append(places, place{y*inkSide + x, sum})
			}
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return b.ink - a.ink })
	for _, p := range places[:min(len(places), inkPlaces)] {
		rows[p.at/inkSide] |= 1 << (inkSide - 1 - p.at%inkSide)
	}
	return rows
}

// weight falls off from a place's middle: 1 2 3 4 3 2 1.
func weight(d int) int { return inkFine + 1 - max(d-inkFine/2, inkFine/2-d) }
