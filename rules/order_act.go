package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"todoke/order"
)

// OrderAct is what a person may do to an order.
type OrderAct string

// What a person may do to an order.
const (
	ActHold   OrderAct = "hold"
	ActFree   OrderAct = "free" // lets a held order go
	ActCancel OrderAct = "cancel"
	ActChange OrderAct = "change"
	ActNote   OrderAct = "note"
)

// AskedBy is who wants an order cancelled or changed: CAN-1 binds the customer alone.
type AskedBy string

// Who asks.
const (
	AskedByCustomer AskedBy = "customer"
	AskedByShop     AskedBy = "shop" // read wrongly, sent twice, not to be had
)

// holdKEP begins the reason of a hold by a person.
const holdKEP = "KEP-2: "

// HoldByPerson is a hold reason in a person's words.
func HoldByPerson(reason string) string { return holdKEP + strings.ReplaceAll(reason, "; ", ", ") }

// MayAct tells what stands against an act, nil where nothing does.
func MayAct(o order.Order, act OrderAct, askedBy AskedBy, now time.Time) *order.Error {
	switch act {
	case ActNote:
		return nil
	case ActHold:
		if o.State == order.StateHeld || !o.State.CanBecome(order.StateHeld) {
			return order.Conflict("WHS-1", fmt.Sprintf("an order that is %s cannot be held", o.State))
		}
		return atWarehouse(o)
	case ActFree:
		if o.State != order.StateHeld {
			return order.Conflict("", fmt.Sprintf("the order is %s: it is not held", o.State))
		}
		for _, rule := range []string{"RDR-3", "CUT-6", "APR-1", customerHold, "PAY-1"} {
			if holds(o, rule) {
				return MayFree(rule)
			}
		}
		return nil
	case ActCancel, ActChange:
		if act == ActCancel && askedBy == AskedByCustomer {
			if e := mayCancel(o, now); e != nil {
				return e // whatever became of the order since: the customer is told of returns
			}
		}
		if o.State == order.StateCancelled || !o.State.CanBecome(order.StateCancelled) {
			return order.Conflict("WHS-1", fmt.Sprintf("an order that is %s is neither cancelled nor changed: take goods back as a return", o.State))
		}
		if e := atWarehouse(o); e != nil {
			return e
		}
		if act == ActChange && o.Payment == order.PaymentCard {
			return order.Conflict("PAY-1", "the card is authorised for this order alone: cancel it and have the customer order again")
		}
		return nil
	}
	return order.Invalid("", "act", "there is no such action")
}

// mayCancel is CAN-1: web orders only, within the customer's minutes.
func mayCancel(o order.Order, now time.Time) *order.Error {
	switch {
	case o.Channel != order.ChannelWeb:
		return order.Conflict("CAN-1", "faxed orders are not cancelled at the customer's wish: goods are taken back as a return")
	case now.After(o.CancelUntil):
		return order.Conflict("CAN-1", "the customer's time to cancel is over: goods are taken back as a return")
	}
	return nil
}

func atWarehouse(o order.Order) *order.Error {
	for _, s := range o.Shipments {
		if s.State == order.ShipmentReleased || s.State == order.ShipmentShipped {
			return order.Conflict("WHS-1", "goods are on a pick list already: take them back as a return")
		}
	}
	return nil
}

func holds(o order.Order, rule string) bool {
	for r := range strings.SplitSeq(o.HoldReason, holdGlue) {
		if strings.HasPrefix(r, rule+":") {
			return true
		}
	}
	return false
}

// OrderChange is what a person changes of an order before it is released.
type OrderChange struct {
	Quantities   map[int]int    // by line; 0 leaves the line out
	Comments     map[int]string // by line (FAX-4); "" takes the words away, a picture of them stays
	Added        []order.RequestLine
	DesignatedOn *order.Date // zero for none
	ShipToCode   *string     // "" is the department's own address
}

// ChangedRequest is the request that makes the changed order: what is not changed stays as it was
// asked for, received when it was. changes tells each change; none is an error.
func ChangedRequest(o order.Order, own order.Address, c OrderChange) (req order.Request, changes []string, err *order.Error) {
	req = order.Request{
		Channel: o.Channel, ReceivedAt: o.ReceivedAt, DepartmentCode: o.DepartmentCode, UserCode: o.UserCode, ShipToCode: o.ShipTo.Code,
		DesignatedOn: o.DesignatedOn, Stockout: o.Stockout, Payment: o.Payment, Authorisation: o.Authorisation, Source: o.Source, Changed: true,
	}
	if o.ShipTo.Code == "" && (o.ShipTo.Address != own.Address || o.ShipTo.PostalCode != own.PostalCode) {
		req.ShipTo = &o.ShipTo
	}
	for _, l := range o.Lines {
		qty := l.Qty
		if to, ok := c.Quantities[l.No]; ok && to != qty {
			if to < 0 {
				return req, nil, order.Invalid("ITM-1", fmt.Sprintf("lines[%d].quantity", l.No), "a quantity is 0 or more")
			}
			changes = append(changes, fmt.Sprintf("lines[%d].quantity: %d -> %d", l.No, qty, to))
			qty = to
		}
		comment := l.Comment
		if to, ok := c.Comments[l.No]; ok && to != comment && qty > 0 {
			changes = append(changes, fmt.Sprintf("lines[%d].comment: %q -> %q", l.No, comment, to))
			comment = to
		}
		if qty > 0 {
			req.Lines = append(req.Lines, order.RequestLine{
				Field: fmt.Sprintf("lines[%d]", l.No), ItemCode: l.ItemCode, Qty: qty, Comment: comment, CommentImage: l.CommentImage,
			})
		}
	}
	for i, l := range c.Added {
		l.Field = fmt.Sprintf("lines[%d]", len(o.Lines)+i+1)
		changes = append(changes, fmt.Sprintf("%s: %s x %d", l.Field, l.ItemCode, l.Qty))
		req.Lines = append(req.Lines, l)
	}
	if c.DesignatedOn != nil && *c.DesignatedOn != o.DesignatedOn {
		changes = append(changes, fmt.Sprintf("designated_on: %s -> %s", o.DesignatedOn, *c.DesignatedOn))
		req.DesignatedOn = *c.DesignatedOn
	}
	if c.ShipToCode != nil && *c.ShipToCode != o.ShipTo.Code {
		changes = append(changes, fmt.Sprintf("ship_to: %q -> %q", o.ShipTo.Code, *c.ShipToCode))
		req.ShipToCode, req.ShipTo = *c.ShipToCode, nil
	}
	switch {
	case len(changes) == 0:
		return req, nil, order.Invalid("", "", "nothing is changed")
	case len(req.Lines) == 0:
		return req, nil, order.Invalid("", "lines", "no line is left: cancel the order instead")
	}
	return req, changes, nil
}

// Undated tells whether made-to-order goods of the order wait for a date from the desk (CUT-6).
func Undated(o order.Order) bool {
	return o.State != order.StateCancelled && slices.ContainsFunc(o.Shipments, func(s order.Shipment) bool {
		return s.Class == order.ClassPhone && s.State == order.ShipmentPlanned && s.ArrivalOn.IsZero()
	})
}

// DateOrder gives a made-to-order shipment of an order the date that the desk entered (CUT-6). An order
// that waited for nothing else goes on.
func DateOrder(o order.Order, no int, on order.Date, by string, r order.Region, s Settings, c *Calendar, now time.Time) (order.Order, []order.Event, *order.Error) {
	i := slices.IndexFunc(o.Shipments, func(sh order.Shipment) bool { return sh.No == no })
	if i < 0 {
		return o, nil, order.NotFound("shipment", "the order has no such shipment")
	}
	o.Shipments = slices.Clone(o.Shipments)
	was := o.Shipments[i].ArrivalOn
	next, e, problem := Schedule(o.Shipments[i], on, by, r, s, c, now)
	if problem != nil {
		return o, nil, problem
	}
	if !was.IsZero() {
		e.Kind, e.Text = order.EventReplanned, e.Text+" It was promised for "+was.String()+"."
	}
	o.Shipments[i] = next
	events := []order.Event{e}
	if o.State != order.StateHeld || Undated(o) || !holds(o, "CUT-6") {
		return o, events, nil
	}
	var others []string
	for reason := range strings.SplitSeq(o.HoldReason, "; ") {
		if !strings.HasPrefix(reason, "CUT-6:") {
			others = append(others, reason)
		}
	}
	if o.HoldReason = strings.Join(others, "; "); o.HoldReason != "" {
		return o, events, nil
	}
	o.State = order.StateAccepted
	return o, append(events, order.Event{
		Kind: order.EventHoldFreed, Rule: "CUT-6", By: by, At: now, Text: "Every made-to-order shipment has its date: the order goes on.",
		Inputs: order.Inputs(map[string]any{"arrival_on": on}),
	}), nil
}
