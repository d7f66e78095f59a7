package master

import (
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// optionalYen reads an amount that may be left out.
func optionalYen[T any](field func(*T) *order.Yen) func(*T, string, *Options) string {
	read := number(field, 1, maxYen, "30000")
	return func(row *T, cell string, o *Options) string {
		if strings.TrimSpace(cell) == "" {
			return ""
		}
		return read(row, cell, o)
	}
}

func yenOrNone(y order.Yen) string {
	if y == 0 {
		return ""
	}
	return strconv.FormatInt(int64(y), 10)
}

var approvalFlows = table[order.ApprovalRow]{
	kind:    KindApprovals,
	rows:    func(s *Set) *[]order.ApprovalRow { return &s.ApprovalFlows },
	key:     func(f *order.ApprovalRow) string { return f.DepartmentCode + "/" + f.From.String() },
	keyName: "department_code from from_on",
	columns: []column[order.ApprovalRow]{
		{"department_code", code(func(f *order.ApprovalRow) *string { return &f.DepartmentCode }, customerScheme, true), func(f *order.ApprovalRow) string { return f.DepartmentCode }, "APR-1"},
		{"from_on", date(func(f *order.ApprovalRow) *order.Date { return &f.From }, true), func(f *order.ApprovalRow) string { return f.From.String() }, "APR-1"},
		{"all_orders", boolean(func(f *order.ApprovalRow) *bool { return &f.All }), func(f *order.ApprovalRow) string { return yes(f.All) }, "APR-1"},
		{"total_from_yen", optionalYen(func(f *order.ApprovalRow) *order.Yen { return &f.TotalYen }), func(f *order.ApprovalRow) string { return yenOrNone(f.TotalYen) }, "APR-1"},
		{"unit_price_from_yen", optionalYen(func(f *order.ApprovalRow) *order.Yen { return &f.UnitPriceYen }), func(f *order.ApprovalRow) string { return yenOrNone(f.UnitPriceYen) }, "APR-1"},
		{"over_budget", boolean(func(f *order.ApprovalRow) *bool { return &f.OverBudget }), func(f *order.ApprovalRow) string { return yes(f.OverBudget) }, "APR-1"},
		{"level1", list(func(f *order.ApprovalRow) *[]string { return &f.Level1 }, identEntry, false), func(f *order.ApprovalRow) string { return joined(f.Level1) }, "APR-1"},
		{"level2", list(func(f *order.ApprovalRow) *[]string { return &f.Level2 }, identEntry, false), func(f *order.ApprovalRow) string { return joined(f.Level2) }, "APR-1"},
	},
	check: func(f *order.ApprovalRow, _ *Options, found func(Problem)) {
		any := f.All || f.TotalYen > 0 || f.UnitPriceYen > 0 || f.OverBudget
		switch {
		case len(f.Level1) == 0 && len(f.Level2) > 0:
			found(Problem{Name: "level1", Rule: "APR-1", Message: "the second level has approvers and the first none: write them into level1"})
		case len(f.Level1) == 0 && any:
			found(Problem{Name: "level1", Rule: "APR-1", Message: "nobody approves these orders: name approvers, or leave every condition out to end the approval from that day on"})
		case len(f.Level1) > 0 && !any:
			found(Problem{Name: "all_orders", Rule: "APR-1", Message: "no order would need approval: say which do, or leave the approvers out to end the approval from that day on"})
		}
	},
}

var delegations = table[order.DelegationRow]{
	kind:    KindDelegates,
	rows:    func(s *Set) *[]order.DelegationRow { return &s.Delegations },
	key:     func(d *order.DelegationRow) string { return d.From + "/" + d.To + "/" + d.Since.String() },
	keyName: "from_user and to_user from since_on",
	columns: []column[order.DelegationRow]{
		{"from_user", ident(func(d *order.DelegationRow) *string { return &d.From }, true), func(d *order.DelegationRow) string { return d.From }, "APR-1"},
		{"to_user", ident(func(d *order.DelegationRow) *string { return &d.To }, true), func(d *order.DelegationRow) string { return d.To }, "APR-1"},
		{"since_on", date(func(d *order.DelegationRow) *order.Date { return &d.Since }, true), func(d *order.DelegationRow) string { return d.Since.String() }, "APR-1"},
		{"until_on", date(func(d *order.DelegationRow) *order.Date { return &d.Until }, true), func(d *order.DelegationRow) string { return d.Until.String() }, "APR-1"},
	},
	check: func(d *order.DelegationRow, _ *Options, found func(Problem)) {
		if d.Until.Before(d.Since) {
			found(Problem{Name: "until_on", Rule: "APR-1", Message: "the delegation ends before it begins: correct one of the days"})
		}
		if d.From == d.To {
			found(Problem{Name: "to_user", Rule: "APR-1", Message: "nobody stands in for themselves: name another user"})
		}
	},
}

var budgets = table[order.BudgetRow]{
	kind: KindBudgets,
	rows: func(s *Set) *[]order.BudgetRow { return &s.Budgets },
	key: func(b *order.BudgetRow) string {
		return strings.Join([]string{b.DepartmentCode, b.UserCode, b.Span, b.From.String()}, "/")
	},
	keyName: "department_code, user_code and span from from_on",
	columns: []column[order.BudgetRow]{
		{"department_code", code(func(b *order.BudgetRow) *string { return &b.DepartmentCode }, customerScheme, true), func(b *order.BudgetRow) string { return b.DepartmentCode }, "BUD-1"},
		{"user_code", ident(func(b *order.BudgetRow) *string { return &b.UserCode }, false), func(b *order.BudgetRow) string { return b.UserCode }, "BUD-1"},
		{"span", choice(func(b *order.BudgetRow) *string { return &b.Span }, "month", "year"), func(b *order.BudgetRow) string { return b.Span }, "BUD-1"},
		{"limit_yen", number(func(b *order.BudgetRow) *order.Yen { return &b.LimitYen }, 0, maxBudgetYen, "300000"), func(b *order.BudgetRow) string { return yen(b.LimitYen) }, "BUD-1"},
		{"over", choice(func(b *order.BudgetRow) *string { return &b.Over }, "block", "approve"), func(b *order.BudgetRow) string { return b.Over }, "BUD-1"},
		{"from_on", date(func(b *order.BudgetRow) *order.Date { return &b.From }, true), func(b *order.BudgetRow) string { return b.From.String() }, "BUD-1"},
		{"year_start", func(b *order.BudgetRow, cell string, _ *Options) string {
			cell = fold(cell)
			if cell == "" {
				return ""
			}
			if _, err := time.Parse(time.DateOnly, "2024-"+cell); err != nil { // a leap year: 02-29 is a day
				return strconv.Quote(clip(cell)) + " is not a day of the year: write it as MM-DD, such as 04-01"
			}
			b.YearStart = cell
			return ""
		}, func(b *order.BudgetRow) string { return b.YearStart }, "BUD-1"},
	},
}

const maxBudgetYen = 1_000_000_000_000

var itemLocks = table[order.LockRow]{
	kind: KindLocks,
	rows: func(s *Set) *[]order.LockRow { return &s.Locks },
	key: func(l *order.LockRow) string {
		return strings.Join([]string{l.DepartmentCode, l.UserCode, l.ItemCode, l.Category, l.From.String()}, "/")
	},
	keyName: "department_code, user_code, item_code and category from from_on",
	columns: []column[order.LockRow]{
		{"department_code", code(func(l *order.LockRow) *string { return &l.DepartmentCode }, customerScheme, true), func(l *order.LockRow) string { return l.DepartmentCode }, "LCK-1"},
		{"user_code", ident(func(l *order.LockRow) *string { return &l.UserCode }, false), func(l *order.LockRow) string { return l.UserCode }, "LCK-1"},
		{"item_code", code(func(l *order.LockRow) *string { return &l.ItemCode }, itemScheme, false), func(l *order.LockRow) string { return l.ItemCode }, "LCK-1"},
		{"category", text(func(l *order.LockRow) *string { return &l.Category }, maxName, false), func(l *order.LockRow) string { return l.Category }, "LCK-1"},
		{"from_on", date(func(l *order.LockRow) *order.Date { return &l.From }, false), func(l *order.LockRow) string { return l.From.String() }, "LCK-1"},
		{"until_on", date(func(l *order.LockRow) *order.Date { return &l.Until }, false), func(l *order.LockRow) string { return l.Until.String() }, "LCK-1"},
		{"reason", text(func(l *order.LockRow) *string { return &l.Reason }, maxAddress, false), func(l *order.LockRow) string { return l.Reason }, "LCK-1"},
	},
	check: func(l *order.LockRow, _ *Options, found func(Problem)) {
		switch {
		case (l.ItemCode == "") == (l.Category == ""):
			found(Problem{Name: "item_code", Rule: "LCK-1", Message: "lock an item or a category, not both"})
		case !l.Until.IsZero() && l.Until.Before(l.From):
			found(Problem{Name: "until_on", Rule: "LCK-1", Message: "the lock ends before it begins"})
		}
	},
}
