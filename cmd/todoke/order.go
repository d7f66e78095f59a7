package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// orderCommand looks orders up.
type orderCommand struct {
	Show    orderShowCommand    `cmd:"" help:"Show one order."`
	List    orderListCommand    `cmd:"" help:"List orders, oldest first."`
	Explain orderExplainCommand `cmd:"" help:"Tell every decision about an order: why this date, this fee, this price."`
	Cancel  orderCancelCommand  `cmd:"" help:"Cancel an order whole and undo what it touched."`
}

type orderShowCommand struct {
	Number string `arg:"" help:"Order number, with or without hyphens."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

func (c *orderShowCommand) Run(ctx context.Context, a *App) error {
	return a.withOrder(ctx, c.Number, func(st *store.Store, o order.Order) error {
		if c.JSON {
			return printJSON(a.Stdout, o)
		}
		customer, err := customerName(ctx, st, o.DepartmentCode)
		if err != nil {
			return err
		}
		if err := a.printOrder(o, customer); err != nil {
			return err
		}
		return a.printAnswers(ctx, st, o.Source.DocumentID, o.ID)
	})
}

// withOrder runs a command's work on the order of that number.
func (a *App) withOrder(ctx context.Context, number string, fn func(*store.Store, order.Order) error) error {
	n, err := order.ParseNumber(number)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		o, err := st.GetOrder(ctx, n)
		if err != nil {
			return err
		}
		return fn(st, o)
	})
}

func (a *App) printOrder(o order.Order, customer string) error {
	state := string(o.State)
	if o.HoldReason != "" {
		state += " (" + o.HoldReason + ")"
	}
	source := "web " + o.Source.ShopFront
	if o.Source.DocumentID != 0 {
		source = fmt.Sprintf("%s document %d.%d", o.Channel, o.Source.DocumentID, o.Source.Page)
	}
	rows := [][]string{
		{"order", o.Number.Grouped()},
		{"state", state},
		{"source", source},
		{"received", stamp(o.ReceivedAt)},
		{"acceptance day", dateText(o.AcceptanceOn)},
		{"customer", o.DepartmentCode + " " + customer},
		{"ship to", strings.TrimSpace(o.ShipTo.Code + " " + o.ShipTo.Name + " " + o.ShipTo.Prefecture + o.ShipTo.Address)},
		{"region", o.RegionCode},
		{"designated", dateText(o.DesignatedOn)},
		{"stock-out", string(o.Stockout)},
		{"payment", string(o.Payment)},
		{"goods", o.GoodsYen.Grouped() + " yen"},
		{"fee", feeText(o)},
	}
	for _, t := range o.Taxes {
		rows = append(rows, []string{fmt.Sprintf("tax %d %%", t.Rate), t.TaxYen.Grouped() + " yen of " + t.NetYen.Grouped()})
	}
	if err := printTable(a.Stdout, rows); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout)
	lines := [][]string{{"LINE", "ITEM", "NAME", "CLASS", "QUANTITY", "RESERVED", "SHORT", "PRICE", "AMOUNT", "COMMENT"}}
	for _, l := range o.Lines {
		comment := l.Comment
		if l.CommentImage != "" {
			comment = strings.TrimSpace(comment + " (picture)")
		}
		lines = append(lines, []string{
			strconv.Itoa(l.No), l.ItemCode, l.Name, string(l.Class), strconv.Itoa(l.Qty) + l.Unit, strconv.Itoa(l.ReservedQty), shortText(o, l),
			l.UnitPrice.Grouped(), (l.UnitPrice * order.Yen(l.KeptQty())).Grouped(), comment,
		})
	}
	if err := printTable(a.Stdout, lines); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout)
	ships := [][]string{{"SHIPMENT", "STATE", "CLASS", "WAREHOUSE", "SHIPS", "ARRIVES", "RULES"}}
	for _, s := range o.Shipments {
		ships = append(ships, []string{strconv.Itoa(s.No), string(s.State), string(s.Class), s.WarehouseCode, dateText(s.ShipOn), dateText(s.ArrivalOn), strings.Join(s.Rules, " ")})
	}
	if err := printTable(a.Stdout, ships); err != nil {
		return err
	}
	for _, line := range travelled(o) {
		fmt.Fprintln(a.Stdout, line)
	}
	return nil
}

// travelled tells of each shipment that left when, with which numbers, and when it arrived (WHS-3).
func travelled(o order.Order) []string {
	var out []string
	for _, s := range o.Shipments {
		if s.ShippedOn.IsZero() && len(s.Tracking) == 0 {
			continue
		}
		line := fmt.Sprintf("shipment %d left %s on %s", s.No, s.WarehouseCode, dateText(s.ShippedOn))
		if len(s.Tracking) > 0 {
			line += ", tracking number " + strings.Join(s.Tracking, " ")
		}
		switch {
		case s.DeliveredOn.IsZero():
			line += ", not delivered yet as far as is known"
		case s.DeliveredBy == order.DeliveredByLeadTime:
			line += ", delivered " + s.DeliveredOn.String() + " by the carrier's days"
		default:
			line += ", delivered " + s.DeliveredOn.String()
		}
		out = append(out, line)
	}
	return out
}

type orderCancelCommand struct {
	Number   string `arg:"" help:"Order number, with or without hyphens."`
	Reason   string `help:"Why; it is recorded." required:"" placeholder:"TEXT"`
	By       string `help:"Who decides it." placeholder:"NAME" env:"USER" required:""`
	Customer bool   `help:"The customer asks for it: web orders within their ten minutes alone (CAN-1)."`
}

func (c *orderCancelCommand) Run(ctx context.Context, a *App) error {
	return a.withOrder(ctx, c.Number, func(st *store.Store, o order.Order) error {
		d := store.OrderDecision{Act: rules.ActCancel, AskedBy: rules.AskedByShop, Reason: c.Reason, By: c.By}
		if c.Customer {
			d.AskedBy = rules.AskedByCustomer
		}
		o, err := st.DecideOrder(ctx, o.ID, d, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "order %s is %s\n", o.Number.Grouped(), o.State)
		return nil
	})
}

// shortText is what of a line waits for stock, and since when on which day, and what was cancelled for it (STK-2).
func shortText(o order.Order, l order.Line) string {
	var parts []string
	if n := l.KeptQty() - l.ReservedQty; n > 0 && o.State == order.StateShort && l.Class != order.ClassPhone {
		text := fmt.Sprintf("%d wait", n)
		if !l.RestockOn.IsZero() {
			text += " for " + l.RestockOn.String()
		}
		parts = append(parts, text)
	}
	if l.CancelledQty > 0 {
		parts = append(parts, fmt.Sprintf("%d cancelled", l.CancelledQty))
	}
	return strings.Join(parts, ", ")
}

// feeText is the fee, and the order to which this one is an add-on (FEE-2).
func feeText(o order.Order) string {
	text := o.FeeYen.Grouped() + " yen"
	if o.FeeFirst != "" {
		text += ", add-on to " + o.FeeFirst.Grouped()
	}
	if !o.FeeUntil.IsZero() {
		text += ", provisional until " + stamp(o.FeeUntil)
	}
	return text
}

type orderListCommand struct {
	State    string `help:"Only orders in this state." placeholder:"STATE"`
	Customer string `help:"Only orders of this customer code." placeholder:"CODE"`
	Channel  string `help:"fax or web." placeholder:"CHANNEL"`
	Limit    int    `help:"At most so many." default:"1000"`
	JSON     bool   `name:"json" help:"Print one JSON object a line."`
}

func (c *orderListCommand) Run(ctx context.Context, a *App) error {
	if err := errors.Join(
		oneOf("state", order.State(c.State), order.StateHeld, order.StateAccepted, order.StateShort, order.StateAllocated,
			order.StateReleased, order.StateShipped, order.StateCancelled),
		oneOf("channel", order.Channel(c.Channel), order.ChannelFax, order.ChannelWeb),
	); err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		if c.Customer != "" {
			if _, err := st.GetDepartment(ctx, c.Customer); err != nil {
				return err
			}
		}
		all, err := st.ListOrders(ctx, store.OrderFilter{
			State: order.State(c.State), DepartmentCode: c.Customer, Channel: order.Channel(c.Channel), Limit: c.Limit,
		})
		if err != nil {
			return err
		}
		rows := [][]string{{"ORDER", "STATE", "CHANNEL", "RECEIVED", "CUSTOMER", "LINES", "GOODS", "SHIPS", "ARRIVES"}}
		for _, o := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, o); err != nil {
					return err
				}
				continue
			}
			ships, arrives := "-", "-"
			if len(o.Shipments) > 0 {
				ships, arrives = dateText(o.Shipments[0].ShipOn), dateText(o.Shipments[0].ArrivalOn)
			}
			rows = append(rows, []string{
				o.Number.Grouped(), string(o.State), string(o.Channel), stamp(o.ReceivedAt), o.DepartmentCode,
				strconv.Itoa(len(o.Lines)), o.GoodsYen.Grouped(), ships, arrives,
			})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

type orderExplainCommand struct {
	Number string `arg:"" help:"Order number, with or without hyphens."`
	Inputs bool   `help:"Also print what each rule looked at."`
	JSON   bool   `name:"json" help:"Print one JSON object a decision."`
}

func (c *orderExplainCommand) Run(ctx context.Context, a *App) error {
	return a.withOrder(ctx, c.Number, func(st *store.Store, o order.Order) error {
		events, err := st.OrderEvents(ctx, o.ID)
		if err != nil {
			return err
		}
		if o.Source.DocumentID != 0 { // what a person settled before there was an order
			before, err := st.DocumentEvents(ctx, o.Source.DocumentID)
			if err != nil {
				return err
			}
			events = append(before, events...)
			slices.SortStableFunc(events, func(a, b order.Event) int { return a.At.Compare(b.At) })
		}
		for _, e := range events {
			if c.JSON {
				if err := printJSON(a.Stdout, e); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(a.Stdout, "%s  %-7s %-10s %s\n", stamp(e.At), e.Rule, e.Kind, told(e))
			if c.Inputs && len(e.Inputs) > 0 {
				fmt.Fprintf(a.Stdout, "%41s%s\n", "", e.Inputs)
			}
		}
		if !c.JSON {
			for _, line := range travelled(o) {
				fmt.Fprintln(a.Stdout, line)
			}
		}
		return nil
	})
}
