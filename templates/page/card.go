package page

import (
	"io"
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

// CardDay is what comparing a day of the gateway's books with ours came to (PAY-1).
type CardDay struct {
	Frame
	Claim
	Path, Said       string
	Day              order.Date
	Rows             []CardDiff
	Runs             []CardRun // the latest first
	Open, MayCompare bool
}

// CardRun is one comparison of the day.
type CardRun struct {
	At                                       time.Time
	By                                       string // "" is the schedule
	Listed, Booked, Differences, NotAnswered int
}

// CardDiff is one thing in which the books differ.
type CardDiff struct {
	ID                             int64
	Kind, What, Key, Reference     string
	GatewayID, Order, OrderPath    string
	Here, There                    order.Yen
	At, FoundAt, GoneAt, SettledAt time.Time
	SettledBy, Reason              string
	Open                           bool
}

var cardDiffs = map[string][4]string{
	"missing_there": {"決済会社に記録なし", "missing at the gateway", "決済会社に照会し、処理されていなければ注文のページからやり直してください。", "Ask the gateway; where it did not happen, do it anew from the order's page."},
	"missing_here":  {"当社に記録なし", "missing here", "だれが処理したかを確認し、当社の依頼でなければ決済会社で取り消してください。", "Find out who did it; where it was not us, have the gateway undo it."},
	"other_amount":  {"金額または内容が違う", "of another amount or kind", "注文の請求額と照らし、多ければ返金、足りなければお客様へご連絡ください。", "Compare with what the order comes to: refund what is too much, ask the customer for what lacks."},
	"done_twice":    {"二重に処理", "done twice", "決済会社に片方の取消を依頼し、お客様への請求が一度だけになったことを確認してください。", "Have the gateway undo one of the two, and see that the customer is charged once."},
	"not_answered":  {"決済会社の回答なし", "not answered", "次回の照合でもう一度確認します。", "The next comparison asks again."},
}

// Name is what differs in people's words.
func (d CardDiff) Name(lang Lang) string {
	return pick(lang, cardDiffs[d.Kind][0], cardDiffs[d.Kind][1])
}

// Todo is what is to be done about it.
func (d CardDiff) Todo(lang Lang) string {
	return pick(lang, cardDiffs[d.Kind][2], cardDiffs[d.Kind][3])
}

// Did is what was asked of the gateway in people's words.
func (d CardDiff) Did(lang Lang) string { return CardRow{Kind: d.What}.What(lang) }

// Render writes the page.
func (v CardDay) Render(w io.Writer) error { return Render(w, v.Lang, "card-day", v) }

var tryOutcomes = map[string][2]string{"done": {"完了", "done"}, "refused": {"拒否", "refused"}, "temporary": {"一時的な失敗", "failed for now"}, "uncertain": {"結果不明", "outcome unknown"}}

// Name is how the try ended in people's words.
func (t CardTry) Name(lang Lang) string {
	return pick(lang, tryOutcomes[t.Outcome][0], tryOutcomes[t.Outcome][1])
}
