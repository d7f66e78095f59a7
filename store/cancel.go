package store

import (
	"context"
	"time"

	"todoke/order"
	"todoke/rules"
)

// Cancel cancels an order whole (CAN-1, rules.Cancel) and undoes what it touched: reserved stock,
// budgets, and the fees of its add-ons (FEE-2). What stands against it comes back with its rule,
// and nothing is done. An order that is cancelled already is returned as it is.
func (tx *Tx) Cancel(ctx context.Context, id int64, c rules.Cancellation, now time.Time) (order.Order, error) {
	return tx.Change(ctx, id, func(o order.Order, f Facts) (order.Order, []order.Event, error) {
		if o.State == order.StateCancelled {
			return o, nil, nil
		}
		return tx.cancelled(ctx, o, f, c, now)
	})
}

// cancelled is rules.Cancel with its facts, for the functions that Change runs.
func (tx *Tx) cancelled(ctx context.Context, o order.Order, f Facts, c rules.Cancellation, now time.Time) (order.Order, []order.Event, error) {
	budget, err := tx.BudgetEntriesOf(ctx, o.ID)
	if err != nil {
		return o, nil, err
	}
	charges, err := tx.charges(ctx, o.ID)
	if err != nil {
		return o, nil, err
	}
	region, _ := f.Regions.Of(o)
	next, _, events, problem := rules.Cancel(o, rules.CancelFacts{Settings: f.Settings, Region: region, Siblings: f.Siblings, Budget: budget, Charges: charges}, c, at(now))
	if problem != nil {
		return o, nil, problem // what is undone Change saves: stock, budgets, fees, the card
	}
	return next, events, nil
}

// CancelWebOrder cancels an order at the wish of the customer of the shop front that placed it
// (CAN-1). Asked again, it answers alike. Another shop front's order is not found.
func (s *Store) CancelWebOrder(ctx context.Context, shopFront string, n order.Number, now time.Time) (order.Order, error) {
	o, err := s.GetOrder(ctx, n)
	if err != nil {
		return order.Order{}, err
	}
	if o.Source.ShopFront != shopFront || shopFront == "" {
		return order.Order{}, order.NotFound("number", "there is no order "+n.Grouped())
	}
	id := o.ID // o is empty where the transaction is tried again
	err = s.InTx(ctx, func(tx *Tx) (err error) {
		o, err = tx.Cancel(ctx, id, rules.Cancellation{AskedBy: rules.AskedByCustomer, By: shopFront, Reason: "the customer's wish"}, now)
		return err
	})
	return o, err
}
