// Package worker carries out jobs, one file a kind. It decodes and renders with no transaction
// open, then saves the outcome and finishes its job in one (store.Complete, fenced), so that a
// job that is tried again, or killed at any instant, has either happened or not. It holds no
// rules.
package worker
