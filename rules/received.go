package rules

import (
	"fmt"
	"time"

	"todoke/order"
)

// WebReceivedAt is when a web order counts as received (CUT-3): the ordered_at of an
// authenticated shop front where it lies at most the tolerance (five minutes) before our
// receipt and not after it, else our receipt. A caller without authentication passes a zero
// orderedAt.
func WebReceivedAt(orderedAt, receiptAt time.Time, s Settings) time.Time {
	tolerance := time.Duration(s.WebClockToleranceMinutes) * time.Minute
	if orderedAt.IsZero() || orderedAt.After(receiptAt) || orderedAt.Before(receiptAt.Add(-tolerance)) {
		return receiptAt
	}
	return orderedAt
}

// FaxClaims are the times that speak for when a fax came in; zero where there is none.
type FaxClaims struct {
	GatewayAt  time.Time // the reception time that the gateway states
	HeaderAt   time.Time // the Received header that our own mail server stamped
	InternalAt time.Time // IMAP INTERNALDATE
	FileAt     time.Time // a dropped file's own time
	TakenAt    time.Time // when todoke took the document in: only the measure of the others, which cannot lie after it
}

// FaxReceivedAt is when a fax counts as received and which claim said so (CUT-3): gateway,
// header, internal_date, file or taken. A gateway time too far from our server's own (later by
// more than FaxClockAheadMinutes, earlier by more than FaxClockBehindMinutes) is an error
// for a person to decide, with our server's time in Suggest and in at. So is any time later
// than TakenAt by more than FaxClockAheadMinutes: a fax cannot have come in after we had it.
func FaxReceivedAt(c FaxClaims, s Settings) (at time.Time, claim string, _ *order.Error) {
	own, ownClaim := c.HeaderAt, "header"
	switch {
	case !c.HeaderAt.IsZero():
	case !c.InternalAt.IsZero():
		own, ownClaim = c.InternalAt, "internal_date"
	case !c.FileAt.IsZero():
		own, ownClaim = c.FileAt, "file"
	default:
		own, ownClaim = c.TakenAt, "taken"
	}
	ahead := time.Duration(s.FaxClockAheadMinutes) * time.Minute
	if latest := c.TakenAt.Add(ahead); !c.TakenAt.IsZero() && (own.After(latest) || c.GatewayAt.After(latest)) {
		e := order.Invalid("CUT-3", "received_at", fmt.Sprintf(
			"the fax says that it came in at %s, which is later than %s, when we had it: some clock is wrong, decide which holds",
			stamp(later(own, c.GatewayAt)), stamp(c.TakenAt)))
		e.Suggest = c.TakenAt.In(order.JST).Format(time.RFC3339)
		return c.TakenAt, "taken", e
	}
	switch {
	case c.GatewayAt.IsZero() && own.IsZero():
		return time.Time{}, "", order.Invalid("CUT-3", "received_at", "nothing says when the fax was received: enter it")
	case c.GatewayAt.IsZero():
		return own, ownClaim, nil
	case own.IsZero():
		return c.GatewayAt, "gateway", nil
	}
	behind := time.Duration(s.FaxClockBehindMinutes) * time.Minute
	if c.GatewayAt.After(own.Add(ahead)) || c.GatewayAt.Before(own.Add(-behind)) {
		e := order.Invalid("CUT-3", "received_at", fmt.Sprintf(
			"the gateway states that the fax came in at %s, our server had it at %s: decide which holds", stamp(c.GatewayAt), stamp(own)))
		e.Suggest = own.In(order.JST).Format(time.RFC3339)
		return own, ownClaim, e
	}
	return c.GatewayAt, "gateway", nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// stamp writes an instant as people in Japan read it.
func stamp(t time.Time) string { return t.In(order.JST).Format(time.DateTime) }

const receivedField = "received_at"

// AskReceived puts the question which of two times holds into a draft: nothing is ordered before a
// person has answered it. problem is that of FaxReceivedAt.
func AskReceived(d *order.Draft, problem *order.Error) {
	if d.Field(receivedField) == nil {
		d.Fields = append(d.Fields, order.DraftField{Name: receivedField, Decision: order.DecisionReview, Reasons: []string{problem.Message}})
	}
}

// ReceivedOf is when a fax counts as received: as a person decided, else as it came in.
func ReceivedOf(d *order.Draft, receivedAt time.Time) (time.Time, *order.Error) {
	if d == nil {
		return receivedAt, nil
	}
	f := d.Field(receivedField)
	if f == nil || f.Text == "" {
		return receivedAt, nil
	}
	at, err := time.Parse(time.RFC3339, f.Text)
	if err != nil {
		return receivedAt, order.Invalid("CUT-3", "received_at", "write the time as 2026-11-24T16:59:00+09:00")
	}
	return at, nil
}
