package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"todoke/order"
)

// WebOrder is one attempt of a shop front to place an order.
type WebOrder struct {
	ShopFront string
	Key       string // Idempotency-Key: the shop front's name for this attempt
	Body      []byte // as received; kept as the document
	Request   order.Request
	// Problems that parsing found; an attempt with any is answered by them alone.
	Problems []*order.Error
}

// WebAnswer is what an attempt was answered, and is answered again.
type WebAnswer struct {
	Order    order.Order    // as it stood when it was placed; zero where Problems
	Problems []*order.Error // why it was refused
	Replayed bool           // the answer of an earlier attempt with this key
}

// storedAnswer is a WebAnswer in the database.
type storedAnswer struct {
	Order    *order.Order    `json:"order,omitempty"`
	Problems json.RawMessage `json:"problems,omitempty"`
}

// PlaceWebOrder places an order once, however often the attempt is sent: the same key and
// body get the same stored answer, also while the first is still being worked on; the same
// key with another body is a conflict. Body, answer, order and the jobs that follow commit
// together before it returns. Refusals by a rule are answers too.
func (s *Store) PlaceWebOrder(ctx context.Context, w WebOrder, now time.Time) (WebAnswer, error) {
	const maxKey = 255
	if w.ShopFront == "" || w.Key == "" || len(w.Key) > maxKey || text(w.Key) != w.Key {
		return WebAnswer{}, order.Invalid("", "Idempotency-Key",
			fmt.Sprintf("give each attempt its own Idempotency-Key of 1 to %d characters, and send the same one when you try again", maxKey))
	}
	now = at(now)
	sum := sha256.Sum256(w.Body)
	var answer WebAnswer
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		answer, err = tx.placeWebOrder(ctx, w, sum[:], now)
		return err
	})
	return answer, err
}

func (tx *Tx) placeWebOrder(ctx context.Context, w WebOrder, sum []byte, now time.Time) (WebAnswer, error) {
	// Another attempt with this key makes this insert wait until that one commits.
	tag, err := tx.tx.Exec(ctx, query("KeyInsert"), w.ShopFront, w.Key, sum, now)
	if err != nil {
		return WebAnswer{}, fmt.Errorf("insert idempotency key: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return tx.replay(ctx, w, sum)
	}
	documentID, _, err := tx.addDocument(ctx, NewDocument{
		Source: "web:" + w.ShopFront, ExternalID: w.Key, ReceivedAt: now, MediaType: "application/json", Bytes: w.Body,
	}, Key(w.Body), w.Body)
	if err != nil {
		return WebAnswer{}, err
	}
	var answer WebAnswer
	var stored storedAnswer
	req := w.Request
	req.Channel = order.ChannelWeb
	req.Source = order.Source{ShopFront: w.ShopFront, Key: w.Key}
	if len(w.Problems) > 0 {
		answer.Problems = w.Problems
	} else {
		o, err := tx.Accept(ctx, req, now)
		if refusal, ok := errors.AsType[*Refusal](err); ok {
			answer.Problems = refusal.Problems
		} else if err != nil {
			return WebAnswer{}, err
		}
		answer.Order = o
	}
	state, detail := DocumentOrdered, "order "+string(answer.Order.Number)
	if len(answer.Problems) > 0 {
		state, detail = DocumentRefused, answer.Problems[0].Error()
		stored.Problems = encodeProblems(answer.Problems)
	} else {
		stored.Order = &answer.Order
	}
	text, err := json.Marshal(stored)
	if err != nil {
		return WebAnswer{}, fmt.Errorf("encode answer: %w", err)
	}
	if err := tx.exec(ctx, "DocumentStateInsert", documentID, string(state), detail, null(answer.Order.ID), now); err != nil {
		return WebAnswer{}, err
	}
	return answer, tx.exec(ctx, "KeyAnswer", w.ShopFront, w.Key, documentID, null(answer.Order.ID), text)
}

func (tx *Tx) replay(ctx context.Context, w WebOrder, sum []byte) (WebAnswer, error) {
	var first, text []byte
	var orderID int64
	if err := tx.tx.QueryRow(ctx, query("KeyGet"), w.ShopFront, w.Key).Scan(&first, &orderID, &text); err != nil {
		return WebAnswer{}, fmt.Errorf("read idempotency key: %w", err)
	}
	if string(first) != string(sum) {
		return WebAnswer{}, order.Conflict("", "this Idempotency-Key was used for another body: send a corrected order, or another one, with a key of its own")
	}
	var stored storedAnswer
	if err := json.Unmarshal(text, &stored); err != nil {
		return WebAnswer{}, fmt.Errorf("decode answer: %w", err)
	}
	answer := WebAnswer{Replayed: true}
	if stored.Order != nil {
		answer.Order = *stored.Order
		answer.Order.ID = orderID
		return answer, nil
	}
	var err error
	answer.Problems, err = decodeProblems(stored.Problems)
	return answer, err
}
