package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
)

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := env[k]; return v, ok }
}

func TestConfigPrecedence(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "todoke.yaml", "data: by-file\nlisten: 127.0.0.1:1\nlog:\n  level: warn\ndatabase: {pool_size: 31}\ndrain_timeout: 3s\nreading: {cost_quantity: 250.5}\n")
	env := map[string]string{"TODOKE_DATA": "by-env", "TODOKE_LISTEN": "127.0.0.1:2", "TODOKE_CONFIG": file, "TODOKE_LOG_FORMAT": "json"}
	c, err := loadConfig(settingFlags{DataDir: "by-flag", Set: map[string]string{"workers.reading": "5"}}, lookup(env), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, got, want string }{
		{"flag over environment", c.Data, "by-flag"},
		{"environment over file", c.Listen, "127.0.0.1:2"},
		{"file over default", c.Log.Level.String(), slog.LevelWarn.String()},
		{"environment alone", c.Log.Format, "json"},
		{"default", c.Database.URL, ""},
		{"folder below data", c.Blobs, "by-flag/blobs"},
		{"duration", c.DrainTimeout.String(), (3 * time.Second).String()},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if c.Reading.Costs.Quantity != 250.5 || c.Reading.Costs.Item <= 1 {
		t.Errorf("costs %+v", c.Reading.Costs)
	}
	if c.Database.PoolSize != 31 || c.Workers.Reading != 5 {
		t.Errorf("pool %d, workers %d", c.Database.PoolSize, c.Workers.Reading)
	}
	if c.origins["listen"] != "TODOKE_LISTEN" || c.origins["log.level"] != file+":4" {
		t.Errorf("origins %v", c.origins)
	}
}

func TestConfigErrorsNameTheirKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		file  string
		flags settingFlags
		env   map[string]string
		want  []string // parts of the message, in it whatever the order
	}{
		{name: "misspelt key", file: "listn: 127.0.0.1:1", want: []string{"listn: there is no such setting", ":1)", "did you mean listen?"}},
		{name: "misspelt nested key", file: "log:\n  levl: warn", want: []string{"log.levl:", ":2)", "did you mean log.level?"}},
		{name: "key without its parent", file: "bin_dir: /x", want: []string{"did you mean database.bin_dir?"}},
		{name: "nothing like it", file: "zzzzzzzzzzzz: 1", want: []string{"zzzzzzzzzzzz:", "todoke config"}},
		{name: "misspelt rule", file: "rules:\n  fee_yan: 3", want: []string{"rules.fee_yan:", "did you mean rules.fee_yen?"}},
		{name: "rule out of range", file: "rules:\n  fee_yen: -3\n  max_lines: 0", want: []string{"rules.fee_yen: -3 is out of range", "(FEE-1)", "rules.max_lines:"}},
		{name: "rule of the wrong type", file: "rules:\n  cutoff_fax: noon", want: []string{"rules.cutoff_fax:", "HH:MM", ":2)"}},
		{name: "rules without keys", file: "rules: 3", want: []string{"rules: it holds keys"}},
		{name: "not allowed", file: "log: {format: xml}", want: []string{"log.format:", "text or json", ":1)"}},
		{name: "port", flags: settingFlags{Listen: "localhost:99999"}, want: []string{"listen:", "HOST:PORT", "--listen"}},
		{name: "shop's fax", file: "shop_fax: 3-1234-5678", want: []string{"shop_fax:", "such as 03-1234-5678", ":1)"}},
		{name: "desk's name", flags: settingFlags{Set: map[string]string{"desk_name": strings.Repeat("あ", 41)}}, want: []string{"desk_name:", "up to 40", "--set"}},
		{name: "number", env: map[string]string{"TODOKE_DATABASE_POOL_SIZE": "many"}, want: []string{"database.pool_size:", "from 4 to 500", "TODOKE_DATABASE_POOL_SIZE"}},
		{name: "cost below a look", file: "reading: {cost_item: 1}", want: []string{"reading.cost_item:", "from 2 to 1000000", ":1)"}},
		{name: "list for a value", file: "data: [a, b]", want: []string{"data: it is not a single value"}},
		{name: "no value", file: "data:", want: []string{"data: it has no value"}},
		{name: "value for a group", file: "log: debug", want: []string{"log: it holds further keys (log.level, log.format)"}},
		{name: "a list at the top", file: "- a", want: []string{"config:", "keys and values"}},
		{name: "broken YAML", file: "a: [", want: []string{"config:"}},
		{name: "duplicate", file: "data: a\ndata: b", want: []string{"data"}},
		{name: "several at once", file: "log: {format: xml, level: loud}", want: []string{"log.format", "log.level"}},
		{name: "unknown by --set", flags: settingFlags{Set: map[string]string{"log.lvl": "x"}}, want: []string{"log.lvl:", "--set", "did you mean log.level?"}},
		{name: "misspelt rule by --set", flags: settingFlags{Set: map[string]string{"rules.fee_yan": "3"}}, want: []string{"rules.fee_yan:", "--set", "did you mean rules.fee_yen?"}},
		{name: "rule by --set of the wrong type", flags: settingFlags{Set: map[string]string{"rules.fee_yen": "cheap"}}, want: []string{"rules.fee_yen:", "(from --set)"}},
		{name: "a partner longer than its job", file: "partners:\n  east:\n    timeout: 91s\npayment:\n  timeout: 41s\n", want: []string{
			"partners.east.timeout: \"91s\" is out of range or no duration: it must be a duration from 1s to 90s", "payment.timeout: \"41s\" is out of range",
		}},
		{name: "rule by --set out of range", flags: settingFlags{Set: map[string]string{"rules.fee_yen": "-3"}}, want: []string{"rules.fee_yen: -3 is out of range", "--set"}},
		{name: "rule by --set with another under it", flags: settingFlags{Set: map[string]string{"rules.fee_yen": "3\nmax_lines: 1"}}, want: []string{"rules.fee_yen:", "more than one line"}},
		{name: "rule without its parent by --set", flags: settingFlags{Set: map[string]string{"fee_yen": "3"}}, want: []string{"did you mean rules.fee_yen?"}},
		{name: "flag and --set", flags: settingFlags{DataDir: "a", Set: map[string]string{"data": "b"}}, want: []string{"data: it is given twice"}},
		{name: "missing file", flags: settingFlags{ConfigFile: "/nowhere/todoke.yaml"}, want: []string{"config:", "/nowhere/todoke.yaml", "--config"}},
		{name: "secret and its file", env: map[string]string{"DATABASE_URL": "postgres://a@b/c", "DATABASE_URL_FILE": "/x"}, want: []string{"database.url:", "unset one"}},
		{name: "missing secret file", env: map[string]string{"DATABASE_URL_FILE": "/nowhere/url"}, want: []string{"database.url: DATABASE_URL_FILE:", "/nowhere/url"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.file != "" {
				tt.flags.ConfigFile = writeFile(t, "todoke.yaml", tt.file)
			}
			_, err := loadConfig(tt.flags, lookup(tt.env), nil)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if _, ok := errors.AsType[*order.Error](err); !ok {
				t.Errorf("%T carries no kind", err)
			}
		})
	}
}

func TestConfigKeepsSecrets(t *testing.T) {
	t.Parallel()
	const password = "kaki-no-ki-9"
	path := writeFile(t, "url", "postgres://shop:"+password+"@db.example.jp:5433/todoke\n")
	app, stdout, stderr := testApp(t, map[string]string{"TODOKE_DATABASE_URL_FILE": path})
	if got := app.Main(t.Context(), []string{"config"}); got != exitOK {
		t.Fatalf("status %d: %s", got, stderr)
	}
	if !strings.HasSuffix(app.Config.Database.URL, "/todoke") || !strings.Contains(app.Config.Database.URL, password) {
		t.Fatalf("the secret was not read: %q", app.Config.Database.URL)
	}
	if strings.Contains(stdout.String(), password) || !strings.Contains(stdout.String(), "db.example.jp:5433/todoke") {
		t.Errorf("printed:\n%s", stdout)
	}

	app, _, stderr = testApp(t, map[string]string{"DATABASE_URL": "postgres://shop:" + password + "@host:port/x"})
	if got := app.Main(t.Context(), []string{"version"}); got != exitUsage || strings.Contains(stderr.String(), password) {
		t.Errorf("status %d, stderr %s", got, stderr)
	}
}

// Every key that `todoke config` prints can be given by --set.
func TestConfigTakesRulesBySet(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "todoke.yaml", "rules:\n  fee_yen: 400\n  max_lines: 7\n")
	app, stdout, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), []string{
		"--config", file, "--set", "rules.fee_yen=350", "--set", "rules.cutoff_fax=16:00", "--set", "rules.closures=[]", "config",
	}); got != exitOK {
		t.Fatal(stderr)
	}
	r := app.Config.Rules
	if r.FeeYen != 350 || r.MaxLines != 7 || r.CutoffFax.String() != "16:00" || len(r.Closures) != 0 {
		t.Errorf("%+v", r)
	}
	for _, want := range []string{"fee_yen: 350", "from " + file + ", --set", "TODOKE_DATABASE_URL or DATABASE_URL", "TODOKE_LOG_LEVEL"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is not in\n%s", want, stdout)
		}
	}
}

// What `todoke config` prints is a configuration file that gives the same configuration.
func TestConfigPrintsWhatItReads(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "todoke.yaml", "data: \"12\"\nlog: {level: debug}\nworkers: {reading: 3}\nrules:\n  fee_yen: 400\n  closures: []\n  cutoff_fax: \"16:00\"\n")
	app, stdout, stderr := testApp(t, nil)
	if got := app.Main(t.Context(), []string{"--config", file, "config"}); got != exitOK {
		t.Fatal(stderr)
	}
	if app.Config.Rules.FeeYen != 400 || len(app.Config.Rules.Closures) != 0 || app.Config.Rules.MaxLines != rules.Default().MaxLines {
		t.Errorf("rules %+v", app.Config.Rules)
	}
	first := stdout.String()
	app, stdout, stderr = testApp(t, nil)
	if got := app.Main(t.Context(), []string{"--config", writeFile(t, "again.yaml", first), "config"}); got != exitOK {
		t.Fatal(stderr)
	}
	strip := func(s string) string {
		var out []string
		for line := range strings.Lines(s) {
			line, _, _ = strings.Cut(line, " #")
			if !strings.HasPrefix(line, "#") {
				out = append(out, strings.TrimSpace(line))
			}
		}
		return strings.Join(out, "\n")
	}
	if a, b := strip(first), strip(stdout.String()); a != b {
		t.Errorf("first:\n%s\nagain:\n%s", a, b)
	}
}

func TestMisspeltEnvironment(t *testing.T) {
	t.Parallel()
	err := checkEnvironment([]string{"PATH=/bin", "TODOKE_CONFIG=x", "TODOKE_DATABASE_URL_FILE=x", "TODOKE_LOG_LEVEL=info"}, named{})
	if err != nil {
		t.Error(err)
	}
	err = checkEnvironment([]string{"TODOKE_LOGLEVEL=debug"}, named{})
	if err == nil || !strings.Contains(err.Error(), "did you mean TODOKE_LOG_LEVEL?") {
		t.Error(err)
	}
}

func FuzzConfigFile(f *testing.F) {
	for _, seed := range []string{"", "data: a", "log:\n  level: debug\n", "rules: {fee_yen: 3}", "a: [", "- x", "? {a: b} : c", "&a x: *a", "log: !!str x", "<<: {data: x}", "data: |\n  x\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		values, node, err := parseConfig("fuzz.yaml", b)
		if err != nil {
			return
		}
		for key := range values {
			if findSetting(key) == nil {
				t.Errorf("unknown key %q was accepted", key)
			}
		}
		if node != nil {
			c := defaultConfig()
			_ = setRules(&c, rulesSource{"fuzz.yaml", node})
		}
	})
}

// Nobody can send an order to the sample's number: printing it must not go unnoticed.
func TestSampleIdentity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		set  map[string]string
		want bool
	}{
		{nil, true},
		{map[string]string{"shop_name": "みなと文具通販"}, true},
		{map[string]string{"shop_fax": "0450123456"}, true},
		{map[string]string{"shop_name": "みなと文具通販", "shop_fax": "0450123456"}, false},
	} {
		c, err := loadConfig(settingFlags{Set: tt.set}, lookup(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.sampleIdentity(); got != tt.want {
			t.Errorf("%v: %t, want %t", tt.set, got, tt.want)
		}
	}
}
