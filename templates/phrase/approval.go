package phrase

import (
	"fmt"

	"todoke/order"
)

// ApprovalReason says why an order needs approval (APR-1): the condition as the rules name it, its
// limit, what the order has of it, the line and the budget's period that it is about.
func ApprovalReason(condition string, from, yen order.Yen, line int, period string) string {
	switch condition {
	case "all":
		return "すべてのご注文がご承認の対象です。"
	case "total":
		return fmt.Sprintf("商品代金（税抜）が%s円で、%s円以上です。", yen.Grouped(), from.Grouped())
	case "unit_price":
		return fmt.Sprintf("%d行目の単価（税抜）が%s円で、%s円以上です。", line, yen.Grouped(), from.Grouped())
	case "over_budget":
		return fmt.Sprintf("このご注文で%sのご利用額（税抜）が%s円となり、ご予算の%s円を超えます。", Period(period), yen.Grouped(), from.Grouped())
	}
	return ""
}

// Period is a budget's period in Japanese: 2026年11月, 2026年度.
func Period(p string) string {
	var year, month int
	if _, err := fmt.Sscanf(p, "FY%d", &year); err == nil {
		return fmt.Sprintf("%d年度", year)
	}
	if _, err := fmt.Sscanf(p, "%d-%d", &year, &month); err == nil {
		return fmt.Sprintf("%d年%d月", year, month)
	}
	return p
}
