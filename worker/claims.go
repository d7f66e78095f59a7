package worker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/ingest/gateway"
	"todoke/store"
)

// claimsOf are the claims of a mail's gateway; none where no profile fits.
func claimsOf(m Mail) []store.Claim {
	f := m.Facts
	if f.Profile == "" {
		return nil
	}
	by := strings.TrimSpace("gateway " + f.Profile + " " + m.From)
	var out []store.Claim
	add := func(kind store.ClaimKind, value, text, problem string) {
		out = append(out, store.Claim{Kind: kind, Value: value, Text: text, By: by, Problem: problem})
	}
	if f.Kind == gateway.KindFailed || f.Kind == gateway.KindDelivered {
		add(store.ClaimNotice, string(f.Kind), m.Subject, "")
		return out
	}
	if f.Kind == gateway.KindFax || f.Caller.Text != "" { // a fax without a caller is a claim, too: of nobody
		out = append(out, numberClaim(store.ClaimCaller, f.Caller, by))
	}
	if f.Station.Text != "" {
		out = append(out, numberClaim(store.ClaimStation, f.Station, by))
	}
	if f.Line.Text != "" {
		add(store.ClaimLine, f.Line.Digits, f.Line.Text, "")
	}
	if f.AtText != "" {
		value, problem := "", "this is no time"
		if !f.At.IsZero() {
			value, problem = f.At.UTC().Format(time.RFC3339), ""
		}
		add(store.ClaimReceived, value, f.AtText, problem)
	}
	if f.Pages > 0 {
		add(store.ClaimPages, strconv.Itoa(f.Pages), "", "")
	}
	if f.Job != "" {
		add(store.ClaimJob, f.Job, "", "")
	}
	if f.Serial > 0 {
		add(store.ClaimSerial, strconv.FormatInt(f.Serial, 10), "", "") // all lines of a gateway share its count
	}
	if f.Incomplete != "" {
		add(store.ClaimIncomplete, f.Incomplete, "", "")
	}
	return out
}

// fileClaims are the claims of the name that a fax server gave a file.
func fileClaims(f gateway.Facts) []store.Claim {
	claims := claimsOf(Mail{Facts: f})
	return slices.DeleteFunc(claims, func(c store.Claim) bool { // a name without a number says nothing of the caller
		return c.Kind == store.ClaimCaller && c.Text == ""
	})
}

// numberClaim is a claim of who sent a fax.
func numberClaim(kind store.ClaimKind, n gateway.Number, by string) store.Claim {
	c := store.Claim{Kind: kind, Value: n.Digits, Text: n.Text, By: by}
	switch {
	case n.Own:
		c.Problem = "the number " + n.Text + " is our own"
	case n.Withheld:
		c.Problem = "the number was withheld (" + n.Text + ")"
	case n.Digits == "" && n.Text != "" && kind == store.ClaimCaller:
		c.Problem = strconv.Quote(n.Text) + " is no Japanese number"
	}
	return c
}

// headerClaim is the line that the sending machine printed at the top of a page, the first that has
// one. It is a picture for people: what it says is not read.
func headerClaim(page, top, bottom int, yDPI float64) store.Claim { //nolint:forbidigo // dots an inch
	const mm = 25.4
	return store.Claim{
		Kind: store.ClaimHeader, By: "the sending machine's print",
		Text: fmt.Sprintf("page %d, %.1f to %.1f mm from its top", page, float64(top)/yDPI*mm, float64(bottom)/yDPI*mm), //nolint:forbidigo // millimetres of paper
	}
}
