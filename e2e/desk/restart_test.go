package desk_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"todoke/internal/browsertest"
)

const restartCustomer = "10006067"

// restart kills the shop in the middle of settling a fax and starts it again: the field that was
// being typed is lost at most, every key before it stands, and the person is still signed in.
func restart(t *testing.T, s *shop, b *browsertest.Browser, review string) {
	t.Helper()
	const (
		customer = `document.getElementById("f-customer_code")`
		quantity = `[id="f-lines[1].quantity"]`
	)
	b.Open(s.url + "/desk/review/" + review)
	b.WaitFor(customer + `?.dataset.ask !== undefined && performance.now() > 450`)
	b.Focus("#f-customer_code")
	b.Press(restartCustomer + kb.Enter)
	b.WaitFor(customer + `.classList.contains("person")`)
	b.Focus(`[id="f-lines[1].item_code"]`)
	b.Press("1550014" + kb.Enter + "5" + kb.Enter)
	b.Wait(quantity + ".person")
	b.Focus(`[id="f-lines[2].item_code"]`)
	b.Press("12602") // half of a code
	s.kill()
	b.Press("68" + kb.Enter + "6" + kb.Enter) // nobody answers
	b.WaitFor(`document.getElementById("wrong")?.textContent.includes("つながりません")`)
	s.start()
	b.Open(s.url + "/desk/review/" + review)
	b.WaitFor(customer + `?.value === "` + restartCustomer + `" && document.querySelector('` + quantity + `').value === "5"`)
	if second := browsertest.Eval[bool](b, `document.querySelector('[id="f-lines[2].quantity"].person') !== null`); second {
		t.Error("what never came to the server is shown as kept")
	}
	b.WaitFor("performance.now() > 450")
	b.Focus(`[id="f-lines[2].item_code"]`)
	b.Press("1260268" + kb.Enter + "6" + kb.Enter)
	b.Wait(`[id="f-lines[2].quantity"].person`)
	b.Press(kb.Enter) // an empty line: that is all
	b.WaitFor(`document.activeElement.id === "release"`)
	b.Enter()
	b.WaitFor("location.pathname !== '/desk/review/" + review + "'")
}
