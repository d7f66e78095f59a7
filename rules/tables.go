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
var ChangeColumns = []string{
	"from", "fee_free_from_yen", "fee_yen", "fee_tax_rate", "designated_limit_days", "cancel_window_minutes",
	"dispatch_deadline", "dispatch_deadline_truck", "answer_wait_minutes", "fax_quiet_from", "fax_quiet_to",
}

// LineError is what is wrong with a line of a table; 1 is the head.
type LineError struct {
	Line int
	Err  *order.Error
}

// WidenChanges is a text of changes with all columns, whichever it was written with: those that it
// does not have are empty. A text that is no such table stays as it is.
func WidenChanges(text string) string {
	rows, at, ok := changeRows(text)
	if !ok {
		return text
	}
	out := []string{strings.Join(ChangeColumns, ",")}
	for _, cells := range rows[1:] {
		if strings.Trim(strings.Join(cells, ""), " \t") == "" {
			continue
		}
		if len(cells) != len(rows[0]) {
			return text
		}
		row := make([]string, len(ChangeColumns))
		for i, j := range at {
			if j >= 0 {
				row[i] = strings.TrimSpace(cells[j])
			}
		}
		out = append(out, strings.Join(row, ","))
	}
	return strings.Join(out, "\n") + "\n"
}

// changeRows are the cells of a text of changes, and where each of the columns stands in them, -1
// where it does not.
func changeRows(text string) (rows [][]string, at []int, ok bool) {
	for l := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n") {
		rows = append(rows, strings.Split(l, ","))
	}
	seen := map[string]bool{}
	for _, c := range rows[0] {
		if c = strings.TrimSpace(c); !slices.Contains(ChangeColumns, c) || seen[c] {
			return rows, nil, false
		}
		seen[strings.TrimSpace(c)] = true
	}
	for _, c := range ChangeColumns {
		at = append(at, slices.IndexFunc(rows[0], func(x string) bool { return strings.TrimSpace(x) == c }))
	}
	return rows, at, at[0] == 0
}

// number reads a cell of digits.
func number(cell string, set func(int)) error {
	const most = 9 // digits
	n, err := strconv.Atoi(cell)
	if err != nil || n < 0 || len(cell) > most {
		return fmt.Errorf("%q is no whole number", cell)
	}
	set(n)
	return nil
}

// setChange puts a cell into a change.
func setChange(c *Change, column, cell string) error {
	clock := func(to **order.Clock) error {
		v, err := order.ParseClock(cell)
		if err != nil {
			return fmt.Errorf("%q is no time of day: write it as 17:00", cell)
		}
		*to = &v
		return nil
	}
	switch column {
	case "fee_free_from_yen":
		return number(cell, func(n int) { y := order.Yen(n); c.FeeFreeFromYen = &y })
	case "fee_yen":
		return number(cell, func(n int) { y := order.Yen(n); c.FeeYen = &y })
	case "fee_tax_rate":
		return number(cell, func(n int) { p := order.Percent(n); c.FeeTaxRate = &p })
	case "designated_limit_days":
		return number(cell, func(n int) { c.DesignatedLimitDays = &n })
	case "cancel_window_minutes":
		return number(cell, func(n int) { c.CancelWindowMinutes = &n })
	case "answer_wait_minutes":
		return number(cell, func(n int) { c.AnswerWaitMinutes = &n })
	case "dispatch_deadline":
		return clock(&c.DispatchDeadline)
	case "dispatch_deadline_truck":
		return clock(&c.DispatchDeadlineTruck)
	case "fax_quiet_from":
		return clock(&c.FaxQuietFrom)
	default:
		return clock(&c.FaxQuietTo)
	}
}

// ParseChanges reads changes of settings, held against the settings that they change. Columns may
// be left out, but for the first one.
func ParseChanges(text string, s Settings) (out []Change, bad []LineError) {
	say := func(line int, rule, column, message string) {
		bad = append(bad, LineError{line, order.Invalid(rule, column, message)})
	}
	rows, at, ok := changeRows(text)
	if !ok {
		say(1, "", "", "the first line must be "+strings.Join(ChangeColumns, ","))
		return nil, bad
	}
	var lines []int
	seen := map[order.Date]bool{}
	for i, cells := range rows[1:] {
		line := i + 2
		if strings.Trim(strings.Join(cells, ""), " \t") == "" {
			continue
		}
		if len(cells) != len(rows[0]) {
			say(line, "", "", fmt.Sprintf("a line has %d cells", len(rows[0])))
			continue
		}
		var c Change
		var err error
		if c.From, err = order.ParseDate(strings.TrimSpace(cells[0])); err != nil || seen[c.From] {
			say(line, "", "from", "write each day once, as 2026-11-24")
			continue
		}
		seen[c.From] = true
		for j, column := range ChangeColumns[1:] {
			if at[j+1] < 0 {
				continue
			}
			if cell := strings.TrimSpace(cells[at[j+1]]); cell != "" {
				if err := setChange(&c, column, cell); err != nil {
					say(line, "", column, err.Error())
				}
			}
		}
		out, lines = append(out, c), append(lines, line)
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
					bad = append(bad, LineError{lines[i], e})
				}
			}
		}
	}
	return out, bad
}
