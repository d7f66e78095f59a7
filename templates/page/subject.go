package page

import "strings"

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
	{"archive", "保存文書", "archive"},
	{"accesses", "閲覧・変更の記録", "accesses"},
}

// Subject is what somebody looked at or changed in people's words.
func Subject(lang Lang, s string) string {
	best, rest := [3]string{}, s
	for _, words := range subjects { // the longest that fits
		after, ok := strings.CutPrefix(s, words[0])
		if ok && (after == "" || after[0] == ' ') && len(words[0]) > len(best[0]) {
			best, rest = words, after
		}
	}
	return pick(lang, best[1], best[2]) + rest
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
