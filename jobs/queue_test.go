package jobs_test

import (
	"testing"

	"todoke/jobs"
)

// PAY-1: comparing the gateway's books, which may wait for it for minutes, keeps no card from being
// charged; and what could not be compared in an outage of hours is compared after it.
func TestPAY1BooksWaitApart(t *testing.T) {
	t.Parallel()
	books, cards, list := jobs.ReconcileCards{}.InsertOpts(), jobs.ChargeCards{}.InsertOpts(), jobs.PrintPickList{}.InsertOpts()
	if books.Queue == cards.Queue {
		t.Errorf("both wait in %q", books.Queue)
	}
	if books.MaxAttempts != list.MaxAttempts {
		t.Errorf("given up after %d attempts", books.MaxAttempts)
	}
}
