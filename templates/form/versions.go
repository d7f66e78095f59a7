package form

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"todoke/order"
	"todoke/templates/pdf"
)

var _ Canvas = (*pdf.Doc)(nil)

// published holds the geometry of every version ever printed, as data: KIND-VERSION.json. A file
// is never changed once forms of it are out: a new arrangement is a new version beside it, for
// old sheets lie in customers' drawers for years, and the code that drew them moves on.
//
//go:embed layouts/*.json
var published embed.FS

// layouts are the published files, read once. A broken file is a broken program.
var layouts = sync.OnceValue(func() map[Kind]map[int][]byte {
	out := map[Kind]map[int][]byte{}
	files, err := published.ReadDir("layouts")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".json")
		i := strings.LastIndexByte(name, '-')
		version, err := strconv.Atoi(name[i+1:])
		if i < 1 || err != nil || version < 1 {
			panic("form: layouts/" + f.Name() + " is not named KIND-VERSION.json")
		}
		b, err := published.ReadFile(path.Join("layouts", f.Name()))
		if err != nil {
			panic(err)
		}
		kind := Kind(name[:i])
		if out[kind] == nil {
			out[kind] = map[int][]byte{}
		}
		out[kind][version] = b
	}
	return out
})

// Current is the version that is printed today, the latest published; 0 of an unknown kind.
func Current(kind Kind) int {
	versions := layouts()[kind]
	if len(versions) == 0 {
		return 0
	}
	return slices.Max(slices.Collect(maps.Keys(versions)))
}

// Kinds lists the forms there are.
func Kinds() []Kind { return slices.Sorted(maps.Keys(layouts())) }

// LayoutOf tells the geometry of a form; the caller owns the copy. A kind or version that was
// never printed is an error of kind not_found.
func LayoutOf(kind Kind, version int) (*Layout, error) {
	b, ok := layouts()[kind][version]
	if !ok {
		return nil, order.NotFound("form", fmt.Sprintf("there is no form %q in version %d: the forms are %q, see `todoke form layout`", kind, version, Kinds()))
	}
	var l Layout
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, fmt.Errorf("read layout of form %s version %d: %w", kind, version, err)
	}
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

// RenderPDF writes the sheets of a form as a PDF of as many pages; at is its creation date.
func RenderPDF(w io.Writer, at time.Time, sheets ...*Drawing) error {
	if len(sheets) == 0 {
		return errors.New("write form: there is no sheet")
	}
	first := sheets[0]
	numbers := make([]string, len(sheets))
	for i, d := range sheets {
		numbers[i] = d.Identity.Number()
	}
	doc := pdf.New(first.Layout.Page.WidthMM, first.Layout.Page.HeightMM, pdf.Info{Title: first.Title, Subject: strings.Join(numbers, ", "), At: at})
	for _, d := range sheets {
		doc.AddPage()
		d.Draw(doc)
	}
	return doc.Output(w)
}
