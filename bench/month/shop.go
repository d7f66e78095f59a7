package month

import (
	"math/rand/v2"
	"slices"

	"todoke/ingest/master"
	"todoke/order"
	"todoke/rules"
	"todoke/samples"
)

// shop is the sample shop as the month uses it.
type shop struct {
	set         *master.Set
	departments []order.Department
	users       map[string][]order.User // by department
	shipTos     map[string][]order.ShipTo
	byClass     map[order.Class][]order.Item
	items       map[string]order.Item
	scarce      map[string]bool // items that come in rarely
	locked      map[string]string
	calendar    *rules.Calendar
}

// newShop takes so many departments of the sample shop, gives a third of them rules for buying of
// their own, and picks what is sold: the more popular an item, the earlier it stands.
func newShop(o Options) (*shop, error) {
	set := samples.Shop()
	s := &shop{
		set: set, users: map[string][]order.User{}, shipTos: map[string][]order.ShipTo{}, byClass: map[order.Class][]order.Item{},
		items: map[string]order.Item{}, scarce: map[string]bool{}, locked: map[string]string{},
	}
	var err error
	if s.calendar, err = rules.NewCalendar(rules.Default().Closures, set.Calendar); err != nil {
		return nil, err
	}
	for _, u := range set.Users {
		s.users[u.DepartmentCode] = append(s.users[u.DepartmentCode], u)
	}
	for _, t := range set.ShipTos {
		s.shipTos[t.CompanyCode] = append(s.shipTos[t.CompanyCode], t)
	}
	step := max(1, len(set.Customers)/max(1, o.Departments))
	for i := 0; len(s.departments) < min(o.Departments, len(set.Customers)); i++ {
		d := set.Customers[(i*step+i*step/len(set.Customers))%len(set.Customers)]
		if !slices.ContainsFunc(s.departments, func(x order.Department) bool { return x.Code == d.Code }) {
			s.departments = append(s.departments, d)
		}
	}
	r := rand.New(rand.NewPCG(o.Seed, 1))
	most := map[order.Class]int{order.ClassNormal: 600, order.ClassTruck: 60, order.ClassPhone: 12}
	const few = 1000
	if o.Orders < few { // a shop as small as what it sells
		most = map[order.Class]int{order.ClassNormal: 60, order.ClassTruck: 12, order.ClassPhone: 4}
	}
	for _, i := range r.Perm(len(set.Items)) {
		it := set.Items[i]
		if it.Discontinued || it.SuccessorCode != "" || len(s.byClass[it.Class]) == most[it.Class] {
			continue
		}
		s.byClass[it.Class] = append(s.byClass[it.Class], it)
		s.items[it.Code] = it
		s.scarce[it.Code] = it.Class != order.ClassPhone && r.IntN(8) == 0
	}
	if o.Orders < few {
		unsold := func(code string) bool { return s.items[code].Code == "" }
		set.Items = slices.DeleteFunc(slices.Clone(set.Items), func(x order.Item) bool { return unsold(x.Code) })
		set.Prices = slices.DeleteFunc(slices.Clone(set.Prices), func(x order.ContractPrice) bool { return unsold(x.ItemCode) })
		set.Stock = slices.DeleteFunc(slices.Clone(set.Stock), func(x order.StockLevel) bool { return unsold(x.ItemCode) })
		set.Locations = slices.DeleteFunc(slices.Clone(set.Locations), func(x order.StorageLocation) bool { return unsold(x.ItemCode) })
	}
	s.control(o)
	s.earlier(o)
	return s, nil
}

// earlier enters another region table for the second half of the month: half an hour less to order
// in, a day more to where it takes longest (CUT-2).
func (s *shop) earlier(o Options) {
	for _, r := range slices.Clone(s.set.Regions) {
		r.From = o.From.Add(o.Days / 2)
		for _, c := range []*order.Clock{&r.CutoffFax, &r.CutoffWeb, &r.CutoffTruck} {
			at := c.Hour*60 + c.Minute - 30
			*c = order.Clock{Hour: at / 60, Minute: at % 60}
		}
		if r.LeadDays > 1 {
			r.LeadDays++
		}
		s.set.Regions = append(s.set.Regions, r)
	}
}

// control gives a third of the departments approvals, budgets and locks, all of their own kind.
func (s *shop) control(o Options) {
	set := s.set
	set.ApprovalFlows, set.Delegations, set.Budgets, set.Locks = nil, nil, nil, nil
	from := order.D(2026, 4, 1)
	const orderYen = 20_000 // about what an order of the month comes to
	month := order.Yen(max(1, o.Orders/max(1, len(s.departments))) * orderYen / 2)
	n := 0
	for i, d := range s.departments {
		if i%3 != 0 || d.Payment != order.PaymentInvoice {
			continue
		}
		var admins, approvers []string
		orderer := ""
		for _, u := range s.users[d.Code] {
			switch u.Role {
			case "admin":
				admins = append(admins, u.Code)
			case "approver":
				approvers = append(approvers, u.Code)
			case "orderer":
				orderer = u.Code
			}
		}
		if len(approvers) == 0 {
			approvers = admins
		}
		flow := order.ApprovalRow{DepartmentCode: d.Code, From: from, Level1: approvers}
		switch n % 6 {
		case 0:
			flow.TotalYen = 40_000
		case 1: // two levels
			flow.TotalYen, flow.UnitPriceYen, flow.Level2 = 60_000, 30_000, admins
		case 2: // what goes beyond the month's budget is asked for
			flow.OverBudget = true
			set.Budgets = append(set.Budgets, order.BudgetRow{DepartmentCode: d.Code, Span: string(rules.BudgetMonth), From: from, LimitYen: month * 3 / 4, Over: string(rules.OverApprove)})
		case 3: // … or refused
			flow = order.ApprovalRow{}
			set.Budgets = append(set.Budgets, order.BudgetRow{DepartmentCode: d.Code, Span: string(rules.BudgetMonth), From: from, LimitYen: month * 3 / 4, Over: string(rules.OverBlock)})
			if orderer != "" {
				set.Budgets = append(set.Budgets, order.BudgetRow{DepartmentCode: d.Code, UserCode: orderer, Span: string(rules.BudgetYear), From: from, LimitYen: month / 2, Over: string(rules.OverBlock), YearStart: "04-01"})
			}
		case 4: // a category that nobody may order
			flow = order.ApprovalRow{}
			category := s.byClass[order.ClassNormal][n].Category
			s.locked[d.Code] = category
			set.Locks = append(set.Locks, order.LockRow{DepartmentCode: d.Code, Category: category, From: from, Reason: "総務部で一括購入するため"})
		case 5: // everything that is dear for one piece
			flow.UnitPriceYen = 20_000
		}
		if flow.DepartmentCode != "" {
			set.ApprovalFlows = append(set.ApprovalFlows, flow)
		}
		n++
	}
}

// choose picks an item of a class, popular ones more often.
func (s *shop) choose(r *rand.Rand, class order.Class) order.Item {
	pool := s.byClass[class]
	return pool[min(r.IntN(len(pool)), r.IntN(len(pool)))]
}
