// Package simulate is a card gateway that is none: a server with the contract of docs/payments.md
// that keeps its books in memory and fails as gateways fail, for tests and the demo.
//
// In: requests over HTTP. Out: answers, or what the fault makes of them. It takes no card numbers.
package simulate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"todoke/order"
	"todoke/payment"
)

// Fault is how one request goes wrong.
type Fault string

// The faults.
const (
	None        Fault = ""
	Refuse      Fault = "refuse"      // refused for good
	Unavailable Fault = "unavailable" // 503: nothing happens
	FailBefore  Fault = "fail"        // 500, and nothing happened
	FailAfter   Fault = "fail-after"  // 500, though it happened
	Lose        Fault = "lose"        // the connection closes unanswered, and nothing happened
	LoseAfter   Fault = "lose-after"  // the connection closes unanswered, though it happened
	Hang        Fault = "timeout"     // no answer, though it happened
	Twice       Fault = "twice"       // answered twice in one body, and it happened
	Garbage     Fault = "garbage"     // answered by nonsense, and it happened
	Slow        Fault = "slow"        // answered after Gateway.Delay
	Pending     Fault = "pending"     // it happens, but the first answer says "pending"
)

// Faults are all kinds of fault.
var Faults = []Fault{Refuse, Unavailable, FailBefore, FailAfter, Lose, LoseAfter, Hang, Twice, Garbage, Slow, Pending}

// Gateway is the server. The zero value takes every token and knows no authorisation.
type Gateway struct {
	Token string // that requests must carry; "" takes any
	// Open takes any reference for an authorisation of any amount. A reference that ends in
	// "-" and a fault has its first request go wrong so, such as "auth-17-fail-after".
	Open  bool
	Delay time.Duration // of Slow; 0 is 2 s
	Now   func() time.Time
	// Script says how the nth request (from 1) under a key goes wrong; nil goes by the reference.
	Script func(r payment.Request, n int) Fault

	mu    sync.Mutex
	auths map[string]*Authorisation
	ops   map[string]*payment.Operation
	asked map[string]int
	order []string // keys in the order of their operations
}

// Authorisation is what a card was authorised for, and what became of it.
type Authorisation struct {
	Reference string    `json:"authorisation"`
	Yen       order.Yen `json:"amount_yen"`
	Captured  order.Yen `json:"captured_yen"`
	Voided    order.Yen `json:"voided_yen"`
	Refunded  order.Yen `json:"refunded_yen"`
	Until     time.Time `json:"expires_at,omitzero"`
	Closed    bool      `json:"closed"` // voided as a whole
}

// Authorise makes an authorisation, as a shop front's payment page would.
func (g *Gateway) Authorise(ref string, yen order.Yen, until time.Time) error {
	if e := payment.CheckReference(ref); e != nil {
		return e
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.init()
	g.auths[ref] = &Authorisation{Reference: ref, Yen: yen, Until: until}
	return nil
}

// Look is where an authorisation stands.
func (g *Gateway) Look(ref string) Authorisation {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.auths[ref]; a != nil {
		return *a
	}
	return Authorisation{Reference: ref}
}

// Operations are all that happened or was refused, oldest first.
func (g *Gateway) Operations() []payment.Operation {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]payment.Operation, 0, len(g.order))
	for _, k := range g.order {
		out = append(out, *g.ops[k])
	}
	return out
}

// Asked is how often a key was asked for.
func (g *Gateway) Asked(key string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[key]
}

// Forget takes an operation out of the books, as if it never had been: a difference to find.
func (g *Gateway) Forget(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.ops, key)
	g.order = slices.DeleteFunc(g.order, func(k string) bool { return k == key })
}

func (g *Gateway) init() {
	if g.auths == nil {
		g.auths, g.ops, g.asked = map[string]*Authorisation{}, map[string]*payment.Operation{}, map[string]int{}
	}
}

func (g *Gateway) now() time.Time {
	if g.Now != nil {
		return g.Now()
	}
	return time.Now() //nolint:forbidigo // the simulator stands for another company
}

const maxBody = 64 << 10

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if g.Token != "" && req.Header.Get("Authorization") != "Bearer "+g.Token {
		reply(w, http.StatusUnauthorized, payment.Fault{Code: "token", Message: "the token is unknown"})
		return
	}
	switch {
	case req.Method == http.MethodPost && req.URL.Path == "/v1/operations":
		g.do(w, req)
	case req.Method == http.MethodPost && req.URL.Path == "/v1/authorisations":
		g.authorise(w, req)
	case req.Method == http.MethodGet && req.URL.Path == "/v1/operations":
		g.list(w, req)
	case req.Method == http.MethodGet && strings.HasPrefix(req.URL.Path, "/v1/operations/"):
		g.status(w, strings.TrimPrefix(req.URL.Path, "/v1/operations/"))
	case req.Method == http.MethodGet && strings.HasPrefix(req.URL.Path, "/v1/authorisations/"):
		reply(w, http.StatusOK, g.Look(strings.TrimPrefix(req.URL.Path, "/v1/authorisations/")))
	default:
		reply(w, http.StatusNotFound, payment.Fault{Code: "path", Message: "there is no such path"})
	}
}

func (g *Gateway) authorise(w http.ResponseWriter, req *http.Request) {
	var in struct {
		Authorisation string    `json:"authorisation"`
		AmountYen     order.Yen `json:"amount_yen"`
		ExpiresAt     time.Time `json:"expires_at"`
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(data, &in)
	}
	if err == nil {
		err = g.Authorise(in.Authorisation, in.AmountYen, in.ExpiresAt)
	}
	if err != nil {
		reply(w, http.StatusUnprocessableEntity, payment.Fault{Code: "authorisation", Message: order.MaskCards(err.Error())})
		return
	}
	reply(w, http.StatusCreated, g.Look(in.Authorisation))
}

func (g *Gateway) do(w http.ResponseWriter, req *http.Request) {
	var in struct {
		Kind          payment.Kind `json:"kind"`
		Authorisation string       `json:"authorisation"`
		AmountYen     order.Yen    `json:"amount_yen"`
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(data, &in)
	}
	r := payment.Request{Key: req.Header.Get("Idempotency-Key"), Kind: in.Kind, Reference: in.Authorisation, Yen: in.AmountYen}
	if err != nil || r.Key == "" || payment.CheckReference(r.Reference) != nil {
		reply(w, http.StatusUnprocessableEntity, payment.Fault{Code: "request", Message: "send kind, authorisation, amount_yen and an Idempotency-Key"})
		return
	}
	fault := g.fault(r)
	switch fault {
	case Unavailable:
		w.Header().Set("Retry-After", "1")
		reply(w, http.StatusServiceUnavailable, payment.Fault{Code: "unavailable"})
		return
	case FailBefore:
		reply(w, http.StatusInternalServerError, payment.Fault{Code: "broken"})
		return
	case Lose:
		panic(http.ErrAbortHandler)
	default:
	}
	op, conflict := g.carryOut(r, fault == Refuse)
	if conflict {
		reply(w, http.StatusUnprocessableEntity, payment.Fault{Code: "key_reused", Message: "the key stands for another request"})
		return
	}
	switch fault {
	case FailAfter:
		reply(w, http.StatusInternalServerError, payment.Fault{Code: "broken"})
	case LoseAfter:
		panic(http.ErrAbortHandler)
	case Hang:
		<-req.Context().Done()
	case Garbage:
		_, _ = io.WriteString(w, "<html><body>Bad gateway</body></html>")
	case Twice:
		b, _ := json.Marshal(op) //nolint:errchkjson // strings and numbers
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(b, b...))
	case Pending:
		op.State = payment.StatePending
		reply(w, http.StatusAccepted, op)
	case Slow:
		select {
		case <-time.After(cmp.Or(g.Delay, defaultDelay)):
		case <-req.Context().Done():
		}
		reply(w, http.StatusOK, op)
	default:
		reply(w, http.StatusOK, op)
	}
}

const defaultDelay = 2 * time.Second

// fault decides how a request goes wrong.
func (g *Gateway) fault(r payment.Request) Fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.init()
	g.asked[r.Key]++
	if g.Script != nil {
		return g.Script(r, g.asked[r.Key])
	}
	for _, f := range Faults {
		if strings.HasSuffix(r.Reference, "-"+string(f)) && (g.asked[r.Key] == 1 || f == Refuse) {
			return f
		}
	}
	return None
}

// carryOut does a request once, however often it is asked.
func (g *Gateway) carryOut(r payment.Request, refuse bool) (_ payment.Operation, conflict bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if op := g.ops[r.Key]; op != nil {
		same := op.Kind == r.Kind && op.Authorisation == r.Reference && (r.Yen == 0 || op.AmountYen == int64(r.Yen))
		return *op, !same
	}
	op := &payment.Operation{
		ID: fmt.Sprintf("op_%06d", len(g.order)+1), Key: r.Key, Kind: r.Kind, Authorisation: r.Reference, AmountYen: int64(r.Yen),
		State: payment.StateDone, At: g.now(),
	}
	op.Code, op.Message = g.book(r, op, refuse)
	if op.Code != "" {
		op.State = payment.StateRefused
	}
	g.ops[r.Key] = op
	g.order = append(g.order, r.Key)
	return *op, false
}

// book enters a request into the books, or tells why not.
func (g *Gateway) book(r payment.Request, op *payment.Operation, refuse bool) (code, message string) {
	a := g.auths[r.Reference]
	if a == nil && g.Open {
		a = &Authorisation{Reference: r.Reference, Yen: maxOpen}
		g.auths[r.Reference] = a
	}
	switch {
	case refuse:
		return "declined", "the card's issuer refused it"
	case a == nil:
		return "unknown_authorisation", "there is no such authorisation"
	}
	open := a.Yen - a.Captured - a.Voided
	switch r.Kind {
	case payment.Capture:
		switch {
		case a.Closed:
			return "voided", "the authorisation was voided"
		case !a.Until.IsZero() && g.now().After(a.Until):
			return "expired", "the authorisation expired"
		case r.Yen <= 0 || r.Yen > open:
			return "amount", fmt.Sprintf("%d yen are open", open)
		}
		a.Captured += r.Yen
	case payment.Void:
		switch {
		case r.Yen > open:
			return "amount", fmt.Sprintf("%d yen are open", open)
		case r.Yen == 0:
			op.AmountYen, a.Closed = int64(open), true
		}
		a.Voided += order.Yen(op.AmountYen)
	case payment.Refund:
		if r.Yen <= 0 || r.Yen > a.Captured-a.Refunded {
			return "amount", fmt.Sprintf("%d yen were captured and not refunded", a.Captured-a.Refunded)
		}
		a.Refunded += r.Yen
	default:
		return "kind", "the kind is unknown"
	}
	return "", ""
}

// maxOpen is what a reference that nobody authorised is good for where Gateway.Open takes it.
const maxOpen = 100_000_000

func (g *Gateway) status(w http.ResponseWriter, key string) {
	g.mu.Lock()
	op := g.ops[key]
	g.mu.Unlock()
	if op == nil {
		reply(w, http.StatusNotFound, payment.Fault{Code: "unknown_key", Message: "nothing was asked for under the key"})
		return
	}
	reply(w, http.StatusOK, *op)
}

const listPage = 500

func (g *Gateway) list(w http.ResponseWriter, req *http.Request) {
	day, after := req.URL.Query().Get("day"), req.URL.Query().Get("after")
	page := payment.Page{Operations: []payment.Operation{}}
	skip := after != ""
	for _, op := range g.Operations() {
		if skip {
			skip = op.Key != after
			continue
		}
		if order.DateOf(op.At).String() != day {
			continue
		}
		if len(page.Operations) == listPage {
			page.Next = page.Operations[listPage-1].Key
			break
		}
		page.Operations = append(page.Operations, op)
	}
	reply(w, http.StatusOK, page)
}

func reply(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
