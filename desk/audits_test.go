package desk_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"todoke/desk"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// audited is an order whose quantity, read as 7, is drawn to be looked at.
func (o *office) audited(t *testing.T) {
	t.Helper()
	ctx, now := t.Context(), o.clock.Now()
	id, _, err := o.st.AddDocument(ctx, store.NewDocument{Source: "folder", ExternalID: "audited", ReceivedAt: now, Bytes: []byte("audited")})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := o.st.Blobs().Put([]byte("\x89PNG picture"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name, text string) order.DraftField {
		return order.DraftField{Name: name, Text: text, Confidence: 0.99999, Decision: order.DecisionAccept}
	}
	draft := &order.Draft{Form: "order", Decision: order.DecisionAccept, Fields: []order.DraftField{
		read("customer_code", storetest.Code(storetest.Tokyo)), read("lines[1].item_code", storetest.Code(storetest.Pen)), read("lines[1].quantity", "7"),
	}}
	req, problems := rules.RequestOf(*draft, order.Source{DocumentID: id, Page: 1}, now)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := o.st.InTx(ctx, func(tx *store.Tx) error {
		accepted, err := tx.Accept(ctx, req, now)
		if err != nil {
			return err
		}
		page, err := tx.AddPage(ctx, store.Page{DocumentID: id, No: 1, State: store.PageOrdered, OrderID: accepted.ID}, draft, now)
		if err != nil {
			return err
		}
		if _, err := tx.DrawAudits(ctx, id, page, accepted.ID, 1, []store.NewReadingAudit{{
			Field: "lines[1].quantity", Kind: rules.ReadingQuantity, Reading: "7", Confidence: 999_000, Threshold: 997_500, Model: "m", Picture: picture,
		}}, now); err != nil {
			return err
		}
		_, err = tx.SetDocument(ctx, id, store.DocumentRead, "1 page(s)", 0, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestAuditAtTheDesk: two people key a field blind, and what the reader got wrong is resolved.
func TestAuditAtTheDesk(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	storetest.Shop(t, o.st)
	o.audited(t)
	people := map[string]*browser{}
	for login, role := range map[string]store.Role{"hanako": store.RoleDesk, "jiro": store.RoleLead} {
		o.hireAs(t, store.Staff{Login: login, Name: map[string]string{"hanako": "佐藤 花", "jiro": "鈴木 次郎"}[login], Role: role})
		people[login] = o.browser(t)
		people[login].signIn(login, secret)
	}
	hanako, lead := people["hanako"], people["jiro"]

	a := hanako.get("/desk/audits")
	if a.status != http.StatusOK || !strings.Contains(a.body, "1行目の数量") || !strings.Contains(a.body, `src="/desk/audits/1/image"`) {
		t.Fatalf("the field is not asked for: %d %s", a.status, a.body)
	}
	if strings.Contains(a.body, "confidence") || strings.Contains(a.body, `value="7"`) {
		t.Error("what was read is shown")
	}
	if a := hanako.get("/desk/audits/1/image"); a.header.Get("Content-Type") != "image/png" || !strings.HasSuffix(a.body, "picture") {
		t.Errorf("the picture: %d %v", a.status, a.header)
	}
	if a := hanako.get("/desk/audits/report"); a.status < http.StatusBadRequest {
		t.Errorf("the desk sees the report: %d", a.status)
	}
	if a := hanako.post("/desk/audits/1", url.Values{"value": {"あ"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `action="/desk/audits/1"`) {
		t.Errorf("no value gives %d", a.status)
	}
	if a := hanako.post("/desk/audits/1", url.Values{"value": {"2"}}); a.status != http.StatusSeeOther {
		t.Fatalf("keying gives %d: %s", a.status, a.body)
	}
	if a := hanako.get("/desk/audits"); !strings.Contains(a.body, "検査するものはありません") {
		t.Error("the field is asked for twice of one person")
	}
	if a := lead.get("/desk/audits"); !strings.Contains(a.body, "再確認") {
		t.Error("the second look is not told")
	}
	lead.post("/desk/audits/1", url.Values{"value": {"2"}})
	a = lead.get("/desk/audits/report")
	for _, want := range []string{"見つかった誤読", "95%信頼区間", "佐藤 花", `action="/desk/audits/1/resolve"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if a := lead.post("/desk/audits/1/resolve", url.Values{"how": {"reorder"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("no reason gives %d", a.status)
	}
	if a := lead.post("/desk/audits/1/resolve", url.Values{"how": {"reorder"}, "reason": {"誤読"}}); !strings.HasPrefix(a.location(), "/desk/review/1.1") {
		t.Errorf("resolving goes to %q: %d", a.location(), a.status)
	}
}

// TestJobsAreTheOperators: nobody else reaches the dashboard, nothing is deleted there, and its
// policy lets no script in but its own.
func TestJobsAreTheOperators(t *testing.T) {
	t.Parallel()
	asked := ""
	o := newOfficeOf(t, desk.Config{Jobs: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.Method + " " + r.URL.Path })})
	o.hire(t, "lead", store.RoleLead)
	o.hire(t, "operator", store.RoleOperator)
	lead, op := o.browser(t), o.browser(t)
	lead.signIn("lead", secret)
	op.signIn("operator", secret)
	if a := lead.get("/desk/jobs/"); a.status < http.StatusBadRequest || asked != "" {
		t.Errorf("a lead gets %d", a.status)
	}
	a := op.get("/desk/jobs/api/jobs")
	if a.status != http.StatusOK || asked != "GET /desk/jobs/api/jobs" || !strings.Contains(a.header.Get("Content-Security-Policy"), "script-src 'self';") {
		t.Errorf("an operator gets %d, %q", a.status, asked)
	}
	asked = ""
	if a := op.post("/desk/jobs/api/jobs/delete", nil); a.status != http.StatusForbidden || asked != "" {
		t.Errorf("a job is deleted: %d", a.status)
	}
	op.post("/desk/jobs/api/jobs/retry", nil)
	if asked != "POST /desk/jobs/api/jobs/retry" {
		t.Errorf("retrying came through as %q", asked)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/desk/jobs/api/jobs/cancel", http.NoBody)
	r.RequestURI = ""
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if a := op.do(r); a.status != http.StatusForbidden {
		t.Errorf("another site's request gets %d", a.status)
	}
}
