package rules

import (
	"cmp"
	"slices"
	"time"
)

// Promised is a quantity of an item that is reserved for a line and on no list.
type Promised struct {
	ID         int64 // the allocation's
	OrderID    int64
	ShipmentNo int
	LineNo     int
	AcceptedAt time.Time
	Qty        int
}

// TakeBack decides whose promise cannot be kept where lacking of an item is not there (STK-1, STK-4):
// the oldest are kept, so the newest orders give back first. It returns what each loses; rest is what
// even all of them do not cover.
func TakeBack(ps []Promised, lacking int) (taken []Promised, rest int) {
	newest := slices.Clone(ps)
	slices.SortFunc(newest, func(a, b Promised) int {
		return cmp.Or(b.AcceptedAt.Compare(a.AcceptedAt), cmp.Compare(b.OrderID, a.OrderID), cmp.Compare(b.LineNo, a.LineNo), cmp.Compare(b.ID, a.ID))
	})
	for _, p := range newest {
		if lacking <= 0 {
			break
		}
		p.Qty = min(p.Qty, lacking)
		lacking -= p.Qty
		taken = append(taken, p)
	}
	return taken, max(0, lacking)
}
