package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertest"

	"todoke/delivery"
	"todoke/delivery/folder"
	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/internal/bilevel"
	"todoke/jobs"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

type bundle struct {
	s      *store.Store
	clock  *st.Clock
	out    string
	client *river.Client[pgx.Tx]
	cfg    worker.Config
}

// setup is the small shop with workers whose reader answers by the width of the page.
func setup(t *testing.T, drafts map[int]order.Draft) *bundle {
	t.Helper()
	b := &bundle{out: t.TempDir()}
	b.s, b.clock = st.NewShop(t)
	b.cfg = worker.Config{
		Store: b.s, Deliver: b.out, Routes: worker.Routes{Domain: "shop.example", Ways: map[string][]delivery.Way{"fax": {folder.Way{Root: b.out}}, "mail": {folder.Way{Root: b.out}}}}, ShopName: "テスト商店",
		Read: func(p form.Page, k form.Knowledge) order.Draft {
			d, ok := drafts[p.Image.W]
			if !ok {
				panic("no draft for this page")
			}
			return d
		},
	}
	return b
}

// work starts the workers until the test ends.
func (b *bundle) work(t *testing.T) {
	t.Helper()
	var err error
	if b.client, err = worker.Client(b.cfg); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	b.idle(t)
}

func (b *bundle) start(t *testing.T) {
	t.Helper()
	if err := b.client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := b.client.StopAndCancel(ctx); err != nil {
			t.Error(err)
		}
	})
}

// idle returns when no job is left to work, retries included. Jobs that another client works are
// noticed within a second.
func (b *bundle) idle(t *testing.T) {
	t.Helper()
	events, unsubscribe := b.client.Subscribe(river.EventKindJobCompleted, river.EventKindJobCancelled, river.EventKindJobFailed)
	defer unsubscribe()
	timeout := time.After(5 * time.Minute) // a guard against what hangs: the first PDF compiles its renderer, slow with the race detector
	for {
		n, err := b.s.Unfinished(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		select {
		case <-events:
		case <-time.After(time.Second):
		case <-timeout:
			t.Fatalf("%d jobs are still to be worked", n)
		}
	}
}

func (b *bundle) audit(t *testing.T) {
	t.Helper()
	bad, err := b.s.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range bad {
		t.Error("audit:", s)
	}
}

// page is a fax file with pages of the given widths, each with a mark of its own.
func page(tb testing.TB, seed int, widths ...int) []byte {
	tb.Helper()
	var images []*bilevel.Image
	for i, w := range widths {
		m := bilevel.New(w, 40)
		for x := range 8 {
			m.Set(x+seed%20, 3+i, true)
		}
		m.Set(seed/20, 30, true)
		images = append(images, m)
	}
	var buf bytes.Buffer
	if err := fax.EncodeTIFF(&buf, images, fax.Options{}); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func field(name, text string, decision order.Decision) order.DraftField {
	return order.DraftField{Name: name, Text: text, Confidence: 0.999, Decision: decision}
}

// Widths of pages and what the reader makes of them.
const (
	wOrder = 100 + iota
	wReview
	wBlank
	wNoForm
	wMultiple
	wPanic
)

func drafts() map[int]order.Draft {
	lines := func(qty string, d order.Decision) []order.DraftField {
		return []order.DraftField{
			field("customer_code", st.Code(st.Tokyo), order.DecisionAccept),
			field("lines[1].item_code", st.Code(st.Paper), order.DecisionAccept),
			field("lines[1].quantity", qty, d),
			field("lines[2].item_code", "", order.DecisionBlank),
		}
	}
	return map[int]order.Draft{
		wOrder:    {Form: "order", Decision: order.DecisionAccept, Fields: lines("10", order.DecisionAccept)},
		wReview:   {Form: "order", Decision: order.DecisionReview, Reasons: []string{"a quantity is unsure"}, Fields: lines("1?", order.DecisionReview)},
		wBlank:    {Decision: order.DecisionBlank, Reasons: []string{"nothing is on the page"}},
		wNoForm:   {Decision: order.DecisionNotAForm, Reasons: []string{"no marks"}},
		wMultiple: {Form: "order", Decision: order.DecisionAccept, Fields: lines("7", order.DecisionAccept)},
	}
}

func (b *bundle) add(t *testing.T, name string, data []byte) int64 {
	t.Helper()
	id, _, err := b.s.AddDocument(t.Context(), store.NewDocument{
		Source: "file", ExternalID: name, FileName: name, ReceivedAt: b.clock.Now(), Bytes: data,
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *bundle) pages(t *testing.T, id int64) []store.Page {
	t.Helper()
	p, err := b.s.Pages(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFaxToPickList(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	fax := b.add(t, "order.tif", page(t, 1, wOrder, wBlank))
	web, err := b.s.PlaceWebOrder(t.Context(), store.WebOrder{
		ShopFront: st.Front, Key: "k", Body: []byte("{}"), Request: st.Request(order.ChannelWeb, b.clock.Now(), st.Osaka, st.Pen, 4),
	}, b.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.work(t)
	got := b.pages(t, fax)
	if len(got) != 2 || got[0].State != store.PageOrdered || got[1].State != store.PageBlank {
		t.Fatalf("pages %+v", got)
	}
	o, err := b.s.GetOrder(t.Context(), got[0].OrderNumber)
	if err != nil || o.State != order.StateAllocated || o.Channel != order.ChannelFax || o.Source.Page != 1 {
		t.Fatal(o, err)
	}

	if _, err := b.s.Tick(t.Context(), st.At(t, "2026-11-24 10:01:00")); err != nil {
		t.Fatal(err)
	}
	b.clock.Set(st.At(t, "2026-11-24 17:42:00"))
	if n, err := b.s.Tick(t.Context(), b.clock.Now()); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	b.idle(t)
	lists, err := b.s.PickLists(t.Context())
	if err != nil || len(lists) != 2 {
		t.Fatal(lists, err)
	}
	files, err := filepath.Glob(filepath.Join(b.out, "*", "*"))
	if err != nil || len(files) != 6 { // one list in two formats, the other in one, their slips, and the acknowledgement
		t.Fatalf("delivered %v, %v", files, err)
	}
	deliveries, err := b.s.Deliveries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deliveries {
		data, err := os.ReadFile(d.Location)
		if err != nil || store.Key(data) != d.BlobKey || !d.Sent() {
			t.Errorf("delivery %+v: %v", d, err)
		}
	}
	if o, err := b.s.GetOrder(t.Context(), web.Order.Number); err != nil || o.State != order.StateReleased {
		t.Error(o.State, err)
	}
	// RET-3: the return request form that went along is kept as it was printed.
	forms, err := b.s.PrintedForms(t.Context(), web.Order.Number, "return")
	if err != nil || len(forms) != 1 || forms[0].ShipmentNo != 1 || forms[0].Page != 2 || !strings.Contains(string(forms[0].Lines), `"quantity": 4`) || !strings.Contains(forms[0].Layout, "lines[1].reason.damaged") {
		t.Errorf("printed forms %+v, %v", forms, err)
	}
	// What is left is the warehouses': nobody has reported the lists.
	left, err := b.s.Ledger(t.Context())
	if err != nil || len(left) != 2 || slices.ContainsFunc(left, func(e store.Entry) bool { return e.Kind != "pick_list" || e.State != "issued" }) {
		t.Errorf("left over: %+v, %v", left, err)
	}
	b.audit(t)
}

func TestEveryPageEndsSomewhere(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.add(t, "mixed.tif", page(t, 1, wReview, wNoForm, wMultiple, wPanic))
	blank := b.add(t, "blank.tif", page(t, 2, wBlank))
	garbage := b.add(t, "garbage.tif", []byte("not a fax at all"))
	unknown := b.add(t, "unknown.bin", []byte{1, 2, 3})
	json := b.add(t, "order.json", []byte(`{"nonsense":`))
	b.work(t)
	reviews, err := b.s.OpenReviews(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, r := range reviews {
		names[r.Name()] = r.Reasons[0].Rule + " " + r.Reasons[0].Field
		if r.DeadlineAt.IsZero() {
			t.Errorf("review %s has no deadline", r.Name())
		}
	}
	if len(reviews) != 8 {
		t.Errorf("%d reviews: %v", len(reviews), names)
	}
	if names["1.3"] != "ITM-1 lines[1].quantity" {
		t.Errorf("the rule's refusal is %q", names["1.3"])
	}
	if p := b.pages(t, blank); len(p) != 1 || p[0].State != store.PageReview {
		t.Errorf("a blank fax: %+v", p)
	}
	for _, id := range []int64{unknown, json} {
		if d, err := b.s.GetDocument(t.Context(), id); err != nil || d.State != store.DocumentReview {
			t.Errorf("document %d: %s %v", id, d.State, err)
		}
	}
	_ = garbage
	b.audit(t)

	// Settling keeps what a person said, also while something still stands against it.
	_, err = b.s.Settle(t.Context(), 1, 3, store.Settlement{Values: map[string]string{"lines[1].comment": "至急"}, By: "佐藤"}, b.clock.Now())
	if refusal, ok := errors.AsType[*store.Refusal](err); !ok || refusal.Problems[0].Rule != "ITM-1" || refusal.Problems[0].Suggest == "" {
		t.Fatalf("settled with a quantity that does not fit: %v", err)
	}
	if _, err := b.s.Settle(t.Context(), 1, 3, store.Settlement{Values: map[string]string{"lines[1].colour": "red"}, By: "佐藤"}, b.clock.Now()); order.KindOf(err) != order.KindInvalid {
		t.Fatalf("an unknown field: %v", err)
	}
	o, err := b.s.Settle(t.Context(), 1, 3, store.Settlement{Values: map[string]string{"lines[1].quantity": "5"}, By: "佐藤"}, b.clock.Now())
	if err != nil || o.Lines[0].Comment != "至急" || o.Lines[0].Qty != 5 {
		t.Fatal(o.Lines, err)
	}
	if _, err := b.s.Settle(t.Context(), 1, 3, store.Settlement{By: "佐藤"}, b.clock.Now()); order.KindOf(err) != order.KindNotFound {
		t.Fatalf("settled twice: %v", err)
	}
	if _, err := b.s.Junk(t.Context(), unknown, 0, "佐藤", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if d, err := b.s.GetDocument(t.Context(), unknown); err != nil || d.State != store.DocumentJunk {
		t.Errorf("junk: %s %v", d.State, err)
	}
	b.audit(t)
}

func TestTheSameFaxDoesNotShipTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	data := page(t, 1, wOrder)
	first := b.add(t, "first.tif", data)
	b.work(t)
	same := b.add(t, "first.tif", data)                // the same transmission
	again := b.add(t, "again.tif", data)               // the same bytes, another transmission
	other := b.add(t, "other.tif", page(t, 2, wOrder)) // another page with the same goods
	b.idle(t)
	if d, err := b.s.GetDocument(t.Context(), same); err != nil || d.State != store.DocumentDuplicate || d.DuplicateOf != first {
		t.Errorf("the same transmission: %+v %v", d, err)
	}
	for _, id := range []int64{again, other} {
		p := b.pages(t, id)
		if len(p) != 1 || p[0].State != store.PageReview || !strings.Contains(p[0].Detail, "FAX-5") {
			t.Errorf("document %d: %+v", id, p)
		}
	}
	if _, of, err := b.s.CloseAsResend(t.Context(), again, 0, store.Other{}, "鈴木", "", b.clock.Now()); err != nil || of.Document != first {
		t.Fatal(of, err)
	}
	// The other one ships only when a person says that it is an order of its own.
	_, err := b.s.Settle(t.Context(), other, 0, store.Settlement{By: "鈴木"}, b.clock.Now())
	refusal, ok := errors.AsType[*store.Refusal](err)
	if !ok || refusal.Problems[0].Rule != "FAX-5" || !strings.Contains(refusal.Problems[0].Message, fmt.Sprintf("todoke review settle %d.1 --as", other)) ||
		!strings.Contains(refusal.Problems[0].Message, fmt.Sprintf("document %d.1", first)) {
		t.Fatalf("a suspected resend is settled without a decision: %v", err)
	}
	// The decision is kept while something else still stands against the page.
	_, err = b.s.Settle(t.Context(), other, 0, store.Settlement{Values: map[string]string{"total_quantity": "11"}, As: store.AsOwn, By: "鈴木"}, b.clock.Now())
	if refusal, ok = errors.AsType[*store.Refusal](err); !ok || len(refusal.Problems) != 1 || refusal.Problems[0].Field != "total_quantity" {
		t.Fatalf("a total that is not the sum: %v", err)
	}
	if _, err := b.s.Settle(t.Context(), other, 0, store.Settlement{Values: map[string]string{"total_quantity": "10"}, By: "鈴木"}, b.clock.Now()); err != nil {
		t.Fatalf("an add-on of its own: %v", err)
	}
	events, err := b.s.DocumentEvents(t.Context(), other)
	if err != nil || !slices.ContainsFunc(events, func(e order.Event) bool { return e.Rule == "FAX-5" && e.By == "鈴木" }) {
		t.Errorf("who decided it is not kept: %+v, %v", events, err)
	}
	b.audit(t)
}

func TestMailIsSplitOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.cfg.Mail = func([]byte) (worker.Mail, error) {
		return worker.Mail{Job: "7", Attachments: []worker.Attachment{
			{FileName: "a.tif", MediaType: "image/tiff", Bytes: page(t, 1, wOrder)},
			{FileName: "b.tif", MediaType: "image/tiff", Bytes: page(t, 2, wNoForm)},
			{FileName: "logo.gif", MediaType: "image/gif", Bytes: []byte("GIF89a"), WidthPX: 120, HeightPX: 40, Shown: true},
		}}, nil
	}
	first := b.add(t, "one.eml", []byte("From: a\n\nfirst"))
	second := b.add(t, "two.eml", []byte("From: a\n\nthe gateway mailed job 7 again"))
	b.work(t)
	for id, want := range map[int64]store.DocumentState{first: store.DocumentRead, second: store.DocumentDuplicate} {
		d, err := b.s.GetDocument(t.Context(), id)
		if err != nil || d.State != store.DocumentSplit {
			t.Fatal(d, err)
		}
		parts, err := b.s.DocumentParts(t.Context(), id)
		if err != nil || len(parts) != 2 {
			t.Fatal(parts, err)
		}
		for _, p := range parts {
			if d, err := b.s.GetDocument(t.Context(), p); err != nil || d.State != want {
				t.Errorf("part %d of %d: %s, want %s, %v", p, id, d.State, want, err)
			}
		}
	}
	b.audit(t)
}

// TestAnotherAttemptTookOver shows the fence: an attempt that was given up for dead while it
// read must not save anything; the attempt after it does, once.
func TestAnotherAttemptTookOver(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	id := b.add(t, "order.tif", page(t, 1, wOrder))
	reads := 0
	read := b.cfg.Read
	b.cfg.Read = func(p form.Page, k form.Knowledge) order.Draft {
		if reads++; reads == 1 { // one reader works: no race
			if _, err := b.s.Pool().Exec(context.Background(), `UPDATE river_job SET attempt = attempt + 1 WHERE kind = 'read_document'`); err != nil {
				t.Error(err)
			}
		}
		return read(p, k)
	}
	var err error
	if b.client, err = worker.Client(b.cfg); err != nil {
		t.Fatal(err)
	}
	failed, cancel := b.client.Subscribe(river.EventKindJobFailed)
	defer cancel()
	b.start(t)
	select {
	case <-failed:
	case <-time.After(30 * time.Second):
		t.Fatal("the attempt that was given up did not fail")
	}
	if d, err := b.s.GetDocument(t.Context(), id); err != nil || d.State != store.DocumentReceived || len(b.pages(t, id)) != 0 {
		t.Fatalf("it saved all the same: %s, %v", d.State, err)
	}
	// The queue's back-off is long; the job may start now.
	if _, err := b.s.Pool().Exec(t.Context(), `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'retryable'`); err != nil {
		t.Fatal(err)
	}
	b.idle(t)
	if p := b.pages(t, id); len(p) != 1 || p[0].State != store.PageOrdered || reads != 2 {
		t.Fatalf("after %d reads: %+v", reads, p)
	}
	b.audit(t)
}

// TestReaderHearsWhatIsMissing has a page of which the decoder knows that something is left out.
func TestReaderHearsWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	heard := ""
	b.cfg.Read = func(p form.Page, _ form.Knowledge) order.Draft {
		heard = p.LeftOut
		return order.Draft{Decision: order.DecisionUnreadable, Reasons: []string{p.LeftOut}}
	}
	id := b.add(t, "order.pdf", []byte("%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n"+
		"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>\nendobj\n"+
		"4 0 obj\n<</Length 9>>\nstream\n/Order Do\nendstream\nendobj\ntrailer\n<</Root 1 0 R/Size 5>>\n"))
	b.work(t)
	if p := b.pages(t, id); heard == "" || len(p) != 1 || p[0].State != store.PageReview || !strings.Contains(p[0].Detail, heard) {
		t.Errorf("the reader heard %q: %+v", heard, p)
	}
	b.audit(t)
}

func TestJobsAreInsertedWithTheirRows(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.add(t, "order.tif", page(t, 1, wOrder))
	job := rivertest.RequireInserted(t.Context(), t, riverpgxv5.New(b.s.Pool()), &jobs.ReadDocument{}, nil)
	if job.Queue != jobs.QueueRead {
		t.Errorf("queue %s", job.Queue)
	}
}
