// Package master reads and writes the shop's masters as CSV files: items, customers, users,
// ship-tos, dealers, warehouses, regions, stock, prices and calendar.
//
// In: UTF-8 text, with or without a byte order mark, a header row and the columns in any order.
// Out: master values, and a Report that names file, line and column of everything wrong with
// what to do about it. Values are only to be used where the report holds no error: a file is
// good as a whole or not at all. It never reads a database and never guesses: what a file
// leaves out is an error.
package master
