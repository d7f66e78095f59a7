package typeset_test

import (
	"reflect"
	"testing"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"todoke/templates/typeset"
)

// TestSubset: the glyphs of a subset are the face's own, composed ones too, and so are their widths.
func TestSubset(t *testing.T) {
	t.Parallel()
	text := []rune("注文書請け 髙橋（﨑）㈱①②㎏ﾊﾝｶｸ がぱヴ～・ー「」〓☑√αЯ")
	for _, w := range []typeset.Weight{typeset.Regular, typeset.Bold} {
		small := w.Subset(text)
		if len(small) > len(w.TTF())/20 {
			t.Errorf("%d bytes of %d", len(small), len(w.TTF()))
		}
		whole, err := sfnt.Parse(w.TTF())
		if err != nil {
			t.Fatal(err)
		}
		part, err := sfnt.Parse(small)
		if err != nil {
			t.Fatal(err)
		}
		em := fixed.I(int(whole.UnitsPerEm()))
		glyph := func(f *sfnt.Font, r rune) (sfnt.Segments, fixed.Int26_6) {
			var b sfnt.Buffer
			i, err := f.GlyphIndex(&b, r)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				return nil, 0
			}
			width, err := f.GlyphAdvance(&b, i, em, 0)
			if err != nil {
				t.Fatal(err)
			}
			s, err := f.LoadGlyph(&b, i, em, nil)
			if err != nil {
				t.Fatalf("%c: %v", r, err)
			}
			return s, width
		}
		for r := ' '; r < 0x100; r++ {
			text = append(text, r)
		}
		for _, r := range text {
			want, wide := glyph(whole, r)
			if got, width := glyph(part, r); width != wide || !reflect.DeepEqual(got, want) {
				t.Errorf("%c (%U) is %v wide, want %v, or of another shape", r, r, width, wide)
			}
		}
		if s, _ := glyph(part, '鬱'); s != nil {
			t.Error("a glyph that nobody wanted is there")
		}
	}
}
