package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// waveCommand looks at what waves release.
type waveCommand struct {
	Preview wavePreviewCommand `cmd:"" help:"Tell what the next wave would release at each warehouse, and why not the rest. Changes nothing."`
}

type wavePreviewCommand struct {
	At   string `help:"A wave at this time instead of the next in the cron table." placeholder:"T"`
	All  bool   `help:"Every shipment, not three for each reason."`
	JSON bool   `name:"json" help:"Print one JSON object a shipment."`
}

// nextWave is when the cron table's next wave on a business day is due; now where it has none.
func nextWave(st *store.Store, now time.Time, c *rules.Calendar) time.Time {
	var next time.Time
	for _, s := range st.ScheduleTable() {
		if !strings.HasPrefix(s.Name, "wave_") {
			continue
		}
		if t := store.NextRun(s, now, c); next.IsZero() || t.Before(next) {
			next = t
		}
	}
	if next.IsZero() {
		return now
	}
	return next
}

// Run implements the command.
func (c *wavePreviewCommand) Run(ctx context.Context, a *App) error {
	var at time.Time
	if c.At != "" {
		t, problem := parseInstant("at", c.At)
		if problem != nil {
			return problem
		}
		at = t
	}
	return a.withStore(ctx, func(st *store.Store) error {
		if at.IsZero() {
			calendar, _, _, err := st.Masters(ctx)
			if err != nil {
				return err
			}
			at = nextWave(st, a.Now(), calendar)
		}
		rows, err := st.WavePreview(ctx, at)
		if err != nil {
			return err
		}
		if c.JSON {
			for _, r := range rows {
				if err := printJSON(a.Stdout, r); err != nil {
					return err
				}
			}
			return nil
		}
		return c.tell(a, at, rows)
	})
}

func (c *wavePreviewCommand) tell(a *App, at time.Time, rows []store.PreviewRow) error {
	type lane struct {
		warehouse string
		class     order.Class
	}
	type sum struct {
		lane
		orders, stay map[order.Number]bool
		lines, qty   int
	}
	lanes := map[lane]*sum{}
	type stop struct {
		lane
		rule, why string
		orders    []string
	}
	var stops []*stop
	for _, r := range rows {
		k := lane{r.Warehouse, r.Class}
		s := lanes[k]
		if s == nil {
			s = &sum{lane: k, orders: map[order.Number]bool{}, stay: map[order.Number]bool{}}
			lanes[k] = s
		}
		if r.Goes {
			s.orders[r.Order] = true
			s.lines, s.qty = s.lines+r.Lines, s.qty+r.Qty
			continue
		}
		s.stay[r.Order] = true
		i := slices.IndexFunc(stops, func(o *stop) bool { return o.lane == k && o.rule == r.Rule && o.why == r.Why })
		if i < 0 {
			i = len(stops)
			stops = append(stops, &stop{lane: k, rule: r.Rule, why: r.Why})
		}
		stops[i].orders = append(stops[i].orders, r.Order.Grouped())
	}
	fmt.Fprintf(a.Stdout, "a wave at %s would release:\n", stamp(at))
	table := [][]string{{"WAREHOUSE", "CLASS", "ORDERS", "LINES", "QUANTITY", "STAY"}}
	var sorted []*sum
	for _, s := range lanes {
		sorted = append(sorted, s)
	}
	slices.SortFunc(sorted, func(x, y *sum) int {
		return cmp.Or(cmp.Compare(x.warehouse, y.warehouse), cmp.Compare(x.class, y.class))
	})
	for _, s := range sorted {
		table = append(table, []string{s.warehouse, string(s.class), strconv.Itoa(len(s.orders)), strconv.Itoa(s.lines), strconv.Itoa(s.qty), strconv.Itoa(len(s.stay))})
	}
	if err := printTable(a.Stdout, table); err != nil {
		return err
	}
	if len(stops) == 0 {
		return nil
	}
	fmt.Fprintln(a.Stdout)
	const some = 3
	table = [][]string{{"STAYS AT", "CLASS", "ORDERS", "RULE", "WHY", "WHICH"}}
	for _, s := range stops {
		which := s.orders
		if !c.All && len(which) > some {
			which = append(slices.Clone(which[:some]), fmt.Sprintf("and %d more", len(s.orders)-some))
		}
		table = append(table, []string{s.warehouse, string(s.class), strconv.Itoa(len(s.orders)), s.rule, s.why, strings.Join(which, " ")})
	}
	return printTable(a.Stdout, table)
}
