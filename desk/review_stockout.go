package desk

import (
	"todoke/order"
	"todoke/templates/page"
)

// The two marks with which a customer says what to do where goods are short: one question to whoever
// settles the page.
const (
	stockoutField = "stockout"
	waitField     = "stockout.backorder"
	cancelField   = "stockout.cancel"
	marked        = "x"
)

// stockoutMarks are the fields that an answer to the question fills in; ok is false for anything else.
func stockoutMarks(answer string) (values map[string]string, ok bool) {
	switch answer {
	case string(order.StockoutBackorder):
		return map[string]string{waitField: marked, cancelField: ""}, true
	case string(order.StockoutCancel):
		return map[string]string{waitField: "", cancelField: marked}, true
	case "":
		return map[string]string{waitField: "", cancelField: ""}, true
	}
	return nil, false
}

// addStockout puts both marks onto the page as one choice, of which a key takes each.
func (b *fieldsBuilder) addStockout() {
	wait, cancel := b.v.Draft.Field(waitField), b.v.Draft.Field(cancelField)
	if wait == nil && cancel == nil {
		return
	}
	out := page.ReviewChoice{Field: waitField}
	given := map[string]bool{}
	hidden := false
	for _, f := range []*order.DraftField{wait, cancel} {
		if f == nil {
			continue
		}
		shown := b.field(*f)
		if shown.Doubt && !out.Doubt {
			out.Doubt, out.Field = true, f.Name
		}
		if shown.Problem != "" && out.Problem == "" {
			out.Problem = shown.Problem
		}
		given[f.Name] = f.Text != ""
		hidden = hidden || shown.Blind
	}
	out.Known = !hidden && (!given[waitField] || !given[cancelField])
	for _, w := range []page.ReviewWay{
		{Value: string(order.StockoutBackorder), Text: pick(b.lang, "入荷を待つ", "Wait"), Keys: "1", Here: given[waitField]},
		{Value: string(order.StockoutCancel), Text: pick(b.lang, "取り消す", "Cancel"), Keys: "2", Here: given[cancelField]},
		{Text: pick(b.lang, "ご登録どおり", "As registered"), Keys: "0", Here: !given[waitField] && !given[cancelField]},
	} {
		w.Here = w.Here && out.Known
		out.Ways = append(out.Ways, w)
	}
	b.view.Stockout = &out
}
