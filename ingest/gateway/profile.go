package gateway

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"todoke/order"
)

// Profile is how one kind of gateway writes, as its YAML file gives it. Every list of patterns is
// tried in its order, and the first that finds something holds.
type Profile struct {
	Name  string `yaml:"name"`  // in small letters; a shop's profile takes the place of a shipped one of its name
	About string `yaml:"about"` // one line for people
	Off   bool   `yaml:"off"`   // never used; with a shipped one's name it turns that off
	Scan  bool   `yaml:"scan"`  // a copier's scan: no fax line had it, and nobody called

	Match []Pattern `yaml:"match"` // all must be found, or the mail is not of this gateway
	Any   []Pattern `yaml:"any"`   // one at least must be found, or it is not
	Needs []string  `yaml:"needs"` // facts of which one at least must be found, or it is not

	Caller   []Pattern `yaml:"caller"`   // number that the line was called from
	Station  []Pattern `yaml:"station"`  // id that the sending machine gives itself (TSI)
	Line     []Pattern `yaml:"line"`     // our number that was called
	Received []Pattern `yaml:"received"` // when; by groups year, month, day, hour, minute
	Pages    []Pattern `yaml:"pages"`
	Job      []Pattern `yaml:"job"`
	Zone     string    `yaml:"zone"`    // of times that state none; Asia/Tokyo if empty
	Counted  bool      `yaml:"counted"` // jobs are numbers that go up by one: a gap is a fax that never came

	Incomplete []Pattern `yaml:"incomplete"` // the gateway did not get the whole fax; what it finds says why
	Failed     []Pattern `yaml:"failed"`     // no fax came: one of ours could not be sent
	Delivered  []Pattern `yaml:"delivered"`  // no fax came: one of ours was sent

	file string // for errors and people
	text string // as it was written
	zone *time.Location
}

// Pattern is where to look and what for. Find is a regular expression (RE2) in which {{number}},
// {{digits}}, {{when}}, {{date}}, {{count}} and {{job}} stand for such a thing; else its first
// group, or the whole of it, is the value. Full-width and half-width forms are one (NFKC).
type Pattern struct {
	In   string `yaml:"in"` // from, subject, body, attachment, header:NAME, or file for what comes into a folder
	Find string `yaml:"find"`

	re *regexp.Regexp
}

// Limits of what a profile's file may hold.
const (
	maxFile     = 64 << 10 // bytes
	maxNested   = 200
	maxFiles    = 200
	maxPatterns = 40  // of one fact
	maxFind     = 500 // bytes, before the words in braces are written out
)

// words are what stands in braces in an expression.
var words = map[string]string{
	"number": `(?P<value>\+?[\d(][\d ()./‐‑–−-]{4,28}\d|[^\s:][^\n]{0,59})`, // or what is written instead of one
	"digits": `(?P<value>\+?[\d(][\d ()./‐‑–−-]{4,28}\d)`,
	"when": `(?P<year>\d{4})[-/年.:](?P<month>\d{1,2})[-/月.:](?P<day>\d{1,2})日?(?: ?\([^)\n]{1,3}\))?[ T,]{0,3}` +
		`(?P<ampm>午前|午後|(?i:[AP]M))? ?(?P<hour>\d{1,2})[:時](?P<minute>\d{1,2})(?:[:分](?P<second>\d{1,2}))?[分秒]?` +
		`(?:\.\d{1,9})?(?: ?(?P<pm>(?i:[AP]M))\b)?(?: ?\(?(?P<zone>Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})\b\)?)?`,
	"date": `(?:[A-Z][a-z]{2}, ?)?(?P<day>\d{1,2}) (?P<month>[A-Z][a-z]{2})[a-z]* (?P<year>\d{4}) ` +
		`(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?: (?P<zone>[A-Z]{1,4}|[+-]\d{4})\b)?`,
	"count": `(?P<value>\d{1,4})`,
	"job":   `(?P<value>\w(?:[\w.-]{0,62}\w)?)`,
}

var (
	wordInBraces = regexp.MustCompile(`\{\{([a-z]*)\}\}`)
	profileName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	headerName   = regexp.MustCompile(`^[A-Za-z0-9-]{1,60}$`)
	groups       = []string{"", "value", "year", "month", "day", "hour", "minute", "second", "ampm", "pm", "zone"}
)

// facts are the lists of patterns that find something, by their key in the file.
func (p *Profile) facts() map[string][]Pattern {
	return map[string][]Pattern{
		"caller": p.Caller, "station": p.Station, "line": p.Line, "received": p.Received, "pages": p.Pages, "job": p.Job,
	}
}

//go:embed profiles/*.yaml
var shipped embed.FS

// Book is the profiles in the order in which they are tried: the shop's own first.
type Book struct {
	profiles []*Profile
	all      []*Profile      // with those that are turned off
	own      map[string]bool // our numbers
}

// Stored is a profile that is kept in a database: File names its place for errors and people. One
// with the name of another takes its place, wherever that is; others come first.
type Stored struct{ Name, File, Text string }

// Load reads the shipped profiles and those in dir (*.yaml, in the order of their names); "" and a
// folder that is not there hold none. own are our fax numbers, digits, which are never a sender's.
// The error names everything that is wrong with any file.
func Load(dir string, own []string) (*Book, error) { return LoadWith(dir, nil, own) }

// LoadWith is Load with profiles that are stored elsewhere.
func LoadWith(dir string, stored []Stored, own []string) (*Book, error) {
	b := &Book{own: map[string]bool{}}
	for _, n := range own {
		b.own[n] = true
	}
	var errs []error
	mine, err := readFolder(dir)
	errs = append(errs, err)
	files, err := fs.Glob(shipped, "profiles/*.yaml")
	errs = append(errs, err)
	names := map[string]string{}
	var all []*Profile
	add := func(p *Profile, replace bool) {
		if first, taken := names[p.Name]; taken {
			if !replace {
				errs = append(errs, order.Invalid("", "gateways", fmt.Sprintf("%s: the name %s is taken by %s", p.file, p.Name, first)))
			}
			return
		}
		names[p.Name] = p.file
		all = append(all, p)
	}
	for _, p := range mine {
		add(p, false)
	}
	for _, file := range files {
		data, err := shipped.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read profile: %w", err)
		}
		p, err := Parse("shipped "+filepath.Base(file), data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		add(p, true)
	}
	var first []*Profile
	for _, x := range stored {
		p, err := Parse(x.File, []byte(x.Text))
		if err == nil && p.Name != x.Name {
			err = order.Invalid("", "gateways", fmt.Sprintf("%s: name: it is kept as %s and calls itself %s", x.File, x.Name, p.Name))
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if i := slices.IndexFunc(all, func(o *Profile) bool { return o.Name == p.Name }); i >= 0 {
			all[i] = p
		} else {
			first = append(first, p)
		}
	}
	b.all = slices.Concat(first, all)
	for _, p := range b.all {
		if !p.Off {
			b.profiles = append(b.profiles, p)
		}
	}
	return b, errors.Join(errs...)
}

// Only is a book of one profile, to try it out.
func Only(p *Profile, own []string) *Book {
	b := &Book{profiles: []*Profile{p}, own: map[string]bool{}}
	for _, n := range own {
		b.own[n] = true
	}
	return b
}

// Profiles are the profiles in the order in which they are tried.
func (b *Book) Profiles() []*Profile { return slices.Clone(b.profiles) }

// All are the profiles with those that are turned off.
func (b *Book) All() []*Profile { return slices.Clone(b.all) }

// File tells where the profile stands.
func (p *Profile) File() string { return p.file }

// Text is the profile as it was written.
func (p *Profile) Text() string { return p.text }

func readFolder(dir string) ([]*Profile, error) {
	files, err := profileFiles(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, order.Invalid("", "gateways", err.Error())
	}
	var out []*Profile
	var errs []error
	for i, name := range files {
		if i >= maxFiles {
			errs = append(errs, order.Invalid("", "gateways", fmt.Sprintf("%s holds more than %d profiles", dir, maxFiles)))
			break
		}
		p, err := ReadFile(filepath.Join(dir, name))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

// profileFiles are the names of a folder's profiles, in order: of more than there may be, one more.
func profileFiles(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if ext := strings.ToLower(filepath.Ext(e.Name())); !e.IsDir() && (ext == ".yaml" || ext == ".yml") && len(out) <= maxFiles {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// ReadFile reads one profile.
func ReadFile(path string) (*Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, order.Invalid("", "gateways", err.Error())
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, order.Invalid("", "gateways", err.Error())
	}
	return Parse(path, data)
}

// nested is how deep a file may be nested at most: its parser would take all memory, or all of the
// stack, for one that is nested without end.
func nested(data []byte) (most int) {
	open := 0
	for line := range bytes.Lines(data) {
		marks := 0
		for _, mark := range []string{"- ", "? ", "-\t", "?\t", ": ", "!", "&"} {
			marks += bytes.Count(line, []byte(mark))
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			most = max(most, open)
		}
		most = max(most, marks)
	}
	return most
}

// Parse reads and checks one profile. The error names everything that is wrong with it; file is
// its place, for errors.
func Parse(file string, data []byte) (*Profile, error) {
	fail := func(format string, args ...any) error {
		return order.Invalid("", "gateways", file+": "+fmt.Sprintf(format, args...))
	}
	if len(data) > maxFile {
		return nil, fail("it is larger than %d bytes: it is no profile", maxFile)
	}
	if nested(data) > maxNested {
		return nil, fail("it is nested more than %d deep: it is no profile", maxNested)
	}
	p := &Profile{file: file, text: string(data)}
	if err := yaml.UnmarshalWithOptions(data, p, yaml.Strict()); err != nil {
		line, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
		return nil, fail("%s", line)
	}
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fail(format, args...)) }
	if !profileName.MatchString(p.Name) {
		add("name: %q is no name: use up to 40 small letters, digits and hyphens", p.Name)
	}
	if p.Off {
		return p, errors.Join(errs...)
	}
	const tokyo = "Asia/Tokyo"
	if p.zone = order.JST; cmp.Or(p.Zone, tokyo) != tokyo { // that one needs no machine's tables
		var err error
		if p.zone, err = time.LoadLocation(p.Zone); err != nil || strings.EqualFold(p.Zone, "local") {
			add("zone: %q is no time zone: use one such as Asia/Tokyo or UTC", p.Zone)
		}
	}
	facts := p.facts()
	known := slices.Sorted(maps.Keys(facts))
	for _, need := range p.Needs {
		if len(facts[need]) == 0 {
			add("needs: %q is none of %s that the profile finds", need, strings.Join(known, ", "))
		}
	}
	if len(p.Match)+len(p.Any)+len(p.Needs) == 0 {
		add("match: without match, any or needs every mail would be of this gateway")
	}
	if len(p.Failed)+len(p.Delivered) > 0 && len(p.Match)+len(p.Any) == 0 {
		add("match: without match or any every mail that speaks of a failure would be this gateway's notice")
	}
	for key, list := range facts {
		errs = append(errs, compileAll(list, key, fail)...)
	}
	for key, list := range map[string][]Pattern{"match": p.Match, "any": p.Any, "incomplete": p.Incomplete, "failed": p.Failed, "delivered": p.Delivered} {
		errs = append(errs, compileAll(list, key, fail)...)
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

// compileAll compiles the patterns in place.
func compileAll(list []Pattern, key string, fail func(string, ...any) error) (errs []error) {
	if len(list) > maxPatterns {
		return []error{fail("%s: more than %d patterns", key, maxPatterns)}
	}
	for i := range list {
		if err := list[i].compile(key == "received"); err != nil {
			errs = append(errs, fail("%s[%d]: %v", key, i+1, err))
		}
	}
	return errs
}

func (p *Pattern) compile(when bool) error {
	switch name, ofHeader := strings.CutPrefix(p.In, "header:"); {
	case ofHeader && !headerName.MatchString(name):
		return fmt.Errorf("in: %q names no header field", p.In)
	case !ofHeader && !slices.Contains([]string{"from", "subject", "body", "attachment", placeFile}, p.In):
		return fmt.Errorf("in: %q is none of from, subject, body, attachment, header:NAME", p.In)
	case p.Find == "" || len(p.Find) > maxFind:
		return fmt.Errorf("find: an expression has 1 to %d bytes", maxFind)
	}
	var unknown error
	text := wordInBraces.ReplaceAllStringFunc(p.Find, func(s string) string {
		w, ok := words[strings.Trim(s, "{}")]
		if !ok {
			unknown = fmt.Errorf("find: %s is none of {{%s}}", s, strings.Join(slices.Sorted(maps.Keys(words)), "}}, {{"))
		}
		return w
	})
	if unknown != nil {
		return unknown
	}
	re, err := regexp.Compile("(?m)" + text)
	if err != nil {
		return fmt.Errorf("find: %q is no expression: %s", p.Find, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	for _, name := range re.SubexpNames() {
		if !slices.Contains(groups, name) {
			return fmt.Errorf("find: group %q is none of %s", name, strings.Join(groups[1:], ", "))
		}
	}
	if when {
		for _, name := range []string{"year", "month", "day", "hour", "minute"} {
			if re.SubexpIndex(name) < 0 {
				return fmt.Errorf("find: a time needs {{when}}, {{date}} or the groups year, month, day, hour and minute: %s is missing", name)
			}
		}
	}
	p.re = re
	return nil
}
