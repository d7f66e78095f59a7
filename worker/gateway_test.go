package worker_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"todoke/ingest/gateway"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

// mails makes the parser of a test: the mail's bytes name one of them.
func mails(known map[string]worker.Mail) worker.MailParser {
	return func(data []byte) (worker.Mail, error) { return known[string(data)], nil }
}

func facts(job int64, pages int, caller gateway.Number) gateway.Facts {
	return gateway.Facts{Profile: "p", Kind: gateway.KindFax, Caller: caller, Serial: job, Pages: pages}
}

func TestPagesThatAGatewayStatesAreHeldAgainstWhatCame(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	one := []worker.Attachment{{FileName: "a.tif", MediaType: "image/tiff", Bytes: page(t, 1, wOrder)}}
	two := []worker.Attachment{
		{FileName: "b.tif", MediaType: "image/tiff", Bytes: page(t, 2, wNoForm)},
		{FileName: "c.tif", MediaType: "image/tiff", Bytes: page(t, 3, wNoForm)},
	}
	b.cfg.Mail = mails(map[string]worker.Mail{
		"short": {From: "g@example.jp", Facts: facts(10, 2, gateway.Number{Text: "03-1", Digits: ""}), Attachments: one},
		"whole": {From: "g@example.jp", Facts: facts(13, 2, gateway.Number{Text: "050-3333-0001", Own: true}), Attachments: two},
	})
	short, whole := b.add(t, "short.eml", []byte("short")), b.add(t, "whole.eml", []byte("whole"))
	b.work(t)
	ctx := t.Context()
	part := func(id int64) []store.Document {
		t.Helper()
		ids, err := b.s.DocumentParts(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		var out []store.Document
		for _, id := range ids {
			d, err := b.s.GetDocument(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, d)
		}
		return out
	}
	lost := part(short)[0]
	if lost.State != store.DocumentReview || !strings.Contains(lost.Detail, "states 2 page(s) and 1 came") {
		t.Errorf("%+v", lost)
	}
	if p := b.pages(t, lost.ID); len(p) != 1 || p[0].State != store.PageOrdered {
		t.Errorf("its page waits, too: %+v", p)
	}
	for _, d := range part(whole) {
		if d.State != store.DocumentRead {
			t.Errorf("%+v", d)
		}
	}
	claims, err := b.s.Claims(ctx, lost.ID)
	if err != nil || !slices.ContainsFunc(claims, func(c store.Claim) bool {
		return c.Kind == store.ClaimCaller && c.Document == short && strings.Contains(c.Problem, "no Japanese number")
	}) {
		t.Errorf("%+v, %v", claims, err)
	}
	ledger := func() string {
		t.Helper()
		entries, err := b.s.Ledger(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range entries {
			all = append(all, e.Kind+" "+e.Name+" "+e.State+" "+e.Detail)
		}
		return strings.Join(all, "\n")
	}
	for _, want := range []string{"came", "sender unknown: the number 050-3333-0001 is our own", "gateway gateway p g@example.jp gap jobs 11 to 12 never came"} {
		if text := ledger(); !strings.Contains(text, want) {
			t.Errorf("%q is not in the ledger:\n%s", want, text)
		}
	}
	// A person closes both: nothing is junk, its page is an order.
	if _, err := b.s.Junk(ctx, lost.ID, 0, "佐藤", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if d, err := b.s.GetDocument(ctx, lost.ID); err != nil || d.State != store.DocumentRead {
		t.Errorf("%+v, %v", d, err)
	}
	for _, bad := range []func() error{
		func() error { return b.s.ExplainGap(ctx, "no such", 11, 12, "x", "佐藤", b.clock.Now()) },
		func() error {
			return b.s.ExplainGap(ctx, "gateway p g@example.jp", 11, 12, "", "佐藤", b.clock.Now())
		},
		func() error {
			return b.s.ExplainGap(ctx, "gateway p g@example.jp", 12, 11, "x", "佐藤", b.clock.Now())
		},
		func() error { return b.s.ExplainGap(ctx, "gateway p g@example.jp", 11, 12, "x", " ", b.clock.Now()) },
	} {
		if k := order.KindOf(bad()); k != order.KindInvalid && k != order.KindNotFound {
			t.Errorf("explained all the same: %v", k)
		}
	}
	if err := b.s.ExplainGap(ctx, "gateway p g@example.jp", 11, 12, "試験送信", "佐藤", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if text := ledger(); strings.Contains(text, " gap ") || strings.Contains(text, "came") {
		t.Errorf("still listed:\n%s", text)
	}
	b.audit(t)
}

func TestNoticesAndBrokenTransmissionsWaitForAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	fax := []worker.Attachment{{FileName: "a.tif", MediaType: "image/tiff", Bytes: page(t, 1, wOrder)}}
	b.cfg.Mail = mails(map[string]worker.Mail{
		"failed": {From: "g@example.jp", Subject: "FAX送信失敗", Facts: gateway.Facts{Profile: "p", Kind: gateway.KindFailed}, Attachments: fax},
		"cut":    {From: "g@example.jp", Facts: gateway.Facts{Profile: "p", Kind: gateway.KindFax, Incomplete: "E105"}, Attachments: fax},
	})
	failed, cut := b.add(t, "failed.eml", []byte("failed")), b.add(t, "cut.eml", []byte("cut"))
	b.work(t)
	for id, want := range map[int64]struct {
		detail string
		parts  int
	}{failed: {"carries files of its own: FAX送信失敗", 1}, cut: {"did not receive the whole fax: E105", 1}} {
		d, err := b.s.GetDocument(t.Context(), id)
		if err != nil || d.State != store.DocumentReview || !strings.Contains(d.Detail, want.detail) {
			t.Errorf("%+v, %v", d, err)
		}
		if parts, err := b.s.DocumentParts(t.Context(), id); err != nil || len(parts) != want.parts {
			t.Errorf("document %d has parts %v, %v", id, parts, err)
		}
	}
	b.audit(t)
}

// described is a little-endian TIFF of one page with an ImageDescription.
func described(tiff []byte, text string) []byte {
	le := binary.LittleEndian
	at := le.Uint32(tiff[4:])
	n := le.Uint16(tiff[at:])
	entries := tiff[at+2 : at+2+12*uint32(n)]
	out := append(slices.Clone(tiff), text...)
	out = append(out, make([]byte, 2-len(text)%2)...)
	le.PutUint32(out[4:], uint32(len(out)))
	var tag []byte
	tag = le.AppendUint16(tag, 270)
	tag = le.AppendUint16(tag, 2)
	tag = le.AppendUint32(tag, uint32(len(text)+1))
	tag = le.AppendUint32(tag, uint32(len(tiff)))
	out = le.AppendUint16(out, n+1)
	for i := 0; i < len(entries); i += 12 {
		if tag != nil && le.Uint16(entries[i:]) > 270 {
			out, tag = append(out, tag...), nil
		}
		out = append(out, entries[i:i+12]...)
	}
	return le.AppendUint32(out, 0)
}

// TestTheStationIsAClaimOfItsOwn has a fax whose machine gives itself our number, and one with a
// customer's.
func TestTheStationIsAClaimOfItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	own, err := gateway.Load("", []string{"05033330001"})
	if err != nil {
		t.Fatal(err)
	}
	b.cfg.Gateways = func() *gateway.Book { return own }
	ours := b.add(t, "ours.tif", described(page(t, 1, wNoForm), "+81 50 3333 0001"))
	theirs := b.add(t, "theirs.tif", described(page(t, 2, wNoForm), "03-1234-5678\nTESUTO"))
	b.work(t)
	claims := func(id int64) store.Claim {
		t.Helper()
		all, err := b.s.Claims(t.Context(), id)
		if err != nil || len(all) != 1 || all[0].Kind != store.ClaimStation {
			t.Fatalf("%+v, %v", all, err)
		}
		return all[0]
	}
	if c := claims(ours); c.Value != "" || c.Text != "+81 50 3333 0001" || !strings.Contains(c.Problem, "our own") || len(c.Customers) != 0 {
		t.Errorf("%+v", c)
	}
	if c := claims(theirs); c.Value != "0312345678" || !slices.Equal(c.Customers, []string{st.Code(st.Tokyo)}) {
		t.Errorf("%+v", c)
	}
	b.audit(t)
}

// TestNamesThatFaxServersGive to files are claims like those of gateways' mails.
func TestNamesThatFaxServersGive(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	book, err := gateway.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	b.cfg.Gateways = func() *gateway.Book { return book }
	id := b.add(t, "fax00012.tif", page(t, 1, wOrder))
	other := b.add(t, "order.tif", page(t, 2, wOrder))
	b.work(t)
	claims, err := b.s.Claims(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range claims {
		got = append(got, string(c.Kind)+"="+c.Value+" "+c.By)
	}
	if want := []string{"job=12 gateway hylafax-recvq", "serial=12 gateway hylafax-recvq"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if claims, err := b.s.Claims(t.Context(), other); err != nil || len(claims) != 0 {
		t.Errorf("%+v, %v", claims, err)
	}
	b.audit(t)
}

// TestAFormFromAnotherCustomersNumber goes to a person, unless the shop only wants to know.
func TestAFormFromAnotherCustomersNumber(t *testing.T) {
	t.Parallel()
	for _, action := range []rules.MismatchAction{rules.MismatchReview, rules.MismatchNote} {
		b := setup(t, drafts())
		if action == rules.MismatchNote {
			settings := rules.Default()
			settings.CallerMismatch = action
			s, err := store.Open(t.Context(), store.Config{DSN: st.DSN(t), BlobDir: t.TempDir(), Now: b.clock.Now, Settings: settings, MaxConns: 8})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			st.Shop(t, s)
			b.s, b.cfg.Store = s, s
		}
		mail := func(n int, caller string) worker.Mail {
			return worker.Mail{
				From: "g@example.jp", Facts: facts(0, 0, gateway.Number{Text: caller, Digits: caller}),
				Attachments: []worker.Attachment{{FileName: "a.tif", MediaType: "image/tiff", Bytes: page(t, n, wOrder)}},
			}
		}
		b.cfg.Mail = mails(map[string]worker.Mail{"own": mail(1, "0312345678"), "other": mail(2, "0612345678")})
		other := b.add(t, "other.eml", []byte("other"))
		b.work(t)
		first := func(id int64) (store.Page, int64) {
			t.Helper()
			parts, err := b.s.DocumentParts(t.Context(), id)
			if err != nil || len(parts) != 1 {
				t.Fatal(parts, err)
			}
			return b.pages(t, parts[0])[0], parts[0]
		}
		p, doc := first(other)
		switch action {
		case rules.MismatchReview:
			if p.State != store.PageReview || !strings.Contains(p.Detail, "06-1234-5678, which customer "+st.Code(st.Osaka)) {
				t.Errorf("%+v", p)
			}
			o, err := b.s.Settle(t.Context(), doc, 1, store.Settlement{By: "佐藤"}, b.clock.Now())
			if err != nil || o.Number == "" {
				t.Errorf("a person cannot make it an order: %v", err)
			}
		case rules.MismatchNote:
			if p.State != store.PageOrdered || !strings.Contains(b.eventOf(t, doc, "FAX-3"), "make sure whose order it is") {
				t.Errorf("%+v, %q", p, b.eventOf(t, doc, "FAX-3"))
			}
			own := b.add(t, "own.eml", []byte("own"))
			b.idle(t)
			if _, doc := first(own); b.eventOf(t, doc, "FAX-3") != "" {
				t.Error("its own number is noted")
			}
		}
		b.audit(t)
	}
}
