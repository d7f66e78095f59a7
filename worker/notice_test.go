package worker_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"todoke/delivery"
	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/store"
	"todoke/worker"
)

// A customer whose fax did not go through mails the form: the mail reads like a gateway's notice and
// states the number that we faxed to yesterday. The order in it is read, and our fax stays sent.
func TestAMailThatReadsLikeANoticeKeepsItsAttachments(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	id := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678")
	form := []worker.Attachment{{FileName: "注文書.tif", MediaType: "image/tiff", Bytes: page(t, 1, wOrder)}}
	copyOf := []worker.Attachment{{FileName: "fax.pdf", MediaType: "application/pdf", Bytes: []byte("%PDF-1.4 acknowledgementfax0312345678")}}
	text := "eFax で送信できませんでしたのでメールで注文します。\n山田商事 総務部 FAX 03-1234-5678"
	o.cfg.Mail = mails(map[string]worker.Mail{
		"customer": {From: "yamada@yamada.example", Subject: "eFax 送信エラー", Text: text, Facts: gateway.Facts{Profile: "efax", Kind: gateway.KindFailed}, Attachments: form},
		"bounce": {
			From: "postmaster@yamada.example", Subject: "Re: お知らせ", Attachments: form,
			Report: worker.Report{OK: true, DSN: mail.Report{Action: "delayed"}, Names: []string{"todoke.1.1.0123456789abcdef"}},
		},
		"gateway": {From: "g@a.example.jp", Subject: "FAX送信完了", Text: "0312345678 N-acknowledgement", Facts: gateway.Facts{Profile: "p", Kind: gateway.KindDelivered}, Attachments: copyOf},
	})
	o.work(t)
	customer := o.add(t, "customer.eml", []byte("customer"))
	o.idle(t)
	if d, attempts := o.delivery(t, id); d.State != store.DeliverySent || attempts != "a sent" {
		t.Errorf("%q %+v", attempts, d)
	}
	parts, err := o.s.DocumentParts(t.Context(), customer)
	if err != nil || len(parts) != 1 {
		t.Fatalf("the form is in no document: %v %v", parts, err)
	}
	if got := o.pages(t, parts[0]); len(got) != 1 || got[0].State != store.PageOrdered {
		t.Errorf("%+v", got)
	}
	o.inReview(t, customer)
	o.exec(t, `UPDATE delivery_attempts SET message_id = 'todoke.1.1.0123456789abcdef@shop.example'`)
	bounce := o.add(t, "bounce.eml", []byte("bounce"))
	o.idle(t)
	if d, err := o.s.GetDocument(t.Context(), bounce); err != nil || d.State != store.DocumentReview || !strings.Contains(d.Detail, "注文書.tif") {
		t.Errorf("%+v %v", d, err)
	}
	copied := o.add(t, "gateway.eml", []byte("gateway"))
	o.idle(t)
	if d, err := o.s.GetDocument(t.Context(), copied); err != nil || d.State != store.DocumentNotice {
		t.Errorf("%+v %v", d, err)
	}
	o.audit(t)
}

// Whoever can count knows HylaFAX's jobs: a mail that names one says nothing of what failed, of what
// arrived, or of what left long ago.
func TestAJobsNumberTellsOfWhatWasHandedOverAlone(t *testing.T) {
	t.Parallel()
	for state, days := range map[string]int{store.DeliveryFailed: 0, store.DeliveryDelivered: 0, store.DeliverySent: 10} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			o := withOutbox(t)
			id := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678")
			o.cfg.Mail = mails(map[string]worker.Mail{
				"done":   {Subject: "facsimile job 7 to 0312345678 completed", Facts: gateway.Facts{Profile: "hylafax", Kind: gateway.KindDelivered}},
				"failed": {Subject: "facsimile job 7 to 0312345678 failed", Facts: gateway.Facts{Profile: "hylafax", Kind: gateway.KindFailed}},
			})
			o.work(t)
			o.exec(t, `UPDATE delivery_attempts SET way = 'hylafax', receipt = 'job 7'`)
			o.exec(t, `UPDATE deliveries SET state = $1`, state)
			o.clock.Set(o.clock.Now().Add(time.Duration(days) * 24 * time.Hour))
			done, failed := o.add(t, "done.eml", []byte("done")), o.add(t, "failed.eml", []byte("failed"))
			o.idle(t)
			if d, _ := o.delivery(t, id); d.State != state {
				t.Errorf("%+v", d)
			}
			o.inReview(t, done)
			o.inReview(t, failed)
		})
	}
}

// A notice says that it arrived while the attempt is still under way, and the attempt ends as a
// failure: it arrived all the same.
func TestWhatArrivedStaysSo(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	o.a.Fail(faults("data 554")...)
	id := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678")
	way := &dying{Way: o.cfg.Routes.Ways["fax"][0]}
	o.cfg.Routes.Ways["fax"] = []delivery.Way{way}
	way.after = func() {
		if err := o.s.InTx(context.Background(), func(tx *store.Tx) error {
			return tx.DeliveryArrived(context.Background(), id, "delivered: FAX送信完了", o.clock.Now())
		}); err != nil {
			t.Error(err)
		}
	}
	o.work(t)
	if d, attempts := o.delivery(t, id); d.State != store.DeliveryDelivered || attempts != "a permanent" {
		t.Errorf("%q %+v", attempts, d)
	}
	o.audit(t)
}
