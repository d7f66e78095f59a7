package worker

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestTheQueueTellsAnOutageOnce(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	q := newQuiet(slog.NewTextHandler(&b, nil))
	log := slog.New(q).With("client", "a")
	log.Info("producer: Producer job counts")
	for range 3 {
		log.Error("producer: Error fetching jobs", slog.String("err", "FATAL: terminating connection due to administrator command (SQLSTATE 57P01)"))
		slog.New(q).Error("Elector: Error attempting reelection", "err", errors.New("dial unix: connect: connection refused"))
	}
	log.Error("producer: Error fetching jobs", "err", "column is missing (SQLSTATE 42703)")
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "level=WARN msg=\"the queue cannot reach PostgreSQL") || !strings.Contains(lines[1], "level=ERROR") {
		t.Errorf("%s", b.String())
	}
	r := slog.NewRecord(time.Now().Add(2*outageEvery), slog.LevelError, "again", 0)
	r.AddAttrs(slog.String("err", "unexpected EOF"))
	b.Reset()
	if err := q.Handle(t.Context(), r); err != nil || !strings.Contains(b.String(), "level=WARN") {
		t.Errorf("an outage that goes on is not told again: %v %s", err, b.String())
	}
	// Who looks closer sees all of it.
	b.Reset()
	slog.New(newQuiet(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))).Info("Producer job counts")
	if !strings.Contains(b.String(), "level=DEBUG msg=\"Producer job counts\"") {
		t.Error(b.String())
	}
}
