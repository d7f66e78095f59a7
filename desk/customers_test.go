package desk_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// upload hands files in as a browser does.
func (b *browser) upload(fields map[string]string, files map[string][]byte) answer {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, v := range fields {
		if err := m.WriteField(k, v); err != nil {
			b.t.Fatal(err)
		}
	}
	for name, data := range files {
		w, err := m.CreateFormFile("files", name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+"/desk/intake", &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.do(r)
}

// TestIntake: what is handed in is stored with its bytes, once, under the person's name, and
// with a reason where it was received at another time than now.
func TestIntake(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	png, tif := []byte("\x89PNG\r\n\x1a\nx"), []byte("II*\x00x")
	a := b.upload(map[string]string{"token": "once"}, map[string][]byte{`C:\scan\注文.png`: png})
	if a.location() != "/desk/intake?new=1" {
		t.Fatalf("not taken in: %d %s", a.status, a.body)
	}
	doc, err := o.st.GetDocument(t.Context(), 1)
	if err != nil || doc.Source != "desk:hanako" || doc.FileName != "注文.png" || doc.State != store.DocumentReceived || !doc.ReceivedAt.Equal(o.clock.Now()) {
		t.Fatalf("%+v (%v)", doc, err)
	}
	if kept, err := o.st.DocumentBytes(t.Context(), 1); err != nil || !bytes.Equal(kept, png) {
		t.Errorf("bytes %q (%v)", kept, err)
	}
	if a := b.upload(map[string]string{"token": "once"}, map[string][]byte{"注文.png": png}); a.location() != "/desk/intake?new=1" {
		t.Errorf("the form sent twice: %q", a.location())
	}
	if a := b.get("/desk/intake?new=1"); !strings.Contains(a.body, "注文.png") || !strings.Contains(a.body, "読み取り待ち") || !strings.Contains(a.body, `hx-trigger="every 2s"`) {
		t.Errorf("the list lacks it: %s", a.body)
	}
	for name, tt := range map[string]struct {
		fields map[string]string
		files  map[string][]byte
		want   string
	}{
		"nothing":          {nil, nil, "ファイルを選んでください"},
		"a program":        {nil, map[string][]byte{"x.exe": []byte("MZ")}, "受け付けられない形式"},
		"no reason":        {map[string]string{"received_at": "2026-11-24T09:00"}, map[string][]byte{"a.tif": tif}, "理由を入力"},
		"in the future":    {map[string]string{"received_at": "2026-11-24T11:00", "reason": "x"}, map[string][]byte{"a.tif": tif}, "未来"},
		"too large in all": {nil, map[string][]byte{"a.tif": append(tif, make([]byte, 65<<20)...)}, "64MB"},
	} {
		if a := b.upload(tt.fields, tt.files); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, tt.want) {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	a = b.upload(map[string]string{"received_at": "2026-11-21T16:00", "reason": "受付印のとおり"}, map[string][]byte{"a.tif": tif, "b.pdf": []byte("%PDF-1.4")})
	if a.status != http.StatusSeeOther {
		t.Fatalf("not taken in: %d %s", a.status, a.body)
	}
	docs, err := o.st.DocumentsAtDesk(t.Context(), 10)
	if err != nil || len(docs) != 4 || !docs[3].ReceivedAt.Equal(storetest.At(t, "2026-11-21 16:00:00")) {
		t.Fatalf("%+v (%v)", docs, err)
	}
	events, err := o.st.DocumentEvents(t.Context(), docs[3].ID)
	if err != nil || len(events) == 0 || events[0].Rule != "CUT-3" || events[0].By != "佐藤 花" || !strings.Contains(string(events[0].Inputs), "受付印のとおり") {
		t.Errorf("events %+v (%v)", events, err)
	}
}

// TestCustomers: customers are found, their page tells what came and went, and their own form is
// printed.
func TestCustomers(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	tokyo := storetest.Code(storetest.Tokyo)
	one := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	if _, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "folder", ExternalID: "x", ReceivedAt: o.clock.Now(), Caller: "0312345678", Bytes: []byte("x"), FileName: "fax-x.tif"}); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]string{"総務": tokyo, tokyo: tokyo, "03-1234-5678": tokyo, "アオバ 大阪": storetest.Code(storetest.Osaka)} {
		if a := b.get("/desk/customers?q=" + url.QueryEscape(q)); strings.Count(a.body, `id="customer-`) != 1 || !strings.Contains(a.body, "customer-"+want) {
			t.Errorf("%q does not find %s alone", q, want)
		}
	}
	a := b.get("/desk/customers/" + tokyo)
	for _, want := range []string{"あおば商事株式会社", "03-1234-5678", "株式会社みどり文具", "横浜倉庫", one.Number.Grouped(), "fax-x.tif", "大阪支店", "入荷を待つ", "請求書払い"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	log, err := o.st.Accesses(t.Context(), o.clock.Now().AddDate(0, 0, -1), o.clock.Now().AddDate(0, 0, 1), "hanako", "customer "+tokyo, 5)
	if err != nil || len(log) != 1 || log[0].Action != "view" {
		t.Errorf("the view is not logged: %v (%v)", log, err)
	}
	for _, path := range []string{"/desk/customers/" + tokyo + "/form.pdf", "/desk/forms/order.pdf"} {
		if a := b.get(path); a.status != http.StatusOK || a.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(a.body, "%PDF-") {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
	}
	if a := b.get("/desk/customers/99999999"); a.status != http.StatusNotFound {
		t.Errorf("no such customer: %d", a.status)
	}
}

// TestDealerRequests: a dealer is asked by mail, and the request is followed until it is closed (ACC-3).
func TestDealerRequests(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	tokyo := storetest.Code(storetest.Tokyo)
	path := "/desk/customers/" + tokyo
	ask := url.Values{"subject": {"名入れの校正"}, "body": {"校正をお客様にお送りください。"}}
	if a := b.post(path+"/dealer", ask); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "メールアドレスが登録されていません") {
		t.Fatalf("asked a dealer without address: %d", a.status)
	}
	if err := o.st.ImportDealers(t.Context(), []order.Dealer{{Code: "D1", Name: "株式会社みどり文具", RegistrationNumber: "T1234567890123", Email: "order@midori.example.jp"}}); err != nil {
		t.Fatal(err)
	}
	one := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	other := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Osaka, storetest.Pen, 10))
	ask.Set("order", other.Number.Grouped())
	if a := b.post(path+"/dealer", ask); a.status != http.StatusUnprocessableEntity {
		t.Errorf("asked about another's order: %d", a.status)
	}
	ask.Set("order", one.Number.Grouped())
	if a := b.post(path+"/dealer", ask); a.location() != path {
		t.Fatalf("not asked: %d %s", a.status, a.body)
	}
	all, err := o.st.FindDeliveries(t.Context(), one.Number)
	if err != nil || len(all) != 1 || all[0].Channel != "mail" || all[0].Recipient != "order@midori.example.jp" || !strings.Contains(all[0].Subject, "名入れの校正") {
		t.Fatalf("deliveries %+v (%v)", all, err)
	}
	if a := b.get("/desk/dealers"); !strings.Contains(a.body, "名入れの校正") || !strings.Contains(a.body, one.Number.Grouped()) || !strings.Contains(a.body, "回答待ち") {
		t.Error("the open request is not listed")
	}
	requests, err := o.st.DealerRequests(t.Context(), tokyo, "", 0, 5)
	if err != nil || len(requests) != 1 {
		t.Fatal(requests, err)
	}
	move := fmt.Sprintf("/desk/dealers/%d", requests[0].ID)
	if a := b.post(move, url.Values{"state": {"answered"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("answered without words: %d", a.status)
	}
	for _, s := range []string{"answered", "closed"} {
		if a := b.post(move, url.Values{"state": {s}, "answer": {"発送済みとの回答"}}); a.location() != "/desk/dealers?state="+s {
			t.Errorf("%s: %d", s, a.status)
		}
	}
	if a := b.post(move, url.Values{"state": {"answered"}, "answer": {"x"}}); a.status != http.StatusConflict {
		t.Errorf("a closed request moves: %d", a.status)
	}
	if a := b.get(path); !strings.Contains(a.body, "発送済みとの回答") {
		t.Error("the customer's page lacks the answer")
	}
	if a := b.get("/desk/orders/" + string(one.Number)); !strings.Contains(a.body, "担当販売店への依頼") {
		t.Error("the order's story lacks the request")
	}
}

// TestWishes: what the desk keeps of a customer holds for the next order, says who changed it and
// why, outlives an import, and makes the customer found by telephone and reading.
func TestWishes(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	tokyo := storetest.Code(storetest.Tokyo)
	path := "/desk/customers/" + tokyo
	row := func(kind string) string {
		m := regexp.MustCompile(`(?s)<tr id="wish-` + kind + `">(.*?)</details>`).FindStringSubmatch(b.get(path).body)
		if m == nil {
			t.Fatalf("no row of %s", kind)
		}
		return m[1]
	}
	if r := row("stockout"); !strings.Contains(r, "<b>入荷を待つ</b>") || !strings.Contains(r, "マスター") {
		t.Errorf("imported: %s", r)
	}
	if r := row("answers"); !strings.Contains(r, "<b>すべてFAXで回答</b>") || !strings.Contains(r, "既定（FAX-3）") {
		t.Errorf("default: %s", r)
	}
	set := func(kind, value, reason string) answer {
		return b.post(path+"/wish", url.Values{"kind": {kind}, "value": {value}, "reason": {reason}})
	}
	for _, bad := range [][3]string{{"stockout", "cancel", ""}, {"stockout", "sometimes", "x"}, {"phone", "12", "x"}, {"payment", "card", "x"}, {"answers", "", "x"}} {
		if a := set(bad[0], bad[1], bad[2]); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `role="alert"`) {
			t.Errorf("%q is kept: %d", bad, a.status)
		}
	}
	for _, good := range [][2]string{{"stockout", "cancel"}, {"answers", "bad_news"}, {"phone", "０３-5555-0101"}, {"kana", "アオバショウジ ソウムブ"}} {
		if a := set(good[0], good[1], "総務の森様よりお電話"); a.location() != path {
			t.Fatalf("%q is not kept: %d %s", good, a.status, a.body)
		}
	}
	if r := row("stockout"); !strings.Contains(r, "<b>取り消す</b>") || !strings.Contains(r, "佐藤 花 — 総務の森様よりお電話") || strings.Contains(r, "マスター）</td>") {
		t.Errorf("kept: %s", r)
	}
	if a := b.get(path); !strings.Contains(a.body, "03-5555-0101") || !strings.Contains(a.body, "アオバショウジ") || !strings.Contains(a.body, "入荷を待つ") && !strings.Contains(a.body, "登録・既定どおり → 取り消す") {
		t.Error("the page lacks what is kept, or its changes")
	}
	req := storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10)
	req.Stockout = ""
	if got := o.accept(t, req); got.Stockout != order.StockoutCancel {
		t.Errorf("the next order says %q", got.Stockout)
	}
	storetest.Shop(t, o.st) // the master once more
	c, err := o.st.GetDepartment(t.Context(), tokyo)
	if err != nil || c.Stockout != order.StockoutCancel || c.Answers != order.AnswersBadNews || c.Phone != "0355550101" {
		t.Errorf("after an import: %+v (%v)", c, err)
	}
	for _, q := range []string{"03-5555-0101", "0355", "あおばしょうじ", "ｱｵﾊﾞｼｮｳｼﾞ", "ソウムブ", tokyo[:5]} {
		a := b.get("/desk/customers?q=" + url.QueryEscape(q))
		if !strings.Contains(a.body, "customer-"+tokyo) {
			t.Errorf("%q does not find the customer", q)
		}
	}
	if a := set("stockout", "", "元に戻すとのお電話"); a.status != http.StatusSeeOther || !strings.Contains(row("stockout"), "<b>入荷を待つ</b>") {
		t.Errorf("not given back to the master: %d", a.status)
	}
}

// TestHostileUploads: what is no page is refused in words, names lead nowhere, and what was taken
// in never runs when it is opened.
func TestHostileUploads(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	for name, data := range map[string]string{
		"page.png": "<html><script>alert(1)</script>", "form.svg": "<svg onload=alert(1)>", "a.zip": "PK\x03\x04", "a.tif": "", "a.pdf": strings.Repeat(" ", 2000) + "%PDF-1.4", "a.exe": "MZ\x90",
		"<img src=x onerror=alert(1)>.gif": "GIF89a",
	} {
		a := b.upload(nil, map[string][]byte{name: []byte(data)})
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "受け付けられない形式") || strings.Contains(a.body, "<img src=x") {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	many := map[string][]byte{}
	for i := range 51 {
		many[fmt.Sprintf("%d.tif", i)] = []byte("II*\x00" + strconv.Itoa(i))
	}
	if a := b.upload(nil, many); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "50件まで") {
		t.Errorf("51 files: %d", a.status)
	}
	if docs, err := o.st.DocumentsAtDesk(t.Context(), 100); err != nil || len(docs) != 0 {
		t.Fatalf("%d documents of refused uploads (%v)", len(docs), err)
	}
	evil := "II*\x00<script>alert(1)</script>"
	if a := b.upload(nil, map[string][]byte{"../../etc/\u202epasswd.tif": []byte(evil)}); a.status != http.StatusSeeOther {
		t.Fatalf("not taken in: %d", a.status)
	}
	doc, err := o.st.GetDocument(t.Context(), 1)
	if err != nil || doc.FileName != "passwd.tif" {
		t.Errorf("named %q (%v)", doc.FileName, err)
	}
	a := b.get("/desk/documents/1/bytes")
	if a.body != evil || a.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("opened as %v", a.header)
	}
	// The same bytes again, under another name: taken in, and said.
	if a := b.upload(nil, map[string][]byte{"again.tif": []byte(evil)}); a.status != http.StatusSeeOther {
		t.Fatalf("the same again: %d", a.status)
	}
	if a := b.get("/desk/intake"); strings.Count(a.body, "同じ内容") != 1 || !strings.Contains(a.body, "受信文書 1") {
		t.Errorf("the same bytes are said %d times", strings.Count(a.body, "同じ内容"))
	}
	if a := b.post("/desk/intake", url.Values{"files": {"x"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("no upload at all: %d", a.status)
	}
}
