package api_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"todoke/api"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
	"todoke/worker"
)

const (
	eastToken = "todoke_token_of_the_east"
	westToken = "todoke_token_of_the_west"
)

// withLists is an API over a shop of which the east warehouse has one issued list for each order.
func withLists(t *testing.T, orders int) (b bundle, numbers []order.Number) {
	t.Helper()
	b = setup(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(b.store.PutWarehouseToken(ctx, storetest.East, "system", eastToken, b.clock.Now()))
	must(b.store.PutWarehouseToken(ctx, storetest.West, "system", westToken, b.clock.Now()))
	for range orders {
		must(b.store.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.Accept(ctx, storetest.Request(order.ChannelFax, b.clock.Now(), storetest.Tokyo, storetest.Pen, 5), b.clock.Now())
			if err == nil {
				_, err = tx.AllocateBatch(ctx, 10, false, b.clock.Now())
			}
			return err
		}))
		var ids []int64
		at := storetest.At(t, order.DateOf(b.clock.Now()).String()+" 18:30:00")
		must(b.store.InTx(ctx, func(tx *store.Tx) (err error) {
			ids, err = tx.ReleaseWave(ctx, at)
			return err
		}))
		for _, id := range ids {
			l, err := b.store.GetPickList(ctx, id)
			must(err)
			key, err := b.store.Blobs().Put([]byte("a,b\r\n" + l.Number))
			must(err)
			must(b.store.InTx(ctx, func(tx *store.Tx) error {
				_, err := tx.IssuePickList(ctx, l, []store.NewIssue{{Format: "csv", FileName: "picklist_" + string(l.Number) + ".csv", Key: key, SizeBytes: 14}}, at)
				return err
			}))
			numbers = append(numbers, l.Number)
		}
	}
	if len(numbers) == 0 {
		t.Fatal("no list")
	}
	return b, numbers
}

func (b bundle) as(t *testing.T, token, method, path, body string) answer {
	t.Helper()
	return b.do(t, method, path, body, "Authorization", "Bearer "+token, "Content-Type", "text/csv")
}

// TestAWarehouseFetchesItsLists: WHS-2, lists, files and acknowledgement for the token's warehouse
// alone.
func TestAWarehouseFetchesItsLists(t *testing.T) {
	t.Parallel()
	b, numbers := withLists(t, 2)
	base := "/v1/warehouses/" + storetest.East
	var page api.PickListsAnswer
	list := func(query string) []string {
		t.Helper()
		got := b.as(t, eastToken, http.MethodGet, base+"/pick-lists"+query, "")
		page = api.PickListsAnswer{}
		if err := json.Unmarshal([]byte(got.body), &page); err != nil || got.status != http.StatusOK {
			t.Fatal(query, got.status, got.body, err)
		}
		var out []string
		for _, l := range page.PickLists {
			out = append(out, l.Number)
		}
		return out
	}
	var all []string
	for _, n := range numbers {
		all = append(all, string(n))
	}
	if got := list(""); strings.Join(got, " ") != strings.Join(all, " ") || page.Next != "" || page.PickLists[0].Quantity != 5 {
		t.Fatal(got, page)
	}
	if got := list("?limit=1"); len(got) != 1 || page.Next != all[0] {
		t.Error(got, page.Next)
	}
	if got := list("?limit=1&after=" + all[0]); len(got) != 1 || got[0] != all[1] || page.Next != "" {
		t.Error(got, page.Next)
	}
	if got := list("?since=2030-01-01T00:00:00Z"); len(got) != 0 {
		t.Error(got)
	}

	got := b.as(t, eastToken, http.MethodGet, base+"/pick-lists/"+numbers[0].Grouped(), "")
	var shown api.PickListAnswer
	if err := json.Unmarshal([]byte(got.body), &shown); err != nil || got.status != http.StatusOK {
		t.Fatal(got, err)
	}
	if len(shown.Rows) != 1 || shown.Rows[0].ItemCode != storetest.Code(storetest.Pen) || shown.Rows[0].Quantity != 5 || len(shown.Files) != 1 || shown.AcknowledgedAt != nil {
		t.Errorf("%+v", shown)
	}
	file := b.as(t, eastToken, http.MethodGet, shown.Files[0].URL, "")
	if file.status != http.StatusOK || file.body != "a,b\r\n"+string(numbers[0]) || file.header.Get("Content-Type") != "text/csv" || store.Key([]byte(file.body)) != shown.Files[0].SHA256 {
		t.Errorf("%+v", file)
	}

	for range 2 { // sent again it is answered alike
		got := b.as(t, eastToken, http.MethodPost, base+"/pick-lists/"+all[0]+"/acknowledge", "")
		if err := json.Unmarshal([]byte(got.body), &shown); err != nil || got.status != http.StatusOK || shown.AcknowledgedAt == nil {
			t.Fatal(got, err)
		}
	}
	if got := list("?state=open"); len(got) != 1 || got[0] != all[1] {
		t.Error(got)
	}
	if got := list("?state=acknowledged"); len(got) != 1 || got[0] != all[0] {
		t.Error(got)
	}

	// Nobody else sees any of it.
	west := "/v1/warehouses/" + storetest.West
	for _, c := range []struct {
		token, method, path string
		status              int
	}{
		{westToken, http.MethodGet, base + "/pick-lists", http.StatusNotFound},
		{westToken, http.MethodGet, west + "/pick-lists/" + all[0], http.StatusNotFound},
		{westToken, http.MethodGet, west + "/pick-lists/" + all[0] + "/files/" + shown.Files[0].Name, http.StatusNotFound},
		{westToken, http.MethodPost, west + "/pick-lists/" + all[1] + "/acknowledge", http.StatusNotFound},
		{storetest.Token, http.MethodGet, base + "/pick-lists", http.StatusUnauthorized},
		{"", http.MethodGet, base + "/pick-lists", http.StatusUnauthorized},
		{eastToken, http.MethodGet, "/v1/orders/1000000018", http.StatusUnauthorized},
		{eastToken, http.MethodDelete, base + "/pick-lists/" + all[0], http.StatusMethodNotAllowed},
		{eastToken, http.MethodGet, base + "/pick-lists/" + all[0] + "/files/other.csv", http.StatusNotFound},
		{eastToken, http.MethodGet, base + "/pick-lists/123", http.StatusNotFound},
		{eastToken, http.MethodGet, base + "/pick-lists?limit=0", http.StatusUnprocessableEntity},
		{eastToken, http.MethodGet, base + "/pick-lists?after=x", http.StatusUnprocessableEntity},
	} {
		if got := b.as(t, c.token, c.method, c.path, ""); got.status != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, got.status, got.body, c.status)
		}
	}
	if err := b.store.RevokeWarehouseToken(t.Context(), storetest.East, "system", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if got := b.as(t, eastToken, http.MethodGet, base+"/pick-lists", ""); got.status != http.StatusUnauthorized {
		t.Error("a revoked token is good:", got.status)
	}
}

// TestAWarehouseHandsInFiles: WHS-2, kept once, and told what became of them.
func TestAWarehouseHandsInFiles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.store.PutWarehouseToken(t.Context(), storetest.East, "system", eastToken, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	base := "/v1/warehouses/" + storetest.East + "/files"
	const body = "商品コード,在庫数\r\n1,many\r\n2,few\r\n3,-1\r\n"
	var first api.PartnerFileAnswer
	for i, name := range []string{"result_1.csv", "result_1_again.csv"} {
		got := b.as(t, eastToken, http.MethodPost, base+"?name="+name, body)
		var f api.PartnerFileAnswer
		if err := json.Unmarshal([]byte(got.body), &f); err != nil || got.status != http.StatusAccepted || f.State != store.PartnerFileReceived || f.Again != (i == 1) {
			t.Fatal(got, err)
		}
		if i == 0 {
			first = f
		} else if f.ID != first.ID || f.Name != "result_1.csv" {
			t.Error(f, first)
		}
	}
	if got := b.as(t, eastToken, http.MethodGet, base+"/"+strconv.FormatInt(first.ID, 10), ""); got.status != http.StatusOK || !strings.Contains(got.body, `"state":"received"`) {
		t.Error(got)
	}
	// Refused, it is told with every error, as to everybody else.
	if f, err := b.store.GetPartnerFile(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	} else if _, err := (worker.Config{Store: b.store}).ApplyPartnerFile(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for _, got := range []answer{
		b.as(t, eastToken, http.MethodGet, base+"/"+strconv.FormatInt(first.ID, 10), ""),
		b.as(t, eastToken, http.MethodPost, base+"?name=x.csv", body),
	} {
		var f api.PartnerFileAnswer
		if err := json.Unmarshal([]byte(got.body), &f); err != nil || f.State != store.PartnerFileRefused || len(f.Errors) != 3 ||
			f.Errors[1].Line != 3 || f.Errors[1].Column != 2 || f.Errors[1].Heading != "在庫数" || f.Errors[2].Message == "" || !strings.HasPrefix(f.Error, f.Errors[0].String()) {
			t.Error(got, err)
		}
	}
	if got := b.as(t, eastToken, http.MethodGet, base+"/999", ""); got.status != http.StatusNotFound {
		t.Error(got)
	}
	// A count that says no time is one in each sending: by its key, or else the first for good, which is told.
	count := "商品コード,在庫数\r\n" + storetest.Code(storetest.Paper) + ",77\r\n"
	var ids []int64
	for i, key := range []string{"K1", "K1", "K2", ""} {
		got := b.do(t, http.MethodPost, base+"?name=tana.csv", count, "Authorization", "Bearer "+eastToken, "Idempotency-Key", key)
		var f api.PartnerFileAnswer
		if err := json.Unmarshal([]byte(got.body), &f); err != nil || got.status != http.StatusAccepted || f.Again != (i == 1 || i == 3) || strings.Contains(f.Message, "棚卸日時") != (i == 3) {
			t.Fatal(i, got, err)
		}
		ids = append(ids, f.ID)
		if kept, err := b.store.GetPartnerFile(t.Context(), f.ID); err != nil {
			t.Fatal(err)
		} else if kept, err = (worker.Config{Store: b.store}).ApplyPartnerFile(t.Context(), kept); err != nil || kept.State != store.PartnerFileApplied || !kept.Undated {
			t.Fatalf("%+v %v", kept, err)
		}
	}
	if ids[1] != ids[0] || ids[2] == ids[1] || ids[3] != ids[2] {
		t.Error(ids)
	}
	for path, status := range map[string]int{base: http.StatusUnprocessableEntity, base + "?name=": http.StatusUnprocessableEntity} {
		if got := b.as(t, eastToken, http.MethodPost, path, "x"); got.status != status {
			t.Error(path, got)
		}
	}
	if got := b.as(t, eastToken, http.MethodPost, base+"?name=a.csv", ""); got.status != http.StatusUnprocessableEntity && got.status != http.StatusBadRequest {
		t.Error("an empty file:", got)
	}
	if got := b.as(t, eastToken, http.MethodPost, base+"?name=a.csv", strings.Repeat("x", store.MaxPartnerFile+1)); got.status != http.StatusRequestEntityTooLarge {
		t.Error("a large file:", got.status)
	}
}
