package main

import (
	"context"

	"todoke/desk"
	"todoke/store"
)

// ask makes the fax that asks a customer to send a page again, for the desk to show before it leaves.
func (a *App) ask(st *store.Store) func(context.Context, store.Review, string) (*desk.Asked, error) {
	return func(ctx context.Context, r store.Review, customer string) (*desk.Asked, error) {
		p, err := a.workerConfig(st).PreviewAsk(ctx, r, customer, a.Now())
		if err != nil || p == nil {
			return nil, err
		}
		return &desk.Asked{Number: p.Number, Title: p.Title, Channel: p.Channel, To: p.To, Why: p.Why, Pages: p.Pages}, nil
	}
}
