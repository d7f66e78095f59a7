package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"todoke/order"
	"todoke/samples"
	"todoke/samples/day"
	"todoke/store"
)

// demoCommand is three days of the sample shop, through the parts that `up` runs.
type demoCommand struct {
	WebOrders int    `name:"web-orders" default:"320" help:"How many web orders, at least."`
	Seed      uint64 `default:"1" help:"Other seeds give other customers, hands and orders."`
}

func (demoCommand) Help() string {
	return "Starts a private PostgreSQL, loads the sample shop, hands in faxes, mails and web orders of three days with the clock moved along, " +
		"and tells what became of each. --data names a folder in which a later demo goes on, also after being killed; without it a fresh one is made. " +
		"Exits 0 when every document is final or waits for a review that the summary names, and all books agree."
}

const (
	demoFront  = "demo" // the shop front that the web orders come from
	demoSource = "demo" // the source of the documents that do not come as mails
	demoFile   = "demo.json"
)

// demoClock is a clock that only the demo moves.
type demoClock struct{ at atomic.Pointer[time.Time] }

func (c *demoClock) now() time.Time  { return *c.at.Load() }
func (c *demoClock) set(t time.Time) { c.at.Store(&t) }

// demo is one run of the command.
type demo struct {
	demoCommand
	app   *App
	out   io.Writer
	clock demoClock
	began time.Time
	st    *store.Store
	base  string // URL of the API
	token string

	all       []day.Document // of the three days
	documents []day.Document // still to come
	orders    []day.WebOrder
	known     map[string]int // documents of earlier runs in this folder, by SHA-256
	web       webTally
	servers   *demoPost
	partners  *demoPartners
	sftp      string // where the partner's SFTP server was, or is
}

// demoState is what lies beside the data, so that a later run goes on.
type demoState struct {
	Seed      uint64    `json:"seed"`
	WebOrders int       `json:"web_orders"`
	Clock     time.Time `json:"clock"`
	SFTP      string    `json:"sftp,omitempty"`
}

func (c demoCommand) Run(ctx context.Context, app *App) error {
	if app.Config.origins["data"] == "" {
		dir, err := os.MkdirTemp("", "todoke-demo-")
		if err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
		app.Config.moveData(dir)
	}
	if app.Config.origins["log.level"] == "" {
		app.Config.Log.Level = slog.LevelWarn // the demo tells what it does by itself
		app.Log = newLogger(app.Stderr, app.Config.Log)
	}
	app.Config.Listen = "127.0.0.1:0"
	d := &demo{demoCommand: c, app: app, out: app.Stdout, began: app.Now()}
	if err := d.load(); err != nil {
		return err
	}
	wall := app.Now
	app.Now = d.clock.now
	defer func() { app.Now = wall }()

	post, err := d.startPost(ctx)
	if err != nil {
		return err
	}
	defer post.close()
	if err := post.configure(&app.Config); err != nil {
		return err
	}
	d.servers = post
	if d.partners, err = d.startPartners(ctx); err != nil {
		return err
	}
	defer d.partners.stop()

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var result error
	finished := false
	scenario := part{"demo", func(_ context.Context, app *App, st *store.Store) (service, error) {
		d.st, d.base = st, "http://"+app.Addr.String()
		return service{"demo", func(ctx, _ context.Context) error {
			result = d.run(ctx, wall)
			finished = ctx.Err() == nil
			stop()
			<-ctx.Done()
			return nil
		}}, nil
	}}
	d.say("todoke demo: the sample shop's business from %s to %s, in %s", samples.Today, samples.Today.Add(day.Days-1), app.Config.Data)
	d.say("  faxes come by mail to %s at %s; what is sent goes to %s", post.about, post.box.Address, post.sent)
	if err := app.runParts(ctx, true, partServe, partWork, partCollect, scenario); err != nil {
		return errors.Join(result, err)
	}
	if !finished && result == nil {
		return errors.New("the demo was stopped: run it again with --data " + app.Config.Data + " to go on")
	}
	return result
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// load reads where an earlier run in this folder stood.
func (d *demo) load() error {
	s := demoState{Seed: d.Seed, WebOrders: d.WebOrders, Clock: samples.Today.At(order.Clock{Hour: 8})}
	b, err := os.ReadFile(filepath.Join(d.app.Config.Data, demoFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("read the demo's state: %w", err)
	default:
		if err := json.Unmarshal(b, &s); err != nil {
			return fmt.Errorf("read the demo's state: %w", err)
		}
		if s.Seed != d.Seed || s.WebOrders != d.WebOrders {
			return usageError{order.Conflict("", fmt.Sprintf("the demo in %s was begun with --seed %d --web-orders %d: give the same, or name another folder with --data",
				d.app.Config.Data, s.Seed, s.WebOrders))}
		}
		d.say("going on where a demo stood at %s", s.Clock.In(order.JST).Format(time.DateTime))
	}
	d.clock.set(s.Clock)
	d.sftp = s.SFTP
	return nil
}

// move sets the clock, and notes it for a run that goes on after a kill.
func (d *demo) move(t time.Time) error {
	if !t.After(d.clock.now()) {
		return nil
	}
	d.clock.set(t)
	b, err := json.Marshal(demoState{Seed: d.Seed, WebOrders: d.WebOrders, Clock: t, SFTP: d.sftp})
	if err != nil {
		return err
	}
	path := filepath.Join(d.app.Config.Data, demoFile)
	if err := os.WriteFile(path+".part", b, 0o600); err != nil {
		return fmt.Errorf("note the demo's clock: %w", err)
	}
	return os.Rename(path+".part", path)
}

// step runs one stage of the demo and tells how long it took.
func (d *demo) step(what string, wall func() time.Time, f func() (string, error)) error {
	began := wall()
	result, err := f()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	d.say("  %-34s %6.1f s  %s", what, wall().Sub(began).Seconds(), result)
	return nil
}

func (d *demo) run(ctx context.Context, wall func() time.Time) error {
	d.say("  %-34s %6.1f s", "private PostgreSQL, migrated", wall().Sub(d.began).Seconds())
	set := samples.Shop()
	err := d.step("sample shop", wall, func() (string, error) {
		if err := d.app.importSample(ctx, d.st); err != nil {
			return "", err
		}
		return fmt.Sprintf("%d items, %d departments, %d warehouses", len(set.Items), len(set.Customers), len(set.Warehouses)), errors.Join(d.openFront(ctx), d.partners.open(ctx))
	})
	if err != nil {
		return err
	}
	err = d.step("faxes and web orders written", wall, func() (string, error) {
		shop, err := day.NewShop(set)
		if err != nil {
			return "", err
		}
		if d.documents, err = day.Faxes(shop, d.Seed); err != nil {
			return "", err
		}
		if d.orders, err = day.WebOrders(shop, d.WebOrders, d.Seed); err != nil {
			return "", err
		}
		d.all = d.documents
		return fmt.Sprintf("%d documents, %d web orders", len(d.documents), len(d.orders)), nil
	})
	if err != nil {
		return err
	}
	if d.known, err = d.handedIn(ctx); err != nil {
		return err
	}
	if err := d.idle(ctx); err != nil { // also the first look at the schedules: they count from here
		return err
	}
	for i := range day.Days {
		on := samples.Today.Add(i)
		if err := d.step(on.String()+" "+on.Weekday().String(), wall, func() (string, error) { return d.business(ctx, on) }); err != nil {
			return err
		}
	}
	return d.summary(ctx, wall)
}

// openFront gives the shop front a token of this run.
func (d *demo) openFront(ctx context.Context) error {
	d.token = rand.Text()
	return d.st.PutShopFront(ctx, store.ShopFront{Code: demoFront, Name: "サンプル店頭"}, d.token, d.clock.now())
}

// handedIn counts the documents that earlier runs in this folder handed in.
func (d *demo) handedIn(ctx context.Context) (map[string]int, error) {
	docs, err := d.allDocuments(ctx)
	known := map[string]int{}
	for _, doc := range docs {
		if doc.ParentID == 0 {
			known[doc.SHA256]++
		}
	}
	return known, err
}

// allDocuments are the documents that any demo in this folder handed in, with their parts.
func (d *demo) allDocuments(ctx context.Context) ([]store.Document, error) {
	const batch = 500
	f := store.DocumentFilter{Limit: batch}
	var all []store.Document
	for {
		docs, err := d.st.ListDocuments(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, doc := range docs {
			if doc.Source == demoSource || doc.Source == mailSource {
				all = append(all, doc)
			}
			f.AfterID = doc.ID
		}
		if len(docs) < batch {
			return all, nil
		}
	}
}

// business is one day: what arrives is handed in at its time, and before each wave everything
// that arrived is read, so that the demo's answers do not hang on the machine's speed.
func (d *demo) business(ctx context.Context, on order.Date) (string, error) {
	documents, orders := 0, 0
	end := on.At(order.Clock{Hour: 19, Minute: 30})
	for {
		var next time.Time // what comes first: a document, a web order or the day's end
		switch {
		case len(d.documents) > 0 && (len(d.orders) == 0 || !d.orders[0].At.Before(d.documents[0].At)):
			next = d.documents[0].At
		case len(d.orders) > 0:
			next = d.orders[0].At
		}
		if next.IsZero() || next.After(end) {
			break
		}
		if err := d.advance(ctx, next); err != nil {
			return "", err
		}
		if len(d.documents) > 0 && d.documents[0].At.Equal(next) {
			doc := d.documents[0]
			d.documents = d.documents[1:]
			documents++
			if sum := sha256Hex(doc.Bytes); d.known[sum] > 0 {
				d.known[sum]-- // handed in by the run before this one
				continue
			}
			if strings.HasSuffix(doc.Name, ".eml") {
				if err := d.servers.mail(ctx, doc); err != nil {
					return "", fmt.Errorf("mail %s: %w", doc.Name, err)
				}
				continue
			}
			if err := d.again(ctx, func() error {
				_, _, err := d.st.AddDocument(ctx, store.NewDocument{
					Source: demoSource, ExternalID: doc.Name, FileName: doc.Name, ReceivedAt: doc.At, Caller: doc.Caller, Bytes: doc.Bytes,
				})
				return err
			}); err != nil {
				return "", fmt.Errorf("hand in %s: %w", doc.Name, err)
			}
			continue
		}
		o := d.orders[0]
		d.orders = d.orders[1:]
		orders++
		if err := d.again(ctx, func() error { return d.post(ctx, o) }); err != nil {
			return "", err
		}
	}
	if err := d.advance(ctx, end); err != nil {
		return "", err
	}
	if err := d.idle(ctx); err != nil {
		return "", err
	}
	lists, err := d.partners.report(ctx, on)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d documents, %d web orders, %d lists reported by their warehouses", documents, orders, lists), nil
}

// advance moves the clock to t, stopping at every run of a schedule that falls due up to then.
func (d *demo) advance(ctx context.Context, t time.Time) error {
	for {
		var due time.Time
		for _, s := range d.st.ScheduleTable() {
			if n := s.Next(d.clock.now()); !n.After(t) && (due.IsZero() || n.Before(due)) {
				due = n
			}
		}
		if due.IsZero() {
			return d.move(t)
		}
		// What arrived before the wave is read and allocated before it, cards are charged whose
		// goods may leave by then, and the wave is over and its lists are acknowledged before the
		// clock goes on.
		if err := d.idle(ctx); err != nil {
			return err
		}
		for _, t := range []time.Time{due.Add(-time.Second), due} {
			if err := d.move(t); err != nil {
				return err
			}
			if err := d.idle(ctx); err != nil {
				return err
			}
		}
		if err := d.partners.acknowledge(ctx); err != nil {
			return err
		}
	}
}

// idle ticks the schedules and waits until every job that can be worked is worked.
func (d *demo) idle(ctx context.Context) error {
	for {
		var unfinished int
		if err := d.again(ctx, func() (err error) {
			if _, err = d.st.Tick(ctx, d.clock.now()); err == nil {
				unfinished, err = d.st.Unfinished(ctx)
			}
			return err
		}); err != nil {
			return err
		}
		if unfinished == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// again calls f until it does not fail for a passing reason, as a shop front or a fax gateway
// tries again: a private PostgreSQL that died is back within seconds.
func (d *demo) again(ctx context.Context, f func() error) error {
	const tries, pause = 60, 500 * time.Millisecond
	for n := 1; ; n++ {
		err := f()
		if err == nil || n == tries || order.KindOf(err) != order.KindTemporary {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// webTally counts what the API answered.
type webTally struct {
	accepted, refused int
	rules             map[string]int // refusals by rule id
}

// post sends one web order as its shop front would.
func (d *demo) post(ctx context.Context, o day.WebOrder) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+"/v1/orders", bytes.NewReader(o.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", o.Key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return order.Temporary("web order "+o.Key+" was not answered", err)
	}
	defer func() { _ = resp.Body.Close() }()
	const limit = 1 << 20
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil {
		return fmt.Errorf("read answer to %s: %w", o.Key, err)
	}
	switch resp.StatusCode {
	case http.StatusCreated:
		d.web.accepted++
		return nil
	case http.StatusUnprocessableEntity:
		var problem struct {
			Errors []struct {
				Rule string `json:"rule"`
			} `json:"errors"`
		}
		if err := json.Unmarshal(body, &problem); err != nil {
			return fmt.Errorf("read refusal of %s: %w", o.Key, err)
		}
		d.web.refused++
		if d.web.rules == nil {
			d.web.rules = map[string]int{}
		}
		for _, e := range problem.Errors {
			d.web.rules[e.Rule]++
		}
		return nil
	}
	err = fmt.Errorf("web order %s was answered %s: %s", o.Key, resp.Status, strconv.Quote(string(body)))
	if resp.StatusCode == http.StatusServiceUnavailable {
		return order.Temporary("the API asks to try again", err)
	}
	return err
}
