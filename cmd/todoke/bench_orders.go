package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"todoke/api"
	"todoke/bench/orders"
	"todoke/internal/pgcluster"
	"todoke/order"
	"todoke/samples"
	"todoke/store"
	"todoke/worker"
)

// benchOrdersCommand measures taking orders beside pgbench, in a private cluster of its own, which
// it removes.
type benchOrdersCommand struct {
	Orders    int `default:"6000" help:"Orders that each side places."`
	Customers int `default:"20000" help:"Customers of the shop."`
	Clients   int `default:"64" help:"Connections of the shop front."`
	Seconds   int `default:"15" help:"How long orders come at half the load."`
}

func (*benchOrdersCommand) Help() string {
	return "Places web orders over HTTP until their stock is reserved, and has pgbench run the same statements one order at a time on the same cluster. Everything is on the disk before it is answered. Say with the figures how busy the machine was."
}

// Run implements the command.
func (c *benchOrdersCommand) Run(ctx context.Context, a *App) (err error) {
	db, dir, end, err := a.benchDatabase(ctx, "orders", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	bin, err := pgcluster.Find(a.Config.Database.BinDir)
	if err != nil {
		return err
	}
	o := orders.Options{
		Orders: c.Orders, Clients: c.Clients, Seconds: c.Seconds, Dir: dir, BinDir: bin.Dir, URL: db.URL,
		Open: func(ctx context.Context, name string, trace store.Trace) (*store.Store, error) {
			u, err := url.Parse(db.URL)
			if err != nil {
				return nil, fmt.Errorf("read database URL: %w", err)
			}
			u.Path = "/" + name
			at := *db
			at.URL = u.String()
			return a.newStoreTraced(ctx, &at, trace)
		},
		Serve: func(st *store.Store) http.Handler {
			return api.New(api.Config{Orders: st, Settings: a.Config.Rules, Now: a.Now, Log: slog.New(slog.DiscardHandler), Version: versionNumber()})
		},
		Work: func(st *store.Store) (orders.Queue, error) { return worker.Client(a.workerConfig(st)) },
	}
	if o.Token, err = c.fill(ctx, a, db, &o); err != nil {
		return err
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Fprintf(a.Stdout, "load of the machine: %s", load)
	}
	return o.Run(ctx, a.Stdout)
}

// fill makes the sample shop with more customers, none under purchase control, and stock for all.
func (c *benchOrdersCommand) fill(ctx context.Context, a *App, db *database, o *orders.Options) (token string, err error) {
	st, err := a.newStore(ctx, db)
	if err != nil {
		return "", err
	}
	defer st.Close()
	shop := samples.Shop()
	shop.ApprovalFlows, shop.Delegations, shop.Budgets, shop.Locks = nil, nil, nil, nil
	n := len(shop.Customers)
	for i := n; i < c.Customers; i++ {
		d := shop.Customers[i%n]
		d.Code, d.Fax, d.Email = order.WithCheckDigit(strconv.Itoa(5_000_000+i)), "", ""
		shop.Customers = append(shop.Customers, d)
	}
	for i := range shop.Customers {
		shop.Customers[i].Payment = order.PaymentInvoice
	}
	for i := range shop.Stock {
		shop.Stock[i].OnHand = 1_000_000
	}
	if err := st.Import(ctx, shop.Masters); err != nil {
		return "", err
	}
	stocked := map[string]bool{}
	for _, s := range shop.Stock {
		stocked[s.ItemCode] = true
	}
	for _, it := range shop.Items {
		if !it.Discontinued && it.Class == order.ClassNormal && stocked[it.Code] {
			o.Items = append(o.Items, it)
		}
	}
	o.Customers = shop.Customers
	token = "bench-only-0123456789"
	return token, st.PutShopFront(ctx, store.ShopFront{Code: "bench", Name: "bench"}, token, a.Now())
}
