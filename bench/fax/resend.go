package fax

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"todoke/internal/bilevel"
	"todoke/templates/form"
)

// The kinds of pairs of faxes that one customer sends (FAX-5).
const (
	PairSame    = "the same sheet faxed twice"
	PairAnew    = "the same order written anew"
	PairOther   = "written anew with one quantity changed"
	PairChanged = "the same sheet with one quantity changed"
	PairAdded   = "the same sheet with a line added"
)

// PairKinds are all kinds of pairs.
func PairKinds() []string {
	return []string{PairSame, PairAnew, PairOther, PairChanged, PairAdded}
}

// Pair is two faxes of one customer by two lines, one after the other.
type Pair struct {
	Kind   string
	Lines  [2]string // names of the conditions
	Pages  [2]*bilevel.Image
	Faxed  [2]Line
	Truth  [2]Truth
	Fields []string // that were written on or changed in between, where it is the same sheet
}

// Pairs makes pairs of faxes for measuring what tells a resend.
type Pairs struct {
	shop   *Shop
	layout *form.Layout
	sheet  *Paper
}

// NewPairs draws the order form.
func NewPairs(shop *Shop) (*Pairs, error) {
	d, err := form.Order(form.Options{})
	if err != nil {
		return nil, fmt.Errorf("draw the order form: %w", err)
	}
	return &Pairs{shop: shop, layout: &d.Layout, sheet: &Paper{Image: form.Raster(d, PaperDPI, PaperDPI)}}, nil
}

// Pair makes pair n of a kind; the same for the same seed. Each fax goes by any of the usual
// machines and lines, but for those that lose or hide part of the page.
func (p *Pairs) Pair(kind string, seed, n uint64) Pair {
	r := rand.New(rand.NewPCG(seed, n))
	w := NewWriter(r)
	h := Usual()
	h.MinLines = 2
	s := RandomSheet(r, p.shop, h)
	s.LeftAlign = false
	out := Pair{Kind: kind}
	changed := r.IntN(len(s.Lines))
	t := s
	t.Lines = slices.Clone(s.Lines)
	first, second := p.sheet.Clone(), p.sheet.Clone()
	quantity := fmt.Sprintf("lines[%d].quantity", changed+1)
	switch kind {
	case PairSame:
		out.Truth[0] = Fill(first, p.layout, s, w, Mess{}, r)
		second, out.Truth[1] = first.Clone(), out.Truth[0]
	case PairAnew:
		out.Truth[0] = Fill(first, p.layout, s, w, Mess{}, r)
		out.Truth[1] = Fill(second, p.layout, t, w, Mess{}, r)
	case PairOther:
		t.change(changed, r)
		out.Truth[0] = Fill(first, p.layout, s, w, Mess{}, r)
		out.Truth[1] = Fill(second, p.layout, t, w, Mess{}, r)
	case PairChanged:
		s.Total, t.Total = "", ""
		bare := t
		bare.Lines = slices.Clone(s.Lines)
		bare.Lines[changed].Quantity = ""
		t.change(changed, r)
		Fill(first, p.layout, bare, w, Mess{}, r)
		second = first.Clone()
		only := func(q string) Sheet {
			return Sheet{Lines: []SheetLine{{Row: changed + 1, Quantity: q}}}
		}
		out.Truth[0] = Fill(first, p.layout, only(s.Lines[changed].Quantity), w, Mess{}, r)
		out.Truth[1] = Fill(second, p.layout, only(t.Lines[changed].Quantity), w, Mess{}, r)
		out.Fields = []string{quantity}
	case PairAdded:
		s.Total, t.Total = "", ""
		out.Truth[0] = Fill(first, p.layout, s, w, Mess{}, r)
		second = first.Clone()
		row := len(s.Lines) + 1
		more := Sheet{Lines: []SheetLine{{Row: row, Code: p.shop.Items[r.IntN(len(p.shop.Items))].Code, Quantity: "3"}}}
		out.Truth[1] = Fill(second, p.layout, more, w, Mess{}, r)
		out.Fields = []string{fmt.Sprintf("lines[%d].item_code", row), fmt.Sprintf("lines[%d].quantity", row)}
	}
	var lines []Condition
	for _, c := range Conditions() {
		if !slices.Contains([]string{"clipped", "messy"}, c.Name) {
			lines = append(lines, c)
		}
	}
	for i, paper := range []*Paper{first, second} {
		c := lines[r.IntN(len(lines))]
		l := c.Line(r)
		out.Lines[i], out.Faxed[i], out.Pages[i] = c.Name, l, l.Send(paper, r)
	}
	return out
}

// change writes another quantity into a line, and its total.
func (s *Sheet) change(line int, r *rand.Rand) {
	old, err := strconv.Atoi(s.Lines[line].Quantity)
	if err != nil {
		return
	}
	now := 1 + r.IntN(9)
	for now == old {
		now = 1 + r.IntN(9)
	}
	s.Lines[line].Quantity = strconv.Itoa(now)
	if total, err := strconv.Atoi(s.Total); err == nil {
		s.Total = strconv.Itoa(total - old + now)
	}
}
