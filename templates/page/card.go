package page

import (
	"time"

	"todoke/order"
)

// CardView is what became of an order's card, and what the person may do about it (PAY-1).
type CardView struct {
	Reference                                   string
	Authorised                                  order.Yen // 0 where nobody said
	Until                                       time.Time // zero where nobody said
	Lapsed, Billed                              bool
	Captured, Voided, Refunded, Waived          order.Yen
	Open, Need                                  order.Yen
	OpenKnown                                   bool
	Rows                                        []CardRow
	Retry, Authorise, Invoice, Release, Settled bool
	Refundable                                  order.Yen // of a lead's refund; 0 where there is none
}

// Acts tells whether anything may be done.
func (c CardView) Acts() bool {
	return c.Retry || c.Authorise || c.Invoice || c.Release || c.Settled || c.Refundable > 0
}

// CardRow is one thing asked of the gateway.
type CardRow struct {
	Kind, State            string
	Shipment, Tries        int
	Yen                    order.Yen
	Rest                   bool // all that is open, instead of Yen
	At, AnsweredAt, NextAt time.Time
	Answer, Why, By        string
	Asked                  []CardTry
}

// CardTry is one time that the gateway was asked.
type CardTry struct {
	At              time.Time
	Outcome, Answer string
}

var chargeKinds = map[string][2]string{"capture": {"請求", "charge"}, "void": {"承認の取消", "void"}, "refund": {"返金", "refund"}}

// What is a charge's kind in people's words.
func (r CardRow) What(lang Lang) string {
	return pick(lang, chargeKinds[r.Kind][0], chargeKinds[r.Kind][1])
}

var chargeStates = map[string][3]string{
	"planned": {"依頼待ち", "to be asked", "accent"}, "sent": {"依頼中", "being asked", "accent"}, "done": {"完了", "done", "good"}, "failed": {"失敗", "failed", "bad"},
	"uncertain": {"結果を確認中", "outcome being asked", "warn"}, "withdrawn": {"取りやめ", "withdrawn", ""}, "waived": {"別の方法で処理", "settled otherwise", ""},
}

// StateName is where a charge stands in people's words.
func (r CardRow) StateName(lang Lang) string {
	if r.State == "waived" && r.Kind == "capture" {
		return pick(lang, "請求しない", "not charged")
	}
	s := chargeStates[r.State]
	return pick(lang, s[0], s[1])
}

// Look is how the state looks.
func (r CardRow) Look() string { return chargeStates[r.State][2] }

var tryOutcomes = map[string][2]string{"done": {"完了", "done"}, "refused": {"拒否", "refused"}, "temporary": {"一時的な失敗", "failed for now"}, "uncertain": {"結果不明", "outcome unknown"}}

// Name is how the try ended in people's words.
func (t CardTry) Name(lang Lang) string {
	return pick(lang, tryOutcomes[t.Outcome][0], tryOutcomes[t.Outcome][1])
}
