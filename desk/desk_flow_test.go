package desk_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// TestWholeDesk is a person's first minutes: in with a code, a paper handed in, its order found by
// the number that it was sent from, held and let go; all by keys but the choice of the file.
func TestWholeDesk(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	storetest.Shop(t, o.st)
	o.hire(t, "hanako", store.RoleDesk)
	const factor = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	if err := o.st.SetStaffTOTP(t.Context(), "hanako", factor, 0); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "窓口の注文書.png")
	if err := os.WriteFile(file, []byte("\x89PNG\r\n\x1a\nx"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := browsertest.New(t, 1366, 768, "ja")
	b.Open(o.URL + "/desk/login")
	b.WaitFor("document.activeElement.id === 'login'")
	b.Press("hanako" + kb.Tab + secret + kb.Tab + o.code(t, factor))
	b.Enter()
	b.Wait(".bar")

	b.WaitFor("performance.now() > 300")
	b.Press("gi")
	b.WaitFor("location.pathname === '/desk/intake'")
	b.Do("choose a file", chromedp.SetUploadFiles("#files", []string{file}), chromedp.Focus("#hand-in"))
	b.WaitFor("document.querySelectorAll('#chosen li').length === 1")
	b.Enter()
	b.WaitFor("document.querySelector('#taken-in tr.here')?.innerText.includes('窓口の注文書')")

	// The order came by a fax from the customer's branch, which no master knows.
	fax, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: "x", ReceivedAt: o.clock.Now(), Caller: "0455550199", Bytes: []byte("x"), FileName: "x.tif"})
	if err != nil {
		t.Fatal(err)
	}
	req := storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10)
	req.Source = order.Source{DocumentID: fax, Page: 1}
	one := o.accept(t, req)
	o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Osaka, storetest.Pen, 10))
	b.Do("leave the field", chromedp.Evaluate("document.activeElement.blur()", nil))
	b.Do("go to the search box", chromedp.Focus("#find"))
	b.Press("045-5550-199")
	b.Enter()
	b.WaitFor("location.pathname === '/desk/orders' && document.querySelectorAll('table.orders tbody tr').length === 1")
	b.Do("leave the field", chromedp.Evaluate("document.activeElement.blur()", nil))
	b.Press("jj") // the fax stands before its order
	b.Enter()
	b.WaitFor("location.pathname === '/desk/orders/" + string(one.Number) + "'")
	decide := func(button, reason string, want order.State) {
		t.Helper()
		b.Do("forget what was told before", chromedp.Evaluate("document.querySelector('.notice')?.remove()", nil))
		b.Do("to the reason", chromedp.Focus("#reason"))
		b.Press(reason)
		b.Do("to the button", chromedp.Focus("button[value="+button+"]"))
		b.Enter()
		b.Wait(".notice")
		if got, err := o.st.GetOrder(t.Context(), one.Number); err != nil || got.State != want {
			t.Fatalf("after %s the order is %s (%v)", button, got.State, err)
		}
	}
	decide("hold", "電話で確認中", order.StateHeld)
	b.Wait("button[value=free]")
	decide("free", "確認できた", order.StateAccepted)

	// What was pasted is chosen beside what was there.
	b.Open(o.URL + "/desk/intake")
	b.Do("paste", chromedp.Evaluate(`(() => {
		const d = new DataTransfer();
		d.items.add(new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47])], "貼り付け.png", { type: "image/png" }));
		document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: d, bubbles: true }));
		return document.activeElement.id;
	})()`, nil))
	b.WaitFor("document.querySelector('#chosen li')?.innerText.includes('貼り付け.png') && document.activeElement.id === 'hand-in' && document.getElementById('files').files.length === 1")
	if a := o.browser(t).signIn("hanako", secret); a.status != http.StatusUnauthorized {
		t.Errorf("in without a code: %d", a.status)
	}
}
