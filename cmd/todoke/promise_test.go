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

	"todoke/rules"
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
			`{"acceptance_on":"2026-11-24","ready_on":"2026-11-25","arrival_on":"2026-11-25","ship_on":"2026-11-24","rules":["CUT-4","CUT-5"]}` + "\n", "",
		},
		{
			"instant with zone",
			[]string{"--channel", "fax", "--received", "2026-11-24T08:00:01Z", "--json"},
			exitOK,
			`{"acceptance_on":"2026-11-25","ready_on":"2026-11-26","arrival_on":"2026-11-26","ship_on":"2026-11-25","rules":["CUT-4","CUT-5"]}` + "\n", "",
		},
		{
			"phone has no dates",
			[]string{"--channel", "web", "--class", "phone", "--received", "2026-11-24T12:00:00+09:00", "--json"},
			exitOK,
			`{"acceptance_on":"2026-11-24","rules":["CUT-4","CUT-6"]}` + "\n", "",
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
		`{"acceptance_on":"2026-11-24","ready_on":"2026-11-25","arrival_on":"2026-11-25","ship_on":"2026-11-24","rules":["CUT-4","CUT-5"]}`,
		`{"error":{"rule":"CUT-7","field":"designated","earliest_on":"2026-12-01","message":"2026-12-05 is a Saturday, on which these goods cannot be delivered: designate a weekday; the earliest possible date is 2026-12-01"}}`,
		`{"error":{"message":"the line is not a JSON object of the command's arguments: unknown field \"chanel\""}}`,
		`{"error":{"field":"channel","message":"a JSON number does not fit here: texts are strings, flags true or false"}}`,
		`{"error":{"message":"the line is a JSON array: give an object of the command's arguments"}}`,
		`{"error":{"message":"the line holds more than one JSON object"}}`,
		`{"error":{"message":"the line is longer than 65536 bytes"}}`,
		`{"acceptance_on":"2026-11-24","rules":["CUT-4","CUT-6"]}`,
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
	p, err := newPromiser(rules.Default())
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
