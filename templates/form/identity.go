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
	Sheet        int    // 1 to Sheets where the items take several sheets, else 0
	Sheets       int    // how many sheets name the customer's items; 0 where one does, else 2 to MaxSheets

	// A return request form names the shipment that it came with in the customer's stead: its
	// Rows are the shipment's lines on this sheet, of at most MaxReturnSheets.
	Order    string // order number, 10 digits; "" on a blank form
	Shipment int    // 1 to 99
}

// maxRows bounds Rows: two digits, and no form has more lines.
const maxRows = o1Lines

// MaxSheets is how many sheets a customer's items can take: the printed number has one digit for it.
const MaxSheets = 9

// qrVersions is the largest QR code for which the form has room: at version 2 modules are 1 mm.
const qrVersions = 2

// customerDigits is the length of a customer code, as many as its boxes.
const customerDigits = 8

// itemDigits is the length of an item code, as many as its boxes.
const itemDigits = 7

// Named tells whether the field's content is printed on this sheet, so that nothing is to be read
// there: the comment of a line whose item is printed holds the item's name; a shipment's return
// request form names order and items.
func (id Identity) Named(field string) bool {
	if id.Order != "" && field == "order_number" {
		return true
	}
	for i := range id.Rows {
		if field == line(i, "comment") || id.Order != "" && field == line(i, "item") {
			return true
		}
	}
	return id.Unused(field) && strings.HasSuffix(field, "].item")
}

// Unused tells whether a field stands in a line beyond those of the shipment: its boxes are
// printed, so that the sheet is found by them, and nothing belongs into them.
func (id Identity) Unused(field string) bool {
	if id.Order == "" || !strings.HasPrefix(field, "lines[") {
		return false
	}
	for i := range id.Rows {
		if strings.HasPrefix(field, line(i, "")) {
			return false
		}
	}
	return true
}

// sheetWords says which sheet of how many it is, in print; "" where there is one.
func (id Identity) sheetWords() string {
	if id.Sheets == 0 {
		return ""
	}
	return fmt.Sprintf("%d／%d枚目", id.Sheet, id.Sheets)
}

// code is how a kind of form is written in the QR code and in the printed number. They are
// never reused: forms printed long ago still come in.
type code struct {
	kind   Kind
	letter byte
	digit  byte
}

var codes = []code{
	{KindOrder, 'O', '1'},
	{KindReturn, 'R', '2'},
	{KindPoints, 'P', '3'},
	{KindPrize, 'Z', '4'},
	{KindRegistration, 'C', '5'},
}

// payloadPrefix begins every QR code of ours: T for todoke, 1 for this way of writing it.
const payloadPrefix = "T1"

// Payload is the QR code's text: T1, the form's letter, its version, a colon and the customer
// code if any, such as "T1O1:10002345"; where item codes are printed, another colon and in how
// many lines, such as "T1O1:10002345:6". Where the items take several sheets, a letter for the
// sheet and a digit of how many stand in that colon's place: "T1O1:10002345B36" is the second of
// three. A return request form names order, shipment, lines, sheet and sheets in 10 and four times
// 2 digits: "T1R1:100000001801030101". All of it is in QR's alphanumeric set and fits version 1 (21 modules) at error
// correction Q, so that modules are 1.2 mm wide, but for the last, which takes version 2 (1 mm).
func (id Identity) Payload() string {
	for _, c := range codes {
		if c.kind == id.Kind {
			s := fmt.Sprintf("%s%c%d:%s", payloadPrefix, c.letter, id.Version, id.CustomerCode)
			switch {
			case id.Order != "":
				s += id.shipmentDigits()
			case id.Sheets > 0:
				s += fmt.Sprintf("%c%d%d", 'A'+id.Sheet-1, id.Sheets, id.Rows)
			case id.Rows > 0:
				s += fmt.Sprintf(":%d", id.Rows)
			}
			return s
		}
	}
	return ""
}

// Number is the printed number: the form's digit, two digits of version, the customer code (eight
// zeros on a blank form), where item codes are printed two digits of in how many lines, where
// they take several sheets the sheet and how many, and a Damm check digit over them: 12 digits,
// 14 or 16, for bar codes hold pairs. A shipment's return request form has 22: what its QR code has.
func (id Identity) Number() string {
	customer := id.CustomerCode
	if customer == "" {
		customer = strings.Repeat("0", customerDigits)
	}
	for _, c := range codes {
		if c.kind == id.Kind && id.Order != "" {
			return order.WithCheckDigit(fmt.Sprintf("%c%02d%s", c.digit, id.Version, id.shipmentDigits()))
		}
		if c.kind == id.Kind {
			s := fmt.Sprintf("%c%02d%s", c.digit, id.Version, customer)
			if id.Rows > 0 {
				s += fmt.Sprintf("%02d", id.Rows)
			}
			if id.Sheets > 0 {
				s += fmt.Sprintf("%d%d", id.Sheet, id.Sheets)
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
	if !ok || len(version) > 2 || !digits(version) || version[0] == '0' {
		return bad()
	}
	var id Identity
	if rest[0] == 'R' && len(customer) == shipmentDigits {
		id, ok = parseShipment(customer)
	} else {
		id, ok = parsePersonal(customer)
	}
	if !ok {
		return bad()
	}
	var err error
	if id.Version, err = strconv.Atoi(version); err != nil {
		return bad()
	}
	for _, c := range codes {
		if c.letter == rest[0] {
			id.Kind = c.kind
			return id, nil
		}
	}
	return bad()
}

// parsePersonal reads what a payload says of the customer: the code, in how many lines items are
// printed, and which sheet of how many it is.
func parsePersonal(s string) (id Identity, ok bool) {
	if s == "" {
		return id, true
	}
	if len(s) < customerDigits || !digits(s[:customerDigits]) {
		return id, false
	}
	id.CustomerCode = s[:customerDigits]
	rows := s[customerDigits:]
	switch {
	case rows == "":
		return id, true
	case rows[0] == ':':
		rows = rows[1:]
	case len(rows) > 2:
		id.Sheet, id.Sheets = int(rows[0])-'A'+1, int(rows[1])-'0'
		if !id.severalSheets() {
			return id, false
		}
		rows = rows[2:]
	default:
		return id, false
	}
	var err error
	id.Rows, err = strconv.Atoi(rows)
	return id, err == nil && id.Rows >= 1 && id.Rows <= maxRows && rows == strconv.Itoa(id.Rows)
}

// severalSheets tells whether the identity names a sheet of several.
func (id Identity) severalSheets() bool {
	return id.Sheets >= 2 && id.Sheets <= MaxSheets && id.Sheet >= 1 && id.Sheet <= id.Sheets
}

// ParseNumber reads the printed number (Number); spaces between its groups are allowed. A wrong
// check digit is an error of kind invalid.
func ParseNumber(s string) (Identity, error) {
	s = strings.ReplaceAll(s, " ", "")
	const lines, sheets = 3 + customerDigits, 3 + customerDigits + 2 // where these begin
	bad := func() (Identity, error) {
		return Identity{}, order.Invalid("", "form_number", "the printed number is not of one of our forms")
	}
	if len(s) == 4+shipmentDigits && digits(s) && order.ValidCheckDigit(s) && s[0] == '2' {
		id, ok := parseShipment(s[3 : 3+shipmentDigits])
		if id.Kind, id.Version = KindReturn, two(s[1:]); ok && id.Version > 0 {
			return id, nil
		}
		return bad()
	}
	if n := len(s) - 1; n != lines && n != sheets && n != sheets+2 || !digits(s) || !order.ValidCheckDigit(s) {
		return bad()
	}
	id := Identity{Version: two(s[1:]), CustomerCode: s[3:lines]}
	if len(s) > sheets {
		if id.Rows = two(s[lines:]); id.Rows < 1 || id.Rows > maxRows {
			return bad()
		}
	}
	if len(s) > sheets+2 {
		if id.Sheet, id.Sheets = int(s[sheets]-'0'), int(s[sheets+1]-'0'); !id.severalSheets() {
			return bad()
		}
	}
	if id.CustomerCode == strings.Repeat("0", customerDigits) {
		id.CustomerCode = ""
	}
	for _, c := range codes {
		if c.digit == s[0] && id.Version > 0 && (id.Rows == 0 || id.CustomerCode != "") {
			id.Kind = c.kind
			return id, nil
		}
	}
	return bad()
}

// MaxReturnSheets is how many sheets a shipment's return request form can take.
const MaxReturnSheets = 99

// shipmentDigits is how many digits name a sheet of a shipment's return request form.
const shipmentDigits = 18

func (id Identity) shipmentDigits() string {
	return fmt.Sprintf("%s%02d%02d%02d%02d", id.Order, id.Shipment, id.Rows, max(1, id.Sheet), max(1, id.Sheets))
}

// parseShipment reads what shipmentDigits wrote.
func parseShipment(s string) (id Identity, ok bool) {
	if !digits(s) {
		return id, false
	}
	n, err := order.ParseNumber(s[:10])
	id = Identity{Order: string(n), Shipment: two(s[10:]), Rows: two(s[12:]), Sheet: two(s[14:]), Sheets: two(s[16:])}
	if err != nil || id.Shipment < 1 || id.Rows < 1 || id.Rows > r1Lines || id.Sheet < 1 || id.Sheet > id.Sheets {
		return Identity{}, false
	}
	if id.Sheets == 1 {
		id.Sheet, id.Sheets = 0, 0
	}
	return id, true
}

// two is the number that the first two digits are.
func two(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
