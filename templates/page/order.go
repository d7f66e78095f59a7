package page

import (
	"io"
	"time"

	"todoke/order"
)

// Order is an order with its whole story.
type Order struct {
	Frame
	Claim
	FromQueue                bool // opened to be worked on
	Settling                 bool // just accepted: the goods are being reserved
	Mails                    []Link
	Path, Number, State, Why string
	Customer                 *ReviewCustomer
	Facts                    [][2]string
	Lines                    []OrderLine
	Shipments                []OrderShipment
	Money                    OrderMoney
	Card                     *CardView // nil where no card ever paid
	Pictures                 []Picture
	Belongings               []Belonging // beside its own page
	Reading                  []ReadingRow
	ReadingPath              string // of the review; "" where there was none
	Story                    []StoryRow
	Sent                     []SentRow
	Document                 *DocumentView
	Seen                     []SeenRow
	Said                     string // what stood against the last action
	Acts                     OrderActs
	ShipTos                  []Option
	Designated               string // as a date field takes it
	AddLines                 []int  // rows for lines to be added
	ReplacedBy, Replaces     *Link
	Approval                 *ApprovalView  // nil where it never waited for one
	Preview                  *ChangePreview // what a change would make of it, before it is done
	TellBy                   string         // how the customer is told, in words
}

// ChangePreview is an order as it is and as it would be with changes.
type ChangePreview struct {
	Rows     []ChangeRow
	Problems []string    // what would not be as wished
	Fields   [][2]string // the change, as it was asked for
	Reason   string
}

// ChangeRow is one thing of it.
type ChangeRow struct {
	Name, Was, Now string
	Differs        bool
}

// Link is something with a page of its own.
type Link struct{ Path, Text string }

// OrderActs are what the person may do; the others say why not.
type OrderActs struct {
	Hold, Free, Cancel, Change   bool
	CustomerMayCancel            bool
	NoHold, NoFree, NoCancel, By string
	NoChange, NoCustomer         string
}

// OrderLine is a line with what became of it.
type OrderLine struct {
	No                                    int
	Code, Name, Unit, Class               string
	Qty, Reserved, Short, Listed, Shipped int
	Cancelled                             int        // of Qty, because it is short (STK-2)
	RestockOn                             order.Date // of what is short, as the customer was told
	Price, Amount                         order.Yen
	TaxRate                               int
	Reduced                               bool
	PriceList, Comment                    string
}

// OrderShipment is a shipment with its promise.
type OrderShipment struct {
	No                      int
	State, Class, Warehouse string
	AcceptanceOn, ShipOn    order.Date
	ArrivalOn               order.Date
	Lists                   []string // numbers of pick lists
	ShippedAt               time.Time
	Rules                   []string
	Goods                   string // its lines, where there is more than one shipment
	MayDate                 bool   // made to order: the desk enters the day (CUT-6)
	Tracking                []Link // numbers, and where the carrier tells of them
	Carrier                 string
	ShippedOn, DeliveredOn  order.Date
	MayFax                  string // the registered number to which a notice may be faxed, on request
	ByCarrier               bool   // nobody told the delivery: it counts by the carrier's days (WHS-3)
}

// Focus is where whoever works on the order begins.
func (v Order) Focus() string {
	for _, s := range v.Shipments {
		if s.MayDate && s.ArrivalOn.IsZero() {
			return "date"
		}
	}
	if v.Task != "" {
		return "reason"
	}
	return ""
}

// OrderMoney is what an order comes to.
type OrderMoney struct {
	Goods, Fee, Total  order.Yen
	Taxes              []order.Tax
	AddOnTo, AddOnPath string    // the order to which this one is an add-on (FEE-2)
	FeeUntil           time.Time // provisional until then
}

// Picture is a page as it came, upright, with the reader's regions, in millimetres.
type Picture struct {
	Name, Image        string
	Width, Height      float64 // upright
	ImageW, ImageH     float64 // of the picture itself
	Turn               string  // SVG transform that turns it upright
	Rects              []Rect
	State, Path, Order string
	Here               bool
}

// Belonging is what belongs to an order beside its own page.
type Belonging struct {
	Kind    string // joined: it continues the page; attached by a person; split: another order of the same sheet
	Note    string
	Path    string // of its review, mail or bytes
	At      time.Time
	Picture Picture
}

// Rect is a region of a picture.
type Rect struct {
	X, Y, W, H float64
	Field      string
	Doubt      bool
}

// ReadingRow is a field as read, and as a person settled it.
type ReadingRow struct {
	Field, Read, Sure, Settled, By string
	Doubt                          bool
}

// StoryRow is a decision about the order or its fax.
type StoryRow struct {
	At         time.Time
	Rule, Name string
	Text, By   string
	Inputs     []Fact
}

// SentRow is a document issued to the customer and a way that it went.
type SentRow struct {
	Kind, Number, File, Path string
	Channel, To, State       string
	IssuedAt, SentAt         time.Time
	Newest                   bool
	Resend                   string // path; "" where it cannot be sent again now
}

// DocumentView is an inbound document in short.
type DocumentView struct {
	Name, File, Source, State, Path, Caller string
	ReceivedAt                              time.Time
	Size                                    int64
}

// SeenRow is an access that was logged.
type SeenRow struct {
	At                    time.Time
	Login, Action, Detail string
}

var issueKinds = map[string][2]string{
	"approval_request": {"承認のお願い", "request for approval"}, "chase": {"受領確認のお願い", "asking after a list"}, "acknowledgement": {"注文確認書", "acknowledgement"}, "order_mail": {"注文メール", "order mail"}, "stockout_notice": {"欠品のお知らせ", "stock-out notice"}, "resend_request": {"再送のお願い", "request to send again"},
	"how_to_order": {"ご注文方法のご案内", "how to order"}, "pick_list": {"ピッキングリスト", "pick list"}, "shipping_notice": {"発送のお知らせ", "shipping notice"}, "partner_errors": {"ファイルの誤りのお知らせ", "errors in a file"}, "dealer_request": {"販売店への依頼", "request to the dealer"},
}

// IssueKind is a kind of issued document in people's words.
func IssueKind(lang Lang, kind string) string {
	if k, ok := issueKinds[kind]; ok {
		return pick(lang, k[0], k[1])
	}
	return kind
}

var actions = map[string][2]string{"view": {"閲覧", "view"}, "change": {"変更", "change"}, "refused": {"権限なし", "refused"}}

// Word is a value of a closed list in people's words.
func Word(lang Lang, v string) string { return word(lang, v) }

// Render writes the page.
func (v Order) Render(w io.Writer) error { return Render(w, v.Lang, "order", v) }
