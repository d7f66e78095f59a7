package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"todoke/ingest/partner"
	"todoke/order"
	"todoke/rules"
	"todoke/samples"
	"todoke/samples/day"
	"todoke/store"
	"todoke/worker"
)

// demoRow is what a partner tells of a row of its list.
type demoRow struct {
	list, order    order.Number
	line           int
	item           string
	shipped, short int
	reason         string
	tracking       string
	grams          int
	received       time.Time // the order
	customer       string
}

// report has every partner tell what became of the day's lists, and gives how many there were. On the
// first day something is broken on the shelf; on the second the first file is wrong; on the third the
// shelves are counted.
func (p *demoPartners) report(ctx context.Context, on order.Date) (int, error) {
	all, err := p.d.st.PickLists(ctx)
	if err != nil {
		return 0, err
	}
	lists := 0
	for _, code := range []string{demoSFTP, demoMail, demoAPI} {
		var rows []demoRow
		for _, l := range all {
			if l.WarehouseCode != code || !l.ShippedAt.IsZero() || l.IssuedAt.IsZero() || order.DateOf(l.ReleasedAt).Compare(on) > 0 {
				continue
			}
			list, err := p.d.st.GetPickList(ctx, l.ID)
			if err != nil {
				return 0, err
			}
			rows = addRows(rows, list)
			lists++
		}
		if len(rows) == 0 {
			continue
		}
		if code == demoSFTP && on == samples.Today {
			if err := p.damage(ctx, rows); err != nil {
				return 0, err
			}
		}
		if err := p.tell(ctx, code, on, rows); err != nil {
			return 0, err
		}
	}
	if on == samples.Today.Add(day.Days-1) {
		return lists, p.count(ctx, on)
	}
	return lists, nil
}

// addRows adds what left of a list: all of it, each shipment in one parcel.
func addRows(rows []demoRow, list store.PickList) []demoRow {
	const gramsEach = 350
	for _, l := range list.Lines {
		h := fnv.New32a()
		fmt.Fprint(h, list.WarehouseCode, l.OrderNumber, l.ShipmentNo)
		const most = 100_000_000
		n := h.Sum32() % most
		r := demoRow{
			list: list.Number, order: l.OrderNumber, line: l.LineNo, item: l.ItemCode, shipped: l.Qty, grams: gramsEach * l.Qty,
			tracking: fmt.Sprintf("4%s-%04d-%04d", map[string]string{demoSFTP: "012", demoMail: "530", demoAPI: "708"}[list.WarehouseCode], n/10_000, n%10_000), //nolint:mnd // four digits each
			received: l.ReceivedAt, customer: l.Customer,
		}
		i := slices.IndexFunc(rows, func(x demoRow) bool { return x.list == r.list && x.order == r.order && x.line == r.line })
		if i < 0 {
			rows = append(rows, r)
			continue
		}
		rows[i].shipped += r.shipped // of two shelves
		rows[i].grams += r.grams
	}
	return rows
}

// damage has one piece of what was ordered first be found broken: of an order on invoice, since the
// card gateway of a demo that goes on forgot what was captured before.
func (p *demoPartners) damage(ctx context.Context, rows []demoRow) error {
	const least = 3
	first := slices.Clone(rows)
	slices.SortFunc(first, func(a, b demoRow) int {
		return cmp.Or(a.received.Compare(b.received), strings.Compare(a.customer, b.customer), a.line-b.line)
	})
	for _, r := range first {
		if r.shipped < least {
			continue
		}
		o, err := p.d.st.GetOrder(ctx, r.order)
		if err != nil {
			return err
		}
		if o.Payment != order.PaymentInvoice {
			continue
		}
		i := slices.Index(rows, r)
		rows[i].shipped, rows[i].short, rows[i].reason = r.shipped-1, 1, "破損"
		return nil
	}
	return nil
}

// demoHeadings are what the partners call the columns of what they send back: those of the samples'
// profiles, and the usual ones.
var demoHeadings = map[string][]string{
	demoSFTP: {"注文番号", "行", "商品コード", "出荷数", "欠品数", "欠品理由", "送り状番号", "重量", "リスト番号"},
	demoMail: {"注文番号", "行", "商品コード", "出荷実績", "欠品", "欠品理由", "送り状NO", "重量", "リスト番号"},
}

func resultCSV(code string, rows []demoRow) string {
	var b strings.Builder
	b.WriteString(strings.Join(demoHeadings[code], ",") + "\r\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "%s,%d,%s,%d,%d,%s,%s,%d,%s\r\n", r.order.Grouped(), r.line, r.item, r.shipped, r.short, r.reason, r.tracking, r.grams, r.list.Grouped())
	}
	return b.String()
}

// tell sends a day's result by the partner's way.
func (p *demoPartners) tell(ctx context.Context, code string, on order.Date, rows []demoRow) error {
	name := "jisseki_" + strings.ReplaceAll(on.String(), "-", "")
	if code == demoAPI {
		var body partner.ResultBody
		for _, r := range rows {
			body.Rows = append(body.Rows, partner.ResultItem{
				List: string(r.list), Order: string(r.order), Line: r.line, ItemCode: r.item, Shipped: r.shipped, Short: r.short, Reason: r.reason,
				Tracking: []string{r.tracking}, WeightGrams: r.grams,
			})
		}
		data, err := json.MarshalIndent(body, "", " ")
		if err != nil {
			return fmt.Errorf("encode a result: %w", err)
		}
		if err := p.keep(code, "out", name+".json", data); err != nil {
			return err
		}
		if err := p.call(ctx, http.MethodPost, "/v1/warehouses/"+code+"/results", name, data, nil); err != nil {
			return err
		}
		return p.d.idle(ctx)
	}
	name += ".csv"
	if code == demoSFTP && on == samples.Today.Add(1) {
		if err := p.mistake(ctx, name, rows); err != nil {
			return err
		}
	}
	return p.send(ctx, code, name, resultCSV(code, rows))
}

// mistake sends a result in which one row says more than was on the list and another names no order of
// ours, and waits for the answer.
func (p *demoPartners) mistake(ctx context.Context, name string, rows []demoRow) error {
	wrong := slices.Clone(rows)
	wrong[0].shipped++
	last := &wrong[len(wrong)-1]
	last.order, last.list = "9999999999", ""
	if err := p.send(ctx, demoSFTP, name, resultCSV(demoSFTP, wrong)); err != nil {
		return err
	}
	answer := filepath.Join(p.folder(demoSFTP, "in"), strings.TrimSuffix(name, ".csv")+".errors.csv")
	if _, err := os.Stat(answer); err != nil {
		return fmt.Errorf("a wrong file was not answered: %w", err)
	}
	return nil
}

// count sends a stock count of a few shelves on which nothing is promised: of the first item two pieces
// are not there.
func (p *demoPartners) count(ctx context.Context, on order.Date) error {
	const (
		shelves = 6
		least   = 20
		gone    = 2
	)
	name := "tanaoroshi_" + strings.ReplaceAll(on.String(), "-", "") + ".csv"
	files, err := p.d.st.PartnerFiles(ctx, demoSFTP, "", 1000)
	if err != nil || slices.ContainsFunc(files, func(f store.PartnerFile) bool { return f.Name == name }) {
		return err
	}
	at := on.At(order.Clock{Hour: 19, Minute: 45})
	if err := p.d.advance(ctx, at); err != nil {
		return err
	}
	stock, err := p.d.st.Stock(ctx, demoSFTP)
	if err != nil {
		return err
	}
	rows := []string{"商品コード,在庫数,棚卸日時"}
	for _, s := range stock {
		if len(rows) > shelves {
			break
		}
		if s.ReservedQty > 0 || s.OnHandQty < least {
			continue
		}
		there := s.OnHandQty
		if len(rows) == 1 {
			there -= gone
		}
		rows = append(rows, fmt.Sprintf("%s,%d,%s", s.ItemCode, there, at.Format("2006-01-02 15:04")))
	}
	return p.send(ctx, demoSFTP, name, strings.Join(rows, "\r\n")+"\r\n")
}

// partnerMail is a partner's mail with a file.
func partnerMail(at time.Time, name, text string) []byte {
	const boundary = "=_yodonami"
	var b strings.Builder
	field := func(k, v string) { fmt.Fprintf(&b, "%s: %s\r\n", k, v) }
	body := func(s string) {
		const line = 76
		e := base64.StdEncoding.EncodeToString([]byte(s))
		for len(e) > line {
			b.WriteString(e[:line] + "\r\n")
			e = e[line:]
		}
		b.WriteString(e + "\r\n")
	}
	field("Return-Path", "<"+demoMailer+">")
	field("Authentication-Results", demoAuthserv+"; dkim=pass header.d=yodonami.example") // as our own server puts it above what came
	field("From", mime.BEncoding.Encode("utf-8", "淀野なみ倉庫 出荷係")+" <"+demoMailer+">")
	field("To", "order@todoke.example")
	field("Date", at.In(order.JST).Format(time.RFC1123Z))
	field("Message-ID", "<"+strings.TrimSuffix(name, ".csv")+"@yodonami.example>")
	field("Subject", mime.BEncoding.Encode("utf-8", "ご報告 "+name))
	field("MIME-Version", "1.0")
	field("Content-Type", `multipart/mixed; boundary="`+boundary+`"`)
	b.WriteString("\r\n--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	body("いつもお世話になっております。\r\n添付のとおりご報告いたします。\r\n")
	fmt.Fprintf(&b, "--%s\r\nContent-Type: text/csv; charset=utf-8; name=%q\r\nContent-Disposition: attachment; filename=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n", boundary, name, name)
	body(text)
	b.WriteString("--" + boundary + "--\r\n")
	return []byte(b.String())
}

// tellPartners tells by which way lists went and what came back.
func (d *demo) tellPartners(ctx context.Context) error {
	warehouses, err := d.st.Partners(ctx)
	if err != nil {
		return err
	}
	lists, err := d.st.PickLists(ctx)
	if err != nil {
		return err
	}
	const most = 10_000
	files, err := d.st.PartnerFiles(ctx, "", "", most)
	if err != nil {
		return err
	}
	deliveries, err := d.st.Deliveries(ctx)
	if err != nil {
		return err
	}
	notices := 0
	for _, v := range deliveries {
		if v.Kind == worker.IssueShippingNotice && v.Sent() {
			notices++
		}
	}
	d.say("\npartners: what came back was applied whole or refused whole; %d shipping mail(s) told customers", notices)
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  warehouse\tby\tlists\tshipped\tacknowledgements\tresults\tcounts\trefused\tunits shipped\tshort\twhere")
	var told []string
	for _, p := range warehouses {
		issued, shipped, units, short, refused := 0, 0, 0, 0, 0
		for _, l := range lists {
			if l.WarehouseCode == p.WarehouseCode {
				issued++
				if !l.ShippedAt.IsZero() {
					shipped++
				}
			}
		}
		kinds := map[string]int{}
		for _, f := range slices.Backward(files) { // oldest first
			if f.WarehouseCode != p.WarehouseCode {
				continue
			}
			if f.State == store.PartnerFileRefused {
				refused++
				told = append(told, fmt.Sprintf("refused: file %d %s, %s%s", f.ID, f.Name, f.Error, closed(f)))
				continue
			}
			kinds[f.Kind]++
			var out store.PartnerOutcome
			if err := json.Unmarshal(f.Outcome, &out); err != nil {
				return fmt.Errorf("read what became of file %d: %w", f.ID, err)
			}
			if out.Result != nil {
				units += out.Result.Shipped
				short += out.Result.Short
			}
			if out.Count != nil {
				told = append(told, fmt.Sprintf("counted: file %d %s, %d of %d items set, %d as known", f.ID, f.Name, out.Count.Set, out.Count.Items, out.Count.Same))
			}
		}
		where := p.Address
		if p.Channel == order.PartnerAPI {
			where = "GET /v1/warehouses/" + p.WarehouseCode + "/pick-lists"
		}
		fmt.Fprintf(w, "  %s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", p.WarehouseCode, p.Channel, issued, shipped,
			kinds[store.PartnerAcknowledgement], kinds[store.PartnerResult], kinds[store.PartnerCount], refused, units, short, where)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, line := range told {
		d.say("  %s", line)
	}
	return nil
}

// closed tells what settled a refused file.
func closed(f store.PartnerFile) string {
	if f.ClosedAt.IsZero() {
		return "; nothing has settled it"
	}
	return "; then: " + f.ClosedNote
}

// tellCards tells what was asked of the card gateway.
func (d *demo) tellCards(ctx context.Context) error {
	all, err := d.st.Payments(ctx, store.PaymentFilter{Limit: 10_000}) //nolint:mnd // more than a demo has
	if err != nil {
		return err
	}
	done, states := map[rules.ChargeKind]int{}, map[string]int{}
	var captured, refunded order.Yen
	var again []string
	for _, p := range all {
		if p.State != rules.ChargeDone {
			states[string(p.Kind)+" "+string(p.State)]++
			continue
		}
		done[p.Kind]++
		switch p.Kind {
		case rules.ChargeCapture:
			captured += p.Yen
		case rules.ChargeRefund:
			refunded += p.Yen
		default:
		}
		if p.Tries > 1 {
			what := p.Yen.Grouped() + " yen"
			if p.Kind == rules.ChargeVoid && p.Yen == 0 {
				what = "the rest"
			}
			again = append(again, fmt.Sprintf("%s of %s for order %s at try %d", p.Kind, what, p.Order.Grouped(), p.Tries))
		}
	}
	d.say("\ncards: %d captured before their goods were released (%s yen), %d voided, %d refunded (%s yen)",
		done[rules.ChargeCapture], captured.Grouped(), done[rules.ChargeVoid], done[rules.ChargeRefund], refunded.Grouped())
	for _, what := range slices.Backward(again) {
		d.say("  failed first, then done: %s", what)
	}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		d.say("  %d %s", states[state], state)
	}
	return nil
}
