package document

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"

	"todoke/order"
)

// Lost is a text of which the partner's encoding could not hold every character: 〓 stands in
// their place.
type Lost struct {
	Order      order.Number // "" where the row sums several
	LineNo     int
	Column     string // the column's key
	Characters string // those that could not be written, each once
}

// geta stands for a character that an encoding does not know, as printers always did it.
const geta = '〓'

// RenderCSV writes the rows of the list: one for each allocated quantity, or where total is set one
// for each item with its sum. Columns, their headings, sort and encoding are the profile's; lines
// end in CR LF. What customers wrote can never be taken for a formula (it then begins with an
// apostrophe) and stays on one line. lost tells what the encoding cannot hold.
func (p *PickList) RenderCSV(w io.Writer, total bool) (lost []Lost, err error) {
	profile := p.profile()
	var plain bytes.Buffer
	cw := csv.NewWriter(&plain)
	cw.UseCRLF = true
	columns := profile.Columns
	if total {
		columns = totalColumns(columns)
	}
	write := func(row []string, number order.Number, line int) error {
		if profile.Encoding == order.EncodingCP932 {
			for i, c := range columns {
				text, missing := toCP932(row[i])
				row[i] = text
				// A line that lies in two places stands on two rows.
				if l := (Lost{number, line, c.Key, missing}); missing != "" && !slices.Contains(lost, l) {
					lost = append(lost, l)
				}
			}
		}
		return cw.Write(row)
	}
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = oneLine(c.Heading)
	}
	if err := write(head, "", 0); err != nil {
		return nil, fmt.Errorf("render pick list %s: %w", p.Number, err)
	}
	for i, r := range p.rows(total) {
		row := make([]string, len(columns))
		for j, c := range columns {
			row[j] = p.csvCell(c.Key, i+1, r)
		}
		number, line := r.order.Number, r.LineNo
		if total {
			number, line = "", 0
		}
		if err := write(row, number, line); err != nil {
			return nil, fmt.Errorf("render pick list %s: %w", p.Number, err)
		}
	}
	cw.Flush()
	if err := cw.Error(); err != nil {
		return nil, fmt.Errorf("render pick list %s: %w", p.Number, err)
	}
	out := append([]byte("\xef\xbb\xbf"), plain.Bytes()...)
	if profile.Encoding == order.EncodingCP932 {
		if out, err = japanese.ShiftJIS.NewEncoder().Bytes(plain.Bytes()); err != nil {
			return nil, fmt.Errorf("render pick list %s as CP932: %w", p.Number, err)
		}
	}
	_, err = w.Write(out)
	return lost, err
}

// totalColumns are the columns that a sum over orders can have.
func totalColumns(columns []order.PickColumn) (out []order.PickColumn) {
	for _, c := range columns {
		switch c.Key {
		case "no", "done", "location", "item_code", "item_name", "quantity", "unit", "ship_on", "class", "list_number":
			out = append(out, c)
		}
	}
	return out
}

// row is a row of the list by lines, or of the total: qty is then the item's.
type row struct {
	pick
	qty int
}

// rows are the list's rows in the profile's order; of the total where total is set, which orders
// do not sort.
func (p *PickList) rows(total bool) (out []row) {
	if total {
		for _, g := range p.groups() {
			out = append(out, row{g.first, g.qty})
		}
		return out
	}
	for _, k := range p.picks() {
		out = append(out, row{k, k.Qty})
	}
	return out
}

func (p *PickList) csvCell(key string, no int, r row) string {
	switch key {
	case "no":
		return strconv.Itoa(no)
	case "done":
		return ""
	case "quantity":
		return strconv.Itoa(r.qty)
	case "line":
		return strconv.Itoa(r.LineNo)
	case "item_code":
		return r.ItemCode
	case "order_number":
		return string(r.order.Number)
	case "list_number":
		return string(p.Number)
	case "arrival_on":
		return r.order.ArrivalOn.String()
	case "ship_on":
		return p.ShipOn.String()
	case "shipment":
		return r.order.shipment()
	default:
		return safe(oneLine(p.text(key, r)))
	}
}

// text is what a column of words tells of a row.
func (p *PickList) text(key string, r row) string {
	switch key {
	case "location":
		return r.Location
	case "item_name":
		return r.ItemName
	case "unit":
		return r.Unit
	case "ship_to":
		return shipToName(r.order)
	case "customer":
		return r.order.Customer
	case "postal_code":
		return postal(r.order.ShipTo.PostalCode)
	case "address":
		return address(order.Address{Prefecture: r.order.ShipTo.Prefecture, Address: r.order.ShipTo.Address})
	case "class":
		return className(p.Class)
	case "comment":
		if r.CommentImage != nil {
			return strings.TrimSpace(r.Comment + "　（手書きのコメントは納品案内書をご覧ください）")
		}
		return r.Comment
	}
	return ""
}

var breaks = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ")

// oneLine makes line breaks and tabs spaces: old systems take every line for a row.
func oneLine(s string) string {
	return strings.TrimSpace(breaks.Replace(s))
}

// alike are characters that CP932 has in another guise.
var alike = strings.NewReplacer("〜", "～", "−", "－", "‖", "∥", "—", "―", "–", "－", "¥", "￥", "‾", "￣", "\u00a0", " ", "¢", "￠", "£", "￡", "¬", "￢")

// toCP932 makes a text that CP932 can hold: composed, alike characters in its own guise, 〓 for
// what it does not know. missing are those characters, each once.
func toCP932(s string) (text, missing string) {
	s = alike.Replace(norm.NFC.String(s))
	var b strings.Builder
	enc := japanese.ShiftJIS.NewEncoder()
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		if _, err := enc.String(string(r)); err == nil {
			b.WriteRune(r)
			continue
		}
		enc.Reset()
		b.WriteRune(geta)
		if !strings.ContainsRune(missing, r) {
			missing += string(r)
		}
	}
	return b.String(), missing
}
