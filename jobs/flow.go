package jobs

import (
	"github.com/riverqueue/river"

	"todoke/order"
)

// Next is the process on one page: what work follows what happened to an order.
//
//	document stored ─► read_document ─► accepted ─► allocate_orders ─► allocated | short
//	schedule (wave) ─► release_wave ─► released ─► print_pick_list ─► deliver_document
//	deadline missed, day closed ─► replan_shipments ─► replanned
//
// Documents, pick lists and deliveries name their job by their own id, so the transaction
// that makes the row inserts the job; events of orders come through here. Each job is
// returned once however many events ask for it.
func Next(events []order.Event) []river.JobArgs {
	var allocate bool
	for _, e := range events {
		switch e.Kind {
		case order.EventAccepted, order.EventHoldFreed, order.EventCancelled:
			allocate = true // what a cancelled order gave back may fill a backorder (STK-4)
		case order.EventHeld, order.EventPriced, order.EventFeeSet, order.EventPromised,
			order.EventReplanned, order.EventAllocated, order.EventShort, order.EventReleased,
			order.EventShipped, order.EventNoted:
			// Replanned, allocated and short orders wait for their wave, which is a schedule;
			// released ones for their pick list, whose job is inserted with the list.
		}
	}
	if allocate {
		return []river.JobArgs{AllocateOrders{}}
	}
	return nil
}
