package order

import "slices"

// PickColumn is a column of a partner's pick lists: which fact, and what the partner calls it.
type PickColumn struct {
	Key     string
	Heading string
}

// PickColumns are the columns there are, with the headings they have unless a partner names its
// own, in the order of lists without a profile.
func PickColumns() []PickColumn {
	return []PickColumn{
		{"no", "No."},
		{"done", "済"},
		{"location", "棚番"},
		{"item_code", "商品コード"},
		{"item_name", "商品名"},
		{"quantity", "数量"},
		{"unit", "単位"},
		{"order_number", "注文番号"},
		{"line", "行"},
		{"ship_to", "お届け先"},
		{"arrival_on", "お届け日"},
		{"comment", "コメント"},
		// Those that only a profile asks for.
		{"shipment", "出荷"},
		{"customer", "お客様"},
		{"postal_code", "郵便番号"},
		{"address", "住所"},
		{"ship_on", "出荷日"},
		{"class", "配送区分"},
		{"list_number", "リスト番号"},
	}
}

// ResultColumns are the columns of what partners send back that they may call otherwise than we do
// (ingest/partner), by key.
func ResultColumns() []string {
	return []string{
		"list_number", "order_number", "line", "item_code", "shipped", "short", "quantity", "reason", "tracking", "weight",
		"shipped_on", "delivered_on", "on_hand", "counted_at", "location",
	}
}

// usualColumns is how many of PickColumns a list without a profile has.
const usualColumns = 12

// HeadingOf is a column's usual heading; "" of one that does not exist.
func HeadingOf(key string) string {
	for _, c := range PickColumns() {
		if c.Key == key {
			return c.Heading
		}
	}
	return ""
}

// PickHalves are which halves a partner's lists have.
type PickHalves string

// The halves of a pick list.
const (
	HalvesBoth   PickHalves = "both"   // the total by item, then each order
	HalvesTotal  PickHalves = "total"  // the total by item alone
	HalvesOrders PickHalves = "orders" // one list per order, each on a sheet of its own
)

// PickSort is by what the rows of a list are sorted.
type PickSort string

// The ways to sort a list.
const (
	SortLocation PickSort = "location" // the way a picker walks
	SortItem     PickSort = "item"
	SortOrder    PickSort = "order"
)

// CSVEncoding is how a partner's CSV files are written.
type CSVEncoding string

// The encodings of CSV files.
const (
	EncodingUTF8  CSVEncoding = "utf-8" // with byte order mark: Excel takes it for what it is
	EncodingCP932 CSVEncoding = "cp932" // Windows' Shift_JIS, for older systems
)

// WarehouseProfile is how a partner warehouse works: what its documents look like and by which
// way they go (WHS-1, WHS-2); a row of warehouse_profiles.csv. Channel and formats stand in
// warehouses.csv.
type WarehouseProfile struct {
	WarehouseCode string
	Halves        PickHalves
	Sort          PickSort
	Encoding      CSVEncoding
	Columns       []PickColumn // of CSV and workbook; on paper it decides which optional ones there are
	Copies        int          // of each printed list, 1 to 9
	Slips         bool         // delivery slips (納品案内書) come with the list
	Returns       bool         // … with the return request form as their carbon (RET-3)
	Address       string       // where the channel carries the documents; "" is the channel's own
	ChaseMinutes  int          // after which a list that is not acknowledged is chased; 0 is never
	HostKey       string       // fingerprints of its SFTP server that are trusted, separated by commas
	Fetch         string       // folder of that server from which its files are fetched; "" fetches none
	Contact       string       // mail address that is asked after lists; "" is nobody's
	Senders       []string     // mail addresses whose attachments are its files
	Results       []PickColumn // what the partner calls the columns of what it sends back
	Carrier       string       // who carries its parcels, as customers know it; "" is not told
	TrackingURL   string       // where the carrier tells of a parcel, with {number} for its number; "" is nowhere
}

// DefaultProfile is how lists look for a warehouse that has no profile.
func DefaultProfile(warehouse string) WarehouseProfile {
	return WarehouseProfile{
		WarehouseCode: warehouse, Halves: HalvesBoth, Sort: SortLocation, Encoding: EncodingUTF8,
		Columns: PickColumns()[:usualColumns], Copies: 1, Slips: true, Returns: true,
	}
}

// Has tells whether the partner wants a column.
func (p *WarehouseProfile) Has(key string) bool {
	return slices.ContainsFunc(p.Columns, func(c PickColumn) bool { return c.Key == key })
}

// Heading is what the partner calls a column, its usual heading where the partner does not have it.
func (p *WarehouseProfile) Heading(key string) string {
	for _, c := range p.Columns {
		if c.Key == key {
			return c.Heading
		}
	}
	return HeadingOf(key)
}

// StorageLocation is where an item lies in a warehouse, a row of locations.csv.
type StorageLocation struct {
	WarehouseCode string
	ItemCode      string
	Location      string
}

// PartnerFault is one thing that is wrong in a file of a partner, in words for people.
type PartnerFault struct {
	Line, Column int    // 1-based; 0 where the file or the row as a whole is meant
	Heading      string // of the column
	Rule         string
	Text         string // what is wrong and what to do
}
