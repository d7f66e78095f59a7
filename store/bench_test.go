package store_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// wide is a request of five lines over the small shop's items.
func wide(channel order.Channel, s *store.Store, i int) order.Request {
	req := st.Request(channel, s.Now(), []string{st.Tokyo, st.Osaka}[i%2], st.Pen, 1+i%3)
	for j, item := range []string{st.Tea, st.Pen, st.Desk, st.Tea} {
		req.Lines = append(req.Lines, order.RequestLine{Field: string(rune('a' + j)), ItemCode: st.Code(item), Qty: 1 + (i+j)%3})
	}
	return req
}

// BenchmarkAccept accepts orders of five lines, each in a transaction of its own.
func BenchmarkAccept(b *testing.B) {
	s, _ := st.NewShop(b)
	var n atomic.Int64
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req := wide(order.ChannelFax, s, int(n.Add(1)))
			if err := s.InTx(b.Context(), func(tx *store.Tx) error {
				_, err := tx.Accept(b.Context(), req, s.Now())
				return err
			}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "orders/s")
}

// BenchmarkAllocate allocates orders of five lines in batches of 500, stock being plentiful.
func BenchmarkAllocate(b *testing.B) {
	s, _ := st.NewShop(b)
	if _, err := s.Pool().Exec(b.Context(), `UPDATE stock SET on_hand_qty = 100000000`); err != nil {
		b.Fatal(err)
	}
	const orders = 2000
	done := 0
	for b.Loop() {
		b.StopTimer()
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := w; i < orders; i += 4 {
					req := wide(order.ChannelFax, s, i)
					if err := s.InTx(b.Context(), func(tx *store.Tx) error {
						_, err := tx.Accept(b.Context(), req, s.Now())
						return err
					}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		b.StartTimer()
		for {
			n := allocate(b, s, 500, false)
			if n == 0 {
				break
			}
			done += n
		}
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "orders/s")
}
