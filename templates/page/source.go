package page

import (
	"io"
	"time"

	"todoke/order"
)

// Shown is an issued document as its page shows it: pictures of its pages, or its text.
type Shown struct {
	Path   string   // of its bytes
	File   string   // name
	Images []string // paths
	Text   string
}

// Delivery is something that did not reach its recipient, with what can be done about it.
type Delivery struct {
	Frame
	Claim
	Path, Kind, Number, State string
	Channel, To               string
	Why                       string // what went wrong last
	Customer                  *ReviewCustomer
	Order                     *Link
	Document                  *Link // inbound document that it answers
	CreatedAt, NextAt         time.Time
	Attempts                  []AttemptRow
	Others                    []OtherWay
	Shown                     Shown
	Said                      string
	DecidedBy, DecidedFor     string
	DecidedAt                 time.Time
	// What may be done. Fax and Mail are what the customer has registered, where that is another way.
	Retry, Hurry, Settle bool
	Fax, Mail            string
	NoFax, NoMail        string // why not
}

// AttemptRow is an attempt to send something.
type AttemptRow struct {
	No                            int
	Way, Outcome, Detail, Receipt string
	At, EndedAt                   time.Time
}

// OtherWay is another delivery of the same document.
type OtherWay struct {
	Path, Channel, To, State, By, For string
	At                                time.Time
	Here                              bool
}

var outcomes = map[string][3]string{
	"sent": {"送信済み", "handed over", "good"}, "temporary": {"一時的な失敗", "failed for now", "warn"}, "permanent": {"送付不可", "refused for good", "bad"},
	"uncertain": {"届いた可能性あり", "may have arrived", "warn"}, "returned": {"不達の通知", "came back", "bad"}, "": {"送信中", "under way", ""},
}

// Says is what an attempt came to in people's words.
func (a AttemptRow) Says(lang Lang) string {
	return pick(lang, outcomes[a.Outcome][0], outcomes[a.Outcome][1])
}

// Look is the class of the style sheet for what an attempt came to.
func (a AttemptRow) Look() string { return outcomes[a.Outcome][2] }

// Render writes the page.
func (v Delivery) Render(w io.Writer) error { return Render(w, v.Lang, "delivery", v) }

// Answer is something that a customer must be told and that has no way.
type Answer struct {
	Frame
	Claim
	Path, Name, Why string
	Customer        *ReviewCustomer
	Email           string
	Document        *Link
	Orders          []AnswerOrder
	WantedAt        time.Time
	Open            bool
	ClosedBy        string
	ClosedAt        time.Time
	State, Said     string
}

// AnswerOrder is an order that the customer is to be told of.
type AnswerOrder struct {
	Path, Number, State string
	GoodsYen            order.Yen
	Arrivals            []order.Date
}

// Render writes the page.
func (v Answer) Render(w io.Writer) error { return Render(w, v.Lang, "answer", v) }

// List is a pick list that its warehouse should have acknowledged.
type List struct {
	Frame
	Claim
	Path, Number, Class      string
	Warehouse, WarehouseCode string
	ShipOn                   order.Date
	Wave, Orders, Qty        int
	ValueYen                 *order.Yen
	IssuedAt, DeadlineAt     time.Time
	AcknowledgedAt           time.Time
	AcknowledgedBy           string
	ShippedAt                time.Time
	ShippedBy                string
	Files                    []ListFile
	Lines                    []PickListLine
	Notes                    []ListNote
	Said                     string
	Open                     bool
}

// ListFile is a document of a list and a way that it went.
type ListFile struct {
	Path, Name, Channel, To, State, Why string
	Bytes                               int64
	SentAt                              time.Time
}

// ListNote is what a person did about a list.
type ListNote struct {
	Kind, Text, By string
	At             time.Time
}

var listNotes = map[string][2]string{"note": {"メモ", "note"}, "acknowledged": {"受領", "acknowledged"}, "resent": {"再送", "sent again"}, "chased": {"受領の確認", "asked after"}}

// Name is what was done in people's words.
func (n ListNote) Name(lang Lang) string {
	return pick(lang, listNotes[n.Kind][0], listNotes[n.Kind][1])
}

// Render writes the page.
func (v List) Render(w io.Writer) error { return Render(w, v.Lang, "list", v) }

// Letter is a mail that came without a fax (FAX-1).
type Letter struct {
	Frame
	Claim
	Path, Name, Subject, From string
	ReceivedAt, DeadlineAt    time.Time
	Reasons                   []string
	Headers                   [][2]string
	Text                      string
	Raw                       string // path of the mail as it came
	Files                     []LetterFile
	Answers                   []LetterAnswer
	Verdict                   string // why it was not answered
	MayAnswer                 bool
	NoAnswer, AnswerTo        string
	Customer                  *ReviewCustomer // who is registered with the sender's address
	Address                   string          // of the sender
	Open                      bool
	ClosedText, Said          string
	Broken                    string // why the mail cannot be read
	Notes                     []string
}

// LetterFile is a thing attached to a mail.
type LetterFile struct {
	No                    int
	Path, Name, Kind, Why string
	Bytes                 int
	Image                 string // path of its picture
	TakeIn                bool   // may be taken in as a fax
	Document              *Link  // what it became
}

// LetterAnswer is an answer to a mail.
type LetterAnswer struct {
	Path, To, State, By, Reason string
	At, SentAt                  time.Time
	Text                        string
}

// Render writes the page.
func (v Letter) Render(w io.Writer) error { return Render(w, v.Lang, "letter", v) }
