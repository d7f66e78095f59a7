package rules

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// AnswerFacts are what an answer is made of (FAX-3, STK-2).
type AnswerFacts struct {
	DocumentID int64 // 0 of an order that came without a fax
	ReceivedAt time.Time
	Pages      int
	Orders     []AnswerOrder
	Waiting    []AnswerPage // pages before a person
	Illegible  []AnswerPage // pages that the desk closed as such
	Items      map[string]order.Item
	Before     *order.Told // what was told last; nil where nothing was
	Now        time.Time
}

// AnswerOrder is an order with what explains it.
type AnswerOrder struct {
	Order   order.Order
	Events  []order.Event
	Parts   []AnswerPart
	Read    *order.Draft // as the reader saw its page
	Settled *order.Draft // as a person settled it; nil where nobody had to
}

// AnswerPart is a quantity of a line that is reserved and travels with a shipment.
type AnswerPart struct{ Line, Shipment, Qty int }

// AnswerPage is a page that is no order.
type AnswerPage struct {
	Page    int
	Image   string
	Turned  int // degrees clockwise
	Draft   *order.Draft
	Reasons []*order.Error
	Fields  []string // where the draft does not tell them
}

// DraftCustomer is whose page it is by what was read surely or settled by a person (FAX-3); "" where
// that is not known. What a caller or a machine claims is no customer.
func DraftCustomer(d *order.Draft) string {
	if d == nil {
		return ""
	}
	if f := d.Field("customer_code"); f != nil && f.Decision == order.DecisionAccept {
		return strings.TrimSpace(f.Text)
	}
	return ""
}

// Tell makes of the facts what the customer is to know, what of it differs from what was told
// before, and as what it is told. ok is false where there is nothing new to say.
func Tell(f AnswerFacts) (told order.Told, changes []order.Note, kind order.AnswerKind, ok bool) {
	told = order.Told{DocumentID: f.DocumentID, ReceivedAt: f.ReceivedAt, Pages: f.Pages}
	web := f.DocumentID == 0
	for _, o := range f.Orders {
		if o.Order.State == order.StateCancelled && !soldOut(o) && (f.Before == nil || !toldOf(*f.Before, o.Order.Number)) {
			continue // cancelled before the customer ever heard of it
		}
		if o.Order.State == order.StateCancelled && f.Before != nil && toldCancelled(*f.Before, o.Order.Number) {
			continue // which the customer was told already
		}
		web = web && o.Order.Channel == order.ChannelWeb
		told.Orders = append(told.Orders, tellOrder(o, f))
	}
	told.Orders = withoutReplaced(told.Orders, f)
	for _, p := range f.Waiting {
		told.Checking = append(told.Checking, tellPage(p, f.Items))
	}
	for _, p := range f.Illegible {
		t := tellPage(p, f.Items)
		t.Image, t.Turned = p.Image, p.Turned
		told.Illegible = append(told.Illegible, t)
	}
	told.Settled = settled(f)
	kind = order.AnswerAcknowledgement
	switch {
	case web:
		kind = order.AnswerOrderMail
	case len(told.Orders) == 0 && len(told.Checking) == 0 && len(told.Settled) == 0 && len(told.Illegible) > 0:
		kind = order.AnswerResend
	}
	if len(told.Orders) == 0 && len(told.Checking) == 0 && len(told.Illegible) == 0 && len(told.Settled) == 0 {
		return told, nil, kind, false
	}
	if f.Before == nil {
		if onlySoldOut(told) && kind == order.AnswerAcknowledgement {
			kind = order.AnswerStockout
		}
		return told, nil, kind, true
	}
	changes = Differences(*f.Before, told)
	if len(changes) == 0 && !news(*f.Before, told) {
		return told, nil, kind, false
	}
	short := func(n order.Note) bool {
		return n.Kind == order.NoteShort || n.Kind == order.NoteCut || n.Kind == order.NoteCancelled && n.Why == order.ReasonStock
	}
	onlyShort := slices.ContainsFunc(changes, short) && !slices.ContainsFunc(changes, func(n order.Note) bool { return !short(n) && n.Kind != order.NoteAmount })
	if onlyShort && len(told.Settled) == 0 && reflect.DeepEqual(f.Before.Checking, told.Checking) && reflect.DeepEqual(f.Before.Illegible, told.Illegible) {
		kind = order.AnswerStockout
	}
	return told, changes, kind, true
}

// soldOut tells whether an order was cancelled because nothing of it was to be had (STK-2).
func soldOut(a AnswerOrder) bool {
	return a.Order.State == order.StateCancelled && slices.ContainsFunc(a.Events, func(e order.Event) bool { return e.Kind == order.EventCancelled && e.Rule == "STK-2" })
}

// onlySoldOut tells whether there is nothing to say but that.
func onlySoldOut(t order.Told) bool {
	return len(t.Orders) > 0 && len(t.Checking) == 0 && len(t.Illegible) == 0 &&
		!slices.ContainsFunc(t.Orders, func(o order.ToldOrder) bool { return !o.Cancelled || o.CancelledWhy != order.ReasonStock })
}

func toldCancelled(t order.Told, n order.Number) bool {
	return slices.ContainsFunc(t.Orders, func(o order.ToldOrder) bool { return o.Number == n && o.Cancelled })
}

// withoutReplaced leaves out orders in whose place another one of the same answer stands, and has that
// one say which it was when the customer last heard of it: steps between are nobody's news.
func withoutReplaced(orders []order.ToldOrder, f AnswerFacts) []order.ToldOrder {
	was := map[order.Number]order.Number{}
	for _, o := range f.Orders {
		if n := replacement(o.Events, "replaces"); n != "" {
			was[o.Order.Number] = n
		}
	}
	gone := map[order.Number]bool{}
	for i := range orders {
		o := &orders[i]
		n := was[o.Number]
		for n != "" && (f.Before == nil || !toldOf(*f.Before, n)) {
			n = was[n]
		}
		if o.Replaces = n; n != "" && !o.Cancelled {
			gone[n] = true
		}
	}
	return slices.DeleteFunc(orders, func(o order.ToldOrder) bool { return gone[o.Number] && o.Cancelled })
}

// replacement is the order that one replaces, or that took its place.
func replacement(events []order.Event, which string) order.Number {
	for _, e := range events {
		var in map[string]any
		if e.Kind != order.EventNoted || json.Unmarshal(e.Inputs, &in) != nil {
			continue
		}
		text, _ := in[which].(string)
		if n, err := order.ParseNumber(text); err == nil {
			return n
		}
	}
	return ""
}

// changed is what of an order is not as in the one it replaces.
func changed(b, o order.ToldOrder) string {
	var out []string
	if b.DesignatedOn != o.DesignatedOn {
		day := "none"
		if !o.DesignatedOn.IsZero() {
			day = o.DesignatedOn.String()
		}
		out = append(out, "designated_on="+day)
	}
	if b.ShipTo != o.ShipTo {
		out = append(out, "ship_to")
	}
	same := func(x, y order.ToldLine) bool {
		return x.ItemCode == y.ItemCode && x.Qty == y.Qty && x.Comment == y.Comment
	}
	if !slices.EqualFunc(b.Lines, o.Lines, same) {
		out = append(out, "lines")
	}
	return strings.Join(out, " ")
}

func toldOf(t order.Told, n order.Number) bool {
	return slices.ContainsFunc(t.Orders, func(o order.ToldOrder) bool { return o.Number == n })
}

// news tells whether pages have something new beside the orders: one more that could not be read,
// or one that the customer waits to hear of and that became nothing.
func news(before, now order.Told) bool {
	return len(now.Illegible) > len(before.Illegible) || len(now.Settled) > 0
}

// settled are the pages of which the customer was told that they are being looked at and will be
// told of again, and of which no order came: junk, the same fax once more, or dealt with by hand.
func settled(f AnswerFacts) []order.ToldPage {
	if f.Before == nil {
		return nil
	}
	var out []order.ToldPage
	for _, b := range f.Before.Checking {
		on := func(p AnswerPage) bool { return p.Page == b.Page }
		ordered := slices.ContainsFunc(f.Orders, func(o AnswerOrder) bool { return o.Order.Source.Page == b.Page })
		if !ordered && !slices.ContainsFunc(f.Waiting, on) && !slices.ContainsFunc(f.Illegible, on) {
			out = append(out, order.ToldPage{Page: b.Page})
		}
	}
	return out
}

func tellOrder(a AnswerOrder, f AnswerFacts) order.ToldOrder {
	o := a.Order
	t := order.ToldOrder{
		Number: o.Number, Page: o.Source.Page, Cancelled: o.State == order.StateCancelled, ShipTo: o.ShipTo, DesignatedOn: o.DesignatedOn,
		Stockout: o.Stockout, CancelUntil: o.CancelUntil, GoodsYen: o.GoodsYen, FeeYen: o.FeeYen, Taxes: o.Taxes, Terms: terms(a.Events),
	}
	phone := true
	short := shortLines(a.Events)
	arrives := map[int]order.Date{}
	for _, s := range o.Shipments {
		if s.State != order.ShipmentCancelled {
			arrives[s.No] = s.ArrivalOn
		}
	}
	for _, l := range o.Lines {
		phone = phone && l.Class == order.ClassPhone
		tl := order.ToldLine{
			No: l.No, ItemCode: l.ItemCode, Name: l.Name, Unit: l.Unit, Class: l.Class, Qty: l.Qty, UnitPrice: l.UnitPrice, TaxRate: l.TaxRate,
			Comment: l.Comment, CommentImage: l.CommentImage,
		}
		s, found := short[l.No]
		if tl.CancelledQty = l.CancelledQty; t.Cancelled && soldOut(a) {
			tl.CancelledQty = l.Qty
		}
		if tl.CancelledQty > 0 {
			tl.CancelledWhy = order.ReasonStock
			if s.Why == ShortPreference {
				tl.CancelledWhy = order.ReasonWish
			}
		}
		if found && !t.Cancelled && l.Class != order.ClassPhone && l.ReservedQty < l.KeptQty() {
			tl.ShortQty = l.KeptQty() - l.ReservedQty
			if !s.RestockOn.Before(order.DateOf(f.Now)) { // a day that has passed is none
				tl.RestockOn = s.RestockOn
			}
		}
		left := tl.KeptQty() - tl.ShortQty
		for _, p := range a.Parts {
			if p.Line == l.No {
				tl.Arrivals = append(tl.Arrivals, order.Arrival{Shipment: p.Shipment, Qty: p.Qty, On: arrives[p.Shipment]})
				left -= p.Qty
			}
		}
		if left > 0 { // not through allocation: as it was promised
			i := slices.IndexFunc(o.Shipments, func(s order.Shipment) bool { return s.Class == l.Class && s.State == order.ShipmentPlanned })
			if i < 0 {
				i = slices.IndexFunc(o.Shipments, func(s order.Shipment) bool { return s.Class == l.Class })
			}
			if i >= 0 {
				tl.Arrivals = append(tl.Arrivals, order.Arrival{Shipment: o.Shipments[i].No, Qty: left, On: o.Shipments[i].ArrivalOn})
			}
		}
		t.Lines = append(t.Lines, tl)
	}
	t.ReplacedBy = replacement(a.Events, "replaced_by")
	t.Held = o.State == order.StateHeld && !phone && !heldQuietly(a.Events)
	if t.CancelledWhy, t.HeldWhy = approvalWords(o, a.Events); soldOut(a) {
		t.CancelledWhy = order.ReasonStock
	}
	if !t.Cancelled {
		t.Notes = append(dateNotes(o, a.Events), deskNotes(a, f.Items)...)
		if o.FeeFirst != "" && o.FeeYen == 0 {
			t.Notes = append(t.Notes, order.Note{Kind: order.NoteAddOn, Was: string(o.FeeFirst)})
		}
	}
	return t
}

// heldQuietly tells whether whoever held the order last wished that the customer is not told of it.
func heldQuietly(events []order.Event) bool {
	for i := len(events) - 1; i >= 0; i-- {
		if e := events[i]; e.Kind == order.EventHeld {
			return e.Quiet()
		}
	}
	return false
}

// approvalWords tell an order apart that its customer's own approvers stopped (APR-1) from one that
// the desk looks at.
func approvalWords(o order.Order, events []order.Event) (cancelled, held order.Reason) {
	if hs := Holds(o); len(hs) == 1 && hs[0].Rule == "APR-1" {
		held = order.ReasonApproval
	}
	for _, e := range events {
		var in struct {
			Approval string `json:"approval"`
		}
		if o.State != order.StateCancelled || e.Kind != order.EventCancelled || e.Rule != "APR-1" || json.Unmarshal(e.Inputs, &in) != nil {
			continue
		}
		cancelled = order.ReasonRefused
		if in.Approval == string(ApprovalExpired) {
			cancelled = order.ReasonLapsed
		}
	}
	return cancelled, held
}

type shortFact struct {
	Line      int        `json:"line"`
	RestockOn order.Date `json:"restock_on"`
	Why       ShortWhy   `json:"why"`
}

// shortLines are the lines that were found short of stock, as they were last.
func shortLines(events []order.Event) map[int]shortFact {
	out := map[int]shortFact{}
	for _, e := range events {
		var s shortFact
		if e.Kind == order.EventShort && json.Unmarshal(e.Inputs, &s) == nil && s.Line > 0 {
			if s.Why == "" {
				s.Why = out[s.Line].Why // of what was cancelled before
			}
			out[s.Line] = s
		}
	}
	return out
}

// terms is the version of the terms that the customer agreed to (ACC-5).
func terms(events []order.Event) string {
	for _, e := range events {
		var in struct {
			Terms order.Terms `json:"terms"`
		}
		if e.Kind == order.EventNoted && e.Rule == "ACC-5" && json.Unmarshal(e.Inputs, &in) == nil {
			return in.Terms.Version
		}
	}
	return ""
}

// dateNotes say which dates are not those asked for, or not the first possible ones, and why.
func dateNotes(o order.Order, events []order.Event) []order.Note {
	replanned := map[int]order.Note{}
	for _, e := range events {
		var in struct {
			Shipment int        `json:"shipment"`
			Was      order.Date `json:"was_arrival_on"`
			Now      order.Date `json:"arrival_on"`
		}
		if e.Kind != order.EventReplanned || json.Unmarshal(e.Inputs, &in) != nil {
			continue
		}
		n := order.Note{Kind: order.NoteReplanned, Shipment: in.Shipment, Was: in.Was.String(), Now: in.Now.String(), Why: order.ReasonDeadline}
		switch e.Rule {
		case "CUT-1":
			n.Why = order.ReasonClosed
		case "CUT-5":
			n.Why = order.ReasonCarrier
		case "STK-1":
			n.Why = order.ReasonFarther
		case "STK-4":
			n.Why = order.ReasonArrived
		case "WHS-3": // picked anew
			n.Why = ""
		}
		if first, ok := replanned[in.Shipment]; ok {
			n.Was = first.Was
		}
		replanned[in.Shipment] = n
	}
	var out []order.Note
	for _, s := range o.Shipments {
		if s.ArrivalOn.IsZero() || s.State == order.ShipmentCancelled {
			continue
		}
		n, again := replanned[s.No]
		switch {
		case again && n.Was != s.ArrivalOn.String():
			n.Now = s.ArrivalOn.String()
			out = append(out, n)
		case !o.DesignatedOn.IsZero() && s.ArrivalOn != o.DesignatedOn:
			out = append(out, order.Note{
				Kind: order.NoteDateMoved, Shipment: s.No, Was: o.DesignatedOn.String(), Now: s.ArrivalOn.String(), Why: movedWhy(o, s),
			})
		case o.DesignatedOn.IsZero() && !again && slices.Contains(s.Rules, "CUT-11"):
			out = append(out, order.Note{Kind: order.NoteLate, Shipment: s.No, Now: s.ArrivalOn.String(), Why: order.ReasonDeadline})
		}
	}
	return out
}

// MovedDates are the notes about shipments of an order that do not arrive on the day designated.
func MovedDates(o order.Order) []order.Note { return dateNotes(o, nil) }

// movedWhy is why a designated date could not be kept (CUT-7, CUT-11).
func movedWhy(o order.Order, s order.Shipment) order.Reason {
	switch {
	case slices.Contains(s.Rules, "CUT-11"):
		return order.ReasonDeadline
	case o.DesignatedOn.Before(s.ReadyOn):
		return order.ReasonEarliest
	case o.DesignatedOn.Weekday() == time.Saturday:
		return order.ReasonSaturday
	}
	return order.ReasonClosed
}

var lineCode = regexp.MustCompile(`^lines\[([1-9][0-9]?)\]\.item_code$`)

// deskNotes say what a person changed of what was surely read: a reading mended is no change.
func deskNotes(a AnswerOrder, items map[string]order.Item) []order.Note {
	if a.Settled == nil {
		return nil
	}
	var out []order.Note
	for _, d := range a.Settled.Dropped {
		n := order.Note{Kind: order.NoteDropped, Line: d.Line, Why: order.ReasonDesk}
		if f := a.Settled.Field(fmt.Sprintf("lines[%d].item_code", d.Line)); f != nil {
			n.ItemCode = f.Text
		}
		if f := a.Settled.Field(fmt.Sprintf("lines[%d].quantity", d.Line)); f != nil {
			n.Was = f.Text
		}
		if i, ok := items[n.ItemCode]; ok {
			n.ItemName = i.Name
			offer(&n, i, items)
		}
		out = append(out, n)
	}
	if a.Read == nil {
		return out
	}
	for _, was := range a.Read.Fields {
		no := lineOf(was.Name)
		now := a.Settled.Field(was.Name)
		if no == 0 || now == nil || a.Settled.Drops(no) || was.Decision != order.DecisionAccept || was.Text == "" || was.Text == now.Text || now.Text == "" {
			continue
		}
		n := order.Note{Line: no, Was: was.Text, Now: now.Text, Why: order.ReasonDesk}
		switch {
		case strings.HasSuffix(was.Name, ".quantity"):
			n.Kind = order.NoteQuantity
			if f := a.Settled.Field(fmt.Sprintf("lines[%d].item_code", no)); f != nil {
				i := items[f.Text]
				n.ItemCode, n.ItemName = f.Text, i.Name
				if q, err := strconv.Atoi(was.Text); err == nil && i.OrderMultiple > 1 && q%i.OrderMultiple != 0 {
					n.Why, n.Multiple = order.ReasonMultiple, i.OrderMultiple
				}
			}
		case strings.HasSuffix(was.Name, ".item_code"):
			n.Kind, n.ItemCode, n.ItemName, n.NewName = order.NoteItem, was.Text, items[was.Text].Name, items[now.Text].Name
			if i := items[was.Text]; i.Discontinued || i.SuccessorCode != "" {
				n.Why = order.ReasonDiscontinued
			}
		default:
			continue
		}
		out = append(out, n)
	}
	return out
}

// offer names the successor of an item that is no longer sold (ITM-1).
func offer(n *order.Note, i order.Item, items map[string]order.Item) {
	if !i.Discontinued && i.SuccessorCode == "" {
		return
	}
	n.Why = order.ReasonDiscontinued
	if s, ok := Successor(i, items); ok {
		n.Successor, n.NewName = s.Code, s.Name
	}
}

// tellPage says what of a page could not be taken as it is.
func tellPage(p AnswerPage, items map[string]order.Item) order.ToldPage {
	t := order.ToldPage{Page: p.Page, Fields: slices.Clone(p.Fields)}
	add := func(field string) {
		if field != "" && !slices.Contains(t.Fields, field) {
			t.Fields = append(t.Fields, field)
		}
	}
	if p.Draft != nil {
		for _, f := range p.Draft.Fields {
			if f.Decision == order.DecisionReview {
				add(f.Name)
			}
			m := lineCode.FindStringSubmatch(f.Name)
			if m == nil || f.Decision != order.DecisionAccept {
				continue
			}
			if i, ok := items[f.Text]; ok && (i.Discontinued || i.SuccessorCode != "") {
				n := order.Note{Kind: order.NoteDiscontinued, ItemCode: f.Text, ItemName: i.Name}
				n.Line, _ = strconv.Atoi(m[1])
				offer(&n, i, items)
				t.Offers = append(t.Offers, n)
			}
		}
	}
	for _, r := range p.Reasons {
		if r.Rule == "FAX-5" {
			t.Repeats = true
		}
		if lineOf(r.Field) != 0 && r.Rule != "" {
			add(r.Field)
		}
	}
	return t
}

// Differences are what of an answer is not as it was told before.
func Differences(before, now order.Told) []order.Note {
	var out []order.Note
	for _, o := range now.Orders {
		i := slices.IndexFunc(before.Orders, func(b order.ToldOrder) bool { return b.Number == o.Number })
		if was := slices.IndexFunc(before.Orders, func(b order.ToldOrder) bool { return o.Replaces != "" && b.Number == o.Replaces }); i < 0 && was >= 0 && !o.Cancelled {
			b := before.Orders[was]
			out = append(out, order.Note{Kind: order.NoteChanged, Order: o.Number, Was: string(b.Number), Now: changed(b, o)})
			if b.TotalYen() != o.TotalYen() {
				out = append(out, order.Note{Kind: order.NoteAmount, Order: o.Number, Was: b.TotalYen().Grouped(), Now: o.TotalYen().Grouped()})
			}
			continue
		}
		if i < 0 {
			out = append(out, order.Note{Kind: order.NoteAdded, Order: o.Number})
			continue
		}
		b := before.Orders[i]
		if o.Cancelled || b.Cancelled {
			if !b.Cancelled {
				out = append(out, order.Note{Kind: order.NoteCancelled, Order: o.Number, Why: o.CancelledWhy, Now: string(o.ReplacedBy)})
			}
			continue
		}
		switch {
		case o.Held && !b.Held:
			out = append(out, order.Note{Kind: order.NoteHeld, Order: o.Number, Why: o.HeldWhy})
		case b.Held && !o.Held:
			out = append(out, order.Note{Kind: order.NoteFreed, Order: o.Number, Why: b.HeldWhy})
		}
		out = append(out, lineDifferences(b, o)...)
		if b.TotalYen() != o.TotalYen() {
			out = append(out, order.Note{Kind: order.NoteAmount, Order: o.Number, Was: b.TotalYen().Grouped(), Now: o.TotalYen().Grouped()})
		}
	}
	return out
}

func lineDifferences(b, o order.ToldOrder) []order.Note {
	var out []order.Note
	moved := map[string]bool{}
	for i, l := range o.Lines {
		if i >= len(b.Lines) {
			break
		}
		old := b.Lines[i]
		n := order.Note{Order: o.Number, Line: l.No, ItemCode: l.ItemCode, ItemName: l.Name, Was: strconv.Itoa(old.ShortQty), Now: strconv.Itoa(l.ShortQty)}
		if l.CancelledQty > old.CancelledQty {
			n.Kind, n.Was, n.Now, n.Why = order.NoteCut, strconv.Itoa(old.CancelledQty), strconv.Itoa(l.CancelledQty-old.CancelledQty), l.CancelledWhy
			out = append(out, n)
			continue
		}
		switch {
		case l.ShortQty == old.ShortQty && l.ShortQty > 0 && l.RestockOn != old.RestockOn:
			n.Kind, n.Was, n.Now = order.NoteRestock, old.RestockOn.String(), l.RestockOn.String()
			out = append(out, n)
		case l.ShortQty > old.ShortQty:
			n.Kind = order.NoteShort
			out = append(out, n)
			continue
		case l.ShortQty < old.ShortQty:
			n.Kind = order.NoteFilled
			out = append(out, n)
			continue
		}
		was, is := lastArrival(old), lastArrival(l)
		if was == is || moved[was.String()+is.String()] {
			continue
		}
		moved[was.String()+is.String()] = true // one note for the shipment, not one for each line of it
		m := order.Note{Kind: order.NoteMoved, Order: o.Number, Was: was.String(), Now: is.String(), Line: l.No, ItemCode: l.ItemCode, ItemName: l.Name}
		if len(l.Arrivals) > 0 {
			m.Shipment = l.Arrivals[len(l.Arrivals)-1].Shipment
			for _, w := range o.Notes {
				if w.Shipment == m.Shipment && w.Kind == order.NoteReplanned {
					m.Why = w.Why
				}
			}
		}
		out = append(out, m)
	}
	return out
}

func lastArrival(l order.ToldLine) order.Date {
	var last order.Date
	for _, a := range l.Arrivals {
		if a.On.IsZero() {
			return order.Date{} // a day that follows is after every other
		}
		if last.IsZero() || a.On.After(last) {
			last = a.On
		}
	}
	return last
}

// AnswerWay is how a customer is told.
type AnswerWay struct {
	Fax, Mail string // registered number in digits, mail address; "" where not that way
	Desk      string // why a person must tell the customer instead
	Needless  string // why nobody must
}

// AnswerWays decides how a customer is told (FAX-3, ACC-5): a fax is answered to the registered
// number of its customer and to no other, a web order by e-mail; one who pays by card only ever
// by e-mail. A web order's stock-out goes by fax too (STK-2), and so does bad news of one whose
// customer has no mail address; its plain confirmation the shop front has shown. own are the shop's
// fax numbers. A department may have asked for its faxes to be answered by mail, or only where
// something is not as it was written; what is short is told by fax all the same (STK-2).
func AnswerWays(a order.Answer, card bool, email string, own func(string) bool) AnswerWay {
	number := digits(a.Customer.Fax)
	if number != "" && own != nil && own(number) {
		number = ""
	}
	web := a.Told.DocumentID == 0 && a.Kind != order.AnswerAcknowledgement
	lacks := a.Lacks()
	bad := len(a.Changes) > 0 || lacks
	for _, o := range a.Told.Orders {
		bad = bad || len(o.Notes) > 0 || o.Held
	}
	var w AnswerWay
	if web || card {
		w.Mail = email
	}
	if !card && (!web || lacks || bad && email == "") {
		w.Fax = number
	}
	if !web && !card && !lacks {
		bad = bad || len(a.Told.Checking)+len(a.Told.Illegible)+len(a.Told.Settled) > 0
		switch {
		case a.Customer.Answers == order.AnswersByMail && email != "":
			w.Fax, w.Mail = "", email
		case a.Customer.Answers == order.AnswersBadNews && !bad:
			return AnswerWay{Needless: "the customer asked to be told of bad news alone"}
		}
	}
	switch {
	case w.Fax != "" || w.Mail != "":
	case card:
		w.Desk = "ACC-5: the customer pays by card and has no mail address"
	case !web:
		w.Desk = "FAX-3: the customer has no registered fax number"
	case bad:
		w.Desk = "STK-2: the customer has neither mail address nor registered fax number"
	default:
		w.Needless = "the customer has no mail address; the shop front has shown the confirmation"
	}
	return w
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
