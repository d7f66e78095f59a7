package desk_test

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"

	"todoke/internal/browsertest"
	"todoke/internal/pgcluster"
	"todoke/order"
)

// keyboard is what auditors, operators and leads do rarely, by the keys alone: no mouse, and nothing
// is focused but by Tab.
func keyboard(t *testing.T, s *shop, b *browsertest.Browser) {
	t.Helper()
	s.hire("kansa", "監物 清", "auditor")
	s.hire("hara", "原 由美子", "lead")
	k := &keys{Browser: b, shop: s, t: t}
	orders := s.orders()
	o := slices.Concat(orders[s.documents["order.tif"]], orders[s.documents["order-resent.tif"]]) // the one that was read first
	if len(o) == 0 {
		t.Fatal("the sure fax became no order")
	}
	total := o[0].Goods + o[0].Fee
	for _, x := range o[0].Taxes {
		total += x.Yen
	}
	k.as("kansa")
	k.archive(o[0].Customer, total)
	k.as(login)
	k.gateway()
	k.run()
	k.as("hara")
	k.rules()
	k.as(login)
}

type keys struct {
	*browsertest.Browser

	shop *shop
	t    *testing.T
}

// as has somebody sign in.
func (k *keys) as(who string) {
	k.t.Helper()
	k.tab("form[action='/desk/logout'] button")
	k.Enter()
	k.Wait("#login")
	k.tab("#login")
	k.Press(who)
	k.tab("#password")
	k.Press(secret + kb.Enter)
	k.Wait(".bar")
	k.WaitFor(`location.pathname !== "/desk/login"`)
}

// tab presses Tab until what a selector finds has the focus.
func (k *keys) tab(selector string) {
	k.t.Helper()
	const most = 150
	for range most {
		if browsertest.Eval[bool](k.Browser, `document.activeElement?.matches(`+strconv.Quote(selector)+`) || false`) {
			return
		}
		k.Press(kb.Tab)
	}
	k.t.Fatalf("Tab never comes to %s (at %s)", selector, k.Address())
}

// date keys a day into the date field that has the focus: Chromium takes month, day and year.
func (k *keys) date(on order.Date) {
	k.t.Helper()
	two := func(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }
	k.Press(two(int(on.Month)) + two(on.Day) + strconv.Itoa(on.Year))
	k.WaitFor(`document.activeElement.value === "` + on.String() + `"`)
}

func (k *keys) went(path string) {
	k.t.Helper()
	k.WaitFor(`location.pathname + location.search === ` + strconv.Quote(path))
}

// archive finds one document by its day, amount and counterparty, and opens it.
func (k *keys) archive(customer string, yen order.Yen) {
	k.t.Helper()
	today := order.DateOf(time.Now().In(order.JST))
	k.WaitFor(`location.pathname === "/desk/archive"`) // an auditor's home
	search := func(amount order.Yen) {
		k.t.Helper()
		k.tab("#from")
		k.date(today)
		k.tab("[name=to]")
		k.date(today)
		k.tab("#min")
		k.Press(strconv.Itoa(int(amount)))
		k.tab("[name=max]")
		k.Press(strconv.Itoa(int(amount)))
		k.tab("#party")
		k.Press(customer + kb.Enter)
		k.WaitFor(`location.search.includes("min=` + strconv.Itoa(int(amount)) + `&")`)
	}
	search(yen + 1)
	k.Wait(".empty")
	search(yen) // Tab selects what a field has: it is typed over
	k.Wait("[data-list] tbody tr")
	if wrong := browsertest.Eval[string](k.Browser, `[...document.querySelectorAll("[data-list] tbody tr")].map((r) => r.textContent).filter((x) => !x.includes("`+customer+`")).join()`); wrong != "" {
		k.t.Errorf("found is also %s", wrong)
	}
	k.tab("[data-list] tbody a[href^='/desk/archive/']")
	k.Enter()
	k.Wait(".seal, .said[role=status]")
	if got := browsertest.Eval[string](k.Browser, `document.querySelector(".plain-table").textContent`); !strings.Contains(got, customer) {
		k.t.Errorf("the opened document is %s", got)
	}
}

// gateway has an operator change how a gateway's mails are read, see what that does to those that
// came last, and save it.
func (k *keys) gateway() {
	k.t.Helper()
	const reason = "this gateway was given up"
	k.shop.do("", "ingest", filepath.Join("..", "..", "ingest", "gateway", "testdata", "efax.eml"))
	k.Open(k.shop.url + "/desk/gateways/efax")
	k.tab("#text")
	k.Press("off: true" + kb.Enter)
	k.WaitFor(`document.activeElement.value.startsWith("off: true\nname: efax")`)
	k.tab("#reason")
	k.Press(reason + kb.Enter)
	k.Wait("#preview")
	if got := browsertest.Eval[string](k.Browser, `[...document.querySelectorAll("#preview > p b")].map((e) => e.textContent).join()`); got != "1,1,0" {
		k.t.Errorf("of recent mails, read before, and after: %s", got)
	}
	if got := k.Text("#preview"); !strings.Contains(got, "eFax message from") || !strings.Contains(got, "off: true") {
		k.t.Errorf("the preview says %s", got)
	}
	k.tab("button[value=save]")
	k.Enter()
	k.WaitFor(`document.body.textContent.includes("` + reason + `") && document.querySelector("#preview") === null && document.querySelector("#text")?.value.startsWith("off: true")`)
}

// run has an operator run once more what failed, from its page.
func (k *keys) run() {
	k.t.Helper()
	const schedule = "tell_archive_head"
	due := order.DateOf(time.Now().In(order.JST)).Add(-1).At(order.Clock{Hour: 19, Minute: 10})
	k.shop.sql(`INSERT INTO schedule_runs (schedule, due_at, inserted_at) VALUES ($1, $2, $2)`, schedule, due) // its job is gone
	k.Open(k.shop.url + "/desk/runs")
	k.tab("main a[href*='run=" + schedule + "']")
	k.Enter()
	k.WaitFor(`document.querySelector("#schedule")?.value === "` + schedule + `" && document.querySelector("#at").value.endsWith("T19:10")`)
	k.tab("#reason")
	k.Press("the disk was full" + kb.Enter)
	k.WaitFor(`document.body.textContent.includes("実行を始めました")`)
	k.shop.until("the run that failed has ended", func() bool {
		k.Open(k.shop.url + "/desk/runs?schedule=" + schedule)
		return browsertest.Eval[bool](k.Browser, `document.querySelector("main a[href*='run=`+schedule+`']") === null`)
	})
	if got := k.Text("main"); !strings.Contains(got, "the disk was full") || !strings.Contains(got, "記録の先頭") {
		k.t.Errorf("what ran: %s", got)
	}
}

// rules has a lead raise the value from which orders are free of the fee, from a later day on, see
// what that would have done to last month's orders, and save it.
func (k *keys) rules() {
	k.t.Helper()
	const reason = "carriers ask for more"
	from := order.DateOf(time.Now().In(order.JST)).Add(10)
	k.Open(k.shop.url + "/desk/rules")
	k.tab("a[href='/desk/rules/settings']")
	k.Enter()
	k.Wait("[name=cell-0-0]")
	k.tab("[name=cell-0-0]")
	k.date(from)
	k.tab("[name=cell-0-1]")
	k.Press("900000")
	k.tab("#reason")
	k.Press(reason + kb.Enter)
	k.Wait("#preview tbody tr")
	if got := k.Text("#preview"); !strings.Contains(got, "送料が変わる") || strings.Contains(got, "送料が変わる 0件") {
		k.t.Errorf("the preview says %s", got)
	}
	k.tab("button[value=save]")
	k.Enter()
	k.went("/desk/rules")
	if got := k.Text("main"); !strings.Contains(got, "900000") || !strings.Contains(got, reason) {
		k.t.Errorf("what was saved is not listed: %s", got)
	}
}

// sql changes the shop's database behind its back.
func (s *shop) sql(statement string, args ...any) {
	s.t.Helper()
	ctx := s.t.Context()
	c, err := pgcluster.Attach(ctx, pgcluster.Options{Dir: filepath.Join(s.data, "postgres"), Superuser: "todoke", Database: "todoke"})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	conn, err := pgx.Connect(ctx, c.DSN(""))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement, args...); err != nil {
		s.t.Fatal(err)
	}
}
