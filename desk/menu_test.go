package desk_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"todoke/internal/browsertest"
	"todoke/store"
)

// TestMenu: every entry of whoever sees all of them fits one line in English, too, and the rare ones
// are reached by keys alone.
func TestMenu(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hireAs(t, store.Staff{Login: "hanako", Name: "長谷川 優花里", Role: store.RoleOperator, Lang: "en"})
	b := o.window(t, "en")
	b.Open(o.URL + "/desk/queue")
	if got := browsertest.Eval[string](b, `[document.documentElement.scrollWidth <= innerWidth, document.querySelector(".bar").offsetHeight === 44, document.querySelector("#find").offsetWidth > 250,
		[...document.querySelectorAll(".menu > a, .menu summary, .who > *")].every((e) => e.offsetHeight < 36 && e.getBoundingClientRect().right <= innerWidth)].join()`); got != "true,true,true,true" {
		t.Errorf("no sideways scroll, one line, room to search, nothing cut off: %s", got)
	}
	b.Press("gm")
	b.WaitFor(`document.activeElement.pathname === "/desk/dealers"`)
	b.Press(kb.ArrowDown)
	b.WaitFor(`document.activeElement.pathname === "/desk/runs"`)
	b.Press(kb.ArrowUp + kb.ArrowUp) // round to the last one
	last := browsertest.Eval[string](b, `document.activeElement.pathname`)
	if want := browsertest.Eval[string](b, `[...document.querySelectorAll(".others a")].at(-1).pathname`); last != want {
		t.Errorf("up from the first entry is %s, not %s", last, want)
	}
	b.Press(kb.Escape)
	b.WaitFor(`!document.querySelector(".others").open && document.activeElement.matches(".others summary")`)
	b.Do("leave the menu", chromedp.Evaluate("document.activeElement.blur()", nil))
	b.Press("gr") // its key works with the list closed
	b.WaitFor(`location.pathname === "/desk/runs"`)
	if got := browsertest.Eval[string](b, `document.querySelector(".menu > a[aria-current]")?.pathname || ""`); got != "/desk/runs" {
		t.Errorf("where one is stands beside the others: %q", got)
	}
}
