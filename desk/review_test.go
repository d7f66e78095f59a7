package desk_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// fax is a page in review: line 1 is clear, the quantity of line 2 is read weakly as 7 while the
// form's total says 6 in all.
func (o *office) fax(t *testing.T, name string) string {
	t.Helper()
	ctx, now := t.Context(), o.clock.Now()
	id, _, err := o.st.AddDocument(ctx, store.NewDocument{Source: "folder", ExternalID: name, ReceivedAt: now, Bytes: []byte(name), FileName: name + ".tif"})
	if err != nil {
		t.Fatal(err)
	}
	return o.page(t, id, &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{
		sure("customer_code", storetest.Code(storetest.Tokyo)),
		sure("lines[1].item_code", storetest.Code(storetest.Paper)), sure("lines[1].quantity", "5"),
		sure("lines[2].item_code", storetest.Code(storetest.Pen)), weak("lines[2].quantity", "7"), sure("total_quantity", "6"),
	}}, order.Invalid("FAX-2", "lines[2].quantity", `read as "7": the reader is not sure`))
}

func sure(name, text string) order.DraftField {
	return order.DraftField{Name: name, Text: text, Confidence: 0.99999, Decision: order.DecisionAccept}
}

func weak(name, text string) order.DraftField {
	return order.DraftField{
		Name: name, Text: text, Confidence: 0.6, Decision: order.DecisionReview, Reasons: []string{"the reader is not sure"},
		Area: &order.Area{X0: 10, Y0: 20, X1: 30, Y1: 40},
	}
}

// page adds a page in review to a document of one page.
func (o *office) page(t *testing.T, id int64, draft *order.Draft, reasons ...*order.Error) string {
	t.Helper()
	ctx, now := t.Context(), o.clock.Now()
	var png bytes.Buffer
	picture := bilevel.New(100, 200) // each page's own
	picture.Fill(0, int(id), int(id))
	if err := picture.EncodePNG(&png, 204, 196); err != nil {
		t.Fatal(err)
	}
	key, err := o.st.Blobs().Put(png.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.InTx(ctx, func(tx *store.Tx) error {
		page, err := tx.AddPage(ctx, store.Page{DocumentID: id, No: 1, BlobKey: key, WidthPX: 100, HeightPX: 200, XDPI: 204, YDPI: 196, State: store.PageReview}, draft, now)
		if err != nil {
			return err
		}
		if err := tx.OpenReview(ctx, id, page, reasons, draft, now, now); err != nil {
			return err
		}
		_, err = tx.SetDocument(ctx, id, store.DocumentRead, "1 page(s)", 0, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(id, 10) + ".1"
}

// openOffice is an office of a small shop with two people at its desk.
func openOffice(t *testing.T) (o *office, hanako, jiro *browser) {
	t.Helper()
	o = newOffice(t)
	storetest.Shop(t, o.st)
	for _, login := range []string{"hanako", "jiro"} {
		o.hire(t, login, store.RoleDesk)
	}
	hanako, jiro = o.browser(t), o.browser(t)
	hanako.signIn("hanako", secret)
	jiro.signIn("jiro", secret)
	return o, hanako, jiro
}

func key(field, value string) url.Values { return url.Values{"field": {field}, "value": {value}} }

// TestSettle: a weak reading is hidden, compared after it was keyed, and the order is released
// and taken back.
func TestSettle(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	name := o.fax(t, "one")
	path := "/desk/review/" + name

	if a := b.get("/desk/queue"); a.status != http.StatusOK || !strings.Contains(a.body, path) || !strings.Contains(a.body, "読み取り確認") {
		t.Fatalf("the queue shows no %s: %d", name, a.status)
	}
	a := b.get("/desk/next")
	if a.location() != path {
		t.Fatalf("the next is %q, want %q", a.location(), path)
	}
	a = b.get(path)
	input := regexp.MustCompile(`(?s)<input id="f-lines\[2\]\.quantity".*?>`).FindString(a.body)
	if !strings.Contains(input, `value=""`) || !strings.Contains(input, "data-ask") || strings.Contains(a.body, "「7」") {
		t.Errorf("a weak reading is not hidden: %s", input)
	}
	if strings.Contains(a.body, "<script>") || strings.Contains(a.body, "style=") {
		t.Error("the page has script or style inline")
	}
	if a = b.get("/desk/image/" + name); a.header.Get("Content-Type") != "image/png" || a.header.Get("ETag") == "" {
		t.Errorf("the picture: %d %v", a.status, a.header)
	}

	// Keyed 1, read 7: asked once more, with what was read now shown, and nothing is kept yet.
	if a = b.post(path+"/key", key("lines[2].quantity", "１")); !strings.Contains(a.body, "読み取りは「7」です") {
		t.Errorf("a value unlike the reading was taken without a word: %s", a.body)
	}
	if a = b.post(path+"/settle", nil); a.status == http.StatusSeeOther {
		t.Fatal("released with a field in doubt")
	}
	again := key("lines[2].quantity", "1")
	again.Set("again", "1")
	if a = b.post(path+"/key", again); !strings.Contains(a.body, `id="release"`) || strings.Contains(a.body, "disabled") {
		t.Fatalf("not ready after the only doubt is settled: %s", a.body)
	}
	// Taken back, and keyed again.
	if a = b.post(path+"/undo", nil); !strings.Contains(a.body, "disabled") {
		t.Error("still ready after the key was taken back")
	}
	b.post(path+"/key", again)
	if a = b.post(path+"/settle", nil); a.status != http.StatusSeeOther {
		t.Fatalf("not released: %d %s", a.status, a.body)
	}
	r, err := o.st.ReviewsOf(t.Context(), mustDocument(t, name))
	if err != nil || len(r) != 1 || r[0].State != store.ReviewSettled || r[0].ClosedBy != "佐藤 花" || r[0].OrderID == 0 {
		t.Fatalf("review %+v (%v)", r, err)
	}

	if a = b.post(path+"/reopen", url.Values{"reason": {"お客様から電話で訂正"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not taken back: %d %s", a.status, a.body)
	}
	if a = b.get(path); !strings.Contains(a.body, `id="release"`) {
		t.Error("what was taken back cannot be settled again")
	}
	if a = b.post(path+"/settle", nil); a.status != http.StatusSeeOther {
		t.Errorf("not released again: %d", a.status)
	}
	orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != 2 || (orders[0].State == order.StateCancelled) == (orders[1].State == order.StateCancelled) {
		t.Errorf("orders %+v (%v), want one of two cancelled", orders, err)
	}
}

func mustDocument(t *testing.T, name string) int64 {
	t.Helper()
	first, _, _ := strings.Cut(name, ".")
	id, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestTwoAtOneFax: what one has open the other neither gets next, nor keys, nor releases, until it
// is given back or its time has run out.
func TestTwoAtOneFax(t *testing.T) {
	t.Parallel()
	o, hanako, jiro := openOffice(t)
	name := o.fax(t, "one")
	path := "/desk/review/" + name
	if a := hanako.get("/desk/next"); a.location() != path {
		t.Fatalf("the next is %q", a.location())
	}
	if a := jiro.get("/desk/next"); a.location() != "/desk/queue" {
		t.Errorf("the same fax is handed out twice: %q", a.location())
	}
	if a := jiro.get(path); !strings.Contains(a.body, "佐藤 花さんが処理中") || strings.Contains(a.body, `id="release"`) {
		t.Error("the other is not told that somebody works on it")
	}
	for _, action := range []string{"/key", "/settle", "/undo", "/close"} {
		if a := jiro.post(path+action, key("lines[2].quantity", "1")); a.status != http.StatusConflict {
			t.Errorf("%s of another's fax got %d", action, a.status)
		}
	}
	o.clock.Set(o.clock.Now().Add(4 * time.Minute))
	if a := jiro.get("/desk/next"); a.location() != path {
		t.Errorf("a claim that ran out still stands: %q", a.location())
	}
	if a := hanako.post(path+"/key", key("lines[2].quantity", "7")); a.status != http.StatusConflict {
		t.Errorf("whose claim ran out still keys: %d", a.status)
	}
}
