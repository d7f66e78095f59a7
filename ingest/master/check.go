package master

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
)

// Known are the codes of masters that are stored already, so that a file may refer to them
// beside what stands in the set. References to a master whose map is nil are not checked: then
// whoever stores the rows must.
type Known struct {
	Items, Customers, Companies, Dealers, Warehouses, Regions map[string]bool
}

// NothingKnown is the Known of an empty database: every reference must be met by the set itself.
func NothingKnown() Known {
	none := map[string]bool{}
	return Known{Items: none, Customers: none, Companies: none, Dealers: none, Warehouses: none, Regions: none}
}

// checker walks a set's references.
type checker struct {
	set    *Set
	report *Report
	whole  bool // Options.WholeTables
}

// Check finds references to nothing, and what is wrong between the rows of a set.
func (s *Set) Check(known Known, o Options) Report {
	r := Report{limit: o.MaxProblems}
	c := checker{set: s, report: &r, whole: o.WholeTables}

	refused := s.refused
	if refused == nil {
		refused = &Set{}
	}
	if s.Has(KindRegions) { // a file of regions replaces those that are stored
		known.Regions = map[string]bool{}
	}
	itemCodes := c.codes(KindItems, known.Items, codesOf(func(i *order.Item) string { return i.Code }, s.Items, refused.Items))
	customerCodes := c.codes(KindCustomers, known.Customers, codesOf(func(d *order.Department) string { return d.Code }, s.Customers, refused.Customers))
	companyCodes := c.codes(KindCustomers, known.Companies, codesOf(func(d *order.Department) string { return d.CompanyCode }, s.Customers, refused.Customers))
	dealerCodes := c.codes(KindDealers, known.Dealers, codesOf(func(d *order.Dealer) string { return d.Code }, s.Dealers, refused.Dealers))
	warehouseCodes := c.codes(KindWarehouses, known.Warehouses, codesOf(func(w *order.Warehouse) string { return w.Code }, s.Warehouses, refused.Warehouses))
	regionCodes := c.codes(KindRegions, known.Regions, codesOf(func(r *order.Region) string { return r.Code }, s.Regions, refused.Regions))

	for i := range s.Items {
		if next := s.Items[i].SuccessorCode; next != "" {
			c.refer(KindItems, i, "successor_code", "ITM-1", next, itemCodes, "item", "items.csv")
		}
	}
	c.successors()
	for i := range s.Customers {
		c.refer(KindCustomers, i, "dealer_code", "ACC-3", s.Customers[i].DealerCode, dealerCodes, "dealer", "dealers.csv")
	}
	c.companies()
	for i := range s.Users {
		c.refer(KindUsers, i, "department_code", "ACC-1", s.Users[i].DepartmentCode, customerCodes, "department", "customers.csv")
	}
	c.roles()
	for i := range s.ShipTos {
		c.refer(KindShipTos, i, "company_code", "ACC-1", s.ShipTos[i].CompanyCode, companyCodes, "company", "customers.csv")
	}
	for i := range s.Warehouses {
		for _, region := range s.Warehouses[i].Regions {
			c.refer(KindWarehouses, i, "regions", "STK-1", region, regionCodes, "region", "regions.csv")
		}
	}
	c.warehouses()
	c.regions()
	for i := range s.Stock {
		c.refer(KindStock, i, "warehouse_code", "", s.Stock[i].WarehouseCode, warehouseCodes, "warehouse", "warehouses.csv")
		c.refer(KindStock, i, "item_code", "", s.Stock[i].ItemCode, itemCodes, "item", "items.csv")
	}
	for i := range s.Profiles {
		c.refer(KindProfiles, i, "warehouse_code", "WHS-1", s.Profiles[i].WarehouseCode, warehouseCodes, "warehouse", "warehouses.csv")
	}
	for i := range s.Locations {
		c.refer(KindLocations, i, "warehouse_code", "WHS-1", s.Locations[i].WarehouseCode, warehouseCodes, "warehouse", "warehouses.csv")
		c.refer(KindLocations, i, "item_code", "WHS-1", s.Locations[i].ItemCode, itemCodes, "item", "items.csv")
	}
	for i := range s.Prices {
		c.refer(KindPrices, i, "item_code", "ITM-2", s.Prices[i].ItemCode, itemCodes, "item", "items.csv")
	}
	for i := range s.ApprovalFlows {
		c.refer(KindApprovals, i, "department_code", "APR-1", s.ApprovalFlows[i].DepartmentCode, customerCodes, "department", "customers.csv")
	}
	for i := range s.Budgets {
		c.refer(KindBudgets, i, "department_code", "BUD-1", s.Budgets[i].DepartmentCode, customerCodes, "department", "customers.csv")
	}
	for i := range s.Locks {
		c.refer(KindLocks, i, "department_code", "LCK-1", s.Locks[i].DepartmentCode, customerCodes, "department", "customers.csv")
		if code := s.Locks[i].ItemCode; code != "" {
			c.refer(KindLocks, i, "item_code", "LCK-1", code, itemCodes, "item", "items.csv")
		}
	}
	c.priceLists()
	return r
}

func codesOf[T any](code func(*T) string, lists ...[]T) map[string]bool {
	m := map[string]bool{}
	for _, rows := range lists {
		for i := range rows {
			m[code(&rows[i])] = true
		}
	}
	return m
}

// codes is both, nil where nobody knows them all.
func (c *checker) codes(k Kind, known, own map[string]bool) map[string]bool {
	if known == nil || c.set.sources[k].torn {
		return nil
	}
	for code := range known {
		own[code] = true
	}
	return own
}

func (c *checker) add(k Kind, row int, name, rule, message string, warning bool) {
	p := c.set.Problem(k, row, name, rule, message)
	p.Warning = warning
	c.report.add(p)
}

func (c *checker) refer(k Kind, row int, name, rule, code string, in map[string]bool, noun, file string) {
	if in == nil || in[code] {
		return
	}
	c.add(k, row, name, rule, fmt.Sprintf("there is no %s %q: add it to %s or correct the code", noun, code, file), false)
}

// successors refuses circles of discontinued items: nothing could be offered (ITM-1).
func (c *checker) successors() {
	next := make(map[string]string)
	for i := range c.set.Items {
		if s := c.set.Items[i].SuccessorCode; s != "" {
			next[c.set.Items[i].Code] = s
		}
	}
	// Each item is walked once: trail marks the walk that reached it, so a walk that meets its
	// own mark has found a circle, told once on the item where it closes.
	trail := make(map[string]int, len(next))
	for i := range c.set.Items {
		at := c.set.Items[i].Code
		for next[at] != "" && trail[at] == 0 {
			trail[at] = i + 1
			at = next[at]
		}
		if next[at] != "" && trail[at] == i+1 {
			c.add(KindItems, i, "successor_code", "ITM-1", fmt.Sprintf("the successors of item %s go round in a circle: name an item that is still sold", at), false)
		}
	}
}

// companies holds the departments of one company to one name.
func (c *checker) companies() {
	first := map[string]int{}
	for i := range c.set.Customers {
		d := &c.set.Customers[i]
		j, ok := first[d.CompanyCode]
		if !ok {
			first[d.CompanyCode] = i
			continue
		}
		if other := c.set.Customers[j].CompanyName; other != d.CompanyName {
			c.add(KindCustomers, i, "company_name", "ACC-1", fmt.Sprintf("company %s is called %q in another row: write one name in all its rows", d.CompanyCode, clip(other)), false)
		}
	}
}

// roles sees that no department has two FAX users (PNT-5) and warns of one without
// administrator (ACC-1).
func (c *checker) roles() {
	faxUser := map[string]bool{}
	admin := map[string]bool{}
	for i := range c.set.Users {
		u := &c.set.Users[i]
		switch u.Role {
		case roleFax:
			if faxUser[u.DepartmentCode] {
				c.add(KindUsers, i, "role", "PNT-5", fmt.Sprintf("department %s has a FAX user already: it has only one", u.DepartmentCode), false)
			}
			faxUser[u.DepartmentCode] = true
		case roleAdmin:
			admin[u.DepartmentCode] = true
		}
	}
	if c.set.Len(KindUsers) == 0 {
		return
	}
	for i := range c.set.Customers {
		if !admin[c.set.Customers[i].Code] {
			c.add(KindCustomers, i, "code", "ACC-1", fmt.Sprintf("department %s has no user with the role admin in users.csv", c.set.Customers[i].Code), true)
		}
	}
}

// warehouses sees that each region is served first by one warehouse at most, and that the
// fallback order is an order (STK-1).
func (c *checker) warehouses() {
	type served struct { // on each day from which something holds
		from order.Date
		what string
	}
	serves := map[served]int{} // row
	fallback := map[served]int{}
	begins := func(from order.Date, i, other int) bool { // one of them; else it was told of an earlier day
		return c.set.Warehouses[i].From == from || c.set.Warehouses[other].From == from
	}
	days := map[order.Date]bool{}
	for i := range c.set.Warehouses {
		days[c.set.Warehouses[i].From] = true
	}
	for _, from := range slices.SortedFunc(maps.Keys(days), order.Date.Compare) {
		for i := range c.set.Warehouses {
			w := &c.set.Warehouses[i]
			if !order.WarehouseHolds(c.set.Warehouses, i, from) {
				continue
			}
			for _, region := range w.Regions {
				if other, dup := serves[served{from, region}]; dup && begins(from, i, other) {
					c.add(KindWarehouses, i, "regions", "STK-1", fmt.Sprintf("region %s is served first by warehouse %s already: name it in one warehouse", region, c.set.Warehouses[other].Code), false)
				}
				serves[served{from, region}] = i
			}
			place := served{from, strconv.Itoa(w.FallbackOrder)}
			if other, dup := fallback[place]; dup && begins(from, i, other) {
				c.add(KindWarehouses, i, "fallback_order", "STK-1", fmt.Sprintf("warehouse %s has the same fallback order: give each its own", c.set.Warehouses[other].Code), false)
			}
			fallback[place] = i
		}
	}
	if !days[order.Date{}] {
		return
	}
	for i := range c.set.Regions {
		if _, ok := serves[served{what: c.set.Regions[i].Code}]; !ok {
			c.add(KindRegions, i, "region", "STK-1", fmt.Sprintf("no warehouse serves region %s first: the fallback order decides", c.set.Regions[i].Code), true)
		}
	}
}

// regions sees that each prefecture and postal prefix lies in one region (CUT-2).
func (c *checker) regions() {
	if len(c.set.Regions) == 0 {
		return
	}
	type key struct { // each table, from its day on, is right by itself
		from order.Date
		what string
	}
	where := map[key]string{}
	prefix := map[key]string{}
	last := map[order.Date]int{}
	for i := range c.set.Regions {
		r := &c.set.Regions[i]
		last[r.From] = i
		for _, p := range r.Prefectures {
			if other, dup := where[key{r.From, p}]; dup {
				c.add(KindRegions, i, "prefectures", "CUT-2", fmt.Sprintf("%s lies in region %s already: name it in one region", p, other), false)
			}
			where[key{r.From, p}] = r.Code
		}
		for _, p := range r.PostalPrefixes {
			if other, dup := prefix[key{r.From, p}]; dup {
				c.add(KindRegions, i, "postal_prefixes", "CUT-2", fmt.Sprintf("%s lies in region %s already: name it in one region", p, other), false)
			}
			prefix[key{r.From, p}] = r.Code
		}
	}
	if c.set.sources[KindRegions].torn || c.set.refused != nil && len(c.set.refused.Regions) > 0 {
		return // what a row with an error holds is not known before it is mended
	}
	for _, i := range slices.Sorted(maps.Values(last)) {
		missing := slices.DeleteFunc(order.Prefectures(), func(p string) bool { return where[key{c.set.Regions[i].From, p}] != "" })
		from := c.set.Regions[i].From
		switch {
		case len(missing) == 0:
		case c.whole && !from.IsZero():
			c.add(KindRegions, i, "prefectures", "CUT-2", fmt.Sprintf("no region holds %s from %s on: the table of a day names every region, also those that stay as they are (--unserved takes it all the same, and orders to there are refused)",
				strings.Join(missing, ", "), from), false)
		default:
			c.add(KindRegions, i, "prefectures", "CUT-2", fmt.Sprintf("no region holds %s: orders to there will be refused", strings.Join(missing, ", ")), true)
		}
	}
}

// priceLists warns of departments whose price list has no prices (ITM-2).
func (c *checker) priceLists() {
	if len(c.set.Prices) == 0 {
		return
	}
	lists := map[string]bool{}
	for i := range c.set.Prices {
		lists[c.set.Prices[i].PriceList] = true
	}
	for i := range c.set.Customers {
		if l := c.set.Customers[i].PriceList; l != "" && !lists[l] {
			c.add(KindCustomers, i, "price_list", "ITM-2", fmt.Sprintf("price list %s has no prices: list prices hold", l), true)
		}
	}
}
