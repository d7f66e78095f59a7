package desk

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

const archiveRows = 100

// showArchive searches the archive (KEP-1); without a search it shows how the chain stands.
func (d *Desk) showArchive(w http.ResponseWriter, r *http.Request) {
	ctx, p, form := r.Context(), personOf(r.Context()), r.URL.Query()
	v := page.Archive{Frame: d.frame(r, "archive", pick(p.Lang, "保存文書", "Archive")), Asked: len(form) > 0}
	v.Filter = page.ArchiveFilter{
		From: form.Get("from"), To: form.Get("to"), MinYen: form.Get("min"), MaxYen: form.Get("max"),
		Party: strings.TrimSpace(form.Get("party")), Kind: form.Get("kind"), Number: strings.TrimSpace(form.Get("number")),
	}
	if !v.Asked { // the month so far and the one before
		today := order.DateOf(d.Now().In(order.JST))
		v.Filter.From, v.Filter.To = order.D(today.Year, today.Month-1, 1).String(), today.String()
	}
	status := http.StatusOK
	q, err := archiveQuery(p.Lang, v.Filter)
	if err == nil && v.Asked {
		err = d.findArchived(r, &v, q)
	}
	if err != nil {
		if order.KindOf(err) != order.KindInvalid {
			d.fail(w, r, err)
			return
		}
		v.Problem, status = page.Saying(p.Lang, message(err)), http.StatusUnprocessableEntity
	}
	if v.State, err = d.archiveState(ctx, p); err != nil {
		d.fail(w, r, err)
		return
	}
	kinds, err := d.Store.ArchiveKinds(ctx)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for _, k := range kinds {
		v.Kinds = append(v.Kinds, page.Option{Value: k, Text: page.IssueKind(p.Lang, k), Here: k == v.Filter.Kind})
	}
	d.showAs(w, r, status, v)
}

// findArchived fills in a page of what was searched for.
func (d *Desk) findArchived(r *http.Request, v *page.Archive, q store.ArchiveQuery) error {
	ctx, p, form := r.Context(), personOf(r.Context()), r.URL.Query()
	var after store.ArchiveCursor
	after.On, _ = order.ParseDate(form.Get("after"))
	after.ID, _ = strconv.ParseInt(form.Get("id"), 10, 64)
	if after.ID == 0 { // what came in a moment ago is to be found
		if err := d.sealWaiting(ctx); err != nil {
			return err
		}
		d.log(r, p.Login, "view", "archive", "searched: "+archiveWords(form))
	}
	hits, err := d.Store.SearchArchivePage(ctx, q, after, archiveRows+1)
	if err != nil {
		return err
	}
	keep := url.Values{}
	for _, k := range []string{"from", "to", "min", "max", "party", "kind", "number"} {
		if s := form.Get(k); s != "" {
			keep.Set(k, s)
		}
	}
	if d.Export != nil && len(hits) > 0 {
		v.Export = "/desk/archive/export?" + keep.Encode()
	}
	if len(hits) > archiveRows {
		hits = hits[:archiveRows]
		c := hits[archiveRows-1].Cursor()
		keep.Set("after", c.On.String())
		keep.Set("id", strconv.FormatInt(c.ID, 10))
		v.Next = "/desk/archive?" + keep.Encode()
	}
	for _, h := range hits {
		v.Rows = append(v.Rows, archiveRow(p, h))
	}
	return nil
}

func (d *Desk) sealWaiting(ctx context.Context) error {
	waits, err := d.Store.ArchiveWaiting(ctx)
	if err == nil && waits {
		_, err = d.Store.Seal(ctx)
	}
	return err
}

// archiveWords is a search as the log keeps it.
func archiveWords(form url.Values) string {
	var out []string
	for _, k := range []string{"from", "to", "min", "max", "party", "kind", "number"} {
		if s := form.Get(k); s != "" {
			out = append(out, k+"="+s)
		}
	}
	if len(out) == 0 {
		return "all"
	}
	return strings.Join(out, " ")
}

// archiveQuery reads what a person typed.
func archiveQuery(lang page.Lang, f page.ArchiveFilter) (q store.ArchiveQuery, err error) {
	q = store.ArchiveQuery{Party: f.Party, Kind: f.Kind, Number: store.Narrow(f.Number)}
	for _, x := range []struct {
		text string
		into *order.Date
	}{{f.From, &q.From}, {f.To, &q.To}} {
		if x.text == "" {
			continue
		}
		if *x.into, err = order.ParseDate(x.text); err != nil {
			return q, order.Invalid("KEP-1", "from", pick(lang, "日付は 2026-11-24 のように入力してください", "write days as 2026-11-24"))
		}
	}
	for _, x := range []struct {
		text string
		into **int64
	}{{f.MinYen, &q.MinYen}, {f.MaxYen, &q.MaxYen}} {
		text := strings.NewReplacer(",", "", "円", "", "¥", "", "\\", "", " ", "").Replace(store.Narrow(x.text))
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return q, order.Invalid("KEP-1", "min-yen", pick(lang, "金額は数字で入力してください", "write amounts in digits"))
		}
		*x.into = &n
	}
	return q, nil
}

func archiveRow(p Person, h store.ArchiveHit) page.ArchiveRow {
	row := page.ArchiveRow{
		ID: h.ID, On: h.TransactedOn, Party: strings.TrimSpace(h.Party.Company + " " + h.Party.Name), Code: h.Party.Code, Contact: h.Party.Contact,
		At: h.At, KeepUntil: h.KeepUntilOn, Seq: h.Seq, Erased: h.Erased, Title: h.Subject,
	}
	if n, ok := order.ParsePhone(h.Party.Contact); ok {
		row.Contact = order.FormatPhone(n)
	}
	if h.AmountYen != nil {
		y := order.Yen(*h.AmountYen)
		row.AmountYen = &y
	}
	if h.IssuedID != 0 {
		row.Issued, row.Name, row.What = true, h.Number, page.IssueKind(p.Lang, h.What)
		row.Path = "/desk/archive/issued/" + strconv.FormatInt(h.IssuedID, 10)
	} else {
		row.Name, row.What = strconv.FormatInt(h.DocumentID, 10), page.SourceName(p.Lang, h.What)
		if h.Page != 0 {
			row.Name += "." + strconv.Itoa(h.Page)
		}
		row.Path = "/desk/archive/inbound/" + strconv.FormatInt(h.DocumentID, 10)
		if row.Title == "" {
			row.Title = h.FileName
		}
	}
	if h.Order != "" {
		row.Order, row.Open = order.Number(h.Order).Grouped(), "/desk/archive?number="+h.Order
		if p.At(atDesk) {
			row.Open = "/desk/orders/" + h.Order
		}
	}
	if h.By != "" {
		row.Note = h.Reason + "（" + h.By + "）"
	}
	return row
}

func (d *Desk) archiveState(ctx context.Context, p Person) (page.ArchiveState, error) {
	s, err := d.Store.ArchiveState(ctx)
	if err != nil {
		return page.ArchiveState{}, err
	}
	v := page.ArchiveState{Seq: s.Head.Seq, Head: s.Head.Chain, SealedAt: s.SealedAt, ToldAt: s.ToldAt, Waits: s.Waits, MayVerify: p.At(overseers)}
	if x := s.Verified; x != nil {
		v.Verified = &page.ArchiveCheck{At: x.FinishedAt, By: x.By, Seq: x.Head.Seq, Entries: x.Entries, Files: x.Files, Heads: x.Heads, Problems: x.Problems}
		for _, f := range x.First {
			v.Verified.First = append(v.Verified.First, page.Saying(p.Lang, f))
		}
	}
	return v, nil
}

// archived is the document that a path names.
func archived(r *http.Request) (document, issued int64, name string, err error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	kind := r.PathValue("kind")
	if err != nil || id <= 0 || kind != "inbound" && kind != "issued" {
		return 0, 0, "", order.NotFound("document", "there is no such document")
	}
	if kind == "issued" {
		return 0, id, "issued document " + strconv.FormatInt(id, 10), nil
	}
	return id, 0, "document " + strconv.FormatInt(id, 10), nil
}

// showArchived shows one document with its place in the chain, checked as it is looked at.
func (d *Desk) showArchived(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	document, issued, name, err := archived(r)
	var a store.ArchiveDocument
	if err == nil {
		a, err = d.Store.ArchiveDocument(ctx, document, issued)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, name)
	h := a.Hits[0]
	v := page.ArchiveDocument{
		Frame: d.frame(r, "archive", pick(p.Lang, "保存文書", "Archive")), Path: r.URL.Path, Issued: issued != 0, SHA256: h.SHA256, Size: strconv.FormatInt(h.SizeBytes, 10),
		Bytes: a.Bytes, Erased: h.Erased, Checked: d.Now(),
	}
	for _, x := range a.Hits {
		v.Rows = append(v.Rows, archiveRow(p, x))
	}
	v.Name = v.Rows[0].Name
	if document != 0 {
		v.Name = strconv.FormatInt(document, 10)
	}
	if h.Mail != 0 {
		v.Mail = "/desk/archive/inbound/" + strconv.FormatInt(h.Mail, 10)
	}
	v.Facts = archiveFacts(p.Lang, h)
	for _, x := range a.Problems {
		v.Problems = append(v.Problems, page.Saying(p.Lang, x.String()))
	}
	for _, x := range a.Seals {
		v.Seals = append(v.Seals, page.ArchiveSeal{
			Seq: x.Seq, Kind: page.SealKind(p.Lang, string(x.Kind)), Digest: x.Digest, Previous: x.Previous, Chain: x.Chain, At: x.SealedAt, Record: x.Record,
		})
	}
	for _, x := range a.History {
		f := page.ArchiveFact{Page: x.Page, On: x.TransactedOn, Party: strings.TrimSpace(x.Party.Code + " " + x.Party.Company + " " + x.Party.Name), Reason: archiveReason(p.Lang, x.Reason), By: x.By, At: x.RecordedAt}
		if x.AmountYen != nil {
			y := order.Yen(*x.AmountYen)
			f.AmountYen = &y
		}
		v.History = append(v.History, f)
	}
	d.show(w, r, v)
}

// archiveReason is what a fact was taken from; a person's words stay as they are.
func archiveReason(lang page.Lang, reason string) string {
	if kind, number, ok := strings.Cut(reason, " "); ok && page.IssueKind(lang, kind) != kind {
		return page.IssueKind(lang, kind) + " " + number
	}
	return page.Saying(lang, reason)
}

func archiveFacts(lang page.Lang, h store.ArchiveHit) (out [][2]string) {
	add := func(japanese, english, value string) {
		if value != "" {
			out = append(out, [2]string{pick(lang, japanese, english), value})
		}
	}
	if h.IssuedID != 0 {
		add("種類", "Kind", page.IssueKind(lang, h.What))
		add("発行日時", "Issued", h.At.In(order.JST).Format(time.DateTime))
	} else {
		add("受領経路", "Came by", page.SourceName(lang, h.What))
		add("受領日時", "Received", h.At.In(order.JST).Format(time.DateTime))
	}
	add("件名", "Subject", h.Subject)
	add("ファイル名", "File name", h.FileName)
	add("形式", "Format", h.Format+h.MediaType)
	add("保存期限", "Kept until", h.KeepUntilOn.String())
	return out
}

// archivedBytes sends a document's bytes as they came in or were issued, checked.
func (d *Desk) archivedBytes(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	document, issued, name, err := archived(r)
	var a store.ArchiveDocument
	if err == nil {
		a, err = d.Store.ArchiveDocument(ctx, document, issued)
	}
	if err == nil && a.Hits[0].Erased != "" {
		err = order.NotFound("document", fmt.Sprintf("document %d was erased: nothing is to be said of it", document))
	}
	var data []byte
	if err == nil {
		data, err = d.Store.ArchiveBytes(ctx, a.Hits[0])
	}
	if err == nil {
		data, err = d.masked(ctx, data, a.Hits[0].MediaType, a.Hits[0].Format)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, personOf(ctx).Login, "view", name, "saved the original")
	file := a.Hits[0].FileName
	if file == "" {
		file = strings.ReplaceAll(name, " ", "-") + extensionOf(a.Hits[0].MediaType)
	}
	sendBytes(w, data, file, "")
}

func extensionOf(media string) string {
	return map[string]string{"application/pdf": ".pdf", "image/tiff": ".tif", "image/png": ".png", "message/rfc822": ".eml", "application/json": ".json"}[media]
}

// exportArchive sends a found set as todoke archive export writes it.
func (d *Desk) exportArchive(w http.ResponseWriter, r *http.Request) {
	ctx, p, form := r.Context(), personOf(r.Context()), r.URL.Query()
	q, err := archiveQuery(p.Lang, page.ArchiveFilter{
		From: form.Get("from"), To: form.Get("to"), MinYen: form.Get("min"), MaxYen: form.Get("max"), Party: strings.TrimSpace(form.Get("party")), Kind: form.Get("kind"), Number: strings.TrimSpace(form.Get("number")),
	})
	if err == nil {
		_, err = d.Store.SearchArchivePage(ctx, q, store.ArchiveCursor{}, 1) // what is wrong with it is told as a page
	}
	if err == nil && d.Export == nil {
		err = order.NotFound("export", "there is no such document")
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "view", "archive", "exported: "+archiveWords(form))
	// A large archive takes longer than a page may.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
		d.Log.DebugContext(ctx, "no deadline to lift", "error", err)
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="archive-`+d.Now().In(order.JST).Format("20060102-150405")+`.zip"`)
	rows, files, damaged, err := d.Export(ctx, w, q)
	if err != nil {
		d.Log.ErrorContext(ctx, "export of the archive failed", "error", err)
		panic(http.ErrAbortHandler) // half an export is none
	}
	d.Log.InfoContext(ctx, "archive exported", "by", p.Login, "rows", rows, "files", files, "damaged", len(damaged))
}

// verifyArchive asks for a check of the whole archive.
func (d *Desk) verifyArchive(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	if err := d.Store.AskArchiveCheck(ctx, p.By()); err != nil {
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "archive", "asked for a check of the whole archive")
	d.tell(ctx, pick(p.Lang, "全件の照合を始めます。終わるとこの画面に結果が出ます。", "The whole archive is being checked; the result appears on this page."))
	http.Redirect(w, r, "/desk/archive", http.StatusSeeOther)
}

// ArchiveExport writes what a search finds, as todoke archive export does.
type ArchiveExport func(ctx context.Context, w io.Writer, q store.ArchiveQuery) (rows, files int, damaged []string, err error)
