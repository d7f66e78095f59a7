package main

import (
	"cmp"
	"strings"

	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/order"
	"todoke/rules"
)

// shelf is the gateway profiles as their folder stands, read again when it changes.
func (a *App) shelf() (*gateway.Shelf, error) {
	return gateway.OpenShelf(a.Config.Gateways.Profiles, a.ownNumbers(), func(err error) {
		if err != nil {
			a.Log.Error("gateway profiles are not read again: those before stay in use", "folder", a.Config.Gateways.Profiles, "error", err)
			return
		}
		a.Log.Info("gateway profiles are read again", "folder", a.Config.Gateways.Profiles)
	})
}

// gateways are the shipped gateway profiles and the shop's own.
func (a *App) gateways() (*gateway.Book, error) {
	return gateway.Load(a.Config.Gateways.Profiles, a.ownNumbers())
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
