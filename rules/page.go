package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"todoke/order"
)

// PageFacts is what is known of a page when it is told what it is.
type PageFacts struct {
	Decision order.Decision // the reader's; "" where the page could not be decoded
	Form     string         // which of our forms the page says it is: order, return, points, prize or registration; "" none
	By       string         // what it says so by: qr, barcode or number; "" where its marks alone do
	Damaged  bool           // rows of it are lost, or the decoder left something out
	No       int            // 1-based
	Pages    int            // of the document
	Written  int            // of the other pages are not blank
	Forms    int            // of the other pages are order forms
	Ordered  int            // of the other pages became orders without a person
	Customer bool           // the sender's number is a customer's
	Look     order.PageLook
	Like     []PageLike // pages that a person judged before and that look like this one, the most alike first
}

// PageLike is a page that a person judged, and how like it another one is.
type PageLike struct {
	Kind       order.PageKind `json:"kind"` // the person's judgement
	Name       string         `json:"page"` // document.page
	By         string         `json:"by"`
	SameSender bool           `json:"same_sender"` // by caller's number or customer code
	Permille   int            `json:"permille"`    // of the ink of both is found on the other
	AddedMM2   int            `json:"added_mm2"`   // of this one's ink is where that one is white
	ChangedMM2 int            `json:"changed_mm2"` // of both differ sign by sign; -1 where nobody looked so closely
}

// PageVerdict is what a page is taken for, and whether that closes it.
type PageVerdict struct {
	Kind order.PageKind `json:"kind"`
	// Sure tells a fact (our form says its name, nothing is on the page) from a suggestion, which a
	// person confirms or not.
	Sure     bool     `json:"sure"`
	Close    bool     `json:"close"` // nobody need look at it (PGE-3, PGE-4)
	Rule     string   `json:"rule"`
	Evidence []string `json:"evidence"`
}

// pageForms are the kinds that our forms say they are.
var pageForms = map[string]order.PageKind{
	"order": order.PageOrderForm, "return": order.PageReturn, "points": order.PagePoints, "prize": order.PagePrize, "registration": order.PageRegistration,
}

// KindOfPage tells what a page is (PGE-1 to PGE-4). What cannot be told is unknown. Only a blank
// page beside others and a cover sheet that a person has called one before are ever closed, and,
// where the shop wants it so, an advert that people have called one often enough; the rest waits
// for a person with the kind as a suggestion.
func KindOfPage(f PageFacts, s Settings) PageVerdict {
	v := PageVerdict{Rule: "PGE-1", Evidence: []string{}}
	say := func(format string, args ...any) { v.Evidence = append(v.Evidence, fmt.Sprintf(format, args...)) }
	form := pageForms[f.Form]
	switch {
	case f.Decision == "":
		v.Kind, v.Sure = order.PageUnreadable, true
		say("it could not be decoded")
	case form != "":
		v.Kind, v.Sure = form, f.By != ""
		if f.By != "" {
			say("it says so itself: %s", f.By)
		} else {
			say("it has the marks of our form, but its name is not legible")
		}
	case f.Decision == order.DecisionUnreadable:
		v.Kind, v.Sure = order.PageUnreadable, true
	case f.Decision == order.DecisionBlank:
		v.Kind, v.Sure, v.Rule = order.PageBlank, true, "PGE-2"
		v.Close = f.Written > 0 && !f.Damaged
		say("nothing is on it")
		if f.Written == 0 {
			say("nor on any other page: it may have been sent with the wrong side up")
		}
	case f.Decision != order.DecisionNotAForm: // the reader found the order form
		v.Kind = order.PageOrderForm
		say("the reader takes it for an order form")
	default:
		v.notAForm(f, s, say)
	}
	return v
}

// notAForm tells what a page is that is none of our forms.
func (v *PageVerdict) notAForm(f PageFacts, s Settings, say func(string, ...any)) {
	v.Kind = order.PageUnknown
	say("ink %s, screened pictures %s, black areas %s, ruled lines %d level and %d upright", percentOf(f.Look.InkPermille),
		percentOf(f.Look.HalftonePermille), percentOf(f.Look.DarkPermille), f.Look.Rows, f.Look.Columns)
	same := f.nearest(s)
	if len(same) > 0 {
		first := same[0]
		v.Kind, v.Rule = first.Kind, "PGE-3"
		say("it looks like page %s (%s alike, %d mm² added), which %s called %s", first.Name, percentOf(first.Permille), first.AddedMM2, first.By, first.Kind.Words())
		v.closeAlike(f, s, same, say)
		return
	}
	switch {
	case f.Look.InkPermille >= mostInk:
		v.Kind = order.PageUnreadable
		say("more than half of it is black")
	case looksLikeAdvert(f.Look):
		if f.Customer { // who may have written an order on it
			say("it looks like an advert, but comes from a customer's number")
			return
		}
		v.Kind = order.PageAdvert
		say("it looks like an advert")
	case f.No == 1 && f.Forms > 0 && plain(f.Look):
		v.Kind = order.PageCover
		say("it is the first page, plain, and an order form follows")
	}
}

// Bounds of what a page looks like; suggestions only, nothing is closed by them.
const (
	advertArea    = 70  // permille of pictures and black areas
	advertDisplay = 150 // mm² of display type, beside half of that area
	coverInk      = 35  // permille
	coverRows     = 12  // level lines: more are a list
	mostInk       = 550 // permille: a lid left open
)

func looksLikeAdvert(l order.PageLook) bool {
	area := l.HalftonePermille + l.DarkPermille
	return area >= advertArea || 2*area >= advertArea && l.DisplayMM2 >= advertDisplay
}

// plain tells whether a page has little on it and no list.
func plain(l order.PageLook) bool {
	return l.InkPermille <= coverInk && l.HalftonePermille == 0 && l.Rows < coverRows
}

// nearest are the judged pages that are the same sheet but for a date or a number.
// Those that differ least, sign by sign, come first.
func (f PageFacts) nearest(s Settings) []PageLike {
	var out []PageLike
	for _, l := range f.Like {
		if l.Permille >= s.PageAlikePermille {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b PageLike) int { return cmp.Compare(uint(a.ChangedMM2), uint(b.ChangedMM2)) }) // -1 is the most
	return out
}

// closeAlike closes a page that is the same as what people have judged, where that is safe
// (PGE-4): nothing is written on it beside, nobody has ever called such a page anything else, and
// it lacks no row.
func (v *PageVerdict) closeAlike(f PageFacts, s Settings, same []PageLike, say func(string, ...any)) {
	pages := map[string]bool{}
	best := -1
	for i, l := range same {
		unchanged := l.ChangedMM2 >= 0 && l.ChangedMM2 <= s.PageChangedMM2 && l.AddedMM2 <= s.PageAddedMM2
		if l.Kind != v.Kind {
			if !unchanged {
				continue // that one had something else on it
			}
			say("but %s called page %s %s", l.By, l.Name, l.Kind.Words())
			v.Kind = order.PageUnknown // people differ: one of the two kinds would be a guess
			return
		}
		if unchanged && (v.Kind != order.PageCover || l.SameSender) {
			pages[l.Name] = true
			if best < 0 {
				best = i
			}
		}
	}
	if best < 0 {
		say("not so alike that nothing can have been written on it")
		return
	}
	if f.Damaged {
		say("rows of it are lost: a person must look at it")
		return
	}
	switch {
	case v.Kind == order.PageCover && f.No == 1 && f.Ordered > 0:
		v.Close, v.Sure, v.Rule = true, true, "PGE-4"
		say("the same sender's cover sheet again, %d mm² changed; %d other page(s) became orders", same[best].ChangedMM2, f.Ordered)
	case v.Kind == order.PageAdvert && s.PageAdvertMarks > 0 && len(pages) >= s.PageAdvertMarks && !f.Customer:
		v.Close, v.Sure, v.Rule = true, true, "PGE-4"
		say("the same advert as %d pages that people called one", len(pages))
	}
}

// percentOf writes thousandths as a percentage.
func percentOf(permille int) string {
	if permille%10 == 0 {
		return strconv.Itoa(permille/10) + " %"
	}
	return fmt.Sprintf("%d.%d %%", permille/10, permille%10)
}
