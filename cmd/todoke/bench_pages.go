package main

import (
	"context"
	"errors"
	"strconv"

	"todoke/bench/page"
)

// benchPagesCommand measures what pages are taken for.
type benchPagesCommand struct {
	N    int    `short:"n" help:"Pages of each kind." default:"24"`
	Seed uint64 `help:"Draws other pages." default:"4711"`
}

func (*benchPagesCommand) Help() string {
	return "Draws order forms (whole and torn), our other forms, cover sheets, adverts, customers' own orders, letters, blank and black pages, faxes them and counts " +
		"what each is taken for, and what is closed without a person once one has judged a page. Fails where an order, a form or a letter would be closed unseen."
}

func (c *benchPagesCommand) Run(ctx context.Context, a *App) error {
	rep, err := page.Measure(ctx, c.N, c.Seed)
	if err != nil {
		return err
	}
	if err := rep.Print(a.Stdout); err != nil {
		return err
	}
	if rep.Lost > 0 {
		return errors.New(strconv.Itoa(rep.Lost) + " pages that must be seen would be closed unseen")
	}
	return nil
}
