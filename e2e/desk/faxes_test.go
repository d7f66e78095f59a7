package desk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/samples"
	"todoke/templates/form"
)

// laboratory writes order forms as the sample shop's customers do and faxes them.
type laboratory struct {
	shop      lab.Shop
	customers []order.Department
	blank     *lab.Paper
	layout    *form.Layout
	lines     []lab.Condition
}

func newLaboratory(t *testing.T, on order.Date) *laboratory {
	t.Helper()
	set := samples.Shop()
	l := &laboratory{lines: lab.Conditions()}
	l.shop = lab.Shop{ShipTos: map[string][]order.ShipTo{}, ReceivedOn: on}
	for _, it := range set.Items {
		if !it.Discontinued && it.SuccessorCode == "" && it.Class != order.ClassPhone {
			l.shop.Items = append(l.shop.Items, it)
		}
	}
	for _, to := range set.ShipTos {
		l.shop.ShipTos[to.CompanyCode] = append(l.shop.ShipTos[to.CompanyCode], to)
	}
	for _, c := range set.Customers {
		if c.Fax != "" && !strings.HasPrefix(c.Code, "0") {
			l.customers = append(l.customers, c)
		}
	}
	drawing, err := form.Order(form.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.blank, l.layout = &lab.Paper{Image: form.Raster(drawing, lab.PaperDPI, lab.PaperDPI)}, &drawing.Layout
	return l
}

// written is a fax that was sent, and what its customer wrote by field.
type written struct {
	File   string
	Fields map[string]string
}

// fax writes fax n into a folder. Lines and hands are the laboratory's, each condition in turn.
func (l *laboratory) fax(t *testing.T, dir string, n int) written {
	t.Helper()
	r := rand.New(rand.NewPCG(7, uint64(n))) //nolint:gosec // the same faxes each time
	shop, kind := l.shop, l.lines[n%len(l.lines)]
	shop.Departments = []order.Department{l.customers[n%len(l.customers)]}
	paper := l.blank.Clone()
	truth := lab.Fill(paper, l.layout, lab.RandomSheet(r, &shop, lab.Usual()), lab.NewWriter(r), kind.Mess, r)
	line := kind.Line(r)
	var b bytes.Buffer
	if err := fax.EncodeTIFF(&b, []*bilevel.Image{line.Send(paper, r)}, fax.Options{Coding: fax.CodingG4, XDPI: line.XDPI, YDPI: line.YDPI}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, fmt.Sprintf("fax-%04d-%s.tif", n, kind.Name))
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil { //nolint:gosec // the shop reads it
		t.Fatal(err)
	}
	return written{file, truth.Text}
}

// ordered is what of an order must be as it was written.
type ordered struct {
	Number   string
	State    string
	Customer string                `json:"customer_code"`
	ShipTo   struct{ Code string } `json:"ship_to"`
	Lines    []struct {
		Item     string `json:"item_code"`
		Quantity int
	}
	Goods order.Yen `json:"goods_yen"`
	Fee   order.Yen `json:"fee_yen"`
	Taxes []struct {
		Yen order.Yen `json:"tax_yen"`
	}
	Source struct {
		Document int64 `json:"document_id"`
	}
}

// orders are all that stand, by document.
func (s *shop) orders() map[int64][]ordered {
	s.t.Helper()
	out := map[int64][]ordered{}
	for d := json.NewDecoder(strings.NewReader(s.do("", "order", "list", "--json", "--limit", "100000"))); d.More(); {
		var o ordered
		if err := d.Decode(&o); err != nil {
			s.t.Fatal(err)
		}
		if o.State != "cancelled" {
			out[o.Source.Document] = append(out[o.Source.Document], o)
		}
	}
	return out
}

// unlike tells where an order is not what was written; "" where it is.
func unlike(o ordered, written map[string]string) string {
	want, got := map[string]int{}, map[string]int{}
	for name, text := range written {
		if no, ok := strings.CutSuffix(name, ".quantity"); ok {
			n, _ := strconv.Atoi(text)
			want[written[no+".item_code"]] += n
		}
	}
	for _, l := range o.Lines {
		got[l.Item] += l.Quantity
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Sprintf("lines %v, written %v", got, want)
	}
	if o.Customer != written["customer_code"] {
		return fmt.Sprintf("customer %s, written %s", o.Customer, written["customer_code"])
	}
	if to := written["ship_to"]; to != "" && o.ShipTo.Code != to {
		return fmt.Sprintf("ship-to %q, written %q", o.ShipTo.Code, to)
	}
	return ""
}
