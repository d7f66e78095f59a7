package order

import "time"

// AnswerKind is what a document that answers a customer is called among issued documents.
type AnswerKind string

// The kinds of answer (FAX-3, STK-2).
const (
	AnswerAcknowledgement AnswerKind = "acknowledgement" // what was understood of a fax, and what was not
	AnswerStockout        AnswerKind = "stockout_notice" // what is short, at once
	AnswerOrderMail       AnswerKind = "order_mail"      // a web order's confirmation, and its changes
	AnswerResend          AnswerKind = "resend_request"  // nothing of the fax could be read: please send it again
)

// Told is what a customer knows of a fax or web order once it is answered. Equal values are
// equal answers: nothing is told twice.
type Told struct {
	DocumentID int64       `json:"document,omitempty"` // 0 of a web order
	ReceivedAt time.Time   `json:"received_at"`
	Pages      int         `json:"pages,omitempty"` // of the fax
	Orders     []ToldOrder `json:"orders,omitempty"`
	Checking   []ToldPage  `json:"checking,omitempty"`  // pages that a person is looking at
	Illegible  []ToldPage  `json:"illegible,omitempty"` // pages that the customer is asked to send again
	Settled    []ToldPage  `json:"settled,omitempty"`   // pages told as being looked at before, of which no order came
}

// ToldOrder is an order as the customer is told of it.
type ToldOrder struct {
	Number       Number             `json:"number"`
	Page         int                `json:"page,omitempty"`
	Cancelled    bool               `json:"cancelled,omitempty"`
	Replaces     Number             `json:"replaces,omitempty"`      // the order that the desk changed into this one
	ReplacedBy   Number             `json:"replaced_by,omitempty"`   // … and the other way round
	CancelledWhy Reason             `json:"cancelled_why,omitempty"` // ReasonRefused, ReasonLapsed, ReasonStock; "" else
	HeldWhy      Reason             `json:"held_why,omitempty"`      // ReasonApproval where it waits for nothing else
	Held         bool               `json:"held,omitempty"`          // for the desk to look at, not for a made-to-order line's date
	ShipTo       Address            `json:"ship_to"`
	DesignatedOn Date               `json:"designated_on,omitzero"`
	Stockout     StockoutPreference `json:"stockout"`
	CancelUntil  time.Time          `json:"cancel_until,omitzero"` // CAN-1
	Terms        string             `json:"terms,omitempty"`       // version agreed to (ACC-5)
	Lines        []ToldLine         `json:"lines"`
	GoodsYen     Yen                `json:"goods_yen"` // ex tax
	FeeYen       Yen                `json:"fee_yen"`   // ex tax
	Taxes        []Tax              `json:"taxes"`
	Notes        []Note             `json:"notes,omitempty"` // what is not as the customer wrote it, and why
}

// TotalYen is what the order comes to including tax.
func (o ToldOrder) TotalYen() Yen {
	total := o.GoodsYen + o.FeeYen
	for _, t := range o.Taxes {
		total += t.TaxYen
	}
	return total
}

// Short tells whether any line of the order waits for stock.
func (o ToldOrder) Short() bool {
	for _, l := range o.Lines {
		if l.ShortQty > 0 && !o.Cancelled {
			return true
		}
	}
	return false
}

// Lacks tells whether anything of the order is short of stock: it waits, or is cancelled for that
// (STK-2), as the whole order may be.
func (o ToldOrder) Lacks() bool {
	for _, l := range o.Lines {
		if l.LackQty() > 0 && (!o.Cancelled || o.CancelledWhy == ReasonStock) {
			return true
		}
	}
	return false
}

// ToldLine is a line as the customer is told of it.
type ToldLine struct {
	No           int       `json:"no"`
	ItemCode     string    `json:"item_code"`
	Name         string    `json:"name"`
	Unit         string    `json:"unit"`
	Class        Class     `json:"class"`
	Qty          int       `json:"quantity"`
	UnitPrice    Yen       `json:"unit_price_yen"`
	TaxRate      Percent   `json:"tax_rate"`
	Comment      string    `json:"comment,omitempty"`
	CommentImage string    `json:"comment_image,omitempty"`  // blob key
	Arrivals     []Arrival `json:"arrivals,omitempty"`       // of what is there; of everything where nothing is short
	ShortQty     int       `json:"short_quantity,omitempty"` // waits for stock
	RestockOn    Date      `json:"restock_on,omitzero"`      // of what is short; zero where not known
	CancelledQty int       `json:"cancelled_quantity,omitempty"`
	CancelledWhy Reason    `json:"cancelled_why,omitempty"` // ReasonStock, ReasonWish
}

// Amount is the price ex tax of what is kept of the line.
func (l ToldLine) Amount() Yen { return l.UnitPrice * Yen(l.KeptQty()) }

// KeptQty is what is delivered of the line, or still to be.
func (l ToldLine) KeptQty() int { return l.Qty - l.CancelledQty }

// LackQty is what of the line stock does not cover: it waits, or is cancelled for that.
func (l ToldLine) LackQty() int { return l.ShortQty + l.CancelledQty }

// Arrival is a part of a line and the day on which it arrives; no day is one told later (CUT-6).
type Arrival struct {
	Shipment int  `json:"shipment"`
	Qty      int  `json:"quantity"`
	On       Date `json:"on,omitzero"`
}

// ToldPage is a page that became no order yet, or never will.
type ToldPage struct {
	Page    int      `json:"page"`              // 1-based; 0 is the fax as a whole
	Fields  []string `json:"fields,omitempty"`  // what could not be read, by the form's field names
	Repeats bool     `json:"repeats,omitempty"` // it may be an earlier fax again (FAX-5)
	Offers  []Note   `json:"offers,omitempty"`  // of items that are no longer sold (ITM-1)
	Image   string   `json:"image,omitempty"`   // blob key of the page
	Turned  int      `json:"turned,omitempty"`  // degrees clockwise that it lies turned: 0, 90, 180 or 270
}

// NoteKind is what is not as the customer wrote it, or not as it was told before.
type NoteKind string

// The notes. Those from NoteAdded on compare an answer with the one before.
const (
	NoteDateMoved    NoteKind = "date_moved"   // the designated date could not be kept (CUT-7, CUT-11)
	NoteLate         NoteKind = "late"         // the dispatch deadline passed before the order was clear (CUT-11)
	NoteReplanned    NoteKind = "replanned"    // the promised date could not be kept (CUT-1, CUT-11)
	NoteQuantity     NoteKind = "quantity"     // the desk changed a quantity
	NoteItem         NoteKind = "item"         // the desk changed an item
	NoteDropped      NoteKind = "dropped"      // the desk left a line out
	NoteAddOn        NoteKind = "add_on"       // no shipping fee: an add-on to the order in Was (FEE-2)
	NoteDiscontinued NoteKind = "discontinued" // no longer sold; the successor is offered (ITM-1)
	NoteAdded        NoteKind = "added"        // an order that the answer before did not have
	NoteCancelled    NoteKind = "cancelled"    // where it was changed, Now is the order that takes its place
	NoteChanged      NoteKind = "changed"      // takes the place of order Was; Now says what changed: designated_on=DAY (or none), ship_to, lines
	NoteHeld         NoteKind = "held"         // stopped since, for the desk to look at
	NoteFreed        NoteKind = "freed"        // goes ahead after all
	NoteShort        NoteKind = "short"        // found short since
	NoteFilled       NoteKind = "filled"       // what was short is there
	NoteCut          NoteKind = "cut"          // cancelled since, because it is short: Now is how many
	NoteRestock      NoteKind = "restock"      // comes in on another day than was told; no day is one not known
	NoteMoved        NoteKind = "moved"        // another date than was told
	NoteAmount       NoteKind = "amount"       // another total than was told
)

// Reason is why.
type Reason string

// The reasons.
const (
	ReasonEarliest     Reason = "earliest"     // it lies before the earliest date
	ReasonSaturday     Reason = "saturday"     // not delivered on a Saturday
	ReasonClosed       Reason = "closed"       // a day without deliveries
	ReasonDeadline     Reason = "deadline"     // the dispatch deadline had passed
	ReasonMultiple     Reason = "multiple"     // sold in multiples
	ReasonDiscontinued Reason = "discontinued" // no longer sold
	ReasonDesk         Reason = "desk"         // as the desk settled it
	ReasonApproval     Reason = "approval"     // the customer's own approver decides (APR-1)
	ReasonRefused      Reason = "refused"      // by the customer's own approver
	ReasonLapsed       Reason = "lapsed"       // no approver decided in time
	ReasonStock        Reason = "stock"        // not to be had, and no day is known (STK-2)
	ReasonWish         Reason = "wish"         // the customer wants nothing that is short to be waited for (STK-2)
	ReasonCarrier      Reason = "carrier"      // the carrier takes longer since (CUT-5)
	ReasonFarther      Reason = "farther"      // another warehouse sends it than was planned (STK-1)
	ReasonArrived      Reason = "arrived"      // what it waited for came in (STK-4)
)

// Note is one thing that the customer should notice.
type Note struct {
	Kind      NoteKind `json:"kind"`
	Order     Number   `json:"order,omitempty"` // of those that compare
	Line      int      `json:"line,omitempty"`
	Shipment  int      `json:"shipment,omitempty"`
	ItemCode  string   `json:"item_code,omitempty"`
	ItemName  string   `json:"item_name,omitempty"`
	Was       string   `json:"was,omitempty"` // quantity, item code or date, as written or told
	Now       string   `json:"now,omitempty"`
	Why       Reason   `json:"why,omitempty"`
	Multiple  int      `json:"multiple,omitempty"`
	Successor string   `json:"successor,omitempty"` // item code
	NewName   string   `json:"new_name,omitempty"`  // of the item or successor
}

// Answer is one answer to one customer, ready to be set.
type Answer struct {
	Kind     AnswerKind
	No       int    // of the fax or order, from 1
	Edition  int    // of those to this customer, from 1: a fax may hold orders of several
	Number   string // by which it is asked about: "F1234-2"
	Customer Department
	Told     Told
	Changes  []Note // since the answer before; none in the first
	At       time.Time
}

// Lacks tells whether the answer is one that tells of goods that are short (STK-2): that wait, or
// that were cancelled since the answer before.
func (a Answer) Lacks() bool {
	if a.Told.Short() || len(a.Changes) == 0 && a.Told.Lacks() {
		return true
	}
	for _, n := range a.Changes {
		if n.Kind == NoteCut || n.Kind == NoteCancelled && n.Why == ReasonStock {
			return true
		}
	}
	return false
}

// TotalYen is what the orders that stand come to including tax.
func (t Told) TotalYen() Yen {
	var sum Yen
	for _, o := range t.Orders {
		if !o.Cancelled {
			sum += o.TotalYen()
		}
	}
	return sum
}

// Lacks tells whether anything is short of stock, waits or is cancelled for that.
func (t Told) Lacks() bool {
	for _, o := range t.Orders {
		if o.Lacks() {
			return true
		}
	}
	return false
}

// Short tells whether anything waits for stock.
func (t Told) Short() bool {
	for _, o := range t.Orders {
		if o.Short() {
			return true
		}
	}
	return false
}
