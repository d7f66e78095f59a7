package worker_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"todoke/ingest/mail"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// APR-1 from the fax's order to the mail server: the approver gets a mail whose link is theirs, a
// reminder with a link of its own a day later, and the order goes on with their word.
func TestApproversAreAskedByMail(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	o.cfg.ApprovalURL = "https://order.example.jp/"
	tokyo := st.Code(st.Tokyo)
	if err := o.s.Import(t.Context(), order.Masters{
		Users: []order.User{
			{Code: "AP1", DepartmentCode: tokyo, Name: "課長 太郎", Email: "ap1@c1.example.jp", Role: "approver"},
			{Code: "AP2", DepartmentCode: tokyo, Name: "係長 次郎", Role: "approver"}, // has no mail
		},
		ApprovalFlows: []order.ApprovalRow{{DepartmentCode: tokyo, From: order.D(2026, 4, 1), TotalYen: 5_000, Level1: []string{"AP1", "AP2"}}},
	}); err != nil {
		t.Fatal(err)
	}
	var placed order.Order
	if err := o.s.InTx(t.Context(), func(tx *store.Tx) error {
		var err error
		placed, err = tx.Accept(t.Context(), st.Request(order.ChannelFax, o.clock.Now(), st.Tokyo, st.Pen, 50), o.clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	o.work(t)
	asked := func() []mail.Message {
		var out []mail.Message
		for _, m := range o.a.Mails() {
			p, err := mail.Parse(m.Data, mail.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(p.Subject, "ご承認のお願い") {
				if len(m.To) != 1 || m.To[0] != "ap1@c1.example.jp" {
					t.Error(m.To)
				}
				out = append(out, p)
			}
		}
		return out
	}
	link := regexp.MustCompile(`https://order\.example\.jp/approve/([A-Za-z0-9_-]{43})\b`)
	first := asked()
	if len(first) != 1 || !strings.Contains(first[0].Text, placed.Number.Grouped()) || !strings.Contains(first[0].Text, "課長 太郎 様") {
		t.Fatalf("%+v", first)
	}
	o.tick(t, 25*time.Hour)
	again := asked()
	if len(again) != 2 || !strings.Contains(again[1].Subject, "再送") {
		t.Fatalf("%d mails", len(again))
	}
	one, two := link.FindStringSubmatch(first[0].Text), link.FindStringSubmatch(again[1].Text)
	if one == nil || two == nil || one[1] == two[1] {
		t.Fatal(one, two)
	}
	for _, token := range []string{one[1], two[1]} {
		l, ok, err := o.s.FindApprovalLink(t.Context(), token, o.clock.Now())
		if err != nil || !ok || l.User != "AP1" || l.OrderID != placed.ID {
			t.Error(l, ok, err)
		}
	}
	if _, err := o.s.DecideApproval(t.Context(), placed.ID, store.ApprovalDecision{By: "AP1", Yes: true}, o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	o.tick(t, time.Minute)
	got, err := o.s.GetOrder(t.Context(), placed.Number)
	if err != nil || got.State == order.StateHeld || rules.HeldBy(got, "APR-1") || got.Lines[0].ReservedQty != 50 {
		t.Error(got.State, got.HoldReason, err)
	}
	if n := len(asked()); n != 2 {
		t.Errorf("%d mails in the end", n)
	}
	o.audit(t)
}
