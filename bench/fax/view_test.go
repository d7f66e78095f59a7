package fax_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"todoke/bench/fax"
)

// What Where says of a point is where Send puts its ink.
func TestWhereFollowsSend(t *testing.T) {
	t.Parallel()
	const w, h = 210, 297
	spots := [][2]float64{{30, 40}, {180, 60}, {100, 150}, {25, 250}, {185, 270}}
	for name, l := range map[string]fax.Line{
		"straight":    {XDPI: 204, YDPI: 196},
		"fax width":   {XDPI: 204, YDPI: 98, WidthPx: 1728, OffsetX: 3, OffsetY: -2},
		"askew":       {XDPI: 204, YDPI: 196, Skew: 5, Scale: .95},
		"two scales":  {XDPI: 200, YDPI: 200, Wide: -.03, Stretch: .02},
		"keystone":    {XDPI: 200, YDPI: 200, Keystone: [2]float64{.03, -.02}, Skew: 2},
		"upside down": {XDPI: 204, YDPI: 98, WidthPx: 1728, Rotate: 180, Skew: -3},
		"lying":       {XDPI: 204, YDPI: 196, Rotate: 90, Scale: 1.02, OffsetY: 2},
		"lying, back": {XDPI: 204, YDPI: 196, Rotate: 270, Keystone: [2]float64{0, .02}},
		"mirrored":    {XDPI: 204, YDPI: 196, Mirrored: true, Skew: 1},
		"slipped":     {XDPI: 204, YDPI: 196, Slips: []fax.Slip{{AtMM: 80, ByMM: 2}, {AtMM: 200, ByMM: -1.5}}},
		"dropped":     {XDPI: 204, YDPI: 196, Drops: []fax.Drop{{AtMM: 100, Rows: 20}, {AtMM: 200, Rows: 7}}},
	} {
		where := l.Where(w, h)
		p := fax.NewPaper(w, h)
		const k = fax.PaperDPI / 25.4
		for _, s := range spots {
			for y := int((s[1] - 1) * k); y < int((s[1]+1)*k); y++ {
				p.Image.Fill(int((s[0]-1)*k), int((s[0]+1)*k), y)
			}
		}
		m := l.Send(p, rand.New(rand.NewPCG(1, 1)))
		for _, s := range spots {
			x, y := where(s[0], s[1])
			var sx, sy, n float64
			for py := int(y - 3*l.YDPI/25.4); py < int(y+3*l.YDPI/25.4); py++ {
				for px := int(x - 3*l.XDPI/25.4); px < int(x+3*l.XDPI/25.4); px++ {
					if m.At(px, py) {
						sx, sy, n = sx+float64(px)+.5, sy+float64(py)+.5, n+1
					}
				}
			}
			if d := math.Hypot((sx/n-x)/l.XDPI*25.4, (sy/n-y)/l.YDPI*25.4); !(d < .15) {
				t.Errorf("%s: %v came to lie at %.1f, %.1f, expected %.1f, %.1f: %.2f mm", name, s, sx/n, sy/n, x, y, d)
			}
		}
	}
}
