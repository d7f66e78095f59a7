package fax

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
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
	fileTime     = 5 * time.Minute  // for all pages of a file that are drawn
	points       = 72               // an inch
)

const asFax = "print or scan it as fax TIFF or PDF"

// quietPDF keeps pdfcpu from writing its configuration into the user's home.
var quietPDF = sync.OnceFunc(api.DisableConfigDir)

// pdfFile is a parsed PDF.
type pdfFile struct {
	xref   *model.XRefTable
	b      *budget
	drawer *drawer
}

// pdfPage is a leaf of the page tree with what it inherits.
type pdfPage struct {
	number    int // of its object, 0 where it has none
	dict      types.Dict
	resources types.Object
	mediaBox  types.Object
	rotate    types.Object
	err       error
}

// pdfPages yields the pages of a PDF file.
func pdfPages(data []byte, b *budget, yield func(Page, error) bool) {
	d := &drawer{data: data, b: b, left: fileTime}
	defer d.close()
	f, leaves, err := openPDF(data, b)
	if errors.Is(err, errLocked) {
		yield(Page{}, err)
		return
	}
	if err != nil || len(leaves) == 0 { // PDFium is more patient with damage
		d.allPages(err, yield)
		return
	}
	f.drawer = d
	for i, leaf := range leaves {
		if i >= b.lim.Pages {
			yield(Page{Index: i}, tooManyPages(b))
			return
		}
		p, err := f.page(i, leaf)
		p.Index = i
		if !yield(p, err) {
			return
		}
	}
}

func tooManyPages(b *budget) error {
	return permanent(nil, "the file has more than %d pages; send it in parts", b.lim.Pages)
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
		return nil, nil, locked(err)
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
	above.number = 0
	if ref, ok := node.(types.IndirectRef); ok {
		if above.number = ref.ObjectNumber.Value(); seen[above.number] {
			return
		}
		seen[above.number] = true
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

// contentOf is the data of a content stream with all its filters undone, and whether that is all
// of it: the PDF library takes what there is of data that were cut off.
func contentOf(sd types.StreamDict) (data []byte, whole bool) {
	data, err := unfiltered(sd, len(sd.FilterPipeline), maxContent)
	if err != nil {
		return nil, false
	}
	if len(sd.FilterPipeline) > 0 && sd.FilterPipeline[0].Name == filter.Flate && len(sd.Raw) > 2 {
		// Behind the header of zlib; the checksum at its end is missing from many a sound file.
		_, err = io.Copy(io.Discard, io.LimitReader(flate.NewReader(bytes.NewReader(sd.Raw[2:])), maxContent))
	}
	return data, err == nil
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
