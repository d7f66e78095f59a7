package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
)

func book(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sources are the package's Go files, or its tests.
func sources(t *testing.T, tests bool) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") != tests {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

// TestBookKnowsEveryRuleOfTheCode: an id that code names stands in docs/rules.md, and the
// functions and tests that the book names exist.
func TestBookKnowsEveryRuleOfTheCode(t *testing.T) {
	t.Parallel()
	text, code, tests := book(t), sources(t, false), sources(t, true)
	for _, m := range regexp.MustCompile(`"([A-Z]{3}-\d+)`).FindAllStringSubmatch(code, -1) {
		if !strings.Contains(text, "**"+m[1]+"**") {
			t.Errorf("the book has no rule %s", m[1])
		}
	}
	for _, name := range regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(text, -1) {
		if !strings.Contains(tests, "func "+name[1]+"(") {
			t.Errorf("the book names %s, which does not exist", name[1])
		}
	}
	for _, name := range regexp.MustCompile("`rules\\.([A-Z][A-Za-z]+)").FindAllStringSubmatch(text, -1) {
		if !regexp.MustCompile(`(?m)^(func|type) ` + name[1] + `\b`).MatchString(code) {
			t.Errorf("the book names rules.%s, which does not exist", name[1])
		}
	}
	if n := strings.Count(text, "\n- ✔ **") + strings.Count(text, "\n- ◐ **") + strings.Count(text, "\n- ○ **"); n != strings.Count(text, "\n- ")-strings.Count(text, "\n- **") {
		t.Errorf("%d rules are marked", n)
	}
}

// TestBookTable answers the book's own table as it stands on the page.
func TestBookTable(t *testing.T) {
	t.Parallel()
	_, table, ok := strings.Cut(book(t), "| received | channel, item | acceptance day | default arrival |\n|---|---|---|---|\n")
	if !ok {
		t.Fatal("the book has no such table")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	if len(rows) != 16 {
		t.Errorf("%d rows", len(rows))
	}
	weekday := regexp.MustCompile(`(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ((?:\d{4}-)?\d\d-\d\d)`)
	date := regexp.MustCompile(`(\d{4}-)?(\d\d-\d\d)`)
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		if len(cells) != 4 {
			t.Fatalf("row %q", row)
		}
		received := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?`).FindString(cells[0])
		channel, class, _ := strings.Cut(cells[1], ", ")
		on := func(cell string) order.Date {
			m := date.FindStringSubmatch(cell)
			year := m[1]
			if year == "" {
				year = received[:5]
			}
			return day(t, year+m[2])
		}
		for _, m := range weekday.FindAllStringSubmatch(row, -1) {
			if d := on(m[2]); d.Weekday().String()[:3] != m[1] {
				t.Errorf("%s is no %s", d, m[1])
			}
		}
		w := rules.Wish{Channel: order.Channel(channel), Class: order.Class(class), Region: region(t, rules.RegionHonshu), ReceivedAt: jst(t, received)}
		d, err := rules.Promise(w, rules.Default(), rules.DefaultCalendar())
		if err != nil || d.AcceptanceOn != on(cells[2]) || d.ArrivalOn != on(cells[3]) {
			t.Errorf("%s: accepted %s, arrives %s, %v", row, d.AcceptanceOn, d.ArrivalOn, err)
		}
		if _, more, ok := strings.Cut(cells[3], "("); ok && strings.Contains(more, "when designated") {
			w.DesignatedOn = on(more)
			if d, err := rules.Promise(w, rules.Default(), rules.DefaultCalendar()); err != nil || d.ArrivalOn != w.DesignatedOn || d.Moved {
				t.Errorf("%s: designated %s, arrives %s, %v", row, w.DesignatedOn, d.ArrivalOn, err)
			}
		}
	}
}

// TestBookRegions holds the book's region table to the default one.
func TestBookRegions(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|.*\\| (\\d\\d:\\d\\d) \\| (\\d\\d:\\d\\d) \\| (\\d) \\|$").FindAllStringSubmatch(book(t), -1)
	if len(rows) != len(rules.DefaultRegions(rules.Default())) {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		r := region(t, row[1])
		if r.CutoffFax.String() != row[2] || r.CutoffWeb.String() != row[3] || string(rune('0'+r.LeadDays)) != row[4] {
			t.Errorf("%q differs from %+v", row[0], r)
		}
	}
}
