package master

import (
	"fmt"
	"strconv"
	"strings"

	"todoke/order"
)

var tables = map[Kind]reader{
	KindDealers: &dealers, KindRegions: &regions, KindWarehouses: &warehouses, KindItems: &items,
	KindPrices: &prices, KindCustomers: &customers, KindUsers: &users, KindShipTos: &shipTos,
	KindStock: &stock, KindCalendar: &calendar, KindProfiles: &profiles, KindLocations: &locations,
	KindCarriers: &carriers, KindApprovals: &approvalFlows, KindDelegates: &delegations, KindBudgets: &budgets, KindLocks: &itemLocks,
}

// headers are the columns of each kind's file.
var headers map[Kind][]string

func init() { // tables parse by headers, so neither can be made of the other
	headers = make(map[Kind][]string, len(tables))
	for k, t := range tables {
		headers[k] = t.columnNames()
	}
}

func yen(y order.Yen) string { return strconv.FormatInt(int64(y), 10) }

func joined(l []string) string { return strings.Join(l, listSep) }

func yes(b bool) string { return strconv.FormatBool(b) }

var items = table[order.Item]{
	kind:    KindItems,
	rows:    func(s *Set) *[]order.Item { return &s.Items },
	key:     func(i *order.Item) string { return i.Code },
	keyName: "code",
	columns: []column[order.Item]{
		{"code", code(func(i *order.Item) *string { return &i.Code }, itemScheme, true), func(i *order.Item) string { return i.Code }, ""},
		{"name", text(func(i *order.Item) *string { return &i.Name }, maxName, true), func(i *order.Item) string { return i.Name }, ""},
		{"name_kana", text(func(i *order.Item) *string { return &i.NameKana }, maxAddress, false), func(i *order.Item) string { return i.NameKana }, ""},
		{"unit", text(func(i *order.Item) *string { return &i.Unit }, 10, true), func(i *order.Item) string { return i.Unit }, ""},
		{"order_multiple", number(func(i *order.Item) *int { return &i.OrderMultiple }, 1, 9_999, "1"), func(i *order.Item) string { return strconv.Itoa(i.OrderMultiple) }, "ITM-1"},
		{"list_price_yen", number(func(i *order.Item) *order.Yen { return &i.ListPrice }, 0, maxYen, "1980"), func(i *order.Item) string { return yen(i.ListPrice) }, ""},
		{"tax_rate", rate(func(i *order.Item) *order.Percent { return &i.TaxRate }), func(i *order.Item) string { return strconv.Itoa(int(i.TaxRate)) }, "TAX-1"},
		{"class", choice(func(i *order.Item) *order.Class { return &i.Class }, order.ClassNormal, order.ClassTruck, order.ClassPhone), func(i *order.Item) string { return string(i.Class) }, "CUT-6"},
		{"category", text(func(i *order.Item) *string { return &i.Category }, maxName, true), func(i *order.Item) string { return i.Category }, ""},
		{"returnable", boolean(func(i *order.Item) *bool { return &i.Returnable }), func(i *order.Item) string { return yes(i.Returnable) }, "RET-2"},
		{"no_saturday", boolean(func(i *order.Item) *bool { return &i.NoSaturday }), func(i *order.Item) string { return yes(i.NoSaturday) }, "CUT-7"},
		{"eco_marks", list(func(i *order.Item) *[]string { return &i.EcoMarks }, markEntry, false), func(i *order.Item) string { return joined(i.EcoMarks) }, ""},
		{"successor_code", func(i *order.Item, cell string, o *Options) string {
			msg := code(func(i *order.Item) *string { return &i.SuccessorCode }, itemScheme, false)(i, cell, o)
			i.Discontinued = i.SuccessorCode != ""
			return msg
		}, func(i *order.Item) string { return i.SuccessorCode }, "ITM-1"},
	},
	check: func(i *order.Item, _ *Options, found func(Problem)) {
		if i.SuccessorCode == i.Code {
			found(Problem{Name: "successor_code", Rule: "ITM-1", Message: "an item cannot be its own successor: name the item that replaces it"})
		}
	},
}

var customers = table[order.Department]{
	kind:    KindCustomers,
	rows:    func(s *Set) *[]order.Department { return &s.Customers },
	key:     func(d *order.Department) string { return d.Code },
	keyName: "code",
	columns: []column[order.Department]{
		{"code", code(func(d *order.Department) *string { return &d.Code }, customerScheme, true), func(d *order.Department) string { return d.Code }, ""},
		{"name", text(func(d *order.Department) *string { return &d.Name }, maxName, true), func(d *order.Department) string { return d.Name }, ""},
		{"company_code", ident(func(d *order.Department) *string { return &d.CompanyCode }, true), func(d *order.Department) string { return d.CompanyCode }, "ACC-1"},
		{"company_name", text(func(d *order.Department) *string { return &d.CompanyName }, maxName, true), func(d *order.Department) string { return d.CompanyName }, ""},
		{"dealer_code", ident(func(d *order.Department) *string { return &d.DealerCode }, true), func(d *order.Department) string { return d.DealerCode }, "ACC-3"},
		{"fax", fax(func(d *order.Department) *string { return &d.Fax }), func(d *order.Department) string { return d.Fax }, "FAX-3"},
		{"email", email(func(d *order.Department) *string { return &d.Email }), func(d *order.Department) string { return d.Email }, ""},
		{"postal_code", postal(func(d *order.Department) *string { return &d.PostalCode }), func(d *order.Department) string { return d.PostalCode }, "CUT-2"},
		{"prefecture", prefecture(func(d *order.Department) *string { return &d.Prefecture }), func(d *order.Department) string { return d.Prefecture }, "CUT-2"},
		{"address", text(func(d *order.Department) *string { return &d.Address }, maxAddress, true), func(d *order.Department) string { return d.Address }, ""},
		{"price_list", ident(func(d *order.Department) *string { return &d.PriceList }, false), func(d *order.Department) string { return d.PriceList }, "ITM-2"},
		{"points", boolean(func(d *order.Department) *bool { return &d.Points }), func(d *order.Department) string { return yes(d.Points) }, "PNT-8"},
		{"stockout", choice(func(d *order.Department) *order.StockoutPreference { return &d.Stockout }, order.StockoutBackorder, order.StockoutCancel), func(d *order.Department) string { return string(d.Stockout) }, "STK-2"},
		{"payment", choice(func(d *order.Department) *order.Payment { return &d.Payment }, order.PaymentInvoice, order.PaymentCard), func(d *order.Department) string { return string(d.Payment) }, "PAY-1"},
	},
	check: func(d *order.Department, _ *Options, found func(Problem)) {
		if d.Fax == "" && d.Email == "" {
			found(Problem{Name: "fax", Rule: "FAX-3", Message: "the department has neither fax number nor e-mail address, so nobody can answer it: write one of them"})
		}
		checkPostal(d.PostalCode, d.Prefecture, found)
	},
}

// checkPostal warns where postal code and prefecture seem to name different places.
func checkPostal(postal, prefecture string, found func(Problem)) {
	if !order.PostalFits(postal, prefecture) {
		found(Problem{Name: "postal_code", Rule: "CUT-2", Warning: true, Message: fmt.Sprintf("postal code %s hardly lies in %s: cut-offs and lead days hang on both, so see that they are right", postal, prefecture)})
	}
}

var users = table[order.User]{
	kind:    KindUsers,
	rows:    func(s *Set) *[]order.User { return &s.Users },
	key:     func(u *order.User) string { return u.Code },
	keyName: "code",
	columns: []column[order.User]{
		{"code", ident(func(u *order.User) *string { return &u.Code }, true), func(u *order.User) string { return u.Code }, ""},
		{"department_code", code(func(u *order.User) *string { return &u.DepartmentCode }, customerScheme, true), func(u *order.User) string { return u.DepartmentCode }, "ACC-1"},
		{"name", text(func(u *order.User) *string { return &u.Name }, maxName, true), func(u *order.User) string { return u.Name }, ""},
		{"email", email(func(u *order.User) *string { return &u.Email }), func(u *order.User) string { return u.Email }, ""},
		{"role", choice(func(u *order.User) *string { return &u.Role }, roleAdmin, "orderer", "approver", roleFax), func(u *order.User) string { return u.Role }, "ACC-1"},
	},
}

// Roles that Check looks for: each department has an administrator (ACC-1) and at most one FAX
// user, who collects the points of its faxed orders (PNT-5).
const (
	roleAdmin = "admin"
	roleFax   = "fax"
)

var shipTos = table[order.ShipTo]{
	kind:    KindShipTos,
	rows:    func(s *Set) *[]order.ShipTo { return &s.ShipTos },
	key:     func(p *order.ShipTo) string { return p.CompanyCode + "/" + p.Code },
	keyName: "code within company_code",
	columns: []column[order.ShipTo]{
		{"code", code(func(p *order.ShipTo) *string { return &p.Code }, shipToScheme, true), func(p *order.ShipTo) string { return p.Code }, ""},
		{"company_code", ident(func(p *order.ShipTo) *string { return &p.CompanyCode }, true), func(p *order.ShipTo) string { return p.CompanyCode }, "ACC-1"},
		{"name", text(func(p *order.ShipTo) *string { return &p.Name }, maxName, true), func(p *order.ShipTo) string { return p.Name }, ""},
		{"postal_code", postal(func(p *order.ShipTo) *string { return &p.PostalCode }), func(p *order.ShipTo) string { return p.PostalCode }, "CUT-2"},
		{"prefecture", prefecture(func(p *order.ShipTo) *string { return &p.Prefecture }), func(p *order.ShipTo) string { return p.Prefecture }, "CUT-2"},
		{"address", text(func(p *order.ShipTo) *string { return &p.Address }, maxAddress, true), func(p *order.ShipTo) string { return p.Address }, ""},
	},
	check: func(p *order.ShipTo, _ *Options, found func(Problem)) { checkPostal(p.PostalCode, p.Prefecture, found) },
}

var dealers = table[order.Dealer]{
	kind:    KindDealers,
	rows:    func(s *Set) *[]order.Dealer { return &s.Dealers },
	key:     func(d *order.Dealer) string { return d.Code },
	keyName: "code",
	columns: []column[order.Dealer]{
		{"code", ident(func(d *order.Dealer) *string { return &d.Code }, true), func(d *order.Dealer) string { return d.Code }, ""},
		{"name", text(func(d *order.Dealer) *string { return &d.Name }, maxName, true), func(d *order.Dealer) string { return d.Name }, ""},
		{"registration_number", registration(func(d *order.Dealer) *string { return &d.RegistrationNumber }), func(d *order.Dealer) string { return d.RegistrationNumber }, "INV-1"},
		{"address", text(func(d *order.Dealer) *string { return &d.Address }, maxAddress, true), func(d *order.Dealer) string { return d.Address }, ""},
		{"fax", fax(func(d *order.Dealer) *string { return &d.Fax }), func(d *order.Dealer) string { return d.Fax }, "ACC-3"},
		{"email", email(func(d *order.Dealer) *string { return &d.Email }), func(d *order.Dealer) string { return d.Email }, "ACC-3"},
	},
	check: func(d *order.Dealer, _ *Options, found func(Problem)) {
		if !order.CorporateRegistration(d.RegistrationNumber) {
			found(Problem{Name: "registration_number", Rule: "INV-1", Warning: true, Message: d.RegistrationNumber + " has not the check digit of a corporate number: right for a sole trader, else a digit is wrong"})
		}
	},
}

var warehouses = table[order.Warehouse]{
	kind:     KindWarehouses,
	rows:     func(s *Set) *[]order.Warehouse { return &s.Warehouses },
	key:      func(w *order.Warehouse) string { return strings.TrimSuffix(w.Code+"/"+w.From.String(), "/") },
	keyName:  "code",
	optional: []string{"fallback_lead_days", "from_on"}, // later than the files of most shops
	columns: []column[order.Warehouse]{
		{"code", ident(func(w *order.Warehouse) *string { return &w.Code }, true), func(w *order.Warehouse) string { return w.Code }, ""},
		{"name", text(func(w *order.Warehouse) *string { return &w.Name }, maxName, true), func(w *order.Warehouse) string { return w.Name }, ""},
		{"regions", list(func(w *order.Warehouse) *[]string { return &w.Regions }, identEntry, false), func(w *order.Warehouse) string { return joined(w.Regions) }, "STK-1"},
		{"fallback_order", number(func(w *order.Warehouse) *int { return &w.FallbackOrder }, 1, 999, "1"), func(w *order.Warehouse) string { return strconv.Itoa(w.FallbackOrder) }, "STK-1"},
		{"fallback_lead_days", number(func(w *order.Warehouse) *int { return &w.FallbackLeadDays }, 0, 30, "0"), func(w *order.Warehouse) string { return strconv.Itoa(w.FallbackLeadDays) }, "STK-1"},
		{"channel", choice(func(w *order.Warehouse) *string { return &w.Channel }, order.PartnerChannels()...), func(w *order.Warehouse) string { return w.Channel }, "WHS-2"},
		{"format", list(func(w *order.Warehouse) *[]string { return &w.Format }, formatEntry, true), func(w *order.Warehouse) string { return joined(w.Format) }, "WHS-2"},
		{"from_on", date(func(w *order.Warehouse) *order.Date { return &w.From }, false), func(w *order.Warehouse) string { return w.From.String() }, "STK-1"},
	},
}

var regions = table[order.Region]{
	kind: KindRegions,
	rows: func(s *Set) *[]order.Region { return &s.Regions },
	key: func(r *order.Region) string {
		if r.From.IsZero() {
			return r.Code
		}
		return r.Code + "/" + r.From.String()
	},
	keyName:  "region",
	optional: []string{"from_on"},
	columns: []column[order.Region]{
		{"region", ident(func(r *order.Region) *string { return &r.Code }, true), func(r *order.Region) string { return r.Code }, "CUT-2"},
		{"prefectures", list(func(r *order.Region) *[]string { return &r.Prefectures }, prefectureEntry, false), func(r *order.Region) string { return joined(r.Prefectures) }, "CUT-2"},
		{"postal_prefixes", list(func(r *order.Region) *[]string { return &r.PostalPrefixes }, prefixEntry, false), func(r *order.Region) string { return joined(r.PostalPrefixes) }, "CUT-2"},
		{"cutoff_fax", clock(func(r *order.Region) *order.Clock { return &r.CutoffFax }), func(r *order.Region) string { return r.CutoffFax.String() }, "CUT-2"},
		{"cutoff_web", clock(func(r *order.Region) *order.Clock { return &r.CutoffWeb }), func(r *order.Region) string { return r.CutoffWeb.String() }, "CUT-2"},
		{"cutoff_truck", clock(func(r *order.Region) *order.Clock { return &r.CutoffTruck }), func(r *order.Region) string { return r.CutoffTruck.String() }, "CUT-6"},
		{"lead_days", number(func(r *order.Region) *int { return &r.LeadDays }, 0, 30, "0"), func(r *order.Region) string { return strconv.Itoa(r.LeadDays) }, "CUT-5"},
		{"from_on", date(func(r *order.Region) *order.Date { return &r.From }, false), func(r *order.Region) string { return r.From.String() }, "CUT-2"},
	},
	check: func(r *order.Region, _ *Options, found func(Problem)) {
		if len(r.Prefectures) == 0 && len(r.PostalPrefixes) == 0 {
			found(Problem{Name: "prefectures", Rule: "CUT-2", Message: "the region has neither prefectures nor postal prefixes, so nothing lies in it: write one of them or delete the row"})
		}
	},
}

var stock = table[order.StockLevel]{
	kind:    KindStock,
	rows:    func(s *Set) *[]order.StockLevel { return &s.Stock },
	key:     func(l *order.StockLevel) string { return l.WarehouseCode + "/" + l.ItemCode },
	keyName: "item_code at warehouse_code",
	columns: []column[order.StockLevel]{
		{"warehouse_code", ident(func(l *order.StockLevel) *string { return &l.WarehouseCode }, true), func(l *order.StockLevel) string { return l.WarehouseCode }, ""},
		{"item_code", code(func(l *order.StockLevel) *string { return &l.ItemCode }, itemScheme, true), func(l *order.StockLevel) string { return l.ItemCode }, ""},
		{"on_hand", number(func(l *order.StockLevel) *int { return &l.OnHand }, 0, maxQty, "120"), func(l *order.StockLevel) string { return strconv.Itoa(l.OnHand) }, "STK-1"},
		{"restock_on", date(func(l *order.StockLevel) *order.Date { return &l.RestockOn }, false), func(l *order.StockLevel) string { return l.RestockOn.String() }, "STK-2"},
	},
}

var prices = table[order.ContractPrice]{
	kind: KindPrices,
	rows: func(s *Set) *[]order.ContractPrice { return &s.Prices },
	key: func(p *order.ContractPrice) string {
		return p.PriceList + "/" + p.ItemCode + "/" + p.From.String()
	},
	keyName: "item_code of price_list from from_on",
	columns: []column[order.ContractPrice]{
		{"price_list", ident(func(p *order.ContractPrice) *string { return &p.PriceList }, true), func(p *order.ContractPrice) string { return p.PriceList }, "ITM-2"},
		{"item_code", code(func(p *order.ContractPrice) *string { return &p.ItemCode }, itemScheme, true), func(p *order.ContractPrice) string { return p.ItemCode }, "ITM-2"},
		{"price_yen", number(func(p *order.ContractPrice) *order.Yen { return &p.Price }, 0, maxYen, "1780"), func(p *order.ContractPrice) string { return yen(p.Price) }, "ITM-2"},
		{"from_on", date(func(p *order.ContractPrice) *order.Date { return &p.From }, true), func(p *order.ContractPrice) string { return p.From.String() }, "ITM-2"},
	},
}

var calendar = table[order.CalendarDay]{
	kind:    KindCalendar,
	rows:    func(s *Set) *[]order.CalendarDay { return &s.Calendar },
	key:     func(d *order.CalendarDay) string { return d.On.String() },
	keyName: "on",
	columns: []column[order.CalendarDay]{
		{"on", date(func(d *order.CalendarDay) *order.Date { return &d.On }, true), func(d *order.CalendarDay) string { return d.On.String() }, "CUT-1"},
		{"kind", choice(func(d *order.CalendarDay) *order.DayKind { return &d.Kind }, order.DayHoliday, order.DayClosure, order.DayOpen), func(d *order.CalendarDay) string { return string(d.Kind) }, "CUT-1"},
		{"name", text(func(d *order.CalendarDay) *string { return &d.Name }, maxName, true), func(d *order.CalendarDay) string { return d.Name }, ""},
	},
}
