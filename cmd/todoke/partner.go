package main

import (
	"context"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"todoke/delivery/sftp"
	"todoke/order"
	"todoke/store"
)

// fetchEvery is how often partners' folders are looked into: a file is taken at the second look.
const fetchEvery = 30 * time.Second

// partnerFetch fetches what partners leave on their SFTP servers. Which partners there are it asks
// at each look: profiles are imported while it runs.
type partnerFetch struct {
	app *App
	st  *store.Store

	mu      sync.Mutex
	running map[string]*fetching // by warehouse
	open    sync.WaitGroup
}

// fetching is one partner's folder.
type fetching struct {
	key  string // what of the profile it was made of
	f    *sftp.Fetcher
	busy bool   // its last look is not over
	told string // the last error
}

// Run looks at once, at every interval and when it is asked to, until ctx ends. A partner that is slow holds up no
// other.
func (p *partnerFetch) Run(ctx context.Context, every time.Duration) {
	p.running = map[string]*fetching{}
	defer p.open.Wait()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		p.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-p.app.fetchNow:
		}
	}
}

// look starts a look into each partner's folder that none is under way of.
func (p *partnerFetch) look(ctx context.Context) {
	partners, err := p.st.Partners(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.app.Log.WarnContext(ctx, "partners' folders cannot be looked into", "error", err)
		}
		return
	}
	for _, partner := range partners {
		if partner.Channel != order.PartnerSFTP || partner.Fetch == "" {
			continue
		}
		p.mu.Lock()
		g := p.running[partner.WarehouseCode]
		key := strings.Join([]string{partner.Address, partner.HostKey, partner.Fetch}, "\n")
		if g == nil || g.key != key && !g.busy {
			g = &fetching{key: key}
			p.running[partner.WarehouseCode] = g
		}
		start := !g.busy
		g.busy = true
		p.mu.Unlock()
		if start {
			p.open.Go(func() { p.fetch(ctx, partner, g) })
		}
	}
}

// fetch looks once into one partner's folder, and logs what goes wrong as long as it changes.
func (p *partnerFetch) fetch(ctx context.Context, partner store.Partner, g *fetching) {
	n, err := p.app.fetchOnce(ctx, p.st, partner, &g.f)
	told := ""
	if err != nil {
		told = err.Error()
	}
	if told != g.told && ctx.Err() == nil {
		if err != nil {
			p.app.Log.ErrorContext(ctx, "a partner's files cannot be fetched", "warehouse", partner.WarehouseCode, "error", err)
		} else {
			p.app.Log.InfoContext(ctx, "a partner's files are fetched again", "warehouse", partner.WarehouseCode)
		}
		g.told = told
	}
	if n > 0 {
		p.app.Log.InfoContext(ctx, "a partner's files are taken", "warehouse", partner.WarehouseCode, "files", n)
	}
	p.mu.Lock()
	g.busy = false
	p.mu.Unlock()
}

// fetchOnce looks once; f remembers between two looks what a file looked like.
func (a *App) fetchOnce(ctx context.Context, st *store.Store, partner store.Partner, f **sftp.Fetcher) (int, error) {
	if *f == nil {
		server, _, err := a.sftpServer(partner.WarehouseProfile)
		if err != nil {
			return 0, err
		}
		sender := "sftp://" + server.User + "@" + path.Join(server.Address, partner.Fetch)
		*f = &sftp.Fetcher{
			Server: server, Folder: partner.Fetch, MaxBytes: store.MaxPartnerFile, Log: a.Log, Now: a.Now,
			Take: func(ctx context.Context, file sftp.File) error {
				taken, again, err := st.ReceivePartnerFile(ctx, store.NewPartnerFile{
					WarehouseCode: partner.WarehouseCode, Channel: store.PartnerSFTP, Name: file.Name, Sender: sender, Bytes: file.Bytes,
					Transmission: "sftp " + file.ModifiedAt.UTC().Format(time.RFC3339) + " " + file.Name,
				}, a.Now())
				if err == nil && again {
					a.Log.InfoContext(ctx, "a partner's file came again", "warehouse", partner.WarehouseCode, "file", file.Name, "first", taken.ID)
				}
				return err
			},
		}
	}
	return (*f).Fetch(ctx)
}

// checkPartners looks at each partner's way. It sends nothing.
func (a *App) checkPartners(ctx context.Context, st *store.Store, add addFinding) error {
	partners, err := st.Partners(ctx)
	if err != nil {
		return err
	}
	for _, p := range partners {
		check := "warehouse " + p.WarehouseCode
		switch p.Channel {
		case order.PartnerFolder:
			add(check, statusOK, "lists are put into the folder "+p.WarehouseCode+" of "+a.Config.Out, "")
		case order.PartnerAPI:
			add(check, statusOK, "the partner fetches its lists from the API", "")
		case order.PartnerEmail:
			if err := order.CheckMailAddress(p.Address); err != nil {
				add(check, statusFail, err.Error(), "write its mail address into address of warehouse_profiles.csv")
				continue
			}
			add(check, statusOK, "lists are mailed to "+p.Address, "")
		case order.PartnerHTTP:
			way := a.partnerWay(p.Channel, p.WarehouseProfile)
			if w, ok := way.(noWay); ok {
				add(check, statusFail, w.why.Error(), "see docs/warehouses.md")
				continue
			}
			add(check, statusOK, "lists are pushed to "+p.Address, "")
		case order.PartnerSFTP:
			server, folder, err := a.sftpServer(p.WarehouseProfile)
			if err == nil {
				const patience = 15 * time.Second
				server.Timeout = min(server.Timeout, patience)
				folders := []string{folder}
				if p.Fetch != "" {
					folders = append(folders, p.Fetch)
				}
				err = server.Check(ctx, folders...)
			}
			if err != nil {
				add(check, statusFail, firstLine(err), "see docs/warehouses.md")
				continue
			}
			add(check, statusOK, fmt.Sprintf("%s lets %s in", server.Address, server.User), "")
		}
	}
	return nil
}
