package page

import (
	"io"
	"time"

	"todoke/order"
)

// Orders is a list of orders, the newest first.
type Orders struct {
	Frame
	Filter    OrdersFilter
	States    []Option
	Rows      []OrderRow
	Documents []IntakeRow // that came in and fit, orders or not
	Issued    *Link       // what was sent, where its number was typed
	Hint      string      // why the list may not be what was looked for
	Next      string      // path of the next page; "" on the last
}

// OrdersFilter is what the list is narrowed to.
type OrdersFilter struct{ Q, State, Channel, Day string }

// Option is a choice of a field.
type Option struct {
	Value, Text string
	Here        bool
}

// OrderRow is an order in a list.
type OrderRow struct {
	Path, Number, State, Why string
	Company, Department      string
	Code                     string
	Channel                  string
	ReceivedAt               time.Time
	Goods                    order.Yen
	Lines, Short             int
	ArrivalOn                order.Date
	Done                     bool // shipped or cancelled
}

// states are those of orders in people's words, with how they look.
var states = map[string][3]string{
	"held": {"保留", "held", "warn"}, "accepted": {"受付", "accepted", "accent"}, "short": {"入荷待ち", "short", "warn"},
	"allocated": {"引当済", "allocated", "good"}, "released": {"出荷指示", "released", "good"}, "shipped": {"出荷済", "shipped", ""},
	"cancelled": {"取消", "cancelled", "bad"},
	// of shipments, deliveries and answers
	"planned": {"予定", "planned", "accent"}, "waiting": {"送信待ち", "waiting", "accent"}, "sent": {"送信済", "sent", "good"},
	"delivered": {"到着確認", "delivered", "good"}, "failed": {"失敗", "failed", "bad"}, "resent": {"再送済", "sent again", ""},
	"given_up": {"中止", "given up", ""},
	"told":     {"回答済", "told", "good"}, "needless": {"回答不要", "nothing to say", ""}, "desk": {"要連絡", "to be told", "warn"}, "done": {"連絡済", "told by hand", "good"},
	// of pages and documents
	"received": {"読み取り待ち", "to be read", "accent"}, "review": {"確認待ち", "in review", "warn"}, "split": {"メール分割", "split", ""},
	"approval_asked": {"承認待ち", "waits for approval", "warn"}, "approval_level1": {"二次承認待ち", "waits for the second level", "warn"}, "approval_approved": {"承認済み", "approved", "good"},
	"approval_refused": {"否認", "refused", "bad"}, "approval_expired": {"期限切れ", "lapsed", ""}, "approval_withdrawn": {"取り下げ", "withdrawn", ""},
	"read": {"読み取り済", "read", "good"}, "ordered": {"受注", "ordered", "good"}, "refused": {"お断り", "refused", ""},
	"duplicate": {"重複", "duplicate", ""}, "junk": {"不要", "junk", ""}, "blank": {"白紙", "blank", ""}, "cover": {"送付状", "cover", ""}, "handled": {"処理済", "handled", ""},
	// of partners' files
	"file_received": {"読み取り待ち", "to be read", "accent"}, "file_applied": {"取込済", "applied", "good"}, "file_asks": {"要判断", "asks", "warn"}, "file_refused": {"取込不可", "refused", "bad"},
	// of requests to dealers
	"open": {"回答待ち", "open", "warn"}, "answered": {"回答あり", "answered", "accent"}, "closed": {"完了", "closed", ""},
}

// StateName is where something stands in people's words.
func StateName(lang Lang, state string) string {
	if s, ok := states[state]; ok {
		return pick(lang, s[0], s[1])
	}
	return state
}

func stateLook(state string) string { return states[state][2] }

var channels = map[string][2]string{"fax": {"FAX", "fax"}, "web": {"Web", "web"}, "mail": {"メール", "mail"}, "folder": {"フォルダ", "folder"}, "email": {"メール", "mail"}, "sftp": {"SFTP", "SFTP"}, "http": {"HTTPS送信", "HTTPS push"}, "api": {"API", "API"}, "desk": {"手作業", "by hand"}}

// ChannelName is a way that orders come or documents go in people's words.
func ChannelName(lang Lang, c string) string {
	if n, ok := channels[c]; ok {
		return pick(lang, n[0], n[1])
	}
	return c
}

// Render writes the page.
func (v Orders) Render(w io.Writer) error { return Render(w, v.Lang, "orders", v) }
