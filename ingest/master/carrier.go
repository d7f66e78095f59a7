package master

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// weekdayNames are the days of the week as files write them, from Sunday on; the English ones and
// the digits 0 to 6 are read, too.
var weekdayNames = []string{"日", "月", "火", "水", "木", "金", "土"}

var weekdayWords = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func weekdays(c *order.CarrierDay, cell string, _ *Options) string {
	for _, word := range strings.FieldsFunc(strings.ToLower(fold(cell)), func(r rune) bool { return strings.ContainsRune(";；,，、| 　", r) }) {
		days := strings.Split(word, "")
		if i := slices.Index(weekdayWords, word); i >= 0 {
			days = []string{weekdayNames[i]}
		}
		for _, d := range days {
			i := slices.Index(weekdayNames, d)
			if n, err := strconv.Atoi(d); err == nil && n < len(weekdayNames) {
				i = n
			}
			if i < 0 {
				return fmt.Sprintf("%q is no day of the week: write 月 木, mon thu or 1 4", clip(cell))
			}
			if day := time.Weekday(i); !slices.Contains(c.Weekdays, day) {
				c.Weekdays = append(c.Weekdays, day)
			}
		}
	}
	slices.Sort(c.Weekdays)
	return ""
}

func weekdayList(c *order.CarrierDay) string {
	var out []string
	for _, d := range c.Weekdays {
		out = append(out, weekdayNames[d])
	}
	return strings.Join(out, listSep)
}

// oneOrAll reads a choice that may be left out: all of them.
func oneOrAll[T any, V ~string](field func(*T) *V, all ...V) func(*T, string, *Options) string {
	read := choice(field, all...)
	return func(row *T, cell string, o *Options) string {
		if strings.TrimSpace(cell) == "" {
			return ""
		}
		return read(row, cell, o)
	}
}

var carriers = table[order.CarrierDay]{
	kind: KindCarriers,
	rows: func(s *Set) *[]order.CarrierDay { return &s.Carriers },
	key: func(c *order.CarrierDay) string {
		return strings.Join([]string{c.Carrier, c.Region, string(c.Class), weekdayList(c), c.From.String(), c.To.String(), strconv.Itoa(c.LeadDays)}, "/")
	},
	keyName: "the row",
	columns: []column[order.CarrierDay]{
		{"carrier", text(func(c *order.CarrierDay) *string { return &c.Carrier }, maxName, true), func(c *order.CarrierDay) string { return c.Carrier }, "CUT-5"},
		{"region", ident(func(c *order.CarrierDay) *string { return &c.Region }, false), func(c *order.CarrierDay) string { return c.Region }, "CUT-5"},
		{"class", oneOrAll(func(c *order.CarrierDay) *order.Class { return &c.Class }, order.ClassNormal, order.ClassTruck, order.ClassPhone), func(c *order.CarrierDay) string { return string(c.Class) }, "CUT-5"},
		{"weekdays", weekdays, weekdayList, "CUT-5"},
		{"from_on", date(func(c *order.CarrierDay) *order.Date { return &c.From }, false), func(c *order.CarrierDay) string { return c.From.String() }, "CUT-5"},
		{"to_on", date(func(c *order.CarrierDay) *order.Date { return &c.To }, false), func(c *order.CarrierDay) string { return c.To.String() }, "CUT-5"},
		{"lead_days", func(c *order.CarrierDay, cell string, o *Options) string {
			if strings.TrimSpace(cell) == "" {
				return ""
			}
			return number(func(c *order.CarrierDay) *int { return &c.LeadDays }, 0, 30, "1")(c, cell, o)
		}, func(c *order.CarrierDay) string {
			if c.LeadDays == 0 {
				return ""
			}
			return strconv.Itoa(c.LeadDays)
		}, "CUT-5"},
		{"name", text(func(c *order.CarrierDay) *string { return &c.Name }, maxName, false), func(c *order.CarrierDay) string { return c.Name }, ""},
	},
}
