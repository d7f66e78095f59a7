package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	var p papers
	if list.IssuedAt.IsZero() {
		profile, err := w.cfg.Store.WarehouseProfile(ctx, list.WarehouseCode)
		if err != nil {
			return verdict(err)
		}
		if p, err = w.render(list, profile); err != nil {
			return verdict(err)
		}
	}
	return verdict(w.cfg.Store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.IssuePickList(ctx, list, p.issues, w.cfg.Store.Now(), p.notes...); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}

// papers are the documents of a list, ready to be issued.
type papers struct {
	issues []store.NewIssue
	notes  []store.OrderNote
}

// render makes every document that the partner's profile asks for.
func (w *PrintPickList) render(list store.PickList, profile order.WarehouseProfile) (papers, error) {
	doc := w.document(list, profile)
	var out papers
	name := func(kind string) string {
		return strings.Join([]string{kind, list.WarehouseCode, strings.ReplaceAll(list.ShipOn.String(), "-", ""), string(list.Class), string(list.Number)}, "_")
	}
	add := func(kind, file, format string, render func(io.Writer) error) error {
		var b bytes.Buffer
		if err := render(&b); err != nil {
			return fmt.Errorf("render pick list %s as %s: %w", list.Number, format, err)
		}
		key, err := w.cfg.Store.Blobs().Put(b.Bytes())
		if err != nil {
			return err
		}
		out.issues = append(out.issues, store.NewIssue{Kind: kind, Format: format, FileName: name(file) + "." + format, Key: key, SizeBytes: b.Len()})
		return nil
	}
	csvOf := func(total bool) func(io.Writer) error {
		return func(b io.Writer) error {
			lost, err := doc.RenderCSV(b, total)
			out.notes = append(out.notes, notesOf(list, lost)...)
			return err
		}
	}
	for _, f := range list.Formats {
		var err error
		switch f {
		case "xlsx":
			err = add(store.IssuePickListKind, "picklist", f, doc.RenderXLSX)
		case "pdf":
			err = add(store.IssuePickListKind, "picklist", f, doc.RenderPDF)
		case "csv":
			if profile.Halves != order.HalvesTotal {
				err = add(store.IssuePickListKind, "picklist", f, csvOf(false))
			}
			if err == nil && profile.Halves != order.HalvesOrders {
				err = add(store.IssuePickTotalKind, "picktotal", f, csvOf(true))
			}
		}
		if err != nil {
			return papers{}, err
		}
	}
	if !profile.Slips {
		return out, nil
	}
	slips := document.Slips{List: *doc, Returns: profile.Returns, ReturnDays: w.cfg.Store.Settings().ReturnDays}
	var printed []document.PrintedForm
	if err := add(store.IssueSlipsKind, "slips", "pdf", func(b io.Writer) (err error) {
		printed, err = slips.RenderPDF(b)
		return err
	}); err != nil {
		return papers{}, err
	}
	var err error
	out.issues[len(out.issues)-1].Forms, err = formsOf(list, printed)
	return out, err
}

// formsOf are the printed forms as they are kept.
func formsOf(list store.PickList, printed []document.PrintedForm) ([]store.PrintedForm, error) {
	ids := map[order.Number]int64{}
	for _, l := range list.Lines {
		ids[l.OrderNumber] = l.OrderID
	}
	out := make([]store.PrintedForm, len(printed))
	for i, p := range printed {
		lines, err := json.Marshal(p.Lines)
		if err != nil {
			return nil, err
		}
		layout, err := json.Marshal(p.Layout)
		if err != nil {
			return nil, err
		}
		out[i] = store.PrintedForm{
			Kind: string(p.Identity.Kind), Version: p.Identity.Version, OrderID: ids[order.Number(p.Identity.Order)], ShipmentNo: p.Identity.Shipment,
			Sheet: max(1, p.Identity.Sheet), Sheets: max(1, p.Identity.Sheets), Lines: lines, Layout: string(layout), Page: p.Page,
		}
	}
	return out, nil
}

// notesOf tells each order whose texts the partner's encoding could not hold what was replaced.
func notesOf(list store.PickList, lost []document.Lost) (out []store.OrderNote) {
	ids := map[order.Number]int64{}
	for _, l := range list.Lines {
		ids[l.OrderNumber] = l.OrderID
	}
	for _, l := range lost {
		id, ok := ids[l.Order]
		if !ok {
			continue // a sum of several: each order's own row tells it
		}
		out = append(out, store.OrderNote{
			OrderID: id, Rule: "WHS-2",
			Text:   fmt.Sprintf("The CSV of %s cannot hold %s in %s of line %d: 〓 stands there.", list.WarehouseCode, l.Characters, l.Column, l.LineNo),
			Inputs: order.Inputs(map[string]any{"pick_list": list.Number, "column": l.Column, "line": l.LineNo, "characters": l.Characters}),
		})
	}
	return out
}

func (w *PrintPickList) document(list store.PickList, profile order.WarehouseProfile) *document.PickList {
	p := &document.PickList{
		Number: list.Number, ShopName: w.cfg.ShopName, DeskName: w.cfg.DeskName, ShopFax: w.cfg.ShopFax,
		WarehouseCode: list.WarehouseCode, WarehouseName: list.WarehouseName,
		ShipOn: list.ShipOn, Class: list.Class, Wave: fmt.Sprintf("第%d便", list.Wave), ReleasedAt: list.ReleasedAt,
		Profile: profile,
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
				CustomerCode: l.Customer, CustomerFax: l.CustomerFax, ReceivedAt: l.ReceivedAt, FeeYen: l.FeeYen,
			})
		}
		line := document.PickLine{
			LineNo: l.LineNo, ItemCode: l.ItemCode, ItemName: l.ItemName, Unit: l.Unit, Qty: l.Qty, Comment: l.Comment, Location: l.Location,
			OrderedQty: l.OrderedQty, Returnable: l.Returnable,
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
