package desk_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"todoke/desk"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
	"todoke/worker"
)

// handIn hands in a warehouse's file by hand.
func (b *browser) handIn(warehouse, name, data string) answer {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	w, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = w.Write([]byte(data))
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+"/desk/warehouses/"+warehouse, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.do(r)
}

// partnersOf reads warehouses' files as the program does.
func partnersOf(st func() *store.Store) desk.Partners {
	return desk.Partners{
		Apply: func(ctx context.Context, f store.PartnerFile) (store.PartnerFile, error) {
			return worker.Config{Store: st()}.ApplyPartnerFile(ctx, f)
		},
		Show: func(ctx context.Context, f store.PartnerFile, most int) (desk.PartnerSheet, error) {
			head, rows, all, err := worker.Config{Store: st()}.ShowPartnerFile(ctx, f, most)
			out := desk.PartnerSheet{Head: head, All: all}
			for _, r := range rows {
				row := desk.PartnerRow{Name: r.Name, Line: r.Line, Text: r.Text}
				if r.Row != nil {
					row.Item, row.Order = r.Row.ItemCode, order.Number(r.Row.Order)
				}
				out.Rows = append(out.Rows, row)
			}
			return out, err
		},
	}
}

// TestPartnerFiles: WHS-2, a file handed in at the desk is applied whole or not at all, its page says
// so row by row, a refused one stands in the queue until it is settled, and its warehouse sees it alone.
func TestPartnerFiles(t *testing.T) {
	t.Parallel()
	var o *office
	o = newOfficeOf(t, desk.Config{Partners: partnersOf(func() *store.Store { return o.st })})
	storetest.Shop(t, o.st)
	one, list := o.picked(t)
	o.hire(t, "hanako", store.RoleDesk)
	o.hireAs(t, store.Staff{Login: "kurata", Name: "倉田 実", Role: store.RoleWarehouse, WarehouseCode: storetest.East})
	b, own := o.browser(t), o.browser(t)
	b.signIn("hanako", secret)
	own.signIn("kurata", secret)
	page := func(b *browser, path string, want ...string) string {
		t.Helper()
		a := b.get(path)
		for _, x := range want {
			if a.status != http.StatusOK || !strings.Contains(a.body, x) {
				t.Errorf("%s lacks %q: %d", path, x, a.status)
			}
		}
		return a.body
	}
	number := string(one.Number)
	bad := "注文番号,行,出荷数,欠品数\n" + number + ",1,15,0\n" + number + ",1,99,0\n"
	a := own.handIn(storetest.East, "jisseki.csv", bad)
	file := a.location()
	if a.status != http.StatusSeeOther || !strings.HasPrefix(file, "/desk/partner-files/") {
		t.Fatalf("%d %s", a.status, file)
	}
	page(own, file, "取込不可", "何も取り込みません", "取り込まず", "誤りあり", "出荷数")
	if l, err := o.st.GetPickList(t.Context(), list.ID); err != nil || !l.ShippedAt.IsZero() || !l.Acknowledged.IsZero() {
		t.Errorf("a refused file changed the list: %+v %v", l, err)
	}
	queue := func() bool { return strings.Contains(b.get("/desk/queue?why=partner").body, file) }
	if !queue() {
		t.Error("the queue lacks the refused file")
	}
	page(b, "/desk/warehouses", "確認が必要なファイル 1", "jisseki.csv", list.Number.Grouped(), "残り 20")
	page(b, "/desk/next?why=partner") // takes it
	page(b, file, "もう一度読む", "処理済みにする")
	if a := b.get(file + "/bytes"); a.body != bad || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("as it came: %q %v", a.body, a.header)
	}
	if a := b.post(file, url.Values{"act": {"again"}}); a.location() != file {
		t.Errorf("read again: %d %s", a.status, a.location())
	}
	page(b, file, "取込不可") // nothing was mended

	// Mended, under the same name: applied, and the refused one is settled.
	good := "注文番号,行,出荷数,欠品数,欠品理由,送り状番号\n" + number + ",1,18,2,破損,4012-3456-7890\n"
	done := b.handIn(storetest.East, "jisseki.csv", good).location()
	page(b, done, "取込済", "出荷 18・欠品 2", "/desk/orders/"+number, "/desk/lists/"+string(list.Number), "-18", "欠品（破損）")
	if queue() {
		t.Error("the queue keeps a file that was mended since")
	}
	page(b, file, "処理済", "そのあと、同じ名前のファイルを取り込みました")
	if again := b.handIn(storetest.East, "other.csv", good); again.location() != done {
		t.Errorf("the same bytes: %d %s", again.status, again.location())
	}
	page(b, done, "何も変わっていません")
	// Told once more with other bytes: nothing changes, and the row says so.
	told := b.handIn(storetest.East, "jisseki2.csv", good+"\n").location()
	page(b, told, "既報（変更なし）")
	body := page(own, done, "出荷 18・欠品 2", "/desk/picklists/"+string(list.Number))
	if strings.Contains(body, "/desk/orders/") || strings.Contains(body, "処理済みにする") {
		t.Error("the warehouse is led where it may not go")
	}
	if a := b.handIn("X9", "a.csv", good); a.status != http.StatusNotFound {
		t.Errorf("of no warehouse: %d", a.status)
	}
	if a := b.handIn(storetest.East, "empty.csv", ""); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `role="alert"`) {
		t.Errorf("an empty file: %d", a.status)
	}
	rows, err := o.st.AccessesPage(t.Context(), store.AccessPage{Until: o.clock.Now().Add(time.Hour), Limit: 50, Login: "kurata"})
	if err != nil || len(rows) == 0 {
		t.Fatal(rows, err)
	}
	handed := false
	for _, x := range rows {
		handed = handed || x.Action == "change" && strings.HasPrefix(x.Detail, "handed in: jisseki.csv")
	}
	if !handed {
		t.Errorf("nobody wrote who handed it in: %+v", rows)
	}
}
