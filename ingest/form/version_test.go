package form_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/order"
	"todoke/templates/barcode"
	printed "todoke/templates/form"
)

// moved is the order form as its next version might be: the same marks, the boxes elsewhere.
func moved(t *testing.T) *printed.Layout {
	t.Helper()
	l, err := printed.LayoutOf(printed.KindOrder, 1)
	if err != nil {
		t.Fatal(err)
	}
	l.Version = 2
	for i := range l.Fields {
		f := &l.Fields[i]
		for k := range f.Cells {
			switch c := &f.Cells[k]; {
			case f.Kind == printed.FieldPrinted:
			case strings.HasSuffix(f.Name, ".item_code"):
				c.X += 33 // behind the quantity
			case strings.HasSuffix(f.Name, ".quantity"):
				c.X -= 53
			case f.Name == "customer_code":
				c.X -= 3.5
			}
		}
	}
	return l
}

// draw prints a layout by itself.
func draw(t *testing.T, l *printed.Layout, withQR bool) *lab.Paper {
	t.Helper()
	c := printed.NewRasterCanvas(l.Page.WidthMM, l.Page.HeightMM, lab.PaperDPI, lab.PaperDPI)
	for _, m := range l.Marks {
		c.Fill(m.X, m.Y, m.W, m.H)
	}
	for _, f := range l.Fields {
		for _, b := range f.Cells {
			if f.Kind != printed.FieldPrinted {
				c.Frame(b.X, b.Y, b.W, b.H, l.FrameMM)
			}
		}
	}
	if withQR {
		qr, err := barcode.QR(printed.Identity{Kind: l.Form, Version: l.Version}.Payload(), 2)
		if err != nil {
			t.Fatal(err)
		}
		c.Modules(l.QR.X, l.QR.Y, l.QR.W, l.QR.H, qr)
	}
	return &lab.Paper{Image: c.Bitmap()}
}

// Sheets of an old version lie in customers' drawers for years: both versions read, each by its
// own boxes, and without its QR code a page is of the version whose boxes are there.
func TestOldVersionsStayReadable(t *testing.T) {
	t.Parallel()
	b := setup(t, printed.Options{})
	old, err := printed.LayoutOf(printed.KindOrder, 1)
	if err != nil {
		t.Fatal(err)
	}
	next := moved(t)
	know := b.know
	for _, layouts := range [][]*printed.Layout{{next, old}, {old, next}} {
		know.Layouts = layouts
		for _, l := range layouts {
			for _, withQR := range []bool{true, false} {
				r := rand.New(rand.NewPCG(neat, 99))
				p := draw(t, l, withQR)
				truth := lab.Fill(p, l, b.plain(), lab.NewWriter(r), lab.Mess{}, r)
				d := form.Read(form.Page{Image: fine.Send(p, r), XDPI: fine.XDPI, YDPI: fine.YDPI}, know)
				if d.FormVersion != l.Version {
					t.Errorf("version %d, QR %v: read as version %d, %s %v", l.Version, withQR, d.FormVersion, d.Decision, d.Reasons)
					continue
				}
				accepted := 0
				for _, f := range d.Fields {
					if f.Decision == order.DecisionAccept && strings.HasSuffix(f.Name, ".item_code") {
						accepted++
						if f.Text != truth.Text[f.Name] {
							t.Errorf("version %d: %s read as %q, written %q", l.Version, f.Name, f.Text, truth.Text[f.Name])
						}
					}
				}
				if accepted < 2 {
					t.Errorf("version %d, QR %v: %d item codes accepted: %v", l.Version, withQR, accepted, d.Reasons)
				}
				if unnamed := slices.ContainsFunc(d.Reasons, func(s string) bool { return strings.Contains(s, "QR") }); unnamed == withQR {
					t.Errorf("version %d, QR %v: %v", l.Version, withQR, d.Reasons)
				}
			}
		}
	}
}
