package page

import (
	"io"
	"time"

	"todoke/order"
)

// Rules are the tables that the rules work with.
type Rules struct {
	Frame
	Settings                []SettingRow
	Regions                 []RegionRow
	Days                    []DayRow
	RegionsCSV, CalendarCSV string
	MayEdit                 bool
	Edit                    *TableEdit
}

// SettingRow is a number of the configuration and the rule that works with it.
type SettingRow struct{ Rule, Japanese, English, Key, Value string }

// RegionRow is a row of the region table.
type RegionRow struct {
	Code, Prefectures, Postal, Fax, Web, Truck string
	LeadDays                                   int
}

// DayRow is a day that is not as the calendar's rules say.
type DayRow struct {
	On         order.Date
	Kind, Name string
}

// TableEdit is an edited table before it is saved.
type TableEdit struct {
	Table, Text, Was, Reason string
	Problems                 []string
	Gone, New                []string // lines
}

// Render writes the page.
func (v Rules) Render(w io.Writer) error { return Render(w, v.Lang, "rules", v) }

// Gateways are the profiles that mails of fax gateways are read by.
type Gateways struct {
	Frame
	Profiles []GatewayProfile
	Reading  *GatewayReading
	Pasted   string
	Problem  string
}

// GatewayProfile is one of them.
type GatewayProfile struct{ Name, File, About string }

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
