package main

import (
	"context"

	"todoke/order"
	"todoke/store"
)

// budgetCommand looks at customers' budgets (BUD-1).
type budgetCommand struct {
	Show budgetShowCommand `cmd:"" help:"Tell what is taken of budgets, and by which orders."`
}

type budgetShowCommand struct {
	Customer string `arg:"" optional:"" help:"Customer code; every department that has budgets where none is given."`
	On       string `help:"The periods of this day instead of today's." placeholder:"DATE"`
	Entries  int    `help:"Also the latest so many movements of each department." placeholder:"N"`
	JSON     bool   `name:"json" help:"Print one JSON object a budget and movement."`
}

// Run implements the command.
func (c *budgetShowCommand) Run(ctx context.Context, a *App) error {
	on := order.DateOf(a.Now())
	if c.On != "" {
		var err error
		if on, err = order.ParseDate(c.On); err != nil {
			return err
		}
	}
	return a.withStore(ctx, func(st *store.Store) error {
		if c.Customer != "" {
			if _, err := st.GetDepartment(ctx, c.Customer); err != nil {
				return err
			}
		}
		codes, err := st.BudgetDepartments(ctx, c.Customer)
		if err != nil {
			return err
		}
		rows := [][]string{{"CUSTOMER", "USER", "PERIOD", "LIMIT", "TAKEN", "LEFT", "BEYOND IT"}}
		moved := [][]string{{"CUSTOMER", "USER", "PERIOD", "ORDER", "YEN", "AT"}}
		for _, code := range codes {
			states, moves, err := st.BudgetsOf(ctx, code, on, max(c.Entries, 0))
			if err != nil {
				return err
			}
			for _, b := range states {
				if c.JSON {
					if err := printJSON(a.Stdout, b); err != nil {
						return err
					}
				}
				rows = append(rows, []string{b.DepartmentCode, b.UserCode, b.Period, b.LimitYen.Grouped(), b.UsedYen.Grouped(), b.LeftYen.Grouped(), string(b.Over)})
			}
			for _, m := range moves {
				if c.JSON {
					if err := printJSON(a.Stdout, m); err != nil {
						return err
					}
				}
				moved = append(moved, []string{m.DepartmentCode, m.UserCode, m.Period, m.Order.Grouped(), m.Yen.Grouped(), stamp(m.At)})
			}
		}
		if c.JSON {
			return nil
		}
		if err := printTable(a.Stdout, rows); err != nil || c.Entries < 1 {
			return err
		}
		if _, err := a.Stdout.Write([]byte("\n")); err != nil {
			return err
		}
		return printTable(a.Stdout, moved)
	})
}
