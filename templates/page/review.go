package page

import (
	"io"
	"time"

	"todoke/order"
)

// Review is the page on which a person settles one page of a fax.
type Review struct {
	Frame
	Name       string // 12.1
	Path       string // of the review
	Document   int64
	IsPage     bool // not a document as a whole
	Why        string
	Open       bool
	ClosedText string // how it was closed, where it is not open
	CanReopen  bool
	Corrected  *ReviewCorrection // why it stays closed
	Duplicate  bool              // closed as one
	Sheet      Sheet
	Joined     []Sheet      // of pages whose lines are on this order
	JoinedTo   string       // the page whose order this one's lines are on
	SplitFrom  string       // the page that this one was split from
	Kind       string       // what the page is, where it is no order form
	KindSure   bool         // nobody doubts that
	OtherForm  bool         // one of our forms that orders nothing
	Times      *ReviewTimes // where two times speak for when it came in
	Reading    bool         // it is being read again
	Reread     string       // what came of that
	Fresh      bool         // the sheets come with the panel
	Other      *Sheet       // that it may repeat, shown beside it
	Problems   []string     // that belong to no field, in words
	Customer   *ReviewCustomer
	Fields     []ReviewField // beside those of the lines
	Stockout   *ReviewChoice // what the customer wants where goods are short; nil where the form does not ask
	Blank      bool          // nothing is on the page
	Untouched  bool          // nobody keyed anything
	Lines      []ReviewLine
	NewLine    int          // number of the line that is typed next
	Typed      bool         // nothing was read: it is typed from the picture
	OwnPaper   string       // that the sender's paper is known, in words
	Order      *ReviewOrder // as the rules would make it; nil while nothing can be said
	Ready      bool         // nothing stands against it
	Doubts     int
	Suspect    *ReviewSuspect
	Facts      [][2]string // about the fax: when, from whom
	ReceivedAt time.Time
	DeadlineAt time.Time
	Taken      string // who else works on it; "" where it is ours
	Task       string // what is claimed
	Undo       bool   // something was keyed that can be taken back
	Said       string // what the last key came to, told at the side
	SaidWrong  bool
	Focus      string // field to go to; "" for the first in doubt
	Preload    string // image of the next in the queue
}

// ReviewChoice is a question of the form with few answers, each one key.
type ReviewChoice struct {
	Field   string // where it stands on the page
	Ways    []ReviewWay
	Doubt   bool    // a person is asked
	Known   bool    // one of the answers is taken for right
	Again   *string // keyed once already, unlike what was read
	Problem string
}

// ReviewCorrection is what stands for a page that another one corrected.
type ReviewCorrection struct{ Order, Path, Page string }

// ReviewWay is an answer to it.
type ReviewWay struct {
	Value, Text, Keys string
	Here              bool
}

// ReviewTimes are the times of which a person decides which holds (CUT-3).
type ReviewTimes struct {
	Problem string
	Decided bool
	Times   []ReviewTime
}

// ReviewTime is a time of receipt and what it would mean.
type ReviewTime struct {
	Clock        string // gateway or server
	At           time.Time
	AcceptanceOn order.Date
	DispatchBy   time.Time
	ArrivalOn    order.Date
	Chosen       bool
}

// ReviewAsk shows the fax that asks a customer to send a page again, before it leaves.
type ReviewAsk struct {
	Frame
	Name, Path    string // of the review
	Customer      string // "" where nobody knows whose the page is
	Number, Title string
	Channel, To   string // "" where it would go to nobody by itself
	Why           string // why not
	Images        []string
}

// Render writes the page.
func (v ReviewAsk) Render(w io.Writer) error { return Render(w, v.Lang, "review-ask", v) }

// Sheet is the page's picture and how it lies.
type Sheet struct {
	Name          string // 12.2
	Key           string // what tells the picture from others
	Image         string // path; "" where nothing could be decoded
	Width, Height int    // pixels of the picture, as sent
	XDPI, YDPI    float64
	Rotation      int      // degrees clockwise by which the sheet was turned: it is shown turned back
	Pages         []Thumb  // of the document, where there are several
	Marks         []Region // what was read where
}

// Thumb leads to another page of the document.
type Thumb struct {
	No    int
	Path  string
	State string
	Here  bool
	Keys  string // n of the next page, p of the one before
}

// Region is a rectangle of the upright sheet in thousandths of its width and height.
type Region struct {
	Field      string
	X, Y, W, H int
	Doubt      bool
	Differs    bool // from the other page
}

// ReviewField is a field and what is to be done about it.
type ReviewField struct {
	Name    string
	Label   string
	Value   string // shown; "" where blind
	Blind   bool   // the reading is weak: it is keyed without being seen
	Mask    string // of a weak reading: the digits that are sure, "_" for each that is keyed; "" where all are
	Boxes   string // where the digits of Mask stand on its region, "x,width;…" in thousandths
	Digits  int    // how many a code has that is completed as soon as one alone fits; else 0
	Doubt   bool   // a person is asked
	Problem string
	Suggest string // that would be right instead: a quantity that fits, an item's successor
	Other   string // another quantity that fits, on the other side
	Person  bool   // a person said so
	Mark    bool   // a box to tick
	Marked  bool
	Text    bool    // free text
	Picture string  // path of a snippet of the page, where it is handwriting
	Again   *string // what was keyed and differs from the reading: keyed again it holds
	Focus   bool    // it is asked for next
	Find    string  // what can be looked for here: item, customer; "" for nothing
}

// ReviewLine is a line of the form.
type ReviewLine struct {
	No       int
	Code     ReviewField
	Qty      ReviewField
	Comment  ReviewField
	Item     string // name; "" where the code is unknown
	Unit     string
	Price    *order.Yen
	Amount   *order.Yen
	Stock    *Stock // nil where the item or the customer is not known
	Dropped  string // why it is left out of the order; "" where it is not
	CanDrop  bool
	ArriveOn order.Date
}

// Doubt tells whether a person is asked about the line.
func (l ReviewLine) Doubt() bool { return l.Code.Doubt || l.Qty.Doubt || l.Comment.Doubt }

// ReviewCustomer is the customer as known from the code.
type ReviewCustomer struct {
	Code, Name, Fax, Place string
	Path                   string
}

// ReviewOrder is what the order would come to.
type ReviewOrder struct {
	Goods, Fee, Tax, Total order.Yen
	ShipTo                 string // where it goes, in words
	Shipments              []ReviewShipment
}

// ReviewShipment is a shipment that would be promised.
type ReviewShipment struct {
	Class     string
	Warehouse string
	ShipOn    order.Date
	ArrivalOn order.Date
}

// ReviewSuspect is another fax or order that this page may repeat.
type ReviewSuspect struct {
	Relation   string // suggested: resend, correction or addon
	Name       string // of the other page, or the order's number
	Order      string // its number as people write it; "" where it is none yet
	Channel    string
	At         time.Time
	Reasons    []string
	Lines      []ReviewDifference
	More       int    // others that it may repeat, too
	Path       string // "" where it is no fax
	CanCorrect bool   // it came before, and is not at the warehouse yet
	NoCorrect  string // why it cannot be corrected, in words
}

// ReviewDifference is an item of the other page, and of this one.
type ReviewDifference struct {
	Code, Name string
	Then, Now  int // 0: none
}

// Render writes the page.
func (v Review) Render(w io.Writer) error { return Render(w, v.Lang, "review", v) }

// ReviewPanel is the part of the page that changes with each key.
type ReviewPanel struct{ Review }

// Render writes the part.
func (v ReviewPanel) Render(w io.Writer) error { return Render(w, v.Lang, "review-panel", v.Review) }
