package likeness_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"todoke/internal/bilevel"
	"todoke/internal/likeness"
)

// mark is a black rectangle on a sheet, in hundredths of a millimetre.
type mark struct{ x, y, w, h int }

// sheet makes a page of text-like marks: lines of words of strokes, and a frame.
func sheet(seed uint64) []mark {
	r := rand.New(rand.NewPCG(seed, 1))
	var marks []mark
	for y := 2500; y < 27000; y += 700 + r.IntN(900) {
		for x := 2000 + r.IntN(1000); x < 12000+r.IntN(7000); x += 380 {
			if r.IntN(7) == 0 {
				x += 700 // a space
			}
			for range 5 { // a letter
				if r.IntN(2) == 0 {
					marks = append(marks, mark{x, y + r.IntN(320), 300, 40})
				} else {
					marks = append(marks, mark{x + r.IntN(300), y, 40, 340})
				}
			}
		}
	}
	return append(marks, mark{2000, 13000, 16000, 60}, mark{2000, 16000, 16000, 60})
}

// fax is how a sheet comes in.
type fax struct {
	kx, ky float64 // pixels a millimetre
	dx, dy int     // shift in hundredths of a millimetre
	slant  float64 // of the lines: rise over run
	lost   int     // every so manieth row is dropped
	specks int
	header bool
	thick  int // hundredths of a millimetre on each side
	drop   [2]int
}

func (f fax) send(marks []mark, seed uint64) *bilevel.Image {
	r := rand.New(rand.NewPCG(seed, 2))
	m := bilevel.New(int(216*f.kx), int(297*f.ky))
	for _, k := range marks {
		for y := int(float64(k.y+f.dy-f.thick) / 100 * f.ky); y <= int(float64(k.y+k.h+f.dy+f.thick)/100*f.ky); y++ {
			x0, x1 := float64(k.x+f.dx-f.thick)/100*f.kx, float64(k.x+k.w+f.dx+f.thick)/100*f.kx
			if f.slant == 0 {
				m.Fill(int(x0), int(x1)+1, y)
				continue
			}
			for x := int(x0); x <= int(x1); x++ {
				m.Set(x, y+int(float64(x)/f.kx*f.slant*f.ky), true)
			}
		}
	}
	for range f.specks {
		m.Set(r.IntN(m.W), r.IntN(m.H), true)
	}
	if f.header {
		for x := 100; x < 1500; x += 3 + r.IntN(9) {
			for y := range int(4 * f.ky) {
				m.Set(x, y+8, true)
			}
		}
	}
	if f.lost > 0 || f.drop[1] > 0 {
		o := bilevel.New(m.W, m.H)
		to := 0
		for y := range m.H {
			if f.lost > 0 && r.IntN(f.lost) == 0 || y >= f.drop[0] && y < f.drop[0]+f.drop[1] {
				continue
			}
			copy(o.Row(to), m.Row(y))
			to++
		}
		m = o
	}
	return m
}

const fine, standard = 196 / 25.4, 98 / 25.4

func clean() fax { return fax{kx: 8, ky: fine} }

func printOf(marks []mark, f fax, seed uint64) likeness.Print {
	return likeness.Of(f.send(marks, seed), f.kx*25.4, f.ky*25.4)
}

func TestTheSameSheetIsAlikeHoweverItWasSent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		f     fax
		least float64
	}{
		{"again", fax{kx: 8, ky: fine}, .99},
		{"standard", fax{kx: 8, ky: standard}, .9},
		{"shifted", fax{kx: 8, ky: fine, dx: 430, dy: -370}, .9},
		{"far shifted", fax{kx: 8, ky: fine, dx: -1100, dy: 1300}, .85},
		{"slanted", fax{kx: 8, ky: fine, slant: .008}, .85},
		{"specks and a header", fax{kx: 8, ky: fine, specks: 9000, header: true}, .95},
		{"lost rows", fax{kx: 8, ky: fine, lost: 150, specks: 500}, .85},
		{"a block of rows lost", fax{kx: 8, ky: fine, drop: [2]int{900, 20}}, .9},
		{"bold", fax{kx: 8, ky: fine, thick: 6}, .9},
		{"300 dpi", fax{kx: 300 / 25.4, ky: 300 / 25.4, dx: 200}, .9},
		{"all at once", fax{kx: 8, ky: standard, dx: 300, dy: 250, slant: -.005, lost: 300, specks: 2000, header: true, thick: 3}, .75},
	}
	for seed := range uint64(5) {
		s := sheet(seed)
		p := printOf(s, clean(), seed)
		for _, tt := range tests {
			q := printOf(s, tt.f, seed+100)
			for _, pair := range [][2]likeness.Print{{p, q}, {q, p}} {
				if l := likeness.Compare(pair[0], pair[1]); l.Score < tt.least {
					t.Errorf("%s, sheet %d: %+v, want at least %v", tt.name, seed, l, tt.least)
				}
			}
		}
	}
}

func TestOtherSheetsAreNotAlike(t *testing.T) {
	t.Parallel()
	worst := 0.
	for a := range uint64(8) {
		for b := range a {
			p, q := printOf(sheet(a), clean(), a), printOf(sheet(b), clean(), b)
			l := likeness.Compare(p, q)
			worst = max(worst, l.Score)
			if _, ok := likeness.AtLeast(p, q, .8); ok {
				t.Errorf("sheets %d and %d pass for alike", a, b)
			}
		}
	}
	if worst > .7 {
		t.Errorf("two sheets are alike by %v", worst)
	}
	t.Logf("most alike of 28 pairs: %.2f", worst)
}

func TestWhatIsWrittenOnASheetIsSeen(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		s := sheet(seed)
		p := printOf(s, clean(), seed)
		noisy := fax{kx: 8, ky: fine, dx: 150, slant: .003, specks: 1500, header: true}
		same := likeness.Compare(p, printOf(s, noisy, seed))
		var line []mark // of handwriting, below what is printed
		r := rand.New(rand.NewPCG(seed, 9))
		for x := 5000; x < 11000; x += 700 {
			for range 4 {
				line = append(line, mark{x + r.IntN(600), 27800 + r.IntN(700), 60, 500}, mark{x + r.IntN(400), 27800 + r.IntN(700), 500, 60})
			}
		}
		more := likeness.Compare(p, printOf(append(append([]mark{}, s...), line...), noisy, seed))
		if more.AddedMM2 < same.AddedMM2+15 || same.AddedMM2 > 25 {
			t.Errorf("sheet %d: a line of writing adds %v mm², noise %v", seed, more.AddedMM2, same.AddedMM2)
		}
		if more.ChangedMM2 < same.ChangedMM2+200 {
			t.Errorf("sheet %d: a line of writing changes %v mm², noise %v", seed, more.ChangedMM2, same.ChangedMM2)
		}
	}
}

func TestChangesSeesOtherSigns(t *testing.T) {
	t.Parallel()
	pageOf := func(s []mark, f fax, seed uint64) likeness.Page {
		return likeness.Page{Image: f.send(s, seed), XDPI: f.kx * 25.4, YDPI: f.ky * 25.4}
	}
	noisy := fax{kx: 8, ky: fine, dx: 150, slant: .003, specks: 1500, header: true}
	for seed := range uint64(3) {
		s := sheet(seed)
		p := pageOf(s, clean(), seed)
		same := likeness.Changes(p, pageOf(s, noisy, seed))
		in := func(k mark) bool { return k.y > 18500 && k.y < 21000 && k.w < 1000 }
		other := slices.DeleteFunc(slices.Clone(s), in) // some lines have other signs
		for _, k := range sheet(seed + 50) {
			if in(k) {
				other = append(other, k)
			}
		}
		changed := likeness.Changes(p, pageOf(other, noisy, seed))
		if changed < same+150 || same > 150 {
			t.Errorf("sheet %d: other signs change %v mm², noise %v", seed, changed, same)
		}
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	white := likeness.Of(bilevel.New(1728, 2200), 204, 196)
	if l := likeness.Compare(white, white); l.Score != 1 || l.ChangedMM2 != 0 {
		t.Error("two blank pages:", l)
	}
	p := printOf(sheet(1), clean(), 1)
	if l := likeness.Compare(white, p); l.Score != 0 || l.ChangedMM2 == 0 {
		t.Error("a blank page and another:", l)
	}
	if !likeness.Of(nil, 0, 0).Zero() || !likeness.Of(bilevel.New(0, 9), 200, 200).Zero() {
		t.Error("no page has a print")
	}
	for _, size := range [][2]int{{1, 1}, {40000, 1}, {1, 40000}, {9000, 9000}} { // no size is too odd
		q := likeness.Of(bilevel.New(size[0], size[1]), 0, 0)
		_ = likeness.Compare(p, q)
	}
	m := clean().send(sheet(1), 1)
	if l := likeness.Compare(p, likeness.Of(m, 0, 0)); l.Score < .9 {
		t.Error("a page that does not state its resolution:", l)
	}
	half := fax{kx: 8, ky: standard}.send(sheet(1), 1)
	if l := likeness.Compare(p, likeness.Of(half, 0, 0)); l.Score < .8 {
		t.Error("a standard page that does not state its resolution:", l)
	}
}

func TestPrintsAreKept(t *testing.T) {
	t.Parallel()
	p := printOf(sheet(3), clean(), 3)
	data := p.Bytes()
	if len(data) > 12<<10 {
		t.Errorf("a print takes %d bytes", len(data))
	}
	q, err := likeness.Parse(data)
	if err != nil || !bytes.Equal(q.Bytes(), data) {
		t.Fatal("a print does not come back:", err)
	}
	if l := likeness.Compare(p, q); l.Score != 1 || l.ChangedMM2 != 0 {
		t.Error(l)
	}
	if z, err := likeness.Parse(nil); err != nil || !z.Zero() {
		t.Error("no bytes:", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{1, 2, 0, 2, 1, 0, 0, 255, 255})
	f.Add(printOf(sheet(1)[:9], clean(), 1).Bytes())
	f.Fuzz(func(_ *testing.T, data []byte) {
		p, err := likeness.Parse(data)
		if err != nil {
			return
		}
		_ = likeness.Compare(p, p)
	})
}

func BenchmarkCompare(b *testing.B) {
	p, q := printOf(sheet(1), clean(), 1), printOf(sheet(1), fax{kx: 8, ky: fine, dx: 200, slant: .004}, 2)
	for b.Loop() {
		likeness.Compare(p, q)
	}
}

func BenchmarkAtLeastOfOthers(b *testing.B) {
	p, q := printOf(sheet(1), clean(), 1), printOf(sheet(2), clean(), 2)
	for b.Loop() {
		likeness.AtLeast(p, q, .8)
	}
}

func BenchmarkOf(b *testing.B) {
	m := clean().send(sheet(1), 1)
	for b.Loop() {
		likeness.Of(m, 204, 196)
	}
}
