package mail

import (
	"fmt"
	"time"

	"todoke/order"
)

// ApprovalRequest asks a customer's approver whether an order may go (APR-1).
type ApprovalRequest struct {
	Shop                Shop
	Order               order.Order
	Company, Department string
	To                  string   // name of the approver
	For                 string   // whom they stand in for; "" for themselves
	Orderer             string   // name; "" of a fax
	Why                 []string // it needs approval, in words
	Level, Levels       int
	Before              []string // names of who approved already
	Reminded            int      // how often they were reminded
	Link                string   // of the page on which one decides
	Expires             time.Time
}

// Way is how the order came.
func (q ApprovalRequest) Way() string {
	if q.Order.Channel == order.ChannelFax {
		return "FAX"
	}
	return "インターネット"
}

// Rows are the lines.
func (q ApprovalRequest) Rows() []string {
	out := make([]string, 0, len(q.Order.Lines))
	for _, l := range q.Order.Lines {
		reduced := ""
		if l.TaxRate == 8 {
			reduced = "（軽減税率対象）"
		}
		out = append(out, fmt.Sprintf("%d. %s（%s）%s\n　　%d%s × %s円 ＝ %s円", l.No, oneLine(l.Name), l.ItemCode, reduced, l.Qty, oneLine(l.Unit), l.UnitPrice.Grouped(), l.Amount().Grouped()))
	}
	return out
}

// Total is what the order comes to with tax.
func (q ApprovalRequest) Total() order.Yen {
	sum := q.Order.GoodsYen + q.Order.FeeYen
	for _, t := range q.Order.Taxes {
		sum += t.TaxYen
	}
	return sum
}

// Tax is the sum of all rates.
func (q ApprovalRequest) Tax() order.Yen { return q.Total() - q.Order.GoodsYen - q.Order.FeeYen }

// Render writes the mail.
func (q ApprovalRequest) Render() (Message, error) { return render("approval_request", q.Shop, q) }
