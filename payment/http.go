package payment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"todoke/order"
)

// HTTP is a card gateway that speaks the contract of docs/payments.md.
type HTTP struct {
	base   string
	token  string
	client *http.Client
}

// NewHTTP makes the gateway below an address. timeout bounds each request as a whole; 0 is 30 s.
// http is taken for this machine alone: the token must not travel in the clear.
func NewHTTP(base, token string, timeout time.Duration) (*HTTP, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, order.Invalid("PAY-1", "payment.url", "give the gateway's address, such as https://gateway.example.jp")
	}
	if u.Scheme == "http" && !local(u.Hostname()) {
		return nil, order.Invalid("PAY-1", "payment.url", "a gateway on another machine is asked by https alone")
	}
	if strings.TrimSpace(token) == "" {
		return nil, order.Invalid("PAY-1", "payment.token", "give the token that the gateway knows the shop by")
	}
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	return &HTTP{strings.TrimRight(base, "/"), token, &http.Client{
		Timeout: timeout,
		// A gateway that moved is configured anew: nobody is sent on with a token.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

const (
	defaultTimeout = 30 * time.Second
	maxAnswer      = 64 << 10
	maxList        = 8 << 20
	maxPages       = 1000
)

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Name implements Gateway.
func (*HTTP) Name() string { return "http" }

// Do implements Gateway.
func (g *HTTP) Do(ctx context.Context, r Request) Answer {
	if e := CheckReference(r.Reference); e != nil {
		return Answer{Outcome: Refused, Code: "reference", Detail: e.Message}
	}
	body, err := json.Marshal(map[string]any{"kind": r.Kind, "authorisation": r.Reference, "amount_yen": int64(r.Yen)})
	if err != nil {
		return Answer{Outcome: Temporary, Detail: err.Error()}
	}
	status, data, err := g.call(ctx, http.MethodPost, "/v1/operations", body, r.Key, maxAnswer)
	if err != nil {
		return Answer{Outcome: outcomeOf(err), Detail: plain(err.Error())}
	}
	return judge(status, data, r, false)
}

// Status implements Gateway.
func (g *HTTP) Status(ctx context.Context, r Request) Answer {
	status, data, err := g.call(ctx, http.MethodGet, "/v1/operations/"+url.PathEscape(r.Key), nil, "", maxAnswer)
	if err != nil { // nothing was asked to happen, but whether it had is as open as before
		return Answer{Outcome: Uncertain, Detail: plain(err.Error())}
	}
	a := judge(status, data, r, true)
	if a.Outcome == Temporary {
		a.Outcome = Uncertain
	}
	return a
}

// judge is what an answer means. Only the contract's own words say that something did not happen:
// a proxy's page says nothing.
func judge(status int, data []byte, r Request, ofStatus bool) Answer {
	op, err := ParseOperation(data)
	if err == nil && status < http.StatusInternalServerError {
		return op.answer(r)
	}
	f, ok := parseFault(data)
	a := Answer{Outcome: Uncertain, Code: plain(f.Code), Detail: plain(fmt.Sprintf("HTTP %d %s", status, f.Message))}
	switch {
	case ofStatus && status == http.StatusNotFound && ok && f.Code == "unknown_key":
		a.Outcome = Unknown
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		a.Outcome = Temporary // by the contract nothing was done
	case !ok:
		a.Detail = fmt.Sprintf("HTTP %d with an answer that cannot be understood", status)
	case status >= http.StatusBadRequest && status < http.StatusInternalServerError && !ofStatus:
		a.Outcome = Refused
	}
	return a
}

// Day implements Gateway.
func (g *HTTP) Day(ctx context.Context, day order.Date) ([]Entry, error) {
	var out []Entry
	after := ""
	for range maxPages {
		path := "/v1/operations?day=" + day.String() + "&after=" + url.QueryEscape(after)
		status, data, err := g.call(ctx, http.MethodGet, path, nil, "", maxList)
		if err != nil {
			return nil, order.Temporary("the gateway's list of "+day.String()+" cannot be had", err)
		}
		p, err := ParsePage(data)
		if status != http.StatusOK || err != nil {
			return nil, order.Temporary(fmt.Sprintf("the gateway's list of %s cannot be had: HTTP %d", day, status), err)
		}
		for _, op := range p.Operations {
			if op.State != StatePending {
				out = append(out, op.entry())
			}
		}
		if p.Next == "" {
			return out, nil
		}
		if p.Next == after {
			break
		}
		after = p.Next
	}
	return nil, order.Temporary("the gateway's list of "+day.String()+" does not end", nil)
}

func (g *HTTP) call(ctx context.Context, method, path string, body []byte, key string, limit int64) (int, []byte, error) {
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	req, err := http.NewRequestWithContext(traced, method, g.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, &unsentError{err}
	}
	// net/http sends a request again by itself where the connection was closed, and takes this
	// header for leave to do so; under a key it happens once all the same. What becomes of the last
	// attempt says nothing of those before it: unsent is of all of them.
	req.Header.Set("Authorization", "Bearer "+g.token)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := g.client.Do(req)
	if err != nil {
		if !connected.Load() {
			err = &unsentError{err}
		}
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(data)) > limit {
		return 0, nil, errors.New("the answer is too long")
	}
	return resp.StatusCode, data, nil
}

// unsentError is the error of a request for which no connection ever came about.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }

func (e *unsentError) Unwrap() error { return e.err }

// outcomeOf tells what an error of a request means: where no connection came about nothing
// happened; everything else may have.
func outcomeOf(err error) Outcome {
	if _, ok := errors.AsType[*unsentError](err); ok {
		return Temporary
	}
	return Uncertain
}
