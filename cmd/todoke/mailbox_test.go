package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"todoke/ingest/mailbox"
	"todoke/store"
	"todoke/store/storetest"
)

func TestMailboxSettings(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "todoke.yaml", "mailboxes:\n  fax:\n    address: imap.example.jp:993\n    user: fax@example.jp\n    password_file: /run/secrets/fax\n"+
		"  osaka: {address: localhost:143, security: none, user: osaka, after: leave, poll: 1m}\n")
	env := map[string]string{
		"TODOKE_MAILBOXES_OSAKA_PASSWORD": "himitsu", "TODOKE_MAILBOXES_FAX_FOLDER": "Faxe", "TODOKE_MAILBOXES_FAX_HEARTBEAT": "10m",
		"TODOKE_MAILBOXES_NAGOYA_ADDRESS": "nagoya.example.jp:993", "TODOKE_MAILBOXES_NAGOYA_USER": "n", "TODOKE_MAILBOXES_NAGOYA_TOKEN_COMMAND": "get-token",
	}
	load := func(file string) (*App, string) {
		app, stdout, stderr := testApp(t, env)
		app.Environ = func() []string {
			var all []string
			for k, v := range env {
				all = append(all, k+"="+v)
			}
			return all
		}
		if got := app.Main(t.Context(), []string{"--config", file, "--set", "mailboxes.fax.copy_delete=true", "config"}); got != exitOK {
			t.Fatal(stderr)
		}
		return app, stdout.String()
	}
	app, printed := load(file)
	want := []MailboxConfig{
		{
			Name: "fax", Address: "imap.example.jp:993", Security: mailbox.TLS, User: "fax@example.jp", PasswordFile: "/run/secrets/fax", Folder: "Faxe",
			Processed: "Processed", Failed: "Failed", After: mailbox.Move, CopyDelete: true,
			Timeout: time.Minute, Heartbeat: 10 * time.Minute, Poll: 30 * time.Second,
		},
		{
			Name: "nagoya", Address: "nagoya.example.jp:993", Security: mailbox.TLS, User: "n", TokenCommand: "get-token", Folder: "INBOX",
			Processed: "Processed", Failed: "Failed", After: mailbox.Move,
			Timeout: time.Minute, Heartbeat: 5 * time.Minute, Poll: 30 * time.Second,
		},
		{
			Name: "osaka", Address: "localhost:143", Security: mailbox.Plain, User: "osaka", Password: "himitsu", Folder: "INBOX",
			Processed: "Processed", Failed: "Failed", After: mailbox.Leave,
			Timeout: time.Minute, Heartbeat: 5 * time.Minute, Poll: time.Minute,
		},
	}
	if fmt.Sprint(app.Config.Mailboxes) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", app.Config.Mailboxes, want)
	}
	if strings.Contains(printed, "himitsu") || !strings.Contains(printed, "mailboxes:\n  fax:\n    address: imap.example.jp:993 #") {
		t.Errorf("it prints\n%s", printed)
	}
	again, _ := load(writeFile(t, "again.yaml", printed))
	if fmt.Sprint(again.Config.Mailboxes) != fmt.Sprint(want) {
		t.Errorf("what it prints gives %+v", again.Config.Mailboxes)
	}
}

func TestMailboxSettingsThatAreWrong(t *testing.T) {
	t.Parallel()
	const fax = "mailboxes:\n  fax:\n    address: imap.example.jp:993\n    user: fax\n    password: x\n"
	for _, tt := range []struct{ name, file, want string }{
		{"nothing but a name", "mailboxes: {fax: {folder: INBOX}}", "mailboxes.fax.address: it is missing"},
		{"no secret", "mailboxes: {fax: {address: \"a:1\", user: u}}", "set one of password, password_file, token_file and token_command"},
		{"no port", "mailboxes: {fax: {address: imap.example.jp}}", "missing port in address"},
		{"a misspelt key", fax + "    addressx: x\n", "did you mean mailboxes.fax.address?"},
		{"a name in capitals", "mailboxes: {Fax-1: {user: u}}", "small letters and digits"},
		{"no keys", "mailboxes: {fax: x}", "it holds further keys (mailboxes.fax.address"},
		{"a way that is none", fax + "    after: delete\n", "it must be move, flag or leave"},
		{"too long a heartbeat", fax + "    heartbeat: 40m\n", "mailboxes.fax.heartbeat: \"40m\" is out of range or no duration: it must be a duration from 1s to 29m0s"},
		{"a folder above the inbox", "collect: {subdirs: \"recvq, ../etc\"}", "is no folder within the inbox"},
		{"moved onto itself", fax + "    processed: INBOX\n", "other than the one that is collected"},
		{"one folder twice", fax + "  other: {address: \"imap.example.jp:993\", user: fax, password: x}\n", "the same folder as that of mailboxes.fax"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app, _, stderr := testApp(t, nil)
			if got := app.Main(t.Context(), []string{"--config", writeFile(t, "todoke.yaml", tt.file), "config"}); got != exitUsage || !strings.Contains(stderr.String(), tt.want) {
				t.Errorf("status %d, %s", got, stderr)
			}
		})
	}
	if err := checkEnvironment([]string{"TODOKE_MAILBOXES_FAX_PASWORD=x"}, named{mailboxes: []string{"fax"}}); err == nil || !strings.Contains(err.Error(), "did you mean TODOKE_MAILBOXES_FAX_PASSWORD") {
		t.Error(err)
	}
}

// mailServer is an IMAP server in memory: its address and a person's connection to it.
func mailServer(t *testing.T, logger imapserver.Logger) (address string, person *imapclient.Client) {
	t.Helper()
	user := imapmemserver.NewUser("fax", "himitsu")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	users := imapmemserver.New()
	users.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return users.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapMove: {}, imap.CapUIDPlus: {}}, InsecureAuth: true, Logger: logger,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = server.Serve(l); close(ended) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	if person, err = imapclient.DialInsecure(l.Addr().String(), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	if err := person.Login("fax", "himitsu").Wait(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), person
}

func sendMail(t *testing.T, c *imapclient.Client, folder string, mail []byte) {
	t.Helper()
	cmd := c.Append(folder, int64(len(mail)), nil)
	_, _ = cmd.Write(mail)
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

func quietly(t *testing.T) imapserver.Logger {
	t.Helper()
	return slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
}

func faxMail(n int) []byte {
	return fmt.Appendf(nil, "From: gateway@fax.example.jp\r\nMessage-ID: <%d@fax.example.jp>\r\nSubject: fax\r\n\r\nfax\r\n", n)
}

// TestMailsBecomeDocuments: each once, also when the server numbers them anew, or the cursor is
// lost; two that are alike in one numbering are two.
func TestMailsBecomeDocuments(t *testing.T) {
	t.Parallel()
	st, clock := storetest.New(t)
	address, person := mailServer(t, quietly(t))
	app, _, _ := testApp(t, nil)
	app.Now, app.Log = clock.Now, slog.New(slog.DiscardHandler)
	box := MailboxConfig{Name: "fax", Address: address, Security: mailbox.Plain, User: "fax", Password: "himitsu", Folder: "Faxe", After: mailbox.Leave}
	c, err := app.mailCollector(box, st)
	if err != nil {
		t.Fatal(err)
	}
	documents := func(want string) {
		t.Helper()
		if err := c.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := st.ListDocuments(t.Context(), store.DocumentFilter{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range all {
			if d.Source != "mail" || d.MediaType != "message/rfc822" || d.ReceivedAt.After(clock.Now()) {
				t.Errorf("%+v", d)
			}
			got = append(got, fmt.Sprintf("%s:%s", d.FileName, d.State))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("got  %s\nwant %s", s, want)
		}
	}
	fill := func(mails ...int) {
		t.Helper()
		if err := person.Create("Faxe", nil).Wait(); err != nil {
			t.Fatal(err)
		}
		for _, n := range mails {
			sendMail(t, person, "Faxe", faxMail(n))
		}
	}
	fill(1, 2, 2)
	documents("fax-1.eml:received fax-2.eml:received fax-3.eml:received")
	if err := st.SetMailboxCursor(t.Context(), c.Account.URL(), store.MailboxCursor{UIDValidity: 1}); err != nil {
		t.Fatal(err)
	}
	documents("fax-1.eml:received fax-2.eml:received fax-3.eml:received")
	if err := person.Delete("Faxe").Wait(); err != nil {
		t.Fatal(err)
	}
	fill(2, 3)
	documents("fax-1.eml:received fax-2.eml:received fax-3.eml:received fax-2.eml:received fax-1.eml:duplicate")
}

// TestMailTooLargeIsNoted: the desk sees a note that tells what it was and where it lies.
func TestMailTooLargeIsNoted(t *testing.T) {
	t.Parallel()
	st, clock := storetest.New(t)
	address, person := mailServer(t, quietly(t))
	app, _, _ := testApp(t, nil)
	app.Now, app.Log = clock.Now, slog.New(slog.DiscardHandler)
	box := MailboxConfig{Name: "fax", Address: address, Security: mailbox.Plain, User: "fax", Password: "himitsu", Folder: "INBOX", Processed: "Done", Failed: "Failed", After: mailbox.Move}
	c, err := app.mailCollector(box, st)
	if err != nil {
		t.Fatal(err)
	}
	c.MaxBytes = 1000
	sendMail(t, person, "INBOX", append(faxMail(1), bytes.Repeat([]byte("x"), 1000)...))
	for range 2 {
		if err := c.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	all, err := st.ListDocuments(t.Context(), store.DocumentFilter{})
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	note, err := st.DocumentBytes(t.Context(), all[0].ID)
	if err != nil || !strings.Contains(string(note), "mailbox fax, folder Failed") || !strings.Contains(string(note), "Message-ID: <1@fax.example.jp>") || len(note) > 1000 {
		t.Errorf("%s, %v", note, err)
	}
}

// TestUpCollectsMailboxes: a mail that comes while todoke runs is read.
func TestUpCollectsMailboxes(t *testing.T) {
	t.Parallel()
	address, person := mailServer(t, quietly(t))
	_, stderr, stop := upInProcess(t, dataDir(t), "--config", writeFile(t, "todoke.yaml",
		"mailboxes: {fax: {address: \""+address+"\", security: none, user: fax, password: himitsu}}"))
	sendMail(t, person, "INBOX", faxMail(1))
	for late := time.After(time.Minute); !strings.Contains(stderr.String(), "taken from the mailbox"); {
		select {
		case <-late:
			t.Fatalf("no mail is taken:\n%s", stderr)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if got := stop(); got != exitOK {
		t.Errorf("status %d:\n%s", got, stderr)
	}
}

func TestTokenCommand(t *testing.T) {
	t.Parallel()
	if got, err := commandOutput(t.Context(), "echo ya29.himitsu; echo more"); err != nil || got != "ya29.himitsu" {
		t.Errorf("%q, %v", got, err)
	}
	for command, want := range map[string]string{"true": "prints nothing", "echo no login >&2; exit 3": "exit status 3: no login"} {
		if _, err := commandOutput(t.Context(), command); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func TestDoctorLogsInToMailboxes(t *testing.T) {
	t.Parallel()
	address, person := mailServer(t, quietly(t))
	sendMail(t, person, "INBOX", faxMail(1))
	secret := writeFile(t, "password", "wrong\n")
	file := writeFile(t, "todoke.yaml", "mailboxes:\n"+
		"  fax: {address: \""+address+"\", security: none, user: fax, password_file: "+secret+"}\n"+
		"  osaka: {address: \"127.0.0.1:1\", user: fax, password: x}\n")
	data := dataDir(t)
	app, _, _ := testApp(t, nil)
	found := diagnose(t, app, exitFailure, "--config", file, "--data", data, "--listen", "127.0.0.1:0")
	if f := found["mailbox fax"]; f.Status != statusFail || !strings.Contains(f.Found, "refuses user, password or token") || !strings.Contains(f.Mend, "mailboxes.fax.user") {
		t.Errorf("a wrong password: %+v", f)
	}
	if f := found["mailbox osaka"]; f.Status != statusFail || !strings.Contains(f.Found, "refused") {
		t.Errorf("no server: %+v", f)
	}
	if err := os.WriteFile(secret, []byte("himitsu\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	app, _, _ = testApp(t, nil)
	found = diagnose(t, app, exitFailure, "--config", file, "--data", data, "--listen", "127.0.0.1:0")
	if f := found["mailbox fax"]; f.Status != statusOK || !strings.Contains(f.Found, "INBOX holds 1 mail(s); what is stored moves to Processed") {
		t.Errorf("the right one: %+v", f)
	}
}
