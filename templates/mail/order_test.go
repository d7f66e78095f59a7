package mail_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/templates/mail"
)

func webOrder() order.ToldOrder {
	on := order.D(2026, 11, 25)
	return order.ToldOrder{
		Number: order.NumberOf(100000001), Stockout: order.StockoutBackorder, Terms: "2026-04", CancelUntil: time.Date(2026, 11, 24, 10, 15, 0, 0, order.JST),
		ShipTo:   order.Address{Name: "あおば商事株式会社 総務部", PostalCode: "1000001", Prefecture: "東京都", Address: "千代田区千代田1-1 あおばビルディング東館12階"},
		GoodsYen: 5100, Taxes: []order.Tax{{Rate: 10, NetYen: 4500, TaxYen: 450}, {Rate: 8, NetYen: 600, TaxYen: 48}},
		Lines: []order.ToldLine{
			{No: 1, ItemCode: "1000017", Name: "コピー用紙 A4 500枚×5冊 高白色", Unit: "箱", Qty: 10, UnitPrice: 450, TaxRate: 10, Arrivals: []order.Arrival{{Shipment: 1, Qty: 10, On: on}}},
			{No: 2, ItemCode: "1000033", Name: "ほうじ茶ティーバッグ 2g×100袋", Unit: "袋", Qty: 1, UnitPrice: 600, TaxRate: 8, Comment: "給湯室まで", Arrivals: []order.Arrival{{Shipment: 1, Qty: 1, On: on}}},
		},
	}
}

func orderMail(kind order.AnswerKind, no int, o order.ToldOrder, changes ...order.Note) mail.Order {
	return mail.Order{Shop: shop, Answer: order.Answer{
		Kind: kind, No: no, Edition: no, Changes: changes, Customer: order.Department{CompanyName: "あおば商事株式会社", Name: "総務部"},
		Told: order.Told{ReceivedAt: time.Date(2026, 11, 24, 10, 5, 0, 0, order.JST), Orders: []order.ToldOrder{o}},
	}}
}

func TestOrderMails(t *testing.T) {
	t.Parallel()
	short := webOrder()
	short.Lines[0].ShortQty, short.Lines[0].RestockOn, short.Lines[0].Arrivals[0].Qty = 4, order.D(2026, 12, 7), 6
	cancelled := webOrder()
	cancelled.Cancelled = true
	moved := webOrder()
	moved.FeeYen = 300
	for name, m := range map[string]mail.Order{
		"order":           orderMail(order.AnswerOrderMail, 1, webOrder()),
		"order-stockout":  orderMail(order.AnswerStockout, 2, short, order.Note{Kind: order.NoteShort, Line: 1, ItemCode: "1000017", ItemName: "コピー用紙 A4 500枚×5冊 高白色", Was: "0", Now: "4"}),
		"order-cancelled": orderMail(order.AnswerOrderMail, 2, cancelled, order.Note{Kind: order.NoteCancelled}),
		"order-moved":     orderMail(order.AnswerOrderMail, 2, moved, order.Note{Kind: order.NoteMoved, Was: "2026-11-25", Now: "2026-11-26", Why: order.ReasonDeadline}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := m.Render()
			blessed(t, name, got, err)
		})
	}
}
