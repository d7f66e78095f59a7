// Package dbtest gives every test a PostgreSQL database of its own, migrated, in milliseconds.
//
// In: a function that migrates and a key that changes when the migrations do. Out: a connection
// string to a fresh database, dropped when the test ends. The first test to name a key makes a
// template database; every further one is a copy of its files.
//
// All test processes of a user share one private PostgreSQL. The first one starts it: the test
// binary runs itself once more as a supervisor, detached, which stops the server ten seconds
// after the last test process has ended (however it ended: a lock that the kernel frees tells).
// The cluster stays under the folder for temporary files and is used again by the next run,
// with the templates in it; templates unused for a day are dropped, and a cluster that no
// longer starts is made anew. Nothing needs setting up but PostgreSQL's programs, found as
// pgcluster.Find does or through PG_BINDIR. DBTEST_URL names a server to use instead; it needs
// the right to create databases.
//
// Server settings favour speed over safety (fsync is off). Never keep anything in it.
package dbtest
