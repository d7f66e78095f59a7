package page

import (
	"fmt"
	"io"
	"net/url"
	"time"

	"todoke/order"
)

// Queue is what waits for a person, the first deadline first.
type Queue struct {
	Frame
	Counts []QueueCount
	// What the queue can be narrowed to.
	Forms, Sources, People []Option
	Rows                   []QueueRow
	Filter                 QueueFilter
	Next                   string // path of the next page; "" on the last
	Self                   string // path and query, for the rows to renew themselves
}

// QueueCount is a tab above the queue.
type QueueCount struct {
	Why      string // "" for everything
	N        int
	ValueYen order.Yen
	Here     bool
	Path     string
}

// QueueFilter is what the queue is narrowed to.
type QueueFilter struct {
	Why, Customer, Source, Who, Form string
}

// QueueRow is one thing that waits.
type QueueRow struct {
	ID         string // of the row
	Path       string
	Name       string
	Why        string
	Text       string // why, in one line
	Rules      string // all of it, with the rules
	Customer   string
	Code       string
	From       string // caller's number, as far as it is claimed
	Source     string
	ValueYen   *order.Yen
	ReceivedAt time.Time
	DeadlineAt time.Time
	Who        string
	Mine       bool
}

// whys are the kinds of work in people's words.
var whys = map[string][2]string{
	"": {"すべて", "All"}, "doubt": {"読み取り確認", "Doubtful readings"}, "rule": {"規則で保留", "Stopped by a rule"},
	"resend": {"再送の疑い", "Sent again?"}, "unknown": {"定型外の用紙", "Other paper"}, "mail": {"メール", "Mails"},
	"failed": {"読めない", "Unreadable"}, "time": {"時刻の確認", "Which time?"}, "hold": {"注文の保留", "Held orders"},
	"delivery": {"送付の失敗", "Failed deliveries"}, "picklist": {"受領待ちリスト", "Lists not acknowledged"}, "payment": {"カード決済", "Card payments"}, "partner": {"倉庫のファイル", "Warehouses' files"},
}

// Claim is who works on a task of the queue.
type Claim struct {
	Task  string // what is claimed
	Taken string // by whom else; "" where it is one's own
}

// Narrowed tells whether the queue shows a part of what waits, beside its kind.
func (f QueueFilter) Narrowed() bool { return f.Customer+f.Source+f.Who+f.Form != "" }

var formNames = map[string][2]string{
	"order": {"FAX注文書", "order form"}, "return": {"返品依頼書", "return request"}, "points": {"ポイント確認依頼用紙", "point inquiry"},
	"prize": {"賞品申込み用紙", "prize application"}, "registration": {"登録内容変更用紙", "registration change"},
}

// FormName is a form, or a kind of document that we issue, in people's words.
func FormName(lang Lang, form string) string {
	if n, ok := formNames[form]; ok {
		return pick(lang, n[0], n[1])
	}
	return IssueKind(lang, form)
}

// WhyName is a kind of work in people's words.
func WhyName(lang Lang, why string) string {
	w, ok := whys[why]
	if !ok {
		return why
	}
	return pick(lang, w[0], w[1])
}

// Left is how long until a deadline: 2:05, 45分, 3日; passed ones say since when.
func Left(lang Lang, deadline, now time.Time) string {
	if deadline.IsZero() {
		return ""
	}
	d := deadline.Sub(now)
	past := d < 0
	d = d.Abs()
	var s string
	switch minutes := int(d.Minutes()); {
	case minutes < 60:
		s = fmt.Sprintf(pick(lang, "%d分", "%d min"), minutes)
	case minutes < 24*60:
		s = fmt.Sprintf(pick(lang, "%d時間%02d分", "%d h %02d"), minutes/60, minutes%60)
	default:
		s = fmt.Sprintf(pick(lang, "%d日", "%d d"), minutes/60/24)
	}
	if past {
		return fmt.Sprintf(pick(lang, "%s経過", "%s ago"), s)
	}
	return s
}

// Urgency is how near a deadline is, as a class of the style sheet.
func Urgency(deadline, now time.Time) string {
	const soon, near = 30 * time.Minute, 2 * time.Hour
	switch d := deadline.Sub(now); {
	case deadline.IsZero():
		return ""
	case d < soon:
		return "bad"
	case d < near:
		return "warn"
	default:
		return ""
	}
}

// NextQuery narrows the next thing that is taken as the queue is narrowed; whom nobody works on is
// taken in any case.
func (v Queue) NextQuery() string { return v.Filter.query(v.Filter.Why, "") }

// Wide is the queue of the same kind of work, not narrowed.
func (v Queue) Wide() string {
	if v.Filter.Why == "" {
		return "/desk/queue"
	}
	return "/desk/queue?why=" + url.QueryEscape(v.Filter.Why)
}

// PathOf is the queue of one kind of work, narrowed as it is.
func (f QueueFilter) PathOf(why string) string {
	if q := f.query(why, f.Who); q != "" {
		return "/desk/queue?" + q
	}
	return "/desk/queue"
}

func (f QueueFilter) query(why, who string) string {
	q := url.Values{}
	for name, v := range map[string]string{"why": why, "customer": f.Customer, "source": f.Source, "who": who, "form": f.Form} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return q.Encode()
}

// Render writes the page.
func (v Queue) Render(w io.Writer) error { return Render(w, v.Lang, "queue", v) }

// QueueRows is the part of the queue that renews itself.
type QueueRows struct{ Queue }

// Render writes the part.
func (v QueueRows) Render(w io.Writer) error { return Render(w, v.Lang, "queue-rows", v.Queue) }
