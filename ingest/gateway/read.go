package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"todoke/ingest/mail"
	"todoke/order"
)

// Kind is what a gateway's mail brings.
type Kind string

// The kinds of mails.
const (
	KindFax       Kind = "fax"       // one that came in
	KindScan      Kind = "scan"      // of a copier: nobody called
	KindFailed    Kind = "failed"    // no fax: one of ours could not be sent
	KindDelivered Kind = "delivered" // no fax: one of ours was sent
)

// Facts are what a gateway says about a transmission. All of it is claims.
type Facts struct {
	Profile string // "" where none fits
	Kind    Kind
	Caller  Number // that the line was called from
	Station Number // that the sending machine gives itself
	Line    Number // ours that was called
	At      time.Time
	AtText  string
	Job     string
	Serial  int64 // the job's number, where the gateway counts by one
	Pages   int   // 0 where not stated

	// Incomplete is why the gateway did not get the whole fax; "" where it does not say so.
	Incomplete string
	// Problems are what is odd about the claims: a withheld or odd number, our own as the sender,
	// a time that is none.
	Problems []string
}

// Number is a number as somebody claims it.
type Number struct {
	Text     string // as written, one line
	Digits   string // as registered numbers are: from the leading 0 on; "" for what is no such number
	Withheld bool   // the caller did not show it
	Own      bool   // it is ours: Digits is empty
}

// Try is one profile against one mail.
type Try struct {
	Profile *Profile
	Missing []string // why the mail is not of this gateway; none where it is
	Found   []Finding
	Facts   Facts
}

// Finding is one fact found.
type Finding struct {
	Fact  string
	By    Pattern
	Text  string
	Value string // "" where the text is no such thing
}

// Read is what the first profile that fits makes of a mail.
func (b *Book) Read(m *mail.Message) Facts {
	t := newTexts(m)
	for _, p := range b.profiles {
		if try := b.try(p, t); len(try.Missing) == 0 {
			return try.Facts
		}
	}
	return Facts{}
}

// placeFile is the name of a file that came into a folder, where no mail is.
const placeFile = "file"

// ReadFile is what the first profile that fits makes of a file's name, by its patterns in file.
func (b *Book) ReadFile(name string) Facts {
	if b == nil {
		return Facts{}
	}
	t := newTexts(&mail.Message{Attachments: []mail.Attachment{{Name: name}}})
	t.seen[placeFile], t.seen["attachment"] = t.in("attachment"), nil
	for _, p := range b.profiles {
		if !slices.ContainsFunc(p.Match, func(m Pattern) bool { return m.In == placeFile }) {
			continue
		}
		if try := b.try(p, t); len(try.Missing) == 0 {
			return try.Facts
		}
	}
	return Facts{}
}

// Explain is what every profile makes of a mail, in the order in which they are tried.
func (b *Book) Explain(m *mail.Message) []Try {
	t := newTexts(m)
	tries := make([]Try, 0, len(b.profiles))
	for _, p := range b.profiles {
		tries = append(tries, b.try(p, t))
	}
	return tries
}

// texts are a mail's places as patterns see them.
type texts struct {
	m    *mail.Message
	seen map[string][]string
}

func newTexts(m *mail.Message) *texts { return &texts{m, map[string][]string{}} }

// maxText is how much of a place is looked at, in bytes.
const maxText = 64 << 10

func (t *texts) in(place string) []string {
	if s, ok := t.seen[place]; ok {
		return s
	}
	var raw []string
	switch name, ofHeader := strings.CutPrefix(place, "header:"); {
	case ofHeader:
		raw = t.m.Header(name)
	case place == "from":
		raw = []string{t.m.From, t.m.FromName}
	case place == "subject":
		raw = []string{t.m.Subject}
	case place == "body":
		raw = []string{t.m.Text}
	case place == "attachment":
		for _, a := range t.m.Attachments {
			raw = append(raw, a.Name)
		}
	}
	out := make([]string, 0, len(raw))
	for _, s := range raw {
		s = strings.ToValidUTF8(s[:min(len(s), maxText)], "")
		s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(norm.NFKC.String(s))
		out = append(out, s)
	}
	t.seen[place] = out
	return out
}

// find is the first of the patterns that finds something.
func (t *texts) find(list []Pattern) (by Pattern, groups []string, ok bool) {
	for _, p := range list {
		for _, s := range t.in(p.In) {
			if found := p.re.FindStringSubmatch(s); found != nil {
				return p, found, true
			}
		}
	}
	return Pattern{}, nil, false
}

// value is what a pattern found: the group value, else the first group, else all of it.
func (p *Pattern) value(groups []string) string {
	i := max(p.re.SubexpIndex("value"), 0)
	if i == 0 && len(groups) > 1 {
		i = 1
	}
	return strings.TrimSpace(oneLine(groups[i]))
}

func oneLine(s string) string {
	const longest = 200
	s = strings.Join(strings.Fields(s), " ")
	return strings.ToValidUTF8(s[:min(len(s), longest)], "")
}

func (b *Book) try(p *Profile, t *texts) Try {
	try := Try{Profile: p, Facts: Facts{Profile: p.Name, Kind: KindFax}}
	f := &try.Facts
	if p.Scan {
		f.Kind = KindScan
	}
	for _, m := range p.Match {
		if _, _, ok := t.find([]Pattern{m}); !ok {
			try.Missing = append(try.Missing, fmt.Sprintf("%s does not hold %s", m.In, m.Find))
		}
	}
	if _, _, ok := t.find(p.Any); !ok && len(p.Any) > 0 {
		try.Missing = append(try.Missing, fmt.Sprintf("none of %d other signs is there, such as %s holding %s", len(p.Any), p.Any[0].In, p.Any[0].Find))
	}
	found := map[string]bool{}
	text := func(fact string, list []Pattern, value func(string) string) {
		by, groups, ok := t.find(list)
		if !ok {
			return
		}
		s := by.value(groups)
		found[fact] = true
		try.Found = append(try.Found, Finding{fact, by, s, value(s)})
	}
	number := func(fact string, list []Pattern, to *Number, sender bool) {
		text(fact, list, func(s string) string {
			*to = b.number(s, sender)
			return to.Digits
		})
	}
	number("caller", p.Caller, &f.Caller, true)
	number("station", p.Station, &f.Station, true)
	number("line", p.Line, &f.Line, false)
	text("pages", p.Pages, func(s string) string {
		f.Pages, _ = strconv.Atoi(s)
		return positive(int64(f.Pages))
	})
	text("job", p.Job, func(s string) string {
		f.Job = s
		if p.Counted {
			f.Serial, _ = strconv.ParseInt(s, 10, 64)
		}
		return s
	})
	if by, groups, ok := t.find(p.Received); ok {
		found["received"] = true
		f.AtText = oneLine(groups[0])
		f.At = instant(by, groups, p.zone)
		value := ""
		if !f.At.IsZero() {
			value = f.At.In(order.JST).Format(time.RFC3339)
		}
		try.Found = append(try.Found, Finding{"received", by, f.AtText, value})
	}
	notice := func(kind Kind, list []Pattern) {
		if by, groups, ok := t.find(list); ok {
			f.Kind = kind
			try.Found = append(try.Found, Finding{string(kind), by, oneLine(groups[0]), ""})
		}
	}
	notice(KindDelivered, p.Delivered)
	notice(KindFailed, p.Failed)
	needed := len(p.Needs) == 0 || f.Kind == KindFailed || f.Kind == KindDelivered
	for _, need := range p.Needs {
		needed = needed || found[need]
	}
	if !needed {
		try.Missing = append(try.Missing, "it states none of "+strings.Join(p.Needs, ", "))
	}
	b.problems(f)
	if by, groups, ok := t.find(p.Incomplete); ok {
		f.Incomplete = cmp.Or(by.value(groups), "it gives no reason")
		try.Found = append(try.Found, Finding{"incomplete", by, f.Incomplete, f.Incomplete})
	}
	return try
}

func positive(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// problems tells what is odd about the claims.
func (b *Book) problems(f *Facts) {
	if f.Kind == KindFailed || f.Kind == KindDelivered {
		return // it is about a fax of ours
	}
	add := func(format string, args ...any) { f.Problems = append(f.Problems, fmt.Sprintf(format, args...)) }
	for _, n := range []struct {
		name string
		Number
	}{{"caller", f.Caller}, {"station", f.Station}} {
		switch {
		case n.Own:
			add("the %s's number %s is our own: the sender is unknown", n.name, n.Text)
		case n.Withheld && n.name == "caller":
			add("the caller withheld the number (%s)", n.Text)
		case n.Digits == "" && n.Text != "" && n.name == "caller":
			add("the caller's number %q is no Japanese number", n.Text)
		}
	}
	if f.AtText != "" && f.At.IsZero() {
		add("the time of receipt %q is none", f.AtText)
	}
}

// withheld are the words that stand where a number is not shown.
var withheld = []string{
	"非通知", "通知不可", "表示圏外", "公衆電話", "番号なし", "不明", "anonymous", "withheld", "private", "unknown", "unavailable", "restricted", "blocked", "<unspecified>", "none",
}

// number reads a claimed number. What follows it on its line, such as a name in brackets, is cut
// off word by word.
func (b *Book) number(text string, sender bool) Number {
	n := Number{Text: text}
	for rest := text; rest != ""; {
		if digits, ok := order.ParsePhone(rest); ok {
			n.Digits = digits
			break
		}
		i := strings.LastIndexAny(rest, " (")
		rest = strings.TrimRight(rest[:max(i, 0)], " (")
	}
	if n.Digits == "" {
		low := strings.ToLower(text)
		for _, w := range withheld {
			n.Withheld = n.Withheld || strings.Contains(low, w)
		}
	}
	if sender && b != nil && b.own[n.Digits] {
		n.Own, n.Digits = true, ""
	}
	return n
}

// Station reads the id that a machine gave itself, as a fax file states it. A nil book knows no
// number of ours.
func (b *Book) Station(text string) Number {
	return b.number(oneLine(norm.NFKC.String(text)), true)
}

var months = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

// instant reads the groups of a time; zero for what is none. A stamp of minute precision counts
// as :00 (CUT-2).
func instant(by Pattern, groups []string, zone *time.Location) time.Time {
	get := func(name string) string {
		if i := by.re.SubexpIndex(name); i >= 0 {
			return groups[i]
		}
		return ""
	}
	num := func(name string) int {
		n, err := strconv.Atoi(cmp.Or(get(name), "0"))
		if err != nil {
			return -1
		}
		return n
	}
	year, month, hour := num("year"), num("month"), num("hour")
	if len(get("year")) == 2 {
		year += 2000
	}
	if month < 0 {
		name := strings.ToLower(get("month"))
		month = months[name[:min(len(name), 3)]]
	}
	switch half := strings.ToLower(cmp.Or(get("ampm"), get("pm"))); {
	case (half == "pm" || half == "午後") && hour < 12:
		hour += 12
	case (half == "am" || half == "午前") && hour == 12:
		hour = 0
	}
	if z := get("zone"); z != "" {
		var ok bool
		if zone, ok = zoneOf(z); !ok {
			return time.Time{}
		}
	}
	day, minute, second := num("day"), num("minute"), num("second")
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, zone)
	if y, m, d := t.Date(); y != year || int(m) != month || d != day || t.Hour() != hour || t.Minute() != minute || t.Second() != second {
		return time.Time{}
	}
	const oldest = 1990 // no fax comes from before
	if year < oldest {
		return time.Time{}
	}
	return t
}

// zoneOf is a zone as mails state it. A name that is not known makes the time none: guessing could
// move it over a cut-off.
func zoneOf(s string) (*time.Location, bool) {
	switch strings.ToUpper(s) {
	case "JST":
		return order.JST, true
	case "Z", "UTC", "GMT", "UT":
		return time.UTC, true
	}
	s = strings.Replace(s, ":", "", 1)
	if t, err := time.Parse("-0700", s); err == nil {
		return t.Location(), true
	}
	return nil, false
}
