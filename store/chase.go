package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// ChaseKind is the kind of mails that ask a partner after a pick list, among issued documents.
const ChaseKind = "chase"

// chaser is who did what the program did by itself about a list.
const chaser = "todoke"

// Chase is a pick list that is sent and not acknowledged, and whose partner is asked after it (WHS-2).
type Chase struct {
	PickListID    int64
	WarehouseCode string
	Contact       string
	SentAt        time.Time // its last document; zero while none is sent
	LastAt        time.Time // when the partner was last asked; zero where it was not
	Chased        int
	Minutes       int

	Due rules.ChaseDue
}

// ChasesDue are the lists after which a partner is to be asked now, or of which the desk is to be
// told, the first that was sent first. However long nothing ran, a partner is asked no more often
// than its profile says.
func (s *Store) ChasesDue(ctx context.Context, now time.Time) ([]Chase, error) {
	return chasesDue(ctx, s.pool, s.Settings().On(order.DateOf(now)), now)
}

func chasesDue(ctx context.Context, q querier, settings rules.Settings, now time.Time) ([]Chase, error) {
	open, err := collect(ctx, q, "ChasesOpen", func(r pgx.CollectableRow) (Chase, error) {
		var c Chase
		return c, r.Scan(&c.PickListID, &c.WarehouseCode, &c.Contact, (*instant)(&c.SentAt), (*instant)(&c.LastAt), &c.Chased, &c.Minutes)
	})
	if err != nil {
		return nil, err
	}
	var due []Chase
	for _, c := range open {
		at, what := rules.Chase(c.SentAt, time.Time{}, c.Chased, c.Minutes, settings)
		if next := c.LastAt.Add(time.Duration(c.Minutes) * time.Minute); !c.LastAt.IsZero() && at.Before(next) {
			at = next
		}
		if at.IsZero() || at.After(now) {
			continue
		}
		if c.Due = what; c.Contact == "" { // taken out of the profile since
			c.Due = rules.ChaseDesk
		}
		due = append(due, c)
	}
	return due, nil
}

// wakeChases inserts the job that asks partners where any is due.
func (tx *Tx) wakeChases(ctx context.Context, now time.Time) error {
	due, err := chasesDue(ctx, tx.tx, tx.s.Settings().On(order.DateOf(now)), now)
	if err != nil || len(due) == 0 {
		return err
	}
	return tx.Enqueue(ctx, jobs.ChasePartners{})
}

// ChasePickList asks a partner after a list by a mail, or tells the desk, once: ok is false where the
// list was acknowledged meanwhile, or another was faster. The mail's bytes must be in the blobs.
func (s *Store) ChasePickList(ctx context.Context, c Chase, mail NewIssue, now time.Time) (ok bool, err error) {
	now = at(now)
	err = s.InTx(ctx, func(tx *Tx) error {
		ok = false
		tag, err := tx.tx.Exec(ctx, query("PickListChased"), c.PickListID, c.Chased, now, c.Due == rules.ChaseDesk)
		if err != nil {
			return fmt.Errorf("chase pick list: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
		ok = true
		said := "the partner did not answer: the desk is asked to call"
		if c.Due == rules.ChaseAgain {
			id, _, err := tx.Issue(ctx, mail, now)
			if err != nil {
				return err
			}
			if err := tx.Send(ctx, id, Recipient{Channel: "mail", Address: c.Contact}, now); err != nil {
				return err
			}
			said = "asked by mail to " + c.Contact
		}
		return tx.exec(ctx, "PickListNoteInsert", c.PickListID, "chased", bounded(text(said)), chaser, now)
	})
	return ok, err
}
