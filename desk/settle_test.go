package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"todoke/desk"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// clear is a page that says everything plainly, but waits for a person.
func (o *office) clear(t *testing.T, name, customer string, lines ...[2]string) string {
	t.Helper()
	id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: name, ReceivedAt: o.clock.Now(), Bytes: []byte(name), FileName: name + ".tif"})
	if err != nil {
		t.Fatal(err)
	}
	d := &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{sure("customer_code", customer)}}
	for i, l := range lines {
		n := string(rune('1' + i))
		d.Fields = append(d.Fields, sure("lines["+n+"].item_code", l[0]), sure("lines["+n+"].quantity", l[1]))
	}
	return o.page(t, id, d, order.Invalid("FAX-2", "", "the reader is not sure of the page"))
}

func (o *office) pageState(t *testing.T, name string) store.Page {
	t.Helper()
	pages, err := o.st.Pages(t.Context(), mustDocument(t, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if p.Name() == name {
			return p
		}
	}
	t.Fatalf("there is no page %s", name)
	return store.Page{}
}

// TestJoinAndSplit: two faxes become one order, one page two; no line is ordered twice, and every
// page ends where it should.
func TestJoinAndSplit(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	tokyo, osaka := storetest.Code(storetest.Tokyo), storetest.Code(storetest.Osaka)
	paper, pen, tea := storetest.Code(storetest.Paper), storetest.Code(storetest.Pen), storetest.Code(storetest.Tea)
	first, second := o.clear(t, "one", tokyo, [2]string{paper, "5"}), o.clear(t, "two", tokyo, [2]string{pen, "10"})
	other := o.clear(t, "other", osaka, [2]string{tea, "3"})
	if a := b.post("/desk/review/"+other+"/join", url.Values{"to": {first}}); a.status != http.StatusOK || !strings.Contains(a.body, "お客様が異なる") {
		t.Errorf("pages of two customers: %d", a.status)
	}
	if a := b.post("/desk/review/"+second+"/join", url.Values{"to": {first}}); a.location() != "/desk/review/"+first {
		t.Fatalf("not joined: %d %s", a.status, a.body)
	}
	if a := b.post("/desk/review/"+second+"/settle", nil); a.status == http.StatusSeeOther {
		t.Fatal("a joined page was released by itself")
	}
	if a := b.post("/desk/review/"+first+"/settle", nil); a.status != http.StatusSeeOther {
		t.Fatalf("not released: %s", a.body)
	}
	orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != 1 || orders[0].GoodsYen != 5*450+10*120 {
		t.Fatalf("orders %+v (%v)", orders, err)
	}
	page := b.get("/desk/orders/" + string(orders[0].Number)).body
	if !strings.Contains(page, "続きの頁") || !strings.Contains(page, `href="/desk/review/`+second+`"`) || !strings.Contains(page, `href="/desk/image/`+second+`"`) {
		t.Error("the order does not show the page that continues it")
	}
	if p := o.pageState(t, second); p.State != store.PageJoined || p.JoinedTo != first || p.OrderNumber != orders[0].Number {
		t.Errorf("the joined page is %+v", p)
	}

	// Taken back, the joined page taken off again, and the first one split.
	if a := b.post("/desk/review/"+second+"/reopen", url.Values{"reason": {"別の注文でした"}}); a.status != http.StatusConflict {
		t.Errorf("taken off an order that stands: %d", a.status)
	}
	b.post("/desk/review/"+first+"/reopen", url.Values{"reason": {"別の注文でした"}})
	if a := b.post("/desk/review/"+second+"/reopen", url.Values{"reason": {"別の注文でした"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not taken apart: %d %s", a.status, a.body)
	}
	if r, err := o.st.GetReview(t.Context(), mustDocument(t, first), 1); err != nil || r.Draft.Field("lines[2].item_code") != nil {
		t.Errorf("the first page keeps what was joined (%v)", err)
	}

	both := o.clear(t, "both", osaka, [2]string{paper, "5"}, [2]string{tea, "2"}, [2]string{pen, "7"})
	path := "/desk/review/" + both
	if a := b.post(path+"/split", url.Values{"lines": {"1-3"}}); !strings.Contains(a.body, "少なくとも1行") {
		t.Error("all lines were split off")
	}
	if a := b.post(path+"/split", url.Values{"lines": {"２-3"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not split: %d %s", a.status, a.body)
	}
	part := strings.TrimSuffix(both, ".1") + ".2"
	if a := b.post(path+"/drop", url.Values{"no": {"2"}, "keep": {"1"}}); !strings.Contains(a.body, part+"にあります") {
		t.Error("a line that was split off is ordered twice")
	}
	for _, name := range []string{both, part} {
		if a := b.post("/desk/review/"+name+"/settle", nil); a.status != http.StatusSeeOther {
			t.Fatalf("%s is not released: %d %s", name, a.status, a.body)
		}
	}
	for name, other := range map[string]string{both: part, part: both} {
		n, m := o.pageState(t, name).OrderNumber, o.pageState(t, other).OrderNumber
		if body := b.get("/desk/orders/" + string(n)).body; !strings.Contains(body, "同じ頁の別の注文") || !strings.Contains(body, `href="/desk/orders/`+string(m)+`"`) {
			t.Errorf("the order of %s does not lead to that of %s", name, other)
		}
	}
	sums := map[order.Yen]bool{}
	if orders, err = o.st.ListOrders(t.Context(), store.OrderFilter{DepartmentCode: osaka}); err != nil {
		t.Fatal(err)
	}
	for _, x := range orders {
		sums[x.GoodsYen] = true
	}
	items, err := o.st.FindItems(t.Context(), osaka, order.DateOf(o.clock.Now()), paper, pen, tea)
	if err != nil || len(orders) != 2 || !sums[5*items[paper].Price] || !sums[2*items[tea].Price+7*items[pen].Price] {
		t.Errorf("the parts became %v (%v)", sums, err)
	}
	if bad, err := o.st.Audit(t.Context()); err != nil || len(bad) > 0 {
		t.Errorf("audit: %v (%v)", bad, err)
	}
}

// TestAttach: a letter belongs to an order of its own customer, and to that alone.
func TestAttach(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	tokyo, osaka := storetest.Code(storetest.Tokyo), storetest.Code(storetest.Osaka)
	made := o.clear(t, "one", tokyo, [2]string{storetest.Code(storetest.Paper), "5"})
	b.post("/desk/review/"+made+"/settle", nil)
	n := o.pageState(t, made).OrderNumber
	letter, foreign := o.letter(t, "letter", "0311112222"), o.clear(t, "foreign", osaka)
	if a := b.post("/desk/review/"+foreign+"/attach", url.Values{"order": {string(n)}}); a.status != http.StatusOK || !strings.Contains(a.body, `class="problem"`) {
		t.Errorf("another customer's page was attached: %d", a.status)
	}
	if a := b.post("/desk/review/"+letter+"/note", url.Values{"note": {"搬入経路の図"}}); !strings.Contains(a.body, "メモを残しました") {
		t.Errorf("no note: %d", a.status)
	}
	if a := b.post("/desk/review/"+letter+"/attach", url.Values{"order": {n.Grouped()}, "note": {"搬入経路の図"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not attached: %d %s", a.status, a.body)
	}
	o1, err := o.st.GetOrder(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	at, err := o.st.AttachedTo(t.Context(), o1.ID)
	if err != nil || len(at) != 1 || at[0].Name() != letter || o.pageState(t, letter).State != store.PageAttached {
		t.Errorf("attached: %+v (%v)", at, err)
	}
	if body := b.get("/desk/orders/" + string(n)).body; !strings.Contains(body, "付けた書類") || !strings.Contains(body, `href="/desk/image/`+letter+`"`) || !strings.Contains(body, "搬入経路の図") {
		t.Error("the order does not show what belongs to it")
	}
	if a := b.post("/desk/review/"+letter+"/reopen", url.Values{"reason": {"別の注文の図"}}); a.status != http.StatusSeeOther {
		t.Errorf("not taken back: %d", a.status)
	}
	if after, err := o.st.GetOrder(t.Context(), n); err != nil || after.State == order.StateCancelled {
		t.Errorf("taking a letter back cancelled its order (%v)", err)
	}
}

// TestTurn: a turned page waits for the reader, and what is read of it comes beside what persons keyed.
func TestTurn(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	name := o.fax(t, "one")
	path := "/desk/review/" + name
	b.post(path+"/key", key("lines[2].quantity", "7"))
	if a := b.post(path+"/turn", url.Values{"turn": {"45"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("turned by 45 degrees: %d", a.status)
	}
	if a := b.post(path+"/turn", url.Values{"turn": {"180"}}); !strings.Contains(a.body, "data-reading") {
		t.Fatalf("nothing tells that it is read again: %d %s", a.status, a.body)
	}
	p := o.pageState(t, name)
	re, ok, err := o.st.LatestReread(t.Context(), p.ID)
	if err != nil || !ok {
		t.Fatal(err)
	}
	if re, err = o.st.GetReread(t.Context(), re.ID); err != nil || re.Turn != 180 || re.FileNo != 1 {
		t.Fatalf("%+v (%v)", re, err)
	}
	read := order.Draft{Form: "order", Decision: order.DecisionReview, Geometry: &order.Geometry{Rotation: 180}, Fields: []order.DraftField{
		sure("customer_code", storetest.Code(storetest.Osaka)), sure("lines[2].quantity", "1"),
	}}
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.SaveReread(t.Context(), re, &read, "2 fields were read", o.clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	a := b.get(path + "/panel")
	if strings.Contains(a.body, "data-reading") || !strings.Contains(a.body, `data-rotation="180"`) || !strings.Contains(a.body, "読み取り直しました") {
		t.Errorf("the new reading is not shown: %s", a.body)
	}
	r, err := o.st.GetReview(t.Context(), mustDocument(t, name), 1)
	if err != nil || r.Draft.Field("customer_code").Text != storetest.Code(storetest.Osaka) || r.Draft.Field("lines[2].quantity").Text != "7" {
		t.Errorf("read again: %+v (%v)", r.Draft, err)
	}
}

// TestTwoTimes: CUT-3, both times with what each would mean; the one chosen counts.
func TestTwoTimes(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	name := o.clear(t, "one", storetest.Code(storetest.Tokyo), [2]string{storetest.Code(storetest.Paper), "5"})
	doc := mustDocument(t, name)
	early := o.clock.Now().Add(-26 * time.Hour)
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.AddClaims(t.Context(), doc, []store.Claim{{Kind: store.ClaimReceived, Value: early.UTC().Format(time.RFC3339), By: "gateway"}}, o.clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	// The reader asks in the draft: what it read again brings the question.
	_, _, odd := rules.FaxReceivedAt(rules.FaxClaims{GatewayAt: early, HeaderAt: o.clock.Now(), TakenAt: o.clock.Now()}, rules.Default())
	if odd == nil {
		t.Fatal("26 hours apart are plausible")
	}
	r, err := o.st.GetReview(t.Context(), doc, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.st.AskReread(t.Context(), doc, 1, 0, "佐藤 花", o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	re, _, err := o.st.LatestReread(t.Context(), r.PageID)
	if err != nil {
		t.Fatal(err)
	}
	if re, err = o.st.GetReread(t.Context(), re.ID); err != nil {
		t.Fatal(err)
	}
	read := *r.Draft
	rules.AskReceived(&read, odd)
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error { return tx.SaveReread(t.Context(), re, &read, "", o.clock.Now()) }); err != nil {
		t.Fatal(err)
	}
	path := "/desk/review/" + name
	if a := b.get(path); !strings.Contains(a.body, `value="gateway"`) || !strings.Contains(a.body, `value="server"`) || !strings.Contains(a.body, "どちらの受信時刻") {
		t.Fatalf("both times are not shown: %s", a.body)
	}
	if a := b.post(path+"/settle", nil); a.status == http.StatusSeeOther {
		t.Fatal("released before anybody said which time holds")
	}
	if a := b.post(path+"/received", url.Values{"clock": {"gateway"}}); a.status != http.StatusOK || !strings.Contains(a.body, "受信時刻（確認済み）") {
		t.Errorf("not decided: %d %s", a.status, a.body)
	}
	if a := b.post(path+"/settle", nil); a.status != http.StatusSeeOther {
		t.Fatalf("not released: %s", a.body)
	}
	orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != 1 || !orders[0].ReceivedAt.Equal(early.Truncate(time.Second)) {
		t.Errorf("orders %+v (%v), want one received at %s", orders, err, early)
	}
	events, err := o.st.DocumentEvents(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	told := false
	for _, e := range events {
		told = told || e.Rule == "CUT-3" && e.By == "佐藤 花" && strings.Contains(string(e.Inputs), "gateway_at") && strings.Contains(string(e.Inputs), "server_at")
	}
	if !told {
		t.Error("no event keeps both times")
	}
}

// TestAsk: what asks for a page again is shown before it leaves.
func TestAsk(t *testing.T) {
	t.Parallel()
	o := newOfficeOf(t, desk.Config{Ask: func(_ context.Context, r store.Review, customer string) (*desk.Asked, error) {
		return &desk.Asked{Number: "F1-1", Title: "再送のお願い", Channel: "fax", To: "0312345678", Pages: [][]byte{[]byte(r.Name() + customer)}}, nil
	}})
	storetest.Shop(t, o.st)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.browser(t)
	b.signIn("hanako", secret)
	name := o.fax(t, "one")
	a := b.get("/desk/review/" + name + "/ask")
	if a.status != http.StatusOK || !strings.Contains(a.body, "03-1234-5678") || !strings.Contains(a.body, "/ask/1") || !strings.Contains(a.body, `value="illegible" autofocus`) {
		t.Errorf("preview: %d %s", a.status, a.body)
	}
	if a := b.get("/desk/review/" + name + "/ask/1"); a.body != name+storetest.Code(storetest.Tokyo) {
		t.Errorf("picture: %d %q", a.status, a.body)
	}
	if r, err := o.st.GetReview(t.Context(), mustDocument(t, name), 1); err != nil || r.State != store.ReviewOpen {
		t.Errorf("looking at it closed the page (%v)", err)
	}
}
