package month_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"todoke/api"
	"todoke/bench/month"
	"todoke/delivery"
	"todoke/internal/dbtest"
	"todoke/migrations"
	"todoke/order"
	"todoke/payment"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
	"todoke/worker"
)

// inProcess works the queue in this process: killed, it drops whatever it does.
type inProcess struct{ client *river.Client[pgx.Tx] }

func (w inProcess) Kill() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return w.client.StopAndCancel(ctx)
}

func (w inProcess) Stop() error { return w.client.Stop(context.Background()) }

// TestDaysOfTheMonth lets some days of the month pass, a holiday among them: everything that must hold does.
func TestDaysOfTheMonth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clock, err := month.NewClock(filepath.Join(dir, "clock"), time.Date(2026, 12, 14, 6, 0, 0, 0, order.JST))
	if err != nil {
		t.Fatal(err)
	}
	dsn := dbtest.New(t, migrations.Hash(), migrations.Up)
	st, err := store.Open(t.Context(), store.Config{DSN: dsn, BlobDir: filepath.Join(dir, "blobs"), Now: clock.Now, Settings: rules.Default(), MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	admin, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	server := httptest.NewServer(api.New(api.Config{Orders: st, Settings: rules.Default(), Now: clock.Now, Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(server.Close)
	arrived := filepath.Join(dir, "arrived")
	cards, err := month.NewCards(t.Context(), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cards.Close)
	gateway, err := payment.NewHTTP(cards.URL, cards.Token, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	partner, err := month.NewPartner(t.Context(), filepath.Join(dir, "sftp"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = partner.Close() })
	place := month.Place{
		Store: st, Admin: admin, Clock: clock, API: server.URL, Token: "token-of-the-month", Arrived: arrived, Out: filepath.Join(dir, "out"), Log: t.Output(), Wall: time.Now,
		Cards: cards, Partner: partner, Reconcile: func(ctx context.Context, day order.Date) ([]payment.Difference, error) {
			books, err := worker.CompareCards(ctx, st, gateway, day)
			return books.Found, err
		},
		Start: func(ctx context.Context) (month.Worker, error) {
			routes := map[string][]delivery.Way{}
			for _, name := range []string{"fax", "mail"} {
				p, err := month.NewPost(name, arrived)
				if err != nil {
					return nil, err
				}
				routes[name] = []delivery.Way{p}
			}
			client, err := worker.Client(worker.Config{Store: st, Cards: gateway, Read: month.Read, Deliver: filepath.Join(dir, "out"), Routes: worker.Routes{Ways: routes, Domain: "month.invalid", Partner: func(string, order.WarehouseProfile) delivery.Way { return partner.Way() }}, ShopName: "模擬商店", DeskName: "注文デスク"})
			if err != nil {
				return nil, err
			}
			return inProcess{client}, client.Start(ctx)
		},
	}
	report, err := month.Run(t.Context(), place, month.Options{Orders: 40, Departments: 24, Seed: 1, From: order.D(2026, 12, 28), Days: 1, Tail: 1, Kills: 1, Senders: 6})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range report.Wrong {
		t.Error(w)
	}
	inJapanese(t, admin)
}

// inJapanese: whatever the days left written is Japanese at a Japanese desk, however it is composed.
func inJapanese(t *testing.T, admin *pgxpool.Pool) {
	t.Helper()
	rows, err := admin.Query(t.Context(), `SELECT DISTINCT text FROM events UNION SELECT hold_reason FROM orders UNION SELECT text FROM pick_list_notes
		UNION SELECT r->>'message' FROM reviews, jsonb_array_elements(reasons) r UNION SELECT f->>'message' FROM partner_files, jsonb_array_elements(faults) f
		UNION SELECT error FROM partner_files UNION SELECT notice_detail FROM shipments UNION SELECT why FROM payments UNION SELECT detail FROM answers`)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[*string])
	if err != nil || len(texts) < 100 {
		t.Fatal(len(texts), err)
	}
	names := regexp.MustCompile(`[\w.+-]+@[\w.-]+|todoke|month|(?:void|capture|refund)-[\d-]+|（declined）`)
	english := regexp.MustCompile(`[a-z]{3,}`)
	for _, text := range texts {
		if text == nil {
			continue
		}
		if said := page.Saying(page.Japanese, *text); english.MatchString(names.ReplaceAllString(said, "")) {
			t.Errorf("%q is said as %q", *text, said)
		}
	}
}
