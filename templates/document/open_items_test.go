package document_test

import (
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/templates/document"
)

func TestOpenItems(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 18, 0, 0, 0, order.JST)
	l := document.OpenItems{ShopName: "とどけオフィス通販", DeskName: "お客様サービスデスク", At: at, Groups: []document.OpenGroup{{Title: "保留中の注文", Todo: "ご確認ください。"}}}
	if s := string(l.Text()); !strings.Contains(s, "未処理のものはありません") || l.Subject() != "【未処理一覧】11月24日　未処理はありません" {
		t.Error(s, l.Subject())
	}
	for i := range 205 {
		l.Groups[0].Items = append(l.Groups[0].Items, document.OpenItem{
			Name: "100-000-0018", What: "返品依頼書", Since: at.Add(-time.Duration(i) * 20 * time.Minute), Reason: strings.Repeat("理由 reason ", 12),
		})
	}
	s := string(l.Text())
	for _, want := range []string{"保留中の注文（205件）", "返品依頼書", "から（1分未満）", "から（20分）", "から（23時間）", "から（2日）", "ほか5件"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is missing", want)
		}
	}
	for line := range strings.Lines(s) {
		columns := 0
		for _, r := range strings.TrimSuffix(line, "\n") {
			columns += 1 + map[bool]int{true: 1}[r >= 0x1100]
		}
		if columns > 80 {
			t.Errorf("a line of %d columns: %s", columns, line)
		}
	}
	if l.Subject() != "【未処理一覧】11月24日　205件" {
		t.Error(l.Subject())
	}
}
