package rules

import (
	"cmp"
	"slices"

	"todoke/order"
)

// WarehouseOrder is the order in which a region's lines look for stock (STK-1): the warehouses
// that serve the region first, then the others, each by fallback order and code.
func WarehouseOrder(region string, warehouses []order.Warehouse) []string {
	ws := slices.Clone(warehouses)
	slices.SortFunc(ws, func(a, b order.Warehouse) int {
		serves := func(w order.Warehouse) int {
			if slices.Contains(w.Regions, region) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(serves(a), serves(b)), cmp.Compare(a.FallbackOrder, b.FallbackOrder), cmp.Compare(a.Code, b.Code))
	})
	codes := make([]string, len(ws))
	for i, w := range ws {
		codes[i] = w.Code
	}
	return codes
}

// Demand is what one line still needs, in order units.
type Demand struct {
	OrderID  int64
	LineNo   int
	ItemCode string
	Region   string
	Qty      int
}

// StockKey names the stock of one item at one warehouse.
type StockKey struct{ WarehouseCode, ItemCode string }

// Allocation is a quantity of one line reserved at one warehouse.
type Allocation struct {
	OrderID       int64
	LineNo        int
	WarehouseCode string
	ItemCode      string
	Qty           int
}

// Allocate reserves stock (STK-1): demands in order of acceptance, each taking what is
// available at its region's warehouses in the order that prefer gives, as far as it goes
// (STK-2). A demand that finds too little takes what there is; the next may still be filled
// elsewhere. available is not changed. The allocations come in the order of the demands, each
// at least 1 and never more than available in sum. Demands of no quantity get nothing.
func Allocate(demands []Demand, available map[StockKey]int, prefer func(region string) []string) []Allocation {
	left := make(map[StockKey]int)
	var out []Allocation
	for _, d := range demands {
		need := d.Qty
		for _, w := range prefer(d.Region) {
			if need <= 0 {
				break
			}
			key := StockKey{w, d.ItemCode}
			have, seen := left[key]
			if !seen {
				have = available[key]
			}
			take := min(need, have)
			if take <= 0 {
				continue
			}
			left[key] = have - take
			need -= take
			out = append(out, Allocation{d.OrderID, d.LineNo, w, d.ItemCode, take})
		}
	}
	return out
}
