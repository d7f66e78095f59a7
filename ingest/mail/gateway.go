package mail

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// Facts are what a gateway says about a transmission. They are claims.
type Facts struct {
	Dialect string    // the gateway's way of writing, "" where none was recognised
	Caller  string    // number of the sender, digits with the leading 0; "" where withheld
	At      time.Time // when the fax line received it; zero where not stated
	Job     string    // the gateway's name of the transmission
	Pages   int       // 0 where not stated
}

// dialect is how one kind of gateway writes; each expression's first group is the value. Where
// names the text they are looked for in.
type dialect struct {
	name                   string
	where                  func(m *Message) string
	caller, at, job, pages *regexp.Regexp
}

func body(m *Message) string    { return m.Text }
func subject(m *Message) string { return m.Subject }

// fields are the header fields that fax servers add, one a line.
func fields(m *Message) string {
	var b strings.Builder
	for _, f := range m.header {
		if strings.HasPrefix(f.name, "x-fax-") {
			b.WriteString(f.name + ": " + cleanLine(decodeWords(f.value)) + "\n")
		}
	}
	return b.String()
}

const (
	number = `([+\d][\d ()-]{5,24})`
	when   = `(\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?[ T]{1,3}\d{1,2}[:時]\d{2}(?:[:分]\d{2}秒?|分)?)`
)

// dialects is the table of known gateways; the first that states a caller or a time holds.
var dialects = []dialect{
	{
		name: "header", where: fields,
		caller: regexp.MustCompile(`(?m)^x-fax-(?:caller|callerid|from): *` + number),
		at:     regexp.MustCompile(`(?m)^x-fax-(?:received|date): *` + when),
		job:    regexp.MustCompile(`(?m)^x-fax-(?:job|jobid|id): *([\w.-]{1,64})`),
		pages:  regexp.MustCompile(`(?m)^x-fax-pages: *(\d{1,4})`),
	},
	{
		name: "note-ja", where: body,
		caller: regexp.MustCompile(`(?m)^[ ・■]*(?:発信元|送信元|発信者番号|送信者番号|相手先)(?:番号|FAX番号)?[ ]*:[ ]*` + number),
		at:     regexp.MustCompile(`(?m)^[ ・■]*(?:受信日時|受信時刻|着信日時)[ ]*:[ ]*` + when),
		job:    regexp.MustCompile(`(?m)^[ ・■]*(?:ジョブ番号|受付番号|受信番号|ジョブID)[ ]*:[ ]*([\w.-]{1,64})`),
		pages:  regexp.MustCompile(`(?m)^[ ・■]*(?:ページ数|枚数|受信枚数)[ ]*:[ ]*(\d{1,4})`),
	},
	{
		name: "note-en", where: body,
		caller: regexp.MustCompile(`(?mi)^[ *]*(?:caller id|caller|from number|sender)[ ]*:[ ]*` + number),
		at:     regexp.MustCompile(`(?mi)^[ *]*(?:received at|received|date)[ ]*:[ ]*` + when),
		job:    regexp.MustCompile(`(?mi)^[ *]*(?:job id|job|job number|reference)[ ]*:[ ]*([\w.-]{1,64})`),
		pages:  regexp.MustCompile(`(?mi)^[ *]*(?:pages|page count)[ ]*:[ ]*(\d{1,4})`),
	},
	{
		name: "subject", where: subject,
		caller: regexp.MustCompile(`(?i)\bFAX(?:受信|着信)?\]?[ ]+(?:from )?` + number + `(?:\s|$|\()`),
		at:     regexp.MustCompile(when),
		job:    regexp.MustCompile(`(?i)\bjob[ #:]*([\w.-]{1,64})`),
		pages:  regexp.MustCompile(`(\d{1,4})[ ]*(?:ページ|枚|pages?\b|p\b)`),
	},
}

// Gateway finds what a fax gateway says about the transmission in header, text or subject.
func (m *Message) Gateway() Facts {
	for _, d := range dialects {
		text := plainDigits(d.where(m))
		find := func(re *regexp.Regexp) string {
			if s := re.FindStringSubmatch(text); s != nil {
				return strings.TrimSpace(s[1])
			}
			return ""
		}
		f := Facts{Dialect: d.name, Caller: caller(find(d.caller)), At: instant(find(d.at)), Job: find(d.job)}
		if f.Caller == "" && f.At.IsZero() {
			continue
		}
		f.Pages, _ = strconv.Atoi(find(d.pages))
		return f
	}
	return Facts{}
}

// plainDigits turns full-width ASCII and spaces into plain ones.
func plainDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		case r == '\r':
			return '\n'
		}
		return r
	}, s)
}

// caller writes a number as registered numbers are: digits from the leading 0 on.
func caller(s string) string {
	plus := strings.HasPrefix(s, "+")
	var b strings.Builder
	for _, r := range s {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	n := b.String()
	if rest, japan := strings.CutPrefix(n, "81"); japan && plus {
		return "0" + strings.TrimPrefix(rest, "0")
	}
	if plus || len(n) < 6 {
		return ""
	}
	return n
}

var dateSeparators = strings.NewReplacer("年", "-", "月", "-", "日", " ", "/", "-", ".", "-", "時", ":", "分", ":", "秒", "", "T", " ")

// instant reads a clock time in Japan; a stamp of minute precision counts as :00 (CUT-2).
func instant(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	s = strings.TrimSuffix(strings.Join(strings.Fields(dateSeparators.Replace(s)), " "), ":")
	for _, layout := range []string{"2006-1-2 15:4:5", "2006-1-2 15:4"} {
		if t, err := time.ParseInLocation(layout, s, order.JST); err == nil {
			return t
		}
	}
	return time.Time{}
}
