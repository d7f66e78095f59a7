package main

import (
	"context"
	"fmt"

	"todoke/order"
	"todoke/store"
)

// pageName names a page of a document.
type pageName struct {
	document int64
	no       int
}

// kindsOf are what the pages of documents were taken for, each page's latest first.
func kindsOf(ctx context.Context, st *store.Store, documents ...int64) (map[pageName][]store.PageKind, error) {
	all, err := st.PageKinds(ctx, documents...)
	if err != nil {
		return nil, err
	}
	out := map[pageName][]store.PageKind{}
	for _, k := range all {
		n := pageName{k.DocumentID, k.PageNo}
		out[n] = append(out[n], k)
	}
	return out, nil
}

// of adds what the review's page is.
func (v reviewView) of(kinds map[pageName][]store.PageKind) reviewView {
	if k := kinds[pageName{v.Document, v.Page}]; len(k) > 0 {
		v.Kind = &k[0]
	}
	return v
}

// shortKind is a kind as a table shows it; a suggestion has a question mark.
func shortKind(k store.PageKind) string {
	if k.Sure {
		return string(k.Kind)
	}
	return string(k.Kind) + "?"
}

// junkKinds are what people say of a page that they close without an order.
var junkKinds = map[string]order.PageKind{"cover": order.PageCover, "advert": order.PageAdvert, "other": order.PageUnknown}

// reviewDoneCommand closes a review that a person dealt with outside.
type reviewDoneCommand struct {
	Document string `arg:"" help:"Document id, or document.page."`
	Note     string `help:"How it was dealt with." placeholder:"TEXT" required:""`
	By       string `help:"Who dealt with it." placeholder:"NAME" env:"USER" required:""`
}

func (c *reviewDoneCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		r, err := st.Done(ctx, id, page, c.Note, c.By, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "review %s closed as handled by %s: no order is made\n", r.Name(), r.ClosedBy)
		return nil
	})
}
