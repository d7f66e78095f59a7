package form

import (
	"bytes"

	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// Free handwriting is not read: what is written in a free field is shown to a person as a picture.
const (
	imageInk    = 1.0 // mm² in a free field that counts as writing
	imageExtent = 1.6 // mm
)

// images tells where there is free handwriting.
func (f *fieldReader) images() {
	for _, fl := range f.fields {
		if fl.def.Kind != printed.FieldImage || len(fl.cells) == 0 || f.id.Named(fl.def.Name) {
			continue
		}
		c := &fl.cells[0]
		if c.ink < imageInk || c.extent < imageExtent {
			continue
		}
		fl.out.Decision, fl.out.Evidence = order.DecisionAccept, []string{"ink"}
		var png bytes.Buffer
		if err := c.image.EncodePNG(&png, f.g.kx*mmPerInch, f.g.ky*mmPerInch); err == nil {
			fl.out.Picture = png.Bytes()
		}
		if fl.def.Name == fieldNote && f.k.Settings.NoteToReview {
			fl.review("a note is written: please read it")
		}
	}
}

// area measures the writing in a free field: what lies well within its frame and is neither
// dirt nor a line, for long frame lines bend with the feed.
func (c *cellReader) area(b printed.Box) cell {
	const inset = 1.1 // mm
	g := c.g
	out := cell{box: b}
	if b.W <= 2*inset || b.H <= 2*inset {
		return out
	}
	inner := printed.Box{X: b.X + inset, Y: b.Y + inset, W: b.W - 2*inset, H: b.H - 2*inset}
	x0, y0, x1, y1 := g.bounds(inner, 0)
	m := g.page.Crop(x0, y0, x1, y1)
	out.image = m
	if m.Count(0, 0, m.W, m.H) == 0 {
		return out
	}
	c.mask(m, inner, float64(x0), float64(y0))
	if !c.s.scan(m, 1<<18) {
		out.ink, out.extent = b.W*b.H, b.W // full of something
		return out
	}
	c.s.roots(func(_ int32, k *component) {
		w, h := float64(k.x1-k.x0)/g.kx, float64(k.y1-k.y0)/g.ky
		ink := float64(k.area) / (g.kx * g.ky)
		switch {
		case max(w, h) < emptyExtent || ink < speckMM2:
		case w > 12 && ink < 0.6*w: // a frame line that strayed in
		case h > 0.9*inner.H && ink < 0.5*h: // a streak
		default:
			out.ink += ink
			out.extent = max(out.extent, w, h)
			out.pieces++
		}
	})
	return out
}

// mask clears what of m, whose top left is at (x0, y0) of the page, lies outside the box: on a
// page askew a long box is far from upright.
func (c *cellReader) mask(m *bilevel.Image, b printed.Box, x0, y0 float64) {
	const pieces = 24
	n := max(int(b.W/8), 1)
	n = min(n, pieces)
	keep := bilevel.New(m.W, m.H)
	for i := range n {
		xa, xb := b.X+b.W*float64(i)/float64(n), b.X+b.W*float64(i+1)/float64(n)
		tl, tr := c.g.at(xy{xa, b.Y}), c.g.at(xy{xb, b.Y})
		bl, br := c.g.at(xy{xa, b.Y + b.H}), c.g.at(xy{xb, b.Y + b.H})
		top, bottom := min(tl.y, tr.y)-y0, max(bl.y, br.y)-y0
		for y := max(int(top), 0); y < min(int(bottom)+1, m.H); y++ {
			t := (float64(y) + .5 - (tl.y+tr.y)/2 + y0) / max((bl.y+br.y-tl.y-tr.y)/2, 1)
			l, r := tl.x+(bl.x-tl.x)*t-x0, tr.x+(br.x-tr.x)*t-x0
			// Within the piece the top and bottom edges slope: clip to them.
			for x := max(int(l), 0); x < min(int(r)+1, m.W); x++ {
				s := (float64(x) + .5 - l) / max(r-l, 1)
				if fy := float64(y) + .5; fy >= tl.y+(tr.y-tl.y)*s-y0 && fy <= bl.y+(br.y-bl.y)*s-y0 {
					keep.Set(x, y, true)
				}
			}
		}
	}
	for i := range m.Pix {
		m.Pix[i] &= keep.Pix[i]
	}
}
