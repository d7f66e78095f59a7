package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// shared are the masters that every order looks at; they change rarely and are kept in memory
// for as long as the database's masters version stays the same.
type shared struct {
	calendar      *rules.Calendar
	regions       *rules.RegionTables
	allWarehouses []order.Warehouse // of all times
	settings      rules.Settings    // with the changes that were written at the desk
}

// warehousesOn are the warehouses as they serve regions on a day (STK-1).
func (sh *shared) warehousesOn(day order.Date) []order.Warehouse {
	return order.WarehousesOn(sh.allWarehouses, day)
}

type mastersCache struct {
	mu      sync.Mutex
	version int64
	value   *shared
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// at gives the shared masters of the given version, reading them where it is not the one kept.
func (c *mastersCache) at(ctx context.Context, q querier, version int64, settings rules.Settings) (*shared, error) {
	c.mu.Lock()
	if c.value != nil && c.version == version {
		v := c.value
		c.mu.Unlock()
		return v, nil
	}
	c.mu.Unlock()
	v, err := readShared(ctx, q, settings)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if version > c.version {
		c.version, c.value = version, v
	}
	return v, nil
}

// settings are those of the masters that were read last, or else the given ones.
func (c *mastersCache) settings(s rules.Settings) rules.Settings {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.value != nil {
		return c.value.settings
	}
	return s
}

func readShared(ctx context.Context, q querier, settings rules.Settings) (*shared, error) {
	days, err := readCalendar(ctx, q)
	if err != nil {
		return nil, err
	}
	regions, err := readRegions(ctx, q)
	if err != nil {
		return nil, err
	}
	warehouses, err := readWarehouses(ctx, q)
	if err != nil {
		return nil, err
	}
	cal, err := rules.NewCalendar(settings.Closures, days)
	if err != nil {
		return nil, fmt.Errorf("make calendar: %w", err)
	}
	carriers, err := readCarriers(ctx, q)
	if err != nil {
		return nil, err
	}
	if cal, err = cal.WithCarriers(carriers); err != nil {
		return nil, fmt.Errorf("make carriers' calendar: %w", err)
	}
	table, err := rules.DatedRegions(regions, settings)
	if err != nil {
		return nil, fmt.Errorf("make regions: %w", err)
	}
	now, err := settingsNow(ctx, q, settings)
	if err != nil {
		return nil, err
	}
	return &shared{calendar: cal, regions: table, allWarehouses: warehouses, settings: now}, nil
}

// RegionTable are the rows of the region tables as they were imported, by the day from which each
// table holds; where none does from the beginning, the default one holds.
func (s *Store) RegionTable(ctx context.Context) ([]order.Region, error) {
	return readRegions(ctx, s.pool)
}

// CarrierTable are the carriers' days as they were imported.
func (s *Store) CarrierTable(ctx context.Context) ([]order.CarrierDay, error) {
	return readCarriers(ctx, s.pool)
}

func readCarriers(ctx context.Context, q querier) ([]order.CarrierDay, error) {
	return collect(ctx, q, "CarrierDaysAll", func(r pgx.CollectableRow) (order.CarrierDay, error) {
		var c order.CarrierDay
		var days []int16
		err := r.Scan(&c.Carrier, &c.Region, &c.Class, (*date)(&c.From), (*date)(&c.To), &days, &c.LeadDays, &c.Name)
		for _, d := range days {
			c.Weekdays = append(c.Weekdays, time.Weekday(d))
		}
		return c, err
	})
}

// CalendarTable are the days that were imported.
func (s *Store) CalendarTable(ctx context.Context) ([]order.CalendarDay, error) {
	return readCalendar(ctx, s.pool)
}

func readCalendar(ctx context.Context, q querier) ([]order.CalendarDay, error) {
	return collect(ctx, q, "CalendarAll", func(r pgx.CollectableRow) (order.CalendarDay, error) {
		var d order.CalendarDay
		return d, r.Scan((*date)(&d.On), &d.Kind, &d.Name)
	})
}

func readRegions(ctx context.Context, q querier) ([]order.Region, error) {
	rows, err := q.Query(ctx, query("RegionsAll"))
	if err != nil {
		return nil, fmt.Errorf("read regions: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (order.Region, error) {
		var v order.Region
		return v, r.Scan(&v.Code, &v.Prefectures, &v.PostalPrefixes,
			(*clock)(&v.CutoffFax), (*clock)(&v.CutoffWeb), (*clock)(&v.CutoffTruck), &v.LeadDays, (*date)(&v.From))
	})
	if err != nil {
		return nil, fmt.Errorf("read regions: %w", err)
	}
	return out, nil
}

func readWarehouses(ctx context.Context, q querier) ([]order.Warehouse, error) {
	rows, err := q.Query(ctx, query("WarehousesAll"))
	if err != nil {
		return nil, fmt.Errorf("read warehouses: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (order.Warehouse, error) {
		var v order.Warehouse
		return v, r.Scan(&v.Code, &v.Name, &v.Regions, &v.FallbackOrder, &v.Channel, &v.Format, &v.FallbackLeadDays, (*date)(&v.From))
	})
	if err != nil {
		return nil, fmt.Errorf("read warehouses: %w", err)
	}
	return out, nil
}

func (s *Store) shared(ctx context.Context, q querier) (*shared, error) {
	var version int64
	if err := q.QueryRow(ctx, query("MastersVersion")).Scan(&version); err != nil {
		return nil, fmt.Errorf("read masters version: %w", err)
	}
	return s.masters.at(ctx, q, version, s.settings)
}

// RegionTables are the region tables that hold, the default one included.
func (s *Store) RegionTables(ctx context.Context) (*rules.RegionTables, error) {
	sh, err := s.shared(ctx, s.pool)
	if err != nil {
		return nil, kinded(err)
	}
	return sh.regions, nil
}

// Masters are what every order looks at today, for those who promise or read without an order.
func (s *Store) Masters(ctx context.Context) (*rules.Calendar, *rules.Regions, []order.Warehouse, error) {
	sh, err := s.shared(ctx, s.pool)
	if err != nil {
		return nil, nil, nil, kinded(err)
	}
	return sh.calendar, sh.regions.On(order.DateOf(s.now())), sh.warehousesOn(order.DateOf(s.now())), nil
}

// PromiseTables are all that a promise looks at, of every day: who promises takes those that hold
// on the day of receipt.
type PromiseTables struct {
	Settings   rules.Settings
	Calendar   *rules.Calendar
	Regions    *rules.RegionTables
	Warehouses []order.Warehouse
}

// PromiseTables are the tables as they stand now, by which orders are promised too (CUT).
func (s *Store) PromiseTables(ctx context.Context) (PromiseTables, error) {
	sh, err := s.shared(ctx, s.pool)
	if err != nil {
		return PromiseTables{}, kinded(err)
	}
	return PromiseTables{sh.settings, sh.calendar, sh.regions, sh.allWarehouses}, nil
}

// WarehouseTable are the warehouses of all times.
func (s *Store) WarehouseTable(ctx context.Context) ([]order.Warehouse, error) {
	return readWarehouses(ctx, s.pool)
}

func scanDepartment(r pgx.Row) (order.Department, error) {
	var d order.Department
	err := r.Scan(&d.Code, &d.Name, &d.CompanyCode, &d.CompanyName, &d.DealerCode, &d.Fax, &d.Email, &d.PostalCode,
		&d.Prefecture, &d.Address, &d.PriceList, &d.Points, &d.Stockout, &d.Payment, &d.Answers, &d.Phone, &d.Kana)
	return d, err
}

func scanItem(r pgx.CollectableRow) (order.Item, error) {
	var i order.Item
	err := r.Scan(&i.Code, &i.Name, &i.NameKana, &i.Unit, &i.OrderMultiple, &i.ListPrice, &i.TaxRate, &i.Class,
		&i.Category, &i.Returnable, &i.NoSaturday, &i.EcoMarks, &i.SuccessorCode, &i.Discontinued)
	return i, err
}

func scanShipTo(r pgx.CollectableRow) (order.ShipTo, error) {
	var s order.ShipTo
	err := r.Scan(&s.Code, &s.CompanyCode, &s.Name, &s.PostalCode, &s.Prefecture, &s.Address)
	return s, err
}

func scanContractPrice(r pgx.CollectableRow) (order.ContractPrice, error) {
	var p order.ContractPrice
	err := r.Scan(&p.PriceList, &p.ItemCode, &p.Price, (*date)(&p.From))
	return p, err
}

// Items are all items, by code.
func (s *Store) Items(ctx context.Context) ([]order.Item, error) {
	return collect(ctx, s.pool, "ItemsAll", scanItem)
}

// Departments are all departments, by code.
func (s *Store) Departments(ctx context.Context) ([]order.Department, error) {
	return collect(ctx, s.pool, "DepartmentsAll", func(r pgx.CollectableRow) (order.Department, error) {
		return scanDepartment(r)
	})
}

// ShipTos are all registered places, by company and code.
func (s *Store) ShipTos(ctx context.Context) ([]order.ShipTo, error) {
	return collect(ctx, s.pool, "ShipTosAll", scanShipTo)
}

// GetDepartment reads one department.
func (s *Store) GetDepartment(ctx context.Context, code string) (order.Department, error) {
	d, err := scanDepartment(s.pool.QueryRow(ctx, query("DepartmentGet"), code))
	if missing(err) {
		return d, order.NotFound("customer_code", "no customer has the code "+code)
	}
	return d, kinded(err)
}

// UsualItems are the codes of the items that a department ordered most often, at most so many,
// the most often ordered first; what is discontinued or was cancelled does not count.
func (s *Store) UsualItems(ctx context.Context, department string, most int) ([]string, error) {
	return collect(ctx, s.pool, "UsualItems", pgx.RowTo[string], department, most)
}

// MastersVersion changes with every import: what was made of the masters is stale then.
func (s *Store) MastersVersion(ctx context.Context) (int64, error) {
	var v int64
	err := s.pool.QueryRow(ctx, query("MastersVersion")).Scan(&v)
	return v, kinded(err)
}

// collect runs a named query and scans its rows.
func collect[T any](ctx context.Context, q querier, name string, scan pgx.RowToFunc[T], args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query(name), args...)
	if err != nil {
		return nil, kinded(fmt.Errorf("query %s: %w", name, err))
	}
	out, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, kinded(fmt.Errorf("query %s: %w", name, err))
	}
	return out, nil
}

// Codes are the codes of masters that others refer to.
type Codes struct {
	Items, Departments, Companies, Dealers, Warehouses map[string]bool
}

// Codes are those that are stored now.
func (s *Store) Codes(ctx context.Context) (Codes, error) {
	c := Codes{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	of := map[string]map[string]bool{
		"items": c.Items, "departments": c.Departments, "companies": c.Companies, "dealers": c.Dealers, "warehouses": c.Warehouses,
	}
	rows, err := s.pool.Query(ctx, query("MasterCodes"))
	if err != nil {
		return Codes{}, kinded(fmt.Errorf("query codes of masters: %w", err))
	}
	var master, code string
	if _, err := pgx.ForEachRow(rows, []any{&master, &code}, func() error {
		of[master][code] = true
		return nil
	}); err != nil {
		return Codes{}, kinded(fmt.Errorf("query codes of masters: %w", err))
	}
	return c, nil
}
