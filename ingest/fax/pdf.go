package fax

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"todoke/internal/bilevel"
)

const (
	pdfReadTime  = 20 * time.Second // for a file's structure; a hundred pages take milliseconds
	maxTreeDepth = 64               // of the page tree
	maxFormDepth = 8                // of forms drawn within forms
	maxContent   = 16 << 20         // bytes of a page's content stream, unpacked
	maxOperators = 1 << 20          // of a page, forms drawn again counted again
	maxPlaced    = 1 << 10          // pictures on a page
	minCover     = 0.4              // share of the page that its picture must cover where the page holds more than it
	minorPicture = 0.05             // share of the largest picture below which another is a logo or a stamp
)

const asFax = "print or scan it as fax TIFF or PDF"

// quietPDF keeps pdfcpu from writing its configuration into the user's home.
var quietPDF = sync.OnceFunc(api.DisableConfigDir)

// pdfFile is a parsed PDF.
type pdfFile struct {
	xref *model.XRefTable
	b    *budget
}

// pdfPage is a leaf of the page tree with what it inherits.
type pdfPage struct {
	dict      types.Dict
	resources types.Object
	mediaBox  types.Object
	rotate    types.Object
	err       error
}

// pdfPages yields the pages of a PDF file.
func pdfPages(data []byte, b *budget, yield func(Page, error) bool) {
	f, leaves, err := openPDF(data, b)
	if err != nil {
		yield(Page{}, err)
		return
	}
	if len(leaves) == 0 {
		yield(Page{}, permanent(nil, "the PDF file has no page; send it again"))
		return
	}
	for i, leaf := range leaves {
		if i >= b.lim.Pages {
			yield(Page{Index: i}, permanent(nil, "the file has more than %d pages; send it in parts", b.lim.Pages))
			return
		}
		p, err := f.page(leaf)
		p.Index = i
		if !yield(p, err) {
			return
		}
	}
}

// guard turns a panic of the PDF library into an error.
func guard(err *error, what string) {
	if r := recover(); r != nil {
		*err = permanent(fmt.Errorf("panic: %v", r), "%s is damaged; %s", what, asFax)
	}
}

func openPDF(data []byte, b *budget) (f *pdfFile, leaves []pdfPage, err error) {
	defer guard(&err, "the PDF file")
	quietPDF()
	conf := model.NewDefaultConfiguration()
	conf.ValidationMode = model.ValidationRelaxed
	conf.Offline = true
	conf.Limits.MaxStreamBytes = int64(b.lim.Bytes)
	conf.Limits.MaxDecodeBytes = 64 << 20
	conf.Limits.MaxObjectCount = 1 << 20
	conf.Limits.MaxXRefEntries = 1 << 20
	conf.Limits.MaxObjectStreamCount = 1 << 16
	conf.Limits.MaxRecursionDepth = maxTreeDepth
	ctx, cancel := context.WithTimeout(context.Background(), pdfReadTime)
	defer cancel()
	parsed, err := pdfcpu.ReadWithContext(ctx, bytes.NewReader(data), conf)
	switch {
	case errors.Is(err, pdfcpu.ErrWrongPassword), errors.Is(err, pdfcpu.ErrEncrypted), errors.Is(err, pdfcpu.ErrOwnerPasswordRequired):
		return nil, nil, permanent(err, "the PDF file is locked with a password; send it without one")
	case err != nil:
		return nil, nil, permanent(err, "the PDF file is damaged; %s", asFax)
	}
	f = &pdfFile{xref: parsed.XRefTable, b: b}
	root, err := f.xref.Catalog()
	if err != nil {
		return nil, nil, permanent(err, "the PDF file is damaged; %s", asFax)
	}
	f.leaves(root["Pages"], pdfPage{}, map[int]bool{}, 0, &leaves)
	return f, leaves, nil
}

// leaves walks the page tree. The tree's own counts are not trusted.
func (f *pdfFile) leaves(node types.Object, above pdfPage, seen map[int]bool, depth int, out *[]pdfPage) {
	if len(*out) > f.b.lim.Pages || depth > maxTreeDepth {
		return
	}
	if ref, ok := node.(types.IndirectRef); ok {
		if n := ref.ObjectNumber.Value(); seen[n] {
			return
		} else {
			seen[n] = true
		}
	}
	d := f.dict(node)
	if d == nil {
		*out = append(*out, pdfPage{err: permanent(nil, "this page is missing from the PDF file; send it again")})
		return
	}
	for key, v := range map[string]*types.Object{"Resources": &above.resources, "MediaBox": &above.mediaBox, "Rotate": &above.rotate} {
		if o, ok := d[key]; ok {
			*v = o
		}
	}
	kids, ok := f.deref(d["Kids"]).(types.Array)
	if !ok {
		above.dict = d
		*out = append(*out, above)
		return
	}
	for _, k := range kids {
		f.leaves(k, above, seen, depth+1, out)
	}
}

// deref follows references; nil where they lead nowhere.
func (f *pdfFile) deref(o types.Object) types.Object {
	v, err := f.xref.Dereference(o)
	if err != nil {
		return nil
	}
	return v
}

func (f *pdfFile) dict(o types.Object) types.Dict {
	switch d := f.deref(o).(type) {
	case types.Dict:
		return d
	case types.StreamDict:
		return d.Dict
	}
	return nil
}

func (f *pdfFile) number(o types.Object) (float64, bool) {
	switch n := f.deref(o).(type) {
	case types.Integer:
		return float64(n), true
	case types.Float:
		return float64(n), true
	}
	return 0, false
}

func (f *pdfFile) integer(o types.Object, otherwise int) int {
	if n, ok := f.number(o); ok && math.Abs(n) < 1<<31 {
		return int(n)
	}
	return otherwise
}

func (f *pdfFile) boolean(o types.Object) bool {
	v, ok := f.deref(o).(types.Boolean)
	return ok && bool(v)
}

func (f *pdfFile) name(o types.Object) string {
	if n, ok := f.deref(o).(types.Name); ok {
		return n.Value()
	}
	return ""
}

func (f *pdfFile) numbers(o types.Object) []float64 {
	a, _ := f.deref(o).(types.Array)
	out := make([]float64, 0, min(len(a), 16))
	for _, v := range a[:min(len(a), 16)] {
		n, _ := f.number(v)
		out = append(out, n)
	}
	return out
}

// stream is a stream object's data with all its filters undone, at most limit bytes.
func (f *pdfFile) stream(o types.Object, limit int64) ([]byte, error) {
	sd, ok := f.deref(o).(types.StreamDict)
	if !ok {
		return nil, errors.New("no stream")
	}
	return unfiltered(sd, len(sd.FilterPipeline), limit)
}

// unfiltered undoes the first n filters of a stream.
func unfiltered(sd types.StreamDict, n int, limit int64) ([]byte, error) {
	if n == 0 {
		return sd.Raw, nil
	}
	part := types.StreamDict{Dict: sd.Dict, Raw: sd.Raw, FilterPipeline: sd.FilterPipeline[:n]}
	if err := part.DecodeWithLimit(limit); err != nil {
		return nil, err
	}
	return part.Content, nil
}

// page decodes the picture of a page.
func (f *pdfFile) page(leaf pdfPage) (p Page, err error) {
	defer guard(&err, "this page")
	if leaf.err != nil {
		return p, leaf.err
	}
	s := &pageScan{f: f}
	s.run(f.contents(leaf.dict["Contents"]), leaf.resources, gstate{m: identity, fillInk: true}, 0)
	if len(s.images) == 0 {
		switch {
		case s.overrun:
			return p, permanent(nil, "this page is too complicated; %s", asFax)
		case s.inline:
			return p, permanent(nil, "this page's picture is within its content stream; %s", asFax)
		case s.text || s.drawing:
			return p, permanent(nil, "this page is text or drawing, not a scanned sheet; %s", asFax)
		}
		return p, permanent(nil, "this page has no picture; %s", asFax)
	}
	page := 0.0
	if box := f.numbers(leaf.mediaBox); len(box) == 4 {
		page = math.Abs((box[2] - box[0]) * (box[3] - box[1]))
	}
	parts, minor, err := s.sheet()
	if err != nil {
		return p, err
	}
	covered := 0.0
	for _, im := range parts {
		covered += im.m.area()
	}
	if (s.text || s.drawing) && covered < minCover*page {
		return p, permanent(nil, "this page is text or drawing, not a scanned sheet; %s", asFax)
	}
	for _, im := range parts {
		part, err := f.image(im.sd)
		if err != nil {
			return p, err
		}
		if p.Image == nil {
			p = part
			continue
		}
		for _, r := range part.BadRows {
			p.BadRows = append(p.BadRows, p.Image.H+r)
		}
		p.Image = &bilevel.Image{W: p.Image.W, H: p.Image.H + part.Image.H, Stride: p.Image.Stride, Pix: append(p.Image.Pix, part.Image.Pix...)}
	}
	m := parts[0].m
	unit := 1.0
	if u, ok := f.number(leaf.dict["UserUnit"]); ok && u > 0 {
		unit = u
	}
	height := 0.0
	for _, im := range parts {
		height += math.Hypot(im.m[2], im.m[3])
	}
	const points = 72
	x := float64(p.Image.W) * points / (math.Hypot(m[0], m[1]) * unit)
	y := float64(p.Image.H) * points / (height * unit)
	finish(&p, orientationOf(m, f.integer(leaf.rotate, 0)), x, y)
	var also []string
	if s.text || s.drawing || s.inline {
		also = append(also, "text or drawings")
	}
	if minor > 0 {
		also = append(also, "small pictures")
	}
	if f.annotated(leaf.dict["Annots"]) {
		also = append(also, "comments")
	}
	if len(also) > 0 {
		p.LeftOut = true
		note := fmt.Sprintf("the page has %s on top of the scanned sheet that are left out", join(also))
		if p.Note != "" {
			note = p.Note + "; " + note
		}
		p.Note = note
	}
	return p, nil
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

// contents joins a page's content streams.
func (f *pdfFile) contents(o types.Object) []byte {
	if a, ok := f.deref(o).(types.Array); ok {
		var out []byte
		for _, part := range a {
			b, err := f.stream(part, maxContent)
			if err == nil {
				out = append(append(out, b...), '\n')
			}
			if len(out) > maxContent {
				break
			}
		}
		return out
	}
	b, err := f.stream(o, maxContent)
	if err != nil {
		return nil
	}
	return b
}

// image decodes a picture, as it is stored.
func (f *pdfFile) image(sd types.StreamDict) (Page, error) {
	var p Page
	w, h := f.integer(sd.Dict["Width"], 0), f.integer(sd.Dict["Height"], 0)
	if err := f.b.pageSize(int64(w), int64(h)); err != nil {
		return p, err
	}
	if err := f.b.read(int64(len(sd.Raw))); err != nil {
		return p, err
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
		return p, permanent(nil, "this page is a JBIG2 picture; %s", asFax)
	case filter.JPX:
		return p, permanent(nil, "this page is a JPEG 2000 picture; %s", asFax)
	case filter.DCT:
		raw, err := unfiltered(sd, n-1, int64(f.b.lim.Bytes))
		if err != nil {
			return damaged(err)
		}
		if p.Image, err = jpegImage(raw, f.b); err != nil {
			return p, err
		}
		p.Coding = CodingJPEG
		f.b.spend(p.Image)
		return p, nil
	}
	bits, channels := f.integer(sd.Dict["BitsPerComponent"], 1), f.channels(sd.Dict["ColorSpace"], 0)
	if f.boolean(sd.Dict["ImageMask"]) {
		bits, channels = 1, 1
	}
	rowBytes := (w*bits*channels + 7) / 8
	if bits != 1 || channels != 1 {
		if err := f.b.greySize(w, h); err != nil {
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
	case bits == 8 && (channels == 1 || channels == 3 || channels == 4) && !f.indexed(sd):
		p.Image = toBilevel(greySamples(raw, w, h, channels, inverted))
	default:
		return p, permanent(nil, "this page is a picture of %d × %d bits; %s", channels, bits, asFax)
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

func (f *pdfFile) indexed(sd types.StreamDict) bool {
	space, _ := f.deref(sd.Dict["ColorSpace"]).(types.Array)
	return len(space) > 0 && (f.name(space[0]) == "Indexed" || f.name(space[0]) == "I")
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

// sheet picks the pictures that make up the scanned sheet, from top to bottom, and tells how
// many smaller ones there are besides.
func (s *pageScan) sheet() (parts []placed, minor int, err error) {
	largest := slices.MaxFunc(s.images, func(a, b placed) int {
		return cmpFloat(a.m.area(), b.m.area())
	})
	for _, im := range s.images {
		if im.m.area() < minorPicture*largest.m.area() {
			minor++
			continue
		}
		parts = append(parts, im)
	}
	if len(parts) == 1 {
		return parts, minor, nil
	}
	slices.SortStableFunc(parts, func(a, b placed) int { return cmpFloat(b.m[5], a.m[5]) })
	f, first := s.f, parts[0]
	for i, im := range parts {
		near := func(a, b float64) bool { return math.Abs(a-b) < 0.01*first.m[0] }
		upright := im.m[0] > 0 && im.m[3] > 0 && im.m[1] == 0 && im.m[2] == 0
		strip := upright && near(im.m[0], first.m[0]) && near(im.m[4], first.m[4]) &&
			f.integer(im.sd.Dict["Width"], 0) == f.integer(first.sd.Dict["Width"], 0)
		if i > 0 {
			strip = strip && near(im.m[5]+im.m[3], parts[i-1].m[5])
		}
		if !strip {
			return nil, 0, permanent(nil, "this page is made of %d pictures; %s", len(parts), asFax)
		}
	}
	return parts, minor, nil
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
