// Package e2e drives the real binary as a user would: it builds todoke, starts it as a process
// of its own on private databases, kills it, and looks at exit status, output and files. It
// knows nothing of todoke's insides and holds only tests; they need PostgreSQL's binaries and
// nothing else.
package e2e
