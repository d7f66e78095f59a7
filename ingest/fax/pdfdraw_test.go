package fax_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
)

// pdfObjects builds a PDF of the given objects, the first being the catalogue.
func pdfObjects(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.6\n")
	var offs []int
	for i, s := range objects {
		offs = append(offs, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, s)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offs)+1)
	for _, o := range offs {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offs)+1, start)
	return b.Bytes()
}

func pdfStream(dict string, data []byte) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

// scanAndText is a page of A4 with a picture, a font F and the given content and page entries.
func scanAndText(page, content string, picture string) []byte {
	return pdfObjects(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 6 0 R>>/XObject<</I 5 0 R>>>>"+page+">>",
		pdfStream("", []byte(content)),
		picture,
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
		pdfStream("/Type/XObject/Subtype/Form/BBox[0 0 200 40]/Resources<</Font<</F 6 0 R>>>>", []byte("BT /F 24 Tf 0 8 Td (comment) Tj ET")),
	)
}

// g4 is an image coded as ITU-T T.6, 1 = ink.
func g4(tb testing.TB, m *bilevel.Image) []byte {
	tb.Helper()
	file := encodePDF(tb, fax.Options{XDPI: 204, YDPI: 196}, m)
	at := bytes.Index(file, []byte("/K -1"))
	from := at + bytes.Index(file[at:], []byte("stream\n")) + 7
	return file[from : from+bytes.Index(file[from:], []byte("\nendstream"))]
}

// jbig2 is an image as an embedded JBIG2 stream (ITU-T T.88): page information, and one generic
// region coded as MMR. Its segments before the region may go into JBIG2Globals.
func jbig2(tb testing.TB, m *bilevel.Image) (globals, data []byte) {
	tb.Helper()
	segment := func(number uint32, kind, page byte, body []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, number)
		out = append(out, kind, 0, page)
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
		return append(out, body...)
	}
	size := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(m.W)), uint32(m.H))
	info := append(bytes.Clone(size), make([]byte, 8+1+2)...)
	region := append(bytes.Clone(size), make([]byte, 8+1)...)
	region = append(append(region, 1), g4(tb, m)...) // MMR
	return segment(0, 48, 1, info), segment(1, 38, 1, region)
}

func TestJBIG2KeepsItsPixels(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 2200, 4)
	globals, data := jbig2(t, m)
	image := "/Type/XObject/Subtype/Image/Width 1728/Height 2200/BitsPerComponent 1"
	for name, c := range map[string]struct{ dict, content string }{
		"grey":                {"/ColorSpace/DeviceGray", "595 0 0 842 0 0 cm /I Do"},
		"mask":                {"/ImageMask true/Decode[1 0]", "595 0 0 842 0 0 cm /I Do"},
		"recognised text":     {"/ColorSpace/DeviceGray", "q 595 0 0 842 0 0 cm /I Do Q BT /F 20 Tf 3 Tr 90 700 Td (Order) Tj ET"},
		"decode turned round": {"/ColorSpace/DeviceGray/Decode[1 0]", "595 0 0 842 0 0 cm /I Do"},
	} {
		file := scanAndText("", c.content, pdfStream(image+c.dict+"/Filter/JBIG2Decode", append(bytes.Clone(globals), data...)))
		p := decode(t, file)[0]
		want := m
		if strings.Contains(c.dict, "DeviceGray/Decode") {
			want = bilevel.New(m.W, m.H)
			for y := range m.H {
				for x := range m.W {
					want.Set(x, y, !m.At(x, y))
				}
			}
		}
		same(t, name, p, want)
		if p.Coding != fax.CodingJBIG2 || math.Abs(p.XDPI-1728*72/595.0) > 0.1 || p.LeftOut || p.Note != "" {
			t.Errorf("%s: %s at %g dpi, note %q", name, p.Coding, p.XDPI, p.Note)
		}
	}
}

// TestJBIG2WithGlobals has a halftone region, whose patterns are in the globals.
func TestJBIG2WithGlobals(t *testing.T) {
	t.Parallel()
	cells := pages(t, 100, 75)["specks"]
	m := cells.Repeat(8, 8)
	patterns := bilevel.New(16, 8) // a white one and a black one
	for y := range 8 {
		patterns.Fill(8, 16, y)
	}
	globals := append([]byte{0, 0, 0, 0, 16, 0, 0}, binary.BigEndian.AppendUint32(nil, uint32(7+len(g4(t, patterns))))...)
	globals = append(append(globals, 1, 8, 8, 0, 0, 0, 1), g4(t, patterns)...)
	_, region := jbig2(t, m)
	info, _ := jbig2(t, m)
	info[3] = 1
	grid := append(bytes.Clone(region[11:11+17]), 1) // region information, MMR
	for _, v := range []uint32{100, 75, 0, 0} {
		grid = binary.BigEndian.AppendUint32(grid, v)
	}
	grid = append(append(grid, 8, 0, 0, 0), g4(t, cells)...)
	data := append(bytes.Clone(info), 0, 0, 0, 2, 23, 1<<5, 0, 1)
	data = append(binary.BigEndian.AppendUint32(data, uint32(len(grid))), grid...)
	file := pdfObjects(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 800 600]/Rotate 180/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
		pdfStream("", []byte("800 0 0 600 0 0 cm /I Do")),
		pdfStream("/Type/XObject/Subtype/Image/Width 800/Height 600/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/JBIG2Decode/DecodeParms<</JBIG2Globals 6 0 R>>", data),
		pdfStream("", globals),
	)
	same(t, "turned", decode(t, file)[0], m.Rotate(180))
}

// ink is the number of black pixels in a part of a page, given in points from the upper left.
func ink(p fax.Page, x0, y0, x1, y1 float64) int {
	at := func(v, dpi float64) int { return int(v / 72 * dpi) }
	return p.Image.Count(at(x0, p.XDPI), at(y0, p.YDPI), at(x1, p.XDPI), at(y1, p.YDPI))
}

func TestTypedPagesAreDrawn(t *testing.T) {
	t.Parallel()
	blank := pdfStream("/Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 1/ColorSpace/DeviceGray", bytes.Repeat([]byte{0xff}, 8))
	text := "BT /F 24 Tf 100 700 Td (ORDER 1234567) Tj ET"
	for name, c := range map[string]struct {
		page, content  string
		x0, y0, x1, y1 float64 // where ink must be, and nowhere else
		w, h           float64 // of the page, in points
	}{
		"upright":      {"", text, 98, 118, 310, 148, 595, 842},
		"turned":       {"/Rotate 90", text, 694, 98, 724, 310, 842, 595},
		"cropped":      {"/CropBox[50 600 400 800]", text, 48, 76, 260, 106, 350, 200},
		"user unit":    {"/UserUnit 2", text, 196, 236, 620, 296, 1190, 1684},
		"red":          {"", "1 0 0 rg " + text, 98, 118, 310, 148, 595, 842},
		"on grey":      {"", "0.8 g 90 690 300 40 re f 0 g " + text, 98, 118, 310, 148, 595, 842},
		"with a logo":  {"", text + " q 30 0 0 30 500 20 cm /I Do Q", 98, 118, 310, 148, 595, 842},
		"line drawing": {"", "3 w 100 700 m 300 700 l S", 98, 139, 302, 145, 595, 842},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := decode(t, scanAndText(c.page, c.content, blank))[0]
			if p.Coding != fax.CodingDrawn || !p.Stated || p.LeftOut {
				t.Errorf("%s, stated %v, left out %v, note %q", p.Coding, p.Stated, p.LeftOut, p.Note)
			}
			if w, h := float64(p.Image.W)*72/p.XDPI, float64(p.Image.H)*72/p.YDPI; math.Abs(w-c.w) > 0.5 || math.Abs(h-c.h) > 0.5 {
				t.Errorf("%.1f × %.1f points, want %g × %g", w, h, c.w, c.h)
			}
			all := p.Image.Count(0, 0, p.Image.W, p.Image.H)
			if n := ink(p, c.x0, c.y0, c.x1, c.y1); n < 1000 || n != all {
				t.Errorf("%d black pixels, %d of them where they belong", all, n)
			}
		})
	}
}

func TestWhatStandsOnAScanIsDrawnIntoIt(t *testing.T) {
	t.Parallel()
	m := textPage(1653, 1170, 6) // the lower half of the sheet at 200 dpi
	scan := pdfStream("/Type/XObject/Subtype/Image/Width 1653/Height 1170/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 1653>>", g4(t, m))
	place := "q 595.08 0 0 421.2 0 0 cm /I Do Q "
	comment := "/Annots[<</Type/Annot/Subtype/FreeText/Rect[100 700 300 740]/F 4/Contents(5)/AP<</N 7 0 R>>>>]"
	for name, c := range map[string]struct {
		page, content string
		same          bool // the scan's pixels are as they were
		grown         bool
	}{
		"typed beside it":     {"", place + "BT /F 24 Tf 100 700 Td (ORDER 1234567) Tj ET", true, true},
		"typed first":         {"", "BT /F 24 Tf 100 700 Td (ORDER 1234567) Tj ET " + place, true, true},
		"typed on it":         {"", place + "BT /F 24 Tf 100 200 Td (ORDER 1234567) Tj ET", false, false},
		"blotted out":         {"", place + "1 g 100 100 300 200 re f", false, false},
		"commented":           {comment, place, true, true},
		"field":               {strings.Replace(comment, "FreeText", "Widget/FT/Tx", 1), place, true, true},
		"hidden beneath it":   {"", "0 g 100 100 300 200 re f " + place, true, false},
		"white in the ground": {"", "1 g 0 0 595 842 re f " + place, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := decode(t, scanAndText(c.page, c.content, scan))[0]
			if p.LeftOut || p.Note != "" || math.Abs(p.XDPI-200) > 0.1 || math.Abs(p.YDPI-200) > 0.1 {
				t.Fatalf("%g × %g dpi, left out %v, note %q", p.XDPI, p.YDPI, p.LeftOut, p.Note)
			}
			top := p.Image.H - m.H
			if grown := top > 1000; grown != c.grown || p.Image.W != m.W {
				t.Fatalf("%d × %d pixels", p.Image.W, p.Image.H)
			}
			n := differing(p.Image.Crop(0, top, m.W, p.Image.H), m)
			if c.same && n > 0 || !c.same && n < 1000 {
				t.Errorf("%d pixels of the scan have changed", n)
			}
			if c.grown && p.Image.Count(0, 0, m.W, top) < 1000 {
				t.Error("what was typed is not there")
			}
		})
	}
}

func TestPagesOfManyPicturesAreDrawn(t *testing.T) {
	t.Parallel()
	m := textPage(800, 2200, 7)
	scan := pdfStream("/Type/XObject/Subtype/Image/Width 800/Height 2200/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 800>>", g4(t, m))
	p := decode(t, scanAndText("", "q 288 0 0 792 0 0 cm /I Do Q q 288 0 0 792 300 0 cm /I Do Q", scan))[0]
	if p.Coding != fax.CodingDrawn || p.LeftOut {
		t.Fatalf("%s, note %q", p.Coding, p.Note)
	}
	if a, b := ink(p, 0, 50, 288, 842), ink(p, 300, 50, 588, 842); a < 10000 || math.Abs(float64(a-b)) > 0.02*float64(a) {
		t.Fatalf("%d and %d black pixels", a, b)
	}
}

func TestEmptyPageSaysSo(t *testing.T) {
	t.Parallel()
	blank := pdfStream("/Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 1/ColorSpace/DeviceGray", bytes.Repeat([]byte{0xff}, 8))
	p := decode(t, scanAndText("", "", blank))[0]
	if p.Image.Count(0, 0, p.Image.W, p.Image.H) != 0 || p.Note != "the page is empty" || p.LeftOut {
		t.Errorf("note %q", p.Note)
	}
	lost := strings.Replace(string(scanAndText("", "BT /F 24 Tf 100 700 Td <8abc> Tj ET", blank)), "/Subtype/Type1/BaseFont/Helvetica-Bold",
		"/Subtype/Type0/BaseFont/MS-Gothic/Encoding/90ms-RKSJ-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2/BaseFont/MS-Gothic/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>>>]", 1)
	if p := decode(t, []byte(lost))[0]; !p.LeftOut || !strings.Contains(p.Note, "font") {
		t.Errorf("text without its font: note %q", p.Note)
	}
	lost = strings.NewReplacer("BT /F 24 Tf 100 700 Td <8abc> Tj ET", "", "/Contents 4", "/Annots[<</Type/Annot/Subtype/FreeText/Rect[100 700 300 740]/F 4/Contents(5)/AP<</N 7 0 R>>>>]/Contents 4").Replace(lost)
	if p := decode(t, []byte(lost))[0]; !p.LeftOut || !strings.Contains(p.Note, "font") {
		t.Errorf("a comment without its font: note %q", p.Note)
	}
}

func TestInlinePictures(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 400, 8)
	fine := bits16()
	for name, c := range map[string]struct {
		content string
		want    *bilevel.Image
	}{
		"CCITT":     {"q 595 0 0 150 0 600 cm\nBI /W 1728 /H 400 /BPC 1 /CS /G /F /CCF /DP <</K -1 /Columns 1728>>\nID " + string(g4(t, m)) + "\nEI Q", m},
		"long keys": {"q 595 0 0 150 0 600 cm BI /Width 1728/Height 400/BitsPerComponent 1/ColorSpace/DeviceGray/Filter[/CCITTFaxDecode]/DecodeParms[<</K -1/Columns 1728>>] ID\n" + string(g4(t, m)) + "\nEI\nQ", m},
		"raw":       {"q 595 0 0 150 0 600 cm BI /W 16 /H 8 /BPC 1 /CS /G ID " + string(negative(fine.Pix)) + " EI Q", fine},
		"mask":      {"q 595 0 0 150 0 600 cm BI /W 16 /H 8 /IM true ID " + string(negative(fine.Pix)) + " EI Q", fine},
	} {
		p := decode(t, scanAndText("", c.content, pdfStream("", nil)))
		same(t, name, p[0], c.want)
		if p[0].LeftOut || p[0].Coding == fax.CodingDrawn {
			t.Errorf("%s: %s, note %q", name, p[0].Coding, p[0].Note)
		}
	}
}

func TestDrawingHasLimits(t *testing.T) {
	t.Parallel()
	// Patterns within patterns: 10^9 lines.
	pattern := func(inner string) string {
		return pdfStream("/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 0.01/YStep 0.01/Resources<</Pattern<</P "+inner+">>>>", []byte("/Pattern cs /P scn 0 0 9 9 re f 0 0 m 9 9 l S"))
	}
	slow := pdfObjects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 2/Kids[3 0 R 7 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Pattern<</P 5 0 R>>>>>>",
		pdfStream("", []byte(strings.Repeat("/Pattern cs /P scn 0 0 595 842 re f ", 500))), pattern("6 0 R"), pattern("6 0 R"),
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 8 0 R>>", pdfStream("", []byte("0 0 m 300 300 l S")))
	huge := scanAndText("/MediaBox[0 0 99999999 99999999]", "0 0 m 9 9 l S", pdfStream("", nil))
	jpx := scanAndText("", "595 0 0 842 0 0 cm /I Do", pdfStream("/Type/XObject/Subtype/Image/Width 16/Height 16/Filter/JPXDecode", []byte("no picture")))
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"slow": {slow, "too much time"},
		"huge": {bytes.Replace(huge, []byte("/MediaBox[0 0 595 842]"), nil, 1), "too large"},
		"jpx":  {jpx, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			for p, err := range fax.Pages(c.file, fax.Limits{PageTime: 3 * time.Second}) {
				if n++; n == 2 && name == "slow" { // the page after it still comes
					if err != nil || p.Image.Count(0, 0, p.Image.W, p.Image.H) == 0 {
						t.Errorf("the next page: %v", err)
					}
					continue
				}
				if err == nil || order.KindOf(err) != order.KindPermanent || !strings.Contains(err.Error(), c.want) {
					t.Errorf("page %d: %v, want %q", n, err, c.want)
				}
			}
		})
	}
}

// TestCutJPEGInPDF has a picture whose lower third never came.
func TestCutJPEGInPDF(t *testing.T) {
	t.Parallel()
	m := textPage(800, 1000, 3)
	whole := encodeJPEG(t, grey(m, level(20), level(240)), 85)
	p := decode(t, scanAndText("", "595 0 0 744 0 0 cm /I Do", pdfStream("/Type/XObject/Subtype/Image/Width 800/Height 1000/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", whole[:len(whole)*2/3])))[0]
	if !p.LeftOut || p.Note == "" {
		t.Errorf("note %q", p.Note)
	}
	if n, want := p.Image.Count(0, 0, 800, 500), m.Count(0, 0, 800, 500); n < want*9/10 || n > want*11/10 {
		t.Errorf("%d black pixels in the upper half, want about %d", n, want)
	}
}
