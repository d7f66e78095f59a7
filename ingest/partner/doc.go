// Package partner reads the files that partner warehouses send back: shipment results,
// acknowledgements and stock counts, as CSV or Excel workbooks (WHS-2).
//
// In: a file's bytes and the partner's names for the columns. Out: rows with their lines, or every
// fault with line, column and what to do. It knows no orders: what the rows mean for those on a list
// the rules decide. Nothing is taken of a file that has a fault.
package partner
