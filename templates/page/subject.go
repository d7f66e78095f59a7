package page

import (
	"strings"
	"time"

	"todoke/order"
)

// Words of what people looked at and changed, as the record keeps them: a kind, then its name.
var subjects = [][3]string{
	{"document", "受信文書", "document"},
	{"order", "注文", "order"},
	{"customers", "お客様の検索", "customers"},
	{"customer", "お客様", "customer"},
	{"orders", "注文の検索", "orders"},
	{"staff", "担当者", "staff"},
	{"audit report", "検査報告", "audit report"},
	{"audit", "検査", "audit"},
	{"dealer requests", "販売店への依頼の一覧", "dealer requests"},
	{"dealer request", "販売店への依頼", "dealer request"},
	{"pick list", "ピッキングリスト", "pick list"},
	{"delivery", "送付", "delivery"},
	{"answer", "回答", "answer"},
	{"issued", "発行文書", "issued document"},
	{"gateway test", "受信経路の試験", "gateway test"},
	{"jobs", "ジョブ", "jobs"},
	{"run", "定時処理", "run"},
	{"table", "設定表", "table"},
	{"list received", "受信の一覧", "list of what came in"},
	{"list accepted", "受注の一覧", "list of orders"},
	{"list touched", "確認した受信の一覧", "list of what people settled"},
	{"list short", "欠品の一覧", "list of what is short"},
	{"list deliveries", "送付の一覧", "list of deliveries"},
	{"list open", "未完了の一覧", "list of what is open"},
	{"list", "一覧", "list"},
	{"issued document", "発行文書", "issued document"},
	{"gateway", "FAX受信の設定", "gateway"},
	{"table regions", "規則の表（地域と締切）", "table of regions"},
	{"table calendar", "規則の表（営業日カレンダー）", "calendar"},
	{"table settings", "規則の表（送料・期限）", "table of fees and terms"},
	{"warehouse", "倉庫", "warehouse"},
	{"partner file", "倉庫のファイル", "warehouse's file"},
	{"archive", "保存文書", "archive"},
	{"accesses", "閲覧・変更の記録", "accesses"},
}

// places are pages of the desk by the first part of their paths: the record names by its path what
// has no name of its own.
var places = map[string][2]string{
	"queue": {"受付", "queue"}, "next": {"受付", "queue"}, "claim": {"受付", "queue"}, "take-over": {"受付", "queue"}, "today": {"概況", "overview"}, "intake": {"紙の受付", "intake"}, "rules": {"規則", "rules"},
	"gateways": {"FAX受信の設定", "gateways"}, "audits": {"検査", "audit"}, "deliveries": {"送付", "delivery"}, "lists": {"ピッキングリスト", "pick list"}, "picklists": {"ピッキングリスト", "pick lists"}, "warehouses": {"倉庫", "warehouses"}, "partner-files": {"倉庫のファイル", "warehouse's file"},
	"answers": {"回答", "answer"}, "mails": {"メール", "mail"}, "issued": {"発行文書", "issued document"}, "orders": {"注文", "orders"}, "runs": {"定時処理", "runs"}, "archive": {"保存文書", "archive"},
	"account": {"自分の設定", "account"}, "documents": {"受信文書", "document"}, "staff": {"担当者", "staff"}, "customers": {"お客様", "customers"}, "dealers": {"販売店への依頼", "dealer requests"},
	"accesses": {"閲覧・変更の記録", "accesses"}, "review": {"受信文書", "document"}, "image": {"受信文書", "document"}, "item": {"商品", "item"}, "forms": {"注文用紙", "order form"}, "jobs": {"ジョブ", "jobs"}, "lang": {"表示言語", "language"},
}

// Subject is what somebody looked at or changed in people's words.
func Subject(lang Lang, s string) string {
	if name, ok := strings.CutPrefix(s, "customers and items for document "); ok {
		return pick(lang, "お客様・商品の検索（受信文書 ", "customers and items (document ") + name + pick(lang, "）", ")")
	}
	best, rest := [3]string{}, s
	for _, words := range subjects { // the longest that fits
		after, ok := strings.CutPrefix(s, words[0])
		if ok && (after == "" || after[0] == ' ') && len(words[0]) > len(best[0]) {
			best, rest = words, after
		}
	}
	if best[0] == "" {
		return place(lang, s)
	}
	rest = strings.TrimPrefix(rest, " ")
	switch best[0] {
	case "order", "pick list":
		rest = order.Number(rest).Grouped()
	case "issued":
		if kind, number, ok := strings.Cut(rest, " "); ok {
			rest = IssueKind(lang, kind) + " " + number
		}
	case "run":
		if name, at, ok := strings.Cut(rest, " "); ok {
			rest = ScheduleName(lang, name) + " " + at
			if t, err := time.ParseInLocation("2006-01-02 15:04", at, order.JST); err == nil {
				rest = ScheduleName(lang, name) + " " + Date(lang, order.DateOf(t)) + pick(lang, "", " ") + t.Format("15:04")
			}
		}
	default:
		if on, err := order.ParseDate(rest); err == nil {
			rest = Date(lang, on)
		}
	}
	return strings.TrimSuffix(pick(lang, best[1], best[2])+" "+rest, " ")
}

// place is a path of the desk in people's words; what is none stays as it is.
func place(lang Lang, path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/desk/"), "/")
	words, ok := places[parts[0]]
	if !ok || strings.Contains(path, " ") {
		return path
	}
	name := pick(lang, words[0], words[1])
	if len(parts) > 1 {
		switch id := parts[1]; {
		case parts[0] == "rules":
			return Subject(lang, "table "+id)
		case parts[0] == "today", parts[0] == "forms":
		case parts[0] == "archive" && len(parts) > 2:
			name += " " + parts[2]
		case strings.ContainsAny(id, "0123456789"), parts[0] == "gateways", parts[0] == "staff":
			if n, err := order.ParseNumber(id); err == nil && (parts[0] == "orders" || parts[0] == "lists" || parts[0] == "picklists") {
				id = n.Grouped()
			}
			name += " " + id
		}
	}
	return name
}

// gatewayProfiles are what the shipped profiles are for, in Japanese; theirs is English.
var gatewayProfiles = map[string]string{
	"efax":          "eFax と同じ形式のサービス",
	"faximo":        "faximo など、日本語の通知文を書くサービス",
	"message-plus":  "Message Plus など、添付のファイル名にすべてを書くサービス（…_0XXXXXXXXX.tif）",
	"hylafax":       "HylaFAX・HylaFAX+（faxrcvd。当店からの送信は notify）",
	"hylafax-recvq": "フォルダに届く HylaFAX のファイル（recvq/faxNNNNN.tif）",
	"numbered-file": "発信番号を名前に持つフォルダのファイル（20261124_0312345678.tif など）",
	"freepbx":       "FreePBX など Asterisk の交換機",
	"copier-fax":    "受信したFAXをメールで転送する複合機",
	"copier-scan":   "スキャンをメールで送る複合機（リコー、キヤノン、富士フイルム、コニカミノルタ、京セラ、シャープ）",
	"header":        "X-Fax- で始まるヘッダーを書くFAXサーバー",
	"note-ja":       "項目と値を並べた日本語の通知文",
	"note-en":       "項目と値を並べた英語の通知文",
	"subject":       "件名に「FAX受信 番号」とだけ書かれたもの",
}

// GatewayAbout is what a gateway's profile is for.
func GatewayAbout(lang Lang, name, about string) string {
	if ja, ok := gatewayProfiles[name]; ok {
		return pick(lang, ja, about)
	}
	return about
}
