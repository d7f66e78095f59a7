package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"todoke/order"
	"todoke/payment"
)

// PaymentConfig says who captures cards (PAY-1).
type PaymentConfig struct {
	URL       string // of the gateway; "" is none
	Token     string
	TokenFile string
	Timeout   time.Duration
}

const defaultPaymentTimeout = 30 * time.Second

var paymentSettings = []setting{
	{
		key: "payment.url", about: "the card gateway (docs/payments.md); none if empty: orders by card then wait", allowed: "an address such as https://gateway.example.jp",
		set: func(c *Config, v string) error {
			if v != "" {
				if _, err := payment.NewHTTP(v, "x", 0); err != nil {
					return errors.New(strings.TrimSuffix(err.Error(), " (PAY-1)"))
				}
			}
			c.Payment.URL = v
			return nil
		},
		get: func(c *Config) string { return c.Payment.URL },
	},
	{
		key: "payment.token", about: "the token that the gateway knows the shop by; better in payment.token_file or the environment", allowed: "a token", secret: true,
		set: func(c *Config, v string) error { c.Payment.Token = v; return nil },
		get: func(c *Config) string { return c.Payment.Token },
	},
	lineSetting("payment.token_file", "file that holds the token", "a file", func(c *Config) *string { return &c.Payment.TokenFile }),
	{
		key: "payment.timeout", about: "how long the gateway may take to answer", allowed: "a duration from 1s to 40s such as 30s",
		// The job of two minutes asks no more after a quarter, and one may take a status and a request.
		set: func(c *Config, v string) error {
			return setDuration(&c.Payment.Timeout, v, time.Second, 40*time.Second)
		},
		get: func(c *Config) string { return c.Payment.Timeout.String() },
	},
}

// cards is the configured gateway, nil where there is none.
func (a *App) cards() (payment.Gateway, error) {
	c := a.Config.Payment
	if c.URL == "" {
		return nil, nil //nolint:nilnil // no gateway is no error
	}
	token := c.Token
	if token == "" && c.TokenFile != "" {
		var err error
		if token, err = readSecret(c.TokenFile); err != nil {
			return nil, order.Invalid("PAY-1", "payment.token_file", err.Error())
		}
	}
	return payment.NewHTTP(c.URL, token, c.Timeout)
}

// checkPayment asks the gateway for today's list; it has nothing done.
func (a *App) checkPayment(ctx context.Context, add addFinding) {
	const check = "card gateway"
	g, err := a.cards()
	switch {
	case err != nil:
		add(check, statusFail, firstLine(err), "see docs/payments.md and todoke config")
		return
	case g == nil:
		add(check, statusWarn, "no card gateway is set: orders paid by card wait and never leave", "set payment.url and payment.token_file: see docs/payments.md")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, smtpPatience)
	defer cancel()
	if _, err := g.Day(ctx, order.DateOf(a.Now())); err != nil {
		add(check, statusFail, firstLine(err), "see whether "+a.Config.Payment.URL+" is right, and the token")
		return
	}
	add(check, statusOK, a.Config.Payment.URL+" answers", "")
}
