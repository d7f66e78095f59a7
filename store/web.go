package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

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
//
// Attempts that come while others are being written are written together after them, in one
// transaction: the disk is waited for once. One that comes alone never waits for company.
func (s *Store) PlaceWebOrder(ctx context.Context, w WebOrder, now time.Time) (WebAnswer, error) {
	const maxKey = 255
	if w.ShopFront == "" || w.Key == "" || len(w.Key) > maxKey || text(w.Key) != w.Key {
		return WebAnswer{}, order.Invalid("", "Idempotency-Key",
			fmt.Sprintf("give each attempt its own Idempotency-Key of 1 to %d characters, and send the same one when you try again", maxKey))
	}
	sum := sha256.Sum256(w.Body)
	return s.web.place(ctx, &webAttempt{WebOrder: w, now: at(now), sum: sum[:]}, s.writeWebOrders)
}

// writeWebOrders answers a group. Where one attempt makes the transaction fail, the others do not suffer for it.
func (s *Store) writeWebOrders(ctx context.Context, group []*webAttempt) {
	err := s.InTx(ctx, func(tx *Tx) error { return tx.placeWebOrders(ctx, group) })
	if err != nil && len(group) > 1 && order.KindOf(err) != order.KindTemporary {
		for _, a := range group {
			s.writeWebOrders(ctx, []*webAttempt{a})
		}
		return
	}
	if err != nil {
		for _, a := range group {
			a.answer, a.err = WebAnswer{}, err
		}
	}
}

// placeWebOrders answers attempts of different keys and different departments.
func (tx *Tx) placeWebOrders(ctx context.Context, group []*webAttempt) error {
	type name struct{ front, key string }
	// In one fixed order: another process may be writing some of the same keys. An attempt whose key is being written makes this
	// insert wait until that one commits.
	slices.SortFunc(group, func(a, b *webAttempt) int {
		return cmp.Or(cmp.Compare(a.ShopFront, b.ShopFront), cmp.Compare(a.Key, b.Key))
	})
	mine := map[name]bool{}
	rows, err := tx.tx.Query(ctx, query("KeysInsert"),
		column(group, func(a *webAttempt) string { return a.ShopFront }),
		column(group, func(a *webAttempt) string { return a.Key }),
		column(group, func(a *webAttempt) []byte { return a.sum }),
		column(group, func(a *webAttempt) time.Time { return a.now }))
	if err != nil {
		return fmt.Errorf("insert idempotency keys: %w", err)
	}
	var n name
	if _, err := pgx.ForEachRow(rows, []any{&n.front, &n.key}, func() error {
		mine[n] = true
		return nil
	}); err != nil {
		return fmt.Errorf("insert idempotency keys: %w", err)
	}
	var fresh []*webAttempt
	for _, a := range group {
		a.answer, a.err, a.acceptance = WebAnswer{}, nil, nil
		if mine[name{a.ShopFront, a.Key}] {
			fresh = append(fresh, a)
			continue
		}
		if a.answer, a.err = tx.replay(ctx, a.WebOrder, a.sum); a.err != nil && order.KindOf(a.err) != order.KindConflict {
			return a.err
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := tx.addWebDocuments(ctx, fresh); err != nil {
		return err
	}
	var asked []*acceptance
	for _, a := range fresh {
		if len(a.Problems) > 0 {
			a.answer.Problems = a.Problems
			continue
		}
		req := a.Request
		req.Channel = order.ChannelWeb
		req.Source = order.Source{ShopFront: a.ShopFront, Key: a.Key}
		a.acceptance = &acceptance{req: req, now: a.now}
		asked = append(asked, a.acceptance)
	}
	if len(asked) > 0 {
		if err := tx.acceptAll(ctx, asked); err != nil {
			return err
		}
	}
	return tx.answerWebOrders(ctx, fresh)
}

// addWebDocuments keeps the bodies as they came.
func (tx *Tx) addWebDocuments(ctx context.Context, group []*webAttempt) error {
	now := at(tx.s.now())
	docs := make([]NewDocument, len(group))
	keys := make([]string, len(group))
	b := &pgx.Batch{}
	for i, a := range group {
		var err error
		docs[i], err = NewDocument{
			Source: "web:" + a.ShopFront, ExternalID: a.Key, ReceivedAt: a.now, MediaType: "application/json", Bytes: a.Body,
		}.clean()
		if err != nil {
			return err
		}
		keys[i] = Key(a.Body)
		a.documentID = 0
		b.Queue(query("DocumentInsert"), docs[i].columns(keys[i], a.Body, now)...).Query(eachRow(pgx.RowTo[int64], func(id int64) { a.documentID = id }))
	}
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("insert documents: %w", err)
	}
	for i, a := range group {
		if a.documentID != 0 {
			continue
		}
		var err error // a transmission of that name is there already, though its key was forgotten
		if a.documentID, _, err = tx.addDocument(ctx, docs[i], keys[i], a.Body); err != nil {
			return err
		}
	}
	return nil
}

// answerWebOrders saves what each attempt is answered.
func (tx *Tx) answerWebOrders(ctx context.Context, group []*webAttempt) error {
	answers := make([]string, 0, len(group))
	states := make([]DocumentState, 0, len(group))
	details := make([]string, 0, len(group))
	for _, a := range group {
		var stored storedAnswer
		if a.acceptance != nil {
			a.answer.Order, a.answer.Problems = a.acceptance.order, a.acceptance.problems
		}
		if len(a.answer.Problems) > 0 {
			states, details = append(states, DocumentRefused), append(details, a.answer.Problems[0].Error())
			stored.Problems = encodeProblems(a.answer.Problems)
		} else {
			states, details = append(states, DocumentOrdered), append(details, "order "+string(a.answer.Order.Number))
			stored.Order = &a.answer.Order
		}
		text, err := json.Marshal(stored)
		if err != nil {
			return fmt.Errorf("encode answer: %w", err)
		}
		answers = append(answers, string(text))
	}
	documents := column(group, func(a *webAttempt) int64 { return a.documentID })
	orders := column(group, func(a *webAttempt) *int64 { return null(a.answer.Order.ID) })
	b := &pgx.Batch{}
	b.Queue(query("DocumentStatesInsert"), documents, column(states, func(s DocumentState) string { return string(s) }), details, orders,
		column(group, func(a *webAttempt) time.Time { return a.now }))
	b.Queue(query("KeysAnswer"),
		column(group, func(a *webAttempt) string { return a.ShopFront }),
		column(group, func(a *webAttempt) string { return a.Key }),
		documents, orders, answers)
	if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save answers: %w", err)
	}
	return nil
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
