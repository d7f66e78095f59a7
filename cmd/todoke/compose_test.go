package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// TestComposeCommands: every command line in docker-compose.yml, the image's own and those that its
// comments tell people to type, is one that todoke understands; what they name is there.
func TestComposeCommands(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Build       string
			Image       string
			Command     []string
			Healthcheck struct{ Test []string }
			Volumes     []string
			Secrets     []string
			DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
			Environment map[string]string
		}
		Secrets map[string]struct{ File string }
		Volumes map[string]any
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{} // by where they stand
	_, own, _ := strings.Cut(string(image), "\nCMD ")
	var words []string
	if err := yaml.Unmarshal([]byte(own), &words); err != nil || !strings.Contains(string(image), `ENTRYPOINT ["/todoke"]`) {
		t.Fatalf("the image runs %q, %v", own, err)
	}
	lines["Dockerfile"] = words
	for _, m := range regexp.MustCompile(`(?m)^ *# +docker compose exec (?:-T )?todoke /todoke ([^<>|]+?)(?: [<>|].*)?$`).FindAllStringSubmatch(string(text), -1) {
		lines["comment "+m[1]] = strings.Fields(m[1])
	}
	if len(lines) < 5 {
		t.Error("the comments do not tell how a warehouse is pointed at the SFTP server")
	}
	for name, s := range file.Services {
		if (s.Build == "") == (s.Image == "") {
			t.Errorf("%s is built from %q and of the image %q", name, s.Build, s.Image)
		}
		if s.Build != "" && len(s.Command) > 0 {
			lines[name] = s.Command
		}
		if test := s.Healthcheck.Test; len(test) > 2 && test[1] == "/todoke" {
			lines[name+"'s health"] = test[2:]
		}
		for other, d := range s.DependsOn {
			if on, there := file.Services[other]; !there || d.Condition != "service_healthy" || len(on.Healthcheck.Test) == 0 {
				t.Errorf("%s waits for %s, which does not tell its health", name, other)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if strings.HasPrefix(from, "./") {
				if _, err := os.Stat(filepath.Join(root, from)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			} else if _, there := file.Volumes[from]; !there {
				t.Errorf("%s has the volume %s, which is none of the file", name, from)
			}
		}
		used := strings.Join(append(slices.Collect(maps.Values(s.Environment)), s.Command...), " ")
		for _, m := range regexp.MustCompile(`/run/secrets/(\w+)`).FindAllStringSubmatch(used, -1) {
			if !slices.Contains(s.Secrets, m[1]) {
				t.Errorf("%s reads the secret %s, which it is not given", name, m[1])
			}
		}
		for _, secret := range s.Secrets {
			f := file.Secrets[secret].File
			if f == "" || !strings.Contains(string(text), "> "+f+"\n") {
				t.Errorf("%s has the secret %s, and nothing says how its file %q is made", name, secret, f)
			}
		}
	}
	for where, words := range lines {
		var c commands
		parser, err := kong.New(&c, kong.Name("todoke"), kong.Exit(func(int) { t.Errorf("%s: %q ends at once", where, words) }))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(words); err != nil {
			t.Errorf("%s: todoke %s: %v", where, strings.Join(words, " "), err)
		}
	}
	for service, command := range map[string]string{"smtp": "smtp-sink", "sftp": "sftp-sink"} {
		run, test := lines[service], lines[service+"'s health"]
		if len(run) == 0 || len(test) == 0 || run[0] != command || test[0] != command {
			t.Errorf("%s runs %q and tells its health by %q", service, run, test)
		}
	}
}

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
