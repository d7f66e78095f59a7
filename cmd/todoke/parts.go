package main

import (
	"context"
	"net/http"

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
	return httpService("API", l, healthHandler(st), app.Log), nil
}}

// healthHandler tells whether the process lives (/healthz) and whether it can work (/readyz).
func healthHandler(st *store.Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := st.Ready(r.Context()); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}
