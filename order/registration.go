package order

// registrationDigits is the length of a qualified invoice issuer's number after its T (INV-1).
const registrationDigits = 13

// ValidRegistrationNumber tells whether s is written as a qualified invoice issuer's number: T
// and 13 digits (INV-1).
func ValidRegistrationNumber(s string) bool {
	if len(s) != 1+registrationDigits || s[0] != 'T' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// CorporateCheckDigit is the check digit that stands before the 12 digits of a corporate number
// (法人番号の指定等に関する省令, article 2): 9 less the remainder by 9 of the weighted sum. ok is
// false where base is not 12 digits.
func CorporateCheckDigit(base string) (digit byte, ok bool) {
	if len(base) != registrationDigits-1 {
		return 0, false
	}
	sum := 0
	for i := range len(base) {
		if base[i] < '0' || base[i] > '9' {
			return 0, false
		}
		sum += (2 - i%2) * int(base[i]-'0') // from the right, every second digit counts twice
	}
	return '0' + byte(9-sum%9), true
}

// CorporateRegistration tells whether a registration number's digits are a corporate number by
// their check digit. Sole traders' numbers look alike and need not be (INV-1).
func CorporateRegistration(s string) bool {
	if !ValidRegistrationNumber(s) {
		return false
	}
	d, ok := CorporateCheckDigit(s[2:])
	return ok && d == s[1]
}
