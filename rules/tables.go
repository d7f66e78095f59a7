package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
)

// ChangeColumns are the head of the text that changes of settings are written in, a day a row; an
// empty cell leaves what it is about as it was.
var ChangeColumns = []string{"from", "fee_free_from_yen", "fee_yen", "fee_tax_rate", "designated_limit_days", "cancel_window_minutes"}

// LineError is what is wrong with a line of a table; 1 is the head.
type LineError struct {
	Line int
	Err  *order.Error
}

// ParseChanges reads changes of settings, held against the settings that they change.
func ParseChanges(text string, s Settings) (out []Change, bad []LineError) {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n")
	say := func(line int, rule, column, message string) {
		bad = append(bad, LineError{line, order.Invalid(rule, column, message)})
	}
	if strings.TrimSpace(lines[0]) != strings.Join(ChangeColumns, ",") {
		say(1, "", "", "the first line must be "+strings.Join(ChangeColumns, ","))
		return nil, bad
	}
	var at []int
	seen := map[order.Date]bool{}
	for i, l := range lines[1:] {
		line := i + 2
		if strings.Trim(l, ", \t") == "" {
			continue
		}
		cells := strings.Split(l, ",")
		if len(cells) != len(ChangeColumns) {
			say(line, "", "", fmt.Sprintf("a line has %d cells", len(ChangeColumns)))
			continue
		}
		var c Change
		var err error
		if c.From, err = order.ParseDate(strings.TrimSpace(cells[0])); err != nil || seen[c.From] {
			say(line, "", "from", "write each day once, as 2026-11-24")
			continue
		}
		seen[c.From] = true
		for j, set := range []func(int){
			func(n int) { y := order.Yen(n); c.FeeFreeFromYen = &y },
			func(n int) { y := order.Yen(n); c.FeeYen = &y },
			func(n int) { p := order.Percent(n); c.FeeTaxRate = &p },
			func(n int) { c.DesignatedLimitDays = &n },
			func(n int) { c.CancelWindowMinutes = &n },
		} {
			cell := strings.TrimSpace(cells[j+1])
			if cell == "" {
				continue
			}
			const most = 9 // digits
			n, err := strconv.Atoi(cell)
			if err != nil || n < 0 || len(cell) > most {
				say(line, "", ChangeColumns[j+1], fmt.Sprintf("%q is no whole number", cell))
				continue
			}
			set(n)
		}
		out, at = append(out, c), append(at, line)
	}
	if len(bad) > 0 {
		return nil, bad
	}
	for i, c := range out { // each on its own: what follows is held against it
		one := s
		one.Changes = append(slices.Clone(s.Changes), out[:i+1]...)
		if joined, ok := one.On(c.From).Validate().(interface{ Unwrap() []error }); ok {
			for _, err := range joined.Unwrap() {
				if e, ok := errors.AsType[*order.Error](err); ok {
					bad = append(bad, LineError{at[i], e})
				}
			}
		}
	}
	return out, bad
}
