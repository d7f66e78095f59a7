package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// WHS-1: the preview tells what a wave would release and, with its rule, what stays; nothing changes.
func TestWavePreviewCommand(t *testing.T) {
	t.Parallel()
	url := st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	numbers := map[order.Channel]string{}
	for _, c := range []order.Channel{order.ChannelFax, order.ChannelWeb} {
		if err := s.InTx(t.Context(), func(tx *store.Tx) error {
			o, err := tx.Accept(t.Context(), st.Request(c, clock.Now(), st.Tokyo, st.Pen, 7), clock.Now())
			numbers[c] = o.Number.Grouped()
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AllocateBatch(t.Context(), 10, false, clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	at := clock.Now().Format("2006-01-02T15:04:05+09:00")
	for range 2 { // looking changes nothing
		status, stdout, stderr := run(t, url, "wave", "preview", "--at", at)
		if status != exitOK || !strings.Contains(stdout, "CAN-1") || !strings.Contains(stdout, numbers[order.ChannelWeb]) || strings.Contains(stdout, numbers[order.ChannelFax]) {
			t.Fatalf("%d %s%s", status, stdout, stderr)
		}
		if f := strings.Fields(strings.Split(stdout, "\n")[2]); len(f) != 6 || f[0] != st.East || f[2] != "1" || f[4] != "7" || f[5] != "1" {
			t.Errorf("%s", stdout)
		}
	}
	status, stdout, stderr := run(t, url, "wave", "preview", "--at", at, "--json")
	goes := 0
	for line := range strings.Lines(stdout) {
		var r store.PreviewRow
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Goes {
			goes += r.Qty
		}
	}
	if status != exitOK || goes != 7 {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	if status, _, stderr := run(t, url, "wave", "preview", "--at", "heute"); status == exitOK || !strings.Contains(stderr, "at") {
		t.Errorf("%d %s", status, stderr)
	}
}

// WHS-1: a wave on a closed day releases nothing. Running one by hand then says so, and neither the preview
// nor the list of schedules names one as the next.
func TestWaveOnAClosedDay(t *testing.T) {
	t.Parallel()
	url := st.DSN(t)
	s, _ := st.Open(t, url)
	st.Shop(t, s)
	on := func(now string, args ...string) string {
		t.Helper()
		app, stdout, stderr := testApp(t, map[string]string{"DATABASE_URL": url})
		app.Now = func() time.Time { return st.At(t, now) }
		if status := app.Main(t.Context(), append(args, "--data", t.TempDir())); status != exitOK {
			t.Fatalf("%q: %d %s", args, status, stderr)
		}
		return stdout.String()
	}
	const holiday = "2026-11-23 10:00:00" // after a Sunday
	if out := on(holiday, "wave", "preview"); !strings.Contains(out, "a wave at 2026-11-24") {
		t.Error(out)
	}
	for line := range strings.Lines(on(holiday, "schedule", "list")) {
		if strings.HasPrefix(line, "wave_") && !strings.Contains(line, "2026-11-24") {
			t.Error(line)
		}
	}
	if out := on(holiday, "run", "wave_1830"); !strings.Contains(out, "inserted; 2026-11-23 is a closed day (勤労感謝の日), on which a wave releases nothing") {
		t.Error(out)
	}
	if out := on(holiday, "run", "wave_1430", "--json"); !strings.Contains(out, `"closed":true`) {
		t.Error(out)
	}
	if out := on("2026-11-24 18:31:00", "run", "wave_1830"); strings.Contains(out, "closed") {
		t.Error(out)
	}
}
