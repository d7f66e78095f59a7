package page

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/ingest/page"
	"todoke/internal/likeness"
	"todoke/order"
	"todoke/rules"
	printed "todoke/templates/form"
)

// Truth is what a sample is: the kind of page, and whether closing it would lose something.
type Truth struct {
	Name string
	Kind order.PageKind
	Keep bool // an order, a form or a letter: it must come before a person
}

// The samples' truths, in the order of the report.
var truths = []Truth{
	{"order form", order.PageOrderForm, true},
	{"order form, torn", order.PageOrderForm, true},
	{"return request", order.PageReturn, true},
	{"point inquiry", order.PagePoints, true},
	{"prize application", order.PagePrize, true},
	{"registration change", order.PageRegistration, true},
	{"own order paper", order.PageUnknown, true},
	{"letter", order.PageUnknown, true},
	{"cover sheet", order.PageCover, false},
	{"advert", order.PageAdvert, false},
	{"blank", order.PageBlank, false},
	{"black or noise", order.PageUnreadable, true},
}

// Report counts what samples were taken for.
type Report struct {
	N     int                               // samples of each truth
	Taken map[string]map[order.PageKind]int // by truth
	Lost  int                               // to be kept and closed unseen, of any truth: it must be 0
	Kept  int                               // samples of those truths
	Again []Again
}

// Again is what became of pages like those that people had judged.
type Again struct {
	Name         string
	N            int
	Alike        int // suggested to be of the judged kind
	Closed       int // without a person
	MustNotClose bool
}

// read is a page as the program takes it.
func read(m likeness.Page) (order.Draft, order.PageLook) {
	d := form.Read(form.Page{Image: m.Image, XDPI: m.XDPI, YDPI: m.YDPI}, form.Knowledge{})
	return d, page.Look(m.Image, m.XDPI, m.YDPI)
}

// send faxes a sheet in one of the everyday conditions.
func send(p *fax.Paper, r *rand.Rand) likeness.Page {
	all := fax.Conditions()
	l := all[r.IntN(len(all))].Line(r)
	return likeness.Page{Image: l.Send(p, r), XDPI: l.XDPI, YDPI: l.YDPI}
}

// sample draws a sheet of a truth.
func sample(t Truth, i int, r *rand.Rand) (*fax.Paper, error) {
	seed := r.Uint64()
	orderForm := func() (*fax.Paper, error) {
		d, err := printed.Order(printed.Options{})
		if err != nil {
			return nil, err
		}
		p := &fax.Paper{Image: printed.Raster(d, fax.PaperDPI, fax.PaperDPI)}
		sheet := fax.Sheet{Customer: order.WithCheckDigit(fmt.Sprintf("%07d", r.IntN(9999999)))}
		for k := range 1 + r.IntN(8) {
			sheet.Lines = append(sheet.Lines, fax.SheetLine{Row: k + 1, Code: order.WithCheckDigit(fmt.Sprintf("%06d", r.IntN(999999))), Quantity: strconv.Itoa(1 + r.IntN(90))})
		}
		fax.Fill(p, &d.Layout, sheet, fax.NewWriter(r), fax.Mess{}, r)
		return p, nil
	}
	other := func(kind printed.Kind) (*fax.Paper, error) {
		s, err := otherForm(seed, kind)
		if err != nil {
			return nil, err
		}
		return s.paper, nil
	}
	switch t.Name {
	case "order form":
		return orderForm()
	case "order form, torn":
		p, err := orderForm()
		if err != nil {
			return nil, err
		}
		return torn(p, r), nil
	case "return request":
		return other(printed.KindReturn)
	case "point inquiry":
		return other(printed.KindPoints)
	case "prize application":
		return other(printed.KindPrize)
	case "registration change":
		return other(printed.KindRegistration)
	case "own order paper":
		return own(seed, i).paper, nil
	case "letter":
		return letter(seed, i).paper, nil
	case "cover sheet":
		return cover(seed, i, r.IntN(200), 1+r.IntN(3), nil).paper, nil
	case "advert":
		return advert(seed, i, r.IntN(200), nil).paper, nil
	case "black or noise":
		return black(seed).paper, nil
	default:
		return newSheet(r).paper, nil
	}
}

// Measure faxes n samples of each truth, tells what each is, first alone and from a stranger and
// then as the first page before an order form, and counts; then n senders' cover sheets and
// adverts again after a person judged one, clean and with an order written on them.
func Measure(ctx context.Context, n int, seed uint64) (Report, error) {
	rep := Report{N: n, Taken: map[string]map[order.PageKind]int{}}
	s := rules.Default()
	for _, t := range truths {
		rep.Taken[t.Name] = map[order.PageKind]int{}
		for i := range n {
			if err := ctx.Err(); err != nil {
				return rep, err
			}
			r := rand.New(rand.NewPCG(seed, uint64(i)<<8|uint64(slices.Index(truths, t))))
			p, err := sample(t, i, r)
			if err != nil {
				return rep, err
			}
			d, look := read(send(p, r))
			f := rules.PageFacts{Decision: d.Decision, Form: d.Form, By: d.IdentifiedBy, No: 1, Pages: 1, Look: look}
			before := f
			before.Pages, before.Written, before.Forms, before.Ordered = 2, 1, 1, 1
			alone, first := rules.KindOfPage(f, s), rules.KindOfPage(before, s)
			if t.Kind == order.PageCover { // alone it is told by nothing
				alone = first
			}
			rep.Taken[t.Name][alone.Kind]++
			if t.Keep {
				rep.Kept++
				if rules.KindOfPage(f, s).Close || first.Close {
					rep.Lost++
				}
			}
		}
	}
	return rep, rep.again(ctx, n, seed)
}

// again faxes sheets that people have judged once more, as they are and written on.
func (rep *Report) again(ctx context.Context, n int, seed uint64) error {
	words := []string{"追加 ボールペン 10コ", "+2コ", "コピー用紙 A4 5箱 お願いします"}
	settings := rules.Default()
	settings.PageAdvertMarks = 1 // as readily as a shop can have it
	cases := []*Again{
		{Name: "cover sheet again, another day"},
		{Name: "cover sheet with an order on it", MustNotClose: true},
		{Name: "cover sheet of another layout", MustNotClose: true},
		{Name: "advert again"},
		{Name: "advert with an order on it", MustNotClose: true},
	}
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := rand.New(rand.NewPCG(seed, uint64(i)<<8|255))
		who, word := r.Uint64(), words[i%len(words):i%len(words)+1]
		judged := send(cover(who, i, 3, 1, nil).paper, r)
		ad := send(advert(who, i, 3, nil).paper, r)
		for k, p := range []*sheet{
			cover(who, i, 40+i, 1, nil), cover(who, i, 40+i, 1, word), cover(who, i+1, 40+i, 1, nil),
			advert(who, i, 3, nil), advert(who, i, 3, word),
		} {
			was, kind := judged, order.PageCover
			f := rules.PageFacts{No: 1, Pages: 2, Written: 1, Forms: 1, Ordered: 1}
			if k >= 3 {
				was, kind = ad, order.PageAdvert
				f = rules.PageFacts{No: 1, Pages: 1}
			}
			now := send(p.paper, r)
			d, look := read(now)
			f.Decision, f.Form, f.By, f.Look = d.Decision, d.Form, d.IdentifiedBy, look
			f.Like = []rules.PageLike{like(was, now, kind, settings)}
			v := rules.KindOfPage(f, settings)
			c := cases[k]
			c.N++
			if f.Like[0].Permille >= settings.PageAlikePermille {
				c.Alike++
			}
			if v.Close {
				c.Closed++
				if c.MustNotClose {
					rep.Lost++
				}
			}
			if c.MustNotClose {
				rep.Kept++
			}
		}
	}
	for _, c := range cases {
		rep.Again = append(rep.Again, *c)
	}
	return nil
}

// like compares two pages as the worker does.
func like(was, now likeness.Page, kind order.PageKind, s rules.Settings) rules.PageLike {
	l := likeness.Compare(likeness.Of(was.Image, was.XDPI, was.YDPI), likeness.Of(now.Image, now.XDPI, now.YDPI))
	out := rules.PageLike{Kind: kind, Name: "1.1", By: "bench", SameSender: true, Permille: int(1000 * l.Score), AddedMM2: int(math.Ceil(l.AddedMM2)), ChangedMM2: -1}
	if out.Permille >= s.PageAlikePermille && out.AddedMM2 <= s.PageAddedMM2 {
		out.ChangedMM2 = int(math.Ceil(likeness.Changes(was, now)))
	}
	return out
}

// Print writes the report.
func (rep *Report) Print(w io.Writer) error {
	var b strings.Builder
	var columns []order.PageKind
	for _, k := range order.PageKinds() {
		if slices.ContainsFunc(truths, func(t Truth) bool { return rep.Taken[t.Name][k] > 0 }) {
			columns = append(columns, k)
		}
	}
	fmt.Fprintf(&b, "what %d faxed pages of each kind are taken for\n%-22s", rep.N, "")
	for _, k := range columns {
		fmt.Fprintf(&b, " %*s", max(len(k), 4), k)
	}
	b.WriteByte('\n')
	for _, t := range truths {
		fmt.Fprintf(&b, "%-22s", t.Name)
		for _, k := range columns {
			fmt.Fprintf(&b, " %*d", max(len(k), 4), rep.Taken[t.Name][k])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n%-34s %4s %6s %7s\n", "after a person judged one", "n", "alike", "closed")
	for _, a := range rep.Again {
		note := ""
		if a.MustNotClose {
			note = "  must be 0"
		}
		fmt.Fprintf(&b, "%-34s %4d %6d %7d%s\n", a.Name, a.N, a.Alike, a.Closed, note)
	}
	bound := 1 - math.Pow(.05, 1/math.Max(float64(rep.Kept), 1))
	fmt.Fprintf(&b, "\norders, forms and letters closed without a person: %d of %d", rep.Lost, rep.Kept)
	if rep.Lost == 0 {
		fmt.Fprintf(&b, " (below %.2f %% with 95 %% confidence)", 100*bound)
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}
