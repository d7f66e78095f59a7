package desk_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

// TestPAY1CardDayPage: what differs from the gateway's books stands in the queue, leads to its order, and
// leaves the queue once a person says what came of it; comparing again is asked for by hand.
func TestPAY1CardDayPage(t *testing.T) {
	t.Parallel()
	o, hanako, jiro := openOffice(t)
	one := o.cardOrder(t, "auth-1", 2000)
	o.clock.Set(storetest.At(t, "2026-11-24 11:00:00"))
	o.gateway(t, one, "done", "")
	all, err := o.st.PaymentsOf(t.Context(), one.ID)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	o.clock.Set(storetest.At(t, "2026-11-25 09:00:00"))
	now, day := o.clock.Now(), order.D(2026, 11, 24)
	if err := o.st.InTx(t.Context(), func(tx *store.Tx) error {
		return tx.KeepCardComparison(t.Context(), store.CardComparison{Day: day, At: now, Gateway: "http", Listed: 2, Booked: 1}, []store.CardDifference{
			{Kind: "missing_there", Key: all[0].Key, What: "capture", Reference: "auth-1", Here: 1650, At: now},
			{Kind: "done_twice", Key: "by-<somebody>", What: "capture", Reference: "auth-1", There: 1650, GatewayID: "op_9", At: now},
			{Kind: "not_answered", Key: "k", What: "refund", Reference: "auth-0", Here: 5, At: now},
		})
	}); err != nil {
		t.Fatal(err)
	}
	hanako.signIn("hanako", secret) // hours have passed
	jiro.signIn("jiro", secret)
	path := "/desk/cards/2026-11-24"
	waits := func() bool { return strings.Contains(hanako.get("/desk/queue?why=payment").body, path) }
	if !waits() || !strings.Contains(hanako.get("/desk/queue?why=payment").body, "記録の差異2件") {
		t.Fatal("the queue lacks the day")
	}
	a := hanako.get(path)
	for _, want := range []string{"決済会社に記録なし", "二重に処理", "決済会社の回答なし", one.Number.Grouped(), "by-&lt;somebody&gt;", "もう一度照合する"} {
		if a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q: %s", want, a.body)
		}
	}
	_, found, err := o.st.CardDay(t.Context(), day)
	if err != nil || len(found) != 3 || found[0].Order != one.Number || found[1].Order != one.Number {
		t.Fatalf("%+v %v", found, err)
	}
	settle := func(i int, reason string) url.Values {
		return url.Values{"act": {"settle"}, "id": {strconv.FormatInt(found[i].ID, 10)}, "reason": {reason}}
	}
	if a := jiro.post(path, settle(0, "x")); a.status == http.StatusSeeOther {
		t.Error("two work on one day")
	}
	if a := hanako.post(path, settle(0, " ")); a.status != http.StatusUnprocessableEntity {
		t.Errorf("settled without a reason: %d", a.status)
	}
	for i, want := range []int{http.StatusSeeOther, http.StatusSeeOther, http.StatusNotFound} { // what was not answered is asked, not settled
		if a := hanako.post(path, settle(i, "決済会社に確認済み")); a.status != want {
			t.Errorf("%d: %d %s", i, a.status, a.body)
		}
	}
	if a := hanako.get(path); waits() || !strings.Contains(a.body, "処理済み") || !strings.Contains(a.body, "決済会社に確認済み") {
		t.Error("not settled")
	}
	if a := hanako.post(path, url.Values{"act": {"compare"}}); a.status != http.StatusSeeOther {
		t.Errorf("not compared again: %d", a.status)
	}
	for _, bad := range []string{"/desk/cards/2026-11-31", "/desk/cards/x", "/desk/cards/20261124"} {
		if a := hanako.get(bad); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
	hanako.post("/desk/lang", url.Values{"lang": {"en"}})
	if a := hanako.get(path); !strings.Contains(a.body, "done twice") || strings.Contains(a.body, "照合") {
		t.Errorf("in English: %s", a.body)
	}
}
