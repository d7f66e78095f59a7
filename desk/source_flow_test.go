package desk_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"todoke/internal/browsertest"
	"todoke/order"
	"todoke/store"
)

// TestSourcesByKey: one of each thing that can wait is settled by keyboard alone, the queue being
// left and come back to by one key.
func TestSourcesByKey(t *testing.T) {
	t.Parallel()
	o, _, _ := busyOffice(t)
	e := o.everything(t)
	b := o.window(t, "ja")
	b.Open(o.URL + "/desk/queue")
	b.Shot(filepath.Join(t.ArtifactDir(), "queue.png"))
	at := func(id string) { b.WaitFor(`document.activeElement?.id === "` + id + `"`) }
	settle := map[string]func(){
		"review": func() {
			ready(b, "lines[1].quantity")
			b.Press("10")
			b.Enter()
			ready(b, "release")
			b.Enter()
		},
		"mails": func() { at("reason"); b.Press("tel"); b.Press(kb.Tab); b.Enter() },
		"lists": func() { at("reason"); b.Press("tel"); b.Press(kb.Tab); b.Enter() },
		"held":  func() { at("reason"); b.Press("ok"); b.Press(kb.Tab); b.Enter() },
		"made": func() {
			b.WaitFor(`document.activeElement?.name === "arrival_on"`)
			b.Press("1210")
			b.Enter()
		},
		"deliveries": func() { at("reason"); b.Enter() },
		"answers":    func() { at("who"); b.Press("yamada"); b.Enter() },
	}
	done := map[string]bool{}
	for len(done) < len(settle) {
		path := strings.TrimPrefix(browsertest.Eval[string](b, "location.pathname"), "/desk/")
		kind, id, _ := strings.Cut(path, "/")
		switch {
		case kind == "queue":
			b.WaitFor("document.querySelector('[data-keys=n]')")
			b.Press("n")
			b.WaitFor("location.pathname !== '/desk/queue'")
			continue
		case id == string(e.held.Number):
			kind = "held"
		case id == string(e.made.Number):
			kind = "made"
		}
		if settle[kind] == nil || done[kind] {
			t.Fatalf("%s after %v", path, done)
		}
		b.WaitFor("true")
		b.Shot(filepath.Join(t.ArtifactDir(), kind+".png"))
		if bad := b.Overflows(); len(bad) > 0 {
			t.Errorf("%s: cut off: %q", kind, bad)
		}
		for _, f := range b.Accessibility() {
			if f.Impact == "serious" || f.Impact == "critical" {
				t.Errorf("%s: %s: %q", kind, f.Help, f.Where)
			}
		}
		settle[kind]()
		done[kind] = true
		b.WaitFor("location.pathname !== '/desk/" + path + "'")
	}
	b.WaitFor("location.pathname === '/desk/queue' && document.querySelector('.empty')")
	for _, n := range []order.Number{e.held.Number, e.made.Number} {
		if x, err := o.st.GetOrder(t.Context(), n); err != nil || x.State == order.StateHeld || x.Shipments[len(x.Shipments)-1].ArrivalOn.IsZero() {
			t.Errorf("order %s is %s (%v)", n, x.State, err)
		}
	}
	d, err := o.st.GetDelivery(t.Context(), e.delivery)
	a, errAnswer := o.st.GetAnswer(t.Context(), e.answer)
	l, errList := o.st.GetPickList(t.Context(), e.list.ID)
	if err != nil || errAnswer != nil || errList != nil || d.State != store.DeliveryResent || a.State != store.AnswerDone || l.AckBy != "佐藤 花" {
		t.Errorf("%s, %s, %q (%v, %v, %v)", d.State, a.State, l.AckBy, err, errAnswer, errList)
	}
}
