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
	"math/rand/v2"
	"strconv"
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
	const first, open, held, day = 100_000_001, 3000, 300, 11 * 3600
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
		if i > n-held {
			state = "held"
		}
		if i%5 > 2 {
			channel, page = "web", 0
		}
		i++
		goods := int64(500 + i*37%40_000)
		taxes := fmt.Sprintf(`[{"rate":10,"base_yen":%d,"tax_yen":%d}]`, goods, goods/10)
		return []any{
			id, string(order.NumberOf(id)), state, channel, at, at.Add(40 * time.Second), on.Start(), strconv.Itoa(60_000_001 + i*31%10_000), "本社", "1000001", "東京都",
			"千代田区", "KANTO", "backorder", "invoice", goods, int64(0), taxes, id, page,
		}, nil
	}))
	if err != nil {
		return fmt.Errorf("copy orders: %w", err)
	}
	return nil
}

// pictured is how many of the waiting faxes, the last ones, have a picture to show.
const pictured = 200

// drawSheets are pages about as full as a filled form, no two alike.
func drawSheets(n int) ([][]byte, error) {
	out := make([][]byte, 0, n)
	r := rand.New(rand.NewPCG(5, 5)) //nolint:gosec // the same sheets each time
	for range n {
		sheet := bilevel.New(1728, 2292)
		for y := 80; y < 2200; y += 40 {
			for x := 100; x < 1600; x += 24 {
				for h := range 14 {
					if from := r.IntN(9); r.IntN(3) > 0 {
						sheet.Fill(x+from, x+from+3+r.IntN(8), y+h)
					}
				}
			}
		}
		var png bytes.Buffer
		if err := sheet.EncodePNG(&png, 204, 196); err != nil {
			return nil, err
		}
		out = append(out, png.Bytes())
	}
	return out, nil
}

// waiting makes faxes that wait for a person, each with a page and a filled form.
func (c Options) waiting(ctx context.Context, db *pgx.Conn, st *store.Store, sql string) error {
	pictures, err := drawSheets(pictured)
	if err != nil {
		return err
	}
	keys, err := st.Blobs().PutAll(pictures)
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
		draft.Fields = append(draft.Fields, sure(line+"item_code", c.Items[i%len(c.Items)]), sure(line+"quantity", strconv.Itoa(1+i%5)))
	}
	weak := &draft.Fields[len(draft.Fields)-1]
	weak.Confidence, weak.Decision = 0.6, order.DecisionReview
	text, err := json.Marshal(draft)
	if err != nil {
		return err
	}
	reasons := `[{"rule":"FAX-2","field":"lines[12].quantity","message":"read as \"3\": the reader is not sure"}]`
	if _, err := db.Exec(ctx, sql, c.Waiting, string(text), keys, st.Now(), reasons); err != nil {
		return fmt.Errorf("make waiting faxes: %w", err)
	}
	return nil
}
