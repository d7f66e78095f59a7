package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// shelf is the gateway profiles as their folder and the desk have them, read again when they change.
func (a *App) shelf(st *store.Store) (*gateway.Shelf, error) {
	stored := func() ([]gateway.Stored, error) {
		ctx, stop := context.WithTimeout(context.Background(), storedPatience)
		defer stop()
		out, err := storedProfiles(ctx, st)
		if err != nil {
			a.Log.Error("gateway profiles of the desk cannot be read: those before stay in use", "error", err)
		}
		return out, err
	}
	return gateway.OpenShelf(a.Config.Gateways.Profiles, stored, a.ownNumbers(), func(err error) {
		if err != nil {
			a.Log.Error("gateway profiles are not read again: those before stay in use", "folder", a.Config.Gateways.Profiles, "error", err)
			return
		}
		a.Log.Info("gateway profiles are read again", "folder", a.Config.Gateways.Profiles)
	})
}

// storedPatience is how long a mail waits for the database to tell the profiles.
const storedPatience = 10 * time.Second

// storedProfiles are those that were written at the desk.
func storedProfiles(ctx context.Context, st *store.Store) ([]gateway.Stored, error) {
	all, err := st.GatewayProfiles(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]gateway.Stored, 0, len(all))
	for _, v := range all {
		out = append(out, gateway.Stored{Name: v.Name, File: deskFile(v), Text: v.Text})
	}
	return out, nil
}

// deskFile is where a stored profile stands, for people.
func deskFile(v store.GatewayVersion) string {
	return "desk " + v.At.In(order.JST).Format("2006-01-02 15:04") + " " + v.By
}

// gateways are the shipped gateway profiles, those of the shop's folder and, where there is a
// database, those that were written at the desk.
func (a *App) gateways(ctx context.Context) (*gateway.Book, error) {
	var stored []gateway.Stored
	if a.hasDatabase() {
		err := a.withStore(ctx, func(st *store.Store) (err error) {
			stored, err = storedProfiles(ctx, st)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return gateway.LoadWith(a.Config.Gateways.Profiles, stored, a.ownNumbers())
}

// hasDatabase tells whether there is one already: looking things up makes none.
func (a *App) hasDatabase() bool {
	if a.Config.Database.URL != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(a.Config.Data, "postgres", "data", "PG_VERSION"))
	return err == nil
}

// ownNumbers are the shop's fax numbers, digits: no sender's.
func (a *App) ownNumbers() []string {
	var own []string
	for s := range strings.SplitSeq(a.Config.Gateways.OwnNumbers+","+a.Config.ShopFax, ",") {
		if n, ok := order.ParsePhone(s); ok {
			own = append(own, n)
		}
	}
	return own
}

// answerer is who answers mails that carry no fax. Our own mailboxes are never answered.
func (a *App) answerer() rules.Answerer {
	c := a.Config.SMTP
	out := rules.Answerer{Domains: []string{strings.ToLower(c.messageDomain())}}
	out.Address, _ = mail.NormalAddress(cmp.Or(a.Config.Letters.From, c.From))
	for _, s := range []string{c.ReplyTo, c.Returns} {
		if own, ok := mail.NormalAddress(s); ok {
			out.Never = append(out.Never, own)
		}
	}
	for s := range strings.SplitSeq(a.Config.Letters.Never, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out.Never = append(out.Never, s)
		}
	}
	for _, m := range a.Config.Mailboxes {
		if own, ok := mail.NormalAddress(m.User); ok {
			out.Never = append(out.Never, own)
		}
	}
	return out
}
