package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"todoke/order"
	"todoke/store"
)

// pickListCommand looks pick lists up and takes in what left the warehouses.
type pickListCommand struct {
	List    pickListListCommand    `cmd:"" help:"List pick lists, oldest first."`
	Show    pickListShowCommand    `cmd:"" help:"Show one pick list: its lines, its files, and whether they were delivered."`
	Shipped pickListShippedCommand `cmd:"" help:"Report that everything on pick lists left the warehouse: stock falls by it."`
}

type pickListListCommand struct {
	Open bool `help:"Only lists that are not reported shipped."`
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

func (c *pickListListCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		all, err := st.PickLists(ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"LIST", "WAREHOUSE", "SHIPS", "CLASS", "ORDERS", "LINES", "QUANTITY", "RELEASED", "ISSUED", "SHIPPED", "BY"}}
		for _, p := range all {
			if c.Open && !p.ShippedAt.IsZero() {
				continue
			}
			if c.JSON {
				if err := printJSON(a.Stdout, p); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, []string{
				p.Number.Grouped(), p.WarehouseCode, dateText(p.ShipOn), string(p.Class), strconv.Itoa(p.Orders), strconv.Itoa(p.Allocations),
				strconv.Itoa(p.Qty), stamp(p.ReleasedAt), stamp(p.IssuedAt), stamp(p.ShippedAt), p.ShippedBy,
			})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

type pickListShowCommand struct {
	Number string `arg:"" help:"Pick list number, with or without hyphens."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// pickListView is a pick list as it is printed.
type pickListView struct {
	Number     order.Number     `json:"number"`
	Warehouse  string           `json:"warehouse"`
	ShipOn     order.Date       `json:"ship_on"`
	Class      order.Class      `json:"class"`
	Wave       int              `json:"wave"` // of the warehouse, day and class
	ReleasedAt time.Time        `json:"released_at"`
	IssuedAt   time.Time        `json:"issued_at,omitzero"`
	ShippedAt  time.Time        `json:"shipped_at,omitzero"`
	ShippedBy  string           `json:"shipped_by,omitempty"`
	Lines      []pickLineView   `json:"lines"`
	Deliveries []store.Delivery `json:"deliveries"`
}

type pickLineView struct {
	Order     order.Number `json:"order"`
	Shipment  int          `json:"shipment"`
	Line      int          `json:"line"`
	Item      string       `json:"item_code"`
	Name      string       `json:"name"`
	Qty       int          `json:"quantity"`
	Unit      string       `json:"unit"`
	ArrivalOn order.Date   `json:"arrival_on"`
	ShipTo    string       `json:"ship_to"`
	Comment   string       `json:"comment,omitempty"`
}

func (c *pickListShowCommand) Run(ctx context.Context, a *App) error {
	n, err := order.ParseNumber(c.Number)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		p, err := st.GetPickListByNumber(ctx, n)
		if err != nil {
			return err
		}
		v := pickListView{
			Number: p.Number, Warehouse: p.WarehouseCode, ShipOn: p.ShipOn, Class: p.Class, Wave: p.Wave,
			ReleasedAt: p.ReleasedAt, IssuedAt: p.IssuedAt, ShippedAt: p.ShippedAt, ShippedBy: p.ShippedBy,
			Lines: make([]pickLineView, 0, len(p.Lines)),
		}
		for _, l := range p.Lines {
			v.Lines = append(v.Lines, pickLineView{
				l.OrderNumber, l.ShipmentNo, l.LineNo, l.ItemCode, l.ItemName, l.Qty, l.Unit, l.ArrivalOn, l.ShipTo.Name, l.Comment,
			})
		}
		if v.Deliveries, err = st.DeliveriesOf(ctx, p.ID); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.Stdout, v)
		}
		return a.printPickList(p, v)
	})
}

func (a *App) printPickList(p store.PickList, v pickListView) error {
	shipped := "not reported yet"
	if !v.ShippedAt.IsZero() {
		shipped = stamp(v.ShippedAt) + " by " + v.ShippedBy
	}
	if err := printTable(a.Stdout, [][]string{
		{"pick list", v.Number.Grouped()},
		{"warehouse", v.Warehouse + " " + p.WarehouseName},
		{"ships", fmt.Sprintf("%s  %s, wave %d", dateText(v.ShipOn), v.Class, v.Wave)},
		{"released", stamp(v.ReleasedAt)},
		{"issued", stamp(v.IssuedAt)},
		{"shipped", shipped},
	}); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout)
	lines := [][]string{{"ORDER", "SHIPMENT", "LINE", "ITEM", "QUANTITY", "NAME", "ARRIVES", "SHIP TO", "COMMENT"}}
	for _, l := range v.Lines {
		lines = append(lines, []string{
			l.Order.Grouped(), strconv.Itoa(l.Shipment), strconv.Itoa(l.Line), l.Item, strconv.Itoa(l.Qty) + l.Unit, l.Name, dateText(l.ArrivalOn), l.ShipTo, l.Comment,
		})
	}
	if err := printTable(a.Stdout, lines); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout)
	files := [][]string{{"FILE", "BYTES", "CHANNEL", "TO", "DELIVERY", "SENT", "WHERE"}}
	for _, d := range v.Deliveries {
		files = append(files, []string{d.FileName, strconv.FormatInt(d.SizeBytes, 10), d.Channel, d.Recipient, d.State, stamp(d.SentAt), d.Location})
	}
	return printTable(a.Stdout, files)
}

type pickListShippedCommand struct {
	Numbers []string `arg:"" name:"number" help:"Pick list numbers, with or without hyphens."`
	By      string   `help:"Who reports it." placeholder:"NAME" env:"USER" required:""`
	JSON    bool     `name:"json" help:"Print one JSON object a line."`
}

func (*pickListShippedCommand) Help() string {
	return "Each list is taken by itself, once: a list that was reported before is told and left as it is. A list is shipped as a whole; " +
		"report it before the warehouse's stock count is imported."
}

func (c *pickListShippedCommand) Run(ctx context.Context, a *App) error {
	numbers := make([]order.Number, len(c.Numbers))
	for i, text := range c.Numbers {
		n, err := order.ParseNumber(text)
		if err != nil {
			return err // before any list is taken
		}
		numbers[i] = n
	}
	return a.withStore(ctx, func(st *store.Store) error {
		var errs []error
		for _, n := range numbers {
			l, err := st.ShipPickList(ctx, n, c.By, a.Now())
			if err != nil {
				errs = append(errs, err)
				continue
			}
			if c.JSON {
				if err := printJSON(a.Stdout, l); err != nil {
					return err
				}
				continue
			}
			if l.Again {
				fmt.Fprintf(a.Stdout, "pick list %s was reported shipped before, %s by %s: nothing changed\n", n.Grouped(), stamp(l.ShippedAt), l.By)
				continue
			}
			fmt.Fprintf(a.Stdout, "pick list %s shipped: %d of %d order(s) have nothing more to come, quantity %d\n", n.Grouped(), l.Finished, l.Orders, l.Qty)
		}
		return errors.Join(errs...)
	})
}
