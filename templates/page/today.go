package page

import (
	"io"
	"strings"
	"time"

	"todoke/order"
)

// Today is the overview of one day.
type Today struct {
	Frame
	On               order.Date
	IsToday          bool
	Before, After    order.Date // the days beside it; zero where none is to come
	Tiles            []Tile
	Hours            HourPlot
	Waiting          []DeadlineBar
	WaitingOf        int
	Accepted         []ChannelRow
	Waves            []WaveRow
	Runs             []RunRow
	OpenRuns         []OpenRunRow
	Short            []ShortRow
	Deliveries       []DeliveryRow
	Unsealed         int
	UnsealedText     string
	SealedSeq        int64
	SealedAt, HeadAt time.Time
	MayRun           bool
}

// Tile is one figure, and where its list is.
type Tile struct {
	Label, Value, Note, Path string
	Mood                     string // "", good, warn, bad
}

// HourPlot is what came in by hour and channel: bars that are stacked.
type HourPlot struct {
	Columns []HourColumn
	Lines   []PlotLine // the scale
	Totals  []ChannelTotal
	Most    int
	N       int
}

// HourColumn is one hour.
type HourColumn struct {
	Hour, X, N     int
	Fax, Web, Mail int
	Bars           []Bar
	Label          bool // whether the axis names it
}

// Bar is one rectangle.
type Bar struct {
	Channel    string
	X, Y, W, H int
}

// PlotLine is a line of the scale and what it stands for.
type PlotLine struct {
	Y, N int
}

// ChannelTotal is a channel's part of the day.
type ChannelTotal struct {
	Channel string
	N       int
}

// DeadlineBar is what waits until one dispatch deadline.
type DeadlineBar struct {
	Late       bool
	DeadlineAt time.Time
	N          int
	ValueYen   order.Yen
	Path       string
	W          int // of the bar
}

// ChannelRow is a channel's orders of the day.
type ChannelRow struct {
	Channel  string
	N        int
	ValueYen order.Yen
	Touched  int
	Share    string // that no person touched
	W        int    // of its bar
}

// WaveRow is one pick list of a wave.
type WaveRow struct {
	At                       time.Time
	Warehouse, Class, Number string
	Orders, Lines            int
	Qty                      int64
	IssuedAt, ShippedAt      time.Time
}

// RunRow is a run of a schedule.
type RunRow struct {
	Schedule          string
	DueAt, FinishedAt time.Time
	Did               string
	Path              string // of a page that tells it
	By, Reason        string
	Late              bool
}

// OpenRunRow is a run that is not finished.
type OpenRunRow struct {
	Schedule string
	DueAt    time.Time
	State    string
	Error    string
	Failed   bool
	Attempt  int
	Again    string // where it is run once more
}

// ShortRow is an item that orders wait for.
type ShortRow struct {
	Code, Name string
	Qty        int64
	Orders     int
	RestockOn  order.Date
	W          int // of the bar
}

// DeliveryRow is how a channel's deliveries of the day stand.
type DeliveryRow struct {
	Channel                          string
	Waiting, Sent, Delivered, Failed int
	Settled                          int // resent or given up by a person
	Bars                             []Bar
}

// Render writes the page.
func (v Today) Render(w io.Writer) error { return Render(w, v.Lang, "today", v) }

// TodayList is a list behind one of the overview's numbers.
type TodayList struct {
	Frame
	On    order.Date
	Dated bool // whether it is a day's, or what there is now
	Name  string
	Head  string
	Rows  []TodayEntry
	Next  string
}

// TodayEntry is one row of it.
type TodayEntry struct {
	ID                                 int64
	At                                 time.Time
	Kind, Name, Path, Customer, Detail string
	State                              string
	ValueYen                           *order.Yen
}

// Says is what stands beside it in people's words.
func (e TodayEntry) Says(lang Lang) string {
	source, rest, _ := strings.Cut(e.Detail, " ")
	if name := SourceName(lang, source); name != source {
		return strings.TrimSpace(name + " " + rest)
	}
	return Saying(lang, e.Detail)
}

// Render writes the page.
func (v TodayList) Render(w io.Writer) error { return Render(w, v.Lang, "today-list", v) }

// Runs is the cron table with what its runs did.
type Runs struct {
	Frame
	Schedules []ScheduleRow
	Open      []OpenRunRow
	Runs      []RunRow
	Schedule  string // that the runs are narrowed to
	MayRun    bool
	Ask       RunAsk
	Next      string
}

// ScheduleRow is one schedule.
type ScheduleRow struct {
	Name, Cron      string
	Does            string
	LastAt, EndedAt time.Time
	NextAt          time.Time
}

// RunAsk is what a person typed into the form of a run by hand.
type RunAsk struct {
	Schedule, At, Reason, Problem string
}

// Render writes the page.
func (v Runs) Render(w io.Writer) error { return Render(w, v.Lang, "runs", v) }

var overviewWords = map[string][2]string{
	"fax": {"FAX", "Fax"}, "web": {"Web", "Web"}, "mail": {"メール", "Mail"}, "folder": {"フォルダ", "Folder"}, "sftp": {"SFTP", "SFTP"}, "http": {"HTTP", "HTTP"},
	"normal": {"通常", "Normal"}, "truck": {"トラックマーク", "Truck"}, "phone": {"電話マーク", "Phone"},
	"held": {"保留", "held"}, "accepted": {"受付済み", "accepted"}, "short": {"欠品", "short"}, "allocated": {"引当済み", "allocated"},
	"released": {"出荷指示済み", "released"}, "shipped": {"出荷済み", "shipped"}, "cancelled": {"取消", "cancelled"},
	"received": {"読み取り待ち", "to be read"}, "review": {"確認待ち", "in review"}, "split": {"添付に分割", "split"}, "read": {"読み取り済み", "read"},
	"ordered": {"注文済み", "ordered"}, "refused": {"受付不可", "refused"}, "duplicate": {"重複", "duplicate"}, "junk": {"対象外", "junk"},
	"notice": {"通知", "notice"}, "settled": {"確定", "settled"}, "open": {"未処理", "open"},
	"waiting": {"送付待ち", "waiting"}, "sent": {"送付済み", "sent"}, "delivered": {"到着確認", "delivered"}, "failed": {"失敗", "failed"},
	"resent": {"再送済み", "resent"}, "given_up": {"中止", "given up"},
	"available": {"開始待ち", "available"}, "running": {"実行中", "running"}, "retryable": {"再試行待ち", "to be retried"},
	"scheduled": {"予定", "scheduled"}, "pending": {"保留", "pending"}, "completed": {"完了", "completed"}, "discarded": {"断念", "given up"}, "": {"ジョブなし", "no job"},
	"order": {"注文", "order"}, "document": {"文書", "document"}, "delivery": {"送付", "delivery"},
	"blank": {"白紙", "blank"},
}

// Term is a state, a channel or a class in people's words; what has none stands as it is.
func Term(lang Lang, w string) string {
	if x, ok := overviewWords[w]; ok {
		return pick(lang, x[0], x[1])
	}
	return w
}
