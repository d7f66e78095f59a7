package page_test

import (
	"strings"
	"testing"

	"todoke/bench/page"
	"todoke/order"
)

// TestNothingThatMustBeSeenIsClosed: a sample of each kind; todoke bench pages takes many.
func TestNothingThatMustBeSeenIsClosed(t *testing.T) {
	t.Parallel()
	if raced {
		t.Skip("it only computes, and takes a minute and a half under the race detector: make test runs it without")
	}
	rep, err := page.Measure(t.Context(), 1, 11)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := rep.Print(&b); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
	if rep.Lost != 0 {
		t.Errorf("%d pages that must be seen were closed", rep.Lost)
	}
	for name, kind := range map[string]order.PageKind{
		"order form": order.PageOrderForm, "return request": order.PageReturn, "point inquiry": order.PagePoints, "prize application": order.PagePrize,
		"registration change": order.PageRegistration, "blank": order.PageBlank, "black or noise": order.PageUnreadable,
	} {
		if rep.Taken[name][kind] != rep.N {
			t.Errorf("%s: taken for %v", name, rep.Taken[name])
		}
	}
}
