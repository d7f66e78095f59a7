package order

// ApprovalRow is how a department's orders are approved, for what is received from a day on
// (APR-1). Without approvers none is asked for from that day on.
type ApprovalRow struct {
	DepartmentCode string
	From           Date
	All            bool // every order
	TotalYen       Yen  // goods ex tax of at least so much; 0 asks for none
	UnitPriceYen   Yen  // some unit price ex tax of at least so much; 0 asks for none
	OverBudget     bool // what a budget does not cover (BUD-1)
	Level1, Level2 []string
}

// DelegationRow has a user decide for an approver, both days included (APR-1).
type DelegationRow struct {
	From, To     string // user codes
	Since, Until Date
}

// BudgetRow is what a department or one of its users may order in each span, ex tax (BUD-1).
type BudgetRow struct {
	DepartmentCode string
	UserCode       string // "" is the department's
	Span           string // month, year
	From           Date
	LimitYen       Yen
	Over           string // block, approve
	YearStart      string // MM-DD; "" is 04-01
}

// LockRow is an item or a category that a department or one of its users may not order (LCK-1).
type LockRow struct {
	DepartmentCode string
	UserCode       string // "" binds the department
	ItemCode       string
	Category       string
	From, Until    Date // zero: always, without end
	Reason         string
}
