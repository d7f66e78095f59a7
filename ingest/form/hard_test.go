package form_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	printed "todoke/templates/form"
)

// The nasty cases are files under testdata/nasty/pages, a TIFF and the truth beside it. They were made
// once, by the fax laboratory; -make-hard makes them anew.
var makeHard = flag.Bool("make-hard", false, "write testdata/nasty/pages anew")

// hardTruth is what stands on the pages of a file.
type hardTruth struct {
	Pages     []hardPage     `json:"pages"`
	Items     map[string]int `json:"items"`     // the shop's item codes and order multiples
	Customers []string       `json:"customers"` // the shop's customer codes
}

type hardPage struct {
	Text     map[string]string `json:"text"` // what is written, by field
	Rotation int               `json:"rotation"`
	Least    int               `json:"least"` // fields that must be accepted unseen
}

// hardCase makes one file.
type hardCase struct {
	name    string
	pages   []hardSheet
	tiff    fax.Options
	corrupt func(file []byte) // damage on the line
}

type hardSheet struct {
	seed  uint64
	line  lab.Line
	usual int // items printed on the customer's own form
	spoil func(s *spoiler, r *rand.Rand)
}

func hardCases() []hardCase {
	fineLine := lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728, BlurMM: .03, Noise: .07, Speckle: .03, Threshold: .45}
	with := func(change func(l *lab.Line)) lab.Line {
		l := fineLine
		change(&l)
		return l
	}
	g4, g32 := fax.CodingG4, fax.CodingG3TwoD
	tags := fax.Options{Coding: g4, XDPI: 204, YDPI: 196}
	return []hardCase{
		{name: "copy-97-no-tags", tiff: fax.Options{Coding: g4}, pages: []hardSheet{{seed: 11, line: with(func(l *lab.Line) { l.Scale, l.Generation, l.Skew = .97, 1, .4 })}}},
		{name: "copy-94-no-tags", tiff: fax.Options{Coding: g4}, pages: []hardSheet{{seed: 12, line: with(func(l *lab.Line) { l.Scale, l.Generation, l.Skew = .94, 1, -.7 })}}},
		{name: "copy-94-standard-no-tags", tiff: fax.Options{Coding: fax.CodingG3}, pages: []hardSheet{{seed: 13, line: with(func(l *lab.Line) { l.Scale, l.YDPI = .94, 98 })}}},
		{name: "second-of-three-upside-down", tiff: tags, pages: []hardSheet{
			{seed: 14, line: with(func(l *lab.Line) { l.Header = "2026-11-24 10:12  FROM 0352114402        P.01/03" })},
			{seed: 15, line: with(func(l *lab.Line) { l.Rotate, l.Skew = 180, 1.1 })},
			{seed: 16, line: with(func(l *lab.Line) { l.OffsetY = 6 })},
		}},
		{name: "g3-2d-twenty-rows-lost", tiff: fax.Options{Coding: g32, XDPI: 204, YDPI: 196}, pages: []hardSheet{
			{seed: 17, line: with(func(l *lab.Line) { l.Drops = []lab.Drop{{AtMM: 140, Rows: 20}} })},
		}},
		{name: "g3-2d-burst", tiff: fax.Options{Coding: g32, XDPI: 204, YDPI: 196}, pages: []hardSheet{{seed: 18, line: fineLine}}, corrupt: func(file []byte) {
			for i := range 260 { // a burst of noise in the coded rows
				file[len(file)*2/5+i] ^= byte(0x5a + 37*i)
			}
		}},
		{name: "streak-through-digits-and-corner", tiff: tags, pages: []hardSheet{{seed: 19, line: fineLine, spoil: func(s *spoiler, _ *rand.Rand) {
			s.rect(50.4, -5, 50.8, 300, true) // through a column of item code digits
			s.rect(11.2, -5, 11.7, 300, true) // and the marks on the left
		}}}},
		{name: "corner-clipped-corner-stamped", tiff: tags, pages: []hardSheet{{seed: 20, line: with(func(l *lab.Line) { l.Skew = -1.6 }), spoil: func(s *spoiler, _ *rand.Rand) {
			for i := range 400 { // a corner torn off
				s.rect(185, -4+.07*float64(i), 186+.07*float64(400-i)+4, -4+.07*float64(i)+.2, false)
			}
			stamp(s, 16, 279, 11)
		}}}},
		{name: "third-copy-dissolved-qr", tiff: tags, pages: []hardSheet{{seed: 21, line: with(func(l *lab.Line) { l.Generation, l.Scale, l.Speckle = 3, .98, .3 }), spoil: func(s *spoiler, r *rand.Rand) {
			b := s.layout.QR
			for range 900 { // half of its ink
				x, y := b.X+b.W*r.Float64(), b.Y+b.H*r.Float64()
				s.rect(x, y, x+.25+.35*r.Float64(), y+.25+.35*r.Float64(), false)
			}
			s.rect(b.X-1, b.Y-1, b.X+5, b.Y+3.5, false) // and a part of a finder pattern
		}}}},
		{name: "personal-slipped", tiff: tags, pages: []hardSheet{{seed: 22, usual: 7, line: with(func(l *lab.Line) {
			l.Slips = []lab.Slip{{AtMM: 173, ByMM: 1.8}}
			l.Skew = .8
		})}}},
	}
}

// stamp presses a round stamp onto the page, as offices do.
func stamp(s *spoiler, cx, cy, radius float64) {
	for a := 0.0; a < 2*math.Pi; a += .004 {
		for w := 0.0; w < .9; w += .1 {
			x, y := cx+(radius-w)*math.Cos(a), cy+(radius-w)*math.Sin(a)
			s.rect(x-.07, y-.07, x+.07, y+.07, true)
		}
	}
	for i := range 3 {
		s.rect(cx-radius+1, cy-4+4*float64(i), cx+radius-1, cy-3.2+4*float64(i), true)
	}
}

func writeHard(t *testing.T, c hardCase) {
	t.Helper()
	shop := lab.NewShop(3, 300, 30)
	truth := hardTruth{Items: map[string]int{}}
	for _, it := range shop.Items {
		truth.Items[it.Code] = it.OrderMultiple
	}
	for _, d := range shop.Departments {
		truth.Customers = append(truth.Customers, d.Code)
	}
	var images []*bilevel.Image
	for _, p := range c.pages {
		r := rand.New(rand.NewPCG(p.seed, 4))
		s := lab.Sheet{Customer: shop.Departments[int(p.seed)%30].Code}
		var o printed.Options
		total := 0
		for k := range 5 {
			it := shop.Items[r.IntN(len(shop.Items))]
			line := lab.SheetLine{Row: k + 1, Code: it.Code, Quantity: strconv.Itoa(it.OrderMultiple * (1 + r.IntN(9)))}
			if p.usual > 0 {
				line.Row, line.Code = k+2, ""
			}
			n, err := strconv.Atoi(line.Quantity)
			if err != nil {
				t.Fatal(err)
			}
			total += n
			s.Lines = append(s.Lines, line)
		}
		s.Total = strconv.Itoa(total)
		if p.usual > 0 {
			o = printed.Options{CustomerCode: s.Customer, CompanyName: "あおば設計株式会社"}
			for _, it := range shop.Items[:p.usual] {
				o.Items = append(o.Items, printed.Item{Code: it.Code, Name: "クリアーホルダー A4 100枚", Unit: "箱"})
			}
			s.Customer = ""
			for k := range s.Lines { // quantities of the printed items
				it := shop.Items[s.Lines[k].Row-1]
				s.Lines[k].Quantity = strconv.Itoa(it.OrderMultiple * (k + 1))
			}
			s.Total = ""
		}
		d, err := printed.Order(o)
		if err != nil {
			t.Fatal(err)
		}
		paper := &lab.Paper{Image: printed.Raster(d, lab.PaperDPI, lab.PaperDPI)}
		w := lab.NewWriter(r)
		written := lab.Fill(paper, &d.Layout, s, w, lab.Mess{}, r)
		if p.usual > 0 {
			written.Text["customer_code"] = o.CustomerCode
			for _, line := range s.Lines {
				written.Text["lines["+strconv.Itoa(line.Row)+"].item_code"] = o.Items[line.Row-1].Code
			}
		}
		m := p.line.Send(paper, r)
		if p.spoil != nil {
			p.spoil(&spoiler{m, p.line.XDPI / 25.4, p.line.YDPI / 25.4, p.line.Where(210, 297), &d.Layout}, r)
		}
		images = append(images, m)
		truth.Pages = append(truth.Pages, hardPage{Text: written.Text, Rotation: p.line.Rotate})
	}
	var b bytes.Buffer
	if err := fax.EncodeTIFF(&b, images, c.tiff); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	if c.corrupt != nil {
		c.corrupt(file)
	}
	for i, d := range readHard(t, file, &truth) {
		for _, f := range d.Fields {
			if f.Decision == order.DecisionAccept && truth.Pages[i].Text[f.Name] != "" {
				truth.Pages[i].Least++
			}
		}
		truth.Pages[i].Least -= 2 // a recogniser may be of another mind about a field
	}
	raw, err := json.MarshalIndent(truth, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("testdata", "nasty", "pages")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{c.name + ".tif": file, c.name + ".json": append(raw, '\n')} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readHard reads a file as `todoke read` does.
func readHard(t *testing.T, file []byte, truth *hardTruth) []order.Draft {
	t.Helper()
	know := form.Knowledge{Items: map[string]order.Item{}, Customers: map[string]order.Department{}}
	for code, multiple := range truth.Items {
		know.Items[code] = order.Item{Code: code, OrderMultiple: multiple}
	}
	for _, code := range truth.Customers {
		know.Customers[code] = order.Department{Code: code}
	}
	var out []order.Draft
	for p, err := range fax.Pages(file, fax.Limits{}) {
		if err != nil {
			t.Fatal(err)
		}
		page := form.Page{Image: p.Image, BadRows: p.BadRows, BadColumns: p.BadColumns}
		if p.Stated {
			page.XDPI, page.YDPI = p.XDPI, p.YDPI
		}
		out = append(out, form.Read(page, know))
	}
	return out
}

func TestHardPages(t *testing.T) {
	t.Parallel()
	for _, c := range hardCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if *makeHard {
				writeHard(t, c)
			}
			file, err := os.ReadFile(filepath.Join("testdata", "nasty", "pages", c.name+".tif"))
			if err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(filepath.Join("testdata", "nasty", "pages", c.name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var truth hardTruth
			if err := json.Unmarshal(raw, &truth); err != nil {
				t.Fatal(err)
			}
			drafts := readHard(t, file, &truth)
			if len(drafts) != len(truth.Pages) {
				t.Fatalf("%d pages, want %d", len(drafts), len(truth.Pages))
			}
			for i, d := range drafts {
				checkHard(t, i+1, d, truth.Pages[i])
			}
		})
	}
}

func checkHard(t *testing.T, no int, d order.Draft, want hardPage) {
	t.Helper()
	if d.Geometry == nil || d.Form != "order" || d.Geometry.Rotation != want.Rotation {
		t.Fatalf("page %d: %s of %q, %+v: %v", no, d.Decision, d.Form, d.Geometry, d.Reasons)
	}
	accepted := 0
	for _, f := range d.Fields {
		if f.Name == "company_name" { // printed on a personal form
			continue
		}
		switch text := want.Text[f.Name]; {
		case f.Decision == order.DecisionAccept && f.Text != text:
			t.Errorf("page %d: %s accepted as %q, written %q (%.5f)", no, f.Name, f.Text, text, f.Confidence)
		case f.Decision == order.DecisionBlank && text != "":
			t.Errorf("page %d: %s taken for blank, written %q", no, f.Name, text)
		case f.Decision == order.DecisionAccept:
			accepted++
		}
	}
	t.Logf("page %d: %s, %d of %d fields accepted, %+v %v", no, d.Decision, accepted, len(want.Text), *d.Geometry, d.Reasons)
	if accepted < want.Least {
		t.Errorf("page %d: %d of %d fields accepted, want %d: %v", no, accepted, len(want.Text), want.Least, d.Reasons)
	}
}
