package jobs

import (
	"github.com/riverqueue/river"

	"todoke/order"
)

// Next is the process on one page: what work follows what happened to an order.
//
//	document stored ─► read_document ─► accepted ─► allocate_orders ─► allocated | short
//	schedule (wave) ─► release_wave ─► released ─► print_pick_list ─► deliver_document
//	held by APR-1 ─► ask_approvers ─► deliver_document; approved ─► hold_freed ─► allocate_orders
//	deadline missed, day closed ─► replan_shipments ─► replanned
//	ship day of card goods ─► charge_cards (before the wave); cancelled, short, shipped ─► charge_cards
//	read_partner_file ─► shipped | short ─► tell_shipped ─► deliver_document
//	cut-off passed ─► settle_fees
//	accepted, replanned, short, cancelled …, page to review, illegible ─► answer_customers ─► deliver_document
//
// Documents, pick lists and deliveries name their job by their own id, so the transaction
// that makes the row inserts the job; events of orders come through here. Each job is
// returned once however many events ask for it. With answer_customers the transaction also
// makes the row that waits for it; allocation, which works set-wise, does both itself.
func Next(events []order.Event) []river.JobArgs {
	var allocate, answer bool
	for _, e := range events {
		switch e.Kind {
		case order.EventAccepted, order.EventHoldFreed, order.EventCancelled:
			allocate = true // what a cancelled order gave back may fill a backorder (STK-4)
			answer = answer || !e.Quiet()
		case order.EventHeld, order.EventPromised, order.EventReplanned, order.EventShort:
			answer = answer || !e.Quiet() // the customer is told (CUT-6, CUT-11, STK-2)
		case order.EventFeeSet:
			answer = answer || e.Rule == "FEE-2" // a fee that is charged after all, or falls away
		case order.EventPriced, order.EventAllocated, order.EventReleased, order.EventShipped, order.EventNoted:
			// Allocated orders wait for their wave, which is a schedule; released ones for their pick
			// list, whose job is inserted with the list.
		}
	}
	var next []river.JobArgs
	if allocate {
		next = append(next, AllocateOrders{})
	}
	if answer {
		next = append(next, AnswerCustomers{})
	}
	return next
}
