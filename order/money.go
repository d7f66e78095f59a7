package order

import "strconv"

// Yen is an amount in whole yen. Prices and fees are kept ex tax (TAX-1).
type Yen int64

// Grouped writes the amount with separators: "1,234,567".
func (y Yen) Grouped() string {
	s := strconv.FormatInt(int64(y), 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Percent is a consumption tax rate in whole per cent (TAX-1): 10, or 8 for reduced-rate goods.
type Percent int
