package worker

import (
	"context"
	"math"
	"slices"

	"todoke/ingest/fax"
	"todoke/ingest/page"
	"todoke/internal/likeness"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// look is what is measured of a page that is none of our forms (PGE-1).
type look struct {
	measures order.PageLook
	print    likeness.Print
	image    likeness.Page
	like     []rules.PageLike
	damaged  bool
}

// lookAt measures a page where the reader found no form on it.
func lookAt(p fax.Page, d order.Draft) *look {
	if d.Decision != order.DecisionNotAForm || d.Form != "" {
		return nil
	}
	return &look{
		measures: page.Look(p.Image, p.XDPI, p.YDPI), print: likeness.Of(p.Image, p.XDPI, p.YDPI),
		image:   likeness.Page{Image: p.Image, XDPI: p.XDPI, YDPI: p.YDPI},
		damaged: len(p.BadRows)+len(p.BadColumns) > 0 || p.LeftOut,
	}
}

// compare finds pages that people judged and that look like those of a document. It is called
// with no transaction open: it takes its time.
func (w *ReadDocument) compare(ctx context.Context, doc store.Document, pages []readPage) error {
	if !slices.ContainsFunc(pages, func(p readPage) bool { return p.look != nil }) {
		return nil
	}
	judged, err := w.cfg.Store.JudgedPages(ctx, doc.ID, doc.Caller, customersOf(pages))
	if err != nil {
		return err
	}
	settings := w.cfg.Store.Settings()
	least := float64(settings.PageAlikePermille) / 1000 //nolint:forbidigo // a likeness
	alike := make([][]alikePage, len(pages))
	for _, j := range judged {
		other, err := likeness.Parse(j.Print)
		if err != nil {
			w.cfg.logger().ErrorContext(ctx, "print of a page left out", "page", j.Name(), "error", err)
			continue
		}
		for i := range pages {
			l := pages[i].look
			if l == nil {
				continue
			}
			found, ok := likeness.AtLeast(other, l.print, least)
			if !ok {
				continue
			}
			alike[i] = append(alike[i], alikePage{j, rules.PageLike{
				Kind: j.Kind, Name: j.Name(), By: j.By, SameSender: j.SameSender,
				Permille: int(1000 * found.Score), AddedMM2: int(math.Ceil(found.AddedMM2)), ChangedMM2: -1,
			}})
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	for i, all := range alike {
		if err := w.lookCloser(ctx, pages[i].look, all, settings); err != nil {
			return err
		}
	}
	return nil
}

// alikePage is a judged page that looks like another one.
type alikePage struct {
	judged store.JudgedPage
	like   rules.PageLike
}

// closeLooks is how many judged pages of each kind are compared sign by sign with a page, at least:
// each takes some tens of milliseconds, and an advert that comes every day has hundreds like it.
const closeLooks = 8

// lookCloser compares a page sign by sign with those it is most alike, of each kind that people
// called such pages; the others tell the kind alone.
func (w *ReadDocument) lookCloser(ctx context.Context, l *look, all []alikePage, s rules.Settings) error {
	slices.SortStableFunc(all, func(a, b alikePage) int { return b.like.Permille - a.like.Permille })
	looked := map[order.PageKind]int{}
	most := max(closeLooks, s.PageAdvertMarks)
	for _, a := range all {
		if a.like.AddedMM2 <= s.PageAddedMM2 && looked[a.like.Kind] < most {
			if err := ctx.Err(); err != nil {
				return err
			}
			looked[a.like.Kind]++
			a.like.ChangedMM2 = w.changed(ctx, a.judged, l.image)
		}
		l.like = append(l.like, a.like)
	}
	return nil
}

// changed is how much of a page differs from a judged one, sign by sign; -1 where that one's
// picture cannot be looked at.
func (w *ReadDocument) changed(ctx context.Context, j store.JudgedPage, image likeness.Page) int {
	data, err := w.cfg.Store.Blobs().Get(j.BlobKey)
	if err == nil {
		var was likeness.Page
		if was.Image, was.XDPI, was.YDPI, err = snippet(data); err == nil {
			return int(math.Ceil(likeness.Changes(was, image)))
		}
	}
	w.cfg.logger().ErrorContext(ctx, "picture of a judged page left out", "page", j.Name(), "error", err)
	return -1
}

// customersOf are the customers whose order forms a document holds.
func customersOf(pages []readPage) []string {
	var codes []string
	for _, p := range pages {
		if p.draft == nil {
			continue
		}
		if f := p.draft.Field("customer_code"); f != nil && f.Text != "" && !slices.Contains(codes, f.Text) {
			codes = append(codes, f.Text)
		}
	}
	return codes
}

// kindOfPage tells what one of the pages is; ordered tells which of them became orders.
func (w *ReadDocument) kindOfPage(pages []readPage, i int, ordered []bool, customer bool) rules.PageVerdict {
	p := pages[i]
	f := rules.PageFacts{No: p.page.No, Pages: len(pages), Damaged: p.page.BadRows > 0, Customer: customer}
	if p.draft != nil {
		f.Decision, f.Form, f.By = p.draft.Decision, p.draft.Form, p.draft.IdentifiedBy
	}
	if p.look != nil {
		f.Look, f.Like, f.Damaged = p.look.measures, p.look.like, f.Damaged || p.look.damaged
	}
	for k, other := range pages {
		if k == i {
			continue
		}
		if other.draft == nil || other.draft.Decision != order.DecisionBlank {
			f.Written++
		}
		if other.draft != nil && other.draft.Form == "order" {
			f.Forms++
		}
		if ordered[k] {
			f.Ordered++
		}
	}
	return rules.KindOfPage(f, w.cfg.Store.Settings())
}

// stateOf is the state of a page that is closed as what it is.
func stateOf(k order.PageKind) store.PageState {
	switch k {
	case order.PageCover:
		return store.PageCover
	case order.PageBlank:
		return store.PageBlank
	default:
		return store.PageJunk
	}
}

// kindProblem is what a person is told of the kind of a page that waits for them; nil of an order
// form, which has its own problems.
func kindProblem(v rules.PageVerdict, review string) *order.Error {
	var text string
	switch {
	case v.Kind == order.PageOrderForm, v.Kind == order.PageBlank, v.Kind == order.PageUnreadable:
		return nil
	case v.Kind.Form():
		text = "this is a " + v.Kind.Words() + ": deal with it by hand and close it with todoke review done " + review + " --note TEXT"
	case v.Kind == order.PageCover || v.Kind == order.PageAdvert:
		kind := "cover"
		if v.Kind == order.PageAdvert {
			kind = "advert"
		}
		text = "it may be a" + map[bool]string{true: "n ", false: " "}[kind == "advert"] + v.Kind.Words() + ": where nothing is ordered on it, close it with todoke review junk " + review + " --kind " + kind
	default:
		text = "it is none of our forms: it may be an order on the customer's own paper"
	}
	return order.Invalid(v.Rule, "", text)
}
