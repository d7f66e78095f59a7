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

// stockoutRead is the answer that was read of the marks; ok is false where they contradict each
// other.
func stockoutRead(d *order.Draft) (answer string, ok bool) {
	set := func(name string) bool {
		f := d.Field(name)
		return f != nil && f.Text != ""
	}
	switch wait, cancel := set(waitField), set(cancelField); {
	case wait && cancel:
		return "", false
	case wait:
		return string(order.StockoutBackorder), true
	case cancel:
		return string(order.StockoutCancel), true
	}
	return "", true
}

// unlike tells whether what was keyed is not what was read of a hidden field, or of one of the two
// hidden marks, and what that was in words.
func (d *Desk) unlike(lang page.Lang, draft *order.Draft, field, value string) (read string, differs bool) {
	if draft == nil {
		return "", false
	}
	if field == stockoutField {
		answer, ok := stockoutRead(draft)
		if !ok {
			return "", false
		}
		read = stockoutText(lang, answer)
	}
	for name, v := range keyed(field, value) {
		f := draft.Field(name)
		if f == nil || !d.blind(*f) || !d.differs(*f, v) {
			continue
		}
		if field != stockoutField {
			read = f.Text
		}
		return read, true
	}
	return "", false
}

// stockoutText is an answer in words.
func stockoutText(lang page.Lang, answer string) string {
	switch answer {
	case string(order.StockoutBackorder):
		return pick(lang, "入荷を待つ", "Wait")
	case string(order.StockoutCancel):
		return pick(lang, "取り消す", "Cancel")
	}
	return pick(lang, "ご登録どおり", "As registered")
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
		{Value: string(order.StockoutBackorder), Text: stockoutText(b.lang, string(order.StockoutBackorder)), Keys: "1", Here: given[waitField]},
		{Value: string(order.StockoutCancel), Text: stockoutText(b.lang, string(order.StockoutCancel)), Keys: "2", Here: given[cancelField]},
		{Text: stockoutText(b.lang, ""), Keys: "0", Here: !given[waitField] && !given[cancelField]},
	} {
		w.Here = w.Here && out.Known
		out.Ways = append(out.Ways, w)
	}
	if again, ok := b.said.again[stockoutField]; ok {
		out.Again, out.Doubt = &again, true
	}
	b.view.Stockout = &out
}
