package day

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/form"
	"todoke/templates/typeset"
)

// Document is one file or mail as it arrives.
type Document struct {
	Name   string    // file name
	At     time.Time // when the fax line received it
	Caller string    // the sender's number as the gateway claims it, digits
	Bytes  []byte
	Note   string // what is special about it, for the summary
	// Written is what stands on each page, by field of the form; empty where no form was filled in.
	Written []lab.Truth
}

// sheetKind says what is on a page.
type sheetKind int

const (
	sheetOrder   sheetKind = iota
	sheetBlank             // a sheet sent with its back up
	sheetLetter            // an advert: no form of ours
	sheetUnknown           // an order form with an item code that no item has
	sheetEmpty             // an order form that nobody filled in
)

// page is one page to send and the machine that sends it.
type page struct {
	kind     sheetKind
	personal bool // on the customer's own form, its code printed
	dated    bool // with a designated date
	line     lab.Line
	mess     lab.Mess
}

// spec is one document to make.
type spec struct {
	name  string
	note  string
	at    string // day and clock in Japan
	pages []page
	pdf   bool
	png   bool
	tiff  fax.Options
	again string // the name of the document whose bytes arrive once more
}

func fine() lab.Line { return lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728, BlurMM: .02, Noise: .04} }

func standard() lab.Line {
	return lab.Line{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .02, Noise: .04}
}

func copier() lab.Line { return lab.Line{XDPI: 200, YDPI: 200, BlurMM: .02, Noise: .03} }

func with(l lab.Line, change func(*lab.Line)) lab.Line {
	change(&l)
	return l
}

func one(l lab.Line) []page { return []page{{line: l}} }

// specs is the post of three days. Times stand on both sides of the fax cut-off of Honshu.
func specs() []spec {
	g3, g32, g4 := fax.CodingG3, fax.CodingG3TwoD, fax.CodingG4
	header := func(l *lab.Line) { l.Header = "2026-11-24 10:12  FROM 0352114402        P.01/01" }
	skew := func(d float64) func(*lab.Line) { return func(l *lab.Line) { l.Skew = d } }
	turned := func(l *lab.Line) { l.Rotate = 180 }
	speckled := func(l *lab.Line) { l.Speckle, l.Noise, l.Streaks = .5, .08, 1 }
	return []spec{
		{name: "fax-01-g4.tif", at: "2026-11-24 08:52", pages: one(fine()), tiff: fax.Options{Coding: g4}},
		{name: "fax-02-g4-lsb.tif", at: "2026-11-24 09:03", pages: one(fine()), tiff: fax.Options{Coding: g4, LSBFirst: true}},
		{name: "fax-03-g4-black-is-zero.tif", at: "2026-11-24 09:10", pages: one(fine()), tiff: fax.Options{Coding: g4, MinIsBlack: true}},
		{name: "fax-04-g4-strips.tif", at: "2026-11-24 09:21", pages: one(fine()), tiff: fax.Options{Coding: g4, RowsPerStrip: 128}},
		{name: "fax-05-g4-big-endian.tif", at: "2026-11-24 09:33", pages: one(fine()), tiff: fax.Options{Coding: g4, BigEndian: true, EndMark: true}},
		{name: "fax-06-g3.tif", at: "2026-11-24 09:40", pages: one(fine()), tiff: fax.Options{Coding: g3}},
		{name: "fax-07-g3-lsb.tif", at: "2026-11-24 09:58", pages: one(fine()), tiff: fax.Options{Coding: g3, LSBFirst: true, EndMark: true}},
		{name: "fax-08-g3-aligned.tif", at: "2026-11-24 10:02", pages: one(fine()), tiff: fax.Options{Coding: g3, AlignEOL: true}},
		{name: "fax-09-g3-2d.tif", at: "2026-11-24 10:15", pages: one(with(fine(), header)), tiff: fax.Options{Coding: g32}},
		{name: "fax-10-g3-2d-lsb.tif", at: "2026-11-24 10:41", pages: one(fine()), tiff: fax.Options{Coding: g32, LSBFirst: true}},
		{name: "fax-11-g3-2d-aligned.tif", at: "2026-11-24 10:44", pages: one(fine()), tiff: fax.Options{Coding: g32, AlignEOL: true, MinIsBlack: true}},
		{name: "fax-12-standard-g3.tif", at: "2026-11-24 11:05", pages: one(standard()), tiff: fax.Options{Coding: g3}, note: "204 × 98 dpi"},
		{name: "fax-13-standard-g3-2d.tif", at: "2026-11-24 11:20", pages: one(standard()), tiff: fax.Options{Coding: g32, EndMark: true}, note: "204 × 98 dpi"},
		{name: "fax-14-standard-g4.tif", at: "2026-11-24 11:48", pages: one(with(standard(), header)), tiff: fax.Options{Coding: g4}, note: "204 × 98 dpi"},
		{name: "fax-15-upside-down.tif", at: "2026-11-24 13:00", pages: one(with(fine(), turned)), tiff: fax.Options{Coding: g4}, note: "upside down"},
		{name: "fax-16-standard-upside-down.tif", at: "2026-11-24 13:01", pages: one(with(standard(), turned)), tiff: fax.Options{Coding: g3}, note: "204 × 98 dpi, upside down"},
		{name: "fax-17-skewed.tif", at: "2026-11-24 13:35", pages: one(with(fine(), skew(1.6))), tiff: fax.Options{Coding: g4}, note: "skewed 1.6°"},
		{name: "fax-18-skewed.tif", at: "2026-11-24 14:11", pages: one(with(fine(), skew(-2.4))), tiff: fax.Options{Coding: g32}, note: "skewed 2.4°"},
		{name: "fax-19-standard-skewed.tif", at: "2026-11-24 14:30", pages: one(with(standard(), skew(1.1))), tiff: fax.Options{Coding: g3, AlignEOL: true}, note: "204 × 98 dpi, skewed 1.1°"},
		{name: "fax-20-speckled.tif", at: "2026-11-24 15:02", pages: one(with(fine(), speckled)), tiff: fax.Options{Coding: g4}, note: "specks and a streak"},
		{name: "fax-21-blank.tif", at: "2026-11-24 15:10", pages: []page{{kind: sheetBlank, line: with(fine(), func(l *lab.Line) { l.Speckle = .05 })}}, tiff: fax.Options{Coding: g4}, note: "a blank sheet"},
		{name: "fax-22-advert.tif", at: "2026-11-24 15:40", pages: []page{{kind: sheetLetter, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "no form of ours"},
		{name: "fax-23-unknown-item.tif", at: "2026-11-24 15:55", pages: []page{{kind: sheetUnknown, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "an item code that no item has"},
		{name: "fax-24-empty-form.tif", at: "2026-11-24 16:04", pages: []page{{kind: sheetEmpty, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "nothing filled in"},
		{name: "fax-25-personal.tif", at: "2026-11-24 16:20", pages: []page{{personal: true, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "the customer's own form"},
		{name: "fax-26-personal-dated.tif", at: "2026-11-24 16:40", pages: []page{{personal: true, dated: true, line: fine()}}, tiff: fax.Options{Coding: g3}, note: "the customer's own form, with a date"},
		{name: "fax-27-at-the-cut-off.tif", at: "2026-11-24 17:00", pages: []page{{personal: true, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "received at the cut-off"},
		{name: "fax-28-a-second-late.tif", at: "2026-11-24 17:00:01", pages: []page{{personal: true, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "received a second after the cut-off"},
		{name: "fax-29-three-pages.tif", at: "2026-11-24 18:40", pages: []page{{line: fine()}, {line: fine(), dated: true}, {line: with(fine(), turned)}}, tiff: fax.Options{Coding: g4}, note: "three orders in one file"},
		{name: "fax-01-g4.tif", again: "fax-01-g4.tif", at: "2026-11-24 19:02", note: "fax-01 handed in twice"},
		{name: "fax-30-resent.tif", again: "fax-06-g3.tif", at: "2026-11-25 08:45", note: "fax-06 sent again by the customer"},
		{name: "scan-31-g4.pdf", at: "2026-11-25 09:15", pdf: true, pages: one(copier()), tiff: fax.Options{Coding: g4}, note: "PDF of a copier"},
		{name: "scan-32-g3.pdf", at: "2026-11-25 09:26", pdf: true, pages: one(fine()), tiff: fax.Options{Coding: g3}, note: "PDF, K = 0"},
		{name: "scan-33-g3-2d.pdf", at: "2026-11-25 09:44", pdf: true, pages: one(fine()), tiff: fax.Options{Coding: g32}, note: "PDF, K > 0"},
		{name: "scan-34-two-pages.pdf", at: "2026-11-25 10:10", pdf: true, pages: []page{{line: copier()}, {line: with(copier(), skew(-1.2)), dated: true}}, tiff: fax.Options{Coding: g4, MinIsBlack: true}, note: "PDF of two orders"},
		{name: "scan-35.png", at: "2026-11-25 10:31", png: true, pages: one(copier()), note: "PNG"},
		{name: "mail-36-tiff.eml", at: "2026-11-25 11:02", pages: one(fine()), tiff: fax.Options{Coding: g4}, note: "gateway mail"},
		{name: "mail-37-pdf.eml", at: "2026-11-25 11:40", pdf: true, pages: one(fine()), tiff: fax.Options{Coding: g4}, note: "gateway mail with a PDF"},
		{name: "mail-38-two-tiffs.eml", at: "2026-11-25 12:15", pages: []page{{line: fine()}, {line: standard()}}, tiff: fax.Options{Coding: g3}, note: "gateway mail with two TIFFs"},
		{name: "mail-39-standard.eml", at: "2026-11-25 14:20", pages: one(with(standard(), skew(-.9))), tiff: fax.Options{Coding: g32}, note: "gateway mail, 204 × 98 dpi, skewed"},
		{name: "mail-40-upside-down.eml", at: "2026-11-25 16:45", pages: one(with(fine(), turned)), tiff: fax.Options{Coding: g3, LSBFirst: true}, note: "gateway mail, upside down"},
		{name: "mail-41-before-cut-off.eml", at: "2026-11-25 16:59", pages: []page{{personal: true, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "gateway mail, a minute before the cut-off"},
		{name: "mail-42-after-cut-off.eml", at: "2026-11-25 17:20", pages: []page{{personal: true, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "gateway mail after the cut-off"},
		{name: "fax-43-dated.tif", at: "2026-11-26 09:30", pages: []page{{dated: true, line: fine()}}, tiff: fax.Options{Coding: g4}, note: "with a designated date"},
		{name: "fax-44-messy.tif", at: "2026-11-26 11:30", pages: []page{{line: fine(), mess: lab.Mess{Touch: .5, Overflow: .2, Strike: .08}}}, tiff: fax.Options{Coding: g4}, note: "written over the frames"},
	}
}

// Faxes makes the three days' documents, in the order in which they arrive.
func Faxes(shop *Shop, seed uint64) ([]Document, error) { return faxes(shop, seed, time.Time{}) }

// apart is how long after each other faxes arrive that are told to arrive up to a time.
const apart = 4 * time.Minute

// FaxesUntil are the same documents, the last of them received shortly before a time and each some
// minutes after the other, so that what is written on them fits a clock.
func FaxesUntil(shop *Shop, seed uint64, last time.Time) ([]Document, error) {
	return faxes(shop, seed, last)
}

// arrives is when the i-th of n documents is received.
func arrives(i, n int, last time.Time) time.Time {
	return last.Add(-apart * time.Duration(n-i)).Truncate(time.Minute)
}

func faxes(shop *Shop, seed uint64, last time.Time) ([]Document, error) {
	made := map[string]Document{}
	var out []Document
	for i, s := range specs() {
		at, err := time.ParseInLocation("2006-01-02 15:04:05", padSeconds(s.at), order.JST)
		if err != nil {
			return nil, fmt.Errorf("parse time of %s: %w", s.name, err)
		}
		if !last.IsZero() {
			at = arrives(i, len(specs()), last)
		}
		if s.again != "" {
			d := made[s.again]
			d.Name, d.At, d.Note = s.name, at, s.note
			out = append(out, d)
			continue
		}
		d, err := make1(shop, s, at, rand.New(rand.NewPCG(seed, uint64(i)+1)))
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", s.name, err)
		}
		made[s.name] = d
		out = append(out, d)
	}
	return out, nil
}

func padSeconds(s string) string {
	if len(s) == len("2006-01-02 15:04") {
		return s + ":00"
	}
	return s
}

func make1(shop *Shop, s spec, at time.Time, r *rand.Rand) (Document, error) {
	d := Document{Name: s.name, At: at, Note: s.note}
	images := make([]*bilevel.Image, len(s.pages))
	for i, p := range s.pages {
		dep := shop.faxCustomers[r.IntN(len(shop.faxCustomers))]
		if i == 0 {
			d.Caller = dep.Fax
		}
		paper, written, err := sheet(shop, p, dep, order.DateOf(at), r)
		if err != nil {
			return d, err
		}
		d.Written = append(d.Written, written)
		images[i] = p.line.Send(paper, r)
	}
	o := s.tiff
	o.XDPI, o.YDPI = s.pages[0].line.XDPI, s.pages[0].line.YDPI
	if isMail(s.name) {
		body, err := mail(s, d, images, r)
		d.Bytes = body
		return d, err
	}
	body, err := encode(s, images, o)
	d.Bytes = body
	return d, err
}

func encode(s spec, images []*bilevel.Image, o fax.Options) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch {
	case s.png:
		err = images[0].EncodePNG(&b, o.XDPI, o.YDPI)
	case s.pdf:
		err = fax.EncodePDF(&b, images, o)
	default:
		err = fax.EncodeTIFF(&b, images, o)
	}
	return b.Bytes(), err
}

// sheet is the paper that goes into the machine, and what is written on it.
func sheet(shop *Shop, p page, dep order.Department, received order.Date, r *rand.Rand) (*lab.Paper, lab.Truth, error) {
	switch p.kind {
	case sheetBlank:
		return lab.NewPaper(210, 297), lab.Truth{}, nil
	case sheetLetter:
		return advert(), lab.Truth{}, nil
	case sheetOrder, sheetUnknown, sheetEmpty:
	}
	var opts form.Options
	if p.personal {
		opts = form.Options{CustomerCode: dep.Code, CompanyName: dep.CompanyName, DepartmentName: dep.Name}
	}
	drawing, err := form.Order(opts)
	if err != nil {
		return nil, lab.Truth{}, err
	}
	paper := &lab.Paper{Image: form.Raster(drawing, lab.PaperDPI, lab.PaperDPI)}
	if p.kind == sheetEmpty {
		return paper, lab.Truth{}, nil
	}
	return paper, lab.Fill(paper, &drawing.Layout, order1(shop, p, dep, received, r), lab.NewWriter(r), p.mess, r), nil
}

// order1 is what the customer writes.
func order1(shop *Shop, p page, dep order.Department, received order.Date, r *rand.Rand) lab.Sheet {
	s := lab.Sheet{Customer: dep.Code}
	if p.personal {
		s.Customer = ""
	}
	if p.dated {
		on := received.Add(7)
		for on.Weekday() == time.Sunday || on.Weekday() == time.Saturday {
			on = on.Add(1)
		}
		s.Month, s.Day = strconv.Itoa(int(on.Month)), strconv.Itoa(on.Day)
	}
	if tos := shop.shipTos[dep.CompanyCode]; len(tos) > 0 && r.IntN(3) == 0 {
		s.ShipTo = tos[r.IntN(len(tos))].Code
	}
	total := 0
	seen := map[string]bool{}
	for range 2 + r.IntN(5) {
		it := shop.faxItems[r.IntN(len(shop.faxItems))]
		if seen[it.Code] {
			continue
		}
		seen[it.Code] = true
		q := it.OrderMultiple * (1 + r.IntN(6))
		total += q
		s.Lines = append(s.Lines, lab.SheetLine{Code: it.Code, Quantity: strconv.Itoa(q), Comment: r.IntN(6) == 0})
	}
	if p.kind == sheetUnknown {
		s.Lines[0].Code = shop.unknownItem
	}
	s.Total = strconv.Itoa(total)
	if r.IntN(3) == 0 {
		s.Marks = []string{"stockout.cancel"}
	}
	return s
}

// advert is a page of print that is no form of ours.
func advert() *lab.Paper {
	c := form.NewRasterCanvas(210, 297, lab.PaperDPI, lab.PaperDPI)
	c.Text(25, 45, "冬の暖房機器フェアのご案内", typeset.Style{Size: 24, Weight: typeset.Bold})
	y := 70.0
	for _, l := range []string{
		"拝啓　時下ますますご清栄のこととお慶び申し上げます。",
		"平素は格別のお引き立てを賜り、厚く御礼申し上げます。",
		"さて、このたび弊社では暖房機器の特別販売会を開催いたします。",
		"皆様お誘い合わせのうえ、ぜひご来場くださいますようお願い申し上げます。",
		"敬具",
		"",
		"会期　十二月五日（土）・六日（日）　午前十時より",
		"会場　みどり町展示ホール",
		"主催　株式会社ひだまり設備",
	} {
		c.Text(25, y, l, typeset.Style{Size: 12})
		y += 10
	}
	c.Frame(20, 30, 170, 150, .6)
	return &lab.Paper{Image: c.Bitmap()}
}
