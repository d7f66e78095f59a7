package barcode_test

import (
	"image"
	"image/color"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/oned"
	"github.com/makiuchi-d/gozxing/qrcode"

	"todoke/templates/barcode"
)

// picture draws modules with a quiet zone.
func picture(matrix [][]bool, scale, quiet, rows int) image.Image {
	w, h := (len(matrix[0])+2*quiet)*scale, (len(matrix)*rows+2*quiet)*scale
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for j, row := range matrix {
		for i, dark := range row {
			if !dark {
				continue
			}
			for y := (quiet + j*rows) * scale; y < (quiet+(j+1)*rows)*scale; y++ {
				for x := (quiet + i) * scale; x < (quiet+i+1)*scale; x++ {
					m.SetGray(x, y, color.Gray{})
				}
			}
		}
	}
	return m
}

func read(t *testing.T, r gozxing.Reader, m image.Image) string {
	t.Helper()
	b, err := gozxing.NewBinaryBitmapFromImage(m)
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Decode(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res.GetText()
}

func TestCode128ReadsBack(t *testing.T) {
	t.Parallel()
	for content, modules := range map[string]int{"5000000121": 90, "101100023450": 101, "12345": 0, "T1O1:10002345": 0} {
		bars, err := barcode.Code128(content)
		if err != nil {
			t.Fatal(err)
		}
		if modules > 0 && len(bars) != modules {
			t.Errorf("%q takes %d modules, want %d: digits must be packed in pairs", content, len(bars), modules)
		}
		if got := read(t, oned.NewCode128Reader(), picture([][]bool{bars}, 2, 10, 30)); got != content {
			t.Errorf("reads %q, want %q", got, content)
		}
	}
	for _, bad := range []string{"", "日本"} {
		if _, err := barcode.Code128(bad); err == nil {
			t.Errorf("Code128(%q) succeeds", bad)
		}
	}
}

func TestQRReadsBackAndStaysSmall(t *testing.T) {
	t.Parallel()
	for content, side := range map[string]int{"T1O1:": 21, "T1O1:10002345": 21, "T1O99:10002345": 21, "T1O1:ABCDEFGHIJKLMNOPQRSTUVWX": 25} {
		m, err := barcode.QR(content, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(m) != side || len(m[0]) != side {
			t.Errorf("%q takes %d modules a side, want %d", content, len(m), side)
		}
		if got := read(t, qrcode.NewQRCodeReader(), picture(m, 4, 4, 1)); got != content {
			t.Errorf("reads %q, want %q", got, content)
		}
	}
	if _, err := barcode.QR("THIS IS FAR TOO LONG FOR A SMALL CODE ON A FORM, IS IT NOT", 2); err == nil {
		t.Error("a text too long for version 2 succeeds")
	}
}
