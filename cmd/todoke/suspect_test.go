package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// suspected is the small shop with one page in review, suspected of being document 1 sent again.
func suspected(t *testing.T) (url string, id int64) {
	t.Helper()
	url = st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	now := clock.Now()
	var ids [2]int64
	for i := range ids {
		var err error
		if ids[i], _, err = s.AddDocument(t.Context(), store.NewDocument{
			Source: "folder", ExternalID: strconv.Itoa(i), ReceivedAt: now, Bytes: []byte{byte(i)}, FileName: "fax.tif",
		}); err != nil {
			t.Fatal(err)
		}
	}
	field := func(name, text string) order.DraftField {
		return order.DraftField{Name: name, Text: text, Confidence: 0.99999, Decision: order.DecisionAccept}
	}
	draft := &order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{
		field("customer_code", st.Code(st.Tokyo)),
		field("lines[1].item_code", st.Code(st.Paper)), field("lines[1].quantity", "5"),
		field("lines[2].item_code", "9999999"), field("lines[2].quantity", "2"), field("total_quantity", "7"),
	}}
	id = ids[1]
	err := s.InTx(t.Context(), func(tx *store.Tx) error {
		page, err := tx.AddPage(t.Context(), store.Page{DocumentID: id, No: 1, State: store.PageReview}, draft, now)
		if err != nil {
			return err
		}
		suspect := store.Suspect{Text: "the very same page came before", Document: ids[0]}
		reasons := []*order.Error{suspect.Problem(fmt.Sprintf("%d.1", id))}
		if err := tx.OpenReview(t.Context(), id, page, reasons, draft, now, now); err != nil {
			return err
		}
		_, err = tx.SetDocument(t.Context(), id, store.DocumentRead, "1 page(s)", 0, now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return url, id
}

func wantRun(t *testing.T, url string, status int, wants []string, args ...string) {
	t.Helper()
	got, stdout, stderr := run(t, url, args...)
	if got != status {
		t.Errorf("todoke %s: status %d, want %d", strings.Join(args, " "), got, status)
	}
	for _, want := range wants {
		if !strings.Contains(stdout+stderr, want) {
			t.Errorf("todoke %s lacks %q:\n%s%s", strings.Join(args, " "), want, stdout, stderr)
		}
	}
}

// TestDesk: a suspected resend with a line that is in no master, from looking at it to the order.
func TestDesk(t *testing.T) {
	t.Parallel()
	url, id := suspected(t)
	doc := strconv.FormatInt(id, 10)
	own, again := fmt.Sprintf("todoke review settle %s.1 --own-order", doc), fmt.Sprintf("todoke review junk %s.1 --duplicate-of", doc)
	wantRun(t, url, exitOK, []string{
		own, again, "あおば商事株式会社 総務部", "コピー用紙 A4, 450 yen a 個, in multiples of 5", "no such item", "document show " + doc + " --save",
	}, "review", "show", doc)
	wantRun(t, url, exitOK, []string{"review " + doc + ".1"}, "document", "list")
	wantRun(t, url, exitFailure, []string{"FAX-5", own, again, "no order is made"}, "review", "settle", doc, "--by", "yamada")
	wantRun(t, url, exitFailure, []string{"--reason"}, "review", "settle", doc, "--own-order", "--drop-line", "2", "--by", "yamada")
	wantRun(t, url, exitOK, []string{"order 100-000-"}, "review", "settle", doc, "--own-order", "--drop-line", "2", "--reason", "廃番", "--by", "yamada")
	wantRun(t, url, exitOK, []string{"closed as settled by yamada", "left out of the order by yamada: 廃番"}, "review", "show", doc)
	wantRun(t, url, exitOK, []string{`"problems":[]`, `"history":[`}, "review", "show", doc, "--json")
	wantRun(t, url, exitOK, []string{"order 100-000-", "an order of its own, not sent again, by yamada"}, "document", "show", doc)
	wantRun(t, url, exitOK, []string{"order 100-000-"}, "document", "list")
	_, listed, _ := run(t, url, "order", "list")
	number := strings.Fields(strings.Split(listed, "\n")[1])[0]
	wantRun(t, url, exitOK, []string{"あおば商事株式会社", "backorder", "invoice"}, "order", "show", number)
	_, why, _ := run(t, url, "order", "explain", number)
	if !strings.Contains(why, "lines[2] left out of the order by yamada: 廃番") || strings.Contains(why, "by yamada by yamada") {
		t.Error(why)
	}
}

// TestUnknownIsSaid: what is in no master, or no state, is no empty answer.
func TestUnknownIsSaid(t *testing.T) {
	t.Parallel()
	url, id := suspected(t)
	doc := strconv.FormatInt(id, 10)
	wantRun(t, url, exitOK, []string{"コピー用紙"}, "stock", st.Code(st.Paper), "--warehouse", st.East)
	wantRun(t, url, exitFailure, []string{"no item has the code 1000018", "check digit"}, "stock", "1000018")
	wantRun(t, url, exitFailure, []string{"there is no warehouse X9", st.East, st.West}, "stock", "--warehouse", "X9")
	wantRun(t, url, exitFailure, []string{`"foo" is none`, "allocated", "cancelled"}, "order", "list", "--state", "foo")
	wantRun(t, url, exitFailure, []string{`"phone" is none`}, "order", "list", "--channel", "phone")
	wantRun(t, url, exitFailure, []string{"no customer has the code"}, "order", "list", "--customer", "99")
	wantRun(t, url, exitFailure, []string{`"foo" is none`, "received"}, "document", "list", "--state", "foo")
	for _, command := range []string{"show", "settle", "junk"} {
		wantRun(t, url, exitFailure, []string{"there is no document 99999"}, append([]string{"review", command, "99999"}, by(command)...)...)
		wantRun(t, url, exitFailure, []string{"nothing of document 1 "}, append([]string{"review", command, "1"}, by(command)...)...)
	}
	wantRun(t, url, exitOK, []string{"review " + doc + ".1 closed as a duplicate of document 1 by yamada"}, "review", "junk", doc, "--duplicate-of", "1", "--by", "yamada")
	wantRun(t, url, exitFailure, []string{"closed as duplicate by yamada"}, "review", "settle", doc, "--by", "yamada")
}

func by(command string) []string {
	if command == "show" {
		return nil
	}
	return []string{"--by", "yamada"}
}

// TestPagesAreSavedUpright: turned back, and at 204 × 98 dpi with each row twice.
func TestPagesAreSavedUpright(t *testing.T) {
	t.Parallel()
	m := bilevel.New(20, 10) // upright, a mark at the top left
	m.Set(1, 0, true)
	var lying bytes.Buffer
	if err := m.Rotate(180).EncodePNG(&lying, 204, 98); err != nil {
		t.Fatal(err)
	}
	out, err := upright(lying.Bytes(), store.Page{XDPI: 204, YDPI: 98}, &order.Draft{Geometry: &order.Geometry{XDPI: 204, YDPI: 98, Rotation: 180}})
	if err != nil {
		t.Fatal(err)
	}
	for page, err := range fax.Pages(out, fax.Limits{}) {
		if err != nil {
			t.Fatal(err)
		}
		if p := page.Image; p.W != 20 || p.H != 20 || !p.At(1, 0) || !p.At(1, 1) || p.Count(0, 0, p.W, p.H) != 2 {
			t.Errorf("%d × %d", p.W, p.H)
		}
	}
}
