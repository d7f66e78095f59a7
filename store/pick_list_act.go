package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
)

// PickListNote is something that a person did about a pick list.
type PickListNote struct {
	Kind string // note, acknowledged, resent
	Text string
	By   string
	At   time.Time
}

// PickListNotes are what people did about a pick list, oldest first.
func (s *Store) PickListNotes(ctx context.Context, id int64) ([]PickListNote, error) {
	return collect(ctx, s.pool, "PickListNotes", pgx.RowToStructByPos[PickListNote], id)
}

// NotePickList keeps what a person did about a list, such as a telephone call.
func (s *Store) NotePickList(ctx context.Context, id int64, said, by string, now time.Time) error {
	if strings.TrimSpace(by) == "" || strings.TrimSpace(said) == "" {
		return order.Invalid("KEP-2", "note", "say what was done")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, "PickListNoteInsert", id, "note", bounded(text(strings.TrimSpace(said))), by, at(now))
	})
}

// AcknowledgePickList records that a warehouse has a list (WHS-1): it said so itself, or told the desk.
// A list that was acknowledged before is a conflict.
func (s *Store) AcknowledgePickList(ctx context.Context, id int64, note, by string, now time.Time) error {
	if strings.TrimSpace(by) == "" {
		return order.Invalid("KEP-2", "by", "say who acknowledges the list")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		var issued instant
		err := tx.tx.QueryRow(ctx, query("PickListLock"), id).Scan(&issued)
		if missing(err) {
			return order.NotFound("pick_list", "there is no such pick list")
		}
		if err != nil {
			return fmt.Errorf("lock pick list: %w", err)
		}
		if time.Time(issued).IsZero() {
			return order.Conflict("WHS-1", "the list is not issued yet: nobody can have it")
		}
		tag, err := tx.tx.Exec(ctx, query("PickListAcknowledge"), id, at(now), by)
		if err != nil {
			return fmt.Errorf("acknowledge pick list: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return order.Conflict("WHS-1", "the list was acknowledged already")
		}
		return tx.exec(ctx, "PickListNoteInsert", id, "acknowledged", bounded(text(strings.TrimSpace(note))), by, at(now))
	})
}

// ResendPickList sends every document of a list to its warehouse once more, byte for byte (WHS-1).
// What is still to be sent is left to its way; n tells how many were sent.
func (s *Store) ResendPickList(ctx context.Context, id int64, reason, by string, now time.Time) (n int, err error) {
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	if by == "" || reason == "" {
		return 0, order.Invalid("KEP-2", "reason", "say who sends the list again and why")
	}
	now = at(now)
	err = s.InTx(ctx, func(tx *Tx) error {
		n = 0
		var issued instant
		if err := tx.tx.QueryRow(ctx, query("PickListLock"), id).Scan(&issued); err != nil { // of two who click one waits here
			return fmt.Errorf("lock pick list: %w", err)
		}
		all, err := collect(ctx, tx.tx, "DeliveriesList", scanDelivery, nil, nil, nil, id)
		if err != nil {
			return err
		}
		n = 0
		latest := map[int64]Delivery{}
		for _, d := range all {
			latest[d.IssuedID] = d
		}
		for _, d := range all {
			if latest[d.IssuedID].ID != d.ID || d.State == DeliveryWaiting {
				continue
			}
			var again int64
			var channel string
			if err := tx.tx.QueryRow(ctx, query("DeliveryResend"), d.ID, now).Scan(&again, &channel); err != nil {
				return fmt.Errorf("insert delivery: %w", err)
			}
			state := d.State
			if state == DeliveryFailed {
				state = DeliveryResent
			}
			if err := tx.exec(ctx, "DeliveryDecide", d.ID, state, text(by), bounded(text(reason)), now); err != nil {
				return err
			}
			if err := tx.Enqueue(ctx, jobs.DeliverDocument{DeliveryID: again, Channel: channel}); err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return order.Conflict("WHS-1", "every document of the list is still to be sent: wait for it")
		}
		return tx.exec(ctx, "PickListNoteInsert", id, "resent", bounded(text(reason)), by, now)
	})
	return n, err
}
