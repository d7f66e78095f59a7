package mail

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"todoke/order"
	"todoke/templates/typeset"
)

// Message is a mail's subject, one line, and its body, which ends in a line feed.
type Message struct{ Subject, Body string }

// Shop is how the shop signs its mails. Lines of which nothing is known are left out.
type Shop struct {
	Name  string // the shop
	Desk  string // its customer desk
	Phone string // as people write it
	Fax   string // as people write it
	Hours string // when the desk is there
	Web   string // address of the shop's pages
}

// clean makes each of the shop's texts one line.
func (s Shop) clean() Shop {
	for _, f := range []*string{&s.Name, &s.Desk, &s.Phone, &s.Fax, &s.Hours, &s.Web} {
		*f = oneLine(*f)
	}
	return s
}

// signed is what every text can show beside its own value.
type signed[T any] struct {
	Shop Shop
	V    T
}

//go:embed text/*.txt
var files embed.FS

// texts are the mails' texts by file name. The first line is the subject, the second empty;
// the signature is a text of its own, called by name.
var texts = template.Must(template.New("mail").Funcs(template.FuncMap{
	"date": Date, "clock": clock, "yen": order.Yen.Grouped, "rule": func() string { return strings.Repeat("-", lineWidth) },
	"wrap": wrap, "line": oneLine,
}).ParseFS(files, "text/*.txt"))

// lineWidth is how many half-width characters a line has at most (RFC 3676: 78).
const lineWidth = 70

// render fills a text. It fails only where the text does not fit its value, which the tests of
// each kind show.
func render[T any](name string, shop Shop, v T) (Message, error) {
	var b strings.Builder
	if err := texts.ExecuteTemplate(&b, name+".txt", signed[T]{shop.clean(), v}); err != nil {
		return Message{}, fmt.Errorf("render mail %s: %w", name, err)
	}
	subject, body, ok := strings.Cut(b.String(), "\n\n")
	if !ok || strings.Contains(subject, "\n") {
		return Message{}, fmt.Errorf("render mail %s: its text does not begin with a subject", name)
	}
	return Message{Subject: oneLine(subject), Body: strings.TrimRight(body, "\n") + "\n"}, nil
}

// oneLine keeps a text that others wrote from becoming lines of its own: in a subject that would
// be a header (RFC 5322).
func oneLine(s string) string { return strings.Join(strings.Fields(typeset.Clean(s)), " ") }

// wrap breaks a text into lines that a mail can show, each after the first beginning with indent.
func wrap(indent, s string) string {
	const size = 10 // of a face in which a full-width character is one em; only the ratio counts
	width := float64(lineWidth-2*len([]rune(indent))) / 2 * size * typeset.MMPerPoint
	return strings.Join(typeset.Wrap(oneLine(s), width, size, typeset.Regular), "\n"+indent)
}

// Date writes a day as Japanese mails do, with its weekday; no date is said to be told later.
func Date(d order.Date) string {
	if d.IsZero() {
		return "別途ご連絡"
	}
	return fmt.Sprintf("%d年%d月%d日（%s）", d.Year, int(d.Month), d.Day, weekdays[d.Weekday()])
}

var weekdays = [...]string{"日", "月", "火", "水", "木", "金", "土"}

func clock(t time.Time) string {
	t = t.In(order.JST)
	return fmt.Sprintf("%s %d時%02d分", Date(order.DateOf(t)), t.Hour(), t.Minute())
}
