package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/store"
)

// approvalCommand works on orders that wait for their customer's approver (APR-1).
type approvalCommand struct {
	List   approvalListCommand   `cmd:"" help:"List orders that wait for an approver, longest first."`
	Decide approvalDecideCommand `cmd:"" help:"Enter what an approver said by telephone."`
}

type approvalListCommand struct {
	Limit int  `help:"At most so many." default:"1000"`
	JSON  bool `name:"json" help:"Print one JSON object an order."`
}

// approvalLine is an order that waits, as printed.
type approvalLine struct {
	store.OpenApproval
	State    string   `json:"state"`
	Level    int      `json:"level"`
	Levels   int      `json:"levels"`
	Deciders []string `json:"deciders"`
	Asked    string   `json:"asked_at"`
	Reminded int      `json:"reminded"`
	Expires  string   `json:"expires_at"`
	TotalYen int64    `json:"goods_and_fee_yen"`
}

// Run implements the command.
func (c *approvalListCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		open, err := st.OpenApprovals(ctx, c.Limit)
		if err != nil {
			return err
		}
		rows := [][]string{{"ORDER", "CUSTOMER", "GOODS+FEE", "LEVEL", "DECIDES", "ASKED", "REMINDED", "LAPSES"}}
		for _, o := range open {
			v, found, err := st.ApprovalOf(ctx, o.OrderID, a.Now())
			if err != nil {
				return err
			}
			if !found || !v.State.Open() {
				continue
			}
			l := approvalLine{
				OpenApproval: o, State: string(v.State), Level: v.Level(), Levels: len(v.Levels), Deciders: []string{}, Asked: stamp(v.AskedAt), Reminded: v.Reminded,
				Expires: stamp(v.Expires), TotalYen: int64(v.Order.GoodsYen + v.Order.FeeYen),
			}
			for _, d := range v.Deciders {
				l.Deciders = append(l.Deciders, d.Code)
			}
			if c.JSON {
				if err := printJSON(a.Stdout, l); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, []string{
				o.Number.Grouped(), o.Department, order.Yen(l.TotalYen).Grouped(), fmt.Sprintf("%d of %d", l.Level, l.Levels), strings.Join(l.Deciders, " "), l.Asked,
				strconv.Itoa(l.Reminded), l.Expires,
			})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

type approvalDecideCommand struct {
	Number  string `arg:"" help:"Order number, with or without hyphens."`
	User    string `required:"" help:"User code of the approver who decided." placeholder:"CODE"`
	Approve bool   `help:"They approve it."`
	Refuse  bool   `help:"They refuse it: the order is cancelled."`
	Reason  string `required:"" help:"What was said."`
	By      string `required:"" help:"Who enters it."`
}

// Run implements the command.
func (c *approvalDecideCommand) Run(ctx context.Context, a *App) error {
	if c.Approve == c.Refuse {
		return order.Invalid("APR-1", "approve", "say --approve or --refuse")
	}
	if strings.TrimSpace(c.By) == "" || strings.TrimSpace(c.Reason) == "" {
		return errors.Join(order.Invalid("KEP-2", "by", "say who enters this, and what was said"))
	}
	return a.withOrder(ctx, c.Number, func(st *store.Store, o order.Order) error {
		after, err := st.DecideApproval(ctx, o.ID, store.ApprovalDecision{By: c.User, Yes: c.Approve, Note: c.Reason, EnteredBy: c.By}, a.Now())
		if err != nil {
			return err
		}
		text := string(after.State)
		if after.HoldReason != "" {
			text += " (" + after.HoldReason + ")"
		}
		_, err = fmt.Fprintf(a.Stdout, "order %s is %s\n", after.Number.Grouped(), text)
		return err
	})
}
