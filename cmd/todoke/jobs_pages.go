package main

import (
	"context"
	"fmt"
	"log/slog"

	"riverqueue.com/riverui"

	"todoke/desk"
	"todoke/store"
)

// jobPages are the queue's dashboard below the desk's path for it. They run until ctx ends.
func jobPages(ctx context.Context, st *store.Store, log *slog.Logger) (*riverui.Handler, error) {
	h, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(st.JobsClient(), nil), Logger: log, Prefix: desk.JobsPath,
	})
	if err != nil {
		return nil, fmt.Errorf("make the pages of jobs: %w", err)
	}
	if err := h.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the pages of jobs: %w", err)
	}
	return h, nil
}
