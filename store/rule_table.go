package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// RuleChange is a table of rules as it was written at the desk, whole.
type RuleChange struct {
	ID                  int64
	Name, Before, After string
	Reason, By          string
	At                  time.Time
}

func scanRuleChange(r pgx.CollectableRow) (RuleChange, error) {
	var c RuleChange
	return c, r.Scan(&c.ID, &c.Name, &c.Before, &c.After, &c.Reason, &c.By, &c.At)
}

// RuleHistory are the changes of a table, or of all for "", the newest first.
func (s *Store) RuleHistory(ctx context.Context, name string, limit int) ([]RuleChange, error) {
	return collect(ctx, s.pool, "RuleHistory", scanRuleChange, name, limit)
}

// SettingsText is the table of changed settings as it stands.
func (s *Store) SettingsText(ctx context.Context) (string, error) {
	return settingsText(ctx, s.pool)
}

func settingsText(ctx context.Context, q querier) (string, error) {
	last, err := collect(ctx, q, "RuleHistory", scanRuleChange, TableSettings, 1)
	if err != nil || len(last) == 0 {
		return strings.Join(rules.ChangeColumns, ",") + "\n", err
	}
	return rules.WidenChanges(last[0].After), nil
}

// settingsNow are the settings with the changes that were written at the desk.
func settingsNow(ctx context.Context, q querier, s rules.Settings) (rules.Settings, error) {
	text, err := settingsText(ctx, q)
	if err != nil {
		return s, err
	}
	changes, bad := rules.ParseChanges(text, s)
	if len(bad) > 0 { // the configuration changed since: it holds alone
		return s, nil
	}
	s.Changes = append(append([]rules.Change{}, s.Changes...), changes...)
	return s, nil
}

// CheckChanges says which changes of settings do not go together with the region table: cut-offs
// that the day's last wave could not keep any more (CUT-11). Each is named by its place.
func (s *Store) CheckChanges(ctx context.Context, changes []rules.Change) (map[int]*order.Error, error) {
	sh, err := s.shared(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	settings := s.settings
	settings.Changes = append(slices.Clone(settings.Changes), changes...)
	bad := map[int]*order.Error{}
	for i, c := range changes {
		if c.DispatchDeadline == nil && c.DispatchDeadlineTruck == nil && c.CancelWindowMinutes == nil {
			continue
		}
		for _, e := range rules.Problems(rules.CheckRegions(sh.regions.On(c.From).Rows(), sh.warehousesOn(c.From), settings.On(c.From))) {
			bad[i] = e
			break
		}
	}
	return bad, nil
}

// SaveRules puts an edited table in force: its rows, none of the calendar's in years that the text
// before had, and the text with who and why, all or nothing. A table that is not any more as the
// person saw it, c.Before, is a conflict: of two at the same moment the second learns of the first.
func (s *Store) SaveRules(ctx context.Context, c RuleChange, m order.Masters, years []int) error {
	if strings.TrimSpace(c.Reason) == "" || c.By == "" {
		return order.Invalid("", "reason", "say why this is changed")
	}
	return s.importMasters(ctx, m, nil, func(tx *Tx) error {
		now, err := ruleText(ctx, tx.tx, c.Name)
		if err != nil {
			return err
		}
		if now != c.Before {
			return order.Conflict("table", ErrRulesChanged)
		}
		switch c.Name {
		case TableRegions:
			err = tx.exec(ctx, "RegionsClear")
		case TableCarriers:
			if len(m.Carriers) == 0 { // else they are replaced whole
				err = tx.exec(ctx, "CarrierDaysClear")
			}
		}
		if err != nil {
			return err
		}
		if len(years) > 0 {
			if err := tx.exec(ctx, "CalendarDelete", years); err != nil {
				return err
			}
		}
		return tx.exec(ctx, "RuleChangeInsert", c.Name, text(c.Before), text(c.After), text(c.Reason), text(c.By), at(c.At))
	})
}

// RulePreview is what an edited table would change.
type RulePreview struct {
	rules.DiffSummary
	From, To order.Date // the orders' days of acceptance
	Capped   bool       // only the newest of them were looked at
	On       order.Date // by the tables of this day they were judged, whenever they came
	Planned  int        // shipments planned for days that would be closed
	Examples []RuleExample
}

// RuleExample is an order that would be told something else.
type RuleExample struct {
	Order       order.Order
	Differences []rules.Difference
}

// RuleTables are the tables as they would stand; nil leaves one as it is.
type RuleTables struct {
	Regions  []order.Region
	Calendar []order.CalendarDay
	Carriers []order.CarrierDay
	Changes  []rules.Change // of settings
	// Warehouses are those of a file; the others stay as they are.
	Warehouses []order.Warehouse
	// Which of them are given: an empty table is one, too.
	HasRegions, HasCalendar, HasCarriers, HasChanges bool
	// From is the day whose tables the orders are judged by; zero is the latest that the change is about.
	From order.Date
}

// Limits of a preview.
const (
	previewDays     = 31
	previewOrders   = 5000
	previewExamples = 10
)

// PreviewRules judges the orders of the last month by the tables as they are and as they would be.
func (s *Store) PreviewRules(ctx context.Context, t RuleTables, now time.Time) (RulePreview, error) {
	today := order.DateOf(now.In(order.JST))
	v := RulePreview{From: today.Add(-previewDays), To: today}
	before, after, on, err := s.tablesOf(ctx, t, today)
	v.On = on
	if err != nil {
		return v, err
	}
	ids, err := collect(ctx, s.pool, "PreviewOrders", pgx.RowTo[int64], v.From.At(order.Clock{}), v.To.Add(1).At(order.Clock{}), previewOrders)
	if err != nil {
		return v, err
	}
	v.Capped = len(ids) >= previewOrders
	past := make([]rules.PastOrder, 0, len(ids))
	at := map[order.Number]order.Order{}
	const batch = 500
	for some := range slices.Chunk(ids, batch) {
		orders, err := readOrders(ctx, s.pool, some)
		if err != nil {
			return v, err
		}
		for _, o := range orders {
			past = append(past, rules.PastOrder{Order: o})
			at[o.Number] = o
		}
	}
	var diff []rules.Difference
	diff, v.DiffSummary = rules.Diff(past, before, after)
	for _, d := range diff {
		n := len(v.Examples)
		if n == 0 || v.Examples[n-1].Order.Number != d.Number {
			if n == previewExamples {
				break
			}
			v.Examples = append(v.Examples, RuleExample{Order: at[d.Number]})
			n++
		}
		v.Examples[n-1].Differences = append(v.Examples[n-1].Differences, d)
	}
	if t.HasCalendar {
		var closing []date
		const ahead = 400
		for i := range ahead {
			if d := today.Add(i); before.Calendar.Business(d) && !after.Calendar.Business(d) {
				closing = append(closing, date(d))
			}
		}
		err = kinded(s.pool.QueryRow(ctx, query("PreviewPlanned"), list(closing)).Scan(&v.Planned))
	}
	if t.HasCarriers && err == nil {
		sh, err := s.shared(ctx, s.pool)
		if err != nil {
			return v, err
		}
		r := newCarrierDays(before.Calendar, after.Calendar, sh.regions, today)
		if err := kinded(s.pool.QueryRow(ctx, query("PreviewCarried"), list(r.regions), list(r.classes), list(r.days), list(r.leaves)).Scan(&v.Planned)); err != nil {
			return v, err
		}
	}
	return v, err
}

// tablesOf are the tables as they are and as they would be, on the day that the change is about.
func (s *Store) tablesOf(ctx context.Context, t RuleTables, today order.Date) (before, after rules.Configuration, on order.Date, err error) {
	sh, err := s.shared(ctx, s.pool)
	if err != nil {
		return before, after, on, err
	}
	on = today
	for _, c := range t.Changes {
		if c.From.After(on) {
			on = c.From
		}
	}
	next := sh.regions
	if t.HasRegions {
		if next, err = rules.DatedRegions(t.Regions, s.settings); err != nil {
			return before, after, on, err
		}
		on = tableDay(sh.regions.Rows(), next.Rows(), on)
	}
	warehouses := mergeWarehouses(sh.allWarehouses, t.Warehouses)
	for _, w := range t.Warehouses {
		if w.From.After(on) {
			on = w.From
		}
	}
	if !t.From.IsZero() {
		on = t.From
	}
	// Last month's orders are judged as if the tables of that day had held then.
	table := func(of *rules.RegionTables) (*rules.RegionTables, error) {
		return rules.NewRegionTables([]rules.RegionTable{{Rows: of.On(on).Rows()}})
	}
	before = rules.Configuration{Calendar: sh.calendar, Settings: sh.settings.On(on), Warehouses: sh.warehousesOn(on)}
	was := on
	if !t.From.IsZero() { // what holds on that day against what holds today
		was = today
		before.Settings, before.Warehouses = sh.settings.On(today), sh.warehousesOn(today)
	}
	if before.Regions, err = rules.NewRegionTables([]rules.RegionTable{{Rows: sh.regions.On(was).Rows()}}); err != nil {
		return before, after, on, err
	}
	after = before
	after.Settings, after.Warehouses = sh.settings.On(on), order.WarehousesOn(warehouses, on)
	if t.HasChanges {
		changed := s.settings
		changed.Changes = append(append([]rules.Change{}, s.settings.Changes...), t.Changes...)
		after.Settings = changed.On(on)
	}
	if t.HasCalendar {
		if after.Calendar, err = rules.NewCalendar(s.settings.Closures, t.Calendar); err != nil {
			return before, after, on, err
		}
		carriers, err := readCarriers(ctx, s.pool)
		if err != nil {
			return before, after, on, err
		}
		if after.Calendar, err = after.Calendar.WithCarriers(carriers); err != nil {
			return before, after, on, err
		}
	}
	if t.HasCarriers {
		if after.Calendar, err = sh.calendar.WithCarriers(t.Carriers); err != nil {
			return before, after, on, err
		}
	}
	after.Regions, err = table(next)
	return before, after, on, err
}
