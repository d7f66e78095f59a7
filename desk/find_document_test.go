package desk_test

import (
	"net/url"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store/storetest"
)

// TestFindWhatWaits: a caller who asks whether a fax arrived is told the truth before it is an order.
func TestFindWhatWaits(t *testing.T) {
	t.Parallel()
	o, b, _ := openOffice(t)
	accepted := o.accept(t, storetest.Request(order.ChannelFax, o.clock.Now(), storetest.Tokyo, storetest.Paper, 10))
	name := o.letter(t, "waits", "0952031077")
	doc, _, _ := strings.Cut(name, ".")
	find := func(q string) answer { return b.get("/desk/orders?q=" + url.QueryEscape(q)) }
	for _, q := range []string{"0952-03-1077", "0952031077", "０９５２－０３", "受信" + doc, doc, name, "F" + doc + "-1"} {
		a := find(q)
		if !strings.Contains(a.body, `href="/desk/review/`+name+`"`) || !strings.Contains(a.body, "確認待ち") || strings.Contains(a.body, "該当する注文") {
			t.Errorf("%q does not find the fax that waits: %s", q, a.body)
		}
		if strings.Contains(a.body, "読み取り済") {
			t.Errorf("%q says of a fax that waits that it is read", q)
		}
		if strings.Contains(a.body, accepted.Number.Grouped()) {
			t.Errorf("%q finds an order that has nothing to do with it", q)
		}
	}
	if a := find("0952-03-1078"); strings.Contains(a.body, name) || !strings.Contains(a.body, "該当する注文もFAXもありません") || !strings.Contains(a.body, "F45-1") {
		t.Errorf("another number: %s", a.body)
	}
	if a := find("12,345円"); strings.Contains(a.body, "/desk/review/") {
		t.Error("an amount finds a fax")
	}
}
