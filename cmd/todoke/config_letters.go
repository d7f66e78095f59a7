package main

import (
	"errors"
	"strings"

	"todoke/ingest/mail"
)

// LettersConfig says how mails are answered that carry no fax (FAX-1). How often is the rule book's: rules.mail_answers_per_day and those beside it.
type LettersConfig struct {
	From  string // our address to which such mails are written, never answered itself; smtp.from if empty
	Never string // addresses and domains that are never answered, separated by commas
}

var letterSettings = []setting{
	addressSetting("letters.from", "our address to which mails without a fax are written; smtp.from if empty, and while both are none is answered", func(c *Config) *string { return &c.Letters.From }),
	{
		key: "letters.never", about: "mail addresses and domains, with all below them, that are never answered beside our own: those of gateways, partners and staff", allowed: "addresses and domains such as fax@gateway.example.jp, gateway.example.jp, separated by commas",
		set: func(c *Config, v string) error {
			var all []string
			for s := range strings.SplitSeq(v, ",") {
				if s = strings.TrimPrefix(strings.TrimSpace(s), "@"); s == "" {
					continue
				}
				address := s
				if !strings.Contains(s, "@") {
					address = "x@" + s
				}
				a, ok := mail.NormalAddress(address)
				if !ok {
					return errors.New(s + " is neither an address nor a domain")
				}
				if address != s {
					a = strings.TrimPrefix(a, "x@")
				}
				all = append(all, a)
			}
			c.Letters.Never = strings.Join(all, ", ")
			return nil
		},
		get: func(c *Config) string { return c.Letters.Never },
	},
}
