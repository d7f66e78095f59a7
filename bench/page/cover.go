package page

import (
	"fmt"
	"math/rand/v2"

	"todoke/templates/typeset"
)

// cover draws the cover sheet of one sender in one of the layouts. What stays is drawn by the
// sender's seed, what changes from fax to fax by day and pages; order, where not empty, is what
// the sender wrote on it beside.
func cover(sender uint64, layout, day, pages int, order []string) *sheet {
	stay := rand.New(rand.NewPCG(sender, 77))
	s := newSheet(stay)
	change := rand.New(rand.NewPCG(sender^uint64(day)<<20, 78))
	company, person, tel, fax := s.pick(companies), s.pick(people), s.number(), s.number()
	var free [3]float64 // where something may be written: x, baseline, pitch
	switch layout % covers {
	case 0: // a letter
		s.Text(185, 30, s.date(day), typeset.Style{Size: 10.5, Align: typeset.Right})
		s.Text(25, 45, "とどけオフィス通販 お客様サービスデスク 御中", pt(12))
		s.lines(125, 60, 6, pt(10.5), company, "担当　"+person, "TEL "+tel, "FAX "+fax)
		s.Text(width/2, 100, "書 類 送 付 の ご 案 内", centred(bold(16)))
		s.lines(25, 118, 7.5, pt(10.5), "拝啓　時下ますますご清栄のこととお慶び申し上げます。", "平素は格別のご高配を賜り、厚く御礼申し上げます。",
			"下記の書類をお送りいたしますので、ご査収のほどよろしくお願い", "申し上げます。")
		s.Text(180, 152, "敬具", pt(10.5))
		s.Text(width/2, 168, "記", centred(pt(10.5)))
		s.Text(35, 182, fmt.Sprintf("FAX注文書　%d枚（本状含め%d枚）", pages, pages+1), pt(10.5))
		s.Text(180, 196, "以上", pt(10.5))
		free = [3]float64{30, 215, 12}
	case 1: // FAX送信票 as a table
		s.Frame(20, 22, 170, 18, .8)
		s.Text(width/2, 34, "Ｆ Ａ Ｘ 送 信 票", centred(bold(20)))
		at := s.table(20, 50, 170, 11, 6, 35, 95, 120)
		for i, t := range [][4]string{
			{"送信先", "とどけオフィス通販", "発信元", company},
			{"御担当", "ご注文受付", "担当", person},
			{"FAX", "03-0000-2417", "FAX", fax},
			{"TEL", "", "TEL", tel},
			{"件名", "注文書の送付", "日付", s.date(day)},
			{"枚数", fmt.Sprintf("%d枚", pages+1), "区分", "至急・通常"},
		} {
			for j, v := range t {
				x, y := at(i, j)
				s.Text(x, y, v, typeset.Style{Size: 10.5, Fit: 58})
			}
		}
		x := 25.0
		for _, t := range []string{"ご確認ください", "ご返信ください", "ご参考まで", "お電話ください"} {
			s.Frame(x, 124, 4, 4, .25)
			x += 7 + s.Text(x+6, 127.6, t, pt(10)) + 4
		}
		s.Line(24, 124.5, 29, 128, .5)
		s.Text(24, 145, "【通信欄】", bold(10.5))
		s.Frame(20, 138, 170, 135, .35)
		s.lines(28, 156, 8, pt(10.5), "いつもお世話になっております。", "注文書をお送りします。よろしくお願いいたします。")
		free = [3]float64{28, 190, 13}
	case 2: // English
		s.Text(25, 40, "FAX COVER SHEET", bold(26))
		s.Line(25, 46, 185, 46, .8)
		s.lines(25, 62, 9, pt(11), "To: Todoke Office Supply, Order Desk", "From: "+person+" / "+company, "Fax: "+fax, "Tel: "+tel,
			"Date: "+s.date(day), fmt.Sprintf("Pages (including cover): %d", pages+1), "Re: Order")
		s.Line(25, 128, 185, 128, .4)
		s.lines(25, 142, 7, pt(11), "Please find our order on the following page.", "Kindly confirm receipt by return fax.")
		s.lines(25, 268, 5, pt(8), "This message is intended only for the addressee and may contain confidential information.",
			"If you have received it in error, please notify the sender and destroy it.")
		free = [3]float64{28, 180, 13}
	case 3: // large letters and a logo
		s.Fill(22, 20, 26, 26)
		s.Text(54, 38, company, bold(15))
		s.Text(width/2, 88, "ＦＡＸ", centred(bold(64)))
		s.lines(40, 120, 13, pt(14), "とどけオフィス通販 御中", "発信："+person, s.date(day), fmt.Sprintf("枚数：本紙含め %d 枚", pages+1))
		s.Line(40, 124, 170, 124, .3)
		s.Text(40, 190, "注文書をお送りします。", pt(13))
		free = [3]float64{40, 215, 13}
	case 4: // printed form filled in by hand
		s.Text(width/2, 36, "FAX送付状", centred(bold(22)))
		at := s.table(25, 48, 160, 15, 6, 35)
		rows := []string{"宛先", "発信者", "電話／FAX", "件名", "送信枚数", "日付"}
		for i, t := range rows {
			x, y := at(i, 0)
			s.Text(x, y, t, pt(11))
		}
		was := s.r
		s.r = change
		written := []string{"とどけオフィス通販様", company, tel, "注文の件", fmt.Sprintf("%d 枚", pages+1), s.date(day)}
		for i, t := range written {
			x, y := at(i, 1)
			s.write(x+3, y+1, 15, t)
		}
		s.r = was
		s.Text(25, 155, "連絡事項", bold(11))
		for i := range 8 {
			s.Line(25, 168+12*float64(i), 185, 168+12*float64(i), .2)
		}
		free = [3]float64{28, 190, 12}
	case 5: // a slip of few words
		s.lines(30, 50, 12, pt(14), "とどけオフィス通販 様", "注文書を送ります。", company+"　"+person, "FAX "+fax, s.date(day))
		free = [3]float64{30, 140, 13}
	case 6: // framed, with notes below
		s.Frame(18, 18, 174, 260, .6)
		s.Frame(20, 20, 170, 256, .2)
		s.Text(width/2, 40, "送　付　状", centred(bold(24)))
		s.lines(30, 62, 8, pt(11), "とどけオフィス通販 御中", "", s.date(day), company, person, "電話 "+tel)
		at := s.table(30, 120, 150, 10, 5, 90)
		for i, t := range []string{"書類名", "ご注文書", "お見積書", "納品書", "その他"} {
			x, y := at(i, 0)
			s.Text(x, y, t, pt(10.5))
		}
		x, y := at(0, 1)
		s.Text(x, y, "部数", pt(10.5))
		x, y = at(1, 1)
		s.Text(x, y, fmt.Sprintf("%d部", pages), pt(10.5))
		s.lines(30, 252, 6, pt(9), "送信に不備がございましたら、お手数ですが上記までご連絡ください。")
		free = [3]float64{35, 190, 12}
	default: // by hand, on plain paper
		s.r = change
		y := 50.0
		for _, t := range []string{"とどけオフィス通販 様", s.date(day), "注文書 送ります", fmt.Sprintf("全部で %d 枚です", pages+1), company, person + "より"} {
			s.write(30, y, 19, t)
			y += 15
		}
		s.r = stay
		free = [3]float64{30, 165, 14}
	}
	s.r = change
	for i, t := range order {
		s.write(free[0], free[1]+free[2]*float64(i), 15, t)
	}
	return s
}

// covers is how many layouts cover has.
const covers = 8
