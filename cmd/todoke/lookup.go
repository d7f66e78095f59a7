package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"todoke/order"
	"todoke/store"
)

// withStore runs a command's work on the configured database.
func (a *App) withStore(ctx context.Context, fn func(*store.Store) error) error {
	st, closeStore, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer closeStore()
	return fn(st)
}

// printJSON writes one JSON value a line.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printTable writes rows in columns; the first row is the head.
func printTable(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if _, err := fmt.Fprintln(t, strings.Join(r, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// stamp writes an instant in Japan; "-" where there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(order.JST).Format(time.DateTime)
}

// dateText writes a date; "-" where there is none.
func dateText(d order.Date) string { return cmp.Or(d.String(), "-") }

// documentID reads "17" or "17.2": document, and page where one is named.
func documentID(s string) (id int64, page int, err error) {
	number, rest, dotted := strings.Cut(s, ".")
	id, err = strconv.ParseInt(number, 10, 64)
	if err == nil && dotted {
		page, err = strconv.Atoi(rest)
	}
	if err != nil || id <= 0 || page < 0 {
		return 0, 0, order.Invalid("", "document", fmt.Sprintf("%q names no document: write 17, or 17.2 for its second page", s))
	}
	return id, page, nil
}

// orderNumber finds order numbers that texts of the store carry bare.
var orderNumber = regexp.MustCompile(`\border [0-9]{10}\b`)

// readable writes the order numbers of a text as people read them out.
func readable(text string) string {
	return orderNumber.ReplaceAllStringFunc(text, func(s string) string {
		return "order " + order.Number(strings.TrimPrefix(s, "order ")).Grouped()
	})
}

// customerName is the company and department of a customer code, "no such customer" where it
// names none.
func customerName(ctx context.Context, st *store.Store, code string) (string, error) {
	d, err := st.GetDepartment(ctx, code)
	if order.KindOf(err) == order.KindNotFound {
		return "no such customer", nil
	}
	return strings.TrimSpace(d.CompanyName + " " + d.Name), err
}

// oneOf refuses a filter's value that it does not have; empty is no filter.
func oneOf[T ~string](field string, value T, allowed ...T) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	names := make([]string, len(allowed))
	for i, v := range allowed {
		names[i] = string(v)
	}
	return order.Invalid("", field, fmt.Sprintf("%q is none: use %s", string(value), strings.Join(names, ", ")))
}

// told is an event in words with the name of whoever decided, once.
func told(e order.Event) string {
	text := readable(e.Text)
	if e.By != "" && !strings.Contains(text, "by "+e.By) {
		text += " by " + e.By
	}
	return text
}
