package main

import (
	"context"
	"time"

	"todoke/api"
	"todoke/store"
	"todoke/worker"
)

// partServe answers the shop fronts over HTTP.
var partServe = part{"API", func(ctx context.Context, app *App, st *store.Store) (service, error) {
	l, err := listen(ctx, app.Config.Listen)
	if err != nil {
		return service{}, err
	}
	app.Addr = l.Addr()
	app.Log.Info("listening", "url", "http://"+l.Addr().String())
	h := api.New(api.Config{Orders: st, Settings: app.Config.Rules, Now: app.Now, Log: app.Log, Version: versionNumber()})
	return httpService("API", l, h, app.Log), nil
}}

// tickEvery is how often the schedules are looked at: a run starts at most this late.
const tickEvery = 5 * time.Second

// partWork works the queue and ticks the schedules.
var partWork = part{"work", func(_ context.Context, app *App, st *store.Store) (service, error) {
	client, err := worker.Client(worker.Config{
		Store: st, Deliver: app.Config.Out, ShopName: app.Config.ShopName, Log: app.Log, Readers: app.Config.Workers.Reading,
	})
	if err != nil {
		return service{}, err
	}
	return service{"work", func(ctx, kill context.Context) error {
		// The queue's own context outlives the order to stop: jobs in progress finish first.
		if err := client.Start(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		st.TickEvery(ctx, tickEvery)
		<-ctx.Done()
		if err := client.Stop(kill); err != nil {
			stop, cancel := context.WithTimeout(context.Background(), killGrace)
			defer cancel()
			return client.StopAndCancel(stop)
		}
		return nil
	}}, nil
}}
