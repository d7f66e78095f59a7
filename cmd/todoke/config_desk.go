package main

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"todoke/store"
)

// secondFactorSetting says who cannot do without a second factor.
var secondFactorSetting = setting{
	key: "desk.second_factor", about: "roles that must set a second factor before they do anything at the desk", allowed: "auditor, warehouse, desk, lead, operator, separated by commas; empty for none",
	set: func(c *Config, v string) error {
		var roles []store.Role
		for s := range strings.SplitSeq(v, ",") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			role := store.Role(s)
			if !slices.Contains([]store.Role{store.RoleAuditor, store.RoleWarehouse, store.RoleDesk, store.RoleLead, store.RoleOperator}, role) {
				return fmt.Errorf("%q is no role", s)
			}
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
		c.Desk.FactorRoles = roles
		return nil
	},
	get: func(c *Config) string {
		names := make([]string, len(c.Desk.FactorRoles))
		for i, r := range c.Desk.FactorRoles {
			names[i] = string(r)
		}
		return strings.Join(names, ",")
	},
}

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
}, {
	key: "approval_url", about: "where customers' approvers reach the page of their mails' links: the path /approve/ below it must come here, through a proxy that speaks TLS; this machine's own address if empty", allowed: "an address such as https://order.example.jp",
	set: func(c *Config, v string) error {
		if v != "" {
			u, err := url.Parse(v)
			if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
				return fmt.Errorf("%q is no address of a page", v)
			}
		}
		c.ApprovalURL = strings.TrimRight(v, "/")
		return nil
	},
	get: func(c *Config) string { return c.ApprovalURL },
}}

// approvalURL begins the links in mails to approvers.
func (a *App) approvalURL() string { return cmp.Or(a.Config.ApprovalURL, "http://"+a.Config.Listen) }
