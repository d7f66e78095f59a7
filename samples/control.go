package samples

import (
	"slices"

	"todoke/ingest/master"
	"todoke/order"
	"todoke/rules"
)

// controlled is how many departments of the sample shop have their own rules for buying.
const controlled = 6

// makeControl gives a few departments what larger customers set up for their own people: approval by
// one level or two, a delegation over the year's end, budgets, and items that may not be ordered.
// Departments that answer by mail alone are left to themselves, and so are those without approver.
func makeControl(s *master.Set) {
	from := order.D(2026, 4, 1)
	people := map[string]map[string][]string{} // users by department and role
	for _, u := range s.Users {
		if people[u.DepartmentCode] == nil {
			people[u.DepartmentCode] = map[string][]string{}
		}
		people[u.DepartmentCode][u.Role] = append(people[u.DepartmentCode][u.Role], u.Code)
	}
	n := 0
	for _, d := range slices.Backward(s.Customers) {
		of := people[d.Code]
		if d.Email == "" || len(of["approver"]) == 0 || len(of["orderer"]) == 0 || d.Payment != order.PaymentInvoice {
			continue
		}
		flow := order.ApprovalRow{DepartmentCode: d.Code, From: from, Level1: of["approver"]}
		switch n % 3 {
		case 0: // what is dear goes to the approver and then to the administrator
			flow.TotalYen, flow.UnitPriceYen, flow.Level2 = 100_000, 30_000, of["admin"]
			s.Delegations = append(s.Delegations, order.DelegationRow{From: of["approver"][0], To: of["orderer"][0], Since: order.D(2026, 12, 21), Until: order.D(2027, 1, 8)})
			s.Locks = append(s.Locks, order.LockRow{DepartmentCode: d.Code, Category: "作業着・安全用品", From: from, Reason: "総務部で一括購入するため"})
		case 1: // a monthly budget, beyond which the approver is asked
			flow.OverBudget = true
			s.Budgets = append(s.Budgets, order.BudgetRow{DepartmentCode: d.Code, Span: string(rules.BudgetMonth), From: from, LimitYen: 300_000, Over: string(rules.OverApprove)})
		default: // a yearly budget that binds, and one for a user
			flow.TotalYen = 50_000
			s.Budgets = append(s.Budgets,
				order.BudgetRow{DepartmentCode: d.Code, Span: string(rules.BudgetYear), From: from, LimitYen: 3_000_000, Over: string(rules.OverBlock), YearStart: "04-01"},
				order.BudgetRow{DepartmentCode: d.Code, UserCode: of["orderer"][0], Span: string(rules.BudgetMonth), From: from, LimitYen: 50_000, Over: string(rules.OverBlock)})
		}
		s.ApprovalFlows = append(s.ApprovalFlows, flow)
		if n++; n == controlled {
			return
		}
	}
}
