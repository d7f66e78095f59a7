package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"todoke/api"
	"todoke/desk"
	"todoke/ingest/mailbox"
	"todoke/store"
	"todoke/worker"
)

// partServe answers the shop fronts and shows the desk's pages over HTTP.
var partServe = part{"API and desk", func(ctx context.Context, app *App, st *store.Store) (service, error) {
	l, err := listen(ctx, app.Config.Listen)
	if err != nil {
		return service{}, err
	}
	app.Addr = l.Addr()
	app.Log.Info("listening", "url", "http://"+l.Addr().String())
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() && !app.Config.Desk.HTTPS {
		app.Log.Warn("the desk's pages can be reached from other machines without HTTPS: put a proxy that speaks TLS in front and set desk.https=yes", "address", l.Addr().String())
	}
	jobs, err := jobPages(ctx, st, app.Log)
	if err != nil {
		return service{}, err
	}
	shelf, err := app.shelf(st)
	if err != nil {
		return service{}, err
	}
	applying := worker.Config{Store: st, Log: app.Log, ShopName: app.Config.ShopName}
	pages := desk.New(desk.Config{
		Partners: deskPartners(applying), FaxShipped: app.workerConfig(st).FaxShipped,
		Ask:   app.ask(st),
		Mails: deskMails(shelf.Book), Picture: deskPicture{}, Answerer: app.answerer(),
		Jobs: jobs, Masters: app.deskMasters, Gateways: app.deskGateways(st), Export: app.deskExport(st),
		Store: st, Settings: app.Config.Rules, Now: app.Now, Log: app.Log, ShopName: app.Config.ShopName, Secure: app.Config.Desk.HTTPS,
		FactorRoles: app.Config.Desk.FactorRoles,
		DeskName:    app.Config.DeskName, ShopFax: app.Config.ShopFax, ShopPhone: app.Config.ShopPhone, DeskHours: app.Config.DeskHours, ShopWeb: app.Config.ShopWeb,
	})
	m := http.NewServeMux()
	m.Handle("/", api.New(api.Config{Orders: st, Warehouses: st, Apply: applying.ApplyPartnerFile, Settings: app.Config.Rules, Now: app.Now, Log: app.Log, Version: versionNumber()}))
	m.Handle("GET /{$}", pages)
	m.Handle("/desk", pages)
	m.Handle("/desk/", pages)
	m.Handle(desk.ApprovalPath, pages.Approvals())
	return httpService("API and desk", l, signed(m, app.Config.Data), app.Log), nil
}}

// dataHeader tells doctor beside /healthz whether the todoke that answers is that of its data
// folder. It holds a hash: where the folder lies is nobody else's business.
const dataHeader = "Todoke-Data"

func dataSign(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	sum := sha256.Sum256([]byte(dir))
	return hex.EncodeToString(sum[:8])
}

func signed(h http.Handler, dir string) http.Handler {
	sign := dataSign(dir)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			w.Header().Set(dataHeader, sign)
		}
		h.ServeHTTP(w, r)
	})
}

// tickEvery is how often the schedules are looked at: a run starts at most this late.
const tickEvery = 5 * time.Second

// partWork works the queue and ticks the schedules.
var partWork = part{"work", func(_ context.Context, app *App, st *store.Store) (service, error) {
	cfg, err := app.workConfig(st)
	if err != nil {
		return service{}, err
	}
	client, err := worker.Client(cfg)
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

// workConfig is what the workers of this configuration need.
func (a *App) workConfig(st *store.Store) (worker.Config, error) {
	shelf, err := a.shelf(st)
	if err != nil {
		return worker.Config{}, err
	}
	routes, err := a.routes()
	if err != nil {
		return worker.Config{}, err
	}
	cards, err := a.cards()
	if err != nil {
		return worker.Config{}, err
	}
	return worker.Config{
		Routes: routes, Cards: cards,
		Store: st, Mail: worker.ReadMail(shelf.Book), Gateways: shelf.Book, Deliver: a.Config.Out, Reading: a.Config.Reading,
		ShopName: a.Config.ShopName, DeskName: a.Config.DeskName, ShopFax: a.Config.ShopFax, OwnNumbers: a.ownNumbers(),
		ShopPhone: a.Config.ShopPhone, DeskHours: a.Config.DeskHours, ShopWeb: a.Config.ShopWeb, Answerer: a.answerer(),
		Authserv: a.Config.authserv, Unproven: a.Config.unproven(),
		Log: a.Log, Readers: a.Config.Workers.Reading, ApprovalURL: a.approvalURL(),
		ArchiveHeads: a.Config.archiveHeads(), ArchiveMail: a.Config.Archive.MailTo, DeskMail: a.Config.DeskMail,
	}, nil
}

// partCollect takes in what people and fax servers put into the inbox folder, what comes to the
// mailboxes, and what partners leave on their servers.
var partCollect = part{"collect", func(_ context.Context, app *App, st *store.Store) (service, error) {
	budget := mailbox.NewBudget(int64(app.Config.Collect.MemoryMB) * mb)
	var mailboxes []*mailbox.Collector
	for _, m := range app.Config.Mailboxes {
		c, err := app.mailCollector(m, st)
		if err != nil {
			return service{}, err
		}
		c.Budget = budget
		mailboxes = append(mailboxes, c)
	}
	inbox := app.inboxCollector(st)
	return service{"collect", func(ctx, _ context.Context) error {
		ctx, stop := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		running.Go(func() { (&partnerFetch{app: app, st: st}).Run(ctx, fetchEvery) })
		for _, m := range mailboxes {
			running.Go(func() { m.Run(ctx) })
		}
		return inbox.Run(ctx, app.Config.Collect.Interval)
	}}, nil
}}
