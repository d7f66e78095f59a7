package page

import (
	"fmt"
	"regexp"
	"strings"

	"todoke/order"
)

// fieldNames are the fields of the order form in people's words.
var fieldNames = map[string][2]string{
	"customer_code":       {"お客様コード", "customer code"},
	"ship_to":             {"お届け先コード", "ship-to"},
	"delivery_month":      {"お届け希望月", "delivery month"},
	"delivery_day":        {"お届け希望日", "delivery day"},
	"total_quantity":      {"合計数量", "total quantity"},
	"note":                {"通信欄", "note"},
	"stockout":            {"品切れの場合", "if short"},
	"stockout.backorder":  {"品切れの場合：入荷を待つ", "if short: wait"},
	"stockout.cancel":     {"品切れの場合：取り消す", "if short: cancel"},
	"received_at":         {"受信時刻", "received at"},
	"lines":               {"明細", "lines"},
	"item_code":           {"商品コード", "item code"},
	"quantity":            {"数量", "quantity"},
	"comment":             {"コメント", "comment"},
	"pages":               {"頁数", "pages"},
	"caller":              {"発信番号", "caller"},
	"payment":             {"お支払い", "payment"},
	"designated_on":       {"お届け希望日", "designated date"},
	"Idempotency-Key":     {"受付キー", "idempotency key"},
	"authorisation":       {"カード承認", "card authorisation"},
	"department_code":     {"お客様コード", "customer code"},
	"ship_to.postal_code": {"郵便番号", "postal code"},
}

var lineFieldName = regexp.MustCompile(`^lines\[(\d+)\](?:\.(\w+))?$`)

// FieldName is a field in people's words: 3行目の数量, line 3 quantity.
func FieldName(lang Lang, name string) string {
	if m := lineFieldName.FindStringSubmatch(name); m != nil {
		if m[2] == "" {
			return pick(lang, m[1]+"行目", "line "+m[1])
		}
		return pick(lang, m[1]+"行目の"+FieldName(lang, m[2]), "line "+m[1]+" "+FieldName(lang, m[2]))
	}
	if n, ok := fieldNames[name]; ok {
		return pick(lang, n[0], n[1])
	}
	return name
}

// Reason is a problem with its field and rule: 3行目の数量：「7」と読みましたが確信がありません（FAX-2）.
func Reason(lang Lang, e *order.Error) string {
	text := Saying(lang, e.Message)
	if e.Field != "" {
		text = FieldName(lang, e.Field) + pick(lang, "：", ": ") + text
	}
	if e.Rule != "" {
		text += pick(lang, "（"+e.Rule+"）", " ("+e.Rule+")")
	}
	return text
}

// Reasons are the first few problems with their rules, and how many more there are.
func Reasons(lang Lang, all []*order.Error, most int) string { return reasons(lang, all, most, true) }

// Briefly are the first few problems without their rules: where one line tells why.
func Briefly(lang Lang, all []*order.Error, most int) string {
	return ruleMark.ReplaceAllString(reasons(lang, all, most, false), "")
}

// ruleMark is a rule that a message names itself.
var ruleMark = regexp.MustCompile(`（[A-Z]{3}-\d+）| \([A-Z]{3}-\d+\)`)

func reasons(lang Lang, all []*order.Error, most int, ruled bool) string {
	all = distinct(lang, all)
	said := make([]string, 0, most)
	for i, e := range all {
		if i == most {
			said = append(said, fmt.Sprintf(pick(lang, "ほか%d件", "%d more"), len(all)-most))
			break
		}
		if !ruled && e.Rule != "" {
			bare := *e
			bare.Rule = ""
			e = &bare
		}
		said = append(said, Reason(lang, e))
	}
	return strings.Join(said, pick(lang, "　", "; "))
}

// distinct leaves out what another reason, perhaps of another rule, says already.
func distinct(lang Lang, all []*order.Error) []*order.Error {
	text := func(e *order.Error) string {
		return strings.TrimRight(e.Field+" "+Saying(lang, e.Message), "。. ")
	}
	var out []*order.Error
	for i, e := range all {
		said := false
		for j, other := range all {
			said = said || i != j && strings.HasPrefix(text(other), text(e)) && (len(text(other)) > len(text(e)) || j < i)
		}
		if !said {
			out = append(out, e)
		}
	}
	return out
}

// ResendReason is why a page may be another one again; "" for what the page shows anyway: lines,
// fields and times.
func ResendReason(lang Lang, reason string) string {
	for _, begin := range []string{"item ", "the other one came "} {
		if strings.HasPrefix(reason, begin) {
			return ""
		}
	}
	if fields, ok := strings.CutPrefix(reason, "the ink differs in "); ok {
		var names []string
		for _, f := range strings.Split(fields, ", ") {
			names = append(names, FieldName(lang, f))
		}
		return pick(lang, "筆跡の違い：", "the ink differs: ") + strings.Join(names, pick(lang, "、", ", "))
	}
	return Saying(lang, reason)
}

var pageKinds = map[string][2]string{
	"return_request": {"返品依頼書", "Return request"}, "point_inquiry": {"ポイント確認依頼用紙", "Point inquiry"}, "prize_application": {"賞品申込み用紙", "Prize application"},
	"registration_change": {"お客様登録内容変更用紙", "Registration change"}, "cover": {"送付状", "Cover sheet"}, "blank": {"白紙", "Blank page"},
	"unknown": {"当店の用紙以外", "None of our forms"}, "advert": {"広告", "Advert"}, "unreadable": {"判読不能の頁", "Unreadable page"},
}

// KindOfPage is what a page is, in people's words.
func KindOfPage(lang Lang, kind string) string {
	if n, ok := pageKinds[kind]; ok {
		return pick(lang, n[0], n[1])
	}
	return kind
}

var pageStates = map[string][2]string{
	"review": {"確認待ち", "waits for a person"}, "ordered": {"受注", "ordered"}, "blank": {"白紙", "blank"}, "duplicate": {"重複", "duplicate"}, "junk": {"不要", "junk"},
	"cover": {"送付状", "cover sheet"}, "handled": {"対応済み", "dealt with"}, "joined": {"別の頁の続き", "part of another page"}, "attached": {"注文の書類", "belongs to an order"},
}

// StateOfPage is where a page stands, in people's words.
func StateOfPage(lang Lang, state string) string {
	if n, ok := pageStates[state]; ok {
		return pick(lang, n[0], n[1])
	}
	return state
}
