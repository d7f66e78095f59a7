package worker

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/mail"
)

// mail takes a mail apart: each thing attached that is not mere decoration becomes a document. A
// mail without any fax goes to the desk, and is answered with how to order (FAX-1).
func (w *ReadDocument) mail(ctx context.Context, doc store.Document, data []byte) (func(*store.Tx) error, error) {
	if w.cfg.Mail == nil {
		return nil, order.Permanent("mails are not read here: a person must look at it", nil)
	}
	if doc.ParentID != 0 {
		return nil, order.Permanent("it is a mail within a mail that was not opened: a person must open it", nil)
	}
	m, err := w.cfg.Mail(data)
	if err != nil {
		return nil, order.Permanent("it is not a readable mail: a person must look at it", err)
	}
	received, _, odd := rules.FaxReceivedAt(rules.FaxClaims{
		GatewayAt: m.Facts.At, HeaderAt: m.HeaderAt, FileAt: doc.ReceivedAt, TakenAt: doc.StoredAt,
	}, w.cfg.Store.Settings())
	n, isNotice := noticeOf(doc, m)
	foreign, err := w.foreign(ctx, m, isNotice)
	if err != nil {
		return nil, err
	}
	if isNotice && (len(foreign) == 0 || n.Named()) {
		return w.notice(ctx, doc, m, n, foreign), nil
	}
	claims := claimsOf(m)
	var partner partnerMail
	if !isNotice {
		if partner, err = w.partner(ctx, doc, m); err != nil {
			return nil, err
		}
	}
	parts, faxes, err := w.parts(doc, m, received, partner)
	if err != nil {
		return nil, err
	}
	var reasons []*order.Error
	if isNotice { // it names no fax of ours, and somebody's order may be attached
		reasons = append(reasons, order.Invalid("FAX-3", "", "the mail reads like news of a fax of ours, but names none and carries files of its own: "+m.Subject))
	}
	if odd != nil && faxes > 0 && m.Facts.At.IsZero() { // CUT-3: of two times each page of the fax asks itself
		reasons = append(reasons, odd)
	}
	if m.Facts.Incomplete != "" {
		reasons = append(reasons, order.Invalid("FAX-2", "pages", "the gateway did not receive the whole fax: "+m.Facts.Incomplete+"; ask the sender for what is missing"))
	}
	for _, u := range m.Unread {
		reasons = append(reasons, order.Invalid("FAX-2", "", u+": a person must look at the mail itself"))
	}
	answer := func(*store.Tx, time.Time) error { return nil }
	switch files := partnerFiles(parts); {
	case faxes == 0 && len(reasons) == 0 && files > 0 && documents(parts) == 0: // the files say all that there is
	case faxes == 0 && partner.warehouse != "": // nobody tells a warehouse how to order
		reasons = append(reasons, partner.reason())
	case faxes == 0 && len(reasons) == 0:
		reasons = append(reasons, order.Invalid("FAX-1", "", "the mail carries no fax: orders come by fax or web"))
		fallthrough
	case faxes == 0:
		if answer, err = w.answer(ctx, doc, m, received, documents(parts)); err != nil {
			return nil, err
		}
	case m.Facts.Profile == "" && strings.TrimSpace(m.Text) != "":
		reasons = append(reasons, order.Invalid("FAX-1", "", "the mail that brought the fax was written by a person: see whether it says anything about the order"))
	}
	return func(tx *store.Tx) error {
		now := w.cfg.Store.Now()
		if err := errors.Join(tx.AddClaims(ctx, doc.ID, claims, now), tx.NoteSender(ctx, doc.ID, m.From, now)); err != nil {
			return err
		}
		if err := w.saveParts(ctx, tx, doc, parts, m.Notes, now); err != nil {
			return err
		}
		if len(reasons) == 0 {
			detail := fmt.Sprintf("%d document(s)", documents(parts))
			if n := partnerFiles(parts); n > 0 {
				detail = fmt.Sprintf("%d file(s) of warehouse %s", n, partner.warehouse)
			}
			_, err := tx.SetDocument(ctx, doc.ID, store.DocumentSplit, detail, 0, now)
			return err
		}
		if err := w.review(ctx, tx, doc, reasons...); err != nil {
			return err
		}
		return answer(tx, now)
	}, nil
}

// mailPart is a thing attached to a mail, and what becomes of it.
type mailPart struct {
	store.MailPart
	doc store.NewDocument
	key string // of its bytes; "" for decoration
	// file is what it is to its partner; nil where it is nothing of a partner's. It is no document then.
	file *store.NewPartnerFile
}

func partnerFiles(parts []mailPart) int {
	n := 0
	for _, p := range parts {
		if p.file != nil {
			n++
		}
	}
	return n
}

func documents(parts []mailPart) int {
	n := 0
	for _, p := range parts {
		if p.key != "" {
			n++
		}
	}
	return n
}

// parts decides what becomes of each thing attached, and stores the bytes of what is looked at.
// faxes counts what the reader reads.
func (w *ReadDocument) parts(doc store.Document, m Mail, received time.Time, partner partnerMail) (parts []mailPart, faxes int, err error) {
	beside := -1 // the first that is surely no picture of a signature
	for i, a := range m.Attachments {
		if f := formatOf(a.Bytes); beside < 0 && (f == "a TIFF" || f == "a PDF") {
			beside = i
		}
	}
	for i, a := range m.Attachments {
		kind := kindOf(a.Bytes, store.Document{FileName: a.FileName, MediaType: a.MediaType})
		format := formatOf(a.Bytes)
		p := mailPart{MailPart: store.MailPart{No: i + 1, Path: a.Path, FileName: a.FileName, MediaType: a.MediaType, SizeBytes: int64(len(a.Bytes))}}
		p.Why = decoration(a, beside >= 0 && beside != i)
		if a.Unpacked > 0 {
			p.Why = fmt.Sprintf("unpacked: the %d file(s) in it follow", a.Unpacked)
		}
		if p.Why != "" {
			parts = append(parts, p)
			continue
		}
		if f, ok := partner.file(a); ok {
			if _, err := w.cfg.Store.Blobs().Put(a.Bytes); err != nil {
				return nil, 0, err
			}
			f.Transmission = "mail " + cmp.Or(m.ID, doc.SHA256)
			p.file = &f
			parts = append(parts, p)
			continue
		}
		switch {
		case a.Problem != "":
			p.Why = a.Problem
		case kind == kindFax:
			p.Why = "read as a fax"
			faxes++
		case len(a.Bytes) == 0:
			p.Why = "it is empty: a person must see it"
		default:
			p.Why = format + ": a person must see it"
		}
		p.doc = store.NewDocument{
			Source: doc.Source, ReceivedAt: received, Caller: m.Facts.Caller.Digits, FileName: a.FileName, MediaType: a.MediaType,
			Bytes: a.Bytes, ParentID: doc.ID,
		}
		// The gateway's job names the transmission however often it is mailed; without one the
		// mail does.
		name := "mail " + doc.ExternalID
		if m.Job != "" {
			name = "job " + m.Job
		}
		p.doc.ExternalID = fmt.Sprintf("%s part %d", name, i+1)
		if p.key, err = w.cfg.Store.Blobs().Put(a.Bytes); err != nil {
			return nil, 0, err
		}
		parts = append(parts, p)
	}
	return parts, faxes, nil
}

// decoration is why a thing attached need not be looked at; "" where it must. beside tells that a
// fax is attached with it.
func decoration(a Attachment, beside bool) string {
	return rules.Decoration(rules.AttachedPart{
		MediaType: a.MediaType, SizeBytes: len(a.Bytes), Fax: kindOf(a.Bytes, store.Document{FileName: a.FileName, MediaType: a.MediaType}) == kindFax,
		Picture: a.WidthPX > 0, WidthPX: a.WidthPX, HeightPX: a.HeightPX, Shown: a.Shown, Beside: beside,
	})
}

// saveParts makes the documents of a mail, and records what became of everything attached.
func (w *ReadDocument) saveParts(ctx context.Context, tx *store.Tx, doc store.Document, parts []mailPart, notes []string, now time.Time) error {
	for _, p := range parts {
		if p.key != "" {
			var err error
			if p.Document, _, err = tx.AddPart(ctx, p.doc, p.key); err != nil {
				return err
			}
		}
		if p.file != nil {
			if err := p.take(ctx, tx, now); err != nil {
				return err
			}
		}
		if err := tx.AddMailPart(ctx, doc.ID, p.MailPart); err != nil {
			return err
		}
	}
	if len(notes) == 0 {
		return nil
	}
	return tx.Note(ctx, doc.ID, "FAX-2", "the mail is not as it should be: "+strings.Join(notes, "; "), now)
}

// answer decides whether a mail without any fax is answered, and renders the answer. attached is how
// many things attached a person must look at.
func (w *ReadDocument) answer(ctx context.Context, doc store.Document, m Mail, received time.Time, attached int) (func(*store.Tx, time.Time) error, error) {
	letter := m.Letter
	letter.Gateway, letter.Unread, letter.ReceivedAt = m.Facts.Profile, len(m.Unread) > 0, received
	letter.Attached = attached
	a := store.LetterAnswer{Document: doc.ID, Thread: m.Thread, Verdict: rules.AnswerLetter(letter, w.cfg.Answerer, w.cfg.Store.Settings(), w.cfg.Store.Now())}
	if a.Verdict.Answer {
		text, err := mail.HowToOrder{Shop: w.cfg.mailShop(), Subject: m.Subject}.Render()
		if err != nil {
			return nil, err
		}
		if a.Key, err = w.cfg.Store.Blobs().Put([]byte(text.Body)); err != nil {
			return nil, err
		}
		a.Subject, a.SizeBytes = text.Subject, len(text.Body)
	}
	return func(tx *store.Tx, now time.Time) error {
		_, err := tx.AnswerLetter(ctx, a, now)
		return err
	}, nil
}

// formats are the kinds of files that come attached, by how their bytes begin.
var formats = []struct {
	at    int
	magic string
	name  string
}{
	{0, "II*\x00", "a TIFF"},
	{0, "MM\x00*", "a TIFF"},
	{0, "\x89PNG\r\n\x1a\n", "a PNG picture"},
	{0, "\xff\xd8\xff", "a JPEG picture"},
	{0, "GIF8", "a GIF picture"},
	{0, "BM", "a BMP picture"},
	{8, "WEBP", "a WebP picture"},
	{4, "ftyphei", "a photo as iPhones take them (HEIC)"},
	{4, "ftyphev", "a photo as iPhones take them (HEIC)"},
	{4, "ftypmif1", "a photo as iPhones take them (HEIC)"},
	{4, "ftypavif", "an AVIF picture"},
	{4, "ftyp", "a film"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document of the old kind (Word, Excel)"},
	{0, "Rar!", "a RAR archive"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{0, "\x1f\x8b", "a gzip archive"},
	{0, "{\\rtf", "an RTF text"},
	{0, "MZ", "a Windows program: do not open it"},
	{0, "x\x9f\x3e\x22", "an Outlook envelope (winmail.dat)"},
	{0, "-----BEGIN PGP MESSAGE-----", "an encrypted message (PGP)"},
}

// formatOf names the kind of file that bytes are, for people.
func formatOf(data []byte) string {
	for _, f := range formats {
		if len(data) > f.at && bytes.HasPrefix(data[f.at:], []byte(f.magic)) {
			return f.name
		}
	}
	const pdfHead = 1024
	head := data[:min(len(data), pdfHead)]
	switch {
	case bytes.Contains(head, []byte("%PDF-")):
		return "a PDF"
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		for _, office := range []struct{ folder, name string }{{"word/", "a Word document"}, {"xl/", "an Excel workbook"}, {"ppt/", "a PowerPoint presentation"}, {"mimetypeapplication/vnd.oasis", "an OpenDocument file"}} {
			if bytes.Contains(data, []byte(office.folder)) {
				return office.name
			}
		}
		if data[6]&1 != 0 {
			return "a Zip archive with a password"
		}
		return "a Zip archive"
	case len(data) == 0:
		return "an empty file"
	case utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]) && !bytes.ContainsAny(head, "\x00\x01\x02\x03\x04\x05\x06"):
		return "a text"
	}
	return "a file of an unknown kind"
}
