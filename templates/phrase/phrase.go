// Package phrase says in polite Japanese what faxes and mails to customers say alike.
//
// In: notes, fields and days of answers. Out: sentences of one line. It draws nothing.
package phrase

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"todoke/order"
)

var weekdays = [...]string{"日", "月", "火", "水", "木", "金", "土"}

// Day writes a day with its weekday, such as 11月25日（水）; no day is said to be told later.
func Day(d order.Date) string {
	if d.IsZero() {
		return "別途ご連絡"
	}
	return fmt.Sprintf("%d月%d日（%s）", int(d.Month), d.Day, weekdays[d.Weekday()])
}

// FullDay is Day with its year.
func FullDay(d order.Date) string {
	if d.IsZero() {
		return Day(d)
	}
	return fmt.Sprintf("%d年%s", d.Year, Day(d))
}

func dayText(s string) string {
	d, err := order.ParseDate(s)
	if err != nil {
		return "別途ご連絡の日"
	}
	return Day(d)
}

// Restock says when short goods are expected.
func Restock(d order.Date) string {
	if d.IsZero() {
		return "入荷予定日は未定です"
	}
	return Day(d) + "入荷予定"
}

// Stockout says what becomes of a quantity that is short.
func Stockout(l order.ToldLine, p order.StockoutPreference) string {
	if p == order.StockoutCancel {
		return "欠品時のご指定により、不足分の入荷をお待ちする手配はいたしておりません。"
	}
	if l.RestockOn.IsZero() {
		return "入荷日は未定です。入荷次第お届けいたします。"
	}
	return Day(l.RestockOn) + "に入荷の予定です。入荷次第お届けいたします。"
}

// Cut says that a quantity of a line is cancelled because it is short (STK-2).
func Cut(l order.ToldLine) string {
	if l.CancelledWhy == order.ReasonWish {
		return fmt.Sprintf("欠品時のご指定により、不足分 %d%sはお取り消しとさせていただきました。", l.CancelledQty, l.Unit)
	}
	return fmt.Sprintf("入荷の予定がございませんため、不足分 %d%sはお取り消しとさせていただきました。", l.CancelledQty, l.Unit)
}

// Lack says what becomes of what stock does not cover of a line.
func Lack(l order.ToldLine, p order.StockoutPreference) string {
	s := ""
	if l.CancelledQty > 0 {
		s = Cut(l)
	}
	if l.ShortQty > 0 {
		s += Stockout(l, p)
	}
	return s
}

// SoldOut says that an order is cancelled because nothing of it is to be had.
const SoldOut = "ご注文の商品をご用意することができませんでしたので、ご注文をお取り消しとさせていただきました。誠に申し訳ございません。"

func item(n order.Note) string {
	switch {
	case n.ItemCode == "":
		return ""
	case n.ItemName == "":
		return "商品コード " + n.ItemCode
	}
	return fmt.Sprintf("「%s」（%s）", n.ItemName, n.ItemCode)
}

// Note says a note in one sentence or two. What the sentence is about stands in it, but for the order.
func Note(n order.Note) string { //nolint:gocyclo // a sentence for each kind
	switch n.Kind {
	case order.NoteAddOn:
		return fmt.Sprintf("ご注文 %sへの追加注文として承り、送料は無料です。元のご注文がお取り消しになった場合は、送料を申し受けることがございます。", order.Number(n.Was).Grouped())
	case order.NoteDateMoved:
		why := map[order.Reason]string{
			order.ReasonEarliest: "最短のお届け日より前のため",
			order.ReasonSaturday: "土曜日の配達を承れないため",
			order.ReasonClosed:   "配達休業日にあたるため",
			order.ReasonDeadline: "出荷の締切時刻を過ぎたため",
		}[n.Why]
		return fmt.Sprintf("お届けご希望日 %sは%s、%sにお届けいたします。", dayText(n.Was), why, dayText(n.Now))
	case order.NoteLate:
		return fmt.Sprintf("当日の出荷締切に間に合わなかったため、お届けは最短の %sとなります。ご了承ください。", dayText(n.Now))
	case order.NoteReplanned, order.NoteMoved:
		why := map[order.Reason]string{
			order.ReasonClosed:   "休業日が設けられたため、",
			order.ReasonDeadline: "出荷の締切に間に合わなかったため、",
			order.ReasonCarrier:  "運送会社の都合でお届けに日数がかかるため、",
			order.ReasonFarther:  "遠方の倉庫からお届けするため、",
		}[n.Why]
		if n.Why == order.ReasonArrived {
			return fmt.Sprintf("欠品しておりました商品が入荷いたしましたので、%sにお届けいたします。", dayText(n.Now))
		}
		return fmt.Sprintf("%sお届け予定日を %sから %sに変更させていただきます。誠に申し訳ございません。", why, dayText(n.Was), dayText(n.Now))
	case order.NoteQuantity:
		if n.Why == order.ReasonMultiple {
			return fmt.Sprintf("%d行目 %sは %d 単位での販売のため、数量 %s を %s に改めて承りました。", n.Line, item(n), n.Multiple, n.Was, n.Now)
		}
		return fmt.Sprintf("%d行目 %sは、数量 %s を %s に改めて承りました。", n.Line, item(n), n.Was, n.Now)
	case order.NoteItem:
		now := order.Note{ItemCode: n.Now, ItemName: n.NewName}
		if n.Why == order.ReasonDiscontinued {
			return fmt.Sprintf("%d行目 %sは販売を終了いたしましたため、%sとして承りました。", n.Line, item(n), item(now))
		}
		return fmt.Sprintf("%d行目 %sは、%sとして承りました。", n.Line, item(n), item(now))
	case order.NoteDropped:
		s := fmt.Sprintf("%d行目 %s", n.Line, item(n))
		if n.Was != "" {
			s += " 数量 " + n.Was
		}
		if n.Why == order.ReasonDiscontinued {
			return s + "は販売を終了いたしましたため、承ることができません。" + successor(n)
		}
		return s + "は、今回のご注文には含めておりません。"
	case order.NoteDiscontinued:
		return fmt.Sprintf("%d行目 %sは販売を終了いたしました。%s", n.Line, item(n), successor(n))
	case order.NoteAdded:
		return "確認が済み、新たに承りました。"
	case order.NoteCancelled:
		if n.Now != "" {
			return fmt.Sprintf("ご注文の内容を変更し、新しいご注文番号 %s で承りました。", order.Number(n.Now).Grouped())
		}
		switch n.Why {
		case order.ReasonRefused:
			return "貴社のご承認者様が否認されましたので、ご注文を取り消しました。"
		case order.ReasonLapsed:
			return "期限までに貴社のご承認をいただけませんでしたので、ご注文を取り消しました。"
		case order.ReasonStock:
			return SoldOut
		default:
			return "ご注文を取り消しました。"
		}
	case order.NoteChanged:
		return changed(n)
	case order.NoteHeld:
		if n.Why == order.ReasonApproval {
			return HeldForApproval
		}
		return "内容を確認させていただくため、出荷を一時見合わせております。"
	case order.NoteFreed:
		if n.Why == order.ReasonApproval {
			return "貴社のご承認をいただきましたので、出荷の手配を進めております。"
		}
		return "確認が済みましたので、出荷の手配を進めております。"
	case order.NoteShort:
		return fmt.Sprintf("%d行目 %sに欠品が生じました（不足数量 %s）。", n.Line, item(n), n.Now)
	case order.NoteCut:
		if n.Why == order.ReasonWish {
			return fmt.Sprintf("%d行目 %sが欠品のため、欠品時のご指定により、不足分（数量 %s）をお取り消しとさせていただきました。", n.Line, item(n), n.Now)
		}
		return fmt.Sprintf("%d行目 %sが欠品し、入荷の予定がございませんため、不足分（数量 %s）をお取り消しとさせていただきました。誠に申し訳ございません。", n.Line, item(n), n.Now)
	case order.NoteRestock:
		switch {
		case n.Now == "":
			return fmt.Sprintf("欠品しております %d行目 %sの入荷日が未定となりました。入荷次第お届けいたします。誠に申し訳ございません。", n.Line, item(n))
		case n.Was == "":
			return fmt.Sprintf("欠品しております %d行目 %sは、%sに入荷の予定です。", n.Line, item(n), dayText(n.Now))
		}
		return fmt.Sprintf("欠品しております %d行目 %sの入荷予定日が、%sから %sに変更となりました。", n.Line, item(n), dayText(n.Was), dayText(n.Now))
	case order.NoteFilled:
		if n.Now == "0" {
			return fmt.Sprintf("欠品しておりました %d行目 %sが入荷し、お手配いたしました。", n.Line, item(n))
		}
		return fmt.Sprintf("欠品しておりました %d行目 %sが一部入荷いたしました（残り不足数量 %s）。", n.Line, item(n), n.Now)
	case order.NoteAmount:
		return fmt.Sprintf("合計金額（税込）を %s円から %s円に改めました。", n.Was, n.Now)
	}
	return ""
}

// changed says what of an order the desk changed, and the number that it has now.
func changed(n order.Note) string {
	what := "内容を変更し"
	var parts []string
	for part := range strings.FieldsSeq(n.Now) {
		day, designated := strings.CutPrefix(part, "designated_on=")
		switch {
		case day == "none":
			parts = append(parts, "お届けご希望日のご指定をなしに")
		case designated:
			parts = append(parts, "お届けご希望日を"+dayText(day)+"に")
		case part == "ship_to":
			parts = append(parts, "お届け先を下記に")
		case part == "lines":
			parts = append(parts, "ご注文の明細を下記に")
		}
	}
	if len(parts) > 0 {
		what = strings.Join(parts, "、") + "変更し"
	}
	return fmt.Sprintf("ご注文 %sの%s、新しいご注文番号 %sで承りました。", order.Number(n.Was).Grouped()+" ", what, n.Order.Grouped()+" ")
}

// HeldForApproval says that an order waits for its customer's own approver (APR-1).
const HeldForApproval = "貴社のご承認をお待ちしております。ご承認をいただき次第お手配し、お届け日を改めてお知らせいたします。"

func successor(n order.Note) string {
	if n.Successor == "" {
		return "後継品のご用意はございません。"
	}
	return fmt.Sprintf("後継品は %sです。ご入用の際は改めてご注文ください。", item(order.Note{ItemCode: n.Successor, ItemName: n.NewName}))
}

var lineField = regexp.MustCompile(`^lines\[([1-9][0-9]?)\](?:\.([a-z_]+))?$`)

var fields = map[string]string{
	"customer_code": "お客様コード", "ship_to": "お届け先コード", "delivery_month": "お届けご希望日", "delivery_day": "お届けご希望日",
	"total_quantity": "合計数量", "note": "通信欄", "stockout.backorder": "欠品時のご指定", "stockout.cancel": "欠品時のご指定",
	"item_code": "商品コード", "quantity": "数量", "comment": "コメント",
}

// Fields names the fields of a form as they are called on it, each once; more than most are counted.
func Fields(names []string, most int) string {
	var out []string
	for _, name := range names {
		s := fields[name]
		if m := lineField.FindStringSubmatch(name); m != nil {
			s = m[1] + "行目"
			if f := fields[m[2]]; f != "" {
				s += "の" + f
			}
		}
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) > most {
		return strings.Join(out[:most], "、") + fmt.Sprintf(" ほか%d箇所", len(out)-most)
	}
	return strings.Join(out, "、")
}

// Checking says what a person is looking at on a page, and what happens next.
func Checking(p order.ToldPage) string {
	const most = 5
	name := fmt.Sprintf("%d枚目", p.Page)
	switch f := Fields(p.Fields, most); {
	case p.Repeats:
		return name + "は、先にいただきましたご注文と同じ内容の可能性がございますので、確認いたしております。確認が済むまで重ねてのお手配はいたしません。"
	case f != "":
		return name + "は、" + f + "を担当者が確認いたしております。"
	}
	return name + "は、担当者が内容を確認いたしております。"
}

// Settled says of a page that was being looked at that no order came of it.
func Settled(p order.ToldPage) string {
	return fmt.Sprintf("%d枚目は、確認が済みました。このページによる新たなご注文のお手配はございません。ご不明な点がございましたら、お手数ですがご連絡ください。", p.Page)
}

// Illegible says what of a page could not be read.
func Illegible(p order.ToldPage) string {
	const most = 8
	name := "お送りいただいた FAX"
	if p.Page > 0 {
		name = fmt.Sprintf("%d枚目", p.Page)
	}
	if f := Fields(p.Fields, most); f != "" {
		return name + "は、" + f + "を読み取ることができませんでした。"
	}
	return name + "は、文字が不鮮明などのため読み取ることができませんでした。"
}
