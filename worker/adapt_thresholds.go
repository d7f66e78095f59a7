package worker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// AdaptThresholds works jobs.AdaptThresholds.
type AdaptThresholds struct {
	river.WorkerDefaults[jobs.AdaptThresholds]
	cfg Config
}

// Work implements river.Worker. Pictures are cut with no transaction open.
func (w *AdaptThresholds) Work(ctx context.Context, job *river.Job[jobs.AdaptThresholds]) error {
	s := w.cfg.Store
	to := order.DateOf(job.Args.DueAt)
	from := to.Add(-1)
	pages, already, err := s.UnseenPages(ctx, from.At(order.Clock{}), to.At(order.Clock{}))
	if err != nil {
		return verdict(err)
	}
	key, err := s.AuditKey(ctx)
	if err != nil {
		return verdict(err)
	}
	_, held, err := w.cfg.reading(ctx, job.Args.DueAt.Add(-time.Second)) // in force while those pages were read
	if err != nil {
		return verdict(err)
	}
	chosen := topUp(pages, already, key, s.Settings())
	audits := map[int][]store.NewReadingAudit{}
	for _, i := range slices.Sorted(maps.Keys(chosen)) {
		if audits[i], err = w.pictures(pages[i], chosen[i], held); err != nil {
			return verdict(err)
		}
	}
	now := s.Now()
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		for _, i := range slices.Sorted(maps.Keys(audits)) {
			p := pages[i]
			if _, err := tx.DrawAudits(ctx, p.DocumentID, p.ID, p.OrderID, p.No, audits[i], now); err != nil {
				return err
			}
		}
		all, err := tx.AdaptThresholds(ctx, DefaultThresholds(w.cfg.Reading), w.cfg.Model, now)
		if err != nil {
			return err
		}
		for _, d := range all {
			if d.Action != rules.ThresholdHold || d.Alarm {
				w.cfg.logger().WarnContext(ctx, "reading threshold judged by its audits", "kind", d.Kind, "action", d.Action, "from", d.Current, "to", d.Next, "alarm", d.Alarm, "why", d.Why)
			}
		}
		if err := tx.FinishRun(ctx, job.Args.Schedule, job.Args.DueAt, now); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}

// pictures makes the audits of one page's chosen fields.
func (w *AdaptThresholds) pictures(p store.UnseenPage, chosen []candidate, held store.Thresholds) ([]store.NewReadingAudit, error) {
	data, err := w.cfg.Store.Blobs().Get(p.BlobKey)
	if err != nil {
		return nil, err
	}
	m, _, _, err := snippet(data)
	if err != nil {
		return nil, fmt.Errorf("decode page %d.%d: %w", p.DocumentID, p.No, err)
	}
	var out []store.NewReadingAudit
	for _, c := range chosen {
		a, err := w.cfg.newAudit(c, m, p.Draft.Geometry, held, true)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}
