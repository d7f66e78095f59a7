package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/store"
	"todoke/templates/page"
)

// FileProblem is what stands against a row of an edited table.
type FileProblem struct {
	Line         int // 1 is the header
	Column, Rule string
	Text         string
}

// Tables that can be edited, as the files that import takes.
const (
	tableRegions  = store.TableRegions
	tableCalendar = store.TableCalendar
	tableCarriers = store.TableCarriers
	tableSettings = store.TableSettings
)

// tableNames are the tables in people's words.
var tableNames = map[string][2]string{
	tableRegions: {"地域と締切", "Regions and cut-offs"}, tableCalendar: {"営業日カレンダー", "Calendar"}, tableCarriers: {"運送会社の休みと日数", "Carriers' days"}, tableSettings: {"送料・期限の変更予定", "Fees and terms that change"},
}

func tableName(lang page.Lang, table string) string {
	n := tableNames[table]
	return pick(lang, n[0], n[1])
}

func (d *Desk) showRules(w http.ResponseWriter, r *http.Request) {
	v, err := d.rulesView(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.show(w, r, v)
}

func (d *Desk) rulesView(r *http.Request) (page.Rules, error) {
	ctx, p := r.Context(), personOf(r.Context())
	v := page.Rules{Frame: d.frame(r, "rules", pick(p.Lang, "規則", "Rules")), MayEdit: p.At(leads) && d.Masters != nil}
	today := order.DateOf(d.Now().In(order.JST))
	s := d.Store.Settings().On(today)
	n := strconv.Itoa
	money := func(y order.Yen) string { return pick(p.Lang, y.Grouped()+"円", "¥"+y.Grouped()) }
	v.Settings = []page.SettingRow{
		{Rule: "CUT-2", Japanese: "締切（地域の指定がない場合）FAX", English: "Cut-off where no region says, fax", Key: "rules.cutoff_fax", Value: s.CutoffFax.String()},
		{Rule: "CUT-2", Japanese: "締切（地域の指定がない場合）Web", English: "Cut-off where no region says, web", Key: "rules.cutoff_web", Value: s.CutoffWeb.String()},
		{Rule: "CUT-6", Japanese: "トラックマーク品の締切", English: "Cut-off of truck mark items", Key: "rules.cutoff_truck", Value: s.CutoffTruck.String()},
		{Rule: "CUT-11", Japanese: "出荷締切", English: "Dispatch deadline", Key: "rules.dispatch_deadline", Value: s.DispatchDeadline.String()},
		{Rule: "CUT-11", Japanese: "出荷締切（トラックマーク品）", English: "Dispatch deadline, truck", Key: "rules.dispatch_deadline_truck", Value: s.DispatchDeadlineTruck.String()},
		{Rule: "CUT-7", Japanese: "お届け希望日の上限（日）", English: "Latest designated date, days", Key: "rules.designated_limit_days", Value: n(s.DesignatedLimitDays)},
		{Rule: "CAN-1", Japanese: "Web注文の取消時間（分）", English: "Cancel window of web orders, minutes", Key: "rules.cancel_window_minutes", Value: n(s.CancelWindowMinutes)},
		{Rule: "FEE-1", Japanese: "送料無料となる商品合計（税抜）", English: "Goods total from which shipping is free, ex tax", Key: "rules.fee_free_from_yen", Value: money(s.FeeFreeFromYen)},
		{Rule: "FEE-1", Japanese: "送料（税抜）", English: "Shipping fee, ex tax", Key: "rules.fee_yen", Value: money(s.FeeYen)},
		{Rule: "FEE-1", Japanese: "送料の税率（%）", English: "Tax rate of the fee, %", Key: "rules.fee_tax_rate", Value: n(int(s.FeeTaxRate))},
		{Rule: "FAX-3", Japanese: "受付回答を待つ時間（分）", English: "How long an acknowledgement waits, minutes", Key: "rules.answer_wait_minutes", Value: n(s.AnswerWaitMinutes)},
		{Rule: "FAX-3", Japanese: "FAXを送らない時間帯", English: "Quiet hours of faxes", Key: "rules.fax_quiet_from, fax_quiet_to", Value: s.FaxQuietFrom.String() + "–" + s.FaxQuietTo.String()},
		{Rule: "RDR-2", Japanese: "1日の検査の最低件数", English: "Audited a day, at least", Key: "rules.audit_daily_minimum", Value: n(s.AuditDailyMinimum)},
		{Rule: "KEP-1", Japanese: "保存年数", English: "Years that the archive is kept", Key: "rules.keep_years", Value: n(s.KeepYears)},
	}
	regions, err := d.Store.RegionTable(ctx)
	if err != nil {
		return v, err
	}
	for _, x := range regions {
		v.Regions = append(v.Regions, page.RegionRow{
			From: x.From, Code: x.Code, Prefectures: strings.Join(x.Prefectures, "・"), Postal: strings.Join(x.PostalPrefixes, " "),
			Fax: x.CutoffFax.String(), Web: x.CutoffWeb.String(), Truck: x.CutoffTruck.String(), LeadDays: x.LeadDays,
		})
	}
	days, err := d.Store.CalendarTable(ctx)
	if err != nil {
		return v, err
	}
	for _, x := range days {
		v.Days = append(v.Days, page.DayRow{On: x.On, Kind: string(x.Kind), Name: x.Name})
	}
	carriers, err := d.Store.RuleText(ctx, tableCarriers)
	if err != nil {
		return v, err
	}
	v.Carriers = gridOf(carriers)
	history, err := d.Store.RuleHistory(ctx, "", ruleVersions)
	if err != nil {
		return v, err
	}
	v.Versions = versions(p.Lang, history)
	text, err := d.Store.SettingsText(ctx)
	if err != nil {
		return v, err
	}
	v.Changes = gridOf(text)
	return v, nil
}

func tableProblem(lang page.Lang, x FileProblem) string {
	where := pick(lang, strconv.Itoa(x.Line)+"行目", "line "+strconv.Itoa(x.Line))
	if x.Column != "" {
		where += " " + x.Column
	}
	if x.Rule != "" {
		where += "（" + x.Rule + "）"
	}
	return where + ": " + page.Saying(lang, x.Text)
}

// lineChanges are the lines that one text has and the other has not.
func lineChanges(before, after string) (gone, fresh []string) {
	lines := func(s string) []string {
		return slices.DeleteFunc(strings.Split(s, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
	}
	a, b := lines(before), lines(after)
	for _, l := range a {
		if !slices.Contains(b, l) {
			gone = append(gone, l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			fresh = append(fresh, l)
		}
	}
	return gone, fresh
}
