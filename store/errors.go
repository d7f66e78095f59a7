package store

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"todoke/order"
)

// SQLSTATE codes that mean something to callers (PostgreSQL manual, appendix A).
const (
	stateUnique        = "23505"
	stateSerialization = "40001"
	stateDeadlock      = "40P01"
	stateLockTimeout   = "55P03"
)

// kinded gives a database error the kind that callers act on. Errors that carry a kind
// already stay as they are.
func kinded(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*order.Error](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return order.Temporary("the work was stopped before it was done", err)
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		_, connect := errors.AsType[*pgconn.ConnectError](err)
		_, network := errors.AsType[*net.OpError](err)
		if connect || network || pgconn.Timeout(err) {
			return order.Temporary("the database does not answer", err)
		}
		return err
	}
	switch {
	case pg.Code == stateUnique:
		return &order.Error{Kind: order.KindConflict, Message: "it is there already", Err: err}
	case retryable(err), pg.Code == stateLockTimeout:
		return order.Temporary("the database was busy", err)
	case len(pg.Code) == 5 && (pg.Code[:2] == "08" || pg.Code[:2] == "53" || pg.Code[:2] == "57"):
		return order.Temporary("the database does not answer", err)
	default:
		return err
	}
}

// retryable tells whether running the same transaction again may well succeed.
func retryable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == stateSerialization || pg.Code == stateDeadlock)
}

func missing(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
