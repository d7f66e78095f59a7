package rules

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"regexp"
	"slices"
	"strings"

	"todoke/order"
)

// PPM is a probability or a share in parts per million: 998,000 is 99.8 %. The reader's
// confidences are rounded to it, so it holds them exactly.
type PPM int

// Whole is 100 %.
const Whole PPM = 1_000_000

// String is a percentage such as "99.8 %".
func (p PPM) String() string {
	s := fmt.Sprintf("%d.%04d", p/10_000, p%10_000)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + " %"
}

// Short is a percentage for reports: one decimal, and all of it where less than 1 % or less than 1 %
// from the whole makes the difference.
func (p PPM) Short() string {
	const percent, tenth = Whole / 100, Whole / 1000
	if p <= percent || p >= Whole-percent {
		return p.String()
	}
	return ((p + tenth/2) / tenth * tenth).String()
}

// ReadingKind is a kind of written field that is accepted unseen by a threshold of its own.
type ReadingKind string

// The kinds. The written total is none: it never reaches an order.
const (
	ReadingCustomer ReadingKind = "customer"
	ReadingItem     ReadingKind = "item"
	ReadingQuantity ReadingKind = "quantity"
	ReadingShipTo   ReadingKind = "ship_to"
	ReadingDate     ReadingKind = "date"
	ReadingMark     ReadingKind = "mark"
)

// ReadingKinds are all kinds, in the order they are shown.
func ReadingKinds() []ReadingKind {
	return []ReadingKind{ReadingCustomer, ReadingItem, ReadingQuantity, ReadingShipTo, ReadingDate, ReadingMark}
}

// KindOfField is the kind of a form's field; ok is false where the field is not audited.
func KindOfField(name string) (kind ReadingKind, ok bool) {
	switch {
	case name == "customer_code":
		return ReadingCustomer, true
	case name == "ship_to":
		return ReadingShipTo, true
	case name == "delivery_month", name == "delivery_day":
		return ReadingDate, true
	case strings.HasPrefix(name, "stockout."):
		return ReadingMark, true
	}
	if m := lineField.FindStringSubmatch(name); m != nil {
		switch m[2] {
		case "item_code":
			return ReadingItem, true
		case "quantity":
			return ReadingQuantity, true
		}
	}
	return "", false
}

// Auditable are the fields of an accepted page whose readings rest on writing: what is blank,
// printed, settled by a person or shown nowhere on the page is left out.
func Auditable(d order.Draft) []order.DraftField {
	var out []order.DraftField
	for _, f := range d.Fields {
		_, known := KindOfField(f.Name)
		written := slices.ContainsFunc(f.Cells, func(c order.DraftCell) bool { return c.Text != "" })
		other := slices.ContainsFunc(f.Evidence, func(e string) bool { return e == order.EvidencePrinted || strings.HasPrefix(e, "person:") })
		if known && written && !other && f.Decision == order.DecisionAccept && f.Text != "" && f.Area != nil {
			out = append(out, f)
		}
	}
	return out
}

// AuditLot is a field's lot in the draw, from 0 to Whole-1 (RDR-2): the same whenever it is asked
// for, and not to be foreseen without the key. A field is drawn where its lot is below its
// kind's share; the day's minimum takes the lowest lots of the rest.
func AuditLot(key []byte, document int64, page int, field string) PPM {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%d/%d/%s", document, page, field)
	hi, _ := bits.Mul64(binary.BigEndian.Uint64(mac.Sum(nil)), uint64(Whole))
	return PPM(hi)
}

// Keying is what one person saw in an audited field's picture, knowing neither the reading nor
// what others saw.
type Keying struct {
	By         string
	Value      string // normalised by AuditValue; "" is blank
	Unreadable bool
}

// AuditOutcome is how an audit ended.
type AuditOutcome string

// The outcomes. Unreadable ones say nothing about the reader: people could not tell what stands
// there either.
const (
	AuditOpen        AuditOutcome = ""
	AuditAgree       AuditOutcome = "agree"        // the first person saw what the reader read
	AuditPersonErred AuditOutcome = "person_erred" // a later one did
	AuditReaderErred AuditOutcome = "reader_erred" // two people saw the same, and it is not what was read
	AuditUnreadable  AuditOutcome = "unreadable"
)

// maxKeyings is how many people are asked at most.
const maxKeyings = 4

// JudgeAudit decides by majority (RDR-3): the first two equal voices among the reading and the
// people's, in the order they were heard, are the truth. Two who cannot read it, or four who
// all see something else, end it without one.
func JudgeAudit(reading string, keyings []Keying) (outcome AuditOutcome, truth string) {
	heard := []string{reading}
	unreadable := 0
	for i, k := range keyings {
		switch {
		case k.Unreadable:
			if unreadable++; unreadable == 2 {
				return AuditUnreadable, ""
			}
			continue
		case k.Value == reading && i == 0:
			return AuditAgree, reading
		case k.Value == reading:
			return AuditPersonErred, reading
		case slices.Contains(heard, k.Value):
			return AuditReaderErred, k.Value
		}
		heard = append(heard, k.Value)
	}
	if len(keyings) >= maxKeyings {
		return AuditUnreadable, ""
	}
	return AuditOpen, ""
}

var (
	digitsOnly = regexp.MustCompile(`^[0-9]{1,16}$`)
	blankWord  = []string{"", "-", "blank", "空", "空欄"}
	markWords  = []string{"x", "X", "✓", "✔", "レ", "○", "◯", "×", "yes"}
)

// AuditValue writes a value of a kind in one way, so that the same number written differently is
// the same: full-width digits, spaces, leading zeros of numbers that are no codes. What cannot
// be of the kind is refused: it is a slip of the keyboard.
func AuditValue(kind ReadingKind, value string) (string, error) {
	v := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '　':
			return -1
		}
		return r
	}, strings.TrimSpace(value))
	if slices.Contains(blankWord, v) {
		return "", nil
	}
	switch kind {
	case ReadingMark:
		if slices.Contains(markWords, v) {
			return "x", nil
		}
		return "", order.Invalid("RDR-3", "value", fmt.Sprintf("%q is no mark: write x where there is one, blank where there is none", value))
	case ReadingQuantity, ReadingDate, ReadingShipTo:
		if digitsOnly.MatchString(v) {
			if v = strings.TrimLeft(v, "0"); v == "" {
				v = "0"
			}
			return v, nil
		}
	default:
		if digitsOnly.MatchString(v) {
			return v, nil
		}
	}
	return "", order.Invalid("RDR-3", "value", fmt.Sprintf("%q is no number: write the digits as they stand in the picture, blank where there are none, or say --unreadable", value))
}
