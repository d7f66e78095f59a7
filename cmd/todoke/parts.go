package main

import (
	"context"

	"todoke/api"
	"todoke/store"
)

// partServe answers the shop fronts over HTTP.
var partServe = part{"API", func(ctx context.Context, app *App, st *store.Store) (service, error) {
	l, err := listen(ctx, app.Config.Listen)
	if err != nil {
		return service{}, err
	}
	app.Addr = l.Addr()
	app.Log.Info("listening", "url", "http://"+l.Addr().String())
	handler := api.New(api.Config{
		Orders: st, Settings: app.Config.Rules, Now: app.Now, Log: app.Log, Version: versionNumber(),
	})
	return httpService("API", l, handler, app.Log), nil
}}
