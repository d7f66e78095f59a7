package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"todoke/order"
	"todoke/store"
)

// deliveryCommand looks deliveries up and settles those that failed.
type deliveryCommand struct {
	List   deliveryListCommand   `cmd:"" help:"List deliveries, oldest first."`
	Show   deliveryShowCommand   `cmd:"" help:"Show one delivery: its attempts, and what came back."`
	Resend deliveryResendCommand `cmd:"" help:"Send a document to its recipient once more."`
	GiveUp deliveryGiveUpCommand `cmd:"" name:"give-up" help:"End a delivery that waits or failed."`
}

type deliveryListCommand struct {
	Failed  bool   `help:"Only those that failed: a person must decide."`
	Waiting bool   `help:"Only those that are still to be sent."`
	Order   string `help:"Only those about an order." placeholder:"NUMBER"`
	JSON    bool   `name:"json" help:"Print one JSON object a line."`
}

func (c *deliveryListCommand) Run(ctx context.Context, a *App) error {
	var of order.Number
	if c.Order != "" {
		n, err := order.ParseNumber(c.Order)
		if err != nil {
			return err
		}
		of = n
	}
	var states []string
	if c.Failed {
		states = append(states, store.DeliveryFailed)
	}
	if c.Waiting {
		states = append(states, store.DeliveryWaiting)
	}
	return a.withStore(ctx, func(st *store.Store) error {
		all, err := st.FindDeliveries(ctx, of, states...)
		if err != nil {
			return err
		}
		rows := [][]string{{"ID", "DOCUMENT", "CHANNEL", "TO", "STATE", "WAY", "SENT", "NEXT", "DETAIL"}}
		for _, d := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, d); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, []string{strconv.FormatInt(d.ID, 10), d.FileName, d.Channel, d.Recipient, d.State, d.Way, stamp(d.SentAt), stamp(d.NotBefore), deliveryDetail(d)})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

func deliveryDetail(d store.Delivery) string {
	detail := readable(d.Detail)
	add := func(s string) {
		if detail != "" {
			detail += "; "
		}
		detail += s
	}
	if d.MaybeTwice {
		add("it may have arrived twice")
	}
	if d.DecidedBy != "" {
		add(d.DecidedBy + ": " + readable(d.DecidedFor))
	}
	return detail
}

type deliveryShowCommand struct {
	ID   int64  `arg:"" help:"Delivery id."`
	Save string `help:"Write the bytes as they left to a file." placeholder:"FILE"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// deliveryView is a delivery as it is printed.
type deliveryView struct {
	store.Delivery
	Attempts []store.DeliveryAttempt `json:"attempts"`
	Notices  []store.DeliveryNotice  `json:"notices"`
}

func (c *deliveryShowCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		d, err := st.GetDelivery(ctx, c.ID)
		if err != nil {
			return err
		}
		v := deliveryView{Delivery: d}
		if v.Attempts, err = st.DeliveryAttempts(ctx, c.ID); err != nil {
			return err
		}
		if v.Notices, err = st.DeliveryNotices(ctx, c.ID); err != nil {
			return err
		}
		if c.Save != "" {
			key := d.SentKey
			if key == "" && d.Sent() {
				key = d.BlobKey // into a folder the document goes as it is
			}
			if key == "" {
				return order.NotFound("delivery", "nothing has left yet")
			}
			data, err := st.Blobs().Get(key)
			if err != nil {
				return err
			}
			const private = 0o600 // it is about a customer
			if err := os.WriteFile(c.Save, data, private); err != nil {
				return fmt.Errorf("save delivery: %w", err)
			}
		}
		if c.JSON {
			return printJSON(a.Stdout, v)
		}
		return a.printDelivery(v)
	})
}

func (a *App) printDelivery(v deliveryView) error {
	rows := [][]string{
		{"delivery", strconv.FormatInt(v.ID, 10)},
		{"document", fmt.Sprintf("%s (%s %s)", v.FileName, v.Kind, v.Number)},
		{"to", v.Channel + " " + v.Recipient},
		{"state", v.State},
		{"detail", deliveryDetail(v.Delivery)},
		{"sent", stamp(v.SentAt)},
		{"next", stamp(v.NotBefore)},
		{"where", readable(v.Location)},
	}
	if v.Order != "" {
		rows = append(rows, []string{"order", v.Order.Grouped()})
	}
	if v.ResendOf != 0 {
		rows = append(rows, []string{"resend of", strconv.FormatInt(v.ResendOf, 10)})
	}
	if err := printTable(a.Stdout, rows); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout)
	rows = [][]string{{"ATTEMPT", "BEGAN", "ENDED", "WAY", "OUTCOME", "MESSAGE", "DETAIL"}}
	for _, t := range v.Attempts {
		outcome, detail := string(t.Outcome), t.Detail
		if outcome == "" {
			outcome = "under way"
		}
		if detail == "" {
			detail = t.Receipt
		}
		rows = append(rows, []string{strconv.Itoa(t.No), stamp(t.ClaimedAt), stamp(t.EndedAt), t.Way, outcome, t.MessageID, readable(detail)})
	}
	if err := printTable(a.Stdout, rows); err != nil || len(v.Notices) == 0 {
		return err
	}
	fmt.Fprintln(a.Stdout)
	rows = [][]string{{"NOTICE", "DOCUMENT", "AT", "BY", "DETAIL"}}
	for _, n := range v.Notices {
		rows = append(rows, []string{string(n.Kind), strconv.FormatInt(n.DocumentID, 10), stamp(n.NoticedAt), n.MatchedBy, readable(n.Detail)})
	}
	return printTable(a.Stdout, rows)
}

type deliveryResendCommand struct {
	ID     int64  `arg:"" help:"Delivery id."`
	By     string `help:"Who decides." placeholder:"NAME" env:"USER" required:""`
	Reason string `help:"Why." placeholder:"TEXT" required:""`
}

func (*deliveryResendCommand) Help() string {
	return "The same document leaves once more, as a delivery and a mail of its own. A delivery that failed is settled by it; one that was sent stays sent."
}

func (c *deliveryResendCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		id, err := st.ResendDelivery(ctx, c.ID, c.By, c.Reason, a.Now())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.Stdout, "delivery %d is sent again as delivery %d\n", c.ID, id)
		return err
	})
}

type deliveryGiveUpCommand struct {
	ID     int64  `arg:"" help:"Delivery id."`
	By     string `help:"Who decides." placeholder:"NAME" env:"USER" required:""`
	Reason string `help:"Why." placeholder:"TEXT" required:""`
}

func (c *deliveryGiveUpCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		if err := st.GiveUpDelivery(ctx, c.ID, c.By, c.Reason, a.Now()); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.Stdout, "delivery %d is given up\n", c.ID)
		return err
	})
}
