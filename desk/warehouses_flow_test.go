package desk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"todoke/desk"
	"todoke/internal/browsertest"
	"todoke/store"
	"todoke/store/storetest"
)

// TestPartnerFilesFlow: WHS-2, a warehouse's file is handed in by hand, its errors are read by line,
// the queue leads back to it, and the mended one settles it; all can use the pages, in both languages.
func TestPartnerFilesFlow(t *testing.T) {
	t.Parallel()
	var o *office
	o = newOfficeOf(t, desk.Config{Partners: partnersOf(func() *store.Store { return o.st })})
	storetest.Shop(t, o.st)
	one, list := o.picked(t)
	o.hire(t, "hanako", store.RoleDesk)
	b := o.window(t, "ja")
	look := func(name string) {
		t.Helper()
		b.Shot(filepath.Join(t.ArtifactDir(), name+".png"))
		if bad := b.Overflows(); len(bad) > 0 {
			t.Errorf("%s: cut off: %q", name, bad)
		}
		for _, f := range b.Accessibility() {
			t.Errorf("%s: %s (%s): %s %q", name, f.Rule, f.Impact, f.Help, f.Where)
		}
	}
	handIn := func(name, rows string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte("注文番号,行,出荷数,欠品数,欠品理由,送り状番号\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
		b.Open(o.URL + "/desk/warehouses/" + storetest.East)
		b.Do("choose a file", chromedp.SetUploadFiles("#file", []string{file}, chromedp.ByQuery))
		b.Click(".hand-in button")
		b.WaitFor("location.pathname.startsWith('/desk/partner-files/')")
	}
	row := string(one.Number) + ",1,"
	handIn("実績.csv", row+"15,0,,\n"+row+"99,0,,\n")
	refused := browsertest.Eval[string](b, "location.pathname")
	b.Wait("#faults")
	look("refused")
	b.Open(o.URL + "/desk/warehouses")
	look("warehouses")
	b.Open(o.URL + "/desk/queue?why=partner")
	b.Press("n")
	b.WaitFor("document.body.innerText.includes('ご自分が処理中の受付だけです')")
	b.Press("j")
	b.Enter()
	b.WaitFor("location.pathname === '" + refused + "'")
	handIn("実績.csv", row+"18,2,破損,4012-3456-7890\n")
	b.Wait("#changed")
	look("applied")
	b.Open(o.URL + "/desk/lists/" + string(list.Number))
	look("list")
	if story := b.Text(".story"); !strings.Contains(story, "出荷実績により") {
		t.Errorf("the list's story: %s", story)
	}
	if got, err := o.st.GetPickList(t.Context(), list.ID); err != nil || got.ShippedAt.IsZero() {
		t.Errorf("the list is not reported: %+v (%v)", got, err)
	}
	b.Open(o.URL + refused)
	b.Click("button[name=lang]")
	b.Wait("button[name=lang][value=ja]")
	look("refused-en")
	if rest := browsertest.Eval[string](b, "[...document.querySelectorAll('#partner-file h2, #partner-file p, #faults td:last-child, #acts')].map((x) => x.innerText).find((x) => /[ぁ-ん]/.test(x)) ?? ''"); rest != "" {
		t.Errorf("Japanese on the English page: %s", rest)
	}
	b.Open(o.URL + "/desk/queue?why=partner")
	if n := browsertest.Eval[int](b, "document.querySelectorAll('tbody a[href^=\"/desk/partner-files/\"]').length"); n != 0 {
		t.Errorf("%d files wait after the mended one", n)
	}
}
