package worker

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/ingest/gateway"
	"todoke/ingest/web"
	"todoke/internal/bilevel"
	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	printed "todoke/templates/form"
)

// ReadDocument works jobs.ReadDocument.
type ReadDocument struct {
	river.WorkerDefaults[jobs.ReadDocument]
	cfg Config

	mu        sync.Mutex
	version   int64
	knowledge *form.Knowledge
}

// Timeout implements river.Worker: many pages on a busy machine take their time.
func (w *ReadDocument) Timeout(*river.Job[jobs.ReadDocument]) time.Duration {
	return cmp.Or(w.cfg.ReadTimeout, jobs.ReadTimeout)
}

// maxTimeouts is how often a document may take longer than its time.
const maxTimeouts = 2

// Work implements river.Worker. Whatever a document turns out to be, the job ends with it in
// a final state or in review: what cannot be read is a review, not a lost job. The last
// attempt reads no more and only hands it to the desk, so that not even a document that
// brings the whole program down is lost, or brings it down for ever.
func (w *ReadDocument) Work(ctx context.Context, job *river.Job[jobs.ReadDocument]) error {
	s := w.cfg.Store
	doc, err := s.GetDocument(ctx, job.Args.DocumentID)
	if err != nil {
		return verdict(err)
	}
	if doc.State != store.DocumentReceived {
		return verdict(done(ctx, s, job)) // an attempt before this one did it
	}
	if job.Attempt >= job.MaxAttempts {
		return verdict(w.giveUp(ctx, job, doc, errors.New("no attempt came to its end")))
	}
	err = w.carryOut(ctx, job, doc)
	late := errors.Is(ctx.Err(), context.DeadlineExceeded)
	switch kind := order.KindOf(err); {
	case err == nil:
		return nil
	case ctx.Err() != nil && !late: // told to stop
		return err
	case kind == order.KindPermanent, kind == order.KindInvalid, late && job.Attempt >= maxTimeouts, job.Attempt >= job.MaxAttempts-1:
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobs.Timeout) // the job's own time may be over
		defer cancel()
		return verdict(w.giveUp(ctx, job, doc, err))
	default:
		return err
	}
}

// carryOut reads a document and saves the outcome. A panic on some bytes is a defect of ours
// that the same bytes bring about again: permanent.
func (w *ReadDocument) carryOut(ctx context.Context, job *river.Job[jobs.ReadDocument], doc store.Document) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = order.Permanent("it could not be read because of a defect: a person must look at it", fmt.Errorf("panic: %v", r))
		}
	}()
	save, err := w.read(ctx, doc)
	if err != nil {
		return err
	}
	return w.cfg.Store.InTx(ctx, func(tx *store.Tx) error {
		ok, err := tx.Waits(ctx, doc.ID)
		if err != nil {
			return err
		}
		if ok {
			if err := save(tx); err != nil {
				return err
			}
		}
		return store.Complete(ctx, tx, job)
	})
}

// giveUp hands a document that cannot be read to the desk as a whole.
func (w *ReadDocument) giveUp(ctx context.Context, job *river.Job[jobs.ReadDocument], doc store.Document, cause error) error {
	w.cfg.logger().ErrorContext(ctx, "document goes to review unread", "document", doc.ID, "error", cause)
	reason := order.Permanent("it could not be read: a person must look at it", nil)
	if e, ok := errors.AsType[*order.Error](cause); ok && e.Kind == order.KindPermanent {
		reason = &order.Error{Kind: e.Kind, Rule: e.Rule, Field: e.Field, Message: e.Message}
	}
	return w.cfg.Store.InTx(ctx, func(tx *store.Tx) error {
		if ok, err := tx.Waits(ctx, doc.ID); err != nil || !ok {
			return errors.Join(err, store.Complete(ctx, tx, job))
		}
		if err := w.review(ctx, tx, doc, reason); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	})
}

// review puts a whole document before a person.
func (w *ReadDocument) review(ctx context.Context, tx *store.Tx, doc store.Document, reasons ...*order.Error) error {
	now := w.cfg.Store.Now()
	if err := tx.OpenReview(ctx, doc.ID, 0, reasons, nil, doc.ReceivedAt, now); err != nil {
		return err
	}
	_, err := tx.SetDocument(ctx, doc.ID, store.DocumentReview, reasons[0].Error(), 0, now)
	return err
}

// read decodes and interprets with no transaction open, and returns what saves the outcome.
func (w *ReadDocument) read(ctx context.Context, doc store.Document) (save func(*store.Tx) error, err error) {
	data, err := w.cfg.Store.DocumentBytes(ctx, doc.ID)
	if err != nil {
		return nil, err
	}
	switch kindOf(data, doc) {
	case kindFax:
		return w.fax(ctx, doc, data)
	case kindWeb:
		return w.web(ctx, doc, data)
	case kindMail:
		return w.mail(ctx, doc, data)
	default:
		return func(tx *store.Tx) error {
			return w.review(ctx, tx, doc, order.Permanent(fmt.Sprintf(
				"it is %s, and neither a fax (TIFF, PDF, PNG), a mail nor a web order: todoke document show %d --save DIR writes it out", formatOf(data), doc.ID), nil))
		}, nil
	}
}

type documentKind int

const (
	kindUnknown documentKind = iota
	kindFax
	kindWeb
	kindMail
)

// kindOf tells what bytes are, by themselves before by their name: gateways name files as
// they please.
func kindOf(data []byte, doc store.Document) documentKind {
	for _, magic := range []string{"II*\x00", "MM\x00*", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return kindFax
		}
	}
	const pdfHead = 1024 // readers look for the mark this far in
	if bytes.Contains(data[:min(len(data), pdfHead)], []byte("%PDF-")) {
		return kindFax
	}
	ext := strings.ToLower(filepath.Ext(doc.FileName))
	switch {
	case ext == ".eml", doc.MediaType == "message/rfc822":
		return kindMail
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) && (ext == ".json" || doc.MediaType == "application/json"):
		return kindWeb
	case slices.Contains([]string{".tif", ".tiff", ".pdf", ".png", ".jpg", ".jpeg"}, ext):
		return kindFax // damaged at its head: the decoder says how
	default:
		return kindUnknown
	}
}

// web takes a web order handed in as a file: it has no shop front that answers for its
// ordered_at, so our receipt counts (CUT-3).
func (w *ReadDocument) web(ctx context.Context, doc store.Document, data []byte) (func(*store.Tx) error, error) {
	parsed, problems := web.Parse(data, web.DefaultLimits())
	req := parsed.Request
	req.Channel, req.ReceivedAt = order.ChannelWeb, doc.ReceivedAt
	req.Source = order.Source{DocumentID: doc.ID}
	return func(tx *store.Tx) error {
		now := w.cfg.Store.Now()
		if len(problems) > 0 {
			return w.review(ctx, tx, doc, problems...) // nobody waits for an answer that could refuse it
		}
		o, err := tx.Accept(ctx, req, now)
		if refusal, ok := errors.AsType[*store.Refusal](err); ok {
			return w.review(ctx, tx, doc, refusal.Problems...)
		}
		if err != nil {
			return err
		}
		_, err = tx.SetDocument(ctx, doc.ID, store.DocumentOrdered, "order "+string(o.Number), o.ID, now)
		return err
	}, nil
}

// readPage is one page decoded and interpreted.
type readPage struct {
	page  store.Page
	draft *order.Draft
	note  string // why there is no draft
	// audits are the fields that are audited if nobody sees the page (RDR-2).
	audits []store.NewReadingAudit
	look   *look        // of a page that is none of our forms
	odd    *order.Error // CUT-3: two times speak for when it came in
}

// fax decodes every page, keeps each as a PNG in its own pixels, and interprets it.
func (w *ReadDocument) fax(ctx context.Context, doc store.Document, data []byte) (func(*store.Tx) error, error) {
	know, err := w.know(ctx, order.DateOf(doc.ReceivedAt))
	if err != nil {
		return nil, err
	}
	var held store.Thresholds
	if know.Settings, held, err = w.cfg.reading(ctx, w.cfg.Store.Now()); err != nil {
		return nil, err
	}
	key, err := w.cfg.Store.AuditKey(ctx)
	if err != nil {
		return nil, err
	}
	odd, err := w.twoTimes(ctx, doc)
	if err != nil {
		return nil, err
	}
	var pages []readPage
	var claims []store.Claim
	for p, err := range fax.Pages(data, fax.Limits{}) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r := readPage{page: store.Page{DocumentID: doc.ID, No: len(pages) + 1, XDPI: p.XDPI, YDPI: p.YDPI, Coding: p.Coding, BadRows: len(p.BadRows) + len(p.BadColumns)}}
		if p.Image == nil {
			r.note = "the page could not be decoded"
			if e, ok := errors.AsType[*order.Error](err); ok {
				r.note = e.Message
			}
			pages = append(pages, r)
			continue
		}
		r.page.WidthPX, r.page.HeightPX = p.Image.W, p.Image.H
		var buf bytes.Buffer
		if err := p.Image.EncodePNG(&buf, p.XDPI, p.YDPI); err != nil {
			return nil, fmt.Errorf("encode page: %w", err)
		}
		if r.page.BlobKey, err = w.cfg.Store.Blobs().Put(buf.Bytes()); err != nil {
			return nil, err
		}
		if top, bottom, ok := fax.HeaderLine(p.Image, p.XDPI, p.YDPI); ok && len(claims) == 0 {
			claims = append(claims, headerClaim(r.page.No, top, bottom, p.YDPI))
		}
		draft := w.interpret(p, know)
		for i := range draft.Fields {
			f := &draft.Fields[i]
			if len(f.Picture) == 0 {
				continue
			}
			if f.Image, err = w.cfg.Store.Blobs().Put(f.Picture); err != nil {
				return nil, err
			}
		}
		r.draft, r.look, r.odd = &draft, lookAt(p, draft), odd
		if odd != nil {
			rules.AskReceived(&draft, odd)
		}
		if draft.Decision == order.DecisionAccept {
			for _, c := range drawn(candidates(key, doc.ID, r.page.No, draft), w.cfg.Store.Settings()) {
				a, err := w.cfg.newAudit(c, p.Image, draft.Geometry, held, false)
				if err != nil {
					return nil, err
				}
				r.audits = append(r.audits, a)
			}
		}
		pages = append(pages, r)
	}
	if len(pages) == 0 {
		return nil, order.Permanent("it has no pages: a person must look at it", nil)
	}
	if err := w.compare(ctx, doc, pages); err != nil {
		return nil, err
	}
	var book *gateway.Book
	if w.cfg.Gateways != nil {
		book = w.cfg.Gateways()
	}
	if doc.ParentID == 0 {
		claims = append(claims, fileClaims(book.ReadFile(doc.FileName))...)
	}
	if text := fax.Station(data); text != "" {
		claims = append(claims, numberClaim(store.ClaimStation, book.Station(text), "the fax file"))
	}
	return func(tx *store.Tx) error {
		if err := tx.AddClaims(ctx, doc.ID, claims, w.cfg.Store.Now()); err != nil {
			return err
		}
		return w.saveFax(ctx, tx, doc, pages)
	}, nil
}

// twoTimes asks which of two times holds, where the gateway's and our server's lie too far apart
// (CUT-3); nil where one is plain.
func (w *ReadDocument) twoTimes(ctx context.Context, doc store.Document) (*order.Error, error) {
	if doc.ParentID == 0 {
		return nil, nil
	}
	stated, err := w.cfg.Store.GatewayTime(ctx, doc.ID)
	if err != nil || stated.IsZero() {
		return nil, err
	}
	_, _, odd := rules.FaxReceivedAt(rules.FaxClaims{GatewayAt: stated, HeaderAt: doc.ReceivedAt, TakenAt: doc.StoredAt}, w.cfg.Store.Settings())
	return odd, nil
}

func (w *ReadDocument) interpret(p fax.Page, know form.Knowledge) (d order.Draft) {
	defer func() { // the page is kept whatever happens; the desk reads it instead
		if r := recover(); r != nil {
			w.cfg.logger().Error("page reader panicked", "panic", r)
			d = order.Draft{Decision: order.DecisionUnreadable, Reasons: []string{"the reader failed on this page"}}
		}
	}()
	d = w.cfg.Read(form.PageOf(p), know)
	if d.Form == string(printed.KindReturn) && d.Decision != order.DecisionUnreadable {
		// People take returns up from the page: its fields are none of an order's.
		d.Decision, d.Fields = order.DecisionNotAForm, []order.DraftField{}
		d.Reasons = []string{"the page is one of our forms, of a kind that is not read: return"}
	}
	return d
}

// outcome is what became of a page that was judged.
type outcome struct {
	order    order.Order
	problems []*order.Error
}

func (w *ReadDocument) saveFax(ctx context.Context, tx *store.Tx, doc store.Document, pages []readPage) error {
	now := w.cfg.Store.Now()
	caller, err := tx.Caller(ctx, doc.ID)
	if err != nil {
		return err
	}
	probes := make([]store.Probe, len(pages))
	for i, p := range pages {
		if p.draft == nil || p.draft.Decision != order.DecisionBlank { // white paper looks the same every time
			probes[i] = probeOf(doc, p, caller)
		}
	}
	if err := tx.LockResends(ctx, probes...); err != nil {
		return err
	}
	// What one page is may rest on what became of the others.
	outcomes, ordered := make([]outcome, len(pages)), make([]bool, len(pages))
	for i, p := range pages {
		out := &outcomes[i]
		if out.order, out.problems, err = w.judge(ctx, tx, doc, p, &probes[i], now); err != nil {
			return err
		}
		ordered[i] = len(out.problems) == 0
	}
	customer, err := tx.CallerIsCustomer(ctx, doc.Caller)
	if err != nil {
		return err
	}
	for i, p := range pages {
		if err := w.savePage(ctx, tx, doc, p, outcomes[i], w.kindOfPage(pages, i, ordered, customer), probes[i], now); err != nil {
			return err
		}
	}
	differ, err := tx.PagesDiffer(ctx, doc, len(pages))
	if err != nil {
		return err
	}
	if differ != nil { // its pages carry on by themselves
		return w.review(ctx, tx, doc, differ)
	}
	_, err = tx.SetDocument(ctx, doc.ID, store.DocumentRead, fmt.Sprintf("%d page(s)", len(pages))+absentSheets(pages), 0, now)
	return err
}

// savePage saves a page with what it is, as the order it became, closed as what it is, or before a person.
func (w *ReadDocument) savePage(ctx context.Context, tx *store.Tx, doc store.Document, p readPage, out outcome, kind rules.PageVerdict, probe store.Probe, now time.Time) error {
	page := p.page
	name := store.Review{DocumentID: doc.ID, PageNo: page.No}.Name()
	ordered := len(out.problems) == 0
	switch {
	case ordered:
		page.State, page.Detail, page.OrderID = store.PageOrdered, "order "+string(out.order.Number), out.order.ID
	case kind.Close:
		page.State, page.Detail = stateOf(kind.Kind), kind.Rule+": "+kind.Kind.Words()
	default:
		if problem := kindProblem(kind, name); problem != nil {
			out.problems = append([]*order.Error{problem}, out.problems...)
		}
		page.State, page.Detail = store.PageReview, out.problems[0].Error()
	}
	id, err := tx.AddPage(ctx, page, p.draft, now)
	if err != nil {
		return err
	}
	var measures *order.PageLook
	var print []byte
	if p.look != nil {
		measures, print = &p.look.measures, p.look.print.Bytes()
	}
	if err := tx.AddPageKind(ctx, id, kind, measures, print, now); err != nil {
		return err
	}
	if probe.DocumentID != 0 {
		if err := tx.AddLikeness(ctx, id, probe, p.draft); err != nil {
			return err
		}
	}
	switch page.State {
	case store.PageOrdered:
		_, err = tx.DrawAudits(ctx, doc.ID, id, out.order.ID, page.No, p.audits, now)
	case store.PageReview:
		err = tx.OpenReview(ctx, doc.ID, id, out.problems, p.draft, doc.ReceivedAt, now)
	default:
		err = tx.Note(ctx, doc.ID, kind.Rule, "page "+name+" closed as "+kind.Kind.Words()+": "+strings.Join(kind.Evidence, "; "), now)
	}
	return err
}

// judge makes an order of a page, or says everything that a person must settle.
func (w *ReadDocument) judge(ctx context.Context, tx *store.Tx, doc store.Document, p readPage, probe *store.Probe, now time.Time) (order.Order, []*order.Error, error) {
	var none order.Order
	if p.draft == nil {
		return none, []*order.Error{order.Permanent(p.note, nil)}, nil
	}
	var problems []*order.Error
	switch d := p.draft.Decision; d {
	case order.DecisionAccept:
	case order.DecisionBlank:
		return none, []*order.Error{order.Invalid("FAX-2", "", "the page is blank: it may have been sent with the wrong side up")}, nil
	default:
		for _, r := range p.draft.Reasons {
			name, _, ofField := strings.Cut(r, ": ")
			if f := p.draft.Field(name); ofField && f != nil && f.Decision == order.DecisionReview {
				continue // the field says it itself
			}
			problems = append(problems, order.Invalid("FAX-2", "", r))
		}
		if d != order.DecisionReview {
			problems = append(problems, order.Invalid("FAX-2", "", "the reader's decision is "+string(d)))
		}
	}
	req, unclear := rules.RequestOf(*p.draft, order.Source{DocumentID: doc.ID, Page: p.page.No}, doc.ReceivedAt)
	probe.Lines, probe.Known = req.Lines, store.GoodsKnown(unclear)
	again, err := tx.Suspects(ctx, *probe)
	if err != nil {
		return none, nil, err
	}
	if len(again) > 0 {
		problems = append(problems, again[0].Problem(store.Review{DocumentID: doc.ID, PageNo: p.page.No}.Name()))
	}
	if p.draft.Decision == order.DecisionUnreadable || p.draft.Decision == order.DecisionNotAForm {
		if p.odd != nil {
			problems = append(problems, p.odd)
		}
		return none, problems, nil
	}
	problems = append(problems, unclear...)
	if p.draft.Decision == order.DecisionReview && len(problems) == 0 {
		problems = append(problems, order.Invalid("FAX-2", "", "the reader is not sure of the page"))
	}
	other, err := tx.CallerMismatch(ctx, doc.ID, req.DepartmentCode, now)
	if err != nil {
		return none, nil, err
	}
	if other != nil {
		problems = append(problems, other)
	}
	if len(problems) > 0 {
		return none, problems, nil
	}
	o, err := tx.Accept(ctx, req, now)
	if refusal, ok := errors.AsType[*store.Refusal](err); ok {
		return none, refusal.Problems, nil
	}
	return o, nil, err
}

// probeOf is what is known of a page to ask what it may repeat.
func probeOf(doc store.Document, p readPage, caller string) store.Probe {
	out := store.Probe{
		DocumentID: doc.ID, PageNo: p.page.No, BlobKey: p.page.BlobKey, SHA256: doc.SHA256, Caller: caller, ReceivedAt: doc.ReceivedAt,
	}
	if p.draft == nil {
		return out
	}
	out.Ink = p.draft.Ink
	if f := p.draft.Field("customer_code"); f != nil && f.Decision == order.DecisionAccept {
		out.Customer = f.Text
	}
	return out
}

// know gives what reading leans on, read again when a master changed.
func (w *ReadDocument) know(ctx context.Context, received order.Date) (form.Knowledge, error) {
	s := w.cfg.Store
	version, err := s.MastersVersion(ctx)
	if err != nil {
		return form.Knowledge{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.knowledge == nil || w.version != version {
		k := &form.Knowledge{Items: map[string]order.Item{}, Customers: map[string]order.Department{}, ShipTos: map[string][]order.ShipTo{}, Scheme: s.Settings().Scheme()}
		items, err := s.Items(ctx)
		if err != nil {
			return form.Knowledge{}, err
		}
		for _, i := range items {
			k.Items[i.Code] = i
		}
		departments, err := s.Departments(ctx)
		if err != nil {
			return form.Knowledge{}, err
		}
		for _, d := range departments {
			k.Customers[d.Code] = d
		}
		places, err := s.ShipTos(ctx)
		if err != nil {
			return form.Knowledge{}, err
		}
		for _, p := range places {
			k.ShipTos[p.CompanyCode] = append(k.ShipTos[p.CompanyCode], p)
		}
		w.version, w.knowledge = version, k
	}
	k := *w.knowledge
	k.ReceivedOn = received
	return k, nil
}

// snippet reads a 1-bit PNG of ours.
func snippet(data []byte) (m *bilevel.Image, xDPI, yDPI float64, err error) { //nolint:forbidigo // dots an inch
	for p, err := range fax.Pages(data, fax.Limits{Pages: 1}) {
		if err != nil {
			return nil, 0, 0, err
		}
		return p.Image, p.XDPI, p.YDPI, nil
	}
	return nil, 0, 0, errors.New("the image is empty")
}

func (c Config) logger() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}
