package order

import (
	"slices"
	"time"
)

// Class is how an item travels (CUT-6): it decides cut-off, ready day and shipment.
type Class string

// The delivery classes.
const (
	ClassNormal Class = "normal" // next business day
	ClassTruck  Class = "truck"  // トラックマーク, furniture
	ClassPhone  Class = "phone"  // 電話マーク, made to order: no date is promised
)

// Channel is the way an order came.
type Channel string

// The ordering channels (FAX-1).
const (
	ChannelFax Channel = "fax"
	ChannelWeb Channel = "web"
)

// StockoutPreference is what a customer wants of a line that is short of stock (STK-2).
type StockoutPreference string

// The stock-out preferences.
const (
	StockoutBackorder StockoutPreference = "backorder"
	StockoutCancel    StockoutPreference = "cancel"
)

// Payment is how a department pays (PAY-1).
type Payment string

// The ways to pay.
const (
	PaymentInvoice Payment = "invoice"
	PaymentCard    Payment = "card"
)

// Item is a row of items.csv.
type Item struct {
	Code          string // 7 digits, the last a check digit in the sample shop
	Name          string
	NameKana      string
	Unit          string // 冊, 箱, 本 …
	OrderMultiple int    // ITM-1: quantities are multiples of it; at least 1
	ListPrice     Yen    // ex tax, per unit
	TaxRate       Percent
	Class         Class
	Category      string
	Returnable    bool // RET-2
	NoSaturday    bool // CUT-7
	EcoMarks      []string
	SuccessorCode string // ITM-1: set on a discontinued item
	Discontinued  bool   // true where SuccessorCode is set
}

// Department is a row of customers.csv: the unit that orders, pays and collects points. Its
// code is the customer code that customers write on their faxes (ACC-1).
type Department struct {
	Code        string // 8 digits, the last a check digit in the sample shop
	Name        string
	CompanyCode string
	CompanyName string
	DealerCode  string
	Fax         string // registered number, digits only: answers go nowhere else (FAX-3)
	Email       string
	PostalCode  string // 7 digits
	Prefecture  string // 東京都 …
	Address     string
	PriceList   string // "" where list prices hold
	Points      bool   // PNT-8
	Stockout    StockoutPreference
	Payment     Payment

	// What the desk keeps beside the imported master.
	Answers AnswerWish `json:",omitempty"` // FAX-3
	Phone   string     `json:",omitempty"` // digits
	Kana    string     `json:",omitempty"`
}

// AnswerWish is how a department asked to be told of its faxes; "" is by fax, every one (FAX-3).
type AnswerWish string

// The wishes.
const (
	AnswersByMail  AnswerWish = "mail"     // stock-outs by fax all the same (STK-2)
	AnswersBadNews AnswerWish = "bad_news" // by fax, where something is not as it was written
)

// User is a row of users.csv.
type User struct {
	Code           string
	DepartmentCode string
	Name           string
	Email          string
	Role           string // admin | orderer | approver | fax
}

// ShipTo is a registered place of a company, a row of ship_tos.csv.
type ShipTo struct {
	Code        string // 3 digits within the company
	CompanyCode string
	Name        string
	PostalCode  string
	Prefecture  string
	Address     string
}

// Dealer is the seller of record, a row of dealers.csv.
type Dealer struct {
	Code               string
	Name               string
	RegistrationNumber string // T + 13 digits (INV-1)
	Address            string
	Fax                string
	Email              string
}

// Warehouse is a partner warehouse, a row of warehouses.csv.
type Warehouse struct {
	Code          string
	Name          string
	Regions       []string // the regions it serves first
	FallbackOrder int      // among the others, lower first (STK-1)
	Channel       string   // folder | email | sftp | api
	Format        []string // xlsx, pdf, csv
	// Business days more to regions that it does not serve (STK-1).
	FallbackLeadDays int
	// The day from which its regions, order and days hold; zero: from the beginning. Name, channel
	// and formats hold at once, whatever the day.
	From Date
}

// WarehouseHolds tells whether the row i holds on a day: none of its warehouse began later, up to it.
func WarehouseHolds(rows []Warehouse, i int, day Date) bool {
	w := rows[i]
	return !w.From.After(day) && !slices.ContainsFunc(rows, func(x Warehouse) bool {
		return x.Code == w.Code && x.From.After(w.From) && !x.From.After(day)
	})
}

// WarehousesOn are the rows that hold on a day, one for each warehouse.
func WarehousesOn(rows []Warehouse, day Date) (out []Warehouse) {
	for i := range rows {
		if WarehouseHolds(rows, i, day) {
			out = append(out, rows[i])
		}
	}
	return out
}

// Region is a row of regions.csv: where a ship-to lies decides cut-offs and lead days (CUT-2).
type Region struct {
	Code           string
	Prefectures    []string
	PostalPrefixes []string // isolated islands; a longer prefix wins over the prefecture
	CutoffFax      Clock
	CutoffWeb      Clock
	CutoffTruck    Clock
	LeadDays       int // business days beyond the normal ready day
	// From is the day from which the table that the row belongs to holds; zero from the beginning.
	From Date `json:",omitzero"`
}

// StockLevel is a row of stock.csv.
type StockLevel struct {
	WarehouseCode string
	ItemCode      string
	OnHand        int
	RestockOn     Date // zero where unknown
}

// ContractPrice is a row of prices.csv (ITM-2).
type ContractPrice struct {
	PriceList string
	ItemCode  string
	Price     Yen // ex tax
	From      Date
}

// DayKind is how a calendar row changes a day (CUT-1, CUT-10).
type DayKind string

// The kinds of calendar row.
const (
	DayHoliday DayKind = "holiday"
	DayClosure DayKind = "closure"
	DayOpen    DayKind = "open" // a computed holiday that is worked after all
)

// CalendarDay is a row of calendar.csv.
type CalendarDay struct {
	On   Date
	Kind DayKind
	Name string
}

// CarrierDay is when a carrier delivers nothing though the shop works (CUT-5): a span of days, both
// included, or days of every week, in a span where one is given. With LeadDays it is a span in which
// the carrier delivers, so many business days later.
type CarrierDay struct {
	Carrier  string         `json:"carrier,omitempty"` // its name, for people
	Region   string         `json:"region,omitempty"`  // "" is every region
	Class    Class          `json:"class,omitempty"`   // "" is every class
	From     Date           `json:"from,omitzero"`
	To       Date           `json:"to,omitzero"`
	Weekdays []time.Weekday `json:"weekdays,omitempty"` // 0 is Sunday
	LeadDays int            `json:"lead_days,omitempty"`
	Name     string         `json:"name,omitempty"`
}

// Masters are rows of any masters, to be checked and stored together.
type Masters struct {
	Dealers    []Dealer
	Regions    []Region
	Warehouses []Warehouse
	Items      []Item
	Prices     []ContractPrice
	Customers  []Department
	Users      []User
	ShipTos    []ShipTo
	Stock      []StockLevel
	Calendar   []CalendarDay
	Carriers   []CarrierDay
	Profiles   []WarehouseProfile
	Locations  []StorageLocation

	ApprovalFlows []ApprovalRow
	Delegations   []DelegationRow
	Budgets       []BudgetRow
	Locks         []LockRow
}
