package order

import "fmt"

// CodeScheme says how the codes of one master are written. It is configuration: a shop whose
// codes carry no check digit still works, with less accepted unseen.
type CodeScheme struct {
	Digits     int  // length in digits; 0 allows any length up to MaxCode
	CheckDigit bool // the last digit is the Damm check digit of those before it
}

// MaxCode is the longest code of any scheme, in digits.
const MaxCode = 20

// Scheme is the code scheme of the masters that customers write on forms.
type Scheme struct {
	Item     CodeScheme
	Customer CodeScheme
}

// DefaultScheme is the scheme of the order form: item codes of 7 digits and customer codes of
// 8, the last of each a check digit.
func DefaultScheme() Scheme {
	return Scheme{
		Item:     CodeScheme{Digits: 7, CheckDigit: true},
		Customer: CodeScheme{Digits: 8, CheckDigit: true},
	}
}

// Valid tells whether code is written as s says.
func (s CodeScheme) Valid(code string) bool { return s.Fault(code) == "" }

// Fault says what is wrong with code and what to do, "" where nothing is.
func (s CodeScheme) Fault(code string) string {
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return fmt.Sprintf("%q is not a code: write digits only", code)
		}
	}
	switch {
	case code == "":
		return "the code is missing: write it"
	case s.Digits > 0 && len(code) < s.Digits:
		return fmt.Sprintf("code %q has %d digits instead of %d: spreadsheets drop leading zeros, so format the column as text", code, len(code), s.Digits)
	case s.Digits > 0 && len(code) > s.Digits:
		return fmt.Sprintf("code %q has %d digits instead of %d", code, len(code), s.Digits)
	case len(code) > MaxCode:
		return fmt.Sprintf("code has %d digits: %d are the most", len(code), MaxCode)
	case s.CheckDigit && !ValidCheckDigit(code):
		return fmt.Sprintf("code %q has a wrong check digit: a digit is wrong or two are swapped", code)
	}
	return ""
}
