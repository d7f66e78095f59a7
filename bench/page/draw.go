package page

import (
	"fmt"
	"math"
	"math/rand/v2"

	"todoke/bench/fax"
	printed "todoke/templates/form"
	"todoke/templates/typeset"
)

// sheet is paper to draw on: type by the canvas, handwriting by the pen, tones by the screen.
type sheet struct {
	*printed.RasterCanvas
	paper *fax.Paper
	r     *rand.Rand
	hand  fax.Writer
}

const width, height = 210, 297 // mm

func newSheet(r *rand.Rand) *sheet {
	c := printed.NewRasterCanvas(width, height, fax.PaperDPI, fax.PaperDPI)
	return &sheet{RasterCanvas: c, paper: &fax.Paper{Image: c.Bitmap()}, r: r, hand: fax.NewWriter(r)}
}

func pt(size float64) typeset.Style { return typeset.Style{Size: size} }

func bold(size float64) typeset.Style { return typeset.Style{Size: size, Weight: typeset.Bold} }

func centred(st typeset.Style) typeset.Style {
	st.Align = typeset.Center
	return st
}

// lines sets text line by line and gives the baseline after the last.
func (s *sheet) lines(x, y, pitch float64, st typeset.Style, text ...string) float64 {
	for _, t := range text {
		s.Text(x, y, t, st)
		y += pitch
	}
	return y
}

// write sets text by hand: uneven type, digits with the pen.
func (s *sheet) write(x, y, size float64, text string) {
	for _, c := range text {
		w := size * typeset.MMPerPoint
		if c >= '0' && c <= '9' {
			h := s.hand
			h.HeightMM = w * .9
			h.Write(s.paper, s.r, int(c-'0'), x+w*.3, y-w*.4, w*.6, w)
			x += w * .62
			continue
		}
		st := pt(size * (1 + .08*s.r.NormFloat64()))
		if s.r.IntN(3) == 0 {
			st.Weight = typeset.Bold
		}
		x += s.Text(x, y+.06*w*s.r.NormFloat64(), string(c), st) * (1 + .05*s.r.NormFloat64())
	}
}

// tone fills a box with a screened picture: light and dark by smooth waves, in dots of the given
// pitch, or scattered where it is 0.
func (s *sheet) tone(x, y, w, h, pitch float64) {
	const k = fax.PaperDPI / 25.4
	m := s.Bitmap()
	a, b, c := s.r.Float64()*6, s.r.Float64()*6, .12+.1*s.r.Float64()
	base := .25 + .3*s.r.Float64()
	grain := 2 // scattered dots are as large as a fax's pixels
	for j := range int(h * k) {
		for i := range int(w * k) {
			u, v := float64(i)/k, float64(j)/k
			t := base + .22*math.Sin(u*c+a)*math.Cos(v*c*.8+b) + .1*math.Sin((u+v)*.31+b)
			var on bool
			if pitch > 0 {
				p, q := (u+v)*math.Sqrt2/2/pitch, (u-v)*math.Sqrt2/2/pitch
				on = .5+.25*(math.Cos(2*math.Pi*p)+math.Cos(2*math.Pi*q)) > 1-t
			} else {
				hash := uint64(i/grain)*0x9E3779B97F4A7C15 ^ uint64(j/grain)*0xC2B2AE3D27D4EB4F
				hash ^= hash >> 29
				hash *= 0xBF58476D1CE4E5B9
				on = float64(hash>>40)/float64(1<<24) < t
			}
			if on {
				m.Set(int(x*k)+i, int(y*k)+j, true)
			}
		}
	}
}

// reversed sets white type in a black box.
func (s *sheet) reversed(x, y, w, h float64, st typeset.Style, text string) {
	s.Fill(x, y, w, h)
	o := newSheet(s.r)
	o.Text(x+w/2, y+h/2+st.Size*typeset.MMPerPoint*.36, text, centred(st))
	const k = fax.PaperDPI / 25.4
	m, white := s.Bitmap(), o.Bitmap()
	for py := int(y * k); py < int((y+h)*k); py++ {
		for px := int(x * k); px < int((x+w)*k); px++ {
			if white.At(px, py) {
				m.Set(px, py, false)
			}
		}
	}
}

// table rules a table and gives where its cells begin.
func (s *sheet) table(x, y, w, rowHeight float64, rows int, columns ...float64) (at func(row, col int) (x, y float64)) {
	s.Frame(x, y, w, rowHeight*float64(rows), .35)
	for i := 1; i < rows; i++ {
		s.Line(x, y+rowHeight*float64(i), x+w, y+rowHeight*float64(i), .2)
	}
	for _, c := range columns {
		s.Line(x+c, y, x+c, y+rowHeight*float64(rows), .2)
	}
	return func(row, col int) (float64, float64) {
		cx := x + 2
		if col > 0 {
			cx += columns[col-1]
		}
		return cx, y + rowHeight*(float64(row)+.68)
	}
}

var companies = []string{
	"有限会社みずほ製作所", "株式会社青葉設計事務所", "北川商事株式会社", "社会福祉法人ひまわり会", "藤沢タクシー協同組合",
	"株式会社大和田印刷", "なかむら歯科クリニック", "東雲運輸株式会社", "学校法人若草学園", "合同会社ハルカワ", "山の手信用組合", "株式会社千歳電機",
}

var people = []string{"田中", "佐々木", "小林", "木村", "斎藤", "清水", "山口", "松本", "井上", "林", "阿部", "池田"}

var goods = []string{
	"コピー用紙 A4 500枚", "ボールペン 黒 0.7", "クリヤーホルダー", "付箋 75mm", "トナーカートリッジ", "ガムテープ 布", "単3電池 10本",
	"封筒 長3", "ゴミ袋 45L", "ペットボトルお茶 24本", "ハサミ", "蛍光ペン 5色", "名札ケース", "領収証 2枚複写", "油性マーカー",
}

func (s *sheet) pick(from []string) string { return from[s.r.IntN(len(from))] }

func (s *sheet) number() string { return fmt.Sprintf("0%d-0000-%04d", 2+s.r.IntN(8), s.r.IntN(10000)) }

// date is how such pages give the day: it is another one each time.
func (s *sheet) date(day int) string {
	return fmt.Sprintf("2026年%d月%d日", 4+day/28%9, 1+day%28)
}
