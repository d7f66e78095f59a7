package main

import (
	"context"
	"fmt"

	"todoke/order"
	"todoke/store"
)

// ledgerCommand lists everything that is not in a final state.
type ledgerCommand struct {
	Check bool `help:"Fail where anything is listed, or where something does not hold that always must."`
	Retry bool `help:"First try again every job that was given up, now that its cause is mended."`
	JSON  bool `name:"json" help:"Print one JSON object a line."`
}

func (*ledgerCommand) Help() string {
	return "Documents and pages that wait to be read or settled, orders that are held, short or wait for stock or for a worker, pick lists that are " +
		"not made or not wholly reported (how many lines, and whether their dispatch deadline has passed), partners' files, answers and deliveries under way, " +
		"runs and jobs that are not done. Released orders stand on their lists; orders that only wait for their wave are not listed. " +
		"With --check also the audit: stock, lists, ship days, archive."
}

// ledgerView is an entry as JSON.
type ledgerView struct {
	store.Entry
	Todo string `json:"todo"`
}

func (c *ledgerCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		if c.Retry {
			n, err := st.RetryGivenUp(ctx)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Stderr, "todoke: %d job(s) will be tried again\n", n)
		}
		entries, err := st.Ledger(ctx)
		if err != nil {
			return err
		}
		if c.Check {
			bad, err := st.Audit(ctx)
			if err != nil {
				return err
			}
			for _, b := range bad {
				entries = append(entries, store.Entry{Kind: "audit", Name: "-", State: "broken", Detail: b, Since: a.Now()})
			}
		}
		switch {
		case c.JSON:
			for _, e := range entries {
				if err := printJSON(a.Stdout, ledgerView{e, e.Todo()}); err != nil {
					return err
				}
			}
		case len(entries) == 0:
			fmt.Fprintln(a.Stdout, "everything is in a final state")
		default:
			rows := [][]string{{"KIND", "NAME", "STATE", "SINCE", "DETAIL", "TO DO"}}
			for _, e := range entries {
				name := e.Name
				if e.Kind == "order" || e.Kind == "pick_list" {
					name = order.Number(name).Grouped()
				}
				rows = append(rows, []string{e.Kind, name, e.State, stamp(e.Since), readable(e.Detail), e.Todo()})
			}
			if err := printTable(a.Stdout, rows); err != nil {
				return err
			}
		}
		if c.Check && len(entries) > 0 {
			return silentError{}
		}
		return nil
	})
}
