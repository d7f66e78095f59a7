package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"todoke/api"
	"todoke/order"
	"todoke/store"
	"todoke/store/storetest"
)

func (b bundle) report(t *testing.T, path, key, body string) answer {
	t.Helper()
	return b.do(t, http.MethodPost, "/v1/warehouses/"+storetest.East+"/"+path, body,
		"Authorization", "Bearer "+eastToken, "Content-Type", "application/json", "Idempotency-Key", key)
}

// TestAWarehouseReportsResults: WHS-2, validated whole with row and field, applied once however often
// it is sent.
func TestAWarehouseReportsResults(t *testing.T) {
	t.Parallel()
	b, numbers := withLists(t, 1)
	l, err := b.store.GetPickListByNumber(t.Context(), numbers[0])
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Set(storetest.At(t, order.DateOf(b.clock.Now()).String()+" 19:00:00"))
	body := func(second string) string {
		return `{"rows":[{"list":"` + numbers[0].Grouped() + `","order":"` + string(l.Lines[0].OrderNumber) + `","line":1,"shipped":5,"tracking":["4012-3456-7890"],"weight_grams":900}` + second + `]}`
	}
	// One wrong row: nothing of it counts, each error is told, and the same attempt is answered the same.
	wrong := body(`,{"order":"123","line":1,"shipped":-1,"weight_grams":-5}`)
	first := b.report(t, "results", "a", wrong)
	var p api.Problem
	if err := json.Unmarshal([]byte(first.body), &p); err != nil || first.status != http.StatusUnprocessableEntity {
		t.Fatal(first, err)
	}
	var got []string
	for _, e := range p.Errors {
		got = append(got, e.Field+" "+e.Rule)
	}
	if strings.Join(got, ",") != "rows[1].shipped WHS-2,rows[1].weight_grams WHS-2,rows[1].order WHS-2" {
		t.Error(got)
	}
	if again := b.report(t, "results", "a", wrong); again.status != first.status || again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" {
		t.Error(again)
	}
	for _, path := range []string{"results", "stock-counts"} {
		if other := b.report(t, path, "a", body("")); other.status != http.StatusConflict || !strings.Contains(other.body, "used for another report: give each report a key of its own, results and counts alike") {
			t.Error(path, other)
		}
	}
	// By the name that pick lists give it, the order is found all the same.
	if named := b.report(t, "results", "named", `{"rows":[{"order_number":"`+string(l.Lines[0].OrderNumber)+`","line":1,"shipped":6}]}`); !strings.Contains(named.body, "1 too many") {
		t.Error(named)
	}
	if two := b.report(t, "results", "two", `{"rows":[{"order":"1","order_number":"2","line":1,"shipped":5}]}`); !strings.Contains(two.body, `"field":"rows[0].order_number"`) {
		t.Error(two)
	}
	// Right, from several connections at once.
	answers := make([]answer, 4)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = b.report(t, "results", "b", body("")) })
	}
	all.Wait()
	for _, a := range answers {
		var r api.ReportAnswer
		if err := json.Unmarshal([]byte(a.body), &r); err != nil || a.status != http.StatusOK || r.State != store.PartnerFileApplied || r.Result == nil || r.Result.Shipped != 5 || r.Result.Finished != 1 {
			t.Errorf("%+v %v", a, err)
		}
	}
	if a := b.report(t, "results", "b", body("")); a.status != http.StatusOK || a.header.Get("Idempotent-Replayed") != "true" {
		t.Error(a)
	}
	levels, err := b.store.Stock(t.Context(), storetest.East, storetest.Code(storetest.Pen))
	if err != nil || levels[0].OnHandQty != 95 || levels[0].ReservedQty != 0 {
		t.Errorf("%+v %v", levels, err)
	}
	o, err := b.store.GetOrder(t.Context(), l.Lines[0].OrderNumber)
	if err != nil || o.State != order.StateShipped || o.Shipments[0].Tracking[0] != "4012-3456-7890" || o.Shipments[0].WeightGrams != 900 {
		t.Errorf("%+v %v", o.Shipments, err)
	}

	// The same rows under another key may be a second delivery that reads like the first: never silently nothing.
	for range 2 {
		if a := b.report(t, "results", "second", body("")); a.status != http.StatusConflict || !strings.Contains(a.body, "its tracking number or its day (shipped_on)") {
			t.Error(a)
		}
	}
	if a := b.report(t, "results", "b", body("")); a.status != http.StatusOK || a.header.Get("Idempotent-Replayed") != "true" {
		t.Error(a)
	}

	for text, want := range map[string]string{
		"":                      "",
		"x":                     "no JSON of this kind",
		`{"rows":[]}`:           "there are no rows",
		`{"rows":[{"ship":1}]}`: "unknown field",
	} {
		if a := b.report(t, "results", "bad "+text, text); a.status != http.StatusUnprocessableEntity && (text != "" || a.status != http.StatusBadRequest) || !strings.Contains(a.body, want) {
			t.Errorf("%q: %+v", text, a)
		}
	}
	if a := b.do(t, http.MethodPost, "/v1/warehouses/"+storetest.East+"/results", body(""), "Authorization", "Bearer "+eastToken); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Idempotency-Key") {
		t.Error("without a key:", a)
	}
	if a := b.do(t, http.MethodPost, "/v1/warehouses/"+storetest.East+"/results", body(""), "Authorization", "Bearer "+westToken, "Idempotency-Key", "w"); a.status != http.StatusNotFound {
		t.Error("another warehouse's token:", a)
	}
}

// TestAWarehouseReportsACount: WHS-2, as of its time; less than is promised waits for a person.
func TestAWarehouseReportsACount(t *testing.T) {
	t.Parallel()
	b, _ := withLists(t, 1)
	b.clock.Set(storetest.At(t, order.DateOf(b.clock.Now()).String()+" 19:00:00"))
	body := func(at, qty string) string {
		return `{"counted_at":"` + at + `","rows":[{"item_code":"` + storetest.Code(storetest.Paper) + `","on_hand":` + qty + `}]}`
	}
	now := b.clock.Now().Format("2006-01-02T15:04:05Z07:00")
	a := b.report(t, "stock-counts", "c", body(now, "77"))
	var r api.ReportAnswer
	if err := json.Unmarshal([]byte(a.body), &r); err != nil || a.status != http.StatusOK || r.Count == nil || r.Count.Set != 1 || r.Rows != 1 {
		t.Fatal(a, err)
	}
	if levels, err := b.store.Stock(t.Context(), storetest.East, storetest.Code(storetest.Paper)); err != nil || levels[0].OnHandQty != 77 {
		t.Errorf("%+v %v", levels, err)
	}
	// Of what lay on a list under way nothing is set, and each item says so.
	a = b.report(t, "stock-counts", "open", `{"counted_at":"`+order.DateOf(b.clock.Now()).String()+`T18:45:00+09:00","rows":[{"item_code":"`+storetest.Code(storetest.Pen)+`","on_hand":50}]}`)
	if !strings.Contains(a.body, `"message":"nothing was set: 5 of it were on pick lists under way`) {
		t.Error(a)
	}
	for at, want := range map[string]string{"": `"field":"counted_at"`, "2026-01-01T00:00:00+09:00": `"field":"rows[0].counted_at"`} {
		if a := b.report(t, "stock-counts", "c-"+at, body(at, "5")); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) {
			t.Errorf("%q: %+v", at, a)
		}
	}
}

// TestReportsUnderOneKeyAtOneInstant: of two bodies one is taken and the other is told that the key is
// used; the same body is answered alike.
func TestReportsUnderOneKeyAtOneInstant(t *testing.T) {
	t.Parallel()
	b, _ := withLists(t, 1)
	now := b.clock.Now().Format("2006-01-02T15:04:05Z07:00")
	body := func(qty int) string {
		return fmt.Sprintf(`{"counted_at":"%s","rows":[{"item_code":"%s","on_hand":%d}]}`, now, storetest.Code(storetest.Paper), qty)
	}
	for round := range 10 {
		var answers [4]answer
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range answers {
			all.Go(func() {
				<-start
				answers[i] = b.report(t, "stock-counts", fmt.Sprint("key ", round), body(1000+2*round+i%2))
			})
		}
		close(start)
		all.Wait()
		for _, pair := range [][2]int{{0, 2}, {1, 3}} { // the same body, the same answer
			if answers[pair[0]].status != answers[pair[1]].status {
				t.Errorf("round %d: %+v and %+v", round, answers[pair[0]], answers[pair[1]])
			}
		}
		for _, a := range answers {
			if a.status == http.StatusConflict && !strings.Contains(a.body, "a key of its own") {
				t.Errorf("round %d: %+v", round, a)
			}
		}
		if a, z := answers[0].status, answers[1].status; max(a, z) != http.StatusConflict || min(a, z) != http.StatusOK {
			t.Errorf("round %d: %+v and %+v", round, answers[0], answers[1])
		}
	}
}
