package mail

import (
	"time"

	"todoke/order"
)

// Shipped tells a customer that a shipment left (WHS-3).
type Shipped struct {
	Shop       Shop
	Customer   string
	Order      order.Number
	ReceivedAt time.Time
	ShipTo     order.Address
	ShippedOn  order.Date
	ArrivalOn  order.Date // as promised; zero where none was
	Carrier    string     // "" is not told
	Tracking   []Tracking
	Lines      []ShippedLine
	MoreComes  bool // another part of the order is still to come
}

// Tracking is a parcel's number and where the carrier tells of it.
type Tracking struct{ Number, URL string }

// ShippedLine is what is in the shipment.
type ShippedLine struct {
	Item, Name string
	Qty        int
	Unit       string
}

// Place is where it goes.
func (s Shipped) Place() string {
	code := ""
	if p := s.ShipTo.PostalCode; len(p) == 7 {
		code = "〒" + p[:3] + "-" + p[3:] + " "
	}
	return code + s.ShipTo.Prefecture + s.ShipTo.Address + "　" + s.ShipTo.Name
}

// Render writes the mail.
func (s Shipped) Render() (Message, error) { return render("shipped", s.Shop, s) }
