package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// StaffSession is one place where a person is signed in.
type StaffSession struct {
	ID      string
	Agent   string // as the browser names itself
	Address string
	Since   time.Time
	SeenAt  time.Time
}

// BeginSession notes that a person signed in.
func (s *Store) BeginSession(ctx context.Context, login string, n StaffSession) error {
	_, err := s.pool.Exec(ctx, query("StaffSessionInsert"), n.ID, login, text(n.Agent), text(n.Address), at(n.Since))
	return kinded(err)
}

// StaffOfSession is whose session it is and when it was used last; the zero Staff where it is over.
func (s *Store) StaffOfSession(ctx context.Context, id string) (p Staff, seen time.Time, err error) {
	err = s.pool.QueryRow(ctx, query("StaffOfSession"), id).Scan(&p.ID, &p.Login, &p.Name, &p.Role, &p.WarehouseCode, &p.Lang, &p.SecondFactor, &p.Failures,
		(*instant)(&p.LockedAt), (*instant)(&p.DisabledAt), &p.CreatedAt, &p.SessionsNo, &p.PasswordGiven, &seen)
	if missing(err) {
		return Staff{}, time.Time{}, nil
	}
	return p, seen, kinded(err)
}

// SeeSession notes that a session was used.
func (s *Store) SeeSession(ctx context.Context, id string, now time.Time) error {
	_, err := s.pool.Exec(ctx, query("StaffSessionSeen"), id, at(now))
	return kinded(err)
}

// SessionsOf are a person's sessions that began and were used since, the latest used first.
func (s *Store) SessionsOf(ctx context.Context, login string, used, begun time.Time) ([]StaffSession, error) {
	return collect(ctx, s.pool, "StaffSessions", pgx.RowToStructByPos[StaffSession], login, at(used), at(begun))
}

// EndSession ends one session of a person.
func (s *Store) EndSession(ctx context.Context, login, id string, now time.Time) error {
	tag, err := s.pool.Exec(ctx, query("StaffSessionEnd"), login, id, at(now))
	if err == nil && tag.RowsAffected() == 0 {
		return order.NotFound("session", "there is no such session")
	}
	return kinded(err)
}

// EndOtherSessions ends every session of a person but one.
func (s *Store) EndOtherSessions(ctx context.Context, login, but string, now time.Time) error {
	_, err := s.pool.Exec(ctx, query("StaffSessionsEndOthers"), login, but, at(now))
	return kinded(err)
}

// TidySessions deletes the sessions that ran out: those begun before a time, and the library's own.
func (s *Store) TidySessions(ctx context.Context, before time.Time) error {
	if _, err := s.pool.Exec(ctx, query("StaffSessionsTidy"), at(before)); err != nil {
		return kinded(err)
	}
	_, err := s.pool.Exec(ctx, query("SessionsTidy"))
	return kinded(err)
}

// SetRecoveryCodes gives a person other recovery codes; the ones before are worth nothing.
func (s *Store) SetRecoveryCodes(ctx context.Context, login string, codes []string) error {
	hashes := make([][]byte, len(codes))
	for i, c := range codes {
		sum := sha256.Sum256([]byte(c))
		hashes[i] = sum[:]
	}
	return s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "RecoveryCodesDrop", login); err != nil {
			return err
		}
		return tx.exec(ctx, "RecoveryCodesInsert", login, hashes)
	})
}

// UseRecoveryCode takes a recovery code, and tells whether it was one that was not used before.
func (s *Store) UseRecoveryCode(ctx context.Context, a Attempt, code string, now time.Time) (bool, error) {
	sum := sha256.Sum256([]byte(code))
	tag, err := s.pool.Exec(ctx, query("RecoveryCodeUse"), a.ID, sum[:], at(now))
	return err == nil && tag.RowsAffected() == 1, kinded(err)
}

// RecoveryCodesLeft is how many recovery codes a person has left.
func (s *Store) RecoveryCodesLeft(ctx context.Context, login string) (n int, err error) {
	err = s.pool.QueryRow(ctx, query("RecoveryCodesLeft"), login).Scan(&n)
	return n, kinded(err)
}
