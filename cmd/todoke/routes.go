package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"todoke/delivery"
	"todoke/delivery/faxmail"
	"todoke/delivery/folder"
	"todoke/delivery/hylafax"
	"todoke/delivery/mail"
	"todoke/delivery/sftp"
	"todoke/order"
	"todoke/worker"
)

// routes are how faxes and mails leave, by the configuration.
func (a *App) routes() (worker.Routes, error) {
	c := a.Config
	gateways, err := c.checkDelivery()
	if err != nil {
		return worker.Routes{}, err
	}
	server, err := a.smtpServer()
	if err != nil {
		return worker.Routes{}, err
	}
	returns := cmp.Or(c.SMTP.Returns, c.SMTP.From)
	r := worker.Routes{Ways: map[string][]delivery.Way{}, Domain: c.SMTP.messageDomain(), Timeout: 3*c.SMTP.Timeout + c.SMTP.Answer + time.Minute, Partner: a.partnerWay}
	for _, p := range c.Partners {
		r.Timeout = max(r.Timeout, sftp.WholeSession*p.Timeout+time.Minute)
	}
	if c.SMTP.Tagged && returns != "" {
		local, domain, _ := strings.Cut(returns, "@")
		r.Returns = func(messageID string) string {
			tag, _, _ := strings.Cut(messageID, "@")
			return local + "+" + tag + "@" + domain
		}
	}
	smtp := mail.Way{Server: server, From: c.SMTP.From, FromName: c.ShopName, ReplyTo: c.SMTP.ReplyTo, Returns: returns}
	if c.SMTP.Address != "" {
		r.Ways["mail"] = []delivery.Way{smtp}
	} else {
		draft := smtp
		draft.From = cmp.Or(draft.From, "todoke@todoke.invalid")
		r.Ways["mail"] = []delivery.Way{folder.Way{Root: filepath.Join(c.Out, "mail"), Mail: draft.Compose}}
	}
	for _, name := range c.faxWays() {
		var way delivery.Way
		switch name {
		case wayFolder:
			way = folder.Way{Root: filepath.Join(c.Out, "fax")}
		case wayHylaFAX:
			way = hylafax.Way{Program: c.Fax.Sendfax, Args: strings.Fields(c.Fax.SendfaxArgs)}
		default:
			for _, g := range gateways {
				if g.Name == name {
					way = faxmail.Way{Gateway: g, Server: server, From: c.SMTP.From, FromName: c.ShopName, Returns: returns}
				}
			}
		}
		r.Ways[string(order.ChannelFax)] = append(r.Ways[string(order.ChannelFax)], way)
	}
	return r, nil
}

// messageDomain is the right half of the message ids of all that we send.
func (c SMTPConfig) messageDomain() string {
	_, domain, _ := strings.Cut(c.From, "@")
	return cmp.Or(domain, "todoke.invalid")
}

func (a *App) smtpServer() (mail.Server, error) {
	c := a.Config.SMTP
	s := mail.Server{
		Address: c.Address, Security: c.Security, Hello: c.Hello, User: c.User, Timeout: c.Timeout, Answer: c.Answer,
		Password: func(context.Context) (string, error) {
			if c.PasswordFile == "" {
				return c.Password, nil
			}
			return readSecret(c.PasswordFile)
		},
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return s, order.Invalid("", "smtp.ca_file", err.Error())
		}
		s.TLS = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		if !s.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return s, order.Invalid("", "smtp.ca_file", c.CAFile+" holds no certificate in PEM")
		}
	}
	return s, nil
}

// smtpPatience is how long the mail server may take while doctor looks at it.
const smtpPatience = 10 * time.Second

// checkRoutes logs in to the mail server and looks for sendfax; it sends nothing.
func (a *App) checkRoutes(ctx context.Context, add addFinding) {
	c := a.Config
	gateways, err := c.checkDelivery()
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			add("deliveries", statusFail, line, "see docs/deliveries.md and todoke config")
		}
		return
	}
	for _, name := range c.faxWays() {
		switch name {
		case wayFolder:
			add("fax", statusWarn, "faxes are only written to "+filepath.Join(c.Out, "fax")+": unless a fax server takes them from there, nobody sends them", "set fax.ways: see docs/deliveries.md")
		case wayHylaFAX:
			if path, err := (hylafax.Way{Program: c.Fax.Sendfax}).Check(); err != nil {
				add("sendfax", statusFail, err.Error(), "Debian, Ubuntu: apt-get install hylafax-client; or set fax.sendfax")
			} else {
				add("sendfax", statusOK, path, "")
			}
		default:
			for _, g := range gateways {
				if g.Name == name {
					add("fax "+name, statusOK, fmt.Sprintf("a mail to %s, subject %s", g.Address, g.Subject), "")
				}
			}
		}
	}
	const check = "SMTP"
	if c.SMTP.Address == "" {
		add(check, statusWarn, "mails are only written to "+filepath.Join(c.Out, "mail"), "set smtp.address and smtp.from: see docs/deliveries.md")
		return
	}
	server, err := a.smtpServer()
	if err != nil {
		add(check, statusFail, firstLine(err), "name another file, or unset smtp.ca_file")
		return
	}
	server.Timeout = smtpPatience
	if err := server.Check(ctx); err != nil {
		add(check, statusFail, firstLine(err), "check the keys under smtp (todoke config), the server, and that this machine may connect to it")
		return
	}
	found := c.SMTP.Address + " answers"
	if c.SMTP.User != "" {
		found += " and lets " + c.SMTP.User + " in"
	}
	host, _, _ := net.SplitHostPort(c.SMTP.Address)
	if c.SMTP.Security == mail.Plain && !loopback(net.JoinHostPort(host, "0")) {
		add(check, statusWarn, found+"; mails cross the network unencrypted", "set smtp.security to tls or starttls")
		return
	}
	add(check, statusOK, found, "")
}
