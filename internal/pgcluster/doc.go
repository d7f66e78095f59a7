// Package pgcluster runs a private PostgreSQL as a supervised child process.
//
// In: a directory and, optionally, where PostgreSQL's binaries are. Out: a connection string
// on a Unix socket that only the caller's user can reach. Everything lies under the directory:
//
//	data/          the data directory, made by initdb at the first start
//	run/           the socket, 0700
//	postgres.log   what the server says; its last lines are in the errors of Start
//	owner.lock     held by the process whose child the server is
//	users.lock     shared by the processes that use the server (Open, Attach)
//
// The server never runs as root: a caller that is root drops to the data directory's owner, or
// for a new one to "postgres", else "nobody". When the caller is killed the kernel sends the
// server SIGINT and it stops cleanly by itself (Linux; elsewhere it stays until the next start);
// the next Start takes over whatever is left behind: a server still running or stopping, a
// stale postmaster.pid, backends that outlived their postmaster.
//
// It never deletes or upgrades a data directory, never listens on TCP, and knows nothing of
// what is stored in it.
package pgcluster
