package partner

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"todoke/order"
)

// Kind is what a file is.
type Kind string

// The kinds of files.
const (
	KindResult          Kind = "result"          // what left the warehouse
	KindAcknowledgement Kind = "acknowledgement" // which lists it has
	KindCount           Kind = "count"           // what lies there
)

// Options are the partner's own names and how large a file may be.
type Options struct {
	Headings map[string]string // the partner's heading of a column, by key
	Item     order.CodeScheme  // of item codes
	Kind     Kind              // "" finds out by the columns

	MaxBytes    int
	MaxLine     int   // bytes of a line of CSV
	MaxRows     int   // of a file
	MaxInflated int64 // bytes of an unpacked workbook
	MaxFaults   int   // that are kept
}

// DefaultOptions bound a file far above a day of a large warehouse.
func DefaultOptions() Options {
	return Options{
		Item: order.DefaultScheme().Item, MaxBytes: 16 << 20, MaxLine: 16 << 10, MaxRows: 50_000, MaxInflated: 128 << 20, MaxFaults: 200,
	}
}

// Row is one row of a file. Which fields are set depends on the file's kind and columns.
type Row struct {
	Line        int // of the file; of JSON the row, from 0
	List        string
	Order       string
	LineNo      int
	ItemCode    string
	Shipped     int
	Short       int
	Reason      string // missing, damaged, late, or as it is written
	Tracking    string // several are separated by spaces
	WeightGrams int
	ShippedOn   order.Date
	DeliveredOn order.Date
	OnHand      int
	CountedAt   time.Time
	Location    string
}

// Place is where a column stands.
type Place struct {
	Column  int // 1-based
	Heading string
}

// File is what was read of a file.
type File struct {
	Kind    Kind
	Rows    []Row
	Columns map[string]Place // by key
	JSON    bool             // it came over the API
}

// Name is what errors of a row's field begin with.
func (f *File) Name(r Row) string {
	if f.JSON {
		return "rows[" + strconv.Itoa(r.Line) + "]"
	}
	return "line " + strconv.Itoa(r.Line)
}

// Fault is one thing wrong in a file.
type Fault struct {
	Field   string `json:"field,omitempty"`  // of JSON, such as rows[3].shipped
	Line    int    `json:"line,omitempty"`   // 1-based; 0 where the file as a whole is meant
	Column  int    `json:"column,omitempty"` // 1-based; 0 where the row as a whole is meant
	Heading string `json:"heading,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Message string `json:"message"` // what is wrong and what to do
}

// String is "line 12, column 6 (出荷数): …".
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.Field)
	if f.Line > 0 {
		fmt.Fprintf(&b, "line %d", f.Line)
	}
	switch {
	case f.Column > 0 && f.Heading != "":
		fmt.Fprintf(&b, ", column %d (%s)", f.Column, f.Heading)
	case f.Column > 0:
		fmt.Fprintf(&b, ", column %d", f.Column)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(f.Message)
	if f.Rule != "" {
		b.WriteString(" (" + f.Rule + ")")
	}
	return b.String()
}

// Fault says where a refusal of the rules stands in the file: field is a row's Name and a key.
func (f *File) Fault(field, rule, message string) Fault {
	out := Fault{Rule: rule, Message: message}
	if f.JSON {
		out.Field = strings.TrimSuffix(field, ".weight")
		if out.Field != field {
			out.Field += ".weight_grams"
		}
		return out
	}
	where, key, _ := strings.Cut(field, ".")
	line, err := strconv.Atoi(strings.TrimPrefix(where, "line "))
	if err != nil {
		return out // of the whole file
	}
	key = cmp.Or(ruleKeys[key], key)
	at := f.Columns[key]
	out.Line, out.Column, out.Heading = line, at.Column, at.Heading
	return out
}

// ruleKeys are columns that the rules call otherwise.
var ruleKeys = map[string]string{"list": "list_number", "order": "order_number"}

type parser struct {
	o      Options
	faults []Fault
	file   File
}

func (p *parser) bad(line, column int, message string) {
	if len(p.faults) < p.o.MaxFaults {
		f := Fault{Line: line, Column: column, Message: message}
		for _, at := range p.file.Columns {
			if column > 0 && at.Column == column {
				f.Heading = at.Heading
			}
		}
		p.faults = append(p.faults, f)
	}
}

// Read reads a file. With faults, no row may be used.
func Read(data []byte, o Options) (File, []Fault) {
	p := &parser{o: o, file: File{Columns: map[string]Place{}}}
	rows, workbook := p.table(data)
	if len(p.faults) > 0 {
		return p.file, p.faults
	}
	at := p.header(rows)
	if len(p.faults) > 0 {
		return p.file, p.faults
	}
	for _, r := range rows[at+1:] {
		if blank(r.text) {
			continue
		}
		p.row(r, workbook)
	}
	if len(p.file.Rows) == 0 && len(p.faults) == 0 {
		p.bad(0, 0, "the file has no rows under its headings")
	}
	return p.file, p.faults
}

// headings are what partners call the columns, the usual ones first; keys are as in profiles.
var headings = map[string][]string{
	"list_number":  {"リスト番号", "ピッキングリスト番号", "ピッキングリスト", "リストno", "出荷指示番号", "list"},
	"order_number": {"注文番号", "受注番号", "オーダー番号", "注文no", "受注no", "order"},
	"line":         {"行", "行番号", "行no", "明細番号", "明細", "line_no"},
	"item_code":    {"商品コード", "品番", "商品番号", "商品cd", "品目コード", "sku", "item"},
	"shipped":      {"出荷数", "出荷数量", "実績数", "出荷実績数", "出荷実績", "実出荷数", "shipped_quantity"},
	"short":        {"欠品数", "不足数", "欠品", "欠品数量", "不足数量", "short_quantity"},
	"quantity":     {"数量", "指示数", "指示数量", "予定数", "出荷指示数"},
	"reason":       {"欠品理由", "理由", "不足理由", "欠品事由"},
	"tracking":     {"送り状番号", "伝票番号", "送り状no", "お問い合わせ番号", "お問合せ番号", "問い合わせ番号", "問合せ番号", "追跡番号", "配送伝票番号", "tracking_number"},
	"weight":       {"重量", "重さ", "weight_grams"},
	"shipped_on":   {"出荷日", "出荷年月日", "発送日"},
	"delivered_on": {"配達日", "配達完了日", "お届け完了日", "納品日"},
	"on_hand":      {"在庫数", "実在庫数", "実在庫", "棚卸数", "現在庫数", "現在庫", "在庫", "実棚数"},
	"counted_at":   {"棚卸日時", "在庫日時", "時点", "計測日時", "棚卸日"},
	"location":     {"棚番", "ロケーション", "棚", "保管場所"},
	"status":       {"状態", "受領", "受領状況", "ステータス"},
}

// plain makes headings and numbers comparable: half-width, small, without spaces.
func plain(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), ""))
}

// keyOf finds the column that a heading names; own headings come before usual ones.
func (p *parser) keyOf(heading string) string {
	h := plain(heading)
	for key, own := range p.o.Headings {
		if own != "" && plain(own) == h {
			return key
		}
	}
	bare, _, _ := strings.Cut(h, "(")
	for _, h := range []string{h, bare} {
		for key, names := range headings {
			if h == key || h == strings.ReplaceAll(key, "_", "") {
				return key
			}
			for _, n := range names {
				if h == n {
					return key
				}
			}
		}
	}
	return ""
}

// header finds the row of headings among the first ones, and what the file is by them.
func (p *parser) header(rows []cells) int {
	const look = 20 // titles may stand above
	best, most := -1, 0
	for i, r := range rows[:min(len(rows), look)] {
		seen := map[string]bool{}
		for _, c := range r.text {
			if key := p.keyOf(c); key != "" {
				seen[key] = true
			}
		}
		if len(seen) > most {
			best, most = i, len(seen)
		}
	}
	if best < 0 {
		p.bad(0, 0, "no row of headings was found: the first row names the columns, such as 注文番号, 商品コード, 出荷数 or 商品コード, 在庫数")
		return 0
	}
	head := rows[best]
	for i, c := range head.text {
		key := p.keyOf(c)
		if key == "" {
			continue // what is the partner's own
		}
		if _, twice := p.file.Columns[key]; twice {
			p.bad(head.line, i+1, fmt.Sprintf("the column %q stands twice: delete one", strings.TrimSpace(c)))
			continue
		}
		p.file.Columns[key] = Place{i + 1, strings.TrimSpace(c)}
	}
	has := func(key string) bool { _, ok := p.file.Columns[key]; return ok }
	if p.file.Kind = p.o.Kind; p.file.Kind == "" {
		switch {
		case has("shipped") || has("short"):
			p.file.Kind = KindResult
		case has("on_hand") || has("item_code") && has("quantity") && !has("order_number") && !has("list_number"):
			p.file.Kind = KindCount
		case has("list_number"):
			p.file.Kind = KindAcknowledgement
		default:
			p.bad(head.line, 0, "the columns are of no result, no count and no acknowledgement: add 出荷数, 在庫数 or リスト番号")
			return best
		}
	}
	need := func(key, name string) {
		if !has(key) {
			p.bad(head.line, 0, fmt.Sprintf("the column %s is missing: add it", name))
		}
	}
	switch p.file.Kind {
	case KindResult:
		need("order_number", "注文番号")
		need("shipped", "出荷数")
		if !has("line") && !has("item_code") {
			p.bad(head.line, 0, "neither 行 nor 商品コード is there: add one of them")
		}
	case KindCount:
		need("item_code", "商品コード")
		if !has("on_hand") && !has("quantity") {
			need("on_hand", "在庫数")
		}
	case KindAcknowledgement:
		need("list_number", "リスト番号")
	}
	return best
}
