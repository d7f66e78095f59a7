package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"todoke/api"
	"todoke/bench/month"
	"todoke/delivery"
	"todoke/order"
	"todoke/payment"
	"todoke/worker"
)

// benchMonthCommand lets a month of the sample shop pass in a private database of its own, which it
// removes.
type benchMonthCommand struct {
	Orders      int    `default:"60000" help:"Orders of the whole month."`
	Departments int    `default:"120" help:"Departments that order."`
	Seed        uint64 `default:"1" help:"Other seeds give other orders, people and accidents."`
	From        string `default:"2026-12-14" help:"First day; from the middle of December the month goes over New Year." placeholder:"DATE"`
	Days        int    `default:"31" help:"How many days orders come."`
	Tail        int    `default:"3" help:"How many days follow without orders."`
	Kills       int    `default:"2" help:"How often on a business day the worker's process is killed."`
	Senders     int    `default:"8" help:"Requests of shop fronts at the same time."`
	Out         string `short:"o" name:"out" help:"Write a page of figures (HTML) to this file." placeholder:"FILE"`
	Keep        string `help:"Work in this folder and keep it." placeholder:"DIR"`
}

func (*benchMonthCommand) Help() string {
	return "The orders come over HTTP, as faxes of which the reader's word is given, and as files; a process of its own works the queue and is killed now and then. " +
		"Prints a line for each day. Exits 1 where something does not hold."
}

// processTime is what a process has used so far; or what its children have, those that ended included.
func processTime(pid int, children bool) time.Duration {
	const unit = 10 * time.Millisecond // of /proc/PID/stat
	own, ended, _ := readStat(pid)
	if !children {
		return time.Duration(own) * unit
	}
	sum := ended
	all, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range all {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if own, ended, parent := readStat(child); parent == pid {
			sum += own + ended
			sum += grandchildren(all, child)
		}
	}
	return time.Duration(sum) * unit
}

// grandchildren is what the living children of a process have used.
func grandchildren(all []os.DirEntry, pid int) (sum int64) {
	for _, e := range all {
		if child, err := strconv.Atoi(e.Name()); err == nil {
			if own, ended, parent := readStat(child); parent == pid {
				sum += own + ended
			}
		}
	}
	return sum
}

// readStat reads a process's own time, that of its children that ended, and its parent.
func readStat(pid int) (own, ended int64, parent int) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	_, after, ok := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	const most = 15
	if err != nil || !ok || len(fields) < most {
		return 0, 0, 0
	}
	n := func(i int) int64 {
		v, _ := strconv.ParseInt(fields[i], 10, 64)
		return v
	}
	return n(11) + n(12), n(13) + n(14), int(n(1))
}

// Names of the files in the month's folder.
const (
	monthClock   = "clock"
	monthArrived = "arrived"
)

// Run implements the command.
func (c *benchMonthCommand) Run(ctx context.Context, a *App) (err error) {
	from, err := order.ParseDate(c.From)
	if err != nil {
		return order.Invalid("", "from", fmt.Sprintf("%q is no date: write it as YYYY-MM-DD", c.From))
	}
	if c.Orders < 1 || c.Departments < 1 || c.Days < 1 || c.Tail < 1 {
		return order.Invalid("", "orders", "the month needs an order, a department, a day and one that follows")
	}
	db, dir, end, err := a.benchDatabase(ctx, "month", c.Keep)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	clock, err := month.NewClock(filepath.Join(dir, monthClock), from.At(order.Clock{Hour: 6}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clock.Close()) }()
	wall := a.Now
	a.Now = clock.Now
	defer func() { a.Now = wall }()
	st, err := a.newStore(ctx, db)
	if err != nil {
		return err
	}
	defer st.Close()
	if empty, err := st.Empty(ctx); err != nil {
		return err
	} else if !empty {
		return order.Conflict("", dir+" holds a month already: name another folder with --keep")
	}
	admin, err := pgxpool.New(ctx, db.URL)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer admin.Close()
	l, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	log := a.Log
	if a.Config.origins["log.level"] == "" {
		log = slog.New(slog.DiscardHandler) // a line for each request says nothing here
	}
	server := &http.Server{
		Handler:           api.New(api.Config{Orders: st, Settings: a.Config.Rules, Now: a.Now, Log: log, Version: versionNumber()}),
		ReadHeaderTimeout: time.Minute,
	}
	ended := make(chan struct{})
	go func() {
		_ = server.Serve(l) // until it is closed
		close(ended)
	}()
	defer func() {
		_ = server.Close()
		<-ended
	}()
	cards, err := month.NewCards(ctx, clock.Now)
	if err != nil {
		return err
	}
	defer cards.Close()
	partner, err := month.NewPartner(ctx, filepath.Join(dir, "sftp"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, partner.Close()) }()
	gateway, err := payment.NewHTTP(cards.URL, cards.Token, 0)
	if err != nil {
		return err
	}
	report, err := month.Run(ctx, month.Place{
		Store: st, Admin: admin, Clock: clock, API: "http://" + l.Addr().String(), Token: rand.Text(), Arrived: filepath.Join(dir, monthArrived), Out: a.Config.Out,
		Log: a.Stdout, Wall: wall, Processor: processorTimes(db),
		Start: func(ctx context.Context) (month.Worker, error) {
			return startMonthWorker(ctx, a, db.URL, dir, cards, partner)
		},
		Page: c.write, Cards: cards, Partner: partner,
		Reconcile: func(ctx context.Context, day order.Date) ([]payment.Difference, error) {
			books, err := worker.CompareCards(ctx, st, gateway, day)
			return books.Found, err
		},
	}, month.Options{
		Orders: c.Orders, Departments: c.Departments, Seed: c.Seed, From: from, Days: c.Days, Tail: c.Tail, Kills: c.Kills, Senders: c.Senders,
	})
	if report != nil {
		err = errors.Join(err, c.write(report))
	}
	if err != nil {
		return err
	}
	report.Print(a.Stdout)
	if len(report.Wrong) > 0 {
		return fmt.Errorf("%d thing(s) do not hold: see above", len(report.Wrong))
	}
	return nil
}

// write writes the page of figures: after each day, so that it is there of a month that was cut short.
func (c *benchMonthCommand) write(r *month.Report) error {
	if c.Out == "" {
		return nil
	}
	var page bytes.Buffer
	if err := r.HTML(&page); err != nil {
		return err
	}
	whole := c.Out + ".part"
	if err := os.WriteFile(whole, page.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the page of figures: %w", err)
	}
	if err := os.Rename(whole, c.Out); err != nil {
		return fmt.Errorf("write the page of figures: %w", err)
	}
	return nil
}

// processorTimes tell what this process, its workers and its PostgreSQL have used so far, where the
// system tells (Linux).
func processorTimes(db *database) func() month.Processor {
	return func() month.Processor {
		p := month.Processor{Driver: cpuTime(), Workers: processTime(os.Getpid(), true)}
		if db.server != nil {
			p.PostgreSQL = processTime(db.server.PID(), false) + processTime(db.server.PID(), true)
			p.Workers -= p.PostgreSQL
		}
		return p
	}
}

// monthWorker is the process that works the month's queue.
type monthWorker struct {
	cmd   *exec.Cmd
	input io.Closer
	ended chan struct{}
	err   error // once it has ended
}

func startMonthWorker(ctx context.Context, a *App, url, dir string, cards *month.Cards, partner *month.Partner) (month.Worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "--data", dir, "bench", "month-worker")
	cmd.Env = append(os.Environ(), "DATABASE_URL="+url, "TODOKE_PAYMENT_URL="+cards.URL, "TODOKE_PAYMENT_TOKEN="+cards.Token, "TODOKE_PAYMENT_TIMEOUT=1s",
		"TODOKE_PARTNERS_"+partner.Warehouse+"_PASSWORD="+partner.Password, "TODOKE_PARTNERS_"+partner.Warehouse+"_TIMEOUT=10s")
	cmd.Stderr = a.Stderr
	in, err := cmd.StdinPipe() // its end tells the process that nobody is left whom it works for
	if err != nil {
		return nil, fmt.Errorf("start the worker: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the worker: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the worker: %w", err)
	}
	ready := make([]byte, 1)
	if _, err := io.ReadFull(out, ready); err != nil {
		return nil, errors.Join(fmt.Errorf("the worker did not start: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	w := &monthWorker{cmd: cmd, input: in, ended: make(chan struct{})}
	go func() {
		w.err = cmd.Wait()
		close(w.ended)
	}()
	return w, nil
}

// Kill implements month.Worker.
func (w *monthWorker) Kill() error {
	if err := w.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-w.ended
	return nil
}

// Stop implements month.Worker.
func (w *monthWorker) Stop() error {
	if err := w.input.Close(); err != nil {
		return err
	}
	<-w.ended
	return w.err
}

// benchMonthWorkerCommand is `todoke work` by a month's clock: its reader takes pages at their word, and
// its ways write down what arrived.
type benchMonthWorkerCommand struct{}

// Run implements the command.
func (benchMonthWorkerCommand) Run(ctx context.Context, a *App) error {
	clock, err := month.OpenClock(filepath.Join(a.Config.Data, monthClock))
	if err != nil {
		return err
	}
	a.Now = clock.Now
	if a.Config.origins["log.level"] == "" {
		a.Log = newLogger(a.Stderr, LogConfig{Level: slog.LevelError, Format: a.Config.Log.Format}) // what fails on purpose fails often
	}
	db, err := a.openDatabase(ctx, true)
	if err != nil {
		return err
	}
	st, err := a.newStore(ctx, db)
	if err != nil {
		return err
	}
	defer st.Close()
	cfg, err := a.workConfig(st)
	if err != nil {
		return err
	}
	cfg.Read, cfg.Routes = month.Read, worker.Routes{
		Ways: map[string][]delivery.Way{}, Domain: "month.invalid", Partner: cfg.Routes.Partner, Timeout: cfg.Routes.Timeout,
	}
	for _, channel := range []string{"fax", "mail"} {
		way, err := month.NewPost(channel, filepath.Join(a.Config.Data, monthArrived))
		if err != nil {
			return err
		}
		cfg.Routes.Ways[channel] = []delivery.Way{way}
	}
	client, err := worker.Client(cfg)
	if err != nil {
		return err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	fmt.Fprint(a.Stdout, ".")
	_, _ = io.Copy(io.Discard, a.Stdin) // until the month is over, or its process
	return client.Stop(ctx)
}
