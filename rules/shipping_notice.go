package rules

import "todoke/order"

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
