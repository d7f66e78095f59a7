package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/ingest/mailbox"
	"todoke/order"
	"todoke/rules"
)

// MailboxConfig is a mailbox to which faxes come as mails.
type MailboxConfig struct {
	Name         string // the key under mailboxes
	Address      string // HOST:PORT
	Security     mailbox.Security
	CAFile       string // PEM; "" trusts what the machine trusts
	User         string
	Password     string
	PasswordFile string
	TokenFile    string
	TokenCommand string
	Folder       string
	Processed    string
	Failed       string
	After        mailbox.After
	CopyDelete   bool
	Authserv     string // by which the mail server states who sent a mail (RFC 8601); "" is not known
	Timeout      time.Duration
	Heartbeat    time.Duration
	Poll         time.Duration
}

// mailboxesKey holds the mailboxes, each under its name.
const mailboxesKey = "mailboxes"

// mailboxName is in small letters so that the environment's names tell which is meant.
var mailboxName = regexp.MustCompile(`^[a-z][a-z0-9]{0,39}$`)

// mailboxFields are the keys of each mailbox, in the order `todoke config` prints them.
var mailboxFields = []mailboxField{
	{
		name: "address", about: "IMAP server", allowed: "HOST:PORT such as imap.example.jp:993",
		set: func(m *MailboxConfig, v string) error {
			if _, _, err := net.SplitHostPort(v); err != nil {
				return err
			}
			m.Address = v
			return nil
		},
		get: func(m *MailboxConfig) string { return m.Address },
	},
	{
		name: "security", about: "how the connection is encrypted", allowed: "tls (port 993), starttls (port 143) or none",
		set: func(m *MailboxConfig, v string) error {
			return choose(&m.Security, v, mailbox.TLS, mailbox.StartTLS, mailbox.Plain)
		},
		get: func(m *MailboxConfig) string { return string(m.Security) },
	},
	textField("ca_file", "certificates (PEM) to trust instead of the machine's", "a file", func(m *MailboxConfig) *string { return &m.CAFile }),
	textField("user", "user to log in as", "a name", func(m *MailboxConfig) *string { return &m.User }),
	{
		name: "password", about: "password; better in password_file or the environment", allowed: "a password", secret: true,
		set: func(m *MailboxConfig, v string) error { m.Password = v; return nil },
		get: func(m *MailboxConfig) string { return m.Password },
	},
	textField("password_file", "file that holds the password, read at each login", "a file", func(m *MailboxConfig) *string { return &m.PasswordFile }),
	textField("token_file", "file that holds an access token (XOAUTH2), read at each login", "a file", func(m *MailboxConfig) *string { return &m.TokenFile }),
	textField("token_command", "command that prints an access token (XOAUTH2), run by the shell at each login", "a command", func(m *MailboxConfig) *string { return &m.TokenCommand }),
	textField("folder", "folder to collect", "a folder's name, with / between levels", func(m *MailboxConfig) *string { return &m.Folder }),
	textField("processed", "folder to which stored mails move", "a folder's name, with / between levels", func(m *MailboxConfig) *string { return &m.Processed }),
	textField("failed", "folder to which mails move that cannot be taken in", "a folder's name, with / between levels", func(m *MailboxConfig) *string { return &m.Failed }),
	{
		name: "after", about: "what becomes of a stored mail; flag leaves it in its folder, leave does not touch the mailbox at all", allowed: "move, flag or leave",
		set: func(m *MailboxConfig, v string) error {
			return choose(&m.After, v, mailbox.Move, mailbox.Flag, mailbox.Leave)
		},
		get: func(m *MailboxConfig) string { return string(m.After) },
	},
	{
		name: "copy_delete", about: "copy and delete mails where the server cannot move them; they are flagged otherwise", allowed: "true or false",
		set: func(m *MailboxConfig, v string) error {
			if v != "true" && v != "false" {
				return fmt.Errorf("%q is neither", v)
			}
			m.CopyDelete = v == "true"
			return nil
		},
		get: func(m *MailboxConfig) string { return strconv.FormatBool(m.CopyDelete) },
	},
	{
		name: "authserv", about: "name under which the mail server states in Authentication-Results who sent a mail: what partner warehouses mail is taken by that alone; * is its topmost, whatever name it bears", allowed: "a name such as mx.example.jp, or *",
		set: func(m *MailboxConfig, v string) error {
			if strings.ContainsAny(v, " \t\r\n\x00;=\"()") || v != rules.TopmostResults && strings.Contains(v, "*") {
				return fmt.Errorf("%q is no such name", v)
			}
			m.Authserv = v
			return nil
		},
		get: func(m *MailboxConfig) string { return m.Authserv },
	},
	durationField("timeout", "how long the server may be silent while it owes an answer", time.Second, 10*time.Minute, func(m *MailboxConfig) *time.Duration { return &m.Timeout }),
	// RFC 2177: servers may end IDLE after 30 minutes.
	durationField("heartbeat", "how often a server that tells of new mails is asked whether it is still there", time.Second, 29*time.Minute, func(m *MailboxConfig) *time.Duration { return &m.Heartbeat }),
	durationField("poll", "how often one that does not tell is asked for new mails", time.Second, time.Hour, func(m *MailboxConfig) *time.Duration { return &m.Poll }),
}

func durationField(name, about string, low, high time.Duration, field func(m *MailboxConfig) *time.Duration) mailboxField {
	return mailboxField{
		name: name, about: about, allowed: fmt.Sprintf("a duration from %v to %v such as 90s", low, high),
		set: func(m *MailboxConfig, v string) error { return setDuration(field(m), v, low, high) },
		get: func(m *MailboxConfig) string { return field(m).String() },
	}
}

func setDuration(field *time.Duration, v string, low, high time.Duration) error {
	d, err := time.ParseDuration(v)
	if err != nil || d < low || d > high {
		return fmt.Errorf("%q is out of range or no duration", v)
	}
	*field = d
	return nil
}

type mailboxField struct {
	name, about, allowed string
	secret               bool
	set                  func(m *MailboxConfig, v string) error
	get                  func(m *MailboxConfig) string
}

func textField(name, about, allowed string, field func(m *MailboxConfig) *string) mailboxField {
	return mailboxField{
		name: name, about: about, allowed: allowed,
		set: func(m *MailboxConfig, v string) error {
			if strings.ContainsAny(v, "\r\n\x00") {
				return errors.New("it has more than one line")
			}
			*field(m) = v
			return nil
		},
		get: func(m *MailboxConfig) string { return *field(m) },
	}
}

func choose[T ~string](field *T, v string, allowed ...T) error {
	if !slices.Contains(allowed, T(v)) {
		return fmt.Errorf("%q is none of them", v)
	}
	*field = T(v)
	return nil
}

// mailboxSettings are the settings of the mailbox of a name.
func mailboxSettings(name string) []setting {
	all := make([]setting, 0, len(mailboxFields))
	for _, f := range mailboxFields {
		all = append(all, setting{
			key: mailboxesKey + "." + name + "." + f.name, about: f.about, allowed: f.allowed, secret: f.secret,
			set: func(c *Config, v string) error { return f.set(c.mailbox(name), v) },
			get: func(c *Config) string { return f.get(c.mailbox(name)) },
		})
	}
	return all
}

// mailbox is the one of a name, made with its defaults where it is new. Mailboxes are in the
// order of their names.
func (c *Config) mailbox(name string) *MailboxConfig {
	i, found := slices.BinarySearchFunc(c.Mailboxes, name, func(m MailboxConfig, name string) int { return strings.Compare(m.Name, name) })
	if !found {
		c.Mailboxes = slices.Insert(c.Mailboxes, i, MailboxConfig{
			Name: name, Security: mailbox.TLS, Folder: "INBOX", Processed: "Processed", Failed: "Failed", After: mailbox.Move,
			Timeout: mailbox.DefaultTimeout, Heartbeat: mailbox.DefaultHeartbeat, Poll: mailbox.DefaultPoll,
		})
	}
	return &c.Mailboxes[i]
}

// url names the folder that is collected.
func (m MailboxConfig) url() string {
	return mailbox.Account{Address: m.Address, User: m.User, Folder: m.Folder}.URL()
}

// authserv is the name of the mail server of the mailbox that a mail was collected from.
func (c *Config) authserv(externalID string) string {
	for _, m := range c.Mailboxes {
		if strings.HasPrefix(externalID, m.url()+";") {
			return m.Authserv
		}
	}
	return ""
}

// mailboxOf is the name in the key of a mailbox or of one of its settings, "" in others.
func mailboxOf(key string) string {
	rest, ok := strings.CutPrefix(key, mailboxesKey+".")
	name, _, _ := strings.Cut(rest, ".")
	if !ok || !mailboxName.MatchString(name) {
		return ""
	}
	return name
}

// mailboxNames are the mailboxes that any source speaks of, in order.
func mailboxNames(environ []string, sources ...map[string]given) []string {
	names := map[string]bool{}
	for _, source := range sources {
		for key := range source {
			names[mailboxOf(key)] = true
		}
	}
	for _, kv := range environ {
		variable, _, _ := strings.Cut(kv, "=")
		rest, ok := strings.CutPrefix(variable, envPrefix+strings.ToUpper(mailboxesKey)+"_")
		name, field, _ := strings.Cut(strings.ToLower(rest), "_")
		if ok && mailboxName.MatchString(name) && slices.ContainsFunc(mailboxFields, func(f mailboxField) bool { return f.name == field }) {
			names[name] = true
		}
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

// checkMailboxes finds what is missing in mailboxes, and folders that two of them would collect.
func (c *Config) checkMailboxes() error {
	var errs []error
	seen := map[string]string{}
	for _, m := range c.Mailboxes {
		key := mailboxesKey + "." + m.Name
		if m.Address == "" {
			errs = append(errs, order.Invalid("", key+".address", "it is missing: it must be HOST:PORT such as imap.example.jp:993"))
		}
		if m.User == "" {
			errs = append(errs, order.Invalid("", key+".user", "it is missing: say who logs in"))
		}
		if cmp.Or(m.Password, m.PasswordFile, m.TokenFile, m.TokenCommand) == "" {
			errs = append(errs, order.Invalid("", key+".password", "it is missing: set one of password, password_file, token_file and token_command"))
		}
		if m.After == mailbox.Move && (m.Processed == m.Folder || m.Failed == m.Folder || m.Processed == "" || m.Failed == "") {
			errs = append(errs, order.Invalid("", key+".processed", "processed and failed must be folders other than the one that is collected"))
		}
		url := m.url()
		if other := seen[url]; other != "" {
			errs = append(errs, order.Invalid("", key, "it is the same folder as that of "+mailboxesKey+"."+other))
		}
		seen[url] = m.Name
	}
	return errors.Join(errs...)
}
