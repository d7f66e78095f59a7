package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/delivery"
	"todoke/delivery/push"
	"todoke/delivery/sftp"
	"todoke/order"
)

// PartnerConfig is what a partner warehouse's way needs beside its profile: the secrets above all.
type PartnerConfig struct {
	Name         string // the key under partners
	Warehouse    string // "" is the name in capital letters
	Password     string
	PasswordFile string
	KeyFile      string // private key (PEM) for SFTP
	Secret       string // of the signature of what is pushed
	SecretFile   string
	CAFile       string
	Private      bool
	UnprovenMail bool // its mails need no proof of who sent them
	Timeout      time.Duration
}

// partnersKey holds the partners, each under its name.
const partnersKey = "partners"

// mostPartnerTimeout lets a whole session end well within its job (jobs.SendTimeout).
const mostPartnerTimeout = 90 * time.Second

type partnerField struct {
	name, about, allowed string
	secret               bool
	set                  func(p *PartnerConfig, v string) error
	get                  func(p *PartnerConfig) string
}

// partnerFields are the keys of each partner, in the order `todoke config` prints them.
var partnerFields = []partnerField{
	partnerLine("warehouse", "code of its warehouse; the name in capital letters if empty", "a code of warehouses.csv", func(p *PartnerConfig) *string { return &p.Warehouse }),
	{
		name: "password", about: "password for its SFTP server; better in password_file or the environment", allowed: "a password", secret: true,
		set: func(p *PartnerConfig, v string) error { p.Password = v; return nil },
		get: func(p *PartnerConfig) string { return p.Password },
	},
	partnerLine("password_file", "file that holds the password, read at each login", "a file", func(p *PartnerConfig) *string { return &p.PasswordFile }),
	partnerLine("key_file", "private key (PEM, without a passphrase) for its SFTP server, read at each login", "a file", func(p *PartnerConfig) *string { return &p.KeyFile }),
	{
		name: "secret", about: "secret of the signature of what is pushed to it; better in secret_file or the environment", allowed: "at least 16 characters", secret: true,
		set: func(p *PartnerConfig, v string) error { p.Secret = v; return nil },
		get: func(p *PartnerConfig) string { return p.Secret },
	},
	partnerLine("secret_file", "file that holds that secret, read each time", "a file", func(p *PartnerConfig) *string { return &p.SecretFile }),
	partnerLine("ca_file", "certificates (PEM) to trust instead of the machine's", "a file", func(p *PartnerConfig) *string { return &p.CAFile }),
	partnerSwitch("private", "its HTTPS server is one of our own network, where plain HTTP is allowed too", func(p *PartnerConfig) *bool { return &p.Private }),
	partnerSwitch("unproven_mail", "its mails are taken for its own by their From address alone, which anybody can write: only where its mail server can neither sign (DKIM) nor be named by SPF", func(p *PartnerConfig) *bool { return &p.UnprovenMail }),
	{
		name: "timeout", about: "how long its server may be silent while it owes an answer; a whole SFTP session may take eight times as long", allowed: "a duration from 1s to 90s such as 60s",
		set: func(p *PartnerConfig, v string) error {
			return setDuration(&p.Timeout, v, time.Second, mostPartnerTimeout)
		},
		get: func(p *PartnerConfig) string { return p.Timeout.String() },
	},
}

func partnerLine(name, about, allowed string, field func(p *PartnerConfig) *string) partnerField {
	return partnerField{
		name: name, about: about, allowed: allowed,
		set: func(p *PartnerConfig, v string) error {
			if strings.ContainsAny(v, "\r\n\x00") {
				return errors.New("it has more than one line")
			}
			*field(p) = v
			return nil
		},
		get: func(p *PartnerConfig) string { return *field(p) },
	}
}

func partnerSwitch(name, about string, field func(p *PartnerConfig) *bool) partnerField {
	return partnerField{
		name: name, about: about, allowed: "true or false",
		set: func(p *PartnerConfig, v string) error {
			if v != "true" && v != "false" {
				return fmt.Errorf("%q is neither", v)
			}
			*field(p) = v == "true"
			return nil
		},
		get: func(p *PartnerConfig) string { return strconv.FormatBool(*field(p)) },
	}
}

// partnerSettings are the settings of the partner of a name.
func partnerSettings(name string) []setting {
	all := make([]setting, 0, len(partnerFields))
	for _, f := range partnerFields {
		all = append(all, setting{
			key: partnersKey + "." + name + "." + f.name, about: f.about, allowed: f.allowed, secret: f.secret,
			set: func(c *Config, v string) error { return f.set(c.partner(name), v) },
			get: func(c *Config) string { return f.get(c.partner(name)) },
		})
	}
	return all
}

// partner is the one of a name, made with its defaults where it is new. They are in the order of
// their names.
func (c *Config) partner(name string) *PartnerConfig {
	i, found := slices.BinarySearchFunc(c.Partners, name, func(p PartnerConfig, name string) int { return strings.Compare(p.Name, name) })
	if !found {
		c.Partners = slices.Insert(c.Partners, i, PartnerConfig{Name: name, Timeout: sftp.DefaultTimeout})
	}
	return &c.Partners[i]
}

// partnerOf is the name in the key of a partner or of one of its settings, "" in others.
func partnerOf(key string) string {
	rest, ok := strings.CutPrefix(key, partnersKey+".")
	name, _, _ := strings.Cut(rest, ".")
	if !ok || !mailboxName.MatchString(name) {
		return ""
	}
	return name
}

// partnerNames are the partners that any source speaks of, in order.
func partnerNames(environ []string, sources ...map[string]given) []string {
	names := map[string]bool{}
	for _, source := range sources {
		for key := range source {
			names[partnerOf(key)] = true
		}
	}
	for _, kv := range environ {
		variable, _, _ := strings.Cut(kv, "=")
		rest, ok := strings.CutPrefix(variable, envPrefix+strings.ToUpper(partnersKey)+"_")
		name, field, _ := strings.Cut(strings.ToLower(rest), "_")
		if ok && mailboxName.MatchString(name) && slices.ContainsFunc(partnerFields, func(f partnerField) bool { return f.name == field }) {
			names[name] = true
		}
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

// checkPartners finds warehouses of which two speak.
func (c *Config) checkPartners() error {
	seen := map[string]string{}
	for _, p := range c.Partners {
		if other := seen[p.warehouse()]; other != "" {
			return order.Invalid("", partnersKey+"."+p.Name+".warehouse", "it is the same warehouse as that of "+partnersKey+"."+other)
		}
		seen[p.warehouse()] = p.Name
	}
	return nil
}

func (p PartnerConfig) warehouse() string { return cmp.Or(p.Warehouse, strings.ToUpper(p.Name)) }

// partnerFor is the configuration of a warehouse; without one it has no secrets.
func (c *Config) partnerFor(warehouse string) PartnerConfig {
	for _, p := range c.Partners {
		if p.warehouse() == warehouse {
			return p
		}
	}
	return PartnerConfig{Name: strings.ToLower(warehouse), Timeout: sftp.DefaultTimeout}
}

// unproven are the warehouses whose mails need no proof of who sent them.
func (c *Config) unproven() (warehouses []string) {
	for _, p := range c.Partners {
		if p.UnprovenMail {
			warehouses = append(warehouses, p.warehouse())
		}
	}
	return warehouses
}

// fromFile is a secret as it is given, or as its file holds it now.
func fromFile(given, file string) func() (string, error) {
	return func() (string, error) {
		if file == "" {
			return given, nil
		}
		return readSecret(file)
	}
}

// sftpServer is the partner's server by its profile and our configuration.
func (a *App) sftpServer(p order.WarehouseProfile) (s sftp.Server, folder string, err error) {
	at, err := order.ParseSFTPAddress(p.Address)
	if err != nil {
		return s, "", fmt.Errorf("the profile of %s: %w", p.WarehouseCode, err)
	}
	c := a.Config.partnerFor(p.WarehouseCode)
	s = sftp.Server{Address: at.Address, User: at.User, HostKeys: p.HostKey, Timeout: c.Timeout, Password: fromFile(c.Password, c.PasswordFile)}
	if c.KeyFile != "" {
		s.Key = func() ([]byte, error) { return os.ReadFile(c.KeyFile) }
	}
	return s, at.Folder, nil
}

// partnerWay is how documents go to a warehouse on the channels sftp and http.
func (a *App) partnerWay(channel string, p order.WarehouseProfile) delivery.Way {
	if channel == order.PartnerSFTP {
		s, folder, err := a.sftpServer(p)
		if err != nil {
			return noWay{channel, err}
		}
		return sftp.Way{Server: s, Folder: folder}
	}
	c := a.Config.partnerFor(p.WarehouseCode)
	if err := push.CheckURL(p.Address, c.Private); err != nil {
		return noWay{channel, fmt.Errorf("the profile of %s: %w", p.WarehouseCode, err)}
	}
	w := push.Way{
		URL: p.Address, Secret: fromFile(c.Secret, c.SecretFile), Timeout: c.Timeout, Private: c.Private, Agent: "todoke/" + versionNumber(), Now: a.Now,
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return noWay{channel, err}
		}
		w.TLS = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		if !w.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return noWay{channel, fmt.Errorf("%s holds no certificate in PEM", c.CAFile)}
		}
	}
	return w
}

// noWay is a way that cannot carry anything, and says why.
type noWay struct {
	channel string
	why     error
}

// Name implements delivery.Way.
func (w noWay) Name() string { return w.channel }

// Compose implements delivery.Way.
func (w noWay) Compose(delivery.Parcel) ([]byte, error) { return nil, w.why }

// Send implements delivery.Way. It is reached where an earlier attempt composed what is to leave.
func (w noWay) Send(context.Context, delivery.Parcel, []byte) (string, error) {
	return "", delivery.Fail(delivery.Permanent, "%w", w.why)
}
