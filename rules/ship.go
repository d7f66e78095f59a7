package rules

import "todoke/order"

// Shipped is the state of an order after goods of it left a warehouse (WHS-3), its shipments'
// states set: a released order is shipped when nothing of it waits any more, that is when every
// shipment is shipped or cancelled. What is short of stock stays short with the rest (STK-2),
// and what waits for a date from the desk stays as it is (CUT-6).
func Shipped(o order.Order) order.State {
	if o.State != order.StateReleased {
		return o.State
	}
	for _, sh := range o.Shipments {
		if sh.State != order.ShipmentShipped && sh.State != order.ShipmentCancelled {
			return o.State
		}
	}
	return order.StateShipped
}
