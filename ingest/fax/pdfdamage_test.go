package fax_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"todoke/ingest/fax"
)

func deflated(tb testing.TB, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// contentPage is a page with content as it is stored, and a form or picture I.
func contentPage(content, object string) []byte {
	return pdfObjects(
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 6 0 R>>/XObject<</I 5 0 R>>>>>>",
		content, object, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	)
}

const formDict = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]"

// TestDamagedContentIsTold has pages whose content shows less than was sent.
func TestDamagedContentIsTold(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "BT /F 12 Tf 50 %d Td (Line %d, item %d) Tj ET\n", 800-18*i, i, 1234567*i%9999991)
	}
	lines := []byte(text.String())
	packed := deflated(t, lines)
	flipped := bytes.Clone(packed)
	flipped[len(packed)/2] ^= 0xff
	plain := pdfStream("", []byte("BT /F 12 Tf 50 820 Td (Order) Tj ET /I Do"))
	scan := pdfStream("/Type/XObject/Subtype/Image/Width 1728/Height 2200/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 1728>>", g4(t, textPage(1728, 2200, 4)))
	scanned := pdfObjects(
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents[4 0 R 7 0 R]/Resources<</Font<</F 6 0 R>>/XObject<</I 5 0 R>>>>>>",
		pdfStream("", []byte("q 595 0 0 842 0 0 cm /I Do Q")), scan, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		pdfStream("/Filter/FlateDecode", packed[:10]),
	)
	for name, c := range map[string]struct {
		data []byte
		told bool
	}{
		"sound":                 {contentPage(pdfStream("/Filter/FlateDecode", packed), plain), false},
		"sound, no checksum":    {contentPage(pdfStream("/Filter/FlateDecode", packed[:len(packed)-4]), plain), false},
		"cut off":               {contentPage(pdfStream("/Filter/FlateDecode", packed[:len(packed)/2]), plain), true},
		"a byte wrong":          {contentPage(pdfStream("/Filter/FlateDecode", flipped), plain), true},
		"a sound form":          {contentPage(plain, pdfStream(formDict+"/Filter/FlateDecode", packed)), false},
		"a form cut off":        {contentPage(plain, pdfStream(formDict+"/Filter/FlateDecode", packed[:len(packed)/2])), true},
		"a form missing":        {contentPage(plain, "null"), true},
		"a form cut off alone":  {contentPage(pdfStream("", []byte("/I Do")), pdfStream(formDict+"/Filter/FlateDecode", packed[:20])), true},
		"text over a scan, cut": {scanned, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p := decode(t, c.data)[0]; p.LeftOut != c.told {
				t.Errorf("left out %v, note %q", p.LeftOut, p.Note)
			}
		})
	}
}

// TestFormsThatUnpackToMuchEndSoon draws a form again and again that unpacks beyond what is taken.
// A bound that does not hold shows as a test that runs for minutes.
func TestFormsThatUnpackToMuchEndSoon(t *testing.T) {
	t.Parallel()
	again := pdfStream("", bytes.Repeat([]byte("/I Do "), 3000))
	beyond := deflated(t, bytes.Repeat([]byte(" "), 17<<20))
	inner := deflated(t, bytes.Repeat([]byte(" "), 15<<20))
	for name, file := range map[string][]byte{
		"beyond the limit": contentPage(again, pdfStream(formDict+"/Filter/FlateDecode", beyond)),
		"on the way":       contentPage(again, pdfStream(formDict+"/Filter[/FlateDecode/ASCIIHexDecode]", inner)),
	} {
		for p, err := range fax.Pages(file, fax.Limits{}) {
			if err == nil && !p.LeftOut {
				t.Errorf("%s: a page without a word, note %q", name, p.Note)
			}
		}
	}
}

// TestLetterheadOnManyPages has the picture that makes up most of the file beneath each page.
func TestLetterheadOnManyPages(t *testing.T) {
	t.Parallel()
	g := image.NewGray(image.Rect(0, 0, 827, 1170))
	for i := range g.Pix {
		g.Pix[i] = byte(200 + i*i%50)
	}
	var head bytes.Buffer
	if err := jpeg.Encode(&head, g, nil); err != nil {
		t.Fatal(err)
	}
	const n = 7
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
		pdfStream("/Type/XObject/Subtype/Image/Width 827/Height 1170/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", head.Bytes()),
	}
	var kids strings.Builder
	for i := range n {
		fmt.Fprintf(&kids, "%d 0 R ", len(objects)+1)
		objects = append(objects,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>/XObject<</I 4 0 R>>>>>>", len(objects)+2),
			pdfStream("", fmt.Appendf(nil, "q 595 0 0 842 0 0 cm /I Do Q BT /F 24 Tf 100 700 Td (Page %d) Tj ET", i)))
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", n, &kids)
	got := decode(t, pdfObjects(objects...))
	if len(got) != n {
		t.Fatalf("%d pages", len(got))
	}
	for i, p := range got {
		if p.LeftOut || ink(p, 98, 118, 210, 148) < 100 {
			t.Errorf("page %d: note %q, %d black pixels where its text is", i, p.Note, ink(p, 98, 118, 210, 148))
		}
	}
}

// TestJBIG2CutOffIsTold has pictures of which PDFium shows what there is.
func TestJBIG2CutOffIsTold(t *testing.T) {
	t.Parallel()
	globals, data := jbig2(t, textPage(1728, 600, 4))
	full := append(bytes.Clone(globals), data...)
	dict := "/Type/XObject/Subtype/Image/Width 1728/Height 600/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/JBIG2Decode"
	for n, told := range map[int]bool{len(full): false, len(full) / 2: true, len(globals): true} {
		if p := decode(t, scanAndText("", "595 0 0 206 0 0 cm /I Do", pdfStream(dict, full[:n])))[0]; p.LeftOut != told {
			t.Errorf("%d of %d bytes: left out %v, note %q", n, len(full), p.LeftOut, p.Note)
		}
	}
}
