package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"todoke/order"
	"todoke/rules"
)

// relate puts a person's decision what a page is to another one (FAX-5) into the draft, and tells
// it in words.
func (tx *Tx) relate(ctx context.Context, r Review, d *order.Draft, suspects []Suspect, said Settlement, receivedAt time.Time) (decision, error) {
	var none decision
	if !slices.Contains([]As{AsAddOn, AsCorrection, AsOwn}, said.As) {
		return none, order.Invalid("FAX-5", "as", fmt.Sprintf("%q is no decision: say resend, addon, correction or own", said.As))
	}
	var other Suspect
	switch {
	case !said.Of.IsZero():
		of, err := tx.original(ctx, r, said.Of)
		if err != nil {
			return none, err
		}
		if i := slices.IndexFunc(suspects, of.is); i >= 0 {
			other = suspects[i]
		} else if other, err = tx.named(ctx, of); err != nil {
			return none, err
		}
	case len(suspects) > 0:
		other = suspects[0]
	default:
		return none, order.Invalid("FAX-5", "as", "no other fax or order is suspected: settle it without --as, or name the other one with --of")
	}
	if said.As == AsCorrection && other.ReceivedAt.After(receivedAt) {
		return none, order.Conflict("FAX-5", fmt.Sprintf(
			"%s came after this page: it is the one that corrects. Close this one with --as resend --of %s, or settle the other one", other.Name(), other.Ref()))
	}
	d.Related = &order.Related{As: string(said.As), Document: other.Document, Page: other.Page, Order: other.Order, By: said.By, Reason: said.Reason}
	in := other.inputs()
	in["as"], in["reason"] = said.As, said.Reason
	text := map[As]string{
		AsAddOn:      "an add-on beside " + other.Name() + ", an order of its own",
		AsCorrection: "a correction of " + other.Name() + ", which it replaces",
		AsOwn:        "an order of its own, nothing to do with " + other.Name(),
	}[said.As] + ", by " + said.By
	if said.Reason != "" {
		text += ": " + said.Reason
	}
	return decision{"FAX-5", text, in}, nil
}

// named is a page or order that nothing but a person suspects.
func (tx *Tx) named(ctx context.Context, of Other) (Suspect, error) {
	s := Suspect{Document: of.Document, Page: of.Page, Order: of.Order, Channel: order.ChannelFax}
	if of.Document == 0 {
		s.Channel = order.ChannelWeb
	}
	if of.Document != 0 {
		docs, err := collect(ctx, tx.tx, "DocumentsByID", scanDocument, []int64{of.Document})
		if err != nil || len(docs) == 0 {
			return s, err
		}
		s.ReceivedAt = docs[0].ReceivedAt
	}
	if of.Order == "" {
		return s, nil
	}
	o, err := tx.orderOf(ctx, of.Order)
	s.State, s.ReceivedAt = o.State, o.ReceivedAt
	return s, err
}

func (tx *Tx) orderOf(ctx context.Context, n order.Number) (order.Order, error) {
	var id int64
	if err := tx.tx.QueryRow(ctx, query("OrderIDByNumber"), string(n)).Scan(&id); err != nil {
		return order.Order{}, fmt.Errorf("find order %s: %w", n, err)
	}
	orders, err := readOrders(ctx, tx.tx, []int64{id})
	if err != nil || len(orders) == 0 {
		return order.Order{}, err
	}
	return orders[0], nil
}

// correctedOrder is the order that a correction replaces, as it stands now: the other page may have
// become one since the decision. ok is false where there is none that stands.
func (tx *Tx) correctedOrder(ctx context.Context, rel *order.Related) (o order.Order, ok bool, err error) {
	n := rel.Order
	if rel.Document != 0 && rel.Page != 0 {
		pages, err := tx.pages(ctx, rel.Document)
		if err != nil {
			return o, false, err
		}
		for _, p := range pages {
			if p.No == rel.Page && p.OrderNumber != "" {
				n = p.OrderNumber
			}
		}
	}
	if n == "" {
		return o, false, nil
	}
	o, err = tx.orderOf(ctx, n)
	return o, err == nil && o.State != order.StateCancelled, err
}

// correctable says why a correction cannot replace the other order any more, and what to do then;
// nil where it can, or where there is none.
func (tx *Tx) correctable(ctx context.Context, rel *order.Related, department string) (*order.Error, error) {
	if rel == nil || rel.As != string(AsCorrection) {
		return nil, nil
	}
	o, ok, err := tx.correctedOrder(ctx, rel)
	if err != nil || !ok {
		return nil, err
	}
	if department != "" && o.DepartmentCode != department { // a slip of the pen would cancel somebody else's order
		return order.Conflict("FAX-5", fmt.Sprintf("order %s is of customer %s and this page of %s: a correction replaces an order of the same customer. "+
			"Name another one with --of, say --as own, or settle customer_code", o.Number.Grouped(), o.DepartmentCode, department)), nil
	}
	left := o.State == order.StateReleased || o.State == order.StateShipped || slices.ContainsFunc(o.Shipments, func(s order.Shipment) bool {
		return s.State == order.ShipmentReleased || s.State == order.ShipmentShipped
	})
	if !left {
		return nil, nil
	}
	return order.Conflict("FAX-5", fmt.Sprintf("order %s is at the warehouse already (WHS-1) and cannot be corrected: "+
		"ask the customer, then settle this page for what is still wanted with --as addon (leave out what was sent: --drop-line N --reason TEXT), "+
		"or close it with --as resend; what was sent and is not wanted comes back as a return (RET-1)", o.Number.Grouped())), nil
}

// correct cancels the order that a correction replaces, or closes the other page where it still
// waits for a person.
func (tx *Tx) correct(ctx context.Context, r Review, rel *order.Related, now order.Order, at time.Time) error {
	if rel == nil || rel.As != string(AsCorrection) {
		return nil
	}
	old, ok, err := tx.correctedOrder(ctx, rel)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("corrected by document %s, order %s, says %s", r.Name(), now.Number.Grouped(), rel.By)
	if ok {
		c := rules.Cancellation{
			AskedBy: rules.AskedByShop, By: rel.By, Rule: "FAX-5", Reason: fmt.Sprintf("corrected by document %s, order %s", r.Name(), now.Number.Grouped()),
			About: map[string]any{"document": r.DocumentID, "page": r.PageNo, "order": now.Number, "relation": rules.RelationCorrection, "said": rel.Reason},
		}
		if _, err := tx.Cancel(ctx, old.ID, c, at); err != nil {
			return err
		}
	}
	if rel.Document == 0 {
		return nil
	}
	pages, err := tx.pages(ctx, rel.Document)
	if err != nil {
		return err
	}
	for _, p := range pages {
		if p.No != rel.Page {
			continue
		}
		if err := tx.note(ctx, rel.Document, "FAX-5", rel.By, "page "+Review{DocumentID: rel.Document, PageNo: p.No}.Name()+" "+text,
			order.Inputs(map[string]any{"page": p.No, "corrected_by": r.Name(), "order": now.Number}), at); err != nil {
			return err
		}
		if p.State != PageReview {
			return tx.exec(ctx, "PageStateUpdate", p.ID, string(p.State), p.Detail+", cancelled: "+text, null(p.OrderID), at)
		}
		other, err := tx.findReview(ctx, rel.Document, p.No)
		if err != nil {
			return err
		}
		other.State, other.ClosedAt, other.ClosedBy = ReviewDuplicate, at, rel.By
		return tx.closeReview(ctx, other, PageDuplicate, DocumentDuplicate, text, at)
	}
	return nil
}

// Correction is the page that corrected another one, and the order that stands for both.
type Correction struct {
	Order order.Number
	Page  string // its name
}

// CorrectionOf is what stands for a page that was closed because another one corrected it; ok is
// false where nothing does.
func (s *Store) CorrectionOf(ctx context.Context, r Review) (c Correction, ok bool, err error) {
	return correctionOf(ctx, s.pool, r)
}

func correctionOf(ctx context.Context, q querier, r Review) (c Correction, ok bool, err error) {
	if r.State != ReviewDuplicate {
		return c, false, nil
	}
	err = q.QueryRow(ctx, query("CorrectionOf"), r.DocumentID, r.PageNo).Scan(&c.Order, &c.Page)
	if missing(err) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("find correction: %w", err)
	}
	return c, true, nil
}
