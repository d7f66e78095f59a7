package page

import (
	"io"
	"time"

	"todoke/order"
)

// Approve is the page on which a customer's approver decides an order (APR-1). It is open to whoever
// has the link of the mail, works without scripts, and shows nothing beyond the order.
type Approve struct {
	Lang              Lang
	Shop, Title       string
	Path              string // "" where nothing can be decided
	Company, Customer string
	Number, Orderer   string
	To                string // whose decision it is
	ReceivedAt        time.Time
	Why               []string
	Lines             []ApproveLine
	Goods, Fee, Total order.Yen
	Taxes             []order.Tax
	Expires           time.Time
	Said              string // what it came to, or why it cannot be
	Problem           string // what is missing in what was sent
	Note              string // as typed before
	Refuse            bool   // the mail's link to refuse: the reason comes first
	Contact           string // how to reach the shop
}

// ApproveLine is a line of the order.
type ApproveLine struct {
	Code, Name, Unit string
	Qty              int
	Price, Amount    order.Yen
	Reduced          bool
}

// Render writes the page.
func (v Approve) Render(w io.Writer) error { return Render(w, v.Lang, "approve", v) }

// ApprovalView is an order's approval on its page at the desk.
type ApprovalView struct {
	State    string
	Why      []string
	Level    int // that decides now; 0 where none does
	Levels   int
	Steps    []ApprovalStepRow
	Deciders []ApprovalPerson
	Orderer  string
	AskedAt  time.Time
	DueAt    time.Time
	Expires  time.Time
	Reminded int
}

// ApprovalStepRow is a decision.
type ApprovalStepRow struct {
	Level              int
	By, For, EnteredBy string
	Yes                bool
	Note               string
	At                 time.Time
}

// ApprovalPerson may decide now.
type ApprovalPerson struct{ Code, Name, For, Email string }
