package store

import (
	"context"

	"todoke/order"
)

// ShipTosOf are the registered places of a department's company, by code.
func (s *Store) ShipTosOf(ctx context.Context, department string) ([]order.ShipTo, error) {
	return collect(ctx, s.pool, "ShipTosOfDepartment", scanShipTo, department)
}
