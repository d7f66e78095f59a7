package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// pairs reads rows of two texts into lists by the first.
func (tx *Tx) pairs(ctx context.Context, name string, args ...any) (map[string][]string, error) {
	type pair struct{ Key, Value string }
	rows, err := collect(ctx, tx.tx, name, pgx.RowToStructByPos[pair], args...)
	out := map[string][]string{}
	for _, p := range rows {
		out[p.Key] = append(out[p.Key], p.Value)
	}
	return out, err
}

// importApprovalFlows replaces the flows of every department that the rows name.
func (tx *Tx) importApprovalFlows(ctx context.Context, bad *complaints, rows []order.ApprovalRow) error {
	type key struct {
		department string
		from       order.Date
	}
	unique(bad, rows, "from_on", func(r order.ApprovalRow) key { return key{r.DepartmentCode, r.From} })
	departments := column(rows, func(r order.ApprovalRow) string { return r.DepartmentCode })
	if err := tx.known(ctx, bad, "departments", "customers.csv", "department_code", departments); err != nil {
		return err
	}
	approvers, err := tx.pairs(ctx, "ApproversOfDepartments", departments)
	if err != nil {
		return err
	}
	for i, r := range rows {
		f := flowOf(r, nil)
		if len(f.Levels) == 0 && len(f.When) == 0 {
			continue // ends the approval
		}
		if e := f.Validate(approvers[r.DepartmentCode]); e != nil {
			field := e.Field
			for name, prefix := range map[string]string{"level1": "levels[0]", "level2": "levels[1]", "all_orders": "when"} {
				if strings.HasPrefix(field, prefix) {
					field = name
				}
			}
			bad.add(i, e.Rule, field, "%s (an admin or approver of the same company in users.csv)", e.Message)
		}
	}
	if len(*bad) > 0 {
		return nil
	}
	if err := tx.exec(ctx, "ApprovalFlowsDelete", departments); err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, r := range rows {
		b.Queue(query("ApprovalFlowInsert"), r.DepartmentCode, date(r.From), r.All, int64(r.TotalYen), int64(r.UnitPriceYen), r.OverBudget, list(r.Level1), list(r.Level2))
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("insert approval flows: %w", err)
	}
	return nil
}

// flowOf is a flow as the rules see it.
func flowOf(r order.ApprovalRow, admins []string) rules.ApprovalFlow {
	f := rules.ApprovalFlow{DepartmentCode: r.DepartmentCode, From: r.From, Admins: admins}
	add := func(on bool, c rules.ApprovalCondition, yen order.Yen) {
		if on {
			f.When = append(f.When, rules.ApprovalWhen{Condition: c, Yen: yen})
		}
	}
	add(r.All, rules.ApproveAll, 0)
	add(r.TotalYen > 0, rules.ApproveTotal, r.TotalYen)
	add(r.UnitPriceYen > 0, rules.ApproveUnitPrice, r.UnitPriceYen)
	add(r.OverBudget, rules.ApproveOverBudget, 0)
	for _, level := range [][]string{r.Level1, r.Level2} {
		if len(level) > 0 {
			f.Levels = append(f.Levels, level)
		}
	}
	return f
}

// importDelegations replaces the delegations of every approver that the rows name.
func (tx *Tx) importDelegations(ctx context.Context, bad *complaints, rows []order.DelegationRow) error {
	type key struct {
		from, to string
		since    order.Date
	}
	unique(bad, rows, "since_on", func(r order.DelegationRow) key { return key{r.From, r.To, r.Since} })
	from := column(rows, func(r order.DelegationRow) string { return r.From })
	to := column(rows, func(r order.DelegationRow) string { return r.To })
	if err := tx.known(ctx, bad, "users", "users.csv", "from_user", from); err != nil {
		return err
	}
	if err := tx.known(ctx, bad, "users", "users.csv", "to_user", to); err != nil {
		return err
	}
	companies, err := tx.pairs(ctx, "CompaniesOfUsers", append(slices.Clone(from), to...))
	if err != nil {
		return err
	}
	for i, r := range rows {
		if a, b := companies[r.From], companies[r.To]; len(a) > 0 && len(b) > 0 && a[0] != b[0] {
			bad.add(i, "APR-1", "to_user", "%s belongs to another company than %s: name a user of the same company", r.To, r.From)
		}
	}
	if len(*bad) > 0 {
		return nil
	}
	if err := tx.exec(ctx, "DelegationsDelete", from); err != nil {
		return err
	}
	return tx.exec(ctx, "DelegationsInsert", from, to,
		column(rows, func(r order.DelegationRow) date { return date(r.Since) }),
		column(rows, func(r order.DelegationRow) date { return date(r.Until) }))
}

// ofDepartment complains of users that are not the row's department's; "" is the department itself.
func (tx *Tx) ofDepartment(ctx context.Context, bad *complaints, rule string, departments, users []string) error {
	of, err := tx.pairs(ctx, "UsersOfDepartments", departments)
	if err != nil {
		return err
	}
	for i, u := range users {
		if u != "" && !slices.Contains(of[departments[i]], u) {
			bad.add(i, rule, "user_code", "%s is no user of department %s: correct the code, or leave it out for the whole department", u, departments[i])
		}
	}
	return nil
}

func budgetOf(r order.BudgetRow) rules.Budget {
	b := rules.Budget{
		DepartmentCode: r.DepartmentCode, UserCode: r.UserCode, Span: rules.BudgetSpan(r.Span), LimitYen: r.LimitYen, Over: rules.OverBudget(r.Over), From: r.From,
	}
	if d, err := rules.ParseMonthDay(r.YearStart); err == nil {
		b.YearStart = d
	}
	return b
}

// importBudgets replaces the budgets of every department that the rows name. What orders took stays;
// what those of the current periods did not take yet, they take.
func (tx *Tx) importBudgets(ctx context.Context, bad *complaints, rows []order.BudgetRow) error {
	type key struct {
		department, user, span string
		from                   order.Date
	}
	unique(bad, rows, "from_on", func(r order.BudgetRow) key { return key{r.DepartmentCode, r.UserCode, r.Span, r.From} })
	departments := column(rows, func(r order.BudgetRow) string { return r.DepartmentCode })
	users := column(rows, func(r order.BudgetRow) string { return r.UserCode })
	if err := tx.known(ctx, bad, "departments", "customers.csv", "department_code", departments); err != nil {
		return err
	}
	if err := tx.ofDepartment(ctx, bad, "BUD-1", departments, users); err != nil {
		return err
	}
	for i, r := range rows {
		if e := budgetOf(r).Validate(); e != nil {
			bad.add(i, e.Rule, e.Field, "%s", e.Message)
		}
	}
	if len(*bad) > 0 {
		return nil
	}
	if err := tx.exec(ctx, "BudgetsDelete", departments); err != nil {
		return err
	}
	if err := tx.exec(ctx, "BudgetsInsert", departments, users,
		column(rows, func(r order.BudgetRow) string { return r.Span }),
		column(rows, func(r order.BudgetRow) date { return date(r.From) }),
		column(rows, func(r order.BudgetRow) int64 { return int64(r.LimitYen) }),
		column(rows, func(r order.BudgetRow) string { return r.Over }),
		column(rows, func(r order.BudgetRow) string { return r.YearStart })); err != nil {
		return err
	}
	return tx.catchUpBudgets(ctx, rows)
}

// catchUpBudgets has orders that came before their budget was entered take of it, from its day on
// (BUD-1), of the year that any current period may have begun in. The departments are locked: an
// order either stands by now, or is judged by the new budgets.
func (tx *Tx) catchUpBudgets(ctx context.Context, rows []order.BudgetRow) error {
	now := tx.s.now()
	since := order.DateOf(now)
	budgets := map[string][]rules.Budget{}
	for _, r := range rows {
		budgets[r.DepartmentCode] = append(budgets[r.DepartmentCode], budgetOf(r))
		if r.From.Before(since) {
			since = r.From
		}
	}
	if year := order.DateOf(now.AddDate(-1, 0, 0)); since.Before(year) {
		since = year
	}
	departments := slices.Sorted(maps.Keys(budgets))
	if err := tx.exec(ctx, "DepartmentLock", departments); err != nil {
		return err
	}
	orders, err := collect(ctx, tx.tx, "BudgetOrders", func(r pgx.CollectableRow) (o order.Order, err error) {
		return o, r.Scan(&o.ID, &o.DepartmentCode, &o.UserCode, &o.ReceivedAt, &o.GoodsYen)
	}, departments, at(since.At(order.Clock{})))
	if err != nil || len(orders) == 0 {
		return err
	}
	entries, err := collect(ctx, tx.tx, "BudgetEntriesOfOrders", scanBudgetEntry, column(orders, func(o order.Order) int64 { return o.ID }))
	if err != nil {
		return err
	}
	taken := map[int64][]rules.BudgetEntry{}
	for _, e := range entries {
		taken[e.OrderID] = append(taken[e.OrderID], e)
	}
	b := &pgx.Batch{}
	for _, o := range orders {
		queueBudgetEntries(b, o.ID, rules.CatchUpBudget(o, budgets[o.DepartmentCode], taken[o.ID], now))
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("insert budget entries: %w", err)
	}
	return nil
}

// importLocks replaces the locks of every department that the rows name.
func (tx *Tx) importLocks(ctx context.Context, bad *complaints, rows []order.LockRow) error {
	departments := column(rows, func(r order.LockRow) string { return r.DepartmentCode })
	users := column(rows, func(r order.LockRow) string { return r.UserCode })
	items := column(rows, func(r order.LockRow) string { return r.ItemCode })
	if err := tx.known(ctx, bad, "departments", "customers.csv", "department_code", departments); err != nil {
		return err
	}
	if err := tx.known(ctx, bad, "items", "items.csv", "item_code", items); err != nil {
		return err
	}
	if err := tx.ofDepartment(ctx, bad, "LCK-1", departments, users); err != nil {
		return err
	}
	for i, r := range rows {
		if e := (rules.ItemLock{ItemCode: r.ItemCode, Category: r.Category, From: r.From, Until: r.Until}).Validate(); e != nil {
			bad.add(i, e.Rule, e.Field, "%s", e.Message)
		}
	}
	if len(*bad) > 0 {
		return nil
	}
	if err := tx.exec(ctx, "LocksDelete", departments); err != nil {
		return err
	}
	return tx.exec(ctx, "LocksInsert", departments, users, items,
		column(rows, func(r order.LockRow) string { return r.Category }),
		column(rows, func(r order.LockRow) date { return date(r.From) }),
		column(rows, func(r order.LockRow) date { return date(r.Until) }),
		column(rows, func(r order.LockRow) string { return r.Reason }))
}
