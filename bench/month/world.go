package month

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// world is all that is neither the shop nor its customers' orders: approvers, the desk, warehouses.
type world struct {
	decide  map[string]time.Time       // when an approver looks, by order and level
	arrived map[rules.StockKey]int     // with what was there at first
	held    []int64                    // orders that the desk holds
	late    map[order.Number]time.Time // lists that are reported the next morning
	parts   map[order.Number]bool      // lists of which the second part was reported
	files   []handed                   // that warehouses hand in next
	retried map[int64]bool             // orders whose card was tried again
}

// routine enters what people do on a day.
func (m *run) routine(on order.Date) {
	business := m.day.Business
	m.put(on.At(order.Clock{Hour: 6, Minute: 40}), m.warehouseReports)
	if business {
		m.put(on.At(order.Clock{Hour: 7}), m.stockUp)
		for half := 18; half <= 36; half++ { // 9:00 to 18:00 (KEP-3)
			m.put(on.At(order.Clock{Hour: half / 2, Minute: half % 2 * 30}).Add(10*time.Second), m.desk)
		}
		m.put(on.At(order.Clock{Hour: 15, Minute: 30}), m.warehouseReports)
		m.put(on.At(order.Clock{Hour: 20, Minute: 15}), m.warehouseReports)
	}
	for hour := 8; hour <= 21; hour++ {
		m.put(on.At(order.Clock{Hour: hour, Minute: 20}), m.approvers)
	}
	if !business {
		return
	}
	for range m.Kills {
		m.put(on.At(order.Clock{Hour: 9}).Add(time.Duration(m.r.IntN(9*3600))*time.Second), func(context.Context) error {
			m.killNext = true
			return nil
		})
	}
}

// stockUp has goods come in for whatever runs low, and warehouses count. What is scarce comes in
// every week, on a day that is known; one of them never says when.
func (m *run) stockUp(ctx context.Context) error {
	if m.worker != nil {
		if err := m.idle(ctx); err != nil {
			return err
		}
	}
	rows, err := m.Store.Stock(ctx, "")
	if err != nil {
		return err
	}
	w := &m.world
	first := w.arrived == nil
	if first {
		w.arrived = map[rules.StockKey]int{}
		for _, r := range rows {
			w.arrived[rules.StockKey{WarehouseCode: r.WarehouseCode, ItemCode: r.ItemCode}] = r.OnHandQty
		}
	}
	open := map[rules.StockKey]bool{} // what is on lists that are not reported yet is not counted
	lists, err := m.Admin.Query(ctx, `SELECT DISTINCT a.warehouse_code, a.item_code FROM allocations a JOIN pick_lists p ON p.id = a.pick_list_id WHERE p.shipped_at IS NULL`)
	if err != nil {
		return fmt.Errorf("find open lists: %w", err)
	}
	for lists.Next() {
		var k rules.StockKey
		if err := lists.Scan(&k.WarehouseCode, &k.ItemCode); err != nil {
			return fmt.Errorf("find open lists: %w", err)
		}
		open[k] = true
	}
	if err := lists.Err(); err != nil {
		return fmt.Errorf("find open lists: %w", err)
	}
	today := order.DateOf(m.Clock.Now())
	sold := max(1, m.Orders/max(1, m.Days)) // about so many orders a day
	var in []order.StockLevel
	for i, r := range rows {
		it, ok := m.shop.items[r.ItemCode]
		k := rules.StockKey{WarehouseCode: r.WarehouseCode, ItemCode: r.ItemCode}
		if !ok || open[k] || it.Class == order.ClassPhone {
			continue
		}
		level := order.StockLevel{WarehouseCode: r.WarehouseCode, ItemCode: r.ItemCode, OnHand: r.OnHandQty, RestockOn: r.RestockOn}
		target := max(4, sold/40) * max(1, it.OrderMultiple)
		if it.Class == order.ClassTruck {
			target = max(2, sold/100)
		}
		switch {
		case m.shop.scarce[r.ItemCode] && (first || r.RestockOn == today):
			if first {
				level.OnHand = 0
			}
			level.OnHand += target / 2
			level.RestockOn = today.Add(5 + i%4)
			if i%16 == 0 {
				level.RestockOn = order.Date{}
			}
		case m.shop.scarce[r.ItemCode]:
		case r.AvailableQty < target:
			level.OnHand += 2*target - r.AvailableQty
		case !first && i%97 == today.Day%97 && r.AvailableQty > 3: // a count finds another quantity
			level.OnHand += m.r.IntN(4) - 2
		}
		if level != (order.StockLevel{WarehouseCode: r.WarehouseCode, ItemCode: r.ItemCode, OnHand: r.OnHandQty, RestockOn: r.RestockOn}) {
			in = append(in, level)
			w.arrived[k] += level.OnHand - r.OnHandQty
		}
	}
	m.day.Restocked = len(in)
	if err := m.Store.ImportStock(ctx, in); err != nil {
		return fmt.Errorf("goods come in: %w", err)
	}
	return nil
}

// warehouseReports has the warehouses acknowledge and report what left. One list in twelve is
// reported the next morning, one in ten twice at the same time.
func (m *run) warehouseReports(ctx context.Context) error {
	lists, err := m.openLists(ctx)
	if err != nil {
		return err
	}
	now := m.Clock.Now()
	w := &m.world
	if w.late == nil {
		w.late = map[order.Number]time.Time{}
	}
	for _, l := range lists {
		until, waits := w.late[l.number]
		if !waits && l.id%12 == 5 {
			until = order.DateOf(now).Add(1).At(order.Clock{Hour: 6, Minute: 30})
			w.late[l.number] = until
			m.day.LateReports++
		}
		if now.Before(until) || now.Sub(l.released) < time.Hour {
			continue
		}
		if err := m.Store.AcknowledgePickList(ctx, l.id, "", "倉庫 受信係", now); err != nil && order.KindOf(err) != order.KindConflict {
			return fmt.Errorf("acknowledge %s: %w", l.number, err)
		}
		if err := m.reportList(ctx, l, now); err != nil {
			return fmt.Errorf("report %s: %w", l.number, err)
		}
		m.day.Lists++
	}
	return m.handIn(ctx)
}

// approvers decide what they are asked: most within two days, some late, one in twelve never.
func (m *run) approvers(ctx context.Context) error {
	open, err := m.Store.OpenApprovals(ctx, 1_000_000)
	if err != nil {
		return err
	}
	now := m.Clock.Now()
	w := &m.world
	if w.decide == nil {
		w.decide = map[string]time.Time{}
	}
	for _, a := range open {
		c, found, err := m.Store.ApprovalOf(ctx, a.OrderID, now)
		if err != nil {
			return err
		}
		if !found || len(c.Deciders) == 0 {
			continue
		}
		key := fmt.Sprintf("%s-%d", a.Number, c.Level())
		at, known := w.decide[key]
		if !known {
			at = now.Add(time.Duration(m.r.IntN(30*3600)) * time.Second)
			switch m.r.IntN(12) {
			case 0:
				at = now.AddDate(1, 0, 0) // never
			case 1:
				at = now.AddDate(0, 0, 4+m.r.IntN(9))
			}
			w.decide[key] = at
		}
		if now.Before(at) {
			continue
		}
		d := store.ApprovalDecision{By: c.Deciders[0].Code, Yes: m.r.IntN(14) > 0}
		if !d.Yes {
			d.Note = "予算の都合により見送ります"
		}
		if m.r.IntN(8) == 0 {
			if err := m.bothDecide(ctx, a, d, now); err != nil {
				return err
			}
			continue
		}
		if _, err := m.Store.DecideApproval(ctx, a.OrderID, d, now); err != nil {
			return fmt.Errorf("decide %s: %w", a.Number, err)
		}
		m.day.Decided++
	}
	return nil
}

// bothDecide has one decision sent twice at once, as a person does who clicks twice: one counts.
func (m *run) bothDecide(ctx context.Context, a store.OpenApproval, d store.ApprovalDecision, now time.Time) error {
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = m.Store.DecideApproval(ctx, a.OrderID, d, now) })
	}
	wg.Wait()
	taken := 0
	for _, err := range errs {
		switch {
		case err == nil:
			taken++
		case order.KindOf(err) != order.KindConflict && order.KindOf(err) != order.KindInvalid:
			return fmt.Errorf("decide %s: %w", a.Number, err)
		}
	}
	if taken != 1 { // with two levels the second click may be the same person's for the next one
		c, _, err := m.Store.ApprovalOf(ctx, a.OrderID, now)
		if err != nil {
			return err
		}
		if len(c.Steps) != taken {
			m.wrong("order %s: a decision sent twice at once was taken %d times, %d steps", a.Number, taken, len(c.Steps))
		}
	}
	m.day.Decided += taken
	return nil
}

// deskName is who works at the month's desk.
const deskName = "机 一子"

// desk settles what waits for a person since ten minutes, dates what is made to order, holds an
// order and lets it go, cancels and changes some.
func (m *run) desk(ctx context.Context) error {
	now := m.Clock.Now()
	if err := m.reviews(ctx, now); err != nil {
		return err
	}
	if err := m.dates(ctx, now); err != nil {
		return err
	}
	if err := m.cards(ctx, now); err != nil {
		return err
	}
	w := &m.world
	if len(w.held) > 6 || len(w.held) > 0 && m.r.IntN(3) == 0 {
		id := w.held[0]
		w.held = w.held[1:]
		if err := m.act(ctx, id, store.OrderDecision{Act: rules.ActFree, Reason: "確認済み", By: deskName}, now); err != nil {
			return err
		}
	}
	var recent []int64
	rows, err := m.Admin.Query(ctx, `SELECT id FROM orders WHERE state IN ('accepted', 'allocated', 'short') ORDER BY id DESC LIMIT 60`)
	if err != nil {
		return fmt.Errorf("find orders: %w", err)
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("find orders: %w", err)
		}
		recent = append(recent, id)
	}
	if err := rows.Err(); err != nil || len(recent) == 0 {
		return err
	}
	id := recent[m.r.IntN(len(recent))]
	switch m.r.IntN(8) {
	case 0, 1:
		w.held = append(w.held, id)
		return m.act(ctx, id, store.OrderDecision{Act: rules.ActHold, Reason: "お客様に確認中", By: deskName}, now)
	case 2:
		return m.act(ctx, id, store.OrderDecision{Act: rules.ActCancel, AskedBy: rules.AskedByShop, Reason: "重複のため", By: deskName}, now)
	case 3:
		return m.act(ctx, id, store.OrderDecision{Act: rules.ActChange, Reason: "お電話で数量変更", By: deskName, Change: rules.OrderChange{Comments: map[int]string{1: "至急"}}}, now)
	}
	return nil
}

// act does something to an order; what the rules refuse is counted.
func (m *run) act(ctx context.Context, id int64, d store.OrderDecision, now time.Time) error {
	_, err := m.Store.DecideOrder(ctx, id, d, now)
	var refusal *store.Refusal
	switch kind := order.KindOf(err); {
	case err == nil:
		m.day.Acts[string(d.Act)]++
		if d.Act == rules.ActChange {
			m.report.Changed++
		}
	case errors.As(err, &refusal), kind == order.KindConflict, kind == order.KindInvalid:
		m.day.Acts["refused"]++
	default:
		return fmt.Errorf("%s order %d: %w", d.Act, id, err)
	}
	return nil
}

// reviews settles what has waited ten minutes. One that cannot be settled is told once and keeps no
// other waiting.
func (m *run) reviews(ctx context.Context, now time.Time) error {
	open, err := m.Store.OpenReviews(ctx)
	if err != nil {
		return err
	}
	for _, r := range open {
		if now.Sub(r.OpenedAt) < 10*time.Minute {
			continue
		}
		m.day.Reviewed++
		if err := m.review(ctx, r, now); err != nil && ctx.Err() != nil {
			return err
		} else if text := fmt.Sprintf("settle %s: %v", r.Name(), err); err != nil && !m.told[text] {
			m.told[text] = true
			m.wrong("%s", text)
		}
	}
	return nil
}

// review settles one: a doubtful quantity is keyed, a sheet sent again is closed as such, the same
// goods on another sheet are an order of their own, and what the rules refuse is dropped.
func (m *run) review(ctx context.Context, r store.Review, now time.Time) error {
	drop := func() error {
		_, err := m.Store.Junk(ctx, r.DocumentID, r.PageNo, deskName, now)
		m.day.Dropped++
		return err
	}
	if r.Draft == nil {
		return drop()
	}
	resend := slices.ContainsFunc(r.Reasons, func(e *order.Error) bool { return e.Rule == "FAX-5" })
	doc, err := m.Store.GetDocument(ctx, r.DocumentID)
	if err != nil {
		return err
	}
	var same store.Other // of the sheets that lie there, whichever was read first
	if err := m.Admin.QueryRow(ctx, `SELECT coalesce(min(o.number), '') FROM documents d JOIN orders o ON o.document_id = d.id
		WHERE d.id <> $1 AND replace(d.file_name, 'again-', '') = replace($2, 'again-', '') AND o.state <> 'cancelled'`, r.DocumentID, doc.FileName).Scan(&same.Order); err != nil {
		return fmt.Errorf("look for the same sheet: %w", err)
	}
	if resend && !same.IsZero() {
		_, _, err := m.Store.CloseAsResend(ctx, r.DocumentID, r.PageNo, same, deskName, "同じ用紙", now)
		return err
	}
	said := store.Settlement{By: deskName, Values: map[string]string{}}
	if f := r.Draft.Field(doubtful); f != nil && f.Decision == order.DecisionReview {
		said.Values[doubtful] = f.Text
	}
	suspects, err := m.Store.SuspectsOf(ctx, r) // what was suspected may have been cancelled since
	if err != nil {
		return err
	}
	if len(suspects) > 0 {
		said.As = store.AsOwn
	}
	_, err = m.Store.Settle(ctx, r.DocumentID, r.PageNo, said, now)
	var refusal *store.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	if said.As == "" && slices.ContainsFunc(refusal.Problems, func(e *order.Error) bool { return e.Rule == "FAX-5" }) {
		said.As = store.AsOwn
		if _, err = m.Store.Settle(ctx, r.DocumentID, r.PageNo, said, now); !errors.As(err, &refusal) {
			return err
		}
	}
	return drop()
}

// dates enters days for what is made to order (CUT-6).
func (m *run) dates(ctx context.Context, now time.Time) error {
	rows, err := m.Admin.Query(ctx, `SELECT s.order_id, s.no FROM shipments s JOIN orders o ON o.id = s.order_id
		WHERE s.class = 'phone' AND s.state = 'planned' AND s.ship_on IS NULL AND o.state NOT IN ('cancelled') AND o.hold_reason NOT LIKE 'APR-1%' ORDER BY 1 LIMIT 20`)
	if err != nil {
		return fmt.Errorf("find what is made to order: %w", err)
	}
	type made struct {
		id int64
		no int
	}
	var all []made
	for rows.Next() {
		var x made
		if err := rows.Scan(&x.id, &x.no); err != nil {
			return fmt.Errorf("find what is made to order: %w", err)
		}
		all = append(all, x)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("find what is made to order: %w", err)
	}
	for _, x := range all {
		on := order.DateOf(now).Add(7)
		for !m.shop.calendar.Delivery(on) {
			on = on.Add(1)
		}
		if _, err := m.Store.DateShipment(ctx, x.id, x.no, on, deskName, now); err != nil {
			if k := order.KindOf(err); k == order.KindConflict || k == order.KindInvalid {
				m.day.Acts["date refused"]++
				continue
			}
			return fmt.Errorf("date order %d: %w", x.id, err)
		}
		m.day.Acts["dated"]++
	}
	return nil
}
