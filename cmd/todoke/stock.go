package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
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
		if err := c.check(ctx, a, st); err != nil {
			return err
		}
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

// check refuses codes that are in no master: an empty answer would read as "none in stock".
func (c *stockCommand) check(ctx context.Context, a *App, st *store.Store) error {
	var bad []error
	if c.Warehouse != "" {
		_, _, all, err := st.Masters(ctx)
		if err != nil {
			return err
		}
		var codes []string
		for _, w := range all {
			codes = append(codes, w.Code)
		}
		if !slices.Contains(codes, c.Warehouse) {
			bad = append(bad, order.NotFound("warehouse", fmt.Sprintf("there is no warehouse %s: there are %s", c.Warehouse, strings.Join(codes, ", "))))
		}
	}
	if len(c.Items) == 0 {
		return errors.Join(bad...)
	}
	known, err := st.FindItems(ctx, "", order.DateOf(a.Now()), c.Items...)
	if err != nil {
		return err
	}
	for _, code := range c.Items {
		if _, ok := known[code]; ok {
			continue
		}
		text := "no item has the code " + code
		if fault := st.Settings().Scheme().Item.Fault(code); fault != "" {
			text += ": " + fault
		}
		bad = append(bad, order.NotFound("item_code", text))
	}
	return errors.Join(bad...)
}
