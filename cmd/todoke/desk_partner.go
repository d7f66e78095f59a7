package main

import (
	"context"

	"todoke/desk"
	"todoke/order"
	"todoke/store"
	"todoke/worker"
)

// deskPartners reads warehouses' files for the desk's pages.
func deskPartners(c worker.Config) desk.Partners {
	return desk.Partners{Apply: c.ApplyPartnerFile, Show: func(ctx context.Context, f store.PartnerFile, most int) (desk.PartnerSheet, error) {
		head, rows, all, err := c.ShowPartnerFile(ctx, f, most)
		out := desk.PartnerSheet{Head: head, All: all}
		for _, r := range rows {
			row := desk.PartnerRow{Name: r.Name, Line: r.Line, Text: r.Text}
			if r.Row != nil {
				row.Item = r.Row.ItemCode
				row.Order, _ = order.ParseNumber(r.Row.Order) // a list may be named without one
				row.List, _ = order.ParseNumber(r.Row.List)
			}
			out.Rows = append(out.Rows, row)
		}
		return out, err
	}}
}
