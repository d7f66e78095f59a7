package mail_test

import (
	"strings"
	"testing"
	"time"

	"todoke/order"
	"todoke/templates/mail"
)

// The mail to an approver tells the order, its total and both ways to decide (APR-1); what the
// customer wrote makes no line of its own.
func TestApprovalRequest(t *testing.T) {
	t.Parallel()
	q := mail.ApprovalRequest{
		Shop:    mail.Shop{Name: "見本オフィス用品", Desk: "受注センター", Phone: "03-0000-0000", Hours: "平日 9:00〜18:00"},
		Company: "あおば商事株式会社", Department: "総務部", To: "課長 太郎", Orderer: "発注 花子\nBcc: x", Level: 2, Levels: 2, Before: []string{"係長 一郎"},
		Why:  []string{"商品代金（税抜）が54,000円で、50,000円以上です。"},
		Link: "https://order.example.jp/approve/" + strings.Repeat("A", 43), Expires: time.Date(2026, 12, 8, 10, 0, 0, 0, order.JST),
		Order: order.Order{
			Number: order.NumberOf(1), Channel: order.ChannelFax, ReceivedAt: time.Date(2026, 11, 24, 10, 0, 0, 0, order.JST), GoodsYen: 54_000,
			Lines: []order.Line{{No: 1, ItemCode: "1000017", Name: "コピー用紙 A4", Unit: "箱", Qty: 120, UnitPrice: 450, TaxRate: 10}},
			Taxes: []order.Tax{{Rate: 10, NetYen: 54_000, TaxYen: 5_400}},
		},
	}
	m, err := q.Render()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"課長 太郎 様", q.Link + "\n", q.Link + "?no\n", "120箱 × 450円 ＝ 54,000円", "59,400円", "2026年12月8日（火） 10時00分", "2段階のうち2段階目", "係長 一郎 様 ご承認済み"} {
		if !strings.Contains(m.Body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(m.Body, "\nBcc") || strings.Contains(m.Subject, "\n") {
		t.Error("a name became a line of its own")
	}
	for line := range strings.SplitSeq(m.Body, "\n") {
		if len(line) > 990 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	q.Reminded = 1
	if m, err = q.Render(); err != nil || !strings.Contains(m.Subject, "再送") {
		t.Error(m.Subject, err)
	}
	t.Log(m.Subject + "\n" + m.Body)
}
