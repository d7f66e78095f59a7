package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"todoke/internal/password"
	"todoke/store"
)

// staffCommand manages who may sign in at the desk's pages (ACC-2).
type staffCommand struct {
	Add      staffAdd      `cmd:"" help:"Add a person; prints a password, once, unless one is given on standard input."`
	List     staffList     `cmd:"" help:"List who may sign in."`
	Password staffPassword `cmd:"" help:"Give a person a new password, and unlock."`
	Unlock   staffUnlock   `cmd:"" help:"Let a person in again who gave too many wrong passwords."`
	Disable  staffDisable  `cmd:"" help:"Keep a person out for good; the name stays with what was done."`
}

type staffAdd struct {
	Login     string `arg:"" help:"Small letters, digits, dots, hyphens and underscores."`
	Name      string `help:"Name as it stands with what the person does." required:""`
	Role      string `help:"auditor, warehouse, desk, lead or operator." enum:"auditor,warehouse,desk,lead,operator" default:"desk"`
	Warehouse string `help:"Code of the warehouse, for role warehouse." placeholder:"CODE"`
	Lang      string `help:"Language of the pages." enum:"ja,en" default:"ja"`
	Stdin     bool   `help:"Read the password from standard input."`
}

type staffList struct {
	JSON bool `name:"json" help:"One JSON object a person."`
}

type staffPassword struct {
	Login string `arg:""`
	Stdin bool   `help:"Read the password from standard input."`
}

type staffUnlock struct {
	Login string `arg:""`
}

type staffDisable struct {
	Login string `arg:""`
}

var staffLogin = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)

// Run adds the person.
func (c *staffAdd) Run(ctx context.Context, a *App) error {
	switch {
	case !staffLogin.MatchString(c.Login):
		return usageError{fmt.Errorf("%q is no login: write up to 40 small letters, digits, dots, hyphens and underscores", c.Login)}
	case c.Role == string(store.RoleWarehouse) && c.Warehouse == "":
		return usageError{errors.New("say whose person it is: --warehouse CODE")}
	case c.Role != string(store.RoleWarehouse) && c.Warehouse != "":
		return usageError{errors.New("only the role warehouse belongs to a warehouse: leave --warehouse out")}
	}
	secret, hash, err := a.newPassword(ctx, c.Stdin)
	if err != nil {
		return err
	}
	st, done, err := a.makeStore(ctx)
	if err != nil {
		return err
	}
	defer done()
	p := store.Staff{Login: c.Login, Name: c.Name, Role: store.Role(c.Role), WarehouseCode: c.Warehouse, Lang: c.Lang, PasswordGiven: secret != ""}
	if err := st.AddStaff(ctx, p, hash, a.Now()); err != nil {
		return err
	}
	return a.tellPassword(c.Login, secret)
}

// Run lists people.
func (c *staffList) Run(ctx context.Context, a *App) error {
	st, done, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer done()
	all, err := st.ListStaff(ctx)
	if err != nil {
		return err
	}
	type row struct {
		Login        string     `json:"login"`
		Name         string     `json:"name"`
		Role         store.Role `json:"role"`
		Warehouse    string     `json:"warehouse,omitempty"`
		SecondFactor bool       `json:"second_factor"`
		State        string     `json:"state"`
	}
	rows := make([]row, len(all))
	for i, p := range all {
		state := "active"
		switch {
		case !p.DisabledAt.IsZero():
			state = "disabled"
		case !p.LockedAt.IsZero():
			state = "locked"
		}
		rows[i] = row{p.Login, p.Name, p.Role, p.WarehouseCode, p.SecondFactor, state}
	}
	enc := json.NewEncoder(a.Stdout)
	for _, r := range rows {
		if c.JSON {
			if err := enc.Encode(r); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(a.Stdout, "%-16s %-10s %-9s %s\n", r.Login, r.Role, r.State, r.Name); err != nil {
			return err
		}
	}
	return nil
}

// Run gives the new password.
func (c *staffPassword) Run(ctx context.Context, a *App) error {
	secret, hash, err := a.newPassword(ctx, c.Stdin)
	if err != nil {
		return err
	}
	return a.withStaff(ctx, c.Login, "password", func(st *store.Store) error {
		if err := st.SetStaffPassword(ctx, c.Login, hash, secret != ""); err != nil {
			return err
		}
		return a.tellPassword(c.Login, secret)
	})
}

// Run unlocks.
func (c *staffUnlock) Run(ctx context.Context, a *App) error {
	return a.withStaff(ctx, c.Login, "unlock", func(st *store.Store) error { return st.UnlockStaff(ctx, c.Login) })
}

// Run disables.
func (c *staffDisable) Run(ctx context.Context, a *App) error {
	return a.withStaff(ctx, c.Login, "disable", func(st *store.Store) error { return st.DisableStaff(ctx, c.Login, a.Now()) })
}

func (a *App) withStaff(ctx context.Context, login, action string, change func(*store.Store) error) error {
	st, done, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := change(st); err != nil {
		return err
	}
	return st.LogAccess(ctx, store.Access{At: a.Now(), Login: "command line", Action: action, Subject: "staff " + login})
}

// newPassword is one of 130 random bits, or the line on standard input; secret is empty for the
// latter, which needs no telling.
func (a *App) newPassword(ctx context.Context, stdin bool) (secret, hash string, err error) {
	given := rand.Text()
	if stdin {
		line, err := bufio.NewReader(io.LimitReader(a.Stdin, 4<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", "", fmt.Errorf("read the password: %w", err)
		}
		given = strings.TrimRight(line, "\r\n")
	} else {
		secret = given
	}
	hash, err = password.Hash(ctx, given)
	if errors.Is(err, password.ErrLength) {
		return "", "", usageError{err}
	}
	return secret, hash, err
}

func (a *App) tellPassword(login, secret string) error {
	if secret == "" {
		return nil
	}
	fmt.Fprintln(a.Stderr, "The password of "+login+" is printed once and stored nowhere.")
	_, err := fmt.Fprintln(a.Stdout, secret)
	return err
}
