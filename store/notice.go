package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// NoticeKind is what a mail tells of a delivery.
type NoticeKind string

// The kinds of notices.
const (
	NoticeFailed    NoticeKind = "failed"
	NoticeDelivered NoticeKind = "delivered"
	NoticeDelayed   NoticeKind = "delayed" // not yet arrived, and still tried
)

// Notice is a mail that tells what became of something that we sent.
type Notice struct {
	DocumentID int64
	Kind       NoticeKind
	Relay      bool // a mail server tells it, not who faxes: it knows only of the mail
	// What may name the delivery: the left half of message ids of ours, a way with its receipt,
	// and, where neither does, fax numbers with the time and the text of the mail.
	Names        []string
	Way, Receipt string
	Numbers      []string // digits
	At           time.Time
	Text         string
	Detail       string // for people
}

// Named tells whether it names a transmission of ours, and not only a number that anybody may know.
func (n Notice) Named() bool { return len(n.Names) > 0 || n.Receipt != "" }

// noticeDays is how long after it was handed over a fax may be told to have failed.
const noticeDays = 3

// MatchNotice finds the delivery that a notice tells of and the message id of its attempt, and by
// what; 0 where nothing names one, or a number names several.
func (tx *Tx) MatchNotice(ctx context.Context, n Notice) (id int64, messageID, by string, err error) {
	find := func(name string, args ...any) (bool, error) {
		err := tx.tx.QueryRow(ctx, query(name), args...).Scan(&id, &messageID)
		if missing(err) {
			return false, nil
		}
		return err == nil, err
	}
	if len(n.Names) > 0 {
		if ok, err := find("NoticeByMessage", n.Names); ok || err != nil {
			return id, messageID, "message id", err
		}
	}
	from, to := at(n.At.AddDate(0, 0, -noticeDays)), at(n.At.Add(time.Hour))
	if n.Receipt != "" {
		if ok, err := find("NoticeByReceipt", n.Way, n.Receipt, from, to); ok || err != nil {
			return id, messageID, "job", err
		}
	}
	if len(n.Numbers) == 0 {
		return 0, "", "", nil
	}
	type sent struct {
		ID        int64
		MessageID string
		Number    string
	}
	found, err := collect(ctx, tx.tx, "NoticeByNumber", pgx.RowToStructByPos[sent], n.Numbers, from, to)
	if err != nil {
		return 0, "", "", err
	}
	if len(found) > 1 { // the document's number in the subject tells which
		var named []sent
		for _, f := range found {
			if f.Number != "" && strings.Contains(n.Text, f.Number) {
				named = append(named, f)
			}
		}
		found = named
	}
	if len(found) != 1 {
		return 0, "", "", nil
	}
	return found[0].ID, found[0].MessageID, "number and time", nil
}

// Issued tells whether bytes with a SHA-256 were issued by us.
func (s *Store) Issued(ctx context.Context, sha256 string) (ok bool, err error) {
	err = s.pool.QueryRow(ctx, query("NoticeOurs"), sha256).Scan(&ok)
	return ok, kinded(err)
}

// KeepNotice records that a mail tells of a delivery, for good.
func (tx *Tx) KeepNotice(ctx context.Context, n Notice, deliveryID int64, by string, now time.Time) error {
	return tx.exec(ctx, "NoticeInsert", n.DocumentID, deliveryID, string(n.Kind), by, bounded(text(n.Detail)), at(now))
}

// DeliveryArrived records that a delivery arrived, as a notice says.
func (tx *Tx) DeliveryArrived(ctx context.Context, id int64, why string, now time.Time) error {
	return tx.exec(ctx, "DeliveryDelivered", id, bounded(text(why)), at(now))
}

// DeliveryReturned records that what left under a message id did not arrive, and gives the
// delivery with its attempts, locked, for the decision what follows.
func (tx *Tx) DeliveryReturned(ctx context.Context, id int64, messageID, why string, now time.Time) (Delivery, []DeliveryAttempt, error) {
	var state string
	if err := tx.tx.QueryRow(ctx, query("DeliveryLock"), id).Scan(&state); err != nil {
		return Delivery{}, nil, fmt.Errorf("lock delivery: %w", err)
	}
	if err := tx.exec(ctx, "DeliveryAttemptReturn", id, bounded(text(why)), messageID, at(now)); err != nil {
		return Delivery{}, nil, err
	}
	d, err := getDelivery(ctx, tx.tx, id)
	if err != nil {
		return Delivery{}, nil, err
	}
	attempts, err := deliveryAttempts(ctx, tx.tx, id)
	return d, attempts, err
}

// DeliveryPutOff changes until when a delivery waits that no job has in hand.
func (tx *Tx) DeliveryPutOff(ctx context.Context, id int64, until time.Time, why string) error {
	return tx.exec(ctx, "DeliveryPutOff", id, at(until), bounded(text(why)))
}

// DeliveryReopens lets a delivery that was handed over wait for its next attempt.
func (tx *Tx) DeliveryReopens(ctx context.Context, id int64, until time.Time, why string) error {
	return tx.exec(ctx, "DeliveryReopen", id, at(until), bounded(text(why)))
}

// DeliveryNotice is a notice as it was kept.
type DeliveryNotice struct {
	DocumentID int64      `json:"document"`
	Kind       NoticeKind `json:"kind"`
	MatchedBy  string     `json:"matched_by"`
	Detail     string     `json:"detail"`
	NoticedAt  time.Time  `json:"noticed_at"`
}

// DeliveryNotices are the notices about a delivery, oldest first.
func (s *Store) DeliveryNotices(ctx context.Context, id int64) ([]DeliveryNotice, error) {
	return collect(ctx, s.pool, "NoticesOf", pgx.RowToStructByPos[DeliveryNotice], id)
}
