package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/page"
)

// Partners reads what partner warehouses hand in (WHS-2).
type Partners struct {
	// Apply reads a file that was received and settles it at once; nil leaves it to its job.
	Apply func(ctx context.Context, f store.PartnerFile) (store.PartnerFile, error)
	// Show is a file as it stands, at most so many of its rows; nil shows none.
	Show func(ctx context.Context, f store.PartnerFile, most int) (PartnerSheet, error)
}

// PartnerSheet are the rows of a file as people see them in a table.
type PartnerSheet struct {
	Head []string // none where the headings are not known
	Rows []PartnerRow
	All  int // rows in the file
}

// PartnerRow is a row and what was read in it.
type PartnerRow struct {
	Name        string // what errors of the row begin with
	Line        int
	Text        []string
	Order, List order.Number
	Item        string
}

// Limits of what the page of a file shows.
const (
	fileRows  = 500
	fileMoves = 500
	fileCell  = 60 // letters of a cell
	fileCells = 24
)

func partnerFilePath(id string) string { return "/desk/partner-files/" + id }

// partnerFault is something wrong in a file, as it is kept.
type partnerFault struct {
	Field   string `json:"field"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Heading string `json:"heading"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

// row is the name of the fault's row.
func (f partnerFault) row() string {
	if f.Field != "" {
		name, _, _ := strings.Cut(f.Field, ".")
		return name
	}
	return "line " + strconv.Itoa(f.Line)
}

func outcomeOf(f store.PartnerFile) (out store.PartnerOutcome, faults []partnerFault, err error) {
	if len(f.Outcome) > 0 {
		err = json.Unmarshal(f.Outcome, &out)
	}
	if err == nil && len(f.Faults) > 0 {
		err = json.Unmarshal(f.Faults, &faults)
	}
	return out, faults, err
}

// partnerFileOf is a file that the person may see; others are not there.
func (d *Desk) partnerFileOf(r *http.Request) (store.PartnerFile, error) {
	none := order.NotFound("partner_file", "there is no such file of a partner")
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return store.PartnerFile{}, none
	}
	f, err := d.Store.GetPartnerFile(r.Context(), id)
	if err == nil && !ownWarehouse(personOf(r.Context()), f.WarehouseCode) {
		return store.PartnerFile{}, none
	}
	return f, err
}

func (d *Desk) showPartnerFile(w http.ResponseWriter, r *http.Request) {
	f, err := d.partnerFileOf(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	if f.State != store.PartnerFileReceived { // while it is read, the page renews itself
		d.saw(r, "partner file "+strconv.FormatInt(f.ID, 10))
	}
	d.partnerFilePage(w, r, http.StatusOK, f, "")
}

func (d *Desk) partnerFilePage(w http.ResponseWriter, r *http.Request, status int, f store.PartnerFile, said string) {
	ctx, p := r.Context(), personOf(r.Context())
	at, err := d.Store.SeeWarehouses(ctx, f.WarehouseCode, 0)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	v := page.PartnerFile{
		Frame: d.frame(r, "warehouses", f.Name), File: fileRow(p.Lang, f), Warehouse: page.Link{Path: warehousePath(f.WarehouseCode), Text: at[0].Name}, Code: f.WarehouseCode,
		Key: f.Key, Said: said, Reading: f.State == store.PartnerFileReceived,
	}
	v.Act = f.Waits() && p.Role != store.RoleWarehouse
	v.Refused, v.Asks = f.State == store.PartnerFileRefused, f.State == store.PartnerFileAsks
	if v.Act {
		v.Claim, err = d.claim(ctx, "partner", f.ID)
	}
	out, faults, bad := outcomeOf(f)
	if err == nil {
		err = bad
	}
	if err == nil {
		err = d.fileTable(ctx, p, &v, f, out, faults)
	}
	var moved []store.FileMovement
	if err == nil {
		moved, err = d.Store.MovementsOfFile(ctx, f.ID, fileMoves)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	for _, m := range moved {
		v.Moves = append(v.Moves, page.StockMove{Item: m.Item, Name: m.Name, Qty: m.Qty, Kind: m.Kind, Reason: m.Reason})
	}
	for _, x := range faults {
		v.Faults = append(v.Faults, page.FileFault{Line: x.Line, Field: x.Field, Column: x.Column, Heading: x.Heading, Rule: x.Rule, Text: page.Saying(p.Lang, x.Message)})
	}
	if out.Result != nil {
		for _, n := range out.Result.Lists {
			v.Lists = append(v.Lists, listLink(p, n))
		}
	}
	if out.Count != nil {
		for _, c := range out.Count.Promised {
			v.Promised = append(v.Promised, page.CountAsk{Item: c.ItemCode, Counted: c.Counted, Was: c.Was, Lacking: c.Lacking})
		}
	}
	d.showAs(w, r, status, v)
}

func listLink(p Person, n order.Number) page.Link {
	path := "/desk/lists/" + string(n)
	if p.Role == store.RoleWarehouse {
		path = "/desk/picklists/" + string(n)
	}
	return page.Link{Path: path, Text: n.Grouped()}
}

// fileTable puts the file's rows on the page, each with what became of it, and the orders they name.
func (d *Desk) fileTable(ctx context.Context, p Person, v *page.PartnerFile, f store.PartnerFile, out store.PartnerOutcome, faults []partnerFault) error {
	if d.Partners.Show == nil {
		return nil
	}
	sheet, err := d.Partners.Show(ctx, f, fileRows)
	if err != nil {
		return err
	}
	v.Head, v.All = clipped(sheet.Head), sheet.All
	says := rowOutcomes(p.Lang, f, out, faults)
	seen := map[order.Number]bool{}
	for _, x := range sheet.Rows {
		row := page.FileRow{Line: x.Line, Cells: clipped(x.Text)}
		row.Says, row.Look = says(x)
		v.Table = append(v.Table, row)
		if x.Order != "" && f.State == store.PartnerFileApplied && !seen[x.Order] {
			seen[x.Order] = true
			link := page.Link{Text: x.Order.Grouped()}
			if p.Role != store.RoleWarehouse {
				link.Path = orderPath(x.Order)
			}
			v.Orders = append(v.Orders, link)
		}
		if x.List != "" && f.Kind == store.PartnerAcknowledgement && f.State == store.PartnerFileApplied && !seen[x.List] {
			seen[x.List] = true
			v.Lists = append(v.Lists, listLink(p, x.List))
		}
	}
	return nil
}

// rowOutcomes tells of each row what became of it.
func rowOutcomes(lang page.Lang, f store.PartnerFile, out store.PartnerOutcome, faults []partnerFault) func(PartnerRow) (says, look string) {
	wrong, again := map[string]bool{}, map[string]bool{}
	for _, x := range faults {
		wrong[x.row()] = true
	}
	if out.Result != nil {
		for _, name := range out.Result.Again {
			again[name] = true
		}
	}
	items := map[string]rules.CountDecision{}
	if c := out.Count; c != nil {
		for _, all := range [][]rules.CountDecision{c.Changes, c.Open, c.Promised, c.Decided} {
			for _, x := range all {
				items[x.ItemCode] = x
			}
		}
	}
	return func(x PartnerRow) (string, string) {
		switch {
		case f.State == store.PartnerFileReceived:
			return pick(lang, "読み取り待ち", "to be read"), ""
		case wrong[x.Name]:
			return pick(lang, "誤りあり", "wrong"), "bad"
		case f.State == store.PartnerFileRefused:
			return pick(lang, "取り込まず", "not applied"), ""
		case again[x.Name]:
			return pick(lang, "既報（変更なし）", "told before"), ""
		case f.Kind != store.PartnerCount:
			return pick(lang, "取込済", "applied"), "good"
		}
		c, ok := items[x.Item]
		switch {
		case !ok:
			return pick(lang, "変更なし", "no change"), ""
		case c.Verdict == rules.CountSame:
			return pick(lang, "変更なし", "no change"), ""
		case c.Verdict == rules.CountOlder:
			return pick(lang, "その後の棚卸・在庫取込が有効", "a later count or import stands"), ""
		case c.Verdict == rules.CountSet, c.Verdict == rules.CountPromised && len(out.Count.Decided) > 0: // a person kept it
			return fmt.Sprintf("%d → %d", c.Was, c.OnHand), "good"
		case c.Verdict == rules.CountPromised:
			return fmt.Sprintf(pick(lang, "引当より%d少ない", "%d fewer than promised"), c.Lacking), "warn"
		}
		return pick(lang, "出荷中のため次の棚卸へ", "under way: left to the next count"), ""
	}
}

// clipped are cells as far as a page shows them.
func clipped(cells []string) []string {
	out := make([]string, 0, min(len(cells), fileCells))
	for _, c := range cells[:min(len(cells), fileCells)] {
		if utf8.RuneCountInString(c) > fileCell {
			c = string([]rune(c)[:fileCell]) + "…"
		}
		out = append(out, c)
	}
	return out
}

// partnerFileBytes sends a file as it came.
func (d *Desk) partnerFileBytes(w http.ResponseWriter, r *http.Request) {
	f, err := d.partnerFileOf(r)
	var data []byte
	if err == nil {
		data, err = d.Store.Blobs().Get(f.SHA256)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	d.saw(r, "partner file "+strconv.FormatInt(f.ID, 10))
	sendBytes(w, data, f.Name, "")
}

// actOnPartnerFile settles a file that waits for a person.
func (d *Desk) actOnPartnerFile(w http.ResponseWriter, r *http.Request) {
	ctx, p := r.Context(), personOf(r.Context())
	f, err := d.partnerFileOf(r)
	if err == nil {
		err = d.mine(ctx, "partner", f.ID)
	}
	if err != nil {
		d.fail(w, r, err)
		return
	}
	act, note, told, next := r.PostFormValue("act"), strings.TrimSpace(r.PostFormValue("note")), "", "/desk/next?why=partner"
	switch {
	case act == "again":
		next = partnerFilePath(strconv.FormatInt(f.ID, 10))
		_, err = d.readAgain(r, f)
	case note == "":
		err = order.Invalid("KEP-2", "note", "say what was done")
	case act == "close" && f.State == store.PartnerFileRefused:
		err = d.Store.ClosePartnerFile(ctx, f.ID, note, p.By(), d.Now())
		told = pick(p.Lang, "「"+f.Name+"」を処理済みにしました。", f.Name+" is dealt with.")
	case act == "keep" || act == "leave":
		var got store.CountDecided
		got, err = d.Store.DecideCount(ctx, f.ID, act == "keep", note, p.By(), d.Now())
		told = fmt.Sprintf(pick(p.Lang, "判断を記録しました（引当を外した注文 %d件）。", "Decided: %d order(s) lost something."), got.Orders)
		if left := got.Older + got.Open; left > 0 {
			told += fmt.Sprintf(pick(p.Lang, "%d品目はその後の棚卸・在庫取込または出荷中のため、そのままです。", " %d item(s) stay as they are: a later count or import stands, or they are on lists under way."), left)
		}
	default:
		err = order.Invalid("", "act", "there is no such action")
	}
	if err != nil {
		d.refused(w, r, err, func(status int, said string) {
			if now, err := d.Store.GetPartnerFile(ctx, f.ID); err == nil {
				f = now
			}
			d.partnerFilePage(w, r, status, f, said)
		})
		return
	}
	if act != "again" { // which is logged as it is done
		d.log(r, p.Login, "change", "partner file "+strconv.FormatInt(f.ID, 10), act+": "+note)
		d.tell(ctx, told)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// readAgain reads a refused file once more: what stood against it may be mended on our side.
func (d *Desk) readAgain(r *http.Request, f store.PartnerFile) (store.PartnerFile, error) {
	p := personOf(r.Context())
	if err := d.Store.RetryPartnerFile(r.Context(), f.ID, p.By(), d.Now()); err != nil {
		return f, err
	}
	d.log(r, p.Login, "change", "partner file "+strconv.FormatInt(f.ID, 10), "read again: "+f.Name)
	f.State = store.PartnerFileReceived
	return d.settleFile(r, f)
}
