package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/store/storetest"
)

// cardOrder is an order of ten pens (1,650 yen) by card that ships today, allocated.
func (o *office) cardOrder(t *testing.T, ref string, authorised order.Yen) order.Order {
	t.Helper()
	req := storetest.Request(order.ChannelWeb, o.clock.Now(), storetest.Tokyo, storetest.Pen, 10)
	req.Payment, req.Authorisation, req.AuthorisedYen, req.AuthorisedTill = order.PaymentCard, ref, authorised, o.clock.Now().AddDate(0, 0, 20)
	var out order.Order
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) (err error) {
		if out, err = tx.Accept(t.Context(), req, o.clock.Now()); err == nil {
			_, err = tx.AllocateBatch(t.Context(), 10, false, o.clock.Now())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// gateway answers everything that is due of an order's card.
func (o *office) gateway(t *testing.T, of order.Order, outcome rules.ChargeAnswer, text string) {
	t.Helper()
	if err := o.st.ChargeCard(t.Context(), of.ID, o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	for {
		p, ok, err := o.st.ClaimPayment(t.Context(), time.Minute, o.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return
		}
		if _, err := o.st.RecordPayment(t.Context(), p, store.PaymentAnswer{Outcome: outcome, Gateway: "http", ID: "op_1", Text: text, BeganAt: o.clock.Now()}, o.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func (o *office) orderNow(t *testing.T, of order.Order) order.Order {
	t.Helper()
	got, err := o.st.GetOrder(t.Context(), of.Number)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestPAY1OrderPage: an order whose card was refused stands in the queue; the desk tries again, enters
// another authorisation or has it billed, a lead alone lets it go uncharged, refunds, and says that a
// refund was settled otherwise.
func TestPAY1OrderPage(t *testing.T) {
	t.Parallel()
	o, hanako, jiro := openOffice(t)
	o.hire(t, "lead", store.RoleLead)
	lead := o.browser(t)
	lead.signIn("lead", secret)
	one := o.cardOrder(t, "auth-1", 2000)
	path := "/desk/orders/" + string(one.Number)
	if a := hanako.get(path); !strings.Contains(a.body, "カード決済") || !strings.Contains(a.body, "auth-1") || !strings.Contains(a.body, "まだ請求していません") || strings.Contains(a.body, "style=") {
		t.Errorf("the page of an order not charged yet: %s", a.body)
	}
	o.clock.Set(storetest.At(t, "2026-11-24 11:00:00"))
	o.gateway(t, one, rules.AnswerRefused, "declined: the card's issuer refused it")
	if !rules.HeldBy(o.orderNow(t, one), "PAY-1") {
		t.Fatal("not held")
	}
	if a := hanako.get("/desk/queue?why=hold"); !strings.Contains(a.body, path) || !strings.Contains(a.body, "カード会社に断られました") {
		t.Errorf("the queue does not tell why: %s", a.body)
	}
	a := hanako.get(path)
	for _, want := range []string{"失敗", "カード会社に断られました", "やり直す", "新しい承認番号を登録する", "請求書払いに変える"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, never := range []string{"カードに請求せずに出荷する", "カードに返金する", "別の方法で処理済みにする"} {
		if strings.Contains(a.body, never) {
			t.Errorf("a clerk is offered %q", never)
		}
	}
	if a := jiro.post(path+"/payment", act("retry", "x")); a.status == http.StatusSeeOther {
		t.Error("two work on one order")
	}
	for _, bad := range []url.Values{
		act("retry", " "), act("release", "急ぎ"), act("anything", "x"),
		{"act": {"authorise"}, "reason": {"x"}, "reference": {"4111111111111111"}, "yen": {"1650"}},
		{"act": {"authorise"}, "reason": {"x"}, "reference": {"auth-2"}, "yen": {"1649"}},
		{"act": {"authorise"}, "reason": {"x"}, "reference": {"auth-2"}, "yen": {"二千"}},
		{"act": {"authorise"}, "reason": {"x"}, "reference": {"auth-2"}, "yen": {"2000"}, "until": {"2026-11-01"}},
	} {
		if a := hanako.post(path+"/payment", bad); a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "4111111111111111") {
			t.Errorf("%v: %d", bad, a.status)
		}
	}
	if a := hanako.post(path+"/payment", url.Values{"act": {"authorise"}, "reason": {"別のカード"}, "reference": {"auth-2"}, "yen": {"２,０００円"}, "until": {"2026-12-20"}}); a.status != http.StatusSeeOther {
		t.Fatalf("not authorised anew: %d %s", a.status, a.body)
	}
	got := o.orderNow(t, one)
	if got.State == order.StateHeld || got.Authorisation != "auth-2" || got.AuthorisedYen != 2000 || !got.AuthorisedTill.Equal(storetest.At(t, "2026-12-20 23:59:59")) {
		t.Errorf("after another authorisation: %s %s %d %s", got.State, got.Authorisation, got.AuthorisedYen, got.AuthorisedTill)
	}
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AllocateBatch(t.Context(), 10, false, o.clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	o.gateway(t, one, rules.AnswerDone, "")
	if a := hanako.get(path); !strings.Contains(a.body, "1,650円") || !strings.Contains(a.body, "完了") || !strings.Contains(a.body, "別のカード") {
		t.Errorf("the page does not tell what was charged: %s", a.body)
	}

	refund := url.Values{"act": {"refund"}, "reason": {"破損"}, "name": {"R-1"}, "yen": {"300"}}
	if a := hanako.post(path+"/payment/lead", refund); a.status != http.StatusForbidden {
		t.Errorf("a clerk refunds: %d", a.status)
	}
	if a := lead.post(path+"/payment/lead", refund); a.status != http.StatusSeeOther {
		t.Fatalf("not refunded: %d %s", a.status, a.body)
	}
	o.gateway(t, one, rules.AnswerRefused, "amount: 0 yen were captured and not refunded")
	task := func() bool { return strings.Contains(lead.get("/desk/queue?why=payment").body, path+"?task=payment") }
	if !task() || !strings.Contains(lead.get("/desk/queue?why=payment").body, "カードへの300円の返金が失敗") {
		t.Fatal("the queue lacks the refund that failed")
	}
	if a := lead.post(path+"/payment", act("retry", "決済会社に確認済み")); a.status != http.StatusSeeOther || task() {
		t.Fatalf("not tried again: %d", a.status)
	}
	o.gateway(t, one, rules.AnswerRefused, "declined: x")
	if !task() {
		t.Fatal("the refund that is tried again was lost")
	}
	settled := act("settled", "銀行振込で返金")
	settled.Set("task", "payment")
	if a := lead.post(path+"/payment/lead", settled); a.location() != "/desk/next?why=payment" || task() {
		t.Errorf("not settled: %d %s", a.status, a.location())
	}
	if a := lead.get(path); !strings.Contains(a.body, "カードに300円を返金できませんでした：カード会社に断られました") ||
		!strings.Contains(a.body, "別の方法で処理") || !strings.Contains(a.body, "銀行振込で返金") {
		t.Error("the page does not tell how it was settled")
	}
	all, err := o.st.PaymentsOf(t.Context(), one.ID)
	var sum order.Yen
	for _, p := range all {
		if p.Kind == rules.ChargeRefund && p.State != rules.ChargeWithdrawn {
			sum += p.Yen
		}
	}
	if err != nil || sum != 300 {
		t.Errorf("refunded %d yen (%v): %+v", sum, err, all)
	}

	two := o.cardOrder(t, "auth-3", 1000) // held at once
	path = "/desk/orders/" + string(two.Number)
	if a := lead.get(path); !strings.Contains(a.body, "カードに請求せずに出荷する") {
		t.Error("a lead may not let it go")
	}
	if a := lead.post(path+"/payment/lead", act("release", "長年のお客様")); a.status != http.StatusSeeOther || rules.HeldBy(o.orderNow(t, two), "PAY-1") {
		t.Errorf("not let go: %d", a.status)
	}
	three := o.cardOrder(t, "auth-4", 1000)
	path = "/desk/orders/" + string(three.Number)
	if a := hanako.post(path+"/payment", act("invoice", "お客様のご希望")); a.status != http.StatusSeeOther || o.orderNow(t, three).Payment != order.PaymentInvoice {
		t.Errorf("not billed: %d", a.status)
	}
	o.gateway(t, three, rules.AnswerTemporary, "unavailable: HTTP 503")
	hanako.post("/desk/lang", url.Values{"lang": {"en"}})
	if a := hanako.get(path); !strings.Contains(a.body, "billed instead") || !strings.Contains(a.body, "Card") || strings.Contains(a.body, "カード") {
		t.Errorf("the page in English: %s", a.body)
	}
}
