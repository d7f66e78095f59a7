package fax_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
)

// strip finds the picture data of a little-endian TIFF of one page in one strip.
func strip(data []byte) []byte {
	off, n := tag(data, 273), tag(data, 279)
	return data[off : off+n]
}

// rowsOff counts the rows of got that differ from want's row in the same place, and among them
// those that were not reported.
func rowsOff(got fax.Page, want *bilevel.Image) (off, unreported int) {
	bad := map[int]bool{}
	for _, r := range got.BadRows {
		bad[r] = true
	}
	for y := range want.H {
		if y >= got.Image.H || !bytes.Equal(got.Image.Row(y), want.Row(y)) {
			off++
			if !bad[y] {
				unreported++
			}
		}
	}
	return off, unreported
}

// TestDamagedRowsKeepTheirPlaces flips bits in 20 places of a Group 3 page, as line noise does:
// the rows around must stay where they are.
func TestDamagedRowsKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		o     fax.Options
		most  int // rows that may differ in the worst of the trials
		alone int // of them, rows that may be wrong without a report
	}{
		"g3-1d":         {fax.Options{Coding: fax.CodingG3}, 25, 5},
		"g3-1d aligned": {fax.Options{Coding: fax.CodingG3, AlignEOL: true}, 25, 5},
		"g3-1d rtc":     {fax.Options{Coding: fax.CodingG3, EndMark: true}, 25, 5},
		"g3-2d K=2":     {fax.Options{Coding: fax.CodingG3TwoD, K: 2}, 50, 10},
		"g3-2d K=4":     {fax.Options{Coding: fax.CodingG3TwoD, K: 4}, 90, 20},
	}
	const trials, places = 15, 20
	m := textPage(1728, 2292, 4)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clean := encodeTIFF(t, c.o, m)
			sum, sumBad, sumAlone, worst, worstAlone := 0, 0, 0, 0, 0
			for trial := range trials {
				r := rand.New(rand.NewPCG(uint64(trial), 7))
				data := bytes.Clone(clean)
				s := strip(data)
				for k := range places {
					at := (k*2 + 1) * len(s) / (2 * places)
					s[at+r.IntN(len(s)/(4*places))] ^= byte(1 + r.IntN(255)) // one to eight bits of a byte
				}
				p := decode(t, data)[0]
				if p.Image.H != m.H {
					t.Fatalf("%d rows, want %d", p.Image.H, m.H)
				}
				off, alone := rowsOff(p, m)
				sum, sumBad, sumAlone = sum+off, sumBad+len(p.BadRows), sumAlone+alone
				worst, worstAlone = max(worst, off), max(worstAlone, alone)
			}
			t.Logf("%d bytes damaged of %d, %d trials: %.1f rows of %d differ (worst %d), %.1f reported bad, %.1f wrong unreported (worst %d)",
				places, len(strip(clean)), trials, float64(sum)/trials, m.H, worst, float64(sumBad)/trials, float64(sumAlone)/trials, worstAlone)
			if worst > c.most || worstAlone > c.alone {
				t.Errorf("%d rows differ, %d unreported; at most %d and %d may", worst, worstAlone, c.most, c.alone)
			}
		})
	}
}

// TestDamagedHeightUnknown has no declared height to put lost rows right by.
func TestDamagedHeightUnknown(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 1146, 6)
	for _, coding := range []string{fax.CodingG3, fax.CodingG3TwoD} {
		data := encodeTIFF(t, fax.Options{Coding: coding, NoLength: true, EndMark: true}, m)
		p := decode(t, data)[0]
		same(t, coding+" without length", p, m)
		s := strip(data)
		for k := range 10 {
			s[(k*2+1)*len(s)/20] ^= 0x18
		}
		p = decode(t, data)[0]
		if d := p.Image.H - m.H; d < -3 || d > 3 {
			t.Errorf("%s: %d rows, sent were %d", coding, p.Image.H, m.H)
		}
		if len(p.BadRows) == 0 {
			t.Errorf("%s: no bad rows", coding)
		}
	}
	data := encodeTIFF(t, fax.Options{NoLength: true, EndMark: true}, m)
	same(t, "g4 without length", decode(t, data)[0], m)
}

// TestLostEndOfLine breaks one end-of-line code only: both rows next to it are whole.
func TestLostEndOfLine(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 200, 11)
	for _, o := range []fax.Options{{Coding: fax.CodingG3}, {Coding: fax.CodingG3, AlignEOL: true}, {Coding: fax.CodingG3TwoD, K: 2}, {Coding: fax.CodingG3TwoD, K: 4, AlignEOL: true}} {
		data := encodeTIFF(t, o, m)
		s := strip(data)
		// Find an end-of-line code in the middle and set a bit within its zeros.
		zeros := 0
		for bit := len(s) * 4; ; bit++ {
			if s[bit/8]&(0x80>>(bit%8)) == 0 {
				zeros++
				continue
			}
			if zeros >= 11 {
				s[(bit-5)/8] |= 0x80 >> ((bit - 5) % 8)
				break
			}
			zeros = 0
		}
		p := decode(t, data)[0]
		if off, _ := rowsOff(p, m); off > 0 || p.Image.H != m.H {
			t.Errorf("%+v: %d of %d rows differ (bad %v)", o, off, p.Image.H, p.BadRows)
		}
	}
}

func TestCutOffPageIsPaddedAndReported(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 2292, 4)
	for _, coding := range []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD, fax.CodingRLE} {
		for _, minIsBlack := range []bool{false, true} {
			data := encodeTIFF(t, fax.Options{Coding: coding, MinIsBlack: minIsBlack, XDPI: 204, YDPI: 196}, m)
			s := strip(data)
			clear(s[len(s)/3:])
			p := decode(t, data)[0]
			if p.Image.H != m.H || len(p.BadRows) < m.H/3 || p.Note == "" {
				t.Fatalf("%s: %d rows, %d bad, note %q", coding, p.Image.H, len(p.BadRows), p.Note)
			}
			first := p.BadRows[0]
			for y := range first {
				if !bytes.Equal(p.Image.Row(y), m.Row(y)) {
					t.Fatalf("%s: row %d before the cut differs", coding, y)
				}
			}
			if n := p.Image.Count(0, first+5, m.W, m.H); n > 0 {
				t.Errorf("%s min-is-black %v: %d black pixels after the cut", coding, minIsBlack, n)
			}
		}
	}
}

func TestNothingDecodableIsNoBlankPage(t *testing.T) {
	t.Parallel()
	for _, coding := range []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD, fax.CodingRLE} {
		data := encodeTIFF(t, fax.Options{Coding: coding}, textPage(1728, 500, 1))
		clear(strip(data))
		for p, err := range fax.Pages(data, fax.Limits{}) {
			if err == nil && 2*len(p.BadRows) <= p.Image.H {
				t.Errorf("%s: a page of which nothing is left passes for %d good rows", coding, p.Image.H-len(p.BadRows))
			}
		}
	}
}

// TestWrongLength has more rows coded than the directory says.
func TestWrongLength(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 400, 12)
	for _, coding := range []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD} {
		data := encodeTIFF(t, fax.Options{Coding: coding, EndMark: true, XDPI: 204, YDPI: 98}, m)
		setTag(data, 257, 300)
		short := decode(t, data)[0]
		if !strings.Contains(short.Note, "400 rows") {
			t.Errorf("%s too short: note %q", coding, short.Note)
		}
		short.Note = ""
		same(t, coding+" too short", short, m)
		setTag(data, 257, 500)
		p := decode(t, data)[0]
		if p.Image.H != 500 || len(p.BadRows) != 100 || p.BadRows[0] != 400 || !bytes.Equal(p.Image.Pix[:len(m.Pix)], m.Pix) {
			t.Errorf("%s too long: %d rows, %d bad", coding, p.Image.H, len(p.BadRows))
		}
	}
}

// entry finds the value of a tag in the first directory of a little-endian TIFF.
func entry(data []byte, tag uint16) []byte {
	at := binary.LittleEndian.Uint32(data[4:])
	for i := range uint32(binary.LittleEndian.Uint16(data[at:])) {
		if e := data[at+2+12*i:]; binary.LittleEndian.Uint16(e) == tag {
			return e[8:12]
		}
	}
	panic(fmt.Sprintf("no tag %d", tag))
}

func tag(data []byte, tag uint16) uint32 { return binary.LittleEndian.Uint32(entry(data, tag)) }

func setTag(data []byte, tag uint16, value uint32) {
	binary.LittleEndian.PutUint32(entry(data, tag), value)
}

// setType makes a tag of the first directory another one.
func setType(data []byte, from, to uint16) {
	e := entry(data, from)
	at := cap(data) - cap(e) - 8
	binary.LittleEndian.PutUint16(data[at:], to)
}

func ExamplePages() {
	var file bytes.Buffer
	sheet := bilevel.New(1728, 1146)
	sheet.Fill(100, 300, 40)
	if err := fax.EncodeTIFF(&file, []*bilevel.Image{sheet}, fax.Options{XDPI: 204, YDPI: 98}); err != nil {
		panic(err)
	}
	for p, err := range fax.Pages(file.Bytes(), fax.Limits{}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(p.Index, p.Image.W, p.Image.H, p.XDPI, p.YDPI, p.Coding, p.Image.Count(0, 0, 1728, 1146), len(p.BadRows))
	}
	// Output: 0 1728 1146 204 98 g4 200 0
}
