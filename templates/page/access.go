package page

import (
	"net/url"
	"regexp"
	"strings"

	"todoke/order"
)

// subjectPaths are where what an access was about opens: one that ends in / takes its name.
var subjectPaths = map[string]string{
	"order": "/desk/orders/", "customer": "/desk/customers/", "document": "/desk/archive/inbound/", "issued document": "/desk/archive/issued/", "audit report": "/desk/audits/report",
	"customers": "/desk/customers", "orders": "/desk/orders", "dealer requests": "/desk/dealers", "staff": "/desk/staff", "table": "/desk/rules/", "gateway test": "/desk/gateways",
	"gateway": "/desk/gateways/", "run": "/desk/runs", "archive": "/desk/archive", "accesses": "/desk/accesses",
}

// SubjectPath is where what an access was about opens; "" where nothing does.
func SubjectPath(subject string) string {
	if path, ok := subjectPaths[subject]; ok && !strings.HasSuffix(path, "/") {
		return path
	}
	i := strings.LastIndexByte(subject, ' ')
	if i < 0 {
		return ""
	}
	kind, name := subject[:i], subject[i+1:]
	if strings.HasPrefix(kind, "run ") {
		return subjectPaths["run"]
	}
	path := subjectPaths[kind]
	if !strings.HasSuffix(path, "/") {
		if kind == "staff" {
			return path
		}
		return ""
	}
	name, _, _ = strings.Cut(name, ".") // a page's document
	return path + name
}

// AccessDetail is what the log says more, in people's words; reasons stay as they were written.
func AccessDetail(lang Lang, detail string) string {
	if lang == English {
		if strings.HasPrefix(detail, "/desk/") {
			return strings.ReplaceAll(detail[strings.LastIndexByte(detail, '/')+1:], "-", " ")
		}
		return detail
	}
	if strings.HasPrefix(detail, "/desk/") {
		return acted(detail)
	}
	for _, w := range accessPatterns {
		if m := w.re.FindStringSubmatch(detail); m != nil {
			return w.japanese(m)
		}
	}
	for _, w := range accessWords {
		rest, ok := strings.CutPrefix(detail, w[0])
		if !ok || rest != "" && !strings.HasSuffix(w[0], " ") && !strings.HasSuffix(w[0], ":") {
			continue
		}
		rest = strings.TrimPrefix(rest, " ")
		if strings.HasPrefix(w[0], "searched") || strings.HasPrefix(w[0], "exported") {
			return w[1] + narrowed(rest)
		}
		if n, ok := accessValues[rest]; ok {
			rest = n
		} else if n, ok := roleNames[rest]; ok {
			rest = n[0]
		} else if n, err := order.ParseNumber(rest); err == nil {
			rest = n.Grouped()
		} else if on, err := order.ParseDate(rest); err == nil {
			rest = Date(lang, on)
		}
		return w[1] + rest
	}
	return detail
}

// acts are the last parts of paths of which the record says nothing else.
var acts = map[string]string{
	"key": "欄の入力", "undo": "入力の取り消し", "settle": "受注", "line": "行の追加", "drop": "行の除外", "as": "再送の判断", "close": "終了", "reopen": "確認に戻す", "claim": "作業の継続", "later": "あとに回す",
	"turn": "頁の回転", "split": "分割", "join": "まとめ", "attach": "書類として保管", "note": "メモ", "received": "受信時刻の判断", "lang": "表示言語の切り替え", "factor": "二段階認証の設定", "sessions": "ログイン中の端末の終了",
	"password": "パスワードの変更", "verify": "全件の照合", "resolve": "誤読の処置", "shipped": "出荷報告", "acknowledged": "受領の連絡", "act": "注文の処理", "wish": "ご希望の変更", "dealer": "販売店への依頼", "take-over": "作業の引き継ぎ",
}

func acted(path string) string {
	if what, ok := acts[path[strings.LastIndexByte(path, '/')+1:]]; ok {
		return what
	}
	return place(Japanese, path)
}

// narrowed is what was searched for, as the record keeps it: name=value, by & or a space.
func narrowed(search string) string {
	if search == "all" {
		return "すべて"
	}
	names := map[string]string{
		"day": "日付", "from": "開始日", "to": "終了日", "login": "担当者", "action": "操作", "customer": "お客様コード", "subject": "対象", "min": "金額の下限", "max": "金額の上限", "party": "取引先", "kind": "種類", "number": "番号",
	}
	glue := " "
	if strings.Contains(search, "&") {
		glue = "&"
	}
	var out []string
	for _, part := range strings.Split(search, glue) {
		name, value, ok := strings.Cut(part, "=")
		word, known := names[name]
		if !ok || !known {
			return search // somebody's own words
		}
		if glue == "&" {
			if v, err := url.QueryUnescape(value); err == nil {
				value = v
			}
		}
		switch name {
		case "action":
			value = ActionName(Japanese, value)
		case "kind":
			value = SealKind(Japanese, IssueKind(Japanese, SourceName(Japanese, value)))
		case "subject":
			value = Subject(Japanese, value)
		}
		if on, err := order.ParseDate(value); err == nil {
			value = Date(Japanese, on)
		}
		if value != "" {
			out = append(out, word+" "+value)
		}
	}
	return strings.Join(out, "、")
}

var accessPatterns = []struct {
	re       *regexp.Regexp
	japanese func(m []string) string
}{
	{regexp.MustCompile(`^by hand, inserted (true|false): (?s:(.*))$`), func(m []string) string {
		return map[string]string{"true": "手動で実行：", "false": "手動（実行済み）："}[m[1]] + m[2]
	}},
	{regexp.MustCompile(`^sent delivery (\d+) again: (?s:(.*))$`), func(m []string) string { return "送付 " + m[1] + " を再送：" + m[2] }},
	{regexp.MustCompile(`^told by fax of shipment (\d+): (?s:(.*))$`), func(m []string) string { return "出荷" + m[1] + "の発送のお知らせをFAXで送付：" + m[2] }},
	{regexp.MustCompile(`^turned by (\d+), to be read again$`), func(m []string) string { return m[1] + "度回して読み取り直し" }},
	{regexp.MustCompile(`^put off until (\d\d:\d\d)(:\d\d)?$`), func(m []string) string { return m[1] + "まであとに回す" }},
	{regexp.MustCompile(`^closed as (.+) sent again$`), func(m []string) string { return m[1] + " の再送として終了" }},
	{regexp.MustCompile(`^taken in from mail (\d+)$`), func(m []string) string { return "メール " + m[1] + " から受け付け" }},
	{regexp.MustCompile(`^approval by telephone of (.*?), approved (true|false): (?s:(.*))$`), func(m []string) string {
		return "電話での" + map[string]string{"true": "承認", "false": "否認"}[m[2]] + "（" + m[1] + "）：" + m[3]
	}},
	{regexp.MustCompile(`^taken over from (.+)$`), func(m []string) string { return m[1] + "さんから引き継ぎ" }},
	{regexp.MustCompile(`^(answers|stockout|phone|kana): (.*?) \((?s:(.*))\)$`), func(m []string) string {
		name := map[string]string{"answers": "FAXへの回答", "stockout": "品切れの場合", "phone": "電話", "kana": "フリガナ"}[m[1]]
		value := map[string]string{"": "登録・既定どおり", "mail": "メールで回答", "bad_news": "ご注文どおりでない場合だけFAX"}[m[2]]
		if value == "" {
			value = word(Japanese, m[2])
		}
		return name + "：" + value + "（" + m[3] + "）"
	}},
}

// accessValues are what stands behind a word of the record.
var accessValues = map[string]string{
	"begin": "開始", "confirm": "設定", "codes": "復旧コードの作り直し", "remove": "解除", "gateway": "受信サービス", "server": "当社サーバー", "resend": "再送", "addon": "追加注文", "correction": "訂正", "own": "別の注文",
	"blank": "白紙", "cover": "送付状", "advert": "広告", "junk": "不要・誤送信", "done": "対応済み", "illegible": "読めない頁（再送のお願い）",
}

var accessWords = [][2]string{
	{"searched: ", "検索："},
	{"exported: ", "書き出し："},
	{"saved the original", "原本を保存"},
	{"fetched ahead", "先読み（まだ表示していません）"},
	{"asked for a check of the whole archive", "全件の照合を依頼"},
	{"keyed", "入力"},
	{"noted", "メモ"},
	{"role ", "役割："},
	{"role", "役割の変更"},
	{"added as ", "追加："},
	{"second factor: ", "二段階認証："},
	{"second factor", "二段階認証"},
	{"too many wrong passwords (ACC-2)", "パスワードの誤りが続いたため（ACC-2）"},
	{"password", "パスワード"},
	{"asked the dealer: ", "販売店へ依頼："},
	{"taken in: ", "取り込み："},
	{"handed in: ", "取り込み："},
	{"read again: ", "もう一度読む："},
	{"keep: ", "棚卸の数にする："},
	{"leave: ", "在庫はそのまま："},
	{"close: ", "処理済み："},
	{"takes the place of ", "置き換え元："},
	{"shipped", "出荷報告"},
	{"acknowledged", "受領"},
	{"acknowledge: ", "倉庫に代わって受領："},
	{"closed: ", "終了："},
	{"closed", "完了"},
	{"answered", "回答あり"},
	{"open", "未処理に戻す"},
	{"decided: ", "判断："},
	{"released from review ", "確認から受付："},
	{"taken back to review", "確認に戻す"},
	{"split: ", "別の注文に分割："},
	{"joined to ", "続きとしてまとめ："},
	{"attached to order ", "注文の書類："},
	{"received at: ", "受信時刻："},
	{"made to order: arrives ", "電話マーク商品のお届け日："},
	{"one session ended", "端末を1台終了"},
	{"all other sessions ended", "ほかの端末をすべて終了"},
	{"unlock", "ロック解除"},
	{"lock", "ロック"},
	{"sessions", "全端末を終了"},
	{"disable", "停止"},
	{"factor", "二段階認証を解除"},
	{"hold: ", "保留："},
	{"free: ", "保留を解除："},
	{"cancel: ", "取消："},
	{"note: ", "メモ："},
	{"change: ", "変更："},
	{"done: ", "対応済み："},
	{"attach: ", "注文の書類にする："},
	{"answer: ", "注文方法のご案内を送付："},
	{"take: ", "FAXとして受け付け："},
	{"told: ", "電話などで連絡："},
	{"again: ", "再送："},
	{"retry: ", "同じ宛先へ再送："},
	{"hurry: ", "すぐに送信："},
	{"resend: ", "再送："},
	{"fax: ", "登録FAX番号へ送付："},
	{"mail: ", "メールで送付："},
	{"reorder: ", "取り消して入れ直し："},
	{"as_read: ", "読んだとおり進める："},
}
