package worker_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
	printed "todoke/templates/form"
	"todoke/worker"
)

// faxed is an order form of the small shop, written by hand and sent upside down at 204 × 98 dpi.
func faxed(t *testing.T) ([]byte, lab.Truth) {
	t.Helper()
	d, err := printed.Order(printed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const neat = 4
	r := rand.New(rand.NewPCG(neat, 99))
	p := (&lab.Paper{Image: printed.Raster(d, lab.PaperDPI, lab.PaperDPI)}).Clone()
	truth := lab.Fill(p, &d.Layout, lab.Sheet{
		Customer: st.Code(st.Tokyo), Total: "30",
		Lines: []lab.SheetLine{{Code: st.Code(st.Paper), Quantity: "10"}, {Code: st.Code(st.Pen), Quantity: "20"}},
	}, lab.NewWriter(r), lab.Mess{}, r)
	page := lab.Line{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .02, Noise: .05}.Send(p, r).Rotate(180)
	var buf bytes.Buffer
	if err := fax.EncodeTIFF(&buf, []*bilevel.Image{page}, fax.Options{XDPI: 204, YDPI: 98}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), truth
}

// TestAuditOfARealPage: a faxed page is read and ordered unseen; of its fields the share is drawn
// at once and the day's minimum at night, each with its picture; what people key against the
// reading holds the order and tightens the threshold, by which the next page is read.
func TestAuditOfARealPage(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	settings := rules.Default()
	settings.AuditDailyMinimum = 1
	settings.AuditKinds = nil
	for _, k := range rules.ReadingKinds() {
		r := rules.Default().Reading(k)
		r.SharePPM = 0
		if k == rules.ReadingQuantity {
			r.SharePPM = rules.Whole
		}
		settings.AuditKinds = append(settings.AuditKinds, r)
	}
	clock := &st.Clock{}
	clock.Set(st.At(t, "2026-11-24 10:00:00"))
	s, err := store.Open(ctx, store.Config{DSN: st.DSN(t), BlobDir: t.TempDir(), Now: clock.Now, Settings: settings, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	st.Shop(t, s)
	b := &bundle{s: s, clock: clock, out: t.TempDir()}
	b.cfg = worker.Config{Store: s, Deliver: b.out, ShopName: "テスト商店", Model: "m"}
	if _, err := s.Tick(ctx, clock.Now()); err != nil { // schedules begin
		t.Fatal(err)
	}
	data, truth := faxed(t)
	id := b.add(t, "order.tif", data)
	b.work(t)
	pages := b.pages(t, id)
	if len(pages) != 1 || pages[0].State != store.PageOrdered {
		t.Fatalf("%+v", pages)
	}
	open, err := s.OpenAudits(ctx, "")
	if err != nil || len(open) != 2 || open[0].Field != "lines[1].quantity" || open[1].Field != "lines[2].quantity" {
		t.Fatalf("drawn by share: %+v, %v", open, err)
	}
	for _, a := range open {
		png, err := s.Blobs().Get(a.Picture)
		if err != nil {
			t.Fatal(err)
		}
		for p, err := range fax.Pages(png, fax.Limits{}) {
			if err != nil {
				t.Fatal(err)
			}
			m := p.Image // four boxes of 5 mm with gaps and margins, pixels as wide as high, and ink in them
			if w, h := float64(m.W)/204*25.4, float64(m.H)/196*25.4; w < 30 || w > 34.5 || h < 12 || h > 14.5 || m.Count(0, 0, m.W, m.H) < 300 {
				t.Errorf("%s: the picture is %.1f × %.1f mm with %d dots", a.Field, w, h, m.Count(0, 0, m.W, m.H))
			}
		}
	}

	// At night the rarer kinds are filled up, once.
	clock.Set(st.At(t, "2026-11-25 02:11:00"))
	for range 2 {
		if _, err := s.Tick(ctx, clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.idle(t)
	}
	if open, err = s.OpenAudits(ctx, ""); err != nil || len(open) != 4 || open[2].Kind == open[3].Kind {
		t.Fatalf("with the night's: %+v, %v", open, err)
	}
	for _, a := range open[2:] {
		if a.Kind != rules.ReadingCustomer && a.Kind != rules.ReadingItem {
			t.Errorf("%+v", a)
		}
		got, err := s.KeyAudit(ctx, a.ID, "佐藤", truth.Text[a.Field], false, clock.Now())
		if err != nil || got.Outcome != rules.AuditAgree || got.DrawnFor != "minimum" || got.Confidence < got.Threshold || got.Model != "m" {
			t.Errorf("%+v, %v", got, err)
		}
	}

	// Two people see something else than the reader.
	for _, by := range []string{"佐藤", "鈴木"} {
		if _, err := s.KeyAudit(ctx, open[0].ID, by, "70", false, clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if o, err := s.GetOrder(ctx, pages[0].OrderNumber); err != nil || o.State != order.StateHeld || !strings.Contains(o.HoldReason, `read as "10", it is "70"`) {
		t.Errorf("the order: %s %s, %v", o.State, o.HoldReason, err)
	}
	clock.Set(st.At(t, "2026-11-26 02:11:00"))
	if _, err := s.Tick(ctx, clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.idle(t)
	history, err := s.ThresholdHistory(ctx, "")
	if err != nil || len(history) != 1 || history[0].Kind != rules.ReadingQuantity || history[0].Action != "tighten" {
		t.Fatalf("%+v, %v", history, err)
	}

	// Pinned where nothing reaches it, the same writing waits for a person, and says why.
	if err := s.PinThreshold(ctx, rules.ReadingQuantity, rules.Whole, "店長", "試し", clock.Now()); err != nil {
		t.Fatal(err)
	}
	clock.Set(st.At(t, "2026-12-10 10:00:00"))
	again := b.add(t, "again.tif", append(data, 0)) // other bytes, the same page
	b.idle(t)
	if p := b.pages(t, again); len(p) != 1 || p[0].State != store.PageReview || !strings.Contains(p[0].Detail, "quantity") {
		t.Errorf("read by a threshold that nothing reaches: %+v", p)
	}
	b.audit(t)
}
