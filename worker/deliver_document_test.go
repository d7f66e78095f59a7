package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"todoke/delivery"
	"todoke/delivery/faxmail"
	outmail "todoke/delivery/mail"
	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/internal/smtptest"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

// outbox is a shop with SMTP servers of two fax gateways, a and b; a takes plain mails, too.
type outbox struct {
	*bundle
	a, b *smtptest.Server
}

func withOutbox(t *testing.T) *outbox {
	t.Helper()
	o := &outbox{bundle: setup(t, drafts())}
	way := func(name string) (*smtptest.Server, faxmail.Way) {
		s, address := smtptest.Start(t, smtptest.Config{})
		g, err := faxmail.Parse(name, []byte("name: "+name+"\naddress: '{number}@"+name+".example.jp'"))
		if err != nil {
			t.Fatal(err)
		}
		return s, faxmail.Way{Gateway: g, Server: outmail.Server{Address: address, Security: outmail.Plain}, From: "shop@shop.example", FromName: "テスト商店"}
	}
	var a, b faxmail.Way
	o.a, a = way("a")
	o.b, b = way("b")
	o.cfg.Routes = worker.Routes{Domain: "shop.example", Ways: map[string][]delivery.Way{
		"fax": {a, b}, "mail": {outmail.Way{Server: a.Server, From: "shop@shop.example", FromName: "テスト商店"}},
	}}
	o.exec(t, "UPDATE departments SET fax = '0312345678' WHERE code = $1", st.Code(st.Tokyo))
	return o
}

// issue sends a document to a recipient and gives the delivery's id.
func (o *outbox) issue(t *testing.T, kind, format, channel, to string) int64 {
	t.Helper()
	data := []byte("%PDF-1.4 " + kind + channel + to)
	if format == "txt" {
		data = []byte("山田商事株式会社 御中\n\n" + kind + "\n")
	}
	key, err := o.s.Blobs().Put(data)
	if err != nil {
		t.Fatal(err)
	}
	now := o.clock.Now()
	if err := o.s.InTx(t.Context(), func(tx *store.Tx) error {
		id, _, err := tx.Issue(t.Context(), store.NewIssue{
			Kind: kind, Number: "N-" + kind, Format: format, FileName: "お知らせ." + format, Subject: "お知らせ", Key: key, SizeBytes: len(data), Party: st.Code(st.Tokyo),
		}, now)
		if err != nil {
			return err
		}
		return tx.Send(t.Context(), id, store.Recipient{Channel: channel, Address: to}, now)
	}); err != nil {
		t.Fatal(err)
	}
	all, err := o.s.Deliveries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all[len(all)-1].ID
}

// tick moves the clock, wakes what is due and waits until all is worked.
func (o *outbox) tick(t *testing.T, d time.Duration) {
	t.Helper()
	o.clock.Set(o.clock.Now().Add(d))
	if _, err := o.s.Tick(t.Context(), o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	o.idle(t)
}

func (o *outbox) delivery(t *testing.T, id int64) (store.Delivery, string) {
	t.Helper()
	d, err := o.s.GetDelivery(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	attempts, err := o.s.DeliveryAttempts(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range attempts {
		all = append(all, a.Way+" "+string(a.Outcome))
	}
	return d, strings.Join(all, ", ")
}

func messageIDs(mails []smtptest.Mail) []string {
	var ids []string
	for _, m := range mails {
		p, err := mail.Parse(m.Data, mail.DefaultLimits())
		if err != nil {
			panic(err)
		}
		ids = append(ids, p.MessageID)
	}
	return ids
}

func TestDocumentsAreFaxedAndMailed(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	fax, letter := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678"), o.issue(t, "order_mail", "txt", "mail", "yamada@yamada.example")
	attached := o.issue(t, "stockout_notice", "pdf", "mail", "yamada@yamada.example")
	o.work(t)
	mails := o.a.Mails()
	if len(mails) != 3 {
		t.Fatalf("%d mails", len(mails))
	}
	for _, id := range []int64{fax, letter, attached} {
		d, attempts := o.delivery(t, id)
		if d.State != store.DeliverySent || !d.SentAt.Equal(o.clock.Now()) || d.MaybeTwice || d.Location == "" {
			t.Errorf("%+v", d)
		}
		kept, err := o.s.Blobs().Get(d.SentKey)
		if err != nil || !slices.ContainsFunc(mails, func(m smtptest.Mail) bool { return bytes.Equal(m.Data, kept) }) {
			t.Errorf("the bytes kept of %d are not those that left: %v", id, err)
		}
		m, err := mail.Parse(kept, mail.DefaultLimits())
		if err != nil || m.MessageID != d.MessageID || !strings.HasSuffix(m.MessageID, "@shop.example") || !m.Date.Equal(o.clock.Now()) || m.Subject != "お知らせ" || m.Header("auto-submitted")[0] != "auto-generated" {
			t.Errorf("%+v %v", m, err)
		}
		switch id {
		case fax:
			if attempts != "a sent" || m.Text != "" || len(m.Attachments) != 1 || m.Attachments[0].Name != "お知らせ.pdf" {
				t.Errorf("%s %+v", attempts, m)
			}
		case letter:
			if len(m.Attachments) != 0 || !strings.HasPrefix(m.Text, "山田商事株式会社 御中") {
				t.Errorf("%+v", m)
			}
		case attached:
			if len(m.Attachments) != 1 || !strings.Contains(m.Text, "テスト商店") {
				t.Errorf("%+v", m)
			}
		}
	}
	o.audit(t)
}

func TestEveryFailureOfAServer(t *testing.T) {
	t.Parallel()
	night := 11 * time.Hour // from ten in the morning
	tests := []struct {
		name     string
		a, b     []smtptest.Fault
		waits    []time.Duration
		state    string
		attempts string
		detail   string
		kept     int // mails at a
		keptB    int
		twice    bool
	}{
		{name: "soon better", a: faults("mail 451", "rcpt 450"), waits: []time.Duration{time.Minute, 2 * time.Minute}, state: "sent", attempts: "a temporary, a temporary, a sent", kept: 1},
		{name: "waits", a: faults("data 452"), waits: []time.Duration{30 * time.Second}, state: "waiting", attempts: "a temporary", detail: "to be tried again: the server does not take the mail now"},
		{name: "the second way", a: faults("connect drop", "data 451", "connect 554"), waits: []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute}, state: "sent", attempts: "a temporary, a temporary, a temporary, b sent", keptB: 1},
		{name: "refused", a: faults("rcpt 550"), waits: []time.Duration{0}, state: "sent", attempts: "a permanent, b sent", keptB: 1},
		{name: "refused by both", a: faults("mail 550"), b: faults("data 554"), waits: []time.Duration{0, 0}, state: "failed", attempts: "a permanent, b permanent", detail: "every way failed for good: the server refuses the mail"},
		{name: "lost before the answer", a: faults("data lose"), waits: []time.Duration{time.Minute}, state: "sent", attempts: "a uncertain, a sent", kept: 2, twice: true},
		{name: "lost, not kept", a: faults("data drop"), waits: []time.Duration{time.Minute}, state: "sent", attempts: "a uncertain, a sent", kept: 1, twice: true},
		{name: "never an answer", a: faults("data lose", "data lose", "data lose"), waits: []time.Duration{time.Minute, 2 * time.Minute}, state: "failed", attempts: "a uncertain, a uncertain, a uncertain", detail: "it may have arrived: 3 attempts", kept: 3, twice: true},
		{name: "hung up after the answer", a: faults("data hangup"), state: "sent", attempts: "a sent", kept: 1},
		{name: "answered twice", a: faults("data twice"), state: "sent", attempts: "a sent", kept: 1},
		{name: "slow", a: faults("data slow"), state: "sent", attempts: "a sent", kept: 1},
		{name: "into the night", a: faults("mail 451"), waits: []time.Duration{night, 9*time.Hour + 59*time.Minute}, state: "waiting", attempts: "a temporary", detail: "quiet hours"},
		{name: "in the morning", a: faults("mail 451"), waits: []time.Duration{night, 10 * time.Hour}, state: "sent", attempts: "a temporary, a sent", kept: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := withOutbox(t)
			o.a.Fail(tt.a...)
			o.b.Fail(tt.b...)
			id := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678")
			o.work(t)
			for _, d := range tt.waits {
				o.tick(t, d)
			}
			d, attempts := o.delivery(t, id)
			if d.State != tt.state || attempts != tt.attempts || !strings.HasPrefix(d.Detail, tt.detail) || d.MaybeTwice != tt.twice && tt.state == "sent" {
				t.Errorf("%s\n%+v", attempts, d)
			}
			a, b := messageIDs(o.a.Mails()), messageIDs(o.b.Mails())
			if len(a) != tt.kept || len(b) != tt.keptB {
				t.Fatalf("%d and %d mails", len(a), len(b))
			}
			if slices.Sort(a); len(slices.Compact(a)) > 1 {
				t.Errorf("one way, several names: %q", a)
			}
			for i, m := range o.a.Mails() {
				if i > 0 && !bytes.Equal(m.Data, o.a.Mails()[0].Data) {
					t.Error("sent again, it has other bytes")
				}
			}
			entries, err := o.s.Ledger(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			listed := slices.ContainsFunc(entries, func(e store.Entry) bool { return e.Kind == "delivery" && e.State == tt.state })
			if listed != (tt.state != "sent") {
				t.Errorf("the ledger lists %+v", entries)
			}
			o.audit(t)
		})
	}
}

// faults reads "STAGE CODE" and "STAGE WORD".
func faults(texts ...string) []smtptest.Fault {
	var out []smtptest.Fault
	for _, s := range texts {
		stage, what, _ := strings.Cut(s, " ")
		f := smtptest.Fault{At: smtptest.Stage(stage), Drop: what == "drop", Lose: what == "lose", HangUp: what == "hangup", Twice: what == "twice"}
		if what == "slow" {
			f.Delay = 300 * time.Millisecond
		}
		_, _ = fmt.Sscan(what, &f.Code)
		out = append(out, f)
	}
	return out
}

func TestFaxesGoToTheRegisteredNumberOnly(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	o.exec(t, "UPDATE departments SET fax = '0698765432' WHERE code = $1", st.Code(st.Osaka))
	nobody, another := o.issue(t, "acknowledgement", "pdf", "fax", "0399999999"), o.issue(t, "stockout_notice", "pdf", "fax", "0698765432")
	o.exec(t, "UPDATE departments SET fax = '0333330001' WHERE code = $1", st.Code(st.Tokyo)) // by mistake: it is the shop's own
	own := o.issue(t, "resend_request", "pdf", "fax", "0333330001")
	o.cfg.OwnNumbers = []string{"0333330001"}
	o.work(t)
	for _, id := range []int64{nobody, another, own} {
		if d, attempts := o.delivery(t, id); d.State != store.DeliveryFailed || attempts != "" || !strings.HasPrefix(d.Detail, "FAX-3") {
			t.Errorf("%s %+v", attempts, d)
		}
	}
	if len(o.a.Mails())+len(o.b.Mails()) != 0 {
		t.Error("it was sent all the same")
	}
	o.audit(t)
}

// TestKilledBetweenSendAndRecord: a process dies after the server took the mail and before that
// is recorded. The mail leaves once more under the same name, and no more.
func TestKilledBetweenSendAndRecord(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	id := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678")
	way := &dying{Way: o.cfg.Routes.Ways["fax"][0]}
	o.cfg.Routes.Ways["fax"][0] = way
	way.after = func() { // nothing that this process still writes is taken
		if _, err := o.s.Pool().Exec(context.Background(), `UPDATE river_job SET attempt = attempt + 1 WHERE kind = 'deliver_document'`); err != nil {
			t.Error(err)
		}
	}
	var err error
	if o.client, err = worker.Client(o.cfg); err != nil {
		t.Fatal(err)
	}
	failed, cancel := o.client.Subscribe(river.EventKindJobFailed)
	defer cancel()
	o.start(t)
	select {
	case <-failed:
	case <-time.After(30 * time.Second):
		t.Fatal("the attempt that was given up did not fail")
	}
	if d, attempts := o.delivery(t, id); d.State != store.DeliveryWaiting || attempts != "a " || len(o.a.Mails()) != 1 {
		t.Fatalf("%q %+v", attempts, d)
	}
	o.exec(t, `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE state = 'retryable'`)
	o.idle(t)
	o.tick(t, time.Minute)
	o.tick(t, time.Hour)
	d, attempts := o.delivery(t, id)
	ids := messageIDs(o.a.Mails())
	if d.State != store.DeliverySent || attempts != "a uncertain, a sent" || !d.MaybeTwice || len(ids) != 2 || ids[0] != ids[1] {
		t.Errorf("%q %q %+v", attempts, ids, d)
	}
	o.audit(t)
}

// TestTheAnswerIsNotForgotten: the database is away when the server has taken the mail. What it
// answered is recorded as soon as it is back, and nothing leaves twice.
func TestTheAnswerIsNotForgotten(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	id := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678")
	way := &dying{Way: o.cfg.Routes.Ways["fax"][0]}
	o.cfg.Routes.Ways["fax"][0] = way
	back := make(chan error, 1)
	rename := func(from, to string) error { // as the tables' owner
		c, err := o.s.Pool().Acquire(context.Background())
		if err != nil {
			return err
		}
		conn := c.Hijack()
		_, err = conn.Exec(context.Background(), `RESET ROLE; ALTER TABLE `+from+` RENAME TO `+to)
		return errors.Join(err, conn.Close(context.Background()))
	}
	way.after = func() {
		if err := rename("delivery_attempts", "away"); err != nil {
			back <- err
			return
		}
		time.AfterFunc(200*time.Millisecond, func() { back <- rename("away", "delivery_attempts") })
	}
	var err error
	if o.client, err = worker.Client(o.cfg); err != nil {
		t.Fatal(err)
	}
	o.start(t)
	if err := <-back; err != nil {
		t.Fatal(err)
	}
	o.idle(t)
	if d, attempts := o.delivery(t, id); d.State != store.DeliverySent || attempts != "a sent" || d.MaybeTwice || len(o.a.Mails()) != 1 {
		t.Errorf("%q, %d mails, %+v", attempts, len(o.a.Mails()), d)
	}
	o.audit(t)
}

// dying is a way after whose sending something happens.
type dying struct {
	delivery.Way
	mu    sync.Mutex
	after func()
}

func (w *dying) Send(ctx context.Context, p delivery.Parcel, data []byte) (string, error) {
	receipt, err := w.Way.Send(ctx, p, data)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.after != nil {
		w.after()
		w.after = nil
	}
	return receipt, err
}

func TestAPersonResendsOrGivesUp(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	o.a.Fail(faults("mail 550", "mail 550")...)
	o.b.Fail(faults("mail 550", "mail 550")...)
	first, second := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678"), o.issue(t, "stockout_notice", "pdf", "fax", "0312345678")
	o.work(t)
	o.tick(t, 0)
	o.tick(t, 0)
	ctx, now := t.Context(), o.clock.Now()
	if _, err := o.s.ResendDelivery(ctx, first, " ", "x", now); err == nil {
		t.Error("nobody resent it")
	}
	again, err := o.s.ResendDelivery(ctx, first, "佐藤", "番号は正しいとのこと", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.s.ResendDelivery(ctx, first, "鈴木", "再送します", now); err == nil {
		t.Error("two people resent it")
	}
	if err := o.s.GiveUpDelivery(ctx, second, "佐藤", "電話で連絡済み", now); err != nil {
		t.Fatal(err)
	}
	o.idle(t)
	old, _ := o.delivery(t, first)
	resent, attempts := o.delivery(t, again)
	given, _ := o.delivery(t, second)
	if old.State != store.DeliveryResent || old.DecidedBy != "佐藤" || resent.State != store.DeliverySent || resent.Copy != 2 || resent.ResendOf != first ||
		attempts != "a sent" || resent.MessageID == old.MessageID || resent.BlobKey != old.BlobKey || given.State != store.DeliveryGivenUp {
		t.Errorf("%+v\n%+v\n%+v", old, resent, given)
	}
	if err := o.s.GiveUpDelivery(ctx, again, "佐藤", "x", now); err == nil {
		t.Error("what was sent was given up")
	}
	if third, err := o.s.ResendDelivery(ctx, again, "佐藤", "届いていないとのこと", now); err != nil {
		t.Error(err)
	} else if d, _ := o.delivery(t, third); d.Copy != 3 {
		t.Errorf("%+v", d)
	}
	o.idle(t)
	if d, _ := o.delivery(t, again); d.State != store.DeliverySent {
		t.Errorf("%+v", d)
	}
	o.audit(t)
}

func TestNoticesFindTheirDelivery(t *testing.T) {
	t.Parallel()
	notice := func(kind gateway.Kind, subject, text string, names ...string) worker.Mail {
		return worker.Mail{From: "g@a.example.jp", Subject: subject, Text: text, Facts: gateway.Facts{Profile: "p", Kind: kind}, Report: worker.Report{Names: names}}
	}
	tests := []struct {
		name     string
		mail     func(d store.Delivery) worker.Mail
		state    string // of the delivery
		attempts string
		document store.DocumentState
		by       string
	}{
		{"returned, by name", func(d store.Delivery) worker.Mail {
			return notice(gateway.KindFailed, "FAX送信失敗", "", strings.Split(d.MessageID, "@")[0])
		}, "sent", "a returned, b sent", store.DocumentNotice, "by message id"},
		{"returned, by number", func(store.Delivery) worker.Mail {
			return notice(gateway.KindFailed, "FAX送信失敗", "宛先：０３－１２３４－５６７８ 話中")
		}, "sent", "a returned, b sent", store.DocumentNotice, "by number and time"},
		{"delivered", func(d store.Delivery) worker.Mail {
			return notice(gateway.KindDelivered, "FAX送信完了", "+81 3-1234-5678")
		}, "delivered", "a sent", store.DocumentNotice, "by number and time"},
		{"a mail server's failure", func(d store.Delivery) worker.Mail {
			return worker.Mail{Subject: "Undelivered", Report: worker.Report{OK: true, DSN: mail.Report{Action: "failed", Status: "5.1.1"}, Names: []string{strings.Split(d.MessageID, "@")[0]}}}
		}, "sent", "a returned, b sent", store.DocumentNotice, "by message id"},
		{"a mail server's delay", func(d store.Delivery) worker.Mail {
			return worker.Mail{Subject: "Delayed", Report: worker.Report{OK: true, DSN: mail.Report{Action: "delayed"}, Names: []string{strings.Split(d.MessageID, "@")[0]}}}
		}, "sent", "a sent", store.DocumentNotice, "delayed, by message id"},
		{"a mail server passed it on to the gateway", func(d store.Delivery) worker.Mail {
			return worker.Mail{Subject: "Relayed", Report: worker.Report{OK: true, DSN: mail.Report{Action: "relayed"}, Names: []string{strings.Split(d.MessageID, "@")[0]}}}
		}, "sent", "a sent", store.DocumentNotice, "by message id"},
		{"of nobody", func(store.Delivery) worker.Mail {
			return notice(gateway.KindFailed, "FAX送信失敗", "宛先：0399999999", "todoke.999.1.0123456789abcdef")
		}, "sent", "a sent", store.DocumentReview, "could not be sent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := withOutbox(t)
			id := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678")
			o.cfg.Mail = func(data []byte) (worker.Mail, error) {
				d, _ := o.delivery(t, id)
				return tt.mail(d), nil
			}
			o.work(t)
			doc := o.add(t, "notice.eml", []byte("notice"))
			o.idle(t)
			o.tick(t, time.Second)
			d, attempts := o.delivery(t, id)
			if d.State != tt.state || attempts != tt.attempts {
				t.Errorf("%s %+v", attempts, d)
			}
			got, err := o.s.GetDocument(t.Context(), doc)
			if err != nil || got.State != tt.document || !strings.Contains(got.Detail, tt.by) {
				t.Errorf("%+v %v", got, err)
			}
			kept, err := o.s.DeliveryNotices(t.Context(), id)
			if err != nil || (len(kept) == 1) != (tt.document == store.DocumentNotice) {
				t.Errorf("%+v %v", kept, err)
			}
			o.audit(t)
		})
	}
	t.Run("both returned", func(t *testing.T) {
		t.Parallel()
		o := withOutbox(t)
		id := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678")
		o.cfg.Mail = func([]byte) (worker.Mail, error) {
			d, _ := o.delivery(t, id)
			return notice(gateway.KindFailed, "FAX送信失敗", "", strings.Split(d.MessageID, "@")[0]), nil
		}
		o.work(t)
		for i := range 2 {
			o.add(t, fmt.Sprintf("%d.eml", i), fmt.Appendf(nil, "notice %d", i))
			o.idle(t)
			o.tick(t, time.Second)
		}
		if d, attempts := o.delivery(t, id); d.State != store.DeliveryFailed || attempts != "a returned, b returned" || !strings.HasPrefix(d.Detail, "did not arrive") {
			t.Errorf("%s %+v", attempts, d)
		}
	})
	t.Run("two faxes to one number", func(t *testing.T) {
		t.Parallel()
		o := withOutbox(t)
		first, second := o.issue(t, "acknowledgement", "pdf", "fax", "0312345678"), o.issue(t, "stockout_notice", "pdf", "fax", "0312345678")
		o.cfg.Mail = mails(map[string]worker.Mail{
			"which": notice(gateway.KindFailed, "FAX送信失敗", "0312345678"), "named": notice(gateway.KindFailed, "FAX送信失敗 N-stockout_notice", "0312345678"),
		})
		o.work(t)
		which := o.add(t, "which.eml", []byte("which"))
		o.add(t, "named.eml", []byte("named"))
		o.idle(t)
		o.tick(t, time.Second)
		if _, attempts := o.delivery(t, first); attempts != "a sent" {
			t.Error(attempts)
		}
		if _, attempts := o.delivery(t, second); attempts != "a returned, b sent" {
			t.Error(attempts)
		}
		if d, err := o.s.GetDocument(t.Context(), which); err != nil || d.State != store.DocumentReview {
			t.Errorf("%+v %v", d, err)
		}
	})
}
