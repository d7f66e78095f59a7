package rules_test

import (
	"testing"

	"todoke/order"
	"todoke/rules"
)

// TestShippingFax: WHS-3, FAX-3: on request by fax, to the registered number alone.
func TestShippingFax(t *testing.T) {
	t.Parallel()
	own := func(n string) bool { return n == "0300002417" }
	for name, tt := range map[string]struct {
		state   order.ShipmentState
		payment order.Payment
		fax     string
		want    string
		kind    order.Kind
	}{
		"left":       {order.ShipmentShipped, order.PaymentInvoice, "0312345678", "0312345678", ""},
		"under way":  {order.ShipmentReleased, order.PaymentInvoice, "0312345678", "", order.KindConflict},
		"by card":    {order.ShipmentShipped, order.PaymentCard, "0312345678", "", order.KindInvalid},
		"no number":  {order.ShipmentShipped, order.PaymentInvoice, "", "", order.KindInvalid},
		"our number": {order.ShipmentShipped, order.PaymentInvoice, "0300002417", "", order.KindInvalid},
	} {
		got, err := rules.ShippingFax(order.Order{Payment: tt.payment}, order.Shipment{No: 1, State: tt.state}, order.Department{Fax: tt.fax}, own)
		if got != tt.want || tt.want == "" && order.KindOf(err) != tt.kind || tt.want != "" && err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
