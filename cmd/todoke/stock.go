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

// stockCommand tells what is there, and when it could arrive (STK-3).
type stockCommand struct {
	Show         stockShowCommand         `cmd:"" default:"withargs" help:"Tell what is on hand, reserved and available."`
	Availability stockAvailabilityCommand `cmd:"" help:"Tell how much of an item is there and when it would arrive if it were ordered now."`
}

type stockAvailabilityCommand struct {
	Item       string `arg:"" help:"Item code."`
	Customer   string `help:"For this customer." placeholder:"CODE"`
	ShipTo     string `help:"To this registered place of the customer's company." placeholder:"CODE"`
	Prefecture string `help:"To this prefecture, where no customer is named." placeholder:"NAME"`
	PostalCode string `help:"With this postal code." placeholder:"NUMBER"`
	Channel    string `help:"Ordered by fax or web." default:"web" enum:"fax,web"`
	Quantity   int    `help:"So many." default:"1"`
	At         string `help:"Ordered at this instant instead of now." placeholder:"YYYY-MM-DDTHH:MM"`
	JSON       bool   `name:"json" help:"Print JSON."`
}

func (c *stockAvailabilityCommand) Run(ctx context.Context, a *App) error {
	now := a.Now()
	if c.At != "" {
		var refused *order.Error
		if now, refused = parseInstant("at", c.At); refused != nil {
			return refused
		}
	}
	if c.Quantity < 1 {
		return order.Invalid("ITM-1", "quantity", "a quantity is 1 or more")
	}
	return a.withStore(ctx, func(st *store.Store) error {
		got, err := st.Availability(ctx, store.AvailabilityAsk{
			ItemCode: c.Item, Qty: c.Quantity, Channel: order.Channel(c.Channel), DepartmentCode: c.Customer, ShipToCode: c.ShipTo,
			Prefecture: c.Prefecture, PostalCode: c.PostalCode,
		}, now)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.Stdout, map[string]any{
				"item_code": got.Item.Code, "quantity": got.Qty, "available": got.AvailableQty, "enough": got.Enough, "region": got.RegionCode,
				"acceptance_on": got.AcceptanceOn, "arrival_on": got.ArrivalOn, "arrival_quantity": got.ArrivalQty, "likely_on": got.LikelyOn, "restock_on": got.RestockOn, "rules": got.Rules,
			})
		}
		promised, whole := dateText(got.ArrivalOn), dateText(got.LikelyOn)
		if rest := got.Qty - got.ArrivalQty; rest > 0 && !got.ArrivalOn.IsZero() {
			promised += fmt.Sprintf(", %d of %d", got.ArrivalQty, got.Qty)
			if got.LikelyOn.IsZero() {
				whole = fmt.Sprintf("no day is known for the other %d", rest)
			}
		}
		return printTable(a.Stdout, [][]string{
			{"item", got.Item.Code + " " + got.Item.Name},
			{"region", got.RegionCode},
			{"asked at", stamp(got.At)},
			{"available", strconv.Itoa(got.AvailableQty) + got.Item.Unit + map[bool]string{true: ", enough", false: ", not enough"}[got.Enough]},
			{"acceptance day", dateText(got.AcceptanceOn)},
			{"promised", promised},
			{"all of it", whole},
			{"restock", dateText(got.RestockOn)},
			{"rules", strings.Join(got.Rules, " ")},
		})
	})
}

type stockShowCommand struct {
	Items     []string `arg:"" optional:"" help:"Item codes; all where none is given."`
	Warehouse string   `help:"Only this warehouse." placeholder:"CODE"`
	JSON      bool     `name:"json" help:"Print one JSON object a line."`
}

func (c *stockShowCommand) Run(ctx context.Context, a *App) error {
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
func (c *stockShowCommand) check(ctx context.Context, a *App, st *store.Store) error {
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
