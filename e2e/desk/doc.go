// Package desk drives the customer desk of a running sample shop in real browsers: what a person
// needs to settle faxes, what is left after a crash, and how every page looks and reads.
//
// In: the binary, built once; simulated faxes; Chromium. Out: failed tests, the figures of
// `make settle`, and pictures of every page where SHOTS names a folder.
package desk
