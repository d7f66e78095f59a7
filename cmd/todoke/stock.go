package main

import (
	"context"
	"strconv"

	"todoke/store"
)

// stockCommand tells what is on hand, reserved and available (STK-3).
type stockCommand struct {
	Items     []string `arg:"" optional:"" help:"Item codes; all where none is given."`
	Warehouse string   `help:"Only this warehouse." placeholder:"CODE"`
	JSON      bool     `name:"json" help:"Print one JSON object a line."`
}

func (c *stockCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		all, err := st.Stock(ctx, c.Warehouse, c.Items...)
		if err != nil {
			return err
		}
		rows := [][]string{{"ITEM", "WAREHOUSE", "ON HAND", "RESERVED", "AVAILABLE", "RESTOCK", "NAME"}}
		for _, r := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, r); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, []string{
				r.ItemCode, r.WarehouseCode, strconv.Itoa(r.OnHandQty), strconv.Itoa(r.ReservedQty), strconv.Itoa(r.AvailableQty), dateText(r.RestockOn), r.Name,
			})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}
