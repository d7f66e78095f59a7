package main

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/delivery/faxmail"
	"todoke/delivery/mail"
	"todoke/order"
)

// SMTPConfig is the server that takes our mails.
type SMTPConfig struct {
	Address      string // HOST:PORT; "" writes mails to a folder
	Security     mail.Security
	CAFile       string // PEM; "" trusts what the machine trusts
	User         string
	Password     string
	PasswordFile string
	From         string // address of our mails
	ReplyTo      string
	Returns      string // address to which failures come back
	Tagged       bool   // with what failed in the address: bounce+todoke.1.1.…@shop.example
	Hello        string
	Timeout      time.Duration
	Answer       time.Duration
}

// FaxConfig says how faxes leave.
type FaxConfig struct {
	Ways        string // in the order of preference, separated by commas
	Gateways    string // folder of the mail-to-fax gateways (*.yaml)
	Sendfax     string // program; "" is found on the PATH
	SendfaxArgs string // separated by blanks
}

const (
	wayFolder  = "folder"
	wayHylaFAX = "hylafax"
)

func defaultSMTP() SMTPConfig {
	return SMTPConfig{Security: mail.StartTLS, Timeout: mail.DefaultTimeout, Answer: mail.DefaultAnswer}
}

// deliverySettings are how documents leave. How often and when they are tried is the rule book's:
// rules.delivery_retry_first_seconds and those beside it.
var deliverySettings = []setting{
	{
		key: "smtp.address", about: "SMTP server that takes our mails, those to fax gateways too; mails are only written to OUT/mail if empty", allowed: "HOST:PORT such as smtp.example.jp:587",
		set: func(c *Config, v string) error {
			if v != "" {
				if _, _, err := net.SplitHostPort(v); err != nil {
					return err
				}
			}
			c.SMTP.Address = v
			return nil
		},
		get: func(c *Config) string { return c.SMTP.Address },
	},
	{
		key: "smtp.security", about: "how the connection is encrypted", allowed: "tls (port 465), starttls (port 587) or none",
		set: func(c *Config, v string) error {
			return choose(&c.SMTP.Security, v, mail.TLS, mail.StartTLS, mail.Plain)
		},
		get: func(c *Config) string { return string(c.SMTP.Security) },
	},
	lineSetting("smtp.ca_file", "certificates (PEM) to trust instead of the machine's", "a file", func(c *Config) *string { return &c.SMTP.CAFile }),
	lineSetting("smtp.user", "user to log in as; none if empty", "a name", func(c *Config) *string { return &c.SMTP.User }),
	{
		key: "smtp.password", about: "password; better in smtp.password_file or the environment", allowed: "a password", secret: true,
		set: func(c *Config, v string) error { c.SMTP.Password = v; return nil },
		get: func(c *Config) string { return c.SMTP.Password },
	},
	lineSetting("smtp.password_file", "file that holds the password, read at each login", "a file", func(c *Config) *string { return &c.SMTP.PasswordFile }),
	addressSetting("smtp.from", "the shop's address on its mails", func(c *Config) *string { return &c.SMTP.From }),
	addressSetting("smtp.reply_to", "address to which customers' answers go; smtp.from if empty", func(c *Config) *string { return &c.SMTP.ReplyTo }),
	addressSetting("smtp.returns", "address to which mail servers tell failures: its mailbox should be collected; smtp.from if empty", func(c *Config) *string { return &c.SMTP.Returns }),
	{
		key: "smtp.tag_returns", about: "put what a mail is about into that address, behind a +, where its server delivers such addresses to the mailbox", allowed: "true or false",
		set: func(c *Config, v string) error {
			if v != "true" && v != "false" {
				return fmt.Errorf("%q is neither", v)
			}
			c.SMTP.Tagged = v == "true"
			return nil
		},
		get: func(c *Config) string { return strconv.FormatBool(c.SMTP.Tagged) },
	},
	lineSetting("smtp.hello", "our name in EHLO; the machine's if empty", "a host's name", func(c *Config) *string { return &c.SMTP.Hello }),
	waitSetting("smtp.timeout", "how long connecting with login, and each command, may take", func(c *Config) *time.Duration { return &c.SMTP.Timeout }),
	waitSetting("smtp.answer_timeout", "how long the server may take to answer to a whole mail: a shorter one makes duplicates (RFC 5321, 4.5.3.2.6)", func(c *Config) *time.Duration { return &c.SMTP.Answer }),
	lineSetting("fax.ways", "ways by which faxes leave, the best first: folder (only writes them to OUT/fax), hylafax, and the names of gateways", "names separated by commas", func(c *Config) *string { return &c.Fax.Ways }),
	lineSetting("fax.gateways", "mail-to-fax gateways (*.yaml); DATA/fax-gateways if empty", "a folder", func(c *Config) *string { return &c.Fax.Gateways }),
	lineSetting("fax.sendfax", "HylaFAX's program; sendfax on the PATH if empty", "a program", func(c *Config) *string { return &c.Fax.Sendfax }),
	lineSetting("fax.sendfax_args", "its arguments, with {number}, {international}, {id} and {file}; -n -D -i {id} -d {number} {file} if empty", "arguments separated by blanks", func(c *Config) *string { return &c.Fax.SendfaxArgs }),
}

func lineSetting(key, about, allowed string, field func(c *Config) *string) setting {
	return setting{
		key: key, about: about, allowed: allowed,
		set: func(c *Config, v string) error {
			if strings.ContainsAny(v, "\r\n\x00") {
				return errors.New("it has more than one line")
			}
			*field(c) = v
			return nil
		},
		get: func(c *Config) string { return *field(c) },
	}
}

func addressSetting(key, about string, field func(c *Config) *string) setting {
	return setting{
		key: key, about: about, allowed: "a mail address such as order@shop.example.jp",
		set: func(c *Config, v string) error {
			if v != "" {
				if err := mail.CheckAddress(v); err != nil {
					return err
				}
			}
			*field(c) = v
			return nil
		},
		get: func(c *Config) string { return *field(c) },
	}
}

func waitSetting(key, about string, field func(c *Config) *time.Duration) setting {
	const least, most = time.Second, 30 * time.Minute
	return setting{
		key: key, about: about, allowed: "a duration from 1s to 30m such as 60s",
		set: func(c *Config, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil || d < least || d > most {
				return fmt.Errorf("%q is out of range or no duration", v)
			}
			*field(c) = d
			return nil
		},
		get: func(c *Config) string { return field(c).String() },
	}
}

// faxWays are the names of the ways by which faxes leave.
func (c *Config) faxWays() []string {
	var out []string
	for s := range strings.SplitSeq(c.Fax.Ways, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// checkDelivery finds what is missing for documents to leave, and gives the gateways.
func (c *Config) checkDelivery() ([]faxmail.Gateway, error) {
	var errs []error
	bad := func(key, message string) { errs = append(errs, order.Invalid("FAX-3", key, message)) }
	gateways, err := faxmail.Load(c.Fax.Gateways)
	if err != nil {
		bad("fax.gateways", err.Error())
	}
	if c.SMTP.Address != "" && c.SMTP.From == "" {
		bad("smtp.from", "it is missing: say from which address our mails come")
	}
	if c.SMTP.User != "" && c.SMTP.Password == "" && c.SMTP.PasswordFile == "" {
		bad("smtp.password", "it is missing: set smtp.password_file, or smtp.password in the environment")
	}
	ways := c.faxWays()
	if len(ways) == 0 {
		bad("fax.ways", "it is empty: name at least one way")
	}
	for i, name := range ways {
		known := slices.ContainsFunc(gateways, func(g faxmail.Gateway) bool { return g.Name == name })
		switch {
		case slices.Contains(ways[:i], name):
			bad("fax.ways", name+" is named twice")
		case name == wayFolder || name == wayHylaFAX:
		case !known && err == nil:
			bad("fax.ways", "there is no gateway "+name+" in "+c.Fax.Gateways+": put its file there, or name folder or hylafax")
		case known && c.SMTP.Address == "":
			bad("smtp.address", "it is missing: the gateway "+name+" gets its faxes by mail")
		}
	}
	return gateways, errors.Join(errs...)
}

// deliveryDefaults fills in what depends on other settings.
func (c *Config) deliveryDefaults() {
	if c.Fax.Gateways == "" {
		c.Fax.Gateways = filepath.Join(c.Data, "fax-gateways")
	}
}
