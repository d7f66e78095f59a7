// Package api is the shop fronts' HTTP interface: placing orders and looking at them, described
// by OpenAPI 3.1 at /openapi.yaml.
//
// In: HTTP requests with a bearer token per shop front. Out: orders as JSON, and problems by
// RFC 9457 that name field and rule. Every attempt to place an order carries an
// Idempotency-Key; the same attempt is answered the same, byte for byte, and ordered once. It
// holds no rule and no SQL, and never shows what failed inside.
package api
