package worker_test

import (
	"slices"
	"strings"
	"testing"

	"todoke/ingest/gateway"
	"todoke/rules"
	"todoke/store"
	"todoke/worker"
)

// person is a mail of somebody without a fax.
func person(address, subject string) worker.Mail {
	return worker.Mail{
		From: address, Subject: subject, Text: "コピー用紙を10箱お願いします。", Thread: []string{"0@x.jp", "1@x.jp"},
		Letter: rules.Letter{From: []string{address}, Recipients: 1, Kind: "text/plain"},
	}
}

func (b *bundle) eventOf(t *testing.T, id int64, rule string) string {
	t.Helper()
	events, err := b.s.DocumentEvents(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Rule == rule {
			return e.Text
		}
	}
	return ""
}

func TestMailsWithoutAFaxAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.cfg.Answerer = rules.Answerer{Address: "order@shop.example.jp", Domains: []string{"shop.example.jp"}}
	b.cfg.ShopFax, b.cfg.DeskName, b.cfg.ShopWeb = "03-1234-5678", "お客様デスク", "https://shop.example.jp/"
	list := person("c@x.jp", "お知らせ")
	list.Letter.Fields = map[string][]string{"list-id": {"<x>"}}
	notice := person("fax@gateway.example.jp", "届きました")
	notice.Facts = gateway.Facts{Profile: "p", Kind: gateway.KindFax}
	withForm := person("d@x.jp", "注文書")
	withForm.Attachments = []worker.Attachment{{FileName: "a.tif", MediaType: "image/tiff", Bytes: page(t, 1, wOrder)}}
	withBook := person("e@x.jp", "注文一覧")
	withBook.Attachments = []worker.Attachment{{FileName: "a.xlsx", MediaType: "application/octet-stream", Bytes: []byte("PK\x03\x04....xl/workbook.xml")}}
	b.cfg.Mail = mails(map[string]worker.Mail{
		"a1": person("a@x.jp", "注文"), "a2": person("a@x.jp", "再送"), "b": person("b@x.jp", ""), "list": list, "notice": notice, "form": withForm, "book": withBook,
	})
	ids := map[string]int64{}
	for _, name := range []string{"a1", "a2", "b", "list", "notice", "form", "book"} {
		ids[name] = b.add(t, name+".eml", []byte(name))
	}
	b.work(t)
	ctx := t.Context()
	for name, want := range map[string]string{
		"b": "answered by mail to b@x.jp", "list": "not answered by mail: a machine, a list or a bounce wrote it (list-id: <x>)",
		"notice": "not answered by mail: a fax gateway wrote it", "form": "", "book": "not answered by mail: a person must look at what is attached first",
	} {
		if got := b.eventOf(t, ids[name], "FAX-1"); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if d, err := b.s.GetDocument(ctx, ids[name]); err != nil || d.State != store.DocumentReview {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	one, two := b.eventOf(t, ids["a1"], "FAX-1"), b.eventOf(t, ids["a2"], "FAX-1")
	if strings.HasPrefix(one, "answered") == strings.HasPrefix(two, "answered") || !strings.Contains(one+two, "has had an answer") {
		t.Errorf("%q, %q", one, two)
	}
	deliveries, err := b.s.Deliveries(ctx)
	if err != nil || len(deliveries) != 2 {
		t.Fatalf("%+v, %v", deliveries, err)
	}
	for _, d := range deliveries {
		body, err := b.s.Blobs().Get(d.BlobKey)
		if err != nil || d.Channel != "mail" || !strings.Contains(string(body), "FAX番号　03-1234-5678") || !slices.Contains([]string{"a@x.jp", "b@x.jp"}, d.Recipient) {
			t.Errorf("%+v, %v: %s", d, err, body)
		}
	}
	// A person settles it: nothing is answered again, whatever runs once more.
	if _, err := b.s.Junk(ctx, ids["a1"], 0, "佐藤", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	again := b.add(t, "a1.eml", []byte("a1")) // the same mail, handed in again
	b.idle(t)
	if d, err := b.s.GetDocument(ctx, again); err != nil || d.State != store.DocumentDuplicate || b.eventOf(t, again, "FAX-1") != "" {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err := b.s.GetDocument(ctx, ids["a1"]); err != nil || d.State != store.DocumentJunk {
		t.Errorf("%+v, %v", d, err)
	}
	b.audit(t)
}
