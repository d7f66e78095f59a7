package rules

import (
	"fmt"

	"todoke/order"
)

// ShippingNotice decides whether a customer is told that a shipment left (WHS-3): a web order's by
// mail, and a fax order's where the customer asked to be told by mail; the others were told the day of
// arrival with the acknowledgement. needless says why nobody is told.
func ShippingNotice(o order.Order, c order.Department, email string) (to, needless string) {
	switch {
	case email == "":
		return "", "the customer has no mail address"
	case o.Channel == order.ChannelWeb || o.Payment == order.PaymentCard || c.Answers == order.AnswersByMail:
		return email, ""
	}
	return "", "the customer is told by fax, with the acknowledgement"
}

// ShippingFax decides whether a customer who asks for it is told of a shipment by fax, too (WHS-3), and
// at which number: the registered one alone (FAX-3). own tells the shop's numbers; nil knows none.
func ShippingFax(o order.Order, s order.Shipment, c order.Department, own func(digits string) bool) (number string, err error) {
	number = digits(c.Fax)
	switch {
	case s.State != order.ShipmentShipped:
		return "", order.Conflict("WHS-3", fmt.Sprintf("shipment %d has not left", s.No))
	case o.Payment == order.PaymentCard:
		return "", order.Invalid("ACC-5", "fax", "who pays by card is told by mail alone")
	case number == "" || own != nil && own(number):
		return "", order.Invalid("FAX-3", "fax", "the customer has no registered fax number")
	}
	return number, nil
}
