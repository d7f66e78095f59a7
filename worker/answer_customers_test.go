package worker_test

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/internal/needs"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
	"todoke/worker"
)

// told are the answers about a document, as kind, number and channel.
func (b *bundle) told(t *testing.T, documentID, orderID int64) []string {
	t.Helper()
	all, err := b.s.IssuedAnswers(t.Context(), documentID, orderID)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range all {
		out = append(out, strings.Join([]string{a.Kind, a.Number, a.Format, a.Channel, a.Recipient}, " "))
	}
	return out
}

// later moves the clock and lets the workers do what is due.
func (b *bundle) later(t *testing.T, d time.Duration) {
	t.Helper()
	b.clock.Set(b.clock.Now().Add(d))
	if _, err := b.s.Tick(t.Context(), b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.idle(t)
}

// said is the text of the n-th document issued about a fax.
func (b *bundle) said(t *testing.T, number string) string {
	t.Helper()
	var key string
	if err := b.s.Pool().QueryRow(t.Context(), `SELECT blob_key FROM issued_documents WHERE number = $1 AND kind <> 'pick_list' ORDER BY id DESC LIMIT 1`, number).Scan(&key); err != nil {
		t.Fatal(err)
	}
	data, err := b.s.Blobs().Get(key)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(data, []byte("%PDF")) {
		return string(data)
	}
	needs.Programs(t, "pdftotext")
	c := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	c.Stdin = bytes.NewReader(data)
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func wants(t *testing.T, text string, all ...string) {
	t.Helper()
	for _, w := range all {
		if !strings.Contains(strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(w, " ", "")) {
			t.Errorf("it does not say %q:\n%s", w, text)
		}
	}
}

func equal(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const tokyoFax = "fax 0312345678"

// A fax of which one page is accepted and another waits is answered at once for what was
// accepted, again when a person has settled the rest, and never twice alike (FAX-3).
func TestAFaxIsAnsweredAndAnsweredAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	id := b.add(t, "two.tif", page(t, 1, wOrder, wReview, wBlank))
	b.work(t)
	equal(t, b.told(t, id, 0), "acknowledgement F"+itoa(id)+"-1 pdf "+tokyoFax)
	wants(t, b.said(t, "F"+itoa(id)+"-1"), "あおば商事株式会社 総務部 御中", "100-000-0018", "コピー用紙 A4", "4,500", "合計（税込）", "2枚目は、1行目の数量を担当者が確認いたしております")
	b.later(t, time.Hour)
	equal(t, b.told(t, id, 0), "acknowledgement F"+itoa(id)+"-1 pdf "+tokyoFax)

	if _, err := b.s.Settle(t.Context(), id, 2, store.Settlement{By: "田中", As: store.AsOwn, Values: map[string]string{"lines[1].quantity": "15"}}, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.later(t, time.Second)
	equal(t, b.told(t, id, 0), "acknowledgement F"+itoa(id)+"-1 pdf "+tokyoFax, "acknowledgement F"+itoa(id)+"-2 pdf "+tokyoFax)
	wants(t, b.said(t, "F"+itoa(id)+"-2"), "第2報", "今回の変更点", "新たに承りました", "ご注文 2件の総合計")
	if strings.Contains(b.said(t, "F"+itoa(id)+"-2"), "確認いたしております") {
		t.Error("it still says that a page is being checked")
	}
	b.later(t, 2*time.Hour)
	if n := len(b.told(t, id, 0)); n != 2 {
		t.Errorf("%d answers", n)
	}
	b.audit(t)
}

func itoa(n int64) string { return order.Yen(n).Grouped() }

// A stock-out that allocation finds at once stands in the acknowledgement (STK-2).
func TestAShortFaxIsToldOnce(t *testing.T) {
	t.Parallel()
	d := drafts()
	many := d[wOrder]
	many.Fields = slices.Clone(many.Fields)
	many.Fields[2] = field("lines[1].quantity", "200", order.DecisionAccept)
	d[wOrder] = many
	b := setup(t, d)
	id := b.add(t, "short.tif", page(t, 1, wOrder))
	b.work(t)
	equal(t, b.told(t, id, 0), "acknowledgement F1-1 pdf "+tokyoFax)
	wants(t, b.said(t, "F1-1"), "ご注文受付・欠品のお知らせ", "不足 50個（お手配済 150個）", "12月7日（月）に入荷の予定")

	// What comes in is told as well.
	if err := b.s.ImportStock(t.Context(), []order.StockLevel{{WarehouseCode: st.East, ItemCode: st.Code(st.Paper), OnHand: 300}}); err != nil {
		t.Fatal(err)
	}
	b.later(t, time.Minute)
	equal(t, b.told(t, id, 0), "acknowledgement F1-1 pdf "+tokyoFax, "acknowledgement F1-2 pdf "+tokyoFax)
	wants(t, b.said(t, "F1-2"), "入荷し、お手配いたしました")
	b.audit(t)
}

// Blank pages, junk and repetitions are no orders, and nobody is told of them.
func TestNobodyIsToldOfJunk(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	first := b.add(t, "order.tif", page(t, 1, wOrder))
	b.work(t)
	blank := b.add(t, "blank.tif", page(t, 2, wBlank))
	junk := b.add(t, "junk.tif", page(t, 3, wNoForm))
	again := b.add(t, "again.tif", page(t, 4, wOrder))
	b.idle(t)
	for doc, of := range map[int64]int64{blank: 0, junk: 0, again: first} {
		var err error
		if of == 0 {
			_, err = b.s.Junk(t.Context(), doc, 1, "田中", b.clock.Now())
		} else {
			_, _, err = b.s.CloseAsResend(t.Context(), doc, 1, store.Other{Document: of}, "田中", "", b.clock.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.later(t, 2*time.Hour)
	for _, doc := range []int64{blank, junk, again} {
		if got := b.told(t, doc, 0); len(got) != 0 {
			t.Errorf("document %d is answered: %v", doc, got)
		}
	}
	if n := len(b.told(t, first, 0)); n != 1 {
		t.Errorf("%d answers to the first", n)
	}
}

// Who was told that a page is being looked at waits to hear of it: that it was nothing is said
// once.
func TestWhoWaitsForAPageIsToldOfIt(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	id := b.add(t, "bad.tif", page(t, 1, wReview))
	b.work(t)
	b.later(t, 31*time.Minute)
	equal(t, b.told(t, id, 0), "acknowledgement F1-1 pdf "+tokyoFax)
	if _, err := b.s.Junk(t.Context(), id, 1, "田中", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	b.later(t, 31*time.Minute)
	equal(t, b.told(t, id, 0), "acknowledgement F1-1 pdf "+tokyoFax, "acknowledgement F1-2 pdf "+tokyoFax)
	wants(t, b.said(t, "F1-2"), "FAX 確認結果のお知らせ", "1枚目は、確認が済みました", "新たなご注文のお手配はございません")
	b.later(t, 24*time.Hour)
	if n := len(b.told(t, id, 0)); n != 2 {
		t.Errorf("%d answers", n)
	}
}

// A fax that waits for a person for long is said to have come; one that nobody can read is to be
// sent again, by the registered number alone and never to one that a caller claims.
func TestAFaxThatCannotBeReadIsAskedForAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	id := b.add(t, "bad.tif", page(t, 1, wReview))
	unknown := b.add(t, "unknown.tif", page(t, 2, wNoForm))
	b.work(t)
	equal(t, b.told(t, id, 0))
	b.later(t, 31*time.Minute)
	equal(t, b.told(t, id, 0), "acknowledgement F1-1 pdf "+tokyoFax)
	wants(t, b.said(t, "F1-1"), "ご注文書受信のお知らせ", "ご注文はまだ確定しておりません", "1行目の数量")

	if _, asked, err := b.s.Illegible(t.Context(), id, 1, "", "田中", b.clock.Now()); err != nil || !asked {
		t.Fatal(asked, err)
	}
	if _, asked, err := b.s.Illegible(t.Context(), unknown, 1, "", "田中", b.clock.Now()); err != nil || asked {
		t.Fatal(asked, err)
	}
	b.idle(t)
	equal(t, b.told(t, id, 0), "acknowledgement F1-1 pdf "+tokyoFax, "resend_request F1-2 pdf "+tokyoFax)
	wants(t, b.said(t, "F1-2"), "ご注文書再送のお願い", "まだ承っておりません", "1行目の数量を読み取ることができませんでした")
	equal(t, b.told(t, unknown, 0))

	// Taken back it is no page to be sent again any more; and it can be called so once more.
	if _, err := b.s.ReopenReview(t.Context(), id, 1, "田中", "拡大したら読めそう", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if f, err := b.s.FactsOfAnswer(t.Context(), id, 0, st.Code(st.Tokyo), b.clock.Now()); err != nil || len(f.Illegible) != 0 || len(f.Waiting) != 1 {
		t.Errorf("%+v %v", f, err)
	}
	if _, asked, err := b.s.Illegible(t.Context(), id, 1, "", "田中", b.clock.Now()); err != nil || !asked {
		t.Error(asked, err)
	}
	b.idle(t)
	b.audit(t)
}

// A customer without a registered number is told by a person, and the ledger says so until then.
func TestWithoutANumberTheDeskTells(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	b.exec(t, `UPDATE departments SET fax = '' WHERE code = $1`, st.Code(st.Tokyo))
	id := b.add(t, "order.tif", page(t, 1, wOrder))
	b.work(t)
	equal(t, b.told(t, id, 0))
	desk := func() (found []store.Entry) {
		all, err := b.s.Ledger(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(all, func(e store.Entry) bool { return e.Kind != "answer" })
	}
	got := desk()
	if len(got) != 1 || !got[0].Review() || !strings.Contains(got[0].Detail, "FAX-3: the customer has no registered fax number") {
		t.Fatalf("%+v", got)
	}
	answers, err := b.s.ListAnswers(t.Context(), store.AnswerDesk)
	if err != nil || len(answers) != 1 {
		t.Fatal(answers, err)
	}
	if err := b.s.AnswerDoneBy(t.Context(), answers[0].ID, "田中", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := b.s.AnswerDoneBy(t.Context(), answers[0].ID, "鈴木", b.clock.Now()); order.KindOf(err) != order.KindConflict {
		t.Error(err)
	}
	if got := desk(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// Web orders are confirmed by mail; what is short also goes by fax, but never to one who pays by
// card (STK-2, ACC-5).
func TestWebOrdersAreConfirmedByMail(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.exec(t, `UPDATE departments SET email = 'soumu@aoba.example.jp'`)
	place := func(key, department string, qty int, pay order.Payment) order.Order {
		t.Helper()
		r := st.Request(order.ChannelWeb, b.clock.Now(), department, st.Pen, qty)
		r.Payment = pay
		if pay == order.PaymentCard {
			r.Authorisation, r.AuthorisedYen, r.Terms = "auth", 1_000_000, &order.Terms{Version: "2026-04", AgreedAt: b.clock.Now()}
		}
		a, err := b.s.PlaceWebOrder(t.Context(), store.WebOrder{ShopFront: st.Front, Key: key, Body: []byte(key), Request: r}, b.clock.Now())
		if err != nil || len(a.Problems) > 0 {
			t.Fatal(a.Problems, err)
		}
		return a.Order
	}
	plain := place("a", st.Tokyo, 10, order.PaymentInvoice)
	card := place("c", st.Osaka, 10, order.PaymentCard)
	short := place("b", st.Tokyo, 900, order.PaymentInvoice)
	gone := place("d", st.Osaka, 900, order.PaymentCard)
	b.work(t)
	const to = " txt mail soumu@aoba.example.jp"
	equal(t, b.told(t, 0, plain.ID), "order_mail "+string(plain.Number)+"-1"+to)
	equal(t, b.told(t, 0, short.ID), "order_mail "+string(short.Number)+"-1"+to, "stockout_notice "+string(short.Number)+"-1 pdf "+tokyoFax)
	equal(t, b.told(t, 0, card.ID), "order_mail "+string(card.Number)+"-1"+to)
	wants(t, b.said(t, string(plain.Number)+"-1"), "ご注文番号："+plain.Number.Grouped(), "10時10分まで", "1,200円")
	equal(t, b.told(t, 0, gone.ID), "order_mail "+string(gone.Number)+"-1"+to)
	wants(t, b.said(t, string(card.Number)+"-1"), "利用規約：2026-04")
	wants(t, b.said(t, string(gone.Number)+"-1"), "このご注文は取り消されました", "ご注文の商品をご用意することができませんでした", "900個")
	b.audit(t)
}

// However many look at once, whatever is tried again, and whatever happens meanwhile: each thing
// is said once.
func TestManyLookersTellOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, drafts())
	now := b.clock.Now()
	var ids []int64
	if err := b.s.InTx(t.Context(), func(tx *store.Tx) error {
		ids = nil
		for range 12 {
			o, err := tx.Accept(t.Context(), st.Request(order.ChannelFax, now, st.Tokyo, st.Pen, 1), now)
			if err != nil {
				return err
			}
			ids = append(ids, o.ID)
		}
		_, err := tx.AllocateBatch(t.Context(), 100, false, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	ready, err := b.s.ReadyAnswers(t.Context(), now, 100)
	if err != nil || len(ready) != len(ids) {
		t.Fatal(ready, err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for _, id := range ready {
				if _, err := worker.GiveAnswer(t.Context(), b.cfg, id); err != nil && order.KindOf(err) != order.KindTemporary {
					t.Error(err)
				}
			}
		})
		all.Go(func() { // the order is held and freed: its customer is to be told anew
			for _, id := range ids[:3] {
				if err := b.s.InTx(t.Context(), func(tx *store.Tx) error {
					_, err := tx.Change(t.Context(), id, func(o order.Order, _ store.Facts) (order.Order, []order.Event, error) {
						return o, []order.Event{{Kind: order.EventHoldFreed, Text: "x", At: now}}, nil
					})
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.work(t)
	b.later(t, time.Hour)
	for _, id := range ids {
		if got := b.told(t, 0, id); len(got) != 1 {
			t.Errorf("order %d: %v", id, got)
		}
	}
	b.audit(t)
}

// A fax of two customers is answered to each with its own alone, and each answer is that customer's
// first.
func TestEachCustomerIsToldItsOwn(t *testing.T) {
	t.Parallel()
	d := drafts()
	osaka := d[wOrder]
	osaka.Fields = slices.Clone(osaka.Fields)
	osaka.Fields[0] = field("customer_code", st.Code(st.Osaka), order.DecisionAccept)
	d[wMultiple] = osaka
	b := setup(t, d)
	id := b.add(t, "both.tif", page(t, 1, wOrder, wMultiple))
	b.work(t)
	got := b.told(t, id, 0)
	slices.Sort(got)
	if len(got) != 2 || !strings.Contains(got[0]+got[1], tokyoFax) || !strings.Contains(got[0]+got[1], "fax 0612345678") {
		t.Fatalf("%v", got)
	}
	for _, n := range []string{"F1-1", "F1-2"} {
		text := b.said(t, n)
		if strings.Contains(text, "総務部") == strings.Contains(text, "大阪支店") || strings.Contains(text, "報）") {
			t.Errorf("%s: %s", n, text)
		}
	}
}
