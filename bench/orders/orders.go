package orders

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/ingest/web"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// Options say what is measured.
type Options struct {
	Orders  int // placed by each side
	Clients int // connections of the shop front
	Seconds int // of the run at half the load
	Dir     string
	BinDir  string // of PostgreSQL's programs
	// URL is the superuser's of a database with the shop's masters; copies of it are measured.
	URL       string
	Open      func(ctx context.Context, database string, trace store.Trace) (*store.Store, error)
	Serve     func(st *store.Store) http.Handler
	Work      func(st *store.Store) (Queue, error)
	Customers []order.Department
	Items     []order.Item
	Token     string // of the shop front
}

// Queue is the workers' client.
type Queue interface {
	Start(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// lines is how many an order has.
const lines = 3

// on is the connection string of another database of the cluster.
func (o *Options) on(database string) string {
	u, err := url.Parse(o.URL)
	if err != nil {
		return o.URL // it was connected to
	}
	u.Path = "/" + database
	return u.String()
}

// body is the n-th order as a shop front sends it.
func (o *Options) body(n int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"customer_code":%q,"lines":[`, o.Customers[n*7%len(o.Customers)].Code)
	for l := range lines {
		it := o.Items[(n*31+l*977)%len(o.Items)]
		if l > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"item_code":%q,"quantity":%d}`, it.Code, it.OrderMultiple)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// place places the n-th order without HTTP.
func (o *Options) place(ctx context.Context, st *store.Store, n int) error {
	body := o.body(n)
	parsed, problems := web.Parse(body, web.DefaultLimits())
	now := st.Now()
	parsed.Request.ReceivedAt = rules.WebReceivedAt(parsed.OrderedAt, now, st.Settings())
	answer, err := st.PlaceWebOrder(ctx, store.WebOrder{ShopFront: "bench", Key: fmt.Sprint("bench-", n), Body: body, Request: parsed.Request, Problems: problems}, now)
	if err == nil && len(answer.Problems) > 0 {
		err = answer.Problems[0]
	}
	return err
}

// Run measures and prints.
func (o *Options) Run(ctx context.Context, out io.Writer) error {
	db, err := pgx.Connect(ctx, o.on("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	u, err := url.Parse(o.URL)
	if err != nil {
		return fmt.Errorf("read database URL: %w", err)
	}
	base := pgx.Identifier{strings.TrimPrefix(u.Path, "/")}.Sanitize()
	if err := o.analyse(ctx); err != nil {
		return err
	}
	make := func(name string) error {
		if _, err := db.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return fmt.Errorf("drop database: %w", err)
		}
		if _, err := db.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+base); err != nil {
			return fmt.Errorf("copy database: %w", err)
		}
		_, err := db.Exec(ctx, "CHECKPOINT")
		return err
	}
	for _, s := range []string{"fsync", "synchronous_commit", "full_page_writes", "shared_buffers"} {
		var v string
		if err := db.QueryRow(ctx, "SELECT current_setting($1)", s).Scan(&v); err != nil {
			return fmt.Errorf("read setting: %w", err)
		}
		fmt.Fprintf(out, "%s %s  ", s, v)
	}
	fmt.Fprintf(out, "\n%d orders of %d lines, %d customers, %d items\n", o.Orders, lines, len(o.Customers), len(o.Items))

	// The peer gets the number of clients and the way of planning that suit it best.
	best, suits := 0.0, 0
	peer := func(clients int, plans string) error {
		if err := errors.Join(make("recorded"), make("peer")); err != nil {
			return err
		}
		p, err := o.peer(ctx, "recorded", "peer", o.Orders)
		if err != nil {
			return err
		}
		arguments, err := o.pgbench(ctx, "peer", p.arguments, clients, plans)
		if err != nil {
			return err
		}
		took, err := o.pgbench(ctx, "peer", p.script, clients, plans)
		if err != nil {
			return err
		}
		if err := o.check(ctx, "peer"); err != nil {
			return fmt.Errorf("pgbench: %w", err)
		}
		rate := float64(o.Orders) / (took - arguments).Seconds()
		if rate > best {
			best, suits = rate, clients
		}
		fmt.Fprintf(out, "pgbench, one order at a time, %2d clients, plans %-20s %6.0f orders/s (%d statements an order; %.2f s, less %.2f s to read their arguments)\n",
			clients, plans+":", rate, p.statements, took.Seconds(), arguments.Seconds())
		return nil
	}
	loads := []int{4, 8, 16, 32}
	o.Orders -= o.Orders % loads[len(loads)-1] // pgbench's clients place equally many
	for _, clients := range loads {
		if err := peer(clients, "auto"); err != nil {
			return err
		}
	}
	if err := errors.Join(peer(suits, "force_generic_plan"), peer(suits, "force_custom_plan")); err != nil {
		return err
	}
	var rates []float64
	for range 3 {
		if err := make("ours"); err != nil {
			return err
		}
		rate, err := o.ours(ctx, out)
		if err != nil {
			return err
		}
		if err := o.check(ctx, "ours"); err != nil {
			return fmt.Errorf("todoke: %w", err)
		}
		rates = append(rates, rate)
	}
	slices.Sort(rates)
	fmt.Fprintf(out, "median %.0f orders/s: %.2f times pgbench's best\n", rates[1], rates[1]/best)
	if err := make("ours"); err != nil {
		return err
	}
	if err := o.latency(ctx, out, rates[1]/2); err != nil {
		return err
	}
	if b, err := os.ReadFile("/proc/self/status"); err == nil {
		for l := range strings.Lines(string(b)) {
			if strings.HasPrefix(l, "VmHWM") {
				fmt.Fprintf(out, "peak memory of this process, which is shop front, API and worker at once: %s MB\n", megabytes(l))
			}
		}
	}
	return errors.Join(make("ours"), make("peer"), make("recorded"))
}

// analyse gives the planner the statistics of the shop's masters, which copies share. Only the owner may.
func (o *Options) analyse(ctx context.Context) error {
	db, err := pgx.Connect(ctx, o.URL)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_, err = db.Exec(ctx, "VACUUM (ANALYZE)")
	if err = errors.Join(err, db.Close(ctx)); err != nil {
		return fmt.Errorf("analyse: %w", err)
	}
	return nil
}

func megabytes(line string) string {
	f := strings.Fields(line)
	if len(f) < 2 {
		return "?"
	}
	kb, err := strconv.Atoi(f[1])
	if err != nil {
		return "?"
	}
	return strconv.Itoa(kb / 1024)
}

// check proves that all orders of a database are there and allocated.
func (o *Options) check(ctx context.Context, database string) error {
	db, err := pgx.Connect(ctx, o.on(database))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	var orders, lines, events, stock int
	if err := db.QueryRow(ctx, `SELECT (SELECT count(*) FROM orders WHERE state = 'allocated'), (SELECT sum(qty) FROM allocations),
		(SELECT count(*) FROM events), (SELECT sum(reserved_qty) FROM stock)`).Scan(&orders, &lines, &events, &stock); err != nil {
		return fmt.Errorf("check orders: %w", err)
	}
	if orders != o.Orders || lines != stock {
		return fmt.Errorf("%d of %d orders are allocated, %d goods to orders and %d of stock", orders, o.Orders, lines, stock)
	}
	return nil
}

// shop is our side at work.
type shop struct {
	st     *store.Store
	client *http.Client
	url    string
	close  func() error
}

func (o *Options) open(ctx context.Context) (*shop, error) {
	st, err := o.Open(ctx, "ours", nil)
	if err != nil {
		return nil, err
	}
	queue, err := o.Work(st)
	if err != nil {
		st.Close()
		return nil, err
	}
	if err := queue.Start(context.WithoutCancel(ctx)); err != nil {
		st.Close()
		return nil, fmt.Errorf("start queue: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: o.Serve(st), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.Clients, MaxIdleConns: o.Clients}}
	return &shop{st, client, "http://" + l.Addr().String(), func() error {
		client.CloseIdleConnections()
		err := errors.Join(server.Close(), queue.StopAndCancel(context.WithoutCancel(ctx)))
		st.Close()
		return err
	}}, nil
}

func (o *Options) post(ctx context.Context, s *shop, n int) (number string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/orders", bytes.NewReader(o.body(n)))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+o.Token)
	req.Header.Set("Idempotency-Key", fmt.Sprint("bench-", n))
	res, err := s.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("order %d: %d %s", n, res.StatusCode, text)
	}
	return strings.TrimPrefix(res.Header.Get("Location"), "/v1/orders/"), err
}

// ours places the orders over HTTP from all clients at once and waits until the last is allocated.
func (o *Options) ours(ctx context.Context, out io.Writer) (rate float64, err error) {
	s, err := o.open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var next atomic.Int64
	var failed error
	var once sync.Once
	var wg sync.WaitGroup
	started := time.Now()
	for range o.Clients {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= o.Orders {
					return
				}
				if _, err := o.post(ctx, s, n); err != nil {
					once.Do(func() { failed = err })
					return
				}
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return 0, failed
	}
	posted := time.Since(started)
	for waits := true; waits; {
		if err := s.st.Pool().QueryRow(ctx, "SELECT EXISTS (SELECT FROM orders WHERE state = 'accepted')").Scan(&waits); err != nil {
			return 0, fmt.Errorf("look for orders: %w", err)
		}
		if waits {
			time.Sleep(time.Millisecond)
		}
	}
	took := time.Since(started)
	rate = float64(o.Orders) / took.Seconds()
	fmt.Fprintf(out, "todoke, POST to allocated, %d connections: %6.0f orders/s (the last answered after %.2f s, allocated after %.2f s)\n",
		o.Clients, rate, posted.Seconds(), took.Seconds())
	return rate, nil
}

// latency places orders at a steady rate, whose gaps are random, and prints how long each took to its
// answer and to its stock. The database is asked every few milliseconds which are allocated.
func (o *Options) latency(ctx context.Context, out io.Writer, rate float64) (err error) {
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	const look = 2 * time.Millisecond
	var mu sync.Mutex
	began := map[string]time.Time{} // by number, of orders not allocated yet
	var answered, allocated []time.Duration
	var failed error
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			mu.Lock()
			numbers := make([]string, 0, len(began))
			for n := range began {
				numbers = append(numbers, n)
			}
			mu.Unlock()
			if len(numbers) == 0 {
				select {
				case <-done:
					return
				default:
				}
			} else {
				rows, err := s.st.Pool().Query(ctx, "SELECT number FROM orders WHERE number = ANY($1) AND state <> 'accepted'", numbers)
				var found []string
				if err == nil {
					found, err = pgx.CollectRows(rows, pgx.RowTo[string])
				}
				now := time.Now()
				mu.Lock()
				if err != nil {
					failed = errors.Join(failed, err)
					clear(began)
				}
				for _, n := range found {
					allocated = append(allocated, now.Sub(began[n]))
					delete(began, n)
				}
				mu.Unlock()
			}
			time.Sleep(look)
		}
	})
	n := int(rate * float64(o.Seconds))
	var wg sync.WaitGroup
	due := time.Now()
	for i := range n {
		due = due.Add(time.Duration(rand.ExpFloat64() / rate * float64(time.Second)))
		time.Sleep(time.Until(due))
		start := due // not when it was really sent: a stall counts for all that it delays
		wg.Go(func() {
			number, err := o.post(ctx, s, i)
			now := time.Now()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = errors.Join(failed, err)
				return
			}
			answered = append(answered, now.Sub(start))
			began[number] = start
		})
	}
	wg.Wait()
	close(done)
	watch.Wait()
	if failed != nil {
		return failed
	}
	fmt.Fprintf(out, "at %.0f orders/s for %d s (n = %d): POST to answer p50 %s, p99 %s; POST to allocated p50 %s, p99 %s (looked at every %s)\n",
		rate, o.Seconds, n, quantile(answered, 0.5), quantile(answered, 0.99), quantile(allocated, 0.5), quantile(allocated, 0.99), look)
	return nil
}

func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[min(len(d)-1, int(q*float64(len(d))))].Round(100 * time.Microsecond)
}
