package order

import (
	"fmt"
	"time"
)

// JST is Asia/Tokyo. Japan keeps no daylight saving time (last in 1951), so a fixed zone is
// exact for every order and needs no time zone database on the machine.
var JST = time.FixedZone("Asia/Tokyo", 9*60*60)

// Date is a civil day in Japan, as cut-offs, promises and closing dates use it.
// The zero Date means "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// D makes a normalised Date: D(2026, 13, 1) is 2027-01-01.
func D(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, JST))
}

// DateOf is the day in Japan on which t falls.
func DateOf(t time.Time) Date {
	y, m, d := t.In(JST).Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-11-24". It refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, JST)
	if err != nil {
		return Date{}, Invalid("", "", fmt.Sprintf("%q is not a date: write it as YYYY-MM-DD, such as 2026-11-24", s))
	}
	return DateOf(t), nil
}

// IsZero tells whether d is "no date".
func (d Date) IsZero() bool { return d == Date{} }

// At is the instant of the given clock time on d in Japan.
func (d Date) At(c Clock) time.Time {
	return time.Date(d.Year, d.Month, d.Day, c.Hour, c.Minute, c.Second, 0, JST)
}

// Start is d's first instant in Japan.
func (d Date) Start() time.Time { return d.At(Clock{}) }

// Add is the day n calendar days later (earlier when n is negative).
func (d Date) Add(n int) Date { return D(d.Year, d.Month, d.Day+n) }

// Weekday is d's day of the week.
func (d Date) Weekday() time.Weekday { return d.Start().Weekday() }

// Compare is -1, 0 or +1 as d is before, equal to or after e.
func (d Date) Compare(e Date) int { return d.Start().Compare(e.Start()) }

// Before tells whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After tells whether d is a later day than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// Sub is the number of calendar days from e to d.
func (d Date) Sub(e Date) int {
	const day = 24 * time.Hour // exact: JST has no daylight saving time
	return int(d.Start().Sub(e.Start()) / day)
}

// String is "2026-11-24", or "" for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalText implements encoding.TextMarshaler.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; "" is no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	p, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = p
	return nil
}

// Clock is a wall-clock time of day in Japan, such as a cut-off.
type Clock struct{ Hour, Minute, Second int }

// ParseClock reads "17:00" or "17:00:30".
func ParseClock(s string) (Clock, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return Clock{t.Hour(), t.Minute(), t.Second()}, nil
		}
	}
	return Clock{}, Invalid("", "", fmt.Sprintf("%q is not a time of day: write it as HH:MM, such as 17:00", s))
}

// String is "17:00", or "17:00:30" where there are seconds.
func (c Clock) String() string {
	if c.Second != 0 {
		return fmt.Sprintf("%02d:%02d:%02d", c.Hour, c.Minute, c.Second)
	}
	return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute)
}

// MarshalText implements encoding.TextMarshaler.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Clock) UnmarshalText(b []byte) error {
	p, err := ParseClock(string(b))
	if err != nil {
		return err
	}
	*c = p
	return nil
}
