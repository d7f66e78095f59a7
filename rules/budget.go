package rules

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"todoke/order"
)

// BudgetSpan is how long a budget lasts.
type BudgetSpan string

// The spans of budgets (BUD-1).
const (
	BudgetMonth BudgetSpan = "month" // a calendar month
	BudgetYear  BudgetSpan = "year"  // a fiscal year of the customer
)

// OverBudget is what becomes of an order that a budget does not cover.
type OverBudget string

// What becomes of orders over budget (BUD-1).
const (
	OverBlock   OverBudget = "block"   // refused on the web, reviewed as a fax
	OverApprove OverBudget = "approve" // an approver decides (APR-1)
)

// Budget is what a department or one of its users may order in each span, ex tax, from a day on
// (BUD-1). A later budget of the same owner and span takes its place from its own day.
type Budget struct {
	DepartmentCode string     `json:"customer_code"`
	UserCode       string     `json:"user_code,omitempty"` // "" is the department's
	Span           BudgetSpan `json:"span"`
	LimitYen       order.Yen  `json:"limit_yen"` // ex tax: goods and fee
	Over           OverBudget `json:"over"`
	From           order.Date `json:"from_on"`
	YearStart      MonthDay   `json:"year_start,omitzero"` // the fiscal year's first day; zero is 04-01
}

// Validate says what is wrong with a budget, nil where nothing is.
func (b Budget) Validate() *order.Error {
	switch {
	case b.Span != BudgetMonth && b.Span != BudgetYear:
		return order.Invalid("BUD-1", "span", fmt.Sprintf("%q is no span of a budget: choose month or year", b.Span))
	case b.Over != OverBlock && b.Over != OverApprove:
		return order.Invalid("BUD-1", "over", fmt.Sprintf("%q is unknown: choose block or approve", b.Over))
	case b.LimitYen < 0:
		return order.Invalid("BUD-1", "limit_yen", "a budget is 0 yen or more")
	case b.From.IsZero():
		return order.Invalid("BUD-1", "from_on", "say from which day the budget holds")
	}
	return nil
}

// Period names the span of the budget in which a day lies: "2026-11", or "FY2026" for the fiscal
// year that begins in 2026.
func (b Budget) Period(on order.Date) string {
	if b.Span == BudgetMonth {
		return fmt.Sprintf("%04d-%02d", on.Year, on.Month)
	}
	start := b.YearStart
	if start.Month == 0 {
		start = MonthDay{time.April, 1}
	}
	year := on.Year
	if (MonthDay{on.Month, on.Day}).ordinal() < start.ordinal() {
		year--
	}
	return "FY" + strconv.Itoa(year)
}

// BudgetsOn are those of an order's department and user that hold on the day of its receipt: of
// several for one owner and span the latest.
func BudgetsOn(all []Budget, user string, on order.Date) []Budget {
	type key struct {
		user string
		span BudgetSpan
	}
	latest := map[key]int{}
	var out []Budget
	for _, b := range all {
		if b.From.After(on) || b.UserCode != "" && b.UserCode != user {
			continue
		}
		k := key{b.UserCode, b.Span}
		i, seen := latest[k]
		if !seen {
			latest[k] = len(out)
			out = append(out, b)
		} else if b.From.After(out[i].From) {
			out[i] = b
		}
	}
	return out
}

// BudgetUse is a budget and what is taken of it in the period of an order.
type BudgetUse struct {
	Budget  Budget
	UsedYen order.Yen // the sum of the period's entries
}

// BudgetEntry is one movement of a budget; entries are only added, and what is used of a period is
// their sum.
type BudgetEntry struct {
	OrderID        int64      `json:"-"` // set by who saves it
	DepartmentCode string     `json:"customer_code"`
	UserCode       string     `json:"user_code,omitempty"`
	Span           BudgetSpan `json:"span"`
	Period         string     `json:"period"`
	Yen            order.Yen  `json:"yen"` // ex tax; below 0 gives back
	At             time.Time  `json:"at"`
}

// BudgetOver is a budget that does not cover an order.
type BudgetOver struct {
	UserCode string     `json:"user_code,omitempty"`
	Period   string     `json:"period"`
	LimitYen order.Yen  `json:"limit_yen"`
	UsedYen  order.Yen  `json:"used_yen"`
	OrderYen order.Yen  `json:"order_yen"`
	Over     OverBudget `json:"over"`
}

// LeftYen is what the budget still covers, never below 0.
func (b BudgetOver) LeftYen() order.Yen { return max(0, b.LimitYen-b.UsedYen) }

// TakeBudget is what an order takes of its budgets, by the day of its receipt (BUD-1): goods and
// fee ex tax, an entry each, and the budgets that do not cover it. What stays within the limit,
// the limit itself included, is covered. An order over a budget that only asks for approval takes
// it all the same, so that the next order is judged after it.
func TakeBudget(o order.Order, uses []BudgetUse, now time.Time) (entries []BudgetEntry, over []BudgetOver) {
	amount := o.GoodsYen + o.FeeYen
	on := order.DateOf(o.ReceivedAt)
	for _, u := range uses {
		b, period := u.Budget, u.Budget.Period(on)
		entries = append(entries, BudgetEntry{o.ID, b.DepartmentCode, b.UserCode, b.Span, period, amount, now})
		if u.UsedYen+amount > b.LimitYen {
			over = append(over, BudgetOver{b.UserCode, period, b.LimitYen, u.UsedYen, amount, b.Over})
		}
	}
	return entries, over
}

// CatchUpBudget is what an order takes of budgets that were entered after it came and hold from its
// day or an earlier one (BUD-1); of those that it took of it takes no second time. It is not judged
// again: what is over by then stays so, and the next order is told.
func CatchUpBudget(o order.Order, all []Budget, taken []BudgetEntry, now time.Time) []BudgetEntry {
	var uses []BudgetUse
	for _, b := range BudgetsOn(all, o.UserCode, order.DateOf(o.ReceivedAt)) {
		uses = append(uses, BudgetUse{Budget: b})
	}
	entries, _ := TakeBudget(o, uses, now)
	return slices.DeleteFunc(entries, func(e BudgetEntry) bool {
		return slices.ContainsFunc(taken, func(t BudgetEntry) bool {
			return t.UserCode == e.UserCode && t.Span == e.Span && t.Period == e.Period
		})
	})
}

// GiveBack takes an order's entries off their budgets, to the periods that they were taken from,
// whenever that is (BUD-1): a cancelled order, or one changed, which is cancelled and taken anew.
func GiveBack(entries []BudgetEntry, now time.Time) []BudgetEntry {
	return AdjustBudget(entries, -budgetSum(entries), now)
}

// AdjustBudget moves all budgets of an order by an amount ex tax: a fee charged after all
// (FEE-2), a remainder that was cancelled (STK-2), goods returned (RET-5; below 0). It goes to the
// periods of the order's own entries, and never gives back more than they hold.
func AdjustBudget(entries []BudgetEntry, by order.Yen, now time.Time) []BudgetEntry {
	type key struct {
		user, period string
		span         BudgetSpan
	}
	sums := map[key]order.Yen{}
	var owners []BudgetEntry
	for _, e := range entries {
		k := key{e.UserCode, e.Period, e.Span}
		if _, seen := sums[k]; !seen {
			owners = append(owners, e)
		}
		sums[k] += e.Yen
	}
	var out []BudgetEntry
	for _, e := range owners {
		e.Yen, e.At = max(by, -sums[key{e.UserCode, e.Period, e.Span}]), now
		if e.Yen != 0 {
			out = append(out, e)
		}
	}
	return out
}

// budgetSum is the largest sum that any one budget holds of the order.
func budgetSum(entries []BudgetEntry) order.Yen {
	sums := map[string]order.Yen{}
	var most order.Yen
	for _, e := range entries {
		k := e.UserCode + "|" + e.Period + "|" + string(e.Span)
		sums[k] += e.Yen
		most = max(most, sums[k])
	}
	return most
}

// budgetError is what stands against an order that a blocking budget does not cover.
func budgetError(over BudgetOver) *order.Error {
	return order.Invalid("BUD-1", "lines", fmt.Sprintf("the order of %s yen is over the budget of %s: %s yen are left; order less, or have the budget raised",
		over.OrderYen.Grouped(), over.Period, over.LeftYen().Grouped()))
}
