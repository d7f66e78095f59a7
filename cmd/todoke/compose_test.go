package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The settings in docker-compose.yml are ones that todoke knows, and with them everything that
// leaves goes to the mail server of that file.
func TestComposeConfigures(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	b, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Environment map[string]string `yaml:"environment"`
			Command     any               `yaml:"command"`
			Volumes     []string          `yaml:"volumes"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	ours := file.Services["todoke"]
	secrets := t.TempDir()
	env := map[string]string{}
	var names []string
	for k, v := range ours.Environment {
		if rest, ok := strings.CutPrefix(v, "/run/secrets/"); ok {
			v = filepath.Join(secrets, rest)
			if err := os.WriteFile(v, []byte("postgres://todoke:x@postgres:5432/todoke"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range ours.Volumes {
			if from, to, ok := strings.Cut(strings.TrimSuffix(m, ":ro"), ":"); ok && to == v {
				v = filepath.Join(root, from)
			}
		}
		env[k] = v
		names = append(names, k+"="+v)
	}
	c, err := loadConfig(settingFlags{}, lookup(env), func() []string { return names })
	if err != nil {
		t.Fatal(err)
	}
	gateways, err := c.checkDelivery()
	if err != nil {
		t.Fatal(err)
	}
	if len(gateways) != 1 || len(c.faxWays()) != 1 || c.faxWays()[0] != gateways[0].Name {
		t.Errorf("faxes leave by %v, the gateways are %v", c.faxWays(), gateways)
	}
	if _, there := file.Services["smtp"]; !there || c.SMTP.Address != "smtp:2525" || c.SMTP.From == "" {
		t.Errorf("mails leave by %q from %q", c.SMTP.Address, c.SMTP.From)
	}
	if _, there := file.Services["sftp"]; !there || len(c.Partners) != 1 || c.partnerFor("E1").Password == "" {
		t.Errorf("partners %+v", c.Partners)
	}
	if len(c.Mailboxes) != 1 || c.Mailboxes[0].Address != "dovecot:143" {
		t.Errorf("mailboxes %+v", c.Mailboxes)
	}
}

// What we send bears the domain of its sender, and that is how we know our own mails again; no
// address of ours is answered.
func TestOwnAddressesAndNumbers(t *testing.T) {
	t.Parallel()
	app, _, _ := testApp(t, nil)
	c := &app.Config
	c.SMTP.From, c.SMTP.ReplyTo, c.SMTP.Returns = "Order@Shop.example", "desk@shop.example", "bounce@returns.example"
	c.ShopFax, c.Gateways.OwnNumbers = "03-0000-2417", "050-3333-0001"
	who := app.answerer()
	routes, err := app.routes()
	if err != nil {
		t.Fatal(err)
	}
	if len(who.Domains) != 1 || who.Domains[0] != strings.ToLower(routes.Domain) || who.Domains[0] != "shop.example" {
		t.Errorf("message ids end in %q, known again by %q", routes.Domain, who.Domains)
	}
	if who.Address != "order@shop.example" || strings.Join(who.Never, " ") != "desk@shop.example bounce@returns.example" {
		t.Errorf("answers come from %q, never to %q", who.Address, who.Never)
	}
	if got := strings.Join(app.ownNumbers(), " "); got != "05033330001 0300002417" {
		t.Errorf("own numbers %s", got)
	}
	c.SMTP.From = ""
	if who := app.answerer(); who.Address != "" {
		t.Errorf("answers would come from %q", who.Address)
	}
}
