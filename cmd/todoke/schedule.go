package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"todoke/order"
	"todoke/store"
)

// scheduleCommand looks at the cron table.
type scheduleCommand struct {
	List scheduleListCommand `cmd:"" help:"List the schedules, when each is due next, and the latest runs."`
}

type scheduleListCommand struct {
	Runs int  `help:"So many of the latest runs." default:"10"`
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

// scheduleView is a row of the cron table.
type scheduleView struct {
	Schedule string    `json:"schedule"`
	Cron     string    `json:"cron"` // in Asia/Tokyo
	NextAt   time.Time `json:"next_at"`
}

func (c *scheduleListCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		runs, err := st.Runs(ctx, c.Runs)
		if err != nil {
			return err
		}
		calendar, _, _, err := st.Masters(ctx) // and with it the waves of changed deadlines
		if err != nil {
			return err
		}
		rows := [][]string{{"SCHEDULE", "CRON (ASIA/TOKYO)", "NEXT"}}
		for _, s := range st.ScheduleTable() {
			next := store.NextRun(s, a.Now(), calendar)
			if c.JSON {
				if err := printJSON(a.Stdout, scheduleView{s.Name, s.Cron, next}); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, []string{s.Name, s.Cron, stamp(next)})
		}
		last := [][]string{{"RUN OF", "DUE", "FINISHED"}}
		for _, r := range runs {
			if c.JSON {
				if err := printJSON(a.Stdout, r); err != nil {
					return err
				}
				continue
			}
			finished := "-"
			if r.FinishedAt != nil {
				finished = stamp(*r.FinishedAt)
			}
			last = append(last, []string{r.Schedule, stamp(r.DueAt), finished})
		}
		if c.JSON {
			return nil
		}
		if err := printTable(a.Stdout, rows); err != nil {
			return err
		}
		fmt.Fprintln(a.Stdout)
		return printTable(a.Stdout, last)
	})
}

// runCommand runs a schedule by hand.
type runCommand struct {
	Schedule string `arg:"" help:"Name of the schedule: see todoke schedule list."`
	At       string `help:"The latest run due at or before this time; now where not given." placeholder:"T"`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (*runCommand) Help() string {
	return "Hands the run to the workers. A run that was inserted before, by hand or by the clock, is left alone. " +
		"A wave (wave_1830) releases what is due at the time at which it runs, and nothing on a closed day: todoke wave preview tells what. " +
		"The clock inserts every run as it comes due, so that this brings no wave forward."
}

// runView is the JSON answer of a run by hand.
type runView struct {
	Schedule string    `json:"schedule"`
	DueAt    time.Time `json:"due_at"`
	Inserted bool      `json:"inserted"`         // false where it had been inserted before
	Closed   bool      `json:"closed,omitempty"` // a wave on a closed day: it releases nothing
}

func (c *runCommand) Run(ctx context.Context, a *App) error {
	now := a.Now()
	if c.At != "" {
		var refused error
		if t, err := parseInstant("at", c.At); err != nil {
			refused = err
		} else {
			now = t
		}
		if refused != nil {
			return refused
		}
	}
	return a.withStore(ctx, func(st *store.Store) error {
		due, inserted, err := st.RunSchedule(ctx, c.Schedule, now)
		if err != nil {
			return err
		}
		// A wave releases what is due when it runs, which is now, whatever time it was due (WHS-1).
		calendar, _, _, err := st.Masters(ctx)
		if err != nil {
			return err
		}
		today := order.DateOf(a.Now())
		closed := inserted && strings.HasPrefix(c.Schedule, "wave_") && !calendar.Business(today)
		if c.JSON {
			return printJSON(a.Stdout, runView{c.Schedule, due, inserted, closed})
		}
		what := "inserted"
		if !inserted {
			what = "was there already"
		}
		if closed {
			day := today.Weekday().String()
			if name, ok := calendar.Closed(today); ok && name != "" {
				day = name
			}
			what += fmt.Sprintf("; %s is a closed day (%s), on which a wave releases nothing", today, day)
		}
		fmt.Fprintf(a.Stdout, "%s due %s: %s\n", c.Schedule, stamp(due), what)
		return nil
	})
}
