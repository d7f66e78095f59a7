package fax

import (
	"errors"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"todoke/internal/bilevel"
)

// Errors that say how a picture that is not decoded here can be.
var (
	errPixels  = errors.New("the picture's pixels need another decoder")
	errNotOurs = errors.New("the picture can only be drawn")
)

// image decodes a picture, as it is stored.
func (f *pdfFile) image(sd types.StreamDict) (Page, error) {
	var p Page
	w, h := f.integer(sd.Dict["Width"], 0), f.integer(sd.Dict["Height"], 0)
	if err := f.b.pageSize(int64(w), int64(h)); err != nil {
		return p, err
	}
	if err := f.b.read(int64(len(sd.Raw))); err != nil {
		return p, errNotOurs // a letterhead on many pages: PDFium has bounds of its own
	}
	if _, soft := f.deref(sd.Dict["SMask"]).(types.StreamDict); soft {
		return p, errNotOurs
	}
	if _, cut := f.deref(sd.Dict["Mask"]).(types.StreamDict); cut {
		return p, errNotOurs
	}
	n := len(sd.FilterPipeline)
	last := ""
	if n > 0 {
		last = sd.FilterPipeline[n-1].Name
	}
	damaged := func(err error) (Page, error) {
		return p, permanent(err, "this page's picture is damaged; %s", asFax)
	}
	switch last {
	case filter.CCITTFax:
		raw, err := unfiltered(sd, n-1, int64(f.b.lim.Bytes))
		if err != nil {
			return damaged(err)
		}
		return f.ccitt(sd, raw, w, h)
	case filter.JBIG2:
		return Page{Coding: CodingJBIG2}, errPixels
	case filter.JPX:
		return Page{Coding: CodingJPX}, errPixels
	case filter.DCT:
		raw, err := unfiltered(sd, n-1, int64(f.b.lim.Bytes))
		if err != nil {
			return damaged(err)
		}
		return f.jpeg(sd, raw)
	}
	bits, channels := f.integer(sd.Dict["BitsPerComponent"], 1), f.channels(sd.Dict["ColorSpace"], 0)
	if f.boolean(sd.Dict["ImageMask"]) {
		bits, channels = 1, 1
	}
	palette := f.palette(sd)
	if space := f.space(sd); space == "Lab" || space == "DeviceN" && channels > 1 || !slices.Contains([]int{1, 2, 4, 8, 16}, bits) || channels == 2 || channels > 4 {
		return p, errNotOurs
	}
	rowBytes := (w*bits*channels + 7) / 8
	if bits != 1 || channels != 1 {
		if err := f.b.greySize(w, h, 2); err != nil {
			return p, err
		}
	}
	raw, err := unfiltered(sd, n, int64(rowBytes)*int64(h)+1<<16)
	if err != nil {
		return damaged(err)
	}
	p.Coding = map[string]string{filter.Flate: CodingFlate, filter.LZW: CodingLZW, filter.RunLength: CodingPackBits}[last]
	if p.Coding == "" {
		p.Coding = CodingNone
	}
	for y := len(raw) / max(rowBytes, 1); y < h; y++ {
		p.BadRows = append(p.BadRows, y)
	}
	inverted := f.inverted(sd)
	switch {
	case bits == 1 && channels == 1:
		p.Image = bilevel.New(w, h)
		copy(p.Image.Pix, raw)
		if !inverted { // 0 is ink
			for i := range p.Image.Pix[:min(len(raw), len(p.Image.Pix))] {
				p.Image.Pix[i] = ^p.Image.Pix[i]
			}
		}
		trimPadding(p.Image)
	default:
		if palette != nil {
			inverted = false // it tells itself
		}
		g, k := reduced(greySamples(raw, w, h, bits, channels, palette, inverted))
		for i, y := range p.BadRows {
			p.BadRows[i] = min(y/int(k), g.Rect.Dy()-1)
		}
		p.BadRows = slices.Compact(p.BadRows)
		p.Image = toBilevel(g)
	}
	f.b.spend(p.Image)
	return p, nil
}

// ccitt decodes a CCITTFaxDecode picture (PDF 32000-1, 7.4.6).
func (f *pdfFile) ccitt(sd types.StreamDict, raw []byte, w, h int) (Page, error) {
	parms := sd.FilterPipeline[len(sd.FilterPipeline)-1].DecodeParms
	k := f.integer(parms["K"], 0)
	columns := f.integer(parms["Columns"], 1728)
	rows := max(h, f.integer(parms["Rows"], 0))
	var p Page
	if err := f.b.pageSize(int64(columns), int64(rows)); err != nil {
		return p, err
	}
	s := stream{width: columns, rows: rows, maxRows: f.b.rowLimit(int64(columns)), align: 1}
	switch {
	case k < 0:
		s.scheme, p.Coding = schemeG4, CodingG4
	case k > 0:
		s.scheme, p.Coding = schemeG3TwoD, CodingG3TwoD
	default:
		s.scheme, p.Coding = schemeG3, CodingG3
	}
	if f.boolean(parms["EncodedByteAlign"]) {
		s.align = 8
	}
	inverted := f.boolean(parms["BlackIs1"]) != f.inverted(sd)
	if inverted {
		s.paper = 0xff
	}
	c := decodeStream(raw, s)
	m := &bilevel.Image{W: columns, H: c.rows, Stride: (columns + 7) / 8, Pix: c.pix}
	p.BadRows = c.bad
	if inverted {
		for i, v := range m.Pix {
			m.Pix[i] = ^v
		}
		trimPadding(m)
	}
	if columns != w {
		m = m.Crop(0, 0, w, m.H)
	}
	p.Image = m
	f.b.spend(m)
	return p, nil
}

// inverted tells whether a sample of 1 is the darker one: the Decode array turns the samples
// round, and so may a palette or an ink's own colour space.
func (f *pdfFile) inverted(sd types.StreamDict) bool {
	inv := false
	if d := f.numbers(sd.Dict["Decode"]); len(d) >= 2 && d[0] > d[1] {
		inv = true
	}
	if f.boolean(sd.Dict["ImageMask"]) {
		return inv
	}
	space, ok := f.deref(sd.Dict["ColorSpace"]).(types.Array)
	if !ok || len(space) == 0 {
		return inv
	}
	switch f.name(space[0]) {
	case "Separation", "DeviceN":
		return !inv // 1 is full ink
	case "Indexed", "I":
		if len(space) < 4 {
			return inv
		}
		n := f.channels(space[1], 1)
		table := f.bytes(space[3])
		if len(table) < 2*n {
			return inv
		}
		sum := func(b []byte) (s int) {
			for _, v := range b {
				s += int(v)
			}
			return s
		}
		lighter := sum(table[:n]) > sum(table[n:2*n])
		if n == 4 { // of ink
			lighter = !lighter
		}
		if lighter {
			return !inv
		}
	}
	return inv
}

// jpeg decodes a DCTDecode picture.
func (f *pdfFile) jpeg(sd types.StreamDict, raw []byte) (Page, error) {
	p := Page{Coding: CodingJPEG}
	g, err := jpegGrey(raw, f.b)
	if errors.Is(err, errDamaged) {
		return p, errPixels // PDFium decodes as much as there is
	}
	if err != nil {
		return p, err
	}
	if d := f.numbers(sd.Dict["Decode"]); len(d) == 2 && d[0] > d[1] {
		for i := range g.Pix {
			g.Pix[i] = ^g.Pix[i]
		}
	}
	g, _ = reduced(g)
	p.Image = toBilevel(g)
	f.b.spend(p.Image)
	return p, nil
}

// space is the name of a picture's colour space.
func (f *pdfFile) space(sd types.StreamDict) string {
	o := f.deref(sd.Dict["ColorSpace"])
	if a, ok := o.(types.Array); ok && len(a) > 0 {
		return f.name(a[0])
	}
	return f.name(o)
}

// palette is the brightness of each entry of an indexed picture's palette, nil for other pictures.
func (f *pdfFile) palette(sd types.StreamDict) []byte {
	if s := f.space(sd); s != "Indexed" && s != "I" {
		return nil
	}
	space, _ := f.deref(sd.Dict["ColorSpace"]).(types.Array)
	if len(space) < 4 {
		return nil
	}
	n, table := f.channels(space[1], 1), f.bytes(space[3])
	if n != 1 && n != 3 && n != 4 {
		return nil
	}
	out := make([]byte, 256)
	entries := min(256, len(table)/n)
	copy(out, greySamples(table, entries, 1, 8, n, nil, false).Pix)
	return out
}

// bytes is a string's or a stream's data.
func (f *pdfFile) bytes(o types.Object) []byte {
	switch v := f.deref(o).(type) {
	case types.StringLiteral:
		if b, err := types.Unescape(v.Value()); err == nil {
			return b
		}
	case types.HexLiteral:
		if b, err := v.Bytes(); err == nil {
			return b
		}
	case types.StreamDict:
		if b, err := unfiltered(v, len(v.FilterPipeline), 1<<16); err == nil {
			return b
		}
	}
	return nil
}

// channels is the number of components of a colour space.
func (f *pdfFile) channels(o types.Object, depth int) int {
	if depth > 4 {
		return 1
	}
	switch v := f.deref(o).(type) {
	case types.Name:
		switch v.Value() {
		case "DeviceRGB", "RGB", "CalRGB":
			return 3
		case "DeviceCMYK", "CMYK":
			return 4
		}
	case types.Array:
		if len(v) == 0 {
			return 1
		}
		switch f.name(v[0]) {
		case "ICCBased":
			if len(v) > 1 {
				return min(max(f.integer(f.dict(v[1])["N"], 1), 1), 4)
			}
		case "CalRGB", "Lab":
			return 3
		case "DeviceN":
			if len(v) > 1 {
				names, _ := f.deref(v[1]).(types.Array)
				return min(max(len(names), 1), 16)
			}
		case "DeviceRGB", "DeviceCMYK":
			return f.channels(v[0], depth+1)
		}
	}
	return 1
}
