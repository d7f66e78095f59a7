package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/riverqueue/river"

	"todoke/ingest/fax"
	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// RereadPage works jobs.RereadPage.
type RereadPage struct {
	river.WorkerDefaults[jobs.RereadPage]
	read *ReadDocument
}

// Work implements river.Worker. A person waits for it: what cannot be read is told at once, and
// leaves the review as it was.
func (w *RereadPage) Work(ctx context.Context, job *river.Job[jobs.RereadPage]) error {
	s := w.read.cfg.Store
	a, err := s.GetReread(ctx, job.Args.RereadID)
	if err != nil {
		return verdict(err)
	}
	if a.Done {
		return verdict(done(ctx, s, job))
	}
	draft, err := w.again(ctx, a)
	outcome := ""
	switch kind := order.KindOf(err); {
	case err == nil:
		outcome = outcomeOf(draft)
	case ctx.Err() != nil:
		return err
	case kind == order.KindPermanent, kind == order.KindInvalid, kind == order.KindNotFound, job.Attempt >= job.MaxAttempts:
		w.read.cfg.logger().ErrorContext(ctx, "page could not be read again", "document", a.DocumentID, "page", a.PageNo, "error", err)
		draft, outcome = nil, "the page could not be read again"
	default:
		return err
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.SaveReread(ctx, a, draft, outcome, s.Now()); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	}))
}

func outcomeOf(d *order.Draft) string {
	switch d.Decision {
	case order.DecisionNotAForm:
		return "none of our forms was found on it"
	case order.DecisionUnreadable, order.DecisionBlank:
		return "nothing could be read of it"
	case order.DecisionAccept, order.DecisionReview:
	}
	return fmt.Sprintf("%d fields were read", len(d.Fields))
}

// again decodes the page from the document's own bytes, turns it, and reads it.
func (w *RereadPage) again(ctx context.Context, a store.Reread) (d *order.Draft, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = order.Permanent("it could not be read because of a defect: a person must look at it", fmt.Errorf("panic: %v", r))
		}
	}()
	s := w.read.cfg.Store
	doc, err := s.GetDocument(ctx, a.DocumentID)
	if err != nil {
		return nil, err
	}
	data, err := s.DocumentBytes(ctx, a.DocumentID)
	if err != nil {
		return nil, err
	}
	know, err := w.read.know(ctx, order.DateOf(doc.ReceivedAt))
	if err != nil {
		return nil, err
	}
	if know.Settings, _, err = w.read.cfg.reading(ctx, s.Now()); err != nil {
		return nil, err
	}
	no := 0
	for p, err := range fax.Pages(data, fax.Limits{}) {
		if no++; no < a.FileNo {
			continue
		}
		if p.Image == nil {
			if err == nil {
				err = errors.New("no image")
			}
			return nil, order.Permanent("the page could not be decoded", err)
		}
		draft := w.read.interpret(turned(p, a.Turn), know)
		for i := range draft.Fields {
			f := &draft.Fields[i]
			if len(f.Picture) == 0 {
				continue
			}
			if f.Image, err = s.Blobs().Put(f.Picture); err != nil {
				return nil, err
			}
		}
		g := order.Geometry{XDPI: p.XDPI, YDPI: p.YDPI}
		if draft.Geometry != nil {
			g = *draft.Geometry
		}
		g.Rotation = rules.Turned(a.Turn, g.Rotation)
		draft.Geometry = &g
		return &draft, nil
	}
	return nil, order.Permanent("the document has no such page", nil)
}

// turned is a page turned clockwise.
func turned(p fax.Page, degrees int) fax.Page {
	w, h := p.Image.W, p.Image.H
	flip := func(at []int, size int) []int {
		out := make([]int, 0, len(at))
		for _, i := range at {
			out = append(out, size-1-i)
		}
		slices.Sort(out)
		return out
	}
	rows, columns := p.BadRows, p.BadColumns
	switch degrees {
	case 90: // the top row is the rightmost column
		p.BadColumns, p.BadRows = flip(rows, h), columns
	case 180:
		p.BadRows, p.BadColumns = flip(rows, h), flip(columns, w)
	case 270:
		p.BadColumns, p.BadRows = rows, flip(columns, w)
	}
	if degrees%180 != 0 {
		p.XDPI, p.YDPI = p.YDPI, p.XDPI
	}
	p.Image = p.Image.Rotate(degrees)
	return p
}
