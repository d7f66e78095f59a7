// Package store is the one place that writes: all SQL, the blobs, and the queue's client.
//
// In come decisions made by pure rules; out go orders, documents and what waits. Every change
// is load, decide, save, enqueue in one transaction (InTx): the rows, the events that explain
// them and the jobs that follow commit together or not at all. It decides nothing itself, and
// the database's clock decides nothing either: every instant is an argument.
//
// Ordinary statements lie in query/*.sql by name; the set-wise ones of allocation and waves
// lie there too, next to the Go file that runs them.
package store
