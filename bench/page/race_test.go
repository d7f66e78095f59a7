//go:build race

package page_test

// raced tells that the race detector watches.
const raced = true
