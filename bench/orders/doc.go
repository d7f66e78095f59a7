// Package orders measures how fast orders are taken: from the shop front's POST, which is answered
// when the order is on the disk, to its stock being reserved. Beside it pgbench runs the statements
// that the program itself runs for one order, one order at a time, on the same cluster.
package orders
