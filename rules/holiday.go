package rules

import (
	"slices"
	"time"

	"todoke/order"
)

// Holiday is a national holiday of Japan.
type Holiday struct {
	On   order.Date
	Name string // as the Cabinet Office writes it; 休日 for substitute and citizens' holidays
}

// nameless is what the Cabinet Office's list calls substitute and citizens' holidays.
const nameless = "休日"

// Holidays computes the national holidays of a year, in order of date (CUT-10), by the Act on
// National Holidays (昭和23年法律第178号) as in force since 2022. The equinoxes follow the
// formula of the Hydrographic Department, good for 1980–2099; the days the Cabinet announces
// each February have never differed from it. A change of the law is entered in the calendar
// table until it is written here.
func Holidays(year int) []Holiday {
	hs := []Holiday{
		{order.D(year, time.January, 1), "元日"},
		{nthMonday(year, time.January, 2), "成人の日"},
		{order.D(year, time.February, 11), "建国記念の日"},
		{order.D(year, time.February, 23), "天皇誕生日"},
		{vernalEquinox(year), "春分の日"},
		{order.D(year, time.April, 29), "昭和の日"},
		{order.D(year, time.May, 3), "憲法記念日"},
		{order.D(year, time.May, 4), "みどりの日"},
		{order.D(year, time.May, 5), "こどもの日"},
		{nthMonday(year, time.July, 3), "海の日"},
		{order.D(year, time.August, 11), "山の日"},
		{nthMonday(year, time.September, 3), "敬老の日"},
		{autumnalEquinox(year), "秋分の日"},
		{nthMonday(year, time.October, 2), "スポーツの日"},
		{order.D(year, time.November, 3), "文化の日"},
		{order.D(year, time.November, 23), "勤労感謝の日"},
	}
	national := make(map[order.Date]bool, len(hs))
	for _, h := range hs {
		national[h.On] = true
	}
	days := make(map[order.Date]bool)
	for d := range national {
		// Article 3 paragraph 2, 振替休日: a holiday on a Sunday gives the nearest later day
		// that is no national holiday.
		if d.Weekday() == time.Sunday {
			sub := d.Add(1)
			for national[sub] {
				sub = sub.Add(1)
			}
			days[sub] = true
		}
		// Article 3 paragraph 3, 国民の休日: a day between two national holidays.
		if between := d.Add(1); !national[between] && national[between.Add(1)] {
			days[between] = true
		}
	}
	for d := range days {
		hs = append(hs, Holiday{d, nameless})
	}
	slices.SortFunc(hs, func(a, b Holiday) int { return a.On.Compare(b.On) })
	return hs
}

func nthMonday(year int, month time.Month, n int) order.Date {
	first := order.D(year, month, 1)
	toMonday := (int(time.Monday) - int(first.Weekday()) + 7) % 7
	return first.Add(toMonday + 7*(n-1))
}

// Equinox days by 20.8431 (March) or 23.2488 (September) + 0.242194 (y − 1980) − ⌊(y − 1980)/4⌋,
// kept in millionths of a day.
func vernalEquinox(year int) order.Date   { return equinox(year, time.March, 20_843_100) }
func autumnalEquinox(year int) order.Date { return equinox(year, time.September, 23_248_800) }

func equinox(year int, month time.Month, base int) order.Date {
	const drift, million, epoch = 242_194, 1_000_000, 1980
	y := year - epoch
	return order.D(year, month, (base+drift*y)/million-y/4)
}
