package master

import (
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"todoke/order"
)

const (
	maxName    = 100 // runes of a name
	maxAddress = 200 // runes of an address
	maxIdent   = 20  // characters of a code without scheme
	maxEmail   = 254 // RFC 5321, 4.5.3.1.3
	maxYen     = 100_000_000
	maxQty     = 10_000_000
	maxList    = 100 // entries of a list in a cell
	listSep    = ";"
)

// fold turns full-width ASCII into plain ASCII, as keyboards in Japan produce it in numbers.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		case r == '‐' || r == '−' || r == '―' || r == '–' || r == 'ー':
			return '-'
		}
		return r
	}, s)
}

func clip(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// text reads a text of at most limit runes.
func text[T any](field func(*T) *string, limit int, required bool) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		if cell == "" && required {
			return "the text is missing: write it"
		}
		if n := utf8.RuneCountInString(cell); n > limit {
			return fmt.Sprintf("the text has %d characters: %d are the most", n, limit)
		}
		if i := strings.IndexFunc(cell, func(r rune) bool { return !unicode.IsPrint(r) && r != '　' }); i >= 0 {
			return "the text holds a line break or another invisible character: delete it"
		}
		*field(row) = cell
		return ""
	}
}

// code reads a code by the scheme that pick chooses.
func code[T any](field func(*T) *string, pick func(*Options) order.CodeScheme, required bool) func(*T, string, *Options) string {
	return func(row *T, cell string, o *Options) string {
		cell = fold(cell)
		if cell == "" && !required {
			return ""
		}
		if msg := pick(o).Fault(cell); msg != "" {
			return msg
		}
		*field(row) = cell
		return ""
	}
}

func itemScheme(o *Options) order.CodeScheme     { return o.Scheme.Item }
func customerScheme(o *Options) order.CodeScheme { return o.Scheme.Customer }
func shipToScheme(*Options) order.CodeScheme     { return order.CodeScheme{Digits: 3} }

// ident reads a short code of letters, digits, hyphen and underscore.
func ident[T any](field func(*T) *string, required bool) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		if cell == "" {
			if required {
				return "the code is missing: write it"
			}
			return ""
		}
		if len(cell) > maxIdent || strings.IndexFunc(cell, func(r rune) bool { return !identRune(r) }) >= 0 {
			return fmt.Sprintf("%q is not a code: write up to %d letters, digits, hyphens and underscores", clip(cell), maxIdent)
		}
		*field(row) = cell
		return ""
	}
}

func identRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// number reads a whole number from low to high.
func number[T any, N ~int | ~int64](field func(*T) *N, low, high int64, example string) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		cell = fold(cell)
		if cell == "" {
			return "the number is missing: write digits, such as " + example
		}
		if rest, negative := strings.CutPrefix(cell, "-"); negative && digits(rest) {
			return fmt.Sprintf("%s is negative: write a number from %d to %d", clip(cell), low, high)
		}
		if !digits(cell) {
			return fmt.Sprintf("%q is not a whole number: write digits only, without separators, sign or unit, such as %s", clip(cell), example)
		}
		n, err := strconv.ParseInt(cell, 10, 64)
		if err != nil || n < low || n > high {
			return fmt.Sprintf("%s is out of range: write a number from %d to %d", clip(cell), low, high)
		}
		*field(row) = N(n)
		return ""
	}
}

func rate[T any](field func(*T) *order.Percent) func(*T, string, *Options) string {
	return func(row *T, cell string, o *Options) string {
		n, err := strconv.Atoi(strings.TrimSuffix(fold(cell), "%"))
		if err != nil || !slices.Contains(o.TaxRates, order.Percent(n)) {
			rates := make([]string, 0, len(o.TaxRates))
			for _, p := range o.TaxRates {
				rates = append(rates, strconv.Itoa(int(p)))
			}
			return fmt.Sprintf("%q is not a tax rate: write one of %s", clip(cell), strings.Join(rates, ", "))
		}
		*field(row) = order.Percent(n)
		return ""
	}
}

// choice reads one of a few words.
func choice[T any, S ~string](field func(*T) *S, of ...S) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		v := S(strings.ToLower(fold(cell)))
		if !slices.Contains(of, v) {
			return fmt.Sprintf("%q is not possible here: write one of %s", clip(cell), strings.Join(words(of), ", "))
		}
		*field(row) = v
		return ""
	}
}

func words[S ~string](of []S) []string {
	w := make([]string, len(of))
	for i, s := range of {
		w[i] = string(s)
	}
	return w
}

func boolean[T any](field func(*T) *bool) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		switch strings.ToLower(fold(cell)) {
		case "true", "yes", "1":
			*field(row) = true
		case "false", "no", "0":
			*field(row) = false
		default:
			return fmt.Sprintf("%q is neither true nor false: write true or false", clip(cell))
		}
		return ""
	}
}

// list reads entries separated by semicolons, spaces, commas, bars or 、; none empty or twice.
func list[T any](field func(*T) *[]string, entry func(string) (string, string), required bool) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		parts := strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(";；,，、| 　", r) })
		if len(parts) == 0 {
			if required {
				return "the list is empty: write its entries separated by semicolons"
			}
			return ""
		}
		if len(parts) > maxList {
			return fmt.Sprintf("the list has %d entries: %d are the most", len(parts), maxList)
		}
		var out []string
		for _, p := range parts {
			v, msg := entry(p)
			if msg != "" {
				return msg
			}
			if slices.Contains(out, v) {
				return clip(v) + " stands twice in the list: delete one"
			}
			out = append(out, v)
		}
		*field(row) = out
		return ""
	}
}

func identEntry(s string) (string, string) {
	var v string
	msg := ident(func(p *string) *string { return p }, true)(&v, s, nil)
	return v, msg
}

func markEntry(s string) (string, string) {
	var v string
	msg := text(func(p *string) *string { return p }, maxIdent, true)(&v, s, nil)
	return v, msg
}

func prefectureEntry(s string) (string, string) {
	if !order.IsPrefecture(s) {
		return "", fmt.Sprintf("%q is not a prefecture: write its full name, such as 東京都 or 大阪府", clip(s))
	}
	return s, ""
}

func prefixEntry(s string) (string, string) {
	v := strings.ReplaceAll(fold(s), "-", "")
	if !digits(v) || len(v) > 7 {
		return "", fmt.Sprintf("%q is not the beginning of a postal code: write 1 to 7 digits", clip(s))
	}
	return v, ""
}

func formatEntry(s string) (string, string) {
	v := strings.ToLower(fold(s))
	if !slices.Contains([]string{"xlsx", "pdf", "csv"}, v) {
		return "", fmt.Sprintf("%q is not a format: write one or more of xlsx, pdf, csv", clip(s))
	}
	return v, ""
}

func prefecture[T any](field func(*T) *string) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		v, msg := prefectureEntry(cell)
		*field(row) = v
		return msg
	}
}

func postal[T any](field func(*T) *string) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		v := strings.TrimPrefix(fold(cell), "〒")
		if len(v) == 8 && v[3] == '-' {
			v = v[:3] + v[4:]
		}
		if len(v) != 7 || !digits(v) {
			return fmt.Sprintf("%q is not a postal code: write 7 digits, such as 1000001 or 100-0001; spreadsheets drop leading zeros, so format the column as text", clip(cell))
		}
		*field(row) = v
		return ""
	}
}

func fax[T any](field func(*T) *string) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		if cell == "" {
			return ""
		}
		v, ok := order.ParsePhone(fold(cell))
		if !ok {
			return fmt.Sprintf("%q is not a fax number in Japan: write 10 or 11 digits with the area code, such as 03-1234-5678", clip(cell))
		}
		*field(row) = v
		return ""
	}
}

func email[T any](field func(*T) *string) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		if cell == "" {
			return ""
		}
		a, err := mail.ParseAddress(cell)
		if err != nil || a.Name != "" || a.Address != cell || len(cell) > maxEmail {
			return fmt.Sprintf("%q is not an e-mail address: write it bare, such as soumu@example.jp", clip(cell))
		}
		*field(row) = cell
		return ""
	}
}

func registration[T any](field func(*T) *string) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		v := strings.ToUpper(strings.ReplaceAll(fold(cell), "-", ""))
		if !order.ValidRegistrationNumber(v) {
			return fmt.Sprintf("%q is not a registration number: write T and 13 digits", clip(cell))
		}
		*field(row) = v
		return ""
	}
}

const firstYear, lastYear = 2000, 2100

func date[T any](field func(*T) *order.Date, required bool) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		v := fold(cell)
		if v == "" && !required {
			return ""
		}
		d, err := order.ParseDate(v)
		if err != nil {
			d, err = slashDate(v)
		}
		if err != nil {
			return fmt.Sprintf("%q is not a date: write it as YYYY-MM-DD, such as 2026-11-24", clip(cell))
		}
		if d.Year < firstYear || d.Year > lastYear {
			return fmt.Sprintf("the year %d is out of range: write a year from %d to %d", d.Year, firstYear, lastYear)
		}
		*field(row) = d
		return ""
	}
}

// slashDate reads 2026/1/5, as spreadsheets in Japan rewrite dates.
func slashDate(s string) (order.Date, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 3 || len(parts[0]) != 4 {
		return order.Date{}, order.Invalid("", "", "not a date")
	}
	for i := 1; i < 3; i++ {
		if len(parts[i]) == 1 {
			parts[i] = "0" + parts[i]
		}
	}
	return order.ParseDate(strings.Join(parts, "-"))
}

func clock[T any](field func(*T) *order.Clock) func(*T, string, *Options) string {
	return func(row *T, cell string, _ *Options) string {
		v := fold(cell)
		if len(v) == 4 && v[1] == ':' {
			v = "0" + v
		}
		c, err := order.ParseClock(v)
		if err != nil {
			return fmt.Sprintf("%q is not a time of day: write it as HH:MM, such as 17:00", clip(cell))
		}
		*field(row) = c
		return ""
	}
}
