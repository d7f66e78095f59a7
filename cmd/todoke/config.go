package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/jackc/pgx/v5/pgconn"

	reader "todoke/ingest/form"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/form"
)

// settingFlags are the settings that the command line can give. A flag wins over the
// environment, that over the file, and that over the default.
type settingFlags struct {
	ConfigFile  string            `name:"config" placeholder:"FILE" group:"Settings" help:"Configuration file; todoke.yaml here if there is one."`
	DataDir     string            `name:"data" placeholder:"DIR" group:"Settings" help:"Folder of the private database, blobs, inbox and deliveries."`
	DatabaseURL string            `name:"database-url" placeholder:"URL" group:"Settings" help:"PostgreSQL server to use instead of the private one."`
	Listen      string            `placeholder:"ADDR" group:"Settings" help:"Address of the API."`
	LogLevel    string            `placeholder:"LEVEL" group:"Settings" help:"debug, info, warn or error."`
	LogFormat   string            `placeholder:"FORMAT" group:"Settings" help:"text or json."`
	Set         map[string]string `placeholder:"KEY=VALUE" mapsep:"none" group:"Settings" help:"Any other setting, by its key, such as rules.fee_yen=350: see todoke config."`
}

// Config is the effective configuration. Folders are as given, relative ones to the working
// directory.
type Config struct {
	Data     string // the private database and whatever other folder is not set
	Blobs    string // pages, mails and issued documents, content-addressed
	Inbox    string // watched for documents
	Out      string // deliveries to a folder
	Listen   string
	ShopName string // on printed documents, as are the next two
	DeskName string // "" prints none
	DeskMail string // the desk's own mail address; "" none
	ShopFax  string // to which customers send their forms, with hyphens
	// What answers to customers tell beside them; "" tells nothing.
	ShopPhone, DeskHours, ShopWeb string
	ApprovalURL                   string // begins the links in mails to customers' approvers; "" is this machine

	Database DatabaseConfig
	Workers  WorkersConfig
	Reading  reader.Settings
	Gateways GatewaysConfig
	Desk     DeskConfig
	Letters  LettersConfig
	Archive  ArchiveConfig
	Collect  CollectConfig
	SMTP     SMTPConfig
	Payment  PaymentConfig
	Fax      FaxConfig
	// Mailboxes are collected beside the inbox, in the order of their names.
	Mailboxes []MailboxConfig
	// Partners are warehouses' ways, in the order of their names.
	Partners []PartnerConfig
	Log      LogConfig
	// DrainTimeout is how long a stop waits for work and requests in progress.
	DrainTimeout time.Duration
	// Rules are the shop's business numbers.
	Rules rules.Settings

	origins map[string]string // setting's key → where its value came from
}

// DatabaseConfig says which PostgreSQL holds everything.
type DatabaseConfig struct {
	URL string // "" runs a private PostgreSQL under Data
	// RetentionURL connects a user who may take the retention role; a private one needs none.
	RetentionURL string
	BinDir       string // programs of the private one; "" finds them
	PoolSize     int    // connections of this process
}

// DeskConfig says how the desk's pages are served.
type DeskConfig struct {
	HTTPS bool // a proxy in front speaks TLS
	// FactorRoles must set a second factor before they do anything.
	FactorRoles []store.Role
}

// WorkersConfig is how many jobs this process runs at once.
type WorkersConfig struct {
	Reading int // pages: bound by processors
}

// GatewaysConfig says how mails of fax gateways are understood.
type GatewaysConfig struct {
	Profiles   string // folder of the shop's own profiles; it need not be there
	OwnNumbers string // our fax numbers beside ShopFax, separated by commas: never a sender's
}

// LogConfig says what is logged and how.
type LogConfig struct {
	Level  slog.Level
	Format string // text or json
}

// envPrefix begins every environment variable of ours: TODOKE_LOG_LEVEL is log.level.
const envPrefix = "TODOKE_"

// defaultConfigFile is read where no other is named and it exists.
const defaultConfigFile = "todoke.yaml"

// rulesKey holds the business settings in the file. On the command line they are given by
// --set alone, and they have no environment.
const rulesKey = "rules"

// setting is one key of the configuration.
type setting struct {
	key     string
	about   string
	allowed string   // what it may be, for errors
	also    []string // further environment variables that other tools use for the same
	secret  bool
	set     func(c *Config, v string) error // err says only what is wrong with v
	get     func(c *Config) string
}

func (s setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// settings is every key but those of the rules, in the order `todoke config` prints them.
var settings = []setting{
	{
		key: "data", about: "folder of the private database and of every folder below that is not set", allowed: "a folder",
		set: func(c *Config, v string) error { c.Data = v; return nil },
		get: func(c *Config) string { return c.Data },
	},
	{
		key: "blobs", about: "pages, mails and issued documents; DATA/blobs if empty", allowed: "a folder",
		set: func(c *Config, v string) error { c.Blobs = v; return nil },
		get: func(c *Config) string { return c.Blobs },
	},
	{
		key: "inbox", about: "documents put here are taken in; DATA/inbox if empty", allowed: "a folder",
		set: func(c *Config, v string) error { c.Inbox = v; return nil },
		get: func(c *Config) string { return c.Inbox },
	},
	{
		key: "out", about: "lists and letters for the warehouses; DATA/out if empty", allowed: "a folder",
		set: func(c *Config, v string) error { c.Out = v; return nil },
		get: func(c *Config) string { return c.Out },
	},
	{
		key: "listen", about: "address of the API and the desk's pages", allowed: "HOST:PORT such as 127.0.0.1:8080, port 0 for a free one",
		set: func(c *Config, v string) error {
			_, port, err := net.SplitHostPort(v)
			if err != nil {
				return err
			}
			if _, err := strconv.ParseUint(port, 10, 16); err != nil {
				return fmt.Errorf("port %q is not a number from 0 to 65535", port)
			}
			c.Listen = v
			return nil
		},
		get: func(c *Config) string { return c.Listen },
	},
	{
		key: "desk.https", about: "the desk's cookies leave over HTTPS alone: yes behind a proxy that speaks TLS", allowed: "yes or no",
		set: func(c *Config, v string) error {
			if v != "yes" && v != "no" {
				return errors.New("it is neither yes nor no")
			}
			c.Desk.HTTPS = v == "yes"
			return nil
		},
		get: func(c *Config) string {
			if c.Desk.HTTPS {
				return "yes"
			}
			return "no"
		},
	},
	secondFactorSetting,
	{
		key: "shop_name", about: "the shop's name on printed documents", allowed: "one line of up to 60 characters",
		set: func(c *Config, v string) error { return printable(&c.ShopName, v, shopNameLimit) },
		get: func(c *Config) string { return c.ShopName },
	},
	{
		key: "desk_name", about: "the desk that customers write to, beside the shop's name", allowed: "one line of up to 40 characters",
		set: func(c *Config, v string) error { return printable(&c.DeskName, v, deskNameLimit) },
		get: func(c *Config) string { return c.DeskName },
	},
	{
		key: "shop_fax", about: "the fax number on the order form, to which customers send it", allowed: "a Japanese number such as 03-1234-5678",
		set: func(c *Config, v string) error {
			n := strings.ReplaceAll(v, "-", "")
			if len(n) < 9 || len(n) > 11 || n[0] != '0' || strings.Trim(n, "0123456789") != "" || strings.HasSuffix(v, "-") || strings.Contains(v, "--") {
				return fmt.Errorf("%q is no fax number", v)
			}
			c.ShopFax = order.FormatPhone(v)
			return nil
		},
		get: func(c *Config) string { return c.ShopFax },
	},
	{
		key: "database.url", about: "PostgreSQL server to use; a private one runs under DATA if empty", secret: true, also: []string{"DATABASE_URL"},
		allowed: "a URL such as postgres://user:password@host:5432/todoke",
		set: func(c *Config, v string) error {
			if v != "" {
				if _, err := pgconn.ParseConfig(v); err != nil {
					return errors.New("it is not a PostgreSQL connection string") // the cause may quote the password
				}
			}
			c.Database.URL = v
			return nil
		},
		get: func(c *Config) string { return c.Database.URL },
	},
	{
		key: "database.bin_dir", about: "PostgreSQL's server programs for the private database; found if empty", also: []string{"PG_BINDIR"},
		allowed: "a folder that holds postgres and initdb",
		set:     func(c *Config, v string) error { c.Database.BinDir = v; return nil },
		get:     func(c *Config) string { return c.Database.BinDir },
	},
	retentionSetting,
	intSetting("database.pool_size", "connections to the database of this process", 4, 500, func(c *Config) *int { return &c.Database.PoolSize }),
	intSetting("workers.reading", "pages read at once", 1, 1024, func(c *Config) *int { return &c.Workers.Reading }),
	costSetting("customer", "everything goes to somebody else", func(c *reader.Costs) *reader.Looks { return &c.Customer }),
	costSetting("item", "something else arrives", func(c *reader.Costs) *reader.Looks { return &c.Item }),
	costSetting("quantity", "too much or too little arrives", func(c *reader.Costs) *reader.Looks { return &c.Quantity }),
	costSetting("ship_to", "it arrives at another of the customer's addresses", func(c *reader.Costs) *reader.Looks { return &c.ShipTo }),
	costSetting("date", "it arrives on another day", func(c *reader.Costs) *reader.Looks { return &c.Date }),
	costSetting("mark", "what is out of stock is sent later, or not", func(c *reader.Costs) *reader.Looks { return &c.Mark }),
	{
		key: "gateways.profiles", about: "the shop's own gateway profiles (*.yaml: todoke gateway list); DATA/gateways if empty", allowed: "a folder",
		set: func(c *Config, v string) error { c.Gateways.Profiles = v; return nil },
		get: func(c *Config) string { return c.Gateways.Profiles },
	},
	{
		key: "gateways.own_numbers", about: "our fax numbers beside shop_fax: never taken for a sender's, and nothing is faxed to them", allowed: "Japanese numbers such as 03-1234-5678, separated by commas",
		set: func(c *Config, v string) error {
			var own []string
			for s := range strings.SplitSeq(v, ",") {
				if s = strings.TrimSpace(s); s == "" {
					continue
				}
				n, ok := order.ParsePhone(s)
				if !ok {
					return fmt.Errorf("%q is no fax number", s)
				}
				own = append(own, order.FormatPhone(n))
			}
			c.Gateways.OwnNumbers = strings.Join(own, ", ")
			return nil
		},
		get: func(c *Config) string { return c.Gateways.OwnNumbers },
	},
	archiveHeadsSetting,
	archiveMailSetting,
	{
		key: "drain_timeout", about: "how long a stop waits for work in progress", allowed: "a duration from 0s to 10m such as 20s",
		set: func(c *Config, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil || d < 0 || d > 10*time.Minute {
				return fmt.Errorf("%q is out of range or no duration", v)
			}
			c.DrainTimeout = d
			return nil
		},
		get: func(c *Config) string { return c.DrainTimeout.String() },
	},
	{
		key: "log.level", about: "least important lines to log", allowed: "debug, info, warn or error",
		set: func(c *Config, v string) error {
			i := slices.Index([]string{"debug", "info", "warn", "error"}, strings.ToLower(v))
			if i < 0 {
				return fmt.Errorf("%q is no level", v)
			}
			c.Log.Level = []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}[i]
			return nil
		},
		get: func(c *Config) string { return strings.ToLower(c.Log.Level.String()) },
	},
	{
		key: "log.format", about: "how lines are written", allowed: "text or json",
		set: func(c *Config, v string) error {
			if v != "text" && v != "json" {
				return fmt.Errorf("%q is no format", v)
			}
			c.Log.Format = v
			return nil
		},
		get: func(c *Config) string { return c.Log.Format },
	},
}

// How many characters there is room for on forms and in the foot of a workbook's pages.
const (
	shopNameLimit = 60
	deskNameLimit = 40
)

// printable sets a text that stands on printed documents.
func printable(field *string, v string, limit int) error {
	if n := utf8.RuneCountInString(v); n > limit || strings.ContainsFunc(v, unicode.IsControl) || !utf8.ValidString(v) {
		return fmt.Errorf("it has %d characters or such as cannot be printed", n)
	}
	*field = v
	return nil
}

// sampleIdentity tells whether printed documents still bear the sample shop's name or its fax
// number, to which no order can be sent.
func (c *Config) sampleIdentity() bool {
	return c.ShopName == form.SampleShop.Name || c.ShopFax == form.SampleShop.Fax
}

func intSetting(key, about string, low, high int, field func(c *Config) *int) setting {
	return setting{
		key: key, about: about, allowed: fmt.Sprintf("a whole number from %d to %d", low, high),
		set: func(c *Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < low || n > high {
				return fmt.Errorf("%q is out of range or no whole number", v)
			}
			*field(c) = n
			return nil
		},
		get: func(c *Config) string { return strconv.Itoa(*field(c)) },
	}
}

// costSetting is what a field read wrongly and accepted unseen costs, in looks of a person.
func costSetting(kind, harm string, field func(c *reader.Costs) *reader.Looks) setting {
	return setting{
		key: "reading.cost_" + kind, about: "looks that a wrong one accepted unseen is worth: " + harm,
		allowed: "a number from 2 to 1000000; a field is accepted from the confidence 1 - 1/cost on",
		set: func(c *Config, v string) error {
			n, err := strconv.ParseFloat(v, 64)
			if err != nil || !(n >= 2 && n <= 1e6) {
				return fmt.Errorf("%q is out of range or no number", v)
			}
			*field(&c.Reading.Costs) = reader.Looks(n)
			return nil
		},
		get: func(c *Config) string { return fmt.Sprint(*field(&c.Reading.Costs)) },
	}
}

func defaultConfig() Config {
	return Config{
		Data:         "data",
		Listen:       "127.0.0.1:8080",
		ShopName:     form.SampleShop.Name,
		DeskName:     form.SampleShop.Desk,
		ShopFax:      form.SampleShop.Fax,
		DeskHours:    defaultDeskHours,
		Database:     DatabaseConfig{PoolSize: 16},
		Workers:      WorkersConfig{Reading: runtime.GOMAXPROCS(0)},
		Reading:      reader.Default(),
		Collect:      defaultCollect(),
		Log:          LogConfig{Level: slog.LevelInfo, Format: "text"},
		DrainTimeout: 20 * time.Second,
		Rules:        rules.Default(),
		SMTP:         defaultSMTP(),
		Payment:      PaymentConfig{Timeout: defaultPaymentTimeout},
		Fax:          FaxConfig{Ways: wayFolder},
		origins:      map[string]string{},
	}
}

// loadConfig gathers the configuration from flags, environment, file and defaults. It reports
// everything that is wrong at once, each with its key and what is allowed.
func loadConfig(f settingFlags, env func(string) (string, bool), environ func() []string) (Config, error) {
	c := defaultConfig()
	var errs []error
	fail := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}

	file, fileValues, rulesNode, err := readConfigFile(f, env)
	fail(err)
	flaggedRules, err := flagRules(f)
	fail(err)
	if rulesNode != nil {
		flaggedRules = append([]rulesSource{{file, rulesNode}}, flaggedRules...)
	}
	fail(setRules(&c, flaggedRules...))
	flags, err := flagValues(f)
	fail(err)
	var variables []string
	if environ != nil {
		variables = environ()
	}
	names := named{mailboxNames(variables, flags, fileValues), partnerNames(variables, flags, fileValues)}
	for _, s := range allSettings(names) {
		v, origin, found := flags[s.key].value, flags[s.key].origin, flags[s.key].origin != ""
		if !found {
			v, origin, found, err = envValue(s, env)
			fail(err)
		}
		if !found {
			if fv, ok := fileValues[s.key]; ok {
				v, origin, found = fv.value, fv.origin, true
			}
		}
		if !found {
			continue
		}
		if err := s.set(&c, v); err != nil {
			fail(order.Invalid("", s.key, fmt.Sprintf("%v: it must be %s (from %s)", err, s.allowed, origin)))
			continue
		}
		c.origins[s.key] = origin
	}
	fail(checkEnvironment(variables, names))
	fail(errors.Join(c.checkMailboxes(), c.checkPartners()))
	if c.Data == "" {
		fail(order.Invalid("", "data", "it must be a folder"))
	}
	c.Blobs = cmp.Or(c.Blobs, filepath.Join(c.Data, "blobs"))
	c.Inbox = cmp.Or(c.Inbox, filepath.Join(c.Data, "inbox"))
	c.Out = cmp.Or(c.Out, filepath.Join(c.Data, "out"))
	c.deliveryDefaults()
	c.Gateways.Profiles = cmp.Or(c.Gateways.Profiles, filepath.Join(c.Data, "gateways"))
	return c, errors.Join(errs...)
}

// given is a value and where it came from, such as "todoke.yaml:3".
type given struct{ value, origin string }

func flagValues(f settingFlags) (map[string]given, error) {
	values := map[string]given{}
	for key, v := range map[string]string{"data": f.DataDir, "database.url": f.DatabaseURL, "listen": f.Listen, "log.level": f.LogLevel, "log.format": f.LogFormat} {
		if v != "" {
			values[key] = given{v, "--" + strings.ReplaceAll(key, ".", "-")}
		}
	}
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(f.Set)) {
		if strings.HasPrefix(key, rulesKey+".") {
			continue // flagRules has it
		}
		if findSetting(key) == nil {
			errs = append(errs, unknownKey(key, bySet, append(settingKeys(key), rulesKeys()...)))
			continue
		}
		if _, twice := values[key]; twice {
			errs = append(errs, order.Invalid("", key, "it is given twice, by its own flag and by --set"))
			continue
		}
		values[key] = given{f.Set[key], bySet}
	}
	return values, errors.Join(errs...)
}

// bySet is the origin of what --set gave.
const bySet = "--set"

// flagRules are the business settings that --set gives, written as in the file; a value that
// YAML takes for something else, such as 16:00, need not be quoted.
func flagRules(f settingFlags) ([]rulesSource, error) {
	var sources []rulesSource
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(f.Set)) {
		name, ok := strings.CutPrefix(key, rulesKey+".")
		if !ok {
			continue
		}
		if known := rulesKeys(); !slices.Contains(known, key) {
			errs = append(errs, unknownKey(key, bySet, known))
			continue
		}
		v := f.Set[key]
		if v == "" || strings.ContainsFunc(v, unicode.IsControl) {
			errs = append(errs, order.Invalid("", key, "its value is empty or has more than one line: todoke config prints every key as it is written (from "+bySet+")"))
			continue
		}
		var scratch rules.Settings
		node, err := rulesPair(name, v, &scratch)
		if err != nil {
			quoted, quotedErr := rulesPair(name, strconv.Quote(v), &scratch)
			if quotedErr == nil {
				node, err = quoted, nil
			}
		}
		if err != nil {
			errs = append(errs, order.Invalid("", key, fmt.Sprintf("%s: todoke config prints every key as it is written (from %s)", yamlMessage(err), bySet)))
			continue
		}
		sources = append(sources, rulesSource{bySet, node})
	}
	return sources, errors.Join(errs...)
}

// rulesPair reads "name: value" as YAML and tries whether it fits into into.
func rulesPair(name, value string, into *rules.Settings) (ast.Node, error) {
	tree, err := parser.ParseBytes([]byte(name+": "+value), 0)
	if err != nil {
		return nil, err
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, errors.New("it is not one value")
	}
	node := tree.Docs[0].Body
	return node, yaml.NodeToValue(node, into, yaml.Strict())
}

// envValue looks a setting up in the environment. A secret may also lie in a file that
// NAME_FILE names, as container platforms hand them over.
func envValue(s setting, env func(string) (string, bool)) (value, origin string, found bool, err error) {
	for _, name := range append([]string{s.env()}, s.also...) {
		v, ok := env(name)
		if s.secret {
			path, byFile := env(name + "_FILE")
			if ok && byFile {
				return "", "", false, order.Invalid("", s.key, "both "+name+" and "+name+"_FILE are set: unset one of them")
			}
			if byFile {
				v, err := readSecret(path)
				if err != nil {
					return "", "", false, order.Invalid("", s.key, name+"_FILE: "+err.Error())
				}
				return v, name + "_FILE", true, nil
			}
		}
		if ok && v != "" {
			return v, name, true, nil
		}
	}
	return "", "", false, nil
}

// secretLimit is the size in bytes above which a secret's file is surely another file.
const secretLimit = 64 << 10

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, secretLimit+1))
	if err != nil {
		return "", err
	}
	v := strings.TrimRight(string(b), "\r\n")
	if v == "" || len(b) > secretLimit {
		return "", fmt.Errorf("%s holds no secret: it is empty or larger than %d bytes", path, secretLimit)
	}
	return v, nil
}

// checkEnvironment finds variables that look like ours and are not: a misspelt one would be
// passed over in silence.
func checkEnvironment(environ []string, names named) error {
	known := []string{envPrefix + "CONFIG"}
	for _, s := range allSettings(names) {
		known = append(known, s.env())
		if s.secret {
			known = append(known, s.env()+"_FILE")
		}
	}
	var errs []error
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
			errs = append(errs, unknownKey(name, "the environment", known))
		}
	}
	return errors.Join(errs...)
}

// configLimit is the size in bytes above which a configuration file is surely another file.
const configLimit = 1 << 20

// readConfigFile reads the configuration file, if there is one: its settings, and the node of
// the rules.
func readConfigFile(f settingFlags, env func(string) (string, bool)) (path string, values map[string]given, rulesNode ast.Node, err error) {
	path, origin := f.ConfigFile, "--config"
	if path == "" {
		path, _ = env(envPrefix + "CONFIG")
		origin = envPrefix + "CONFIG"
	}
	if path == "" {
		path, origin = defaultConfigFile, ""
	}
	file, err := os.Open(path)
	if origin == "" && errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil, nil
	}
	if err != nil {
		return "", nil, nil, order.Invalid("", "config", fmt.Sprintf("%v (from %s)", err, cmp.Or(origin, "the working directory")))
	}
	defer func() { _ = file.Close() }()
	b, err := io.ReadAll(io.LimitReader(file, configLimit+1))
	if err != nil {
		return "", nil, nil, order.Invalid("", "config", err.Error())
	}
	if len(b) > configLimit {
		return "", nil, nil, order.Invalid("", "config", fmt.Sprintf("%s is larger than %d bytes: it is no configuration", path, configLimit))
	}
	values, rulesNode, err = parseConfig(path, b)
	return path, values, rulesNode, err
}

// parseConfig turns a YAML file into values by key, "log.level" for level under log.
func parseConfig(path string, b []byte) (values map[string]given, rulesNode ast.Node, err error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	tree, err := parser.ParseBytes(b, 0)
	if err != nil {
		return nil, nil, order.Invalid("", "config", path+": "+yamlMessage(err))
	}
	values = map[string]given{}
	var errs []error
	if len(tree.Docs) > 1 {
		errs = append(errs, order.Invalid("", "config", path+": it must hold one YAML document"))
	}
	var walk func(prefix string, node ast.Node)
	walk = func(prefix string, node ast.Node) {
		var pairs []*ast.MappingValueNode
		switch n := node.(type) {
		case nil, *ast.NullNode, *ast.CommentGroupNode:
			return
		case *ast.MappingNode:
			pairs = n.Values
		case *ast.MappingValueNode:
			pairs = []*ast.MappingValueNode{n}
		default:
			at := fmt.Sprintf("%s:%d", path, node.GetToken().Position.Line)
			if prefix == "" {
				errs = append(errs, order.Invalid("", "config", at+": it must hold keys and values, such as \"listen: 127.0.0.1:8080\""))
			} else {
				errs = append(errs, order.Invalid("", prefix, fmt.Sprintf("it holds further keys (%s) and no value of its own (from %s)", strings.Join(keysUnder(prefix), ", "), at)))
			}
			return
		}
		for _, pair := range pairs {
			key := pair.Key.GetToken().Value
			if prefix != "" {
				key = prefix + "." + key
			}
			at := fmt.Sprintf("%s:%d", path, pair.Key.GetToken().Position.Line)
			switch {
			case key == rulesKey:
				rulesNode = pair.Value
			case findSetting(key) != nil:
				v, err := scalar(pair.Value)
				if err != nil {
					errs = append(errs, order.Invalid("", key, fmt.Sprintf("%v: it must be %s (from %s)", err, findSetting(key).allowed, at)))
					continue
				}
				if _, twice := values[key]; twice {
					errs = append(errs, order.Invalid("", key, "it is given twice (again at "+at+")"))
					continue
				}
				values[key] = given{v, at}
			case len(keysUnder(key)) > 0:
				walk(key, pair.Value)
			default:
				errs = append(errs, unknownKey(key, at, append(append(settingKeys(key), rulesKey), rulesKeys()...)))
			}
		}
	}
	for _, doc := range tree.Docs {
		walk("", doc.Body)
	}
	return values, rulesNode, errors.Join(errs...)
}

// scalar is a YAML value as its writer wrote it, quotes taken off.
func scalar(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	case nil, *ast.NullNode:
		return "", errors.New("it has no value")
	}
	return "", errors.New("it is not a single value")
}

// rulesSource is business settings as one place gives them.
type rulesSource struct {
	origin string // a file's path, or bySet
	node   ast.Node
}

// place names a line of the source.
func (s rulesSource) place(line int) string {
	if s.origin == bySet {
		return bySet
	}
	return fmt.Sprintf("%s:%d", s.origin, line)
}

// setRules reads the business settings over their defaults, later sources over earlier ones,
// and checks what comes of all.
func setRules(c *Config, sources ...rulesSource) error {
	r := c.Rules
	var origins []string
	for _, s := range sources {
		given, err := decodeRules(&r, s)
		if err != nil {
			return err
		}
		if given && !slices.Contains(origins, s.origin) {
			origins = append(origins, s.origin)
		}
	}
	if len(origins) == 0 {
		return nil
	}
	origin := strings.Join(origins, ", ")
	if err := r.Validate(); err != nil {
		return underRules(err, origin)
	}
	c.Rules = r
	c.origins[rulesKey] = origin
	return nil
}

// decodeRules reads one source over r, and tells whether it gives anything.
func decodeRules(r *rules.Settings, source rulesSource) (bool, error) {
	var pairs []*ast.MappingValueNode
	switch n := source.node.(type) {
	case *ast.NullNode:
		return false, nil
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	}
	known := rulesKeys()
	var errs []error
	for _, pair := range pairs {
		if key := pair.Key.GetToken().Value; !slices.Contains(known, rulesKey+"."+key) {
			errs = append(errs, unknownKey(rulesKey+"."+key, source.place(pair.Key.GetToken().Position.Line), known))
		}
	}
	if len(errs) > 0 {
		return false, errors.Join(errs...)
	}
	if pairs == nil {
		return false, order.Invalid("", rulesKey, "it holds keys and values: todoke config prints them (from "+source.origin+")")
	}
	for _, pair := range pairs { // one by one, so that an error names its key
		if err := yaml.NodeToValue(pair, r, yaml.Strict()); err != nil {
			tok := pair.Key.GetToken()
			errs = append(errs, order.Invalid("", rulesKey+"."+tok.Value,
				fmt.Sprintf("%s: todoke config prints every key as it is written (from %s)", yamlMessage(err), source.place(tok.Position.Line))))
		}
	}
	return true, errors.Join(errs...)
}

// underRules names the keys of the rules' errors as the file has them.
func underRules(err error, path string) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []error
		for _, e := range joined.Unwrap() {
			errs = append(errs, underRules(e, path))
		}
		return errors.Join(errs...)
	}
	if e, ok := errors.AsType[*order.Error](err); ok {
		named := *e
		named.Field, named.Message = rulesKey+"."+e.Field, e.Message+" (from "+path+")"
		return &named
	}
	return err
}

// rulesKeys are the keys under rules.
func rulesKeys() []string {
	var keys []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[rules.Settings]()) { // those of embedded settings, too
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name != "" && name != "-" {
			keys = append(keys, rulesKey+"."+name)
		}
	}
	return keys
}

// yamlMessage is the first line of a YAML error: the rest quotes the file, which may hold
// secrets.
func yamlMessage(err error) string {
	line, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
	return line
}

// named are the mailboxes and the partners that settings are of.
type named struct{ mailboxes, partners []string }

// allSettings are the settings, those of the named mailboxes and partners included.
func allSettings(names named) []setting {
	all := slices.Concat(settings, deskSettings, collectSettings, answerSettings, letterSettings, deliverySettings, paymentSettings)
	for _, name := range names.mailboxes {
		all = append(all, mailboxSettings(name)...)
	}
	for _, name := range names.partners {
		all = append(all, partnerSettings(name)...)
	}
	return all
}

// settingKeys are the keys there are beside key: those of its mailbox or partner are among them.
func settingKeys(key string) []string {
	names := named{[]string{cmp.Or(mailboxOf(key), "NAME")}, []string{cmp.Or(partnerOf(key), "NAME")}}
	keys := make([]string, 0, len(settings)+len(mailboxFields)+len(partnerFields))
	for _, s := range allSettings(names) {
		keys = append(keys, s.key)
	}
	return keys
}

func findSetting(key string) *setting {
	all := allSettings(named{})
	if name := mailboxOf(key); name != "" {
		all = mailboxSettings(name)
	} else if name := partnerOf(key); name != "" {
		all = partnerSettings(name)
	}
	if i := slices.IndexFunc(all, func(s setting) bool { return s.key == key }); i >= 0 {
		return &all[i]
	}
	return nil
}

// keysUnder are the keys that begin with prefix and a dot.
func keysUnder(prefix string) []string {
	return slices.DeleteFunc(settingKeys(prefix), func(k string) bool { return !strings.HasPrefix(k, prefix+".") })
}

func unknownKey(key, origin string, known []string) error {
	message := "there is no such setting (from " + origin + ")"
	if strings.HasPrefix(key, mailboxesKey+".") && mailboxOf(key) == "" {
		return order.Invalid("", key, message+": a mailbox's name is small letters and digits, such as "+mailboxesKey+".fax")
	}
	if strings.HasPrefix(key, partnersKey+".") && partnerOf(key) == "" {
		return order.Invalid("", key, message+": a partner's name is small letters and digits, such as "+partnersKey+".e1")
	}
	if near := nearest(key, known); near != "" {
		message += ": did you mean " + near + "?"
	} else {
		message += ": todoke config prints all of them"
	}
	return order.Invalid("", key, message)
}

// nearest is the known word that s was most likely meant to be, "" if none is near.
func nearest(s string, known []string) string {
	best, bestDistance := "", len(s)/3+2
	for _, k := range known {
		if d := editDistance(strings.ToLower(s), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best != "" {
		return best
	}
	// "level" for log.level: the right word under the wrong key, or under none.
	last := s[strings.LastIndexByte(s, '.')+1:]
	for _, k := range known {
		if k[strings.LastIndexByte(k, '.')+1:] == last {
			return k
		}
	}
	return ""
}

// editDistance is Levenshtein's, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

type configCommand struct{}

func (configCommand) Help() string {
	return "Each setting can come from a flag (--set KEY=VALUE where it has none of its own), the environment variable named beside it " +
		"(" + envPrefix + "LOG_LEVEL for log.level; secrets also from the file that NAME_FILE names), the configuration file, " +
		"or its default: the first of these wins. The rule book's numbers come from --set rules.KEY=VALUE, the file or their defaults. What is printed can be used as a configuration file, once its secrets are filled in."
}

// Run prints the effective configuration as YAML, with where each value came from.
func (configCommand) Run(_ context.Context, app *App) error {
	var b bytes.Buffer
	var group []string
	var names named
	for _, m := range app.Config.Mailboxes {
		names.mailboxes = append(names.mailboxes, m.Name)
	}
	for _, p := range app.Config.Partners {
		names.partners = append(names.partners, p.Name)
	}
	for _, s := range allSettings(names) {
		path := strings.Split(s.key, ".")
		name, heads := path[len(path)-1], path[:len(path)-1]
		for i, head := range heads {
			if !slices.Equal(heads[:i+1], group[:min(i+1, len(group))]) {
				fmt.Fprintf(&b, "%s%s:\n", strings.Repeat("  ", i), head)
			}
		}
		group = heads
		indent := strings.Repeat("  ", len(heads))
		v := s.get(&app.Config)
		if s.secret {
			v = masked(v)
		}
		out := []byte(v)
		if _, err := strconv.Atoi(v); err != nil {
			if out, err = yaml.Marshal(v); err != nil {
				return fmt.Errorf("print %s: %w", s.key, err)
			}
		}
		fmt.Fprintf(&b, "%s%s: %s # %s; %s; from %s\n", indent, name, bytes.TrimSpace(out), s.about, strings.Join(append([]string{s.env()}, s.also...), " or "), cmp.Or(app.Config.origins[s.key], "default"))
	}
	business, err := yaml.Marshal(map[string]any{rulesKey: app.Config.Rules})
	if err != nil {
		return fmt.Errorf("print %s: %w", rulesKey, err)
	}
	fmt.Fprintf(&b, "# the rule book's numbers (no environment variables); from %s\n%s\n", cmp.Or(app.Config.origins[rulesKey], "default"), bytes.TrimSpace(business))
	_, err = app.Stdout.Write(b.Bytes())
	return err
}

// masked hides what a secret holds, and keeps of a connection string what helps to find
// mistakes.
func masked(v string) string {
	if v == "" {
		return ""
	}
	if c, err := pgconn.ParseConfig(v); err == nil && strings.Contains(v, "://") {
		return fmt.Sprintf("postgres://%s:***@%s/%s", c.User, net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), c.Database)
	}
	return "***"
}

// moveData names another data folder, and with it every folder that lies in it by default.
func (c *Config) moveData(dir string) {
	c.Data = dir
	for key, folder := range map[string]*string{"blobs": &c.Blobs, "inbox": &c.Inbox, "out": &c.Out} {
		if c.origins[key] == "" {
			*folder = filepath.Join(dir, key)
		}
	}
	if c.origins["gateways.profiles"] == "" {
		c.Gateways.Profiles = filepath.Join(dir, "gateways")
	}
}
