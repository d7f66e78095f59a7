package page

import (
	"io"
	"time"

	"todoke/order"
)

// Customers is what was found among the customers.
type Customers struct {
	Frame
	Q    string
	Rows []CustomerRow
	Wide bool // there are more
}

// CustomerRow is a customer in a list.
type CustomerRow struct{ Path, Code, Company, Name, Fax, Place, Dealer string }

// Customer is a customer with everything that the desk asks for.
type Customer struct {
	Frame
	Path, Code, Company, Name string
	Facts                     [][2]string
	Wishes                    []WishRow
	WishChanges               []WishChange
	Departments               []Link
	Users                     []UserRow
	ShipTos                   []Option
	Dealer                    *DealerView
	Faxes                     []IntakeRow
	Orders                    []OrderRow
	Sent                      []SentRow
	Requests                  []RequestRow
	Said                      string
	Hold                      string // why all orders wait; "" where they do not (CST-1)
	MayHold                   bool
	Budgets                   []BudgetRow
}

// BudgetRow is a budget in the period that holds now (BUD-1), ex tax.
type BudgetRow struct {
	Whose, Span, Period, Over           string
	LimitYen, OpenYen, UsedYen, LeftYen order.Yen
	W                                   int // of the bar
}

// WishRow is how one thing is done for a customer, and where that comes from.
type WishRow struct {
	Kind, Name, Value, From string
	Kept                    string   // what the desk keeps; "" where it leaves it
	Options                 []Option // to choose from; none where it is written
	Editable                bool
}

// WishChange is a change of what the desk keeps.
type WishChange struct {
	Name, Before, After, Reason, By string
	At                              time.Time
}

// UserRow is a person at a customer.
type UserRow struct{ Code, Name, Email, Role string }

// DealerView is a customer's dealer.
type DealerView struct{ Code, Name, Address, Fax, Email string }

// RequestRow is something asked of a dealer.
type RequestRow struct {
	Path, Number, Mail string
	Customer           Link
	Order              *Link
	Dealer, Subject    string
	Body, Answer       string
	State, Delivery    string
	To, By, ChangedBy  string
	At, ChangedAt      time.Time
	Open               bool // not closed yet
}

// Dealers is what was asked of dealers.
type Dealers struct {
	Frame
	State string
	Rows  []RequestRow
	Next  string
}

// Intake is where papers and files are handed in.
type Intake struct {
	Frame
	Token   string // of this form: sent twice, it is taken in once
	Said    string
	Rows    []IntakeRow
	Waiting bool // some are still to be read
	Self    string
}

// IntakeRow is a document that was handed in at the desk, and what became of it.
type IntakeRow struct {
	DocumentView
	Pages []Link
	New   bool
	Same  *Link // an earlier document of the same bytes
}

// Render writes the page.
func (v Customers) Render(w io.Writer) error { return Render(w, v.Lang, "customers", v) }

// Render writes the page.
func (v Customer) Render(w io.Writer) error { return Render(w, v.Lang, "customer", v) }

// Render writes the page.
func (v Dealers) Render(w io.Writer) error { return Render(w, v.Lang, "dealers", v) }

// Render writes the page.
func (v Intake) Render(w io.Writer) error { return Render(w, v.Lang, "intake", v) }
