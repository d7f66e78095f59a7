package worker_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
	printed "todoke/templates/form"
	"todoke/worker"
)

// written is a page of the order form, filled in by hand and sent at 204 × 98 dpi.
func written(t *testing.T, customer string, lines ...lab.SheetLine) *bilevel.Image {
	t.Helper()
	d, err := printed.Order(printed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const neat = 4
	r := rand.New(rand.NewPCG(neat, 99))
	p := (&lab.Paper{Image: printed.Raster(d, lab.PaperDPI, lab.PaperDPI)}).Clone()
	total := 0
	for _, l := range lines {
		n := 0
		if _, err := fmt.Sscan(l.Quantity, &n); err != nil {
			t.Fatal(err)
		}
		total += n
	}
	lab.Fill(p, &d.Layout, lab.Sheet{Customer: customer, Total: strconv.Itoa(total), Lines: lines}, lab.NewWriter(r), lab.Mess{}, r)
	return lab.Line{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .02, Noise: .05}.Send(p, r)
}

func transmission(t *testing.T, pages ...*bilevel.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := fax.EncodeTIFF(&buf, pages, fax.Options{XDPI: 204, YDPI: 98}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// realShop is the small shop whose workers read with the reader itself.
func realShop(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, nil)
	b.cfg.Read = nil
	return b
}

// TestPagesOfSeveralCustomers: one transmission brings three sheets, the second upside down and of
// another customer; each becomes that customer's order.
func TestPagesOfSeveralCustomers(t *testing.T) {
	t.Parallel()
	b := realShop(t)
	id := b.add(t, "three.tif", transmission(t,
		written(t, st.Code(st.Tokyo), lab.SheetLine{Code: st.Code(st.Paper), Quantity: "10"}),
		written(t, st.Code(st.Osaka), lab.SheetLine{Code: st.Code(st.Pen), Quantity: "4"}, lab.SheetLine{Code: st.Code(st.Tea), Quantity: "2"}).Rotate(180),
		written(t, st.Code(st.Tokyo), lab.SheetLine{Code: st.Code(st.Tea), Quantity: "20"}),
	))
	b.work(t)
	pages := b.pages(t, id)
	if len(pages) != 3 {
		t.Fatalf("%d pages: %+v", len(pages), pages)
	}
	seen := map[order.Number]bool{}
	for i, want := range []struct {
		customer string
		lines    []string
	}{
		{st.Tokyo, []string{st.Code(st.Paper) + " 10"}},
		{st.Osaka, []string{st.Code(st.Pen) + " 4", st.Code(st.Tea) + " 2"}},
		{st.Tokyo, []string{st.Code(st.Tea) + " 20"}},
	} {
		if pages[i].State != store.PageOrdered {
			t.Errorf("page %d is %s: %s", i+1, pages[i].State, pages[i].Detail)
			continue
		}
		o, err := b.s.GetOrder(t.Context(), pages[i].OrderNumber)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, l := range o.Lines {
			lines = append(lines, fmt.Sprint(l.ItemCode, " ", l.Qty))
		}
		if o.DepartmentCode != st.Code(want.customer) || strings.Join(lines, ", ") != strings.Join(want.lines, ", ") || o.Source.DocumentID != id || o.Source.Page != i+1 || seen[o.Number] {
			t.Errorf("page %d became order %s of %s from page %d: %v", i+1, o.Number, o.DepartmentCode, o.Source.Page, lines)
		}
		seen[o.Number] = true
	}
	b.audit(t)
}

// TestCorrectedFaxIsSuspected: the same order comes once more with one quantity changed. It may be
// a correction or an order of its own: both documents stay, and a person decides (FAX-5).
func TestCorrectedFaxIsSuspected(t *testing.T) {
	t.Parallel()
	b := realShop(t)
	lines := func(tea string) []lab.SheetLine {
		return []lab.SheetLine{{Code: st.Code(st.Paper), Quantity: "10"}, {Code: st.Code(st.Tea), Quantity: tea}}
	}
	first := b.add(t, "once.tif", transmission(t, written(t, st.Code(st.Tokyo), lines("4")...)))
	b.work(t)
	again := b.add(t, "again.tif", transmission(t, written(t, st.Code(st.Tokyo), lines("6")...)))
	b.idle(t)
	once := b.pages(t, first)
	if len(once) != 1 || once[0].State != store.PageOrdered {
		t.Fatalf("the first: %+v", once)
	}
	twice := b.pages(t, again)
	if len(twice) != 1 || twice[0].State != store.PageReview || !strings.Contains(twice[0].Detail, "FAX-5") ||
		!strings.Contains(twice[0].Detail, fmt.Sprintf("document %d", first)) || !strings.Contains(twice[0].Detail, ": 4, now 6") {
		t.Fatalf("the second: %+v", twice)
	}
	o, err := b.s.GetOrder(t.Context(), once[0].OrderNumber)
	if err != nil || len(o.Lines) != 2 || o.Lines[1].Qty != 4 {
		t.Fatalf("the first order was touched: %+v, %v", o.Lines, err)
	}
	// A person says that it is an order of its own: then there are two.
	own, err := b.s.Settle(t.Context(), again, 0, store.Settlement{As: store.AsOwn, By: "鈴木"}, b.clock.Now())
	if err != nil || own.Number == o.Number || own.Lines[1].Qty != 6 {
		t.Fatalf("as an order of its own: %+v, %v", own, err)
	}
	b.audit(t)
}

// TestReaderKnowsTheShopsLimits: how far ahead a date may be designated is the shop's to say (CUT-7).
func TestReaderKnowsTheShopsLimits(t *testing.T) {
	t.Parallel()
	settings := rules.Default()
	settings.DesignatedLimitDays = 10
	clock := &st.Clock{}
	clock.Set(st.At(t, "2026-11-24 10:00:00"))
	s, err := store.Open(t.Context(), store.Config{DSN: st.DSN(t), BlobDir: t.TempDir(), Now: clock.Now, Settings: settings, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	st.Shop(t, s)
	b := &bundle{s: s, clock: clock, out: t.TempDir()}
	told := make(chan int, 1)
	b.cfg = worker.Config{Store: s, Deliver: b.out, Read: func(_ form.Page, k form.Knowledge) order.Draft {
		told <- k.Settings.DateReachDays
		return drafts()[wNoForm]
	}}
	b.add(t, "order.tif", page(t, 1, wNoForm))
	b.work(t)
	if days := <-told; days != settings.DesignatedLimitDays {
		t.Errorf("the reader takes dates within %d days, the shop within %d", days, settings.DesignatedLimitDays)
	}
}

// TestSheetsOfOneCustomer: of a personal form of three sheets a fax brings the first, and the third
// twice. Each is an order of its own, the repeated one waits for a person (FAX-5), and the absent
// one is noted and holds nothing up.
func TestSheetsOfOneCustomer(t *testing.T) {
	t.Parallel()
	b := realShop(t)
	o := printed.Options{CustomerCode: st.Code(st.Tokyo), CompanyName: "あおば商事株式会社"}
	codes := []string{st.Code(st.Paper), st.Code(st.Pen)}
	for i := range 2*printed.SheetItems - len(codes) {
		codes = append(codes, order.WithCheckDigit(fmt.Sprintf("77%04d", i)))
	}
	for _, code := range append(codes, st.Code(st.Tea)) {
		o.Items = append(o.Items, printed.Item{Code: code, Name: "コピー用紙"})
	}
	sheets, err := printed.OrderSheets(o)
	if err != nil || len(sheets) != 3 {
		t.Fatalf("%d sheets, %v", len(sheets), err)
	}
	write := func(d *printed.Drawing, seed uint64, quantity string) *bilevel.Image {
		r := rand.New(rand.NewPCG(seed, 99))
		p := &lab.Paper{Image: printed.Raster(d, lab.PaperDPI, lab.PaperDPI)}
		lab.Fill(p, &d.Layout, lab.Sheet{Total: quantity, Lines: []lab.SheetLine{{Row: 1, Quantity: quantity}}}, lab.NewWriter(r), lab.Mess{}, r)
		return lab.Line{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .02, Noise: .05}.Send(p, r)
	}
	id := b.add(t, "sheets.tif", transmission(t, write(sheets[0], 4, "10"), write(sheets[2], 4, "2"), write(sheets[2], 4, "4")))
	b.work(t)
	for i, want := range []struct {
		state  store.PageState
		sheet  int
		detail string
	}{{store.PageOrdered, 1, "order"}, {store.PageOrdered, 3, "order"}, {store.PageReview, 3, "FAX-5"}} {
		p := b.pages(t, id)[i]
		d, err := b.s.FindDraft(t.Context(), p.ID)
		if err != nil || d == nil || d.Sheet != want.sheet || d.Sheets != 3 || p.State != want.state || !strings.Contains(p.Detail, want.detail) {
			t.Errorf("page %d is %s, %s: %+v, %v", i+1, p.State, p.Detail, d, err)
		}
	}
	doc, err := b.s.GetDocument(t.Context(), id)
	if err != nil || doc.Detail != "3 page(s); of the 3 sheets of customer "+st.Code(st.Tokyo)+" without 2" {
		t.Errorf("the document says %q, %v", doc.Detail, err)
	}
	b.audit(t)
}
