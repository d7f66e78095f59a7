package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// Schedules is the cron table of the given settings: a wave after each cut-off and at each
// dispatch deadline (WHS-1), the reader's audit at night (RDR-4),
// the archive's head (KEP-1) and the list of what is open (PGE-5) in the evening, and the card gateway's
// books of the day before in the morning (PAY-1).
func Schedules(s rules.Settings) ([]jobs.Spec, error) {
	times := []order.Clock{
		after(s.CutoffTruck, s.CancelWindowMinutes), after(s.CutoffFax, 0), after(s.CutoffWeb, s.CancelWindowMinutes),
		s.DispatchDeadline, s.DispatchDeadlineTruck,
	}
	for _, w := range s.WarehouseDeadlines {
		for _, c := range []*order.Clock{w.Normal, w.Truck} {
			if c != nil {
				times = append(times, *c)
			}
		}
	}
	specs, err := jobs.Waves(times)
	if err != nil {
		return nil, err
	}
	audit, err := jobs.Nightly(s.AuditAt)
	if err != nil {
		return nil, err
	}
	head, err := jobs.TellHead(s.ArchiveHeadAt)
	if err != nil {
		return nil, err
	}
	open, err := jobs.Evening(s.OpenItemsAt)
	if err != nil {
		return nil, err
	}
	cards, err := jobs.Reconcile(s.ReconcileAt)
	return append(specs, audit, head, open, cards), err
}

// after is the clock time some minutes after the whole minute that c falls in, so that what
// was received at c itself and its cancel window are over.
func after(c order.Clock, minutes int) order.Clock {
	m := c.Hour*60 + c.Minute + minutes + 1
	return order.Clock{Hour: m / 60 % 24, Minute: m % 60}
}

// ScheduleTable is the cron table in use: the one that the store was opened with, and waves at the
// dispatch deadlines that changes bring (CUT-11). A wave at a deadline that holds no more finds
// nothing to release.
func (s *Store) ScheduleTable() []jobs.Spec {
	table := slices.Clone(s.schedules)
	var times []order.Clock
	for _, c := range s.Settings().Changes {
		for _, at := range []*order.Clock{c.DispatchDeadline, c.DispatchDeadlineTruck} {
			if at != nil {
				times = append(times, *at)
			}
		}
	}
	if len(times) == 0 {
		return table
	}
	waves, err := jobs.Waves(times)
	if err != nil {
		s.log.Error("no waves at changed deadlines", "error", err) // the changes were checked when they were saved
		return table
	}
	for _, w := range waves {
		if !slices.ContainsFunc(table, func(x jobs.Spec) bool { return x.Name == w.Name }) {
			table = append(table, w)
		}
	}
	return table
}

// NextRun is when a schedule is due next. A wave on a closed day comes and releases nothing (WHS-1), so of
// waves it is the next on a business day.
func NextRun(spec jobs.Spec, now time.Time, c *rules.Calendar) time.Time {
	next := spec.Next(now)
	if !strings.HasPrefix(spec.Name, "wave_") {
		return next
	}
	const far = 400 // runs; no calendar has fewer business days
	for i, t := 0, next; i < far && !t.IsZero(); i, t = i+1, spec.Next(t) {
		if c.Business(order.DateOf(t)) {
			return t
		}
	}
	return next
}

// tableNow is the cron table with the changes that stand in the database now, whoever wrote them.
func (s *Store) tableNow(ctx context.Context) ([]jobs.Spec, error) {
	if _, err := s.shared(ctx, s.pool); err != nil {
		return nil, err
	}
	return s.ScheduleTable(), nil
}

// Tick inserts what is due: runs of schedules up to now, missed ones first, each exactly once
// however many processes tick; and the jobs that look at what waits. It is called at start
// and then at short intervals, and gives the number of runs it inserted. The first tick of a
// schedule only notes the time: nothing is due from before.
func (s *Store) Tick(ctx context.Context, now time.Time) (int, error) {
	now = at(now)
	runs := 0
	err := s.InTx(ctx, func(tx *Tx) error {
		runs = 0
		type dueRun struct {
			spec jobs.Spec
			at   time.Time
		}
		var due []dueRun
		if _, err := s.shared(ctx, tx.tx); err != nil { // changes written by another process, too
			return err
		}
		b := &pgx.Batch{} // one round trip, however many schedules there are
		for _, spec := range s.ScheduleTable() {
			b.Queue(query("ScheduleInsert"), spec.Name, now)
			b.Queue(query("ScheduleLast"), spec.Name, now).QueryRow(func(r pgx.Row) error {
				var last time.Time
				if err := r.Scan(&last); err != nil {
					return fmt.Errorf("read last run of %s: %w", spec.Name, err)
				}
				for _, t := range jobs.Due(spec, last, now) {
					due = append(due, dueRun{spec, t})
				}
				return nil
			})
		}
		if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("look at the schedules: %w", err)
		}
		slices.SortStableFunc(due, func(a, b dueRun) int { return a.at.Compare(b.at) })
		runs = 0
		for _, d := range due {
			inserted, err := tx.insertRun(ctx, d.spec, d.at, now)
			if err != nil {
				return err
			}
			if inserted {
				runs++
			}
		}
		return tx.wake(ctx, now)
	})
	return runs, err
}

// insertRun inserts one due run and its job, unless it is there already.
func (tx *Tx) insertRun(ctx context.Context, spec jobs.Spec, due, now time.Time) (bool, error) {
	tag, err := tx.tx.Exec(ctx, query("ScheduleRunInsert"), spec.Name, due, now)
	if err != nil {
		return false, fmt.Errorf("insert run of %s: %w", spec.Name, err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	return true, tx.Enqueue(ctx, spec.Job(due))
}

// wake inserts the jobs that look at rows that wait.
func (tx *Tx) wake(ctx context.Context, now time.Time) error {
	if err := tx.wakeDeliveries(ctx, now); err != nil {
		return err
	}
	var waits bool
	if err := tx.tx.QueryRow(ctx, query("WaitingForStock"), date(order.DateOf(now))).Scan(&waits); err != nil {
		return fmt.Errorf("find waiting orders: %w", err)
	}
	if waits {
		if err := tx.Enqueue(ctx, jobs.AllocateOrders{}); err != nil {
			return err
		}
	}
	if err := tx.tx.QueryRow(ctx, query("ArchiveWaits")).Scan(&waits); err != nil {
		return fmt.Errorf("look at the archive: %w", err)
	}
	if waits {
		if err := tx.Enqueue(ctx, jobs.SealArchive{}); err != nil {
			return err
		}
	}
	ready, err := collect(ctx, tx.tx, "AnswersReady", pgx.RowTo[int64], now, 1)
	if err != nil {
		return err
	}
	if len(ready) > 0 {
		if err := tx.Enqueue(ctx, jobs.AnswerCustomers{}); err != nil {
			return err
		}
	}
	fees, err := collect(ctx, tx.tx, "FeesDue", pgx.RowTo[int64], now, 1)
	if err != nil {
		return err
	}
	if len(fees) > 0 {
		if err := tx.Enqueue(ctx, jobs.SettleFees{}); err != nil {
			return err
		}
	}
	if err := tx.tx.QueryRow(ctx, query("ShippingWaits"), now, date(order.DateOf(now))).Scan(&waits); err != nil {
		return fmt.Errorf("look at shipments: %w", err)
	}
	if waits {
		if err := tx.Enqueue(ctx, jobs.TellShipped{}); err != nil {
			return err
		}
	}
	if err := tx.tx.QueryRow(ctx, query("ApprovalsWait"), now).Scan(&waits); err != nil {
		return fmt.Errorf("look at approvals: %w", err)
	}
	if waits {
		if err := tx.Enqueue(ctx, jobs.AskApprovers{}); err != nil {
			return err
		}
	}
	if err := tx.wakeChases(ctx, now); err != nil {
		return err
	}
	if err := tx.wakeCards(ctx, now); err != nil {
		return err
	}
	missed, err := tx.missed(ctx, now, 1)
	if err != nil {
		return err
	}
	if len(missed) > 0 {
		return tx.Enqueue(ctx, jobs.ReplanShipments{})
	}
	return nil
}

// RunSchedule inserts the latest run of a schedule that is due at or before now, and tells
// its due time. Running one that already ran is harmless: inserted is false then.
func (s *Store) RunSchedule(ctx context.Context, name string, now time.Time) (due time.Time, inserted bool, err error) {
	table, err := s.tableNow(ctx)
	if err != nil {
		return due, false, err
	}
	i := slices.IndexFunc(table, func(spec jobs.Spec) bool { return spec.Name == name })
	if i < 0 {
		return due, false, order.NotFound("schedule", "there is no schedule "+name+": see todoke schedule list")
	}
	if now.After(s.now()) {
		// It would count as done when its time comes.
		return due, false, order.Invalid("", "at", now.In(order.JST).Format(time.DateTime)+" lies in the future: only runs that are due can be run")
	}
	spec := table[i]
	all := jobs.Due(spec, now.Add(-jobs.MaxCatchUp), now)
	if len(all) == 0 {
		return due, false, order.NotFound("schedule", "no run of "+name+" is due by then")
	}
	due = all[len(all)-1]
	err = s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "ScheduleInsert", name, at(now)); err != nil {
			return err
		}
		inserted, err = tx.insertRun(ctx, spec, due, at(now))
		return err
	})
	return due, inserted, err
}

// FinishRun records that a schedule's run was carried out.
func (tx *Tx) FinishRun(ctx context.Context, schedule string, due, now time.Time) error {
	return tx.exec(ctx, "ScheduleRunFinish", schedule, due, at(now))
}

// Run is one due execution of a schedule.
type Run struct {
	Schedule   string     `json:"schedule"`
	DueAt      time.Time  `json:"due_at"`
	InsertedAt time.Time  `json:"inserted_at"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
}

// Runs are the latest runs, newest first.
func (s *Store) Runs(ctx context.Context, limit int) ([]Run, error) {
	return collect(ctx, s.pool, "ScheduleRunsList", pgx.RowToStructByPos[Run], limit)
}

// TickEvery ticks at once and then at every interval of real time until ctx ends. Failures
// are logged: the next tick makes good what one missed.
func (s *Store) TickEvery(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		if _, err := s.Tick(ctx, s.now()); err != nil && !errors.Is(err, context.Canceled) {
			s.log.ErrorContext(ctx, "tick failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}
