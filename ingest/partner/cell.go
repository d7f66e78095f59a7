package partner

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"todoke/order"
)

// cell is the text of a row's column, "" where it has none.
func (p *parser) cell(r cells, key string) string {
	at, ok := p.file.Columns[key]
	if !ok || at.Column > len(r.text) {
		return ""
	}
	return value(r.text[at.Column-1])
}

// value takes away what spreadsheets and our own lists put before values so that they stay text.
func value(s string) string {
	s = strings.TrimSpace(norm.NFKC.String(s))
	if rest, ok := strings.CutPrefix(s, `="`); ok {
		if inner, ok := strings.CutSuffix(rest, `"`); ok {
			s = inner
		}
	}
	return strings.TrimSpace(strings.TrimPrefix(s, "'"))
}

// row reads one row of a file whose columns are known.
func (p *parser) row(r cells, workbook bool) {
	before := len(p.faults)
	out := Row{Line: r.line}
	note := func(key, message string) { p.bad(r.line, p.file.Columns[key].Column, message) }
	number := func(key string, low, high int) int {
		n, ok := whole(p.cell(r, key))
		switch {
		case !ok:
			note(key, fmt.Sprintf("%q is not a whole number: write digits", clip(p.cell(r, key))))
		case n < low || n > high:
			note(key, fmt.Sprintf("%s is out of range: write a number from %d to %d", clip(p.cell(r, key)), low, high))
		}
		return n
	}
	code := func(key string) string {
		v, ok := spelled(p.cell(r, key))
		if !ok {
			note(key, fmt.Sprintf("%q was shortened by the spreadsheet: format the column as text and write the number again", clip(p.cell(r, key))))
		}
		return v
	}
	day := func(key string) order.Date {
		d, ok := date(p.cell(r, key), workbook)
		if !ok {
			note(key, fmt.Sprintf("%q is not a date: write it as YYYY-MM-DD, such as 2026-11-24", clip(p.cell(r, key))))
		}
		return d
	}
	const most = 1_000_000
	if out.List = code("list_number"); out.List != "" {
		if n, err := order.ParseNumber(out.List); err == nil {
			out.List = string(n)
		}
	}
	out.ItemCode = p.item(code("item_code"))
	switch p.file.Kind {
	case KindResult:
		out.Order = code("order_number")
		if p.cell(r, "line") != "" {
			out.LineNo = number("line", 1, 1000)
		}
		shipped := p.cell(r, "shipped")
		if shipped != "" {
			out.Shipped = number("shipped", 0, most)
		}
		switch {
		case p.cell(r, "short") != "":
			out.Short = number("short", 0, most)
		case p.cell(r, "quantity") != "" && p.file.Columns["short"].Column == 0 && shipped != "":
			if out.Short = number("quantity", 0, most) - out.Shipped; out.Short < 0 {
				note("shipped", "more was shipped than the row's own quantity: correct one of them")
			}
		}
		out.Reason = reason(p.cell(r, "reason"))
		var numbers []string
		for _, n := range strings.FieldsFunc(p.cell(r, "tracking"), func(c rune) bool { return strings.ContainsRune(" ,、/;|\n\r\t", c) }) {
			v, ok := spelled(n)
			if !ok {
				note("tracking", fmt.Sprintf("%q was shortened by the spreadsheet: format the column as text and write the number again", clip(n)))
			}
			numbers = append(numbers, v)
		}
		out.Tracking = strings.Join(numbers, " ")
		if w := p.cell(r, "weight"); w != "" {
			grams, ok := weight(w, strings.Contains(plain(p.file.Columns["weight"].Heading), "kg"))
			if !ok {
				note("weight", fmt.Sprintf("%q is no weight: write grams, such as 1200, or 1.2kg", clip(w)))
			}
			out.WeightGrams = grams
		}
		out.ShippedOn, out.DeliveredOn = day("shipped_on"), day("delivered_on")
	case KindCount:
		key := "on_hand"
		if p.file.Columns[key].Column == 0 {
			key = "quantity"
		}
		out.OnHand, out.Location = number(key, 0, most), p.cell(r, "location")
		if out.ItemCode == "" {
			note("item_code", "the item code is missing: write it")
		}
		if c := p.cell(r, "counted_at"); c != "" {
			at, ok := instant(c, workbook)
			if !ok {
				note("counted_at", fmt.Sprintf("%q is no time: write it as YYYY-MM-DD HH:MM, such as 2026-11-24 19:30", clip(c)))
			}
			out.CountedAt = at
		}
	case KindAcknowledgement:
		if out.List == "" {
			note("list_number", "the list's number is missing: write it")
		}
	}
	if len(p.faults) == before {
		p.file.Rows = append(p.file.Rows, out)
	}
}

// item gives back the zeros that spreadsheets take from the front of codes, where the code is then right.
func (p *parser) item(code string) string {
	if n := p.o.Item.Digits - len(code); n > 0 && code != "" && digits(code) {
		if full := strings.Repeat("0", n) + code; p.o.Item.Valid(full) {
			return full
		}
	}
	return code
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

var scientific = regexp.MustCompile(`^([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,2})$`)

// spelled is a code or number in full. A spreadsheet may have made 4.01234567891E+11 of it: that is
// taken where no digit is lost.
func spelled(s string) (string, bool) {
	s = strings.TrimSuffix(s, ".0")
	m := scientific.FindStringSubmatch(s)
	if m == nil {
		return s, true
	}
	zeros, err := strconv.Atoi(m[3])
	if err != nil || len(m[2]) < zeros-1 || len(m[2]) > zeros { // a zero at the end may be dropped
		return s, false
	}
	return m[1] + m[2] + strings.Repeat("0", zeros-len(m[2])), true
}

// whole reads a whole number as it is written in Japan: 1,200, １２, 5.0, △3.
func whole(s string) (int, bool) {
	s = strings.ReplaceAll(s, ",", "")
	for _, minus := range []string{"△", "▲", "−", "－"} {
		if rest, ok := strings.CutPrefix(s, minus); ok {
			s = "-" + rest
		}
	}
	if i, zeros, ok := strings.Cut(s, "."); ok && strings.Trim(zeros, "0") == "" {
		s = i
	}
	if len(s) > 1 && s[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 32)
	return int(n), err == nil
}

// weight is in grams.
func weight(s string, kilos bool) (int, bool) {
	s = strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(s, " ", "")), ",", "")
	if rest, ok := strings.CutSuffix(s, "kg"); ok {
		s, kilos = rest, true
	} else if rest, ok := strings.CutSuffix(s, "g"); ok {
		s, kilos = rest, false
	}
	left, right, point := strings.Cut(s, ".")
	if !kilos {
		if strings.Trim(right, "0") != "" {
			return 0, false
		}
		right = ""
	}
	const places = 3
	right = strings.TrimRight(right, "0")
	if !digits(left) || point && right != "" && !digits(right) || len(right) > places {
		return 0, false
	}
	if kilos {
		left += right + strings.Repeat("0", places-len(right))
	}
	n, err := strconv.ParseInt(left, 10, 32)
	return int(n), err == nil
}

// reasons are words for why something is short.
var reasons = map[string][]string{
	"missing": {"missing", "欠品", "在庫なし", "在庫無し", "現品なし", "現品無し", "不足", "在庫不足", "棚になし", "紛失"},
	"damaged": {"damaged", "破損", "汚損", "不良", "不良品", "破損・汚損", "汚破損", "期限切れ"},
	"late":    {"late", "遅延", "作業遅れ", "作業遅延", "時間切れ", "間に合わず", "締切超過"},
}

func reason(s string) string {
	for code, words := range reasons {
		for _, w := range words {
			if plain(s) == plain(w) {
				return code
			}
		}
	}
	return s
}

var (
	dayForm  = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$`)
	tight    = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
	timeForm = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?$`)
	serial   = regexp.MustCompile(`^[0-9]{5}(\.[0-9]+)?$`)
)

// The days that a spreadsheet's serial numbers may mean here.
const firstYear, lastYear = 2000, 2100

func date(s string, workbook bool) (order.Date, bool) {
	if s == "" {
		return order.Date{}, true
	}
	if workbook && serial.MatchString(s) {
		at, ok := fromSerial(s)
		return order.DateOf(at), ok
	}
	// What comes after the day is its time.
	s, _, _ = strings.Cut(strings.ReplaceAll(s, "T", " "), " ")
	m := dayForm.FindStringSubmatch(s)
	if m == nil {
		m = tight.FindStringSubmatch(s)
	}
	if m == nil {
		return order.Date{}, false
	}
	year, _ := strconv.Atoi(m[1])
	month, _ := strconv.Atoi(m[2])
	day, _ := strconv.Atoi(m[3])
	d, err := order.ParseDate(fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	return d, err == nil && year >= firstYear && year <= lastYear
}

// instant is a time in Japan; a day alone is its end, when the count of the day is done.
func instant(s string, workbook bool) (time.Time, bool) {
	if workbook && serial.MatchString(s) {
		at, ok := fromSerial(s)
		if !strings.Contains(s, ".") {
			at = order.DateOf(at).At(order.Clock{Hour: 23, Minute: 59})
		}
		return at, ok
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at, at.Year() >= firstYear && at.Year() <= lastYear
	}
	d, ok := date(s, false)
	if !ok || d.IsZero() {
		return time.Time{}, false
	}
	_, clock, has := strings.Cut(strings.Replace(s, "T", " ", 1), " ")
	if !has {
		return d.At(order.Clock{Hour: 23, Minute: 59}), true
	}
	m := timeForm.FindStringSubmatch(strings.TrimSpace(clock))
	if m == nil {
		return time.Time{}, false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	second, _ := strconv.Atoi(m[3]) // none is 0
	if hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	return d.At(order.Clock{Hour: hour, Minute: minute, Second: second}), true
}

// fromSerial is the instant of a spreadsheet's day number, which counts from 1899-12-30 in local time.
func fromSerial(s string) (time.Time, bool) {
	days, part, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(days)
	if err != nil {
		return time.Time{}, false
	}
	at := time.Date(1899, 12, 30, 0, 0, 0, 0, order.JST).AddDate(0, 0, n)
	if part != "" {
		const places, billion, day = 9, 1_000_000_000, 24 * 60 * 60
		part = (part + strings.Repeat("0", places))[:places]
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		at = at.Add(time.Duration((n*day+billion/2)/billion) * time.Second)
	}
	return at, at.Year() >= firstYear && at.Year() <= lastYear
}

func clip(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
