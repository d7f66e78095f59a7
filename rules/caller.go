package rules

import (
	"fmt"
	"slices"
	"strings"

	"todoke/order"
)

// MismatchAction is what becomes of a form that came from another customer's number.
type MismatchAction string

// The actions.
const (
	MismatchReview MismatchAction = "review" // a person decides whose order it is
	MismatchNote   MismatchAction = "note"   // it is an order, and the document's events tell
)

// CallerMismatch tells that a fax came from the registered number of another customer than the one
// whose form it is (FAX-3): the form may have been copied, or the number forged, and its answer goes to
// the registered number. caller is the number that the line was called from, owners the customers that
// have it registered, customer the form's and fax that customer's registered number. Where any of them
// is not known nothing is told: many customers send from a shop around the corner.
func CallerMismatch(caller string, owners []string, customer, fax string) *order.Error {
	if caller == "" || len(owners) == 0 || customer == "" || fax == "" || caller == fax || slices.Contains(owners, customer) {
		return nil
	}
	return order.Conflict("FAX-3", fmt.Sprintf(
		"the fax came from %s, which customer %s has registered, and the form is of customer %s, whose number is %s: make sure whose order it is",
		order.FormatPhone(caller), strings.Join(owners, ", "), customer, order.FormatPhone(fax)))
}
