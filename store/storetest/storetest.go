// Package storetest gives tests a store of their own: a fresh migrated database, an empty
// blob folder, a clock that tests move, and on request a small shop.
//
// In: a test. Out: a store that ends with it. Nothing but tests may import it.
package storetest

import (
	"sync"
	"testing"
	"time"

	"todoke/internal/dbtest" //nolint:depguard // tests only: the store itself does not import it
	"todoke/migrations"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// Clock is a clock that tests move.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is the time the clock was set to.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Set moves the clock.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}

// At is an instant in Japan: "2026-11-24 17:00:00".
func At(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.ParseInLocation(time.DateTime, s, order.JST)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// DSN is a fresh migrated database, reached as its owner.
func DSN(tb testing.TB) string {
	tb.Helper()
	return dbtest.New(tb, migrations.Hash(), migrations.Up)
}

// New is an empty store whose clock stands at 2026-11-24 10:00 in Japan, a Tuesday.
func New(tb testing.TB) (*store.Store, *Clock) {
	tb.Helper()
	return Open(tb, DSN(tb))
}

// Open is a store on a database of DSN.
func Open(tb testing.TB, dsn string) (*store.Store, *Clock) {
	tb.Helper()
	clock := &Clock{at: At(tb, "2026-11-24 10:00:00")}
	s, err := store.Open(tb.Context(), store.Config{
		DSN: dsn, BlobDir: tb.TempDir(), Now: clock.Now, Settings: rules.Default(), MaxConns: 8,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s, clock
}

// The small shop: codes of what NewShop imports.
const (
	Tokyo    = "10000016" // a department in Tokyo, contract prices P1, backorders
	Osaka    = "10000024" // a department in Osaka, list prices, cancels what is short
	Paper    = "1000017"  // normal, in multiples of 5, 500 yen, contract price 450
	Pen      = "1000025"  // normal, 120 yen
	Tea      = "1000033"  // normal, reduced rate, 600 yen
	Desk     = "1000041"  // truck, 30,000 yen
	Stamp    = "1000058"  // phone, 4,000 yen
	OldPen   = "1000066"  // discontinued: Pen follows
	East     = "W1"       // serves KANTO
	West     = "W2"       // serves KANSAI
	PriceP1  = "P1"
	Front    = "shop"
	Token    = "token-of-the-small-shop"
	PaperQty = 100 // on hand of each item in East; half of it in West
)

// code fixes a code's last digit.
func code(body string) string { return order.WithCheckDigit(body) }

// Item and customer codes with right check digits, by the constants' names.
var codes = map[string]string{}

func init() {
	for _, c := range []string{Tokyo, Osaka, Paper, Pen, Tea, Desk, Stamp, OldPen} {
		codes[c] = code(c[:len(c)-1])
	}
}

// Code is the code of a constant of the small shop with its right check digit.
func Code(name string) string {
	c, ok := codes[name]
	if !ok {
		panic("no such code " + name)
	}
	return c
}

// Shop imports the small shop.
func Shop(tb testing.TB, s *store.Store) {
	tb.Helper()
	ctx := tb.Context()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	must(s.ImportDealers(ctx, []order.Dealer{{Code: "D1", Name: "株式会社みどり文具", RegistrationNumber: "T1234567890123"}}))
	must(s.ImportCustomers(ctx, []order.Department{
		{
			Code: Code(Tokyo), Name: "総務部", CompanyCode: "C1", CompanyName: "あおば商事株式会社", DealerCode: "D1", Fax: "0312345678",
			PostalCode: "1000001", Prefecture: "東京都", Address: "千代田区千代田1-1", PriceList: PriceP1, Points: true,
			Stockout: order.StockoutBackorder, Payment: order.PaymentInvoice,
		},
		{
			Code: Code(Osaka), Name: "大阪支店", CompanyCode: "C1", CompanyName: "あおば商事株式会社", DealerCode: "D1", Fax: "0612345678",
			PostalCode: "5300001", Prefecture: "大阪府", Address: "大阪市北区梅田2-2", Points: true,
			Stockout: order.StockoutCancel, Payment: order.PaymentInvoice,
		},
	}))
	must(s.ImportShipTos(ctx, []order.ShipTo{
		{Code: "001", CompanyCode: "C1", Name: "横浜倉庫", PostalCode: "2200001", Prefecture: "神奈川県", Address: "横浜市西区3-3"},
	}))
	item := func(c, name string, class order.Class, price order.Yen) order.Item {
		return order.Item{
			Code: Code(c), Name: name, Unit: "個", OrderMultiple: 1, ListPrice: price, TaxRate: 10, Class: class, Returnable: true,
		}
	}
	paper, pen, tea := item(Paper, "コピー用紙 A4", order.ClassNormal, 500), item(Pen, "ボールペン 黒", order.ClassNormal, 120), item(Tea, "緑茶 500ml", order.ClassNormal, 600)
	paper.OrderMultiple, tea.TaxRate, tea.EcoMarks = 5, 8, []string{"エコマーク", "GPN"}
	old := item(OldPen, "ボールペン 旧型", order.ClassNormal, 100)
	old.SuccessorCode, old.Discontinued = Code(Pen), true
	must(s.ImportItems(ctx, []order.Item{
		paper, pen, tea, item(Desk, "事務机 W1200", order.ClassTruck, 30000), item(Stamp, "名入れスタンプ", order.ClassPhone, 4000), old,
	}))
	must(s.ImportPrices(ctx, []order.ContractPrice{{PriceList: PriceP1, ItemCode: Code(Paper), Price: 450, From: order.D(2026, 1, 1)}}))
	must(s.ImportRegions(ctx, []order.Region{
		{Code: "KANTO", Prefectures: []string{"東京都", "神奈川県"}, CutoffFax: order.Clock{Hour: 17}, CutoffWeb: order.Clock{Hour: 17, Minute: 30}, CutoffTruck: order.Clock{Hour: 13}},
		{Code: "KANSAI", Prefectures: []string{"大阪府"}, CutoffFax: order.Clock{Hour: 17}, CutoffWeb: order.Clock{Hour: 17, Minute: 30}, CutoffTruck: order.Clock{Hour: 13}},
	}))
	must(s.ImportWarehouses(ctx, []order.Warehouse{
		{Code: East, Name: "東日本物流センター", Regions: []string{"KANTO"}, FallbackOrder: 1, Channel: "folder", Format: []string{"xlsx", "pdf"}},
		{Code: West, Name: "西日本物流センター", Regions: []string{"KANSAI"}, FallbackOrder: 2, Channel: "folder", Format: []string{"pdf"}},
	}))
	var stock []order.StockLevel
	for _, c := range []string{Paper, Pen, Tea, Desk} {
		stock = append(stock,
			order.StockLevel{WarehouseCode: East, ItemCode: Code(c), OnHand: PaperQty, RestockOn: order.D(2026, 12, 7)},
			order.StockLevel{WarehouseCode: West, ItemCode: Code(c), OnHand: PaperQty / 2})
	}
	must(s.ImportStock(ctx, stock))
	must(s.PutShopFront(ctx, store.ShopFront{Code: Front, Name: "あおばオンライン", FreeAddress: true}, Token, s.Now()))
}

// NewShop is a store with the small shop.
func NewShop(tb testing.TB) (*store.Store, *Clock) {
	tb.Helper()
	s, clock := New(tb)
	Shop(tb, s)
	return s, clock
}

// Request is an order of one item by a department of the small shop.
func Request(channel order.Channel, received time.Time, department, item string, qty int) order.Request {
	return order.Request{
		Channel: channel, ReceivedAt: received, DepartmentCode: Code(department),
		Lines: []order.RequestLine{{Field: "lines[0]", ItemCode: Code(item), Qty: qty}},
	}
}
