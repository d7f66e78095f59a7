package desk_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// boxed is a weakly read field of boxes; digits of doubt are not sure.
func boxed(name, text string, doubt ...int) order.DraftField {
	f := weak(name, text)
	f.Area = &order.Area{X0: 100, Y0: 20, X1: 700, Y1: 60}
	for i := range text {
		f.Cells = append(f.Cells, order.DraftCell{Text: text[i : i+1], Confidence: 0.999, Box: order.Box{X: 30 + 6.5*float64(i), Y: 50, W: 5, H: 7}})
	}
	for _, i := range doubt {
		f.Cells[i].Confidence = 0.4
	}
	return f
}

// TestKeyDoubtfulDigits: of a doubtful code the digits that are sure stand there, the first of the
// others is keyed, and what can be one code alone is completed; of a code that is doubtful as a
// whole nothing is shown. Digits that the reader was wrongly sure of are keyed over. Where a code
// that is keyed is one of the master's nobody is asked again.
func TestKeyDoubtfulDigits(t *testing.T) {
	t.Parallel()
	o, _, _ := openOffice(t)
	pen, paper, tea := storetest.Code(storetest.Pen), storetest.Code(storetest.Paper), storetest.Code(storetest.Tea)
	id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: "one", ReceivedAt: o.clock.Now(), Bytes: []byte("one"), FileName: "one.tif"})
	if err != nil {
		t.Fatal(err)
	}
	n := len(pen)
	wrong := boxed("lines[3].item_code", "9"+tea[1:], n-1) // sure of the first digit, and wrong
	name := o.page(t, id, &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{
		sure("customer_code", storetest.Code(storetest.Tokyo)),
		boxed("lines[1].item_code", pen, n-2, n-1), sure("lines[1].quantity", "10"),
		boxed("lines[2].item_code", paper[:n-2]+"99", 0, 1, 2, 3, 4, 5, 6), sure("lines[2].quantity", "5"),
		wrong, sure("lines[3].quantity", "2"),
	}}, order.Invalid("FAX-2", "lines[1].item_code", "the reader is not sure"))
	b := o.window(t, "ja")
	b.Open(o.URL + "/desk/review/" + name)
	ready(b, "lines[1].item_code")
	value := func(want string) {
		t.Helper()
		b.WaitFor(`document.activeElement.value === "` + want + `"`)
	}
	value(pen[:n-2] + "__")
	if html := browsertest.Eval[string](b, `document.getElementById("panel").innerHTML`); strings.Contains(html, pen) || strings.Contains(html, paper[:n-2]+"99") {
		t.Error("a weak reading is in the page before it is keyed")
	}
	b.WaitFor(`document.querySelector(".region.now .digit") !== null`)
	b.Shot(filepath.Join(t.ArtifactDir(), "mask.png"))
	b.Enter() // a digit is missing
	b.Press(pen[n-2 : n-1])
	value(pen)
	b.WaitFor(`document.querySelector('[data-about="lines[1].item_code"]').textContent.includes("120円")`)
	b.Shot(filepath.Join(t.ArtifactDir(), "completed.png"))
	b.Enter()
	b.Wait(`[id="f-lines[1].item_code"].person`)

	b.WaitFor("(" + focused + ") === 'lines[2].item_code'")
	value("")
	b.Press(paper[:n-1]) // several fit until the last but one
	value(paper)
	b.Enter()
	b.Wait(`[id="f-lines[2].item_code"].person`) // not asked again: the master knows it

	b.WaitFor("(" + focused + ") === 'lines[3].item_code'")
	value("9" + tea[1:n-1] + "_")
	b.Press(kb.Backspace)
	value("")
	b.Press(tea + kb.Enter)
	b.Wait(`[id="f-lines[3].item_code"].person`)
	ready(b, "release")
	b.Enter()
	b.WaitFor("location.pathname === '/desk/queue'")
	orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != 1 || orders[0].GoodsYen != 10*120+5*450+2*600 {
		t.Fatalf("orders %+v (%v)", orders, err)
	}
}

// TestPutOff: a fax that one puts off goes to others at once, comes back to the same person when its
// time has come, and is told of where nothing else is left.
func TestPutOff(t *testing.T) {
	t.Parallel()
	o, hanako, jiro := openOffice(t)
	first, second := "/desk/review/"+o.doubtful(t, "one", storetest.Paper), "/desk/review/"+o.doubtful(t, "two", storetest.Pen)
	if a := hanako.get("/desk/next"); a.location() != first {
		t.Fatalf("the next is %q", a.location())
	}
	if a := hanako.post(first+"/later", nil); a.location() != "/desk/next" {
		t.Fatalf("put off: %d %q", a.status, a.location())
	}
	if a := hanako.get("/desk/next"); a.location() != second {
		t.Errorf("what was put off comes back at once: %q", a.location())
	}
	hanako.post(second+"/later", nil)
	if a := hanako.get("/desk/next"); a.location() != "/desk/queue" {
		t.Errorf("with all put off one gets %q", a.location())
	}
	if a := hanako.get("/desk/queue"); !strings.Contains(a.body, "あとに回した受付だけ") {
		t.Error("nobody says that there is only what was put off")
	}
	if a := jiro.get("/desk/next"); a.location() != first {
		t.Errorf("the other one gets %q", a.location())
	}
	if a := jiro.post(first+"/later", nil); a.status != http.StatusSeeOther {
		t.Errorf("put off by the other: %d", a.status)
	}
	if a := hanako.get(second); strings.Contains(a.body, "処理中") || !strings.Contains(a.body, `id="release"`) {
		t.Error("what one put off cannot be opened")
	}
	hanako.post(second+"/later", nil)
	o.clock.Set(o.clock.Now().Add(16 * time.Minute))
	if a := hanako.get("/desk/next"); a.location() != first {
		t.Errorf("after its time the next is %q", a.location())
	}
}

// TestNextComesAlong: the script gets the next fax with the answer that settles one.
func TestNextComesAlong(t *testing.T) {
	t.Parallel()
	o, hanako, _ := openOffice(t)
	first, second := o.doubtful(t, "one", storetest.Paper), o.doubtful(t, "two", storetest.Pen)
	hanako.get("/desk/next")
	a := hanako.script("/desk/review/"+first+"/later", nil)
	if a.status != http.StatusOK || a.header.Get("Todoke-Page") != "/desk/review/"+second || !strings.Contains(a.body, `data-name="`+second+`"`) || !strings.Contains(a.body, "あとに回しました") {
		t.Errorf("%d, page %q", a.status, a.header.Get("Todoke-Page"))
	}
	if tasks, err := o.st.Tasks(t.Context(), store.TaskFilter{Who: "hanako"}, o.clock.Now()); err != nil || len(tasks) != 1 || tasks[0].Name != second {
		t.Errorf("claimed: %+v (%v)", tasks, err)
	}
	a = hanako.script("/desk/review/"+second+"/later", nil)
	if a.header.Get("HX-Redirect") != "/desk/queue" {
		t.Errorf("with nothing left: %d %v", a.status, a.header)
	}
}

// script posts as the page's script does.
func (b *browser) script(path string, form url.Values) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("HX-Request", "true")
	return b.do(r)
}

// TestJudgedWhileKeyed: after each key the page says what the rules would make of it: the successor of
// what is not sold any more, quantities that fit on both sides, where it goes, what it costs, and when it
// arrives; another customer changes prices and place.
func TestJudgedWhileKeyed(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	old, pen, paper := storetest.Code(storetest.OldPen), storetest.Code(storetest.Pen), storetest.Code(storetest.Paper)
	path := "/desk/review/" + o.clear(t, "one", storetest.Code(storetest.Tokyo), [2]string{old, "2"}, [2]string{paper, "7"})
	says := func(a answer, wants ...string) {
		t.Helper()
		for _, w := range wants {
			if !strings.Contains(a.body, w) {
				t.Errorf("the page lacks %q", w)
			}
		}
	}
	offer := func(field, value, k string) string {
		return `name="field" value="` + field + `"><button class="offer" name="value" value="` + value + `" data-keys="` + k + `"`
	}
	a := b.get(path)
	says(a, offer("lines[1].item_code", pen, "y"), offer("lines[2].quantity", "5", "y"), offer("lines[2].quantity", "10", "Y"), `id="release" disabled`)
	b.post(path+"/key", key("lines[1].item_code", pen))
	a = b.post(path+"/key", key("lines[2].quantity", "10"))
	says(a, "4,740円", "お届け先", "東京都", "お届け</dt><dd>11/2") // 2 pens at 120, 10 at the contract's 450, no fee
	if strings.Contains(a.body, "disabled") || strings.Contains(a.body, `class="offer"`) {
		t.Error("something stands against it")
	}
	a = b.post(path+"/key", key("lines[2].quantity", "5"))
	says(a, "2,490円", "300円") // too little for no fee
	a = b.post(path+"/key", key("ship_to", "001"))
	place := a.body
	a = b.post(path+"/key", key("customer_code", storetest.Code(storetest.Osaka)))
	says(a, "2,740円") // Osaka pays the list price
	if strings.Contains(a.body, "2,490円") || a.body == place {
		t.Error("another customer changed nothing")
	}
	a = b.post(path+"/key", key("ship_to", ""))
	says(a, "大阪府")
}
