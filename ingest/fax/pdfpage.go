package fax

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"todoke/internal/bilevel"
)

const emptyPage = "the page is empty"

// page decodes a page: the pixels of its picture where it is a scanned sheet, with what stands on
// top of it drawn in; all else is drawn.
func (f *pdfFile) page(index int, leaf pdfPage) (p Page, err error) {
	defer guard(&err, "this page")
	if leaf.err != nil {
		return p, leaf.err
	}
	s := &pageScan{f: f}
	content, whole := f.contents(leaf.dict["Contents"])
	s.run(content, leaf.resources, gstate{m: identity, fillInk: true}, 0)
	whole = whole && !s.damaged && !s.overrun
	comments := f.annotated(leaf.dict["Annots"])
	s.noFont = s.noFont || comments && f.commentsLackFont(leaf.dict["Annots"])
	if s.overrun && len(s.images) == 0 {
		return p, permanent(nil, "this page is too complicated; %s", asFax)
	}
	if len(s.images) == 0 && whole && !s.text && !s.drawing && !comments {
		return f.empty(leaf)
	}
	parts, minor := s.sheet()
	if len(parts) == 0 || (s.text || s.drawing) && covered(parts) < minCover*f.area(leaf) {
		return f.drawn(index, leaf, s, whole)
	}
	p, err = f.sheetPage(index, leaf, parts)
	if errors.Is(err, errNotOurs) {
		return f.drawn(index, leaf, s, whole)
	}
	if err != nil {
		return p, err
	}
	if (s.text || s.drawing || minor > 0 || comments || !whole) && !f.drawer.merge(index, leaf.number, &p, parts) {
		var also []string
		if s.text || s.drawing {
			also = append(also, "text or drawings")
		}
		if minor > 0 {
			also = append(also, "small pictures")
		}
		if comments {
			also = append(also, "comments")
		}
		if len(also) > 0 {
			leaveOut(&p, fmt.Sprintf("the page has %s on top of the scanned sheet that are left out", join(also)))
		}
	}
	return s.noteMissing(p, whole), nil
}

// drawn is a page that is drawn as a whole.
func (f *pdfFile) drawn(index int, leaf pdfPage, s *pageScan, whole bool) (Page, error) {
	p, err := f.drawer.whole(index, leaf.number, f.unit(leaf), f.scanned(s, leaf))
	if err != nil {
		return p, err
	}
	if p.Note == emptyPage && (s.text || f.annotated(leaf.dict["Annots"])) {
		leaveOut(&p, "though the file has something on it that could not be drawn")
	}
	return s.noteMissing(p, whole), nil
}

// sheetPage joins the pictures that make up a scanned sheet.
func (f *pdfFile) sheetPage(index int, leaf pdfPage, parts []placed) (p Page, err error) {
	for _, im := range parts {
		part, err := f.image(im.sd)
		if errors.Is(err, errPixels) {
			part, err = f.drawer.pixels(index, leaf.number, im, part.Coding)
		}
		if err != nil {
			return Page{}, err
		}
		if p.Image == nil {
			p = part
			continue
		}
		for _, r := range part.BadRows {
			p.BadRows = append(p.BadRows, p.Image.H+r)
		}
		p.LeftOut = p.LeftOut || part.LeftOut
		p.Image = &bilevel.Image{W: p.Image.W, H: p.Image.H + part.Image.H, Stride: p.Image.Stride, Pix: append(p.Image.Pix, part.Image.Pix...)}
	}
	m, unit, height := parts[0].m, f.unit(leaf), 0.0
	for _, im := range parts {
		height += math.Hypot(im.m[2], im.m[3])
	}
	x := float64(p.Image.W) * points / (math.Hypot(m[0], m[1]) * unit)
	y := float64(p.Image.H) * points / (height * unit)
	finish(&p, orientationOf(m, f.integer(leaf.rotate, 0)), x, y)
	return p, nil
}

// leaveOut notes that the file shows more than the page has.
func leaveOut(p *Page, note string) {
	p.LeftOut = true
	if p.Note != "" {
		note = p.Note + "; " + note
	}
	p.Note = note
}

// empty is a page with nothing on it.
func (f *pdfFile) empty(leaf pdfPage) (Page, error) {
	const inch = 204
	p := Page{Coding: CodingDrawn, Note: emptyPage}
	w, h := f.size(leaf)
	across, down := int64(math.Round(w/points*inch)), int64(math.Round(h/points*inch))
	if err := f.b.pageSize(across, down); err != nil {
		return p, err
	}
	p.Image = bilevel.New(int(across), int(down))
	f.b.spend(p.Image)
	finish(&p, orientationOf(identity, f.integer(leaf.rotate, 0)), inch, inch)
	return p, nil
}

func (f *pdfFile) unit(leaf pdfPage) float64 {
	if u, ok := f.number(leaf.dict["UserUnit"]); ok && u > 0 && u <= 1000 {
		return u
	}
	return 1
}

// size is a page's width and height in points; A4 where the file does not tell.
func (f *pdfFile) size(leaf pdfPage) (w, h float64) {
	if box := f.numbers(leaf.mediaBox); len(box) == 4 {
		w, h = math.Abs(box[2]-box[0])*f.unit(leaf), math.Abs(box[3]-box[1])*f.unit(leaf)
	}
	if !(w >= 1 && h >= 1) {
		return 595, 842
	}
	return w, h
}

func (f *pdfFile) area(leaf pdfPage) float64 {
	w, h := f.size(leaf)
	return w * h / (f.unit(leaf) * f.unit(leaf))
}

// scanned is the resolution of the largest picture on the page, 0 where it has none that matters.
func (f *pdfFile) scanned(s *pageScan, leaf pdfPage) float64 {
	best, dpi := minCover*f.area(leaf), 0.0
	for _, im := range s.images {
		if a := im.m.area(); a >= best {
			w, h := float64(f.integer(im.sd.Dict["Width"], 0)), float64(f.integer(im.sd.Dict["Height"], 0))
			best, dpi = a, max(w/math.Hypot(im.m[0], im.m[1]), h/math.Hypot(im.m[2], im.m[3]))*points/f.unit(leaf)
		}
	}
	return dpi
}

func join(words []string) string {
	n := len(words)
	if n == 1 {
		return words[0]
	}
	return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
}

// annotated tells whether someone has written on the page with a PDF editor.
func (f *pdfFile) annotated(o types.Object) bool {
	annots, _ := f.deref(o).(types.Array)
	for _, a := range annots[:min(len(annots), 1000)] {
		switch d := f.dict(a); f.name(d["Subtype"]) {
		case "", "Link", "Popup", "PrinterMark", "TrapNet":
		default:
			return true
		}
	}
	return false
}

// commentsLackFont tells whether the file lacks a font that its comments or fields are shown in.
func (f *pdfFile) commentsLackFont(o types.Object) bool {
	annots, _ := f.deref(o).(types.Array)
	for _, a := range annots[:min(len(annots), 1000)] {
		shown := f.dict(f.dict(f.dict(a)["AP"])["N"])
		for _, font := range f.dict(f.dict(shown["Resources"])["Font"]) {
			if f.lacksFont(font) {
				return true
			}
		}
	}
	return false
}

// contents joins a page's content streams, and tells whether all could be read.
func (f *pdfFile) contents(o types.Object) (joined []byte, whole bool) {
	if o == nil {
		return nil, true
	}
	streams, ok := f.deref(o).(types.Array)
	if !ok {
		streams = types.Array{o}
	}
	whole = true
	for _, part := range streams {
		sd, _ := f.deref(part).(types.StreamDict)
		b, all := contentOf(sd)
		if whole = whole && all && sd.Dict != nil; b == nil {
			continue
		}
		if joined = append(append(joined, b...), '\n'); len(joined) > maxContent {
			return joined, false
		}
	}
	return joined, whole
}

// orientationOf is the TIFF orientation of a picture placed by m on a page that is shown turned
// clockwise by rotate degrees, to the nearest quarter turn.
func orientationOf(m matrix, rotate int) int {
	flipped := m[0]*m[3]-m[1]*m[2] < 0
	turned := math.Atan2(m[1], m[0]) * 2 / math.Pi // counterclockwise quarters
	quarters := ((rotate/90-int(math.Round(turned)))%4 + 4) % 4
	if flipped {
		return [4]int{4, 5, 2, 7}[quarters]
	}
	return [4]int{1, 6, 3, 8}[quarters]
}

// placed is a picture and where it is drawn.
type placed struct {
	sd types.StreamDict
	m  matrix
}

func covered(parts []placed) (area float64) {
	for _, im := range parts {
		area += im.m.area()
	}
	return area
}

// sheet picks the pictures that make up the scanned sheet, from top to bottom, and tells how
// many smaller ones there are besides. There is no sheet where they are not strips of one.
func (s *pageScan) sheet() (parts []placed, minor int) {
	if len(s.images) == 0 {
		return nil, 0
	}
	if parts = slices.Clone(s.images); s.strips(parts) {
		return parts, 0
	}
	largest := slices.MaxFunc(s.images, func(a, b placed) int {
		return cmpFloat(a.m.area(), b.m.area())
	})
	parts = slices.DeleteFunc(parts, func(im placed) bool { return im.m.area() < minorPicture*largest.m.area() })
	if !s.strips(parts) {
		return nil, 0
	}
	return parts, len(s.images) - len(parts)
}

// strips sorts pictures from top to bottom, and tells whether each begins where the one above ends.
func (s *pageScan) strips(parts []placed) bool {
	if len(parts) == 1 {
		return true
	}
	slices.SortStableFunc(parts, func(a, b placed) int { return cmpFloat(b.m[5], a.m[5]) })
	f, first := s.f, parts[0]
	for i, im := range parts {
		near := func(a, b float64) bool { return math.Abs(a-b) < 0.01*first.m[0] }
		upright := im.m[0] > 0 && im.m[3] > 0 && im.m[1] == 0 && im.m[2] == 0
		strip := upright && near(im.m[0], first.m[0]) && near(im.m[4], first.m[4]) &&
			f.integer(im.sd.Dict["Width"], 0) == f.integer(first.sd.Dict["Width"], 0)
		if !strip || i > 0 && !near(im.m[5]+im.m[3], parts[i-1].m[5]) {
			return false
		}
	}
	return true
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
