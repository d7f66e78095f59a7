package typeset

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// MMPerPoint converts type sizes: a point is 1/72 inch.
const MMPerPoint = 25.4 / 72

// Align says where a text lies to its reference point.
type Align int

// The alignments.
const (
	Left Align = iota
	Center
	Right
)

// Style is how a text is set.
type Style struct {
	Size   float64 // points
	Weight Weight
	Align  Align
	Fit    float64 // greatest width in mm, the size shrinks to it; 0 is unbounded
	Grey   bool    // dark grey; only where paper is not faxed
}

// minShrink is how far Fit may shrink a text before it is cut with "…": smaller than that is
// unreadable on paper.
const minShrink = 0.6

// Geta stands for a character the font does not have (〓, as Japanese printers always did).
const Geta = '〓'

// stand maps characters of names that BIZ UDPGothic or PDF text (the basic plane) cannot show
// to the everyday form of the same character.
var stand = map[rune]rune{
	'𠮷': '吉', '𠮟': '叱', '𩸽': 'ほ', '𡈽': '土', '𣘺': '橋', '𥔎': '崎', '𣜿': '椽', '𠀋': '丈', '𡌛': '台',
	'𡚴': '安', '𡸴': '崎', '𣑥': '栃', '𣗄': '枝', '𤭯': '瓶', '𥻘': '糊', '𦰩': '菅', '𧦅': '訟', '𨉷': '身',
	'﨑': '崎', '髙': '高', '𠆢': '人', '𠔉': '巻', '𠂉': '人', '𡉕': '土', '𢦏': '栽', '𨦇': '釘', '𩊱': '鞍',
	'–': '-', '‐': '-', '‑': '-', '‒': '-', '〜': '～', '∼': '～', '−': '-', '⁻': '-', '￢': '¬', '•': '・',
}

// Clean makes a text that can be set on one line: composed (NFC, because file systems and
// phones send か + ゛), control characters and line ends as spaces, invisible characters
// dropped, and every rune within the basic plane and the font, by an everyday variant where
// there is one and by 〓 where there is not. Characters are never silently lost.
func Clean(s string) string { return clean(s, false) }

func clean(s string, keepLines bool) string {
	s = strings.ToValidUTF8(s, string(Geta))
	s = norm.NFC.String(s)
	f := Regular.Face()
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r == '\n' && keepLines:
			b.WriteRune(r)
		case r == '\r' && keepLines:
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\u00a0':
			b.WriteByte(' ')
		case invisible(r):
		case r <= 0xffff && f.Has(r):
			b.WriteRune(r)
		case stand[r] != 0 && f.Has(stand[r]):
			b.WriteRune(stand[r])
		default:
			if k := norm.NFKC.String(string(r)); k != string(r) && all(k, f) {
				b.WriteString(k) // ㍑ → リットル, ligatures, compatibility ideographs
			} else {
				b.WriteRune(Geta)
			}
		}
	}
	return b.String()
}

func all(s string, f *Face) bool {
	for _, r := range s {
		if r > 0xffff || !f.Has(r) {
			return false
		}
	}
	return s != ""
}

// invisible tells variation selectors, joiners, marks of direction and the like: they show
// nothing by themselves.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef
}

// Width is how wide the text is set on one line, in mm. The text should be clean.
func Width(s string, size float64, w Weight) float64 {
	f, em := w.Face(), 0.0
	for _, r := range s {
		em += f.Advance(r)
	}
	return em * size * MMPerPoint
}

// Fit shrinks a clean text to a width in mm: it tells the size at which it fits. Beyond 60 % of
// the wished size the text is cut and ends in "…".
func Fit(s string, width, size float64, w Weight) (text string, fitted float64) {
	full := Width(s, size, w)
	if width <= 0 || full <= width {
		return s, size
	}
	if k := width / full; k >= minShrink {
		return s, size * k
	}
	size *= minShrink
	f, em := w.Face(), w.Face().Advance('…')
	limit := width / (size * MMPerPoint)
	for i, r := range s {
		if em += f.Advance(r); em > limit {
			return s[:i] + "…", size
		}
	}
	return s, size
}
