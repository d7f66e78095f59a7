package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"todoke/delivery/push"
	"todoke/order"
	"todoke/store"
)

// checkApprovals finds links in mails to approvers that nobody can follow (APR-1).
func (a *App) checkApprovals(add addFinding, v store.Survey) {
	const check = "approvals"
	switch {
	case !v.Approvals:
	case a.Config.ApprovalURL == "":
		add(check, statusWarn, "orders wait for approvers, and the links in their mails lead to "+a.approvalURL()+", which only this machine reaches",
			"set approval_url to the address at which approvers reach /approve/, through a proxy that speaks TLS: see docs/approvals.md")
	default:
		add(check, statusOK, "links in mails begin with "+a.Config.ApprovalURL, "")
	}
}

// checkWays finds warehouses to which no list can get, as far as that is seen without asking their
// servers; todoke warehouse check asks them.
func (a *App) checkWays(add addFinding, v store.Survey) {
	for _, w := range v.Ways {
		check := "warehouse " + w.WarehouseCode
		a.checkSenders(add, w)
		if wrong, mend := a.wayLacks(w); wrong != "" {
			add(check, statusFail, wrong, mend)
			continue
		}
		if w.ChaseMinutes > 0 && w.Contact == "" {
			add(check, statusWarn, "lists that nobody acknowledges should be asked after, and its profile has no contact: the desk is told instead", "write a mail address into contact of warehouse_profiles.csv, or 0 into chase_minutes")
			continue
		}
		add(check, statusOK, "lists go by "+w.Channel, "")
	}
}

// checkSenders finds warehouses whose mails are taken without proof of who sent them, or never.
func (a *App) checkSenders(add addFinding, w store.WarehouseWay) {
	if len(w.Senders) == 0 {
		return
	}
	check, key := "warehouse "+w.WarehouseCode+" mail", partnersKey+"."+a.Config.partnerFor(w.WarehouseCode).Name+".unproven_mail"
	var names []string
	for _, m := range a.Config.Mailboxes {
		if m.Authserv != "" {
			names = append(names, m.Name)
		}
	}
	switch {
	case slices.Contains(a.Config.unproven(), w.WarehouseCode):
		add(check, statusWarn, "files in mails from "+strings.Join(w.Senders, ", ")+" are taken by that address alone, which anybody can write: whoever knows it sets stock and reports shipments",
			"have its mail server sign (DKIM) or be named by SPF, then take "+key+" away")
	case len(names) == 0:
		add(check, statusWarn, "no file in a mail from "+strings.Join(w.Senders, ", ")+" is taken, each waits for a person: nothing says by which name our mail server states who sent a mail",
			"set "+mailboxesKey+".NAME.authserv to the name at the beginning of the topmost Authentication-Results of a mail that came: see docs/mailboxes.md")
	default:
		add(check, statusOK, "files in mails from "+strings.Join(w.Senders, ", ")+" are taken where the mail server of "+strings.Join(names, ", ")+" proves who sent them", "")
	}
}

// wayLacks says what keeps lists from a warehouse, and how to mend it.
func (a *App) wayLacks(w store.WarehouseWay) (wrong, mend string) {
	c := a.Config.partnerFor(w.WarehouseCode)
	key := partnersKey + "." + c.Name
	const profile = " of warehouse_profiles.csv, and import it"
	secret := func(given, file string) error {
		if given == "" && file == "" {
			return errors.New("none is set")
		}
		_, err := fromFile(given, file)()
		return err
	}
	switch w.Channel {
	case order.PartnerEmail:
		if order.CheckMailAddress(w.Address) != nil {
			return "its lists go by mail, and its profile has no mail address", "write it into address" + profile
		}
	case order.PartnerSFTP:
		if _, err := order.ParseSFTPAddress(w.Address); err != nil {
			return "its lists go by SFTP, and its profile has no address: " + err.Error(), "write sftp://USER@HOST:PORT/FOLDER into address" + profile
		}
		if w.HostKey == "" {
			return "its SFTP server's host key is not known: nothing is sent to it", "todoke warehouse hostkey prints it: compare it with what the partner says, and write it into host_key" + profile
		}
		if c.KeyFile == "" {
			if err := secret(c.Password, c.PasswordFile); err != nil {
				return "there is neither password nor key for its SFTP server: " + err.Error(), fmt.Sprintf("set %s.password_file or %s.key_file", key, key)
			}
		}
	case order.PartnerHTTP:
		if err := push.CheckURL(w.Address, c.Private); err != nil {
			return "its lists are pushed, and its profile has no address for that: " + err.Error(), "write https://… into address" + profile
		}
		if err := secret(c.Secret, c.SecretFile); err != nil {
			return "there is no secret to sign what is pushed to it: " + err.Error(), "set " + key + ".secret_file"
		}
	case order.PartnerAPI:
		if !w.Token {
			return "it fetches its lists from the API, and has no token that works", "todoke warehouse token add " + w.WarehouseCode + " prints one"
		}
	}
	return "", ""
}
