package worker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/order"
	"todoke/store"
)

// Report is what a mail tells of the fate of something that we sent, as far as the mail itself
// says so: gateways say it in words of their own, which their profiles know.
type Report struct {
	DSN   mail.Report
	OK    bool     // there is one
	Names []string // left halves of our message ids within the mail
}

// noticeOf is what a mail tells of a delivery of ours; ok is false for mails that tell nothing.
func noticeOf(doc store.Document, m Mail) (n store.Notice, ok bool) {
	n = store.Notice{DocumentID: doc.ID, Names: m.Report.Names, At: doc.ReceivedAt, Text: m.Subject + "\n" + m.Text}
	switch {
	case m.Facts.Kind == gateway.KindFailed:
		n.Kind = store.NoticeFailed
	case m.Facts.Kind == gateway.KindDelivered:
		n.Kind = store.NoticeDelivered
	case !m.Report.OK:
		return n, false
	case m.Report.DSN.Action == "failed":
		n.Kind = store.NoticeFailed
	case m.Report.DSN.Action == "delayed":
		n.Kind = store.NoticeDelayed
	default:
		n.Kind = store.NoticeDelivered
	}
	n.Detail = m.Subject
	if m.Report.OK {
		n.Relay = m.Facts.Profile == ""
		n.Detail = strings.Join(slices.DeleteFunc([]string{m.Report.DSN.Status, m.Report.DSN.Diagnostic, m.Subject}, func(s string) bool { return s == "" }), " ")
	}
	if m.Facts.Profile != "" {
		if g := hylafaxJob.FindStringSubmatch(m.Subject); g != nil {
			n.Way, n.Receipt = "hylafax", "job "+g[1]
		}
		n.Numbers = numbersIn(n.Text)
	}
	return n, true
}

// hylafaxJob is in the subject of HylaFAX's notify.
var hylafaxJob = regexp.MustCompile(`(?i)facsimile job (\d{1,12})\b`)

var numberLike = regexp.MustCompile(`[+＋]?[0-9０-９(（][0-9０-９()（）./‐‑–−ー－ -]{7,24}[0-9０-９]`)

// numbersIn are the Japanese telephone numbers in a text, digits.
func numbersIn(text string) []string {
	const longest, most = 16 << 10, 20
	var out []string
	for _, s := range numberLike.FindAllString(text[:min(len(text), longest)], 10*most) {
		if n, ok := order.ParsePhone(s); ok && len(out) < most && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// foreign are the names of the things attached to a notice that are neither a report nor
// decoration nor what we issued.
func (w *ReadDocument) foreign(ctx context.Context, m Mail, isNotice bool) (names []string, err error) {
	if !isNotice {
		return nil, nil
	}
	for _, a := range m.Attachments {
		if a.Unpacked > 0 || strings.HasPrefix(a.MediaType, "message/") || strings.HasPrefix(a.MediaType, "text/") && kindOf(a.Bytes, store.Document{}) != kindFax {
			continue
		}
		if decoration(a, false) != "" {
			continue
		}
		ours, err := w.cfg.Store.Issued(ctx, store.Key(a.Bytes))
		if err != nil {
			return nil, err
		}
		if !ours {
			names = append(names, strconv.Quote(a.FileName))
		}
	}
	return names, nil
}

// notice matches a mail that tells of a delivery, records it, and does what follows; a mail that
// matches none goes to the desk. What is attached to a gateway's is our own, as it was faxed; what
// is foreign on a mail server's, a person must see.
func (w *ReadDocument) notice(ctx context.Context, doc store.Document, m Mail, n store.Notice, foreign []string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		now := w.cfg.Store.Now()
		if err := errors.Join(tx.AddClaims(ctx, doc.ID, claimsOf(m), now), tx.NoteSender(ctx, doc.ID, m.From, now)); err != nil {
			return err
		}
		id, messageID, by, err := tx.MatchNotice(ctx, n)
		if err != nil {
			return err
		}
		if id == 0 {
			what := map[store.NoticeKind]string{store.NoticeFailed: "could not be sent", store.NoticeDelivered: "was sent", store.NoticeDelayed: "is delayed"}[n.Kind]
			who := "the gateway says that a fax of ours "
			if m.Facts.Profile == "" {
				who = "a mail server says that a mail of ours "
			}
			return w.review(ctx, tx, doc, order.Invalid("FAX-3", "", who+what+": "+m.Subject))
		}
		if err := tx.KeepNotice(ctx, n, id, by, now); err != nil {
			return err
		}
		if err := w.heed(ctx, tx, n, id, messageID); err != nil {
			return err
		}
		detail := fmt.Sprintf("delivery %d %s, by %s", id, n.Kind, by)
		if len(foreign) > 0 && m.Facts.Profile == "" {
			return w.review(ctx, tx, doc, order.Invalid("FAX-3", "", "a mail server's notice of a fax or mail of ours carries files of its own: "+strings.Join(foreign, ", ")))
		}
		if len(foreign) > 0 {
			detail += "; attached and not read: " + strings.Join(foreign, ", ")
		}
		_, err = tx.SetDocument(ctx, doc.ID, store.DocumentNotice, detail, 0, now)
		return err
	}
}

// heed does what a notice calls for. That a mail server passed a mail on to a fax gateway does not
// say that the fax arrived.
func (w *ReadDocument) heed(ctx context.Context, tx *store.Tx, n store.Notice, id int64, messageID string) error {
	now := w.cfg.Store.Now()
	switch n.Kind {
	case store.NoticeFailed:
	case store.NoticeDelayed:
		return nil
	case store.NoticeDelivered:
		d, err := w.cfg.Store.GetDelivery(ctx, id)
		if err != nil || n.Relay && d.Channel == string(order.ChannelFax) {
			return err
		}
		return tx.DeliveryArrived(ctx, id, "delivered: "+n.Detail, now)
	}
	d, past, err := tx.DeliveryReturned(ctx, id, messageID, n.Detail, now)
	if err != nil {
		return err
	}
	if d.State != store.DeliverySent && d.State != store.DeliveryDelivered && d.State != store.DeliveryWaiting || messageID != d.MessageID {
		return nil // a person decided, or another way has its turn already
	}
	next := w.cfg.plan(d, past, now)
	if next.Way == "" {
		return tx.DeliveryFails(ctx, id, "did not arrive: "+n.Detail)
	}
	if d.Waiting() {
		return tx.DeliveryPutOff(ctx, id, next.NotBefore, "did not arrive: "+n.Detail)
	}
	return tx.DeliveryReopens(ctx, id, next.NotBefore, "did not arrive: "+n.Detail)
}
