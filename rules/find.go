package rules

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// Find is what somebody looks for among orders, as the text in the search box says it: every
// word of it holds.
type Find struct {
	From, To order.Date // received on these days; zero where none is named
	Words    []FindWord // beside the days
	Wrong    string     // written like an order number, but its check digit says otherwise
}

// FindWord is one word and everything that it may mean by its looks.
type FindWord struct {
	Text     string       // as a name, folded to half width; "" where it looks like none
	Number   order.Number // a whole order number
	IDFrom   int64        // the order numbers that begin so: sequence from IDFrom to before IDTo
	IDTo     int64
	Phone    string // a fax number's digits, or its first ones
	Customer string // customer code
	Item     string // item code
	Amount   *order.Yen
	Document int64  // inbound document
	Page     int    // of it; 0 for any
	Issued   string // number printed on what we sent; the order or document that it is about is set, too
}

// Empty tells whether nothing is looked for.
func (f Find) Empty() bool { return f.From.IsZero() && f.To.IsZero() && len(f.Words) == 0 }

// Limits of what is looked at: nobody types more.
const (
	findRunes = 100
	findWords = 4
)

// ReadFind reads the search box. today is the day from which days without a year are the past.
func ReadFind(text string, today order.Date) Find {
	var f Find
	text = half(text)
	if n := []rune(text); len(n) > findRunes {
		text = string(n[:findRunes])
	}
	for _, w := range strings.Fields(spacedRange.ReplaceAllString(text, "$1~$2")) {
		if from, to, ok := findDays(w, today); ok {
			if f.From.IsZero() && f.To.IsZero() {
				f.From, f.To = from, to
				continue
			}
		}
		if len(f.Words) == findWords {
			break
		}
		word, wrong := findWord(w)
		if wrong {
			f.Wrong = w
		}
		f.Words = append(f.Words, word)
	}
	return f
}

var spacedRange = regexp.MustCompile(`(\d[日月]?)\s*(?:~|〜|～|\.\.)\s*(\d)`)

// half writes full-width letters, digits and marks in half width, and blanks as blanks.
func half(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～' && r != '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		case r == '￥':
			return '¥'
		case r == '‐', r == '‑', r == '–', r == '−':
			return '-'
		case r < ' ' || r == '\ufffd':
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
}

var (
	moneyWord    = regexp.MustCompile(`^[¥\\]?(\d{1,3}(?:,\d{3})+|\d{1,9})(円|-)?$`)
	documentWord = regexp.MustCompile(`^(#|受信|文書|doc)?(\d{1,9})(?:\.(\d{1,4}))?$`)
	numberWord   = regexp.MustCompile(`^\d{3}-\d{1,3}(?:-\d{1,4})?$`)
	issuedWord   = regexp.MustCompile(`^(?:[Ff](\d{1,9})|(\d{3}-?\d{3}-?\d{4}))-(\d{1,4})$`)
	phoneWord    = regexp.MustCompile(`^(\+81|\(?0)[\d()-]{1,15}$`)
)

// Digits of the shop's codes, as far as the looks of a number tell them apart.
const (
	customerCodeDigits = 8
	itemCodeDigits     = 7
	fewestNumberDigits = 6 // fewer say too little of which order
)

func findWord(w string) (f FindWord, wrong bool) {
	if f, ok := issued(w); ok {
		return f, false
	}
	digits := strings.ReplaceAll(w, "-", "")
	bare := isDigits(digits)
	grouped := numberWord.MatchString(w)
	if bare && len(digits) == order.NumberDigits && digits[0] != '0' {
		n, err := order.ParseNumber(digits)
		if err != nil {
			return f, true
		}
		return FindWord{Number: n}, false
	}
	if bare && digits[0] != '0' && (grouped || w == digits) && len(digits) >= fewestNumberDigits && len(digits) < order.NumberDigits &&
		(grouped || len(digits) > customerCodeDigits) {
		f.IDFrom, f.IDTo = numbersFrom(digits)
	}
	if phoneWord.MatchString(w) {
		if n, ok := order.ParsePhone(w); ok {
			f.Phone = n
		} else if bare && digits[0] == '0' && len(digits) >= 2 {
			f.Phone = digits
		}
	}
	if w == digits && bare {
		switch len(digits) {
		case customerCodeDigits:
			f.Customer = digits
		case itemCodeDigits:
			f.Item = digits
		}
	}
	money(w, &f)
	if m := documentWord.FindStringSubmatch(w); m != nil && m[2][0] != '0' && (m[1] != "" || m[3] != "" || len(m[2]) <= itemCodeDigits) {
		f.Document, _ = strconv.ParseInt(m[2], 10, 64)
		f.Page, _ = strconv.Atoi(m[3])
		if m[1] != "" {
			f.Amount = nil
		}
	}
	if !bare && f.Amount == nil && f.Document == 0 && f.Phone == "" && f.IDTo == 0 {
		f.Text = w
	}
	return f, false
}

// issued reads the number that stands on what customers were sent: F45-1 about a fax, an order's
// number and a running one about an order.
func issued(w string) (f FindWord, ok bool) {
	m := issuedWord.FindStringSubmatch(w)
	if m == nil {
		return f, false
	}
	if m[1] != "" {
		f.Document, _ = strconv.ParseInt(m[1], 10, 64)
		f.Issued = "F" + m[1] + "-" + m[3]
		return f, f.Document > 0
	}
	n, err := order.ParseNumber(m[2])
	if err != nil {
		return f, false
	}
	return FindWord{Number: n, Issued: string(n) + "-" + m[3]}, true
}

// money is what a word may be as an amount: certainly one with its mark or separators, perhaps
// one where it is a few digits that are no code.
func money(w string, f *FindWord) {
	m := moneyWord.FindStringSubmatch(w)
	if m == nil || m[2] == "-" && w[0] != '\\' && !strings.HasPrefix(w, "¥") {
		return
	}
	marked := m[2] != "" || strings.Contains(m[1], ",") || !isDigits(w[:1])
	digits := strings.ReplaceAll(m[1], ",", "")
	if !marked && (digits[0] == '0' || len(digits) > itemCodeDigits) {
		return
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return
	}
	f.Amount = new(order.Yen(n))
	if marked {
		f.Item, f.Customer, f.IDFrom, f.IDTo, f.Document = "", "", 0, 0, 0
	}
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// numbersFrom is the span of sequence values whose numbers begin with the digits.
func numbersFrom(digits string) (from, to int64) {
	from, _ = strconv.ParseInt(digits, 10, 64)
	to = from + 1
	for range order.NumberDigits - 1 - len(digits) {
		from, to = from*10, to*10
	}
	return from, to
}

var (
	fullDay     = regexp.MustCompile(`^(?:(令和|R|r)?(\d{1,4})(?:年|[-/.]))?(\d{1,2})(?:月|[-/.])(\d{1,2})日?$`)
	wholeMonth  = regexp.MustCompile(`^(?:(令和|R|r)?(\d{1,4})(?:年|[-/]))?(\d{1,2})(月?)$`)
	packedDay   = regexp.MustCompile(`^(20\d\d)(\d\d)(\d\d)$`)
	daysBetween = regexp.MustCompile(`^(.*?)(?:~|〜|～|\.\.)(.*)$`)
	slashRange  = regexp.MustCompile(`^([^-]*/[^-]*)-([^-]*/[^-]*)$`)
)

// firstReiwa is the year 0 of the era Reiwa.
const firstReiwa = 2018

// findDays reads a day, a month, or a span of days.
func findDays(w string, today order.Date) (from, to order.Date, ok bool) {
	m := daysBetween.FindStringSubmatch(w)
	if m == nil {
		m = slashRange.FindStringSubmatch(w)
	}
	if m == nil {
		return findDay(w, today)
	}
	var last order.Date
	okFrom, okTo := m[1] == "", m[2] == ""
	if !okFrom {
		from, _, okFrom = findDay(m[1], today)
	}
	if !okTo {
		_, last, okTo = findDay(m[2], today)
	}
	if !okFrom || !okTo || m[1] == "" && m[2] == "" {
		return order.Date{}, order.Date{}, false
	}
	if !from.IsZero() && !last.IsZero() && last.Before(from) {
		if from.Year == last.Year && !strings.Contains(m[1], strconv.Itoa(from.Year)) { // 12/20~1/10
			from.Year--
		}
		if last.Before(from) {
			from, last = last, from
		}
	}
	return from, last, true
}

// findDay reads one day or one month.
func findDay(w string, today order.Date) (from, to order.Date, ok bool) {
	switch strings.ToLower(w) {
	case "今日", "本日", "today":
		return today, today, true
	case "昨日", "yesterday":
		return today.Add(-1), today.Add(-1), true
	}
	if m := packedDay.FindStringSubmatch(w); m != nil {
		if d, ok := calendarDay(m[1], m[2], m[3], "", today); ok && !order.ValidCheckDigit(w) {
			return d, d, true
		}
		return from, to, false
	}
	if m := fullDay.FindStringSubmatch(w); m != nil && (m[2] != "" || !strings.ContainsAny(w, "-.")) && (m[1] != "" || m[2] == "" || len(m[2]) == 4) {
		d, ok := calendarDay(m[2], m[3], m[4], m[1], today)
		return d, d, ok
	}
	if m := wholeMonth.FindStringSubmatch(w); m != nil && (m[4] != "" || len(m[2]) == 4 || m[1] != "") {
		first, ok := calendarDay(m[2], m[3], "1", m[1], today)
		if !ok {
			return from, to, false
		}
		last := order.DateOf(time.Date(first.Year, first.Month+1, 0, 0, 0, 0, 0, order.JST))
		return first, last, true
	}
	return from, to, false
}

// calendarDay is a day; one without a year is the last such day up to today.
func calendarDay(year, month, day, era string, today order.Date) (order.Date, bool) {
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	y, _ := strconv.Atoi(year)
	switch {
	case year == "":
		y = today.Year
	case era != "":
		y += firstReiwa
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, order.JST)
	if y < 2000 || y > 2199 || int(t.Month()) != m || t.Day() != d {
		return order.Date{}, false
	}
	on := order.DateOf(t)
	if year == "" && on.After(today) {
		t = time.Date(y-1, time.Month(m), d, 0, 0, 0, 0, order.JST)
		if t.Day() != d {
			return order.Date{}, false
		}
		on = order.DateOf(t)
	}
	return on, true
}
