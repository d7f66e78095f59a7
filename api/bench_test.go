package api_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"todoke/api"
	"todoke/order"
	"todoke/rules"
	"todoke/samples"
	"todoke/store"
	"todoke/store/storetest"
)

// BenchmarkPlaceOrders places web orders of three lines over HTTP, eight at a time, in the
// sample shop: 5,000 items, 300 departments. Each is answered after its commit. Run it with a
// count, such as -benchtime 2000x.
func BenchmarkPlaceOrders(b *testing.B) {
	const clients = 8
	s, clock := storetest.New(b)
	shop := samples.Shop()
	if err := s.Import(b.Context(), shop.Masters); err != nil {
		b.Fatal(err)
	}
	if err := s.PutShopFront(b.Context(), store.ShopFront{Code: "bench", Name: "bench"}, storetest.Token, clock.Now()); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(api.New(api.Config{
		Orders: s, Settings: rules.Default(), Now: clock.Now, Log: slog.New(slog.DiscardHandler), Version: "bench",
	}))
	defer server.Close()
	var items []order.Item
	for _, it := range shop.Items {
		if !it.Discontinued && it.Class == order.ClassNormal {
			items = append(items, it)
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	place := func(n int) error {
		var body strings.Builder
		fmt.Fprintf(&body, `{"customer_code":%q,"lines":[`, shop.Customers[n*7%len(shop.Customers)].Code)
		for l := range 3 {
			it := items[(n*31+l*977)%len(items)]
			if l > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `{"item_code":%q,"quantity":%d}`, it.Code, it.OrderMultiple)
		}
		body.WriteString("]}")
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/v1/orders", strings.NewReader(body.String()))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+storetest.Token)
		req.Header.Set("Idempotency-Key", fmt.Sprint("bench-", n))
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode != http.StatusCreated {
			err = fmt.Errorf("order %d: %d %s", n, res.StatusCode, text)
		}
		return err
	}
	var next, failed atomic.Int64
	b.ResetTimer()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				n := int(next.Add(1))
				if n > b.N {
					return
				}
				if err := place(n); err != nil {
					if failed.Add(1) == 1 {
						b.Error(err)
					}
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}
