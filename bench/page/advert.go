package page

import (
	"fmt"
	"math/rand/v2"

	"todoke/templates/typeset"
)

// adverts is how many layouts advert has.
const adverts = 7

// advert draws the advert of one advertiser. order, where not empty, is what somebody wrote on
// it; day changes nothing but a small date.
func advert(advertiser uint64, layout, day int, order []string) *sheet {
	s := newSheet(rand.New(rand.NewPCG(advertiser, 91)))
	var free [3]float64 // where something may be written: x, baseline, pitch
	switch layout % adverts {
	case 0: // a headline in black, a picture, prices
		s.reversed(12, 14, 186, 34, bold(44), "驚きの低価格！")
		s.tone(15, 56, 88, 70, .42)
		s.lines(110, 66, 13, bold(22), "複合機リース", "月々4,980円", "～カウンター料金", "モノクロ0.8円")
		s.reversed(110, 112, 85, 14, bold(20), "今だけキャンペーン中")
		for i := range 3 {
			s.tone(15+62*float64(i), 136, 56, 38, .42)
			s.Text(43+62*float64(i), 182, fmt.Sprintf("プラン%c", 'A'+rune(i)), centred(bold(14)))
		}
		s.Frame(12, 236, 186, 50, .8)
		s.lines(18, 248, 9, pt(12), "□資料を希望する　□見積を希望する　□電話が欲しい", "御社名　　　　　　　　　　　御担当　　　　　　　", "今後のFAXが不要な方は番号を記入し返信ください　FAX "+s.number())
		free = [3]float64{25, 200, 12}
	case 1: // a seminar
		s.Text(width/2, 30, "【FAX案内】無料セミナーのご案内", centred(bold(20)))
		s.reversed(15, 38, 180, 26, bold(30), "人手不足を解決する3つの方法")
		s.tone(140, 72, 52, 64, 0)
		s.lines(18, 80, 8, pt(12), "日時："+s.date(day), "会場：駅前ホール 3階", "定員：先着30名様", "参加費：無料", "講師：経営コンサルタント "+s.pick(people), "", "こんなお悩みはありませんか？", "・求人を出しても応募がない", "・若手がすぐ辞めてしまう")
		s.reversed(15, 160, 180, 16, bold(22), "参加申込書　FAX "+s.number())
		at := s.table(15, 182, 180, 13, 5, 45)
		for i, t := range []string{"会社名", "ご住所", "お名前", "TEL", "参加人数"} {
			x, y := at(i, 0)
			s.Text(x, y, t, pt(12))
		}
		free = [3]float64{70, 268, 12}
	case 2: // wholesale offers, many pictures
		s.reversed(10, 10, 190, 22, bold(32), "業務用食材 大特価市")
		for i := range 3 {
			for j := range 4 {
				x, y := 12+64*float64(i), 38+50*float64(j)
				s.tone(x, y, 58, 32, .5)
				s.Text(x, y+38, s.pick([]string{"冷凍エビ 1kg", "国産豚バラ 2kg", "業務用カレー", "鶏もも 2kg", "ポテト 1kg"}), bold(11))
				s.Text(x+56, y+46, fmt.Sprintf("%d円", 198+100*s.r.IntN(20)), typeset.Style{Size: 22, Weight: typeset.Bold, Align: typeset.Right})
			}
		}
		s.reversed(10, 242, 190, 14, bold(18), "ご注文はFAXで 24時間受付 "+s.number())
		free = [3]float64{20, 270, 11}
	case 3: // money
		s.Text(width/2, 50, "事業資金", centred(bold(72)))
		s.reversed(15, 64, 180, 40, bold(58), "即日融資")
		s.lines(30, 130, 18, bold(30), "最大1,000万円", "無担保・無保証人", "来店不要")
		s.Text(width/2, 210, "お電話一本 "+s.number(), centred(bold(28)))
		s.Fill(15, 222, 180, 6)
		free = [3]float64{30, 252, 13}
	case 4: // type alone: looks like a letter
		s.Text(width/2, 35, "電気料金削減のご提案", centred(bold(20)))
		y := 55.0
		for range 16 {
			y = s.lines(25, y, 8, pt(11), "御社の電気料金を無料で診断いたします。昨年は三百社の経費を削減しました。")
		}
		s.Text(width/2, 220, "お問い合わせ "+s.number(), centred(bold(18)))
		free = [3]float64{25, 245, 12}
	case 5: // a tint behind everything
		s.tone(10, 10, 190, 90, .45)
		s.reversed(30, 36, 150, 36, bold(40), "オフィス移転祭")
		s.lines(20, 118, 12, bold(18), "中古デスク 3,800円より", "中古チェア 1,980円より", "パーテーション 5,500円より", "不要品の引取り 0円")
		s.tone(110, 170, 85, 60, 0)
		s.Text(20, 252, "倉庫直売 "+s.date(day)+"まで", bold(20))
		free = [3]float64{20, 200, 12}
	default: // coupons
		s.Text(width/2, 34, "新規開店", centred(bold(60)))
		for i := range 2 {
			for j := range 3 {
				x, y := 14+93*float64(i), 50+56*float64(j)
				s.Frame(x, y, 88, 50, .9)
				s.reversed(x+2, y+2, 84, 14, bold(18), "クーポン")
				s.Text(x+44, y+36, fmt.Sprintf("%d%%OFF", 5+5*s.r.IntN(9)), centred(bold(34)))
			}
		}
		s.tone(14, 224, 180, 40, .42)
		free = [3]float64{20, 280, 10}
	}
	for i, t := range order {
		s.write(free[0], free[1]+free[2]*float64(i), 15, t)
	}
	return s
}
