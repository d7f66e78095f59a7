package browsertest

import (
	"context"
	"errors"
	"testing"

	"github.com/chromedp/cdproto"
)

// TestWhatIsDoneAgain: an element that went with its page is looked for again; whatever else a page
// says is told.
func TestWhatIsDoneAgain(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{
		"No node with given id found":                        true,
		"Could not find node with given id":                  true,
		"Node with given id does not belong to the document": true,
		"Could not compute box model.":                       false,
		"DOM Error while querying":                           false,
	} {
		if got := left(errors.Join(context.Canceled, &cdproto.Error{Code: -32000, Message: message})); got != want {
			t.Errorf("%q: done again %v, want %v", message, got, want)
		}
	}
	if left(nil) || left(context.DeadlineExceeded) {
		t.Error("done again without a page that was left")
	}
}
