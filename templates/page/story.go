package page

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// eventNames are what happened to an order in people's words.
var eventNames = map[order.EventKind]string{
	order.EventAccepted: "受け付けました", order.EventHeld: "保留にしました", order.EventHoldFreed: "保留を解除しました", order.EventPriced: "単価を決めました",
	order.EventFeeSet: "送料を決めました", order.EventPromised: "お届け日を決めました", order.EventReplanned: "お届け日を変更しました", order.EventAllocated: "在庫を引き当てました",
	order.EventShort: "在庫が不足しています", order.EventReleased: "出荷を指示しました", order.EventShipped: "出荷しました", order.EventCancelled: "取り消しました",
	order.EventNoted: "記録",
}

// ruleNames are the rules that decide about orders in people's words.
var ruleNames = map[string]string{
	"CUT-1": "営業日", "CUT-2": "締切時刻と地域", "CUT-3": "受信時刻", "CUT-4": "受付日", "CUT-5": "通常商品のお届け", "CUT-6": "トラックマーク・電話マーク商品", "CUT-7": "お届け希望日",
	"CUT-8": "出荷の分割", "CUT-9": "確認後の受付", "CUT-10": "祝日", "CUT-11": "出荷日", "ITM-1": "注文単位", "ITM-2": "単価", "FEE-1": "送料", "FEE-2": "追加注文の送料", "STK-1": "在庫の引当",
	"STK-2": "在庫不足", "STK-4": "入荷分の引当", "CAN-1": "お客様による取消", "FAX-1": "受付経路", "FAX-2": "用紙の読み取り", "FAX-3": "FAXでの回答", "FAX-4": "行コメント", "FAX-5": "再送の確認",
	"TAX-1": "消費税", "WHS-1": "出荷指示", "WHS-3": "出荷実績", "ACC-1": "お届け先", "ACC-3": "担当販売店への依頼", "ACC-5": "規約への同意", "KEP-2": "担当者の処理", "RDR-2": "読み取りの検査", "RDR-3": "読み取り誤り",
	"PGE-1": "頁の種類", "KEP-3": "受信から確定まで", "PAY-1": "カード決済",
}

// numbered are the inputs that are numbers of orders and lists.
var numbered = map[string]bool{"order": true, "number": true, "first": true, "replaces": true, "replaced_by": true, "served_first": true, "pick_list": true, "other": true, "drawn_for": true}

// inputWords are values of closed lists that a rule looked at, in people's words.
var inputWords = map[string]string{
	"down": "切り捨て", "up": "切り上げ", "half_up": "四捨五入", "yes": "はい", "no": "いいえ", "shop": "当店", "customer": "お客様", "resend": "再送", "addon": "追加注文", "correction": "訂正", "own": "別の注文",
	"normal": "通常", "truck": "トラックマーク", "phone": "電話マーク", "backorder": "入荷を待つ", "cancel": "取り消す", "fax": "FAX", "web": "Web", "invoice": "請求書払い", "card": "カード払い", "order": "FAX注文書",
	"held": "保留", "accepted": "受付", "short": "不足", "allocated": "引当済み", "released": "出荷指示済み", "shipped": "出荷済み", "cancelled": "取消済み", "planned": "予定",
}

// inputNames are the facts that a rule looked at in people's words.
var inputNames = map[string]string{
	"acceptance_on": "受付日", "arrival_on": "お届け日", "ready_on": "最短お届け日", "ship_on": "出荷日", "cutoff": "締切", "received_at": "受信", "region": "地域", "class": "配送区分",
	"warehouse": "倉庫", "shipment": "出荷", "rules": "適用した規則", "goods_yen": "商品合計", "fee_yen": "送料", "free_from_yen": "送料無料の金額", "fee_tax_rate": "送料の税率",
	"reason": "理由", "field": "項目", "old": "変更前", "new": "変更後", "review": "確認", "channel": "経路", "customer_code": "お客様コード", "lines": "明細", "stockout": "品切れの場合",
	"payment": "お支払い", "ship_to": "お届け先", "prefecture": "都道府県", "postal_code": "郵便番号", "cutoff_fax": "FAX締切", "cutoff_web": "Web締切", "cutoff_truck": "トラック締切",
	"lead_days": "追加日数", "region_lead_days": "地域の追加日数", "on": "基準日", "price_list": "価格表", "taxes": "税率別", "rounding": "端数処理", "window_minutes": "取消できる時間（分）", "cancel_until": "取消期限",
	"items": "商品", "replaces": "変更前の注文", "replaced_by": "変更後の注文", "held": "保留の理由", "delivery": "送付", "asked_by": "依頼元", "note": "内容", "line": "行",
	"address": "住所", "name": "名称", "code": "コード", "item": "商品", "list_price_yen": "定価", "unit_price_yen": "単価", "unit": "単位", "tax_rate": "税率", "rate": "税率", "net_yen": "対象額", "tax_yen": "消費税",
	"dispatch_deadline": "出荷締切", "decided_at": "決定日時", "moved": "希望日からの変更", "allocations": "引当", "warehouses": "倉庫", "amount_yen": "金額", "answer": "回答", "approval": "承認", "approved_at": "承認日時",
	"audit": "検査", "caller": "発信番号", "charge": "請求", "clock": "採用した時刻", "customer": "お客様", "cutoff_at": "締切日時", "dealer": "販売店", "decision": "判断", "decisions": "判断", "document": "受信文書",
	"drawn_for": "検査の理由", "expires_at": "期限", "fields": "項目", "first": "最初の注文", "first_goods_yen": "最初の注文の商品合計", "form": "用紙", "gateway_at": "受信サービスの時刻", "server_at": "当社サーバーの時刻",
	"keyed": "入力", "level": "段階", "levels": "段階", "mail": "メール", "number": "番号", "order": "注文", "orderer": "発注者", "other": "比べた相手", "other_received_at": "相手の受信", "party": "取引先", "phone_lines": "電話マークの行",
	"pick_list": "ピッキングリスト", "quiet": "お客様への連絡なし", "reading": "読み取り", "reasons": "理由", "registered": "登録", "registered_by": "登録者", "relation": "関係", "reminded": "催促", "restock_on": "入荷予定",
	"same_sheet": "同じ用紙", "served_first": "先に引き当てた注文", "setting": "設定", "step": "判断", "suggested": "候補", "terms": "条件", "to": "宛先", "to_received_at": "元の受信", "transacted_on": "取引年月日", "truth": "正しい値",
	"turn": "回転", "users": "利用者", "value": "値", "was_arrival_on": "変更前のお届け日", "why": "理由", "authorised_yen": "承認額", "as": "扱い", "of": "対象", "closed_on": "休業日", "outcome": "結果", "keyings": "入力",
	"qty": "数量", "no": "番号", "by": "担当", "at": "日時", "state": "状態", "text": "内容", "kind": "種類", "period": "期間", "limit_yen": "上限", "used_yen": "使用額", "over": "超過", "case": "区分", "column": "列",
	"answers_today": "本日の回答数", "answers_to_sender": "差出人への回答数", "yen": "金額", "down": "切り捨て", "condition": "条件", "from_yen": "基準額", "line_no": "行", "charged_yen": "請求額", "month": "月", "year": "年",
	"item_code": "商品コード", "quantity": "数量", "designated_on": "お届け希望日", "missing": "不足", "reserved": "引当", "was": "変更前の状態", "changes": "変更", "page": "頁",
}

// Rule is a rule in people's words.
func Rule(lang Lang, id string) string {
	if lang == English {
		return ""
	}
	return ruleNames[id]
}

// Told is one decision in the language of the page; its inputs tell the numbers.
func Told(lang Lang, e order.Event) string {
	if lang == English {
		return e.Text
	}
	if text := Saying(Japanese, e.Text); e.Rule == "PAY-1" && text != e.Text {
		return text // a gateway's own words may stand in it
	}
	name := eventNames[e.Kind]
	if e.Kind == order.EventNoted && ruleNames[e.Rule] != "" {
		name = ruleNames[e.Rule]
	}
	var in map[string]any
	if json.Unmarshal(e.Inputs, &in) != nil {
		return name
	}
	var say []string
	for _, k := range []string{"note", "changes", "arrival_on", "cancel_until", "goods_yen", "fee_yen", "field", "new", "reason"} {
		v, ok := in[k]
		if !ok || v == "" || (e.Kind != order.EventPriced && e.Kind != order.EventFeeSet && strings.HasSuffix(k, "_yen")) || e.Kind == order.EventFeeSet && k == "goods_yen" {
			continue
		}
		text := inputText(lang, k, v)
		switch k {
		case "new":
			text = "「" + text + "」"
		case "reason":
			text = "理由：" + text
		}
		say = append(say, text)
	}
	if why, ok := in["why"].([]any); ok && e.Kind == order.EventPromised && len(why) > 0 {
		say = append(say, "理由："+inputText(lang, "why", why))
	}
	if len(say) == 0 {
		if text := Saying(Japanese, e.Text); e.Kind == order.EventNoted && !english.MatchString(text) {
			return text // what was noted says itself
		}
		return name
	}
	return name + "：" + strings.Join(say, "　")
}

// Fact is something that a rule looked at.
type Fact struct{ Name, Value string }

// Inputs are what a rule looked at, by name.
func Inputs(lang Lang, raw json.RawMessage) []Fact {
	var in map[string]any
	if json.Unmarshal(raw, &in) != nil {
		return nil
	}
	out := make([]Fact, 0, len(in))
	for k, v := range in {
		name := k
		if n, ok := inputNames[k]; ok && lang == Japanese {
			name = n
		}
		if text := inputText(lang, k, v); text != "" {
			out = append(out, Fact{name, text})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

func inputText(lang Lang, key string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return Stamp(lang, at)
		}
		if on, err := order.ParseDate(v); err == nil {
			return Day(lang, on)
		}
		switch key {
		case "channel":
			return ChannelName(lang, v)
		case "class", "stockout", "payment":
			return word(lang, v)
		case "changes":
			return changeText(lang, v)
		case "field":
			return FieldName(lang, v)
		case "why":
			return Saying(lang, v)
		case "region":
			return RegionName(lang, v)
		case "postal_code":
			return PostalCode(v)
		case "clock":
			if w, ok := accessValues[v]; ok && lang == Japanese {
				return w
			}
		}
		if numbered[key] && len(v) == order.NumberDigits {
			return order.Number(v).Grouped()
		}
		if w, ok := inputWords[v]; ok && lang == Japanese {
			return w
		}
		return v
	case bool:
		if v {
			return pick(lang, "はい", "yes")
		}
		return pick(lang, "いいえ", "no")
	case float64:
		if strings.HasSuffix(key, "_yen") {
			return yen(lang, order.Yen(v))
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		parts := make([]string, 0, len(v))
		for _, x := range v {
			parts = append(parts, inputText(lang, key, x))
		}
		return strings.Join(parts, pick(lang, "、", ", "))
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, f := range Inputs(lang, mustJSON(v)) {
			parts = append(parts, f.Name+" "+f.Value)
		}
		return strings.Join(parts, pick(lang, "　", "; "))
	}
	return fmt.Sprint(v)
}

// changeText is a change of an order as it was kept: its field, what was and what is.
func changeText(lang Lang, v string) string {
	field, what, ok := strings.Cut(v, ": ")
	if !ok {
		return v
	}
	was, now, ok := strings.Cut(what, " -> ")
	if !ok {
		return FieldName(lang, field) + pick(lang, "を追加（", " added (") + strings.Replace(what, " x ", " × ", 1) + pick(lang, "）", ")")
	}
	value := func(s string) string {
		if u, err := strconv.Unquote(s); err == nil {
			s = u
		}
		if s == "" {
			return pick(lang, "なし", "none")
		}
		return s
	}
	return FieldName(lang, field) + " " + value(was) + "→" + value(now)
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

var values = map[string][2]string{
	"normal": {"通常", "normal"}, "truck": {"トラックマーク", "truck"}, "phone": {"電話マーク", "phone"}, "backorder": {"入荷を待つ", "wait"}, "cancel": {"取り消す", "cancel"},
	"invoice": {"請求書払い", "invoice"}, "card": {"カード払い", "card"}, "customer": {"お客様", "customer"}, "shop": {"当店", "shop"},
	"admin": {"管理者", "administrator"}, "orderer": {"発注者", "orderer"}, "approver": {"承認者", "approver"}, "fax": {"FAX用", "fax user"},
}

// word is a value of a closed list in people's words.
func word(lang Lang, v string) string {
	if w, ok := values[v]; ok {
		return pick(lang, w[0], w[1])
	}
	return v
}

// HoldReason is why an order is held: its rule and what the rule says, or a person's own words.
func HoldReason(lang Lang, reason string) string {
	if lang == English || reason == "" {
		return reason
	}
	parts := strings.Split(reason, "; ")
	for i, p := range parts {
		rule, text, ok := strings.Cut(p, ": ")
		name := ruleNames[rule]
		switch {
		case !ok || name == "":
		case rule == "KEP-2":
			parts[i] = text
		case rule == "CUT-6":
			parts[i] = "電話マーク商品のお届け日が未定です（CUT-6）"
		default:
			parts[i] = name + "（" + rule + "）"
		}
	}
	return strings.Join(parts, "　")
}
