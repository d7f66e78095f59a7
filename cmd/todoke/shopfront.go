package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"

	"todoke/store"
)

// shopFrontCommand manages who may place web orders.
type shopFrontCommand struct {
	Add    shopFrontAdd    `cmd:"" help:"Add a shop front, or give one a new token; prints the token, once."`
	Revoke shopFrontRevoke `cmd:"" help:"Make a shop front's token worthless."`
}

type shopFrontAdd struct {
	Code        string `arg:"" placeholder:"NAME" help:"Short name: small letters, digits and hyphens."`
	Title       string `help:"Name for people; the short name where not given."`
	FreeAddress bool   `help:"It may send full ship-to addresses, not only registered places."`
}

type shopFrontRevoke struct {
	Code string `arg:"" placeholder:"NAME" help:"Short name of the shop front."`
}

var shopFrontCode = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Run makes a token of 130 random bits. Only its hash is stored: whoever loses it needs a new
// one.
func (c *shopFrontAdd) Run(ctx context.Context, a *App) error {
	if !shopFrontCode.MatchString(c.Code) {
		return usageError{fmt.Errorf("%q is no short name: write up to 40 small letters, digits and hyphens", c.Code)}
	}
	if c.Title == "" {
		c.Title = c.Code
	}
	st, done, err := a.makeStore(ctx)
	if err != nil {
		return err
	}
	defer done()
	token := newToken()
	if err := st.PutShopFront(ctx, store.ShopFront{Code: c.Code, Name: c.Title, FreeAddress: c.FreeAddress}, token, a.Now()); err != nil {
		return err
	}
	fmt.Fprintln(a.Stderr, "The token of "+c.Code+" is printed once and stored nowhere; an earlier one is worthless now.")
	_, err = fmt.Fprintln(a.Stdout, token)
	return err
}

// Run revokes the token.
func (c *shopFrontRevoke) Run(ctx context.Context, a *App) error {
	st, done, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	defer done()
	return st.RevokeShopFront(ctx, c.Code, a.Now())
}

// newToken is a bearer token: a mark that secret scanners can find, and at least 128 random
// bits in base 32.
func newToken() string { return "todoke_" + rand.Text() }
