package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// WarehouseToken is who may speak for a warehouse at the API.
type WarehouseToken struct {
	WarehouseCode string
	Name          string
	CreatedAt     time.Time
	RevokedAt     time.Time
}

// PutWarehouseToken makes a token good for a warehouse, and revokes an earlier one of the name. Only
// its SHA-256 is kept.
func (s *Store) PutWarehouseToken(ctx context.Context, warehouse, name, token string, now time.Time) error {
	const minToken = 20
	if strings.TrimSpace(name) == "" || len(token) < minToken {
		return order.Invalid("WHS-2", "token", fmt.Sprintf("a warehouse's token needs a name and at least %d characters", minToken))
	}
	sum := sha256.Sum256([]byte(token))
	return s.InTx(ctx, func(tx *Tx) error {
		var known bool
		if err := tx.tx.QueryRow(ctx, query("WarehouseExists"), warehouse).Scan(&known); err != nil {
			return fmt.Errorf("find warehouse: %w", err)
		}
		if !known {
			return order.NotFound("warehouse", "there is no warehouse "+warehouse+": see warehouses.csv")
		}
		if err := tx.exec(ctx, "WarehouseTokenRevoke", warehouse, name, at(now)); err != nil {
			return err
		}
		return tx.exec(ctx, "WarehouseTokenInsert", warehouse, text(name), sum[:], at(now))
	})
}

// RevokeWarehouseToken makes a token worthless.
func (s *Store) RevokeWarehouseToken(ctx context.Context, warehouse, name string, now time.Time) error {
	tag, err := s.pool.Exec(ctx, query("WarehouseTokenRevoke"), warehouse, name, at(now))
	if err != nil {
		return kinded(fmt.Errorf("revoke token: %w", err))
	}
	if tag.RowsAffected() == 0 {
		return order.NotFound("token", "the warehouse has no such token: see todoke warehouse token list")
	}
	return nil
}

// FindWarehouseToken finds the warehouse that a bearer token speaks for; ok is false where there is
// none. Tokens are looked up by hash: no timing tells how near a guess was.
func (s *Store) FindWarehouseToken(ctx context.Context, token string) (t WarehouseToken, ok bool, err error) {
	sum := sha256.Sum256([]byte(token))
	err = s.pool.QueryRow(ctx, query("WarehouseTokenFind"), sum[:]).Scan(&t.WarehouseCode, &t.Name)
	if missing(err) {
		return t, false, nil
	}
	return t, err == nil, kinded(err)
}

// WarehouseTokens are all tokens that ever were, by warehouse.
func (s *Store) WarehouseTokens(ctx context.Context) ([]WarehouseToken, error) {
	return collect(ctx, s.pool, "WarehouseTokensList", func(r pgx.CollectableRow) (WarehouseToken, error) {
		var t WarehouseToken
		return t, r.Scan(&t.WarehouseCode, &t.Name, &t.CreatedAt, (*instant)(&t.RevokedAt))
	})
}
