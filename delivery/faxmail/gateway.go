package faxmail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"todoke/delivery"
	"todoke/delivery/mail"
)

// Gateway is what a gateway wants its mails to be, as its YAML file gives it. In address, subject,
// body and file, words in braces stand for what differs: {number} the fax number 0312345678,
// {international} 81312345678, {hyphens} 03-1234-5678, {title} the document's title, {file} its
// file name, {account} and {password}.
type Gateway struct {
	Name    string `yaml:"name"`  // in small letters; fax.ways names it
	About   string `yaml:"about"` // one line for people
	Address string `yaml:"address"`
	Subject string `yaml:"subject"` // {title} if empty
	Body    string `yaml:"body"`    // none if empty: many gateways make a cover sheet of it
	File    string `yaml:"file"`    // name of the attached file; {file} if empty
	From    string `yaml:"from"`    // address that the gateway knows us by; the shop's if empty
	Account string `yaml:"account"`
	// PasswordFile holds the password, if the gateway wants one within the mail.
	PasswordFile string `yaml:"password_file"`
	// Formats that it faxes; pdf if empty.
	Formats []string `yaml:"formats"`

	file string
}

const (
	maxFile  = 64 << 10 // bytes
	maxFiles = 50
)

var (
	gatewayName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)
	inBraces    = regexp.MustCompile(`\{[^{}\s]*\}`)
	words       = []string{"{number}", "{international}", "{hyphens}", "{title}", "{file}", "{account}", "{password}"}
)

// Load reads every gateway of a folder (*.yaml, *.yml); a folder that is not there holds none. The
// error names everything that is wrong with any file.
func Load(dir string) ([]Gateway, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || dir == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read gateways: %w", err)
	}
	var out []Gateway
	var errs []error
	for _, e := range entries {
		if ext := strings.ToLower(filepath.Ext(e.Name())); e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		if len(out)+len(errs) >= maxFiles {
			errs = append(errs, fmt.Errorf("%s holds more than %d gateways", dir, maxFiles))
			break
		}
		g, err := readFile(filepath.Join(dir, e.Name()))
		if err == nil && slices.ContainsFunc(out, func(o Gateway) bool { return o.Name == g.Name }) {
			err = fmt.Errorf("%s: the name %s is taken", g.file, g.Name)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, g)
	}
	return out, errors.Join(errs...)
}

func readFile(path string) (Gateway, error) {
	f, err := os.Open(path)
	if err != nil {
		return Gateway{}, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Gateway{}, err
	}
	return Parse(path, data)
}

// Parse reads and checks one gateway; file is its place, for errors.
func Parse(file string, data []byte) (Gateway, error) {
	g := Gateway{file: file}
	if len(data) > maxFile {
		return g, fmt.Errorf("%s is larger than %d bytes: it is no gateway", file, maxFile)
	}
	if err := yaml.UnmarshalWithOptions(data, &g, yaml.Strict()); err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n") // the rest quotes the file
		return g, fmt.Errorf("%s: %s", file, line)
	}
	g.Subject, g.File = cmp.Or(g.Subject, "{title}"), cmp.Or(g.File, "{file}")
	if len(g.Formats) == 0 {
		g.Formats = []string{"pdf"}
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(file+": "+format, args...)) }
	if !gatewayName.MatchString(g.Name) || slices.Contains([]string{"folder", "hylafax", "smtp"}, g.Name) {
		bad("name %q must be small letters, digits and hyphens, and not the name of another way", g.Name)
	}
	for _, field := range []struct{ key, text string }{{"address", g.Address}, {"subject", g.Subject}, {"body", g.Body}, {"file", g.File}} {
		for _, w := range inBraces.FindAllString(field.text, -1) {
			if !slices.Contains(words, w) {
				bad("%s: %s stands for nothing: use %s", field.key, w, strings.Join(words, ", "))
			}
		}
	}
	sample := delivery.Parcel{Recipient: "0312345678", Hyphens: "03-1234-5678", Subject: "title", FileName: "a.pdf"}
	if strings.Contains(g.Address, "{password}") {
		bad("address: no password can stand in it")
	}
	if err := mail.CheckAddress(g.fill(g.Address, sample, "")); err != nil {
		bad("address: %w", err)
	}
	if strings.Contains(g.Address, "{title}") || strings.Contains(g.Address, "{file}") {
		bad("address: neither title nor file can stand in it")
	}
	if g.From != "" {
		if err := mail.CheckAddress(g.From); err != nil {
			bad("from: %w", err)
		}
	}
	all := g.Address + g.Subject + g.Body
	if !strings.Contains(all, "{number}") && !strings.Contains(all, "{international}") && !strings.Contains(all, "{hyphens}") {
		bad("no field holds the fax number: use {number}, {international} or {hyphens} in address, subject or body")
	}
	if strings.Contains(all, "{password}") && g.PasswordFile == "" {
		bad("password_file is missing: the mail holds {password}")
	}
	if strings.Contains(all, "{account}") && g.Account == "" {
		bad("account is missing: the mail holds {account}")
	}
	return g, errors.Join(errs...)
}

// fill puts in what the words in braces stand for.
func (g Gateway) fill(text string, p delivery.Parcel, password string) string {
	return strings.NewReplacer(
		"{number}", p.Recipient,
		"{international}", "81"+strings.TrimPrefix(p.Recipient, "0"),
		"{hyphens}", p.Hyphens,
		"{title}", delivery.Line(p.Subject),
		"{file}", delivery.Line(p.FileName),
		"{account}", g.Account,
		"{password}", password,
	).Replace(text)
}

// Way sends faxes through a gateway.
type Way struct {
	Gateway  Gateway
	Server   mail.Server
	From     string // where the gateway states none
	FromName string
	Returns  string // envelope sender; the sender where empty
}

// Name implements delivery.Way.
func (w Way) Name() string { return w.Gateway.Name }

// Compose implements delivery.Way.
func (w Way) Compose(p delivery.Parcel) ([]byte, error) {
	g := w.Gateway
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(p.FileName)), ".")
	if !slices.Contains(g.Formats, format) || len(p.Data) == 0 {
		return nil, fmt.Errorf("%s faxes %s, not %q", g.Name, strings.Join(g.Formats, ", "), p.FileName)
	}
	if strings.Trim(p.Recipient, "0123456789") != "" || !strings.HasPrefix(p.Recipient, "0") {
		return nil, fmt.Errorf("%q is no fax number in digits", p.Recipient)
	}
	password := ""
	if g.PasswordFile != "" {
		b, err := os.ReadFile(g.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("read the gateway's password: %w", err)
		}
		password = strings.TrimRight(string(b), "\r\n")
	}
	m := p
	m.Subject = g.fill(g.Subject, p, password)
	m.FileName = g.fill(g.File, p, password)
	m.Text = g.fill(g.Body, p, password)
	m.Thread = nil
	return mail.Compose(mail.Message{From: w.from(), FromName: w.FromName, To: g.fill(g.Address, p, password), Parcel: m})
}

func (w Way) from() string { return cmp.Or(w.Gateway.From, w.From) }

// Send implements delivery.Way.
func (w Way) Send(ctx context.Context, p delivery.Parcel, data []byte) (string, error) {
	return w.Server.Send(ctx, mail.Returns(p, w.Returns, w.from()), w.Gateway.fill(w.Gateway.Address, p, ""), data)
}
