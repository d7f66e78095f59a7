package desk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	netmail "net/mail"
	"path"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/mail"
	"todoke/templates/page"
)

// letter is a mail with what its page shows.
type letter struct {
	doc    store.Document
	review *store.Review // of the mail as a whole; nil where it never had one
	raw    []byte
	mail   Mail
	broken error // why it cannot be read
}

func (l letter) open() bool { return l.review != nil && l.review.State == store.ReviewOpen }

func (d *Desk) letterOf(r *http.Request) (letter, error) {
	ctx := r.Context()
	none := order.NotFound("document", "there is no such mail")
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return letter{}, none
	}
	var l letter
	if l.doc, err = d.Store.GetDocument(ctx, id); err != nil {
		return l, err
	}
	if l.doc.MediaType != mailType || d.Mails == nil {
		return l, none
	}
	reviews, err := d.Store.ReviewsOf(ctx, id)
	if err != nil {
		return l, err
	}
	if i := slices.IndexFunc(reviews, func(r store.Review) bool { return r.PageID == 0 }); i >= 0 {
		l.review = &reviews[i]
	}
	if l.raw, err = d.Store.DocumentBytes(ctx, id); err != nil {
		return l, err
	}
	if l.raw, err = d.masked(ctx, l.raw, mailType, ""); err != nil { // an approver's answer quotes ours
		return l, err
	}
	l.mail, l.broken = d.Mails(l.raw)
	return l, nil
}

// showLetter shows a mail that came without a fax, and takes it for the person.
func (d *Desk) showLetter(w http.ResponseWriter, r *http.Request) {
	l, err := d.letterOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "document "+strconv.FormatInt(l.doc.ID, 10))
	d.letterPage(w, r, http.StatusOK, l, "")
}

func (d *Desk) letterPage(w http.ResponseWriter, r *http.Request, status int, l letter, said string) {
	ctx, p := r.Context(), personOf(r.Context())
	name := strconv.FormatInt(l.doc.ID, 10)
	v := page.Letter{
		Frame: d.frame(r, "queue", name), Path: "/desk/mails/" + name, Name: name, Subject: l.mail.Subject, From: l.mail.From, ReceivedAt: l.doc.ReceivedAt,
		Text: l.mail.Text, Raw: "/desk/documents/" + name + "/bytes", Open: l.open(), Said: said,
	}
	err := d.letterSender(ctx, &v, l.mail.From)
	if err == nil && l.open() {
		v.DeadlineAt = l.review.DeadlineAt
		for _, e := range l.review.Reasons {
			v.Reasons = append(v.Reasons, page.Reason(p.Lang, e))
		}
		v.Claim, err = d.claim(ctx, "review", l.review.ID)
	} else if l.review != nil {
		v.ClosedText = pick(p.Lang, "このメールは"+l.review.ClosedBy+"さんが処理済みです（"+stateName(p.Lang, l.review.State)+"）。", l.review.ClosedBy+" dealt with this mail ("+stateName(p.Lang, l.review.State)+").")
	}
	v.Headers = append(letterHeaders(p.Lang, l.mail.Headers), [2]string{pick(p.Lang, "受信", "Received"), page.Stamp(p.Lang, l.doc.ReceivedAt)})
	for _, n := range slices.Concat(l.mail.Notes, l.mail.Unread) {
		v.Notes = append(v.Notes, page.Saying(p.Lang, n))
	}
	if l.broken != nil {
		v.Broken = page.Saying(p.Lang, l.broken.Error())
	}
	if err == nil {
		err = d.letterFiles(ctx, p, &v, l)
	}
	if err == nil {
		err = d.letterAnswers(ctx, p, &v, l)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.showAs(w, r, status, v)
}

var headerNames = map[string][2]string{
	"from": {"差出人", "From"}, "reply-to": {"返信先", "Reply to"}, "to": {"宛先", "To"}, "cc": {"写し", "Cc"}, "date": {"送信日時", "Date"}, "subject": {"件名", "Subject"},
}

func letterHeaders(lang page.Lang, all [][2]string) [][2]string {
	out := make([][2]string, 0, len(all)+1)
	for _, h := range all {
		if n, ok := headerNames[h[0]]; ok {
			out = append(out, [2]string{pick(lang, n[0], n[1]), headerText(lang, h[0], h[1])})
		}
	}
	return out
}

// headerText is a header's value as people write it: a mail's date is a time of ours.
func headerText(lang page.Lang, name, value string) string {
	if name == "date" {
		if at, err := netmail.ParseDate(value); err == nil {
			return page.Stamp(lang, at)
		}
	}
	return value
}

// letterSender tells who sent a mail, where its address is one customer's.
func (d *Desk) letterSender(ctx context.Context, v *page.Letter, from string) error {
	a, err := netmail.ParseAddress(from)
	if err != nil {
		return nil //nolint:nilerr // an address that nobody can write to is nobody's
	}
	v.Address = a.Address
	found, _, err := d.Store.FindCustomers(ctx, rules.ReadFind(a.Address, order.DateOf(d.Now())), 2)
	if err != nil || len(found) != 1 {
		return err
	}
	c := found[0]
	v.Customer = &page.ReviewCustomer{Code: c.Code, Name: c.CompanyName + " " + c.Name, Fax: order.FormatPhone(c.Fax), Path: customerPath(c.Code)}
	return nil
}

// letterFiles are the things attached, with what became of each.
func (d *Desk) letterFiles(ctx context.Context, p Person, v *page.Letter, l letter) error {
	parts, err := d.Store.MailParts(ctx, l.doc.ID)
	if err != nil {
		return err
	}
	for i, a := range l.mail.Attached {
		kind, readable := mediaOf(a.FileName, a.Bytes)
		f := page.LetterFile{
			No: i + 1, Path: v.Path + "/files/" + strconv.Itoa(i+1), Name: a.FileName, Kind: a.MediaType, Bytes: len(a.Bytes), Why: page.Saying(p.Lang, a.Problem),
			TakeIn: readable && kind != mailType,
		}
		if picture(a.Bytes) != "" || d.Picture != nil && readable && kind != mailType { // whether it can be drawn shows when it is: a stranger's file keeps no page waiting
			f.Image = f.Path + "/picture"
		}
		if j := slices.IndexFunc(parts, func(x store.MailPart) bool { return x.No == i+1 }); j >= 0 {
			f.Why = page.Saying(p.Lang, parts[j].Why)
			if id := parts[j].Document; id != 0 {
				f.Document = &page.Link{Path: d.documentPage(ctx, id), Text: pick(p.Lang, "受信文書 ", "document ") + strconv.FormatInt(id, 10)}
			}
		}
		v.Files = append(v.Files, f)
	}
	return nil
}

// picture is the type of a picture that browsers show; "" for anything else.
func picture(data []byte) string {
	switch kind := http.DetectContentType(data); kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return kind
	}
	return ""
}

// letterAnswers tells whether the mail was answered, with which bytes, and if not why not.
func (d *Desk) letterAnswers(ctx context.Context, p Person, v *page.Letter, l letter) error {
	given, err := d.Store.LetterAnswers(ctx, l.doc.ID)
	if err != nil {
		return err
	}
	for _, a := range given {
		data, err := d.Store.Blobs().Get(a.Key)
		if err != nil {
			return err
		}
		v.Answers = append(v.Answers, page.LetterAnswer{
			Path: "/desk/issued/" + strconv.FormatInt(a.IssuedID, 10), To: a.To, State: a.State, By: a.By, Reason: a.Reason, At: a.AnsweredAt, SentAt: a.SentAt, Text: string(data),
		})
	}
	events, err := d.Store.DocumentEvents(ctx, l.doc.ID)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Rule == "FAX-1" && strings.HasPrefix(e.Text, "not answered by mail: ") {
			v.Verdict = page.Saying(p.Lang, strings.TrimPrefix(e.Text, "not answered by mail: "))
		}
	}
	if l.broken != nil {
		return nil //nolint:nilerr // said on the page
	}
	verdict := rules.AnswerLetterByHand(l.mail.Letter, d.Answerer)
	v.MayAnswer, v.AnswerTo = verdict.Answer, verdict.To
	if !verdict.Answer {
		v.NoAnswer = page.Saying(p.Lang, verdict.Why)
	}
	return nil
}

func (d *Desk) letterPart(r *http.Request) (Attached, error) {
	l, err := d.letterOf(r)
	if err != nil {
		return Attached{}, err
	}
	no, err := strconv.Atoi(r.PathValue("no"))
	if err != nil || no < 1 || no > len(l.mail.Attached) {
		return Attached{}, order.NotFound("document", "there is no such document")
	}
	d.saw(r, "document "+strconv.FormatInt(l.doc.ID, 10))
	return l.mail.Attached[no-1], nil
}

// letterFile sends what was attached, always as a file to keep: nobody knows what a stranger put into it.
func (d *Desk) letterFile(w http.ResponseWriter, r *http.Request) {
	a, err := d.letterPart(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	name := a.FileName
	if name == "" {
		name = "attachment"
	}
	sendBytes(w, a.Bytes, name, "")
}

// letterPicture shows what was attached as a picture.
func (d *Desk) letterPicture(w http.ResponseWriter, r *http.Request) {
	a, err := d.letterPart(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if kind := picture(a.Bytes); kind != "" {
		sendBytes(w, a.Bytes, a.FileName, kind)
		return
	}
	if d.Picture == nil {
		d.fail(w, r, order.NotFound("page", "there is no picture of this page"))
		return
	}
	d.sendDrawn(w, r, a.Bytes, 1)
}

// actOnLetter does what a person decided about a mail.
func (d *Desk) actOnLetter(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	l, err := d.letterOf(r)
	if err == nil && l.review != nil {
		err = d.mine(ctx, "review", l.review.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	name := strconv.FormatInt(l.doc.ID, 10)
	act, reason, told, next := r.PostFormValue("act"), strings.TrimSpace(r.PostFormValue("reason")), "", "/desk/mails/"+name
	switch {
	case reason == "":
		err = order.Invalid("KEP-2", "note", "say what was done")
	case act == "done":
		_, err = d.Store.Done(ctx, l.doc.ID, 0, reason, p.By(), d.Now())
		told, next = pick(p.Lang, "メール "+name+" を対応済みにしました。", "Mail "+name+" is dealt with."), "/desk/next?why=mail"
	case act == "attach":
		var n order.Number
		if n, err = order.ParseNumber(normal(r.PostFormValue("order"))); err == nil {
			err = d.Store.FileMail(ctx, l.doc.ID, n, reason, p.By(), d.Now())
		}
		told, next = pick(p.Lang, "メール "+name+" を注文 "+n.Grouped()+" の書類にしました。", "Mail "+name+" is filed with order "+n.Grouped()+"."), "/desk/next?why=mail"
	case act == "answer":
		err = d.answerLetter(ctx, l, p.By(), reason)
		told = pick(p.Lang, "注文方法のご案内を送ります。", "How to order is sent.")
	case act == "take":
		told, err = d.takeAttached(r, l, reason)
	default:
		err = order.Invalid("", "act", "there is no such action")
	}
	if err != nil {
		if order.KindOf(err) == order.KindNotFound && act == "attach" {
			e, _ := errors.AsType[*order.Error](err)
			err = order.Invalid("", "order", e.Message)
		}
		d.refused(w, r, err, func(status int, said string) { d.letterPage(w, r, status, l, said) })
		return
	}
	d.log(r, p.Login, "change", "document "+name, act+": "+reason)
	d.tell(ctx, told)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// answerLetter answers a mail with how to order once more.
func (d *Desk) answerLetter(ctx context.Context, l letter, by, reason string) error {
	a := store.LetterAnswer{Document: l.doc.ID, Verdict: rules.AnswerLetterByHand(l.mail.Letter, d.Answerer), Thread: l.mail.Thread}
	if l.broken != nil {
		a.Verdict = rules.LetterVerdict{Why: l.broken.Error()}
	}
	text, err := mail.HowToOrder{Shop: d.mailShop(), Subject: l.mail.Subject}.Render()
	if err != nil {
		return err
	}
	if a.Key, err = d.Store.Blobs().Put([]byte(text.Body)); err != nil {
		return err
	}
	a.Subject, a.SizeBytes = text.Subject, len(text.Body)
	return d.Store.AnswerLetterBy(ctx, a, by, reason, d.Now())
}

// takeAttached takes something attached in as a fax: it goes the way of everything handed in.
func (d *Desk) takeAttached(r *http.Request, l letter, reason string) (string, error) {
	ctx, p := r.Context(), personOf(r.Context())
	no, err := strconv.Atoi(r.PostFormValue("file"))
	if err != nil || no < 1 || no > len(l.mail.Attached) {
		return "", order.Invalid("", "file", "there is no such document")
	}
	a := l.mail.Attached[no-1]
	kind, ok := mediaOf(a.FileName, a.Bytes)
	if !ok || kind == mailType {
		return "", order.Invalid("FAX-2", "file", "the file is no TIFF, PDF, PNG or JPEG; send it as one of these")
	}
	name := path.Base(strings.ReplaceAll(a.FileName, `\`, "/"))
	added, err := d.Store.TakeIn(ctx, []store.NewDocument{{
		Source: "desk:" + p.Login, ExternalID: fmt.Sprintf("mail %d attachment %d", l.doc.ID, no), ReceivedAt: l.doc.ReceivedAt, FileName: name, MediaType: kind, Bytes: a.Bytes,
	}}, p.By(), reason, d.Now())
	if err != nil {
		return "", err
	}
	id := added[0].ID
	if added[0].DuplicateOf != 0 {
		return "", order.Conflict("FAX-5", fmt.Sprintf("it was taken in before, as document %d", added[0].DuplicateOf))
	}
	d.log(r, p.Login, "change", "document "+strconv.FormatInt(id, 10), "taken in from mail "+strconv.FormatInt(l.doc.ID, 10))
	return fmt.Sprintf(pick(p.Lang, "添付%dをFAXとして受け付けました（受信文書 %d）。", "Attachment %d is taken in as a fax (document %d)."), no, id), nil
}

func (d *Desk) mailShop() mail.Shop {
	return mail.Shop{Name: d.ShopName, Desk: d.DeskName, Phone: d.ShopPhone, Fax: d.ShopFax, Hours: d.DeskHours, Web: d.ShopWeb}
}
