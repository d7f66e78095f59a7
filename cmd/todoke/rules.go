package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"todoke/ingest/master"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// rulesCommand looks at the tables that the rules work with.
type rulesCommand struct {
	Check  rulesCheckCommand  `cmd:"" help:"Check a table, and tell what it would change for last month's orders."`
	Export rulesExportCommand `cmd:"" help:"Write a table as it stands: regions, warehouses, calendar and carriers as import takes it, settings as /desk/rules/settings does."`
}

type rulesCheckCommand struct {
	File string `arg:"" optional:"" placeholder:"FILE.csv" help:"A table of regions, warehouses, calendar days, carriers' days or settings; it is known by its columns."`
	From string `help:"Instead of a file: what holds from that day on, as it is stored, against what holds today." placeholder:"DAY"`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (*rulesCheckCommand) Help() string {
	return "Changes nothing. Each error is told with line and column, and the exit status is 1 then. Else last month's orders are judged by the tables as they are and as they would be, " +
		"each at the instant at which it came, as if the table's day were there already."
}

// ruleProblem is what stands against a table.
type ruleProblem struct {
	Line    int    `json:"line,omitempty"`
	Column  string `json:"column,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Message string `json:"message"`
}

// String is the problem for people.
func (p ruleProblem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d", p.Line)
	}
	if p.Column != "" {
		fmt.Fprintf(&b, " %s", p.Column)
	}
	if p.Rule != "" {
		fmt.Fprintf(&b, " (%s)", p.Rule)
	}
	return strings.TrimSpace(b.String() + ": " + p.Message)
}

// Run implements the command.
func (c *rulesCheckCommand) Run(ctx context.Context, a *App) error {
	if c.File != "" && c.From != "" {
		return usageError{errors.New("give a file or --from, not both")}
	}
	var data []byte
	var table string
	var from order.Date
	var err error
	if c.File != "" {
		if data, err = os.ReadFile(c.File); err != nil {
			return order.Invalid("", "file", err.Error())
		}
		if table = tableOf(data); table == "" {
			return order.Invalid("", "file", c.File+" is no table of rules: its columns are neither those of regions.csv, warehouses.csv, calendar.csv and carriers.csv nor those of settings")
		}
	} else if c.From != "" {
		if from, err = order.ParseDate(c.From); err != nil {
			return usageError{fmt.Errorf("%q is not a date: write it as 2026-12-01", c.From)}
		}
	}
	return a.withStore(ctx, func(st *store.Store) error {
		var t store.RuleTables
		var bad []ruleProblem
		if table != "" {
			t, bad, err = a.checkTable(ctx, st, table, c.File, data)
		} else {
			t.From = from
			bad, err = a.checkStored(ctx, st)
		}
		if err != nil {
			return err
		}
		if len(bad) > 0 {
			if c.JSON {
				if err := printJSON(a.Stdout, map[string]any{"table": table, "errors": bad}); err != nil {
					return err
				}
				return silentError{}
			}
			for _, p := range bad {
				fmt.Fprintln(a.Stderr, strings.TrimPrefix(c.File+": ", ": ")+p.String())
			}
			fmt.Fprintf(a.Stderr, "todoke: %d error(s)\n", len(bad))
			return silentError{}
		}
		v, err := st.PreviewRules(ctx, t, st.Now())
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.Stdout, map[string]any{"table": table, "errors": []ruleProblem{}, "preview": v})
		}
		return a.printPreview(v)
	})
}

func (a *App) printPreview(v store.RulePreview) error {
	w := a.Stdout
	fmt.Fprintf(w, "No errors. The tables of %s, tried on %d order(s) accepted %s to %s: %d would be told something else.\n", v.On, v.Orders, v.From, v.To, v.Changed)
	if v.Capped {
		fmt.Fprintln(w, "Only the newest orders were looked at.")
	}
	if v.Changed > 0 {
		fmt.Fprintf(w, "region %d, warehouse %d, arrival %d earlier and %d later, refused %d, fee %d (%s yen in all)\n",
			v.ByField["region"], v.ByField["warehouse"], v.Earlier, v.Later, v.Refused, v.ByField["fee_yen"], v.FeeYen.Grouped())
	}
	if v.Planned > 0 {
		fmt.Fprintf(w, "%d shipment(s) are planned for days that would be closed: they would be planned anew.\n", v.Planned)
	}
	for _, x := range v.Examples {
		for _, d := range x.Differences {
			if _, err := fmt.Fprintf(w, "  %s %s (%s): %s -> %s\n", x.Order.Number.Grouped(), d.Field, d.Rule, or(d.Was, "-"), or(d.Now, "-")); err != nil {
				return err
			}
		}
	}
	return nil
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// tableWarehouses is known to check alone: the desk does not edit it.
const tableWarehouses = "warehouses"

// tableOf is the table whose columns a file has; "" where it is none.
func tableOf(data []byte) string {
	head, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))).Read()
	if err != nil {
		return ""
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	switch {
	case slices.Contains(head, "cutoff_fax"):
		return store.TableRegions
	case slices.Contains(head, "fallback_order"):
		return tableWarehouses
	case slices.Contains(head, "carrier"):
		return store.TableCarriers
	case slices.Contains(head, "kind") && slices.Contains(head, "on"):
		return store.TableCalendar
	case slices.Contains(head, "from") && !slices.ContainsFunc(head, func(h string) bool { return !slices.Contains(rules.ChangeColumns, h) }):
		return store.TableSettings
	}
	return ""
}

// checkTable reads a table as import or the desk would, and holds it against what is stored.
func (a *App) checkTable(ctx context.Context, st *store.Store, table, file string, data []byte) (t store.RuleTables, bad []ruleProblem, err error) {
	if table == store.TableSettings {
		changes, wrong := rules.ParseChanges(string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))), a.Config.Rules)
		for _, x := range wrong {
			bad = append(bad, ruleProblem{x.Line, x.Err.Field, x.Err.Rule, x.Err.Message})
		}
		late, err := st.CheckChanges(ctx, changes)
		if err != nil {
			return t, nil, err
		}
		for i, c := range changes {
			if e := late[i]; e != nil {
				bad = append(bad, ruleProblem{0, "dispatch_deadline", e.Rule, "from " + c.From.String() + ": " + e.Message})
			}
		}
		return store.RuleTables{Changes: changes, HasChanges: true}, bad, nil
	}
	k := master.Kind(table)
	set, report := master.Parse(k, file, data, a.masterOptions())
	report.Join(set.Check(master.Known{}, a.masterOptions()))
	for _, p := range report.Problems {
		if p.Warning {
			fmt.Fprintln(a.Stderr, p)
			continue
		}
		bad = append(bad, ruleProblem{p.Line, p.Name, p.Rule, p.Message})
	}
	t = store.RuleTables{
		Regions: set.Regions, Calendar: set.Calendar, Carriers: set.Carriers, Warehouses: set.Warehouses,
		HasRegions: table == store.TableRegions, HasCalendar: table == store.TableCalendar, HasCarriers: table == store.TableCarriers,
	}
	if len(bad) > 0 {
		return t, bad, nil
	}
	err = st.CheckImport(ctx, set.Masters)
	if refused, ok := errors.AsType[*store.ImportError](err); ok {
		for _, row := range refused.Rows {
			p := set.Problem(k, row.Row, row.Err.Field, row.Err.Rule, row.Err.Message)
			bad = append(bad, ruleProblem{p.Line, p.Name, p.Rule, p.Message})
		}
		return t, bad, nil
	}
	return t, nil, err
}

// checkStored holds the stored tables against each other.
func (a *App) checkStored(ctx context.Context, st *store.Store) (bad []ruleProblem, err error) {
	tables, err := st.RegionTables(ctx)
	if err != nil {
		return nil, err
	}
	warehouses, err := st.WarehouseTable(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range rules.CheckDatedRegions(tables.Rows(), warehouses, st.Settings()) {
		bad = append(bad, ruleProblem{p.Row + 2, p.Column, p.Err.Rule, p.Err.Message})
	}
	return bad, nil
}

type rulesExportCommand struct {
	Table string `arg:"" enum:"regions,warehouses,calendar,carriers,settings" help:"regions, warehouses, calendar, carriers or settings." placeholder:"TABLE"`
}

// Run implements the command.
func (c *rulesExportCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		if c.Table == tableWarehouses {
			rows, err := st.WarehouseTable(ctx)
			if err != nil {
				return err
			}
			return master.Encode(a.Stdout, master.KindWarehouses, &master.Set{Masters: order.Masters{Warehouses: rows}})
		}
		text, err := st.RuleText(ctx, c.Table)
		if err == nil && c.Table == store.TableRegions && strings.Count(text, "\n") < 2 { // the default table, to begin with
			var tables *rules.RegionTables
			if tables, err = st.RegionTables(ctx); err == nil {
				text, err = store.RegionsText(tables.Rows())
			}
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(a.Stdout, text)
		return err
	})
}
