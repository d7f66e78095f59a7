package page

import (
	"io"
	"time"
)

// Audit is one field that a person keys blind: its picture, and nothing of what was read.
type Audit struct {
	Frame
	ID       int64 // 0 where none is left
	Field    string
	Kind     string
	Hint     string
	Left     int // with this one
	Disputed bool
	Again    string // what is wrong with what was keyed
	MayLead  bool
}

// Render writes the page.
func (v Audit) Render(w io.Writer) error { return Render(w, v.Lang, "audit", v) }

// AuditReport is how often the reader is wrong, and what its errors came to.
type AuditReport struct {
	Frame
	Days     int
	From, To time.Time
	Kinds    []AuditRow
	Bands    []AuditRow
	Persons  []AuditRow
	Weighted string
	Errors   []AuditError
	Problem  string
}

// AuditRow is a row of figures with exact bounds of 95 %.
type AuditRow struct {
	Name                      string
	Audited, Errors           int
	Rate, Lower, Upper        string
	Target, Share, Expected   string
	Read, Waiting, Unreadable int
	Over                      bool // even the lower bound is above the target
}

// AuditError is an error of the reader that audits found.
type AuditError struct {
	ID             int64
	At             time.Time
	Page, PagePath string
	Field          string
	Reading, Truth string
	Confidence     string
	Order, Path    string
	Held           bool
}

// Render writes the page.
func (v AuditReport) Render(w io.Writer) error { return Render(w, v.Lang, "audit-report", v) }

var readingKinds = map[string][2]string{
	"customer": {"お客様コード", "Customer code"}, "item": {"商品コード", "Item code"}, "quantity": {"数量", "Quantity"},
	"ship_to": {"お届け先コード", "Ship-to"}, "date": {"日付", "Date"}, "mark": {"マーク", "Mark"}, "all": {"全体", "All"},
}

// ReadingKind is a kind of field in people's words.
func ReadingKind(lang Lang, kind string) string {
	if k, ok := readingKinds[kind]; ok {
		return pick(lang, k[0], k[1])
	}
	return kind
}
