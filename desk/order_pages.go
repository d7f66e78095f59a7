package desk

import (
	"context"
	"strconv"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// orderPages shows what belongs to an order beside the page that it was read from: pages that
// continue it, pages and mails that people attached, and what else was on the same sheet.
func (d *Desk) orderPages(ctx context.Context, p Person, v *page.Order, o order.Order) error {
	if o.Source.DocumentID != 0 && o.Source.Page != 0 {
		pages, err := d.Store.Pages(ctx, o.Source.DocumentID)
		if err != nil {
			return err
		}
		var own store.Page
		for _, pg := range pages {
			if pg.No == o.Source.Page {
				own = pg
			}
		}
		joined, err := d.Store.JoinedTo(ctx, own.ID)
		if err != nil {
			return err
		}
		for _, pg := range joined {
			if err := d.addBelonging(ctx, p, v, "joined", "", pg, pg.BlobKey != own.BlobKey); err != nil {
				return err
			}
		}
		for _, pg := range pages { // one sheet, two orders: the picture is the same
			if pg.No != own.No && (pg.SplitFrom == own.No || own.SplitFrom != 0 && (pg.No == own.SplitFrom || pg.SplitFrom == own.SplitFrom)) && pg.JoinedTo == "" {
				if err := d.addBelonging(ctx, p, v, "split", "", pg, false); err != nil {
					return err
				}
			}
		}
	}
	attached, err := d.Store.AttachedTo(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, a := range attached {
		if a.Page == 0 && a.Document == o.Source.DocumentID {
			continue // shown as what it came from
		}
		if err := d.addAttached(ctx, p, v, a); err != nil {
			return err
		}
	}
	return nil
}

// addAttached shows an attached page, or a document with all its pages.
func (d *Desk) addAttached(ctx context.Context, p Person, v *page.Order, a store.Attached) error {
	pages, err := d.Store.Pages(ctx, a.Document)
	if err != nil {
		return err
	}
	shown := false
	for _, pg := range pages {
		if a.Page != 0 && pg.No != a.Page {
			continue
		}
		if err := d.addBelonging(ctx, p, v, "attached", d.noteOf(p, a), pg, true); err != nil {
			return err
		}
		shown = true
	}
	if shown {
		return nil
	}
	doc, err := d.Store.GetDocument(ctx, a.Document)
	if err != nil {
		return err
	}
	id := strconv.FormatInt(a.Document, 10)
	b := page.Belonging{Kind: "attached", Note: d.noteOf(p, a), Picture: page.Picture{Name: id, State: string(doc.State)}, Path: "/desk/documents/" + id + "/bytes", At: a.At}
	if doc.MediaType == mailType {
		b.Path = "/desk/mails/" + id
	}
	v.Belongings = append(v.Belongings, b)
	return nil
}

func (d *Desk) noteOf(p Person, a store.Attached) string { return page.Saying(p.Lang, a.Detail) }

func (d *Desk) addBelonging(ctx context.Context, p Person, v *page.Order, kind, note string, pg store.Page, picture bool) error {
	b := page.Belonging{Kind: kind, Note: note, Path: "/desk/review/" + pg.Name(), Picture: page.Picture{Name: pg.Name(), State: string(pg.State)}}
	if pg.OrderNumber != "" && kind == "split" {
		b.Picture.Path, b.Picture.Order = orderPath(pg.OrderNumber), pg.OrderNumber.Grouped()
	}
	if picture && pg.BlobKey != "" {
		read, err := d.Store.FindDraft(ctx, pg.ID)
		if err != nil {
			return err
		}
		draw(p.Lang, &b.Picture, pg, read)
		b.Picture.Here = true
	}
	v.Belongings = append(v.Belongings, b)
	return nil
}
