package typeset

import (
	_ "embed" // the font files
	"fmt"
	"sync"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// BIZ UDPGothic, SIL Open Font License 1.1 (font/OFL.txt): a universal-design face made to be
// told apart when small and badly copied, as faxes are. It is proportional: kana, Latin letters
// and even the digit 1 have widths of their own, so columns are measured, never counted.
var (
	//go:embed font/BIZUDPGothic-Regular.ttf
	regularTTF []byte
	//go:embed font/BIZUDPGothic-Bold.ttf
	boldTTF []byte
)

// Weight chooses one of the two faces.
type Weight int

// The weights.
const (
	Regular Weight = iota
	Bold
)

// TTF is the font file of the weight. Callers must not change it.
func (w Weight) TTF() []byte {
	if w == Bold {
		return boldTTF
	}
	return regularTTF
}

// Face measures and outlines one weight. It is safe for concurrent use.
type Face struct {
	font *sfnt.Font
	em   fixed.Int26_6 // one em at a size of one pixel a font unit

	mu    sync.RWMutex
	known map[rune]glyph
}

type glyph struct {
	index   sfnt.GlyphIndex
	advance float64 // em
}

var (
	regularFace = sync.OnceValue(func() *Face { return newFace(regularTTF) })
	boldFace    = sync.OnceValue(func() *Face { return newFace(boldTTF) })
)

// Face is the parsed face of the weight, parsed once.
func (w Weight) Face() *Face {
	if w == Bold {
		return boldFace()
	}
	return regularFace()
}

func newFace(ttf []byte) *Face {
	f, err := sfnt.Parse(ttf)
	if err != nil {
		panic(fmt.Sprintf("typeset: embedded font: %v", err)) // checked by every test that measures
	}
	return &Face{font: f, em: fixed.I(int(f.UnitsPerEm())), known: make(map[rune]glyph)}
}

// glyph finds a rune's glyph; its index is 0 where the font has none.
func (f *Face) glyph(r rune) glyph {
	f.mu.RLock()
	g, ok := f.known[r]
	f.mu.RUnlock()
	if ok {
		return g
	}
	var buf sfnt.Buffer
	if i, err := f.font.GlyphIndex(&buf, r); err == nil && i != 0 {
		if adv, err := f.font.GlyphAdvance(&buf, i, f.em, 0); err == nil {
			g = glyph{index: i, advance: float64(adv) / float64(f.em)}
		}
	}
	f.mu.Lock()
	f.known[r] = g
	f.mu.Unlock()
	return g
}

// Has tells whether the font can show the rune.
func (f *Face) Has(r rune) bool { return f.glyph(r).index != 0 }

// Advance is how far the pen moves for the rune, in em.
func (f *Face) Advance(r rune) float64 { return f.glyph(r).advance }

// Outline loads the rune's outline in font units, y downwards, the origin on the baseline;
// unitsPerEm scales it. ok is false where the font has no such glyph.
func (f *Face) Outline(buf *sfnt.Buffer, r rune) (segments sfnt.Segments, unitsPerEm float64, ok bool) {
	g := f.glyph(r)
	if g.index == 0 {
		return nil, 0, false
	}
	s, err := f.font.LoadGlyph(buf, g.index, f.em, nil)
	if err != nil {
		return nil, 0, false
	}
	return s, float64(f.em) / 64, true
}
