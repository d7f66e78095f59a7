package pdf

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"todoke/internal/bilevel"
	"todoke/templates/typeset"
)

// A4 in millimetres, upright.
const (
	A4Width  = 210.0
	A4Height = 297.0
)

// Info is what a PDF says about itself.
type Info struct {
	Title   string
	Subject string
	Author  string
	At      time.Time // creation and modification date: an argument, so that equal input gives equal bytes
}

// Doc is a PDF being written. The first error sticks and is told by Output. What is drawn is put down
// only then: by that time it is known which glyphs the fonts must have.
type Doc struct {
	f      *fpdf.Fpdf
	drawn  []func()
	pages  int
	used   [2]map[rune]bool // runes, by weight
	fonts  [2]bool
	images map[picture]string
	err    error

	size   float64
	weight typeset.Weight
	grey   bool
	width  float64
}

// picture tells equal pictures by size and content.
type picture struct {
	w, h int
	sum  [sha256.Size]byte
}

// family is the one font family of all documents.
const family = "bizudp"

// textGrey is the shade of secondary text: dark enough to survive a copier.
const textGrey = 85

// New starts a PDF with pages of the given size in mm.
func New(widthMM, heightMM float64, info Info) *Doc {
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: widthMM, Ht: heightMM}})
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	f.SetCatalogSort(true) // else fonts and images come in map order
	f.SetCreationDate(info.At.UTC())
	f.SetModificationDate(info.At.UTC())
	f.SetProducer("todoke", true)
	f.SetCreator("todoke", true)
	f.SetTitle(typeset.Clean(info.Title), true)
	f.SetSubject(typeset.Clean(info.Subject), true)
	f.SetAuthor(typeset.Clean(info.Author), true)
	f.SetLang("ja-JP")
	f.SetDisplayMode("fullpage", "single")
	return &Doc{f: f, images: make(map[picture]string), used: [2]map[rune]bool{{}, {}}}
}

func (d *Doc) draw(do func()) { d.drawn = append(d.drawn, do) }

// AddPage begins a new page.
func (d *Doc) AddPage() {
	d.pages++
	d.draw(func() {
		d.f.AddPage()
		d.width = -1 // fpdf repeats its own state on a new page, but say it anew
		d.size = 0
	})
}

// Fill paints a rectangle black.
func (d *Doc) Fill(x, y, w, h float64) { d.draw(func() { d.f.Rect(x, y, w, h, "F") }) }

// Shade paints a rectangle in a light grey for the heads of tables; level is 0 (black) to 255
// (white).
func (d *Doc) Shade(x, y, w, h float64, level int) {
	d.draw(func() {
		d.f.SetFillColor(level, level, level)
		d.f.Rect(x, y, w, h, "F")
		d.f.SetFillColor(0, 0, 0)
	})
}

// Frame draws a rectangle's outline, its line centred on the edges.
func (d *Doc) Frame(x, y, w, h, line float64) {
	d.draw(func() {
		d.line(line)
		d.f.Rect(x, y, w, h, "D")
	})
}

// Line draws a line with square ends at its end points.
func (d *Doc) Line(x0, y0, x1, y1, line float64) {
	d.draw(func() {
		d.line(line)
		d.f.Line(x0, y0, x1, y1)
	})
}

func (d *Doc) line(width float64) {
	if width != d.width {
		d.f.SetLineCapStyle("butt")
		d.f.SetLineJoinStyle("miter")
		d.f.SetLineWidth(width)
		d.width = width
	}
}

// Check draws ☐, or ☑ where ticked, as lines: no font is trusted with them. x, y is the top
// left corner, side in mm.
func (d *Doc) Check(x, y, side float64, ticked bool) {
	d.Frame(x, y, side, side, max(0.2, side*0.07))
	if ticked {
		w := max(0.35, side*0.13)
		d.Line(x+side*0.18, y+side*0.52, x+side*0.42, y+side*0.78, w)
		d.Line(x+side*0.40, y+side*0.78, x+side*0.84, y+side*0.20, w)
	}
}

// Text sets one line of text with its baseline at y; x is the left end, centre or right end as
// the style says. The text is cleaned (typeset.Clean). It returns the width set, in mm.
func (d *Doc) Text(x, y float64, s string, st typeset.Style) float64 {
	s = typeset.Clean(s)
	s, size := typeset.Fit(s, st.Fit, st.Size, st.Weight)
	if s == "" {
		return 0
	}
	w := typeset.Width(s, size, st.Weight)
	switch st.Align {
	case typeset.Left:
	case typeset.Center:
		x -= w / 2
	case typeset.Right:
		x -= w
	}
	for _, r := range s {
		d.used[st.Weight][r] = true
	}
	d.draw(func() {
		d.setFont(size, st.Weight)
		if st.Grey != d.grey {
			v := 0
			if st.Grey {
				v = textGrey
			}
			d.f.SetTextColor(v, v, v)
			d.grey = st.Grey
		}
		d.f.Text(x, y, s)
	})
	return w
}

func (d *Doc) setFont(size float64, w typeset.Weight) {
	style := ""
	if w == typeset.Bold {
		style = "B"
	}
	if !d.fonts[w] {
		d.f.AddUTF8FontFromBytes(family, style, w.Subset(slices.Collect(maps.Keys(d.used[w]))))
		d.fonts[w] = true
	}
	if size != d.size || w != d.weight {
		d.f.SetFont(family, style, size)
		d.size, d.weight = size, w
	}
}

// Image sets a bilevel picture into the rectangle, stretched to it. Equal pictures are stored
// once.
func (d *Doc) Image(x, y, w, h float64, m *bilevel.Image) {
	if d.err != nil || m == nil || m.W == 0 || m.H == 0 {
		return
	}
	key := picture{m.W, m.H, sha256.Sum256(m.Pix)}
	name, ok := d.images[key]
	if !ok {
		var b bytes.Buffer
		if err := m.EncodePNG(&b, 0, 0); err != nil {
			d.err = fmt.Errorf("encode picture: %w", err)
			return
		}
		name = fmt.Sprintf("image%d", len(d.images)+1)
		d.f.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "PNG"}, &b)
		d.images[key] = name
	}
	d.draw(func() { d.f.ImageOptions(name, x, y, w, h, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "") })
}

// Modules paints a bar code or QR code: dark runs of the matrix as rectangles, stretched to the
// box. Runs that continue in the row below overlap it by a hair, lest viewers show a white
// seam between them.
func (d *Doc) Modules(x, y, w, h float64, matrix [][]bool) {
	d.draw(func() { d.modules(x, y, w, h, matrix) })
}

func (d *Doc) modules(x, y, w, h float64, matrix [][]bool) {
	const hair = 0.02
	rows := len(matrix)
	for j, row := range matrix {
		y0, y1 := y+h*float64(j)/float64(rows), y+h*float64(j+1)/float64(rows)
		for i := 0; i < len(row); i++ {
			if !row[i] {
				continue
			}
			k := i
			for k < len(row) && row[k] {
				k++
			}
			seam := 0.0
			if j+1 < rows && anyDark(matrix[j+1], i, k) {
				seam = hair
			}
			x0, x1 := x+w*float64(i)/float64(len(row)), x+w*float64(k)/float64(len(row))
			d.f.Rect(x0, y0, x1-x0, y1-y0+seam, "F")
			i = k
		}
	}
}

func anyDark(row []bool, i, k int) bool {
	for ; i < min(k, len(row)); i++ {
		if row[i] {
			return true
		}
	}
	return false
}

// Pages is the number of pages so far.
func (d *Doc) Pages() int { return d.pages }

// Output finishes the document and writes it.
func (d *Doc) Output(w io.Writer) error {
	if d.err != nil {
		return fmt.Errorf("render pdf: %w", d.err)
	}
	for _, do := range d.drawn {
		do()
	}
	d.drawn = nil
	if err := d.f.Output(w); err != nil {
		return fmt.Errorf("render pdf: %w", err)
	}
	return nil
}

// Round is a coordinate rounded to a thousandth of a millimetre: sums of decimal fractions are
// then equal where they mean the same place.
func Round(mm float64) float64 { return math.Round(mm*1000) / 1000 }
