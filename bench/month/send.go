package month

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"todoke/order"
	"todoke/store"
)

// sent is what became of a visit.
type sent struct {
	visit
	number  order.Number // of a web order that was taken
	refused []string     // rules that refused it
	docs    []int64      // documents of a fax or file, the first the one that counts
}

// send hands in what came at the same time, so many at once.
func (m *run) send(ctx context.Context, batch []visit) error {
	if !m.killNext {
		return m.sendAll(ctx, batch)
	}
	m.killNext = false
	var killed error
	var wg sync.WaitGroup
	wg.Go(func() { killed = m.kill(ctx) }) // while orders come in
	err := m.sendAll(ctx, batch)
	wg.Wait()
	return errors.Join(err, killed)
}

func (m *run) sendAll(ctx context.Context, batch []visit) error {
	results := make([]sent, len(batch))
	errs := make([]error, len(batch))
	turns := make(chan int)
	var wg sync.WaitGroup
	for range max(1, min(m.Senders, len(batch))) {
		wg.Go(func() {
			for i := range turns {
				results[i], errs[i] = m.one(ctx, batch[i])
			}
		})
	}
	for i := range batch {
		turns <- i
	}
	close(turns)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for i := range results {
		m.took(ctx, &results[i])
	}
	return nil
}

// took notes what became of a visit, and what follows.
func (m *run) took(_ context.Context, s *sent) {
	m.sent[s.key] = s
	m.day.Received[s.way]++
	if s.cancel > 0 && s.number != "" {
		m.put(s.at.Add(s.cancel), func(ctx context.Context) error { return m.cancel(ctx, s) })
	}
	if s.way == wayFax && s.again == other {
		m.put(s.at.Add(4*time.Minute), func(ctx context.Context) error {
			id, err := m.document(ctx, s.visit, "again-"+s.key+".tif")
			s.docs = append(s.docs, id)
			return err
		})
	}
	for _, rule := range s.refused {
		m.day.Refused[rule]++
	}
}

// one hands a visit in as it comes from outside.
func (m *run) one(ctx context.Context, v visit) (sent, error) {
	s := sent{visit: v}
	if err := m.authorise(v.card); err != nil {
		return s, err
	}
	switch v.way {
	case wayFax:
		times := 1
		if v.again == twice {
			times = 2 // the gateway hands the same transmission in again
		}
		for range times {
			id, err := m.document(ctx, v, v.key+".tif")
			if err != nil {
				return s, err
			}
			s.docs = append(s.docs, id)
		}
		return s, nil
	case wayFile:
		id, err := m.document(ctx, v, v.key+".json")
		s.docs = []int64{id}
		return s, err
	case wayWeb:
	}
	if v.again != twice {
		if err := m.post(ctx, &s, v.body, true); err != nil {
			return s, err
		}
		if v.again == other {
			status, _, err := m.call(ctx, "/v1/orders", v.key, append(v.body[:len(v.body):len(v.body)], ' '))
			if err == nil && status != http.StatusConflict {
				m.wrong("the key %s was taken for another body: %d", v.key, status)
			}
			return s, err
		}
		return s, nil
	}
	t := s
	errs := make(chan error, 1)
	go func() { errs <- m.post(ctx, &t, v.body, false) }()
	err := errors.Join(m.post(ctx, &s, v.body, true), <-errs)
	if err == nil && s.number != t.number {
		m.wrong("one attempt %s, sent twice, made the orders %q and %q", v.key, s.number, t.number)
	}
	return s, err
}

func (m *run) document(ctx context.Context, v visit, name string) (int64, error) {
	id, _, err := m.Store.AddDocument(ctx, store.NewDocument{Source: "month", ExternalID: name, FileName: name, ReceivedAt: v.at, Bytes: v.body})
	if err != nil {
		return 0, fmt.Errorf("hand in %s: %w", name, err)
	}
	return id, nil
}

// post sends a web order; s learns its number or what refused it.
func (m *run) post(ctx context.Context, s *sent, body []byte, _ bool) error {
	status, answer, err := m.call(ctx, "/v1/orders", s.key, body)
	if err != nil {
		return err
	}
	switch status {
	case http.StatusCreated, http.StatusOK:
		var o struct {
			Number order.Number `json:"number"`
		}
		if err := json.Unmarshal(answer, &o); err != nil {
			return fmt.Errorf("read answer to %s: %w", s.key, err)
		}
		s.number = o.Number
		return nil
	case http.StatusUnprocessableEntity:
		var p struct {
			Errors []struct {
				Rule string `json:"rule"`
			} `json:"errors"`
		}
		if err := json.Unmarshal(answer, &p); err != nil {
			return fmt.Errorf("read refusal of %s: %w", s.key, err)
		}
		for _, e := range p.Errors {
			s.refused = append(s.refused, e.Rule)
		}
		return nil
	}
	return fmt.Errorf("web order %s was answered %d: %s", s.key, status, answer)
}

// cancel asks for an order's cancellation as its shop front would (CAN-1).
func (m *run) cancel(ctx context.Context, s *sent) error {
	var already bool // such as one of which nothing was to be had: the answer says so, whenever it is asked for
	if err := m.Admin.QueryRow(ctx, `SELECT state = 'cancelled' FROM orders WHERE number = $1`, s.number).Scan(&already); err != nil {
		return fmt.Errorf("look at an order: %w", err)
	}
	status, answer, err := m.call(ctx, "/v1/orders/"+string(s.number)+"/cancel", "", nil)
	if err != nil {
		return err
	}
	late := s.cancel > m.settings(order.DateOf(s.at)).CancelWindow()
	switch {
	case already && status == http.StatusOK:
	case status == http.StatusOK && !late:
		m.day.CancelledInTime++
	case status == http.StatusConflict && late:
		m.day.CancelRefused++
	case late:
		m.wrong("order %s was cancelled %s after it was ordered: %d %s", s.number, s.cancel, status, answer)
	default:
		m.wrong("order %s could not be cancelled %s after it was ordered: %d %s", s.number, s.cancel, status, answer)
	}
	return nil
}

// call sends one request of the shop front.
func (m *run) call(ctx context.Context, path, key string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.API+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+m.Token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	began := m.Wall()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("ask %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	const limit = 1 << 20
	answer, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil {
		return 0, nil, fmt.Errorf("read answer of %s: %w", path, err)
	}
	m.report.took(m.Wall().Sub(began))
	return resp.StatusCode, answer, nil
}
