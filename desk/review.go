package desk

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// reviewName reads how people name a page or a document: 12.1, 12.
func reviewName(name string) (document int64, no int, ok bool) {
	first, second, paged := strings.Cut(name, ".")
	document, err := strconv.ParseInt(first, 10, 64)
	if err != nil || document <= 0 {
		return 0, 0, false
	}
	if paged {
		if no, err = strconv.Atoi(second); err != nil || no <= 0 {
			return 0, 0, false
		}
	}
	return document, no, true
}

// reviewed is a review with what its page shows.
type reviewed struct {
	store.Review
	doc    store.Document
	pages  []store.Page
	judged store.Judgement
}

func (d *Desk) load(ctx context.Context, name string) (reviewed, error) {
	doc, no, ok := reviewName(name)
	if !ok {
		return reviewed{}, order.NotFound("document", "there is no such review: it is named like 12.1")
	}
	var v reviewed
	var err error
	if v.Review, err = d.Store.GetReview(ctx, doc, no); err != nil {
		return v, err
	}
	return v, d.fill(ctx, &v)
}

func (d *Desk) fill(ctx context.Context, v *reviewed) (err error) {
	if v.doc, err = d.Store.GetDocument(ctx, v.DocumentID); err != nil {
		return err
	}
	if v.pages, err = d.Store.Pages(ctx, v.DocumentID); err != nil {
		return err
	}
	v.judged, err = d.Store.Judge(ctx, v.Review, v.doc.ReceivedAt, d.Now())
	return err
}

func taskOf(r store.Review) string { return "review " + strconv.FormatInt(r.ID, 10) }

// showReview shows a page for settling, and takes it for the person where nobody else has it.
func (d *Desk) showReview(w http.ResponseWriter, r *http.Request) {
	v, err := d.load(r.Context(), r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if v.PageNo == 0 && v.doc.MediaType == mailType && d.Mails != nil {
		http.Redirect(w, r, "/desk/mails/"+v.Name(), http.StatusSeeOther)
		return
	}
	d.openReview(w, r, v)
}

func (d *Desk) openReview(w http.ResponseWriter, r *http.Request, v reviewed) {
	d.saw(r, "document "+v.Name())
	view, err := d.reviewView(r, v, said{})
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.show(w, r, view)
}

// renewClaim is the sign of life of somebody who has the page open.
func (d *Desk) renewClaim(w http.ResponseWriter, r *http.Request) {
	v, err := d.load(r.Context(), r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if v.State == store.ReviewOpen {
		if _, _, err := d.Store.ClaimTask(r.Context(), taskOf(v.Review), personOf(r.Context()).Login, d.Now(), d.claimLasts()); err != nil {
			d.fail(w, r, err)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// ours makes sure that nobody else works on the review.
func (d *Desk) ours(ctx context.Context, v reviewed) error {
	c, mine, err := d.Store.ClaimTask(ctx, taskOf(v.Review), personOf(ctx).Login, d.Now(), d.claimLasts())
	if err != nil || mine {
		return err
	}
	return order.Conflict("", c.Name+" works on this page")
}

// take loads a review to work on it: nobody else may have it.
func (d *Desk) take(ctx context.Context, name string) (reviewed, error) {
	v, err := d.load(ctx, name)
	if err == nil {
		err = d.ours(ctx, v)
	}
	return v, err
}

// said is what the last key came to.
type said struct {
	text  string
	wrong bool
	again map[string]string // by field: keyed, perhaps as blank, differs from the reading, and must be keyed again
	focus string
}

// keyField takes what a person typed into one field. A weak reading, hidden until then, is
// compared: where the two differ the field is asked once more, and what is keyed then holds.
func (d *Desk) keyField(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	field, value := r.PostFormValue("field"), normal(r.PostFormValue("value"))
	var s said
	_, asked := r.PostForm["again"]
	known, err := d.knows(ctx, v, field, value)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if read, differs := d.unlike(p.Lang, v.Draft, field, value); differs && !known && (!asked || r.PostFormValue("again") != value) {
		s = said{
			text: pick(p.Lang, page.FieldName(p.Lang, field)+"：読み取りは「"+read+"」です。画像を見て、正しい値をもう一度入力してください。",
				page.FieldName(p.Lang, field)+": it was read as "+strconv.Quote(read)+". Look again and key what is right."),
			wrong: true, again: map[string]string{field: value}, focus: field,
		}
	} else if v.Review, err = d.Store.KeyFields(ctx, v.DocumentID, v.PageNo, keyed(field, value), p.By(), d.Now()); err != nil {
		if order.KindOf(err) != order.KindInvalid {
			d.fail(w, r, err)
			return
		}
		s = said{text: page.Saying(p.Lang, message(err)), wrong: true, focus: field}
	} else if err = d.fill(ctx, &v); err != nil {
		d.fail(w, r, err)
		return
	}
	d.panel(w, r, v, s)
}

// knows tells whether a code that was keyed is one of the masters': its check digit and they decide
// at once, whatever was read.
func (d *Desk) knows(ctx context.Context, v reviewed, field, value string) (bool, error) {
	if value == "" {
		return false, nil
	}
	switch {
	case field == "customer_code":
		_, ok, err := d.Store.FindCustomer(ctx, value)
		return ok, err
	case strings.HasSuffix(field, ".item_code"):
		items, err := d.Store.FindItems(ctx, "", order.DateOf(v.doc.ReceivedAt), value)
		_, ok := items[value]
		return ok, err
	}
	return false, nil
}

// keyed are the fields of the page that a person's answer fills in.
func keyed(field, value string) map[string]string {
	if field == stockoutField {
		if marks, ok := stockoutMarks(value); ok {
			return marks
		}
	}
	return map[string]string{field: value}
}

// normal is what was typed as the form has it: full-width digits are digits.
func normal(s string) string {
	s = strings.Map(func(c rune) rune {
		if c >= '０' && c <= '９' {
			return c - '０' + '0'
		}
		return c
	}, s)
	return strings.TrimSpace(s)
}

const permille = 1000

// blind tells whether a reading is keyed without being seen: what one sees one believes.
func (d *Desk) blind(f order.DraftField) bool {
	return f.Decision == order.DecisionReview && f.Confidence*permille < float64(d.Settings.DeskBlindPermille) && !byPerson(f) && !d.Settings.Legible(f) //nolint:forbidigo // a probability
}

// claimLasts is how long a task stays with whoever opened it without another sign of life.
func (d *Desk) claimLasts() time.Duration {
	return time.Duration(d.Settings.DeskClaimMinutes) * time.Minute
}

func byPerson(f order.DraftField) bool {
	return slices.ContainsFunc(f.Evidence, func(e string) bool { return strings.HasPrefix(e, "person:") })
}

// differs tells whether what was keyed is not what was read, where the reading is worth asking
// once more.
func (d *Desk) differs(f order.DraftField, keyed string) bool {
	plausible := f.Confidence*permille >= float64(d.Settings.DeskPlausiblePermille) //nolint:forbidigo // a probability
	return f.Text != "" && !strings.Contains(f.Text, "?") && plausible && f.Text != keyed
}

// undoKey takes the last key back.
func (d *Desk) undoKey(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	var s said
	if v.Review, s.focus, err = d.Store.UndoKey(ctx, v.DocumentID, v.PageNo, p.By(), d.Now()); err == nil {
		err = d.fill(ctx, &v)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	s.text = pick(p.Lang, page.FieldName(p.Lang, s.focus)+"の入力を取り消しました。", page.FieldName(p.Lang, s.focus)+" is taken back.")
	d.panel(w, r, v, s)
}

// panel answers with the part of the page that a key changes, or the whole page to a browser
// without script.
func (d *Desk) panel(w http.ResponseWriter, r *http.Request, v reviewed, s said) {
	view, err := d.reviewView(r, v, s)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if r.Header.Get("HX-Request") != "" {
		d.show(w, r, page.ReviewPanel{Review: view})
		return
	}
	d.show(w, r, view)
}

// putOff leaves a page for later: others may take it at once, the same person is not given it again
// before its time.
func (d *Desk) putOff(w http.ResponseWriter, r *http.Request) {
	ctx, p, now := r.Context(), personOf(r.Context()), d.Now()
	v, err := d.load(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	until := d.Settings.PutOffUntil(now, v.DeadlineAt)
	if v.State == store.ReviewOpen {
		if err := d.Store.PutOff(ctx, taskOf(v.Review), p.Login, until, now); err != nil {
			d.fail(w, r, err)
			return
		}
		d.log(r, p.Login, "change", "document "+v.Name(), "put off until "+until.In(order.JST).Format(time.TimeOnly))
		d.tell(ctx, pick(p.Lang, v.Name()+" をあとに回しました。"+until.In(order.JST).Format("15:04")+" から再びお渡しします。", v.Name()+" is put off: it may come to you again from "+until.In(order.JST).Format("15:04")+"."))
	}
	d.onward(w, r)
}

// leave sends the person to another page: the script goes there itself, so that the page is asked
// for once.
func (d *Desk) leave(w http.ResponseWriter, r *http.Request, path string) {
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", path)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// settleReview releases the order: what the page says, as settled, becomes an order.
func (d *Desk) settleReview(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	o, err := d.Store.Settle(ctx, v.DocumentID, v.PageNo, store.Settlement{By: p.By()}, d.Now())
	d.settled(w, r, v, o, err)
}

// reopenReview takes back what was settled.
func (d *Desk) reopenReview(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.load(ctx, r.PathValue("name"))
	if err == nil {
		_, err = d.Store.ReopenReview(ctx, v.DocumentID, v.PageNo, p.By(), r.PostFormValue("reason"), d.Now())
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "taken back to review")
	d.leave(w, r, "/desk/review/"+v.Name())
}

var lineField = regexp.MustCompile(`^lines\[([1-9][0-9]?)\]\.(item_code|quantity|comment)$`)
