package worker

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// quiet is the log of the queue's own machinery. What it tells of itself is for debugging; that
// PostgreSQL is away is told once a minute instead of by each of its parts at each attempt.
// Jobs that fail are not its business: failures tells of them.
type quiet struct {
	slog.Handler
	outage *outage
}

// outage is shared by all that WithAttrs and WithGroup make of one handler.
type outage struct {
	mu   sync.Mutex
	told time.Time
}

// outageEvery is how often an outage that goes on is told.
const outageEvery = time.Minute

func newQuiet(h slog.Handler) quiet { return quiet{h, &outage{}} }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	if level < slog.LevelWarn {
		level = min(level, slog.LevelDebug)
	}
	return q.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	switch {
	case r.Level < slog.LevelWarn:
		r.Level = min(r.Level, slog.LevelDebug)
	case aboutConnection(r):
		if q.outage.tell(r.Time) {
			told := slog.NewRecord(r.Time, slog.LevelWarn, "the queue cannot reach PostgreSQL: it goes on by itself when that answers", r.PC)
			r.Attrs(func(a slog.Attr) bool { told.AddAttrs(a); return true })
			return q.Handler.Handle(ctx, told)
		}
		r.Level = slog.LevelDebug
	}
	if !q.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quiet{q.Handler.WithAttrs(attrs), q.outage}
}

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler {
	return quiet{q.Handler.WithGroup(name), q.outage}
}

func (o *outage) tell(at time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.told.IsZero() && at.Sub(o.told) < outageEvery {
		return false
	}
	o.told = at
	return true
}

// connectionFaults are the words of pgx, the network and PostgreSQL (classes 08 and 57P) where
// the server stops, starts or is not there. Many errors of the queue are strings by then.
var connectionFaults = []string{
	"SQLSTATE 08", "SQLSTATE 57P0", "failed to connect", "connection refused", "connection reset", "conn closed",
	"unexpected EOF", "broken pipe",
}

// aboutConnection tells whether a record's error is that PostgreSQL is not reached.
func aboutConnection(r slog.Record) bool {
	found := false
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "err" || a.Key == "error" {
			text := a.Value.String()
			found = slices.ContainsFunc(connectionFaults, func(fault string) bool { return strings.Contains(text, fault) })
		}
		return !found
	})
	return found
}
