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
	for _, d := range out.tables {
		d.tables = out
	}
	return out, nil
}

// DatedRegions are the tables that rows make, each row telling its table's day; where none holds
// from the beginning, the default one does.
func DatedRegions(rows []order.Region, s Settings) (*RegionTables, error) {
	tables := regionTables(rows)
	if !slices.ContainsFunc(tables, func(t RegionTable) bool { return t.From.IsZero() }) {
		tables = append(tables, RegionTable{Rows: DefaultRegions(s)})
	}
	return NewRegionTables(tables)
}

func regionTables(rows []order.Region) (out []RegionTable) {
	for _, r := range rows {
		i := slices.IndexFunc(out, func(t RegionTable) bool { return t.From == r.From })
		if i < 0 {
			i = len(out)
			out = append(out, RegionTable{From: r.From})
		}
		out[i].Rows = append(out[i].Rows, r)
	}
	return out
}

// RegionProblem is what stands against a row of dated tables, counted from 0.
type RegionProblem struct {
	Row    int
	Column string
	Err    *order.Error
}

// CheckDatedRegions is CheckRegions for the rows of tables of all times, each held against the
// settings and the warehouses of its day.
func CheckDatedRegions(rows []order.Region, warehouses []order.Warehouse, s Settings) (out []RegionProblem) {
	for _, t := range regionTables(rows) {
		of := s
		if !t.From.IsZero() {
			of = s.On(t.From)
		}
		for _, e := range Problems(CheckRegions(t.Rows, order.WarehousesOn(warehouses, t.From), of)) {
			no, column, _ := RegionRow(e.Field)
			at := -1
			for i, r := range rows {
				if r.From == t.From {
					if no--; no < 0 {
						at = i
						break
					}
				}
			}
			out = append(out, RegionProblem{max(at, 0), column, e})
		}
	}
	slices.SortStableFunc(out, func(a, b RegionProblem) int { return a.Row - b.Row })
	return out
}

// WarehouseProblem is a region whose cut-offs a warehouse would break.
type WarehouseProblem struct {
	Region string
	Err    *order.Error // of CheckRegions
}

// CheckWarehouses tells which cut-offs would miss their day's last wave (CUT-11) with the warehouses
// after a change, on any day from which a table or a warehouse's row holds, and do not with those
// before it.
func CheckWarehouses(t *RegionTables, before, after []order.Warehouse, s Settings) (out []WarehouseProblem) {
	days := []order.Date{{}}
	for _, d := range t.tables {
		days = append(days, d.from)
	}
	for _, w := range after {
		days = append(days, w.From)
	}
	type cutoff struct{ region, column string }
	seen := map[cutoff]bool{}
	for i, day := range days {
		if slices.Contains(days[:i], day) {
			continue
		}
		of, rows := s, t.On(day).Rows()
		if !day.IsZero() {
			of = s.On(day)
		}
		stands := Problems(CheckRegions(rows, order.WarehousesOn(before, day), of))
		for _, e := range Problems(CheckRegions(rows, order.WarehousesOn(after, day), of)) {
			no, column, _ := RegionRow(e.Field)
			k := cutoff{rows[no].Code, column}
			if !seen[k] && !slices.ContainsFunc(stands, func(s *order.Error) bool { return s.Field == e.Field && s.Message == e.Message }) {
				seen[k] = true
				out = append(out, WarehouseProblem{k.region, e})
			}
		}
	}
	return out
}

func beginning(d order.Date) string {
	if d.IsZero() {
		return "the beginning"
	}
	return d.String()
}

// Rows are the rows of all tables, by the day from which they hold.
func (t *RegionTables) Rows() (out []order.Region) {
	for _, d := range t.tables {
		out = append(out, d.rows...)
	}
	return out
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
