package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// Facts are the masters that one request's rules look at.
type Facts struct {
	Settings   Settings
	Calendar   *Calendar
	Regions    *Regions
	Warehouses []order.Warehouse
	Department order.Department
	ShipTos    map[string]order.ShipTo          // of the department's company, by code
	Items      map[string]order.Item            // the request's items and their successors, by code
	Prices     map[string][]order.ContractPrice // of the department's price list, by item code
	Siblings   []FeeOrder                       // the department's other orders of these days, read under its lock (FEE-2)
	Budgets    []BudgetUse                      // BudgetsOn the day of receipt, with what is taken of their period (BUD-1)
	Locks      []ItemLock                       // of the department (LCK-1)
	Approval   *ApprovalFlow                    // FlowOn the day of receipt, nil where the department has none (APR-1)
	// CustomerHold is why all orders of the department wait, "" where they do not (CST-1).
	CustomerHold string
	Admins       []string // the department's administrators, who approve where no flow says who
	Users        []string // of the department (ACC-1)
}

// Accept makes the canonical order of a request and the events that explain it, or says
// everything that stands against it, each with rule id and field. The order carries no number
// and no ids; its shipments are one per delivery class at the warehouse that serves the
// ship-to first (CUT-8, STK-1): allocation splits them further where stock lies elsewhere.
//
// now is the instant of acceptance: dispatch deadlines already past move the promise (CUT-11).
//
// For a web order the errors are the refusal; for a fax they are what a person must settle.
// Only a fax's designated date is moved rather than refused (CUT-7); the order's events say so.
func Accept(req order.Request, f Facts, now time.Time) (order.Order, []order.Event, []*order.Error) {
	f.Settings = f.Settings.On(order.DateOf(req.ReceivedAt))
	a := acceptor{req: req, f: f, now: now}
	a.header()
	a.shipTo()
	a.lines()
	a.shipments()
	if len(a.errs) > 0 {
		return order.Order{}, nil, a.errs
	}
	a.totals()
	a.budgets()
	if len(a.errs) > 0 {
		return order.Order{}, nil, a.errs
	}
	a.explain()
	return a.o, a.events, nil
}

// acceptor carries one request through its rules.
type acceptor struct {
	req    order.Request
	f      Facts
	now    time.Time
	o      order.Order
	region order.Region
	prices []pricedLine
	noSat  map[order.Class]bool
	dates  []Dates // of o.Shipments
	fee    FeeDecision
	events []order.Event
	errs   []*order.Error
}

type pricedLine struct {
	Line      int         `json:"line"`
	Item      string      `json:"item"`
	Yen       order.Yen   `json:"unit_price_yen"`
	ListYen   order.Yen   `json:"list_price_yen"`
	PriceList string      `json:"price_list,omitempty"`
	From      *order.Date `json:"from_on,omitempty"`
}

// bad notes what stands against the order.
func (a *acceptor) bad(rule, field, format string, args ...any) {
	a.offer(rule, field, "", format, args...)
}

// offer notes what stands against the order and the value that would do instead.
func (a *acceptor) offer(rule, field, instead, format string, args ...any) {
	e := order.Invalid(rule, field, fmt.Sprintf(format, args...))
	e.Suggest = instead
	a.errs = append(a.errs, e)
}

func (a *acceptor) event(kind order.EventKind, rule, text string, inputs map[string]any) {
	a.events = append(a.events, order.Event{Kind: kind, Rule: rule, Text: text, Inputs: order.Inputs(inputs), At: a.now})
}

// header takes what concerns the order as a whole.
func (a *acceptor) header() {
	req, dep := a.req, a.f.Department
	a.o = order.Order{
		State: order.StateAccepted, Channel: req.Channel,
		ReceivedAt: req.ReceivedAt, AcceptedAt: a.now,
		DepartmentCode: dep.Code, UserCode: req.UserCode,
		DesignatedOn: req.DesignatedOn, Stockout: req.Stockout, Payment: req.Payment,
		Authorisation: req.Authorisation, AuthorisedYen: req.AuthorisedYen, AuthorisedTill: req.AuthorisedTill, Source: req.Source,
	}
	switch {
	case req.DepartmentCode == "":
		a.bad("ACC-1", "customer_code", "give the customer code: only registered customers order")
	case dep.Code != req.DepartmentCode:
		a.bad("ACC-1", "customer_code", "no customer has the code %q: only registered customers order", req.DepartmentCode)
	case req.UserCode != "" && !req.Changed && !slices.Contains(a.f.Users, req.UserCode): // budgets and locks of users bind those we know
		a.bad("ACC-1", "user_code", "the customer has no user %q: import the customer's users first, or leave the user out", req.UserCode)
	}
	switch req.Channel {
	case order.ChannelWeb:
		a.o.CancelUntil = req.ReceivedAt.Add(a.f.Settings.CancelWindow())
	case order.ChannelFax:
	default:
		a.bad("FAX-1", "channel", "%q is no ordering channel: orders come by fax or web", req.Channel)
	}
	switch {
	case req.ReceivedAt.IsZero():
		a.bad("CUT-3", "received_at", "say when the order was received")
	case !inReach(req.ReceivedAt):
		a.bad("CUT-3", "received_at", "%s is implausible", stamp(req.ReceivedAt))
	}
	if a.o.Stockout == "" {
		a.o.Stockout = dep.Stockout
	}
	if a.o.Stockout == "" {
		a.o.Stockout = order.StockoutBackorder
	}
	if a.o.Stockout != order.StockoutBackorder && a.o.Stockout != order.StockoutCancel {
		a.bad("STK-2", "stockout", "%q is unknown: choose backorder or cancel", a.o.Stockout)
	}
	if a.o.Payment == "" {
		a.o.Payment = dep.Payment
	}
	if a.o.Payment == "" {
		a.o.Payment = order.PaymentInvoice
	}
	if a.o.Payment != order.PaymentInvoice && a.o.Payment != order.PaymentCard {
		a.bad("PAY-1", "payment", "%q is unknown: choose invoice or card", a.o.Payment)
	}
	// Also where nobody named the card: it is how the customer always pays. Whoever has no shop front to ask
	// (a fax) is held instead.
	if a.o.Payment != order.PaymentCard || req.Source.ShopFront == "" {
		return
	}
	if req.AuthorisedYen == 0 {
		a.bad("PAY-1", "payment.authorised_yen", "the field is missing: send for how much the card is authorised, in whole yen incl. tax")
	}
	if req.Authorisation == "" {
		a.bad("PAY-1", "payment.authorisation", "the field is missing: a card order carries the reference of its authorisation")
	}
	if req.Terms == nil {
		a.bad("ACC-5", "terms", "the field is missing: customers who pay by card have agreed to the terms, so send their version and when")
	}
}

// shipTo resolves where the goods go (ACC-1) and its region (CUT-2).
func (a *acceptor) shipTo() {
	req, dep := a.req, a.f.Department
	switch {
	case req.ShipTo != nil && req.ShipToCode != "":
		a.bad("ACC-1", "ship_to", "give a ship-to code or a full address, not both")
		return
	case req.ShipTo != nil:
		a.o.ShipTo = *req.ShipTo
		a.o.ShipTo.Code = ""
		if strings.TrimSpace(req.ShipTo.Address) == "" {
			a.bad("ACC-1", "ship_to.address", "give the address to deliver to")
		}
		if digits, ok := PostalCode(req.ShipTo.PostalCode); ok && len(digits) == 7 {
			a.o.ShipTo.PostalCode = digits
		} else {
			a.bad("ACC-1", "ship_to.postal_code", "%q is not a postal code: it has 7 digits", req.ShipTo.PostalCode)
		}
		if a.o.ShipTo.Name == "" {
			a.o.ShipTo.Name = recipient(dep)
		}
	case req.ShipToCode != "":
		s, ok := a.findShipTo(req.ShipToCode)
		if !ok {
			a.bad("ACC-1", "ship_to", "%q is not a registered place of the company: give a registered ship-to code, or none for the department's own address", req.ShipToCode)
			return
		}
		a.o.ShipTo = order.Address{Code: s.Code, Name: s.Name, PostalCode: s.PostalCode, Prefecture: s.Prefecture, Address: s.Address}
	case dep.Code == "":
		return // the unknown customer is reported already
	default:
		a.o.ShipTo = order.Address{Name: recipient(dep), PostalCode: dep.PostalCode, Prefecture: dep.Prefecture, Address: dep.Address}
	}
	if full, ok := Prefecture(a.o.ShipTo.Prefecture); ok {
		a.o.ShipTo.Prefecture = full
	}
	region, ok := a.f.Regions.Find(a.o.ShipTo.Prefecture, a.o.ShipTo.PostalCode)
	if !ok {
		a.bad("CUT-2", "ship_to.prefecture", "no delivery region serves %q: give one of the 47 prefectures", a.o.ShipTo.Prefecture)
		return
	}
	a.region, a.o.RegionCode = region, region.Code
}

// findShipTo finds a ship-to by its code as written, or filled up with leading zeros.
func (a *acceptor) findShipTo(code string) (order.ShipTo, bool) {
	if s, ok := a.f.ShipTos[code]; ok {
		return s, true
	}
	if missing := a.f.Settings.ShipToCodeDigits - len(code); missing > 0 {
		s, ok := a.f.ShipTos[strings.Repeat("0", missing)+code]
		return s, ok
	}
	return order.ShipTo{}, false
}

func recipient(dep order.Department) string {
	return strings.TrimSpace(dep.CompanyName + " " + dep.Name)
}

// lines resolves items, quantities (ITM-1) and prices (ITM-2). Two lines of one item stay two
// lines: their comments tell who ordered what (FAX-4).
func (a *acceptor) lines() {
	s := a.f.Settings
	a.noSat = map[order.Class]bool{}
	switch n := len(a.req.Lines); {
	case n == 0:
		a.bad("ITM-1", "lines", "order at least one item")
		return
	case n > s.MaxLines:
		a.bad("ITM-1", "lines", "%d lines are too many: an order has at most %d", n, s.MaxLines)
		return
	}
	on := order.DateOf(a.req.ReceivedAt)
	for i, rl := range a.req.Lines {
		field := rl.Field
		if field == "" {
			field = "lines[" + strconv.Itoa(i) + "]"
		}
		item, ok := a.item(field, rl.ItemCode)
		if !ok {
			if rl.Qty < 1 || rl.Qty > s.MaxLineQuantity {
				a.bad("ITM-1", field+".quantity", "%d is out of range: order 1 to %d", rl.Qty, s.MaxLineQuantity)
			}
			continue
		}
		if lock, locked := Locked(item, a.req.UserCode, a.f.Locks, on); locked {
			why := ""
			if lock.Reason != "" {
				why = " (" + lock.Reason + ")"
			}
			a.bad("LCK-1", field+".item_code", "item %s may not be ordered: it is on the customer's own list of locked items%s; leave the line out", item.Code, why)
		}
		fits := a.quantity(field, rl.Qty, item)
		price, contract := Price(item, a.f.Department.PriceList, a.f.Prices[item.Code], on)
		if price < 0 || price > s.MaxUnitPriceYen {
			a.bad("ITM-2", field+".item_code", "item %s has no valid price: the desk must mend the price list", item.Code)
			fits = false
		}
		if !slices.Contains(s.TaxRates, item.TaxRate) {
			a.bad("TAX-1", field+".item_code", "item %s carries %d %% tax, which is no known rate: the desk must mend the item", item.Code, item.TaxRate)
			fits = false
		}
		if !slices.Contains(classes, item.Class) {
			a.bad("CUT-6", field+".item_code", "item %s has the unknown delivery class %q: the desk must mend the item", item.Code, item.Class)
			fits = false
		}
		if item.NoSaturday {
			a.noSat[item.Class] = true
		}
		line := order.Line{
			No: i + 1, ItemCode: item.Code, Name: item.Name, Unit: item.Unit, Class: item.Class,
			Qty: rl.Qty, UnitPrice: price, TaxRate: item.TaxRate, Comment: rl.Comment, CommentImage: rl.CommentImage,
		}
		p := pricedLine{Line: line.No, Item: item.Code, Yen: price, ListYen: item.ListPrice}
		if contract != nil {
			line.PriceList, p.PriceList, p.From = contract.PriceList, contract.PriceList, &contract.From
		}
		if !fits {
			line.Qty = 0 // keeps its class for the dates; the order is refused anyway
		}
		a.o.Lines = append(a.o.Lines, line)
		a.prices = append(a.prices, p)
	}
}

// item finds an item that can be ordered.
func (a *acceptor) item(field, code string) (order.Item, bool) {
	field += ".item_code"
	if code == "" {
		a.bad("ITM-1", field, "give the item code")
		return order.Item{}, false
	}
	item, ok := a.f.Items[code]
	if !ok {
		if fault := a.f.Settings.Scheme().Item.Fault(code); fault != "" {
			a.bad("ITM-1", field, "no such item: %s", fault)
		} else {
			a.bad("ITM-1", field, "no item has the code %q: please read it again", code)
		}
		return order.Item{}, false
	}
	item.Code = code
	if item.Discontinued || item.SuccessorCode != "" {
		if succ, ok := Successor(item, a.f.Items); ok {
			a.offer("ITM-1", field, succ.Code, "item %s is discontinued: its successor is %s %s", code, succ.Code, succ.Name)
		} else {
			a.bad("ITM-1", field, "item %s is discontinued and has no successor", code)
		}
		return order.Item{}, false
	}
	if item.Class == "" {
		item.Class = order.ClassNormal
	}
	return item, true
}

// Successor is the item that a discontinued item's chain of successors ends in (ITM-1): one
// that can be ordered, and is among items. It is offered, never put in its place silently.
func Successor(item order.Item, items map[string]order.Item) (order.Item, bool) {
	for range len(items) + 1 { // a ring of successors ends here
		next, ok := items[item.SuccessorCode]
		if !ok || item.SuccessorCode == "" {
			return order.Item{}, false
		}
		next.Code = item.SuccessorCode
		if !next.Discontinued && next.SuccessorCode == "" {
			return next, true
		}
		item = next
	}
	return order.Item{}, false
}

// quantity checks ITM-1 and offers the nearest quantity that fits.
func (a *acceptor) quantity(field string, qty int, item order.Item) bool {
	nearest, fits := FitQuantity(qty, item.OrderMultiple, a.f.Settings.MaxLineQuantity)
	if fits {
		return true
	}
	instead, hint := "", ""
	if nearest > 0 {
		instead = strconv.Itoa(nearest)
		hint = ", the nearest is " + instead
	}
	field += ".quantity"
	switch {
	case qty < 1:
		a.offer("ITM-1", field, instead, "%d is no quantity: order at least %d%s", qty, max(1, item.OrderMultiple), hint)
	case qty > a.f.Settings.MaxLineQuantity:
		a.offer("ITM-1", field, instead, "%d is too many: a line takes at most %d%s", qty, a.f.Settings.MaxLineQuantity, hint)
	case nearest == 0:
		a.bad("ITM-1", field, "item %s is sold in multiples of %d, more than the %d that a line takes: ask the desk", item.Code, item.OrderMultiple, a.f.Settings.MaxLineQuantity)
	default:
		a.offer("ITM-1", field, instead, "%d does not fit: item %s is sold in multiples of %d%s", qty, item.Code, item.OrderMultiple, hint)
	}
	return false
}

// FitQuantity tells whether qty is a multiple from one multiple up to limit (ITM-1), and the
// nearest quantity that is: of two equally near the larger, and 0 when none is within limit.
func FitQuantity(qty, multiple, limit int) (nearest int, fits bool) {
	multiple = max(1, multiple)
	top := limit / multiple * multiple
	if top < 1 {
		return 0, false
	}
	switch {
	case qty < multiple:
		nearest = multiple
	case qty > top:
		nearest = top
	default:
		nearest = qty / multiple * multiple
		if rest := qty % multiple; rest >= multiple-rest && rest > 0 && nearest+multiple <= top {
			nearest += multiple
		}
	}
	return nearest, nearest == qty
}

// FittingQuantities are the nearest quantities below and above one that does not fit (ITM-1); 0 where
// there is none.
func FittingQuantities(qty, multiple, limit int) (below, above int) {
	multiple = max(1, multiple)
	below = min(max(0, qty), limit) / multiple * multiple
	if above = below + multiple; qty > limit || above > limit {
		above = 0
	}
	return below, above
}

// classes are the delivery classes in the order in which shipments are numbered.
var classes = []order.Class{order.ClassNormal, order.ClassTruck, order.ClassPhone}

// shipments makes one shipment per delivery class (CUT-8) and promises its dates.
func (a *acceptor) shipments() {
	var warehouse string
	if ws := WarehouseOrder(a.region.Code, a.f.Warehouses); len(ws) > 0 {
		warehouse = ws[0]
	} else {
		a.errs = append(a.errs, &order.Error{Kind: order.KindPermanent, Rule: "STK-1", Message: "no warehouse is set up: import warehouses.csv"})
	}
	if a.region.Code == "" || a.req.ReceivedAt.IsZero() || len(a.req.Lines) == 0 {
		return
	}
	present := func(class order.Class) bool {
		if len(a.o.Lines) == 0 { // no item is known: a date that normal goods cannot keep, none can
			return class == order.ClassNormal && !a.req.DesignatedOn.IsZero()
		}
		return slices.ContainsFunc(a.o.Lines, func(l order.Line) bool { return l.Class == class })
	}
	var wishes []Wish
	var late []*order.Error
	for _, class := range classes {
		if !present(class) {
			continue
		}
		w := Wish{
			Channel: a.req.Channel, Class: class, Region: a.region, Warehouse: warehouse,
			ReceivedAt: a.req.ReceivedAt, Now: a.now, DesignatedOn: a.req.DesignatedOn, NoSaturday: a.noSat[class],
		}
		wishes = append(wishes, w)
		d, err := promise(w, a.f.Settings, a.f.Calendar)
		if err != nil {
			if err.Rule != "FAX-1" && err.Rule != "CUT-3" { // the header reported those
				late = append(late, err)
			}
			continue
		}
		a.dates = append(a.dates, d)
		a.o.Shipments = append(a.o.Shipments, order.Shipment{
			No: len(a.o.Shipments) + 1, State: order.ShipmentPlanned, Class: class, WarehouseCode: warehouse,
			AcceptanceOn: d.AcceptanceOn, ReadyOn: d.ReadyOn, ShipOn: d.ShipOn, ArrivalOn: d.ArrivalOn, Rules: d.Rules,
		})
		if a.o.AcceptanceOn.IsZero() || d.AcceptanceOn.Before(a.o.AcceptanceOn) {
			a.o.AcceptanceOn = d.AcceptanceOn
		}
	}
	if len(late) > 0 {
		// One date holds for the whole order, so one error offers one that suits every shipment.
		e := late[0]
		for _, more := range late[1:] {
			if more.Message != e.Message {
				e.Message += "; " + more.Message
			}
		}
		if e.Rule == "CUT-7" {
			suggestDate(e, Earliest(wishes, a.f.Settings, a.f.Calendar))
		}
		a.errs = append(a.errs, e)
	}
}

// totals sums goods, fee (FEE-1) and tax per rate (TAX-1).
func (a *acceptor) totals() {
	for _, l := range a.o.Lines {
		a.o.GoodsYen += l.Amount() // Settings.Validate bounds lines, quantity and price: no overflow
	}
	a.fee = a.addOn()
	a.o.FeeYen, a.o.FeeFirst, a.o.FeeUntil = a.fee.FeeYen, a.fee.First, a.fee.Until
	a.o.Taxes = Taxes(a.o.Lines, a.o.FeeYen, a.f.Settings)
}

// explain writes one event per decision (KEP-2), in the order in which they were made.
func (a *acceptor) explain() {
	o, s := &a.o, a.f.Settings
	a.event(order.EventAccepted, "CUT-3", fmt.Sprintf("Order by %s of customer %s, received %s, with %d line(s).", o.Channel, o.DepartmentCode, stamp(o.ReceivedAt), len(o.Lines)), map[string]any{
		"channel": o.Channel, "received_at": o.ReceivedAt, "customer_code": o.DepartmentCode, "lines": len(o.Lines), "stockout": o.Stockout, "payment": o.Payment,
	})
	if terms := a.req.Terms; terms != nil {
		a.event(order.EventNoted, "ACC-5", fmt.Sprintf("The customer agreed to version %s of the terms on %s.", terms.Version, stamp(terms.AgreedAt)), map[string]any{"terms": terms})
	}
	a.event(order.EventNoted, "ACC-1", fmt.Sprintf("Goes to %s, %s.", placeName(o.ShipTo), o.ShipTo.Prefecture), map[string]any{
		"ship_to": o.ShipTo,
	})
	a.event(order.EventNoted, "CUT-2", fmt.Sprintf("%s %s lies in region %s.", o.ShipTo.Prefecture, o.ShipTo.PostalCode, o.RegionCode), map[string]any{
		"prefecture": o.ShipTo.Prefecture, "postal_code": o.ShipTo.PostalCode, "region": o.RegionCode,
		"cutoff_fax": a.region.CutoffFax, "cutoff_web": a.region.CutoffWeb, "cutoff_truck": a.region.CutoffTruck, "lead_days": a.region.LeadDays, "table_from_on": a.region.From,
	})
	if twice := duplicates(o.Lines); len(twice) > 0 {
		a.event(order.EventNoted, "ITM-1", fmt.Sprintf("Item(s) %s stand on more than one line; each line is kept as ordered.", strings.Join(twice, ", ")), map[string]any{"items": twice})
	}
	a.event(order.EventPriced, "ITM-2", fmt.Sprintf("Goods come to %s yen ex tax at the prices of %s.", o.GoodsYen.Grouped(), order.DateOf(o.ReceivedAt)), map[string]any{
		"on": order.DateOf(o.ReceivedAt), "price_list": a.f.Department.PriceList, "lines": a.prices, "goods_yen": o.GoodsYen,
	})
	if a.fee.First != "" {
		a.events = append(a.events, a.fee.Event(a.now))
	} else {
		text := fmt.Sprintf("No shipping fee: goods of %s yen reach %s yen.", o.GoodsYen.Grouped(), s.FeeFreeFromYen.Grouped())
		if o.GoodsYen < s.FeeFreeFromYen {
			text = fmt.Sprintf("Shipping fee of %s yen ex tax: goods of %s yen stay below %s yen.", o.FeeYen.Grouped(), o.GoodsYen.Grouped(), s.FeeFreeFromYen.Grouped())
		}
		a.event(order.EventFeeSet, "FEE-1", text, map[string]any{
			"goods_yen": o.GoodsYen, "free_from_yen": s.FeeFreeFromYen, "fee_yen": o.FeeYen, "charged_yen": o.FeeYen, "fee_tax_rate": s.FeeTaxRate,
		})
	}
	a.event(order.EventNoted, "TAX-1", "Tax per rate, for information: invoices round per invoice (TAX-2).", map[string]any{
		"taxes": o.Taxes, "rounding": s.TaxRounding,
	})
	for i, sh := range o.Shipments {
		a.promised(sh, a.dates[i])
	}
	if o.Channel == order.ChannelWeb {
		a.event(order.EventNoted, "CAN-1", fmt.Sprintf("The customer may cancel until %s; nothing is released before.", stamp(o.CancelUntil)), map[string]any{
			"received_at": o.ReceivedAt, "window_minutes": s.CancelWindowMinutes, "cancel_until": o.CancelUntil,
		})
	}
	a.phoneHold()
	a.approval()
	a.customerHold()
	a.card()
}

// promised explains one shipment's dates.
func (a *acceptor) promised(sh order.Shipment, d Dates) {
	o, s := &a.o, a.f.Settings
	why := because(Wish{
		Channel: o.Channel, Class: sh.Class, Region: a.region, ReceivedAt: o.ReceivedAt, DesignatedOn: o.DesignatedOn,
	}, d, s, a.f.Calendar)
	inputs := map[string]any{
		"shipment": sh.No, "class": sh.Class, "warehouse": sh.WarehouseCode, "region": o.RegionCode,
		"received_at": o.ReceivedAt, "cutoff": Cutoff(a.region, o.Channel, sh.Class), "acceptance_on": sh.AcceptanceOn, "rules": sh.Rules, "why": why,
	}
	if sh.Class == order.ClassPhone {
		a.event(order.EventPromised, "CUT-6", fmt.Sprintf("Shipment %d is made to order: accepted %s, no date is promised; the dealer contacts the customer and the desk enters a date.", sh.No, sh.AcceptanceOn)+" Why: "+strings.Join(why, "; ")+".", inputs)
		return
	}
	inputs["ready_on"], inputs["arrival_on"], inputs["ship_on"] = sh.ReadyOn, sh.ArrivalOn, sh.ShipOn
	inputs["lead_days"] = s.LeadDays(sh.Class, a.region)
	if a.region.LeadDays > 0 {
		inputs["region_lead_days"] = a.region.LeadDays
	}
	if more := a.f.Calendar.For(o.RegionCode, sh.Class).Slower(sh.ShipOn); more > 0 {
		inputs["carrier_lead_days"] = more
	}
	inputs["dispatch_deadline"], inputs["decided_at"] = s.deadlineOn(sh.ShipOn, sh.WarehouseCode, sh.Class), a.now
	if !o.DesignatedOn.IsZero() {
		inputs["designated_on"], inputs["moved"] = o.DesignatedOn, d.Moved
	}
	rule := sh.Rules[len(sh.Rules)-1]
	text := fmt.Sprintf("Shipment %d (%s): accepted %s, ready %s, arrives %s, ships %s.", sh.No, sh.Class, sh.AcceptanceOn, sh.ReadyOn, sh.ArrivalOn, sh.ShipOn)
	switch {
	case d.Late && d.Moved:
		text += fmt.Sprintf(" The dispatch deadline for the designated %s had passed: tell the customer.", o.DesignatedOn)
	case d.Late:
		text += " The dispatch deadline of the first ship day had passed: tell the customer."
	case d.Moved:
		text += fmt.Sprintf(" The designated %s could not be kept: tell the customer.", o.DesignatedOn)
	}
	a.event(order.EventPromised, rule, text+" Why: "+strings.Join(why, "; ")+".", inputs)
}

func placeName(p order.Address) string {
	if p.Code != "" {
		return p.Code + " " + p.Name
	}
	return p.Name
}

// duplicates are the item codes that stand on more than one line, in order of appearance.
func duplicates(lines []order.Line) []string {
	count := map[string]int{}
	var twice []string
	for _, l := range lines {
		if count[l.ItemCode]++; count[l.ItemCode] == 2 {
			twice = append(twice, l.ItemCode)
		}
	}
	return twice
}
