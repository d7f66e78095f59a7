package desk_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// TestOrdersFlow: an order is looked for by its item, opened by keys, held and let go.
func TestOrdersFlow(t *testing.T) {
	t.Parallel()
	o, _, _ := openOffice(t)
	one := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	o.accept(t, storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Osaka, storetest.Pen, 30))
	b := o.window(t, "ja")
	b.Fill("#find", "コピー用紙")
	b.Do("go to the search box", chromedp.Focus("#find"))
	b.Enter()
	b.WaitFor("location.pathname === '/desk/orders' && document.querySelectorAll('tbody tr').length === 1")
	b.Do("leave the field", chromedp.Evaluate("document.activeElement.blur()", nil))
	b.Press("j")
	b.Enter()
	b.WaitFor("location.pathname === '/desk/orders/" + string(one.Number) + "'")
	b.Fill("#reason", "お客様に電話で確認中")
	b.Click("button[value=hold]")
	b.Wait("button[value=free]")
	if got, err := o.st.GetOrder(t.Context(), one.Number); err != nil || got.State != order.StateHeld {
		t.Fatalf("%v (%v), want held", got.State, err)
	}
	b.Fill("#reason", "確認できた")
	b.Click("button[value=free]")
	b.Wait("button[value=hold]")
	if got, err := o.st.GetOrder(t.Context(), one.Number); err != nil || got.State != order.StateAccepted {
		t.Errorf("%v (%v), want accepted", got.State, err)
	}
	if wide := browsertest.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth"); wide {
		t.Error("the page is wider than the window")
	}
}

// TestIntakeFlow: a file is handed in, and its row leads to the review once it is read; a
// customer's form is printed.
func TestIntakeFlow(t *testing.T) {
	t.Parallel()
	o, _, _ := openOffice(t)
	file := filepath.Join(t.TempDir(), "注文書.png")
	if err := os.WriteFile(file, []byte("\x89PNG\r\n\x1a\nx"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := o.window(t, "ja")
	b.Open(o.URL + "/desk/intake")
	b.Do("choose a file", chromedp.SetUploadFiles("#files", []string{file}))
	b.WaitFor("document.querySelectorAll('#chosen li').length === 1")
	b.Click("#hand-in")
	b.WaitFor("document.querySelector('#taken-in tr.here')?.innerText.includes('読み取り待ち')")
	docs, err := o.st.DocumentsAtDesk(t.Context(), 5)
	if err != nil || len(docs) != 1 || docs[0].FileName != "注文書.png" {
		t.Fatalf("%+v (%v)", docs, err)
	}
	draft := &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{sure("customer_code", storetest.Code(storetest.Tokyo)), weak("lines[1].quantity", "5")}}
	name := o.page(t, docs[0].ID, draft, order.Invalid("FAX-2", "lines[1].quantity", `read as "5": the reader is not sure`))
	b.WaitFor("!!document.querySelector('#taken-in a[href=\"/desk/review/" + name + "\"]')") // it renews itself
	b.Open(o.URL + "/desk/customers/" + storetest.Code(storetest.Tokyo))
	b.Do("print the form", chromedp.Evaluate("fetch(document.getElementById('form').href).then((r) => { document.title = r.headers.get('Content-Type') }), 0", nil))
	b.WaitFor("document.title === 'application/pdf'")
	if got, err := o.st.GetDocument(t.Context(), docs[0].ID); err != nil || got.State != store.DocumentRead {
		t.Errorf("document %v (%v)", got.State, err)
	}
}
