package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// Role is what a person may do at the desk's pages.
type Role string

// The roles, from the one who may do least at the desk.
const (
	RoleAuditor   Role = "auditor"   // looks at the archive, changes nothing
	RoleWarehouse Role = "warehouse" // a partner's person: its own pick lists
	RoleDesk      Role = "desk"      // settles faxes, works on orders
	RoleLead      Role = "lead"      // and decides what the desk may not: unlocks, overrides, audits
	RoleOperator  Role = "operator"  // and answers for runs, rules, gateways and people
)

// Staff is a person who signs in at the desk's pages.
type Staff struct {
	ID            int64
	Login         string
	Name          string
	Role          Role
	WarehouseCode string // of a partner's person
	Lang          string // ja or en
	SecondFactor  bool
	Failures      int
	LockedAt      time.Time
	DisabledAt    time.Time
	CreatedAt     time.Time
	SessionsNo    int  // sessions of another number are over
	PasswordGiven bool // the password was handed out: its owner chooses another first
}

// Active tells whether the person may work.
func (s Staff) Active() bool { return s.ID != 0 && s.LockedAt.IsZero() && s.DisabledAt.IsZero() }

func scanStaff(r pgx.CollectableRow) (Staff, error) {
	var s Staff
	return s, r.Scan(&s.ID, &s.Login, &s.Name, &s.Role, &s.WarehouseCode, &s.Lang, &s.SecondFactor, &s.Failures,
		(*instant)(&s.LockedAt), (*instant)(&s.DisabledAt), &s.CreatedAt, &s.SessionsNo, &s.PasswordGiven)
}

// AddStaff adds a person; hash is of internal/password.
func (s *Store) AddStaff(ctx context.Context, p Staff, hash string, now time.Time) error {
	if p.Lang == "" {
		p.Lang = "ja"
	}
	var id int64
	err := s.pool.QueryRow(ctx, query("StaffInsert"), p.Login, text(p.Name), string(p.Role), null(p.WarehouseCode), p.Lang, hash, at(now), p.PasswordGiven).Scan(&id)
	if missing(err) {
		return order.Conflict("", fmt.Sprintf("there is a %s already: choose another login, or give that one a new password", p.Login))
	}
	return kinded(err)
}

// GetStaff reads one person.
func (s *Store) GetStaff(ctx context.Context, login string) (Staff, error) {
	all, err := collect(ctx, s.pool, "StaffByLogin", scanStaff, login)
	if err == nil && len(all) == 0 {
		err = order.NotFound("login", fmt.Sprintf("there is no %q: todoke staff list names who is there", login))
	}
	if err != nil {
		return Staff{}, err
	}
	return all[0], nil
}

// ListStaff is everybody, by login.
func (s *Store) ListStaff(ctx context.Context) ([]Staff, error) {
	return collect(ctx, s.pool, "StaffList", scanStaff)
}

// Attempt is one guess at somebody's password, counted before it is looked at.
type Attempt struct {
	ID         int64
	Hash       string // empty where nobody of that login may come in
	TOTPSecret string
	TOTPStep   int64 // of the last code that was used
	failures   int
}

// CountAttempt counts a guess (ACC-2). A person who is unknown, locked or no longer there gets an
// empty hash: check it all the same, so that it takes as long.
func (s *Store) CountAttempt(ctx context.Context, login string) (Attempt, error) {
	var a Attempt
	err := s.pool.QueryRow(ctx, query("StaffAttempt"), text(login), s.settings.WrongPasswords).Scan(&a.ID, &a.Hash, &a.TOTPSecret, &a.failures, &a.TOTPStep)
	if missing(err) {
		return Attempt{}, nil
	}
	return a, kinded(err)
}

// EndAttempt records how a guess came out; locked tells that it was the one too many (ACC-2).
func (s *Store) EndAttempt(ctx context.Context, a Attempt, right bool, now time.Time) (locked bool, err error) {
	if a.ID == 0 {
		return false, nil
	}
	if right {
		_, err := s.pool.Exec(ctx, query("StaffSucceeded"), a.ID)
		return false, kinded(err)
	}
	tag, err := s.pool.Exec(ctx, query("StaffLock"), a.ID, at(now), s.settings.WrongPasswords)
	return err == nil && tag.RowsAffected() == 1, kinded(err)
}

// UnlockStaff lets a locked person in again.
func (s *Store) UnlockStaff(ctx context.Context, login string) error {
	return s.changeStaff(ctx, "StaffUnlock", login)
}

// SetStaffPassword gives a person a new password, and unlocks; given tells that somebody else made
// it.
func (s *Store) SetStaffPassword(ctx context.Context, login, hash string, given bool) error {
	return s.changeStaff(ctx, "StaffPassword", login, hash, given)
}

// SetStaffTOTP sets a person's second factor, and the step of the code that confirmed it; an empty
// secret takes it away.
func (s *Store) SetStaffTOTP(ctx context.Context, login, secret string, step int64) error {
	return s.changeStaff(ctx, "StaffTOTP", login, secret, step)
}

// UseCode takes the code of a step, and tells whether it was not used before.
func (s *Store) UseCode(ctx context.Context, a Attempt, step int64) (bool, error) {
	tag, err := s.pool.Exec(ctx, query("StaffCodeUsed"), a.ID, step)
	return err == nil && tag.RowsAffected() == 1, kinded(err)
}

// LockStaff keeps a person out until somebody unlocks, and ends their sessions.
func (s *Store) LockStaff(ctx context.Context, login string, now time.Time) error {
	return s.changeStaff(ctx, "StaffLockOut", login, at(now))
}

// EndSessions ends all sessions of a person.
func (s *Store) EndSessions(ctx context.Context, login string) error {
	return s.changeStaff(ctx, "StaffEndSessions", login)
}

// SetStaffRole gives a person another role; warehouse is of a partner's person alone.
func (s *Store) SetStaffRole(ctx context.Context, login string, role Role, warehouse string) error {
	return s.changeStaff(ctx, "StaffRole", login, string(role), null(warehouse))
}

// SetStaffLang keeps the language that a person reads.
func (s *Store) SetStaffLang(ctx context.Context, login, lang string) error {
	return s.changeStaff(ctx, "StaffLang", login, lang)
}

// DisableStaff keeps a person out for good; the name stays with what was done.
func (s *Store) DisableStaff(ctx context.Context, login string, now time.Time) error {
	return s.changeStaff(ctx, "StaffDisable", login, at(now))
}

func (s *Store) changeStaff(ctx context.Context, name, login string, args ...any) error {
	tag, err := s.pool.Exec(ctx, query(name), append([]any{login}, args...)...)
	if err == nil && tag.RowsAffected() == 0 {
		return order.NotFound("login", fmt.Sprintf("there is no %q: todoke staff list names who is there", login))
	}
	return kinded(err)
}

// Access is one view of personal data, one change, or one coming and going.
type Access struct {
	At      time.Time `json:"at"`
	Login   string    `json:"login"`
	Address string    `json:"address,omitempty"`
	Action  string    `json:"action"`
	Subject string    `json:"subject,omitempty"`
	Detail  string    `json:"detail,omitempty"`
}

// LogAccess keeps an access for good.
func (s *Store) LogAccess(ctx context.Context, a Access) error {
	_, err := s.pool.Exec(ctx, query("AccessInsert"), at(a.At), text(a.Login), text(a.Address), a.Action, text(a.Subject), text(a.Detail))
	return kinded(err)
}

// Accesses are those of a time, newest first; login and subject narrow them where not empty.
func (s *Store) Accesses(ctx context.Context, from, until time.Time, login, subject string, limit int) ([]Access, error) {
	return collect(ctx, s.pool, "AccessesList", pgx.RowToStructByPos[Access], at(from), at(until), login, subject, limit)
}

// AccessPage narrows the accesses that are listed; Before is the key of the last one seen.
type AccessPage struct {
	From, Until    time.Time
	Login, Subject string
	Action         string
	Customer       string // code: what is about it and its newest orders
	Before         int64
	Limit          int
}

// customerSubjects is how many of a customer's orders an access may be about.
const customerSubjects = 2000

// AccessRow is an access and its key.
type AccessRow struct {
	ID int64
	Access
}

// AccessesPage are the accesses of a page, the newest first.
func (s *Store) AccessesPage(ctx context.Context, f AccessPage) ([]AccessRow, error) {
	var subjects []string
	if f.Customer != "" {
		var err error
		if subjects, err = collect(ctx, s.pool, "AccessSubjectsOf", pgx.RowTo[string], text(f.Customer), customerSubjects); err != nil {
			return nil, err
		}
	}
	return collect(ctx, s.pool, "AccessesPage", func(r pgx.CollectableRow) (AccessRow, error) {
		var a AccessRow
		return a, r.Scan(&a.ID, &a.At, &a.Login, &a.Address, &a.Action, &a.Subject, &a.Detail)
	}, at(f.From), at(f.Until), f.Login, text(f.Subject), f.Before, f.Action, subjects, f.Limit)
}
