package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// CountDecided is what keeping a count came to that was below what orders were promised.
type CountDecided struct {
	Orders int // that lost something
	Set    int // items of which the count was set
	Same   int // that agree with the books by now
	Older  int // of which a later count or import stands: left as they are
	Open   int // on lists under way: left as they are
}

// DecideCount settles a file that asks about items of which less was counted than orders were
// promised: with keep, each item is judged once more, and where the count still holds the oldest
// promises are kept and the newest orders lose what is not there, settled as STK-2; what a later count
// or import stands for is left alone. Without keep those rows stay unapplied. A file that waits for
// nobody is a conflict.
func (s *Store) DecideCount(ctx context.Context, id int64, keep bool, note, by string, now time.Time) (got CountDecided, err error) {
	if strings.TrimSpace(by) == "" {
		return got, order.Invalid("KEP-2", "by", "say who decides this")
	}
	now = at(now)
	err = s.InTx(ctx, func(tx *Tx) error {
		got = CountDecided{}
		tag, err := tx.tx.Exec(ctx, query("PartnerFileClose"), id, now, by, bounded(text(strings.TrimSpace(note))))
		if err != nil {
			return fmt.Errorf("close partner file: %w", err)
		}
		f, err := s.GetPartnerFile(ctx, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 || f.State != PartnerFileAsks {
			return order.Conflict("WHS-2", "the partner's file waits for nobody")
		}
		var out PartnerOutcome
		if err := json.Unmarshal(f.Outcome, &out); err != nil || out.Count == nil {
			return fmt.Errorf("decode outcome: %w", err)
		}
		if !keep {
			return nil
		}
		if got, err = tx.keepOldest(ctx, f, out.Count, by, now); err != nil {
			return err
		}
		encoded, err := json.Marshal(out)
		if err != nil {
			return fmt.Errorf("encode outcome: %w", err)
		}
		return tx.exec(ctx, "PartnerFileDecided", id, string(encoded))
	})
	return got, err
}

// keepOldest makes a count hold that was below what is reserved, as far as nothing newer stands, and
// records in it what became of each item.
func (tx *Tx) keepOldest(ctx context.Context, f PartnerFile, count *CountApplied, by string, now time.Time) (got CountDecided, err error) {
	asked := slices.Clone(count.Promised)
	slices.SortFunc(asked, func(a, b rules.CountDecision) int { return strings.Compare(a.ItemCode, b.ItemCode) })
	items := column(asked, func(d rules.CountDecision) string { return d.ItemCode })
	// The fixed order of locks: orders by id, then stock by item code.
	ids, err := collect(ctx, tx.tx, "PromisedOrders", pgx.RowTo[int64], f.WarehouseCode, items)
	if err != nil {
		return got, err
	}
	if err := tx.exec(ctx, "OrdersLock", ids); err != nil {
		return got, err
	}
	if err := tx.exec(ctx, "ResultLockStock", f.WarehouseCode, items); err != nil {
		return got, err
	}
	levels, err := tx.countLevels(ctx, f.WarehouseCode, items, column(asked, func(d rules.CountDecision) time.Time { return d.CountedAt }))
	if err != nil {
		return got, err
	}
	picks := map[int64][]pickInput{}
	var set []rules.CountDecision
	for _, d := range asked {
		l := levels[d.ItemCode]
		d = d.Judge(l)
		switch d.Verdict {
		case rules.CountOlder:
			got.Older++
			d.Message = "nothing was set: a count or import as of " + l.CountedAt.In(order.JST).Format("2006-01-02 15:04") + " stands"
		case rules.CountOpen:
			got.Open++
		case rules.CountSame:
			got.Same++
			set = append(set, d)
		case rules.CountSet:
			got.Set++
			set = append(set, d)
		case rules.CountPromised:
			d.Message = ""
			if d.OnHand, err = tx.takeBack(ctx, f.WarehouseCode, d, l.Reserved, ids, picks); err != nil {
				return got, err
			}
			got.Set++
			set = append(set, d)
		}
		count.Decided = append(count.Decided, d)
	}
	if err := tx.setCounted(ctx, f, set, "counted by the warehouse, below what was promised", by, now); err != nil {
		return got, err
	}
	got.Orders = len(picks)
	return got, tx.losePicks(ctx, f, picks, by, now)
}

// takeBack takes from the newest orders what a count leaves nothing for. What is on lists is counted
// by their results: it returns what stays on hand.
func (tx *Tx) takeBack(ctx context.Context, warehouse string, d rules.CountDecision, reserved int, orders []int64, picks map[int64][]pickInput) (onHand int, err error) {
	promised, err := collect(ctx, tx.tx, "PromisedOf", func(r pgx.CollectableRow) (rules.Promised, error) {
		var p rules.Promised
		return p, r.Scan(&p.ID, &p.OrderID, &p.ShipmentNo, &p.LineNo, &p.AcceptedAt, &p.Qty)
	}, warehouse, d.ItemCode, orders)
	if err != nil {
		return 0, err
	}
	taken, rest := rules.TakeBack(promised, reserved-d.OnHand)
	for _, p := range taken {
		if err := tx.exec(ctx, "PromiseTakeBack", p.ID, p.Qty); err != nil {
			return 0, err
		}
		picks[p.OrderID] = append(picks[p.OrderID], pickInput{p.ShipmentNo, p.LineNo, d.ItemCode, p.Qty, rules.PickMissing})
	}
	return d.OnHand + rest, nil
}

// losePicks tells orders what a count took from them, and settles it as what was short from the first.
func (tx *Tx) losePicks(ctx context.Context, f PartnerFile, picks map[int64][]pickInput, by string, now time.Time) error {
	b := &pgx.Batch{}
	var events []orderEvent
	for _, id := range sortedKeys(picks) {
		events = append(events, orderEvent{id, order.Event{
			Kind: order.EventNoted, Rule: "STK-1", By: by,
			Text:   fmt.Sprintf("Stock counted at %s does not cover what was reserved of %d line(s): older orders keep theirs.", f.WarehouseCode, len(picks[id])),
			Inputs: order.Inputs(map[string]any{"warehouse": f.WarehouseCode, "file": f.ID, "lines": picks[id], "decided_at": now}),
		}})
	}
	queueOrderEvents(b, events, now)
	if b.Len() > 0 {
		if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("save count: %w", err)
		}
	}
	for _, id := range sortedKeys(picks) {
		if _, err := tx.settleShortPick(ctx, id, picks[id], now); err != nil {
			return err
		}
	}
	return tx.chargeCards(ctx, sortedKeys(picks), now) // PAY-1: what was captured of it goes back
}
