package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"todoke/order"
	"todoke/samples"
	"todoke/samples/day"
	"todoke/store"
)

// summary tells what became of every document and where to look, and fails where anything is
// neither final nor in review, or the books do not agree.
func (d *demo) summary(ctx context.Context, wall func() time.Time) error {
	docs, err := d.allDocuments(ctx)
	if err != nil {
		return err
	}
	if err := d.tellDocuments(ctx, docs); err != nil {
		return err
	}
	if err := d.tellOrders(ctx); err != nil {
		return err
	}
	if err := d.tellLists(ctx); err != nil {
		return err
	}
	if err := errors.Join(d.tellPartners(ctx), d.tellCards(ctx), d.tellPost(ctx, docs)); err != nil {
		return err
	}
	ledger, err := d.st.Ledger(ctx)
	if err != nil {
		return err
	}
	var stuck []string
	reviews := 0
	for _, e := range ledger {
		switch {
		case e.Review():
			reviews++
		case e.Kind != "order" && (e.Kind != "pick_list" || e.State != "issued"):
			stuck = append(stuck, fmt.Sprintf("%s %s is %s: %s", e.Kind, e.Name, e.State, e.Detail))
		}
	}
	broken, err := d.st.Audit(ctx)
	if err != nil {
		return err
	}
	d.say("\nchecks")
	if len(broken) == 0 {
		d.say("  ok  reserved stock is the sum of the allocations and never more than is on hand")
		d.say("  ok  every released quantity is on exactly one list, none before its ship day or its ten minutes")
		d.say("  ok  every document and page is final or in review")
	}
	for _, b := range append(broken, stuck...) {
		d.say("  WRONG  %s", b)
	}
	if err := d.tellReviews(ctx); err != nil {
		return err
	}
	data := d.app.Config.Data
	d.say("\nwhere to look (what you do there carries today's time; the demo's days are %s to %s)", samples.Today, samples.Today.Add(day.Days-1))
	d.say("  partners        %s/<warehouse>: what each got in in/, what it sent in out/", d.partners.dir)
	d.say("  mails sent      %s/*.eml, with the faxes beside them as PDF", d.servers.sent)
	d.say("  every document  bin/todoke document list --data %s", data)
	d.say("  what is open    bin/todoke ledger --data %s", data)
	d.say("  partners' files bin/todoke warehouse files --data %s", data)
	d.say("  the cards       bin/todoke payment list --data %s", data)
	d.say("  the orders      bin/todoke order list --data %s, then order explain NUMBER", data)
	secret := filepath.Join(d.partners.dir, ".password")
	d.say("  next            bin/todoke up --data %s --set partners.e1.password_file=%s", data, secret)
	d.say("  beside it       bin/todoke sftp-sink --listen %s --dir %s --password-file %s", d.partners.address, d.partners.dir, secret)
	d.say("\n%d review(s) wait for a person; done in %.1f s", reviews, wall().Sub(d.began).Seconds())
	if n := len(broken) + len(stuck); n > 0 {
		return fmt.Errorf("%d thing(s) are wrong: see above", n)
	}
	return nil
}

// tellReviews names what waits for a person, and how to settle it.
func (d *demo) tellReviews(ctx context.Context) error {
	all, err := d.st.OpenReviews(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	d.say("\nreviews: %d wait for a person, the most urgent first", len(all))
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	for _, r := range all {
		doc, err := d.st.GetDocument(ctx, r.DocumentID)
		if err != nil {
			return err
		}
		first := ""
		if len(r.Reasons) > 0 {
			first = short(r.Reasons[0].Error())
		}
		fmt.Fprintf(w, "  %s\t%s\tuntil %s\t%s\n", r.Name(), doc.FileName, r.DeadlineAt.In(order.JST).Format("01-02 15:04"), first)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	data := d.app.Config.Data
	d.say("  see one         bin/todoke review show %s --data %s", all[0].Name(), data)
	d.say("  its page        bin/todoke document show %d --save /tmp/look --data %s", all[0].DocumentID, data)
	d.say("  settle it       bin/todoke review settle %s FIELD=VALUE … --data %s, or review junk", all[0].Name(), data)
	return nil
}

// tellDocuments writes a line for every document that was handed in, with its pages and parts.
func (d *demo) tellDocuments(ctx context.Context, docs []store.Document) error {
	notes := map[string][]string{}
	for _, doc := range d.all {
		sum := sha256Hex(doc.Bytes)
		notes[sum] = append(notes[sum], doc.Note)
	}
	ids := make([]int64, len(docs))
	parts := map[int64][]store.Document{}
	for i, doc := range docs {
		ids[i] = doc.ID
		parts[doc.ParentID] = append(parts[doc.ParentID], doc)
	}
	pages, err := d.st.Pages(ctx, ids...)
	if err != nil {
		return err
	}
	whys := map[int64][]string{} // what became of what was attached to a mail
	for _, doc := range docs {
		if doc.Source != mailSource || doc.ParentID != 0 || len(parts[doc.ID]) > 0 {
			continue
		}
		attached, err := d.st.MailParts(ctx, doc.ID)
		if err != nil {
			return err
		}
		for _, a := range attached {
			if a.Why != "" {
				whys[doc.ID] = append(whys[doc.ID], a.FileName+" "+a.Why)
			}
		}
	}
	byDocument := map[int64][]store.Page{}
	ordered := 0
	for _, p := range pages {
		byDocument[p.DocumentID] = append(byDocument[p.DocumentID], p)
		if p.State == store.PageOrdered {
			ordered++
		}
	}
	d.say("\ndocuments: %d handed in, %d pages read, %d ordered without a person (web orders have ids too, hence the gaps)", len(parts[0]), len(pages), ordered)
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  id\tfile\treceived\twhat it is\twhat became of it")
	var tell func(doc store.Document, indent string)
	tell = func(doc store.Document, indent string) {
		note := ""
		if n := notes[doc.SHA256]; len(n) > 0 && doc.ParentID == 0 {
			note, notes[doc.SHA256] = n[0], n[1:]
		}
		var became []string
		if doc.State != store.DocumentRead && doc.State != store.DocumentSplit {
			became = append(became, strings.TrimSpace(string(doc.State)+" "+short(doc.Detail)))
		}
		for _, p := range byDocument[doc.ID] {
			text := string(p.State)
			switch {
			case p.OrderNumber != "":
				text = "order " + p.OrderNumber.Grouped()
			case p.Detail != "":
				text += ": " + short(p.Detail)
			}
			became = append(became, text)
		}
		if len(became) == 0 && len(parts[doc.ID]) == 0 { // a partner's mail
			became = whys[doc.ID]
		}
		if len(became) == 0 {
			became = []string{fmt.Sprintf("%d attachment(s)", len(parts[doc.ID]))}
		}
		for i, text := range became {
			name, at, id := indent+doc.FileName, doc.ReceivedAt.In(order.JST).Format("01-02 15:04:05"), strconv.FormatInt(doc.ID, 10)
			if i > 0 {
				name, at, id, note = "", "", "", ""
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", id, name, at, note, text)
		}
		for _, part := range parts[doc.ID] {
			tell(part, indent+"  ")
		}
	}
	for _, doc := range parts[0] {
		tell(doc, "")
	}
	return w.Flush()
}

// short keeps a reason on the line it stands on.
func short(s string) string {
	const most = 90
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// tellOrders counts the orders by channel and state.
func (d *demo) tellOrders(ctx context.Context) error {
	const batch = 500
	counts := map[string]int{}
	states := map[order.State]bool{}
	later := map[order.Date]int{}
	var after int64
	total := 0
	for {
		orders, err := d.st.ListOrders(ctx, store.OrderFilter{AfterID: after, Limit: batch})
		if err != nil {
			return err
		}
		for _, o := range orders {
			counts[string(o.Channel)+string(o.State)]++
			states[o.State] = true
			total++
			for _, s := range o.Shipments {
				if s.State == order.ShipmentPlanned && s.ShipOn.After(order.DateOf(d.clock.now())) {
					later[s.ShipOn]++
				}
			}
			after = o.ID
		}
		if len(orders) < batch {
			break
		}
	}
	d.say("\norders: %d, web orders answered: %d accepted, %d refused%s", total, d.web.accepted, d.web.refused, refusals(d.web.rules))
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  state\tfax\tweb\t")
	for _, s := range slices.Sorted(maps.Keys(states)) {
		fmt.Fprintf(w, "  %s\t%d\t%d\t\n", s, counts[string(order.ChannelFax)+string(s)], counts[string(order.ChannelWeb)+string(s)])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(later) > 0 {
		n := 0
		for _, k := range later {
			n += k
		}
		days := slices.SortedFunc(maps.Keys(later), order.Date.Compare)
		d.say("  %d shipments wait for later ship days, %s to %s", n, days[0], days[len(days)-1])
	}
	return nil
}

func refusals(rules map[string]int) string {
	if len(rules) == 0 {
		return ""
	}
	var out []string
	for _, r := range slices.Sorted(maps.Keys(rules)) {
		out = append(out, fmt.Sprintf("%s × %d", r, rules[r]))
	}
	return " (" + strings.Join(out, ", ") + ")"
}

// tellLists writes a line for every pick list and where its documents lie.
func (d *demo) tellLists(ctx context.Context) error {
	lists, err := d.st.PickLists(ctx)
	if err != nil {
		return err
	}
	deliveries, err := d.st.Deliveries(ctx)
	if err != nil {
		return err
	}
	byNumber := map[order.Number]string{} // where a list's files lie
	for _, l := range lists {
		byNumber[l.Number] = strings.ToLower(l.WarehouseCode) + "/in/"
	}
	files, stems, others := map[order.Number][]string{}, map[order.Number]string{}, map[order.Number]string{}
	for _, v := range deliveries {
		n := order.Number(v.Number)
		if !v.Sent() || byNumber[n] == "" {
			continue
		}
		if v.Kind != store.IssuePickListKind || v.Format == "csv" {
			others[n] += "  " + v.FileName
			continue
		}
		files[n] = append(files[n], filepath.Ext(v.FileName))
		stems[n] = byNumber[n] + strings.TrimSuffix(v.FileName, filepath.Ext(v.FileName))
	}
	d.say("\npick lists: %d, in %s", len(lists), d.partners.dir)
	w := tabwriter.NewWriter(d.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  list\twarehouse\tship day\tclass\torders\tlines\tunits\tfiles")
	for _, l := range lists {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", l.Number.Grouped(), l.WarehouseCode, l.ShipOn, l.Class, l.Orders, l.Allocations, l.Qty, stems[l.Number]+strings.Join(files[l.Number], ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, l := range lists {
		if more := others[l.Number]; more != "" {
			d.say("  beside %s:%s", l.Number.Grouped(), more)
		}
	}
	return nil
}
