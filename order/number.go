package order

import "strings"

// damm is the quasigroup of order 10 given by H. Michael Damm ("Total anti-symmetrische
// Quasigruppen", 2004): it detects every single wrong digit and every swap of neighbours.
var damm = [10][10]byte{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
	{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
	{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
	{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
	{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
	{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
	{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
	{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
	{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}

// CheckDigit is the Damm check digit of a string of ASCII digits; ok is false when s holds
// anything else or nothing.
func CheckDigit(s string) (digit byte, ok bool) {
	var c byte
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		c = damm[c][s[i]-'0']
	}
	return '0' + c, s != ""
}

// ValidCheckDigit tells whether the last digit of s is the check digit of those before it.
func ValidCheckDigit(s string) bool {
	if len(s) < 2 {
		return false
	}
	d, ok := CheckDigit(s[:len(s)-1])
	return ok && d == s[len(s)-1]
}

// WithCheckDigit appends the check digit to a string of digits.
func WithCheckDigit(s string) string {
	d, ok := CheckDigit(s)
	if !ok {
		return s
	}
	return s + string(d)
}

// Number is an order number: nine digits of sequence and a Damm check digit, so that one
// misheard or swapped digit names no other order. It is stored bare and written in groups.
type Number string

// NumberDigits is the length of an order number.
const NumberDigits = 10

// NumberOf makes the order number of a sequence value (below 1,000,000,000).
func NumberOf(seq int64) Number {
	const width = NumberDigits - 1
	var b [width]byte
	for i := width - 1; i >= 0; i-- {
		b[i] = '0' + byte(seq%10)
		seq /= 10
	}
	return Number(WithCheckDigit(string(b[:])))
}

// ParseNumber reads an order number as people write it, with spaces or hyphens.
func ParseNumber(s string) (Number, error) {
	bare := strings.NewReplacer("-", "", " ", "", "‐", "", "－", "").Replace(strings.TrimSpace(s))
	if len(bare) != NumberDigits || !ValidCheckDigit(bare) {
		return "", Invalid("", "number", "\""+s+"\" is not an order number: it has 10 digits, the last a check digit; please read it again")
	}
	return Number(bare), nil
}

// Grouped writes the number to be read out: "100-000-0017". It is not String, so that no
// printing or encoding by accident stores the grouped form.
func (n Number) Grouped() string {
	if len(n) != NumberDigits {
		return string(n)
	}
	return string(n[:3] + "-" + n[3:6] + "-" + n[6:])
}
