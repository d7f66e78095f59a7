package desk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// TestTakeOver: a lead takes a fax over that somebody left open; whoever had it is told at the next
// key, and the record says from whom.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	o, hanako, jiro := openOffice(t)
	o.hireAs(t, store.Staff{Login: "mika", Name: "森 美香", Role: store.RoleLead})
	mika := o.browser(t)
	mika.signIn("mika", secret)
	path := "/desk/review/" + o.fax(t, "one")
	hanako.get(path)
	if a := jiro.get(path); strings.Contains(a.body, "take-over") {
		t.Error("anybody may take over")
	}
	m := regexp.MustCompile(`name="task" value="([^"]+)"><input type="hidden" name="from" value="([^"]+)"><button id="take-over">佐藤 花さんから引き継ぐ`).FindStringSubmatch(mika.get(path).body)
	if m == nil || m[2] != path {
		t.Fatalf("a lead is not offered to take over: %q", m)
	}
	if a := mika.post("/desk/take-over", url.Values{"task": {m[1]}, "from": {m[2]}}); a.location() != path {
		t.Fatalf("%d to %q", a.status, a.location())
	}
	if a := mika.get(path); !strings.Contains(a.body, `id="release"`) || !strings.Contains(a.body, "佐藤 花さんから引き継ぎました") {
		t.Error("the lead has it not")
	}
	if a := hanako.post(path+"/key", key("lines[2].quantity", "1")); a.status != http.StatusConflict || !strings.Contains(a.body, "森 美香") {
		t.Errorf("who had it still keys: %d", a.status)
	}
	if a := mika.post(path+"/key", key("lines[2].quantity", "1")); a.status != http.StatusOK {
		t.Errorf("the lead does not key: %d", a.status)
	}
	if a := mika.get("/desk/accesses?login=mika&action=change"); !strings.Contains(a.body, "受信文書 "+strings.TrimPrefix(path, "/desk/review/")) && strings.Contains(a.body, "さんから引き継ぎ") {
		t.Error("the record does not tell it")
	}
	if a := mika.post("/desk/take-over", url.Values{"task": {"staff 1"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("something else was taken over: %d", a.status)
	}
}

// TestHandedPassword: who signs in with a password that was handed out changes it before anything
// else opens, and not again.
func TestHandedPassword(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hireAs(t, store.Staff{Login: "yuki", Name: "森 由紀", Role: store.RoleDesk, PasswordGiven: true})
	b := o.browser(t)
	b.signIn("yuki", secret)
	for _, path := range []string{"/desk", "/desk/queue", "/desk/orders"} {
		if a := b.get(path); a.location() != "/desk/account" {
			t.Errorf("%s leads to %q", path, a.location())
		}
	}
	if a := b.get("/desk/account"); !strings.Contains(a.body, "渡されたパスワード") {
		t.Error("nobody says why")
	}
	const own = "my own long password"
	if a := b.post("/desk/account/password", url.Values{"old": {secret}, "new": {secret}, "again": {secret}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the same password is another: %d", a.status)
	}
	if a := b.post("/desk/account/password", url.Values{"old": {secret}, "new": {own}, "again": {own}}); a.location() != "/desk" {
		t.Errorf("changed: %d to %q", a.status, a.location())
	}
	if a := b.get("/desk/queue"); a.status != http.StatusOK {
		t.Errorf("the queue: %d", a.status)
	}
}

// ask is get with a header.
func (b *browser) ask(path, header, value string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set(header, value)
	return b.do(r)
}

// whitePage is a blank page in review.
func (o *office) whitePage(t *testing.T) string {
	t.Helper()
	id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: "white", ReceivedAt: o.clock.Now(), Bytes: []byte("white"), FileName: "white.tif"})
	if err != nil {
		t.Fatal(err)
	}
	draft := &order.Draft{Decision: order.DecisionBlank, Fields: []order.DraftField{{Name: "customer_code", Decision: order.DecisionReview}}}
	name := o.page(t, id, draft, order.Invalid("FAX-2", "", "the page is blank"))
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.AddPageKind(t.Context(), o.pageState(t, name).ID, rules.PageVerdict{Kind: order.PageBlank, Sure: true, Rule: "PGE-1"}, nil, nil, o.clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestFetchedAhead: a picture that is fetched before it is seen is no look in the record.
func TestFetchedAhead(t *testing.T) {
	t.Parallel()
	o, hanako, _ := openOffice(t)
	name := o.fax(t, "one")
	seen := func() (out []string) {
		t.Helper()
		all, err := o.st.Accesses(t.Context(), o.clock.Now().Add(-time.Hour), o.clock.Now().Add(time.Hour), "hanako", "document "+name, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			out = append(out, a.Action+" "+a.Detail)
		}
		return out
	}
	for range 2 {
		if a := hanako.ask("/desk/image/"+name, "Todoke-Ahead", "1"); a.status != http.StatusOK {
			t.Fatalf("%d", a.status)
		}
	}
	if got := seen(); len(got) != 1 || got[0] != "view fetched ahead" {
		t.Errorf("fetched ahead twice: %q", got)
	}
	hanako.get("/desk/review/" + name)
	if got := seen(); len(got) != 2 || got[0] != "view " {
		t.Errorf("then shown: %q", got)
	}
}

// TestDeskManners: a click anywhere in a row opens it, a blank page closes by Enter, what is wanted
// where goods are short is one key, and what another's claim refuses stands where it is seen.
func TestDeskManners(t *testing.T) {
	t.Parallel()
	o, _, jiro := openOffice(t)
	white := o.whitePage(t)
	id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: "marks", ReceivedAt: o.clock.Now(), Bytes: []byte("marks"), FileName: "marks.tif"})
	if err != nil {
		t.Fatal(err)
	}
	draft := &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{sure("customer_code", storetest.Code(storetest.Tokyo))}}
	for n := 1; n <= 12; n++ { // long enough to be scrolled
		draft.Fields = append(draft.Fields, sure(fmt.Sprintf("lines[%d].item_code", n), storetest.Code(storetest.Pen)), sure(fmt.Sprintf("lines[%d].quantity", n), "10"))
	}
	draft.Fields = append(draft.Fields, weak("lines[13].quantity", "10"), sure("stockout.backorder", ""), sure("stockout.cancel", ""))
	marks := o.page(t, id, draft, order.Invalid("FAX-2", "lines[13].quantity", `read as "10": the reader is not sure`))
	b := o.window(t, "ja")

	b.Open(o.URL + "/desk/queue")
	browsertest.Eval[bool](b, `[...document.querySelectorAll(".queue tbody tr")].find((r) => r.textContent.includes("`+white+`")).querySelector("td.num").click() || true`)
	b.WaitFor(`location.pathname === "/desk/review/` + white + `"`)
	ready(b, "blank")
	if got := browsertest.Eval[string](b, `[...document.querySelectorAll("#panel .problem, #panel .problem-text")].map((e) => e.textContent).join()`); got != "" {
		t.Errorf("a blank page demands %s", got)
	}
	b.Enter()
	b.WaitFor(`location.pathname !== "/desk/review/` + white + `"`)
	if r, err := o.st.GetReview(t.Context(), mustDocument(t, white), 1); err != nil || r.State != store.ReviewJunk {
		t.Errorf("the blank page is %s (%v)", r.State, err)
	}

	b.Open(o.URL + "/desk/review/" + marks)
	b.WaitFor(`document.querySelector("#work:not([data-calm])") !== null`)
	browsertest.Eval[bool](b, `document.activeElement.blur() || true`)
	b.Press("2")
	b.WaitFor(`document.querySelector('#stockout button[value="cancel"]').getAttribute("aria-pressed") === "true"`)
	browsertest.Eval[bool](b, `(document.getElementById("panel").scrollTop = 9999) > 0`)
	if browsertest.Eval[float64](b, `document.getElementById("panel").scrollTop`) < 100 {
		t.Error("the panel is too short to tell whether a refusal is seen")
	}
	browsertest.Eval[bool](b, `(() => { const to = document.getElementById("join-to"); to.value = "999999.1"; to.form.requestSubmit(); return true; })()`)
	b.WaitFor(`document.querySelector("#panel > .told.problem") !== null`)
	inSight := `((e) => { const r = e.getBoundingClientRect(), p = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2); return r.top >= 44 && r.bottom <= innerHeight && e.contains(p); })`
	if !browsertest.Eval[bool](b, inSight+`(document.querySelector("#panel > .told.problem"))`) {
		t.Error("what was refused is not seen")
	}
	o.clock.Set(o.clock.Now().Add(4 * time.Minute)) // called away: another takes it
	jiro.get("/desk/review/" + marks)
	browsertest.Eval[bool](b, `document.querySelector('#stockout button[value="backorder"]').click() || true`)
	b.WaitFor(`document.getElementById("wrong") !== null`)
	if !browsertest.Eval[bool](b, inSight+`(document.getElementById("wrong")) && document.querySelector("#release:enabled") === null`) {
		t.Error("that somebody else has it is not seen, or something can be released all the same")
	}
}

// TestHiddenChoice: what is wanted where goods are short is compared as any hidden reading is: an
// answer unlike a mark that was read weakly is asked for once more, and what is keyed then holds.
func TestHiddenChoice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait, cancel order.DraftField
		keyed, read  string // read: what the desk says was read; "" where it asks nothing
	}{
		"another":       {sure("stockout.backorder", ""), weak("stockout.cancel", "x"), "backorder", "取り消す"},
		"none":          {weak("stockout.backorder", "x"), sure("stockout.cancel", ""), "", "入荷を待つ"},
		"the same":      {weak("stockout.backorder", "x"), sure("stockout.cancel", ""), "backorder", ""},
		"half a mark":   {weak("stockout.backorder", ""), sure("stockout.cancel", ""), "backorder", ""},
		"contradiction": {weak("stockout.backorder", "x"), weak("stockout.cancel", "x"), "cancel", ""},
		"shown":         {sure("stockout.backorder", "x"), sure("stockout.cancel", ""), "cancel", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, b, _ := openOffice(t)
			id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: "marks", ReceivedAt: o.clock.Now(), Bytes: []byte("marks"), FileName: "marks.tif"})
			if err != nil {
				t.Fatal(err)
			}
			fields := []order.DraftField{sure("customer_code", storetest.Code(storetest.Tokyo)), sure("lines[1].item_code", storetest.Code(storetest.Pen)), sure("lines[1].quantity", "10"), c.wait, c.cancel}
			path := "/desk/review/" + o.page(t, id, &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: fields}, order.Invalid("FAX-2", "stockout.backorder", "the reader is not sure"))
			said := "読み取りは「" + c.read + "」です"
			if a := b.get(path); strings.Contains(a.body, "読み取りは「") || c.wait.Confidence < 0.9 && strings.Contains(a.body, `aria-pressed="true"`) {
				t.Error("a weak mark is shown before it is keyed")
			}
			a := b.post(path+"/key", key("stockout", c.keyed))
			if c.read != "" {
				form := regexp.MustCompile(`<form class="choice[^>]*>`).FindString(a.body)
				if !strings.Contains(a.body, said) || !strings.Contains(form, "data-focus") || !strings.Contains(a.body, `name="again" value="`+c.keyed+`"`) || !strings.Contains(a.body, `id="release" disabled`) {
					t.Fatalf("an answer unlike the reading was taken without a word: %s", a.body)
				}
				again := key("stockout", c.keyed)
				again.Set("again", c.keyed)
				a = b.post(path+"/key", again)
			}
			if strings.Contains(a.body, "読み取りは「") || strings.Contains(a.body, `id="release" disabled`) {
				t.Fatalf("not settled: %s", a.body)
			}
			r, err := o.st.GetReview(t.Context(), id, 1)
			want := map[string][2]string{"backorder": {"x", ""}, "cancel": {"", "x"}, "": {"", ""}}[c.keyed]
			if err != nil || r.Draft.Field("stockout.backorder").Text != want[0] || r.Draft.Field("stockout.cancel").Text != want[1] {
				t.Errorf("kept are %+v (%v)", r.Draft.Fields[3:], err)
			}
		})
	}
}
