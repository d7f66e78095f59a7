package page

import "strings"

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
		return detail
	}
	for _, w := range accessWords {
		if rest, ok := strings.CutPrefix(detail, w[0]); ok && (rest == "" || strings.HasSuffix(w[0], " ") || strings.HasSuffix(w[0], ":")) {
			if n, ok := roleNames[rest]; ok {
				rest = n[0]
			}
			return w[1] + strings.TrimPrefix(rest, " ")
		}
	}
	return detail
}

var accessWords = [][2]string{
	{"searched: ", "検索："},
	{"exported: ", "書き出し："},
	{"saved the original", "原本を保存"},
	{"asked for a check of the whole archive", "全件の照合を依頼"},
	{"keyed", "入力"},
	{"role ", "役割："},
	{"added as ", "追加："},
	{"second factor: ", "二段階認証："},
	{"second factor", "二段階認証"},
	{"too many wrong passwords (ACC-2)", "パスワードの誤りが続いたため（ACC-2）"},
	{"password", "パスワード"},
	{"asked the dealer: ", "販売店へ依頼："},
	{"taken in: ", "取り込み："},
	{"takes the place of ", "置き換え元："},
	{"shipped", "出荷報告"},
	{"closed as ", "再送として終了："},
	{"closed: ", "終了："},
	{"decided: ", "判断："},
	{"released from review ", "確認から受付："},
	{"taken back to review", "確認に戻す"},
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
	{"by hand, inserted true: ", "手動で実行："},
	{"by hand, inserted false: ", "手動（実行済み）："},
	{"sent delivery ", "再送："},
}
