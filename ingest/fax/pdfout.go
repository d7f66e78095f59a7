package fax

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math"

	"todoke/internal/bilevel"
)

// EncodePDF writes the images as the pages of a PDF file, each one CCITT stream as fax gateways
// write them (PDF 32000-1, 7.4.6): K -1 for CodingG4, 0 for CodingG3, Options.K or 4 for
// CodingG3TwoD; or CodingFlate. A page has the size that the resolution gives it.
func EncodePDF(w io.Writer, images []*bilevel.Image, o Options) error {
	if len(images) == 0 {
		return errors.New("encode pdf: no pages")
	}
	var out bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&out, format, args...)
		out.WriteString("\nendobj\n")
	}
	out.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	var kids bytes.Buffer
	for i := range images {
		fmt.Fprintf(&kids, "%d 0 R ", 3+3*i)
	}
	object("<</Type/Pages/Count %d/Kids[%s]>>", len(images), bytes.TrimSpace(kids.Bytes()))
	for i, m := range images {
		if m.W <= 0 || m.H <= 0 || m.W > maxWidth {
			return fmt.Errorf("encode pdf: page %d is %d × %d pixels", i+1, m.W, m.H)
		}
		data, parms, err := o.pdfStream(m)
		if err != nil {
			return err
		}
		x, y, _ := resolution(m, o.XDPI, o.YDPI)
		width, height := float64(m.W)*72/x, float64(m.H)*72/y
		content := fmt.Sprintf("q %.4f 0 0 %.4f 0 0 cm /Fax Do Q", width, height)
		page := len(offsets) + 1
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.4f %.4f]/Resources<</ProcSet[/PDF/ImageB]/XObject<</Fax %d 0 R>>>>/Contents %d 0 R>>",
			width, height, page+2, page+1)
		object("<</Length %d>>\nstream\n%s\nendstream", len(content), content)
		object("<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1%s/Length %d>>\nstream\n%s\nendstream",
			m.W, m.H, parms, len(data), data)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, off := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", off)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	if out.Len() > math.MaxInt32 {
		return fmt.Errorf("encode pdf: %d bytes are too many", out.Len())
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write pdf: %w", err)
	}
	return nil
}

// pdfStream codes an image, and gives the entries of its dictionary that say how.
func (o Options) pdfStream(m *bilevel.Image) ([]byte, string, error) {
	if o.LSBFirst {
		return nil, "", errors.New("encode pdf: there is no fill order in PDF")
	}
	// PDF's grey has 0 for black. BlackIs1 stores the opposite sense, and Decode turns it back.
	if o.Coding == CodingFlate || o.Coding == CodingNone {
		pix := bytes.Clone(m.Pix)
		decode := "/Decode[1 0]"
		if !o.MinIsBlack {
			for i, v := range pix {
				pix[i] = ^v
			}
			decode = ""
		}
		if o.Coding == CodingNone {
			return pix, decode, nil
		}
		var z bytes.Buffer
		zw := zlib.NewWriter(&z)
		if _, err := zw.Write(pix); err != nil {
			return nil, "", fmt.Errorf("encode pdf: %w", err)
		}
		if err := zw.Close(); err != nil {
			return nil, "", fmt.Errorf("encode pdf: %w", err)
		}
		return z.Bytes(), decode + "/Filter/FlateDecode", nil
	}
	e, err := o.encoding()
	if err != nil {
		return nil, "", err
	}
	e.endMark = true
	k := 0
	switch e.scheme {
	case schemeG4:
		k = -1
	case schemeG3TwoD:
		k = cmp.Or(o.K, e.k)
		e.k = k
	case schemeG3:
	case schemeRLE:
		e.scheme, e.eols, e.align, e.endMark = schemeG3, false, 8, false
	}
	if e.scheme == schemeG3 && !e.eols {
		e.endMark = false
	}
	parms := fmt.Sprintf("/K %d/Columns %d/Rows %d", k, m.W, m.H)
	if e.scheme != schemeG4 && e.eols {
		parms += "/EndOfLine true"
	}
	if e.align > 1 && (e.scheme == schemeG4 || !e.eols) {
		parms += "/EncodedByteAlign true"
	}
	if !e.endMark {
		parms += "/EndOfBlock false"
	}
	decode := ""
	if o.MinIsBlack {
		parms += "/BlackIs1 true"
		decode = "/Decode[1 0]"
	}
	return encodeRows(m.Pix, m.Stride, m.W, m.H, e), fmt.Sprintf("%s/Filter/CCITTFaxDecode/DecodeParms<<%s>>", decode, parms), nil
}
