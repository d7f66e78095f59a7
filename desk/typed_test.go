package desk_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"todoke/internal/bilevel"
	"todoke/internal/browsertest"
	"todoke/internal/likeness"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// letter is a page of somebody's own paper, which is none of our forms.
func (o *office) letter(t *testing.T, name, caller string) string {
	t.Helper()
	ctx, now := t.Context(), o.clock.Now()
	id, _, err := o.st.AddDocument(ctx, store.NewDocument{Source: "folder", ExternalID: name, ReceivedAt: now, Caller: caller, Bytes: []byte(name), FileName: name + ".tif"})
	if err != nil {
		t.Fatal(err)
	}
	draft := &order.Draft{Decision: order.DecisionNotAForm}
	page := o.page(t, id, draft, order.Invalid("FAX-2", "", "the page has no marks of our forms"))
	pages, err := o.st.Pages(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	m := bilevel.New(1728, 2200)
	for y := 200; y < 2000; y += 100 { // ruled paper with a head
		for dy := range 4 {
			m.Fill(200, 1500, y+dy)
		}
	}
	for y := 60; y < 140; y++ {
		m.Fill(300, 700, y)
	}
	print := likeness.Of(m, 204, 196).Bytes()
	if err := o.st.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.AddPageKind(ctx, pages[0].ID, rules.PageVerdict{Kind: order.PageUnknown, Rule: "PGE-1"}, nil, print, now); err != nil {
			return err
		}
		return tx.AddLikeness(ctx, pages[0].ID, store.Probe{PageID: pages[0].ID, DocumentID: id, PageNo: 1, Caller: caller, ReceivedAt: now}, draft)
	}); err != nil {
		t.Fatal(err)
	}
	return page
}

// TestTyped: a page of the customer's own paper is typed from the picture: customer by name, lines
// by code and by search, released by Enter. The next such page is known as theirs.
func TestTyped(t *testing.T) {
	t.Parallel()
	o, _, _ := openOffice(t)
	first := o.letter(t, "first", "0311112222")
	b := o.window(t, "ja")
	b.Open(o.URL + "/desk/review/" + first)
	ready(b, "customer_code")
	b.Press("あおば")
	b.WaitFor(`document.querySelector("#found [aria-selected=true]")?.dataset.value === "` + storetest.Code(storetest.Tokyo) + `"`)
	b.Shot(filepath.Join(t.ArtifactDir(), "customer.png"))
	b.Enter()
	ready(b, "lines[1].item_code")
	b.Press(storetest.Code(storetest.Paper))
	b.WaitFor(`document.querySelector('[data-about="lines[1].item_code"]').textContent.includes("450円")`)
	b.Shot(filepath.Join(t.ArtifactDir(), "code.png"))
	b.Press(kb.Enter + "5" + kb.Enter)
	ready(b, "lines[2].item_code") // at once, before the server has answered
	b.Press("ボール")
	b.WaitFor(`document.querySelector("#found [aria-selected=true]")?.dataset.value === "` + storetest.Code(storetest.Pen) + `"`)
	b.Press(kb.Enter + "12" + kb.Enter)
	ready(b, "lines[3].item_code")
	b.Wait(`[id="f-lines[2].quantity"].person`)
	b.Shot(filepath.Join(t.ArtifactDir(), "typed.png"))
	b.Enter()
	ready(b, "release")
	b.Enter()
	b.WaitFor("location.pathname === '/desk/queue'")
	orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != 1 || orders[0].GoodsYen != 5*450+12*120 || orders[0].DepartmentCode != storetest.Code(storetest.Tokyo) {
		t.Fatalf("orders %+v (%v)", orders, err)
	}

	second, stranger := o.letter(t, "second", "0311112222"), o.letter(t, "third", "0399998888")
	b.Open(o.URL + "/desk/review/" + second)
	if text := b.Text("#panel"); !strings.Contains(text, "このお客様の用紙です（受信 "+first+" と同じ）") {
		t.Errorf("the sender's paper is not known again: %s", text)
	}
	ready(b, "customer_code")
	b.Enter()
	b.Wait(`#f-customer_code.person`)
	ready(b, "lines[1].item_code")
	b.Press(kb.ArrowDown)
	b.WaitFor(`[...document.querySelectorAll("#found [role=option]")].length === 2`) // what they ordered
	b.Shot(filepath.Join(t.ArtifactDir(), "usual.png"))
	b.Press(kb.ArrowDown + kb.Enter)
	b.WaitFor("(" + focused + ") === 'lines[1].quantity'")
	if code := browsertest.Eval[string](b, `document.getElementById("f-lines[1].item_code").value`); code == "" {
		t.Error("the chosen item is not in the field")
	}
	b.Open(o.URL + "/desk/review/" + stranger)
	if text := b.Text("#panel"); strings.Contains(text, "このお客様の用紙") {
		t.Error("another sender's paper is taken for the customer's")
	}
}

// TestFind: a code tells name, price and stock for the customer of the page; words find items and
// customers, whatever the width and kana they are typed in.
func TestFind(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	name := o.fax(t, "one")
	for path, want := range map[string]string{
		"/desk/item?review=" + name + "&code=" + storetest.Code(storetest.Paper): "450円",
		"/desk/item?review=" + name + "&code=9999999":                            "登録なし",
		"/desk/review/" + name + "/find?what=item&q=" + "ｺﾋﾟｰ":                   storetest.Code(storetest.Paper),
		"/desk/review/" + name + "/find?what=item&q=" + "ぼーるぺん":                  storetest.Code(storetest.Pen),
		"/desk/review/" + name + "/find?what=customer&q=0312345678":              storetest.Code(storetest.Tokyo),
		"/desk/review/" + name + "/find?what=customer&q=総務":                      storetest.Code(storetest.Tokyo),
		"/desk/review/" + name + "/find?what=item&q=zzz":                         "該当なし",
	} {
		if a := b.get(path); a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s, want %s", path, a.status, a.body, want)
		}
	}
}
