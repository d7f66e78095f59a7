package page

import (
	"io"

	"todoke/order"
)

// Found is the list under a field of what may be meant.
type Found struct {
	Lang Lang
	Rows []FoundRow
}

// FoundRow is an item or a customer.
type FoundRow struct {
	Value string // its code
	Name  string
	Note  string
	Unit  string
	Price *order.Yen
	Stock *Stock
}

// Stock is what is there of an item at the warehouse that serves a customer first.
type Stock struct {
	Qty       int
	RestockOn order.Date
}

// Render writes the list.
func (v Found) Render(w io.Writer) error { return Render(w, v.Lang, "found", v) }

// Item is what is told of an item while its code is typed; Row is nil where there is none.
type Item struct {
	Lang Lang
	Row  *FoundRow
}

// Render writes it.
func (v Item) Render(w io.Writer) error { return Render(w, v.Lang, "item", v) }
