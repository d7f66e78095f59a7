package partner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"todoke/order"
)

// ResultBody is a shipment result as the API takes it.
type ResultBody struct {
	Rows []ResultItem `json:"rows"`
}

// ResultItem is one line of a result.
type ResultItem struct {
	List        string   `json:"list,omitempty"`
	Order       string   `json:"order,omitempty" doc:"The order's number; needed, here or as order_number"`
	OrderNumber string   `json:"order_number,omitempty" doc:"The same as order, by the name that pick lists give it"`
	Line        int      `json:"line,omitempty"`
	ItemCode    string   `json:"item_code,omitempty"`
	Shipped     int      `json:"shipped"`
	Short       int      `json:"short,omitempty"`
	Reason      string   `json:"reason,omitempty"`
	Tracking    []string `json:"tracking,omitempty"`
	WeightGrams int      `json:"weight_grams,omitempty"`
	ShippedOn   string   `json:"shipped_on,omitempty"`
	DeliveredOn string   `json:"delivered_on,omitempty"`
}

// CountBody is a stock count as the API takes it.
type CountBody struct {
	CountedAt string      `json:"counted_at"`
	Rows      []CountItem `json:"rows"`
}

// CountItem is what lies of one item.
type CountItem struct {
	ItemCode string `json:"item_code"`
	OnHand   int    `json:"on_hand"`
	Location string `json:"location,omitempty"`
}

// ReadJSON reads a result or count of the API. With faults, no row may be used.
func ReadJSON(data []byte, kind Kind, o Options) (File, []Fault) {
	f := File{Kind: kind, JSON: true}
	var faults []Fault
	note := func(field, message string) {
		if len(faults) < o.MaxFaults {
			faults = append(faults, Fault{Field: field, Message: message})
		}
	}
	if len(data) > o.MaxBytes {
		note("", fmt.Sprintf("the file is larger than %d bytes: send it in parts", o.MaxBytes))
		return f, faults
	}
	var rows int
	var result ResultBody
	var count CountBody
	var err error
	if kind == KindCount {
		err = strict(data, &count)
		rows = len(count.Rows)
	} else {
		err = strict(data, &result)
		rows = len(result.Rows)
	}
	switch e, typed := errors.AsType[*json.UnmarshalTypeError](err); {
	case typed:
		note(e.Field, fmt.Sprintf("%s stands where %s is wanted", e.Value, e.Type))
	case err != nil:
		note("", "the body is no JSON of this kind: "+strings.TrimPrefix(err.Error(), "json: "))
	case rows == 0:
		note("rows", "there are no rows")
	case rows > o.MaxRows:
		note("rows", fmt.Sprintf("there are more than %d rows: send the file in parts", o.MaxRows))
	}
	if len(faults) > 0 {
		return f, faults
	}
	day := func(field, text string) order.Date {
		if text == "" {
			return order.Date{}
		}
		d, err := order.ParseDate(text)
		if err != nil || d.Year < firstYear || d.Year > lastYear {
			note(field, fmt.Sprintf("%q is not a date: write it as YYYY-MM-DD, such as 2026-11-24", clip(text)))
		}
		return d
	}
	// Without its time, the same numbers of another day would be the same count.
	if kind == KindCount && count.CountedAt == "" {
		note("counted_at", "the time of the count is missing: write it, such as 2026-11-24T19:30:00+09:00")
	}
	var at time.Time
	if count.CountedAt != "" {
		if at, err = time.Parse(time.RFC3339, count.CountedAt); err != nil {
			note("counted_at", fmt.Sprintf("%q is no time: write it as 2026-11-24T19:30:00+09:00", clip(count.CountedAt)))
		}
	}
	for i, r := range count.Rows {
		f.Rows = append(f.Rows, Row{Line: i, ItemCode: r.ItemCode, OnHand: r.OnHand, CountedAt: at, Location: r.Location})
	}
	for i, r := range result.Rows {
		row := Row{
			Line: i, Order: r.Order, LineNo: r.Line, ItemCode: r.ItemCode, Shipped: r.Shipped, Short: r.Short, Reason: r.Reason,
			Tracking: strings.Join(r.Tracking, " "), WeightGrams: r.WeightGrams,
		}
		name := f.Name(row)
		row.ShippedOn, row.DeliveredOn = day(name+".shipped_on", r.ShippedOn), day(name+".delivered_on", r.DeliveredOn)
		switch {
		case r.Order == "":
			row.Order = r.OrderNumber
		case r.OrderNumber != "" && r.OrderNumber != r.Order:
			note(name+".order_number", "order and order_number name two orders: write one of them")
		}
		row.List = r.List
		if n, err := order.ParseNumber(r.List); err == nil {
			row.List = string(n)
		}
		f.Rows = append(f.Rows, row)
	}
	return f, faults
}

// strict decodes one JSON value and nothing else.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
