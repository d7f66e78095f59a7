package form_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	printed "todoke/templates/form"
)

var (
	sweepPages = flag.Int("sweep", 0, "pages a value of the registration sweep; 0 leaves it out")
	sweepOnly  = flag.String("sweep-only", "", "the sweeps to run, by part of their name")
)

// sweep is one fault of the sending side, from harmless to beyond what can be read.
type sweep struct {
	name   string
	values []float64
	line   func(l *lab.Line, v float64, r *rand.Rand)
	spoil  func(s *spoiler, v float64, r *rand.Rand)
	page   func(p *form.Page, v float64) // tags and the like
}

// spoiler paints on a page that was sent, at millimetres of the form.
type spoiler struct {
	m      *bilevel.Image
	kx, ky float64
	at     func(x, y float64) (float64, float64)
	layout *printed.Layout
}

func (s *spoiler) rect(x0, y0, x1, y1 float64, black bool) {
	ax, ay := s.at(x0, y0)
	bx, by := s.at(x1, y1)
	for y := int(min(ay, by)); y < int(max(ay, by)); y++ {
		for x := int(min(ax, bx)); x < int(max(ax, bx)); x++ {
			s.m.Set(x, y, black)
		}
	}
}

// mark wipes a mark of the layout with a margin, or runs over it with a stamp.
func (s *spoiler) mark(i int, how string) {
	b := s.layout.Marks[i].Box
	switch how {
	case "gone":
		s.rect(b.X-1.5, b.Y-1.5, b.X+b.W+1.5, b.Y+b.H+1.5, false)
	case "punched":
		s.rect(b.X-1, b.Y-1, b.X+b.W+1, b.Y+b.H*.6, false)
	case "stamped":
		s.rect(b.X-8, b.Y+b.H*.3, b.X+12, b.Y+b.H*.3+1.2, true)
		s.rect(b.X+b.W*.4, b.Y-7, b.X+b.W*.4+1.2, b.Y+9, true)
	}
}

func sweeps() []sweep {
	marks := func(how string, corners bool) func(s *spoiler, v float64, r *rand.Rand) {
		return func(s *spoiler, v float64, r *rand.Rand) {
			n := len(s.layout.Marks)
			if corners {
				n = 4
			}
			for _, i := range r.Perm(n)[:int(v)] {
				s.mark(i, how)
			}
		}
	}
	tags := func(x, y float64) func(p *form.Page, v float64) {
		return func(p *form.Page, v float64) { p.XDPI, p.YDPI = p.XDPI*x*v, p.YDPI*y*v }
	}
	untagged := func(p *form.Page, _ float64) { p.XDPI, p.YDPI = 0, 0 }
	sign := func(r *rand.Rand) float64 { return float64(r.IntN(2)*2 - 1) }
	return []sweep{
		{name: "skew, degrees", values: []float64{0, 2, 4, 6, 8, 9, 10, 12}, line: func(l *lab.Line, v float64, r *rand.Rand) { l.Skew = v * sign(r) }},
		{name: "skew without tags", values: []float64{0, 4, 8}, line: func(l *lab.Line, v float64, r *rand.Rand) { l.Skew = v * sign(r) }, page: untagged},
		{name: "copy scale", values: []float64{.70, .707, .816, .84, .87, .90, .94, 1, 1.06, 1.08, 1.1}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Scale = v }},
		{name: "copy scale without tags", values: []float64{.707, .816, .87, .90, .94, .97, 1, 1.06}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Scale = v }, page: untagged},
		{name: "wider than high", values: []float64{-.08, -.06, -.04, .04, .06, .08}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Wide = v }},
		{name: "feed stretch", values: []float64{-.08, -.05, -.03, .03, .05, .08}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Stretch = v }},
		{name: "one slip, mm", values: []float64{-6, -4, -2.5, -1.5, 1.5, 2.5, 4, 6}, line: func(l *lab.Line, v float64, r *rand.Rand) {
			l.Slips = []lab.Slip{{AtMM: 30 + 240*r.Float64(), ByMM: v}}
		}},
		{name: "three slips, mm", values: []float64{1, 1.5, 2, 3}, line: func(l *lab.Line, v float64, r *rand.Rand) {
			for range 3 {
				l.Slips = append(l.Slips, lab.Slip{AtMM: 30 + 240*r.Float64(), ByMM: v * sign(r)})
			}
		}},
		{name: "rows lost at once", values: []float64{4, 8, 12, 20, 30, 45}, line: func(l *lab.Line, v float64, r *rand.Rand) {
			l.Drops = []lab.Drop{{AtMM: 25 + 240*r.Float64(), Rows: int(v)}}
		}},
		{name: "rows lost at three places", values: []float64{4, 8, 12, 20}, line: func(l *lab.Line, v float64, r *rand.Rand) {
			for i := range 3 {
				l.Drops = append(l.Drops, lab.Drop{AtMM: 25 + 80*(float64(i)+r.Float64()), Rows: int(v)})
			}
		}},
		{name: "keystone across", values: []float64{.01, .02, .03, .05, .08}, line: func(l *lab.Line, v float64, r *rand.Rand) { l.Keystone[0] = v * sign(r) }},
		{name: "keystone down", values: []float64{.01, .02, .03, .05, .08}, line: func(l *lab.Line, v float64, r *rand.Rand) { l.Keystone[1] = v * sign(r) }},
		{name: "keystone both", values: []float64{.02, .03, .05}, line: func(l *lab.Line, v float64, r *rand.Rand) { l.Keystone = [2]float64{v * sign(r), v * sign(r)} }},
		{name: "turned", values: []float64{0, 90, 180, 270}, line: func(l *lab.Line, v float64, _ *rand.Rand) {
			l.Rotate = int(v)
			if l.Rotate%180 != 0 {
				l.WidthPx = 0
			}
		}},
		{name: "mirrored (to be refused)", values: []float64{0, 180}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Mirrored, l.Rotate = true, int(v) }},
		{name: "marks gone", values: []float64{1, 2, 3, 5, 8, 12}, spoil: marks("gone", false)},
		{name: "corners gone", values: []float64{1, 2, 3, 4}, spoil: marks("gone", true)},
		{name: "marks stamped", values: []float64{1, 2, 3, 5, 8}, spoil: marks("stamped", false)},
		{name: "corners stamped", values: []float64{1, 2, 3, 4}, spoil: marks("stamped", true)},
		{name: "marks punched", values: []float64{1, 2, 3, 5}, spoil: marks("punched", false)},
		{name: "corners gone, askew 6°", values: []float64{1, 2, 3, 4}, line: func(l *lab.Line, _ float64, r *rand.Rand) { l.Skew = 6 * sign(r) }, spoil: marks("gone", true)},
		{name: "clipped left, mm", values: []float64{6, 9, 12, 15, 18}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.ClipLeft = v }},
		{name: "clipped both sides, mm", values: []float64{6, 8, 9, 10, 12}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.ClipLeft, l.ClipRight = v, v }},
		{name: "shifted down, mm", values: []float64{3, 5, 8, 12, -5, -10, -14, -20}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.OffsetY = v }},
		{name: "header over the marks, mm down", values: []float64{6, 9, 11, 13}, spoil: func(s *spoiler, v float64, _ *rand.Rand) {
			for x := 5.0; x < 203; x += 1.6 { // letters touching each other
				s.rect(x, v, x+1.3, v+2.6, true)
				s.rect(x+.4, v+.5, x+.9, v+2.1, false)
			}
			s.rect(5, v+2.3, 205, v+2.6, true)
		}},
		{name: "tags wrong by", values: []float64{.5, 2, 2.54, 1 / 2.54}, page: tags(1, 1)},
		{name: "tag of x wrong by", values: []float64{.5, 2}, page: func(p *form.Page, v float64) { p.XDPI *= v }},
		{name: "tag of y wrong by", values: []float64{.5, 2, 4}, page: func(p *form.Page, v float64) { p.YDPI *= v }},
		{name: "tags swapped", values: []float64{1}, page: func(p *form.Page, _ float64) { p.XDPI, p.YDPI = p.YDPI, p.XDPI }},
		{name: "tagged 72 dpi", values: []float64{72, 1, 96}, page: func(p *form.Page, v float64) { p.XDPI, p.YDPI = v, v }},
		{name: "on a bed, pixels", values: []float64{2048, 2432}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.WidthPx = int(v) }},
		{name: "on a bed without tags, pixels", values: []float64{2048, 2432}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.WidthPx = int(v) }, page: untagged},
		{name: "at the left of a bed, pixels", values: []float64{2048, 2432}, line: func(l *lab.Line, v float64, _ *rand.Rand) {
			l.OffsetX = -(v - 1728) / 2 / l.XDPI * 25.4
			l.WidthPx = int(v)
		}},
		{name: "from B4 on A4 lines, no tags", values: []float64{.816}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Scale = v }, page: untagged},
		{name: "dots an inch", values: []float64{100, 150, 200, 203, 240, 300, 400, 408, 600}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.XDPI, l.YDPI, l.WidthPx = v, v, 0 }},
		{name: "dots an inch, no tags", values: []float64{100, 150, 200, 240, 300, 400, 600}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.XDPI, l.YDPI, l.WidthPx = v, v, 0 }, page: untagged},
		{name: "rows an inch at 204", values: []float64{98, 100, 196, 200, 391}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.YDPI = v }},
		{name: "rows an inch at 204, no tags", values: []float64{98, 100, 196, 200, 391}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.YDPI = v }, page: untagged},
		{name: "rows an inch at 200, no tags", values: []float64{100, 200}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.XDPI, l.YDPI = 200, v }, page: untagged},
		{name: "copies before", values: []float64{1, 2, 3, 4, 5}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Generation = int(v) }},
		{name: "specks a cm²", values: []float64{1, 3, 10, 30, 60}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Speckle = v }},
		{name: "white specks a cm²", values: []float64{10, 30, 100, 300}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Dropout = v }},
		{name: "threshold", values: []float64{.12, .2, .3, .7, .8, .9}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Threshold = v }},
		{name: "streaks", values: []float64{1, 3, 6, 12}, line: func(l *lab.Line, v float64, _ *rand.Rand) { l.Streaks = int(v) }},
	}
}

// TestSweep finds where registration ends. Nothing is asserted: it prints a table of what was
// registered, how far cells lie from where they truly are, and pages whose geometry was taken
// although some cell lies more than a millimetre off.
func TestSweep(t *testing.T) {
	t.Parallel()
	if *sweepPages == 0 {
		t.Skip("run with -sweep 4")
	}
	b := setup(t, printed.Options{})
	fmt.Printf("%-30s %7s | %4s %10s %6s %10s %6s %8s %8s %7s\n", "fault", "value", "n", "registered", "taken", "identified", "wrong", "p95 mm", "max mm", "cpu ms")
	for _, sw := range sweeps() {
		if !strings.Contains(sw.name, *sweepOnly) {
			continue
		}
		for _, v := range sw.values {
			b.measure(sw, v, *sweepPages)
		}
	}
}

func (b *bench) measure(sw sweep, v float64, pages int) {
	registered, taken, identified, wrong, n := 0, 0, 0, 0, 0
	var errs []float64
	var cpu time.Duration
	for i := range 2 * pages {
		r := rand.New(rand.NewPCG(uint64(i), 77))
		l := lab.Conditions()[i%2].Line(r)
		if sw.line != nil {
			sw.line(&l, v, r)
		}
		p, _ := b.page(b.sheetOf(uint64(i)), l, lab.Mess{}, uint64(i))
		at := l.Where(210, 297)
		if sw.spoil != nil {
			sw.spoil(&spoiler{p.Image, l.XDPI / 25.4, l.YDPI / 25.4, at, &b.form.Layout}, v, r)
		}
		if sw.page != nil {
			sw.page(&p, v)
		}
		n++
		start := time.Now()
		laid, ok := form.Lay(p, b.know)
		cpu += time.Since(start)
		if !ok {
			continue
		}
		registered++
		if laid.Evidence != "" {
			identified++
		}
		d := form.Read(p, b.know)
		doubted := false
		for _, reason := range d.Reasons {
			doubted = doubted || strings.Contains(reason, "marks") || strings.Contains(reason, "boxes of the form") || strings.Contains(reason, "paper feed")
		}
		if !doubted {
			taken++
		}
		worst := 0.0
		for _, f := range b.form.Layout.Fields {
			if f.Kind != printed.FieldDigits {
				continue
			}
			for _, c := range f.Cells {
				if laid.Torn(c.X, c.Y, c.W, c.H) {
					continue // goes to review
				}
				x, y := laid.At(c.X+c.W/2, c.Y+c.H/2)
				u, w := at(c.X+c.W/2, c.Y+c.H/2)
				e := math.Hypot((x-u)/l.XDPI, (y-w)/l.YDPI) * 25.4
				errs = append(errs, e)
				worst = max(worst, e)
			}
		}
		if worst > 1 && !doubted {
			wrong++
			if testing.Verbose() {
				fmt.Printf("  wrong: page %d, worst %.2f mm, %d marks, %d tears, residual %.2f, frames %.2f, in the worst row %.2f\n", i, worst, laid.Marks, laid.Tears, laid.Residual, laid.Frames, laid.WorstRow)
			}
		}
	}
	fmt.Printf("%-30s %7g | %4d %10d %6d %10d %6d %8.2f %8.2f %7.1f\n", sw.name, v, n, registered, taken, identified, wrong,
		quantile(errs, .95), quantile(errs, 1), float64(cpu.Microseconds())/1000/float64(n))
}

func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
