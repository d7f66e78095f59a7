package document_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"todoke/internal/bilevel"
	"todoke/internal/golden"
	"todoke/order"
	"todoke/templates/document"
	"todoke/templates/form"
	"todoke/templates/typeset"
)

var letterhead = document.Letterhead{
	Name: "とどけオフィス通販", Desk: "お客様サービスデスク", Phone: "0120-000-241", Fax: "03-0000-2417",
	Hours: "月～土曜日 9:00～18:00（日曜・祝日・特別休業日を除く）", Web: "https://www.todoke.example.jp/",
}

var customer = order.Department{Code: "10000016", CompanyName: "あおば商事株式会社", Name: "総務部", Fax: "0312345678"}

func day(m time.Month, d int) order.Date { return order.D(2026, m, d) }

// toldOrder is an order of n lines, always the same.
func toldOrder(seq int64, page, n int) order.ToldOrder {
	o := order.ToldOrder{
		Number: order.NumberOf(seq), Page: page, Stockout: order.StockoutBackorder,
		ShipTo: order.Address{Code: "001", Name: "横浜営業所", PostalCode: "2310001", Prefecture: "神奈川県", Address: "横浜市中区新海岸通88-8"},
	}
	taxes := map[order.Percent]order.Yen{}
	for i := range n {
		l := order.ToldLine{
			No: i + 1, ItemCode: order.WithCheckDigit(fmt.Sprintf("%06d", 101001+i*37)), Name: names[i%len(names)],
			Unit: []string{"冊", "箱", "本", "パック"}[i%4], Class: order.ClassNormal, Qty: 1 + i*7%40, UnitPrice: order.Yen(98 + i*331%29000), TaxRate: 10,
		}
		if strings.Contains(l.Name, "ほうじ茶") {
			l.Name, l.TaxRate = "ほうじ茶ティーバッグ 2g×100袋", 8
		}
		l.Arrivals = []order.Arrival{{Shipment: 1, Qty: l.Qty, On: day(time.November, 25)}}
		if strings.Contains(l.Name, "書庫") {
			l.Class, l.Arrivals = order.ClassTruck, []order.Arrival{{Shipment: 2, Qty: l.Qty, On: day(time.November, 30)}}
		}
		taxes[l.TaxRate] += l.Amount()
		o.GoodsYen += l.Amount()
		o.Lines = append(o.Lines, l)
	}
	if o.GoodsYen < 2500 {
		o.FeeYen = 300
		taxes[10] += 300
	}
	for _, r := range []order.Percent{10, 8} {
		if net := taxes[r]; net > 0 {
			o.Taxes = append(o.Taxes, order.Tax{Rate: r, NetYen: net, TaxYen: net * order.Yen(r) / 100})
		}
	}
	return o
}

func fax(kind order.AnswerKind, no int, t order.Told) document.Answer {
	t.DocumentID, t.ReceivedAt = 1234, time.Date(2026, 11, 24, 9, 58, 12, 0, order.JST)
	t.Pages = max(t.Pages, 1)
	return document.Answer{
		Answer: order.Answer{
			Kind: kind, No: no, Edition: no, Number: fmt.Sprintf("F1234-%d", no), Customer: customer, Told: t, At: time.Date(2026, 11, 24, 10, 5, 0, 0, order.JST),
		},
		Shop: letterhead,
	}
}

// sheetPicture is a page as it would have come.
func sheetPicture() document.Picture {
	c := form.NewRasterCanvas(210, 297, 204, 98)
	c.Text(30, 30, "FAX注文書", typeset.Style{Size: 24})
	for i := range 9 {
		c.Text(20, 60+float64(i)*16, fmt.Sprintf("%d  1010013   %d", i+1, i*3), typeset.Style{Size: 18})
	}
	return document.Picture{Image: c.Bitmap(), XDPI: 204, YDPI: 98}
}

// answers are one of each kind of fax.
func answers() map[string]document.Answer {
	out := map[string]document.Answer{}
	plain := toldOrder(100000001, 1, 3)
	out["plain"] = fax(order.AnswerAcknowledgement, 1, order.Told{Orders: []order.ToldOrder{plain}})

	shipped := fax(document.AnswerShipped, 1, order.Told{})
	shipped.Shipped = &document.Shipped{
		Order: order.NumberOf(100000001), Place: "〒231-0001 神奈川県横浜市中区新海岸通88-8　横浜営業所", ShippedOn: day(time.November, 24), ArrivalOn: day(time.November, 25),
		Carrier: "はやぶさ急送", Tracking: []string{"4012-3456-7890", "4012-3456-7891"}, MoreComes: true,
	}
	for i := range 22 {
		shipped.Shipped.Lines = append(shipped.Shipped.Lines, document.ShippedLine{Item: order.WithCheckDigit(strconv.Itoa(101001 + i*37)), Name: names[i%len(names)], Unit: "箱", Qty: 1 + i})
	}
	out["shipped"] = shipped

	small := toldOrder(100000001, 1, 1)
	small.Lines[0].Qty, small.Lines[0].UnitPrice = 2, 450
	small.GoodsYen, small.FeeYen, small.Taxes = 900, 300, []order.Tax{{Rate: 10, NetYen: 1200, TaxYen: 120}}
	small.DesignatedOn = day(time.November, 28)
	small.Lines[0].Arrivals[0].On = day(time.November, 30)
	small.Notes = []order.Note{{Kind: order.NoteDateMoved, Shipment: 1, Was: "2026-11-28", Now: "2026-11-30", Why: order.ReasonSaturday}}
	out["moved"] = fax(order.AnswerAcknowledgement, 1, order.Told{Orders: []order.ToldOrder{small}})

	mixed := toldOrder(100000001, 1, 10)
	mixed.Lines[1].ShortQty, mixed.Lines[1].RestockOn = 3, day(time.December, 7)
	mixed.Lines[1].Arrivals[0].Qty -= 3
	mixed.Lines[3].ShortQty, mixed.Lines[3].Arrivals = mixed.Lines[3].Qty, nil
	mixed.Lines[2].Comment = "納品時に担当の田中（内線 415）までお電話ください。不在の場合は「守衛室」にお預けください。3階会議室へお願いします。"
	mixed.Lines[4].CommentImage = "note"
	mixed.Lines[6].Arrivals = []order.Arrival{{Shipment: 1, Qty: 1, On: day(time.November, 25)}, {Shipment: 3, Qty: 2, On: day(time.November, 26)}}
	mixed.Lines[8].Class, mixed.Lines[8].Arrivals = order.ClassPhone, []order.Arrival{{Shipment: 4, Qty: mixed.Lines[8].Qty}}
	mixed.Notes = []order.Note{
		{Kind: order.NoteLate, Shipment: 2, Now: "2026-11-30", Why: order.ReasonDeadline},
		{Kind: order.NoteQuantity, Line: 2, ItemCode: "1010377", ItemName: "油性ボールペン 0.7mm 黒 10本入", Was: "12", Now: "10", Why: order.ReasonMultiple, Multiple: 10},
		{Kind: order.NoteItem, Line: 5, ItemCode: "1000066", ItemName: "ボールペン 旧型", Was: "1000066", Now: "1000025", NewName: "ボールペン 黒", Why: order.ReasonDiscontinued},
		{Kind: order.NoteDropped, Line: 11, ItemCode: "1000074", ItemName: "感熱紙ファクスロール", Was: "6", Why: order.ReasonDiscontinued},
	}
	several := order.Told{
		Pages: 4, Orders: []order.ToldOrder{mixed, toldOrder(100000002, 2, 2)},
		Checking: []order.ToldPage{{
			Page: 3, Fields: []string{"lines[2].quantity", "delivery_day"},
			Offers: []order.Note{{Kind: order.NoteDiscontinued, Line: 4, ItemCode: "1000066", ItemName: "ボールペン 旧型", Successor: "1000025", NewName: "ボールペン 黒"}},
		}},
		Illegible: []order.ToldPage{{Page: 4, Image: "page"}},
	}
	a := fax(order.AnswerAcknowledgement, 1, several)
	c := form.NewRasterCanvas(80, 8, 204, 98)
	c.Text(2, 5.6, "4Fリフレッシュコーナーへ", typeset.Style{Size: 13})
	a.Pictures = map[string]document.Picture{"note": {Image: c.Bitmap(), XDPI: 204, YDPI: 98}, "page": sheetPicture()}
	out["several"] = a

	b := fax(order.AnswerAcknowledgement, 2, order.Told{Pages: 2, Orders: []order.ToldOrder{plain, {Number: order.NumberOf(100000002), Page: 2, Cancelled: true, ShipTo: plain.ShipTo}}})
	b.Changes = []order.Note{
		{Kind: order.NoteMoved, Order: plain.Number, Shipment: 1, Was: "2026-11-25", Now: "2026-11-26", Why: order.ReasonDeadline},
		{Kind: order.NoteFilled, Order: plain.Number, Line: 2, ItemCode: "1010377", ItemName: "油性ボールペン 0.7mm 黒 10本入", Was: "3", Now: "0"},
		{Kind: order.NoteCancelled, Order: order.NumberOf(100000002)},
	}
	out["second"] = b

	long := toldOrder(100000001, 1, 60)
	long.ShipTo = order.Address{Name: "研究開発センター 東棟 地下一階 資材搬入口 第二受付 総合事務センター分室", PostalCode: "3050001", Prefecture: "茨城県", Address: "つくば市大字南台一丁目77番地7 研究学園団地内 先端技術総合研究所 東棟 地下一階"}
	long.Lines[7].UnitPrice, long.Lines[7].Qty = 99_999, 9999
	long.Lines[9].Comment = strings.Repeat("搬入は裏口からお願いします。", 30)
	l := fax(order.AnswerAcknowledgement, 1, order.Told{Orders: []order.ToldOrder{long}})
	l.Customer.CompanyName, l.Customer.Name = "独立行政法人先端技術総合研究開発推進機構 つくば中央研究所 附属病院", "事務統括本部 総務企画部 調達第二課 物品管理係"
	out["long"] = l

	out["receipt"] = fax(order.AnswerAcknowledgement, 1, order.Told{Pages: 2, Checking: []order.ToldPage{{Page: 1, Fields: []string{"lines[1].item_code", "lines[1].quantity", "lines[3].quantity", "total_quantity", "ship_to", "delivery_day"}}, {Page: 2, Repeats: true}}})

	out["stockout"] = fax(order.AnswerStockout, 2, order.Told{Orders: []order.ToldOrder{mixed}})

	cut := toldOrder(100000001, 1, 3)
	cut.Lines[0].CancelledQty, cut.Lines[0].CancelledWhy, cut.Lines[0].Arrivals[0].Qty = 1, order.ReasonStock, cut.Lines[0].Qty-1
	cut.Lines[1].CancelledQty, cut.Lines[1].CancelledWhy, cut.Lines[1].Arrivals = cut.Lines[1].Qty, order.ReasonWish, nil
	gone := toldOrder(100000002, 2, 2)
	gone.Cancelled, gone.CancelledWhy = true, order.ReasonStock
	for i := range gone.Lines {
		gone.Lines[i].CancelledQty, gone.Lines[i].CancelledWhy, gone.Lines[i].Arrivals = gone.Lines[i].Qty, order.ReasonStock, nil
	}
	out["cut"] = fax(order.AnswerAcknowledgement, 1, order.Told{Pages: 2, Orders: []order.ToldOrder{cut, gone}})
	out["soldout"] = fax(order.AnswerStockout, 1, order.Told{Pages: 1, Orders: []order.ToldOrder{gone}})

	r := fax(order.AnswerResend, 1, order.Told{Pages: 1, Illegible: []order.ToldPage{{Page: 1, Fields: []string{"customer_code", "lines[1].item_code", "lines[2].quantity"}, Image: "page"}}})
	r.Pictures = map[string]document.Picture{"page": sheetPicture()}
	out["resend"] = r
	return out
}

// Each fax says what it must, the same every time, every page of it numbered.
func TestAnswersAreBlessed(t *testing.T) {
	t.Parallel()
	for name, a := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var one, two bytes.Buffer
			if err := a.RenderPDF(&one); err != nil {
				t.Fatal(err)
			}
			if err := a.RenderPDF(&two); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
				t.Errorf("two renderings differ (%v)", err)
			}
			if dir := os.Getenv("ANSWERS"); dir != "" { // to look at
				if err := os.WriteFile(filepath.Join(dir, name+".pdf"), one.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			text := tool(t, "pdftotext", one.Bytes(), "-layout", "FILE", "-")
			pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
			for i, p := range pages {
				for _, want := range []string{fmt.Sprintf("%d／%d 枚", i+1, len(pages)), a.Number, letterhead.Fax} {
					if !strings.Contains(p, want) {
						t.Errorf("page %d does not say %q", i+1, want)
					}
				}
			}
			golden.Equal(t, "answer-"+name+".txt", []byte(text))
		})
	}
}

// Nothing runs over its neighbour or off the page, and all of it is large enough for a fax.
func TestAnswersKeepTheirBoxes(t *testing.T) {
	t.Parallel()
	for name, a := range answers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := a.RenderPDF(&b); err != nil {
				t.Fatal(err)
			}
			const mm = 25.4 / 72
			type box struct {
				x0, y0, x1, y1 float64
				text           string
			}
			for i, page := range strings.Split(tool(t, "pdftotext", b.Bytes(), "-bbox", "FILE", "-"), "<page ")[1:] {
				var boxes []box
				for line := range strings.SplitSeq(page, "\n") {
					if !strings.Contains(line, "<word ") {
						continue
					}
					v := box{number(line, "xMin") * mm, number(line, "yMin") * mm, number(line, "xMax") * mm, number(line, "yMax") * mm, line}
					if v.x0 < 13.5 || v.x1 > 196.6 || v.y0 < 10 || v.y1 > 291 {
						t.Errorf("page %d runs off: %s", i+1, line)
					}
					if v.y1-v.y0 < 2.4 {
						t.Errorf("page %d: too small for a fax: %s", i+1, line)
					}
					for _, w := range boxes {
						if v.x0 < w.x1-0.4 && w.x0 < v.x1-0.4 && v.y0 < w.y1-1.2 && w.y0 < v.y1-1.2 {
							t.Errorf("page %d: two texts overlap:\n%s\n%s", i+1, line, w.text)
						}
					}
					boxes = append(boxes, v)
				}
			}
		})
	}
}

func number(line, name string) float64 {
	_, rest, _ := strings.Cut(line, name+`="`)
	s, _, _ := strings.Cut(rest, `"`)
	v, _ := strconv.ParseFloat(s, 64)
	return v
}

// White paper and pictures that are missing stop no answer.
func TestAnswerStandsOddPictures(t *testing.T) {
	t.Parallel()
	a := answers()["resend"]
	for _, m := range []*bilevel.Image{nil, bilevel.New(0, 0), bilevel.New(1, 1), bilevel.New(5000, 3)} {
		a.Pictures = map[string]document.Picture{"page": {Image: m}}
		if err := a.RenderPDF(&bytes.Buffer{}); err != nil {
			t.Error(err)
		}
	}
}
