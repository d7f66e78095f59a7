package main

import (
	"fmt"
	"net/mail"
)

// deskSettings are the desk's own.
var deskSettings = []setting{{
	key: "desk_email", about: "the desk's own mail address: the evening list of what is open goes there, else into the folder \"desk\" of out", allowed: "a mail address",
	set: func(c *Config, v string) error {
		if v != "" {
			if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
				return fmt.Errorf("%q is no mail address", v)
			}
		}
		c.DeskMail = v
		return nil
	},
	get: func(c *Config) string { return c.DeskMail },
}}
