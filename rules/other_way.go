package rules

import "todoke/order"

// OtherWay is where a customer's document goes on a channel, other than it went in vain: to what is
// registered, never to a number that somebody only claims (FAX-3); who pays by card is told by mail
// alone (ACC-5). c is nil where the document is for no customer.
func OtherWay(c *order.Department, card bool, channel, wasChannel, was string) (to string, refused *order.Error) {
	if c == nil {
		return "", order.Invalid("FAX-3", "channel", "it is for no customer: there is no other way for it")
	}
	switch channel {
	case string(order.ChannelFax):
		if card {
			return "", order.Invalid("ACC-5", "channel", "the customer pays by card and is told by mail alone")
		}
		if to = digits(c.Fax); to == "" {
			return "", order.Invalid("FAX-3", "channel", "the customer has no registered fax number")
		}
	case "mail":
		if to = c.Email; to == "" {
			return "", order.Invalid("FAX-3", "channel", "the customer has no registered mail address")
		}
	default:
		return "", order.Invalid("FAX-3", "channel", "choose fax or mail")
	}
	if channel == wasChannel && to == was {
		return "", order.Invalid("FAX-3", "channel", "that is where it went in vain: try it again, or register another number first")
	}
	return to, nil
}
