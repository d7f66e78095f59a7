package fax_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
)

func TestOrientationIsApplied(t *testing.T) {
	t.Parallel()
	m := bilevel.New(37, 23)
	m.Fill(0, 9, 0)
	m.Fill(0, 3, 1)
	m.Fill(30, 33, 20)
	// Where the upright page has the pixel that is stored at column x of row y (TIFF 6.0, tag 274).
	last := func(n int) func(int) int { return func(v int) int { return n - 1 - v } }
	right, bottom, same := last(m.W), last(m.H), func(v int) int { return v }
	for orientation, at := range map[int]func(x, y int) (int, int){
		0: func(x, y int) (int, int) { return same(x), same(y) },
		1: func(x, y int) (int, int) { return same(x), same(y) },
		2: func(x, y int) (int, int) { return right(x), y },
		3: func(x, y int) (int, int) { return right(x), bottom(y) },
		4: func(x, y int) (int, int) { return x, bottom(y) },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return bottom(y), x },
		7: func(x, y int) (int, int) { return bottom(y), right(x) },
		8: func(x, y int) (int, int) { return y, right(x) },
		9: func(x, y int) (int, int) { return x, y },
	} {
		data := encodeTIFF(t, fax.Options{Orientation: orientation, XDPI: 204, YDPI: 98}, m)
		p := decode(t, data)[0]
		want := bilevel.New(m.W, m.H)
		x, y := 204.0, 98.0
		if orientation >= 5 && orientation <= 8 {
			want, x, y = bilevel.New(m.H, m.W), y, x
		}
		for sy := range m.H {
			for sx := range m.W {
				if m.At(sx, sy) {
					ux, uy := at(sx, sy)
					want.Set(ux, uy, true)
				}
			}
		}
		if p.Image.W != want.W || !bytes.Equal(p.Image.Pix, want.Pix) || p.XDPI != x || p.YDPI != y {
			t.Errorf("orientation %d: wrong way round (%g × %g dpi)", orientation, p.XDPI, p.YDPI)
		}
		// The damaged rows turn with the page.
		s := strip(data)
		clear(s[len(s)/2:])
		p = decode(t, data)[0]
		_, uy := at(0, m.H-1)
		ux, _ := at(0, m.H-1)
		switch {
		case orientation >= 5 && orientation <= 8:
			if len(p.BadRows) > 0 || !slices.Contains(p.BadColumns, ux) {
				t.Errorf("orientation %d: bad rows %v, columns %v, want %d among them", orientation, p.BadRows, p.BadColumns, ux)
			}
		case !slices.Contains(p.BadRows, uy) || !slices.IsSorted(p.BadRows):
			t.Errorf("orientation %d: bad rows %v, want %d among them", orientation, p.BadRows, uy)
		}
	}
}

func TestResolution(t *testing.T) {
	t.Parallel()
	cases := []struct {
		w, h         int
		x, y         float64 // as written; 0 leaves it out
		wantX, wantY float64
		stated       bool
	}{
		{1728, 1146, 204, 98, 204, 98, true},
		{1728, 2292, 203.2, 195.58, 203.2, 195.58, true},
		{1728, 1146, 0, 0, 204, 98, false},
		{1728, 2292, 0, 0, 204, 196, false},
		{1728, 4584, 0, 0, 204, 391, false},
		{1728, 1146, 72, 72, 204, 98, false},
		{1728, 2292, 1, 1, 204, 196, false},
		{2592, 3508, 0, 0, 300, 300, false},
		{3456, 4584, 0, 0, 408, 391, false},
		{1654, 2339, 0, 0, 200.05, 200.05, false},
		{2480, 3508, 300, 300, 300, 300, true},
	}
	for _, c := range cases {
		p := decode(t, encodeTIFF(t, fax.Options{XDPI: c.x, YDPI: c.y}, bilevel.New(c.w, c.h)))[0]
		if math.Abs(p.XDPI-c.wantX) > 0.01 || math.Abs(p.YDPI-c.wantY) > 0.01 || p.Stated != c.stated {
			t.Errorf("%d × %d at %g × %g: %g × %g dpi, stated %v", c.w, c.h, c.x, c.y, p.XDPI, p.YDPI, p.Stated)
		}
	}
	data := encodeTIFF(t, fax.Options{XDPI: 80.31, YDPI: 38.58}, bilevel.New(1728, 1146))
	setTag(data, 296, 3) // a centimetre
	if p := decode(t, data)[0]; math.Abs(p.XDPI-204) > 0.05 || math.Abs(p.YDPI-98) > 0.05 {
		t.Errorf("per centimetre: %g × %g dpi", p.XDPI, p.YDPI)
	}
}

// TestTolerance reads files that break TIFF's rules as fax software does.
func TestTolerance(t *testing.T) {
	t.Parallel()
	m := textPage(1728, 300, 21)
	for _, coding := range []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD, fax.CodingNone} {
		o := fax.Options{Coding: coding, XDPI: 204, YDPI: 98}
		with := func(what string, change func(o *fax.Options)) {
			o := o
			change(&o)
			same(t, coding+": "+what, decode(t, encodeTIFF(t, o, m, m))[1], m)
		}
		with("no byte counts", func(o *fax.Options) { o.NoByteCounts = true })
		with("no byte counts in strips", func(o *fax.Options) { o.NoByteCounts, o.RowsPerStrip = true, 64 })
		data := encodeTIFF(t, o, m)
		setTag(data, 279, 0)
		same(t, coding+": byte count 0", decode(t, data)[0], m)
		setTag(data, 279, math.MaxUint32)
		same(t, coding+": byte count beyond the file", decode(t, data)[0], m)
		setTag(data, 278, 0)
		same(t, coding+": 0 rows a strip", decode(t, data)[0], m)
		setTag(data, 278, math.MaxUint32)
		same(t, coding+": one strip", decode(t, data)[0], m)

		// Tags in any order.
		data = encodeTIFF(t, o, m)
		at := binary.LittleEndian.Uint32(data[4:])
		n := int(binary.LittleEndian.Uint16(data[at:]))
		dir := data[at+2:]
		for i := range n / 2 {
			a, b := dir[12*i:12*i+12], dir[12*(n-1-i):12*(n-i)]
			c := bytes.Clone(a)
			copy(a, b)
			copy(b, c)
		}
		same(t, coding+": tags in reverse", decode(t, data)[0], m)
	}
}

// TestHostileTIFF must end with errors, soon and within the limits.
func TestHostileTIFF(t *testing.T) {
	t.Parallel()
	m := textPage(200, 50, 2)
	base := func() []byte { return encodeTIFF(t, fax.Options{}, m) }
	link := func(data []byte) []byte { // where the next directory's offset stands
		at := binary.LittleEndian.Uint32(data[4:])
		return data[at+2+12*uint32(binary.LittleEndian.Uint16(data[at:])):]
	}
	loop := base()
	copy(link(loop), loop[4:8])
	huge := base()
	setTag(huge, 257, 1<<31)
	wide := encodeTIFF(t, fax.Options{}, bilevel.New(60000, 1))
	setTag(wide, 257, 100000)
	colour := encodeTIFF(t, fax.Options{Coding: fax.CodingNone}, m)
	setTag(colour, 277, 3)
	tiled := base()
	setType(tiled, 273, 324)                                                             // the strips become tiles without a size
	hanging := encodeTIFF(t, fax.Options{Coding: fax.CodingNone}, bilevel.New(8, 50000)) // tiles of 60000 × 2
	setTag(hanging, 259, 8)
	setType(hanging, 273, 324)
	setType(hanging, 266, 322)
	setTag(hanging, 322, 60000)
	setType(hanging, 278, 323)
	setTag(hanging, 323, 2)
	jbig := base()
	setTag(jbig, 259, 34661)
	uncompressed := base()
	setTag(uncompressed, 293, 2)
	copy(strip(uncompressed), "\x03\xc0") // the code that enters it
	for name, c := range map[string]struct {
		data []byte
		good int
		want string
	}{
		"pages in a circle":   {loop, 1, "refer back"},
		"too long":            {huge, 0, "too large"},
		"too many pixels":     {wide, 0, "too large"},
		"colour":              {colour, 0, "3 × 1 bits"},
		"tiles":               {tiled, 0, "tiles are 0 × 0"},
		"tiles hang over":     {hanging, 0, "too large for it"},
		"unusual compression": {jbig, 0, "TIFF compression 34661"},
		"uncompressed mode":   {uncompressed, 0, "uncompressed mode"},
		"header only":         {[]byte("II*\x00\x08\x00\x00\x00"), 0, "ends before"},
		"no directory":        {[]byte("MM\x00*\x00\x00\x00\x00"), 0, "no page"},
		"BigTIFF header only": {[]byte("II+\x00\x08\x00\x00\x00"), 0, "within its header"},
		"nothing":             {nil, 0, "empty"},
		"a letter":            {[]byte("Dear Sir or Madam"), 0, "no TIFF"},
	} {
		good, messages := 0, []string(nil)
		for _, err := range fax.Pages(c.data, fax.Limits{}) {
			if err == nil {
				good++
				continue
			}
			if order.KindOf(err) != order.KindPermanent {
				t.Errorf("%s: %v is no permanent error", name, err)
			}
			messages = append(messages, err.Error())
		}
		if good != c.good || !strings.Contains(strings.Join(messages, "; "), c.want) {
			t.Errorf("%s: %d pages, errors %q, want %q", name, good, messages, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	m := textPage(400, 100, 2)
	tiff, pdf := encodeTIFF(t, fax.Options{}, m, m, m, m), encodePDF(t, fax.Options{}, m, m, m, m)
	for _, data := range [][]byte{tiff, pdf} {
		for _, c := range []struct {
			lim  fax.Limits
			good int
		}{
			{fax.Limits{}, 4},
			{fax.Limits{Pages: 2}, 2},
			{fax.Limits{Bytes: 100}, 0},
			{fax.Limits{PagePixels: 39999}, 0},
			{fax.Limits{PagePixels: 40000}, 4},
			{fax.Limits{TotalPixels: 100000}, 2},
		} {
			good, bad := 0, 0
			for _, err := range fax.Pages(data, c.lim) {
				if err == nil {
					good++
				} else {
					bad++
				}
			}
			if good != c.good || bad == 0 && good < 4 {
				t.Errorf("%+v: %d pages and %d errors, want %d pages", c.lim, good, bad, c.good)
			}
		}
	}
	// Reading may stop at any page.
	for _, err := range fax.Pages(tiff, fax.Limits{}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
}

// TestFax2tiff reads what libtiff's fax2tiff makes of a bare Group 3 stream, a fax modem's output.
func TestFax2tiff(t *testing.T) {
	t.Parallel()
	libtiff(t)
	dir := t.TempDir()
	m := textPage(1728, 1146, 31)
	for i, c := range []struct {
		o    fax.Options
		args []string
	}{
		{fax.Options{Coding: fax.CodingG3}, []string{"-M", "-1"}},
		{fax.Options{Coding: fax.CodingG3, LSBFirst: true}, []string{"-L", "-1"}},
		{fax.Options{Coding: fax.CodingG3TwoD}, []string{"-M", "-2"}},
	} {
		raw, out := filepath.Join(dir, fmt.Sprintf("raw%d.g3", i)), filepath.Join(dir, "out.tif")
		if err := os.WriteFile(raw, strip(encodeTIFF(t, c.o, m)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, coding := range [][]string{{"-7", "-5"}, {"-7", "-6"}, {"-7", "-5", "-p", "-m"}, {"-7", "-6", "-p", "-c"}, {"-8"}, {"-8", "-c", "-m"}, {"-u"}} {
			args := append(append(append([]string{}, c.args...), coding...), "-R", "98", "-X", "1728", "-o", out, raw)
			if b, err := exec.CommandContext(t.Context(), "fax2tiff", args...).CombinedOutput(); err != nil {
				t.Fatalf("fax2tiff %v: %v\n%s", args, err, b)
			}
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			p := decode(t, data)[0]
			same(t, fmt.Sprint(args[:len(args)-1], " ", p.Coding), p, m)
			if math.Abs(p.XDPI-204) > 0.1 || math.Abs(p.YDPI-98) > 0.1 {
				t.Errorf("%v: %g × %g dpi", args, p.XDPI, p.YDPI)
			}
		}
	}
}
