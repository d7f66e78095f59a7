package page

import (
	"io"
	"time"

	"todoke/order"
)

// Warehouses is what went to the partner warehouses and what came back.
type Warehouses struct {
	Frame
	One  bool // one of them alone, with more of it
	Said string
	Rows []WarehouseView
}

// WarehouseView is one warehouse.
type WarehouseView struct {
	Path, Code, Name, Channel string
	Waiting                   int // files that wait for a person
	Overdue, Late             int // of its lists: not acknowledged, not reported
	Lists                     []WarehouseList
	Files                     []PartnerFileRow
}

// WarehouseList is a list with what became of it.
type WarehouseList struct {
	Path, Number, Class  string
	ShipOn               order.Date
	Orders, Qty          int
	Shipped, Short, Open int
	IssuedAt, SentAt     time.Time
	Way                  string
	Waits, Failed        bool
	AcknowledgedAt       time.Time
	AcknowledgedBy       string
	Chased               int
	Overdue              bool // nobody acknowledged it in time
	Late                 bool // its deadline has passed and not all is reported
	ShippedAt            time.Time
	ShippedBy            string
}

// PartnerFileRow is a file that a warehouse handed in.
type PartnerFileRow struct {
	Path, ID, Kind, Name, Channel, Sender, State, Outcome string
	Rows, Bytes                                           int
	ReceivedAt, SettledAt                                 time.Time
	Waits                                                 bool
	ClosedAt                                              time.Time
	ClosedBy, ClosedNote                                  string
}

// Render writes the page.
func (v Warehouses) Render(w io.Writer) error { return Render(w, v.Lang, "warehouses", v) }

// PartnerFile is one file: its rows with what became of them, and what it changed.
type PartnerFile struct {
	Frame
	Claim
	File          PartnerFileRow
	Warehouse     Link
	Code, Key     string
	Said          string
	Reading       bool // its job has not read it yet
	Refused, Asks bool
	Act           bool // the person may settle it
	Faults        []FileFault
	Promised      []CountAsk
	Head          []string
	Table         []FileRow
	All           int // rows in the file
	Orders, Lists []Link
	Moves         []StockMove
}

// FileFault is something wrong in a file.
type FileFault struct {
	Line, Column         int
	Field, Heading, Rule string
	Text                 string
}

// CountAsk is an item of which less was counted than orders were promised.
type CountAsk struct {
	Item                  string
	Counted, Was, Lacking int
}

// FileRow is a row as it stands, and what became of it.
type FileRow struct {
	Line       int
	Cells      []string
	Says, Look string
}

// StockMove is how stock on hand changed.
type StockMove struct {
	Item, Name   string
	Qty          int
	Kind, Reason string
}

var (
	fileKinds  = map[string][2]string{"result": {"出荷実績", "results"}, "acknowledgement": {"受領", "acknowledgement"}, "count": {"在庫数", "stock count"}, "": {"種類不明", "unknown kind"}}
	moveKinds  = map[string][2]string{"shipped": {"出荷", "shipped"}, "short": {"欠品", "short"}, "count": {"棚卸", "counted"}, "made": {"製作", "made"}, "import": {"登録", "imported"}}
	shortWords = map[string][2]string{"missing": {"欠品", "missing"}, "damaged": {"破損", "damaged"}, "late": {"遅延", "late"}}
)

// KindName is what the file is in people's words.
func (f PartnerFileRow) KindName(lang Lang) string {
	return pick(lang, fileKinds[f.Kind][0], fileKinds[f.Kind][1])
}

// Says is why the stock changed in people's words.
func (m StockMove) Says(lang Lang) string {
	said := pick(lang, moveKinds[m.Kind][0], moveKinds[m.Kind][1])
	if why, ok := shortWords[m.Reason]; ok && why != moveKinds[m.Kind] {
		said += pick(lang, "（"+why[0]+"）", " ("+why[1]+")")
	}
	return said
}

// Render writes the page.
func (v PartnerFile) Render(w io.Writer) error { return Render(w, v.Lang, "partner-file", v) }
