package faxmail_test

import (
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"todoke/delivery"
	"todoke/delivery/faxmail"
	out "todoke/delivery/mail"
	in "todoke/ingest/mail"
	"todoke/internal/smtptest"
)

var parcel = delivery.Parcel{
	MessageID: "todoke.7.1.aa@shop.example", Date: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC),
	Recipient: "0312345678", Hyphens: "03-1234-5678", Subject: "ご注文内容の確認", FileName: "確認 1.pdf", MediaType: "application/pdf", Data: []byte("%PDF-1.4"),
}

func TestGatewaysWantTheNumberInManyPlaces(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("himitsu\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, yaml, to, subject, body, from string }{
		{"number@domain", "name: a\naddress: '{number}@fax.example.jp'", "0312345678@fax.example.jp", "ご注文内容の確認", "", "shop@shop.example"},
		{"81 and prefix", "name: a\naddress: 'F{international}@cl1.example.jp'\nfrom: known@shop.example", "F81312345678@cl1.example.jp", "ご注文内容の確認", "", "known@shop.example"},
		{"number in subject", "name: a\naddress: send@fax.example.jp\nsubject: '{number}'", "send@fax.example.jp", "0312345678", "", "shop@shop.example"},
		{
			"login in body", "name: a\naddress: 'pc@fax.example.jp'\nsubject: '#{hyphens}# {title}'\nbody: \"userid={account}\\npasswd={password}\\nto={number}\\n\"\naccount: U1\npassword_file: " + secret,
			"pc@fax.example.jp", "#03-1234-5678# ご注文内容の確認", "userid=U1\npasswd=himitsu\nto=0312345678", "shop@shop.example",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, err := faxmail.Parse("a.yaml", []byte(tt.yaml))
			if err != nil {
				t.Fatal(err)
			}
			s, address := smtptest.Start(t, smtptest.Config{})
			w := faxmail.Way{Gateway: g, Server: out.Server{Address: address, Security: out.Plain}, From: "shop@shop.example", FromName: "テスト商店", Returns: "bounce@shop.example"}
			data, err := w.Compose(parcel)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Send(t.Context(), parcel, data); err != nil {
				t.Fatal(err)
			}
			got := s.Mails()[0]
			if got.From != "bounce@shop.example" || got.To[0] != tt.to || string(got.Data) != string(data) {
				t.Errorf("%s → %s", got.From, got.To)
			}
			m, err := in.Parse(got.Data, in.DefaultLimits())
			if err != nil || len(m.Notes) != 0 || m.Subject != tt.subject || strings.TrimSpace(strings.ReplaceAll(m.Text, "\r\n", "\n")) != tt.body || m.From != tt.from ||
				len(m.Attachments) != 1 || m.Attachments[0].Name != "確認 1.pdf" || string(m.Attachments[0].Bytes) != "%PDF-1.4" {
				t.Errorf("%+v %v", m, err)
			}
			if std, err := mail.ReadMessage(strings.NewReader(string(got.Data))); err != nil || std.Header.Get("To") != "<"+tt.to+">" {
				t.Error(err)
			}
		})
	}
}

func TestGatewayFilesAreChecked(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"name: a\naddress: fax@example.jp":                                              "no field holds the fax number",
		"name: A\naddress: '{number}@example.jp'":                                       "must be small letters",
		"name: hylafax\naddress: '{number}@example.jp'":                                 "not the name of another way",
		"name: a\naddress: '{numbr}@example.jp'":                                        "{numbr} stands for nothing",
		"name: a\naddress: '{number}example.jp'":                                        "no mail address",
		"name: a\naddress: '{number}@example.jp'\nbody: '{password}'":                   "password_file is missing",
		"name: a\naddress: '{number}@example.jp'\nbody: '{account}'":                    "account is missing",
		"name: a\naddress: '{number}{title}@example.jp'":                                "neither title nor file",
		"name: a\naddress: '{number}{password}@example.jp'\npassword_file: x":           "no password can stand",
		"name: a\naddress: '{number}@example.jp'\nfrom: 'x y'":                          "from:",
		"name: a\naddresx: '{number}@example.jp'":                                       "unknown field",
		"name: a\naddress: '{number}@example.jp'\nbody: " + strings.Repeat("x", 70_000): "larger than",
	} {
		if _, err := faxmail.Parse("a.yaml", []byte(yaml)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v", yaml, err)
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"1.yaml": "name: a\naddress: '{number}@a.example.jp'", "2.yml": "name: b\naddress: '{number}@b.example.jp'", "x.txt": "?"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := faxmail.Load(dir); err != nil || len(got) != 2 || got[1].Name != "b" {
		t.Error(got, err)
	}
	if got, err := faxmail.Load(filepath.Join(dir, "none")); err != nil || got != nil {
		t.Error(got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "3.yaml"), []byte("name: a\naddress: '{number}@a.example.jp'"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := faxmail.Load(dir); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Error(err)
	}
}

func TestWhatCannotBeFaxed(t *testing.T) {
	t.Parallel()
	g, err := faxmail.Parse("a.yaml", []byte("name: a\naddress: '{number}@fax.example.jp'"))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*delivery.Parcel){
		func(p *delivery.Parcel) { p.FileName = "a.xlsx" },
		func(p *delivery.Parcel) { p.Data = nil },
		func(p *delivery.Parcel) { p.Recipient = "0312345678@evil.example,x" },
	} {
		p := parcel
		change(&p)
		if _, err := (faxmail.Way{Gateway: g, From: "shop@shop.example"}).Compose(p); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}
