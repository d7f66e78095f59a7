package store

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"todoke/order"
)

// A gate under test: groups say when they begin, and end when they are told to.
type gateTest struct {
	gate   webGate
	begun  chan []*webAttempt
	finish chan error
	wg     sync.WaitGroup
}

func newGateTest() *gateTest {
	return &gateTest{begun: make(chan []*webAttempt), finish: make(chan error)}
}

func (g *gateTest) write(_ context.Context, group []*webAttempt) {
	g.begun <- group
	err := <-g.finish
	if errors.Is(err, errBoom) {
		panic(err)
	}
	for _, a := range group {
		a.err = err
		a.answer = WebAnswer{Order: order.Order{DepartmentCode: a.Request.DepartmentCode}}
	}
}

var errBoom = errors.New("boom")

// place sends an attempt and returns once the gate has it, with a channel of its outcome.
func (g *gateTest) place(ctx context.Context, key, department string) chan error {
	out := make(chan error, 1)
	a := &webAttempt{WebOrder: WebOrder{ShopFront: "f", Key: key, Request: order.Request{DepartmentCode: department}}}
	g.wg.Go(func() {
		defer func() {
			if recover() != nil {
				out <- errBoom
			}
		}()
		answer, err := g.gate.place(ctx, a, g.write)
		if err == nil && answer.Order.DepartmentCode != department {
			err = errors.New("another's answer")
		}
		out <- err
	})
	return out
}

// waits tells when n attempts wait in the gate.
func (g *gateTest) waits(n int) {
	for {
		g.gate.mu.Lock()
		got := len(g.gate.waiting)
		g.gate.mu.Unlock()
		if got == n {
			return
		}
		runtime.Gosched()
	}
}

func keys(group []*webAttempt) map[string]bool {
	out := map[string]bool{}
	for _, a := range group {
		out[a.Key] = true
	}
	return out
}

func TestWebOrdersAreWrittenTogether(t *testing.T) {
	t.Parallel()
	g := newGateTest()
	first := g.place(t.Context(), "1", "A")
	if got := <-g.begun; len(got) != 1 {
		t.Fatalf("an attempt that came alone waits for company: %v", keys(got))
	}
	second := g.place(t.Context(), "2", "B")
	<-g.begun
	gone, leave := context.WithCancel(t.Context())
	var rest []chan error
	for i, a := range [][2]string{
		{"3", "C"},
		{"4", "D"},
		{"1", "E"}, // the same attempt again: after the first
		{"5", "A"}, // the same department: after its other order
		{"6", "D"}, // and of those that wait, too
	} {
		rest = append(rest, g.place(t.Context(), a[0], a[1]))
		g.waits(i + 1)
	}
	away := g.place(gone, "7", "F")
	g.waits(6)
	leave()
	if err := <-away; order.KindOf(err) != order.KindTemporary {
		t.Fatalf("a caller that went away is answered %v", err)
	}
	g.finish <- nil // the second's or the first's group ends; both are equal to the test
	third := <-g.begun
	if k := keys(third); !k["3"] || !k["4"] || k["6"] || k["7"] || len(k) > 4 {
		t.Fatalf("written together: %v", k)
	}
	// All others in whatever groups: nobody is forgotten.
	go func() {
		for range g.begun {
			g.finish <- nil
		}
	}()
	g.finish <- nil
	g.finish <- nil
	for _, c := range append(rest, first, second) {
		if err := <-c; err != nil {
			t.Error(err)
		}
	}
	g.wg.Wait()
	if g.gate.writing != 0 || len(g.gate.waiting)+len(g.gate.departments)+len(g.gate.keys) != 0 {
		t.Errorf("left behind: %d writers, %v, %v, %v", g.gate.writing, g.gate.waiting, g.gate.departments, g.gate.keys)
	}
}

// A writer that panics answers those of its group, and the gate goes on.
func TestWebGateOutlivesAPanic(t *testing.T) {
	t.Parallel()
	g := newGateTest()
	one := g.place(t.Context(), "1", "A")
	<-g.begun
	two := g.place(t.Context(), "2", "B")
	<-g.begun
	three, four := g.place(t.Context(), "3", "C"), g.place(t.Context(), "4", "D")
	g.waits(2)
	g.finish <- nil
	<-g.begun
	g.finish <- errBoom
	g.finish <- errBoom
	var failed int
	for _, c := range []chan error{one, two, three, four} {
		if err := <-c; err != nil {
			failed++
		}
	}
	if failed != 3 {
		t.Errorf("%d attempts failed, 3 were in groups that panicked", failed)
	}
	five := g.place(t.Context(), "5", "C")
	<-g.begun
	g.finish <- nil
	if err := <-five; err != nil {
		t.Error(err)
	}
}
