package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// TellRestock tells customers of up to limit lines that wait that their goods come in on another
// day than they were told (STK-4), each change once, and returns how many lines it saw. Stock files
// state the days (ImportStock).
func (s *Store) TellRestock(ctx context.Context, limit int, now time.Time) (n int, err error) {
	now = at(now)
	type moved struct {
		rules.Waiting
		earliest order.Date
	}
	err = s.InTx(ctx, func(tx *Tx) error {
		rows, err := collect(ctx, tx.tx, "RestockMoved", func(r pgx.CollectableRow) (moved, error) {
			var m moved
			return m, r.Scan(&m.OrderID, &m.Number, &m.AcceptedAt, &m.LineNo, &m.ItemCode, &m.Region, &m.Qty, (*date)(&m.RestockOn), (*date)(&m.earliest))
		}, date(order.DateOf(now)), limit)
		if n = len(rows); err != nil || n == 0 {
			return err
		}
		var events []orderEvent
		var told []lineDay
		var ids []int64
		for _, m := range rows {
			tell := len(rules.RestockMoved([]rules.Waiting{m.Waiting}, m.ItemCode, m.earliest)) > 0
			events = append(events, orderEvent{m.OrderID, rules.RestockEvent(m.Waiting, m.earliest, tell, now)})
			told = append(told, lineDay{m.OrderID, m.LineNo, m.earliest})
			if tell && !slices.Contains(ids, m.OrderID) {
				ids = append(ids, m.OrderID)
			}
		}
		b := &pgx.Batch{}
		queueTold(b, told)
		queueOrderEvents(b, events, now)
		if len(ids) > 0 {
			wantAnswers(b, s.Settings().On(order.DateOf(now)), ids, true, now)
		}
		if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		return tx.Enqueue(ctx, jobs.AnswerCustomers{})
	})
	return n, err
}
