package rules

import (
	"testing"
	"time"

	"todoke/order"
)

func TestKeyMask(t *testing.T) {
	t.Parallel()
	s := Default()
	cells := func(text string, sure ...float64) []order.DraftCell {
		var out []order.DraftCell
		for i, c := range text {
			cell := order.DraftCell{Text: string(c), Confidence: sure[i]}
			if c == ' ' {
				cell.Text = ""
			}
			out = append(out, cell)
		}
		return out
	}
	for _, c := range []struct {
		why, name, text string
		cells           []order.DraftCell
		mask            string
		legible         bool
	}{
		{"one digit in doubt", "lines[1].item_code", "1251754", cells("1251754", 1, .999, .7, 1, 1, 1, 1), "12_1754", false},
		{"the master says another digit", "lines[1].item_code", "1251754", cells("1271754", 1, 1, 1, 1, 1, 1, 1), "12_1754", false},
		{"no digit believed", "ship_to", "0?1", cells("0?1", 1, 0, 1), "0_1", false},
		{"nothing is sure", "ship_to", "001", cells("001", .5, .5, .5), "", false},
		{"everything is: the code as such is in doubt", "customer_code", "10", cells("10", 1, 1), "", false},
		{"an empty box", "lines[1].item_code", "12", cells("1 2", 1, 1, .5), "", false},
		{"a month", "delivery_month", "12", cells("12", 1, .1), "1_", false},
		{"the day of a doubtful month", "delivery_day", "9", cells(" 9", 1, .999), "", true},
		{"the calendar says another day", "delivery_day", "8", cells(" 9", 1, .999), "", false},
		{"a box that may be empty", "delivery_day", "9", cells(" 9", .9, .999), "", false},
		{"a quantity may have any length", "lines[1].quantity", "12", cells("12", 1, .1), "", false},
	} {
		f := order.DraftField{Name: c.name, Text: c.text, Cells: c.cells, Decision: order.DecisionReview}
		if got := s.KeyMask(f); got != c.mask {
			t.Errorf("%s: mask %q, want %q", c.why, got, c.mask)
		}
		if got := s.Legible(f); got != c.legible {
			t.Errorf("%s: legible %v", c.why, got)
		}
		f.Decision = order.DecisionAccept
		if got := s.KeyMask(f); got != "" {
			t.Errorf("%s, but not in doubt: %q", c.why, got)
		}
	}
}

func TestOnlyFit(t *testing.T) {
	t.Parallel()
	codes := []string{"1251754", "1251762", "2251754", "12517"}
	for pattern, want := range map[string]string{
		"12517__": "", "125175_": "1251754", "_251754": "", "2______": "2251754", "9______": "", "1251754": "1251754", "125": "",
	} {
		if got := OnlyFit(pattern, codes); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	for s, want := range map[string]bool{"12__": true, "____": false, "1234": false, "1%__": false, "": false, "1____________________": false} {
		if _, ok := PatternOf(s); ok != want {
			t.Errorf("%q is a pattern: %v", s, ok)
		}
	}
}

func TestPutOffUntil(t *testing.T) {
	t.Parallel()
	s, now := Default(), time.Date(2026, 11, 24, 10, 0, 0, 0, order.JST)
	for _, c := range []struct {
		deadline time.Time
		want     time.Duration
	}{
		{time.Time{}, 15 * time.Minute},
		{now.Add(8 * time.Hour), 15 * time.Minute},
		{now.Add(20 * time.Minute), 10 * time.Minute}, // half of what is left
		{now.Add(-time.Minute), 15 * time.Minute},     // missed anyway
	} {
		if got := s.PutOffUntil(now, c.deadline).Sub(now); got != c.want {
			t.Errorf("deadline %s: %s, want %s", c.deadline, got, c.want)
		}
	}
}

func TestFittingQuantities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ qty, multiple, below, above int }{
		{7, 5, 5, 10}, {4, 5, 0, 5}, {0, 5, 0, 5}, {9998, 5, 9995, 0}, {12000, 5, 9995, 0}, {-3, 0, 0, 1},
	} {
		if below, above := FittingQuantities(c.qty, c.multiple, 9999); below != c.below || above != c.above {
			t.Errorf("beside %d in multiples of %d: %d and %d, want %d and %d", c.qty, c.multiple, below, above, c.below, c.above)
		}
	}
}
