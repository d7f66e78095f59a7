package page

// flowSayings are of what lies between acceptance and delivery: approvals, budgets, locks, fees of
// add-ons, shortages, cards and the warehouses' answers.
var flowSayings = []saying{
	{`the order waits for the customer's approver: only an approver approves or refuses it`, "お客様の承認者の承認待ちです。承認・却下は承認者だけができます"},
	{`the card could not be charged: try it again, or cancel what has not left`, "カードの売上を確定できませんでした。もう一度行うか、未出荷分を取り消してください"},
	{`the card could not be charged: %v`, "カードの売上を確定できませんでした：$1"},
	{`No shipping fee: an add-on to order %s, which arrives on %s too.`, "送料無料：同じ$2にお届けするご注文$1の追加注文のため。"},
	{`No shipping fee: an add-on to order %s, which arrives on %s too; provisional until %s.`, "送料無料：同じ$2にお届けするご注文$1の追加注文のため（$3までは仮）。"},
	{`The add-on's fee is final: the cut-off %s has passed.`, "追加注文の送料が確定しました（締切$1を過ぎたため）。"},
	{`No shipping fee: the first order %s was cancelled, but the card is not authorised for more.`, "送料無料：元のご注文$1は取り消されましたが、カードの承認額を超えるため請求しません。"},
	{`Shipping fee of %s yen ex tax after all: order %s, to which this one was an add-on, was cancelled.`, "送料は税抜$1円：追加注文の元のご注文$2が取り消されたため。"},
	{`The fee is final: goods of the order have left.`, "送料が確定しました（出荷済みのため）。"},
	{`%q is no span of a budget: choose month or year`, "「$1」は予算の期間にありません。月か年度を選んでください"},
	{`%q is unknown: choose block or approve`, "「$1」は選べません。予算を超えたときは「受け付けない」か「承認を求める」を選んでください"},
	{`a budget is 0 yen or more`, "予算は0円以上です"},
	{`say from which day the budget holds`, "予算の適用開始日を入力してください"},
	{`the order of %s yen is over the budget of %s: %s yen are left; order less, or have the budget raised`, "ご注文$1円は$2の予算を超えます（残り$3円）。ご注文を減らすか、予算を増やしてください"},
	{`more left than was ordered: look at the shipment's result`, "注文より多く出荷されています。出荷実績を確かめてください"},
	{`the order carries no card authorisation: have the customer pay otherwise`, "ご注文にカードの承認番号がありません。ほかのお支払い方法をお願いしてください"},
	{`the shipment comes to %s yen, of the card's authorisation %s yen are left: have the customer authorise the rest`, "この出荷は$1円ですが、カードの承認枠の残りは$2円です。不足分の承認をお客様にお願いしてください"},
	{`%s yen cannot be refunded: %s yen were captured and not refunded`, "$1円は返金できません。売上確定済みで未返金の額は$2円です"},
	{`Cancelled by %s: %s.`, "$1が取り消しました：$2。"},
	{`The card could not be charged %s yen for shipment %d: %s.`, "出荷$2の$1円をカードに請求できませんでした：$3。"},
}
