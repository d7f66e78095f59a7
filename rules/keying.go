package rules

import (
	"strings"
	"time"

	"todoke/order"
)

// PutOffUntil is when a task that a person put off may come to the same person again: after a
// while, and never later than half of what is left until its deadline.
func (s Settings) PutOffUntil(now, deadline time.Time) time.Time {
	const half = 2
	lasts := time.Duration(s.DeskLaterMinutes) * time.Minute
	if left := deadline.Sub(now); left > 0 && left/half < lasts {
		lasts = left / half
	}
	return now.Add(lasts)
}

// Hole stands in a mask for a digit that is keyed.
const Hole = '_'

// KeyMask is what of a doubtful field stands there already when a person keys it: the digits that
// the reader is sure of, each in its box, with a Hole for every other one. It is "" where the field
// is keyed whole: nothing is sure, everything is (then the doubt is about the field as such), or
// its boxes do not hold one digit each.
func (s Settings) KeyMask(f order.DraftField) string {
	mask, sure := s.sureDigits(f)
	if sure == 0 || sure == len(mask) {
		return ""
	}
	return mask
}

// Legible tells whether every digit of a date's month or day is sure by itself: what is doubted is the
// other part of the date, and this one is shown.
func (s Settings) Legible(f order.DraftField) bool {
	mask, sure := s.sureDigits(f)
	return isDatePart(f.Name) && sure > 0 && sure == len(mask) && mask == f.Text
}

// sureDigits are the digits of a field with Holes, and how many are sure.
func (s Settings) sureDigits(f order.DraftField) (mask string, sure int) {
	if f.Decision != order.DecisionReview || !isDatePart(f.Name) && !isCode(f.Name) {
		return "", 0
	}
	const permille = 1000
	var digits []order.DraftCell
	for _, c := range f.Cells {
		isSure := c.Confidence*permille >= float64(s.DeskSureDigitPermille) //nolint:forbidigo // a probability
		switch {
		case c.Text == "" && isSure && isDatePart(f.Name): // a month or day of one digit
		case len(c.Text) != 1:
			return "", 0 // a box is empty: where digits belong is not sure
		default:
			digits = append(digits, c)
		}
	}
	out := make([]byte, len(digits))
	for i, c := range digits {
		out[i] = Hole
		agrees := len(f.Text) != len(digits) || f.Text[i] == c.Text[0]                            // with the field as a whole
		if c.Text != "?" && agrees && c.Confidence*permille >= float64(s.DeskSureDigitPermille) { //nolint:forbidigo // a probability
			out[i] = c.Text[0]
			sure++
		}
	}
	return string(out), sure
}

// isCode tells whether a field always has a digit in every box.
func isCode(field string) bool {
	return field == "customer_code" || field == "ship_to" || strings.HasSuffix(field, ".item_code")
}

func isDatePart(field string) bool { return field == "delivery_month" || field == "delivery_day" }

// FitsPattern tells whether a code may be what a pattern with Holes stands for.
func FitsPattern(pattern, code string) bool {
	if len(pattern) != len(code) {
		return false
	}
	for i := range pattern {
		if pattern[i] != Hole && pattern[i] != code[i] {
			return false
		}
	}
	return true
}

// PatternOf reads what was keyed so far: digits and Holes, at least one of each.
func PatternOf(s string) (string, bool) {
	digits, holes := 0, 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == Hole:
			holes++
		default:
			return "", false
		}
	}
	return s, digits > 0 && holes > 0 && len(s) <= order.MaxCode
}

// OnlyFit is the one of some codes that a pattern can become; "" where several can, or none.
func OnlyFit(pattern string, codes []string) string {
	only := ""
	for _, c := range codes {
		if FitsPattern(pattern, c) && c != only {
			if only != "" {
				return ""
			}
			only = c
		}
	}
	return only
}
