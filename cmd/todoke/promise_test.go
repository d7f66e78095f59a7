package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

func TestPromiseCommand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		out    string
		err    string
	}{
		{
			"design's example",
			[]string{"--channel", "fax", "--class", "normal", "--received", "2026-11-24 17:00:00", "--json"},
			exitOK,
			`{"acceptance_on":"2026-11-24","ready_on":"2026-11-25","arrival_on":"2026-11-25","ship_on":"2026-11-24","rules":["CUT-4","CUT-5"],"built_in_tables":true}` + "\n", "",
		},
		{
			"instant with zone",
			[]string{"--channel", "fax", "--received", "2026-11-24T08:00:01Z", "--json"},
			exitOK,
			`{"acceptance_on":"2026-11-25","ready_on":"2026-11-26","arrival_on":"2026-11-26","ship_on":"2026-11-25","rules":["CUT-4","CUT-5"],"built_in_tables":true}` + "\n", "",
		},
		{
			"phone has no dates",
			[]string{"--channel", "web", "--class", "phone", "--received", "2026-11-24T12:00:00+09:00", "--json"},
			exitOK,
			`{"acceptance_on":"2026-11-24","rules":["CUT-4","CUT-6"],"built_in_tables":true}` + "\n", "",
		},
		{
			"refused as JSON",
			[]string{"--channel", "web", "--received", "2026-11-27 16:00", "--designated", "2026-11-27", "--json"},
			exitFailure,
			`"rule":"CUT-7","field":"designated","earliest_on":"2026-11-28"`, "",
		},
		{
			"refused",
			[]string{"--channel", "web", "--received", "2026-11-27 16:00", "--designated", "2026-11-29"},
			exitFailure,
			"", "todoke: designated: no deliveries are made on 2026-11-29, a Sunday: designate a business day; the earliest possible date is 2026-11-28 (CUT-7)",
		},
		{"fax moves", []string{"--channel", "fax", "--received", "2026-11-27 16:00", "--designated", "2026-11-27", "--json"}, exitOK, `"arrival_on":"2026-11-30","ship_on":"2026-11-28","moved":true`, ""},
		{"late", []string{"--channel", "fax", "--received", "2026-11-24 16:59", "--now", "2026-11-24 18:31", "--json"}, exitOK, `"late":true,"rules":["CUT-4","CUT-5","CUT-11"]`, ""},
		{"says by which tables", []string{"--channel", "fax", "--received", "2026-11-24 10:00"}, exitOK, "tables      built-in tables only, without the shop's calendar, regions, carriers and dated settings: there is no todoke data", ""},
		{"island by postal code", []string{"--channel", "fax", "--received", "2026-11-24 10:00", "--postal-code", "952-0011", "--prefecture", "新潟県"}, exitOK, "arrival     2026-11-30 Mon", ""},
		{"postal code alone", []string{"--channel", "fax", "--received", "2026-11-24 10:00", "--postal-code", "9000001"}, exitFailure, "", "give the prefecture too"},
		{"unknown prefecture", []string{"--channel", "fax", "--received", "2026-11-24 10:00", "--prefecture", "江戸"}, exitFailure, "", `"江戸" is not a prefecture`},
		{"no time", []string{"--channel", "fax", "--received", "yesterday"}, exitFailure, "", `received: "yesterday" is not a time`},
		{"no such date", []string{"--channel", "fax", "--received", "2026-11-24 10:00", "--designated", "2026-02-30"}, exitFailure, "", "designated: "},
		{"no such channel", []string{"--channel", "phone", "--received", "2026-11-24 10:00"}, exitFailure, "", "choose fax or web (FAX-1)"},
		{"nothing asked", nil, exitUsage, "", "give --channel and --received"},
		{"a file", []string{"orders.json"}, exitUsage, "", "give - to read JSON lines"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app, stdout, stderr := testApp(t, nil)
			if got := app.Main(t.Context(), append([]string{"promise"}, tt.args...)); got != tt.status {
				t.Errorf("status %d, want %d", got, tt.status)
			}
			if !strings.Contains(stdout.String(), tt.out) {
				t.Errorf("stdout %q lacks %q", stdout, tt.out)
			}
			if !strings.Contains(stderr.String(), tt.err) || (tt.err == "" && stderr.Len() > 0) {
				t.Errorf("stderr %q, want %q", stderr, tt.err)
			}
		})
	}
}

// TestPromiseFollowsTheConfiguration: the shop's own numbers decide.
func TestPromiseFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "todoke.yaml")
	if err := os.WriteFile(file, []byte("rules:\n  cutoff_fax: \"16:00\"\n  closures: [{from: \"11-25\", to: \"11-25\"}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	app, stdout, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), []string{"promise", "--config", file, "--channel", "fax", "--received", "2026-11-24 16:30", "--json"}); got != exitOK {
		t.Fatalf("status %d: %s", got, stderr)
	}
	if want := `"acceptance_on":"2026-11-26"`; !strings.Contains(stdout.String(), want) {
		t.Errorf("stdout %s lacks %s", stdout, want)
	}
}

// TestPromiseFollowsTheShop: with a database the promise is the one that an order gets, by calendar,
// regions, carriers' days, warehouses and settings as they hold on the day of receipt; where the
// database does not answer, that is told.
func TestPromiseFollowsTheShop(t *testing.T) {
	t.Parallel()
	url := st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	status, regions, stderr := run(t, url, "rules", "export", "regions")
	if status != exitOK || !strings.Contains(regions, "17:00") {
		t.Fatal(regions, stderr)
	}
	head, rows, _ := strings.Cut(strings.ReplaceAll(regions, "17:00", "15:00"), "\n")
	regions = head + "\n"
	for row := range strings.Lines(rows) {
		regions += "2026-12-15" + row[strings.IndexByte(row, ','):]
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"calendar": "on,kind,name\n2026-11-23,open,祝日営業\n2026-12-02,closure,棚卸\n",
		"carriers": "carrier,region,class,from_on,to_on,weekdays,lead_days,name\nはやて便,KANTO,normal,2026-12-09,2026-12-09,,,配達休止\n",
		"regions":  regions,
	} {
		file := filepath.Join(dir, name+".csv")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"import", name, file}
		if name == "regions" {
			args = append(args, "--unserved") // the small shop serves two regions
		}
		if status, stdout, stderr := run(t, url, args...); status != exitOK {
			t.Fatalf("%s: %d %s%s", name, status, stdout, stderr)
		}
	}
	for received, want := range map[string]string{
		"2026-11-23 10:00": `{"acceptance_on":"2026-11-23","ready_on":"2026-11-24","arrival_on":"2026-11-24","ship_on":"2026-11-23"`, // opened
		"2026-12-02 10:00": `{"acceptance_on":"2026-12-03"`,                                                                          // closed
		"2026-12-08 10:00": `{"acceptance_on":"2026-12-08","ready_on":"2026-12-09","arrival_on":"2026-12-10"`,                        // the carrier rests
		"2026-12-16 16:00": `{"acceptance_on":"2026-12-17"`,                                                                          // a cut-off from that month
		"2026-12-14 16:00": `{"acceptance_on":"2026-12-14"`,                                                                          // … and not before
	} {
		status, stdout, stderr := run(t, url, "promise", "--channel", "fax", "--received", received, "--prefecture", "東京都", "--json")
		if status != exitOK || !strings.HasPrefix(stdout, want) || strings.Contains(stdout, "built_in") {
			t.Errorf("%s: %d %s%s", received, status, stdout, stderr)
		}
		at := st.At(t, received+":00")
		clock.Set(at)
		if err := s.InTx(t.Context(), func(tx *store.Tx) error {
			o, err := tx.Accept(t.Context(), st.Request(order.ChannelFax, at, st.Tokyo, st.Pen, 7), at)
			if err == nil && !strings.Contains(stdout, `"arrival_on":"`+o.Shipments[0].ArrivalOn.String()+`","ship_on":"`+o.Shipments[0].ShipOn.String()+`"`) {
				t.Errorf("an order is promised %s, shipped %s: %s", o.Shipments[0].ArrivalOn, o.Shipments[0].ShipOn, stdout)
			}
			return err
		}); err != nil {
			t.Error(received, err)
		}
	}
	if _, stdout, _ := run(t, url, "promise", "--channel", "web", "--received", "2026-11-23 10:00", "--prefecture", "東京都"); strings.Contains(stdout, "built-in") || !strings.Contains(stdout, "acceptance  2026-11-23") {
		t.Error(stdout)
	}
	status, stdout, stderr := run(t, "postgres://127.0.0.1:1/todoke?connect_timeout=2", "promise", "--channel", "fax", "--received", "2026-11-23 10:00", "--json")
	if status != exitOK || !strings.Contains(stdout, `"built_in_tables":true`) || !strings.Contains(stderr, "built-in tables only") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
}

func TestPromiseAnswersLineByLine(t *testing.T) {
	t.Parallel()
	app, stdout, stderr := testApp(t, nil)
	app.Stdin = strings.NewReader(strings.Join([]string{
		`{"channel":"fax","class":"normal","received":"2026-11-24 17:00:00"}`,
		``,
		`{"channel":"web","class":"truck","received":"2026-11-28T12:00:00+09:00","prefecture":"大阪府","designated":"2026-12-05"}`,
		`{"chanel":"web"}`,
		`{"channel":7}`,
		`[]`,
		`{} {}`,
		`{"channel":"` + strings.Repeat("x", 2*maxPromiseLine) + `"}`,
		`{"channel":"fax","class":"phone","received":"2026-11-24 17:00:00"}`, // no newline at the end
	}, "\n"))
	if got := app.Main(t.Context(), []string{"promise", "-"}); got != exitOK {
		t.Fatalf("status %d, stderr %s", got, stderr)
	}
	want := []string{
		`{"acceptance_on":"2026-11-24","ready_on":"2026-11-25","arrival_on":"2026-11-25","ship_on":"2026-11-24","rules":["CUT-4","CUT-5"],"built_in_tables":true}`,
		`{"error":{"rule":"CUT-7","field":"designated","earliest_on":"2026-12-01","message":"2026-12-05 is a Saturday, on which these goods cannot be delivered: designate a weekday; the earliest possible date is 2026-12-01"},"built_in_tables":true}`,
		`{"error":{"message":"the line is not a JSON object of the command's arguments: unknown field \"chanel\""},"built_in_tables":true}`,
		`{"error":{"field":"channel","message":"a JSON number does not fit here: texts are strings, flags true or false"},"built_in_tables":true}`,
		`{"error":{"message":"the line is a JSON array: give an object of the command's arguments"},"built_in_tables":true}`,
		`{"error":{"message":"the line holds more than one JSON object"},"built_in_tables":true}`,
		`{"error":{"message":"the line is longer than 65536 bytes"},"built_in_tables":true}`,
		`{"acceptance_on":"2026-11-24","rules":["CUT-4","CUT-6"],"built_in_tables":true}`,
	}
	got := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d answers, want %d:\n%s", len(got), len(want), stdout)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("answer %d\n got %s\nwant %s", i+1, got[i], want[i])
		}
	}
}

func FuzzPromiseStream(f *testing.F) {
	f.Add([]byte(`{"channel":"fax","class":"normal","received":"2026-11-24 17:00:00"}` + "\n"))
	f.Add([]byte(`{"channel":"web","received":"2026-11-24T17:00:00.5+09:00","designated":"9999-12-31","now":"2098-12-31 23:59"}`))
	f.Add([]byte(`{"channel":"web","received":"2026-11-24 17:00","designated":"0001-01-01","postal_code":"〒952-0011"}` + "\n\n{"))
	f.Add([]byte("\xff\x00\n[[[[[[[["))
	p, err := newPromiser(rules.Default(), "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		if err := p.stream(context.Background(), bytes.NewReader(in), &out); err != nil {
			t.Fatal(err)
		}
		questions := 0
		for line := range bytes.SplitSeq(in, []byte("\n")) {
			if len(bytes.TrimSpace(line)) > 0 {
				questions++
			}
		}
		answers := 0
		for line := range bytes.SplitSeq(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n")) {
			if len(line) == 0 {
				continue
			}
			answers++
			var a promiseAnswer
			if err := json.Unmarshal(line, &a); err != nil {
				t.Fatalf("answer %q: %v", line, err)
			}
			if (a.Error == nil) == a.AcceptanceOn.IsZero() {
				t.Fatalf("answer %q is neither promise nor error", line)
			}
			if !a.ArrivalOn.IsZero() && a.ArrivalOn.Weekday() == time.Sunday {
				t.Fatalf("answer %q promises a Sunday", line)
			}
		}
		if answers != questions {
			t.Fatalf("%d answers to %d questions: %q", answers, questions, in)
		}
	})
}
