package form

import (
	"fmt"
	"strconv"
	"strings"

	"todoke/order"
)

// Identity is what a printed form says about itself: which form it is, in which version, and
// whose. It is printed twice, far apart, so that one burst of line noise cannot take both: as
// QR code (Payload) and as digits with their bar code (Number).
type Identity struct {
	Kind         Kind
	Version      int    // 1 to 99
	CustomerCode string // 8 digits, "" on a blank form
	Rows         int    // order lines, from the first, whose item codes are printed; 0 to 12
}

// maxRows bounds Rows: two digits, and no form has more lines.
const maxRows = o1Lines

// qrVersions is the largest QR code for which the form has room: at version 2 modules are 1 mm.
const qrVersions = 2

// customerDigits is the length of a customer code, as many as its boxes.
const customerDigits = 8

// itemDigits is the length of an item code, as many as its boxes.
const itemDigits = 7

// Named tells whether the field is the comment of a line whose item is printed: the item's name
// stands in its place, and nothing is to be read there.
func (id Identity) Named(field string) bool {
	for i := range id.Rows {
		if field == line(i, "comment") {
			return true
		}
	}
	return false
}

// code is how a kind of form is written in the QR code and in the printed number. They are
// never reused: forms printed long ago still come in.
type code struct {
	kind   Kind
	letter byte
	digit  byte
}

var codes = []code{{KindOrder, 'O', '1'}}

// payloadPrefix begins every QR code of ours: T for todoke, 1 for this way of writing it.
const payloadPrefix = "T1"

// Payload is the QR code's text: T1, the form's letter, its version, a colon and the customer
// code if any, such as "T1O1:10002345"; where item codes are printed, another colon and in how
// many lines, such as "T1O1:10002345:6". All of it is in QR's alphanumeric set and fits
// version 1 (21 modules) at error correction Q, so that modules are 1.2 mm wide.
func (id Identity) Payload() string {
	for _, c := range codes {
		if c.kind == id.Kind {
			s := fmt.Sprintf("%s%c%d:%s", payloadPrefix, c.letter, id.Version, id.CustomerCode)
			if id.Rows > 0 {
				s += fmt.Sprintf(":%d", id.Rows)
			}
			return s
		}
	}
	return ""
}

// Number is the printed number: the form's digit, two digits of version, the customer code (eight
// zeros on a blank form), where item codes are printed two digits of in how many lines, and a
// Damm check digit over them: 12 digits, or 14, for bar codes hold pairs.
func (id Identity) Number() string {
	customer := id.CustomerCode
	if customer == "" {
		customer = strings.Repeat("0", customerDigits)
	}
	for _, c := range codes {
		if c.kind == id.Kind {
			s := fmt.Sprintf("%c%02d%s", c.digit, id.Version, customer)
			if id.Rows > 0 {
				s += fmt.Sprintf("%02d", id.Rows)
			}
			return order.WithCheckDigit(s)
		}
	}
	return ""
}

// ParseIdentity reads the QR code of a form (Payload). What is not ours is an error of kind
// invalid; a version nobody printed is not: LayoutOf says so.
func ParseIdentity(payload string) (Identity, error) {
	bad := func() (Identity, error) {
		return Identity{}, order.Invalid("", "qr", "the QR code is not of one of our forms")
	}
	rest, ok := strings.CutPrefix(payload, payloadPrefix)
	if !ok || rest == "" {
		return bad()
	}
	version, customer, ok := strings.Cut(rest[1:], ":")
	customer, lines, personal := strings.Cut(customer, ":")
	rows, err := strconv.Atoi(lines)
	if personal && (err != nil || rows < 1 || rows > maxRows || lines != strconv.Itoa(rows) || customer == "") {
		return bad()
	}
	if !ok || len(version) > 2 || !digits(version) || version[0] == '0' {
		return bad()
	}
	if customer != "" && (len(customer) != customerDigits || !digits(customer)) {
		return bad()
	}
	v, err := strconv.Atoi(version)
	if err != nil {
		return bad()
	}
	for _, c := range codes {
		if c.letter == rest[0] {
			return Identity{Kind: c.kind, Version: v, CustomerCode: customer, Rows: rows}, nil
		}
	}
	return bad()
}

// ParseNumber reads the printed number (Number); spaces between its groups are allowed. A wrong
// check digit is an error of kind invalid.
func ParseNumber(s string) (Identity, error) {
	s = strings.ReplaceAll(s, " ", "")
	short, long := 3+customerDigits+1, 3+customerDigits+3
	if len(s) != short && len(s) != long || !digits(s) || !order.ValidCheckDigit(s) {
		return Identity{}, order.Invalid("", "form_number", "the printed number is not of one of our forms")
	}
	rows := 0
	if len(s) == long {
		rows = int(s[short-1]-'0')*10 + int(s[short]-'0')
	}
	v, customer := int(s[1]-'0')*10+int(s[2]-'0'), s[3:3+customerDigits]
	if customer == strings.Repeat("0", customerDigits) {
		customer = ""
	}
	for _, c := range codes {
		if c.digit == s[0] && v > 0 && (len(s) == short || rows > 0 && rows <= maxRows && customer != "") {
			return Identity{Kind: c.kind, Version: v, CustomerCode: customer, Rows: rows}, nil
		}
	}
	return Identity{}, order.Invalid("", "form_number", "the printed number is not of one of our forms")
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
