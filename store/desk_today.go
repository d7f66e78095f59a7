package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
)

// Today is what one day came to and what waits now.
type Today struct {
	On         order.Date
	Received   []ReceivedCount
	Accepted   []AcceptedCount
	Closed     int // reviews that people closed on the day
	Errors     int // of the reader, that audits found on the day
	Deliveries []DeliveryCount
	Waves      []WaveRow
	Runs       []RunRow
	// Now, whatever the day.
	Waiting    []WaitingCount
	Waits      Waits
	ShortItems []ShortItem
	OpenRuns   []OpenRun
}

// ReceivedCount is how much came in within an hour of the day.
type ReceivedCount struct {
	Hour    int
	Channel string // fax, web, mail
	N       int
}

// AcceptedCount is how many orders were accepted, and how many of them some person had a hand in.
type AcceptedCount struct {
	Channel  string
	N        int
	ValueYen order.Yen
	Touched  int
}

// WaitingCount is what waits for a person until one dispatch deadline.
type WaitingCount struct {
	Late       bool // its deadline is over
	DeadlineAt time.Time
	N          int
	ValueYen   order.Yen
}

// DeliveryCount is how many deliveries of the day stand how.
type DeliveryCount struct {
	Channel, State string
	N              int
}

// CountedUpTo is where counts of long lists end.
const CountedUpTo = 10_000

// Waits is what is not done yet.
type Waits struct {
	DeliveriesFailed, DeliveriesWaiting int
	AuditsOpen, AuditsDisputed          int
	OrdersShort, OrdersNew              int // at most CountedUpTo each
	Pages, Documents                    int // not final
	ListsUnprinted                      int
	RunsOpen                            int
	Answers                             int // that a person must give
	JobsGivenUp                         int
	Unsealed                            int // of the archive, at most CountedUpTo
	SealedSeq                           int64
	SealedAt, HeadToldAt                time.Time
}

// ShortItem is an item that orders wait for.
type ShortItem struct {
	Code, Name string
	Qty        int64
	Orders     int
	RestockOn  order.Date
}

// WaveRow is one pick list of a wave.
type WaveRow struct {
	ReleasedAt                          time.Time
	WarehouseCode, WarehouseName, Class string
	ListID                              int64
	ListNumber                          string
	IssuedAt, ShippedAt                 time.Time
	Orders, Lines                       int
	Qty                                 int64
}

// RunRow is a run of a schedule and what it left behind.
type RunRow struct {
	Schedule                      string
	DueAt, InsertedAt, FinishedAt time.Time // finished: zero while it is open
	By, Reason                    string    // who asked for it; "" is the clock
	Lists, Orders                 int       // of a wave
	Qty                           int64
	HeadSeq                       int64 // of the archive's head
	Changes, Drawn                int   // thresholds moved, fields drawn to look at
	CardDays, CardOps             int   // of the card gateway's books that were compared
	CardDiffers, CardUnanswered   int
}

// OpenRun is a run that is not finished.
type OpenRun struct {
	Schedule          string
	DueAt, InsertedAt time.Time
	JobState          string // "" where the queue has no job of it any more
	Attempt           int
	Error             string
}

// Failed tells whether nobody tries it again by itself.
func (r OpenRun) Failed() bool {
	return r.JobState == "" || r.JobState == "discarded" || r.JobState == "cancelled"
}

// span is where a day begins and ends.
func span(on order.Date) (from, to time.Time) {
	return on.At(order.Clock{}), on.Add(1).At(order.Clock{})
}

// Today sums up a day.
func (s *Store) Today(ctx context.Context, on order.Date, now time.Time) (Today, error) {
	const deadlines, items, runs = 12, 8, 60
	from, to := span(on)
	v := Today{On: on}
	for _, read := range []func() error{
		func() (err error) {
			v.Received, err = collect(ctx, s.pool, "TodayReceived", pgx.RowToStructByPos[ReceivedCount], from, to)
			return err
		},
		func() (err error) {
			v.Accepted, err = collect(ctx, s.pool, "TodayAccepted", pgx.RowToStructByPos[AcceptedCount], from, to)
			return err
		},
		func() (err error) {
			return kinded(s.pool.QueryRow(ctx, query("TodayDid"), from, to).Scan(&v.Closed, &v.Errors))
		},
		func() (err error) {
			v.Deliveries, err = collect(ctx, s.pool, "TodayDeliveries", pgx.RowToStructByPos[DeliveryCount], from, to)
			return err
		},
		func() (err error) {
			v.Waves, err = collect(ctx, s.pool, "TodayWaves", scanWave, from, to)
			return err
		},
		func() (err error) {
			v.Runs, err = s.RunsBetween(ctx, "", from, to, runs)
			return err
		},
		func() (err error) {
			v.Waiting, err = collect(ctx, s.pool, "TodayWaiting", scanWaiting, at(now), deadlines)
			return err
		},
		func() (err error) { v.Waits, err = s.waits(ctx); return err },
		func() (err error) {
			v.ShortItems, err = collect(ctx, s.pool, "TodayShortItems", scanShort, items)
			return err
		},
		func() (err error) { v.OpenRuns, err = s.OpenRuns(ctx, runs); return err },
	} {
		if err := read(); err != nil {
			return Today{}, fmt.Errorf("sum up %s: %w", on, err)
		}
	}
	return v, nil
}

func scanWave(r pgx.CollectableRow) (WaveRow, error) {
	var v WaveRow
	return v, r.Scan(&v.ReleasedAt, &v.WarehouseCode, &v.WarehouseName, &v.Class, &v.ListID, &v.ListNumber,
		(*instant)(&v.IssuedAt), (*instant)(&v.ShippedAt), &v.Orders, &v.Lines, &v.Qty)
}

func scanWaiting(r pgx.CollectableRow) (WaitingCount, error) {
	var v WaitingCount
	return v, r.Scan(&v.Late, (*instant)(&v.DeadlineAt), &v.N, &v.ValueYen)
}

func scanShort(r pgx.CollectableRow) (ShortItem, error) {
	var v ShortItem
	return v, r.Scan(&v.Code, &v.Name, &v.Qty, &v.Orders, (*date)(&v.RestockOn))
}

func (s *Store) waits(ctx context.Context) (Waits, error) {
	var w Waits
	err := s.pool.QueryRow(ctx, query("TodayWaits"), CountedUpTo).Scan(&w.DeliveriesFailed, &w.DeliveriesWaiting, &w.AuditsOpen, &w.AuditsDisputed,
		&w.OrdersShort, &w.OrdersNew, &w.Pages, &w.Documents, &w.ListsUnprinted, &w.RunsOpen, &w.Answers, &w.JobsGivenUp,
		&w.Unsealed, &w.SealedSeq, (*instant)(&w.SealedAt), (*instant)(&w.HeadToldAt))
	return w, kinded(err)
}

// RunsBetween are the runs due within a span of time, the newest first; "" is every schedule.
func (s *Store) RunsBetween(ctx context.Context, schedule string, from, to time.Time, limit int) ([]RunRow, error) {
	return collect(ctx, s.pool, "TodayRunsOf", func(r pgx.CollectableRow) (RunRow, error) {
		var v RunRow
		var by, reason *string
		var seq *int64
		err := r.Scan(&v.Schedule, &v.DueAt, &v.InsertedAt, (*instant)(&v.FinishedAt), &by, &reason, &v.Lists, &v.Orders, &v.Qty, &seq, &v.Changes, &v.Drawn, &v.CardDays, &v.CardOps, &v.CardDiffers, &v.CardUnanswered)
		if by != nil {
			v.By, v.Reason = *by, *reason
		}
		if seq != nil {
			v.HeadSeq = *seq
		}
		return v, err
	}, schedule, at(from), at(to), limit)
}

// OpenRuns are the runs that are not finished, the oldest first.
func (s *Store) OpenRuns(ctx context.Context, limit int) ([]OpenRun, error) {
	return collect(ctx, s.pool, "TodayRunsOpen", pgx.RowToStructByPos[OpenRun], limit)
}

// ScheduleState is a row of the cron table as it stands.
type ScheduleState struct {
	Spec                   jobs.Spec
	LastDueAt, LastEndedAt time.Time // zero where it never ran, or is not finished
	NextAt                 time.Time
}

// ScheduleStates are the cron table's rows, the next due first.
func (s *Store) ScheduleStates(ctx context.Context, now time.Time) ([]ScheduleState, error) {
	sh, err := s.shared(ctx, s.pool) // with what stands in the database now, whoever wrote it
	if err != nil {
		return nil, err
	}
	table := s.ScheduleTable()
	var out []ScheduleState
	for _, spec := range table {
		v := ScheduleState{Spec: spec, NextAt: NextRun(spec, now, sh.calendar)}
		err := s.pool.QueryRow(ctx, query("TodayRunLast"), spec.Name).Scan((*instant)(&v.LastDueAt), (*instant)(&v.LastEndedAt))
		if err != nil && !missing(err) {
			return nil, kinded(fmt.Errorf("read last run of %s: %w", spec.Name, err))
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b ScheduleState) int { return a.NextAt.Compare(b.NextAt) })
	return out, nil
}

// RunByHand is RunSchedule asked for by a person, who says why; both are kept.
func (s *Store) RunByHand(ctx context.Context, schedule string, until time.Time, by, reason string, now time.Time) (due time.Time, inserted bool, err error) {
	if by, reason = strings.TrimSpace(by), strings.TrimSpace(reason); by == "" || reason == "" {
		return due, false, order.Invalid("", "reason", "say why the run is wanted")
	}
	if due, inserted, err = s.RunSchedule(ctx, schedule, until); err != nil {
		return due, false, err
	}
	if !inserted {
		if inserted, err = s.retryRun(ctx, schedule, due); err != nil {
			return due, false, err
		}
	}
	_, err = s.pool.Exec(ctx, query("RunRequestInsert"), schedule, due, inserted, reason, by, at(now))
	return due, inserted, kinded(err)
}

// retryRun has a run worked once more that is not finished and that nobody tries again by itself.
func (s *Store) retryRun(ctx context.Context, schedule string, due time.Time) (again bool, err error) {
	const most = 1000
	open, err := s.OpenRuns(ctx, most)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(open, func(r OpenRun) bool { return r.Schedule == schedule && r.DueAt.Equal(due) && r.Failed() })
	table, err := s.tableNow(ctx)
	if err != nil {
		return false, err
	}
	j := slices.IndexFunc(table, func(spec jobs.Spec) bool { return spec.Name == schedule })
	if i < 0 || j < 0 {
		return false, nil
	}
	return true, s.InTx(ctx, func(tx *Tx) error { return tx.Enqueue(ctx, table[j].Job(due)) })
}

// TodayListNames are the lists behind the overview's numbers.
var TodayListNames = []string{"received", "accepted", "touched", "closed", "short", "deliveries", "open"}

// TodayEntry is a row of such a list.
type TodayEntry struct {
	ID       int64
	At       time.Time
	Kind     string // order, review, document, delivery
	Name     string
	Customer string
	Detail   string
	State    string
	ValueYen *order.Yen
}

// TodayList is one page of a list behind the overview's numbers, from after the given entry on.
func (s *Store) TodayList(ctx context.Context, name string, on order.Date, after TodayEntry, limit int) ([]TodayEntry, error) {
	if !slices.Contains(TodayListNames, name) {
		return nil, order.NotFound("list", "there is no list "+name)
	}
	from, to := span(on)
	if after.At.IsZero() {
		after.At = from.Add(-time.Second)
	}
	return collect(ctx, s.pool, "TodayList"+strings.ToUpper(name[:1])+name[1:], pgx.RowToStructByPos[TodayEntry], from, to, at(after.At), after.ID, limit)
}
