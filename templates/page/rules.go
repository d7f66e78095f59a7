package page

import (
	"io"
	"time"

	"todoke/order"
)

// Rules are the tables that the rules work with.
type Rules struct {
	Frame
	Settings []SettingRow
	Regions  []RegionRow
	Days     []DayRow
	Changes  [][]string // of settings, with their head
	Carriers [][]string // days of carriers, with their head
	Versions []Version
	MayEdit  bool
}

// SettingRow is a number of the configuration and the rule that works with it.
type SettingRow struct{ Rule, Japanese, English, Key, Value string }

// RegionRow is a row of the region table.
type RegionRow struct {
	From                                       order.Date // of the row's table
	Code, Prefectures, Postal, Fax, Web, Truck string
	LeadDays                                   int
}

// DayRow is a day that is not as the calendar's rules say.
type DayRow struct {
	On         order.Date
	Kind, Name string
}

// TableEdit is one table as it is edited, as a form and as text.
type TableEdit struct {
	Frame
	Table, Head       string
	Text, Was, Reason string
	Columns           []string
	Rows              [][]string
	Brought           time.Time // of the version that was loaded
	Problems          []string
	Gone, New         []string // lines
	Preview           *RulePreview
	Versions          []Version
	Dated             bool        // its tables hold from a day on, and can be copied for another
	Newer             *NewerTable // what somebody else saved meanwhile
}

// NewerTable is what somebody else saved while a person edited.
type NewerTable struct {
	By, Reason string
	At         time.Time
	Gone, New  []string
}

// RulePreview is what an edited table would change for orders.
type RulePreview struct {
	From, To, On                                   order.Date
	Regions, Warehouses                            int
	Orders, Changed, Earlier, Later, Refused, Fees int
	Planned                                        int
	Capped                                         bool
	Examples                                       []RuleExample
}

// RuleExample is an order that would be told something else.
type RuleExample struct {
	Number, Path, Channel, Prefecture string
	ReceivedAt                        time.Time
	Before, After                     string // arrival, or why it would be refused
	FeeBefore, FeeAfter               string
	RegionBefore, RegionAfter         string
	HouseBefore, HouseAfter           string
}

// Render writes the page.
func (v TableEdit) Render(w io.Writer) error { return Render(w, v.Lang, "table-edit", v) }

var columnNames = map[string][2]string{
	"region": {"地域", "Region"}, "prefectures": {"都道府県（空白区切り）", "Prefectures (blanks between)"}, "postal_prefixes": {"郵便番号の先頭", "Postal prefixes"},
	"cutoff_fax": {"FAX締切", "Fax cut-off"}, "cutoff_web": {"Web締切", "Web cut-off"}, "cutoff_truck": {"トラック締切", "Truck cut-off"}, "lead_days": {"追加日数", "Lead days"},
	"on": {"日付", "Day"}, "kind": {"種別", "Kind"}, "name": {"名称", "Name"}, "from": {"適用日", "From"}, "fee_free_from_yen": {"送料無料となる金額", "Free from, yen"}, "fee_yen": {"送料（税抜）", "Fee, yen"},
	"fee_tax_rate": {"送料の税率（%）", "Fee's tax, %"}, "designated_limit_days": {"お届け希望日の上限（日）", "Designated, days"}, "cancel_window_minutes": {"取消時間（分）", "Cancel window, min"},
	"dispatch_deadline": {"出荷締切", "Dispatch deadline"}, "dispatch_deadline_truck": {"出荷締切（トラック）", "Dispatch, truck"}, "answer_wait_minutes": {"受付回答を待つ（分）", "Answer waits, min"},
	"from_on": {"適用日", "From"}, "to_on": {"終了日", "To"}, "carrier": {"運送会社", "Carrier"}, "class": {"区分", "Class"}, "weekdays": {"曜日", "Weekdays"},
	"fax_quiet_from": {"FAX停止 開始", "No fax from"}, "fax_quiet_to": {"FAX停止 終了", "No fax to"},
}

// ColumnName is a table's column in people's words.
func ColumnName(lang Lang, column string) string {
	if n, ok := columnNames[column]; ok {
		return pick(lang, n[0], n[1])
	}
	return column
}

// Render writes the page.
func (v Rules) Render(w io.Writer) error { return Render(w, v.Lang, "rules", v) }

// Gateways are the profiles that mails of fax gateways are read by.
type Gateways struct {
	Frame
	Profiles []GatewayProfile
	MayEdit  bool
	Reading  *GatewayReading
	Pasted   string
	Problem  string
}

// GatewayProfile is one of them.
type GatewayProfile struct {
	Name, File, About, Origin string
	Off                       bool
}

// GatewayReading is what they make of a mail.
type GatewayReading struct {
	Profile, Kind         string
	Caller, Station, Line string
	ReceivedAt            time.Time
	Job                   string
	Pages                 int
	Incomplete            string
	Problems              []string
	Tries                 []GatewayTry
}

// GatewayTry is what one of them makes of it.
type GatewayTry struct {
	Profile string
	Missing []string
	Found   []GatewayFinding
}

// GatewayFinding is a fact that was found.
type GatewayFinding struct{ Fact, Text, Value, By string }

// Render writes the page.
func (v Gateways) Render(w io.Writer) error { return Render(w, v.Lang, "gateways", v) }

// GatewayEdit is one profile, and what a change of it would read differently.
type GatewayEdit struct {
	Frame
	Name, Text, Origin, File string
	Was                      string      // what is in force
	Newer                    *NewerTable // what somebody else saved meanwhile
	There, Off, MayEdit      bool
	GiveUp                   bool // the text of the desk, for the folder's or the shipped one
	Reason                   string
	After                    int64 // version that the person saw
	Brought                  time.Time
	Problems                 []string
	Gone, New                []string
	Previewed                bool
	Mails, Before, AfterN    int
	More                     int
	Changes                  []GatewayChange
	Versions                 []Version
}

// Version is an earlier or the present state of what is edited at the desk.
type Version struct {
	ID         int64
	At         time.Time
	By, Reason string
	None, Now  bool
	Table      string // of rules
	Name       string
	Gone, New  []string
}

// GatewayChange is a mail that would be read differently.
type GatewayChange struct {
	Document      int64
	At            time.Time
	From, Subject string
	Facts         []GatewayDiff
}

// GatewayDiff is a fact of it.
type GatewayDiff struct{ Fact, Before, After string }

// Render writes the page.
func (v GatewayEdit) Render(w io.Writer) error { return Render(w, v.Lang, "gateway", v) }

var gatewayFacts = map[string][2]string{
	"profile": {"設定", "profile"}, "kind": {"種別", "kind"}, "caller": {"発信番号", "caller"}, "station": {"発信局名", "station"}, "line": {"着信回線", "our line"},
	"received": {"受信時刻", "received"}, "job": {"ジョブ番号", "job"}, "pages": {"頁数", "pages"}, "incomplete": {"不完全", "incomplete"},
}

// GatewayFact is what a profile finds, in people's words.
func GatewayFact(lang Lang, fact string) string {
	if n, ok := gatewayFacts[fact]; ok {
		return pick(lang, n[0], n[1])
	}
	return fact
}

var gatewayKinds = map[string][2]string{
	"fax": {"FAX", "fax"}, "scan": {"スキャン", "scan"}, "failed": {"送信失敗の通知", "notice of a failure"}, "delivered": {"送信完了の通知", "notice of a delivery"},
}

// GatewayValue is a found value in people's words.
func GatewayValue(lang Lang, fact, v string) string {
	if v == "" {
		return pick(lang, "なし", "none")
	}
	if n, ok := gatewayKinds[v]; ok && fact == "kind" {
		return pick(lang, n[0], n[1])
	}
	return v
}
