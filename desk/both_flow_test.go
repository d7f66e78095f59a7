package desk_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"todoke/internal/browsertest"
	"todoke/store"
	"todoke/store/storetest"
)

// both does something in two windows at the same time.
func both(a, b *browsertest.Browser, do func(*browsertest.Browser)) {
	var wg sync.WaitGroup
	wg.Go(func() { do(a) })
	wg.Go(func() { do(b) })
	wg.Wait()
}

// TestTwoBrowsersOneQueue: two people take the next fax at the same moment, round after round, and
// settle what they got; then both have the same fax open, because a claim ran out, and both
// press. No fax is settled twice, and none is lost.
func TestTwoBrowsersOneQueue(t *testing.T) {
	t.Parallel()
	o, _, _ := openOffice(t)
	o.hireAs(t, store.Staff{Login: "saburo", Name: "中村 三郎", Role: store.RoleDesk})
	var faxes []string
	const rounds, contested = 4, 2
	for i := range 2*rounds + contested {
		o.clock.Set(o.clock.Now().Add(4 * time.Hour)) // later than another order of the same goods is suspected (FAX-5)
		faxes = append(faxes, o.doubtful(t, fmt.Sprintf("fax %d", i), []string{storetest.Paper, storetest.Pen, storetest.Tea, storetest.Desk}[i%4]))
	}
	hanako, saburo := o.window(t, "ja"), o.windowOf(t, "saburo", "ja")
	settle := func(b *browsertest.Browser) {
		ready(b, "lines[1].quantity")
		b.Press("10")
		b.Enter()
		ready(b, "release")
		b.Enter()
	}
	both(hanako, saburo, func(b *browsertest.Browser) { b.Open(o.URL + "/desk/next") })
	var taken []string
	for range rounds {
		a, b := hanako.Address(), saburo.Address()
		if a == b {
			t.Fatalf("both got %s", a)
		}
		taken = append(taken, a, b)
		both(hanako, saburo, func(w *browsertest.Browser) {
			here := w.Address()
			settle(w)
			w.WaitFor(fmt.Sprintf("location.href !== %q", here))
		})
	}
	slices.Sort(taken)
	if n := len(slices.Compact(taken)); n != 2*rounds {
		t.Errorf("%d faxes were handed out, of %d", n, 2*rounds)
	}

	for _, name := range faxes {
		path := "/desk/review/" + name
		if slices.Contains(taken, o.URL+path) {
			continue
		}
		o.clock.Set(o.clock.Now().Add(4 * time.Minute)) // whoever was given it by the way has let it go
		hanako.Open(o.URL + path)
		ready(hanako, "lines[1].quantity")
		o.clock.Set(o.clock.Now().Add(4 * time.Minute)) // she was called away
		saburo.Open(o.URL + path)
		ready(saburo, "lines[1].quantity")
		both(hanako, saburo, func(b *browsertest.Browser) { b.Press("10"); b.Enter() })
		ready(saburo, "release")
		hanako.WaitFor(`document.getElementById("wrong")?.textContent.includes("中村 三郎")`)
		both(hanako, saburo, (*browsertest.Browser).Enter)
		saburo.WaitFor("location.pathname !== '" + path + "'")
		hanako.WaitFor(`document.getElementById("wrong") !== null && location.pathname === "` + path + `"`)
	}
	orders, err := o.st.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != len(faxes) {
		t.Errorf("%d orders of %d faxes (%v)", len(orders), len(faxes), err)
	}
	for _, name := range faxes {
		r, err := o.st.ReviewsOf(t.Context(), mustDocument(t, name))
		if err != nil || len(r) != 1 || r[0].State != store.ReviewSettled {
			t.Errorf("%s: %+v (%v)", name, r, err)
		}
	}
}
