package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/internal/dbtest"
	"todoke/migrations"
)

// A table is checked with line and column before anybody saves it, stored from a day on, and comes
// out as it went in.
func TestRulesCheck(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, migrations.Hash(), migrations.Up)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	status, base, stderr := run(t, url, "rules", "export", "regions")
	if status != exitOK || strings.Count(base, "\n") != 7 {
		t.Fatalf("%d %s %s", status, base, stderr)
	}
	next := strings.ReplaceAll(strings.ReplaceAll(base, "\n,", "\n2030-12-01,"), "16:00", "15:00")
	for _, c := range []struct {
		name, text, want string
	}{
		{"regions.csv", next, ""},
		{"late.csv", strings.ReplaceAll(next, "17:30", "18:25"), "line 2 cutoff_web (CUT-11): "},
		{"twice.csv", strings.Replace(next, "香川県", "東京都", 1), "line 3 prefectures (CUT-2): "},
		{"day.csv", strings.Replace(next, "2030-12-01", "soon", 1), `line 2 from_on (CUT-2): "soon" is not a date`},
		{"carriers.csv", "carrier,region,class,weekdays,from_on,to_on,lead_days,name\nはやて便,islands,,月 mon 4,,,,\n", ""},
		{"never.csv", "carrier,region,class,weekdays,from_on,to_on,lead_days,name\nはやて便,,,月火水木金,,,,\n", "line 2 weekdays (CUT-5): "},
		{"half.csv", "carrier,region,class,weekdays,from_on,to_on,lead_days,name\nはやて便,,,,2030-12-02,,,\n", "line 2 from_on (CUT-5): "},
		{"calendar.csv", "on,kind,name\n2030-12-02,shut,x\n", "line 2 kind (CUT-1): "},
		{"settings.csv", "from,dispatch_deadline\n2030-12-02,12:00\n", "dispatch_deadline (CUT-11): "},
		{"warehouses.csv", "code,name,regions,fallback_order,channel,format,from_on\nE1,東,honshu,1,folder,pdf,\nE1,東,,1,folder,pdf,2030-12-01\nW1,西,honshu,2,folder,pdf,2030-12-01\nW1,西,,2,folder,pdf,\n", ""},
		{"both.csv", "code,name,regions,fallback_order,channel,format,from_on\nE1,東,honshu,1,folder,pdf,\nW1,西,honshu,2,folder,pdf,2030-12-01\nW1,西,,2,folder,pdf,\n", "line 3 regions (STK-1): "},
		{"new.csv", "code,name,regions,fallback_order,channel,format,from_on\nE1,東,honshu,1,folder,pdf,2030-12-01\n", "line 2 from_on (STK-1): "},
		{"other.csv", "code,name\n", "is no table of rules"},
	} {
		path := file(c.name, c.text)
		status, stdout, stderr := run(t, url, "rules", "check", path)
		if c.want == "" {
			if status != exitOK || !strings.HasPrefix(stdout, "No errors. ") {
				t.Errorf("%s: %d %s%s", c.name, status, stdout, stderr)
			}
			continue
		}
		if status != exitFailure || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("%s: %d %s%s", c.name, status, stdout, stderr)
		}
	}
	// Warnings name the file, and a row with an error does not make its prefectures nobody's.
	reg12 := file("reg12.csv", strings.Replace(next, "香川県", "", 1))
	if _, _, stderr := run(t, url, "rules", "check", reg12); !strings.Contains(stderr, "reg12.csv line ") || !strings.Contains(stderr, "warning: no region holds 香川県") || strings.Contains(stderr, "regions.csv") {
		t.Error(stderr)
	}
	if _, _, stderr := run(t, url, "rules", "check", file("clock.csv", strings.Replace(next, "17:30", "25:30", 1))); !strings.Contains(stderr, "line 2 cutoff_web") || strings.Contains(stderr, "no region holds") {
		t.Error(stderr)
	}
	// A day's table is whole: import takes one that leaves a prefecture out only where that is meant.
	if status, _, stderr := run(t, url, "import", "--check", "regions", reg12); status != exitFailure || !strings.Contains(stderr, "no region holds 香川県 from 2030-12-01 on") {
		t.Errorf("%d %s", status, stderr)
	}
	if status, _, stderr := run(t, url, "import", "--check", "--unserved", "regions", reg12); status != exitOK || !strings.Contains(stderr, "warning: no region holds 香川県") {
		t.Errorf("%d %s", status, stderr)
	}
	status, stdout, _ := run(t, url, "rules", "check", "--json", filepath.Join(dir, "twice.csv"))
	var told struct{ Errors []ruleProblem }
	if err := json.Unmarshal([]byte(stdout), &told); err != nil || status != exitFailure || len(told.Errors) == 0 || told.Errors[0].Line != 3 {
		t.Errorf("%d %s %v", status, stdout, err)
	}
	if status, _, stderr := run(t, url, "import", "regions", filepath.Join(dir, "regions.csv")); status != exitOK {
		t.Fatal(stderr)
	}
	if _, out, _ := run(t, url, "rules", "export", "regions"); out != next {
		t.Errorf("stored:\n%s\nwant\n%s", out, next)
	}
	houses := "code,name,regions,fallback_order,fallback_lead_days,channel,format,from_on\nE1,東,honshu,1,0,folder,pdf,\nE1,東,honshu,1,1,folder,pdf,2030-12-01\n"
	if status, _, stderr := run(t, url, "import", "warehouses", file("houses.csv", houses)); status != exitOK {
		t.Fatal(stderr)
	}
	if _, out, _ := run(t, url, "rules", "export", "warehouses"); out != houses {
		t.Errorf("stored:\n%s\nwant\n%s", out, houses)
	}
	if status, stdout, stderr := run(t, url, "rules", "check", "--from", "2030-12-05"); status != exitOK || !strings.Contains(stdout, "The tables of 2030-12-05") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	if status, _, _ := run(t, url, "rules", "check", "--from", "soon"); status != exitUsage {
		t.Error(status)
	}
}
