package desk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// How much of the history of tables is shown, and how many empty rows a form ends with.
const (
	ruleVersions = 20
	emptyRows    = 3
	mostRows     = 500 // of a form; longer tables are edited as text
)

func csvText(rows [][]string) (string, error) {
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return b.String(), err
}

// gridOf is a table's text as rows of cells; one that is no table has none.
func gridOf(text string) [][]string {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil
	}
	for i := range rows {
		for len(rows[i]) < len(rows[0]) {
			rows[i] = append(rows[i], "")
		}
		rows[i] = rows[i][:len(rows[0])]
	}
	return rows
}

// typedTable is what a person typed: as text, or in the form's cells.
func typedTable(r *http.Request, head []string) (string, error) {
	if r.PostFormValue("grid") == "" {
		return strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"), nil
	}
	rows := [][]string{head}
	for i := range mostRows {
		row := make([]string, len(head))
		for j := range head {
			row[j] = strings.Join(strings.Fields(r.PostFormValue(fmt.Sprintf("cell-%d-%d", i, j))), " ") // a list may be typed over several lines
		}
		if !r.PostForm.Has(fmt.Sprintf("cell-%d-0", i)) {
			break
		}
		if strings.Join(row, "") != "" && r.PostFormValue(fmt.Sprintf("drop-%d", i)) == "" {
			rows = append(rows, row)
		}
	}
	return csvText(rows)
}

// tableEdit is the page of one table as it stands.
func (d *Desk) tableEdit(r *http.Request) (v page.TableEdit, err error) {
	ctx, p := r.Context(), personOf(r.Context())
	table := r.PathValue("table")
	if _, ok := tableNames[table]; !ok || d.Masters == nil {
		return v, order.NotFound("table", pick(p.Lang, "この表は編集できません。", "there is no such table to edit"))
	}
	v = page.TableEdit{Frame: d.frame(r, "rules", tableName(p.Lang, table)), Table: table, Head: tableName(p.Lang, table)}
	if v.Text, err = d.Store.RuleText(ctx, table); err != nil {
		return v, err
	}
	v.Was = v.Text
	history, err := d.Store.RuleHistory(ctx, table, ruleVersions)
	if err != nil {
		return v, err
	}
	v.Versions = versions(p.Lang, history)
	for _, h := range history {
		if strconv.FormatInt(h.ID, 10) == r.URL.Query().Get("version") {
			v.Text, v.Brought = h.After, h.At
		}
	}
	if table == tableRegions {
		v.Dated = true
		if from := r.URL.Query().Get("from"); from != "" {
			v.Text, err = d.copyRegions(r, v.Text, from)
		}
	}
	return v, err
}

// copyRegions adds to the region tables, to be edited, a copy of the one in force on a day, to hold
// from that day on.
func (d *Desk) copyRegions(r *http.Request, text, from string) (string, error) {
	ctx, p := r.Context(), personOf(r.Context())
	on, err := order.ParseDate(from)
	if err != nil || on.Before(order.DateOf(d.Now().In(order.JST))) {
		return "", order.Invalid("CUT-2", "from_on", pick(p.Lang, "適用日は本日以降の日付で入力してください。", "give a day, today or later"))
	}
	tables, err := d.Store.RegionTables(ctx)
	if err != nil {
		return "", err
	}
	for _, row := range gridOf(text) {
		if row[0] == on.String() {
			return text, nil // it is there already
		}
	}
	rows := tables.On(on).Rows()
	for i := range rows {
		rows[i].From = on
	}
	more, err := store.RegionsText(rows)
	if err != nil {
		return "", err
	}
	_, more, _ = strings.Cut(more, "\n")
	return text + more, nil
}

func versions(lang page.Lang, history []store.RuleChange) (out []page.Version) {
	for _, h := range history {
		gone, fresh := lineChanges(h.Before, h.After)
		out = append(out, page.Version{ID: h.ID, At: h.At, By: h.By, Reason: h.Reason, Table: h.Name, Name: tableName(lang, h.Name), Gone: gone, New: fresh})
	}
	return out
}

func (d *Desk) showTable(w http.ResponseWriter, r *http.Request) {
	v, err := d.tableEdit(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.showTableEdit(w, r, http.StatusOK, v)
}

func (d *Desk) showTableEdit(w http.ResponseWriter, r *http.Request, status int, v page.TableEdit) {
	if rows := gridOf(v.Text); len(rows) > 0 && len(rows) < mostRows-emptyRows {
		v.Columns, v.Rows = rows[0], rows[1:]
		for range emptyRows {
			v.Rows = append(v.Rows, make([]string, len(v.Columns)))
		}
	}
	d.showAs(w, r, status, v)
}

// editTable shows what an edited table would change, or saves it where that was seen before: all
// of it or nothing, by the checks of an import.
func (d *Desk) editTable(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	v, err := d.tableEdit(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	before := v.Was
	head := gridOf(before)
	if v.Text, err = typedTable(r, head[0]); err != nil {
		d.fail(w, r, err)
		return
	}
	v.Reason = strings.TrimSpace(r.PostFormValue("reason"))
	seen := before
	if was := strings.ReplaceAll(r.PostFormValue("was"), "\r\n", "\n"); was != "" {
		seen = was
	}
	if seen != before {
		d.tableConflict(w, r, v, seen)
		return
	}
	if v.Reason == "" {
		v.Problems = append(v.Problems, pick(p.Lang, "理由を入力してください。", "Say why."))
	}
	m, tables, years, bad := d.readTable(v.Table, before, v.Text)
	for _, x := range bad {
		v.Problems = append(v.Problems, tableProblem(p.Lang, x))
	}
	late, err := d.Store.CheckChanges(ctx, tables.Changes)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for i, c := range tables.Changes {
		if e := late[i]; e != nil {
			v.Problems = append(v.Problems, page.Day(p.Lang, c.From)+"（"+e.Rule+"）: "+page.Saying(p.Lang, e.Message))
			bad = append(bad, FileProblem{})
		}
	}
	v.Gone, v.New = lineChanges(before, v.Text)
	save := r.PostFormValue("do") == "save" && len(v.Problems) == 0
	if len(bad) == 0 {
		if save {
			err = d.Store.SaveRules(ctx, store.RuleChange{Name: v.Table, Before: before, After: v.Text, Reason: v.Reason, By: p.By(), At: d.Now()}, m, years)
		} else {
			err = d.Store.CheckImport(ctx, m)
		}
	}
	if order.KindOf(err) == order.KindConflict { // somebody was a moment quicker
		d.tableConflict(w, r, v, seen)
		return
	}
	if refused, ok := errors.AsType[*store.ImportError](err); ok {
		for _, row := range refused.Rows {
			v.Problems = append(v.Problems, tableProblem(p.Lang, FileProblem{Line: row.Row + 2, Column: row.Err.Field, Rule: row.Err.Rule, Text: row.Err.Message}))
		}
		save = false
	} else if err != nil {
		d.fail(w, r, err)
		return
	}
	if save {
		d.log(r, p.Login, "change", "table "+v.Table, changeDetail(v.Reason, v.Gone, v.New))
		d.tell(ctx, pick(p.Lang, "保存しました。これから受け付ける注文に適用されます。", "Saved: it holds for orders accepted from now on."))
		http.Redirect(w, r, "/desk/rules", http.StatusSeeOther)
		return
	}
	status := http.StatusUnprocessableEntity
	if len(v.Problems) == 0 {
		status = http.StatusOK
		preview, err := d.Store.PreviewRules(ctx, tables, d.Now())
		if err != nil {
			d.fail(w, r, err)
			return
		}
		v.Preview = previewOf(p.Lang, preview)
	}
	d.showTableEdit(w, r, status, v)
}

// tableConflict tells a person what somebody else saved while they edited, and keeps what they typed.
func (d *Desk) tableConflict(w http.ResponseWriter, r *http.Request, v page.TableEdit, seen string) {
	p := personOf(r.Context())
	now, err := d.tableEdit(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v.Was, v.Versions = now.Was, now.Versions
	v.Gone, v.New = nil, nil
	v.Problems = []string{pick(p.Lang, "編集中に他の人がこの表を変更しました。下の変更を確かめ、必要なら取り入れてから、もう一度確認してください。まだ何も保存していません。",
		"Somebody changed this table while you edited it. Look at their change below, take over what you need and preview again: nothing of yours is saved yet.")}
	v.Newer = &page.NewerTable{}
	v.Newer.Gone, v.Newer.New = lineChanges(seen, now.Was)
	if len(now.Versions) > 0 {
		v.Newer.By, v.Newer.At, v.Newer.Reason = now.Versions[0].By, now.Versions[0].At, now.Versions[0].Reason
	}
	d.showTableEdit(w, r, http.StatusConflict, v)
}

// readTable reads an edited table by the program's own readers.
func (d *Desk) readTable(table, before, text string) (m order.Masters, t store.RuleTables, years []int, bad []FileProblem) {
	if table == tableSettings {
		changes, wrong := rules.ParseChanges(text, d.Settings)
		for _, x := range wrong {
			bad = append(bad, FileProblem{Line: x.Line, Column: x.Err.Field, Rule: x.Err.Rule, Text: x.Err.Message})
		}
		today := order.DateOf(d.Now().In(order.JST))
		had, has := pastRows(before, today), pastRows(text, today)
		for on, row := range had {
			if has[on].text == row.text {
				delete(has, on)
				continue
			}
			if _, changed := has[on]; !changed {
				bad = append(bad, FileProblem{Line: row.line, Column: "from", Text: "what was promised stays: a change begins today or later"})
			}
		}
		for _, row := range has {
			bad = append(bad, FileProblem{Line: row.line, Column: "from", Text: "what was promised stays: a change begins today or later"})
		}
		slices.SortFunc(bad, func(a, b FileProblem) int { return a.Line - b.Line })
		return m, store.RuleTables{Changes: changes, HasChanges: true}, nil, bad
	}
	if len(gridOf(text)) >= 2 || table == tableRegions { // an empty calendar is one
		m, bad = d.Masters(table, []byte(text))
	}
	t = store.RuleTables{Regions: m.Regions, Calendar: m.Calendar, Carriers: m.Carriers, HasRegions: table == tableRegions, HasCalendar: table == tableCalendar, HasCarriers: table == tableCarriers}
	if table == tableRegions && len(bad) == 0 {
		var old order.Masters
		if len(gridOf(before)) >= 2 {
			old, _ = d.Masters(table, []byte(before))
		}
		for _, x := range store.PastRegions(old.Regions, m.Regions, order.DateOf(d.Now().In(order.JST))) {
			bad = append(bad, FileProblem{Line: x.Row + 2, Column: x.Column, Rule: x.Err.Rule, Text: x.Err.Message})
		}
	}
	if table == tableCalendar { // years of which nothing is left
		for _, row := range gridOf(before) {
			if on, err := order.ParseDate(row[0]); err == nil && !slices.Contains(years, on.Year) {
				years = append(years, on.Year)
			}
		}
	}
	return m, t, years, bad
}

type pastRow struct {
	line int
	text string
}

// pastRows are the changes of settings that held before a day, by the day that they began on.
func pastRows(text string, today order.Date) map[order.Date]pastRow {
	out := map[order.Date]pastRow{}
	for i, l := range strings.Split(strings.TrimSpace(text), "\n") {
		cells := strings.Split(l, ",")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		if on, err := order.ParseDate(cells[0]); err == nil && on.Before(today) {
			out[on] = pastRow{i + 1, strings.Join(cells, ",")}
		}
	}
	return out
}

func previewOf(lang page.Lang, p store.RulePreview) *page.RulePreview {
	v := &page.RulePreview{
		From: p.From, To: p.To, On: p.On, Regions: p.ByField["region"], Warehouses: p.ByField["warehouse"], Orders: p.Orders, Changed: p.Changed, Earlier: p.Earlier, Later: p.Later, Refused: p.Refused, Fees: p.ByField["fee_yen"], Planned: p.Planned, Capped: p.Capped,
	}
	told := func(d rules.Difference, s string) string {
		switch on, err := order.ParseDate(s); {
		case s == "":
			return "—"
		case err == nil:
			return page.Day(lang, on)
		case d.Field == "fee_yen":
			return pick(lang, s+"円", "¥"+s)
		}
		return page.Saying(lang, s)
	}
	for _, x := range p.Examples {
		row := page.RuleExample{
			Number: x.Order.Number.Grouped(), Path: "/desk/orders/" + string(x.Order.Number), Channel: string(x.Order.Channel), ReceivedAt: x.Order.ReceivedAt, Prefecture: x.Order.ShipTo.Prefecture,
		}
		for _, d := range x.Differences {
			switch d.Field {
			case "arrival_on", "refused":
				row.Before, row.After = told(d, d.Was), told(d, d.Now)
			case "region":
				row.RegionBefore, row.RegionAfter = told(d, d.Was), told(d, d.Now)
			case "warehouse":
				row.HouseBefore, row.HouseAfter = told(d, d.Was), told(d, d.Now)
			case "fee_yen":
				row.FeeBefore, row.FeeAfter = told(d, d.Was), told(d, d.Now)
			}
		}
		v.Examples = append(v.Examples, row)
	}
	return v
}
