package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// Imports take a whole file's rows and apply all of them or none.
//
// Masters that other rows refer to (dealers, customers, users, ship-tos, items, warehouses)
// are added or changed by code; what a file does not name stays, because orders refer to it.
// Regions are replaced table by table, each from its day on, contract prices for each price list that the file names,
// calendar days for each year that it names, locations for each warehouse, approval flows,
// budgets and locks for each department, delegations for each approver. Stock sets on-hand and restock day of the rows
// named; reserved quantities are todoke's own and never imported.

// RowError says what is wrong with one row, counted from 0.
type RowError struct {
	Row int
	Err *order.Error
}

// ImportError is every row that stands against an import. Nothing was changed.
type ImportError struct {
	Master string // whose rows they are, such as "ship_tos"
	Rows   []RowError
}

// Error implements error.
func (e *ImportError) Error() string {
	msgs := make([]string, len(e.Rows))
	for i, r := range e.Rows {
		msgs[i] = fmt.Sprintf("%s row %d: %v", e.Master, r.Row+1, r.Err)
	}
	return strings.Join(msgs, "\n")
}

// Unwrap gives the rows' errors.
func (e *ImportError) Unwrap() []error {
	errs := make([]error, len(e.Rows))
	for i, r := range e.Rows {
		errs[i] = r.Err
	}
	return errs
}

// complaints gathers row errors.
type complaints []RowError

func (c *complaints) add(row int, rule, field, format string, args ...any) {
	*c = append(*c, RowError{row, order.Invalid(rule, field, fmt.Sprintf(format, args...))})
}

func (c *complaints) err(master string) error {
	if len(*c) == 0 {
		return nil
	}
	slices.SortStableFunc(*c, func(a, b RowError) int { return a.Row - b.Row })
	return &ImportError{Master: master, Rows: *c}
}

// unique complains of a key that an earlier row has.
func unique[T any, K comparable](c *complaints, rows []T, field string, key func(T) K) {
	seen := make(map[K]int, len(rows))
	for i, r := range rows {
		k := key(r)
		if first, dup := seen[k]; dup {
			c.add(i, "", field, "%v is already in row %d: keep one of them", k, first+1)
			continue
		}
		seen[k] = i
	}
}

// column picks one column of the rows.
func column[T, V any](rows []T, pick func(T) V) []V {
	out := make([]V, len(rows))
	for i, r := range rows {
		out[i] = pick(r)
	}
	return out
}

// errOnlyChecked takes back what CheckImport did.
var errOnlyChecked = errors.New("only checked")

// CheckImport is Import without its effect: it tells what stands against the rows.
func (s *Store) CheckImport(ctx context.Context, m order.Masters) error {
	err := s.importMasters(ctx, m, errOnlyChecked, nil)
	if errors.Is(err, errOnlyChecked) {
		return nil
	}
	return err
}

// Import applies all rows of all masters or none. Masters without rows are left as they are.
func (s *Store) Import(ctx context.Context, m order.Masters) error {
	return s.importMasters(ctx, m, nil, nil)
}

// importMasters ends with the given error; first, where it is given, comes before the rows.
func (s *Store) importMasters(ctx context.Context, m order.Masters, end error, first func(*Tx) error) error {
	return s.InTx(ctx, func(tx *Tx) error {
		if _, err := tx.tx.Exec(ctx, query("MastersLock")); err != nil {
			return fmt.Errorf("lock masters: %w", err)
		}
		if first != nil {
			if err := first(tx); err != nil {
				return err
			}
		}
		// What others refer to comes first.
		for _, step := range []struct {
			master string
			rows   int
			run    func(bad *complaints) error
		}{
			{"dealers", len(m.Dealers), func(bad *complaints) error { return tx.importDealers(ctx, bad, m.Dealers) }},
			{"regions", len(m.Regions), func(bad *complaints) error { return tx.importRegions(ctx, bad, m.Regions, m.Warehouses) }},
			{"warehouses", len(m.Warehouses), func(bad *complaints) error { return tx.importWarehouses(ctx, bad, m.Warehouses) }},
			{"items", len(m.Items), func(bad *complaints) error { return tx.importItems(ctx, bad, m.Items) }},
			{"prices", len(m.Prices), func(bad *complaints) error { return tx.importPrices(ctx, bad, m.Prices) }},
			{"customers", len(m.Customers), func(bad *complaints) error { return tx.importCustomers(ctx, bad, m.Customers) }},
			{"users", len(m.Users), func(bad *complaints) error { return tx.importUsers(ctx, bad, m.Users) }},
			{"ship_tos", len(m.ShipTos), func(bad *complaints) error { return tx.importShipTos(ctx, bad, m.ShipTos) }},
			{"stock", len(m.Stock), func(bad *complaints) error { return tx.importStock(ctx, bad, m.Stock) }},
			{"calendar", len(m.Calendar), func(bad *complaints) error { return tx.importCalendar(ctx, bad, m.Calendar) }},
			{"carriers", len(m.Carriers), func(bad *complaints) error { return tx.importCarriers(ctx, bad, m.Carriers) }},
			{"warehouse_profiles", len(m.Profiles), func(bad *complaints) error { return tx.importProfiles(ctx, bad, m.Profiles) }},
			{"locations", len(m.Locations), func(bad *complaints) error { return tx.importLocations(ctx, bad, m.Locations) }},
			{"approval_flows", len(m.ApprovalFlows), func(bad *complaints) error { return tx.importApprovalFlows(ctx, bad, m.ApprovalFlows) }},
			{"delegations", len(m.Delegations), func(bad *complaints) error { return tx.importDelegations(ctx, bad, m.Delegations) }},
			{"budgets", len(m.Budgets), func(bad *complaints) error { return tx.importBudgets(ctx, bad, m.Budgets) }},
			{"item_locks", len(m.Locks), func(bad *complaints) error { return tx.importLocks(ctx, bad, m.Locks) }},
		} {
			if step.rows == 0 {
				continue
			}
			var bad complaints
			if err := step.run(&bad); err != nil {
				return fmt.Errorf("import %s: %w", step.master, err)
			}
			if err := bad.err(step.master); err != nil {
				return err
			}
		}
		if _, err := tx.tx.Exec(ctx, query("MastersVersionBump")); err != nil {
			return fmt.Errorf("count masters version: %w", err)
		}
		return end
	})
}

// known complains of codes that a master lacks; "" refers to nothing.
func (tx *Tx) known(ctx context.Context, bad *complaints, table, file, field string, codes []string) error {
	// The table is one of our own words, never input.
	rows, err := tx.tx.Query(ctx, fmt.Sprintf(query("CodesMissing"), table), codes)
	if err != nil {
		return fmt.Errorf("find missing codes of %s: %w", table, err)
	}
	places, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return fmt.Errorf("find missing codes of %s: %w", table, err)
	}
	for _, i := range places {
		bad.add(i, "", field, "%s is unknown: import it with %s first, or correct it", codes[i], file)
	}
	return nil
}

func (tx *Tx) exec(ctx context.Context, name string, args ...any) error {
	if _, err := tx.tx.Exec(ctx, query(name), args...); err != nil {
		return fmt.Errorf("query %s: %w", name, err)
	}
	return nil
}

// ImportDealers adds or changes dealers.
func (s *Store) ImportDealers(ctx context.Context, rows []order.Dealer) error {
	return s.Import(ctx, order.Masters{Dealers: rows})
}

func (tx *Tx) importDealers(ctx context.Context, bad *complaints, rows []order.Dealer) error {
	unique(bad, rows, "code", func(r order.Dealer) string { return r.Code })
	if len(*bad) > 0 {
		return nil
	}
	return tx.exec(ctx, "DealersUpsert",
		column(rows, func(r order.Dealer) string { return r.Code }),
		column(rows, func(r order.Dealer) string { return r.Name }),
		column(rows, func(r order.Dealer) string { return r.RegistrationNumber }),
		column(rows, func(r order.Dealer) string { return r.Address }),
		column(rows, func(r order.Dealer) string { return r.Fax }),
		column(rows, func(r order.Dealer) string { return r.Email }))
}

// ImportCustomers adds or changes departments and their companies.
func (s *Store) ImportCustomers(ctx context.Context, rows []order.Department) error {
	return s.Import(ctx, order.Masters{Customers: rows})
}

func (tx *Tx) importCustomers(ctx context.Context, bad *complaints, rows []order.Department) error {
	unique(bad, rows, "code", func(r order.Department) string { return r.Code })
	companies := map[string]string{}
	for i, r := range rows {
		if r.CompanyCode == "" {
			bad.add(i, "ACC-1", "company_code", "a department belongs to a company: give its code")
			continue
		}
		if name, ok := companies[r.CompanyCode]; ok && name != r.CompanyName {
			bad.add(i, "", "company_name", "company %s is %q in another row: give it one name", r.CompanyCode, name)
			continue
		}
		companies[r.CompanyCode] = r.CompanyName
	}
	if err := tx.known(ctx, bad, "dealers", "dealers.csv", "dealer_code",
		column(rows, func(r order.Department) string { return r.DealerCode })); err != nil {
		return err
	}
	if len(*bad) > 0 {
		return nil
	}
	codes := slices.Sorted(maps.Keys(companies))
	if err := tx.exec(ctx, "CompaniesUpsert", codes, column(codes, func(c string) string { return companies[c] })); err != nil {
		return err
	}
	return tx.exec(ctx, "DepartmentsUpsert",
		column(rows, func(r order.Department) string { return r.Code }),
		column(rows, func(r order.Department) string { return r.Name }),
		column(rows, func(r order.Department) string { return r.CompanyCode }),
		column(rows, func(r order.Department) string { return r.DealerCode }),
		column(rows, func(r order.Department) string { return r.Fax }),
		column(rows, func(r order.Department) string { return r.Email }),
		column(rows, func(r order.Department) string { return r.PostalCode }),
		column(rows, func(r order.Department) string { return r.Prefecture }),
		column(rows, func(r order.Department) string { return r.Address }),
		column(rows, func(r order.Department) string { return r.PriceList }),
		column(rows, func(r order.Department) bool { return r.Points }),
		column(rows, func(r order.Department) string { return string(r.Stockout) }),
		column(rows, func(r order.Department) string { return string(r.Payment) }))
}

func (tx *Tx) importUsers(ctx context.Context, bad *complaints, rows []order.User) error {
	unique(bad, rows, "code", func(r order.User) string { return r.Code })
	if err := tx.known(ctx, bad, "departments", "customers.csv", "department_code",
		column(rows, func(r order.User) string { return r.DepartmentCode })); err != nil {
		return err
	}
	if len(*bad) > 0 {
		return nil
	}
	return tx.exec(ctx, "UsersUpsert",
		column(rows, func(r order.User) string { return r.Code }),
		column(rows, func(r order.User) string { return r.DepartmentCode }),
		column(rows, func(r order.User) string { return r.Name }),
		column(rows, func(r order.User) string { return r.Email }),
		column(rows, func(r order.User) string { return r.Role }))
}

// ImportShipTos adds or changes registered places.
func (s *Store) ImportShipTos(ctx context.Context, rows []order.ShipTo) error {
	return s.Import(ctx, order.Masters{ShipTos: rows})
}

func (tx *Tx) importShipTos(ctx context.Context, bad *complaints, rows []order.ShipTo) error {
	unique(bad, rows, "code", func(r order.ShipTo) string { return r.CompanyCode + "/" + r.Code })
	if err := tx.known(ctx, bad, "companies", "customers.csv", "company_code",
		column(rows, func(r order.ShipTo) string { return r.CompanyCode })); err != nil {
		return err
	}
	if len(*bad) > 0 {
		return nil
	}
	return tx.exec(ctx, "ShipTosUpsert",
		column(rows, func(r order.ShipTo) string { return r.CompanyCode }),
		column(rows, func(r order.ShipTo) string { return r.Code }),
		column(rows, func(r order.ShipTo) string { return r.Name }),
		column(rows, func(r order.ShipTo) string { return r.PostalCode }),
		column(rows, func(r order.ShipTo) string { return r.Prefecture }),
		column(rows, func(r order.ShipTo) string { return r.Address }))
}

// ImportItems adds or changes items. A successor must be an item of the file or known already.
func (s *Store) ImportItems(ctx context.Context, rows []order.Item) error {
	return s.Import(ctx, order.Masters{Items: rows})
}

func (tx *Tx) importItems(ctx context.Context, bad *complaints, rows []order.Item) error {
	unique(bad, rows, "code", func(r order.Item) string { return r.Code })
	inFile := make(map[string]bool, len(rows))
	for _, r := range rows {
		inFile[r.Code] = true
	}
	successors := column(rows, func(r order.Item) string {
		if inFile[r.SuccessorCode] {
			return ""
		}
		return r.SuccessorCode
	})
	if err := tx.known(ctx, bad, "items", "items.csv", "successor_code", successors); err != nil {
		return err
	}
	if len(*bad) > 0 {
		return nil
	}
	const unitSeparator = "\x1f" // arrays of arrays do not unnest by rows
	return tx.exec(ctx, "ItemsUpsert",
		column(rows, func(r order.Item) string { return r.Code }),
		column(rows, func(r order.Item) string { return r.Name }),
		column(rows, func(r order.Item) string { return r.NameKana }),
		column(rows, func(r order.Item) string { return r.Unit }),
		column(rows, func(r order.Item) int { return r.OrderMultiple }),
		column(rows, func(r order.Item) int64 { return int64(r.ListPrice) }),
		column(rows, func(r order.Item) int16 { return int16(r.TaxRate) }),
		column(rows, func(r order.Item) string { return string(r.Class) }),
		column(rows, func(r order.Item) string { return r.Category }),
		column(rows, func(r order.Item) bool { return r.Returnable }),
		column(rows, func(r order.Item) bool { return r.NoSaturday }),
		column(rows, func(r order.Item) string { return strings.Join(r.EcoMarks, unitSeparator) }),
		column(rows, func(r order.Item) string { return r.SuccessorCode }),
		column(rows, func(r order.Item) bool { return r.Discontinued }))
}

// ImportPrices replaces every price list that the rows name.
func (s *Store) ImportPrices(ctx context.Context, rows []order.ContractPrice) error {
	return s.Import(ctx, order.Masters{Prices: rows})
}

func (tx *Tx) importPrices(ctx context.Context, bad *complaints, rows []order.ContractPrice) error {
	type key struct {
		list, item string
		from       order.Date
	}
	unique(bad, rows, "item_code", func(r order.ContractPrice) key { return key{r.PriceList, r.ItemCode, r.From} })
	if err := tx.known(ctx, bad, "items", "items.csv", "item_code",
		column(rows, func(r order.ContractPrice) string { return r.ItemCode })); err != nil {
		return err
	}
	if len(*bad) > 0 {
		return nil
	}
	lists := column(rows, func(r order.ContractPrice) string { return r.PriceList })
	if err := tx.exec(ctx, "PricesDelete", lists); err != nil {
		return err
	}
	return tx.exec(ctx, "PricesInsert", lists,
		column(rows, func(r order.ContractPrice) string { return r.ItemCode }),
		column(rows, func(r order.ContractPrice) date { return date(r.From) }),
		column(rows, func(r order.ContractPrice) int64 { return int64(r.Price) }))
}

// ImportRegions replaces the region table.
func (s *Store) ImportRegions(ctx context.Context, rows []order.Region) error {
	return s.Import(ctx, order.Masters{Regions: rows})
}

// importRegions refuses a table that no rule could work with, and cut-offs that the day's last
// wave cannot keep (CUT-11); arriving are the same import's warehouses.
func (tx *Tx) importRegions(ctx context.Context, bad *complaints, rows []order.Region, arriving []order.Warehouse) error {
	unique(bad, rows, "region", func(r order.Region) string { return strings.TrimSpace(r.Code + " " + r.From.String()) })
	if len(*bad) > 0 {
		return nil
	}
	known, err := readWarehouses(ctx, tx.tx)
	if err != nil {
		return err
	}
	warehouses := mergeWarehouses(known, arriving)
	settings, err := settingsNow(ctx, tx.tx, tx.s.settings)
	if err != nil {
		return err
	}
	for _, p := range rules.CheckDatedRegions(rows, warehouses, settings) {
		bad.add(p.Row, p.Err.Rule, p.Column, "%s", p.Err.Message)
	}
	if len(*bad) > 0 {
		return nil
	}
	var days []date
	for _, r := range rows {
		if !r.From.IsZero() {
			days = append(days, date(r.From))
		}
	}
	if err := tx.exec(ctx, "RegionsDelete", list(days), len(days) < len(rows)); err != nil {
		return err
	}
	for i, r := range rows {
		if err := tx.exec(ctx, "RegionInsert", r.Code, i, list(r.Prefectures), list(r.PostalPrefixes),
			clock(r.CutoffFax), clock(r.CutoffWeb), clock(r.CutoffTruck), r.LeadDays, date(r.From)); err != nil {
			return err
		}
	}
	return nil
}

// ImportWarehouses adds or changes warehouses.
func (s *Store) ImportWarehouses(ctx context.Context, rows []order.Warehouse) error {
	return s.Import(ctx, order.Masters{Warehouses: rows})
}

// mergeWarehouses are the stored rows with those of a file, which says all of the days from which
// the warehouses that it names serve others.
func mergeWarehouses(stored, file []order.Warehouse) []order.Warehouse {
	out := slices.Clone(file)
	for _, w := range stored {
		if !slices.ContainsFunc(file, func(f order.Warehouse) bool { return f.Code == w.Code && (f.From == w.From || !w.From.IsZero()) }) {
			out = append(out, w)
		}
	}
	return out
}

func (tx *Tx) importWarehouses(ctx context.Context, bad *complaints, rows []order.Warehouse) error {
	unique(bad, rows, "code", func(r order.Warehouse) string { return strings.TrimSpace(r.Code + " " + r.From.String()) })
	stored, err := readWarehouses(ctx, tx.tx)
	if err != nil {
		return err
	}
	all := mergeWarehouses(stored, rows)
	for i, r := range rows {
		own := slices.IndexFunc(all, func(w order.Warehouse) bool { return w.Code == r.Code && w.From.IsZero() })
		switch {
		case own < 0:
			bad.add(i, "STK-1", "from_on", "warehouse %s is unknown: add a row without from_on, which holds until then", r.Code)
			continue
		case r.Name != all[own].Name || r.Channel != all[own].Channel || !slices.Equal(r.Format, all[own].Format):
			bad.add(i, "STK-1", "from_on", "name, channel and format of a warehouse hold at once: change them in its row without from_on, too")
		}
		for _, o := range order.WarehousesOn(all, r.From) {
			for _, region := range r.Regions {
				if !r.From.IsZero() && o.Code != r.Code && slices.Contains(o.Regions, region) {
					bad.add(i, "STK-1", "regions", "region %s is served first by warehouse %s on that day, too: add its row without the region", region, o.Code)
				}
			}
		}
	}
	if len(*bad) > 0 {
		return nil
	}
	if err := tx.checkCutoffs(ctx, bad, rows, stored, all); err != nil || len(*bad) > 0 {
		return err
	}
	if err := tx.exec(ctx, "WarehouseTermsClear", column(rows, func(r order.Warehouse) string { return r.Code })); err != nil {
		return err
	}
	for _, r := range rows {
		if r.From.IsZero() {
			err = tx.exec(ctx, "WarehouseUpsert", r.Code, r.Name, list(r.Regions), r.FallbackOrder, r.Channel, list(r.Format), r.FallbackLeadDays)
		}
		if err != nil {
			return err
		}
	}
	for _, r := range rows {
		if !r.From.IsZero() {
			err = tx.exec(ctx, "WarehouseTermInsert", r.Code, date(r.From), list(r.Regions), r.FallbackOrder, r.FallbackLeadDays)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkCutoffs complains of rows that would have a region's orders miss their day's last wave (CUT-11).
func (tx *Tx) checkCutoffs(ctx context.Context, bad *complaints, rows, before, after []order.Warehouse) error {
	regions, err := readRegions(ctx, tx.tx)
	if err != nil {
		return err
	}
	settings, err := settingsNow(ctx, tx.tx, tx.s.settings)
	if err != nil {
		return err
	}
	tables, err := rules.DatedRegions(regions, settings)
	if err != nil {
		return fmt.Errorf("make regions: %w", err)
	}
	for _, p := range rules.CheckWarehouses(tables, before, after, settings) {
		at := slices.IndexFunc(rows, func(w order.Warehouse) bool {
			return slices.Contains(w.Regions, p.Region) && strings.Contains(p.Err.Message, " of warehouse "+w.Code+":")
		})
		bad.add(max(at, 0), p.Err.Rule, "regions", "region %s: %s", p.Region, p.Err.Message)
	}
	return nil
}

func (tx *Tx) importCalendar(ctx context.Context, bad *complaints, rows []order.CalendarDay) error {
	unique(bad, rows, "on", func(r order.CalendarDay) order.Date { return r.On })
	if len(*bad) > 0 {
		return nil
	}
	if err := tx.exec(ctx, "CalendarDelete", column(rows, func(r order.CalendarDay) int { return r.On.Year })); err != nil {
		return err
	}
	return tx.exec(ctx, "CalendarInsert",
		column(rows, func(r order.CalendarDay) date { return date(r.On) }),
		column(rows, func(r order.CalendarDay) string { return string(r.Kind) }),
		column(rows, func(r order.CalendarDay) string { return r.Name }))
}

// importCarriers replaces the carriers' days as a whole.
func (tx *Tx) importCarriers(ctx context.Context, bad *complaints, rows []order.CarrierDay) error {
	cal, err := rules.NewCalendar(tx.s.settings.Closures, nil)
	if err != nil {
		return err
	}
	if _, err := cal.WithCarriers(rows); err != nil {
		for _, e := range rules.Problems(err) {
			row, column := carrierRow(e.Field)
			bad.add(row, e.Rule, column, "%s", e.Message)
		}
		return nil
	}
	if err := tx.carriedAgain(ctx, rows); err != nil {
		return err
	}
	if err := tx.exec(ctx, "CarrierDaysClear"); err != nil {
		return err
	}
	for i, r := range rows {
		if err := tx.exec(ctx, "CarrierDayInsert", i, r.Carrier, r.Region, string(r.Class), date(r.From), date(r.To),
			column(r.Weekdays, func(d time.Weekday) int16 { return int16(d) }), r.LeadDays, r.Name); err != nil {
			return err
		}
	}
	return nil
}

// carrierDays are the days ahead on which carriers' days shut what could be delivered before, and
// those for which what leaves on them takes longer.
type carrierDays struct {
	regions, classes []string
	days             []date
	leaves           []bool
}

func (c *carrierDays) add(region string, class order.Class, day order.Date, leaves bool) {
	c.regions, c.classes = append(c.regions, region), append(c.classes, string(class))
	c.days, c.leaves = append(c.days, date(day)), append(c.leaves, leaves)
}

// restAhead is how far ahead promises are looked at, in days: what may be designated, and more.
const restAhead = 120

func newCarrierDays(before, after *rules.Calendar, tables *rules.RegionTables, today order.Date) (out carrierDays) {
	regions := map[string]bool{}
	for _, r := range tables.Rows() {
		regions[r.Code] = true
	}
	for _, region := range slices.Sorted(maps.Keys(regions)) {
		for _, class := range []order.Class{order.ClassNormal, order.ClassTruck, order.ClassPhone} {
			was, now := before.For(region, class), after.For(region, class)
			for i := range restAhead {
				d := today.Add(i)
				if was.Carried(d) && !now.Carried(d) {
					out.add(region, class, d, false)
				}
				if now.Slower(d) > was.Slower(d) {
					out.add(region, class, d, true)
				}
			}
		}
	}
	return out
}

// carriedAgain has the shipments planned anew that new days of carriers touch.
func (tx *Tx) carriedAgain(ctx context.Context, rows []order.CarrierDay) error {
	sh, err := tx.s.shared(ctx, tx.tx)
	if err != nil {
		return err
	}
	after, err := sh.calendar.WithCarriers(rows)
	if err != nil {
		return err
	}
	r := newCarrierDays(sh.calendar, after, sh.regions, order.DateOf(tx.s.now()))
	if len(r.days) == 0 {
		return nil
	}
	if err := tx.exec(ctx, "CarriedAgain", r.regions, r.classes, r.days, r.leaves); err != nil {
		return err
	}
	return tx.Enqueue(ctx, jobs.ReplanShipments{})
}

// carrierRow takes the field of an error of WithCarriers apart.
func carrierRow(field string) (row int, column string) {
	index, column, _ := strings.Cut(strings.TrimPrefix(field, "carrier_days["), "]")
	row, err := strconv.Atoi(index)
	if err != nil { // of all rows together
		return 0, "weekdays"
	}
	column = strings.TrimPrefix(column, ".")
	switch column {
	case "from", "to":
		column += "_on"
	case "":
		column = "carrier"
	}
	return row, column
}

// ImportStock sets on-hand quantities and restock days. A count below what is promised
// already is refused (STK-1): the desk decides first whose promise is broken. So is another count
// of what is on a pick list that is not reported shipped (WHS-3, ShipPickList).
func (s *Store) ImportStock(ctx context.Context, rows []order.StockLevel) error {
	return s.Import(ctx, order.Masters{Stock: rows})
}

func (tx *Tx) importStock(ctx context.Context, bad *complaints, rows []order.StockLevel) error {
	type key struct{ warehouse, item string }
	unique(bad, rows, "item_code", func(r order.StockLevel) key { return key{r.WarehouseCode, r.ItemCode} })
	// Sorted, so that rows are locked and inserted in allocation's order.
	place := make([]int, len(rows))
	for i := range place {
		place[i] = i
	}
	warehouses := column(rows, func(r order.StockLevel) string { return r.WarehouseCode })
	items := column(rows, func(r order.StockLevel) string { return r.ItemCode })
	if err := tx.known(ctx, bad, "warehouses", "warehouses.csv", "warehouse_code", warehouses); err != nil {
		return err
	}
	if err := tx.known(ctx, bad, "items", "items.csv", "item_code", items); err != nil {
		return err
	}
	locked, err := tx.tx.Query(ctx, query("StockLockAll"), warehouses, items)
	if err != nil {
		return fmt.Errorf("lock stock: %w", err)
	}
	onHand, reserved := map[key]int{}, map[key]int{}
	var k key
	var there, qty int
	if _, err := pgx.ForEachRow(locked, []any{&k.warehouse, &k.item, &there, &qty}, func() error {
		onHand[k], reserved[k] = there, qty
		return nil
	}); err != nil {
		return fmt.Errorf("lock stock: %w", err)
	}
	// A count cannot tell whether it holds goods of a list that is on its way: taken in now,
	// they would leave twice.
	open := map[key][]string{}
	lists, err := tx.tx.Query(ctx, query("StockOnOpenLists"), warehouses, items)
	if err != nil {
		return fmt.Errorf("find open pick lists: %w", err)
	}
	var numbers []string
	if _, err := pgx.ForEachRow(lists, []any{&k.warehouse, &k.item, &numbers}, func() error {
		open[k] = column(numbers, func(n string) string { return order.Number(n).Grouped() })
		return nil
	}); err != nil {
		return fmt.Errorf("find open pick lists: %w", err)
	}
	for i, r := range rows {
		k := key{r.WarehouseCode, r.ItemCode}
		promised, onLists := reserved[k], open[k]
		switch {
		case len(onLists) > 0 && r.OnHand != onHand[k]:
			const most = 10
			more := ""
			if n := len(onLists) - most; n > 0 {
				onLists, more = onLists[:most], fmt.Sprintf(" and %d more", n)
			}
			text := strings.Join(onLists, " ")
			bad.add(i, "WHS-3", "on_hand", "item %s at %s is on pick lists that are not reported shipped (%s%s): report what has left with `todoke picklist shipped %s`, then import the count",
				r.ItemCode, r.WarehouseCode, text, more, text)
		case r.OnHand < promised:
			bad.add(i, "STK-1", "on_hand", "%d is less than the %d reserved for orders: settle those first", r.OnHand, promised)
		}
	}
	if len(*bad) > 0 {
		return nil
	}
	slices.SortFunc(place, func(a, b int) int {
		return strings.Compare(rows[a].ItemCode+"\x00"+rows[a].WarehouseCode, rows[b].ItemCode+"\x00"+rows[b].WarehouseCode)
	})
	sorted := column(place, func(i int) order.StockLevel { return rows[i] })
	now := at(tx.s.now())
	if err := tx.exec(ctx, "StockUpsert",
		column(sorted, func(r order.StockLevel) string { return r.WarehouseCode }),
		column(sorted, func(r order.StockLevel) string { return r.ItemCode }),
		column(sorted, func(r order.StockLevel) int { return r.OnHand }),
		column(sorted, func(r order.StockLevel) date { return date(r.RestockOn) }), now); err != nil {
		return err
	}
	byWarehouse := map[string][]stockMovement{}
	for _, r := range sorted {
		m := stockMovement{r.ItemCode, r.OnHand - onHand[key{r.WarehouseCode, r.ItemCode}], "import", 0, 0, now, ""}
		byWarehouse[r.WarehouseCode] = append(byWarehouse[r.WarehouseCode], m)
	}
	for w, ms := range byWarehouse {
		if err := tx.addMovements(ctx, w, ms, "", now); err != nil {
			return err
		}
	}
	if err := tx.exec(ctx, "CountsSuperseded", slices.Sorted(maps.Keys(byWarehouse)), now, "import"); err != nil {
		return err
	}
	return tx.Enqueue(ctx, jobs.AllocateOrders{}) // STK-4: what waited may be served now
}

// Empty tells whether no master was ever imported.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var n int64
	err := s.pool.QueryRow(ctx, query("MastersCount")).Scan(&n)
	return n == 0, kinded(err)
}

// ShopFront is who places web orders.
type ShopFront struct {
	Code        string
	Name        string
	FreeAddress bool // ACC-1: may send a full address
}

// PutShopFront adds a shop front or changes its token. Only the token's SHA-256 is kept.
func (s *Store) PutShopFront(ctx context.Context, f ShopFront, token string, now time.Time) error {
	const minToken = 16
	if f.Code == "" || len(token) < minToken {
		return order.Invalid("", "token", fmt.Sprintf("a shop front needs a code and a token of at least %d characters", minToken))
	}
	sum := sha256.Sum256([]byte(token))
	_, err := s.pool.Exec(ctx, query("ShopFrontUpsert"), f.Code, f.Name, sum[:], f.FreeAddress, at(now))
	return kinded(err)
}

// FindShopFront finds the shop front of a bearer token; ok is false where there is none.
func (s *Store) FindShopFront(ctx context.Context, token string) (f ShopFront, ok bool, err error) {
	sum := sha256.Sum256([]byte(token)) // looked up by hash: no timing tells how near a guess was
	err = s.pool.QueryRow(ctx, query("ShopFrontByToken"), sum[:]).Scan(&f.Code, &f.Name, &f.FreeAddress)
	if missing(err) {
		return f, false, nil
	}
	return f, err == nil, kinded(err)
}

// RevokeShopFront makes a shop front's token worthless.
func (s *Store) RevokeShopFront(ctx context.Context, code string, now time.Time) error {
	_, err := s.pool.Exec(ctx, query("ShopFrontRevoke"), code, at(now))
	return kinded(err)
}

// StockRow is one item at one warehouse.
type StockRow struct {
	WarehouseCode string     `json:"warehouse"`
	ItemCode      string     `json:"item_code"`
	Name          string     `json:"name"`
	OnHandQty     int        `json:"on_hand"`
	ReservedQty   int        `json:"reserved"`
	AvailableQty  int        `json:"available"`
	RestockOn     order.Date `json:"restock_on,omitzero"`
}

// Stock lists stock by item and warehouse; no items are all, "" is every warehouse.
func (s *Store) Stock(ctx context.Context, warehouse string, items ...string) ([]StockRow, error) {
	return collect(ctx, s.pool, "StockFind", func(r pgx.CollectableRow) (StockRow, error) {
		var v StockRow
		err := r.Scan(&v.WarehouseCode, &v.ItemCode, &v.Name, &v.OnHandQty, &v.ReservedQty, (*date)(&v.RestockOn))
		v.AvailableQty = v.OnHandQty - v.ReservedQty
		return v, err
	}, list(items), warehouse)
}
