package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// lineField is the name of a field of an order line on a form, such as "lines[3].quantity".
var lineField = regexp.MustCompile(`^lines\[([1-9][0-9]?)\]\.([a-z_]+)$`)

// RequestOf makes a request of what a page of the order form says, every field read or settled
// by a person. What stands against it is returned by field: fields still in review, halves of
// lines and dates, a total that is not the sum (合計数量). Lines that a person dropped are left
// out; their quantities still count towards the total. It judges no masters: Accept does.
func RequestOf(d order.Draft, source order.Source, receivedAt time.Time) (order.Request, []*order.Error) {
	r := order.Request{Channel: order.ChannelFax, ReceivedAt: receivedAt, Source: source}
	var errs []*order.Error
	bad := func(rule, field, format string, args ...any) {
		errs = append(errs, order.Invalid(rule, field, fmt.Sprintf(format, args...)))
	}
	text := map[string]string{}
	pictures := map[string]string{} // blob keys of comments, by line
	dropped := 0                    // sum of the quantities of lines left out on purpose
	for _, f := range d.Fields {
		if no := lineOf(f.Name); no != 0 && d.Drops(no) {
			if qty := strings.TrimSpace(f.Text); strings.HasSuffix(f.Name, ".quantity") && qty != "" {
				n, err := strconv.Atoi(qty)
				if err != nil || n < 0 {
					bad("FAX-2", f.Name, "the line is left out, but %q is not a quantity: settle it as it stands on the page, so that the total can be compared", qty)
				}
				dropped += n
			}
			continue
		}
		if m := lineField.FindStringSubmatch(f.Name); m != nil && m[2] == "comment" && f.Decision == order.DecisionAccept && strings.TrimSpace(f.Text) == "" {
			// FAX-4: handwriting that nobody has typed stays a picture; whoever packs a line whose
			// picture is missing is told where to see it.
			if f.Image == "" {
				text[f.Name] = fmt.Sprintf("手書きコメントあり（受信文書%d・%d頁）", source.DocumentID, max(1, source.Page))
			}
			pictures[strings.TrimSuffix(f.Name, ".comment")] = f.Image
			continue
		}
		if f.Name == "received_at" {
			if f.Decision == order.DecisionReview {
				bad("CUT-3", f.Name, "%s", strings.Join(f.Reasons, "; "))
			}
			continue
		}
		if f.Decision == order.DecisionReview {
			why := strings.Join(f.Reasons, "; ")
			if why == "" {
				why = "the reader is not sure"
			}
			bad("FAX-2", f.Name, "read as %q: %s", f.Text, why)
		}
		if f.Decision != order.DecisionBlank {
			text[f.Name] = strings.TrimSpace(f.Text)
		}
	}

	r.DepartmentCode = text["customer_code"]
	r.ShipToCode = text["ship_to"]
	switch back, cancel := marked(text["stockout.backorder"]), marked(text["stockout.cancel"]); {
	case back && cancel:
		bad("STK-2", "stockout.backorder", "both ways of handling a stock-out are marked: choose one")
	case back:
		r.Stockout = order.StockoutBackorder
	case cancel:
		r.Stockout = order.StockoutCancel
	}
	var problem *order.Error
	if r.DesignatedOn, problem = dayOf(text["delivery_month"], text["delivery_day"], order.DateOf(receivedAt)); problem != nil {
		errs = append(errs, problem)
	}

	var nos []int
	for name := range text {
		if m := lineField.FindStringSubmatch(name); m != nil && text[name] != "" {
			no, err := strconv.Atoi(m[1])
			if err == nil && !slices.Contains(nos, no) {
				nos = append(nos, no)
			}
		}
	}
	for field, key := range pictures {
		if m := lineField.FindStringSubmatch(field + ".comment"); m != nil && key != "" {
			if no, err := strconv.Atoi(m[1]); err == nil && !slices.Contains(nos, no) {
				nos = append(nos, no)
			}
		}
	}
	slices.Sort(nos)
	total := 0
	for _, no := range nos {
		field := fmt.Sprintf("lines[%d]", no)
		l := order.RequestLine{Field: field, ItemCode: text[field+".item_code"]}
		l.Comment, l.CommentImage = text[field+".comment"], pictures[field]
		qty := text[field+".quantity"]
		switch n, err := strconv.Atoi(qty); {
		case l.ItemCode == "" && qty == "":
			bad("FAX-4", field+".item_code", "the line has a comment and no item: decide what it means")
			continue
		case qty == "":
			bad("ITM-1", field+".quantity", "item %s has no quantity", l.ItemCode)
			continue
		case err != nil:
			bad("ITM-1", field+".quantity", "%q is not a quantity", qty)
			continue
		default:
			l.Qty = n
			total += n
		}
		if l.ItemCode == "" {
			bad("ITM-1", field+".item_code", "a quantity of %d has no item", l.Qty)
			continue
		}
		r.Lines = append(r.Lines, l)
	}
	if s := text["total_quantity"]; s != "" && len(errs) == 0 {
		n, err := strconv.Atoi(s)
		switch {
		case err == nil && n == total+dropped:
		case len(d.Dropped) > 0:
			bad("FAX-2", "total_quantity", "the total is %s, the quantities sum to %d and those of the lines left out to %d: compare them with the page", s, total, dropped)
		default:
			bad("FAX-2", "total_quantity", "the total is %s, the quantities sum to %d: compare them with the page", s, total)
		}
	}
	return r, errs
}

// lineOf is the number of the line that a field belongs to; 0 where it belongs to none.
func lineOf(field string) int {
	m := lineField.FindStringSubmatch(field)
	if m == nil {
		return 0
	}
	no, _ := strconv.Atoi(m[1]) // one or two digits
	return no
}

// marked tells whether a mark field says yes.
func marked(s string) bool {
	switch strings.ToLower(s) {
	case "", "0", "no", "false", "off":
		return false
	default:
		return true
	}
}

// dayOf is the day that month and day name: the first on or after the day of receipt,
// within a year. None is given where both are empty.
func dayOf(month, day string, received order.Date) (order.Date, *order.Error) {
	if month == "" && day == "" {
		return order.Date{}, nil
	}
	m, errM := strconv.Atoi(month)
	d, errD := strconv.Atoi(day)
	if errM != nil || errD != nil {
		return order.Date{}, order.Invalid("CUT-7", "delivery_day", fmt.Sprintf("%q/%q is half a date: give month and day, or neither", month, day))
	}
	for year := received.Year; year <= received.Year+1; year++ {
		on, err := order.ParseDate(fmt.Sprintf("%04d-%02d-%02d", year, m, d))
		if err == nil && !on.Before(received) {
			return on, nil
		}
	}
	return order.Date{}, order.Invalid("CUT-7", "delivery_day", fmt.Sprintf("%d/%d does not come within a year", m, d))
}
