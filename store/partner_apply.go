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
	Decided  []rules.CountDecision `json:"decided,omitempty"`  // what became of the promised when a person kept the count
}

// ApplyPartnerFile applies what was read of a partner's file, as a whole or nothing of it (WHS-2),
// and settles its row. What stands against it comes back with its rows; then nothing is done, and the
// caller refuses the file. A file that is settled already is a conflict.
func (tx *Tx) ApplyPartnerFile(ctx context.Context, f PartnerFile, rows PartnerRows, now time.Time) (PartnerOutcome, []*order.Error, error) {
	now = at(now)
	var out PartnerOutcome
	var problems []*order.Error
	if err := tx.lockPartnerFile(ctx, &f, rows); err != nil {
		return out, nil, err
	}
	var err error
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
	if err := tx.lockPartnerFile(ctx, &f, rows); err != nil || rows.Len() == 0 {
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

// lockPartnerFile holds a file that nobody has settled yet, and notes whether its rows are a count that
// holds as of when it came.
func (tx *Tx) lockPartnerFile(ctx context.Context, f *PartnerFile, rows PartnerRows) error {
	var state string
	if err := tx.tx.QueryRow(ctx, query("PartnerFileLock"), f.ID).Scan(&state, &f.ReceivedAt); err != nil {
		return fmt.Errorf("lock partner file: %w", err)
	}
	if state != PartnerFileReceived {
		return order.Conflict("WHS-2", "the partner's file is settled already")
	}
	if !slices.ContainsFunc(rows.Counts, func(r rules.CountRow) bool { return r.At.IsZero() }) {
		return nil
	}
	return tx.exec(ctx, "PartnerFileUndated", f.ID)
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
	var stand []rules.CountDecision
	for _, d := range decisions {
		switch d.Verdict {
		case rules.CountSet:
			out.Set++
			out.Changes = append(out.Changes, d)
			stand = append(stand, d)
		case rules.CountSame:
			out.Same++
			stand = append(stand, d)
		case rules.CountOlder:
			out.Older++
		case rules.CountOpen:
			out.Open = append(out.Open, d)
		case rules.CountPromised:
			out.Promised = append(out.Promised, d)
		}
	}
	return out, nil, tx.setCounted(ctx, f, stand, "counted by the warehouse", f.Sender, now)
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
	levels, err := tx.countLevels(ctx, f.WarehouseCode, items, column(items, func(i string) time.Time { return at[i] }))
	if err != nil {
		return nil, nil, err
	}
	decisions, problems := rules.ReadCount(rows, levels, tx.s.Settings().On(order.DateOf(now)), now)
	return decisions, problems, nil
}

// countLevels reads what is known of items counted at the instants; the stock's rows are locked.
func (tx *Tx) countLevels(ctx context.Context, warehouse string, items []string, at []time.Time) (map[string]rules.CountLevel, error) {
	levels := map[string]rules.CountLevel{}
	found, err := tx.tx.Query(ctx, query("CountLevels"), warehouse, items, at)
	if err != nil {
		return nil, fmt.Errorf("read stock: %w", err)
	}
	var item string
	var l rules.CountLevel
	var last instant
	if _, err := pgx.ForEachRow(found, []any{&item, &l.OnHand, &l.Reserved, &l.Moved, &l.Ambiguous, &last}, func() error {
		l.CountedAt = time.Time(last)
		levels[item] = l
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read stock: %w", err)
	}
	return levels, nil
}

// setCounted makes on hand what decisions say, and keeps as of when that holds, also of what agreed:
// older counts that come later, and those that still ask, are done with. The stock's rows are locked.
func (tx *Tx) setCounted(ctx context.Context, f PartnerFile, ds []rules.CountDecision, reason, by string, now time.Time) error {
	if len(ds) == 0 {
		return nil
	}
	slices.SortFunc(ds, func(a, b rules.CountDecision) int { return strings.Compare(a.ItemCode, b.ItemCode) })
	if err := tx.exec(ctx, "CountSet", f.WarehouseCode, column(ds, func(d rules.CountDecision) string { return d.ItemCode }), column(ds, func(d rules.CountDecision) int { return d.OnHand }), column(ds, func(d rules.CountDecision) time.Time { return d.CountedAt })); err != nil {
		return err
	}
	if err := tx.exec(ctx, "CountsSuperseded", []string{f.WarehouseCode}, now, by); err != nil {
		return err
	}
	ms := make([]stockMovement, 0, len(ds))
	for _, d := range ds {
		ms = append(ms, stockMovement{d.ItemCode, d.OnHand - d.Was, "count", 0, f.ID, d.CountedAt, reason})
	}
	if err := tx.addMovements(ctx, f.WarehouseCode, ms, by, now); err != nil || !slices.ContainsFunc(ds, func(d rules.CountDecision) bool { return d.OnHand > d.Was }) {
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
