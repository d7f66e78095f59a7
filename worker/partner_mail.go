package worker

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// partnerMail is a mail of a partner warehouse (WHS-2).
type partnerMail struct {
	warehouse string // "" where the mail is no partner's
	sender    string
	doubt     string // why its sender may be forged; "" where it is proven
}

// partner finds the warehouse in whose profile a mail's sender stands.
func (w *ReadDocument) partner(ctx context.Context, doc store.Document, m Mail) (p partnerMail, err error) {
	address, doubt := rules.PartnerSender(m.Letter)
	if address == "" || m.Facts.Profile != "" {
		return p, nil
	}
	all, err := w.cfg.Store.Partners(ctx)
	if err != nil {
		return p, err
	}
	for _, one := range all {
		if !slices.ContainsFunc(one.Senders, func(s string) bool { return strings.EqualFold(s, address) }) {
			continue
		}
		if doubt == "" && !slices.Contains(w.cfg.Unproven, one.WarehouseCode) {
			doubt = rules.SenderProof(m.Letter, w.authserv(doc))
		}
		return partnerMail{one.WarehouseCode, address, doubt}, nil
	}
	return p, nil
}

// authserv is the name of the mail server that a mail came from to us, as its results bear it.
func (w *ReadDocument) authserv(doc store.Document) string {
	if w.cfg.Authserv == nil {
		return ""
	}
	return w.cfg.Authserv(doc.ExternalID)
}

// tables are the kinds of files in which partners hand in results and counts.
var tables = []string{".csv", ".tsv", ".xlsx", ".xlsm", ".xls"}

// file is an attachment as the partner's file; ok is false where it is something else, or where a
// person must see it first.
func (p partnerMail) file(a Attachment) (f store.NewPartnerFile, ok bool) {
	if p.warehouse == "" || p.doubt != "" || a.Problem != "" || len(a.Bytes) == 0 || len(a.Bytes) > store.MaxPartnerFile ||
		!slices.Contains(tables, strings.ToLower(path.Ext(a.FileName))) {
		return f, false
	}
	return store.NewPartnerFile{WarehouseCode: p.warehouse, Channel: store.PartnerMail, Name: a.FileName, Sender: p.sender, Bytes: a.Bytes}, true
}

// reason is what a person must know of a partner's mail that is not settled by its files.
func (p partnerMail) reason() *order.Error {
	if p.doubt != "" {
		return order.Invalid("WHS-2", "", fmt.Sprintf("the mail names the partner warehouse %s as its sender, but %s. Its files were not taken: ask the partner, and hand them in on the page of the warehouse if they are its own", p.warehouse, p.doubt))
	}
	return order.Invalid("WHS-2", "", fmt.Sprintf("the partner warehouse %s wrote it: see what it says", p.warehouse))
}

// take takes a part's file for the partner, and says so.
func (p *mailPart) take(ctx context.Context, tx *store.Tx, now time.Time) error {
	f, again, err := tx.ReceivePartnerFile(ctx, *p.file, now)
	if err != nil {
		return err
	}
	p.Why = fmt.Sprintf("taken as file %d of warehouse %s", f.ID, f.WarehouseCode)
	if again {
		p.Why = fmt.Sprintf("the same as file %d of warehouse %s", f.ID, f.WarehouseCode)
	}
	return nil
}
