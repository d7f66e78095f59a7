package store_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestFindOrders: one search box finds by whatever is typed.
func TestFindOrders(t *testing.T) {
	t.Parallel()
	s, clock := st.NewShop(t)
	ctx, now := t.Context(), clock.Now()
	accept := func(req order.Request) order.Order {
		t.Helper()
		var o order.Order
		if err := s.InTx(ctx, func(tx *store.Tx) (err error) {
			o, err = tx.Accept(ctx, req, now)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return o
	}
	doc, _, err := s.AddDocument(ctx, store.NewDocument{Source: "folder", ExternalID: "a", ReceivedAt: now, Caller: "0451234567", Bytes: []byte("a")})
	if err != nil {
		t.Fatal(err)
	}
	req := st.Request(order.ChannelFax, now.AddDate(0, 0, -3), st.Tokyo, st.Paper, 10)
	req.Source = order.Source{DocumentID: doc, Page: 2}
	first := accept(req)
	second := accept(st.Request(order.ChannelWeb, now, st.Osaka, st.Pen, 30))

	for _, tt := range []struct {
		text string
		want []order.Number
	}{
		{"", []order.Number{second.Number, first.Number}},
		{first.Number.Grouped(), []order.Number{first.Number}},
		{string(second.Number), []order.Number{second.Number}},
		{string(second.Number)[:9], []order.Number{second.Number}},
		{"100-000", []order.Number{second.Number, first.Number}},
		{st.Code(st.Tokyo), []order.Number{first.Number}},
		{"アオバ", []order.Number{}},
		{"あおば商事", []order.Number{second.Number, first.Number}},
		{"アオバ商事", nil},
		{"あおば 総務", []order.Number{first.Number}},
		{"03-1234-5678", []order.Number{first.Number}},
		{"03-1234", []order.Number{first.Number}},
		{"045-123-4567", []order.Number{first.Number}},
		{"11/21", []order.Number{first.Number}},
		{"11/20〜11/23", []order.Number{first.Number}},
		{"今日", []order.Number{second.Number}},
		{st.Code(st.Pen), []order.Number{second.Number}},
		{"ﾎﾞｰﾙﾍﾟﾝ", []order.Number{second.Number}},
		{"コピー用紙a4", []order.Number{first.Number}},
		{"あおば ボールペン", []order.Number{second.Number}},
		{"総務 ボールペン", nil},
		{"4,500円", []order.Number{first.Number}},
		{"4950", []order.Number{first.Number}}, // with tax
		{"3600", []order.Number{second.Number}},
		{"#" + strconv.FormatInt(doc, 10), []order.Number{first.Number}},
		{strconv.FormatInt(doc, 10) + ".2", []order.Number{first.Number}},
		{strconv.FormatInt(doc, 10) + ".1", nil},
		{"100%", nil},
		{"存在しない", nil},
	} {
		if tt.text == "アオバ" || tt.text == "アオバ商事" { // kana of either kind
			tt.want = []order.Number{second.Number, first.Number}
		}
		rows, _, err := s.FindOrders(ctx, store.OrderFind{Find: rules.ReadFind(tt.text, order.DateOf(now))})
		if err != nil {
			t.Fatalf("%q: %v", tt.text, err)
		}
		var got []order.Number
		for _, r := range rows {
			got = append(got, r.Number)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q finds %v, want %v", tt.text, got, tt.want)
		}
	}
	rows, _, err := s.FindOrders(ctx, store.OrderFind{Channel: order.ChannelWeb, State: order.StateAccepted, Day: order.DateOf(now)})
	if err != nil || len(rows) != 1 || rows[0].Number != second.Number || rows[0].Lines != 1 || rows[0].TotalYen != 3960 || rows[0].ArrivalOn.IsZero() {
		t.Errorf("narrowed list %+v (%v)", rows, err)
	}
	rows, _, err = s.FindOrders(ctx, store.OrderFind{Limit: 1})
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	rows, _, err = s.FindOrders(ctx, store.OrderFind{Limit: 1, After: &rows[0]})
	if err != nil || len(rows) != 1 || rows[0].Number != first.Number {
		t.Errorf("the next page %+v (%v)", rows, err)
	}
}

// TestFindReadsLittle: none of the statements may look at every order.
func TestFindReadsLittle(t *testing.T) {
	t.Parallel()
	const orders = 30_000
	dsn := st.DSN(t)
	s, _ := st.Open(t, dsn)
	st.Shop(t, s)
	ctx := t.Context()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	for _, q := range []string{
		`SET session_replication_role = replica`,
		`INSERT INTO departments (code, name, company_code, postal_code, prefecture, address, points, stockout, payment)
			SELECT 'D' || i, 'x', 'C1', '1000001', '東京都', 'x', true, 'backorder', 'invoice' FROM generate_series(0, 99) i`,
		fmt.Sprintf(`INSERT INTO orders (id, number, state, channel, received_at, accepted_at, acceptance_on, department_code, ship_to_name,
				ship_to_postal_code, ship_to_prefecture, ship_to_address, region_code, stockout, payment, goods_yen, fee_yen, taxes)
			SELECT i, i::text, CASE WHEN i %% 300 = 0 THEN 'short' ELSE 'shipped' END, CASE WHEN i < 100 THEN 'web' ELSE 'fax' END, at, at, '2026-11-24', 'D' || i %% 100,
				'x', 'x', 'x', 'x', 'KANTO', 'backorder', 'invoice', i, 0, '[]'
			FROM (SELECT i, timestamptz '2026-11-24 10:00+09' - (%[1]d - i) * interval '20 seconds' AS at FROM generate_series(1, %[1]d) i) t`, orders),
		`INSERT INTO order_lines (order_id, no, item_code, name, unit, class, qty, unit_price_yen, tax_rate)
			SELECT o.id, l, (1000000 + (o.id + l) % 500)::text, 'x', 'x', 'normal', 5, 100, 10 FROM orders o, generate_series(1, 3) l`,
		`VACUUM ANALYZE orders`, `VACUUM ANALYZE order_lines`, `ANALYZE departments`,
	} {
		if _, err := c.Exec(ctx, q); err != nil {
			t.Fatalf("%v: %s", err, q)
		}
	}
	all := func(state, channel string, more ...any) []any {
		args := []any{state, channel, "-infinity", "infinity", time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), int64(1 << 62), 101}
		return append(args, more...)
	}
	no, dep, item := []any{false, []string{}, false, []string{}, nil}, []any{true, []string{"D7"}, false, []string{}, nil}, []any{false, []string{}, true, []string{"1000007"}, nil}
	for _, tt := range []struct {
		name string
		most int
		args []any
	}{
		{"FindRecent", 400, all("", "", no...)},
		{"FindRecentState", 400, all("short", "")},
		{"FindRecentChannel", 400, all("", "web")[1:]},
		{"FindOfDepartments", 600, all("", "", dep...)},
		{"FindOfItems", 1600, all("", "", item...)},
		{"FindOfAmount", 50, all("", "", false, []string{}, false, []string{}, int64(1234))},
		{"FindOfNumbers", 20, append(all("", "", no...), int64(5), int64(6))},
		{"FindOfDocument", 20, append(all("", "", no...), int64(5), 0)},
		{"FindOfCaller", 20, append(all("", "", no...), "0312", "0312:")},
	} {
		if got := touched(t, c, tt.name, tt.args...); got > tt.most {
			t.Errorf("%s touches %d pages, at most %d are expected", tt.name, got, tt.most)
		}
	}
}
