// Package desk measures the desk's pages over HTTP, on a shop of many orders and waiting faxes.
//
// In: a store on a database that holds the sample shop's masters, its superuser's connection
// string, the pages. Out: a line of figures for each page. It spoils the database.
package desk

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/store"
)

// Options say how much is generated and asked.
type Options struct {
	Orders  int
	Waiting int
	N       int // requests for each page
	Login   string
	Secret  string
	Items   []string // codes that lines may name
}

//go:embed fill.sql
var fillSQL string

// statements are the parts of fill.sql by name.
func statements() map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split(fillSQL, "-- name: ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		out[name] = text
	}
	return out
}

// Days are how long ago the first order came.
const Days = 300

// Fill makes the shop's past and what waits.
func Fill(ctx context.Context, w io.Writer, st *store.Store, superuser string, c Options) error {
	db, err := pgx.Connect(ctx, superuser)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	started := time.Now()
	sql := statements()
	run := func(names ...string) error {
		for _, name := range names {
			if _, err := db.Exec(ctx, sql[name]); err != nil {
				return fmt.Errorf("make %s: %w", name, err)
			}
		}
		return nil
	}
	if err := run("begin", "customers"); err != nil {
		return err
	}
	if err := copyOrders(ctx, db, c.Orders, st.Now()); err != nil {
		return err
	}
	if err := run("documents", "lines", "shipments", "events"); err != nil {
		return err
	}
	if err := c.waiting(ctx, db, st, sql["waiting"]); err != nil {
		return err
	}
	if err := run("analyse"); err != nil {
		return err
	}
	fmt.Fprintf(w, "made %d orders and %d waiting faxes in %s\n", c.Orders, c.Waiting, time.Since(started).Round(time.Second))
	return nil
}

// copyOrders writes orders of the last Days, all day long, most of them shipped.
func copyOrders(ctx context.Context, db *pgx.Conn, n int, now time.Time) error {
	const first, open, day = 100_000_001, 3000, 11 * 3600
	today := order.DateOf(now.In(order.JST))
	i := 0
	_, err := db.CopyFrom(ctx, pgx.Identifier{"orders"}, []string{
		"id", "number", "state", "channel", "received_at", "accepted_at", "acceptance_on", "department_code", "ship_to_name", "ship_to_postal_code",
		"ship_to_prefecture", "ship_to_address", "region_code", "stockout", "payment", "goods_yen", "fee_yen", "taxes", "document_id", "page_no",
	}, pgx.CopyFromFunc(func() ([]any, error) {
		if i == n {
			return nil, nil
		}
		id := int64(first + i)
		on := today.Add(i*Days/n - Days + 1)
		at := on.At(order.Clock{Hour: 8}).Add(time.Duration(i*7919%day) * time.Second)
		state, channel, page := "shipped", "fax", 1
		if i > n-open {
			state = []string{"allocated", "released", "allocated", "short", "released", "accepted", "allocated", "released"}[i%8]
		} else if i%40 == 0 {
			state = "cancelled"
		}
		if i > n-20 {
			state = "held"
		}
		if i%5 > 2 {
			channel, page = "web", 0
		}
		i++
		goods := int64(500 + i*37%40_000)
		taxes := fmt.Sprintf(`[{"rate":10,"base_yen":%d,"tax_yen":%d}]`, goods, goods/10)
		return []any{
			id, string(order.NumberOf(id)), state, channel, at, at.Add(40 * time.Second), on.Start(), fmt.Sprint(60_000_001 + i*31%10_000), "本社", "1000001", "東京都",
			"千代田区", "KANTO", "backorder", "invoice", goods, int64(0), taxes, id, page,
		}, nil
	}))
	if err != nil {
		return fmt.Errorf("copy orders: %w", err)
	}
	return nil
}

// waiting makes faxes that wait for a person, each with a page and a filled form.
func (c Options) waiting(ctx context.Context, db *pgx.Conn, st *store.Store, sql string) error {
	sheet := bilevel.New(1728, 2292)
	for y := 80; y < 2200; y += 40 {
		for x := 100; x < 1600; x += 24 {
			for h := range 14 {
				sheet.Fill(x, x+4+x*7%17, y+h)
			}
		}
	}
	var png bytes.Buffer
	if err := sheet.EncodePNG(&png, 204, 196); err != nil {
		return err
	}
	key, err := st.Blobs().Put(png.Bytes())
	if err != nil {
		return err
	}
	sure := func(name, text string) order.DraftField {
		return order.DraftField{Name: name, Text: text, Confidence: 0.99999, Decision: order.DecisionAccept, Area: &order.Area{X0: 30, Y0: 50, X1: 70, Y1: 60}}
	}
	draft := order.Draft{Form: "order", Decision: order.DecisionReview, Fields: []order.DraftField{sure("customer_code", "60000042")}}
	const lines = 12
	for i := 1; i <= lines; i++ {
		line := fmt.Sprintf("lines[%d].", i)
		draft.Fields = append(draft.Fields, sure(line+"item_code", c.Items[i%len(c.Items)]), sure(line+"quantity", fmt.Sprint(1+i%5)))
	}
	weak := &draft.Fields[len(draft.Fields)-1]
	weak.Confidence, weak.Decision = 0.6, order.DecisionReview
	text, err := json.Marshal(draft)
	if err != nil {
		return err
	}
	reasons := `[{"rule":"FAX-2","field":"lines[12].quantity","message":"read as \"3\": the reader is not sure"}]`
	if _, err := db.Exec(ctx, sql, c.Waiting, string(text), key, st.Now(), reasons); err != nil {
		return fmt.Errorf("make waiting faxes: %w", err)
	}
	return nil
}

// Page is one page that is measured; %s is one of what the page is asked for.
type Page struct {
	Name, Path string
	Of         string // query of what it is asked for, a column of text
}

// Pages are what is measured.
func Pages(today order.Date) []Page {
	return []Page{
		{"queue", "/desk/queue", ""},
		{"queue filtered", "/desk/queue?why=rule", ""},
		{"queue of a customer", "/desk/queue?customer=60000042", ""},
		{"queue, second page", "/desk/queue?after=%s&at=0", `SELECT 'review%20' || id FROM reviews WHERE state = 'open' LIMIT 20`},
		{"take the next", "/desk/next", ""},
		{"review", "/desk/review/%s", `SELECT document_id || '.1' FROM reviews WHERE state = 'open' ORDER BY id DESC LIMIT 200`},
		{"page image", "/desk/image/%s", `SELECT document_id || '.1' FROM reviews WHERE state = 'open' ORDER BY id DESC LIMIT 200`},
		{"today", "/desk/today", ""},
		{"another day", "/desk/today?on=" + today.Add(-40).String(), ""},
		{"list of received", "/desk/today/list/received", ""},
		{"list of touched", "/desk/today/list/touched", ""},
		{"list of short", "/desk/today/list/short", ""},
		{"list of open", "/desk/today/list/open", ""},
		{"runs", "/desk/runs", ""},
		{"orders", "/desk/orders", ""},
		{"search by number", "/desk/orders?q=%s", `SELECT number FROM orders WHERE id % 2777 = 0 LIMIT 200`},
		{"search by customer", "/desk/orders?q=%s", `SELECT code FROM departments WHERE code LIKE '6%' LIMIT 200`},
		{"search by name", "/desk/orders?q=%%E5%%8D%%B0%%E5%%88%%B7", ""},
		{"search by caller", "/desk/orders?q=03%s", `SELECT lpad((i * 37)::text, 8, '0') FROM generate_series(1, 200) i`},
		{"search by item", "/desk/orders?q=%s", `SELECT code FROM items WHERE class = 'normal' LIMIT 200`},
		{"order", "/desk/orders/%s", `SELECT number FROM orders WHERE id % 2777 = 0 LIMIT 200`},
	}
}

// Measure asks for each page so many times, one after the other, and prints how long answers took.
// What is not there is said to be missing.
func Measure(ctx context.Context, w io.Writer, pages http.Handler, superuser string, c Options, list []Page) error {
	db, err := pgx.Connect(ctx, superuser)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	server := httptest.NewServer(pages)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	in, err := client.PostForm(server.URL+"/desk/login", url.Values{"login": {c.Login}, "password": {c.Secret}})
	if err != nil {
		return err
	}
	_ = in.Body.Close()
	fmt.Fprintf(w, "%-22s %6s %9s %9s %9s %10s\n", "PAGE", "N", "P50", "P95", "MOST", "BYTES")
	for _, p := range list {
		asked := []string{""}
		if p.Of != "" {
			rows, err := db.Query(ctx, p.Of)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			if asked, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
		}
		const warm = 2
		took := make([]time.Duration, 0, c.N)
		size, status := 0, 0
		for i := range c.N + warm {
			path := p.Path
			if p.Of != "" {
				path = fmt.Sprintf(p.Path, asked[i%len(asked)])
			} else {
				path = strings.ReplaceAll(path, "%%", "%")
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, http.NoBody)
			if err != nil {
				return err
			}
			started := time.Now()
			resp, err := client.Do(r)
			if err != nil {
				return err
			}
			n, err := io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if err != nil {
				return err
			}
			if i >= warm {
				took = append(took, time.Since(started))
			}
			size, status = int(n), resp.StatusCode
			if status >= http.StatusBadRequest {
				break
			}
		}
		if status >= http.StatusBadRequest {
			fmt.Fprintf(w, "%-22s not measured: it answers %d\n", p.Name, status)
			continue
		}
		slices.Sort(took)
		at := func(percent int) time.Duration { return took[(len(took)-1)*percent/100].Round(100 * time.Microsecond) }
		fmt.Fprintf(w, "%-22s %6d %9s %9s %9s %10d\n", p.Name, len(took), at(50), at(95), at(100), size)
	}
	return nil
}
