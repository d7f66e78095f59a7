package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"todoke/api"
	"todoke/ingest/web"
	"todoke/internal/golden"
	"todoke/order"
	"todoke/rules"
	"todoke/samples"
	"todoke/store"
	"todoke/store/storetest"
	"todoke/worker"
)

// bundle is an API over the small shop.
type bundle struct {
	store *store.Store
	clock *storetest.Clock
	url   string
	log   *logBuffer
}

// logBuffer collects the log of concurrent requests.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func setup(t *testing.T) bundle {
	t.Helper()
	s, clock := storetest.NewShop(t)
	return serve(t, s, s, clock)
}

func serve(t *testing.T, orders api.Orders, s *store.Store, clock *storetest.Clock) bundle {
	t.Helper()
	log := &logBuffer{}
	server := httptest.NewServer(api.New(api.Config{
		Orders: orders, Warehouses: s, Apply: worker.Config{Store: s}.ApplyPartnerFile, Settings: rules.Default(), Now: clock.Now, Log: slog.New(slog.NewTextHandler(log, nil)), Version: "test",
	}))
	t.Cleanup(server.Close)
	return bundle{store: s, clock: clock, url: server.URL, log: log}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (b bundle) do(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

func (b bundle) place(t *testing.T, key, body string) answer {
	t.Helper()
	return b.do(t, http.MethodPost, "/v1/orders", body,
		"Authorization", "Bearer "+storetest.Token, "Idempotency-Key", key, "Content-Type", "application/json")
}

func orderOf(customer, item string, qty int) string {
	return fmt.Sprintf(`{"customer_code":%q,"lines":[{"item_code":%q,"quantity":%d}]}`, storetest.Code(customer), storetest.Code(item), qty)
}

// indented is JSON as golden files hold it.
func indented(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(s), "", "  "); err != nil {
		t.Fatalf("%v: %s", err, s)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func TestAnOrderIsPlacedAndShown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := fmt.Sprintf(`{"ordered_at":"2026-11-24T09:59:00+09:00","customer_code":%q,"user_code":"","lines":[{"item_code":%q,"quantity":5,"comment":"3階 総務 宛"},{"item_code":%q,"quantity":1},{"item_code":%q,"quantity":1}]}`,
		storetest.Code(storetest.Tokyo), storetest.Code(storetest.Paper), storetest.Code(storetest.Tea), storetest.Code(storetest.Desk))
	body = strings.Replace(body, `"user_code":"",`, "", 1)
	got := b.place(t, "k1", body)
	if got.status != http.StatusCreated || got.header.Get("Content-Type") != "application/json" || got.header.Get("Idempotent-Replayed") != "" {
		t.Fatalf("%d %v %s", got.status, got.header, got.body)
	}
	var o api.OrderAnswer
	if err := json.Unmarshal([]byte(got.body), &o); err != nil {
		t.Fatal(err)
	}
	if loc := got.header.Get("Location"); loc != "/v1/orders/"+o.Number {
		t.Error(loc)
	}
	golden.Equal(t, "placed.json", indented(t, strings.ReplaceAll(got.body, o.Number, "NUMBER")))

	shown := b.do(t, http.MethodGet, "/v1/orders/"+o.Number, "", "Authorization", "Bearer "+storetest.Token)
	if shown.status != http.StatusOK || shown.body != got.body {
		t.Errorf("%d %s\nplaced %s", shown.status, shown.body, got.body)
	}
	grouped := b.do(t, http.MethodGet, "/v1/orders/"+order.Number(o.Number).Grouped(), "", "Authorization", "Bearer "+storetest.Token)
	if grouped.status != http.StatusOK {
		t.Errorf("%d %s", grouped.status, grouped.body)
	}
	if log := b.log.String(); !strings.Contains(log, "order="+o.Number) || !strings.Contains(log, "shop_front="+storetest.Front) || strings.Contains(log, storetest.Token) {
		t.Error(log)
	}
}

func TestTheSameAttemptIsAnsweredTheSame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good, bad := orderOf(storetest.Tokyo, storetest.Pen, 1), `{"customer_code":"`+storetest.Code(storetest.Tokyo)+`","designated_on":"2026-11-24","lines":[{"item_code":"`+storetest.Code(storetest.Pen)+`","quantity":1}]}`
	for key, body := range map[string]string{"good": good, "bad": bad, "broken": "{"} {
		first := b.place(t, key, body)
		b.clock.Set(b.clock.Now().Add(time.Hour)) // the answer is of then, not of now
		again := b.place(t, key, body)
		if again.status != first.status || again.body != first.body || again.header.Get("Location") != first.header.Get("Location") {
			t.Errorf("%s: %d %s\nfirst %d %s", key, again.status, again.body, first.status, first.body)
		}
		if first.header.Get("Idempotent-Replayed") != "" || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: %v", key, again.header)
		}
		other := b.place(t, key, orderOf(storetest.Tokyo, storetest.Pen, 2))
		if other.status != http.StatusConflict || !strings.Contains(other.body, "used for another body") || other.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", key, other.status, other.body)
		}
	}
	orders, err := b.store.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != 1 {
		t.Errorf("%d orders, %v", len(orders), err)
	}
}

func TestManyAttemptsWithOneKeyAreOneOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const attempts = 16
	bodies := make([]string, attempts)
	replays := make([]bool, attempts)
	var wg sync.WaitGroup
	for i := range attempts {
		wg.Go(func() {
			a := b.place(t, "one", orderOf(storetest.Osaka, storetest.Pen, 3))
			bodies[i], replays[i] = fmt.Sprint(a.status, a.body), a.header.Get("Idempotent-Replayed") == "true"
		})
	}
	wg.Wait()
	first := 0
	for i := range attempts {
		if bodies[i] != bodies[0] || !strings.HasPrefix(bodies[i], "201") {
			t.Fatalf("%s\n%s", bodies[0], bodies[i])
		}
		if !replays[i] {
			first++
		}
	}
	orders, err := b.store.ListOrders(t.Context(), store.OrderFilter{})
	if err != nil || len(orders) != 1 || first != 1 {
		t.Errorf("%d orders, %d first answers, %v", len(orders), first, err)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pen := storetest.Code(storetest.Pen)
	customer := storetest.Code(storetest.Tokyo)
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"broken":        {`{"customer_code":`, 400},
		"fields":        {`{"customer_code":1,"colour":"red","lines":[{"item_code":"` + pen + `","quantity":0,"price":5}]}`, 422},
		"rules":         {`{"customer_code":"` + customer + `","lines":[{"item_code":"` + storetest.Code(storetest.Paper) + `","quantity":3},{"item_code":"9999999","quantity":1},{"item_code":"` + storetest.Code(storetest.OldPen) + `","quantity":1}]}`, 422},
		"designated":    {`{"customer_code":"` + customer + `","designated_on":"2026-11-29","lines":[{"item_code":"` + pen + `","quantity":1}]}`, 422},
		"customer":      {`{"customer_code":"99999999","lines":[{"item_code":"` + pen + `","quantity":1}]}`, 422},
		"free_address":  {`{"customer_code":"` + customer + `","address":{"name":"a","postal_code":"9000001","prefecture":"沖縄県","address":"b"},"lines":[{"item_code":"` + pen + `","quantity":1}]}`, 422},
		"ship_to":       {`{"customer_code":"` + customer + `","ship_to":"999","lines":[{"item_code":"` + pen + `","quantity":1}]}`, 422},
		"payment":       {`{"customer_code":"` + customer + `","payment":{"method":"card"},"lines":[{"item_code":"` + pen + `","quantity":1}]}`, 422},
		"authorised":    {`{"customer_code":"` + customer + `","payment":{"method":"card","authorisation":"auth-17"},"terms":{"version":"1","agreed_at":"2026-11-01T09:00:00+09:00"},"lines":[{"item_code":"` + pen + `","quantity":1}]}`, 422},
		"too_many_digs": {`{"customer_code":"` + customer + `","lines":[{"item_code":"` + pen + `","quantity":100000}]}`, 422},
	} {
		got := b.place(t, name, c.body)
		if got.status != c.status || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
			continue
		}
		golden.Equal(t, "problem_"+name+".json", indented(t, got.body))
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const otherToken = "another-token-of-another-shop"
	if err := b.store.PutShopFront(t.Context(), store.ShopFront{Code: "other", Name: "別の店"}, otherToken, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	body := orderOf(storetest.Tokyo, storetest.Pen, 1)
	for _, auth := range []string{"", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", storetest.Token, "Bearer " + storetest.Token + "x"} {
		got := b.do(t, http.MethodPost, "/v1/orders", body, "Authorization", auth, "Idempotency-Key", "k")
		if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") == "" || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q: %d %v %s", auth, got.status, got.header, got.body)
		}
	}
	placed := b.place(t, "k", body)
	location := placed.header.Get("Location")
	if got := b.do(t, http.MethodGet, location, "", "Authorization", "bearer "+storetest.Token); got.status != http.StatusOK {
		t.Error(got.status)
	}
	foreign := b.do(t, http.MethodGet, location, "", "Authorization", "Bearer "+otherToken)
	none := b.do(t, http.MethodGet, "/v1/orders/"+string(order.NumberOf(999_999)), "", "Authorization", "Bearer "+otherToken)
	if foreign.status != http.StatusNotFound || none.status != http.StatusNotFound {
		t.Error(foreign, none)
	}
	// The same key of another shop front is another attempt.
	if got := b.do(t, http.MethodPost, "/v1/orders", body, "Authorization", "Bearer "+otherToken, "Idempotency-Key", "k"); got.status != http.StatusCreated || got.header.Get("Location") == location {
		t.Error(got.status, got.body)
	}
	free := `{"customer_code":"` + storetest.Code(storetest.Tokyo) + `","address":{"name":"a","postal_code":"1000001","prefecture":"東京都","address":"b"},"lines":[{"item_code":"` + storetest.Code(storetest.Pen) + `","quantity":1}]}`
	if got := b.do(t, http.MethodPost, "/v1/orders", free, "Authorization", "Bearer "+otherToken, "Idempotency-Key", "free"); got.status != 422 || !strings.Contains(got.body, "ACC-1") {
		t.Error(got.status, got.body)
	}
	if got := b.place(t, "free", free); got.status != http.StatusCreated {
		t.Error(got.status, got.body)
	}
	if err := b.store.RevokeShopFront(t.Context(), "other", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if got := b.do(t, http.MethodGet, location, "", "Authorization", "Bearer "+otherToken); got.status != http.StatusUnauthorized {
		t.Error(got.status)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t)
	auth := []string{"Authorization", "Bearer " + storetest.Token}
	if got := b.do(t, http.MethodPost, "/v1/orders", "{}", auth...); got.status != 422 || !strings.Contains(got.body, `"field":"Idempotency-Key","message":"the header is missing: name this attempt`) {
		t.Errorf("no key: %d %s", got.status, got.body)
	}
	if got := b.place(t, strings.Repeat("k", 256), "{}"); got.status != 422 || !strings.Contains(got.body, "longer than 255") {
		t.Errorf("long key: %d %s", got.status, got.body)
	}
	if got := b.place(t, "empty", ""); got.status != 400 || !strings.Contains(got.body, "The order is empty: send a JSON object") {
		t.Errorf("empty: %d %s", got.status, got.body)
	}
	if got := b.place(t, "large", `{"customer_code":"`+strings.Repeat("1", 300<<10)+`"}`); got.status != http.StatusRequestEntityTooLarge || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("large: %d %s", got.status, got.body)
	}
	if got := b.do(t, http.MethodDelete, "/v1/orders", "", auth...); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "POST" {
		t.Errorf("delete: %d %v", got.status, got.header)
	}
	if got := b.do(t, http.MethodGet, "/v2", ""); got.status != http.StatusNotFound || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("elsewhere: %d %v", got.status, got.header)
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ok\n"} {
		if got := b.do(t, http.MethodGet, path, ""); got.status != 200 || got.body != want {
			t.Errorf("%s: %d %q", path, got.status, got.body)
		}
	}
	b.place(t, "k", orderOf(storetest.Tokyo, storetest.Pen, 1))
	if got := b.do(t, http.MethodGet, "/metrics", ""); got.status != 200 || !strings.Contains(got.body, `todoke_web_orders_total{outcome="placed",replayed="false"} 1`) {
		t.Errorf("metrics: %d %s", got.status, got.body)
	}
	if got := b.do(t, http.MethodGet, "/metrics", "", "X-Forwarded-For", "192.0.2.1"); got.status != http.StatusNotFound {
		t.Errorf("metrics from elsewhere: %d", got.status)
	}
	spec := b.do(t, http.MethodGet, "/openapi.yaml", "")
	if spec.status != 200 || !strings.HasPrefix(spec.body, "components:") && !strings.Contains(spec.body, "openapi: 3.1.0") {
		t.Errorf("openapi: %d", spec.status)
	}
	golden.Equal(t, "openapi.yaml", []byte(spec.body))
}

// The description's example can be sent to the sample shop as it stands.
func TestTheExampleIsOfTheSampleShop(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var spec struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct{ Example json.RawMessage }
			}
			Responses map[string]struct{ Headers map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(b.do(t, http.MethodGet, "/openapi.json", "").body), &spec); err != nil {
		t.Fatal(err)
	}
	place, show := spec.Paths["/v1/orders"]["post"], spec.Paths["/v1/orders/{number}"]["get"]
	if len(place.RequestBody.Content) != 1 || place.Responses["201"].Headers["Location"] == nil || show.Responses["200"].Headers["Location"] != nil {
		t.Errorf("%+v\n%+v", place, show)
	}
	example := place.RequestBody.Content["application/json"].Example
	o, problems := web.Parse(example, web.DefaultLimits())
	if len(problems) > 0 || len(o.Request.Lines) == 0 {
		t.Fatalf("%s: %v", example, problems)
	}
	shop := samples.Shop()
	if !slices.ContainsFunc(shop.Customers, func(d order.Department) bool { return d.Code == o.Request.DepartmentCode }) {
		t.Errorf("the sample shop has no customer %s", o.Request.DepartmentCode)
	}
	for _, l := range o.Request.Lines {
		if !slices.ContainsFunc(shop.Items, func(i order.Item) bool {
			return i.Code == l.ItemCode && !i.Discontinued && l.Qty%i.OrderMultiple == 0
		}) {
			t.Errorf("the sample shop does not sell %+v", l)
		}
	}
}

// broken is a store that fails as told.
type broken struct {
	api.Orders
	err error
}

func (b broken) PlaceWebOrder(context.Context, store.WebOrder, time.Time) (store.WebAnswer, error) {
	if b.err == nil {
		panic("secret panic")
	}
	return store.WebAnswer{}, b.err
}

func (b broken) Ready(context.Context) error { return b.err }

func TestFailuresShowNoInternals(t *testing.T) {
	t.Parallel()
	s, clock := storetest.NewShop(t)
	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"internal":  {errors.New("secret: column xyz"), 500},
		"temporary": {order.Temporary("secret", errors.New("secret")), 503},
		"late":      {fmt.Errorf("secret: %w", context.DeadlineExceeded), 503},
		"panic":     {nil, 500},
	} {
		b := serve(t, broken{s, c.err}, s, clock)
		got := b.place(t, "k", orderOf(storetest.Tokyo, storetest.Pen, 1))
		if got.status != c.status || strings.Contains(got.body, "secret") || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s", name, got.status, got.header, got.body)
		}
		if id := got.header.Get("X-Request-Id"); id == "" || !strings.Contains(b.log.String(), id) || !strings.Contains(b.log.String(), "secret") {
			t.Errorf("%s: the log does not tell what happened: %s", name, b.log)
		}
		if c.err != nil {
			if got := b.do(t, http.MethodGet, "/readyz", ""); got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "secret") {
				t.Errorf("%s: readyz %d %s", name, got.status, got.body)
			}
		}
	}
}
