package worker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestWHS2PartnerFilesByTheirWays: what a warehouse sends back by folder and mail is applied once as a
// whole, or refused as a whole and answered by the same way in Japanese with line and column.
func TestWHS2PartnerFilesByTheirWays(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ctx := t.Context()
	front, err := b.s.PlaceWebOrder(ctx, store.WebOrder{
		ShopFront: st.Front, Key: "k", Body: []byte("{}"), Request: st.Request(order.ChannelWeb, b.clock.Now(), st.Tokyo, st.Pen, 20),
	}, b.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.work(t)
	if _, err := b.s.Tick(ctx, st.At(t, "2026-11-24 10:01:00")); err != nil {
		t.Fatal(err)
	}
	b.clock.Set(st.At(t, "2026-11-24 17:42:00"))
	if n, err := b.s.Tick(ctx, b.clock.Now()); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	b.idle(t)
	number := front.Order.Number
	hand := func(channel, name, sender, text string) store.PartnerFile {
		t.Helper()
		f, _, err := b.s.ReceivePartnerFile(ctx, store.NewPartnerFile{WarehouseCode: st.East, Channel: channel, Name: name, Sender: sender, Bytes: []byte(text)}, b.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		b.idle(t)
		if f, err = b.s.GetPartnerFile(ctx, f.ID); err != nil {
			t.Fatal(err)
		}
		return f
	}
	b.clock.Set(st.At(t, "2026-11-24 19:00:00"))
	row := func(qty string) string {
		return fmt.Sprintf("注文番号,行,出荷数,送り状番号\n%s,1,%s,4012-3456-7890\n", number.Grouped(), qty)
	}

	// Too many: refused, and told beside the lists.
	f := hand(store.PartnerFolder, "jisseki.csv", "folder", row("21"))
	if f.State != store.PartnerFileRefused || !strings.Contains(string(f.Faults), `"column": 3, "heading": "出荷数"`) {
		t.Fatalf("%+v %s", f, f.Faults)
	}
	told, err := os.ReadFile(filepath.Join(b.out, st.East, "jisseki.errors.csv"))
	if err != nil || !strings.Contains(string(told), "2,3,出荷数,ピッキングリストより1多く報告されています。報告済みではありませんか,WHS-2") {
		t.Errorf("%q %v", told, err)
	}
	// The same bytes again, when the answer was taken away: answered again.
	if err := os.Remove(filepath.Join(b.out, st.East, "jisseki.errors.csv")); err != nil {
		t.Fatal(err)
	}
	b.clock.Set(st.At(t, "2026-11-24 19:05:00"))
	if again := hand(store.PartnerFolder, "jisseki.csv", "folder", row("21")); again.ID != f.ID || again.State != store.PartnerFileRefused {
		t.Errorf("%+v", again)
	}
	if second, err := os.ReadFile(filepath.Join(b.out, st.East, "jisseki.errors.csv")); err != nil || string(second) != string(told) {
		t.Errorf("%q %v", second, err)
	}
	// Unreadable, by mail: answered by mail. What stands against the other rows is told at once.
	f = hand(store.PartnerMail, "jisseki2.csv", "倉庫 <souko@example.jp>", row("二十")+number.Grouped()+",7,1,\n"+number.Grouped()+",1,x,\n")
	if lines := regexp.MustCompile(`"line": (\d)`).FindAllString(string(f.Faults), -1); strings.Join(lines, ", ") != `"line": 2, "line": 3, "line": 4` {
		t.Error(lines, string(f.Faults))
	}
	mails, err := filepath.Glob(filepath.Join(b.out, "souko@example.jp", "*"))
	if err != nil || len(mails) == 0 {
		mails, _ = filepath.Glob(filepath.Join(b.out, "*", "*"))
		t.Fatalf("%v %v", mails, f)
	}
	body, err := os.ReadFile(mails[0])
	if err != nil || !strings.Contains(string(body), "2行目　3列目「出荷数」") || !strings.Contains(string(body), "「二十」は整数ではありません") {
		t.Errorf("%s %v", body, err)
	}
	// Right: shipped, and the corrected file of that name settles the refused one.
	f = hand(store.PartnerFolder, "jisseki.csv", "folder", row("20"))
	if f.State != store.PartnerFileApplied || f.Kind != store.PartnerResult {
		t.Fatalf("%+v %s", f, f.Faults)
	}
	if o, err := b.s.GetOrder(ctx, number); err != nil || o.State != order.StateShipped || o.Shipments[0].Tracking[0] != "4012-3456-7890" {
		t.Errorf("%+v %v", o, err)
	}
	open, err := b.s.PartnerFiles(ctx, st.East, store.PartnerFileRefused, 10)
	if err != nil || len(open) != 2 || open[1].Waits() || !open[0].Waits() {
		t.Errorf("%+v %v", open, err)
	}
	// The same once more under another name and with other bytes: nothing ships twice.
	f = hand(store.PartnerMail, "again.csv", "souko@example.jp", row("20")+"\n")
	if onHand, err := b.s.Stock(ctx, st.East, st.Code(st.Pen)); err != nil || f.State != store.PartnerFileApplied || onHand[0].OnHandQty != 80 || onHand[0].ReservedQty != 0 {
		t.Errorf("%s %s %+v %v", f.State, f.Faults, onHand, err)
	}
	b.audit(t)
}
