package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// controls are what a department's own people allow (APR-1, BUD-1, LCK-1).
type controls struct {
	department string
	flows      []rules.ApprovalFlow
	admins     []string
	budgets    []rules.Budget
	used       []budgetUsed
	locks      []rules.ItemLock
	hold       string // why all its orders wait
	users      []string
}

// budgetUsed is the sum of a budget's entries in one period.
type budgetUsed struct {
	UserCode string           `json:"user_code"`
	Span     rules.BudgetSpan `json:"span"`
	Period   string           `json:"period"`
	Yen      order.Yen        `json:"yen"`
}

// periodsOn are the names that a budget's period may have on a day: its month, and the fiscal
// year, which began this year or the last.
func periodsOn(on order.Date) []string {
	return []string{fmt.Sprintf("%04d-%02d", on.Year, on.Month), fmt.Sprintf("FY%d", on.Year), fmt.Sprintf("FY%d", on.Year-1)}
}

// scanControls reads the row of ControlsOfDepartment.
func scanControls(r pgx.Row) (controls, error) {
	var c controls
	var flows, budgets, used, locks []byte
	if err := r.Scan(&c.department, &flows, &c.admins, &budgets, &used, &locks, &c.hold, &c.users); err != nil {
		return c, err
	}
	if flows == nil && budgets == nil && locks == nil {
		return c, nil
	}
	var rows struct {
		flows []struct {
			DepartmentCode string     `json:"department_code"`
			From           order.Date `json:"from_on"`
			All            bool       `json:"all_orders"`
			TotalYen       order.Yen  `json:"total_from_yen"`
			UnitPriceYen   order.Yen  `json:"unit_price_from_yen"`
			OverBudget     bool       `json:"over_budget"`
			Level1         []string   `json:"level1"`
			Level2         []string   `json:"level2"`
		}
		budgets []struct {
			DepartmentCode string     `json:"department_code"`
			UserCode       string     `json:"user_code"`
			Span           string     `json:"span"`
			From           order.Date `json:"from_on"`
			LimitYen       order.Yen  `json:"limit_yen"`
			Over           string     `json:"over"`
			YearStart      string     `json:"year_start"`
		}
		locks []struct {
			DepartmentCode string      `json:"department_code"`
			UserCode       string      `json:"user_code"`
			ItemCode       string      `json:"item_code"`
			Category       string      `json:"category"`
			From           *order.Date `json:"from_on"`
			Until          *order.Date `json:"until_on"`
			Reason         string      `json:"reason"`
		}
	}
	for _, part := range []struct {
		text []byte
		into any
	}{{flows, &rows.flows}, {budgets, &rows.budgets}, {used, &c.used}, {locks, &rows.locks}} {
		if part.text == nil {
			continue
		}
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return c, fmt.Errorf("decode purchase control: %w", err)
		}
	}
	for _, f := range rows.flows {
		c.flows = append(c.flows, flowOf(order.ApprovalRow(f), c.admins))
	}
	for _, b := range rows.budgets {
		c.budgets = append(c.budgets, budgetOf(order.BudgetRow(b)))
	}
	for _, l := range rows.locks {
		lock := rules.ItemLock{DepartmentCode: l.DepartmentCode, UserCode: l.UserCode, ItemCode: l.ItemCode, Category: l.Category, Reason: l.Reason}
		if l.From != nil {
			lock.From = *l.From
		}
		if l.Until != nil {
			lock.Until = *l.Until
		}
		c.locks = append(c.locks, lock)
	}
	return c, nil
}

// put gives the rules what binds an order of a user that was received on a day.
func (c controls) put(f *rules.Facts, user string, on order.Date) {
	f.Admins, f.Users, f.Locks, f.CustomerHold = c.admins, c.users, c.locks, c.hold
	if flow, ok := rules.FlowOn(c.flows, on); ok {
		f.Approval = &flow
	}
	f.Budgets = c.uses(rules.BudgetsOn(c.budgets, user, on), on)
}

// uses are budgets with what is taken of the period in which a day lies.
func (c controls) uses(budgets []rules.Budget, on order.Date) []rules.BudgetUse {
	var out []rules.BudgetUse
	for _, b := range budgets {
		u := rules.BudgetUse{Budget: b}
		for _, e := range c.used {
			if e.UserCode == b.UserCode && e.Span == b.Span && e.Period == b.Period(on) {
				u.UsedYen += e.Yen
			}
		}
		out = append(out, u)
	}
	return out
}

// takeControls saves what a new order takes of its budgets, and the approval that it waits for. The department is locked, so of two
// orders at once the second is judged after the first.
func (tx *Tx) takeControls(ctx context.Context, o order.Order, f rules.Facts, now time.Time) error {
	entries, _ := rules.TakeBudget(o, f.Budgets, now)
	if err := tx.addBudgetEntries(ctx, o.ID, entries); err != nil {
		return err
	}
	return tx.askApproval(ctx, o, f, now)
}

func (tx *Tx) addBudgetEntries(ctx context.Context, orderID int64, entries []rules.BudgetEntry) error {
	if len(entries) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	queueBudgetEntries(b, orderID, entries)
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("insert budget entries: %w", err)
	}
	return nil
}

func queueBudgetEntries(b *pgx.Batch, orderID int64, entries []rules.BudgetEntry) {
	for _, e := range entries {
		b.Queue(query("BudgetEntryInsert"), orderID, e.DepartmentCode, e.UserCode, string(e.Span), e.Period, int64(e.Yen), at(e.At))
	}
}

// BudgetEntriesOf are an order's own entries, oldest first.
func (tx *Tx) BudgetEntriesOf(ctx context.Context, orderID int64) ([]rules.BudgetEntry, error) {
	return collect(ctx, tx.tx, "BudgetEntriesOfOrder", scanBudgetEntry, orderID)
}

func scanBudgetEntry(r pgx.CollectableRow) (rules.BudgetEntry, error) {
	var e rules.BudgetEntry
	return e, r.Scan(&e.OrderID, &e.DepartmentCode, &e.UserCode, &e.Span, &e.Period, &e.Yen, &e.At)
}

// AdjustBudget moves what an order takes of its budgets by an amount ex tax (rules.AdjustBudget).
func (tx *Tx) AdjustBudget(ctx context.Context, orderID int64, by order.Yen, now time.Time) error {
	if by == 0 {
		return nil
	}
	entries, err := tx.BudgetEntriesOf(ctx, orderID)
	if err != nil || len(entries) == 0 {
		return err
	}
	return tx.addBudgetEntries(ctx, orderID, rules.AdjustBudget(entries, by, now))
}

// giveControlsBack undoes what a cancelled order took: its part of budgets, and the question to
// its approvers. Doing it twice changes nothing, for then nothing is left.
func (tx *Tx) giveControlsBack(ctx context.Context, orderID int64, now time.Time) error {
	if err := tx.exec(ctx, "ApprovalWithdraw", orderID); err != nil {
		return err
	}
	entries, err := tx.BudgetEntriesOf(ctx, orderID)
	if err != nil || len(entries) == 0 {
		return err
	}
	return tx.addBudgetEntries(ctx, orderID, rules.GiveBack(entries, now))
}

// BudgetState is a budget in the period of a day.
type BudgetState struct {
	rules.Budget
	Period  string    `json:"period"`
	UsedYen order.Yen `json:"used_yen"` // of which for orders that have not left yet:
	OpenYen order.Yen `json:"open_yen"`
	LeftYen order.Yen `json:"left_yen"` // never below 0
}

// BudgetMove is one movement of a budget.
type BudgetMove struct {
	rules.BudgetEntry
	Order order.Number `json:"order"`
}

// BudgetsOf are a department's budgets with their sums in the periods of a day, its users' too, and
// their latest movements, newest first.
func (s *Store) BudgetsOf(ctx context.Context, department string, on order.Date, most int) ([]BudgetState, []BudgetMove, error) {
	periods := periodsOn(on)
	c, err := scanControls(s.pool.QueryRow(ctx, query("ControlsOfDepartment"), []string{department}, periods))
	if err != nil {
		return nil, nil, kinded(fmt.Errorf("read budgets: %w", err))
	}
	users := []string{""}
	for _, b := range c.budgets {
		if !slices.Contains(users, b.UserCode) {
			users = append(users, b.UserCode)
		}
	}
	var out []BudgetState
	for _, user := range users {
		for _, u := range c.uses(rules.BudgetsOn(c.budgets, user, on), on) {
			if u.Budget.UserCode != user {
				continue // the department's, which stands there already
			}
			out = append(out, BudgetState{u.Budget, u.Budget.Period(on), u.UsedYen, 0, max(0, u.Budget.LimitYen-u.UsedYen)})
		}
	}
	if len(out) == 0 {
		return nil, nil, nil
	}
	open, err := collect(ctx, s.pool, "BudgetReserved", func(r pgx.CollectableRow) (e rules.BudgetEntry, err error) {
		return e, r.Scan(&e.UserCode, &e.Span, &e.Period, &e.Yen)
	}, department, periods)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range open {
		for i := range out {
			if b := &out[i]; b.UserCode == e.UserCode && b.Span == e.Span && b.Period == e.Period {
				b.OpenYen = e.Yen
			}
		}
	}
	moves, err := collect(ctx, s.pool, "BudgetEntriesOf", func(r pgx.CollectableRow) (BudgetMove, error) {
		var m BudgetMove
		e := &m.BudgetEntry
		return m, r.Scan(&e.OrderID, &e.DepartmentCode, &e.UserCode, &e.Span, &e.Period, &e.Yen, &e.At, &m.Order)
	}, department, periods, most)
	return out, moves, err
}

// BudgetDepartments are the departments that have budgets, or the one named where it has.
func (s *Store) BudgetDepartments(ctx context.Context, code string) ([]string, error) {
	return collect(ctx, s.pool, "BudgetDepartments", pgx.RowTo[string], code)
}
