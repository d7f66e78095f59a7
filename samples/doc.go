// Package samples invents a believable office-supply shop: items, customers with their
// departments, users and ship-tos, dealers, warehouses, regions, contract prices, stock and
// calendar.
//
// In: nothing. Out: the same values every time, byte for byte. Every company, person, product
// and number in it is made up: fax numbers have exchanges that are never assigned, mail
// addresses lie under example.jp, and corporate numbers belong to no registry office. It reads
// no file and no clock.
package samples
