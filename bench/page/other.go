package page

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"todoke/bench/fax"
	"todoke/templates/barcode"
	printed "todoke/templates/form"
	"todoke/templates/typeset"
)

// owns is how many layouts own has.
const owns = 8

// own draws an order on the customer's own paper.
func own(seed uint64, layout int) *sheet {
	r := rand.New(rand.NewPCG(seed, 55))
	s := newSheet(r)
	company, day := s.pick(companies), r.IntN(200)
	line := func() (string, string) { return s.pick(goods), strconv.Itoa(1 + r.IntN(40)) }
	switch layout % owns {
	case 0: // a typed order
		s.Text(width/2, 32, "注　文　書", centred(bold(22)))
		s.lines(20, 50, 7, pt(11), "とどけオフィス通販 御中", "", "下記の通り注文いたします。")
		s.lines(130, 50, 6, pt(10), s.date(day), company, "担当 "+s.pick(people), "TEL "+s.number())
		at := s.table(20, 85, 170, 9, 16, 12, 42, 115, 135)
		for j, t := range []string{"No", "品番", "品名", "数量", "備考"} {
			x, y := at(0, j)
			s.Text(x, y, t, bold(10))
		}
		for i := 1; i <= 3+r.IntN(11); i++ {
			name, n := line()
			for j, t := range []string{strconv.Itoa(i), fmt.Sprintf("%07d", r.IntN(9999999)), name, n} {
				x, y := at(i, j)
				s.Text(x, y, t, pt(10))
			}
		}
	case 1: // the same ruled form, by hand
		s.Text(width/2, 32, "注　文　書", centred(bold(22)))
		s.write(20, 52, 16, "とどけさん")
		s.write(120, 52, 14, company)
		at := s.table(20, 70, 170, 12, 14, 100, 130)
		for i := range 2 + r.IntN(8) {
			name, n := line()
			x, y := at(i, 0)
			s.write(x, y, 14, name)
			x, y = at(i, 1)
			s.write(x, y, 16, n)
		}
	case 2: // a note
		y := 45.0
		s.write(25, y, 20, "注文お願いします")
		for range 2 + r.IntN(5) {
			name, n := line()
			y += 17
			s.write(25, y, 18, name+"　"+n+"コ")
		}
		s.write(25, y+25, 16, company)
	case 3: // a mail printed
		s.lines(20, 25, 6, pt(9), "差出人: "+s.pick(people)+" <order@example.jp>", "宛先: とどけオフィス通販", "件名: 注文", "日時: "+s.date(day))
		s.Line(20, 50, 190, 50, .3)
		y := s.lines(20, 60, 6, pt(10.5), "いつもお世話になっております。"+company+"です。", "以下の品物をお願いいたします。", "")
		for range 2 + r.IntN(6) {
			name, n := line()
			y = s.lines(25, y, 6, pt(10.5), "・"+name+" × "+n)
		}
		s.lines(20, y+6, 6, pt(10.5), "よろしくお願いいたします。")
	case 4: // a catalogue page with quantities written on it
		for i := range 2 {
			for j := range 3 {
				x, y := 14+94*float64(i), 20+84*float64(j)
				s.tone(x, y, 88, 46, .42)
				s.Text(x, y+53, s.pick(goods), bold(11))
				s.lines(x, y+60, 5, pt(8), fmt.Sprintf("品番 %07d", r.IntN(9999999)), fmt.Sprintf("税抜 %d円", 100+r.IntN(9000)))
				if r.IntN(2) == 0 {
					s.write(x+55, y+64, 26, strconv.Itoa(1+r.IntN(30))+"コ")
				}
			}
		}
		s.write(20, 280, 17, company+" 注文")
	case 5: // a spreadsheet
		at := s.table(12, 20, 186, 6.5, 38, 14, 40, 110, 130, 155)
		for i := range 8 + r.IntN(28) {
			name, n := line()
			for j, t := range []string{strconv.Itoa(i + 1), fmt.Sprintf("%07d", r.IntN(9999999)), name, n, strconv.Itoa(100 * r.IntN(90)), ""} {
				x, y := at(i, j)
				s.Text(x, y, t, pt(9))
			}
		}
	case 6: // on the back of an advert of ours: dark headline, order by hand
		s.reversed(12, 12, 186, 26, bold(34), "決算セール開催中")
		s.tone(14, 44, 60, 50, .42)
		s.write(20, 120, 20, "下記 注文します")
		for i := range 2 + r.IntN(5) {
			name, n := line()
			s.write(20, 140+16*float64(i), 17, name+"　"+n)
		}
		s.write(20, 265, 17, company)
	default: // ordered on a cover sheet
		name, n := line()
		return cover(seed, r.IntN(covers), day, 1, []string{"追加で " + name + " " + n + "コ お願いします"})
	}
	return s
}

// letters is how many layouts letter has.
const letters = 3

// letter draws what is no order and no cover sheet: a complaint, an invoice of someone, a map.
func letter(seed uint64, layout int) *sheet {
	r := rand.New(rand.NewPCG(seed, 66))
	s := newSheet(r)
	switch layout % letters {
	case 0:
		s.Text(185, 28, s.date(r.IntN(200)), typeset.Style{Size: 10.5, Align: typeset.Right})
		s.Text(25, 40, "とどけオフィス通販 御中", pt(11))
		s.Text(width/2, 60, "納品間違いについて", centred(bold(14)))
		s.lines(25, 76, 8, pt(10.5), "先日納品いただいた商品に間違いがございました。", "注文したのは"+s.pick(goods)+"ですが、", s.pick(goods)+"が届いております。", "至急交換をお願いいたします。", "", s.pick(companies)+"　"+s.pick(people))
	case 1:
		s.Text(width/2, 30, "請　求　書", centred(bold(22)))
		s.lines(20, 50, 7, pt(11), "とどけオフィス通販 御中", fmt.Sprintf("ご請求金額 ￥%d,%03d－", 1+r.IntN(90), r.IntN(1000)))
		at := s.table(20, 80, 170, 9, 12, 90, 120, 145)
		for i := range 4 + r.IntN(6) {
			x, y := at(i, 0)
			s.Text(x, y, "運送費", pt(10))
			x, y = at(i, 3)
			s.Text(x, y, strconv.Itoa(1000*r.IntN(50)), pt(10))
		}
	default:
		s.write(25, 50, 18, "配送の方へ")
		s.write(25, 70, 16, "裏口から入ってください")
		s.Frame(40, 100, 60, 40, .8)
		s.Line(20, 160, 190, 160, 1.2)
		s.Line(120, 90, 120, 220, 1.2)
		s.write(45, 125, 16, "会社")
	}
	return s
}

// otherForm draws a form of ours of another kind, as later versions of the program print them.
func otherForm(seed uint64, kind printed.Kind) (*sheet, error) {
	r := rand.New(rand.NewPCG(seed, 44))
	s := newSheet(r)
	for _, p := range [][2]float64{{8, 8}, {197, 8}, {8, 284}, {197, 284}} {
		s.Fill(p[0], p[1], 5, 5)
	}
	id := printed.Identity{Kind: kind, Version: 1, CustomerCode: fmt.Sprintf("%08d", r.IntN(99999999))}
	qr, err := barcode.QR(id.Payload(), 2)
	if err != nil {
		return nil, err
	}
	bars, err := barcode.Code128(id.Number())
	if err != nil {
		return nil, err
	}
	s.Modules(165, 16, 25, 25, qr)
	s.Modules(25, 268, 62, 9, [][]bool{bars})
	title := map[printed.Kind]string{
		printed.KindReturn: "返品依頼書", printed.KindPoints: "ポイント確認依頼用紙", printed.KindPrize: "賞品申込み用紙", printed.KindRegistration: "お客様登録内容変更用紙",
	}[kind]
	s.Text(width/2, 30, title, centred(bold(20)))
	at := s.table(20, 60, 170, 12, 12, 50, 120)
	for i := range 2 + r.IntN(8) {
		x, y := at(i, 0)
		s.write(x, y, 15, fmt.Sprintf("%07d", r.IntN(9999999)))
		x, y = at(i, 1)
		s.write(x, y, 15, strconv.Itoa(1+r.IntN(20)))
	}
	return s, nil
}

// torn keeps a part of a sheet: the rest was torn off or folded away.
func torn(p *fax.Paper, r *rand.Rand) *fax.Paper {
	p = p.Clone()
	m := p.Image
	keep := .35 + .3*r.Float64()
	switch r.IntN(3) {
	case 0: // the upper part is left
		for y := int(float64(m.H) * keep); y < m.H; y++ {
			clear(m.Row(y))
		}
	case 1: // the lower
		for y := range int(float64(m.H) * (1 - keep)) {
			clear(m.Row(y))
		}
	default: // the left
		for y := range m.H {
			for x := int(float64(m.W) * keep); x < m.W; x++ {
				m.Set(x, y, false)
			}
		}
	}
	return p
}

// black draws what machines send when the lid is open or the glass is covered.
func black(seed uint64) *sheet {
	r := rand.New(rand.NewPCG(seed, 33))
	s := newSheet(r)
	switch r.IntN(3) {
	case 0:
		s.Fill(0, 0, width, height)
	case 1:
		s.Fill(0, 0, width, height*(.985+.01*r.Float64()))
	default: // grain all over
		m := s.Bitmap()
		for y := range m.H {
			for x := range m.W {
				if r.IntN(2) == 0 {
					m.Set(x, y, true)
				}
			}
		}
	}
	return s
}
