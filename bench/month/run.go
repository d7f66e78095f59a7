package month

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"todoke/order"
	"todoke/payment"
	"todoke/rules"
	"todoke/store"
)

// Options say how large the month is.
type Options struct {
	Orders      int
	Departments int
	Seed        uint64
	From        order.Date
	Days        int
	Tail        int // days that follow without orders, so that what can leave does
	Kills       int // of the worker on a day of business
	Senders     int // requests of shop fronts at once
}

// Worker is a process that works the queue.
type Worker interface {
	Kill() error // at once, whatever it does
	Stop() error
}

// Place is where the month happens.
type Place struct {
	Store   *store.Store
	Admin   *pgxpool.Pool // the database's superuser, who looks
	Clock   *Clock
	API     string // base URL
	Token   string // of the shop front Front
	Arrived string // file of what arrived of mails and faxes (Post)
	Out     string // folder of the partners' folders
	Start   func(context.Context) (Worker, error)
	Log     io.Writer // a line for each day
	Wall    func() time.Time
	// Processor tells what was used so far; nil where nobody knows.
	Processor func() Processor
	// Cards is the gateway that cards are charged by; nil where orders by card wait. Reconcile compares
	// its books of a day with the shop's.
	Cards     *Cards
	Reconcile func(context.Context, order.Date) ([]payment.Difference, error)
	// Partner is the SFTP server of one of the warehouses; nil where all use folders.
	Partner *Partner
	// Page is given the report after each day; nil where nobody wants it before the end.
	Page func(*Report) error
}

// Processor is processor time by process.
type Processor struct{ Driver, Workers, PostgreSQL time.Duration } // Driver: customers, people, API and checks

// Front is the code of the shop front that the month's web orders come from.
const Front = "month"

// later is something that happens at a time.
type later struct {
	at time.Time
	no int
	do func(context.Context) error
}

type agenda []later

func (a *agenda) Len() int { return len(*a) }
func (a *agenda) Less(i, j int) bool {
	return cmp.Or((*a)[i].at.Compare((*a)[j].at), cmp.Compare((*a)[i].no, (*a)[j].no)) < 0
}
func (a *agenda) Swap(i, j int) { (*a)[i], (*a)[j] = (*a)[j], (*a)[i] }
func (a *agenda) Push(x any)    { *a = append(*a, x.(later)) } //nolint:forcetypeassert // heap's interface
func (a *agenda) Pop() any {
	old := *a
	x := old[len(old)-1]
	*a = old[:len(old)-1]
	return x
}

type run struct {
	Options
	Place
	shop     *shop
	visits   []visit
	planned  int // visits of the whole month
	agenda   agenda
	no       int
	r        *rand.Rand
	worker   Worker
	ticked   time.Time
	report   *Report
	day      *Day
	world    world
	sent     map[string]*sent // what became of each visit, by key
	killNext bool
	checked  int64           // the newest event of the last checks
	told     map[string]bool // breaches that were told: each day's checks find those of the days before again
}

// Run lets the month pass. The report tells what does not hold; an error is what kept it from going on.
func Run(ctx context.Context, p Place, o Options) (*Report, error) {
	m := &run{
		Options: o, Place: p, r: rand.New(rand.NewPCG(o.Seed, 3)), sent: map[string]*sent{}, told: map[string]bool{},
		report: &Report{Options: o, Began: p.Wall()}, day: &Day{Acts: map[string]int{}, Cards: map[string]int{}},
	}
	var err error
	if m.shop, err = newShop(o); err != nil {
		return nil, err
	}
	if p.Partner != nil {
		m.shop.bySFTP(p.Partner)
	}
	if m.visits, err = m.shop.plan(o); err != nil {
		return nil, err
	}
	m.planned = len(m.visits)
	if err := m.open(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if m.worker != nil {
			_ = m.worker.Kill()
		}
	}()
	for i := range o.Days {
		if err := m.business(ctx, o.From.Add(i)); err != nil {
			return m.report, fmt.Errorf("%s: %w", o.From.Add(i), err)
		}
	}
	if err := m.finish(ctx); err != nil {
		return m.report, err
	}
	return m.report, nil
}

// open loads the shop and starts the worker.
func (m *run) open(ctx context.Context) error {
	if err := m.Clock.Set(m.From.At(order.Clock{Hour: 6})); err != nil {
		return err
	}
	if err := m.Store.Import(ctx, m.shop.set.Masters); err != nil {
		return fmt.Errorf("import the shop: %w", err)
	}
	if err := m.Store.PutShopFront(ctx, store.ShopFront{Code: Front, Name: "模擬月間店頭"}, m.Token, m.Clock.Now()); err != nil {
		return err
	}
	if err := m.stockUp(ctx); err != nil {
		return err
	}
	var err error
	if m.worker, err = m.Start(ctx); err != nil {
		return err
	}
	return m.idle(ctx) // also the first look at the schedules: they count from here
}

// put enters something into the agenda.
func (m *run) put(at time.Time, do func(context.Context) error) {
	m.no++
	heap.Push(&m.agenda, later{at, m.no, do})
}

// step is how long orders may wait for the others that come with them, below what a shop front's
// clock is believed (CUT-3).
const step = 3 * time.Minute

// business is one day, from before the first order to after the last report.
func (m *run) business(ctx context.Context, on order.Date) error {
	m.day = &Day{
		used: m.used(), On: on, Business: m.shop.calendar.Business(on), Began: m.Wall(),
		Received: map[way]int{}, Refused: map[string]int{}, Acts: map[string]int{}, Results: map[string]int{}, Cards: map[string]int{},
	}
	m.routine(on)
	end := on.Add(1).At(order.Clock{})
	for {
		next := end
		if len(m.visits) > 0 && m.visits[0].at.Before(next) {
			next = m.visits[0].at
		}
		if len(m.agenda) > 0 && m.agenda[0].at.Before(next) {
			next = m.agenda[0].at
		}
		due := m.due()
		switch {
		case !due.After(next) && due.Before(end): // what came before a wave is read and allocated before it
			if err := m.idle(ctx); err != nil {
				return err
			}
			if err := m.move(ctx, due, true); err != nil {
				return err
			}
			if err := m.idle(ctx); err != nil {
				return err
			}
		case !next.Before(end):
			return m.close(ctx, on)
		case len(m.agenda) > 0 && m.agenda[0].at.Equal(next):
			x := heap.Pop(&m.agenda).(later) //nolint:forcetypeassert // nothing else is in it
			if err := m.move(ctx, x.at, false); err != nil {
				return err
			}
			if err := x.do(ctx); err != nil {
				if ctx.Err() != nil {
					return err
				}
				m.wrong("what people or warehouses wanted to do failed: %v", err) // the month goes on
			}
		default:
			until := next.Add(step)
			for _, t := range []time.Time{due.Add(-time.Second), end.Add(-time.Second)} {
				if t.Before(until) {
					until = t
				}
			}
			if len(m.agenda) > 0 && m.agenda[0].at.Before(until) {
				until = m.agenda[0].at
			}
			n, _ := slices.BinarySearchFunc(m.visits, until, func(v visit, t time.Time) int {
				if v.at.After(t) {
					return 1
				}
				return -1
			})
			batch := m.visits[:max(1, n)]
			m.visits = m.visits[len(batch):]
			last := batch[len(batch)-1].at
			if err := m.move(ctx, last, false); err != nil {
				return err
			}
			if err := m.send(ctx, batch); err != nil {
				return err
			}
		}
	}
}

// due is when the next run of a schedule falls due.
func (m *run) due() time.Time {
	var due time.Time
	for _, s := range m.Store.ScheduleTable() {
		if n := s.Next(m.Clock.Now()); due.IsZero() || n.Before(due) {
			due = n
		}
	}
	return due
}

// lull is how often the schedules are looked at while nothing falls due. `todoke work` looks every few
// seconds; of a day that passes in a minute most looks would find one order each.
const lull = 10 * time.Minute

// move sets the clock, and ticks where it is time.
func (m *run) move(ctx context.Context, t time.Time, tick bool) error {
	if t.After(m.Clock.Now()) {
		if err := m.Clock.Set(t); err != nil {
			return err
		}
	}
	if now := m.Clock.Now(); tick || now.Sub(m.ticked) >= lull {
		m.ticked = now
		if _, err := m.Store.Tick(ctx, now); err != nil {
			return fmt.Errorf("tick: %w", err)
		}
	}
	return nil
}

// idle waits until every job that can be worked is worked, then ticks, until a tick finds nothing more
// to do. What waits for another attempt is worked at once: the queue's pauses are real time, of which
// the month has little.
func (m *run) idle(ctx context.Context) error {
	const patience = 10 * time.Minute
	began := m.Wall()
	for n := 0; ; n++ {
		unfinished, err := m.Store.Unfinished(ctx)
		if err != nil {
			return err
		}
		if unfinished == 0 {
			if again, err := m.ticks(ctx); err != nil || !again {
				return err
			}
			continue
		}
		if n%16 == 15 {
			tag, err := m.Admin.Exec(ctx, `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'retryable'`)
			if err != nil {
				return fmt.Errorf("hurry what is tried again: %w", err)
			}
			m.day.Retries += int(tag.RowsAffected())
		}
		if m.Wall().Sub(began) > patience {
			return fmt.Errorf("%d jobs are still to be worked after %s", unfinished, patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(15 * time.Millisecond):
		}
	}
}

// ticks tells whether a tick finds more to do.
func (m *run) ticks(ctx context.Context) (bool, error) {
	m.ticked = m.Clock.Now()
	if _, err := m.Store.Tick(ctx, m.ticked); err != nil {
		return false, fmt.Errorf("tick: %w", err)
	}
	n, err := m.Store.Unfinished(ctx)
	return n > 0, err
}

// kill ends the worker in the middle of whatever it does, and starts another.
func (m *run) kill(ctx context.Context) error {
	if err := m.worker.Kill(); err != nil {
		return fmt.Errorf("kill the worker: %w", err)
	}
	m.worker = nil
	m.day.Kills++
	n, err := m.Store.TakeUpAbandoned(ctx) // nobody else works here, as where todoke up starts again
	if err != nil {
		return err
	}
	m.day.Abandoned += int(n)
	m.worker, err = m.Start(ctx)
	return err
}

// used is the processor time that was used so far.
func (m *run) used() Processor {
	if m.Processor == nil {
		return Processor{}
	}
	return m.Processor()
}

// settings are the shop's on a day.
func (m *run) settings(on order.Date) rules.Settings { return m.Store.Settings().On(on) }
