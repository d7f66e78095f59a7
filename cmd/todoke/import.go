package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"todoke/ingest/master"
	"todoke/order"
	"todoke/rules"
	"todoke/samples"
	"todoke/store"
)

// importCommand takes masters in from CSV files.
type importCommand struct {
	What string `arg:"" placeholder:"KIND|DIR" help:"items, customers, users, ship-tos, dealers, warehouses, warehouse-profiles, locations, regions, stock, calendar, carriers, prices, approval-flows, delegations, budgets or item-locks; or a folder with a file of each."`
	File string `arg:"" optional:"" placeholder:"FILE.csv" help:"The file of that master."`

	Check    bool `help:"Only check the files, against the database too where there is one; change nothing."`
	Unserved bool `help:"Take a region table with from_on also where it leaves out prefectures: from that day on orders to there are refused."`
}

func (*importCommand) Help() string {
	return "All rows are taken or none: every error is told with its line. Rows add to what is there or change it by code; a file of prices, " +
		"regions or calendar days replaces the price lists, the region tables or the years that it names, one of carriers all their days. `todoke sample DIR` writes files of every kind."
}

// Run reads and checks the files, against what is stored too, then stores them in one
// transaction.
func (c *importCommand) Run(ctx context.Context, a *App) error {
	kind, err := c.kind()
	if err != nil {
		return err
	}
	// A file that cannot be used must not make a database: what is not there holds nothing.
	known, there := master.NothingKnown(), a.Config.Database.URL != "" || a.hasCluster()
	var st *store.Store
	if there {
		opened, done, err := a.openStore(ctx)
		switch {
		case err == nil:
			defer done()
			st = opened
			if known, err = knownCodes(ctx, st); err != nil {
				return err
			}
		case c.Check:
			there = false
			fmt.Fprintln(a.Stderr, "todoke: not checked against the database:", firstLine(err))
		default:
			return err
		}
	}
	switch {
	case kind == "":
	case !there && c.Check:
		known = master.Known{} // one file alone: what it refers to lies elsewhere
	default:
		known.Regions = nil // they may follow the warehouses that serve them
	}
	o := a.masterOptions()
	o.WholeTables = !c.Unserved
	set, report, err := c.read(kind, known, o)
	if err != nil {
		return err
	}
	if err := a.tell(report); err != nil {
		return err
	}
	if c.Check { // the store checks them too, with the warehouses it knows
		if err := a.checkRegions(&set); err != nil {
			return err
		}
	} else {
		if st == nil {
			made, done, err := a.makeStore(ctx)
			if err != nil {
				return err
			}
			defer done()
			st = made
		}
		if err := a.importMasters(ctx, st, &set); err != nil {
			return err
		}
	}
	for _, k := range master.Kinds() {
		if !set.Has(k) {
			continue
		}
		fmt.Fprintf(a.Stdout, "%-10s %6d rows", k, set.Len(k))
		if fresh, ok := newRows(&set, k, known); ok && there {
			fmt.Fprintf(a.Stdout, ", %d of them new", fresh)
		}
		fmt.Fprintln(a.Stdout)
	}
	switch {
	case !c.Check:
		fmt.Fprintln(a.Stdout, "imported")
	case there || kind == "":
		fmt.Fprintln(a.Stdout, "checked, nothing changed")
	default:
		fmt.Fprintln(a.Stdout, "checked, nothing changed; what it refers to in other masters was not checked: there is no database")
	}
	return nil
}

// kind is the master that the command names, "" where it names a folder.
func (c *importCommand) kind() (master.Kind, error) {
	if c.File != "" {
		k, err := master.ParseKind(c.What)
		if err != nil {
			return "", usageError{err}
		}
		return k, nil
	}
	info, err := os.Stat(c.What)
	if err == nil && info.IsDir() {
		return "", nil
	}
	if _, kindErr := master.ParseKind(c.What); kindErr == nil {
		return "", usageError{fmt.Errorf("name the file of %s too", c.What)}
	}
	return "", usageError{fmt.Errorf("%s is neither a master nor a folder: see todoke import --help", c.What)}
}

func (c *importCommand) read(kind master.Kind, known master.Known, o master.Options) (master.Set, master.Report, error) {
	if kind == "" {
		return master.ReadDir(os.DirFS(c.What), known, o)
	}
	return master.ReadFile(kind, c.File, known, o)
}

// knownCodes are the codes that files may refer to; a folder without regions may leave them out.
func knownCodes(ctx context.Context, st *store.Store) (master.Known, error) {
	c, err := st.Codes(ctx)
	if err != nil {
		return master.Known{}, err
	}
	return master.Known{Items: c.Items, Customers: c.Departments, Companies: c.Companies, Dealers: c.Dealers, Warehouses: c.Warehouses}, nil
}

// newRows counts the rows whose codes are not stored yet, of masters that have codes.
func newRows(s *master.Set, k master.Kind, known master.Known) (int, bool) {
	switch k {
	case master.KindItems:
		return countNew(s.Items, known.Items, func(i *order.Item) string { return i.Code }), true
	case master.KindCustomers:
		return countNew(s.Customers, known.Customers, func(d *order.Department) string { return d.Code }), true
	case master.KindDealers:
		return countNew(s.Dealers, known.Dealers, func(d *order.Dealer) string { return d.Code }), true
	case master.KindWarehouses:
		return countNew(s.Warehouses, known.Warehouses, func(w *order.Warehouse) string { return w.Code }), true
	default:
		return 0, false
	}
}

func countNew[T any](rows []T, known map[string]bool, code func(*T) string) int {
	n := 0
	for i := range rows {
		if !known[code(&rows[i])] {
			n++
		}
	}
	return n
}

// masterOptions are the shop's own schemes and rates.
func (a *App) masterOptions() master.Options {
	o := master.DefaultOptions()
	o.Scheme = a.Config.Rules.Scheme()
	o.TaxRates = a.Config.Rules.TaxRates
	return o
}

// tell prints what is wrong with files, a line each.
func (a *App) tell(r master.Report) error {
	for _, p := range r.Problems {
		fmt.Fprintln(a.Stderr, p)
	}
	if r.OK() {
		return nil
	}
	if more := r.Errors + r.Warnings - len(r.Problems); more > 0 {
		fmt.Fprintf(a.Stderr, "and %d more\n", more)
	}
	fmt.Fprintf(a.Stderr, "todoke: nothing was imported: %d errors\n", r.Errors)
	return silentError{}
}

// checkRegions holds a region table against the dispatch deadlines (CUT-11).
func (a *App) checkRegions(s *master.Set) error {
	if len(s.Regions) == 0 {
		return nil
	}
	var refused []store.RowError
	for _, e := range rules.Problems(rules.CheckRegions(s.Regions, s.Warehouses, a.Config.Rules)) {
		row, column, _ := rules.RegionRow(e.Field)
		refused = append(refused, store.RowError{Row: row, Err: order.Invalid(e.Rule, column, e.Message)})
	}
	if len(refused) == 0 {
		return nil
	}
	return a.refuse(s, master.KindRegions, refused)
}

// refuse prints what stands against rows of a master, each with its line.
func (a *App) refuse(s *master.Set, k master.Kind, rows []store.RowError) error {
	for _, row := range rows {
		fmt.Fprintln(a.Stderr, s.Problem(k, row.Row, row.Err.Field, row.Err.Rule, row.Err.Message))
	}
	fmt.Fprintf(a.Stderr, "todoke: nothing was imported: %d errors\n", len(rows))
	return silentError{}
}

// importMasters stores a set in one transaction; what the database holds against a row is told
// with the row's line.
func (a *App) importMasters(ctx context.Context, st *store.Store, s *master.Set) error {
	err := st.Import(ctx, s.Masters)
	refused, ok := errors.AsType[*store.ImportError](err)
	if !ok {
		return err
	}
	k, err := master.ParseKind(refused.Master)
	if err != nil {
		return err
	}
	return a.refuse(s, k, refused.Rows)
}

// importSample loads the sample shop into a database that has no masters.
func (a *App) importSample(ctx context.Context, st *store.Store) error {
	empty, err := st.Empty(ctx)
	if err != nil {
		return fmt.Errorf("look for masters: %w", err)
	}
	if !empty {
		a.Log.Info("the sample shop is not loaded: there are masters already")
		return nil
	}
	if err := a.importMasters(ctx, st, samples.Shop()); err != nil {
		return fmt.Errorf("load the sample shop: %w", err)
	}
	a.Log.Info("loaded the sample shop", "items", samples.ItemCount, "departments", samples.DepartmentCount)
	a.sampleLoaded = true
	return a.addSampleStaff(ctx, st)
}

// sampleLogin signs in at the sample shop's desk.
const sampleLogin = "desk"

// addSampleStaff gives the sample shop a person, whose password is told once.
func (a *App) addSampleStaff(ctx context.Context, st *store.Store) error {
	if all, err := st.ListStaff(ctx); err != nil || len(all) > 0 {
		return err
	}
	secret, hash, err := a.newPassword(ctx, false)
	if err != nil {
		return err
	}
	p := store.Staff{Login: sampleLogin, Name: "受付 花子", Role: store.RoleOperator}
	if err := st.AddStaff(ctx, p, hash, a.Now()); err != nil {
		return err
	}
	fmt.Fprintf(a.Stderr, "Sign in at the desk (/desk) as %s with the password %s: it is told once.\n", sampleLogin, secret)
	return nil
}
