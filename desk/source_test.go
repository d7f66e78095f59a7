package desk_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"todoke/desk"
	"todoke/ingest/gateway"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
	"todoke/worker"
)

// readMail is how the program reads mails, without any gateway.
func readMail(data []byte) (desk.Mail, error) {
	m, err := worker.ReadMail(func() *gateway.Book { return &gateway.Book{} })(data)
	out := desk.Mail{From: m.From, Subject: m.Subject, Text: m.Text, Letter: m.Letter, Thread: m.Thread, Headers: [][2]string{{"from", m.From}, {"subject", m.Subject}}}
	for _, a := range m.Attachments {
		out.Attached = append(out.Attached, desk.Attached{FileName: a.FileName, MediaType: a.MediaType, Problem: a.Problem, Bytes: a.Bytes})
	}
	return out, err
}

// busyOffice is an office that reads and answers mails.
func busyOffice(t *testing.T) (o *office, hanako, jiro *browser) {
	t.Helper()
	o = newOfficeOf(t, desk.Config{Mails: readMail, Answerer: rules.Answerer{Address: "order@tsubame.example.jp"}})
	storetest.Shop(t, o.st)
	for _, login := range []string{"hanako", "jiro"} {
		o.hire(t, login, store.RoleDesk)
	}
	hanako, jiro = o.browser(t), o.browser(t)
	hanako.signIn("hanako", secret)
	jiro.signIn("jiro", secret)
	return o, hanako, jiro
}

// plainMail is a mail without a fax, with a photo of an order attached.
func (o *office) plainMail(t *testing.T, from string, fields ...string) string {
	t.Helper()
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 60, 80))); err != nil {
		t.Fatal(err)
	}
	head := append([]string{"From: " + from, "To: order@tsubame.example.jp", "Subject: =?utf-8?q?=E6=B3=A8=E6=96=87?=", "Message-ID: <" + strconv.Itoa(len(from)) + "@" + from + ">", "MIME-Version: 1.0"}, fields...)
	raw := strings.Join(append(head, "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/html; charset=utf-8", "",
		"<p>コピー用紙を<b>10箱</b>お願いします。<script>alert(1)</script></p>", "--b", "Content-Type: image/png; name=photo.png", "Content-Disposition: attachment; filename=photo.png", "", photo.String(), "--b--", ""), "\r\n")
	now := o.clock.Now()
	id, _, err := o.st.AddDocument(t.Context(), store.NewDocument{Source: "mail", ExternalID: from + strings.Join(fields, ""), ReceivedAt: now, MediaType: "message/rfc822", Bytes: []byte(raw)})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.SetDocument(t.Context(), id, store.DocumentReview, "a mail", 0, now); err != nil {
			return err
		}
		if err := tx.Note(t.Context(), id, "FAX-1", "not answered by mail: a person must look at what is attached first", now); err != nil {
			return err
		}
		return tx.OpenReview(t.Context(), id, 0, []*order.Error{order.Invalid("FAX-1", "", "the mail carries no fax: orders come by fax or web")}, nil, now, now)
	}); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(id, 10)
}

// failed is a delivery about an order that a person must decide about.
func (o *office) failed(t *testing.T, of order.Order, to string) int64 {
	t.Helper()
	data := []byte("送付した書類")
	k, err := o.st.Blobs().Put(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		id, _, err := tx.Issue(t.Context(), store.NewIssue{
			Kind: "acknowledgement", Number: string(of.Number) + "-1", Format: "txt", FileName: "a.txt", Key: k, SizeBytes: len(data), OrderID: of.ID, Party: of.DepartmentCode,
		}, o.clock.Now())
		if err != nil {
			return err
		}
		return tx.Send(t.Context(), id, store.Recipient{Channel: "fax", Address: to}, o.clock.Now())
	}); err != nil {
		t.Fatal(err)
	}
	all, err := o.st.FindDeliveries(t.Context(), of.Number)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	last := all[len(all)-1]
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.DeliveryFails(t.Context(), last.ID, "every way failed for good: 550 no such number")
	}); err != nil {
		t.Fatal(err)
	}
	return last.ID
}

// unanswered is an answer that has no way to its customer.
func (o *office) unanswered(t *testing.T, of order.Order) int64 {
	t.Helper()
	all, err := o.st.AnswersOf(t.Context(), 0, of.ID)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	ok, err := o.st.CloseAnswer(t.Context(), all[0], o.clock.Now(), func(*store.Tx, int) (store.Answer, error) {
		return store.Answer{State: store.AnswerDesk, Detail: "FAX-3: the customer has no registered fax number"}, nil
	})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return all[0].ID
}

// listed is a pick list that was sent to its warehouse.
func (o *office) listed(t *testing.T) store.PickList {
	t.Helper()
	o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	var ids []int64
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.AllocateBatch(t.Context(), 100, false, o.clock.Now()); err != nil {
			return err
		}
		var err error
		ids, err = tx.ReleaseWave(t.Context(), o.clock.Now())
		return err
	}); err != nil || len(ids) != 1 {
		t.Fatal(ids, err)
	}
	l, err := o.st.GetPickList(t.Context(), ids[0])
	if err != nil {
		t.Fatal(err)
	}
	k, err := o.st.Blobs().Put([]byte("list"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.IssuePickList(t.Context(), l, []store.NewIssue{{Format: "pdf", FileName: "l.pdf", Key: k, SizeBytes: 4}}, o.clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	files, err := o.st.DeliveriesOf(t.Context(), l.ID)
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error { return tx.DeliverySent(t.Context(), files[0].ID, "E1/l.pdf", o.clock.Now()) }); err != nil {
		t.Fatal(err)
	}
	if l, err = o.st.GetPickList(t.Context(), l.ID); err != nil {
		t.Fatal(err)
	}
	return l
}

// everything is an office with one of each thing that can wait.
type everything struct {
	fax, mail  string
	held, made order.Order // held by a person; made to order beside other lines
	delivery   int64
	answer     int64
	list       store.PickList
	paths      map[string]string // by kind of work, of one thing each
}

func (o *office) everything(t *testing.T) everything {
	t.Helper()
	o.clock.Set(storetest.At(t, "2026-11-24 15:00:00"))
	var e everything
	e.list = o.listed(t)
	o.clock.Set(storetest.At(t, "2026-11-24 16:10:00"))
	now := o.clock.Now()
	e.fax, e.mail = o.doubtful(t, "one", storetest.Desk), o.plainMail(t, "sato@aoba.example.jp")
	e.held = o.accept(t, storetest.Request(order.ChannelFax, now, storetest.Tokyo, storetest.Tea, 5))
	if _, err := o.st.DecideOrder(t.Context(), e.held.ID, store.OrderDecision{Act: rules.ActHold, Reason: "お客様に確認中", By: "佐藤 花"}, now); err != nil {
		t.Fatal(err)
	}
	both := storetest.Request(order.ChannelFax, now, storetest.Tokyo, storetest.Pen, 10)
	both.Lines = append(both.Lines, order.RequestLine{Field: "lines[1]", ItemCode: storetest.Code(storetest.Stamp), Qty: 1})
	e.made = o.accept(t, both)
	e.delivery, e.answer = o.failed(t, e.held, "0399998888"), o.unanswered(t, e.made)
	e.paths = map[string]string{
		"doubt": "/desk/review/" + e.fax, "mail": "/desk/mails/" + e.mail, "hold": "/desk/orders/" + string(e.held.Number), "delivery": "/desk/deliveries/" + strconv.FormatInt(e.delivery, 10),
		"picklist": "/desk/lists/" + string(e.list.Number),
	}
	return e
}

// TestSources: everything that waits is in the queue, in the order of what each can still make, counted,
// narrowed by every filter, and taken by one person alone.
func TestSources(t *testing.T) {
	t.Parallel()
	o, hanako, jiro := busyOffice(t)
	e := o.everything(t)
	hanako.signIn("hanako", secret) // hours have passed
	jiro.signIn("jiro", secret)
	all := hanako.get("/desk/queue").body
	for why, path := range e.paths {
		if !strings.Contains(all, `"`+path) {
			t.Errorf("%s is not in the queue: %s", why, path)
		}
		only := hanako.get("/desk/queue?why=" + why).body
		for other, p := range e.paths {
			if strings.Contains(only, `<a href="`+p) != (other == why) {
				t.Errorf("narrowed to %s, %s is shown or missing", why, p)
			}
		}
	}
	for _, want := range []string{"/desk/answers/" + strconv.FormatInt(e.answer, 10), string(e.made.Number), "どの経路でも送れませんでした：550 no such number", "FAX番号の登録がありません", "倉庫からリスト受領の連絡がありません", "お客様に確認中", "すべて <b>7</b>", "送付の失敗 <b>2</b>"} {
		if !strings.Contains(all, want) {
			t.Errorf("the queue lacks %q", want)
		}
	}
	for query, want := range map[string][2]string{
		"customer=" + storetest.Code(storetest.Tokyo): {e.paths["hold"], e.paths["picklist"]}, "source=mail": {e.paths["mail"], e.paths["hold"]},
		"form=order": {e.paths["doubt"], e.paths["mail"]}, "form=acknowledgement": {e.paths["delivery"], e.paths["hold"]}, "source=to%3Afolder": {e.paths["picklist"], e.paths["doubt"]},
		"source=to%3Afax": {e.paths["delivery"], e.paths["hold"]}, "source=folder": {e.paths["doubt"], e.paths["picklist"]},
	} {
		body := hanako.get("/desk/queue?" + query).body
		if !strings.Contains(body, `<a href="`+want[0]) || strings.Contains(body, `<a href="`+want[1]) {
			t.Errorf("%s: %s is missing, or %s is not left out", query, want[0], want[1])
		}
	}
	tasks, err := o.st.Tasks(t.Context(), store.TaskFilter{}, o.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	far := func(x store.Task) time.Time {
		if x.DeadlineAt.IsZero() {
			return storetest.At(t, "2099-01-01 00:00:00")
		}
		return x.DeadlineAt
	}
	if !slices.IsSortedFunc(tasks, func(a, b store.Task) int { return far(a).Compare(far(b)) }) {
		t.Errorf("not by deadline: %+v", tasks)
	}
	for _, x := range tasks {
		known := x.Why != "mail"
		if (x.ValueYen != nil) != known || known && x.DeadlineAt.IsZero() {
			t.Errorf("%s: value %v, deadline %v", x.Key, x.ValueYen, x.DeadlineAt)
		}
	}
	taken := map[string]bool{}
	for i := range tasks {
		b := []*browser{hanako, jiro}[i%2]
		path := b.get("/desk/next").location()
		if path == "/desk/queue" || taken[path] {
			t.Errorf("taken as number %d: %s", i+1, path)
		}
		taken[path] = true
		if a := b.get(path); a.status != http.StatusOK {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if path := jiro.get("/desk/next").location(); path != "/desk/queue" {
		t.Errorf("nothing is left, and %s is taken", path)
	}
	if body := hanako.get("/desk/queue?who=jiro").body; strings.Count(body, "<tr id=") != len(tasks)/2 {
		t.Errorf("narrowed to jiro's: %d", strings.Count(body, "<tr id="))
	}
	// What the one works on, the other cannot settle; until nobody has shown life for a while.
	task := func(b *browser, other *browser) {
		path := e.paths["picklist"]
		b.get(path)
		if a := other.post(path, url.Values{"act": {"acknowledge"}, "reason": {"電話で確認"}}); a.status != http.StatusConflict {
			t.Errorf("two work on one: %d", a.status)
		}
		o.clock.Set(o.clock.Now().Add(2 * time.Minute))
		if a := b.post("/desk/claim", url.Values{"task": {"picklist " + strconv.FormatInt(e.list.ID, 10)}}); a.status != http.StatusNoContent {
			t.Errorf("no sign of life: %d", a.status)
		}
		o.clock.Set(o.clock.Now().Add(2 * time.Minute))
		if a := other.get(path); !strings.Contains(a.body, "さんが作業中です") {
			t.Error("not told that somebody works on it")
		}
		o.clock.Set(o.clock.Now().Add(2 * time.Minute))
		if a := other.post(path, url.Values{"act": {"acknowledge"}, "reason": {"電話で確認"}}); a.status != http.StatusSeeOther {
			t.Errorf("a claim that ran out holds: %d", a.status)
		}
	}
	o.clock.Set(o.clock.Now().Add(5 * time.Minute))
	task(hanako, jiro)
	if a := hanako.post("/desk/claim", url.Values{"task": {"coffee 1"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("claimed coffee: %d", a.status)
	}
}

// TestFailedDelivery: what did not arrive goes to the number that is registered now, again, or is told
// by telephone.
func TestFailedDelivery(t *testing.T) {
	t.Parallel()
	o, b, _ := busyOffice(t)
	of := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	id := o.failed(t, of, "0399998888")
	path := "/desk/deliveries/" + strconv.FormatInt(id, 10)
	a := b.get(path)
	for _, want := range []string{"注文確認書", "03-9999-8888", "登録FAX番号 <span class=\"mono\">03-1234-5678</span> へ送る", "送付した書類", "550 no such number", of.Number.Grouped(), "メールアドレスの登録がありません"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if a := b.post(path, url.Values{"act": {"mail"}, "reason": {"x"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "メールアドレスの登録がありません") {
		t.Errorf("sent to no address: %d", a.status)
	}
	if a := b.post(path, url.Values{"act": {"fax"}, "reason": {"番号変更"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not sent to the registered number: %d %s", a.status, a.body)
	}
	all, err := o.st.FindDeliveries(t.Context(), of.Number)
	if err != nil || len(all) != 2 || all[0].State != store.DeliveryResent || all[1].Recipient != "0312345678" || all[1].ResendOf != id || all[1].BlobKey != all[0].BlobKey || all[0].DecidedBy != "佐藤 花" {
		t.Fatalf("%+v (%v)", all, err)
	}
	if ok, err := o.st.Registered(t.Context(), all[1].ID); err != nil || !ok {
		t.Errorf("the number is not the registered one (%v)", err)
	}
	if a := b.post(path, url.Values{"act": {"fax"}, "reason": {"again"}}); a.status != http.StatusConflict {
		t.Errorf("sent twice: %d", a.status)
	}
	again := "/desk/deliveries/" + strconv.FormatInt(all[1].ID, 10)
	fail := func(id int64) {
		if err := o.st.InTx(t.Context(), func(tx *store.Tx) error { return tx.DeliveryFails(t.Context(), id, "not delivered within 24 hours") }); err != nil {
			t.Fatal(err)
		}
	}
	fail(all[1].ID)
	if a := b.post(again, url.Values{"act": {"fax"}, "reason": {"x"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "失敗した宛先と同じです") {
		t.Errorf("the way that failed is another one: %d", a.status)
	}
	if a := b.post(again, url.Values{"act": {"told"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("told nobody: %d", a.status)
	}
	if a := b.post(again, url.Values{"act": {"told"}, "who": {"総務の山田様"}, "note": {"内容をお伝えした"}}); a.status != http.StatusSeeOther {
		t.Errorf("not closed: %d", a.status)
	}
	if d, err := o.st.GetDelivery(t.Context(), all[1].ID); err != nil || d.State != store.DeliveryGivenUp || !strings.Contains(d.DecidedFor, "総務の山田様") {
		t.Errorf("%+v (%v)", d, err)
	}
	if a := b.get(again); !strings.Contains(a.body, "電話で連絡：総務の山田様") || strings.Contains(a.body, `name="who"`) {
		t.Error("a closed delivery does not tell what was done, or offers more")
	}
	if a := b.get("/desk/deliveries/99"); a.status != http.StatusNotFound {
		t.Errorf("no such delivery: %d", a.status)
	}
}

// TestSlowDelivery: what still fails after a while is shown, and tried at once.
func TestSlowDelivery(t *testing.T) {
	t.Parallel()
	o, b, _ := busyOffice(t)
	of := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	first := o.failed(t, of, "0312345678")
	if _, err := o.st.ResendDelivery(t.Context(), first, "佐藤", "x", o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	all, _ := o.st.FindDeliveries(t.Context(), of.Number, store.DeliveryWaiting)
	id := all[0].ID
	path := "/desk/deliveries/" + strconv.FormatInt(id, 10)
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.DeliveryWaits(t.Context(), id, o.clock.Now().Add(3*time.Hour), "to be tried again: busy")
	}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.get("/desk/queue").body, path) {
		t.Error("shown at once")
	}
	o.clock.Set(o.clock.Now().Add(61 * time.Minute))
	b.signIn("hanako", secret)
	if !strings.Contains(b.get("/desk/queue").body, path) {
		t.Error("not shown after an hour")
	}
	if a := b.post(path, url.Values{"act": {"hurry"}, "reason": {"急ぎ"}}); a.status != http.StatusSeeOther {
		t.Errorf("not hurried: %d %s", a.status, a.body)
	}
	if d, err := o.st.GetDelivery(t.Context(), id); err != nil || !d.Waiting() || !d.NotBefore.IsZero() {
		t.Errorf("%+v (%v)", d, err)
	}
}

// TestAnswerWithoutWay: what cannot be sent is told by a person, or made anew.
func TestAnswerWithoutWay(t *testing.T) {
	t.Parallel()
	o, b, _ := busyOffice(t)
	of := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	id := o.unanswered(t, of)
	path := "/desk/answers/" + strconv.FormatInt(id, 10)
	if a := b.get(path); !strings.Contains(a.body, of.Number.Grouped()) || !strings.Contains(a.body, "FAX番号の登録がありません") || !strings.Contains(a.body, "あおば商事株式会社") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := b.post(path, url.Values{"act": {"again"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not made anew: %d %s", a.status, a.body)
	}
	all, err := o.st.AnswersOf(t.Context(), 0, of.ID)
	if err != nil || len(all) != 2 || all[0].State != store.AnswerDone || all[1].State != store.AnswerWaiting || all[1].DueAt.After(o.clock.Now()) {
		t.Fatalf("%+v (%v)", all, err)
	}
	if _, err := o.st.CloseAnswer(t.Context(), all[1], o.clock.Now(), func(*store.Tx, int) (store.Answer, error) {
		return store.Answer{State: store.AnswerDesk, Detail: "x"}, nil
	}); err != nil {
		t.Fatal(err)
	}
	path = "/desk/answers/" + strconv.FormatInt(all[1].ID, 10)
	if a := b.post(path, url.Values{"act": {"told"}, "who": {"山田様"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not closed: %d %s", a.status, a.body)
	}
	if a := b.post(path, url.Values{"act": {"told"}, "who": {"山田様"}}); a.status != http.StatusConflict {
		t.Errorf("closed twice: %d", a.status)
	}
	if a := b.get("/desk/orders/" + string(of.Number)); !strings.Contains(a.body, "山田様") {
		t.Error("the order does not tell that its customer was told")
	}
}

// TestUnacknowledgedList: the desk asks after a list, sends it again byte for byte, and acknowledges it;
// or the warehouse does.
func TestUnacknowledgedList(t *testing.T) {
	t.Parallel()
	o, b, _ := busyOffice(t)
	o.clock.Set(storetest.At(t, "2026-11-24 15:00:00"))
	l := o.listed(t)
	b.signIn("hanako", secret)
	path := "/desk/lists/" + string(l.Number)
	if strings.Contains(b.get("/desk/queue").body, path) {
		t.Error("asked after at once")
	}
	o.clock.Set(o.clock.Now().Add(time.Hour))
	b.signIn("hanako", secret)
	if body := b.get("/desk/queue").body; !strings.Contains(body, path) || !strings.Contains(body, "4,500円") || !strings.Contains(body, "東日本物流センター") {
		t.Errorf("not asked after: %s", body)
	}
	if a := b.post(path, url.Values{"act": {"acknowledge"}, "reason": {" "}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("acknowledged by nobody's word: %d", a.status)
	}
	for act, reason := range map[string]string{"note": "倉田さんに電話、折り返し待ち", "resend": "届いていないとのこと"} {
		if a := b.post(path, url.Values{"act": {act}, "reason": {reason}}); a.status != http.StatusSeeOther || a.location() != path {
			t.Fatalf("%s: %d %s", act, a.status, a.body)
		}
		if !strings.Contains(b.get(path).body, reason) {
			t.Errorf("%s is not told", act)
		}
	}
	files, err := o.st.DeliveriesOf(t.Context(), l.ID)
	if err != nil || len(files) != 2 || files[1].BlobKey != files[0].BlobKey || files[1].Recipient != files[0].Recipient || !files[1].Waiting() {
		t.Fatalf("%+v (%v)", files, err)
	}
	if a := b.post(path, url.Values{"act": {"resend"}, "reason": {"x"}}); a.status != http.StatusConflict {
		t.Errorf("sent again while it is still to be sent: %d", a.status)
	}
	if a := b.post(path, url.Values{"act": {"acknowledge"}, "reason": {"倉田さんが確認"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not acknowledged: %d", a.status)
	}
	if a := b.post(path, url.Values{"act": {"acknowledge"}, "reason": {"x"}}); a.status != http.StatusConflict {
		t.Errorf("acknowledged twice: %d", a.status)
	}
	if strings.Contains(b.get("/desk/queue").body, path) {
		t.Error("an acknowledged list is still asked after")
	}
	second := o.listed(t)
	o.hireAs(t, store.Staff{Login: "kurata", Name: "倉田 実", Role: store.RoleWarehouse, WarehouseCode: second.WarehouseCode})
	w := o.browser(t)
	w.signIn("kurata", secret)
	if a := w.post("/desk/picklists/"+string(second.Number)+"/acknowledged", nil); a.status != http.StatusSeeOther {
		t.Fatalf("the warehouse cannot acknowledge: %d", a.status)
	}
	if got, err := o.st.GetPickList(t.Context(), second.ID); err != nil || got.AckBy != "倉田 実" {
		t.Errorf("%+v (%v)", got, err)
	}
}

// TestLetter: a mail is read safely, answered once more, its photo taken in as a fax, filed and closed.
func TestLetter(t *testing.T) {
	t.Parallel()
	o, b, _ := busyOffice(t)
	name := o.plainMail(t, "sato@aoba.example.jp")
	path := "/desk/mails/" + name
	if a := b.get("/desk/review/" + name); a.location() != path {
		t.Errorf("a mail opens at %q", a.location())
	}
	a := b.get(path)
	for _, want := range []string{"コピー用紙を10箱お願いします。", "sato@aoba.example.jp", "photo.png", path + "/files/1/picture", "送っていません", "添付があるため、担当者の確認が先です", "FAXとして受け付ける"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(a.body, "alert(1)") {
		t.Error("the mail's script is on the page")
	}
	if a := b.get(path + "/files/1/picture"); a.header.Get("Content-Type") != "image/png" || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("picture: %d %v", a.status, a.header)
	}
	if a := b.get(path + "/files/1"); !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("file: %d %v", a.status, a.header)
	}
	if a := b.get(path + "/files/2"); a.status != http.StatusNotFound {
		t.Errorf("no such file: %d", a.status)
	}
	for n := range 2 {
		if a := b.post(path, url.Values{"act": {"answer"}, "reason": {"電話でお問い合わせ"}}); a.status != http.StatusSeeOther {
			t.Fatalf("answer %d: %d %s", n+1, a.status, a.body)
		}
	}
	given, err := o.st.LetterAnswers(t.Context(), mustDocument(t, name))
	if err != nil || len(given) != 2 || given[1].To != "sato@aoba.example.jp" || given[1].By != "佐藤 花" || given[1].IssuedID == given[0].IssuedID {
		t.Fatalf("%+v (%v)", given, err)
	}
	if thread, err := o.st.MailThread(t.Context(), given[1].IssuedID); err != nil || len(thread) != 1 {
		t.Errorf("thread %v (%v)", thread, err)
	}
	if a := b.get(path); strings.Count(a.body, "電話でお問い合わせ") < 2 || !strings.Contains(a.body, "ご注文") {
		t.Error("the answers and their bytes are not shown")
	}
	take := url.Values{"act": {"take"}, "file": {"1"}, "reason": {"注文書の写真"}}
	if a := b.post(path, take); a.status != http.StatusSeeOther {
		t.Fatalf("not taken in: %d %s", a.status, a.body)
	}
	if a := b.post(path, take); a.status != http.StatusConflict {
		t.Errorf("taken in twice: %d", a.status)
	}
	docs, err := o.st.DocumentsAtDesk(t.Context(), 5)
	docs = slices.DeleteFunc(docs, func(d store.Document) bool { return d.DuplicateOf != 0 })
	if err != nil || len(docs) != 1 || docs[0].State != store.DocumentReceived || docs[0].MediaType != "image/png" {
		t.Errorf("%+v (%v)", docs, err)
	}
	of := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	if a := b.post(path, url.Values{"act": {"attach"}, "order": {"1000000019"}, "reason": {"x"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("filed with no order: %d", a.status)
	}
	if a := b.post(path, url.Values{"act": {"attach"}, "order": {string(of.Number)}, "reason": {"納期の相談"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not filed: %d %s", a.status, a.body)
	}
	if a := b.get("/desk/orders/" + string(of.Number)); !strings.Contains(a.body, path) || !strings.Contains(a.body, "納期の相談") {
		t.Error("the order does not lead to its mail")
	}
	if r, err := o.st.GetReview(t.Context(), mustDocument(t, name), 0); err != nil || r.State != store.ReviewHandled {
		t.Errorf("the mail is %s (%v)", r.State, err)
	}
	// Whoever wants it: a machine is answered by nobody.
	robot := "/desk/mails/" + o.plainMail(t, "tanaka@midori.example.jp", "Auto-Submitted: auto-replied")
	if a := b.get(robot); strings.Contains(a.body, `value="answer"`) || !strings.Contains(a.body, "自動送信・メーリングリスト・不達通知") {
		t.Error("a machine may be answered")
	}
	if a := b.post(robot, url.Values{"act": {"answer"}, "reason": {"x"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a machine is answered: %d", a.status)
	}
	if a := b.post(robot, url.Values{"act": {"done"}, "reason": {"広告"}}); a.status != http.StatusSeeOther || strings.Contains(b.get("/desk/queue").body, robot) {
		t.Errorf("not closed: %d", a.status)
	}
}

// TestMadeToOrder: the desk enters the day, the customer is told, and the order goes on (CUT-6).
func TestMadeToOrder(t *testing.T) {
	t.Parallel()
	o, b, jiro := busyOffice(t)
	o.clock.Set(storetest.At(t, "2026-11-24 10:00:00"))
	only := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Stamp, 2))
	path := "/desk/orders/" + string(only.Number)
	if a := b.get("/desk/queue?why=hold"); !strings.Contains(a.body, path) || !strings.Contains(a.body, "CUT-6") {
		t.Fatal("not in the queue")
	}
	a := b.get(path + "?task=hold")
	if !strings.Contains(a.body, `placeholder="例：12/10" autofocus`) {
		t.Errorf("the page does not begin at the date: %s", a.body)
	}
	if a := jiro.get(path); !strings.Contains(a.body, "さんが作業中です") || strings.Contains(a.body, `name="arrival_on"`) {
		t.Error("two enter a date")
	}
	date := func(b *browser, on string) answer {
		return b.post(path+"/act", url.Values{"act": {"date"}, "shipment": {"1"}, "arrival_on": {on}, "task": {"hold"}})
	}
	if a := date(jiro, "2026-12-10"); a.status != http.StatusConflict {
		t.Errorf("another's order is dated: %d", a.status)
	}
	if a := date(b, "2026-12-12"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "12/14（月）") { // a Saturday
		t.Errorf("no delivery day: %d %s", a.status, a.body)
	}
	if a := date(b, "いつか"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("some day: %d", a.status)
	}
	if a := date(b, "1/8"); a.status != http.StatusSeeOther { // of next year
		t.Errorf("not dated: %d", a.status)
	}
	if got, err := o.st.GetOrder(t.Context(), only.Number); err != nil || got.Shipments[0].ArrivalOn.String() != "2027-01-08" {
		t.Errorf("%+v (%v)", got.Shipments, err)
	}
	if a := date(b, "12/10"); a.status != http.StatusSeeOther || a.location() != "/desk/next?why=hold" {
		t.Fatalf("not dated: %d %s", a.status, a.body)
	}
	got, err := o.st.GetOrder(t.Context(), only.Number)
	if err != nil || got.State != order.StateAccepted || got.Shipments[0].ArrivalOn.String() != "2026-12-10" || got.HoldReason != "" {
		t.Fatalf("%+v (%v)", got, err)
	}
	answers, err := o.st.AnswersOf(t.Context(), 0, only.ID)
	if err != nil || len(answers) != 1 || answers[0].State != store.AnswerWaiting || answers[0].Version < 1 {
		t.Errorf("the customer is not told: %+v (%v)", answers, err)
	}
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AllocateBatch(t.Context(), 10, false, o.clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := o.st.GetOrder(t.Context(), only.Number); err != nil || got.State != order.StateAllocated {
		t.Errorf("held again: %s %s (%v)", got.State, got.HoldReason, err)
	}
	if strings.Contains(b.get("/desk/queue").body, path) {
		t.Error("still in the queue")
	}
	if a := b.get(path); !strings.Contains(a.body, "12/10（木）") || strings.Contains(a.body, "お届け日は未定") {
		t.Error("the page does not tell the day")
	}
}

// TestUnknownHold: a kind of hold that the desk has never heard of is shown with its rule and text.
func TestUnknownHold(t *testing.T) {
	t.Parallel()
	o, b, _ := busyOffice(t)
	of := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Change(t.Context(), of.ID, func(x order.Order, _ store.Facts) (order.Order, []order.Event, error) {
			x.State, x.HoldReason = order.StateHeld, "BUD-1: over the budget of the department"
			return x, []order.Event{{Kind: order.EventHeld, Rule: "BUD-1", Text: "Held.", At: o.clock.Now()}}, nil
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	path := "/desk/orders/" + string(of.Number)
	if a := b.get("/desk/queue"); !strings.Contains(a.body, path+"?task=hold") || !strings.Contains(a.body, "BUD-1") {
		t.Error("not in the queue with its rule")
	}
	a := b.get(path + "?task=hold")
	if !strings.Contains(a.body, "over the budget of the department") || !strings.Contains(a.body, `rows="2" autofocus`) || !strings.Contains(a.body, `value="free"`) {
		t.Errorf("the order does not tell why, or does not begin at the action: %s", a.body)
	}
	free := act("free", "増額の承認あり")
	free.Set("task", "hold")
	if a := b.post(path+"/act", free); a.location() != "/desk/next?why=hold" {
		t.Errorf("not let go: %d", a.status)
	}
}
