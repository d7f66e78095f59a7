package api

import (
	"time"

	"todoke/order"
	"todoke/store"
)

// The types of this file are the API's contract: they change only by addition, whatever
// becomes of the order inside. The request's exist for the description; ingest/web reads it.

// OrderRequest is a web order.
type OrderRequest struct {
	OrderedAt    string        `json:"ordered_at,omitempty" format:"date-time" doc:"When the customer ordered. Believed where it is at most five minutes before we receive the order (CUT-3)"`
	CustomerCode string        `json:"customer_code" example:"10000016" doc:"The ordering department (ACC-1)"`
	UserCode     string        `json:"user_code,omitempty" doc:"The ordering user"`
	ShipTo       string        `json:"ship_to,omitempty" example:"001" doc:"A registered place of the company; left out, the department's own address"`
	Address      *OrderAddress `json:"address,omitempty" doc:"A full address instead, for shop fronts that may send one (ACC-1)"`
	DesignatedOn string        `json:"designated_on,omitempty" format:"date" doc:"The day the customer wishes the goods to arrive (CUT-7)"`
	Stockout     string        `json:"stockout,omitempty" enum:"backorder,cancel" doc:"What becomes of what is short (STK-2); left out, as the department is registered"`
	Payment      *OrderPayment `json:"payment,omitempty" doc:"Left out, as the department is registered: one that pays by card is refused without it (PAY-1)"`
	Terms        *OrderTerms   `json:"terms,omitempty" doc:"What the customer agreed to; needed with payment by card, also where the department always pays so (ACC-5)"`
	Lines        []OrderItem   `json:"lines" minItems:"1"`
}

// OrderAddress is a full ship-to address.
type OrderAddress struct {
	Name       string `json:"name"`
	PostalCode string `json:"postal_code" example:"1000001"`
	Prefecture string `json:"prefecture" example:"東京都"`
	Address    string `json:"address"`
}

// OrderPayment is how the order is paid (PAY-1).
type OrderPayment struct {
	Method          string `json:"method" enum:"invoice,card"`
	Authorisation   string `json:"authorisation,omitempty" maxLength:"200" doc:"The card authorisation's reference; needed for card. Never a card's number"`
	AuthorisedYen   int64  `json:"authorised_yen,omitempty" minimum:"1" doc:"What the card is authorised for, in whole yen incl. tax; needed for card, which is refused with 422 (PAY-1) without it. An order that comes to more is held"`
	AuthorisedUntil string `json:"authorised_until,omitempty" format:"date-time" doc:"The last instant of the authorisation, where it has one"`
}

// OrderTerms are the agreed terms (ACC-5).
type OrderTerms struct {
	Version  string `json:"version"`
	AgreedAt string `json:"agreed_at" format:"date-time"`
}

// OrderItem is one line of a web order.
type OrderItem struct {
	ItemCode string `json:"item_code" example:"1010013"`
	Quantity int    `json:"quantity" minimum:"1" doc:"In the item's order unit, a multiple of its order multiple (ITM-1)"`
	Comment  string `json:"comment,omitempty" maxLength:"200" doc:"Printed on the delivery slip against the line (FAX-4)"`
}

// OrderAnswer is an order as shop fronts see it. Money is whole yen.
type OrderAnswer struct {
	Number       string           `json:"number" example:"1000000017" doc:"Nine digits and a check digit"`
	State        string           `json:"state" enum:"held,accepted,short,allocated,released,shipped,cancelled"`
	CustomerCode string           `json:"customer_code"`
	UserCode     string           `json:"user_code,omitempty"`
	ReceivedAt   time.Time        `json:"received_at" doc:"The instant that counts for the cut-off (CUT-3)"`
	AcceptanceOn string           `json:"acceptance_on,omitempty" format:"date" doc:"CUT-4"`
	CancelUntil  *time.Time       `json:"cancel_until,omitempty" doc:"The last instant to cancel (CAN-1)"`
	ShipTo       AnswerAddress    `json:"ship_to"`
	DesignatedOn string           `json:"designated_on,omitempty" format:"date"`
	Stockout     string           `json:"stockout"`
	Payment      string           `json:"payment"`
	Lines        []AnswerLine     `json:"lines"`
	Shipments    []AnswerShipment `json:"shipments"`
	GoodsYen     int64            `json:"goods_yen" doc:"Goods before tax and fee"`
	FeeYen       int64            `json:"fee_yen" doc:"Shipping fee before tax (FEE-1)"`
	FeeFirst     string           `json:"fee_first,omitempty" doc:"The order to which this one is an add-on, for which it pays no fee (FEE-2)"`
	FeeUntil     *time.Time       `json:"fee_until,omitempty" doc:"Up to this instant the fee is charged after all where that order is cancelled (FEE-2)"`
	Taxes        []AnswerTax      `json:"taxes" doc:"For information: invoices round once per rate and invoice (TAX-2)"`
	TotalYen     int64            `json:"total_yen" doc:"Goods, fee and taxes"`
	Approval     *AnswerApproval  `json:"approval,omitempty" doc:"Where the customer's own approvers decide about the order (APR-1); shown when it is looked at"`
}

// AnswerApproval is where the customer's own approval of an order stands.
type AnswerApproval struct {
	State      string           `json:"state" enum:"asked,level1,approved,refused,expired,withdrawn"`
	Level      int              `json:"level,omitempty" doc:"The level that decides now, from 1"`
	Levels     int              `json:"levels"`
	Approvers  []string         `json:"approvers,omitempty" doc:"User codes of who may decide now"`
	Conditions []string         `json:"conditions" doc:"all, total, unit_price, over_budget: why it needs approval"`
	ExpiresAt  *time.Time       `json:"expires_at,omitempty" doc:"When the order is cancelled if nobody decides"`
	Steps      []AnswerDecision `json:"decisions,omitempty"`
}

// AnswerDecision is an approver's decision.
type AnswerDecision struct {
	Level    int       `json:"level"`
	By       string    `json:"by" doc:"User code"`
	For      string    `json:"for,omitempty" doc:"User code of whom they stand in for"`
	Approved bool      `json:"approved"`
	Note     string    `json:"note,omitempty"`
	At       time.Time `json:"at"`
}

func approvalOf(c store.ApprovalCase) *AnswerApproval {
	a := &AnswerApproval{State: string(c.State), Level: c.Level(), Levels: len(c.Levels)}
	for _, d := range c.Deciders {
		a.Approvers = append(a.Approvers, d.Code)
	}
	for _, r := range c.Reasons {
		a.Conditions = append(a.Conditions, string(r.Condition))
	}
	if !c.Expires.IsZero() {
		until := japan(c.Expires)
		a.ExpiresAt = &until
	}
	for _, s := range c.Steps {
		a.Steps = append(a.Steps, AnswerDecision{s.Level, s.By, s.For, s.Yes, s.Note, japan(s.At)})
	}
	return a
}

// AnswerAddress is where the goods go.
type AnswerAddress struct {
	Code       string `json:"code,omitempty"`
	Name       string `json:"name"`
	PostalCode string `json:"postal_code"`
	Prefecture string `json:"prefecture"`
	Address    string `json:"address"`
}

// AnswerLine is one line as it was accepted.
type AnswerLine struct {
	No                int    `json:"no"`
	ItemCode          string `json:"item_code"`
	Name              string `json:"name"`
	Unit              string `json:"unit"`
	Class             string `json:"class" enum:"normal,truck,phone"`
	Quantity          int    `json:"quantity"`
	ReservedQuantity  int    `json:"reserved_quantity" doc:"How many of them stock is reserved for (STK-1); rises after the order was placed"`
	CancelledQuantity int    `json:"cancelled_quantity,omitempty" doc:"How many of them are not delivered after all, because they are short of stock (STK-2)"`
	RestockOn         string `json:"restock_on,omitempty" format:"date" doc:"The day on which what is short comes in, as the customer was told"`
	UnitPriceYen      int64  `json:"unit_price_yen" doc:"Before tax (ITM-2)"`
	TaxRate           int    `json:"tax_rate" doc:"Per cent; 8 is the reduced rate (TAX-1)"`
	Comment           string `json:"comment,omitempty"`
}

// AnswerShipment is what travels together (CUT-8).
type AnswerShipment struct {
	No        int      `json:"no"`
	State     string   `json:"state" enum:"planned,released,shipped,cancelled"`
	Class     string   `json:"class" enum:"normal,truck,phone"`
	ShipOn    string   `json:"ship_on,omitempty" format:"date" doc:"CUT-11"`
	ArrivalOn string   `json:"arrival_on,omitempty" format:"date" doc:"The promised day; none for what is made to order (CUT-6)"`
	Rules     []string `json:"rules,omitempty" doc:"The rules that decided the days"`
}

// AnswerTax is the total of one rate.
type AnswerTax struct {
	Rate   int   `json:"rate"`
	NetYen int64 `json:"net_yen"`
	TaxYen int64 `json:"tax_yen"`
}

// answerOf shows an order. Instants are told in Japan's time, so that a stored answer reads the
// same when it is sent again.
func answerOf(o order.Order) OrderAnswer {
	a := OrderAnswer{
		Number: string(o.Number), State: string(o.State), CustomerCode: o.DepartmentCode, UserCode: o.UserCode,
		ReceivedAt: japan(o.ReceivedAt), AcceptanceOn: o.AcceptanceOn.String(), DesignatedOn: o.DesignatedOn.String(),
		ShipTo:   AnswerAddress(o.ShipTo),
		Stockout: string(o.Stockout), Payment: string(o.Payment),
		Lines:     make([]AnswerLine, 0, len(o.Lines)),
		Shipments: make([]AnswerShipment, 0, len(o.Shipments)),
		Taxes:     make([]AnswerTax, 0, len(o.Taxes)),
		GoodsYen:  int64(o.GoodsYen), FeeYen: int64(o.FeeYen), TotalYen: int64(o.GoodsYen + o.FeeYen),
	}
	a.FeeFirst = string(o.FeeFirst)
	if !o.FeeUntil.IsZero() {
		until := japan(o.FeeUntil)
		a.FeeUntil = &until
	}
	if !o.CancelUntil.IsZero() {
		until := japan(o.CancelUntil)
		a.CancelUntil = &until
	}
	for _, l := range o.Lines {
		a.Lines = append(a.Lines, AnswerLine{
			No: l.No, ItemCode: l.ItemCode, Name: l.Name, Unit: l.Unit, Class: string(l.Class), Quantity: l.Qty,
			ReservedQuantity: l.ReservedQty, CancelledQuantity: l.CancelledQty, UnitPriceYen: int64(l.UnitPrice), TaxRate: int(l.TaxRate), Comment: l.Comment,
		})
		if o.State == order.StateShort && l.ReservedQty < l.KeptQty() {
			a.Lines[len(a.Lines)-1].RestockOn = l.RestockOn.String()
		}
	}
	for _, s := range o.Shipments {
		a.Shipments = append(a.Shipments, AnswerShipment{
			No: s.No, State: string(s.State), Class: string(s.Class), ShipOn: s.ShipOn.String(), ArrivalOn: s.ArrivalOn.String(), Rules: s.Rules,
		})
	}
	for _, t := range o.Taxes {
		a.Taxes = append(a.Taxes, AnswerTax{Rate: int(t.Rate), NetYen: int64(t.NetYen), TaxYen: int64(t.TaxYen)})
		a.TotalYen += int64(t.TaxYen)
	}
	return a
}

func japan(t time.Time) time.Time { return t.In(order.JST).Truncate(time.Microsecond) }
