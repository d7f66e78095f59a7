package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// PrintedForm is a sheet of a form that was printed for an order's shipment, kept so that it can be
// read and judged when it comes back.
type PrintedForm struct {
	Kind       string // form.Kind
	Version    int
	OrderID    int64
	ShipmentNo int
	Sheet      int    // 1 to Sheets
	Sheets     int    // of this shipment's form
	Lines      []byte // JSON: what stands on it, from the top
	Layout     string // JSON: form.Layout
	IssuedID   int64  // the document in which it left
	Page       int    // of that document, from 1
	PrintedAt  time.Time
	ArrivalOn  order.Date // of the shipment, as it stands; zero where none is promised
}

// AddPrintedForms records forms with the issued document that they stand in.
func (tx *Tx) AddPrintedForms(ctx context.Context, issued int64, forms []PrintedForm, now time.Time) error {
	if len(forms) == 0 {
		return nil
	}
	sums := column(forms, func(f PrintedForm) string {
		sum := sha256.Sum256([]byte(f.Layout))
		return hex.EncodeToString(sum[:])
	})
	var keys, layouts []string
	for i, sum := range sums {
		if !slices.Contains(keys, sum) {
			keys, layouts = append(keys, sum), append(layouts, forms[i].Layout)
		}
	}
	if err := tx.exec(ctx, "FormLayoutsAdd", keys, layouts); err != nil {
		return err
	}
	return tx.exec(ctx, "PrintedFormsAdd",
		column(forms, func(f PrintedForm) string { return f.Kind }),
		column(forms, func(f PrintedForm) int { return f.Version }),
		column(forms, func(f PrintedForm) int64 { return f.OrderID }),
		column(forms, func(f PrintedForm) int { return f.ShipmentNo }),
		column(forms, func(f PrintedForm) int { return f.Sheet }),
		column(forms, func(f PrintedForm) int { return f.Sheets }),
		column(forms, func(f PrintedForm) string { return string(f.Lines) }),
		sums, issued, at(now),
		column(forms, func(f PrintedForm) int { return f.Page }))
}

// PrintedForms are the sheets of a kind of form that were printed for an order.
func (s *Store) PrintedForms(ctx context.Context, n order.Number, kind string) ([]PrintedForm, error) {
	out, err := collect(ctx, s.pool, "PrintedFormsOf", func(r pgx.CollectableRow) (PrintedForm, error) {
		var f PrintedForm
		return f, r.Scan(&f.Kind, &f.Version, &f.OrderID, &f.ShipmentNo, &f.Sheet, &f.Sheets, &f.Lines, &f.Layout, &f.IssuedID, &f.Page, &f.PrintedAt, (*date)(&f.ArrivalOn))
	}, string(n), kind)
	if err == nil && len(out) == 0 {
		err = order.NotFound("order", fmt.Sprintf("no form was printed for order %s: it is printed with the delivery slip, when its goods are on a pick list", n.Grouped()))
	}
	return out, err
}
