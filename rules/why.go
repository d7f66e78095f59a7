package rules

import (
	"slices"
	"strings"

	"todoke/order"
)

// Why is why a person is asked: what the desk sorts its work by.
type Why string

// The reasons for which something waits at the desk.
const (
	WhyDoubt   Why = "doubt"   // the reader is unsure of fields
	WhyRule    Why = "rule"    // read well, and a rule stands against it
	WhyResend  Why = "resend"  // it may have come before (FAX-5)
	WhyUnknown Why = "unknown" // none of our forms
	WhyMail    Why = "mail"    // a mail without a fax (FAX-1)
	WhyFailed  Why = "failed"  // nothing could be read of it
	WhyTime    Why = "time"    // which of two times it was received at (CUT-3)
	WhyHold    Why = "hold"    // an order is held by a rule, or made-to-order goods wait for a date (CUT-6)

	WhyDelivery Why = "delivery" // something did not reach its recipient (FAX-3)
	WhyPickList Why = "picklist" // a warehouse has not acknowledged a list (WHS-1)
	WhyPayment  Why = "payment"  // a card was not charged, or not given back (PAY-1)
	WhyPartner  Why = "partner"  // a warehouse's file was refused, or asks something (WHS-2)
)

// WhyReview is the main reason of a review: what decides how a person settles it. d is what was
// read; nil for a document as a whole, or where nothing was.
func WhyReview(reasons []*order.Error, d *order.Draft) Why {
	has := func(rule string) bool {
		return slices.ContainsFunc(reasons, func(e *order.Error) bool { return e.Rule == rule })
	}
	switch {
	case has("FAX-5"):
		return WhyResend
	case has("FAX-1"):
		return WhyMail
	case has("CUT-3"):
		return WhyTime
	case d == nil || d.Decision == order.DecisionUnreadable:
		return WhyFailed
	case d.Decision == order.DecisionNotAForm, d.Decision == order.DecisionBlank:
		return WhyUnknown
	}
	for _, e := range reasons {
		if e.Rule == "FAX-2" || e.Rule == "" || strings.HasPrefix(e.Message, "read as ") {
			return WhyDoubt
		}
	}
	if len(reasons) == 0 { // settled but for the release: it stays what it was
		if d.Field("received_at") != nil {
			return WhyTime
		}
		return WhyDoubt
	}
	return WhyRule
}
