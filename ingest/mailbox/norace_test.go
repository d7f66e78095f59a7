//go:build !race

package mailbox_test

// raced tells that the race detector watches.
const raced = false
