package rules_test

import (
	"testing"

	"todoke/order"
	"todoke/rules"
)

// TestWHS3Shipped is WHS-3: an order is shipped when nothing of it is still to come.
func TestWHS3Shipped(t *testing.T) {
	t.Parallel()
	const released, shipped, planned, cancelled = order.ShipmentReleased, order.ShipmentShipped, order.ShipmentPlanned, order.ShipmentCancelled
	for name, tt := range map[string]struct {
		state     order.State
		shipments []order.ShipmentState
		want      order.State
	}{
		"all of it":               {order.StateReleased, []order.ShipmentState{shipped, shipped}, order.StateShipped},
		"the rest was cancelled":  {order.StateReleased, []order.ShipmentState{shipped, cancelled}, order.StateShipped},
		"one is on its way":       {order.StateReleased, []order.ShipmentState{shipped, released}, order.StateReleased},
		"one is planned":          {order.StateReleased, []order.ShipmentState{shipped, planned}, order.StateReleased},
		"short":                   {order.StateShort, []order.ShipmentState{shipped}, order.StateShort},
		"made to order, no date":  {order.StateAllocated, []order.ShipmentState{shipped, planned}, order.StateAllocated},
		"shipped before":          {order.StateShipped, []order.ShipmentState{shipped}, order.StateShipped},
		"held after it was short": {order.StateHeld, []order.ShipmentState{shipped}, order.StateHeld},
	} {
		o := order.Order{State: tt.state}
		for i, s := range tt.shipments {
			o.Shipments = append(o.Shipments, order.Shipment{No: i + 1, State: s})
		}
		got := rules.Shipped(o)
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if !tt.state.CanBecome(got) {
			t.Errorf("%s: %s cannot become %s", name, tt.state, got)
		}
	}
}
