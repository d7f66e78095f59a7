package worker

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/document"
)

// FaxShipped tells a customer who asks for it of a shipment by fax, once (WHS-3); by is who was asked.
func (c Config) FaxShipped(ctx context.Context, shipment int64, by, reason string) error {
	s := c.Store
	f, err := s.FactsOfShipment(ctx, shipment)
	if err != nil {
		return err
	}
	number, err := rules.ShippingFax(f.Order, f.Shipment, f.Customer, c.ownNumber)
	if err != nil {
		return err
	}
	a := c.shippedFax(f)
	var b bytes.Buffer
	if err := a.RenderPDF(&b); err != nil {
		return fmt.Errorf("render notice %s: %w", a.Number, err)
	}
	key, err := s.Blobs().Put(b.Bytes())
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(tx *store.Tx) error {
		return tx.FaxNotice(ctx, f, store.NewIssue{
			Kind: IssueShippingNotice, Number: a.Number, Format: "pdf", FileName: IssueShippingNotice + "_" + a.Number + ".pdf", Subject: a.Title() + "（" + a.Number + "）",
			Key: key, SizeBytes: b.Len(), Party: f.Customer.Code, TransactedOn: f.Shipment.ShippedOn, OrderID: f.Order.ID,
		}, number, by, reason, s.Now())
	})
}

func (c Config) shippedFax(f store.ShippedFacts) *document.Answer {
	m := c.shippedMail(f)
	told := &document.Shipped{Order: m.Order, Place: strings.TrimSpace(m.Place()), ShippedOn: m.ShippedOn, ArrivalOn: m.ArrivalOn, Carrier: m.Carrier, Tracking: f.Shipment.Tracking, MoreComes: m.MoreComes}
	for _, l := range m.Lines {
		told.Lines = append(told.Lines, document.ShippedLine{Item: l.Item, Name: l.Name, Unit: l.Unit, Qty: l.Qty})
	}
	return &document.Answer{
		Answer:  order.Answer{Kind: document.AnswerShipped, Number: fmt.Sprintf("%s-%d", f.Order.Number, f.Shipment.No), Customer: f.Customer, At: c.Store.Now()},
		Shop:    document.Letterhead{Name: c.ShopName, Desk: c.DeskName, Phone: c.ShopPhone, Fax: c.ShopFax, Hours: c.DeskHours, Web: c.ShopWeb},
		Shipped: told,
	}
}
