package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	netmail "net/mail"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/ingest/partner"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/document"
	"todoke/templates/mail"
	"todoke/templates/page"
)

// The names under which our API takes reports: they say what the body is.
const (
	PartnerResultName = "results.json"
	PartnerCountName  = "stock-counts.json"
)

// IssuePartnerErrors is the kind of the answer to a partner's file that was refused.
const IssuePartnerErrors = "partner_errors"

// PartnerVerdict is what a partner's file came to.
type PartnerVerdict struct {
	Kind    string
	Rows    int
	Outcome store.PartnerOutcome
	Faults  []partner.Fault // none where it was applied
}

// ReadPartnerFile reads a partner's file (WHS-2): what settle does is all that it does. Settle applies
// the file or refuses it as a whole, and answers the partner by its way.
func (c Config) ReadPartnerFile(ctx context.Context, f store.PartnerFile, data []byte) (settle func(*store.Tx) (PartnerVerdict, error), err error) {
	profile, err := c.Store.WarehouseProfile(ctx, f.WarehouseCode)
	if err != nil {
		return nil, err
	}
	o := c.partnerOptions(profile)
	var file partner.File
	var faults []partner.Fault
	if kind := jsonKind(f); kind != "" {
		file, faults = partner.ReadJSON(data, kind, o)
	} else {
		file, faults = partner.Read(data, o)
	}
	return func(tx *store.Tx) (PartnerVerdict, error) {
		v := PartnerVerdict{Kind: string(file.Kind), Rows: len(file.Rows), Faults: faults}
		now := c.Store.Now()
		var problems []*order.Error
		var err error
		if len(faults) > 0 { // every error is told: also what stands against the rows that can be read
			problems, err = tx.JudgePartnerFile(ctx, f, partnerRows(&file), now)
		} else {
			v.Outcome, problems, err = tx.ApplyPartnerFile(ctx, f, partnerRows(&file), now)
		}
		if err != nil || len(faults)+len(problems) == 0 {
			return v, err
		}
		v.Faults = slices.Clone(faults) // the transaction may be tried again
		for _, p := range problems {
			v.Faults = append(v.Faults, file.Fault(p.Field, p.Rule, p.Message))
		}
		slices.SortStableFunc(v.Faults, func(a, b partner.Fault) int { return cmp.Compare(a.Line, b.Line) })
		v.Faults = v.Faults[:min(len(v.Faults), o.MaxFaults)]
		encoded, err := json.Marshal(v.Faults)
		if err != nil {
			return v, fmt.Errorf("encode faults: %w", err)
		}
		if err := tx.RefusePartnerFile(ctx, f.ID, v.Kind, v.Rows, encoded, v.Faults[0].String(), now); err != nil {
			return v, err
		}
		return v, c.answerPartner(ctx, tx, f, profile, v.Faults, now)
	}, nil
}

func (c Config) partnerOptions(p order.WarehouseProfile) partner.Options {
	o := partner.DefaultOptions()
	o.Item, o.Headings = c.Store.Settings().Scheme().Item, headingsOf(p)
	return o
}

// jsonKind is what a report of our API is; "" for files.
func jsonKind(f store.PartnerFile) partner.Kind {
	switch {
	case f.Channel == store.PartnerAPI && f.Name == PartnerCountName:
		return partner.KindCount
	case f.Channel == store.PartnerAPI && f.Name == PartnerResultName:
		return partner.KindResult
	}
	return ""
}

// ShowPartnerFile is a partner's file as it stands: its headings, at most so many of its rows, and how
// many there are.
func (c Config) ShowPartnerFile(ctx context.Context, f store.PartnerFile, most int) (head []string, rows []partner.ShownRow, all int, err error) {
	profile, err := c.Store.WarehouseProfile(ctx, f.WarehouseCode)
	if err != nil {
		return nil, nil, 0, err
	}
	data, err := c.Store.Blobs().Get(f.SHA256)
	if err != nil {
		return nil, nil, 0, err
	}
	head, rows, all = partner.Show(data, jsonKind(f), c.partnerOptions(profile), most)
	return head, rows, all, nil
}

// ApplyPartnerFile reads a file that was received and settles it at once; where its job was faster,
// it is what that made of it.
func (c Config) ApplyPartnerFile(ctx context.Context, f store.PartnerFile) (store.PartnerFile, error) {
	data, err := c.Store.Blobs().Get(f.SHA256)
	if err != nil {
		return f, err
	}
	settle, err := c.ReadPartnerFile(ctx, f, data)
	if err != nil {
		return f, err
	}
	err = c.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := settle(tx)
		return err
	})
	if err != nil && order.KindOf(err) != order.KindConflict {
		return f, err
	}
	return c.Store.GetPartnerFile(ctx, f.ID)
}

// headingsOf are the partner's own names of the columns of what it sends back; those by which its
// lists call the same things hold there too.
func headingsOf(p order.WarehouseProfile) map[string]string {
	out := map[string]string{}
	for _, key := range []string{"list_number", "order_number", "line", "item_code"} {
		if p.Has(key) {
			out[key] = p.Heading(key)
		}
	}
	for _, c := range p.Results {
		out[c.Key] = c.Heading
	}
	return out
}

func partnerRows(f *partner.File) store.PartnerRows {
	out := store.PartnerRows{Kind: string(f.Kind)}
	for _, r := range f.Rows {
		switch f.Kind {
		case partner.KindResult:
			out.Results = append(out.Results, rules.ResultRow{
				Field: f.Name(r), List: r.List, Order: r.Order, LineNo: r.LineNo, ItemCode: r.ItemCode, Shipped: r.Shipped, Short: r.Short,
				Reason: rules.ShortReason(r.Reason), Tracking: r.Tracking, WeightGrams: r.WeightGrams, ShippedOn: r.ShippedOn, DeliveredOn: r.DeliveredOn,
			})
		case partner.KindAcknowledgement:
			out.Lists = append(out.Lists, store.PartnerListRow{Field: f.Name(r), List: r.List})
		case partner.KindCount:
			out.Counts = append(out.Counts, rules.CountRow{Field: f.Name(r), ItemCode: r.ItemCode, OnHand: r.OnHand, Location: r.Location, At: r.CountedAt})
		}
	}
	return out
}

// answerPartner tells a partner by its own way what is wrong with its file: a mail, or a file beside
// its lists. The API answers by itself, and the desk's page shows it to who handed it in.
func (c Config) answerPartner(ctx context.Context, tx *store.Tx, f store.PartnerFile, p order.WarehouseProfile, faults []partner.Fault, now time.Time) error {
	issue := store.NewIssue{Kind: IssuePartnerErrors, Number: strconv.FormatInt(f.ID, 10), Party: f.WarehouseCode, TransactedOn: order.DateOf(now)}
	var data []byte
	var to store.Recipient
	switch f.Channel {
	case store.PartnerMail:
		from, err := netmail.ParseAddress(f.Sender)
		if err != nil {
			c.logger().WarnContext(ctx, "nobody can be told of a partner's refused file", "file", f.ID, "warehouse", f.WarehouseCode)
			return nil //nolint:nilerr // it stands at the desk
		}
		const most = 50 // a mail is read
		m, err := partnerErrors(c.mailShop(), f, faults, most).Render()
		if err != nil {
			return err
		}
		data, to = []byte(m.Body), store.Recipient{Channel: "mail", Address: from.Address}
		issue.Format, issue.FileName, issue.Subject = "txt", IssuePartnerErrors+"_"+issue.Number+".txt", m.Subject
	case store.PartnerSFTP, store.PartnerFolder:
		var err error
		if data, err = document.PartnerErrorsCSV(p.Encoding, partnerErrors(c.mailShop(), f, faults, len(faults)).Faults); err != nil {
			return err
		}
		to = store.Recipient{Channel: f.Channel, Address: f.WarehouseCode}
		issue.Format, issue.FileName = "csv", errorFileName(f.Name)
	default:
		return nil
	}
	var err error
	if issue.Key, err = c.Store.Blobs().Put(data); err != nil {
		return err
	}
	issue.SizeBytes = len(data)
	id, first, err := tx.Issue(ctx, issue, now)
	if err == nil && !first { // handed in again it is answered again
		issue.Number += "-" + now.In(order.JST).Format("20060102150405")
		id, _, err = tx.Issue(ctx, issue, now)
	}
	if err != nil {
		return err
	}
	return tx.Send(ctx, id, to, now)
}

func errorFileName(name string) string {
	return strings.TrimSuffix(name, path.Ext(name)) + ".errors.csv"
}

func partnerErrors(shop mail.Shop, f store.PartnerFile, faults []partner.Fault, most int) mail.PartnerErrors {
	m := mail.PartnerErrors{Shop: shop, Number: strconv.FormatInt(f.ID, 10), Warehouse: f.WarehouseCode, File: f.Name, ReceivedAt: f.ReceivedAt}
	for i, x := range faults {
		if i == most {
			m.More = len(faults) - most
			break
		}
		m.Faults = append(m.Faults, order.PartnerFault{Line: x.Line, Column: x.Column, Heading: x.Heading, Rule: x.Rule, Text: page.Saying(page.Japanese, x.Message)})
	}
	return m
}
