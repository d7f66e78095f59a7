package jobs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/robfig/cron/v3"

	"todoke/order"
)

// Spec is one row of the cron table.
type Spec struct {
	Name string // such as "wave_1745"
	Cron string // five fields, Asia/Tokyo
	// Job makes the job of one due time.
	Job func(due time.Time) river.JobArgs

	schedule cron.Schedule
}

// Waves makes the cron table's wave rows, one for each clock time at which a wave is due
// (WHS-1): after each cut-off and at each dispatch deadline. Equal times give one row.
func Waves(times []order.Clock) ([]Spec, error) {
	times = slices.Clone(times)
	slices.SortFunc(times, func(a, b order.Clock) int {
		return (a.Hour*60+a.Minute)*60 + a.Second - (b.Hour*60+b.Minute)*60 - b.Second
	})
	times = slices.Compact(times)
	specs := make([]Spec, 0, len(times))
	for _, c := range times {
		if c.Second != 0 {
			return nil, fmt.Errorf("schedule wave at %s: waves start on a full minute", c)
		}
		name := fmt.Sprintf("wave_%02d%02d", c.Hour, c.Minute)
		s, err := NewSpec(name, fmt.Sprintf("%d %d * * *", c.Minute, c.Hour), func(due time.Time) river.JobArgs {
			return ReleaseWave{Schedule: name, DueAt: due}
		})
		if err != nil {
			return nil, err
		}
		specs = append(specs, s)
	}
	return specs, nil
}

// Nightly makes the cron table's row of the reader's audit (RDR-4).
func Nightly(at order.Clock) (Spec, error) {
	const name = "adapt_thresholds"
	return NewSpec(name, fmt.Sprintf("%d %d * * *", at.Minute, at.Hour), func(due time.Time) river.JobArgs {
		return AdaptThresholds{Schedule: name, DueAt: due}
	})
}

// TellHead makes the cron table's row that writes the archive's head outside the database (KEP-1).
func TellHead(at order.Clock) (Spec, error) {
	const name = "tell_archive_head"
	return NewSpec(name, fmt.Sprintf("%d %d * * *", at.Minute, at.Hour), func(due time.Time) river.JobArgs {
		return TellArchiveHead{Schedule: name, DueAt: due}
	})
}

// Evening makes the cron table's row of the list of what is open (PGE-5). Whether the day is a
// business day the job asks when it comes.
func Evening(at order.Clock) (Spec, error) {
	const name = "open_items"
	return NewSpec(name, fmt.Sprintf("%d %d * * *", at.Minute, at.Hour), func(due time.Time) river.JobArgs {
		return ListOpenItems{Schedule: name, DueAt: due}
	})
}

// Reconcile makes the cron table's row that compares the card gateway's books of the day before with
// ours (PAY-1).
func Reconcile(at order.Clock) (Spec, error) {
	const name = "reconcile_cards"
	return NewSpec(name, fmt.Sprintf("%d %d * * *", at.Minute, at.Hour), func(due time.Time) river.JobArgs {
		return ReconcileCards{Schedule: name, DueAt: due}
	})
}

// NewSpec validates a row of the cron table. The cron text has five fields and no time zone:
// it is always Asia/Tokyo.
func NewSpec(name, text string, job func(due time.Time) river.JobArgs) (Spec, error) {
	if name == "" || job == nil {
		return Spec{}, fmt.Errorf("schedule %q needs a name and a job", name)
	}
	// The parser takes a time zone prefix, and panics where nothing follows it.
	if strings.Contains(text, "TZ=") || len(strings.Fields(text)) != 5 {
		return Spec{}, fmt.Errorf("schedule %s: %q must have the five fields minute hour day month weekday", name, text)
	}
	p := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	s, err := p.Parse(text)
	if err != nil {
		return Spec{}, fmt.Errorf("parse schedule %s: %w", name, err)
	}
	if s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, order.JST)).IsZero() {
		return Spec{}, fmt.Errorf("schedule %s: %q never comes", name, text)
	}
	return Spec{Name: name, Cron: text, Job: job, schedule: s}, nil
}

// Next is the first due time after t.
func (s Spec) Next(t time.Time) time.Time { return s.schedule.Next(t.In(order.JST)) }

// MaxCatchUp is how far back missed runs are made good: a service that stood still for longer
// is looked at by a person anyway.
const MaxCatchUp = 14 * 24 * time.Hour

// Due lists the due times of s after last and up to now, inclusive, in order. A zero last is
// a schedule that never ran: nothing is due from before its first tick.
func Due(s Spec, last, now time.Time) []time.Time {
	if last.IsZero() {
		return nil
	}
	if oldest := now.Add(-MaxCatchUp); last.Before(oldest) {
		last = oldest
	}
	var due []time.Time
	for t := s.Next(last); !t.IsZero() && !t.After(now); t = s.Next(t) {
		due = append(due, t)
	}
	return due
}
