package jobs_test

import (
	"testing"
	"time"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
)

func job(time.Time) river.JobArgs { return jobs.ReplanShipments{} }

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04:05", s, order.JST)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNewSpecValidates(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "CRON_TZ=Asia/Tokyo", "TZ=UTC 0 4 * * *", "0 4 * *", "0 4 * * * *", "@daily", "0 4 L * *", "61 4 * * *", "0 4 31 2 *", "* * * * x",
	} {
		if _, err := jobs.NewSpec("s", text, job); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if _, err := jobs.NewSpec("", "0 4 * * *", job); err == nil {
		t.Error("a schedule without a name was taken")
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	s, err := jobs.NewSpec("s", "30 18 * * *", job)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, last, now string
		want            int
	}{
		{"just before", "2026-11-24 10:00:00", "2026-11-24 18:29:59", 0},
		{"on the minute", "2026-11-24 10:00:00", "2026-11-24 18:30:00", 1},
		{"already ran", "2026-11-24 18:30:00", "2026-11-24 23:00:00", 0},
		{"three days down", "2026-11-24 18:30:00", "2026-11-27 18:30:00", 3},
		{"the clock went back", "2026-11-24 18:30:00", "2026-11-23 00:00:00", 0},
		{"down for a year", "2025-11-24 18:30:00", "2026-11-24 18:30:00", 14},
	}
	for _, tt := range tests {
		got := jobs.Due(s, at(t, tt.last), at(t, tt.now))
		if len(got) != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		for i, d := range got {
			if d.In(order.JST).Format("15:04:05") != "18:30:00" || i > 0 && !d.After(got[i-1]) {
				t.Errorf("%s: %v", tt.name, got)
			}
		}
	}
	if got := jobs.Due(s, time.Time{}, at(t, "2026-11-24 18:30:00")); len(got) != 0 {
		t.Errorf("due before the first tick: %v", got)
	}
	// Whatever zone the process runs in, the schedule is Japan's.
	if got := s.Next(at(t, "2026-11-24 10:00:00").UTC()); !got.Equal(at(t, "2026-11-24 18:30:00")) {
		t.Error(got)
	}
}

func TestWavesAreNamedByTheirTime(t *testing.T) {
	t.Parallel()
	specs, err := jobs.Waves([]order.Clock{{Hour: 18, Minute: 30}, {Hour: 14, Minute: 30}, {Hour: 18, Minute: 30}})
	if err != nil || len(specs) != 2 || specs[0].Name != "wave_1430" || specs[1].Cron != "30 18 * * *" {
		t.Fatal(specs, err)
	}
	if _, err := jobs.Waves([]order.Clock{{Hour: 18, Second: 5}}); err == nil {
		t.Error("a wave in the middle of a minute was taken")
	}
}

func TestNextAsksOnce(t *testing.T) {
	t.Parallel()
	got := jobs.Next([]order.Event{{Kind: order.EventAccepted}, {Kind: order.EventHoldFreed}, {Kind: order.EventShort}})
	if len(got) != 2 || got[0].Kind() != "allocate_orders" || got[1].Kind() != "answer_customers" {
		t.Errorf("%v", got)
	}
	if got := jobs.Next([]order.Event{{Kind: order.EventReleased}, {Kind: order.EventFeeSet, Rule: "FEE-1"}}); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := jobs.Next([]order.Event{{Kind: order.EventFeeSet, Rule: "FEE-2"}}); len(got) != 1 || got[0].Kind() != "answer_customers" {
		t.Errorf("an add-on's fee: %v", got)
	}
}
