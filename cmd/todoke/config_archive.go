package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgconn"
)

// ArchiveConfig says where the archive's head is told (KEP-1).
type ArchiveConfig struct {
	Heads  string // file; "" is DATA/archive/heads.txt
	MailTo string // "" nobody
}

var retentionSetting = setting{
	key: "database.retention_url", about: "the same database as a user who may take the role todoke_retention, for todoke archive erase; a private one needs none",
	secret: true, allowed: "a URL such as postgres://user:password@host:5432/todoke",
	set: func(c *Config, v string) error {
		if v != "" {
			if _, err := pgconn.ParseConfig(v); err != nil {
				return errors.New("it is not a PostgreSQL connection string") // the cause may quote the password
			}
		}
		c.Database.RetentionURL = v
		return nil
	},
	get: func(c *Config) string { return c.Database.RetentionURL },
}

var archiveHeadsSetting = setting{
	key: "archive.heads", about: "file to which the archive's head is added every evening; DATA/archive/heads.txt if empty; best on another machine's disk", allowed: "a file",
	set: func(c *Config, v string) error { c.Archive.Heads = v; return nil },
	get: func(c *Config) string { return c.Archive.Heads },
}

var archiveMailSetting = setting{
	key: "archive.mail_to", about: "who gets the archive's head by mail every evening, such as the tax accountant; nobody if empty", allowed: "a mail address",
	set: func(c *Config, v string) error {
		if v != "" {
			if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
				return fmt.Errorf("%q is no mail address", v)
			}
		}
		c.Archive.MailTo = v
		return nil
	},
	get: func(c *Config) string { return c.Archive.MailTo },
}

func (c *Config) archiveHeads() string {
	return cmp.Or(c.Archive.Heads, filepath.Join(c.Data, "archive", "heads.txt"))
}
