package worker_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/ingest/form"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// inked is ink that is the same for the same seed, and unlike for others.
func inked(seed uint16) *order.Ink {
	f := order.InkField{Name: "lines[1].item_code"}
	for i := range 8 {
		b := order.InkBox{State: order.InkWritten}
		for y := range 6 {
			b.Rows[2+y] = (0x1357*seed + 0x2bad*uint16(i) + 0x0421*uint16(y)) | 1
		}
		f.Boxes = append(f.Boxes, b)
	}
	return &order.Ink{Form: "order", Version: 1, Fields: []order.InkField{f, {Name: "lines[1].quantity", Boxes: f.Boxes[:2]}}}
}

// sheet is a page with those goods, written on a sheet of that seed.
func sheet(seed uint16, goods ...string) order.Draft {
	d := order.Draft{Form: "order", FormVersion: 1, Decision: order.DecisionAccept, Ink: inked(seed), Fields: []order.DraftField{
		field("customer_code", st.Code(st.Tokyo), order.DecisionAccept),
	}}
	for i := 0; i+1 < len(goods); i += 2 {
		line := fmt.Sprintf("lines[%d]", i/2+1)
		d.Fields = append(d.Fields, field(line+".item_code", st.Code(goods[i]), order.DecisionAccept), field(line+".quantity", goods[i+1], order.DecisionAccept))
	}
	return d
}

// TestTwoReadersOfOneFax: the same fax by four transmissions, read at the same instant, becomes one
// order, whether its pages are equal to the dot, or only the ink tells that the sheet is the same
// and every reading another.
func TestTwoReadersOfOneFax(t *testing.T) {
	t.Parallel()
	const readers, rounds = 4, 12
	drafts := map[int]order.Draft{}
	for i := range readers {
		drafts[200+i] = sheet(7, []string{st.Pen, st.Paper, st.Tea, st.Desk}[i%4], "10")
	}
	drafts[wOrder] = sheet(9, st.Paper, "10")
	b := setup(t, drafts)
	b.cfg.Readers = readers
	read := b.cfg.Read
	var mu sync.Mutex
	var here int
	all := make(chan struct{})
	b.cfg.Read = func(p form.Page, k form.Knowledge) order.Draft { // returns when all readers have come
		mu.Lock()
		wait := all
		if here++; here == readers {
			here, all = 0, make(chan struct{})
			close(wait)
		}
		mu.Unlock()
		select {
		case <-wait:
		case <-time.After(30 * time.Second):
			t.Error("the readers do not read at one instant")
		}
		return read(p, k)
	}
	b.work(t)
	for round := range rounds {
		b.clock.Set(b.clock.Now().AddDate(0, 0, 10)) // what came before is no resend any more
		var ids []int64
		for i := range readers {
			data := page(t, round+1, wOrder)
			if round%2 == 1 {
				data = page(t, round*10+i, 200+i)
			}
			ids = append(ids, b.add(t, fmt.Sprintf("%d-%d.tif", round, i), data))
		}
		b.idle(t)
		orders, reviews := 0, 0
		for _, id := range ids {
			for _, p := range b.pages(t, id) {
				switch {
				case p.State == store.PageOrdered:
					orders++
				case p.State == store.PageReview && strings.Contains(p.Detail, "FAX-5"):
					reviews++
				default:
					t.Errorf("round %d: page %+v", round, p)
				}
			}
		}
		if orders != 1 || reviews != readers-1 {
			t.Fatalf("round %d: %d orders and %d suspected, of %d faxes of one sheet", round, orders, reviews, readers)
		}
	}
	b.audit(t)
}

// TestACorrectionReplacesTheOrder: the earlier order is cancelled with the new one made, or, once
// it is at the warehouse, neither.
func TestACorrectionReplacesTheOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, map[int]order.Draft{200: sheet(1, st.Paper, "10", st.Pen, "2"), 201: sheet(2, st.Paper, "15", st.Pen, "2"), 202: sheet(3, st.Paper, "15", st.Pen, "3")})
	now := b.clock.Now()
	first := b.add(t, "first.tif", page(t, 1, 200))
	b.work(t)
	b.clock.Set(now.Add(time.Hour))
	second := b.add(t, "second.tif", page(t, 2, 201))
	b.idle(t)
	reviews, err := b.s.ReviewsOf(t.Context(), second)
	if err != nil || len(reviews) != 1 {
		t.Fatal(reviews, err)
	}
	suspects, err := b.s.SuspectsOf(t.Context(), reviews[0])
	if err != nil || len(suspects) != 1 || suspects[0].Relation != rules.RelationCorrection || suspects[0].Document != first || len(suspects[0].Lines) != 2 {
		t.Fatalf("suspects %+v, %v", suspects, err)
	}
	old := b.pages(t, first)[0]
	// Another customer's page replaces nothing.
	_, err = b.s.Settle(t.Context(), second, 0, store.Settlement{
		Values: map[string]string{"customer_code": st.Code(st.Osaka)}, As: store.AsCorrection, Of: store.Other{Document: first, Page: 1}, By: "鈴木",
	}, b.clock.Now())
	if refusal, ok := errors.AsType[*store.Refusal](err); !ok || !strings.Contains(refusal.Error(), "a correction replaces an order of the same customer") {
		t.Fatalf("another customer's order was replaced: %v", err)
	}
	o, err := b.s.Settle(t.Context(), second, 0, store.Settlement{
		Values: map[string]string{"customer_code": st.Code(st.Tokyo)}, As: store.AsCorrection, By: "鈴木", Reason: "電話で確認",
	}, b.clock.Now())
	if err != nil || o.Lines[0].Qty != 15 {
		t.Fatal(o, err)
	}
	b.idle(t)
	was, err := b.s.GetOrder(t.Context(), old.OrderNumber)
	if err != nil || was.State != order.StateCancelled {
		t.Fatal(was.State, err)
	}
	events, err := b.s.OrderEvents(t.Context(), was.ID)
	if last := events[len(events)-1]; err != nil || last.Rule != "FAX-5" || last.By != "鈴木" || !strings.Contains(last.Text, o.Number.Grouped()) || !strings.Contains(string(last.Inputs), "電話で確認") {
		t.Errorf("why it was cancelled: %+v, %v", last, err)
	}
	if p := b.pages(t, first)[0]; !strings.Contains(p.Detail, "cancelled: corrected by document") {
		t.Errorf("the first page: %s", p.Detail)
	}

	// The list is at the warehouse: the third fax corrects nothing any more.
	if _, err := b.s.Tick(t.Context(), st.At(t, "2026-11-24 10:01:00")); err != nil {
		t.Fatal(err)
	}
	b.clock.Set(st.At(t, "2026-11-24 17:42:00"))
	if _, err := b.s.Tick(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.idle(t)
	if sent, err := b.s.GetOrder(t.Context(), o.Number); err != nil || sent.State != order.StateReleased {
		t.Fatal(sent.State, err)
	}
	third, _, err := b.s.AddDocument(t.Context(), store.NewDocument{Source: "file", ExternalID: "third", FileName: "third.tif", ReceivedAt: now.Add(2 * time.Hour), Bytes: page(t, 3, 202)})
	if err != nil {
		t.Fatal(err)
	}
	b.idle(t)
	_, err = b.s.Settle(t.Context(), third, 0, store.Settlement{As: store.AsCorrection, By: "鈴木"}, b.clock.Now())
	refusal, ok := errors.AsType[*store.Refusal](err)
	if !ok || refusal.Problems[0].Rule != "FAX-5" || !strings.Contains(refusal.Problems[0].Message, "--as addon") || !strings.Contains(refusal.Problems[0].Message, "RET-1") {
		t.Fatalf("a correction of what is at the warehouse: %v", err)
	}
	if sent, err := b.s.GetOrder(t.Context(), o.Number); err != nil || sent.State != order.StateReleased {
		t.Fatal(sent.State, err)
	}
	if own, err := b.s.Settle(t.Context(), third, 0, store.Settlement{As: store.AsAddOn, Drop: []int{1}, Reason: "15 were sent", By: "鈴木"}, b.clock.Now()); err != nil || len(own.Lines) != 1 {
		t.Fatal(own, err)
	}
	b.idle(t)
	b.audit(t)
}

// TestAnIllegibleFaxHoldsNothingBack: its resend is an order at once, and the illegible one is
// offered to be closed as superseded by it.
func TestAnIllegibleFaxHoldsNothingBack(t *testing.T) {
	t.Parallel()
	unreadable := order.Draft{Decision: order.DecisionUnreadable, Reasons: []string{"1200 of 2200 rows are damaged"}}
	doubtful := sheet(4, st.Paper, "1?", st.Pen, "??")
	doubtful.Decision = order.DecisionReview
	for i := range doubtful.Fields {
		doubtful.Fields[i].Decision = order.DecisionReview
	}
	b := setup(t, map[int]order.Draft{200: unreadable, 201: doubtful, 202: sheet(4, st.Paper, "10", st.Pen, "2")})
	now := b.clock.Now()
	add := func(name string, w int, after time.Duration) int64 {
		id, _, err := b.s.AddDocument(t.Context(), store.NewDocument{
			Source: "file", ExternalID: name, FileName: name, Caller: "0312345678", ReceivedAt: now.Add(after), Bytes: page(t, w, w),
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	lost, half := add("lost.tif", 200, 0), add("half.tif", 201, time.Minute)
	b.work(t)
	again := add("again.tif", 202, 5*time.Minute)
	b.idle(t)
	p := b.pages(t, again)
	if len(p) != 1 || p[0].State != store.PageOrdered {
		t.Fatalf("the readable one: %+v", p)
	}
	for _, id := range []int64{lost, half} {
		reviews, err := b.s.ReviewsOf(t.Context(), id)
		if err != nil || len(reviews) != 1 {
			t.Fatal(reviews, err)
		}
		after, err := b.s.SupersedingOf(t.Context(), reviews[0])
		if err != nil || len(after) != 1 || after[0].Document != again || after[0].Order != p[0].OrderNumber {
			t.Errorf("document %d is offered %+v, %v", id, after, err)
		}
		if _, of, err := b.s.CloseAsResend(t.Context(), id, 0, store.Other{Document: again}, "鈴木", "", b.clock.Now()); err != nil || of.Document != again {
			t.Error(of, err)
		}
	}
	// Nobody may close the one that the others were closed for.
	last := add("last.tif", 200+2, 6*time.Minute)
	b.idle(t)
	if _, _, err := b.s.CloseAsResend(t.Context(), last, 0, store.Other{Document: lost}, "鈴木", "", b.clock.Now()); order.KindOf(err) != order.KindConflict {
		t.Errorf("closed as a resend of one that is closed: %v", err)
	}
	b.audit(t)
}

// TestTheSameGoodsByWebAndFax: the web order stands, the fax waits; two hours more apart it is an
// order of its own.
func TestTheSameGoodsByWebAndFax(t *testing.T) {
	t.Parallel()
	b := setup(t, map[int]order.Draft{200: sheet(5, st.Pen, "4")})
	now := b.clock.Now()
	web, err := b.s.PlaceWebOrder(t.Context(), store.WebOrder{
		ShopFront: st.Front, Key: "k", Body: []byte("{}"), Request: st.Request(order.ChannelWeb, now, st.Tokyo, st.Pen, 4),
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Set(now.Add(2 * time.Hour))
	id := b.add(t, "fax.tif", page(t, 1, 200))
	b.work(t)
	p := b.pages(t, id)
	if len(p) != 1 || p[0].State != store.PageReview || !strings.Contains(p[0].Detail, web.Order.Number.Grouped()) || !strings.Contains(p[0].Detail, "by web") {
		t.Fatalf("the fax: %+v", p)
	}
	if _, of, err := b.s.CloseAsResend(t.Context(), id, 0, store.Other{}, "鈴木", "", b.clock.Now()); err != nil || of.Order != web.Order.Number {
		t.Fatal(of, err)
	}
	b.clock.Set(now.Add(6 * time.Hour))
	later := b.add(t, "later.tif", page(t, 2, 200))
	b.idle(t)
	if p := b.pages(t, later); len(p) != 1 || p[0].State != store.PageOrdered {
		t.Fatalf("hours later: %+v", p)
	}
	b.audit(t)
}
