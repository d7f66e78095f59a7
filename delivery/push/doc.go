// Package push carries files to partners' HTTPS servers by POST, signed.
//
// In: a URL, a secret shared with the partner, names and bytes. Out: whether the partner took the
// file. It follows no redirect, and reaches no machine of our own network unless told so.
package push
