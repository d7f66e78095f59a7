package month

import (
	"context"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/payment"
	"todoke/payment/simulate"
	"todoke/rules"
	"todoke/store"
)

// Cards is the month's card gateway: it knows what was authorised, and of a hundred requests some
// fail, are lost, hang, are answered twice or by nonsense, or are refused.
type Cards struct {
	URL, Token string
	gateway    *simulate.Gateway
	server     *http.Server
	ended      chan struct{}
}

// cardToken is what the gateway knows the shop by.
const cardToken = "token-of-the-month"

// NewCards starts the gateway by a clock.
func NewCards(ctx context.Context, now func() time.Time) (*Cards, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the card gateway: %w", err)
	}
	c := &Cards{URL: "http://" + listener.Addr().String(), Token: cardToken, ended: make(chan struct{})}
	c.gateway = &simulate.Gateway{Token: cardToken, Now: now, Script: fault}
	c.server = &http.Server{Handler: c.gateway, ReadHeaderTimeout: time.Minute}
	go func() {
		_ = c.server.Serve(listener) // until it is closed
		close(c.ended)
	}()
	return c, nil
}

// Close stops the gateway.
func (c *Cards) Close() {
	_ = c.server.Close()
	<-c.ended
}

// fault is how the nth request under a key goes wrong, the same for the same key.
func fault(r payment.Request, n int) simulate.Fault {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.Key))
	switch at := int(h.Sum32() % 300); {
	case at < 4 && n <= 2: // twice in a row
		return simulate.Unavailable
	case n > 1:
		return simulate.None
	case at < 40:
		some := []simulate.Fault{simulate.FailBefore, simulate.FailAfter, simulate.Lose, simulate.LoseAfter, simulate.Twice, simulate.Garbage, simulate.Pending}
		return some[at%len(some)]
	case at < 42: // whole time-outs of real time
		return simulate.Hang
	case at < 48:
		return simulate.Refuse
	}
	return simulate.None
}

// authorised is what a shop front had a card authorised for.
type authorised struct {
	reference string
	yen       order.Yen
	until     time.Time
}

func (m *run) authorise(a *authorised) error {
	if a == nil || m.Cards == nil {
		return nil
	}
	return m.Cards.gateway.Authorise(a.reference, a.yen, a.until)
}

// cards has the desk settle what failed of cards: of three orders one gets another authorisation, one
// is billed, one is tried again.
func (m *run) cards(ctx context.Context, now time.Time) error {
	if m.Cards == nil {
		return nil
	}
	rows, err := m.Admin.Query(ctx, `SELECT id FROM orders WHERE state = 'held' AND hold_reason ~ '(^|; )PAY-1' AND payment = 'card' ORDER BY id LIMIT 20`)
	if err != nil {
		return fmt.Errorf("find orders held for their cards: %w", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find orders held for their cards: %w", err)
	}
	for _, id := range held {
		d := store.PaymentDecision{Act: store.PayInvoice, By: deskName, Reason: "お客様と相談のうえ請求書払いに変更"}
		switch {
		case id%3 == 0:
			o, err := m.Store.GetOrderByID(ctx, id)
			if err != nil {
				return err
			}
			a := authorised{fmt.Sprintf("again-o%d-at%s", id, now.In(order.JST).Format("0102t1504")) /* fewer digits in a row than a card has */, rules.TotalYen(o) + 1000, now.AddDate(0, 0, 60)}
			if err := m.authorise(&a); err != nil {
				return err
			}
			d = store.PaymentDecision{Act: store.PayAuthorise, Reference: a.reference, Yen: a.yen, Until: a.until, By: deskName, Reason: "お客様が別のカードで承認"}
		case id%3 == 1 && !m.world.retried[id]:
			if m.world.retried == nil {
				m.world.retried = map[int64]bool{}
			}
			m.world.retried[id] = true
			d = store.PaymentDecision{Act: store.PayRetry, By: deskName, Reason: "カード会社に確認済み"}
		}
		if err := m.settle(ctx, id, d, now); err != nil {
			return err
		}
	}
	open, err := m.Store.OpenPayments(ctx, 100)
	if err != nil {
		return err
	}
	for _, p := range open {
		if p.State != rules.ChargeFailed || slices.Contains(held, p.OrderID) {
			continue
		}
		if err := m.settle(ctx, p.OrderID, store.PaymentDecision{Act: store.PayRetry, By: deskName, Reason: "再度依頼"}, now); err != nil {
			return err
		}
	}
	return nil
}

// settle does what the desk decided about a card; what the rules refuse is counted.
func (m *run) settle(ctx context.Context, id int64, d store.PaymentDecision, now time.Time) error {
	_, err := m.Store.SettlePayment(ctx, id, d, now)
	switch kind := order.KindOf(err); {
	case err == nil:
		m.day.Cards["desk: "+string(d.Act)]++
	case kind == order.KindConflict, kind == order.KindInvalid:
		m.day.Cards["desk: refused"]++
	default:
		return fmt.Errorf("settle the card of order %d: %w", id, err)
	}
	return nil
}

// reconcile compares the gateway's books of the day and of the one before with the shop's.
func (m *run) reconcile(ctx context.Context) error {
	if m.Reconcile == nil {
		return nil
	}
	began := m.Wall()
	today := order.DateOf(m.Clock.Now())
	var bad []string
	for _, day := range []order.Date{today.Add(-1), today} {
		all, err := m.Reconcile(ctx, day)
		if err != nil {
			return fmt.Errorf("compare the card gateway's %s: %w", day, err)
		}
		for _, d := range all {
			bad = append(bad, fmt.Sprintf("%s: %s of %s under the key %s: %d yen here, %d there", d.Kind, d.What, d.Ref, d.Key, d.Here, d.There))
		}
	}
	for _, op := range m.Cards.gateway.Operations() {
		if order.DateOf(op.At) != today {
			continue
		}
		m.day.Cards[string(op.Kind)+" "+string(op.State)]++
		if op.State == payment.StateDone && op.Kind == payment.Capture {
			m.day.CapturedYen += int(op.AmountYen)
		}
	}
	m.breaches("PAY-1: the card gateway's books are the shop's", bad, m.Wall().Sub(began))
	return nil
}
