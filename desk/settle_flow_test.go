package desk_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"todoke/desk"
	"todoke/internal/bilevel"
	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// TestSettleByKeys: keys alone turn a page and see it read again without a reload, show the keys,
// split a page, decide between two times, and see what asks for a page again before it leaves.
func TestSettleByKeys(t *testing.T) {
	t.Parallel()
	var sheet bytes.Buffer
	m := bilevel.New(827, 1169)
	for y := 100; y < 1100; y += 40 {
		m.Fill(80, 740, y)
	}
	if err := m.EncodePNG(&sheet, 100, 100); err != nil {
		t.Fatal(err)
	}
	o := newOfficeOf(t, desk.Config{Ask: func(context.Context, store.Review, string) (*desk.Asked, error) {
		return &desk.Asked{Number: "F1-1", Title: "FAX再送のお願い", Channel: "fax", To: "0312345678", Pages: [][]byte{sheet.Bytes()}}, nil
	}})
	storetest.Shop(t, o.st)
	o.hire(t, "hanako", store.RoleDesk)
	name := o.fax(t, "one")
	doc := mustDocument(t, name)
	b := o.window(t, "ja")
	path := "/desk/review/" + name
	b.Open(o.URL + path)
	ready(b, "lines[2].quantity")
	shot := func(what string) { b.Shot(filepath.Join(t.ArtifactDir(), what+".png")) }

	leave := `document.activeElement.blur() || true` // letters are commands there, too, but a driven key types all the same
	browsertest.Eval[bool](b, leave)
	b.Press("?")
	b.WaitFor(`document.getElementById("keys").open`)
	shot("keys")
	b.Press("?")
	b.WaitFor(`!document.getElementById("keys").open`)

	b.Press("rr") // by 180 degrees: read again once
	b.WaitFor(`document.querySelector("[data-reading]") !== null`)
	b.WaitFor("(" + focused + ") === 'lines[2].quantity'")
	b.Press("1") // somebody types meanwhile
	re, ok, err := o.st.LatestReread(t.Context(), o.pageState(t, name).ID)
	if err != nil || !ok {
		t.Fatal(err)
	}
	if re, err = o.st.GetReread(t.Context(), re.ID); err != nil || re.Turn != 180 {
		t.Fatalf("%+v (%v), want a turn by 180", re, err)
	}
	early := o.clock.Now().Add(-26 * time.Hour)
	_, _, odd := rules.FaxReceivedAt(rules.FaxClaims{GatewayAt: early, HeaderAt: o.clock.Now(), TakenAt: o.clock.Now()}, rules.Default())
	read := order.Draft{Form: "order", Decision: order.DecisionReview, Geometry: &order.Geometry{Rotation: 180}, Fields: []order.DraftField{
		sure("customer_code", storetest.Code(storetest.Tokyo)), sure("lines[1].item_code", storetest.Code(storetest.Paper)), sure("lines[1].quantity", "4"),
		sure("lines[2].item_code", storetest.Code(storetest.Pen)), weak("lines[2].quantity", "10"),
	}}
	rules.AskReceived(&read, odd)
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddClaims(t.Context(), doc, []store.Claim{{Kind: store.ClaimReceived, Value: early.UTC().Format(time.RFC3339), By: "gateway"}}, o.clock.Now()); err != nil {
			return err
		}
		return tx.SaveReread(t.Context(), re, &read, "5 fields were read", o.clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	b.WaitFor(`document.querySelector("[data-reading]") === null && document.querySelector(".view").dataset.rotation === "180"`)
	if got := browsertest.Eval[string](b, `document.getElementById("f-lines[2].quantity").value`); got != "1" {
		t.Errorf("what was typed meanwhile is %q", got)
	}
	shot("read-again")
	if browsertest.Eval[bool](b, `[...document.querySelectorAll("#panel *")].some((e) => e.getBoundingClientRect().right > innerWidth)`) {
		t.Error("something lies beside the panel")
	}
	browsertest.Eval[bool](b, leave)
	b.Press("y") // four do not fit: five do
	b.WaitFor(`document.getElementById("f-lines[1].quantity").value === "5"`)
	browsertest.Eval[bool](b, leave)
	b.Press("q")
	b.WaitFor(`document.querySelector("tr.chosen") !== null`)
	browsertest.Eval[bool](b, leave)
	b.Press("x")
	b.WaitFor(`document.activeElement.id === "split-lines"`)
	shot("split")
	if browsertest.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
		t.Error("the page scrolls sideways")
	}
	b.Open(o.URL + path + "/ask")
	b.WaitFor(`document.querySelector(".asked img").naturalWidth === 827 && document.activeElement.value === "illegible"`)
	shot("ask")
	b.Enter()
	b.WaitFor("location.pathname === '/desk/queue'")
	if r, err := o.st.GetReview(t.Context(), doc, 1); err != nil || r.State != store.ReviewJunk {
		t.Errorf("not closed: %+v (%v)", r.State, err)
	}
}
