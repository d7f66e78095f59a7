package worker_test

import (
	"bytes"
	"image/png"
	"testing"
	"time"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestTurnedPageIsReadAgain: a sheet that was fed sideways and that the reader took for no form is
// turned by a person, read as it lies then, and becomes the order that stands on it.
func TestTurnedPageIsReadAgain(t *testing.T) {
	t.Parallel()
	b := realShop(t)
	lost := true // the first time
	b.cfg.Read = func(p form.Page, k form.Knowledge) order.Draft {
		if lost {
			lost = false
			return order.Draft{Decision: order.DecisionNotAForm, Fields: []order.DraftField{}}
		}
		return form.Read(p, k)
	}
	id := b.add(t, "sideways.tif", transmission(t,
		written(t, st.Code(st.Tokyo), lab.SheetLine{Code: st.Code(st.Paper), Quantity: "10"}, lab.SheetLine{Code: st.Code(st.Tea), Quantity: "2"}).Rotate(180)))
	b.work(t)
	pg := b.pages(t, id)[0]
	if pg.State != store.PageReview {
		t.Fatalf("the page is %s", pg.State)
	}
	if _, err := b.s.KeyField(t.Context(), id, 1, "lines[2].quantity", "3", "鈴木", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.AskReread(t.Context(), id, 1, 180, "鈴木", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.idle(t)
	re, ok, err := b.s.LatestReread(t.Context(), pg.ID)
	if err != nil || !ok || !re.Done {
		t.Fatalf("%+v %v (%v)", re, ok, err)
	}
	r, err := b.s.GetReview(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if g := r.Draft.Geometry; g == nil || g.Rotation != 180 {
		t.Errorf("it lies as %+v, want turned by 180", g)
	}
	for name, want := range map[string]string{
		"customer_code": st.Code(st.Tokyo), "lines[1].item_code": st.Code(st.Paper), "lines[1].quantity": "10", "lines[2].item_code": st.Code(st.Tea),
		"lines[2].quantity": "3", // what a person keyed stands
	} {
		if f := r.Draft.Field(name); f == nil || f.Text != want {
			t.Errorf("%s is %+v, want %s", name, f, want)
		}
	}
	after := b.pages(t, id)[0]
	if after.BlobKey != pg.BlobKey {
		t.Error("the picture as it came was touched")
	}
	b.audit(t)
}

// TestTwoTimesAreAsked: a fax that the reader is sure of waits all the same where its gateway and our
// server name times that cannot both be right (CUT-3), and counts as received when a person says.
func TestTwoTimesAreAsked(t *testing.T) {
	t.Parallel()
	b := realShop(t)
	now := b.clock.Now()
	mail, _, err := b.s.AddDocument(t.Context(), store.NewDocument{Source: "mail", ExternalID: "m1", ReceivedAt: now, Bytes: []byte("mail"), MediaType: "message/rfc822"})
	if err != nil {
		t.Fatal(err)
	}
	data := transmission(t, written(t, st.Code(st.Tokyo), lab.SheetLine{Code: st.Code(st.Paper), Quantity: "10"}))
	id, _, err := b.s.AddDocument(t.Context(), store.NewDocument{Source: "mail", ExternalID: "m1/1", ParentID: mail, ReceivedAt: now, Bytes: data, FileName: "fax.tif"})
	if err != nil {
		t.Fatal(err)
	}
	early := now.Add(-26 * time.Hour)
	if err := b.s.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.AddClaims(t.Context(), id, []store.Claim{{Kind: store.ClaimReceived, Value: early.UTC().Format(time.RFC3339), By: "gateway"}}, now)
	}); err != nil {
		t.Fatal(err)
	}
	b.work(t)
	pages := b.pages(t, id)
	if len(pages) != 1 || pages[0].State != store.PageReview {
		t.Fatalf("pages %+v", pages)
	}
	r, err := b.s.GetReview(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Draft.Field("received_at"); f == nil || f.Decision != order.DecisionReview || len(f.Reasons) == 0 {
		t.Fatalf("nobody is asked when it came in: %+v", f)
	}
	if _, err := b.s.Settle(t.Context(), id, 1, store.Settlement{By: "鈴木"}, b.clock.Now()); err == nil {
		t.Fatal("an order was made while nobody knows when it came in")
	}
	if _, err := b.s.DecideReceived(t.Context(), id, 1, store.ByGateway, "鈴木", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	o, err := b.s.Settle(t.Context(), id, 1, store.Settlement{By: "鈴木"}, b.clock.Now())
	if err != nil || !o.ReceivedAt.Equal(early.Truncate(time.Second)) {
		t.Fatalf("received at %s, want %s (%v)", o.ReceivedAt, early, err)
	}
}

// TestWhatAsksAgainIsDrawn: the fax that asks for a page again is drawn as it would leave, with the
// number it goes to, and drawing it closes and sends nothing.
func TestWhatAsksAgainIsDrawn(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	id := b.add(t, "bad.tif", page(t, 1, wReview))
	b.work(t)
	r, err := b.s.GetReview(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	told := len(b.told(t, id, 0))
	ask, err := b.cfg.PreviewAsk(t.Context(), r, st.Code(st.Tokyo), b.clock.Now())
	if err != nil || ask == nil {
		t.Fatalf("%+v (%v)", ask, err)
	}
	if ask.Channel != "fax" || ask.To == "" || ask.Number == "" || len(ask.Pages) != 1 {
		t.Errorf("%+v", ask)
	}
	m, err := png.Decode(bytes.NewReader(ask.Pages[0]))
	if err != nil {
		t.Fatal(err)
	}
	black, size := 0, m.Bounds()
	for y := range size.Dy() {
		for x := range size.Dx() {
			if r, _, _, _ := m.At(x, y).RGBA(); r == 0 {
				black++
			}
		}
	}
	// A4 as fine as a fax, with text on it, and more paper than ink.
	if size.Dx() < 1650 || size.Dy() < 2250 || black*200 < size.Dx()*size.Dy() || black*4 > size.Dx()*size.Dy() {
		t.Errorf("%d of %v dots are black", black, size)
	}
	if again, err := b.s.GetReview(t.Context(), id, 1); err != nil || again.State != store.ReviewOpen || len(b.told(t, id, 0)) != told {
		t.Errorf("looking at it closed or sent it: %s (%v)", again.State, err)
	}
}
