package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"todoke/order"
	"todoke/rules"
)

// tellFind writes what was understood as one line.
func tellFind(f rules.Find) string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !f.From.IsZero() || !f.To.IsZero() {
		add("days %s..%s", f.From, f.To)
	}
	for _, w := range f.Words {
		var may []string
		maybe := func(ok bool, format string, args ...any) {
			if ok {
				may = append(may, fmt.Sprintf(format, args...))
			}
		}
		maybe(w.Number != "", "number %s", w.Number)
		maybe(w.IDTo != 0, "numbers %d-%d", w.IDFrom, w.IDTo)
		maybe(w.Phone != "", "phone %s", w.Phone)
		maybe(w.Customer != "", "customer %s", w.Customer)
		maybe(w.Item != "", "item %s", w.Item)
		if w.Amount != nil {
			maybe(true, "%d yen", *w.Amount)
		}
		maybe(w.Document != 0 && w.Page == 0, "document %d", w.Document)
		maybe(w.Page != 0, "document %d.%d", w.Document, w.Page)
		maybe(w.Text != "", "%q", w.Text)
		add("%s", strings.Join(may, " or "))
	}
	if f.Wrong != "" {
		add("wrong %s", f.Wrong)
	}
	return strings.Join(out, "; ")
}

func TestReadFind(t *testing.T) {
	t.Parallel()
	today := order.D(2026, 11, 24)
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"1000000018", "number 1000000018"},
		{"100-000-0018", "number 1000000018"},
		{"１００－０００－００１８", "number 1000000018"},
		{"100-000-0017", "; wrong 100-000-0017"},
		{"100-000", "numbers 100000000-100001000"},
		{"100000001", "numbers 100000001-100000002"},
		{"10000016", "customer 10000016"},
		{"1000017", "item 1000017 or 1000017 yen or document 1000017"},
		{"03-1234-5678", "phone 0312345678"},
		{"0312345678", "phone 0312345678"},
		{"+81-3-1234-5678", "phone 0312345678"},
		{"０３－１２３４－５６７８", "phone 0312345678"},
		{"03-1234", "phone 031234"},
		{"12,345", "12345 yen"},
		{"12,345円", "12345 yen"},
		{"12345円", "12345 yen"},
		{"￥12,345-", "12345 yen"},
		{"12345", "12345 yen or document 12345"},
		{"１２３４５", "12345 yen or document 12345"},
		{"12.1", "document 12.1"},
		{"#12", "document 12"},
		{"受信12", "document 12"},
		{"F45-1", "document 45"},
		{"ｆ４５－１", "document 45"},
		{"1000000018-2", "number 1000000018"},
		{"100-000-0018-2", "number 1000000018"},
		{"11/24", "days 2026-11-24..2026-11-24"},
		{"11月24日", "days 2026-11-24..2026-11-24"},
		{"12/25", "days 2025-12-25..2025-12-25"},
		{"2026-11-02", "days 2026-11-02..2026-11-02"},
		{"2026/11/2", "days 2026-11-02..2026-11-02"},
		{"令和8年11月2日", "days 2026-11-02..2026-11-02"},
		{"20261102", "days 2026-11-02..2026-11-02"},
		{"2026-11", "days 2026-11-01..2026-11-30"},
		{"2月", "days 2026-02-01..2026-02-28"},
		{"11/20-11/24", "days 2026-11-20..2026-11-24"},
		{"11/20〜11/24", "days 2026-11-20..2026-11-24"},
		{"11/20 ～ 11/24", "days 2026-11-20..2026-11-24"},
		{"11/20~", "days 2026-11-20.."},
		{"12/20~1/10", "days 2025-12-20..2026-01-10"},
		{"今日", "days 2026-11-24..2026-11-24"},
		{"昨日", "days 2026-11-23..2026-11-23"},
		{"2/30", `"2/30"`},
		{"あおば商事", `"あおば商事"`},
		{"あおば　総務部", `"あおば"; "総務部"`},
		{"ｺﾋﾟｰ用紙 11/24", `days 2026-11-24..2026-11-24; "ｺﾋﾟｰ用紙"`},
		{"あおば 12,345円", `"あおば"; 12345 yen`},
		{"A4", `"A4"`},
		{"Ａ４", `"A4"`},
	} {
		if got := tellFind(rules.ReadFind(tt.text, today)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func FuzzReadFind(f *testing.F) {
	for _, s := range []string{"100-000-0017", "11/20〜11/24", "¥12,345-", "あおば 12.1", "\x00\xff", "0", "-", "~", "2/29", "令和0年1月1日"} {
		f.Add(s)
	}
	today := order.D(2026, 11, 24)
	f.Fuzz(func(t *testing.T, s string) {
		got := rules.ReadFind(s, today)
		if len(got.Words) > 4 {
			t.Fatalf("%q: %d words", s, len(got.Words))
		}
		if !got.From.IsZero() && !got.To.IsZero() && got.To.Before(got.From) {
			t.Fatalf("%q: from %s to %s", s, got.From, got.To)
		}
		for _, w := range got.Words {
			if !utf8.ValidString(w.Text) || strings.ContainsRune(w.Text, 0) {
				t.Fatalf("%q: text %q", s, w.Text)
			}
			if w.IDTo != 0 && (w.IDFrom <= 0 || w.IDTo <= w.IDFrom) || w.Amount != nil && *w.Amount < 0 || w.Document < 0 {
				t.Fatalf("%q: %+v", s, w)
			}
			if w.Number != "" && !order.ValidCheckDigit(string(w.Number)) {
				t.Fatalf("%q: number %s", s, w.Number)
			}
		}
	})
}
