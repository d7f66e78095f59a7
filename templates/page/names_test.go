package page_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"todoke/order"
	"todoke/templates/page"
)

// TestAccessDetail: what the record keeps of looks and changes is told in Japanese, all of it.
func TestAccessDetail(t *testing.T) {
	t.Parallel()
	for detail, want := range map[string]string{
		"/desk/lang": "表示言語の切り替え", "/desk/account/factor": "二段階認証の設定", "/desk/review/12.1/key": "欄の入力",
		"second factor: confirm": "二段階認証：設定", "done: 電話で連絡": "対応済み：電話で連絡", "again: 不達のため": "再送：不達のため", "attached to order 1000000018": "注文の書類：100-000-0018",
		"exported: login=ken&day=2026-11-24": "書き出し：担当者 ken、日付 2026/11/24（火）", "exported: all": "書き出し：すべて", "searched: from=2026-11-01 kind=issued": "検索：開始日 2026/11/1（日）、種類 発行した文書",
		"searched: 三橋 a=b": "検索：三橋 a=b", "sent delivery 37 again: 不達": "送付 37 を再送：不達", "closed as 12.1 sent again": "12.1 の再送として終了", "put off until 15:04:00": "15:04まであとに回す",
		"by hand, inserted true: 停電": "手動で実行：停電", "approval by telephone of U2, approved false: 予算超過": "電話での否認（U2）：予算超過", "phone: 0312345678 (お電話)": "電話：0312345678（お電話）",
		"answers: mail (ご希望)": "FAXへの回答：メールで回答（ご希望）", "taken over from 佐藤 花": "佐藤 花さんから引き継ぎ", "made to order: arrives 2026-12-10": "電話マーク商品のお届け日：2026/12/10（木）",
		"role lead": "役割：責任者", "received at: server": "受信時刻：当社サーバー", "自由に書いた理由": "自由に書いた理由", "fetched ahead": "先読み（まだ表示していません）",
	} {
		if got := page.AccessDetail(page.Japanese, detail); got != want {
			t.Errorf("%q is told as %q, want %q", detail, got, want)
		}
		if got := page.AccessDetail(page.English, detail); got != detail && !strings.HasPrefix(detail, "/desk/") {
			t.Errorf("%q is told as %q in English", detail, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{page.Subject(page.Japanese, "today"), "概況"},
		{page.Subject(page.Japanese, "gateways/efax"), "FAX受信の設定 efax"},
		{page.Subject(page.Japanese, "/desk/rules/regions"), "規則の表（地域と締切）"},
		{page.Subject(page.Japanese, "order 1000000018"), "注文 100-000-0018"},
		{page.Subject(page.Japanese, "issued acknowledgement F4-1"), "発行文書 注文確認書 F4-1"},
		{page.Subject(page.Japanese, "run wave_1830 2026-11-24 18:30"), "定時処理 出荷指示 18:30 2026/11/24（火）18:30"},
		{page.Subject(page.English, "run wave_1830 2026-11-24 18:30"), "run wave 18:30 Tue 24 Nov 2026 18:30"},
		{page.ScheduleName(page.Japanese, "own"), "own"},
		{page.CronText(page.Japanese, "10 2 * * *"), "毎日 02:10"},
		{page.CronText(page.English, "5 18 * * 1"), "Mondays 18:05"},
		{page.CronText(page.Japanese, "*/5 * * * *"), "*/5 * * * *"},
		{page.RegionName(page.Japanese, "islands"), "離島"},
		{page.RegionName(page.Japanese, "our-own"), "our-own"},
		{page.PostalCode("1350002"), "135-0002"},
		{page.PostalCode("952"), "952"},
		{page.Place(order.Address{PostalCode: "1350002", Prefecture: "東京都", Address: "江東区旭ヶ丘1"}), "〒135-0002 東京都江東区旭ヶ丘1"},
		{page.Size(page.Japanese, 103), "103バイト"},
		{page.Size(page.Japanese, 1_250_000), "1.2 MB"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
	several := page.ArchiveRow{Order: "1000000018 1000000026", Open: "/desk/orders/1000000018 1000000026"}.Orders()
	if want := []page.Link{{Path: "/desk/orders/1000000018", Text: "100-000-0018"}, {Path: "/desk/orders/1000000026", Text: "100-000-0026"}}; !slices.Equal(several, want) {
		t.Errorf("an answer about two orders leads to %v", several)
	}
}

// TestBriefly: one reason is told once, whichever rules say it, and without them.
func TestBriefly(t *testing.T) {
	t.Parallel()
	all := []*order.Error{order.Invalid("FAX-2", "", "the page is none of our forms"), order.Invalid("PGE-1", "", "the page is none of our forms"), order.Invalid("ITM-1", "lines", "order at least one item")}
	if got := page.Briefly(page.Japanese, all, 5); strings.Count(got, "　") != 1 || strings.Contains(got, "FAX-2") || strings.Contains(got, "ITM-1") {
		t.Errorf("briefly: %q", got)
	}
	if got := page.Reasons(page.Japanese, all, 5); !strings.Contains(got, "（FAX-2）") || !strings.Contains(got, "（ITM-1）") {
		t.Errorf("with rules: %q", got)
	}
}

// TestInputs: what a rule looked at stands in Japanese, its codes and times as people write them; a
// telephone number is no order's.
func TestInputs(t *testing.T) {
	t.Parallel()
	got := page.Inputs(page.Japanese, json.RawMessage(`{"region":"kyushu","ship_to":{"postal_code":"8100001","name":"福岡支店"},"moved":true,"caller":"1000000018","first":"1000000018","rounding":"down","dispatch_deadline":"18:30:00"}`))
	said := map[string]string{}
	for _, f := range got {
		said[f.Name] = f.Value
	}
	for name, want := range map[string]string{"地域": "九州", "お届け先": "名称 福岡支店　郵便番号 810-0001", "希望日からの変更": "はい", "発信番号": "1000000018", "最初の注文": "100-000-0018", "端数処理": "切り捨て", "出荷締切": "18:30:00"} {
		if said[name] != want {
			t.Errorf("%s is %q, want %q", name, said[name], want)
		}
	}
}

// TestCUT5ToldWhy: the desk reads why goods arrive on their day, each clause in Japanese (CUT-5).
func TestCUT5ToldWhy(t *testing.T) {
	t.Parallel()
	e := order.Event{Kind: order.EventPromised, Rule: "CUT-5", Text: "Shipment 1", Inputs: order.Inputs(map[string]any{
		"arrival_on": "2026-11-26", "why": []string{
			"received on 2026-11-22, a Sunday (CUT-1)", "2026-11-23 is a holiday: 勤労感謝の日 (CUT-10)", "goods take 1 business day(s) (CUT-5)", "region hokkaido takes 1 more (CUT-5)",
		},
	})}
	want := "理由：日曜日（2026-11-22）に受信（CUT-1）、2026-11-23は祝日（勤労感謝の日、CUT-10）、お届けまで1営業日（CUT-5）、地域北海道はさらに1営業日（CUT-5）"
	if got := page.Told(page.Japanese, e); !strings.HasSuffix(got, want) {
		t.Errorf("got  %s\nwant … %s", got, want)
	}
}
