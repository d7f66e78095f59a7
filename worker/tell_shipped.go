package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/mail"
)

// IssueShippingNotice is the kind of the mail that tells of a shipment.
const IssueShippingNotice = "shipping_notice"

// TellShipped works jobs.TellShipped.
type TellShipped struct {
	river.WorkerDefaults[jobs.TellShipped]
	cfg  Config
	busy busy
}

// Work implements river.Worker: each notice is made with no transaction open and saved in one of its
// own; what failed waits for the next look and does not keep the others waiting.
func (w *TellShipped) Work(ctx context.Context, job *river.Job[jobs.TellShipped]) error {
	const batch = 100
	s := w.cfg.Store
	ids, err := s.DueNotices(ctx, s.Now(), batch)
	if err != nil {
		return verdict(err)
	}
	var failed []error
	for _, id := range ids {
		var err error
		w.busy.do(id, func() { err = w.tell(ctx, id) })
		if err != nil {
			failed = append(failed, fmt.Errorf("shipment %d: %w", id, err))
		}
	}
	delivered, err := s.MarkDelivered(ctx, s.Now(), batch)
	if err != nil {
		failed = append(failed, err)
	}
	if err := errors.Join(failed...); err != nil {
		return verdict(order.Temporary("some customers could not be told of their shipments", err))
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if err := store.Complete(ctx, tx, job); err != nil {
			return err
		}
		if len(ids) == batch || delivered == batch {
			return tx.Enqueue(ctx, jobs.TellShipped{})
		}
		return nil
	}))
}

// tell gives one notice, once.
func (w *TellShipped) tell(ctx context.Context, id int64) error {
	s := w.cfg.Store
	f, err := s.FactsOfShipment(ctx, id)
	if err != nil {
		return err
	}
	to, needless := rules.ShippingNotice(f.Order, f.Customer, f.Email)
	if needless != "" {
		return s.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.CloseNotice(ctx, id, "needless", needless)
			return err
		})
	}
	m, err := w.cfg.shippedMail(f).Render()
	if err != nil {
		return err
	}
	key, err := s.Blobs().Put([]byte(m.Body))
	if err != nil {
		return err
	}
	number := fmt.Sprintf("%s-%d", f.Order.Number, f.Shipment.No)
	return s.InTx(ctx, func(tx *store.Tx) error {
		ok, err := tx.CloseNotice(ctx, id, "told", "by mail to "+to)
		if err != nil || !ok {
			return err
		}
		issued, _, err := tx.Issue(ctx, store.NewIssue{
			Kind: IssueShippingNotice, Number: number, Format: "txt", FileName: IssueShippingNotice + "_" + number + ".txt", Subject: m.Subject,
			Key: key, SizeBytes: len(m.Body), Party: f.Customer.Code, TransactedOn: f.Shipment.ShippedOn, OrderID: f.Order.ID,
		}, s.Now())
		if err != nil {
			return err
		}
		return tx.Send(ctx, issued, store.Recipient{Channel: "mail", Address: to}, s.Now())
	})
}

func (c Config) shippedMail(f store.ShippedFacts) mail.Shipped {
	m := mail.Shipped{
		Shop: c.mailShop(), Customer: f.Customer.CompanyName + "　" + f.Customer.Name, Order: f.Order.Number, ReceivedAt: f.Order.ReceivedAt,
		ShipTo: f.Order.ShipTo, ShippedOn: f.Shipment.ShippedOn, ArrivalOn: f.Shipment.ArrivalOn, Carrier: f.Profile.Carrier,
	}
	for _, n := range f.Shipment.Tracking {
		m.Tracking = append(m.Tracking, mail.Tracking{Number: n, URL: f.Profile.TrackingLink(n)})
	}
	for _, l := range f.Lines {
		m.Lines = append(m.Lines, mail.ShippedLine{Item: l.Item, Name: l.Name, Qty: l.Qty, Unit: l.Unit})
	}
	for _, sh := range f.Order.Shipments {
		if sh.ID != f.Shipment.ID && (sh.State == order.ShipmentPlanned || sh.State == order.ShipmentReleased) {
			m.MoreComes = true
		}
	}
	for _, l := range f.Order.Lines {
		m.MoreComes = m.MoreComes || l.ReservedQty < l.KeptQty()
	}
	return m
}
