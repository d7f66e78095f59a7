package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// Limits of what is handed in at once.
const (
	intakeBytes = 64 << 20
	intakeFiles = 50
	intakeField = 4 << 10
)

func (d *Desk) showIntake(w http.ResponseWriter, r *http.Request) {
	d.intakePage(w, r, http.StatusOK, "")
}

func (d *Desk) intakePage(w http.ResponseWriter, r *http.Request, status int, said string) {
	ctx, p := r.Context(), personOf(r.Context())
	const shown = 30
	docs, err := d.Store.DocumentsAtDesk(ctx, shown)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.Intake{Frame: d.frame(r, "intake", pick(p.Lang, "紙・ファイルの受付", "Intake")), Token: rand.Text(), Said: said, Self: r.URL.RequestURI()}
	fresh := strings.Split(r.URL.Query().Get("new"), ",")
	slices.Reverse(docs)
	for _, doc := range docs {
		row, err := d.intakeRow(r, p, doc)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		row.New = slices.Contains(fresh, row.Name)
		v.Waiting = v.Waiting || doc.State == store.DocumentReceived
		v.Rows = append(v.Rows, row)
	}
	if r.Method != http.MethodGet {
		v.Self = "/desk/intake"
	}
	d.showAs(w, r, status, v)
}

// intakeRow is what became of a document and, of a mail, of what was attached.
func (d *Desk) intakeRow(r *http.Request, p Person, doc store.Document) (page.IntakeRow, error) {
	ctx := r.Context()
	row := page.IntakeRow{DocumentView: documentView(p.Lang, doc)}
	same, err := d.Store.SameBytes(ctx, doc.ID)
	if err != nil {
		return row, err
	}
	if same != 0 {
		name := strconv.FormatInt(same, 10)
		row.Same = &page.Link{Path: "/desk/orders?q=" + url.QueryEscape("受信"+name), Text: pick(p.Lang, "受信文書 ", "document ") + name}
	}
	ids := []int64{doc.ID}
	if doc.State == store.DocumentSplit {
		parts, err := d.Store.DocumentParts(ctx, doc.ID)
		if err != nil {
			return row, err
		}
		ids = append(ids, parts...)
	}
	if doc.State == store.DocumentReview {
		row.Pages = append(row.Pages, page.Link{Path: "/desk/review/" + row.Name, Text: pick(p.Lang, "確認する", "Review")})
	}
	pages, err := d.Store.Pages(ctx, ids...)
	if err != nil {
		return row, err
	}
	for _, pg := range pages {
		addPage(p.Lang, &row, pg)
	}
	return row, nil
}

// addPage adds what became of a page, and where: a document with a page that waits for a person waits.
func addPage(lang page.Lang, row *page.IntakeRow, pg store.Page) {
	name := fmt.Sprintf("%d.%d", pg.DocumentID, pg.No)
	switch {
	case pg.OrderNumber != "":
		row.Pages = append(row.Pages, page.Link{Path: orderPath(pg.OrderNumber), Text: pick(lang, "注文 ", "order ") + pg.OrderNumber.Grouped()})
	case pg.State == store.PageReview:
		row.State = string(store.DocumentReview)
		row.Pages = append(row.Pages, page.Link{Path: "/desk/review/" + name, Text: pick(lang, "確認する ", "review ") + name})
	default:
		row.Pages = append(row.Pages, page.Link{Path: "/desk/review/" + name, Text: name + " " + page.StateName(lang, string(pg.State))})
	}
}

// documentRows tell of documents that came in and what became of their pages.
func (d *Desk) documentRows(ctx context.Context, lang page.Lang, docs []store.Document) ([]page.IntakeRow, error) {
	rows := make([]page.IntakeRow, len(docs))
	at := map[int64]*page.IntakeRow{}
	ids := make([]int64, len(docs))
	for i, doc := range docs {
		rows[i] = page.IntakeRow{DocumentView: documentView(lang, doc)}
		at[doc.ID], ids[i] = &rows[i], doc.ID
		if doc.State == store.DocumentReview {
			rows[i].Pages = append(rows[i].Pages, page.Link{Path: "/desk/review/" + rows[i].Name, Text: pick(lang, "確認する", "Review")})
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	pages, err := d.Store.Pages(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for _, pg := range pages {
		addPage(lang, at[pg.DocumentID], pg)
	}
	return rows, nil
}

func documentView(_ page.Lang, doc store.Document) page.DocumentView {
	name := strconv.FormatInt(doc.ID, 10)
	return page.DocumentView{
		Name: name, File: doc.FileName, Source: doc.Source, State: string(doc.State), Caller: order.FormatPhone(doc.Caller), ReceivedAt: doc.ReceivedAt,
		Size: doc.SizeBytes, Path: "/desk/documents/" + name + "/bytes",
	}
}

// handed is what a form for handing in carries.
type handed struct {
	docs              []store.NewDocument
	token, at, reason string
}

// takeIn stores what was handed in, all or none; it is read like any fax.
func (d *Desk) takeIn(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	r.Body = http.MaxBytesReader(w, r.Body, intakeBytes+intakeField*8)
	h, err := readHanded(r, p.Lang)
	var received time.Time
	if err == nil {
		received, err = d.receivedAt(p.Lang, h)
	}
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			err = order.Invalid("", "files", pick(p.Lang, "合計64MBまでです。分けて受け付けてください。", "At most 64 MB at once: hand them in in parts."))
		}
		if order.KindOf(err) == order.KindInvalid {
			d.intakePage(w, r, http.StatusUnprocessableEntity, message(err))
			return
		}
		d.fail(w, r, err)
		return
	}
	for i := range h.docs {
		n := &h.docs[i]
		n.Source, n.ReceivedAt = "desk:"+p.Login, received
		n.ExternalID = fmt.Sprintf("%s %d %s", h.token, i+1, n.FileName)
	}
	reason := h.reason
	if h.at == "" {
		reason = ""
	}
	added, err := d.Store.TakeIn(ctx, h.docs, p.By(), reason, d.Now())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	names := make([]string, 0, len(added))
	for i, a := range added {
		id := a.ID
		if a.DuplicateOf != 0 {
			id = a.DuplicateOf // the form was sent twice
		}
		names = append(names, strconv.FormatInt(id, 10))
		d.log(r, p.Login, "change", "document "+names[i], "taken in: "+h.docs[i].FileName)
	}
	d.tell(ctx, pick(p.Lang, fmt.Sprintf("%d件を受け付けました。", len(added)), fmt.Sprintf("%d taken in.", len(added))))
	http.Redirect(w, r, "/desk/intake?new="+strings.Join(names, ","), http.StatusSeeOther)
}

func readHanded(r *http.Request, lang page.Lang) (h handed, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return h, order.Invalid("", "files", pick(lang, "ファイルを選んでください。", "Choose files."))
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return h, broken(err, lang)
		}
		if part.FormName() != "files" {
			text, err := io.ReadAll(io.LimitReader(part, intakeField))
			if err != nil {
				return h, broken(err, lang)
			}
			switch part.FormName() {
			case "token":
				h.token = string(text)
			case "received_at":
				h.at = strings.TrimSpace(string(text))
			case "reason":
				h.reason = strings.TrimSpace(string(text))
			}
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return h, broken(err, lang)
		}
		name := plainName(part.FileName())
		if part.FileName() == "" && len(data) == 0 {
			continue // no file was chosen
		}
		kind, ok := mediaOf(name, data)
		if !ok {
			return h, order.Invalid("", "files", pick(lang, "「"+name+"」は受け付けられない形式です（TIFF・PDF・PNG・JPEG・EML）。", name+" is none of TIFF, PDF, PNG, JPEG, EML."))
		}
		if len(h.docs) == intakeFiles {
			return h, order.Invalid("", "files", pick(lang, "一度に50件までです。", "At most 50 files at once."))
		}
		h.docs = append(h.docs, store.NewDocument{FileName: name, MediaType: kind, Bytes: data})
	}
	if len(h.docs) == 0 {
		return h, order.Invalid("", "files", pick(lang, "ファイルを選んでください。", "Choose files."))
	}
	if h.token == "" {
		h.token = rand.Text()
	}
	return h, nil
}

// plainName is a file's name without folders, control characters and more than a screen shows.
func plainName(given string) string {
	const most = 120
	name := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, path.Base(strings.ReplaceAll(given, `\`, "/"))))
	if n := string(name); n == "." || n == "/" || n == "" {
		return "file"
	}
	if len(name) > most {
		ext := []rune(path.Ext(string(name)))
		name = append(name[:most-min(len(ext), 8)], ext[:min(len(ext), 8)]...)
	}
	return string(name)
}

func broken(err error, lang page.Lang) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	return order.Invalid("", "files", pick(lang, "送信が途中で切れました。もう一度お試しください。", "The upload broke off. Please try again."))
}

// mediaOf is what a file is by how it begins; of mails the name must say so.
func mediaOf(name string, data []byte) (string, bool) {
	for _, m := range []struct{ magic, kind string }{
		{"II*\x00", "image/tiff"},
		{"MM\x00*", "image/tiff"},
		{"II+\x00", "image/tiff"},
		{"MM\x00+", "image/tiff"},
		{"\x89PNG\r\n\x1a\n", "image/png"},
		{"\xff\xd8\xff", "image/jpeg"},
	} {
		if bytes.HasPrefix(data, []byte(m.magic)) {
			return m.kind, true
		}
	}
	const pdfWithin = 1024 // readers allow so much before it
	if bytes.Contains(data[:min(len(data), pdfWithin)], []byte("%PDF-")) {
		return "application/pdf", true
	}
	if strings.EqualFold(path.Ext(name), ".eml") && len(data) > 0 {
		return "message/rfc822", true
	}
	return "", false
}

// receivedAt is when what was handed in was received: now, or as stamped, with a reason (CUT-3).
func (d *Desk) receivedAt(lang page.Lang, h handed) (time.Time, error) {
	now := d.Now()
	if h.at == "" {
		return now, nil
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", h.at, order.JST)
	switch {
	case err != nil:
		return now, order.Invalid("CUT-3", "received_at", pick(lang, "受付印の日時が正しくありません。", "The stamped time is no time."))
	case at.After(now):
		return now, order.Invalid("CUT-3", "received_at", pick(lang, "受付印の日時が未来になっています。", "The stamped time is still to come."))
	case h.reason == "" || !utf8.ValidString(h.reason):
		return now, order.Invalid("CUT-3", "reason", pick(lang, "受付時刻を指定する理由を入力してください。", "Say why the time is another than now."))
	}
	return at, nil
}
