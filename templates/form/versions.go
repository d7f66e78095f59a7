package form

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"todoke/order"
	"todoke/templates/pdf"
)

var _ Canvas = (*pdf.Doc)(nil)

// layouts holds the geometry of every version ever printed. A version is never changed once
// forms of it are out: a new arrangement is a new version beside it, for old sheets lie in
// customers' drawers for years.
var layouts = map[Kind]map[int]func() Layout{
	KindOrder: {1: orderV1},
}

// Current is the version that is printed today.
func Current(kind Kind) int {
	versions := layouts[kind]
	if len(versions) == 0 {
		return 0
	}
	return slices.Max(slices.Collect(maps.Keys(versions)))
}

// Kinds lists the forms there are.
func Kinds() []Kind { return slices.Sorted(maps.Keys(layouts)) }

// LayoutOf tells the geometry of a form; the caller owns the copy. A kind or version that was
// never printed is an error of kind not_found.
func LayoutOf(kind Kind, version int) (*Layout, error) {
	make, ok := layouts[kind][version]
	if !ok {
		return nil, order.NotFound("form", fmt.Sprintf("there is no form %q in version %d: the forms are %q, see `todoke form layout`", kind, version, Kinds()))
	}
	l := make()
	return &l, nil
}

// Drawing is a form made out for someone, to be drawn on any canvas.
type Drawing struct {
	Layout   Layout
	Identity Identity
	Title    string // of the PDF
	draw     func(Canvas)
}

// Draw draws the form, with the top left of the paper at the canvas's.
func (d *Drawing) Draw(c Canvas) { d.draw(c) }

// RenderPDF writes the form as a PDF of one page; at is its creation date.
func (d *Drawing) RenderPDF(w io.Writer, at time.Time) error {
	doc := pdf.New(d.Layout.Page.WidthMM, d.Layout.Page.HeightMM, pdf.Info{Title: d.Title, Subject: d.Identity.Number(), At: at})
	doc.AddPage()
	d.Draw(doc)
	return doc.Output(w)
}
