package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/payment/simulate"
	"todoke/rules"
	"todoke/store"
	"todoke/worker"
)

// paymentCommand works on what is asked of the card gateway (PAY-1).
type paymentCommand struct {
	List      paymentListCommand      `cmd:"" help:"List what was and is to be asked of the gateway, newest first."`
	Show      paymentShowCommand      `cmd:"" help:"Show an order's payments, each with every time that the gateway was asked."`
	Retry     paymentRetryCommand     `cmd:"" help:"Try again what failed for an order, or for all (--all-failed)."`
	Authorise paymentAuthoriseCommand `cmd:"" help:"Enter another authorisation that the customer's card was given."`
	Invoice   paymentInvoiceCommand   `cmd:"" help:"Have an order billed instead."`
	Release   paymentReleaseCommand   `cmd:"" help:"Let an order go uncharged, decided by a lead."`
	Settled   paymentSettledCommand   `cmd:"" help:"Say that a refund or void that failed was settled without the gateway, decided by a lead."`
	Refund    paymentRefundCommand    `cmd:"" help:"Pay an amount back to an order's card, decided by a lead."`
	Reconcile paymentReconcileCommand `cmd:"" help:"Compare what the gateway did on a day with what stands here."`
	Simulate  paymentSimulateCommand  `cmd:"" help:"Run a card gateway that is none, to try and test against."`
}

type paymentListCommand struct {
	State string `enum:"planned,sent,done,failed,uncertain,withdrawn,waived," default:"" help:"Those in one state: ${enum}"`
	Limit int    `help:"At most so many." default:"100"`
	JSON  bool   `name:"json" help:"Print one JSON object a payment."`
}

// Run implements the command.
func (c *paymentListCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		all, err := st.Payments(ctx, store.PaymentFilter{State: rules.ChargeState(c.State), Limit: c.Limit})
		if err != nil {
			return err
		}
		rows := [][]string{{"ORDER", "WHAT", "SHIPMENT", "YEN", "STATE", "TRIES", "NEXT", "ANSWER"}}
		for _, p := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, p); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, paymentRow(p))
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

func paymentRow(p store.Payment) []string {
	yen, shipment, next := p.Yen.Grouped(), strconv.Itoa(p.ShipmentNo), ""
	if p.Kind == rules.ChargeVoid && p.Yen == 0 {
		yen = "the rest"
	}
	if p.ShipmentNo == 0 {
		shipment = "-"
	}
	if !p.NotBefore.IsZero() {
		next = stamp(p.NotBefore)
	}
	return []string{p.Order.Grouped(), string(p.Kind), shipment, yen, string(p.State), strconv.Itoa(p.Tries), next, p.Answer}
}

type paymentShowCommand struct {
	Number string `arg:"" help:"Order number, with or without hyphens."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Run implements the command.
func (c *paymentShowCommand) Run(ctx context.Context, a *App) error {
	return a.withOrder(ctx, c.Number, func(st *store.Store, o order.Order) error {
		all, err := st.PaymentsOf(ctx, o.ID)
		if err != nil {
			return err
		}
		tries, err := st.PaymentTries(ctx, o.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			type shown struct {
				store.Payment
				Asked []store.PaymentTry `json:"asked"`
			}
			out := make([]shown, 0, len(all))
			for _, p := range all {
				s := shown{Payment: p, Asked: []store.PaymentTry{}}
				for _, t := range tries {
					if t.PaymentID == p.ID {
						s.Asked = append(s.Asked, t)
					}
				}
				out = append(out, s)
			}
			return printJSON(a.Stdout, map[string]any{
				"order": o.Number, "payment": o.Payment, "authorisation": o.Authorisation, "authorised_yen": o.AuthorisedYen, "total_yen": rules.TotalYen(o), "payments": out,
			})
		}
		fmt.Fprintf(a.Stdout, "order %s, %s, %s yen", o.Number.Grouped(), o.Payment, rules.TotalYen(o).Grouped())
		if o.Authorisation != "" {
			fmt.Fprintf(a.Stdout, "; card authorisation %s for %s yen", o.Authorisation, o.AuthorisedYen.Grouped())
		}
		fmt.Fprintln(a.Stdout)
		for _, p := range all {
			p.Order = o.Number
			row := paymentRow(p)
			fmt.Fprintf(a.Stdout, "%s  %s %s yen, shipment %s: %s  %s  key %s\n", stamp(p.CreatedAt), row[1], row[3], row[2], row[4], p.Why, p.Key)
			for _, t := range tries {
				if t.PaymentID == p.ID {
					fmt.Fprintf(a.Stdout, "    %s  %s  %s\n", stamp(t.BeganAt), t.Outcome, t.Answer)
				}
			}
		}
		return nil
	})
}

// paymentDecision is what every decision about an order's card needs.
type paymentDecision struct {
	Number string `arg:"" help:"Order number, with or without hyphens."`
	Reason string `required:"" help:"Why."`
	By     string `required:"" help:"Who decides it."`
}

func (c paymentDecision) settle(ctx context.Context, a *App, d store.PaymentDecision) error {
	d.By, d.Reason = c.By, c.Reason
	return a.withOrder(ctx, c.Number, func(st *store.Store, o order.Order) error { return settlePayment(ctx, a, st, o, d) })
}

func settlePayment(ctx context.Context, a *App, st *store.Store, o order.Order, d store.PaymentDecision) error {
	after, err := st.SettlePayment(ctx, o.ID, d, a.Now())
	if err != nil {
		return err
	}
	text := string(after.State)
	if after.HoldReason != "" {
		text += " (" + after.HoldReason + ")"
	}
	_, err = fmt.Fprintf(a.Stdout, "order %s is %s\n", after.Number.Grouped(), text)
	return err
}

type paymentRetryCommand struct {
	Number    string `arg:"" optional:"" help:"Order number, with or without hyphens."`
	AllFailed bool   `help:"Instead of one order, every order of which something failed, as after the gateway was down."`
	Reason    string `required:"" help:"Why."`
	By        string `required:"" help:"Who decides it."`
}

// Run implements the command. Of all orders, one that cannot be tried again keeps none of the others.
func (c *paymentRetryCommand) Run(ctx context.Context, a *App) error {
	if (c.Number == "") != c.AllFailed {
		return usageError{errors.New("give an order's number, or --all-failed")}
	}
	one := paymentDecision{Number: c.Number, Reason: c.Reason, By: c.By}
	if !c.AllFailed {
		return one.settle(ctx, a, store.PaymentDecision{Act: store.PayRetry})
	}
	return a.withStore(ctx, func(st *store.Store) error {
		const most = 100_000
		failed, err := st.Payments(ctx, store.PaymentFilter{State: rules.ChargeFailed, Limit: most})
		if err != nil {
			return err
		}
		seen, bad := map[order.Number]bool{}, 0
		for _, p := range slices.Backward(failed) { // oldest first
			if seen[p.Order] {
				continue
			}
			seen[p.Order] = true
			o, err := st.GetOrder(ctx, p.Order)
			if err == nil {
				err = settlePayment(ctx, a, st, o, store.PaymentDecision{Act: store.PayRetry, By: c.By, Reason: c.Reason})
			}
			switch order.KindOf(err) {
			case order.KindConflict, order.KindInvalid:
				bad++
				fmt.Fprintf(a.Stderr, "todoke: order %s: %v\n", p.Order.Grouped(), err)
			default:
				if err != nil {
					return err
				}
			}
		}
		fmt.Fprintf(a.Stdout, "%d of %d order(s) are tried again\n", len(seen)-bad, len(seen))
		if bad > 0 {
			return silentError{}
		}
		return nil
	})
}

type paymentAuthoriseCommand struct {
	paymentDecision
	Reference string    `required:"" help:"The reference that the gateway gave to the authorisation; never a card's number."`
	Yen       int64     `required:"" help:"For how much, incl. tax."`
	Until     time.Time `help:"The last instant of the authorisation, where it has one." placeholder:"2027-01-20T00:00:00+09:00"`
}

// Run implements the command.
func (c *paymentAuthoriseCommand) Run(ctx context.Context, a *App) error {
	return c.settle(ctx, a, store.PaymentDecision{Act: store.PayAuthorise, Reference: c.Reference, Yen: order.Yen(c.Yen), Until: c.Until})
}

type paymentInvoiceCommand struct{ paymentDecision }

// Run implements the command.
func (c *paymentInvoiceCommand) Run(ctx context.Context, a *App) error {
	return c.settle(ctx, a, store.PaymentDecision{Act: store.PayInvoice})
}

// leadDecision is what a lead alone decides: the login must be one of the desk's people with that role.
type leadDecision struct {
	Number string `arg:"" help:"Order number, with or without hyphens."`
	Reason string `required:"" help:"Why."`
	By     string `required:"" placeholder:"LOGIN" help:"Login of the lead or operator who decides it (todoke staff list)."`
}

// lead is the person's name, where they may decide it.
func (c leadDecision) lead(ctx context.Context, st *store.Store) (string, error) {
	p, err := st.GetStaff(ctx, strings.TrimSpace(c.By))
	if order.KindOf(err) == order.KindNotFound {
		return "", order.Invalid("PAY-1", "by", fmt.Sprintf("there is no login %q at the desk: give that of a lead (todoke staff list)", c.By))
	}
	if err != nil {
		return "", err
	}
	if !p.Active() || p.Role != store.RoleLead && p.Role != store.RoleOperator {
		return "", order.Conflict("PAY-1", p.Login+" is no lead who works here now: a lead or operator decides this")
	}
	return p.Name, nil
}

func (c leadDecision) settle(ctx context.Context, a *App, act store.PaymentAct) error {
	return a.withOrder(ctx, c.Number, func(st *store.Store, o order.Order) error {
		by, err := c.lead(ctx, st)
		if err != nil {
			return err
		}
		return settlePayment(ctx, a, st, o, store.PaymentDecision{Act: act, By: by, Reason: c.Reason, Lead: true})
	})
}

type paymentReleaseCommand struct{ leadDecision }

// Run implements the command.
func (c *paymentReleaseCommand) Run(ctx context.Context, a *App) error {
	return c.settle(ctx, a, store.PayRelease)
}

type paymentSettledCommand struct{ leadDecision }

// Run implements the command.
func (c *paymentSettledCommand) Run(ctx context.Context, a *App) error {
	return c.settle(ctx, a, store.PaySettled)
}

type paymentRefundCommand struct {
	leadDecision
	Yen  int64  `required:"" help:"How much, incl. tax."`
	Name string `required:"" help:"What it is for, such as a return's number: a name is refunded once."`
}

// Run implements the command.
func (c *paymentRefundCommand) Run(ctx context.Context, a *App) error {
	return a.withOrder(ctx, c.Number, func(st *store.Store, o order.Order) error {
		by, err := c.lead(ctx, st)
		if err != nil {
			return err
		}
		if err := st.InTx(ctx, func(tx *store.Tx) error {
			return tx.Refund(ctx, o.ID, c.Name, order.Yen(c.Yen), by, c.Reason, a.Now())
		}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.Stdout, "%s yen go back to the card of order %s\n", order.Yen(c.Yen).Grouped(), o.Number.Grouped())
		return err
	})
}

type paymentReconcileCommand struct {
	Day  string `help:"Day of Japan's calendar, such as 2026-11-24; yesterday where none is given."`
	JSON bool   `name:"json" help:"Print one JSON object a difference."`
}

func (*paymentReconcileCommand) Help() string {
	return "Asks the gateway for its list of the day, and keeps what comparing it with our books came to, as the schedule reconcile_cards does each morning. " +
		"Tells what is missing there, missing here, of another amount, or done twice, and ends with status 1 where anything is that nobody settled yet; what the gateway does not answer is asked again with the next run."
}

// Run implements the command.
func (c *paymentReconcileCommand) Run(ctx context.Context, a *App) error {
	day := order.DateOf(a.Now()).Add(-1)
	if c.Day != "" {
		var err error
		if day, err = order.ParseDate(c.Day); err != nil {
			return err
		}
		if today := order.DateOf(a.Now()); day.After(today) {
			return order.Invalid("PAY-1", "day", fmt.Sprintf("%s is still to come", day))
		}
	}
	g, err := a.cards()
	if err != nil {
		return err
	}
	if g == nil {
		return order.Invalid("PAY-1", "payment.url", "no card gateway is configured: there is nothing to compare with")
	}
	return a.withStore(ctx, func(st *store.Store) error {
		books, err := worker.CompareCards(ctx, st, g, day)
		if err != nil {
			return err
		}
		if err := st.InTx(ctx, func(tx *store.Tx) error { return books.Keep(ctx, tx, "todoke payment reconcile", a.Now()) }); err != nil {
			return err
		}
		_, all, err := st.CardDay(ctx, day)
		if err != nil {
			return err
		}
		return c.tell(a, day, all)
	})
}

// tell prints what differs now.
func (c *paymentReconcileCommand) tell(a *App, day order.Date, all []store.CardDifference) error {
	rows := [][]string{{"DIFFERENCE", "ORDER", "WHAT", "AUTHORISATION", "HERE", "THERE", "WHEN", "KEY", "SETTLED"}}
	open, silent := 0, 0
	for _, d := range all {
		switch {
		case !d.GoneAt.IsZero():
			continue
		case d.Kind == store.CardNotAnswered:
			silent++
		case d.Open():
			open++
		}
		if c.JSON {
			if err := printJSON(a.Stdout, d); err != nil {
				return err
			}
			continue
		}
		settled := d.Reason
		if d.SettledBy != "" {
			settled = d.SettledBy + ": " + d.Reason
		}
		rows = append(rows, []string{d.Kind, d.Order.Grouped(), d.What, d.Reference, d.Here.Grouped(), d.There.Grouped(), stamp(d.At), d.Key, settled})
	}
	if !c.JSON && len(rows) > 1 {
		if err := printTable(a.Stdout, rows); err != nil {
			return err
		}
	}
	switch {
	case open > 0:
		return order.Conflict("PAY-1", fmt.Sprintf("the gateway's books of %s and ours differ in %d things: look at each order (todoke payment show) and settle them at the desk (/desk/cards/%s)", day, open, day))
	case silent > 0:
		return order.Temporary(fmt.Sprintf("the gateway gave no answer about %d operations of %s; everything else agrees or is settled: the next run asks again", silent, day), nil)
	case !c.JSON:
		fmt.Fprintf(a.Stdout, "%s: the gateway's books and ours agree\n", day)
	}
	return nil
}

type paymentSimulateCommand struct {
	At    string        `default:"127.0.0.1:8098" placeholder:"HOST:PORT" help:"Where it listens."`
	Token string        `default:"simulator" help:"The token that requests must carry."`
	Delay time.Duration `default:"2s" help:"How long a slow answer takes."`
}

func (*paymentSimulateCommand) Help() string {
	return "Speaks the contract of docs/payments.md and keeps its books in memory. Any reference is taken for an authorisation; one that ends in -refuse, -unavailable, " +
		"-fail, -fail-after, -lose, -lose-after, -timeout, -twice, -garbage, -slow or -pending has each first request go wrong so. Use it with payment.url=http://127.0.0.1:8098 and payment.token=simulator."
}

// Run implements the command.
func (c *paymentSimulateCommand) Run(ctx context.Context, a *App) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.At)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{
		Handler: &simulate.Gateway{Token: c.Token, Open: true, Delay: c.Delay, Now: a.Now}, ReadHeaderTimeout: 5 * time.Second,
	}
	fmt.Fprintf(a.Stdout, "a card gateway that is none listens on http://%s\n", l.Addr())
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
