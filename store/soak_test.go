package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// simulation is a shop at which many people and programs work at the same time.
type simulation struct {
	s       *store.Store
	dsn     string
	clock   *st.Clock
	done    atomic.Int64
	counts  sync.Map // of operations, by name
	took    sync.Map // nanoseconds, by name
	refused atomic.Int64
	tidied  atomic.Int64
	places  []string // departments

	mu        sync.Mutex
	orders    int
	recent    []order.Order // the last of them
	keys      map[string]order.Number
	arrived   map[rules.StockKey]int // with what was there at first
	warehouse sync.Mutex             // a person counts while nothing leaves
}

// tidy vacuums the database every now and then, as a server does by itself; that of the tests does
// not, for their databases live for seconds.
func (m *simulation) tidy(t *testing.T) {
	t.Helper()
	n := m.done.Load()
	was := m.tidied.Load()
	if first, share := int64(500), n/10; n-was < first+share || !m.tidied.CompareAndSwap(was, n) {
		return
	}
	c, err := pgx.Connect(t.Context(), m.dsn) // the owner: it does nothing for anybody else
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), `VACUUM (ANALYZE)`); err != nil {
		t.Error(err)
	}
}

// did counts an operation; what it returns is called when it is done.
func (m *simulation) did(name string) (done func()) {
	n, _ := m.counts.LoadOrStore(name, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
	m.done.Add(1)
	took, _ := m.took.LoadOrStore(name, new(atomic.Int64))
	began := time.Now()
	return func() { took.(*atomic.Int64).Add(int64(time.Since(began))) }
}

// company gives the shop more departments, so that a day of one has some orders, as in life.
func (m *simulation) company(t *testing.T) {
	t.Helper()
	m.places = []string{st.Code(st.Tokyo), st.Code(st.Osaka)}
	all, err := m.s.Departments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const more = 40
	rows := make([]order.Department, 0, more)
	for i := range more {
		d := all[i%len(all)]
		d.Code = fmt.Sprintf("9%06d", i)
		d.Fax = ""
		rows = append(rows, d)
		m.places = append(m.places, d.Code)
	}
	if err := m.s.ImportCustomers(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

func (m *simulation) some(r *rand.Rand) (order.Order, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.recent) == 0 {
		return order.Order{}, false
	}
	return m.recent[r.IntN(len(m.recent))], true
}

// accepted keeps in mind that an order was accepted.
func (m *simulation) accepted(o order.Order) {
	const most = 60
	m.orders++
	if m.recent = append(m.recent, o); len(m.recent) > most {
		m.recent = slices.Delete(m.recent, 0, 1)
	}
}

// ok tells whether an operation was carried out, or refused as the rules may; all else is a defect.
func (m *simulation) ok(t *testing.T, doing string, err error) bool {
	t.Helper()
	if err == nil {
		return true
	}
	var refusal *store.Refusal
	var rows *store.ImportError
	if kind := order.KindOf(err); errors.As(err, &refusal) || errors.As(err, &rows) || kind == order.KindConflict || kind == order.KindInvalid {
		m.refused.Add(1)
		return false
	}
	t.Errorf("%s: %v", doing, err)
	return false
}

// step does one operation.
func (m *simulation) step(t *testing.T, r *rand.Rand) {
	t.Helper()
	ctx, now := t.Context(), m.clock.Now()
	items := []string{st.Paper, st.Pen, st.Tea, st.Desk}
	switch p := r.IntN(100); {
	case p < 42:
		defer m.did("order")()
		req := st.Request(order.ChannelFax, now.Add(-time.Duration(r.IntN(3600))*time.Second), st.Tokyo, items[r.IntN(len(items))], 5*(1+r.IntN(3)))
		req.DepartmentCode = m.places[r.IntN(len(m.places))]
		if r.IntN(3) == 0 {
			req.Lines = append(req.Lines, order.RequestLine{Field: "lines[1]", ItemCode: st.Code(items[r.IntN(len(items))]), Qty: 5})
		}
		if r.IntN(2) == 0 {
			var o order.Order
			err := m.s.InTx(ctx, func(tx *store.Tx) (err error) {
				o, err = tx.Accept(ctx, req, now)
				return err
			})
			if m.ok(t, "accept", err) {
				m.mu.Lock()
				m.accepted(o)
				m.mu.Unlock()
			}
			return
		}
		req.Channel, req.ReceivedAt = order.ChannelWeb, now
		key := fmt.Sprintf("k%d", r.Int64())
		for range 1 + r.IntN(2) { // some send twice
			a, err := m.s.PlaceWebOrder(ctx, webOrder(key, key, req), now)
			if !m.ok(t, "web order", err) || len(a.Problems) > 0 {
				return
			}
			m.mu.Lock()
			if was, again := m.keys[key]; again && was != a.Order.Number {
				t.Errorf("key %s made the orders %s and %s", key, was, a.Order.Number)
			} else if !again {
				m.keys[key] = a.Order.Number
				m.accepted(a.Order)
			}
			m.mu.Unlock()
		}
	case p < 52:
		if o, found := m.some(r); found {
			defer m.did("cancel")()
			var err error
			if o.Channel == order.ChannelWeb && r.IntN(2) == 0 {
				_, err = m.s.CancelWebOrder(ctx, st.Front, o.Number, now)
			} else {
				_, err = m.s.DecideOrder(ctx, o.ID, store.OrderDecision{Act: rules.ActCancel, AskedBy: rules.AskedByShop, Reason: "試験", By: "山田"}, now)
			}
			m.ok(t, "cancel", err)
		}
	case p < 55:
		if o, found := m.some(r); found {
			defer m.did("hold")()
			_, err := m.s.DecideOrder(ctx, o.ID, store.OrderDecision{Act: rules.ActHold, Reason: "試験", By: "山田"}, now)
			m.ok(t, "hold", err)
		}
	case p < 60: // the desk lets go what waits longest
		var id int64
		if m.s.Pool().QueryRow(ctx, `SELECT coalesce(min(id), 0) FROM orders WHERE state = 'held'`).Scan(&id) == nil && id != 0 {
			defer m.did("free")()
			_, err := m.s.DecideOrder(ctx, id, store.OrderDecision{Act: rules.ActFree, Reason: "試験", By: "山田"}, now)
			m.ok(t, "free", err)
		}
	case p < 66:
		defer m.did("stock arrives")()
		m.arrive(t, r, []string{st.East, st.West}[r.IntN(2)], items[r.IntN(len(items))])
	case p < 87:
		defer m.did("allocate")()
		m.ok(t, "allocate", m.s.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.AllocateBatch(ctx, 1+r.IntN(20), r.IntN(2) == 0, now)
			return err
		}))
	case p < 88:
		defer m.did("tell another day")()
		_, err := m.s.TellRestock(ctx, 50, now)
		m.ok(t, "tell another day", err)
	case p < 92:
		defer m.did("wave")()
		m.wave(t)
	case p < 96:
		defer m.did("ship")()
		m.ship(t, 3)
	case p < 98:
		defer m.did("settle fees")()
		_, err := m.s.SettleFees(ctx, now)
		m.ok(t, "settle fees", err)
	default:
		defer m.did("replan")()
		_, err := m.s.ReplanShipments(ctx, now)
		m.ok(t, "replan", err)
	}
}

// arrive is a delivery of one item: more where little is left, so that a shop that lives is short now
// and then and not for ever. The day of the next one is stated in half of the files.
func (m *simulation) arrive(t *testing.T, r *rand.Rand, warehouse, item string) {
	t.Helper()
	m.warehouse.Lock()
	defer m.warehouse.Unlock()
	onHand, reserved := stockOf(t, m.s, warehouse, item)
	qty := r.IntN(20)
	if onHand-reserved < 60 {
		qty += 40 + r.IntN(160)
	}
	level := order.StockLevel{WarehouseCode: warehouse, ItemCode: st.Code(item), OnHand: onHand + qty}
	if r.IntN(2) == 0 {
		level.RestockOn = order.DateOf(m.clock.Now()).Add(1 + r.IntN(9))
	}
	err := m.s.ImportStock(t.Context(), []order.StockLevel{level})
	if m.ok(t, "import stock", err) {
		m.arrived[rules.StockKey{WarehouseCode: warehouse, ItemCode: st.Code(item)}] += qty
	}
}

func (m *simulation) wave(t *testing.T) {
	t.Helper()
	var lists []int64
	if m.ok(t, "wave", m.s.InTx(t.Context(), func(tx *store.Tx) (err error) {
		lists, err = tx.ReleaseWave(t.Context(), m.clock.Now())
		return err
	})) {
		issue(t, m.s, m.clock.Now(), lists...)
	}
}

// ship reports up to so many lists shipped, the oldest first; two may report one.
func (m *simulation) ship(t *testing.T, most int) {
	t.Helper()
	m.warehouse.Lock()
	defer m.warehouse.Unlock()
	rows, err := m.s.Pool().Query(t.Context(), `SELECT number FROM pick_lists WHERE issued_at IS NOT NULL AND shipped_at IS NULL ORDER BY id LIMIT $1`, most)
	if err != nil {
		t.Error(err)
		return
	}
	var numbers []order.Number
	for rows.Next() {
		var n order.Number
		if err := rows.Scan(&n); err != nil {
			t.Error(err)
		}
		numbers = append(numbers, n)
	}
	rows.Close()
	for _, n := range numbers {
		_, err := m.s.ShipPickList(t.Context(), n, "倉田", m.clock.Now())
		m.ok(t, "ship", err)
	}
}

// check proves that nothing is oversold and nothing lost, while nobody works.
func (m *simulation) check(t *testing.T) {
	t.Helper()
	audit(t, m.s)
	if n := count(t, m.s, `SELECT count(*)::int FROM orders`); n != m.orders {
		t.Errorf("%d orders were accepted, %d are there", m.orders, n)
	}
	if n := count(t, m.s, `SELECT count(*)::int FROM idempotency_keys WHERE order_id IS NOT NULL`); n != len(m.keys) {
		t.Errorf("%d web orders, %d keys that name one", len(m.keys), n)
	}
	for k, arrived := range m.arrived {
		left := count(t, m.s, `SELECT coalesce(sum(a.qty), 0)::int FROM allocations a JOIN pick_lists p ON p.id = a.pick_list_id
			WHERE p.shipped_at IS NOT NULL AND a.warehouse_code = $1 AND a.item_code = $2`, k.WarehouseCode, k.ItemCode)
		there := count(t, m.s, `SELECT on_hand_qty FROM stock WHERE warehouse_code = $1 AND item_code = $2`, k.WarehouseCode, k.ItemCode)
		if arrived != left+there {
			t.Errorf("item %s at %s: %d arrived, %d left, %d are there", k.ItemCode, k.WarehouseCode, arrived, left, there)
		}
	}
	if n := count(t, m.s, `SELECT count(*)::int FROM orders o WHERE (SELECT count(*) FROM events e WHERE e.order_id = o.id AND e.kind = 'accepted') <> 1
		OR (o.state = 'cancelled') <> EXISTS (SELECT FROM events e WHERE e.order_id = o.id AND e.kind = 'cancelled')`); n != 0 {
		t.Errorf("%d orders are not explained by their events", n)
	}
}

// TestSimulation lets many work on one shop at once, at random, through weeks or years: orders on two
// channels, cancellations, holds, stock that comes in, allocation, waves and shipments. Stock is
// never oversold and never lost, and at the end everything that nobody cancelled has left.
// SOAK is how many operations.
func TestSimulation(t *testing.T) {
	t.Parallel()
	ops, workers, rounds, soak := 240, 6, 2, false
	if n, err := strconv.Atoi(os.Getenv("SOAK")); err == nil {
		ops, rounds, soak = n, 20, true
	}
	dsn := st.DSN(t)
	s, clock := st.Open(t, dsn)
	st.Shop(t, s)
	m := &simulation{s: s, dsn: dsn, clock: clock, keys: map[string]order.Number{}, arrived: map[rules.StockKey]int{}}
	levels, err := s.Stock(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range levels {
		m.arrived[rules.StockKey{WarehouseCode: l.WarehouseCode, ItemCode: l.ItemCode}] = l.OnHandQty
	}
	m.company(t)
	days := 15 + ops/1000 // some four hundred orders a day, ten of a department
	step := time.Duration(days) * 24 * time.Hour / time.Duration(ops)
	began := time.Now()
	seed := uint64(ops)
	for round := range rounds {
		var wg sync.WaitGroup
		until := int64(ops * (round + 1) / rounds) // what found nothing to be done for is none
		for w := range workers {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(round*workers+w)))
				for m.done.Load() < until && !t.Failed() {
					m.mu.Lock()
					clock.Set(clock.Now().Add(step))
					m.mu.Unlock()
					m.step(t, r)
					if soak {
						m.tidy(t)
					}
				}
			})
		}
		wg.Wait()
		if soak {
			var mem runtime.MemStats
			runtime.ReadMemStats(&mem)
			t.Logf("%3d %% after %s: %d operations, %d orders, %d of them open; memory %d MB", (round+1)*100/rounds, time.Since(began).Round(time.Second), m.done.Load(), m.orders,
				count(t, s, `SELECT count(*)::int FROM orders WHERE state NOT IN ('shipped', 'cancelled')`), mem.Sys>>20)
		}
		if !soak || round%2 == 1 { // each looks at everything there is
			m.check(t)
		}
		if t.Failed() {
			return
		}
	}
	took := time.Since(began)
	m.drain(t)
	m.check(t)
	var told []string
	m.counts.Range(func(k, v any) bool {
		n := v.(*atomic.Int64).Load()
		took, _ := m.took.Load(k)
		told = append(told, fmt.Sprintf("%s %d (%.1f ms each)", k, n, float64(took.(*atomic.Int64).Load())/float64(n)/1e6))
		return true
	})
	slices.Sort(told)
	deadlocks := count(t, s, `SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`)
	t.Logf("%d operations by %d at once in %s (%.0f a second), %d refused by a rule, %d deadlocks tried again, %d orders: %v",
		m.done.Load(), workers, took.Round(time.Second), float64(m.done.Load())/took.Seconds(), m.refused.Load(), deadlocks, m.orders, told)
}

// drain has everything leave that nobody cancelled: stock comes, holds are freed, days pass.
func (m *simulation) drain(t *testing.T) {
	t.Helper()
	held, err := m.s.ListOrders(t.Context(), store.OrderFilter{State: order.StateHeld, Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range held {
		_, err := m.s.DecideOrder(t.Context(), o.ID, store.OrderDecision{Act: rules.ActFree, Reason: "試験", By: "山田"}, m.clock.Now())
		if err != nil {
			t.Error(err)
		}
	}
	m.ship(t, 1<<20)
	for k := range m.arrived {
		onHand := count(t, m.s, `SELECT on_hand_qty FROM stock WHERE warehouse_code = $1 AND item_code = $2`, k.WarehouseCode, k.ItemCode)
		const plenty = 10_000_000
		if err := m.s.ImportStock(t.Context(), []order.StockLevel{{WarehouseCode: k.WarehouseCode, ItemCode: k.ItemCode, OnHand: onHand + plenty}}); err != nil {
			t.Fatal(err)
		}
		m.arrived[k] += plenty
	}
	open := 0
	for range 40 {
		for _, backorders := range []bool{true, false} {
			for allocate(t, m.s, 500, backorders) > 0 {
			}
		}
		for {
			n, err := m.s.ReplanShipments(t.Context(), m.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
		}
		m.wave(t)
		m.ship(t, 1<<20)
		if open = count(t, m.s, `SELECT count(*)::int FROM orders WHERE state NOT IN ('shipped', 'cancelled')`); open == 0 {
			return
		}
		m.clock.Set(order.DateOf(m.clock.Now()).Add(1).At(order.Clock{Hour: 11}))
	}
	t.Errorf("%d orders never left", open)
}
