package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// The states of a delivery.
const (
	DeliveryWaiting   = "waiting"
	DeliverySent      = "sent"      // handed over
	DeliveryDelivered = "delivered" // a notice says that it arrived
	DeliveryFailed    = "failed"    // a person must decide
	DeliveryResent    = "resent"    // a person sent it again: another delivery carries it
	DeliveryGivenUp   = "given_up"  // by a person
)

// Delivery is one issued document to one recipient on one channel.
type Delivery struct {
	ID        int64     `json:"id"`
	Channel   string    `json:"channel"`
	Recipient string    `json:"recipient"`
	State     string    `json:"state"`
	Location  string    `json:"location,omitempty"` // the file's path, the server's answer, the job's number
	Number    string    `json:"number"`
	FileName  string    `json:"file_name"`
	BlobKey   string    `json:"sha256"`
	SizeBytes int64     `json:"size_bytes"`
	SentAt    time.Time `json:"sent_at,omitzero"`

	IssuedID   int64        `json:"-"`
	Kind       string       `json:"kind"`
	Format     string       `json:"format"`
	Subject    string       `json:"subject,omitempty"`
	OrderID    int64        `json:"-"`
	Order      order.Number `json:"order,omitempty"`
	DocumentID int64        `json:"document,omitempty"` // inbound document that it answers

	Copy       int       `json:"copy"` // 1, and one more each time it is resent
	ResendOf   int64     `json:"resend_of,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
	NotBefore  time.Time `json:"not_before,omitzero"` // when it is tried next; zero where its job is there
	Detail     string    `json:"detail,omitempty"`
	MaybeTwice bool      `json:"maybe_twice,omitempty"` // it was sent again though it may have arrived
	Way        string    `json:"way,omitempty"`         // of the latest attempt, as are the next two
	MessageID  string    `json:"message_id,omitempty"`
	SentKey    string    `json:"sent_sha256,omitempty"` // blob of the bytes as they left
	DecidedBy  string    `json:"decided_by,omitempty"`
	DecidedFor string    `json:"decided_for,omitempty"`
	DecidedAt  time.Time `json:"decided_at,omitzero"`
}

// Sent tells whether it was handed over, and nothing says that it did not arrive.
func (d Delivery) Sent() bool { return d.State == DeliverySent || d.State == DeliveryDelivered }

// Waiting tells whether there is still something to send.
func (d Delivery) Waiting() bool { return d.State == DeliveryWaiting }

func scanDelivery(r pgx.CollectableRow) (Delivery, error) {
	var d Delivery
	return d, r.Scan(&d.ID, &d.Channel, &d.Recipient, &d.State, &d.Location, &d.Number, &d.FileName, &d.BlobKey, &d.SizeBytes, (*instant)(&d.SentAt),
		&d.IssuedID, &d.Kind, &d.Format, &d.Subject, &d.OrderID, &d.Order, &d.DocumentID,
		&d.Copy, &d.ResendOf, &d.CreatedAt, (*instant)(&d.NotBefore), &d.Detail, &d.MaybeTwice, &d.Way, &d.MessageID, &d.SentKey,
		&d.DecidedBy, &d.DecidedFor, (*instant)(&d.DecidedAt))
}

// GetDelivery reads one delivery.
func (s *Store) GetDelivery(ctx context.Context, id int64) (Delivery, error) {
	return getDelivery(ctx, s.pool, id)
}

func getDelivery(ctx context.Context, q querier, id int64) (Delivery, error) {
	d, err := collect(ctx, q, "DeliveriesList", scanDelivery, id, nil, nil, nil)
	if err == nil && len(d) == 0 {
		err = order.NotFound("delivery", "there is no such delivery: see todoke delivery list")
	}
	if err != nil {
		return Delivery{}, err
	}
	return d[0], nil
}

// Deliveries are all deliveries, oldest first.
func (s *Store) Deliveries(ctx context.Context) ([]Delivery, error) { return s.FindDeliveries(ctx, "") }

// FindDeliveries are the deliveries of an order, where one is named, in the states, where any is,
// oldest first.
func (s *Store) FindDeliveries(ctx context.Context, of order.Number, states ...string) ([]Delivery, error) {
	var in []string
	if len(states) > 0 {
		in = states
	}
	return collect(ctx, s.pool, "DeliveriesList", scanDelivery, nil, in, null(string(of)), nil)
}

// ClaimDelivery notes, before anything is written to a folder, that a delivery is being made; ok
// is false where it was made already.
func (s *Store) ClaimDelivery(ctx context.Context, id int64, now time.Time) (ok bool, err error) {
	tag, err := s.pool.Exec(ctx, query("DeliveryClaim"), id, at(now))
	return err == nil && tag.RowsAffected() == 1, kinded(err)
}

// DeliverySent records that a delivery was made and where it went.
func (tx *Tx) DeliverySent(ctx context.Context, id int64, location string, now time.Time) error {
	return tx.exec(ctx, "DeliverySent", id, at(now), location)
}

// DeliveryAttempt is one attempt to send a delivery.
type DeliveryAttempt struct {
	No        int                  `json:"no"`
	Way       string               `json:"way"`
	MessageID string               `json:"message_id"`
	SentKey   string               `json:"sent_sha256"`
	ClaimedAt time.Time            `json:"claimed_at"`
	EndedAt   time.Time            `json:"ended_at,omitzero"`
	Outcome   rules.AttemptOutcome `json:"outcome"` // "" while it is under way, or where its process died
	Detail    string               `json:"detail,omitempty"`
	Receipt   string               `json:"receipt,omitempty"`
}

// DeliveryAttempts are the attempts to send a delivery, in their order.
func (s *Store) DeliveryAttempts(ctx context.Context, id int64) ([]DeliveryAttempt, error) {
	return deliveryAttempts(ctx, s.pool, id)
}

func deliveryAttempts(ctx context.Context, q querier, id int64) ([]DeliveryAttempt, error) {
	return collect(ctx, q, "DeliveryAttempts", func(r pgx.CollectableRow) (DeliveryAttempt, error) {
		var a DeliveryAttempt
		return a, r.Scan(&a.No, &a.Way, &a.MessageID, &a.SentKey, &a.ClaimedAt, (*instant)(&a.EndedAt), &a.Outcome, &a.Detail, &a.Receipt)
	}, id)
}

// Past is what the rule needs of attempts. One that never ended, because its process died, may
// have arrived.
func Past(attempts []DeliveryAttempt) []rules.Attempt {
	out := make([]rules.Attempt, len(attempts))
	for i, a := range attempts {
		out[i] = rules.Attempt{Way: a.Way, Outcome: a.Outcome, At: a.EndedAt}
		if a.Outcome == "" {
			out[i].Outcome, out[i].At = rules.AttemptUncertain, a.ClaimedAt
		}
	}
	return out
}

// CutOff ends the attempts of a waiting delivery that never ended: their process died, and they
// may have arrived.
func (tx *Tx) CutOff(ctx context.Context, id int64, now time.Time) error {
	attempts, err := deliveryAttempts(ctx, tx.tx, id)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if a.Outcome != "" {
			continue
		}
		if err := tx.exec(ctx, "DeliveryAttemptEnd", id, a.No, at(now), rules.AttemptUncertain, "the attempt was cut off: it may have arrived", ""); err != nil {
			return err
		}
	}
	return nil
}

// Registered tells whether a fax goes to the registered number of the department that it is for
// (FAX-3).
func (s *Store) Registered(ctx context.Context, deliveryID int64) (bool, error) {
	var ok bool
	err := s.pool.QueryRow(ctx, query("DeliveryToRegistered"), deliveryID).Scan(&ok)
	return ok, kinded(err)
}

// BeginAttempt records, before anything leaves, what is about to leave; ok is false where the
// delivery waits no more. No two attempts have one number: of two workers one fails.
func (tx *Tx) BeginAttempt(ctx context.Context, id int64, a DeliveryAttempt) (ok bool, err error) {
	var state string
	if err := tx.tx.QueryRow(ctx, query("DeliveryLock"), id).Scan(&state); err != nil {
		return false, fmt.Errorf("lock delivery: %w", err)
	}
	if state != DeliveryWaiting {
		return false, nil
	}
	before, err := deliveryAttempts(ctx, tx.tx, id)
	if err != nil {
		return false, err
	}
	twice := slices.ContainsFunc(before, func(b DeliveryAttempt) bool { return b.Outcome == rules.AttemptUncertain })
	if err := tx.exec(ctx, "DeliveryAttemptInsert", id, a.No, a.Way, a.MessageID, a.SentKey, at(a.ClaimedAt)); err != nil {
		return false, err
	}
	return true, tx.exec(ctx, "DeliveryAttempted", id, at(a.ClaimedAt), a.Way, a.MessageID, a.SentKey, twice)
}

// EndAttempt records what an attempt came to. It says nothing of what follows.
func (tx *Tx) EndAttempt(ctx context.Context, id int64, no int, outcome rules.AttemptOutcome, detail, receipt string, now time.Time) error {
	return tx.exec(ctx, "DeliveryAttemptEnd", id, no, at(now), outcome, bounded(text(detail)), bounded(text(receipt)))
}

// DeliveryStands locks a delivery and tells where it stands.
func (tx *Tx) DeliveryStands(ctx context.Context, id int64) (state string, err error) {
	if err := tx.tx.QueryRow(ctx, query("DeliveryLock"), id).Scan(&state); err != nil {
		return "", fmt.Errorf("lock delivery: %w", err)
	}
	return state, nil
}

// DeliveryWaits puts a delivery off until an instant: the tick wakes it then.
func (tx *Tx) DeliveryWaits(ctx context.Context, id int64, until time.Time, why string) error {
	return tx.exec(ctx, "DeliveryWait", id, at(until), bounded(text(why)))
}

// DeliveryFails puts a delivery before a person.
func (tx *Tx) DeliveryFails(ctx context.Context, id int64, why string) error {
	return tx.exec(ctx, "DeliveryFail", id, bounded(text(why)))
}

// maxWake bounds one tick; the next goes on.
const maxWake = 500

// wakeDeliveries inserts the jobs of deliveries that are due.
func (tx *Tx) wakeDeliveries(ctx context.Context, now time.Time) error {
	type due struct {
		ID      int64
		Channel string
	}
	rows, err := collect(ctx, tx.tx, "DeliveriesWake", pgx.RowToStructByPos[due], now, maxWake)
	if err != nil {
		return err
	}
	for _, d := range rows {
		if err := tx.Enqueue(ctx, jobs.DeliverDocument{DeliveryID: d.ID, Channel: d.Channel}); err != nil {
			return err
		}
	}
	return nil
}

// ResendDelivery sends a document to its recipient once more, on a person's word: as a delivery
// of its own, under a name of its own. It gives the new delivery's id.
func (s *Store) ResendDelivery(ctx context.Context, id int64, by, reason string, now time.Time) (int64, error) {
	var again int64
	err := s.decideDelivery(ctx, id, by, reason, func(tx *Tx, d Delivery) (string, error) {
		if d.State == DeliveryWaiting {
			return "", order.Conflict("FAX-3", fmt.Sprintf("delivery %d is still to be sent: give it up first, or wait", id))
		}
		if d.State == DeliveryResent { // somebody else was faster
			return "", order.Conflict("FAX-3", fmt.Sprintf("delivery %d was resent already: see todoke delivery list", id))
		}
		var waits bool
		if err := tx.tx.QueryRow(ctx, query("DeliveryCopyWaits"), id).Scan(&waits); err != nil {
			return "", fmt.Errorf("find copies of a delivery: %w", err)
		}
		if waits {
			return "", order.Conflict("FAX-3", fmt.Sprintf("delivery %d was resent already and is still to be sent: wait for it", id))
		}
		var channel string
		if err := tx.tx.QueryRow(ctx, query("DeliveryResend"), id, at(now)).Scan(&again, &channel); err != nil {
			return "", fmt.Errorf("insert delivery: %w", err)
		}
		if err := tx.Enqueue(ctx, jobs.DeliverDocument{DeliveryID: again, Channel: channel}); err != nil {
			return "", err
		}
		if d.State == DeliveryFailed {
			return DeliveryResent, nil
		}
		return d.State, nil // it arrived, or was given up, and that stays true
	}, now)
	return again, err
}

// GiveUpDelivery ends a delivery unsent, on a person's word.
func (s *Store) GiveUpDelivery(ctx context.Context, id int64, by, reason string, now time.Time) error {
	return s.decideDelivery(ctx, id, by, reason, func(_ *Tx, d Delivery) (string, error) {
		if d.State != DeliveryWaiting && d.State != DeliveryFailed {
			return "", order.Conflict("FAX-3", fmt.Sprintf("delivery %d is %s: there is nothing to give up", id, d.State))
		}
		return DeliveryGivenUp, nil
	}, now)
}

func (s *Store) decideDelivery(ctx context.Context, id int64, by, reason string, decide func(*Tx, Delivery) (string, error), now time.Time) error {
	if strings.TrimSpace(by) == "" || strings.TrimSpace(reason) == "" {
		return order.Invalid("", "reason", "say who decides and why")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		var state string
		err := tx.tx.QueryRow(ctx, query("DeliveryLock"), id).Scan(&state)
		if missing(err) {
			return order.NotFound("delivery", "there is no such delivery: see todoke delivery list")
		}
		if err != nil {
			return fmt.Errorf("lock delivery: %w", err)
		}
		d, err := getDelivery(ctx, tx.tx, id)
		if err != nil {
			return err
		}
		if state, err = decide(tx, d); err != nil {
			return err
		}
		return tx.exec(ctx, "DeliveryDecide", id, state, text(by), bounded(text(reason)), at(now))
	})
}

// DeliveryAttempts are the attempts to send a delivery, in their order.
func (tx *Tx) DeliveryAttempts(ctx context.Context, id int64) ([]DeliveryAttempt, error) {
	return deliveryAttempts(ctx, tx.tx, id)
}
