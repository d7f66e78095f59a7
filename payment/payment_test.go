package payment_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/order"
	"todoke/payment"
	"todoke/payment/simulate"
)

func gateway(tb testing.TB, g *simulate.Gateway) payment.Gateway {
	tb.Helper()
	g.Token, g.Delay = "t", time.Millisecond
	srv := httptest.NewServer(g)
	tb.Cleanup(srv.Close)
	c, err := payment.NewHTTP(srv.URL, "t", 200*time.Millisecond)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// TestPAY1Faults asks once with each fault, then as a worker does: its status, and again under the
// same key where nobody heard of it. Whatever goes wrong, it happens once or was refused.
func TestPAY1Faults(t *testing.T) {
	t.Parallel()
	first := map[simulate.Fault]payment.Outcome{
		simulate.None: payment.Done, simulate.Refuse: payment.Refused, simulate.Unavailable: payment.Temporary,
		simulate.FailBefore: payment.Uncertain, simulate.FailAfter: payment.Uncertain, simulate.Lose: payment.Uncertain,
		simulate.LoseAfter: payment.Uncertain, simulate.Hang: payment.Uncertain, simulate.Twice: payment.Uncertain,
		simulate.Garbage: payment.Uncertain, simulate.Slow: payment.Done, simulate.Pending: payment.Uncertain,
	}
	happened := map[simulate.Fault]bool{simulate.FailAfter: true, simulate.LoseAfter: true, simulate.Hang: true, simulate.Twice: true, simulate.Garbage: true, simulate.Pending: true}
	for fault, want := range first {
		t.Run("fault "+string(fault), func(t *testing.T) {
			t.Parallel()
			ref := "auth-" + string(fault)
			sim := &simulate.Gateway{Now: func() time.Time { return time.Date(2026, 11, 24, 18, 0, 0, 0, order.JST) }}
			if err := sim.Authorise(ref, 1000, time.Time{}); err != nil {
				t.Fatal(err)
			}
			c := gateway(t, sim)
			r := payment.Request{Key: "k1", Kind: payment.Capture, Reference: ref, Yen: 700}
			if a := c.Do(t.Context(), r); a.Outcome != want {
				t.Fatalf("first %+v, want %s", a, want)
			}
			if want == payment.Uncertain {
				a := c.Status(t.Context(), r)
				if happened[fault] && a.Outcome != payment.Done || !happened[fault] && a.Outcome != payment.Unknown {
					t.Fatalf("status %+v", a)
				}
			}
			last := c.Do(t.Context(), r)
			if fault == simulate.Refuse {
				if last.Outcome != payment.Refused || last.Code != "declined" || sim.Look(ref).Captured != 0 {
					t.Fatalf("again %+v", last)
				}
				return
			}
			if last.Outcome != payment.Done || last.ID == "" || sim.Look(ref).Captured != 700 {
				t.Fatalf("again %+v, %+v", last, sim.Look(ref))
			}
			day, err := c.Day(t.Context(), order.D(2026, 11, 24))
			if err != nil || len(day) != 1 || day[0].Key != "k1" || day[0].Yen != 700 || !day[0].Done {
				t.Fatalf("day %+v %v", day, err)
			}
		})
	}
}

func TestPAY1Books(t *testing.T) {
	t.Parallel()
	sim := &simulate.Gateway{}
	if err := sim.Authorise("a", 1000, time.Time{}); err != nil {
		t.Fatal(err)
	}
	c := gateway(t, sim)
	for i, step := range []struct {
		kind payment.Kind
		yen  order.Yen
		want payment.Outcome
	}{
		{payment.Capture, 600, payment.Done},
		{payment.Capture, 500, payment.Refused},
		{payment.Void, 100, payment.Done},
		{payment.Capture, 301, payment.Refused},
		{payment.Refund, 601, payment.Refused},
		{payment.Refund, 200, payment.Done},
		{payment.Void, 0, payment.Done},
		{payment.Capture, 1, payment.Refused},
		{payment.Refund, 400, payment.Done},
		{payment.Refund, 1, payment.Refused},
	} {
		if a := c.Do(t.Context(), payment.Request{Key: strconv.Itoa(i), Kind: step.kind, Reference: "a", Yen: step.yen}); a.Outcome != step.want {
			t.Errorf("%d %+v: %+v", i, step, a)
		}
	}
	if a := sim.Look("a"); a.Captured != 600 || a.Refunded != 600 || a.Voided != 400 || !a.Closed {
		t.Errorf("%+v", a)
	}
	// The key of one request never does another.
	if a := c.Do(t.Context(), payment.Request{Key: "0", Kind: payment.Capture, Reference: "a", Yen: 10}); a.Outcome != payment.Refused || a.Code != "key_reused" {
		t.Errorf("reused %+v", a)
	}
}

func TestPAY1ManyAtOnce(t *testing.T) {
	t.Parallel()
	sim := &simulate.Gateway{Open: true}
	c := gateway(t, sim)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if a := c.Do(context.Background(), payment.Request{Key: "k", Kind: payment.Capture, Reference: "a", Yen: 5}); a.Outcome != payment.Done {
				t.Errorf("%+v", a)
			}
		})
	}
	wg.Wait()
	if sim.Look("a").Captured != 5 || sim.Asked("k") != 8 {
		t.Errorf("%+v", sim.Look("a"))
	}
}

// TestPAY1Crash has a gateway read a capture as a whole on a connection that was used before, close it
// without an answer and stop listening: net/http sends it again by itself and finds nobody, which says
// nothing of the first time.
func TestPAY1Crash(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		defer close(read)
		c, err := l.Accept()
		if err != nil {
			return
		}
		in := bufio.NewReader(c)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		if _, err := io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{\"code\":\"unknown_key\"}"); err != nil {
			return
		}
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		b, err := io.ReadAll(r.Body)
		if err == nil && l.Close() == nil && c.Close() == nil {
			read <- r.Header.Get("Idempotency-Key") + " " + string(b)
		}
	}()
	g, err := payment.NewHTTP("http://"+l.Addr().String(), "t", 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r := payment.Request{Key: "K1", Kind: payment.Capture, Reference: "auth-1", Yen: 1650}
	if a := g.Status(t.Context(), r); a.Outcome != payment.Unknown {
		t.Fatalf("%+v", a)
	}
	if a := g.Do(t.Context(), r); a.Outcome != payment.Uncertain {
		t.Errorf("a capture that was read as a whole is %+v", a)
	}
	if got := <-read; !strings.HasPrefix(got, "K1 ") || !strings.Contains(got, "1650") {
		t.Errorf("the gateway read %q on the connection that was used before", got)
	}
	// Nobody was reached at all: nothing happened.
	if a := g.Do(t.Context(), r); a.Outcome != payment.Temporary {
		t.Errorf("a capture that nobody was there for is %+v", a)
	}
}

func TestPAY1NoGateway(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(nil)
	url := srv.URL
	srv.Close()
	c, err := payment.NewHTTP(url, "t", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r := payment.Request{Key: "k", Kind: payment.Capture, Reference: "a", Yen: 5}
	if a := c.Do(t.Context(), r); a.Outcome != payment.Temporary {
		t.Errorf("nobody listens: %+v", a)
	}
	if a := c.Status(t.Context(), r); a.Outcome != payment.Uncertain {
		t.Errorf("nobody tells: %+v", a)
	}
	if _, err := c.Day(t.Context(), order.D(2026, 11, 24)); order.KindOf(err) != order.KindTemporary {
		t.Error(err)
	}
	for _, bad := range [][2]string{{"http://gateway.example.jp", "t"}, {"https://", "t"}, {"https://u:p@x", "t"}, {"https://x", " "}, {"ftp://x", "t"}} {
		if _, err := payment.NewHTTP(bad[0], bad[1], 0); err == nil {
			t.Error(bad, "is taken")
		}
	}
	sim := gateway(t, &simulate.Gateway{Open: true})
	if a := sim.Do(t.Context(), payment.Request{Key: "k", Kind: payment.Capture, Reference: "4111 1111 1111 1111", Yen: 5}); a.Outcome != payment.Refused || strings.Contains(a.Detail, "4111") {
		t.Errorf("a card's number: %+v", a)
	}
	if a := (payment.Invoice{}).Do(t.Context(), r); a.Outcome != payment.Done {
		t.Error(a)
	}
}

func FuzzParseOperation(f *testing.F) {
	f.Add([]byte(`{"id":"op_1","key":"k","kind":"capture","authorisation":"a","amount_yen":5,"state":"done","at":"2026-11-24T18:00:00+09:00"}`))
	f.Add([]byte(`{"key":"k","kind":"void","authorisation":"a","amount_yen":0,"state":"refused","code":"expired","message":"4111111111111111"}{}`))
	f.Add([]byte(`{"operations":[{"key":"k","kind":"refund","amount_yen":1,"state":"pending"}],"next":"k"}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := payment.Request{Key: "k", Kind: payment.Capture, Reference: "a", Yen: 5}
		for status := range map[int]bool{200: true, 202: true, 404: true, 422: true, 500: true, 503: true} {
			for _, ofStatus := range []bool{false, true} {
				a := payment.Judge(status, data, r, ofStatus)
				if order.LooksLikeCard(a.Detail+"|"+a.Code+"|"+a.ID) || len(a.Detail) > 600 {
					t.Fatalf("%+v", a)
				}
				if op, err := payment.ParseOperation(data); a.Outcome == payment.Done &&
					(err != nil || op.Key != "k" || op.AmountYen != 5 || op.Authorisation != "a" || op.State != payment.StateDone || status >= 500) {
					t.Fatalf("done by %q", data)
				}
			}
		}
		if p, err := payment.ParsePage(data); err == nil && p.Operations == nil {
			t.Fatal("no list")
		}
	})
}
