package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// settled is an order that a person made of a fax.
func (o *office) settled(t *testing.T, b *browser) (order.Order, string) {
	t.Helper()
	name := o.fax(t, "one")
	b.get("/desk/next")
	again := key("lines[2].quantity", "1")
	again.Set("again", "1")
	b.post("/desk/review/"+name+"/key", again)
	if a := b.post("/desk/review/"+name+"/settle", nil); a.status != http.StatusSeeOther {
		t.Fatalf("not released: %d %s", a.status, a.body)
	}
	all, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	return all[0], name
}

func act(what, reason string) url.Values { return url.Values{"act": {what}, "reason": {reason}} }

// TestOrderPage: an order tells its story; it is held, freed, noted and changed, each with name
// and reason.
func TestOrderPage(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	one, name := o.settled(t, b)
	path := "/desk/orders/" + string(one.Number)
	a := b.get(path)
	for _, want := range []string{one.Number.Grouped(), "あおば商事株式会社", "コピー用紙 A4", "/desk/image/" + name, "お届け", "判断のもと", "佐藤 花", "3行目", "消費税", "保留にする"} {
		if want == "3行目" {
			want = "2行目の数量"
		}
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if a.status != http.StatusOK || strings.Contains(a.body, "<script>") || strings.Contains(a.body, "style=") {
		t.Fatalf("%d, or script or style inline: %s", a.status, a.body)
	}
	state := func() order.Order {
		got, err := o.st.GetOrder(t.Context(), one.Number)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if a := b.post(path+"/act", act("hold", " ")); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "理由を入力してください") {
		t.Errorf("held without a reason: %d", a.status)
	}
	if a := b.post(path+"/act", act("hold", "お客様に電話で確認中")); a.location() != path || state().State != order.StateHeld {
		t.Fatalf("not held: %d %s", a.status, a.body)
	}
	if a := b.get("/desk/queue"); !strings.Contains(a.body, path) {
		t.Error("the queue lacks the held order")
	}
	if a := b.get(path); !strings.Contains(a.body, "お客様に電話で確認中") || !strings.Contains(a.body, "保留を解除") || strings.Contains(a.body, `value="hold"`) {
		t.Error("a held order offers the wrong actions")
	}
	if a := b.post(path+"/act", act("free", "確認できた")); a.status != http.StatusSeeOther || state().State != order.StateAccepted {
		t.Errorf("not freed: %d", a.status)
	}
	if a := b.post(path+"/act", act("note", "請求書は本社あて")); a.status != http.StatusSeeOther {
		t.Errorf("no note: %d", a.status)
	}
	if a := b.get(path); !strings.Contains(a.body, "請求書は本社あて") {
		t.Error("the note is not told")
	}
	if a := b.post(path+"/act", act("cancel-customer", "やめたい")); a.status != http.StatusConflict || !strings.Contains(a.body, "CAN-1") || state().State != order.StateAccepted {
		t.Errorf("a fax is cancelled at the customer's wish: %d", a.status)
	}

	change := act("change", "数量の訂正の電話")
	change.Set("qty-1", "10")
	change.Set("qty-2", "0")
	change.Set("ship_to", "001")
	a = b.post(path+"/act", change)
	if a.status != http.StatusSeeOther || a.location() == path || state().State != order.StateCancelled {
		t.Fatalf("not changed: %d %s", a.status, a.body)
	}
	n := order.Number(strings.TrimPrefix(a.location(), "/desk/orders/"))
	got, err := o.st.GetOrder(t.Context(), n)
	if err != nil || len(got.Lines) != 1 || got.Lines[0].Qty != 10 || got.ShipTo.Code != "001" || !got.ReceivedAt.Equal(one.ReceivedAt) || got.Source != one.Source {
		t.Errorf("changed order %+v (%v)", got, err)
	}
	pages, err := o.st.Pages(t.Context(), one.Source.DocumentID)
	if err != nil || pages[0].OrderNumber != n {
		t.Errorf("the page belongs to %v (%v)", pages, err)
	}
	if a := b.get(a.location()); !strings.Contains(a.body, path) || !strings.Contains(a.body, name) {
		t.Error("the new order does not tell which it replaces, or lacks its page")
	}
	more := act("change", "追加とコメントの電話")
	more.Set("comment-1", "3階の受付まで")
	more["add-code"], more["add-qty"], more["add-comment"] = []string{storetest.Code(storetest.Tea), "", ""}, []string{"２", "", ""}, []string{"至急", "", ""}
	a = b.post("/desk/orders/"+string(n)+"/act", more)
	if a.status != http.StatusSeeOther {
		t.Fatalf("no line added: %d %s", a.status, a.body)
	}
	n = order.Number(strings.TrimPrefix(a.location(), "/desk/orders/"))
	got, err = o.st.GetOrder(t.Context(), n)
	if err != nil || len(got.Lines) != 2 || got.Lines[0].Comment != "3階の受付まで" || got.Lines[1].ItemCode != storetest.Code(storetest.Tea) || got.Lines[1].Qty != 2 || got.Lines[1].Comment != "至急" {
		t.Errorf("changed order %+v (%v)", got.Lines, err)
	}
	if a := b.get(a.location()); !strings.Contains(a.body, "1行目のコメント なし→3階の受付まで") || strings.Contains(a.body, "lines[") {
		t.Errorf("the story does not tell the change in words: %q", regexp.MustCompile(`.{60}(lines\[|3階の受付まで).{60}`).FindAllString(a.body, -1))
	}
	none := act("change", "x")
	none["add-code"], none["add-qty"] = []string{storetest.Code(storetest.Tea)}, []string{"たくさん"}
	if a := b.post("/desk/orders/"+string(n)+"/act", none); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "数量を入力") {
		t.Errorf("an item without a quantity: %d", a.status)
	}
	odd := act("change", "x")
	odd.Set("qty-1", "7") // in multiples of 5
	if a := b.post("/desk/orders/"+string(n)+"/act", odd); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "ITM-1") {
		t.Errorf("a quantity that does not fit: %d", a.status)
	}
	if got, err := o.st.GetOrder(t.Context(), n); err != nil || got.State == order.StateCancelled {
		t.Errorf("a refused change cancelled the order: %v (%v)", got.State, err)
	}
	if a := b.post("/desk/orders/"+string(n)+"/act", act("cancel", "二重の注文")); a.status != http.StatusSeeOther {
		t.Errorf("not cancelled: %d", a.status)
	}
	log, err := o.st.Accesses(t.Context(), o.clock.Now().Add(-time.Hour), o.clock.Now().Add(time.Hour), "hanako", "order "+string(n), 20)
	if err != nil || len(log) == 0 || log[0].Action != "change" {
		t.Errorf("log %v (%v)", log, err)
	}
	if a := b.get("/desk/documents/1/bytes"); a.status != http.StatusOK || a.body != "one" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the original: %d %v", a.status, a.header)
	}
	if a := b.get("/desk/orders/" + storetest.Code(storetest.Tokyo)); a.status != http.StatusNotFound {
		t.Errorf("no such order: %d", a.status)
	}
}

// TestIssuedBytes: what was sent is shown as it left, and can run nothing.
func TestIssuedBytes(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	one := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	data := []byte("%PDF-1.7 invented")
	k, err := o.st.Blobs().Put(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		id, _, err := tx.Issue(t.Context(), store.NewIssue{
			Kind: "acknowledgement", Number: "F1-1", Format: "pdf", FileName: "acknowledgement_F1-1.pdf", Key: k, SizeBytes: len(data), OrderID: one.ID, Party: one.DepartmentCode,
		}, o.clock.Now())
		if err != nil {
			return err
		}
		return tx.Send(t.Context(), id, store.Recipient{Channel: "fax", Address: "0312345678"}, o.clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	a := b.get("/desk/orders/" + string(one.Number))
	if !strings.Contains(a.body, `href="/desk/issued/1"`) || !strings.Contains(a.body, "注文確認書") || !strings.Contains(a.body, "03-1234-5678") || !strings.Contains(a.body, "送信待ち") {
		t.Fatalf("what was sent is not told: %s", a.body)
	}
	a = b.get("/desk/issued/1")
	if a.body != string(data) || a.header.Get("Content-Type") != "application/pdf" || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("bytes %q, %v", a.body, a.header)
	}
	if a := b.get("/desk/issued/99"); a.status != http.StatusNotFound {
		t.Errorf("no such document: %d", a.status)
	}
}
