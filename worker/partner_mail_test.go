package worker_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

// TestPartnersMailTheirFiles: WHS-2, tables attached to a mail of an address in the profile are the
// partner's files, once; a mail whose sender is not proven or may be forged, and others, go to a person.
func TestPartnersMailTheirFiles(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	p := order.DefaultProfile(st.East)
	p.Senders = []string{"wms@partner.example"}
	old := order.DefaultProfile(st.West) // its mail server cannot sign
	old.Senders = []string{"wms@old.example"}
	if err := b.s.Import(t.Context(), order.Masters{Profiles: []order.WarehouseProfile{p, old}}); err != nil {
		t.Fatal(err)
	}
	b.cfg.Unproven = []string{st.West}
	b.cfg.Authserv = func(externalID string) string {
		if externalID == "elsewhere.eml" {
			return ""
		}
		return "mx.shop.example"
	}
	with := func(from, result string, names ...string) worker.Mail {
		m := person(from, "出荷結果")
		m.Letter.ReturnPath = "bounce" + from[strings.Index(from, "@"):]
		if result != "" {
			m.Letter.Results = []string{"mx.shop.example; " + result + " header.from=partner.example"}
			m.Letter.Fields = map[string][]string{"authentication-results": m.Letter.Results}
		}
		for _, n := range names {
			m.Attachments = append(m.Attachments, worker.Attachment{FileName: n, MediaType: "text/csv", Bytes: []byte("order,line\r\n" + strings.TrimPrefix(n, "again_"))})
		}
		return m
	}
	cases := map[string]worker.Mail{
		"good": with("wms@partner.example", "dmarc=pass", "result_1.csv", "count.XLSX"), "again": with("wms@partner.example", "dmarc=pass", "again_result_1.csv"),
		"forged": with("wms@partner.example", "dmarc=fail", "result_2.csv"), "stranger": with("wms@other.example", "", "result_3.csv"),
		"silent": with("wms@partner.example", "", "result_5.csv"), "soft": with("wms@partner.example", "spf=softfail; dkim=none; dmarc=none", "result_6.csv"),
		"theirs": with("wms@partner.example", "dmarc=pass", "result_7.csv"), "elsewhere": with("wms@partner.example", "dmarc=pass", "result_8.csv"),
		"unproven": with("wms@old.example", "", "result_9.csv"), "unproven_forged": with("wms@old.example", "dmarc=fail", "result_10.csv"),
		"words": with("wms@partner.example", "dmarc=pass"), "both": with("wms@partner.example", "dmarc=pass", "result_4.csv", "photo.heic"),
	}
	cases["theirs"].Letter.Results[0] = "mx.evil.example; dmarc=pass header.from=partner.example"
	b.cfg.Mail = mails(cases)
	ids := map[string]int64{}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		if name != "again" {
			ids[name] = b.add(t, name+".eml", []byte(name))
		}
	}
	ids["again"] = b.add(t, "again.eml", []byte("again")) // after the file that it has again
	b.work(t)
	for name, want := range map[string]store.DocumentState{
		"silent": store.DocumentReview, "soft": store.DocumentReview, "theirs": store.DocumentReview, "elsewhere": store.DocumentReview,
		"unproven": store.DocumentSplit, "unproven_forged": store.DocumentReview,
		"good": store.DocumentSplit, "again": store.DocumentSplit, "forged": store.DocumentReview, "stranger": store.DocumentReview, "words": store.DocumentReview, "both": store.DocumentReview,
	} {
		if d, err := b.s.GetDocument(t.Context(), ids[name]); err != nil || d.State != want {
			t.Errorf("%s is %s, want %s, %v", name, d.State, want, err)
		}
	}
	files, err := b.s.PartnerFiles(t.Context(), st.East, "", 9)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
		if f.Channel != store.PartnerMail || f.Sender != "wms@partner.example" {
			t.Errorf("%+v", f)
		}
	}
	if got := strings.Join(names, " "); len(names) != 3 || !strings.Contains(got, "count.XLSX") || !strings.Contains(got, "result_4.csv") || !strings.Contains(got, "result_1.csv") {
		t.Error(got)
	}
	if parts, err := b.s.MailParts(t.Context(), ids["again"]); err != nil || len(parts) != 1 || !strings.HasPrefix(parts[0].Why, "the same as file") || parts[0].Document != 0 {
		t.Errorf("%+v, %v", parts, err)
	}
	others, err := b.s.PartnerFiles(t.Context(), st.West, "", 9)
	if err != nil || len(others) != 1 || others[0].Name != "result_9.csv" || others[0].Sender != "wms@old.example" {
		t.Errorf("%+v, %v", others, err)
	}
	if d, err := b.s.GetDocument(t.Context(), ids["soft"]); err != nil || !strings.Contains(d.Detail, "nothing proves that it comes from partner.example: our mail server states spf=softfail, dkim=none, dmarc=none") {
		t.Errorf("%q, %v", d.Detail, err)
	}
	if said := b.eventOf(t, ids["words"], "FAX-1"); said != "" {
		t.Error("a warehouse is told how to order:", said)
	}
	// A count that says no time, of the same bytes in each mail: one as of each mail, and of a mail that is
	// seen twice one.
	for _, m := range []struct{ file, id string }{{"first", "1@partner.example"}, {"twice", "1@partner.example"}, {"next", "2@partner.example"}} {
		tana := with("wms@partner.example", "dmarc=pass")
		tana.ID = m.id
		tana.Attachments = []worker.Attachment{{FileName: "tana.csv", MediaType: "text/csv", Bytes: []byte("商品コード,在庫数\r\n" + st.Code(st.Pen) + ",100\r\n")}}
		cases[m.file] = tana
		b.add(t, m.file+".eml", []byte(m.file))
		b.work(t)
	}
	if counts, err := b.s.PartnerFiles(t.Context(), st.East, store.PartnerFileApplied, 9); err != nil || len(counts) != 2 || !counts[0].Undated {
		t.Errorf("%+v %v", counts, err)
	}
	b.audit(t)
}
