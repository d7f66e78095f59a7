package rules

import (
	"errors"
	"slices"
	"strconv"

	"todoke/order"
)

// RegionTable is a region table that holds for what is received from a day on (CUT-2): a table
// entered for next month does not change today's orders.
type RegionTable struct {
	From order.Date     `json:"from_on,omitzero"` // zero: from the beginning
	Rows []order.Region `json:"rows"`
}

// RegionTables are the tables of all times.
type RegionTables struct {
	tables []datedRegions // by day
}

type datedRegions struct {
	from order.Date
	*Regions
}

// NewRegionTables checks the tables: one holds from the beginning, each begins on a day of its
// own, and each is right by itself. Errors name table, row and column, such as
// "tables[1].regions[0].cutoff_web".
func NewRegionTables(tables []RegionTable) (*RegionTables, error) {
	var errs []error
	out := &RegionTables{}
	seen := map[order.Date]bool{}
	for i, t := range tables {
		field := "tables[" + strconv.Itoa(i) + "]"
		if seen[t.From] {
			errs = append(errs, order.Invalid("CUT-2", field+".from_on", "two tables begin on "+beginning(t.From)))
		}
		seen[t.From] = true
		r, err := NewRegions(t.Rows)
		for _, e := range Problems(err) {
			e.Field = field + "." + e.Field
			errs = append(errs, e)
		}
		out.tables = append(out.tables, datedRegions{t.From, r})
	}
	if !seen[order.Date{}] {
		errs = append(errs, order.Invalid("CUT-2", "tables", "no table holds from the beginning: leave from_on of the oldest one empty"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	slices.SortFunc(out.tables, func(a, b datedRegions) int {
		switch {
		case a.from == b.from:
			return 0
		case a.from.IsZero() || !b.from.IsZero() && a.from.Before(b.from):
			return -1
		default:
			return 1
		}
	})
	return out, nil
}

func beginning(d order.Date) string {
	if d.IsZero() {
		return "the beginning"
	}
	return d.String()
}

// On is the table that holds for what is received, or finally approved (CUT-9), on a day.
func (t *RegionTables) On(day order.Date) *Regions {
	r := t.tables[0].Regions
	for _, d := range t.tables[1:] {
		if d.from.After(day) {
			break
		}
		r = d.Regions
	}
	return r
}
