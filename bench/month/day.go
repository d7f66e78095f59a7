package month

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"todoke/order"
)

// Day is a day's run in figures.
type Day struct {
	On       order.Date
	Business bool
	Began    time.Time
	Took     time.Duration // of the day's run, checks left out
	Checked  time.Duration
	Used     Processor // of the day's run, checks left out
	used     Processor // before it

	Received        map[way]int
	Refused         map[string]int // web orders, by rule
	CancelledInTime int
	CancelRefused   int
	Lists           int // reported shipped
	LateReports     int
	TwiceReports    int
	Results         map[string]int // of warehouses, by their way
	Cards           map[string]int // what was asked of the card gateway, and what the desk settled
	CapturedYen     int
	Decided         int // by approvers
	Reviewed        int
	Dropped         int // reviews that came to no order
	Acts            map[string]int
	Restocked       int
	Kills           int
	Abandoned       int // jobs that a killed worker left
	Retries         int
	Wrong           int

	Figures Figures
}

// Figures are a day's counts from the database.
type Figures struct {
	Accepted  int `json:"accepted"`
	Touchless int `json:"touchless"` // of those: no person had to do anything up to now
	Released  int `json:"released"`  // orders put on lists
	Shipped   int `json:"shipped"`   // orders of which everything left
	Short     int `json:"short"`
	Filled    int `json:"filled"` // backorders that got something
	Cancelled int `json:"cancelled"`
	Replanned int `json:"replanned"`
	Fees      int `json:"fees"` // orders that pay one
	AddOns    int `json:"add_ons"`
	GoodsYen  int `json:"goods_yen"` // of what was accepted
	LeftYen   int `json:"left_yen"`  // of what left
	Answers   int `json:"answers"`
	Sent      int `json:"sent"` // documents delivered
	Lists     int `json:"lists"`
	Open      int `json:"open"` // orders neither shipped nor cancelled at the day's end

	Held map[string]int `json:"held"` // by rule
	Jobs map[string]Job `json:"jobs"`
	MB   int            `json:"mb"` // size of the database
}

// Job is what the day's jobs of a kind took.
type Job struct {
	N      int     `json:"n"`
	Sum    float64 `json:"sum"` // seconds
	Most   float64 `json:"max"` // seconds
	Failed int     `json:"failed"`
}

const figuresSQL = `
WITH d AS (SELECT $1::timestamptz AS a, $2::timestamptz AS b),
acc AS (SELECT o.*, NOT EXISTS (SELECT FROM events e WHERE e.order_id = o.id AND (e.kind IN ('held', 'hold_freed') OR e.by NOT IN ('', o.shop_front) AND e.rule NOT LIKE 'WHS-%'))
    AND NOT EXISTS (SELECT FROM reviews r WHERE r.document_id = o.document_id) AS touchless
  FROM orders o, d WHERE o.accepted_at >= d.a AND o.accepted_at < d.b),
ev AS (SELECT kind, rule, order_id, inputs FROM events, d WHERE order_id IS NOT NULL AND at >= d.a AND at < d.b)
SELECT jsonb_build_object(
  'accepted', (SELECT count(*) FROM acc), 'touchless', (SELECT count(*) FROM acc WHERE touchless),
  'released', (SELECT count(DISTINCT order_id) FROM ev WHERE kind = 'released'),
  'shipped', (SELECT count(*) FROM ev WHERE kind = 'shipped' AND (inputs->>'order_finished')::boolean),
  'short', (SELECT count(DISTINCT order_id) FROM ev WHERE kind = 'short'),
  'filled', (SELECT count(DISTINCT order_id) FROM ev WHERE kind = 'allocated' AND order_id IN (SELECT order_id FROM events e WHERE e.kind = 'short')),
  'cancelled', (SELECT count(*) FROM ev WHERE kind = 'cancelled'), 'replanned', (SELECT count(DISTINCT order_id) FROM ev WHERE kind = 'replanned'),
  'fees', (SELECT count(*) FROM acc WHERE fee_yen > 0), 'add_ons', (SELECT count(*) FROM acc WHERE fee_first <> ''),
  'goods_yen', (SELECT coalesce(sum(goods_yen), 0) FROM acc),
  'left_yen', (SELECT coalesce(sum(a.shipped_qty * l.unit_price_yen), 0) FROM d, pick_lists p JOIN allocations a ON a.pick_list_id = p.id JOIN order_lines l ON (l.order_id, l.no) = (a.order_id, a.line_no)
      WHERE p.shipped_at >= d.a AND p.shipped_at < d.b),
  'answers', (SELECT count(*) FROM answers, d WHERE closed_at >= d.a AND closed_at < d.b AND state = 'told'),
  'sent', (SELECT count(*) FROM deliveries, d WHERE sent_at >= d.a AND sent_at < d.b),
  'lists', (SELECT count(*) FROM waves, d WHERE released_at >= d.a AND released_at < d.b),
  'open', (SELECT count(*) FROM orders WHERE state NOT IN ('shipped', 'cancelled')),
  'held', (SELECT coalesce(jsonb_object_agg(rule, n), '{}') FROM (SELECT rule, count(*) AS n FROM ev WHERE kind = 'held' GROUP BY 1) h),
  'jobs', (SELECT coalesce(jsonb_object_agg(kind, jsonb_build_object('n', n, 'sum', s, 'max', m, 'failed', f)), '{}') FROM (
      SELECT kind, count(*) AS n, coalesce(sum(extract(epoch FROM finalized_at - attempted_at)), 0) AS s, coalesce(max(extract(epoch FROM finalized_at - attempted_at)), 0) AS m,
        count(*) FILTER (WHERE errors IS NOT NULL) AS f FROM river_job WHERE finalized_at >= $3 AND finalized_at < $4 GROUP BY 1) j),
  'mb', pg_database_size(current_database()) / 1048576)`

// close ends a day: what is left is worked, everything checked, the figures taken.
func (m *run) close(ctx context.Context, on order.Date) error {
	if err := m.idle(ctx); err != nil {
		return err
	}
	if err := m.move(ctx, on.Add(1).At(order.Clock{}).Add(-time.Minute), true); err != nil {
		return err
	}
	if err := m.idle(ctx); err != nil {
		return err
	}
	d := m.day
	d.Took = m.Wall().Sub(d.Began)
	u := m.used()
	d.Used = Processor{u.Driver - d.used.Driver, u.Workers - d.used.Workers, u.PostgreSQL - d.used.PostgreSQL}
	if err := m.check(ctx, false); err != nil {
		return err
	}
	var text []byte
	if err := m.Admin.QueryRow(ctx, figuresSQL, on.At(order.Clock{}), on.Add(1).At(order.Clock{}), d.Began, m.Wall()).Scan(&text); err != nil {
		return fmt.Errorf("take the day's figures: %w", err)
	}
	if err := json.Unmarshal(text, &d.Figures); err != nil {
		return fmt.Errorf("take the day's figures: %w", err)
	}
	m.report.Days = append(m.report.Days, d)
	m.report.Took = m.Wall().Sub(m.report.Began)
	f, used := d.Figures, d.Used.Driver+d.Used.Workers+d.Used.PostgreSQL
	fmt.Fprintf(m.Log, "%s %s  %5d came, %5d accepted, %5d released, %5d shipped, %4d short, %4d cancelled, %4d open  %6.1f s (processor %.0f s), checks %4.1f s%s%s\n", on, on.Weekday().String()[:3],
		d.Received[wayWeb]+d.Received[wayFax]+d.Received[wayFile], f.Accepted, f.Released, f.Shipped, f.Short, f.Cancelled, f.Open,
		d.Took.Seconds(), used.Seconds(), d.Checked.Seconds(), m.left(), wrongs(d.Wrong))
	for _, w := range m.report.Wrong[len(m.report.Wrong)-d.Wrong:] {
		fmt.Fprintln(m.Log, "  WRONG", w)
	}
	if m.Page != nil {
		return m.Page(m.report)
	}
	return nil
}

// left tells about how long the days to come take, by the orders that are still to be sent.
func (m *run) left() string {
	if len(m.visits) == 0 || m.planned == len(m.visits) {
		return ""
	}
	done := float64(m.planned-len(m.visits)) / float64(m.planned)
	return fmt.Sprintf(", about %s left", time.Duration(float64(m.report.Took)*(1-done)/done).Round(time.Second))
}

func wrongs(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("  %d WRONG", n)
}

// finish lets the last orders leave, and proves everything once more, the archive with it.
func (m *run) finish(ctx context.Context) error {
	m.visits = nil
	for i := range m.Tail {
		if err := m.business(ctx, m.From.Add(m.Days+i)); err != nil {
			return err
		}
	}
	if err := m.check(ctx, true); err != nil {
		return err
	}
	if err := m.worker.Stop(); err != nil {
		return fmt.Errorf("stop the worker: %w", err)
	}
	m.worker = nil
	left, err := m.Store.Ledger(ctx)
	if err != nil {
		return err
	}
	m.report.Left = map[string]int{}
	for _, e := range left {
		m.report.Left[e.Kind+" "+e.State]++
	}
	m.report.Took = m.Wall().Sub(m.report.Began)
	return nil
}

// Report is the month in figures.
type Report struct {
	Options  Options
	Began    time.Time
	Took     time.Duration
	Days     []*Day
	Checks   []Check
	Wrong    []string
	Orders   int // in the database
	WebTaken int
	Changed  int // orders that the desk entered anew
	Posted   int // mails and faxes that arrived
	Twice    int // of those, twice
	Left     map[string]int

	mu    sync.Mutex
	waits []time.Duration // of web requests
}

// Check is what one of the checks came to over the month.
type Check struct {
	Name        string
	Times       int
	Found       int
	Took, Worst time.Duration
}

func (r *Report) took(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = append(r.waits, d)
}

func (r *Report) checked(name string, found int, took time.Duration) {
	i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Name == name })
	if i < 0 {
		i = len(r.Checks)
		r.Checks = append(r.Checks, Check{Name: name})
	}
	c := &r.Checks[i]
	c.Times, c.Found, c.Took, c.Worst = c.Times+1, c.Found+found, c.Took+took, max(c.Worst, took)
}

// Wait is how long so many hundredths of the web requests waited at most.
func (r *Report) Wait(percent int) time.Duration {
	if len(r.waits) == 0 {
		return 0
	}
	s := slices.Clone(r.waits)
	slices.Sort(s)
	return s[(len(s)-1)*percent/100]
}
