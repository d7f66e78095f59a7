package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	bench "todoke/bench/desk"
	"todoke/desk"
	"todoke/order"
	"todoke/samples"
	"todoke/store"
)

// benchDeskCommand measures the desk's pages on a shop of many orders in a private database of its
// own, which it removes.
type benchDeskCommand struct {
	Orders  int    `default:"500000" help:"Orders of the last 300 days."`
	Waiting int    `default:"5000" help:"Faxes that wait for a person."`
	N       int    `short:"n" name:"n" default:"100" help:"Requests for each page."`
	Keep    string `help:"Keep the database in this folder, and measure what an earlier run left there." placeholder:"DIR"`
}

func (*benchDeskCommand) Help() string {
	return "Prints p50, p95 and the longest answer of each page, over HTTP, one request after the other. Say with the figures how busy the machine was."
}

// Run implements the command.
func (c *benchDeskCommand) Run(ctx context.Context, a *App) (err error) {
	db, _, end, err := a.benchDatabase(ctx, "desk", c.Keep)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	// An afternoon within business hours, whenever it is measured.
	noon, started := time.Date(2026, 11, 24, 16, 0, 0, 0, order.JST), a.Now()
	clock := a.Now
	a.Now = func() time.Time { return noon.Add(clock().Sub(started)) }
	defer func() { a.Now = clock }()
	st, err := a.newStore(ctx, db)
	if err != nil {
		return err
	}
	defer st.Close()
	options := bench.Options{Orders: c.Orders, Waiting: c.Waiting, N: c.N, Login: "bench"}
	empty, err := st.Empty(ctx)
	if err != nil {
		return err
	}
	if empty {
		shop := samples.Shop()
		if err := a.importMasters(ctx, st, shop); err != nil {
			return err
		}
		for _, i := range shop.Items[:20] {
			options.Items = append(options.Items, i.Code)
		}
		if err := bench.Fill(ctx, a.Stdout, st, db.URL, options); err != nil {
			return err
		}
	}
	secret, hash, err := a.newPassword(ctx, false)
	if err != nil {
		return err
	}
	options.Secret = secret
	options.Login = fmt.Sprintf("bench%d", clock().Unix())
	if err := st.AddStaff(ctx, store.Staff{Login: options.Login, Name: "測定 太郎", Role: store.RoleOperator}, hash, a.Now()); err != nil {
		return err
	}
	settings := a.Config.Rules
	settings.RequestsPerSecond = 0 // one session measures as fast as it can
	pages := desk.New(desk.Config{Store: st, Settings: settings, Now: a.Now, Log: a.Log, ShopName: a.Config.ShopName})
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprintf(a.Stdout, "load of the machine: %s\n", strings.TrimSpace(string(load)))
	}
	return bench.Measure(ctx, a.Stdout, pages, db.URL, options, bench.Pages(order.DateOf(a.Now())))
}
