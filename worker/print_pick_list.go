package worker

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/riverqueue/river"

	"todoke/internal/bilevel"
	"todoke/jobs"
	"todoke/order"
	"todoke/store"
	"todoke/templates/document"
)

// PrintPickList works jobs.PrintPickList.
type PrintPickList struct {
	river.WorkerDefaults[jobs.PrintPickList]
	cfg Config
}

// Work implements river.Worker. The same list renders to the same bytes, so an attempt that
// was killed leaves at most a blob that the next one finds in place.
func (w *PrintPickList) Work(ctx context.Context, job *river.Job[jobs.PrintPickList]) error {
	list, err := w.cfg.Store.GetPickList(ctx, job.Args.PickListID)
	if err != nil {
		return verdict(err)
	}
	var issues []store.NewIssue
	if list.IssuedAt.IsZero() {
		if issues, err = w.render(list); err != nil {
			return verdict(err)
		}
	}
	return verdict(w.cfg.Store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.IssuePickList(ctx, list, issues, w.cfg.Store.Now()); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}

func (w *PrintPickList) render(list store.PickList) ([]store.NewIssue, error) {
	doc := w.document(list)
	name := strings.Join([]string{"picklist", list.WarehouseCode, strings.ReplaceAll(list.ShipOn.String(), "-", ""), string(list.Class), string(list.Number)}, "_")
	var issues []store.NewIssue
	// Both, whatever the warehouse asked for: people read the one and machines the other.
	for _, f := range []struct {
		format string
		render func(*bytes.Buffer) error
	}{
		{"xlsx", func(b *bytes.Buffer) error { return doc.RenderXLSX(b) }},
		{"pdf", func(b *bytes.Buffer) error { return doc.RenderPDF(b) }},
	} {
		var b bytes.Buffer
		if err := f.render(&b); err != nil {
			return nil, fmt.Errorf("render pick list %s as %s: %w", list.Number, f.format, err)
		}
		key, err := w.cfg.Store.Blobs().Put(b.Bytes())
		if err != nil {
			return nil, err
		}
		issues = append(issues, store.NewIssue{Format: f.format, FileName: name + "." + f.format, Key: key, SizeBytes: b.Len()})
	}
	return issues, nil
}

func (w *PrintPickList) document(list store.PickList) *document.PickList {
	p := &document.PickList{
		Number: list.Number, ShopName: w.cfg.ShopName, DeskName: w.cfg.DeskName, ShopFax: w.cfg.ShopFax,
		WarehouseCode: list.WarehouseCode, WarehouseName: list.WarehouseName,
		ShipOn: list.ShipOn, Class: list.Class, Wave: fmt.Sprintf("第%d便", list.Wave), ReleasedAt: list.ReleasedAt,
	}
	type key struct {
		number   order.Number
		shipment int
	}
	place := map[key]int{}
	for _, l := range list.Lines {
		k := key{l.OrderNumber, l.ShipmentNo}
		i, ok := place[k]
		if !ok {
			i = len(p.Orders)
			place[k] = i
			p.Orders = append(p.Orders, document.PickOrder{
				Number: l.OrderNumber, ShipmentNo: l.ShipmentNo, Shipments: l.Shipments, Channel: l.Channel,
				Customer: strings.TrimSpace(l.Company + " " + l.Department), ShipTo: l.ShipTo, ArrivalOn: l.ArrivalOn,
			})
		}
		line := document.PickLine{
			LineNo: l.LineNo, ItemCode: l.ItemCode, ItemName: l.ItemName, Unit: l.Unit, Qty: l.Qty, Comment: l.Comment,
		}
		line.CommentImage, line.CommentXDPI, line.CommentYDPI = w.image(l.CommentImage)
		p.Orders[i].Lines = append(p.Orders[i].Lines, line)
	}
	return p
}

// image reads a comment's snippet; a list goes out without one that cannot be read, and says
// so nowhere but in the log: the goods must leave.
func (w *PrintPickList) image(key string) (m *bilevel.Image, xDPI, yDPI float64) { //nolint:forbidigo // dots an inch
	if key == "" {
		return nil, 0, 0
	}
	b, err := w.cfg.Store.Blobs().Get(key)
	if err == nil {
		m, xDPI, yDPI, err = snippet(b)
	}
	if err != nil {
		w.cfg.logger().Error("comment image left out", "blob", key, "error", err)
		return nil, 0, 0
	}
	return m, xDPI, yDPI
}
