// Package document renders the documents the shop sends out: pick lists for the warehouses.
//
// In: plain values with everything that is to be printed. Out: PDF and Excel workbooks in
// Japanese, the same bytes for the same value, because an issued document can be sent again
// byte for byte (WHS-1). It loads nothing and decides nothing.
package document
