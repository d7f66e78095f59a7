package desk_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"todoke/desk"
	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// approvers is a small shop with an order that waits for its approver, and the page of their link.
func approvers(t *testing.T) (s *store.Store, site *httptest.Server, o order.Order, path string) {
	t.Helper()
	s, clock := storetest.NewShop(t)
	tokyo := storetest.Code(storetest.Tokyo)
	err := s.Import(t.Context(), order.Masters{
		Users: []order.User{
			{Code: "AP1", DepartmentCode: tokyo, Name: "課長 太郎", Email: "ap1@c1.example.jp", Role: "approver"},
			{Code: "ORD", DepartmentCode: tokyo, Name: "発注 花子", Email: "ord@c1.example.jp", Role: "orderer"},
		},
		ApprovalFlows: []order.ApprovalRow{{DepartmentCode: tokyo, From: order.D(2026, 4, 1), TotalYen: 5_000, Level1: []string{"AP1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	req := storetest.Request(order.ChannelWeb, clock.Now(), storetest.Tokyo, storetest.Pen, 50)
	req.UserCode = "ORD"
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		var err error
		o, err = tx.Accept(t.Context(), req, s.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	c, _, err := s.ApprovalOf(t.Context(), o.ID, s.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.Blobs().Put([]byte("mail"))
	if err != nil {
		t.Fatal(err)
	}
	token := store.NewApprovalToken()
	if err := s.AskApproval(t.Context(), c, []store.ApprovalMail{{User: "AP1", To: "ap1@c1.example.jp", Token: token, Issue: store.NewIssue{Kind: "approval_request", Number: "1", Format: "txt", Key: key, OrderID: o.ID}}}, s.Now()); err != nil {
		t.Fatal(err)
	}
	d := desk.New(desk.Config{Store: s, Settings: rules.Default(), Now: clock.Now, Log: slog.New(slog.DiscardHandler), ShopName: "つばめ事務用品", DeskName: "受注センター", ShopPhone: "03-0000-0000"})
	m := http.NewServeMux()
	m.Handle(desk.ApprovalPath, d.Approvals())
	m.Handle("/", d)
	site = httptest.NewServer(m)
	t.Cleanup(site.Close)
	return s, site, o, desk.ApprovalPath + token
}

func state(t *testing.T, s *store.Store, o order.Order) order.State {
	t.Helper()
	got, err := s.GetOrder(t.Context(), o.Number)
	if err != nil {
		t.Fatal(err)
	}
	return got.State
}

// APR-1: opening the mail's links decides nothing, a button does, once; strangers and other sites
// get nowhere, and the page loads no scripts.
func TestApprovalPage(t *testing.T) {
	t.Parallel()
	s, site, o, path := approvers(t)
	b := &browser{&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t, site.URL}
	for _, p := range []string{path, path + "?no"} {
		a := b.get(p)
		if a.status != http.StatusOK || !strings.Contains(a.body, o.Number.Grouped()) || strings.Contains(a.body, "<script") || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Fatal(a.status, a.header, a.body)
		}
	}
	if state(t, s, o) != order.StateHeld {
		t.Fatal("a scanner of mails decided")
	}
	if a := b.get(desk.ApprovalPath + store.NewApprovalToken()); a.status != http.StatusNotFound || strings.Contains(a.body, o.Number.Grouped()) {
		t.Error("a guess", a.status)
	}
	if a := b.post(path, url.Values{"decision": {"no"}}); a.status != http.StatusUnprocessableEntity || state(t, s, o) != order.StateHeld {
		t.Error("refused without a reason", a.status)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, site.URL+path, strings.NewReader("decision=yes"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "https://elsewhere.example.com")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Error("another site decided", res.StatusCode)
	}
	if a := b.post(path, url.Values{"decision": {"yes"}}); a.status != http.StatusSeeOther || state(t, s, o) != order.StateAccepted {
		t.Fatal(a.status, a.body)
	}
	if a := b.post(path, url.Values{"decision": {"no"}, "note": {"x"}}); a.status != http.StatusConflict || state(t, s, o) != order.StateAccepted {
		t.Error("decided twice", a.status)
	}
	busy := 0
	for range 60 {
		if b.get(path).status == http.StatusTooManyRequests {
			busy++
		}
	}
	if busy == 0 {
		t.Error("there is no limit")
	}
}

// The page as an approver uses it, on a telephone: a refusal with its reason cancels the order.
func TestApproveInABrowser(t *testing.T) {
	t.Parallel()
	s, site, o, path := approvers(t)
	b := browsertest.New(t, 420, 900, "ja")
	b.Open(site.URL + path)
	b.Wait("#yes")
	shot := func(name string) {
		if dir := os.Getenv("TODOKE_SHOTS"); dir != "" {
			b.Shot(dir + "/" + name)
		}
	}
	shot("approve.png")
	if over := b.Overflows(); len(over) > 0 {
		t.Error(over)
	}
	b.Open(site.URL + path + "?no")
	b.Fill("#note", "在庫が残っているため")
	b.Click("#no")
	b.WaitFor(`document.body.innerText.includes("否認され、取り消し")`)
	shot("refused.png")
	if state(t, s, o) != order.StateCancelled {
		t.Error("not cancelled")
	}
}
