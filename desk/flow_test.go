package desk_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// window is a browser's window in which hanako has signed in.
func (o *office) window(t *testing.T, lang string) *browsertest.Browser {
	t.Helper()
	return o.windowOf(t, "hanako", lang)
}

func (o *office) windowOf(t *testing.T, login, lang string) *browsertest.Browser {
	t.Helper()
	b := browsertest.New(t, 1366, 768, lang)
	b.Open(o.URL + "/desk/login")
	b.Fill("#login", login)
	b.Fill("#password", secret)
	b.Click("button.main")
	b.Wait(".bar")
	return b
}

// doubtful is a fax of items whose quantities, 10, 20 …, are all read weakly.
func (o *office) doubtful(t *testing.T, name string, items ...string) string {
	t.Helper()
	id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: name, ReceivedAt: o.clock.Now(), Bytes: []byte(name), FileName: name + ".tif"})
	if err != nil {
		t.Fatal(err)
	}
	d := &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{sure("customer_code", storetest.Code(storetest.Tokyo))}}
	sum := 0
	for i, item := range items {
		n := i + 1
		line := fmt.Sprintf("lines[%d].", n)
		d.Fields = append(d.Fields, sure(line+"item_code", storetest.Code(item)), weak(line+"quantity", strconv.Itoa(n*10)))
		sum += n * 10
	}
	d.Fields = append(d.Fields, sure("total_quantity", strconv.Itoa(sum)))
	return o.page(t, id, d, order.Invalid("FAX-2", "lines[1].quantity", `read as "10": the reader is not sure`))
}

const focused = `document.activeElement?.dataset?.field || document.activeElement?.id || ""`

// ready waits until the page takes Enter and a field, or a button, has the focus.
func ready(b *browsertest.Browser, where string) {
	b.WaitFor(fmt.Sprintf("document.querySelector('#work:not([data-calm])') !== null && (%s) === %q", focused, where))
}

// TestEnterFlow: fax after fax by digits and Enter alone, each in no more keys than what is asked
// and one to release it; what is typed while the server is busy is kept.
func TestEnterFlow(t *testing.T) {
	t.Parallel()
	o, _, _ := openOffice(t)
	faxes := []string{o.doubtful(t, "one", storetest.Paper), o.doubtful(t, "two", storetest.Pen, storetest.Tea), o.doubtful(t, "three", storetest.Desk)}
	b := o.window(t, "ja")
	var mu sync.Mutex
	var asked []string
	note := func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Path)
	}
	o.first.Store(&note)
	b.Open(o.URL + "/desk/next")
	for n, name := range faxes {
		b.WaitFor(fmt.Sprintf("location.pathname === '/desk/review/%s'", name))
		ready(b, "lines[1].quantity")
		before := b.Keys
		b.Press("10")
		b.Enter()
		if n == 1 {
			b.WaitFor("(" + focused + ") === 'lines[2].quantity'")
			b.Press("20")
			b.Enter()
		}
		ready(b, "release")
		b.Enter()
		if keys, most := b.Keys-before, 6+n%2; keys > most {
			t.Errorf("fax %s took %d keys", name, keys)
		}
	}
	b.WaitFor("location.pathname === '/desk/queue'")
	mu.Lock()
	defer mu.Unlock()
	for n, name := range faxes[1:] { // its picture was there before it was opened, and was not asked for again
		picture, page := slices.Index(asked, "/desk/image/"+name), slices.Index(asked, "/desk/review/"+faxes[n]+"/settle")
		if slices.Contains(asked, "/desk/review/"+name) {
			t.Errorf("%s was asked for: it comes with the answer that the one before is settled", name)
		}
		again := picture >= 0 && slices.Contains(asked[picture+1:], "/desk/image/"+name)
		if picture < 0 || picture > page || again {
			t.Errorf("the picture of the next fax %s was not loaded once and in advance: %v", name, asked)
		}
	}
	orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != len(faxes) {
		t.Fatalf("%d orders of %d faxes (%v)", len(orders), len(faxes), err)
	}
}

// TestFocusStays: a late answer moves nobody who stands in another field, and selects nothing of what is being typed.
func TestFocusStays(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string]string{"nothing typed": "", "typed what stood there": "2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, _, _ := openOffice(t)
			name := o.doubtful(t, "one", storetest.Paper, storetest.Pen)
			b := o.window(t, "ja")
			b.Open(o.URL + "/desk/review/" + name)
			ready(b, "lines[1].quantity")
			gate := make(chan struct{})
			hold := func(r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/key") {
					<-gate
				}
			}
			o.first.Store(&hold)
			b.Press("10")
			b.Enter()
			b.WaitFor("(" + focused + ") === 'lines[2].quantity'")
			browsertest.Eval[string](b, `document.activeElement.defaultValue = "2", document.activeElement.select() ?? ""`)
			if typed != "" {
				b.Press(typed)
			}
			// Meanwhile the other field is not in doubt any more.
			if _, err := o.st.KeyFields(t.Context(), mustDocument(t, name), 1, map[string]string{"lines[2].quantity": "2"}, "佐藤", o.clock.Now()); err != nil {
				t.Fatal(err)
			}
			gate <- struct{}{}
			b.WaitFor(`document.getElementById("f-lines[1].quantity").classList.contains("person")`)
			b.Press("20"[len(typed):])
			if got := browsertest.Eval[string](b, "("+focused+") + ' ' + document.activeElement.value"); got != "lines[2].quantity 20" {
				t.Errorf("20 was typed into lines[2].quantity: it went to %q", got)
			}
		})
	}
}

// TestTypeAhead: while the server holds a key back, the next field is typed; nothing is lost, and
// nothing is released before both are judged.
func TestTypeAhead(t *testing.T) {
	t.Parallel()
	o, _, _ := openOffice(t)
	name := o.doubtful(t, "one", storetest.Paper, storetest.Pen)
	b := o.window(t, "ja")
	b.Open(o.URL + "/desk/review/" + name)
	ready(b, "lines[1].quantity")
	gate := make(chan struct{})
	settled := 0
	hold := func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/key") {
			<-gate
		}
		if strings.HasSuffix(r.URL.Path, "/settle") {
			settled++
		}
	}
	o.first.Store(&hold)
	b.Press("10")
	b.Enter()
	b.WaitFor("(" + focused + ") === 'lines[2].quantity'")
	b.Press("2")
	gate <- struct{}{} // the first panel comes back in the middle of typing
	b.WaitFor(`document.getElementById("f-lines[1].quantity").value === "10" && document.getElementById("f-lines[1].quantity").classList.contains("person")`)
	b.Press("0")
	if got := browsertest.Eval[string](b, `document.activeElement.value`); got != "20" {
		t.Errorf("typed 2, the panel came, typed 0: the field says %q", got)
	}
	b.Enter()
	b.Press(kb.Enter + kb.Enter) // too early: neither released nor keyed twice
	gate <- struct{}{}
	ready(b, "release")
	if settled != 0 {
		t.Error("released by an Enter that came before the last value was judged")
	}
	b.Press(kb.Enter + kb.Enter) // once is enough
	b.WaitFor("location.pathname === '/desk/queue'")
	if settled != 1 {
		t.Errorf("released %d times", settled)
	}
	r, err := o.st.ReviewsOf(t.Context(), mustDocument(t, name))
	if err != nil || r[0].State != store.ReviewSettled || len(r[0].Draft.Keyed) != 2 {
		t.Errorf("review %+v (%v)", r, err)
	}
}
