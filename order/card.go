package order

import "strings"

// Lengths of card numbers (ISO/IEC 7812-1).
const (
	shortestCard = 13
	longestCard  = 19
)

// LooksLikeCard tells whether a text holds what may be the number of a payment card: 13 to 19
// digits, perhaps in groups, whose check digit is right (Luhn, ISO/IEC 7812-1 annex B). Such a
// text is neither kept nor logged (PAY-1).
func LooksLikeCard(s string) bool { return strings.Contains(MaskCards(s), maskedCard) }

const maskedCard = "[card number]"

// MaskCards puts "[card number]" in place of everything in a text that may be a card's number.
func MaskCards(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		if s[i] < '0' || s[i] > '9' {
			out.WriteByte(s[i])
			i++
			continue
		}
		// A run of digits with at most one space or hyphen between two of them.
		end, digits := i, []byte(nil)
		for j := i; j < len(s); j++ {
			if s[j] >= '0' && s[j] <= '9' {
				digits, end = append(digits, s[j]), j+1
			} else if s[j] != ' ' && s[j] != '-' || j > end {
				break
			}
		}
		if cardWithin(digits) {
			out.WriteString(maskedCard)
		} else {
			out.WriteString(s[i:end])
		}
		i = end
	}
	return out.String()
}

// cardWithin tells whether a run of digits is a card's number. Longer runs are none: our keys
// and other systems' references are.
func cardWithin(digits []byte) bool {
	if len(digits) < shortestCard || len(digits) > longestCard {
		return false
	}
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
