package desk

import (
	"context"
	"net/http"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// wishChanges is how many changes of what the desk keeps a customer's page lists.
const wishChanges = 30

// wishNames are what the desk keeps of a customer, by kind.
var wishNames = map[string][2]string{
	store.ChoiceAnswers: {"FAXへの回答", "Answers to faxes"}, store.ChoiceStockout: {"品切れの場合", "If short"},
	store.ChoiceHold: {"注文の保留", "Orders wait"}, store.ChoicePhone: {"電話", "Telephone"}, store.ChoiceKana: {"フリガナ", "Reading"},
}

func wishValue(lang page.Lang, kind, value string) string {
	switch {
	case kind == store.ChoicePhone:
		return order.FormatPhone(value)
	case kind == store.ChoiceAnswers && value == "":
		return pick(lang, "すべてFAXで回答", "every fax answered by fax")
	case kind == store.ChoiceAnswers && value == string(order.AnswersByMail):
		return pick(lang, "メールで回答（品切れはFAX）", "answered by mail, what is short by fax")
	case kind == store.ChoiceAnswers:
		return pick(lang, "ご注文どおりでない場合だけFAX", "by fax, bad news alone")
	case kind == store.ChoiceStockout:
		return page.Word(lang, value)
	}
	return value
}

// wishes says how a customer is served, and where each of that comes from.
func (d *Desk) wishes(ctx context.Context, p Person, v *page.Customer, c order.Department) error {
	k, err := d.Store.ChoicesOf(ctx, c.Code, wishChanges)
	if err != nil {
		return err
	}
	master := pick(p.Lang, "部署の登録（マスター）", "the department's master")
	by := func(rule string) string { return pick(p.Lang, "既定（"+rule+"）", "default ("+rule+")") }
	from := func(kind, otherwise string) string {
		if k.Kept[kind] == "" {
			return otherwise
		}
		for _, x := range k.Changes {
			if x.Kind == kind {
				return pick(p.Lang, "お客様サービスデスク：", "the desk: ") + page.Stamp(p.Lang, x.At) + " " + x.By + " — " + x.Reason
			}
		}
		return pick(p.Lang, "お客様サービスデスク", "the desk")
	}
	choose := func(kind string, values ...string) []page.Option {
		out := make([]page.Option, 0, len(values))
		for _, x := range values {
			text := wishValue(p.Lang, kind, x)
			if x == "" {
				text = pick(p.Lang, "登録・既定どおり（", "as registered (") + wishValue(p.Lang, kind, otherwise(kind, k)) + pick(p.Lang, "）", ")")
			}
			out = append(out, page.Option{Value: x, Text: text, Here: x == k.Kept[kind]})
		}
		return out
	}
	add := func(r page.WishRow) { v.Wishes = append(v.Wishes, r) }
	name := func(kind string) string { return pick(p.Lang, wishNames[kind][0], wishNames[kind][1]) }

	answers := page.WishRow{
		Kind: store.ChoiceAnswers, Name: name(store.ChoiceAnswers), Value: wishValue(p.Lang, store.ChoiceAnswers, k.Kept[store.ChoiceAnswers]), From: from(store.ChoiceAnswers, by("FAX-3")),
		Kept: k.Kept[store.ChoiceAnswers], Options: choose(store.ChoiceAnswers, "", string(order.AnswersByMail), string(order.AnswersBadNews)), Editable: true,
	}
	switch {
	case c.Payment == order.PaymentCard:
		answers.Value, answers.From, answers.Editable = pick(p.Lang, "メールだけ", "by mail alone"), pick(p.Lang, "カード払いのお客様（ACC-5）", "pays by card (ACC-5)"), false
	case c.Fax == "":
		answers.Value, answers.From = pick(p.Lang, "FAX番号の登録がなく、お客様サービスデスクから連絡", "the desk: no fax number is registered"), by("FAX-3")
	case c.Answers == order.AnswersByMail && c.Email == "":
		answers.Value += pick(p.Lang, "　※メールアドレスの登録がないため、FAXで回答しています", "; by fax as long as no mail address is registered")
	}
	add(answers)
	add(page.WishRow{
		Name: pick(p.Lang, "Web注文への回答", "Answers to web orders"), Value: pick(p.Lang, "メール（品切れはFAXも）", "by mail, what is short by fax, too"), From: by("STK-2"),
	})
	add(page.WishRow{
		Kind: store.ChoiceStockout, Name: name(store.ChoiceStockout), Value: wishValue(p.Lang, store.ChoiceStockout, string(c.Stockout)), From: from(store.ChoiceStockout, master),
		Kept: k.Kept[store.ChoiceStockout], Options: choose(store.ChoiceStockout, "", string(order.StockoutBackorder), string(order.StockoutCancel)), Editable: true,
	})
	price := page.WishRow{Name: pick(p.Lang, "価格", "Prices"), Value: c.PriceList, From: master + pick(p.Lang, "（ITM-2）", " (ITM-2)")}
	if c.PriceList == "" {
		price.Value, price.From = pick(p.Lang, "定価", "list prices"), by("ITM-2")
	}
	add(price)
	add(page.WishRow{Name: pick(p.Lang, "お支払い", "Payment"), Value: page.Word(p.Lang, string(c.Payment)), From: master})
	if err := d.cutoffOf(ctx, p, c, add); err != nil {
		return err
	}
	mismatch := page.WishRow{Name: pick(p.Lang, "他社の番号から届いたFAX", "A fax from another's number"), Value: pick(p.Lang, "担当者が確認", "a person looks at it"), From: by("FAX-3")}
	if d.Settings.CallerMismatch == rules.MismatchNote {
		mismatch.Value = pick(p.Lang, "受け付けて記録", "is taken, and noted")
	}
	add(mismatch)
	add(page.WishRow{Name: pick(p.Lang, "書類の言語", "Language of documents"), Value: pick(p.Lang, "日本語", "Japanese"), From: pick(p.Lang, "既定", "default")})
	for _, kind := range []string{store.ChoicePhone, store.ChoiceKana} {
		value := wishValue(p.Lang, kind, k.Kept[kind])
		if value == "" {
			value = "—"
		}
		add(page.WishRow{Kind: kind, Name: name(kind), Value: value, From: from(kind, ""), Kept: wishValue(p.Lang, kind, k.Kept[kind]), Editable: true})
	}
	for _, x := range k.Changes {
		show := func(value string) string {
			switch {
			case value == "" && x.Kind == store.ChoiceHold:
				return pick(p.Lang, "保留なし", "no hold")
			case value == "":
				return pick(p.Lang, "登録・既定どおり", "as registered")
			}
			return wishValue(p.Lang, x.Kind, value)
		}
		v.WishChanges = append(v.WishChanges, page.WishChange{Name: name(x.Kind), Before: show(x.Before), After: show(x.After), Reason: x.Reason, By: x.By, At: x.At})
	}
	return nil
}

func otherwise(kind string, k store.Choices) string {
	if kind == store.ChoiceStockout {
		return string(k.Imported)
	}
	return ""
}

// cutoffOf tells until when the customer's faxes and web orders are in time.
func (d *Desk) cutoffOf(ctx context.Context, p Person, c order.Department, add func(page.WishRow)) error {
	_, regions, _, err := d.Store.Masters(ctx)
	if err != nil {
		return err
	}
	r, ok := regions.Find(c.Prefecture, c.PostalCode)
	if !ok {
		return nil
	}
	add(page.WishRow{
		Name: pick(p.Lang, "受付の締切（ご住所）", "Cut-off (own address)"), Value: "FAX " + r.CutoffFax.String() + "　Web " + r.CutoffWeb.String(), From: pick(p.Lang, "地域：", "region ") + page.RegionName(p.Lang, r.Code) + pick(p.Lang, "（CUT-2）", " (CUT-2)"),
	})
	return nil
}

// setWish changes what the desk keeps of a customer.
func (d *Desk) setWish(w http.ResponseWriter, r *http.Request) {
	ctx, p, kind := r.Context(), personOf(r.Context()), r.PostFormValue("kind")
	c, err := d.Store.GetDepartment(ctx, r.PathValue("code"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	value, reason := r.PostFormValue("value"), r.PostFormValue("reason")
	if kind == store.ChoicePhone {
		value = normal(value)
	}
	if err := d.Store.Choose(ctx, c.Code, kind, value, reason, p.By(), d.Now()); err != nil {
		if order.KindOf(err) == order.KindInvalid {
			d.customerPage(w, r, http.StatusUnprocessableEntity, c, page.Saying(p.Lang, message(err)))
			return
		}
		d.fail(w, r, err)
		return
	}
	d.log(r, p.Login, "change", "customer "+c.Code, kind+": "+value+" ("+reason+")")
	d.tell(ctx, pick(p.Lang, "変更しました。これからの受付に適用されます。", "Changed: it holds from now on."))
	http.Redirect(w, r, customerPath(c.Code), http.StatusSeeOther)
}
