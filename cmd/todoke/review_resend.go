package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/ingest/fax"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/form"
	"todoke/templates/form/overlay"
)

// suspectView is a page or order that a review's page may repeat, as it is printed.
type suspectView struct {
	Name       string                 `json:"name"`
	Document   int64                  `json:"document,omitempty"`
	Page       int                    `json:"page,omitempty"`
	Order      order.Number           `json:"order,omitempty"`
	State      order.State            `json:"order_state,omitempty"`
	Channel    order.Channel          `json:"channel"`
	ReceivedAt time.Time              `json:"received_at"`
	Relation   rules.Relation         `json:"suggested"`
	SameSheet  bool                   `json:"same_sheet"`
	Reasons    []string               `json:"reasons"`
	Fields     []string               `json:"fields,omitempty"`
	Lines      []rules.LineDifference `json:"lines,omitempty"`
}

func viewSuspects(all []store.Suspect) []suspectView {
	out := make([]suspectView, 0, len(all))
	for _, s := range all {
		out = append(out, suspectView{
			s.Name(), s.Document, s.Page, s.Order, s.State, s.Channel, s.ReceivedAt, s.Relation, s.SameSheet, s.Reasons, s.Fields, s.Lines,
		})
	}
	return out
}

// otherOf reads what --of names: a document, a page or an order.
func otherOf(s string) (store.Other, error) {
	if s == "" {
		return store.Other{}, nil
	}
	bare := strings.NewReplacer("-", "", " ", "").Replace(s)
	if len(bare) == order.NumberDigits && order.ValidCheckDigit(bare) {
		return store.Other{Order: order.Number(bare)}, nil
	}
	id, page, err := documentID(s)
	if err != nil {
		return store.Other{}, order.Invalid("FAX-5", "of", fmt.Sprintf("%q names no document and no order: write 17, 17.2 or an order number", s))
	}
	return store.Other{Document: id, Page: page}, nil
}

// relatedInWords is what a person said that a page is.
func relatedInWords(r order.Related) string {
	other := store.Other{Document: r.Document, Page: r.Page}
	if r.Order != "" {
		other = store.Other{Order: r.Order}
	}
	words := map[string]string{
		string(store.AsAddOn):      "an add-on beside " + other.String(),
		string(store.AsCorrection): "a correction of " + other.String(),
		string(store.AsOwn):        "an order of its own, not " + other.String() + " again",
	}[r.As] + ", by " + r.By
	if r.Reason != "" {
		words += ": " + r.Reason
	}
	return words
}

// printSuspects writes what a page may repeat and why, the first line by line.
func (a *App) printSuspects(ctx context.Context, st *store.Store, doc store.Document, r store.Review, suspects []store.Suspect) error {
	for i, s := range suspects {
		fmt.Fprintf(a.Stdout, "suspected %s of %s, received %s\n", s.Relation, s.Name(), stamp(s.ReceivedAt))
		for _, why := range s.Reasons {
			fmt.Fprintln(a.Stdout, "  -", why)
		}
		if s.State != "" {
			fmt.Fprintf(a.Stdout, "  - the order is %s\n", s.State)
		}
		if i > 0 || len(s.Lines) == 0 {
			continue
		}
		var codes []string
		for _, l := range s.Lines {
			codes = append(codes, l.ItemCode)
		}
		items, err := st.FindItems(ctx, "", order.DateOf(doc.ReceivedAt), codes...)
		if err != nil {
			return err
		}
		rows := [][]string{{"", "ITEM", "THEN", "NOW", "NAME"}}
		for _, l := range s.Lines {
			sign := ""
			if l.Then != l.Now {
				sign = "≠"
			}
			rows = append(rows, []string{sign, l.ItemCode, quantityOrNone(l.Then), quantityOrNone(l.Now), items[l.ItemCode].Name})
		}
		if err := printTable(a.Stdout, rows); err != nil {
			return err
		}
	}
	after, err := st.SupersedingOf(ctx, r)
	if err != nil {
		return err
	}
	for _, s := range after {
		name := store.Review{DocumentID: s.Document, PageNo: s.Page}.Name()
		became := "waits for a person"
		if s.Order != "" {
			became = "became order " + s.Order.Grouped()
		}
		fmt.Fprintf(a.Stdout, "it could not be read; document %s came after it from the same sender at %s and %s: where that is this page sent again, close this one with todoke review settle %s --as resend --of %s\n",
			name, stamp(s.ReceivedAt), became, r.Name(), name)
	}
	return nil
}

func quantityOrNone(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n)
}

// writeSideBySide writes a review's page and the one that it may repeat into one picture.
func (a *App) writeSideBySide(ctx context.Context, st *store.Store, r store.Review, suspects []store.Suspect, file string) error {
	var s store.Suspect
	switch {
	case len(suspects) > 0:
		s = suspects[0]
	case r.Draft != nil && r.Draft.Related != nil && r.Draft.Related.Document != 0:
		s = store.Suspect{Document: r.Draft.Related.Document, Page: r.Draft.Related.Page, Order: r.Draft.Related.Order}
	default:
		return order.NotFound("side_by_side", "no other page is suspected of being this one: there is nothing to put beside it")
	}
	now, nowDraft, err := a.side(ctx, st, r.DocumentID, r.PageNo)
	if err != nil {
		return err
	}
	if r.Draft != nil {
		nowDraft = r.Draft
	}
	now.Heading = []string{"NOW: document " + r.Name(), fmt.Sprintf("suspected %s of %s", s.Relation, s.Name())}
	then := overlay.Side{}
	var thenDraft *order.Draft
	if s.Document != 0 {
		if then, thenDraft, err = a.side(ctx, st, s.Document, max(s.Page, 1)); err != nil {
			return err
		}
	} else {
		o, err := st.GetOrder(ctx, s.Order)
		if err != nil {
			return err
		}
		for _, l := range o.Lines {
			then.Instead = append(then.Instead, fmt.Sprintf("%s  %s × %d", l.ItemCode, l.Name, l.Qty))
		}
	}
	then.Heading = []string{"THEN: " + s.Name(), "received " + stamp(s.ReceivedAt)}
	fields := slices.Clone(s.Fields)
	if nowDraft != nil && thenDraft != nil {
		for _, f := range nowDraft.Fields {
			if g := thenDraft.Field(f.Name); g == nil || g.Text != f.Text {
				fields = append(fields, f.Name)
			}
		}
		for _, g := range thenDraft.Fields {
			if nowDraft.Field(g.Name) == nil && g.Text != "" {
				fields = append(fields, g.Name)
			}
		}
	}
	slices.Sort(fields)
	fields = slices.Compact(fields)
	now.Frames, then.Frames = areas(nowDraft, fields), areas(thenDraft, fields)
	var png bytes.Buffer
	if err := overlay.EncodeComparison(&png, then, now); err != nil {
		return fmt.Errorf("draw comparison: %w", err)
	}
	if err := os.WriteFile(file, png.Bytes(), 0o644); err != nil { //nolint:gosec // a picture that the person asked for
		return fmt.Errorf("write comparison: %w", err)
	}
	fmt.Fprintln(a.Stdout, "written", file)
	return nil
}

// side is a page as a person looks at it, and what was read of it.
func (a *App) side(ctx context.Context, st *store.Store, document int64, no int) (overlay.Side, *order.Draft, error) {
	none := overlay.Side{Instead: []string{"no picture of this page is kept"}}
	pages, err := st.Pages(ctx, document)
	if err != nil {
		return none, nil, err
	}
	i := slices.IndexFunc(pages, func(p store.Page) bool { return p.No == max(no, 1) })
	if i < 0 || pages[i].BlobKey == "" {
		return none, nil, nil
	}
	p := pages[i]
	draft, err := st.FindDraft(ctx, p.ID)
	if err != nil {
		return none, nil, err
	}
	data, err := st.Blobs().Get(p.BlobKey)
	if err != nil {
		return none, nil, err
	}
	for page, err := range fax.Pages(data, fax.Limits{Pages: 1}) {
		if err != nil {
			return none, nil, fmt.Errorf("decode page: %w", err)
		}
		out := overlay.Side{Image: page.Image, XDPI: p.XDPI, YDPI: p.YDPI}
		if draft != nil && draft.Geometry != nil {
			g := draft.Geometry
			out.Image, out.XDPI, out.YDPI = page.Image.Rotate((360-g.Rotation)%360), g.XDPI, g.YDPI
			if g.Rotation%180 != 0 {
				out.XDPI, out.YDPI = g.YDPI, g.XDPI
			}
		}
		return out, draft, nil
	}
	return none, nil, errors.New("decode page: the picture is empty")
}

// areas are where fields lie on a page.
func areas(d *order.Draft, fields []string) []order.Area {
	if d == nil {
		return nil
	}
	layout, err := form.LayoutOf(form.Kind(d.Form), d.FormVersion)
	var out []order.Area
	for _, name := range fields {
		var cells []order.Box
		if err == nil {
			if def := layout.Field(name); def != nil {
				for _, b := range def.Cells {
					cells = append(cells, order.Box(b))
				}
			}
		}
		if area, ok := overlay.FieldArea(d, cells, d.Field(name)); ok {
			out = append(out, area)
		}
	}
	return out
}
