package document_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/document"
	"todoke/templates/form"
	"todoke/templates/typeset"
)

var names = []string{
	"コピー用紙 A4 500枚×5冊 高白色", "油性ボールペン 0.7mm 黒 10本入", "フラットファイル A4タテ 2穴 背幅18mm ブルー 10冊パック",
	"スティックのり 22g", "シュレッダー対応 個別フォルダー A4", "耐震連結金具付スチール書庫（両開き・上置き用）W880×D400×H1050 ホワイト 施錠機能付き・組立設置込み",
	"インクカートリッジ 4色セット（BK・C・M・Y）", "ほうじ茶ティーバッグ 2g×100袋※", "養生テープ 50mm×25m 緑", "事務用回転椅子 肘付 ミドルバック",
}

var customers = []string{
	"株式会社みなと設計事務所 総務部", "医療法人社団さくら会 さくら中央クリニック 事務局", "有限会社𠮷田商店 本社", "学校法人青葉台学園 青葉台高等学校 事務室",
	"髙橋精機株式会社 第二製造部 資材課", "合同会社ひよこ企画",
}

var places = []order.Address{
	{Code: "001", Name: "本社", PostalCode: "1050001", Prefecture: "東京都", Address: "港区海岸北9丁目99番9号 みなとビル7階"},
	{Name: "横浜営業所", PostalCode: "2310001", Prefecture: "神奈川県", Address: "横浜市中区新海岸通88-8"},
	{Name: "研究開発センター 東棟 搬入口", PostalCode: "3050001", Prefecture: "茨城県", Address: "つくば市大字南台一丁目77番地7 研究学園団地内"},
}

var comments = []string{"", "", "", "", "", "3階会議室へ", "納品時に担当の田中（内線 415）までお電話ください。不在の場合は「守衛室」にお預けください。", "=HYPERLINK(\"http://example.com\")", "至急"}

// handwriting is a comment as it would be cut from a fax.
func handwriting(text string) *bilevel.Image {
	c := form.NewRasterCanvas(80, 8, 204, 196)
	c.Text(2, 5.6, text, typeset.Style{Size: 13})
	return c.Bitmap()
}

// sample makes a pick list of n orders, always the same.
func sample(n int) document.PickList {
	r := rand.New(rand.NewPCG(2026, uint64(n)))
	p := document.PickList{
		Number: order.NumberOf(500000012), ShopName: "とどけオフィス通販", WarehouseCode: "E1", WarehouseName: "東日本物流センター",
		ShipOn: order.D(2026, 11, 24), Class: order.ClassNormal, Wave: "第2便",
		ReleasedAt: time.Date(2026, 11, 24, 17, 5, 0, 0, order.JST),
	}
	pic := handwriting("4Fリフレッシュコーナーへ")
	for i := range n {
		o := document.PickOrder{
			Number: order.NumberOf(int64(100000001 + i*7)), ShipmentNo: 1, Channel: []order.Channel{order.ChannelFax, order.ChannelWeb}[i%2],
			Customer: customers[i%len(customers)], ShipTo: places[r.IntN(len(places))], ArrivalOn: order.D(2026, 11, 25),
		}
		for j := range 1 + r.IntN(5) {
			k := r.IntN(60)
			l := document.PickLine{
				LineNo: j + 1, ItemCode: order.WithCheckDigit(fmt.Sprintf("%06d", 12345+k*37)), ItemName: names[k%len(names)], Unit: []string{"冊", "箱", "本", "パック"}[k%4],
				Qty: 1 + r.IntN(40), Comment: comments[r.IntN(len(comments))],
			}
			if k%3 > 0 {
				l.Location = fmt.Sprintf("%c-%02d-%d", 'A'+k%5, k%20, k%4)
			}
			if r.IntN(12) == 0 {
				l.CommentImage, l.CommentXDPI, l.CommentYDPI = pic, 204, 196
			}
			o.Lines = append(o.Lines, l)
		}
		p.Orders = append(p.Orders, o)
	}
	return p
}
