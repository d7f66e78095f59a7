package main

import (
	"context"
	"fmt"

	"todoke/order"
	"todoke/store"
)

type reviewTurnCommand struct {
	Document string `arg:"" help:"The page: document.page."`
	Degrees  int    `arg:"" help:"How the sheet lies in the picture: turned clockwise by 0, 90, 180 or 270 degrees."`
	By       string `help:"Who turns it." placeholder:"NAME" env:"USER" required:""`
}

func (c *reviewTurnCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		r, err := st.AskReread(ctx, id, page, c.Degrees, c.By, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "page %s is read again, turned by %d degrees: todoke review show %s\n", r.Name(), c.Degrees, r.Name())
		return a.tellIdle(ctx, st)
	})
}

type reviewSplitCommand struct {
	Document string `arg:"" help:"The page: document.page."`
	Lines    []int  `arg:"" optional:"" help:"Lines that are another order; none where that is typed from the picture."`
	Reason   string `help:"Why." placeholder:"TEXT"`
	By       string `help:"Who splits it." placeholder:"NAME" env:"USER" required:""`
}

func (c *reviewSplitCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		name, err := st.SplitPage(ctx, id, page, c.Lines, c.By, c.Reason, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "split: %s is an order of its own\n", name)
		return nil
	})
}

type reviewJoinCommand struct {
	Document string `arg:"" help:"The page that continues another one: document.page."`
	To       string `arg:"" help:"The page that it continues: document.page."`
	Reason   string `help:"Why." placeholder:"TEXT"`
	By       string `help:"Who joins them." placeholder:"NAME" env:"USER" required:""`
}

func (c *reviewJoinCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	to, toPage, err := documentID(c.To)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		r, err := st.JoinPage(ctx, id, page, store.Other{Document: to, Page: toPage}, c.By, c.Reason, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "page %s continues %s: settle that one, it is the order of both\n", c.Document, r.Name())
		return nil
	})
}

type reviewAttachCommand struct {
	Document string `arg:"" help:"Document id, or document.page."`
	Order    string `arg:"" help:"Number of the order that it belongs to."`
	Note     string `help:"What it is: a letter, a drawing." placeholder:"TEXT"`
	By       string `help:"Who attaches it." placeholder:"NAME" env:"USER" required:""`
}

func (c *reviewAttachCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	n, err := order.ParseNumber(c.Order)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		r, err := st.Attach(ctx, id, page, n, c.Note, c.By, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "review %s closed: it belongs to order %s\n", r.Name(), n.Grouped())
		return nil
	})
}

type reviewReceivedCommand struct {
	Document string `arg:"" help:"The page: document.page."`
	Clock    string `arg:"" help:"Whose clock holds (CUT-3): gateway or server." enum:"gateway,server"`
	By       string `help:"Who decides it." placeholder:"NAME" env:"USER" required:""`
}

func (c *reviewReceivedCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		r, err := st.DecideReceived(ctx, id, page, store.ReceivedBy(c.Clock), c.By, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "review %s: received when the %s says, by %s\n", r.Name(), c.Clock, c.By)
		return nil
	})
}
