package desk

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// Asked is the fax that asks a customer to send a page again, as it would leave.
type Asked struct {
	Number, Title string
	Channel, To   string // "" where it would go to nobody by itself
	Why           string // why not
	Pages         [][]byte
}

// turnPage has the page read again as the person turned it. The panel tells when it is done.
func (d *Desk) turnPage(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	turn, err := strconv.Atoi(r.PostFormValue("turn"))
	if err != nil {
		turn = -1
	}
	if _, err := d.Store.AskReread(ctx, v.DocumentID, v.PageNo, turn, p.By(), d.Now()); err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "turned by "+strconv.Itoa(turn)+", to be read again")
	d.panel(w, r, v, said{})
}

// showPanel is what the page says now, with its picture's regions: for whoever waits for the reader.
func (d *Desk) showPanel(w http.ResponseWriter, r *http.Request) {
	v, err := d.load(r.Context(), r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	view, err := d.reviewView(r, v, said{})
	if err != nil {
		d.fail(w, r, err)
		return
	}
	view.Fresh = true
	d.show(w, r, page.ReviewPanel{Review: view})
}

// lineNumbers reads lines as people write them: 3, 3-5, 2 4-6.
func lineNumbers(s string) ([]int, bool) {
	var out []int
	for _, part := range strings.FieldsFunc(normal(s), func(r rune) bool { return strings.ContainsRune(" ,、，　", r) }) {
		first, last, span := strings.Cut(strings.NewReplacer("－", "-", "〜", "-", "~", "-", "ー", "-").Replace(part), "-")
		a, err := strconv.Atoi(first)
		if err != nil || a < 1 {
			return nil, false
		}
		b := a
		const most = 99
		if span {
			if b, err = strconv.Atoi(last); err != nil || b < a || b > most {
				return nil, false
			}
		}
		for n := a; n <= b; n++ {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out, true
}

// refusedPanel tells what stands against what was asked for on the page itself, and all else on one of
// its own.
func (d *Desk) refusedPanel(w http.ResponseWriter, r *http.Request, v reviewed, err error) {
	if k := order.KindOf(err); k == order.KindInvalid || k == order.KindConflict || k == order.KindNotFound {
		d.panel(w, r, v, said{text: page.Saying(personOf(r.Context()).Lang, message(err)), wrong: true})
		return
	}
	d.fail(w, r, err)
}

// splitPage makes an order of its own of some of the page's lines.
func (d *Desk) splitPage(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	lines, ok := lineNumbers(r.PostFormValue("lines"))
	if !ok {
		d.panel(w, r, v, said{text: pick(p.Lang, "分ける行を「3」「3-5」のように入力してください。", "Say which lines go, like 3 or 3-5."), wrong: true})
		return
	}
	name, err := d.Store.SplitPage(ctx, v.DocumentID, v.PageNo, lines, p.By(), r.PostFormValue("reason"), d.Now())
	if err != nil {
		d.refusedPanel(w, r, v, err)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "split: "+name)
	d.tell(ctx, pick(p.Lang, v.Name()+" を分け、"+name+" を別の注文として作りました。", v.Name()+" is split: "+name+" is an order of its own."))
	d.leave(w, r, "/desk/review/"+v.Name())
}

// joinPage puts the page's lines onto the one that it continues.
func (d *Desk) joinPage(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	name := normal(r.PostFormValue("to"))
	doc, no, ok := reviewName(name)
	if !ok {
		d.panel(w, r, v, said{text: pick(p.Lang, "続きとなる元の頁を「12.1」のように入力してください。", "Say which page it continues, like 12.1."), wrong: true})
		return
	}
	other, err := d.Store.GetReview(ctx, doc, no)
	if no == 0 && err != nil {
		other, err = d.Store.GetReview(ctx, doc, 1)
	}
	if err == nil && other.State == store.ReviewOpen {
		err = d.ours(ctx, reviewed{Review: other})
	}
	var to store.Review
	if err == nil {
		to, err = d.Store.JoinPage(ctx, v.DocumentID, v.PageNo, store.Other{Document: doc, Page: other.PageNo}, p.By(), r.PostFormValue("reason"), d.Now())
	}
	if err != nil {
		d.refusedPanel(w, r, v, err)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "joined to "+to.Name())
	d.tell(ctx, pick(p.Lang, v.Name()+" を "+to.Name()+" の続きとしてまとめました。", v.Name()+" continues "+to.Name()+": they are one order."))
	d.leave(w, r, "/desk/review/"+to.Name())
}

// attachPage closes the page as something that belongs to an order.
func (d *Desk) attachPage(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	n, err := order.ParseNumber(normal(r.PostFormValue("order")))
	if err != nil {
		d.panel(w, r, v, said{text: pick(p.Lang, "注文番号を入力してください。", "Give the order's number."), wrong: true})
		return
	}
	if _, err := d.Store.Attach(ctx, v.DocumentID, v.PageNo, n, r.PostFormValue("note"), p.By(), d.Now()); err != nil {
		d.refusedPanel(w, r, v, err)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "attached to order "+string(n))
	d.tell(ctx, pick(p.Lang, v.Name()+" を注文 "+n.Grouped()+" の書類として保管しました。", v.Name()+" belongs to order "+n.Grouped()+"."))
	d.onward(w, r)
}

// notePage keeps a note on a page that still waits.
func (d *Desk) notePage(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if err := d.Store.NoteReview(ctx, v.DocumentID, v.PageNo, r.PostFormValue("note"), p.By(), d.Now()); err != nil {
		d.refusedPanel(w, r, v, err)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "noted")
	d.panel(w, r, v, said{text: pick(p.Lang, "メモを残しました。", "The note is kept.")})
}

// decideReceived settles which of two times the fax counts as received at (CUT-3).
func (d *Desk) decideReceived(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	clock := store.ReceivedBy(r.PostFormValue("clock"))
	if v.Review, err = d.Store.DecideReceived(ctx, v.DocumentID, v.PageNo, clock, p.By(), d.Now()); err != nil {
		d.refusedPanel(w, r, v, err)
		return
	}
	if err := d.fill(ctx, &v); err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "document "+v.Name(), "received at: "+string(clock))
	d.panel(w, r, v, said{})
}

// addTime shows both times where two speak for when the fax came in, and what each would mean.
func (d *Desk) addTime(ctx context.Context, view *page.Review, v reviewed) error {
	if v.Draft == nil {
		return nil
	}
	f := v.Draft.Field("received_at")
	if f == nil {
		return nil
	}
	gateway, err := d.Store.GatewayTime(ctx, v.DocumentID)
	if err != nil {
		return err
	}
	out := &page.ReviewTimes{Decided: f.Decision != order.DecisionReview}
	if !out.Decided {
		out.Problem = strings.Join(f.Reasons, "; ")
	}
	chosen, _ := rules.ReceivedOf(v.Draft, v.doc.ReceivedAt)
	for _, c := range []store.ReceivedBy{store.ByGateway, store.ByServer} {
		at := v.doc.ReceivedAt
		if c == store.ByGateway {
			if at = gateway; at.IsZero() {
				continue
			}
		}
		m, err := d.Store.MeaningOf(ctx, v.Review, at, d.Now())
		if err != nil {
			return err
		}
		out.Times = append(out.Times, page.ReviewTime{
			Clock: string(c), At: at, AcceptanceOn: m.AcceptanceOn, DispatchBy: m.DispatchBy, ArrivalOn: m.ArrivalOn, Chosen: out.Decided && chosen.Equal(at),
		})
	}
	view.Times = out
	return nil
}

// addPages shows the pages that were joined to this one, and where this one belongs.
func (d *Desk) addPages(ctx context.Context, view *page.Review, v reviewed) error {
	if v.PageID == 0 {
		return nil
	}
	for _, pg := range v.pages {
		if pg.ID != v.PageID {
			continue
		}
		if pg.SplitFrom != 0 {
			view.SplitFrom = store.Review{DocumentID: v.DocumentID, PageNo: pg.SplitFrom}.Name()
		}
		view.JoinedTo = pg.JoinedTo
	}
	joined, err := d.Store.JoinedTo(ctx, v.PageID)
	if err != nil {
		return err
	}
	for _, pg := range joined {
		if pg.BlobKey == view.Sheet.Key || pg.BlobKey == "" {
			continue
		}
		read, err := d.Store.FindDraft(ctx, pg.ID)
		if err != nil {
			return err
		}
		s := sheetOf(pg.DocumentID, pg.No, []store.Page{pg}, read)
		s.Marks = nil
		addMarks(&s, v.Draft, pg.Name())
		view.Joined = append(view.Joined, s)
	}
	last, ok, err := d.Store.LatestReread(ctx, v.PageID)
	if err != nil || !ok {
		return err
	}
	view.Reading = !last.Done && v.State == store.ReviewOpen
	view.Reread = last.Outcome
	return nil
}

// addKind tells what the page is where it is none of our order forms (FAX-2).
func (d *Desk) addKind(ctx context.Context, view *page.Review, v reviewed) error {
	if v.PageID == 0 {
		return nil
	}
	kinds, err := d.Store.PageKinds(ctx, v.DocumentID)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		if k.PageNo == v.PageNo {
			if k.Kind != order.PageOrderForm {
				view.Kind, view.KindSure = string(k.Kind), k.Sure
			}
			view.OtherForm = k.Kind.Form() && k.Kind != order.PageOrderForm
			view.Blank = k.Kind == order.PageBlank && v.State == store.ReviewOpen
			break
		}
	}
	return nil
}

// askAgain shows the fax that asks the customer to send the page again, before it leaves.
func (d *Desk) askAgain(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	v, err := d.take(ctx, r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	p := personOf(ctx)
	view := page.ReviewAsk{
		Frame: d.frame(r, "review", v.Name()), Name: v.Name(), Path: "/desk/review/" + v.Name(),
	}
	asked, err := d.asked(ctx, v)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if asked != nil {
		view.Number, view.Title, view.Channel, view.To = asked.Number, asked.Title, asked.Channel, asked.To
		if asked.Channel == "fax" {
			view.To = order.FormatPhone(asked.To)
		}
		view.Why = page.Saying(p.Lang, asked.Why)
		for i := range asked.Pages {
			view.Images = append(view.Images, view.Path+"/ask/"+strconv.Itoa(i+1))
		}
	}
	if err := d.nameCustomer(ctx, &view, v); err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "document "+v.Name())
	d.show(w, r, view)
}

func (d *Desk) nameCustomer(ctx context.Context, view *page.ReviewAsk, v reviewed) error {
	code := d.customerOf(v.Review)
	if code == "" {
		return nil
	}
	c, ok, err := d.Store.FindCustomer(ctx, code)
	if ok {
		view.Customer = c.CompanyName + " " + c.Name
	}
	return err
}

// asked is the fax as it would leave now; nil where nobody knows whose page it is.
func (d *Desk) asked(ctx context.Context, v reviewed) (*Asked, error) {
	code := d.customerOf(v.Review)
	if code == "" || d.Ask == nil || v.PageID == 0 {
		return nil, nil
	}
	if _, ok, err := d.Store.FindCustomer(ctx, code); err != nil || !ok {
		return nil, err
	}
	return d.Ask(ctx, v.Review, code)
}

// askImage is one page of that fax.
func (d *Desk) askImage(w http.ResponseWriter, r *http.Request) {
	v, err := d.load(r.Context(), r.PathValue("name"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	asked, err := d.asked(r.Context(), v)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	no, err := strconv.Atoi(r.PathValue("no"))
	if err != nil || asked == nil || no < 1 || no > len(asked.Pages) {
		d.fail(w, r, order.NotFound("page", "there is no such page"))
		return
	}
	data := asked.Pages[no-1]
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}
