package desk_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"todoke/desk"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// picked is an order whose goods are on an issued pick list of the eastern warehouse.
func (o *office) picked(t *testing.T) (order.Order, store.PickList) {
	t.Helper()
	ctx := t.Context()
	one := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Pen, 20))
	var lists []int64
	err := o.st.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.AllocateBatch(ctx, 10, false, o.clock.Now()); err != nil {
			return err
		}
		var err error
		lists, err = tx.ReleaseWave(ctx, storetest.At(t, "2026-11-24 18:30:00"))
		return err
	})
	if err != nil || len(lists) != 1 {
		t.Fatalf("lists %v (%v)", lists, err)
	}
	l, err := o.st.GetPickList(ctx, lists[0])
	if err != nil {
		t.Fatal(err)
	}
	key, err := o.st.Blobs().Put([]byte("%PDF-1.7 list"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.IssuePickList(ctx, l, []store.NewIssue{{Format: "pdf", FileName: "list.pdf", Key: key, SizeBytes: 13}}, o.clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return one, l
}

// acknowledged issues an order's acknowledgement, whose delivery has failed.
func (o *office) acknowledged(t *testing.T, one order.Order) {
	t.Helper()
	ctx := t.Context()
	key, err := o.st.Blobs().Put([]byte("%PDF-1.7 answer"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.InTx(ctx, func(tx *store.Tx) error {
		id, _, err := tx.Issue(ctx, store.NewIssue{
			Kind: "acknowledgement", Number: "F9-1", Format: "pdf", FileName: "acknowledgement.pdf", Key: key, SizeBytes: 15, OrderID: one.ID, Party: one.DepartmentCode,
		}, o.clock.Now())
		if err != nil {
			return err
		}
		return tx.Send(ctx, id, store.Recipient{Channel: "fax", Address: "0312345678"}, o.clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
}

// world is an office in which every page of the desk has something to show.
type world struct {
	*office
	desk, lead, operator, warehouse, west *browser
	order                                 order.Order
	list                                  store.PickList
	fax                                   string // in review
	issued, delivery                      string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	o := newOfficeOf(t, desk.Config{
		Jobs: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }), Masters: calendarOf,
		Export: func(_ context.Context, w io.Writer, _ store.ArchiveQuery) (rows, files int, damaged []string, err error) {
			_, err = io.WriteString(w, "PK")
			return 1, 1, nil, err
		},
		Gateways: desk.Gateways{
			List: func(context.Context) ([]desk.GatewayProfile, error) { return nil, nil },
			Test: func(context.Context, []byte) (desk.GatewayReading, error) { return desk.GatewayReading{}, nil },
		},
	})
	storetest.Shop(t, o.st)
	if err := o.st.ImportDealers(t.Context(), []order.Dealer{{Code: "D1", Name: "株式会社みどり文具", RegistrationNumber: "T1234567890123", Email: "order@midori.example.jp"}}); err != nil {
		t.Fatal(err)
	}
	w := &world{office: o}
	for login, b := range map[string]**browser{"hanako": &w.desk, "mika": &w.lead, "ken": &w.operator, "kurata": &w.warehouse, "nishi": &w.west} {
		p := store.Staff{Login: login, Name: "佐藤 " + login, Role: map[string]store.Role{
			"hanako": store.RoleDesk, "mika": store.RoleLead, "ken": store.RoleOperator, "kurata": store.RoleWarehouse, "nishi": store.RoleWarehouse,
		}[login], WarehouseCode: map[string]string{"kurata": storetest.East, "nishi": storetest.West}[login]}
		o.hireAs(t, p)
		*b = o.browser(t)
		(*b).signIn(login, secret)
	}
	w.fax = o.fax(t, "one")
	w.order, w.list = o.picked(t)
	o.audited(t)
	o.acknowledged(t, w.order)
	all, err := o.st.FindDeliveries(t.Context(), w.order.Number)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	about, err := o.st.IssuedAbout(t.Context(), w.order.ID, 0)
	if err != nil || len(about) == 0 {
		t.Fatal(about, err)
	}
	w.issued, w.delivery = strconv.FormatInt(about[0].ID, 10), strconv.FormatInt(about[0].DeliveryID, 10)
	return w
}

// refusedReport is the page of a file of the eastern warehouse that was refused.
func (w *world) refusedReport(t *testing.T) string {
	t.Helper()
	f, _, err := w.st.ReceivePartnerFile(t.Context(), store.NewPartnerFile{WarehouseCode: storetest.East, Channel: store.PartnerSFTP, Name: "jisseki.csv", Sender: "sftp://e1", Bytes: []byte("a,b")}, w.clock.Now())
	if err == nil {
		err = w.st.InTx(t.Context(), func(tx *store.Tx) error {
			return tx.RefusePartnerFile(t.Context(), f.ID, store.PartnerResult, 1, json.RawMessage(`[{"line":2,"message":"there are no rows"}]`), "line 2: there are no rows", w.clock.Now())
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return "/desk/partner-files/" + strconv.FormatInt(f.ID, 10)
}

// routesOf reads the table of routes, and whether each goes through the doors, where whatever a page
// does not log itself is logged for it.
func routesOf(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\bm\.Handle(?:Func)?\(([^,]+),(.*)`).FindAllStringSubmatch(string(src), -1) {
			p := strings.NewReplacer(`page.AssetPrefix`, `"/desk/asset/"`, `JobsPath`, strconv.Quote(desk.JobsPath), `ApprovalPath`, strconv.Quote(desk.ApprovalPath), `" + "`, "").Replace(m[1])
			p = strings.ReplaceAll(p, `"+"`, "")
			all[strings.Trim(p, `"`)] = strings.Contains(m[2], "d.only(")
		}
	}
	if len(all) < 60 {
		t.Fatalf("only %d routes are found", len(all))
	}
	return all
}

const (
	viewed  = "view"
	changed = "change"
	nobody  = "" // nobody's data but the person's own, and nothing changes
)

// ask is how a route is used, and what is written about that.
type ask struct {
	route string
	by    *browser
	path  string
	form  url.Values
	kept  string
}

// asks uses every route with success, in an order in which that can be.
func (w *world) asks(t *testing.T) []ask {
	t.Helper()
	tokyo, pen := storetest.Code(storetest.Tokyo), storetest.Code(storetest.Pen)
	review, orders, customer, list := "/desk/review/"+w.fax, "/desk/orders/"+string(w.order.Number), "/desk/customers/"+tokyo, "/desk/picklists/"+string(w.list.Number)
	second := "/desk/review/" + w.office.fax(t, "two")
	if _, err := w.st.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	picture, err := w.st.Blobs().Put([]byte("\x89PNG comment"))
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := w.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: "pictured", ReceivedAt: w.clock.Now(), Bytes: []byte("pictured")})
	if err != nil {
		t.Fatal(err)
	}
	pictured := "/desk/review/" + w.page(t, id, &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{
		sure("customer_code", tokyo), {Name: "lines[1].comment", Image: picture, Decision: order.DecisionReview},
	}}, order.Invalid("FAX-2", "lines[1].comment", "a comment"))
	files, err := w.st.DeliveriesOf(t.Context(), w.list.ID)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	again := key("lines[2].quantity", "1")
	again.Set("again", "1")
	billed, free := "/desk/orders/"+string(w.office.cardOrder(t, "auth-1", 1).Number), "/desk/orders/"+string(w.office.cardOrder(t, "auth-2", 1).Number)
	report := w.refusedReport(t)
	return []ask{
		{"GET /desk/asset/", w.desk, "", nil, nobody},
		{"GET /desk/login", w.desk, "/desk/login", nil, nobody},
		{"GET /{$}", w.desk, "/", nil, nobody},
		{"GET /desk", w.desk, "/desk", nil, nobody},
		{"GET /desk/{$}", w.desk, "/desk/", nil, nobody},
		{"/desk/", w.desk, "", nil, nobody},
		{"GET /desk/queue", w.desk, "/desk/queue", nil, viewed},
		{"GET /desk/next", w.desk, "/desk/next", nil, nobody}, // leads to a page that is viewed
		{"GET /desk/review/{name}", w.desk, review, nil, viewed},
		{"GET /desk/image/{name}", w.desk, "/desk/image/" + w.fax, nil, viewed},
		{"GET /desk/review/{name}/field/{field}", w.desk, pictured + "/field/lines[1].comment", nil, viewed},
		{"GET /desk/review/{name}/find", w.desk, review + "/find?what=customer&q=" + url.QueryEscape("総務"), nil, viewed},
		{"GET /desk/item", w.desk, "/desk/item?review=" + w.fax + "&code=" + pen, nil, nobody},
		{"POST /desk/review/{name}/claim", w.desk, review + "/claim", nil, nobody},
		{"POST /desk/review/{name}/key", w.desk, review + "/key", again, changed},
		{"POST /desk/review/{name}/later", w.desk, review + "/later", nil, changed},
		{"POST /desk/review/{name}/undo", w.desk, review + "/undo", nil, changed},
		{"POST /desk/review/{name}/line", w.desk, review + "/line", url.Values{"no": {"3"}, "code": {pen}, "quantity": {"1"}}, changed},
		{"POST /desk/review/{name}/drop", w.desk, review + "/drop", url.Values{"no": {"3"}, "reason": {"書き損じ"}}, changed},
		{"POST /desk/review/{name}/key", w.desk, review + "/key", again, changed},
		{"POST /desk/review/{name}/settle", w.desk, review + "/settle", nil, changed},
		{"POST /desk/review/{name}/close", w.desk, second + "/close", url.Values{"as": {"junk"}, "reason": {"白紙"}}, changed},
		{"POST /desk/review/{name}/reopen", w.desk, second + "/reopen", url.Values{"reason": {"見直し"}}, changed},
		{"GET /desk/orders", w.desk, "/desk/orders", nil, viewed},
		{"GET /desk/orders/{number}", w.desk, orders, nil, viewed},
		{"POST /desk/orders/{number}/act", w.desk, orders + "/act", act("note", "請求書は本社あて"), changed},
		{"POST /desk/orders/{number}/payment", w.desk, billed + "/payment", act("invoice", "お客様のご希望"), changed},
		{"POST /desk/orders/{number}/payment/lead", w.lead, free + "/payment/lead", act("release", "長年のお客様"), changed},
		{"GET /desk/issued/{id}", w.desk, "/desk/issued/" + w.issued, nil, viewed},
		{"GET /desk/documents/{id}/bytes", w.desk, "/desk/documents/1/bytes", nil, viewed},
		{"GET /desk/intake", w.desk, "/desk/intake", nil, viewed},
		{"GET /desk/customers", w.desk, "/desk/customers", nil, viewed},
		{"GET /desk/customers/{code}", w.desk, customer, nil, viewed},
		{"GET /desk/customers/{code}/form.pdf", w.desk, customer + "/form.pdf", nil, viewed},
		{"POST /desk/customers/{code}/dealer", w.desk, customer + "/dealer", url.Values{"subject": {"名入れ"}, "body": {"校正をお願いします。"}}, changed},
		{"POST /desk/customers/{code}/wish", w.desk, customer + "/wish", url.Values{"kind": {"stockout"}, "value": {"cancel"}, "reason": {"お電話"}}, changed},
		{"POST /desk/customers/{code}/hold", w.lead, customer + "/hold", url.Values{"act": {"hold"}, "reason": {"与信"}}, changed},
		{"GET /desk/dealers", w.desk, "/desk/dealers", nil, viewed},
		{"POST /desk/dealers/{id}", w.desk, "/desk/dealers/1", url.Values{"state": {"answered"}, "answer": {"発送済み"}}, changed},
		{"GET /desk/forms/order.pdf", w.desk, "/desk/forms/order.pdf", nil, nobody},
		{"GET /desk/audits", w.desk, "/desk/audits", nil, viewed},
		{"GET /desk/audits/{id}/image", w.desk, "/desk/audits/1/image", nil, viewed},
		{"POST /desk/audits/{id}", w.desk, "/desk/audits/1", url.Values{"value": {"2"}}, changed},
		{"POST /desk/audits/{id}", w.lead, "/desk/audits/1", url.Values{"value": {"2"}}, changed},
		{"GET /desk/audits/report", w.lead, "/desk/audits/report", nil, viewed},
		{"POST /desk/audits/{id}/resolve", w.lead, "/desk/audits/1/resolve", url.Values{"how": {"reorder"}, "reason": {"誤読"}}, changed},
		{"GET /desk/rules", w.desk, "/desk/rules", nil, nobody},
		{
			"POST /desk/rules/{table}", w.lead, "/desk/rules/calendar",
			url.Values{"text": {"on,kind,name\n2026-12-29,closure,棚卸し\n"}, "was": {"on,kind,name\n"}, "reason": {"棚卸しのため"}, "do": {"save"}},
			changed,
		},
		{"GET /desk/archive", w.lead, "/desk/archive", nil, viewed},
		{"GET /desk/archive/export", w.lead, "/desk/archive/export?from=2026-11-24", nil, viewed},
		{"GET /desk/archive/{kind}/{id}", w.lead, "/desk/archive/inbound/1", nil, viewed},
		{"GET /desk/archive/{kind}/{id}/bytes", w.lead, "/desk/archive/inbound/1/bytes", nil, viewed},
		{"POST /desk/archive/verify", w.lead, "/desk/archive/verify", nil, changed},
		{"GET /desk/gateways", w.lead, "/desk/gateways", nil, nobody},
		{"POST /desk/gateways", w.lead, "/desk/gateways", url.Values{"text": {"From: x"}}, viewed}, // a mail that was pasted
		{"GET /desk/today", w.desk, "/desk/today", nil, viewed},
		{"GET /desk/today/list/{list}", w.desk, "/desk/today/list/open", nil, viewed},
		{"GET /desk/runs", w.lead, "/desk/runs", nil, nobody},
		{"POST /desk/runs", w.operator, "/desk/runs", url.Values{"schedule": {"wave_1830"}, "reason": {"倉庫の依頼"}}, changed},
		{desk.JobsPath, w.operator, desk.JobsPath, nil, nobody},
		{desk.JobsPath + "/", w.operator, desk.JobsPath + "/api/jobs/retry", url.Values{}, changed},
		{"GET /desk/account", w.desk, "/desk/account", nil, nobody},
		{"POST /desk/account/factor", w.desk, "/desk/account/factor", url.Values{"as": {"begin"}, "password": {secret}}, changed},
		{"GET /desk/account/factor.png", w.desk, "/desk/account/factor.png", nil, nobody},
		{"POST /desk/account/sessions", w.desk, "/desk/account/sessions", url.Values{"session": {"others"}}, changed},
		{"POST /desk/account/password", w.lead, "/desk/account/password", url.Values{"old": {secret}, "new": {secret + "2"}, "again": {secret + "2"}}, changed},
		{"POST /desk/lang", w.desk, "/desk/lang", url.Values{"lang": {"ja"}}, changed},
		{"GET /desk/staff", w.lead, "/desk/staff", nil, viewed},
		{"POST /desk/staff", w.operator, "/desk/staff", url.Values{"login": {"yuki"}, "name": {"森 由紀"}, "role": {"auditor"}}, changed},
		{"POST /desk/staff/{login}", w.operator, "/desk/staff/yuki", url.Values{"as": {"lock"}}, changed},
		{"GET /desk/accesses", w.lead, "/desk/accesses", nil, viewed},
		{"GET /desk/picklists", w.warehouse, "/desk/picklists", nil, viewed},
		{"GET /desk/picklists/{number}", w.warehouse, list, nil, viewed},
		{"GET /desk/picklists/{number}/files/{id}", w.warehouse, list + "/files/" + strconv.FormatInt(files[0].ID, 10), nil, viewed},
		{"POST /desk/picklists/{number}/shipped", w.warehouse, list + "/shipped", nil, changed},
		{"GET /desk/warehouses", w.desk, "/desk/warehouses", nil, viewed},
		{"GET /desk/warehouses/{code}", w.warehouse, "/desk/warehouses/" + storetest.East, nil, viewed},
		{"POST /desk/warehouses/{code}", nil, "", nil, changed}, // TestPartnerFiles: it takes files
		{"GET /desk/partner-files/{id}", w.desk, report, nil, viewed},
		{"GET /desk/partner-files/{id}/bytes", w.warehouse, report + "/bytes", nil, viewed},
		{"POST /desk/partner-files/{id}", w.desk, report, url.Values{"act": {"close"}, "note": {"電話で再送を依頼"}}, changed},
		{"POST /desk/take-over", w.lead, "/desk/take-over", url.Values{"task": {"hold 1"}, "from": {"/desk/queue"}}, changed},
		{"POST /desk/claim", w.desk, "/desk/claim", url.Values{"task": {"hold 1"}}, nobody},
		// Customers' approvers, who are none of the desk's people: TestApprovalPage. Decisions are events of the order.
		{"GET /approve/{token}", nil, "", nil, nobody},
		{"POST /approve/{token}", nil, "", nil, nobody},
		{"/", nil, "", nil, nobody},
		{"POST /desk/login", nil, "", nil, nobody},                              // TestDoors
		{"POST /desk/logout", nil, "", nil, nobody},                             // as logout: TestOwnSessions
		{"POST /desk/intake", nil, "", nil, changed},                            // below: it takes files
		{"POST /desk/review/{name}/as", nil, "", nil, changed},                  // below: it takes two faxes
		{"POST /desk/orders/{number}/notice/{shipment}", nil, "", nil, changed}, // TestOrderPageTellsTracking
		{"POST /desk/orders/{number}/resend/{delivery}", nil, "", nil, changed}, // TestResendIsKept
	}
}

// TestEveryRouteIsKept: every page that shows somebody's data writes who looked, every change who
// changed. A route of which that is not shown here must go through the doors, and be no exception.
func TestEveryRouteIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asks := w.asks(t)
	known := map[string]bool{}
	for _, a := range asks {
		known[a.route] = true
	}
	for r, kept := range routesOf(t) {
		if !known[r] && (!kept || slices.Contains(desk.Exceptions(), r)) {
			t.Errorf("%s: say here how it is used and whether it is logged", r)
		}
	}
	last := func() store.AccessRow {
		rows, err := w.st.AccessesPage(t.Context(), store.AccessPage{Until: w.clock.Now().Add(time.Hour), Limit: 1})
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		return rows[0]
	}
	for _, a := range asks {
		if a.by == nil || a.path == "" {
			continue
		}
		w.clock.Set(w.clock.Now().Add(10 * time.Second))
		before := last()
		var got answer
		if strings.HasPrefix(a.route, "POST") || a.form != nil {
			got = a.by.post(a.path, a.form)
		} else {
			got = a.by.get(a.path)
		}
		if got.status >= http.StatusBadRequest || strings.HasPrefix(got.location(), "/desk/login") {
			t.Errorf("%s is not used: %d %s %s", a.route, got.status, got.location(), regexp.MustCompile(`(?s)<main.*`).FindString(got.body))
			continue
		}
		switch after := last(); {
		case a.kept == nobody && after.ID != before.ID:
			t.Errorf("%s writes %s %s", a.route, after.Action, after.Subject)
		case a.kept != nobody && (after.ID == before.ID || after.Action != a.kept || after.Subject == "" || after.Login == ""):
			t.Errorf("%s writes no %s, but %+v", a.route, a.kept, after)
		}
	}

	before := last().ID
	w.desk.upload(nil, map[string][]byte{"a.tif": []byte("II*\x00x")})
	if after := last(); after.ID == before || after.Action != changed || !strings.HasPrefix(after.Subject, "document ") {
		t.Errorf("taking in writes %+v", after)
	}
	// A page that renews itself writes one view, not one every few seconds.
	w.desk.get("/desk/queue")
	before = last().ID
	w.desk.get("/desk/queue")
	w.desk.get("/desk/image/" + w.fax)
	w.desk.get("/desk/image/" + w.fax)
	if after := last(); after.ID > before+1 {
		t.Errorf("the same view is written again: %+v", after)
	}
}

// TestHeaders: whatever is asked for, the answer lets nothing run but our own scripts, is kept by
// nobody but where it never changes, and is framed nowhere.
func TestHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asset := regexp.MustCompile(`/desk/asset/desk\.[0-9a-f]+\.css`).FindString(w.desk.get("/desk/login").body)
	asks := append(w.asks(t), ask{route: "asset", by: w.desk, path: asset}, ask{route: "gone asset", by: w.desk, path: "/desk/asset/none.css"},
		ask{route: "nowhere", by: w.desk, path: "/desk/nowhere"}, ask{route: "refused", by: w.warehouse, path: "/desk/queue"})
	for _, a := range asks {
		if a.by == nil || a.path == "" {
			continue
		}
		var got answer
		if strings.HasPrefix(a.route, "POST") || a.form != nil {
			got = a.by.post(a.path, a.form)
		} else {
			got = a.by.get(a.path)
		}
		h := got.header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || h.Get("Referrer-Policy") != "same-origin" ||
			h.Get("Cross-Origin-Opener-Policy") != "same-origin" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("Permissions-Policy") == "" {
			t.Errorf("%s: headers %v", a.route, h)
		}
		csp := h.Get("Content-Security-Policy")
		file := strings.Contains(csp, "sandbox") || strings.HasPrefix(a.path, desk.JobsPath)
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || !file && strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") && strings.Contains(csp, "'unsafe-eval'") {
			t.Errorf("%s: policy %q", a.route, csp)
		}
		cached := a.path == asset || h.Get("Content-Type") == "image/png" && !strings.HasSuffix(a.path, "factor.png")
		if cc := h.Get("Cache-Control"); cached != strings.Contains(cc, "immutable") && cached != strings.Contains(cc, "private") || !cached && cc != "no-store" || strings.Contains(cc, "public") && a.path != asset {
			t.Errorf("%s: cache control %q", a.route, cc)
		}
		if ct := h.Get("Content-Type"); got.body != "" && ct == "" || strings.HasPrefix(ct, "text/html") && !strings.Contains(ct, "utf-8") {
			t.Errorf("%s: content type %q", a.route, ct)
		}
		if srv := h.Get("Server") + h.Get("X-Powered-By"); srv != "" {
			t.Errorf("%s names what runs here: %s", a.route, srv)
		}
	}
}

// TestOwnership: nobody reaches another's by guessing what it is called.
func TestOwnership(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	files, err := w.st.DeliveriesOf(t.Context(), w.list.ID)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	list := "/desk/picklists/" + string(w.list.Number)
	file := list + "/files/" + strconv.FormatInt(files[0].ID, 10)
	if a := w.warehouse.get(file); a.status != http.StatusOK || !strings.HasPrefix(a.body, "%PDF") || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("its own file: %d %v", a.status, a.header)
	}
	if a := w.west.get("/desk/picklists"); strings.Contains(a.body, w.list.Number.Grouped()) {
		t.Error("the west lists what is the east's")
	}
	none := w.west.get("/desk/picklists/" + string(order.NumberOf(599999999)))
	for _, path := range []string{list, file} {
		if a := w.west.get(path); a.status != http.StatusNotFound || strings.Contains(a.body, "東京") || a.status != none.status {
			t.Errorf("the west sees %s: %d", path, a.status)
		}
	}
	if a := w.west.post(list+"/shipped", nil); a.status != http.StatusNotFound {
		t.Errorf("the west reports what is the east's: %d", a.status)
	}
	report := w.refusedReport(t)
	for _, path := range []string{report, report + "/bytes", "/desk/warehouses/" + storetest.East} {
		if a := w.west.get(path); a.status != http.StatusNotFound || strings.Contains(a.body, "jisseki") {
			t.Errorf("the west sees %s: %d", path, a.status)
		}
	}
	if a := w.west.get("/desk/warehouses"); a.location() != "/desk/warehouses/"+storetest.West {
		t.Errorf("the west is led to %d %s", a.status, a.location())
	}
	if a := w.west.post("/desk/warehouses/"+storetest.East, nil); a.status != http.StatusNotFound {
		t.Errorf("the west hands in for the east: %d", a.status)
	}
	if l, err := w.st.GetPickListByNumber(t.Context(), w.list.Number); err != nil || !l.ShippedAt.IsZero() {
		t.Errorf("shipped by a stranger: %v (%v)", l.ShippedAt, err)
	}
	for _, id := range []string{w.issued, "1", "0", "-1", "999999"} { // of others, or of nobody
		if id == strconv.FormatInt(files[0].ID, 10) {
			continue
		}
		if a := w.warehouse.get(list + "/files/" + id); a.status != http.StatusNotFound {
			t.Errorf("file %s of another document: %d", id, a.status)
		}
	}
	// What is no name at all, and what would lead out of where things are.
	for _, path := range []string{
		"/desk/documents/..%2f..%2fetc%2fpasswd/bytes", "/desk/documents/1%00/bytes", "/desk/image/..%2f1.1", "/desk/image/1.1%2f..%2f..", "/desk/issued/1;drop", "/desk/issued/0x1",
		"/desk/review/1.1%2f..%2f2.1", "/desk/review/1.1/field/..%2f..%2fsecret", "/desk/asset/..%2fhtml%2flogin.html", "/desk/asset/%2e%2e/desk.go", "/desk/orders/1%27%20or%201=1", "/desk/customers/..%2f..",
	} {
		if a := w.desk.get(path); a.status != http.StatusNotFound && a.status != http.StatusTemporaryRedirect && a.status != http.StatusMovedPermanently {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	// A delivery is sent again by its own order alone.
	other := w.accept(t, storetest.Request(order.ChannelFax, w.clock.Now(), storetest.Osaka, storetest.Pen, 10))
	if a := w.desk.post("/desk/orders/"+string(other.Number)+"/resend/"+w.delivery, url.Values{"reason": {"x"}}); a.status != http.StatusNotFound {
		t.Errorf("another order's delivery is sent again: %d", a.status)
	}
}
