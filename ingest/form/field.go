package form

import (
	"fmt"
	"math"
	"slices"

	"todoke/order"
	printed "todoke/templates/form"
)

// field is a field on its way to the draft.
type field struct {
	def     *printed.Field
	cells   []cell
	states  []state
	glyphs  []glyphs // of the boxes that are not empty; zero elsewhere
	from    int      // the written boxes, half-open
	to      int
	gap     bool // an empty box between written ones
	doubt   bool // a box that may or may not be empty
	damaged bool
	amended bool // struck out, with something written above it
	two     bool // two digits in one box, by the reading that was chosen
	beside  bool // something is written beside the boxes
	outer   bool // a code's last digit is
	struck  bool // a line runs through the whole field
	split   []block
	out     order.DraftField
}

func (fl *field) isBlank() bool { return fl.to == 0 }

// dirt tells whether nothing in the field need be writing: little ink, in one box or two, that
// looks like no digit.
func (fl *field) dirt() bool {
	n := 0
	for i, s := range fl.states {
		if s == written || s == unsure && fl.cells[i].inkP(&fl.glyphs[i]) > 0.5 {
			return false
		}
		if s == unsure {
			n++
		}
	}
	return n > 0 && n <= 2
}

// wipe takes the field for blank.
func (fl *field) wipe() {
	for i := range fl.states {
		fl.states[i], fl.glyphs[i] = empty, glyphs{}
	}
	fl.delimit()
}

func (fl *field) review(reason string) {
	fl.out.Decision = order.DecisionReview
	if !slices.Contains(fl.out.Reasons, reason) {
		fl.out.Reasons = append(fl.out.Reasons, reason)
	}
}

// settle puts a reading into the field and decides.
func (fl *field) settle(r reading, cost Looks) {
	accept := needed(cost)
	fl.out.Text, fl.out.Evidence = r.text, r.evidence
	fl.out.Confidence = min(max(r.p, 0), 1)
	fl.out.Decision = order.DecisionAccept
	for _, reason := range r.reasons {
		fl.review(reason)
	}
	if fl.out.Confidence < accept {
		// Rounded down, so that what falls short never reads as what is needed.
		fl.review(fmt.Sprintf("not sure enough: %.2f %%, needs %.2f %%", math.Floor(1e4*fl.out.Confidence)/100, 100*accept))
	}
	fl.guard()
}

// guard sends to review what no probability covers.
func (fl *field) guard() {
	if fl.gap {
		fl.review("an empty box between written ones")
	}
	if fl.doubt && !strong(fl.out.Evidence) {
		fl.review("a box that may or may not be written on")
	}
	if fl.damaged && !fl.isBlank() {
		fl.review("damaged by the fax line")
	}
}

// blankOrDoubt settles a field without writing. It stays blank; damage over it is a review.
func (fl *field) blankOrDoubt() {
	fl.out.Text, fl.out.Confidence = "", 0.9999
	if fl.damaged {
		fl.review("damaged by the fax line")
	}
}
