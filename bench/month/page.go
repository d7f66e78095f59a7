package month

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"

	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/order"
)

// sheet is what is written on a fax of the month.
type sheet struct {
	No         int         `json:"no"` // makes each sheet another one
	Department string      `json:"department"`
	ShipTo     string      `json:"ship_to,omitempty"`
	On         *order.Date `json:"on,omitempty"`
	Lines      []line      `json:"lines"`
	Doubt      bool        `json:"doubt,omitempty"` // the reader is not sure of the first quantity
}

type line struct {
	Item    string `json:"item_code"`
	Qty     int    `json:"quantity"`
	Comment string `json:"comment,omitempty"`
}

// doubtful is the field that the reader is not sure of where a sheet is in doubt.
const doubtful = "lines[1].quantity"

// pageWidth is that of the sheets' pages in pixels.
const pageWidth = 256

// encode makes the fax of a sheet: a page whose dots say what a reader of handwriting would have
// made of it. All that surrounds reading, from the file to the order, is the program's own.
func (s sheet) encode() ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode sheet: %w", err)
	}
	data := append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...) //nolint:gosec // some hundred bytes
	const stride = pageWidth / 8
	m := bilevel.New(pageWidth, (len(data)+stride-1)/stride)
	copy(m.Pix, data)
	var b bytes.Buffer
	if err := fax.EncodeTIFF(&b, []*bilevel.Image{m}, fax.Options{}); err != nil {
		return nil, fmt.Errorf("encode sheet: %w", err)
	}
	return b.Bytes(), nil
}

// Read is the reader of the month's faxes (worker.PageReader).
func Read(p form.Page, _ form.Knowledge) order.Draft {
	var s sheet
	const head = 4
	data := p.Image.Pix
	if p.Image.W != pageWidth || len(data) < head {
		return order.Draft{Decision: order.DecisionNotAForm, Reasons: []string{"no sheet of the month"}, Fields: []order.DraftField{}}
	}
	n := int(binary.BigEndian.Uint32(data))
	if n > len(data)-head || json.Unmarshal(data[head:head+n], &s) != nil {
		return order.Draft{Decision: order.DecisionUnreadable, Reasons: []string{"the sheet is damaged"}, Fields: []order.DraftField{}}
	}
	const sure, unsure = 0.9999, 0.6
	d := order.Draft{Form: "order", FormVersion: 1, Decision: order.DecisionAccept, Reasons: []string{}}
	add := func(name, text string) {
		f := order.DraftField{Name: name, Text: text, Confidence: sure, Decision: order.DecisionAccept}
		if s.Doubt && name == doubtful {
			f.Confidence, f.Decision, f.Reasons = unsure, order.DecisionReview, []string{"the digit may be another one"}
			d.Decision, d.Reasons = order.DecisionReview, []string{name + ": the digit may be another one"}
		}
		d.Fields = append(d.Fields, f)
	}
	add("customer_code", s.Department)
	if s.ShipTo != "" {
		add("ship_to", s.ShipTo)
	}
	if s.On != nil {
		add("delivery_month", strconv.Itoa(int(s.On.Month)))
		add("delivery_day", strconv.Itoa(s.On.Day))
	}
	total := 0
	for i, l := range s.Lines {
		name := fmt.Sprintf("lines[%d].", i+1)
		add(name+"item_code", l.Item)
		add(name+"quantity", strconv.Itoa(l.Qty))
		total += l.Qty
	}
	add("total_quantity", strconv.Itoa(total))
	return d
}
