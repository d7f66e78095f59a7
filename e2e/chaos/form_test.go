package chaos_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/samples"
	"todoke/templates/form"
	"todoke/templates/typeset"
)

// filled is a form that a customer has filled in and faxed: one order, however often it is sent.
type filled struct {
	goods string // customer and lines as the order must have them
	fax   string // the customer's registered number
	page  scan
}

// scan is a page as a fax machine sends it.
type scan struct {
	image      *bilevel.Image
	xdpi, ydpi float64
}

// goods names an order by what is ordered. No two forms have the same.
func goods(customer string, lines map[string]int) string {
	var all []string
	for code, qty := range lines {
		all = append(all, fmt.Sprintf("%s×%d", code, qty))
	}
	slices.Sort(all)
	return customer + " " + strings.Join(all, " ")
}

// desk makes forms.
type desk struct {
	seed      uint64
	most      int // different ones to make; beyond, they come again
	items     []order.Item
	customers []order.Department
	blank     *lab.Paper
	layout    *form.Layout
	made      []filled
	taken     map[string]bool
	had       map[[2]string]bool // customer and item: what somebody ordered before would be an addition to it (FAX-5)
	cover     scan
	advert    scan
	white     scan
}

func newDesk(seed uint64, most int) (*desk, error) {
	shop := samples.Shop()
	d := &desk{seed: seed, most: most, taken: map[string]bool{}, had: map[[2]string]bool{}}
	for _, it := range shop.Items {
		if !it.Discontinued && it.SuccessorCode == "" && it.Class == order.ClassNormal {
			d.items = append(d.items, it)
		}
	}
	for _, c := range shop.Customers {
		if c.Fax != "" && !strings.HasPrefix(c.Code, "0") {
			d.customers = append(d.customers, c)
		}
	}
	drawing, err := form.Order(form.Options{})
	if err != nil {
		return nil, err
	}
	d.blank = &lab.Paper{Image: form.Raster(drawing, lab.PaperDPI, lab.PaperDPI)}
	d.layout = &drawing.Layout
	r := rand.New(rand.NewPCG(seed, 1<<40))
	d.cover = faxed(letter("送付状", "みどり商事株式会社　総務部", "注文書を送付いたします。", "ご査収くださいますようお願い申し上げます。", "送付枚数　本紙を含め二枚"), fine(), r)
	d.advert = faxed(letter("冬の暖房機器フェア", "平素は格別のお引き立てを賜り、厚く御礼申し上げます。", "このたび弊社では特別販売会を開催いたします。", "会期　十二月五日・六日", "主催　株式会社ひだまり設備"), fine(), r)
	d.white = faxed(lab.NewPaper(210, 297), fine(), r)
	return d, nil
}

func fine() lab.Line { return lab.Line{XDPI: 204, YDPI: 196, WidthPx: 1728, BlurMM: .02, Noise: .04} }

func letter(title string, lines ...string) *lab.Paper {
	c := form.NewRasterCanvas(210, 297, lab.PaperDPI, lab.PaperDPI)
	c.Text(25, 45, title, typeset.Style{Size: 24, Weight: typeset.Bold})
	y := 75.0
	for _, l := range lines {
		c.Text(25, y, l, typeset.Style{Size: 12})
		y += 11
	}
	return &lab.Paper{Image: c.Bitmap()}
}

func faxed(p *lab.Paper, l lab.Line, r *rand.Rand) scan {
	return scan{l.Send(p, r), l.XDPI, l.YDPI}
}

// fresh is a form that was not sent before, while there are any to make; of customer who.
func (d *desk) fresh(r *rand.Rand, who int) int {
	if len(d.made) >= d.most {
		return r.IntN(len(d.made))
	}
	d.made = append(d.made, d.fill(len(d.made), who))
	return len(d.made) - 1
}

// next is the customer whose turn it is: they come round.
func (d *desk) next() int { return len(d.made) % len(d.customers) }

// fill writes form n, with lines of its own.
func (d *desk) fill(n, who int) filled {
	r := rand.New(rand.NewPCG(d.seed, uint64(n)+1))
	for {
		c := d.customers[who]
		s := lab.Sheet{Customer: c.Code}
		lines, total := map[string]int{}, 0
		for range 2 + r.IntN(4) {
			it := d.items[r.IntN(len(d.items))]
			if lines[it.Code] != 0 || d.had[[2]string{c.Code, it.Code}] {
				continue
			}
			q := it.OrderMultiple * (1 + r.IntN(4))
			lines[it.Code], total = q, total+q
			s.Lines = append(s.Lines, lab.SheetLine{Code: it.Code, Quantity: strconv.Itoa(q)})
		}
		s.Total = strconv.Itoa(total)
		name := goods(c.Code, lines)
		if len(lines) < 2 || d.taken[name] {
			continue
		}
		d.taken[name] = true
		for code := range lines {
			d.had[[2]string{c.Code, code}] = true
		}
		paper := d.blank.Clone()
		lab.Fill(paper, d.layout, s, lab.NewWriter(r), lab.Mess{}, r)
		l := fine()
		switch r.IntN(4) {
		case 0:
			l.YDPI = 98
		case 1:
			l.Rotate = 180
		}
		return filled{name, c.Fax, faxed(paper, l, r)}
	}
}

// file is pages as one attachment.
type file struct {
	ext, kind string
	data      []byte // until it is written down
	sha       string // once it is
	forms     []int  // form of each page, -1 for none
}

// encode writes pages as gateways do, all in the resolution of the first.
func encode(pages []scan, forms []int, pdf bool, r *rand.Rand) (file, error) {
	codings := []string{fax.CodingG3, fax.CodingG3TwoD, fax.CodingG4, fax.CodingG4}
	o := fax.Options{Coding: codings[r.IntN(len(codings))], XDPI: pages[0].xdpi, YDPI: pages[0].ydpi}
	images := make([]*bilevel.Image, len(pages))
	for i, p := range pages {
		images[i] = p.image
		if p.ydpi != o.YDPI { // standard pages in a fine file: every row twice
			o.YDPI = 196
		}
	}
	for i, p := range pages {
		if p.ydpi < o.YDPI {
			images[i] = p.image.Repeat(1, 2)
		}
	}
	var b bytes.Buffer
	if pdf {
		return file{ext: "pdf", kind: "application/pdf", forms: forms}.of(&b, fax.EncodePDF(&b, images, o))
	}
	o.LSBFirst, o.BigEndian, o.MinIsBlack = r.IntN(3) == 0, r.IntN(4) == 0, r.IntN(4) == 0
	if r.IntN(4) == 0 {
		o.RowsPerStrip = 128
	}
	return file{ext: "tif", kind: "image/tiff", forms: forms}.of(&b, fax.EncodeTIFF(&b, images, o))
}

func (f file) of(b *bytes.Buffer, err error) (file, error) {
	f.data = b.Bytes()
	return f, err
}
