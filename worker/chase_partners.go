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

// ChasePartners works jobs.ChasePartners.
type ChasePartners struct {
	river.WorkerDefaults[jobs.ChasePartners]
	cfg Config
}

// Work implements river.Worker. Each list is looked at by itself: one that fails waits for the next
// look and keeps no other waiting.
func (w *ChasePartners) Work(ctx context.Context, job *river.Job[jobs.ChasePartners]) error {
	s := w.cfg.Store
	due, err := s.ChasesDue(ctx, s.Now())
	if err != nil {
		return verdict(err)
	}
	var failed []error
	for _, c := range due {
		if err := w.chase(ctx, c); err != nil {
			failed = append(failed, fmt.Errorf("ask after pick list %d: %w", c.PickListID, err))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return verdict(order.Temporary("some partners could not be asked", err))
	}
	return verdict(done(ctx, s, job))
}

// chase asks after one list, or tells the desk.
func (w *ChasePartners) chase(ctx context.Context, c store.Chase) error {
	s := w.cfg.Store
	var issue store.NewIssue
	if c.Due == rules.ChaseAgain {
		list, err := s.GetPickList(ctx, c.PickListID)
		if err != nil {
			return err
		}
		files, err := s.PickListFiles(ctx, c.PickListID)
		if err != nil {
			return err
		}
		m := mail.Chase{
			Shop: w.cfg.mailShop(), Warehouse: list.WarehouseName, Number: list.Number, ShipOn: list.ShipOn, Lines: len(list.Lines),
			SentAt: c.SentAt, Channel: list.Channel, Times: c.Chased + 1,
		}
		orders := map[int64]bool{}
		for _, l := range list.Lines {
			orders[l.OrderID] = true
			m.Qty += l.Qty
		}
		m.Orders = len(orders)
		for _, f := range files {
			m.Files = append(m.Files, f.FileName)
		}
		text, err := m.Render()
		if err != nil {
			return err
		}
		key, err := s.Blobs().Put([]byte(text.Body))
		if err != nil {
			return order.Temporary("the mail could not be stored", err)
		}
		number := fmt.Sprintf("%s-%d", list.Number, m.Times)
		issue = store.NewIssue{
			Kind: store.ChaseKind, Number: number, Format: "txt", FileName: store.ChaseKind + "_" + number + ".txt", Subject: text.Subject,
			Key: key, SizeBytes: len(text.Body), Party: list.WarehouseCode, TransactedOn: list.ShipOn,
		}
	}
	_, err := s.ChasePickList(ctx, c, issue, s.Now())
	return err
}
