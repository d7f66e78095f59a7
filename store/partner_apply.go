package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// PartnerFileAsks is a file that was applied but for rows about which a person is asked.
const PartnerFileAsks = "asks"

// The kinds of partners' files.
const (
	PartnerResult          = "result"
	PartnerAcknowledgement = "acknowledgement"
	PartnerCount           = "count"
)

// PartnerRows are the rows of a partner's file as they were read.
type PartnerRows struct {
	Kind    string
	Results []rules.ResultRow
	Lists   []PartnerListRow
	Counts  []rules.CountRow
}

// Len is how many rows there are.
func (r *PartnerRows) Len() int { return len(r.Results) + len(r.Lists) + len(r.Counts) }

// PartnerListRow names a list that the warehouse has.
type PartnerListRow struct {
	Field string // what errors call it by
	List  string
}

// PartnerOutcome is what applying a partner's file came to; one part is set, by its kind.
type PartnerOutcome struct {
	Result          *ResultApplied `json:"result,omitempty"`
	Acknowledgement *AckApplied    `json:"acknowledgement,omitempty"`
	Count           *CountApplied  `json:"count,omitempty"`
}

// AckApplied is what an acknowledgement came to.
type AckApplied struct {
	Lists int `json:"lists"`
	New   int `json:"new"` // the others were acknowledged before
}

// CountApplied is what a stock count came to.
type CountApplied struct {
	Items    int                   `json:"items"`
	Set      int                   `json:"set"`
	Same     int                   `json:"same"`
	Older    int                   `json:"older"`
	Changes  []rules.CountDecision `json:"changes,omitempty"`  // that were set
	Open     []rules.CountDecision `json:"open,omitempty"`     // on lists under way: not set
	Promised []rules.CountDecision `json:"promised,omitempty"` // less than orders were promised: not set, a person is asked
}

// ApplyPartnerFile applies what was read of a partner's file, as a whole or nothing of it (WHS-2),
// and settles its row. What stands against it comes back with its rows; then nothing is done, and the
// caller refuses the file. A file that is settled already is a conflict.
func (tx *Tx) ApplyPartnerFile(ctx context.Context, f PartnerFile, rows PartnerRows, now time.Time) (PartnerOutcome, []*order.Error, error) {
	now = at(now)
	var out PartnerOutcome
	var problems []*order.Error
	err := tx.lockPartnerFile(ctx, f.ID)
	if err != nil {
		return out, nil, err
	}
	state := PartnerFileApplied
	switch rows.Kind {
	case PartnerResult:
		var got ResultApplied
		got, problems, err = tx.applyReport(ctx, f.WarehouseCode, f.ID, rows.Results, f.Sender, now)
		out.Result = &got
	case PartnerAcknowledgement:
		var got AckApplied
		got, problems, err = tx.applyAcknowledgement(ctx, f, rows.Lists, now)
		out.Acknowledgement = &got
	case PartnerCount:
		var got CountApplied
		got, problems, err = tx.applyCount(ctx, f, rows.Counts, now)
		if len(got.Promised) > 0 {
			state = PartnerFileAsks
		}
		out.Count = &got
	default:
		err = order.Invalid("WHS-2", "kind", "a partner's file is a result, a count or an acknowledgement")
	}
	if err != nil || len(problems) > 0 {
		return PartnerOutcome{}, problems, err
	}
	why := ""
	if state == PartnerFileAsks {
		why = fmt.Sprintf("the count is below what orders were promised of %d item(s): decide whose promise is kept", len(out.Count.Promised))
	}
	if err := tx.settlePartnerFile(ctx, f.ID, state, rows.Kind, rows.Len(), out, nil, why, now); err != nil {
		return out, nil, err
	}
	// A file of the same name that came before and was refused is done with: this is the corrected one.
	return out, nil, tx.exec(ctx, "PartnerFileCloseOlder", f.WarehouseCode, f.Name, f.ID, now, f.Sender)
}

// JudgePartnerFile tells what stands against the rows of a file of which others cannot be read:
// nothing of it is applied, and its partner learns of everything at once.
func (tx *Tx) JudgePartnerFile(ctx context.Context, f PartnerFile, rows PartnerRows, now time.Time) (problems []*order.Error, err error) {
	now = at(now)
	if err := tx.lockPartnerFile(ctx, f.ID); err != nil || rows.Len() == 0 {
		return nil, err
	}
	switch rows.Kind {
	case PartnerResult:
		_, _, problems, err = tx.judgeReport(ctx, f.WarehouseCode, rows.Results, now)
	case PartnerAcknowledgement:
		_, problems, err = tx.judgeAcknowledgement(ctx, f, rows.Lists)
	case PartnerCount:
		_, problems, err = tx.judgeCount(ctx, f, rows.Counts, now)
	}
	return problems, err
}

// lockPartnerFile holds a file that nobody has settled yet.
func (tx *Tx) lockPartnerFile(ctx context.Context, id int64) error {
	var state string
	if err := tx.tx.QueryRow(ctx, query("PartnerFileLock"), id).Scan(&state); err != nil {
		return fmt.Errorf("lock partner file: %w", err)
	}
	if state != PartnerFileReceived {
		return order.Conflict("WHS-2", "the partner's file is settled already")
	}
	return nil
}

// RefusePartnerFile records that nothing of a file was applied, and why: faults is a JSON array of
// what is wrong with line and column.
func (tx *Tx) RefusePartnerFile(ctx context.Context, id int64, kind string, rows int, faults json.RawMessage, why string, now time.Time) error {
	return tx.settlePartnerFile(ctx, id, PartnerFileRefused, kind, rows, nil, faults, why, now)
}

func (tx *Tx) settlePartnerFile(ctx context.Context, id int64, state, kind string, rows int, outcome any, faults json.RawMessage, why string, now time.Time) error {
	var encoded, wrong *string
	if outcome != nil {
		b, err := json.Marshal(outcome)
		if err != nil {
			return fmt.Errorf("encode outcome: %w", err)
		}
		encoded = new(string(b))
	}
	if faults != nil {
		wrong = new(string(faults))
	}
	if err := tx.exec(ctx, "PartnerFileRead", id, kind, rows, encoded, wrong); err != nil {
		return err
	}
	return tx.SettlePartnerFile(ctx, id, state, why, now)
}

// applyAcknowledgement records that a warehouse has lists; those that it acknowledged before stay.
func (tx *Tx) applyAcknowledgement(ctx context.Context, f PartnerFile, rows []PartnerListRow, now time.Time) (AckApplied, []*order.Error, error) {
	var out AckApplied
	ids, problems, err := tx.judgeAcknowledgement(ctx, f, rows)
	if err != nil || len(problems) > 0 {
		return out, problems, err
	}
	fresh, err := collect(ctx, tx.tx, "AcknowledgeLists", pgx.RowTo[int64], ids, now, f.Sender)
	if err != nil {
		return out, nil, err
	}
	for _, id := range fresh {
		if err := tx.exec(ctx, "PickListNoteInsert", id, "acknowledged", "by its file "+f.Name, f.Sender, now); err != nil {
			return out, nil, err
		}
	}
	return AckApplied{Lists: len(ids), New: len(fresh)}, nil, nil
}

// judgeAcknowledgement locks the lists that rows name, or tells which rows name none.
func (tx *Tx) judgeAcknowledgement(ctx context.Context, f PartnerFile, rows []PartnerListRow) (ids []int64, problems []*order.Error, err error) {
	named := column(rows, func(r PartnerListRow) string { return r.List })
	ids, err = collect(ctx, tx.tx, "ResultLists", pgx.RowTo[int64], f.WarehouseCode, []string{}, named)
	if err != nil {
		return nil, nil, err
	}
	known, err := collect(ctx, tx.tx, "PickListNumbers", pgx.RowTo[string], ids)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		if !slices.Contains(known, r.List) {
			problems = append(problems, order.Invalid("WHS-2", r.Field+".list", "no such pick list was sent to this warehouse"))
		}
	}
	return ids, problems, nil
}

// applyCount sets on hand by a count (rules.ReadCount), with a movement for each difference.
func (tx *Tx) applyCount(ctx context.Context, f PartnerFile, rows []rules.CountRow, now time.Time) (CountApplied, []*order.Error, error) {
	out := CountApplied{}
	decisions, problems, err := tx.judgeCount(ctx, f, rows, now)
	if err != nil || len(problems) > 0 {
		return out, problems, err
	}
	out.Items = len(decisions)
	for _, d := range decisions {
		switch d.Verdict {
		case rules.CountSet:
			out.Set++
			out.Changes = append(out.Changes, d)
		case rules.CountSame:
			out.Same++
		case rules.CountOlder:
			out.Older++
		case rules.CountOpen:
			out.Open = append(out.Open, d)
		case rules.CountPromised:
			out.Promised = append(out.Promised, d)
		}
	}
	return out, nil, tx.setCounted(ctx, f, out.Changes, "counted by the warehouse", f.Sender, now)
}

// judgeCount locks the stock of counted items and judges each, or tells what stands against the rows.
func (tx *Tx) judgeCount(ctx context.Context, f PartnerFile, rows []rules.CountRow, now time.Time) ([]rules.CountDecision, []*order.Error, error) {
	items := column(rows, func(r rules.CountRow) string { return r.ItemCode })
	slices.Sort(items)
	items = slices.Compact(items)
	if err := tx.exec(ctx, "ResultLockStock", f.WarehouseCode, items); err != nil {
		return nil, nil, err
	}
	at := map[string]time.Time{}
	for _, r := range rows {
		at[r.ItemCode] = r.At
		if r.At.IsZero() {
			at[r.ItemCode] = f.ReceivedAt
		}
	}
	rows = slices.Clone(rows)
	for i := range rows {
		if rows[i].At.IsZero() {
			rows[i].At = f.ReceivedAt
		}
	}
	levels := map[string]rules.CountLevel{}
	found, err := tx.tx.Query(ctx, query("CountLevels"), f.WarehouseCode, items, column(items, func(i string) time.Time { return at[i] }))
	if err != nil {
		return nil, nil, fmt.Errorf("read stock: %w", err)
	}
	var item string
	var l rules.CountLevel
	var last instant
	if _, err := pgx.ForEachRow(found, []any{&item, &l.OnHand, &l.Reserved, &l.Moved, &l.Ambiguous, &last}, func() error {
		l.CountedAt = time.Time(last)
		levels[item] = l
		return nil
	}); err != nil {
		return nil, nil, fmt.Errorf("read stock: %w", err)
	}
	decisions, problems := rules.ReadCount(rows, levels, tx.s.Settings().On(order.DateOf(now)), now)
	return decisions, problems, nil
}

// setCounted makes on hand what decisions say; the stock's rows are locked.
func (tx *Tx) setCounted(ctx context.Context, f PartnerFile, ds []rules.CountDecision, reason, by string, now time.Time) error {
	if len(ds) == 0 {
		return nil
	}
	slices.SortFunc(ds, func(a, b rules.CountDecision) int { return strings.Compare(a.ItemCode, b.ItemCode) })
	if err := tx.exec(ctx, "CountSet", f.WarehouseCode, column(ds, func(d rules.CountDecision) string { return d.ItemCode }), column(ds, func(d rules.CountDecision) int { return d.OnHand })); err != nil {
		return err
	}
	ms := make([]stockMovement, 0, len(ds))
	for _, d := range ds {
		ms = append(ms, stockMovement{d.ItemCode, d.OnHand - d.Was, "count", 0, f.ID, d.CountedAt, reason})
	}
	if err := tx.addMovements(ctx, f.WarehouseCode, ms, by, now); err != nil {
		return err
	}
	return tx.Enqueue(ctx, jobs.AllocateOrders{}) // STK-4: what is more may fill a backorder
}

// stockMovement is why on hand changed.
type stockMovement struct {
	item      string
	qty       int
	kind      string
	list      int64
	file      int64
	countedAt time.Time
	reason    string
}

func (tx *Tx) addMovements(ctx context.Context, warehouse string, ms []stockMovement, by string, now time.Time) error {
	ms = slices.DeleteFunc(ms, func(m stockMovement) bool { return m.qty == 0 })
	if len(ms) == 0 {
		return nil
	}
	return tx.exec(ctx, "StockMovementsInsert", warehouse,
		column(ms, func(m stockMovement) string { return m.item }), column(ms, func(m stockMovement) int { return m.qty }),
		column(ms, func(m stockMovement) string { return m.kind }), column(ms, func(m stockMovement) *int64 { return null(m.list) }),
		column(ms, func(m stockMovement) *int64 { return null(m.file) }), column(ms, func(m stockMovement) instant { return instant(m.countedAt) }),
		column(ms, func(m stockMovement) string { return m.reason }), by, now)
}

// ClosePartnerFile settles a refused file that a person dealt with, such as by a call to the warehouse.
func (s *Store) ClosePartnerFile(ctx context.Context, id int64, note, by string, now time.Time) error {
	if strings.TrimSpace(by) == "" || strings.TrimSpace(note) == "" {
		return order.Invalid("KEP-2", "note", "say what was done")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		tag, err := tx.tx.Exec(ctx, query("PartnerFileClose"), id, at(now), by, bounded(text(strings.TrimSpace(note))))
		if err != nil {
			return fmt.Errorf("close partner file: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return order.Conflict("WHS-2", "the partner's file waits for nobody")
		}
		return nil
	})
}

// RetryPartnerFile has a refused file read once more: what stood against it may be mended on our side.
func (s *Store) RetryPartnerFile(ctx context.Context, id int64, by string, now time.Time) error {
	return s.InTx(ctx, func(tx *Tx) error {
		tag, err := tx.tx.Exec(ctx, query("PartnerFileRetry"), id)
		if err != nil {
			return fmt.Errorf("retry partner file: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return order.Conflict("WHS-2", "only a refused file that nobody settled is read again")
		}
		return tx.Enqueue(ctx, jobs.ReadPartnerFile{PartnerFileID: id})
	})
}

// DecideCount settles a file that asks about items of which less was counted than orders were
// promised: with keep, the count holds, the oldest promises are kept and the newest orders lose what
// is not there, settled as STK-2; without, those rows stay unapplied. It returns how many orders lost
// something.
func (s *Store) DecideCount(ctx context.Context, id int64, keep bool, note, by string, now time.Time) (orders int, err error) {
	if strings.TrimSpace(by) == "" {
		return 0, order.Invalid("KEP-2", "by", "say who decides this")
	}
	now = at(now)
	err = s.InTx(ctx, func(tx *Tx) error {
		orders = 0
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
		orders, err = tx.keepOldest(ctx, f, out.Count.Promised, by, now)
		return err
	})
	return orders, err
}

// keepOldest makes a count hold that is below what is reserved.
func (tx *Tx) keepOldest(ctx context.Context, f PartnerFile, ds []rules.CountDecision, by string, now time.Time) (int, error) {
	items := column(ds, func(d rules.CountDecision) string { return d.ItemCode })
	slices.Sort(items)
	// The fixed order of locks: orders by id, then stock by item code.
	ids, err := collect(ctx, tx.tx, "PromisedOrders", pgx.RowTo[int64], f.WarehouseCode, items)
	if err != nil {
		return 0, err
	}
	if err := tx.exec(ctx, "OrdersLock", ids); err != nil {
		return 0, err
	}
	if err := tx.exec(ctx, "ResultLockStock", f.WarehouseCode, items); err != nil {
		return 0, err
	}
	picks := map[int64][]pickInput{}
	var set []rules.CountDecision
	for _, d := range ds {
		var onHand, reserved int
		if err := tx.tx.QueryRow(ctx, query("StockLevelGet"), f.WarehouseCode, d.ItemCode).Scan(&onHand, &reserved); err != nil {
			return 0, fmt.Errorf("read stock: %w", err)
		}
		promised, err := collect(ctx, tx.tx, "PromisedOf", func(r pgx.CollectableRow) (rules.Promised, error) {
			var p rules.Promised
			return p, r.Scan(&p.ID, &p.OrderID, &p.ShipmentNo, &p.LineNo, &p.AcceptedAt, &p.Qty)
		}, f.WarehouseCode, d.ItemCode, ids)
		if err != nil {
			return 0, err
		}
		d.Was, d.OnHand = onHand, max(0, onHand+d.Difference)
		taken, rest := rules.TakeBack(promised, reserved-d.OnHand)
		d.OnHand += rest // what is on lists is counted by their results
		for _, p := range taken {
			if err := tx.exec(ctx, "PromiseTakeBack", p.ID, p.Qty); err != nil {
				return 0, err
			}
			picks[p.OrderID] = append(picks[p.OrderID], pickInput{p.ShipmentNo, p.LineNo, d.ItemCode, p.Qty, rules.PickMissing})
		}
		set = append(set, d)
	}
	if err := tx.setCounted(ctx, f, set, "counted by the warehouse, below what was promised", by, now); err != nil {
		return 0, err
	}
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
			return 0, fmt.Errorf("save count: %w", err)
		}
	}
	for _, id := range sortedKeys(picks) {
		if _, err := tx.settleShortPick(ctx, id, picks[id], now); err != nil {
			return 0, err
		}
	}
	return len(picks), nil
}
