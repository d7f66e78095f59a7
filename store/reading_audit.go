package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// AuditState is where the audit of a field stands.
type AuditState string

// The states of an audit.
const (
	AuditWaits    AuditState = "open"     // nobody keyed it yet
	AuditDisputed AuditState = "disputed" // what was keyed differs: another person must look
	AuditSettled  AuditState = "settled"
)

// NewReadingAudit is a field about to be audited. Its picture is in the blob folder.
type NewReadingAudit struct {
	Field      string
	Kind       rules.ReadingKind
	Reading    string
	Confidence rules.PPM
	Threshold  rules.PPM // in force when it was accepted
	Model      string
	Picture    string // blob key
	Minimum    bool   // drawn to make up the day's minimum, not by its kind's share
}

// BlindAudit is an audit as whoever keys it may see it.
type BlindAudit struct {
	ID      int64             `json:"audit"`
	Kind    rules.ReadingKind `json:"kind"`
	Field   string            `json:"field"`
	State   AuditState        `json:"state"`
	Picture string            `json:"-"` // blob key
	DrawnAt time.Time         `json:"drawn_at"`
}

// ReadingAudit is an audit with all that is known about it.
type ReadingAudit struct {
	ID          int64             `json:"audit"`
	DocumentID  int64             `json:"document"`
	Page        int               `json:"page"`
	Field       string            `json:"field"`
	Kind        rules.ReadingKind `json:"kind"`
	Reading     string            `json:"reading"`
	Confidence  rules.PPM         `json:"confidence_ppm"`
	Threshold   rules.PPM         `json:"threshold_ppm"`
	Model       string            `json:"model"`
	Picture     string            `json:"-"`
	DrawnFor    string            `json:"drawn_for"` // share or minimum
	DrawnAt     time.Time         `json:"drawn_at"`
	OrderID     int64             `json:"-"`
	OrderNumber order.Number      `json:"order"` // that the page stands for now
	pageID      int64
	State       AuditState         `json:"state"`
	Outcome     rules.AuditOutcome `json:"outcome,omitempty"`
	Truth       string             `json:"truth"`
	ChangedAt   time.Time          `json:"changed_at"`
	Keyings     []KeyedValue       `json:"keyings,omitempty"`
}

// KeyedValue is what one person saw.
type KeyedValue struct {
	By         string    `json:"by"`
	Value      string    `json:"value"`
	Unreadable bool      `json:"unreadable,omitempty"`
	At         time.Time `json:"at"`
}

// AuditKey is the key of the draw (RDR-2).
func (s *Store) AuditKey(ctx context.Context) ([]byte, error) {
	var key []byte
	err := s.pool.QueryRow(ctx, query("AuditDrawKey")).Scan(&key)
	if err != nil {
		return nil, kinded(fmt.Errorf("read the key of the draw: %w", err))
	}
	return key, nil
}

// DrawAudits puts fields of an accepted page up for audit (RDR-2), each with an event that does
// not tell what was read. A field that was drawn before is left alone; it gives how many were new.
func (tx *Tx) DrawAudits(ctx context.Context, documentID, pageID, orderID int64, page int, fields []NewReadingAudit, now time.Time) (int, error) {
	n := 0
	for _, f := range fields {
		why := "share"
		if f.Minimum {
			why = "minimum"
		}
		var id int64
		err := tx.tx.QueryRow(ctx, query("ReadingAuditInsert"), documentID, pageID, orderID, f.Field, string(f.Kind), f.Reading,
			int(f.Confidence), int(f.Threshold), f.Model, f.Picture, why, at(now)).Scan(&id)
		if missing(err) {
			continue
		}
		if err != nil {
			return n, fmt.Errorf("insert audit: %w", err)
		}
		if err := tx.exec(ctx, "ReadingAuditStateInsert", id, at(now)); err != nil {
			return n, err
		}
		text := fmt.Sprintf("audit %d: %s of page %d was drawn", id, f.Field, page)
		if err := tx.note(ctx, documentID, "RDR-2", "", text, order.Inputs(map[string]any{"audit": id, "field": f.Field, "drawn_for": why}), now); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// OpenAudits are what a person may key: what is not settled and was not keyed by them. An empty
// name lists whatever is open.
func (s *Store) OpenAudits(ctx context.Context, by string) ([]BlindAudit, error) {
	return collect(ctx, s.pool, "ReadingAuditsOpen", pgx.RowToStructByPos[BlindAudit], strings.TrimSpace(by))
}

// FindBlindAudit is an audit as whoever keys it may see it, also once it is settled.
func (s *Store) FindBlindAudit(ctx context.Context, id int64) (BlindAudit, error) {
	a, err := readAudit(ctx, s.pool, id)
	return BlindAudit{a.ID, a.Kind, a.Field, a.State, a.Picture, a.DrawnAt}, err
}

// GetSettledAudit is a settled audit with everything about it. An audit that is not settled is a
// conflict: it is still blind.
func (s *Store) GetSettledAudit(ctx context.Context, id int64) (ReadingAudit, error) {
	a, err := readAudit(ctx, s.pool, id)
	if err != nil {
		return ReadingAudit{}, err
	}
	if a.State != AuditSettled {
		return ReadingAudit{}, order.Conflict("RDR-3", fmt.Sprintf("audit %d is not settled: what was read stays hidden until it is", id))
	}
	return a, nil
}

func readAudit(ctx context.Context, q querier, id int64) (ReadingAudit, error) {
	found, err := collect(ctx, q, "ReadingAuditByID", scanReadingAudit, id)
	if err != nil {
		return ReadingAudit{}, err
	}
	if len(found) == 0 {
		return ReadingAudit{}, order.NotFound("audit", fmt.Sprintf("there is no audit %d: see todoke audit list", id))
	}
	a := found[0]
	a.Keyings, err = collect(ctx, q, "ReadingAuditKeyings", pgx.RowToStructByPos[KeyedValue], id)
	return a, err
}

func scanReadingAudit(r pgx.CollectableRow) (ReadingAudit, error) {
	var a ReadingAudit
	return a, r.Scan(&a.ID, &a.DocumentID, &a.Page, &a.Field, &a.Kind, &a.Reading, &a.Confidence, &a.Threshold, &a.Model, &a.Picture,
		&a.DrawnFor, &a.DrawnAt, &a.OrderID, &a.OrderNumber, &a.pageID, &a.State, &a.Outcome, &a.Truth, &a.ChangedAt)
}

// KeyAudit takes what a person saw in an audited field's picture (RDR-3). While it is not settled
// the answer tells no more than its state. Where it settles as an error of the reader, the order
// is held if any of it can still be kept from leaving, and else the error is noted with it.
// Nobody keys a field twice.
func (s *Store) KeyAudit(ctx context.Context, id int64, by, value string, unreadable bool, now time.Time) (ReadingAudit, error) {
	now = at(now)
	if by = strings.TrimSpace(by); by == "" {
		return ReadingAudit{}, order.Invalid("KEP-2", "by", "say who keys this")
	}
	var a ReadingAudit
	err := s.InTx(ctx, func(tx *Tx) error {
		var state AuditState
		err := tx.tx.QueryRow(ctx, query("ReadingAuditStateLock"), id).Scan(&state)
		if err != nil && !missing(err) {
			return fmt.Errorf("lock audit: %w", err)
		}
		if a, err = readAudit(ctx, tx.tx, id); err != nil {
			return err
		}
		if state == AuditSettled {
			return order.Conflict("RDR-3", fmt.Sprintf("audit %d is settled already", id))
		}
		if slices.ContainsFunc(a.Keyings, func(k KeyedValue) bool { return strings.EqualFold(k.By, by) }) {
			return order.Conflict("RDR-3", fmt.Sprintf("%s has keyed audit %d already: another person must", by, id))
		}
		k := KeyedValue{By: by, Unreadable: unreadable, At: now}
		if !unreadable {
			if k.Value, err = rules.AuditValue(a.Kind, value); err != nil {
				return err
			}
		}
		a.Keyings = append(a.Keyings, k)
		if err := tx.exec(ctx, "ReadingAuditKeyingInsert", id, len(a.Keyings), k.By, k.Value, k.Unreadable, now); err != nil {
			return err
		}
		return tx.judgeAudit(ctx, &a, by, now)
	})
	if err != nil {
		return ReadingAudit{}, err
	}
	if a.State != AuditSettled { // still blind
		return ReadingAudit{ID: a.ID, Kind: a.Kind, Field: a.Field, State: a.State}, nil
	}
	return a, nil
}

// judgeAudit saves what an audit comes to with the keyings it has now.
func (tx *Tx) judgeAudit(ctx context.Context, a *ReadingAudit, by string, now time.Time) error {
	reading, err := rules.AuditValue(a.Kind, a.Reading)
	if err != nil {
		reading = a.Reading // nobody can key it: it is an error of the reader's
	}
	keyings := make([]rules.Keying, len(a.Keyings))
	for i, k := range a.Keyings {
		keyings[i] = rules.Keying{By: k.By, Value: k.Value, Unreadable: k.Unreadable}
	}
	a.Outcome, a.Truth = rules.JudgeAudit(reading, keyings)
	a.State, a.ChangedAt = AuditSettled, now
	if a.Outcome == rules.AuditOpen {
		a.State = AuditDisputed
	}
	if err := tx.exec(ctx, "ReadingAuditStateUpdate", a.ID, string(a.State), string(a.Outcome), a.Truth, now); err != nil {
		return err
	}
	text := fmt.Sprintf("audit %d: %s was keyed by %s; another person must key it", a.ID, a.Field, by)
	inputs := map[string]any{"audit": a.ID, "field": a.Field, "keyed": len(a.Keyings)}
	if a.State == AuditSettled {
		text = fmt.Sprintf("audit %d: %s was keyed by %s; %s", a.ID, a.Field, by, auditWords(*a))
		inputs["reading"], inputs["truth"], inputs["outcome"], inputs["keyings"] = a.Reading, a.Truth, a.Outcome, a.Keyings
	}
	if err := tx.note(ctx, a.DocumentID, "RDR-3", by, text, order.Inputs(inputs), now); err != nil {
		return err
	}
	if a.Outcome != rules.AuditReaderErred {
		return nil
	}
	return tx.stopOrder(ctx, *a, now)
}

// auditWords tells what a settled audit came to.
func auditWords(a ReadingAudit) string {
	quote := func(v string) string {
		if v == "" {
			return "blank"
		}
		return fmt.Sprintf("%q", v)
	}
	switch a.Outcome {
	case rules.AuditAgree:
		return "it agrees with the reading " + quote(a.Reading)
	case rules.AuditPersonErred:
		return "the reading " + quote(a.Reading) + " is right"
	case rules.AuditReaderErred:
		return fmt.Sprintf("read as %s, it is %s", quote(a.Reading), quote(a.Truth))
	case rules.AuditUnreadable:
		return "people cannot tell what stands there, read as " + quote(a.Reading)
	default:
		return "it is not settled"
	}
}

// stopOrder keeps an order that rests on a wrong reading from leaving: it is held, and the ledger
// names it. What is on a pick list or cancelled stays as it is; the order's history tells of it.
func (tx *Tx) stopOrder(ctx context.Context, a ReadingAudit, now time.Time) error {
	reason := fmt.Sprintf("audit %d: %s of page %d.%d was %s", a.ID, a.Field, a.DocumentID, a.Page, auditWords(a))
	note := order.Event{Kind: order.EventNoted, Rule: "RDR-3", At: now, Inputs: order.Inputs(map[string]any{
		"audit": a.ID, "field": a.Field, "reading": a.Reading, "truth": a.Truth, "confidence_ppm": a.Confidence, "threshold_ppm": a.Threshold,
	})}
	_, err := tx.Change(ctx, a.OrderID, func(o order.Order, _ Facts) (order.Order, []order.Event, error) {
		switch {
		case o.State == order.StateHeld:
			o.HoldReason += "; " + heldByAudit + reason
			note.Text = "Stays held: " + reason + "."
			return o, []order.Event{note}, nil
		case o.State.CanBecome(order.StateHeld):
			held, events := hold(o, "RDR-3", reason, now)
			events[0].Inputs = note.Inputs
			return held, events, nil
		}
		note.Text = fmt.Sprintf("The order was %s when it came out: %s.", o.State, reason)
		return o, []order.Event{note}, nil
	})
	return err
}
