package main

import (
	"bytes"
	"errors"
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

// suspected is the small shop with two pages in review that are the same, dot for dot: document 1 waits
// with an item that is in no master, and so does the other one, which came after it.
func suspected(t *testing.T) (url string, id int64) {
	t.Helper()
	url = st.DSN(t)
	s, clock := st.Open(t, url)
	st.Shop(t, s)
	now := clock.Now()
	var ids [3]int64 // nobody is asked about the last
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
	m := bilevel.New(1728, 2200)
	for y := 300; y < 340; y++ {
		m.Fill(200, 900, y)
	}
	var page bytes.Buffer
	if err := m.EncodePNG(&page, 204, 196); err != nil {
		t.Fatal(err)
	}
	key, err := s.Blobs().Put(page.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range ids[:2] {
		err = errors.Join(err, s.InTx(t.Context(), func(tx *store.Tx) error {
			probe := store.Probe{DocumentID: doc, PageNo: 1, BlobKey: key, Customer: st.Code(st.Tokyo), ReceivedAt: now}
			suspects, err := tx.Suspects(t.Context(), probe)
			if err != nil {
				return err
			}
			reasons := []*order.Error{order.Invalid("FAX-2", "lines[2].item_code", "no such item")}
			for _, s := range suspects {
				reasons = append(reasons, s.Problem(fmt.Sprintf("%d.1", doc)))
			}
			page, err := tx.AddPage(t.Context(), store.Page{DocumentID: doc, No: 1, BlobKey: key, WidthPX: m.W, HeightPX: m.H, XDPI: 204, YDPI: 196, State: store.PageReview}, draft, now)
			if err != nil {
				return err
			}
			if err := tx.AddLikeness(t.Context(), page, probe, draft); err != nil {
				return err
			}
			if err := tx.OpenReview(t.Context(), doc, page, reasons, draft, now, now); err != nil {
				return err
			}
			_, err = tx.SetDocument(t.Context(), doc, store.DocumentRead, "1 page(s)", 0, now)
			return err
		}))
	}
	id = ids[1]
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
	own, again := fmt.Sprintf("todoke review settle %s.1 --as own", doc), fmt.Sprintf("todoke review settle %s.1 --as resend", doc)
	wantRun(t, url, exitOK, []string{
		own, again, "suspected resend of document 1.1", "dot for dot", "あおば商事株式会社 総務部", "コピー用紙 A4, 450 yen a 個, in multiples of 5", "no such item", "document show " + doc + " --save",
	}, "review", "show", doc)
	wantRun(t, url, exitOK, []string{"review " + doc + ".1"}, "document", "list")
	wantRun(t, url, exitFailure, []string{"FAX-5", "document 1.1", "no order is made"}, "review", "settle", doc, "--by", "yamada")
	wantRun(t, url, exitFailure, []string{"--reason"}, "review", "settle", doc, "--as", "own", "--drop-line", "2", "--by", "yamada")
	wantRun(t, url, exitFailure, []string{"say what it is to the other one"}, "review", "settle", doc, "--of", "1", "--by", "yamada")
	wantRun(t, url, exitFailure, []string{"names no document and no order"}, "review", "settle", doc, "--as", "own", "--of", "x", "--by", "yamada")
	wantRun(t, url, exitOK, []string{"order 100-000-"}, "review", "settle", doc, "--as", "own", "--drop-line", "2", "--reason", "廃番", "--by", "yamada")
	wantRun(t, url, exitOK, []string{"closed as settled by yamada", "left out of the order by yamada: 廃番"}, "review", "show", doc)
	wantRun(t, url, exitOK, []string{`"problems":[]`, `"history":[`}, "review", "show", doc, "--json")
	wantRun(t, url, exitOK, []string{"order 100-000-", "an order of its own, nothing to do with document 1.1, by yamada"}, "document", "show", doc)
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
		wantRun(t, url, exitFailure, []string{"nothing of document 3 "}, append([]string{"review", command, "3"}, by(command)...)...)
	}
	wantRun(t, url, exitOK, []string{"review " + doc + ".1 closed as sent again, the same as document 1.1, by yamada"}, "review", "settle", doc, "--as", "resend", "--of", "1", "--by", "yamada")
	wantRun(t, url, exitFailure, []string{"document " + doc + ".1 is itself closed"}, "review", "settle", "1", "--as", "resend", "--of", doc, "--by", "yamada")
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

// TestSettlePages: what the desk does with pages from the command line: turned, split, joined again,
// attached to an order; two times of receipt are none here.
func TestSettlePages(t *testing.T) {
	t.Parallel()
	url, id := suspected(t)
	doc, as := strconv.FormatInt(id, 10), []string{"--by", "yamada"}
	page := doc + ".1"
	review := func(status int, want string, args ...string) {
		t.Helper()
		wantRun(t, url, status, []string{want}, append(append([]string{"review"}, args...), as...)...)
	}
	review(exitFailure, "0, 90, 180 or 270", "turn", page, "45")
	review(exitOK, "turned by 180 degrees", "turn", page, "180")
	review(exitFailure, "there is no document 99999", "split", "99999.1", "1")
	review(exitOK, "split: "+doc+".2 is an order of its own", "split", page, "2")
	wantRun(t, url, exitOK, []string{"review " + doc + ".2: open"}, "review", "show", doc)
	review(exitOK, "settle that one", "join", doc+".2", page)
	wantRun(t, url, exitOK, []string{"closed as joined by yamada"}, "review", "show", doc+".2")
	review(exitFailure, "does not continue itself", "join", page, page)
	review(exitOK, "order 100-000-", "settle", page, "--as", "own", "--drop-line", "2", "--reason", "廃番")
	_, listed, _ := run(t, url, "order", "list")
	number := strings.Fields(strings.Split(listed, "\n")[1])[0]
	review(exitFailure, "nothing of document "+page, "attach", page, number)
	review(exitOK, "it belongs to order "+number, "attach", "1.1", number, "--note", "地図")
	wantRun(t, url, exitOK, []string{"1.1 belongs to order " + number + ", by yamada: 地図"}, "order", "explain", number)
	review(exitFailure, "nothing of document 1.1", "received", "1.1", "server")
}
