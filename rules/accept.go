package rules

import (
	"time"

	"todoke/order"
)

// Facts are the masters that one request's rules look at.
type Facts struct {
	Settings   Settings
	Calendar   *Calendar
	Regions    *Regions
	Warehouses []order.Warehouse
	Department order.Department
	ShipTos    map[string]order.ShipTo          // of the department's company, by code
	Items      map[string]order.Item            // the request's items and their successors, by code
	Prices     map[string][]order.ContractPrice // of the department's price list, by item code
}

// Accept makes the canonical order of a request and the events that explain it, or says
// everything that stands against it, each with rule id and field. The order carries no number
// and no ids; its shipments are one per delivery class at the warehouse that serves the
// ship-to first (CUT-8, STK-1): allocation splits them further where stock lies elsewhere.
//
// now is the instant of acceptance: dispatch deadlines already past move the promise (CUT-11).
func Accept(req order.Request, f Facts, now time.Time) (order.Order, []order.Event, []*order.Error) {
	panic("rules.Accept")
}
