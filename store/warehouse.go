package store

import (
	"context"
	"fmt"

	"todoke/order"
)

func (tx *Tx) importProfiles(ctx context.Context, bad *complaints, rows []order.WarehouseProfile) error {
	unique(bad, rows, "warehouse_code", func(r order.WarehouseProfile) string { return r.WarehouseCode })
	if err := tx.known(ctx, bad, "warehouses", "warehouses.csv", "warehouse_code",
		column(rows, func(r order.WarehouseProfile) string { return r.WarehouseCode })); err != nil {
		return err
	}
	if len(*bad) > 0 {
		return nil
	}
	for _, r := range rows {
		if err := tx.exec(ctx, "WarehouseProfileUpsert", r.WarehouseCode, string(r.Halves), string(r.Sort), string(r.Encoding),
			column(r.Columns, func(c order.PickColumn) string { return c.Key }),
			column(r.Columns, func(c order.PickColumn) string { return c.Heading }),
			r.Copies, r.Slips, r.Returns, r.Address, r.ChaseMinutes); err != nil {
			return err
		}
	}
	return nil
}

// importLocations replaces the locations of every warehouse that the rows name.
func (tx *Tx) importLocations(ctx context.Context, bad *complaints, rows []order.StorageLocation) error {
	type key struct{ warehouse, item string }
	unique(bad, rows, "item_code", func(r order.StorageLocation) key { return key{r.WarehouseCode, r.ItemCode} })
	warehouses := column(rows, func(r order.StorageLocation) string { return r.WarehouseCode })
	items := column(rows, func(r order.StorageLocation) string { return r.ItemCode })
	if err := tx.known(ctx, bad, "warehouses", "warehouses.csv", "warehouse_code", warehouses); err != nil {
		return err
	}
	if err := tx.known(ctx, bad, "items", "items.csv", "item_code", items); err != nil {
		return err
	}
	if len(*bad) > 0 {
		return nil
	}
	if err := tx.exec(ctx, "StorageLocationsDelete", warehouses); err != nil {
		return err
	}
	return tx.exec(ctx, "StorageLocationsInsert", warehouses, items, column(rows, func(r order.StorageLocation) string { return r.Location }))
}

// WarehouseProfile is how a partner works; the default of a warehouse that has no profile.
func (s *Store) WarehouseProfile(ctx context.Context, code string) (order.WarehouseProfile, error) {
	var p order.WarehouseProfile
	var keys, headings []string
	err := s.pool.QueryRow(ctx, query("WarehouseProfileGet"), code).Scan(&p.WarehouseCode, &p.Halves, &p.Sort, &p.Encoding, &keys, &headings,
		&p.Copies, &p.Slips, &p.Returns, &p.Address, &p.ChaseMinutes)
	if missing(err) {
		return order.DefaultProfile(code), nil
	}
	if err != nil {
		return p, kinded(fmt.Errorf("read warehouse profile: %w", err))
	}
	for i := range keys {
		p.Columns = append(p.Columns, order.PickColumn{Key: keys[i], Heading: headings[i]})
	}
	return p, nil
}
