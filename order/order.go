package order

import (
	"encoding/json"
	"time"
)

// State is where an order stands. Only Transitions moves it.
//
//	held ──► accepted ──► allocated ──► released ──► shipped
//	  ▲          │  ▲          │
//	  └──────────┘  └ short ◄──┴───────────┘   held, accepted, short, allocated ──► cancelled
//
// A short order is shipped at once where what it waited for is cancelled; a short pick makes a
// released order short again (WHS-3).
type State string

// The states of an order.
const (
	StateHeld      State = "held"      // stopped on purpose, HoldReason says why
	StateAccepted  State = "accepted"  // waits for stock
	StateShort     State = "short"     // stock reserved as far as it goes, the rest waits (STK-2)
	StateAllocated State = "allocated" // every line fully reserved
	StateReleased  State = "released"  // every reserved quantity is on a pick list
	StateShipped   State = "shipped"
	StateCancelled State = "cancelled"
)

// Order is the canonical order, whatever way it came.
type Order struct {
	ID             int64              `json:"-"`
	Number         Number             `json:"number"`
	State          State              `json:"state"`
	HoldReason     string             `json:"hold_reason,omitempty"` // rule id and words, while held
	Channel        Channel            `json:"channel"`
	ReceivedAt     time.Time          `json:"received_at"`           // CUT-3
	AcceptedAt     time.Time          `json:"accepted_at"`           // when todoke made the order
	AcceptanceOn   Date               `json:"acceptance_on"`         // CUT-4, of the shipment accepted first
	CancelUntil    time.Time          `json:"cancel_until,omitzero"` // CAN-1, web only: last instant to cancel
	DepartmentCode string             `json:"customer_code"`
	UserCode       string             `json:"user_code,omitempty"`
	ShipTo         Address            `json:"ship_to"`
	RegionCode     string             `json:"region"`
	DesignatedOn   Date               `json:"designated_on,omitzero"` // as asked for; shipments hold what was promised
	Stockout       StockoutPreference `json:"stockout"`
	Payment        Payment            `json:"payment"`
	Authorisation  string             `json:"-"` // PAY-1: the card authorisation's reference
	AuthorisedYen  Yen                `json:"-"` // PAY-1: what the card is authorised for, incl. tax; 0 where nobody said
	AuthorisedTill time.Time          `json:"-"` // PAY-1: the last instant of the authorisation; zero where nobody said
	Lines          []Line             `json:"lines"`
	Shipments      []Shipment         `json:"shipments"`
	GoodsYen       Yen                `json:"goods_yen"`            // ex tax, before fee
	FeeYen         Yen                `json:"fee_yen"`              // ex tax (FEE-1)
	FeeFirst       Number             `json:"fee_first,omitempty"`  // FEE-2: the order to which this one is an add-on
	FeeUntil       time.Time          `json:"fee_until,omitzero"`   // FEE-2: the fee is provisional up to and with this instant; zero is final
	ApprovedAt     time.Time          `json:"approved_at,omitzero"` // APR-1: final approval, by which the dates are judged (CUT-9)
	Taxes          []Tax              `json:"taxes"`                // informative: invoices round per invoice (TAX-2)
	Source         Source             `json:"source"`
}

// Source tells where an order came from.
type Source struct {
	DocumentID int64  `json:"document_id,omitempty"` // fax
	Page       int    `json:"page,omitempty"`        // 1-based
	ShopFront  string `json:"shop_front,omitempty"`  // web
	Key        string `json:"-"`                     // the web order's Idempotency-Key
}

// Address is where a shipment goes, copied into the order so that a later change of the
// master does not rewrite history.
type Address struct {
	Code       string `json:"code,omitempty"` // ship-to code; "" is the department's own address
	Name       string `json:"name"`
	PostalCode string `json:"postal_code"`
	Prefecture string `json:"prefecture"`
	Address    string `json:"address"`
}

// Line is one item of an order. Quantities are in order units.
type Line struct {
	No           int     `json:"no"` // 1-based
	ItemCode     string  `json:"item_code"`
	Name         string  `json:"name"`
	Unit         string  `json:"unit"`
	Class        Class   `json:"class"`
	Qty          int     `json:"quantity"`
	CancelledQty int     `json:"cancelled_quantity,omitempty"` // STK-2: of Qty, what is not delivered after all
	ReservedQty  int     `json:"reserved_quantity"`            // STK-1: at most KeptQty
	RestockOn    Date    `json:"restock_on,omitzero"`          // STK-4: of what is short, as the customer was told
	UnitPrice    Yen     `json:"unit_price_yen"`               // ex tax (ITM-2)
	PriceList    string  `json:"price_list,omitempty"`         // the contract that set UnitPrice, "" for list price
	TaxRate      Percent `json:"tax_rate"`
	Comment      string  `json:"comment,omitempty"`       // FAX-4, typed
	CommentImage string  `json:"comment_image,omitempty"` // FAX-4, blob key of the snippet from the fax
}

// Amount is the line's price ex tax, as ordered.
func (l Line) Amount() Yen { return l.UnitPrice * Yen(l.Qty) }

// KeptQty is what is delivered, or still to be: the quantity ordered less what was cancelled.
func (l Line) KeptQty() int { return l.Qty - l.CancelledQty }

// OrderedYen is the goods total ex tax as ordered, which decides the fee whatever becomes of it
// later (FEE-3). GoodsYen is what is left to be paid of it.
func (o Order) OrderedYen() Yen {
	var sum Yen
	for _, l := range o.Lines {
		sum += l.Amount()
	}
	return sum
}

// ShipmentState is where a shipment stands.
type ShipmentState string

// The states of a shipment.
const (
	ShipmentPlanned   ShipmentState = "planned"
	ShipmentReleased  ShipmentState = "released" // on pick lists
	ShipmentShipped   ShipmentState = "shipped"
	ShipmentCancelled ShipmentState = "cancelled"
)

// Shipment is the part of an order that travels together: one delivery class from one
// warehouse (CUT-8).
type Shipment struct {
	ID            int64         `json:"-"`
	No            int           `json:"no"` // 1-based within the order
	State         ShipmentState `json:"state"`
	Class         Class         `json:"class"`
	WarehouseCode string        `json:"warehouse"`
	AcceptanceOn  Date          `json:"acceptance_on"`
	ReadyOn       Date          `json:"ready_on,omitzero"`
	ShipOn        Date          `json:"ship_on,omitzero"`    // CUT-11; zero for phone
	ArrivalOn     Date          `json:"arrival_on,omitzero"` // the promise; zero for phone (CUT-6)
	Rules         []string      `json:"rules,omitempty"`     // rule ids that decided the dates
	ShippedOn     Date          `json:"shipped_on,omitzero"` // WHS-3: when the latest of it left
	Tracking      []string      `json:"tracking,omitempty"`  // the carrier's numbers, as the warehouse told them
	WeightGrams   int           `json:"weight_grams,omitempty"`
	DeliveredOn   Date          `json:"delivered_on,omitzero"` // WHS-3: told, or by the carrier's lead time
	DeliveredBy   DeliveredBy   `json:"delivered_by,omitempty"`
}

// DeliveredBy is how it is known that a shipment was delivered.
type DeliveredBy string

// How it is known.
const (
	DeliveredByResult   DeliveredBy = "result"    // the warehouse or its carrier told it
	DeliveredByLeadTime DeliveredBy = "lead_time" // by the carrier's days
)

// Tax is the total of one rate.
type Tax struct {
	Rate   Percent `json:"rate"`
	NetYen Yen     `json:"net_yen"`
	TaxYen Yen     `json:"tax_yen"`
}

// Request is an order as a customer asks for it, before any rule: a web order's body or an
// accepted draft. rules.Accept makes an Order of it.
type Request struct {
	Channel        Channel
	ReceivedAt     time.Time // CUT-3
	DepartmentCode string
	UserCode       string
	ShipToCode     string   // registered place; "" is the department's own address
	ShipTo         *Address // full address where the shop front may send one (ACC-1)
	DesignatedOn   Date
	Stockout       StockoutPreference // "" takes the department's
	Payment        Payment            // "" takes the department's
	Authorisation  string
	AuthorisedYen  Yen       // PAY-1: what the card is authorised for, incl. tax; 0 where nobody said
	AuthorisedTill time.Time // PAY-1: the last instant of the authorisation; zero where nobody said
	Terms          *Terms    // ACC-5, web only
	Lines          []RequestLine
	Source         Source
	Changed        bool // it stands for an order that was taken: who placed it may have left since
}

// Terms are the terms of sale that a customer of a card shop front agreed to (ACC-5).
type Terms struct {
	Version  string    `json:"version"`
	AgreedAt time.Time `json:"agreed_at"`
}

// RequestLine is one line of a Request. Field is what errors name it by, such as "lines[1]":
// 1-based on forms, 0-based in JSON.
type RequestLine struct {
	Field        string
	ItemCode     string
	Qty          int
	Comment      string
	CommentImage string
}

// EventKind names what happened, in the past tense.
type EventKind string

// The events of an order. jobs.Next says what work follows each.
const (
	EventAccepted  EventKind = "accepted"
	EventHeld      EventKind = "held"
	EventHoldFreed EventKind = "hold_freed"
	EventPriced    EventKind = "priced"
	EventFeeSet    EventKind = "fee_set"
	EventPromised  EventKind = "promised"
	EventReplanned EventKind = "replanned" // CUT-11: a new date, because the old one can no longer be reached
	EventAllocated EventKind = "allocated"
	EventShort     EventKind = "short"
	EventReleased  EventKind = "released"
	EventShipped   EventKind = "shipped"
	EventCancelled EventKind = "cancelled"
	EventNoted     EventKind = "noted"
)

// Event is one decision about an order with the rule that made it and what it looked at
// (KEP-2). Events are append-only.
type Event struct {
	Kind   EventKind       `json:"kind"`
	Rule   string          `json:"rule,omitempty"`
	Text   string          `json:"text"`             // one English sentence for `todoke order explain`
	Inputs json.RawMessage `json:"inputs,omitempty"` // the facts the rule saw
	By     string          `json:"by,omitempty"`     // person, or "" for todoke itself
	At     time.Time       `json:"at"`
}

// Quiet tells whether the person who caused it wished that the customer is not told of it.
func (e Event) Quiet() bool {
	var in struct {
		Quiet bool `json:"quiet"`
	}
	return len(e.Inputs) > 0 && json.Unmarshal(e.Inputs, &in) == nil && in.Quiet
}

// Inputs encodes the facts of an event. It panics on values JSON cannot hold, which is a
// defect of the caller.
func Inputs(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// transitions says which state may follow which.
var transitions = map[State][]State{
	StateHeld:      {StateAccepted, StateCancelled},
	StateAccepted:  {StateHeld, StateAllocated, StateShort, StateReleased, StateShipped, StateCancelled},
	StateShort:     {StateHeld, StateAllocated, StateReleased, StateShipped, StateCancelled},
	StateAllocated: {StateHeld, StateReleased, StateCancelled},
	StateReleased:  {StateShipped, StateShort},
	StateShipped:   {},
	StateCancelled: {},
}

// CanBecome tells whether an order in state s may move to next. Staying is always allowed.
func (s State) CanBecome(next State) bool {
	if s == next {
		return true
	}
	for _, t := range transitions[s] {
		if t == next {
			return true
		}
	}
	return false
}
