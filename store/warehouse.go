package store

import (
	"context"

	"github.com/jackc/pgx/v5"

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
			r.Copies, r.Slips, r.Returns, r.Address, r.ChaseMinutes, r.HostKey, r.Fetch, r.Contact, orEmpty(r.Senders),
			column(r.Results, func(c order.PickColumn) string { return c.Key }), column(r.Results, func(c order.PickColumn) string { return c.Heading }),
			r.Carrier, r.TrackingURL); err != nil {
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

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// WarehouseProfile is how a partner works; the default of a warehouse that has no profile.
func (s *Store) WarehouseProfile(ctx context.Context, code string) (order.WarehouseProfile, error) {
	found, err := collect(ctx, s.pool, "WarehouseProfiles", scanProfile, code)
	if err != nil {
		return order.WarehouseProfile{}, err
	}
	if len(found) == 0 {
		return order.DefaultProfile(code), nil
	}
	return found[0].WarehouseProfile, nil
}

// Partner is a warehouse with the way it works.
type Partner struct {
	order.WarehouseProfile
	Name    string
	Channel string // order.PartnerFolder …
}

// Partners are the warehouses that have a profile, by code.
func (s *Store) Partners(ctx context.Context) ([]Partner, error) {
	return collect(ctx, s.pool, "WarehouseProfiles", scanProfile, "")
}

func scanProfile(r pgx.CollectableRow) (Partner, error) {
	var p Partner
	var keys, headings, senders, resultKeys, resultHeadings []string
	err := r.Scan(&p.WarehouseCode, &p.Halves, &p.Sort, &p.Encoding, &keys, &headings,
		&p.Copies, &p.Slips, &p.Returns, &p.Address, &p.ChaseMinutes, &p.HostKey, &p.Fetch, &p.Contact, &senders, &p.Name, &p.Channel,
		&resultKeys, &resultHeadings, &p.Carrier, &p.TrackingURL)
	if len(senders) > 0 {
		p.Senders = senders
	}
	for i := range keys {
		p.Columns = append(p.Columns, order.PickColumn{Key: keys[i], Heading: headings[i]})
	}
	for i := range resultKeys {
		p.Results = append(p.Results, order.PickColumn{Key: resultKeys[i], Heading: resultHeadings[i]})
	}
	return p, err
}
