package order_test

import (
	"encoding/json"
	"testing"
	"time"

	"todoke/order"
)

func TestNumberDetectsEverySlip(t *testing.T) {
	t.Parallel()
	for seq := int64(100_000_001); seq < 100_000_400; seq++ {
		n := string(order.NumberOf(seq))
		if _, err := order.ParseNumber(n); err != nil {
			t.Fatalf("%s: %v", n, err)
		}
		for i := range n {
			for d := byte('0'); d <= '9'; d++ {
				if d == n[i] {
					continue
				}
				wrong := n[:i] + string(d) + n[i+1:]
				if _, err := order.ParseNumber(wrong); err == nil {
					t.Fatalf("%s accepted for %s", wrong, n)
				}
			}
			if i > 0 && n[i] != n[i-1] {
				swapped := n[:i-1] + string(n[i]) + string(n[i-1]) + n[i+1:]
				if _, err := order.ParseNumber(swapped); err == nil {
					t.Fatalf("swap %s accepted for %s", swapped, n)
				}
			}
		}
	}
}

func TestNumberReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	n := order.NumberOf(100_000_001)
	got, err := order.ParseNumber(n.Grouped())
	if err != nil || got != n {
		t.Fatalf("ParseNumber(%q) = %q, %v", n.Grouped(), got, err)
	}
}

func TestYenGrouped(t *testing.T) {
	t.Parallel()
	for in, want := range map[order.Yen]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 100: "100"} {
		if got := in.Grouped(); got != want {
			t.Errorf("%d: %q, want %q", in, got, want)
		}
	}
}

func TestDateIsJapanese(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 15, 30, 0, 0, time.UTC) // 00:30 on the 25th in Japan
	d := order.DateOf(at)
	if d != order.D(2026, 11, 25) {
		t.Fatal(d)
	}
	b, err := json.Marshal(d)
	if err != nil || string(b) != `"2026-11-25"` {
		t.Fatal(string(b), err)
	}
	var back order.Date
	if err := json.Unmarshal([]byte(`"2026-02-29"`), &back); err == nil {
		t.Fatal("a day that does not exist was read")
	}
	if got := order.D(2026, 12, 31).Add(1); got != order.D(2027, 1, 1) {
		t.Fatal(got)
	}
	if got := order.D(2027, 1, 1).Sub(order.D(2026, 11, 24)); got != 38 {
		t.Fatal(got)
	}
}

func TestStateTransitions(t *testing.T) {
	t.Parallel()
	if order.StateReleased.CanBecome(order.StateCancelled) {
		t.Error("a released order was cancelled (CAN-1)")
	}
	if !order.StateHeld.CanBecome(order.StateAccepted) || !order.StateShort.CanBecome(order.StateShort) {
		t.Error("held orders can be freed, and a state may stay")
	}
}
