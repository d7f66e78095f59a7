package store

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"todoke/order"
)

// date carries an order.Date to and from a date column; no date is null.
type date order.Date

// DateValue implements pgtype.DateValuer.
func (d date) DateValue() (pgtype.Date, error) {
	if order.Date(d).IsZero() {
		return pgtype.Date{}, nil
	}
	return pgtype.Date{Time: time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), Valid: true}, nil
}

// ScanDate implements pgtype.DateScanner.
func (d *date) ScanDate(v pgtype.Date) error {
	switch {
	case !v.Valid:
		*d = date{}
	case v.InfinityModifier != pgtype.Finite:
		return fmt.Errorf("scan date: %v is not a day", v.InfinityModifier)
	default:
		y, m, day := v.Time.Date()
		*d = date(order.D(y, m, day))
	}
	return nil
}

// clock carries an order.Clock to and from a time column.
type clock order.Clock

// TimeValue implements pgtype.TimeValuer.
func (c clock) TimeValue() (pgtype.Time, error) {
	seconds := int64(c.Hour)*3600 + int64(c.Minute)*60 + int64(c.Second)
	return pgtype.Time{Microseconds: seconds * 1_000_000, Valid: true}, nil
}

// ScanTime implements pgtype.TimeScanner.
func (c *clock) ScanTime(v pgtype.Time) error {
	s := int(v.Microseconds / 1_000_000)
	*c = clock{Hour: s / 3600, Minute: s / 60 % 60, Second: s % 60}
	return nil
}

// instant is a timestamptz that is null for the zero time.
type instant time.Time

// TimestamptzValue implements pgtype.TimestamptzValuer.
func (i instant) TimestamptzValue() (pgtype.Timestamptz, error) {
	t := time.Time(i)
	return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}, nil
}

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (i *instant) ScanTimestamptz(v pgtype.Timestamptz) error {
	if !v.Valid {
		*i = instant{}
		return nil
	}
	*i = instant(v.Time.In(order.JST))
	return nil
}

// at drops what a timestamptz column cannot hold, so that what is returned equals what is
// read again.
func at(t time.Time) time.Time { return t.Truncate(time.Microsecond) }

// null is nil for the zero value: an id or text that is not set is null.
func null[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// list is an empty array rather than null.
func list[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}
