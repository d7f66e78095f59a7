package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
	st "todoke/store/storetest"
)

// TestALetterIsShownAtTheDesk: its text can be read, nothing in it reaches the terminal as more than
// text, and why it was answered or not stands beside it.
func TestALetterIsShownAtTheDesk(t *testing.T) {
	t.Parallel()
	url, blobs := st.DSN(t), t.TempDir()
	app, _, _ := testApp(t, nil)
	s, err := store.Open(t.Context(), store.Config{DSN: url, BlobDir: blobs, Now: app.Now, Settings: rules.Default(), MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	st.Shop(t, s)
	mail := "From: =?utf-8?b?5L2Q6Jek?= <sato@customer.example.jp>\r\nSubject: =?iso-2022-jp?b?GyRCQ21KOBsoQg==?= \x1b[2J\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		"コピー用紙を10箱\x1b]0;evil\x07 お願い\u202eします。\r\n" + strings.Repeat("行\r\n", 100)
	id, _, err := s.AddDocument(t.Context(), store.NewDocument{Source: "mail", ExternalID: "m", FileName: "m.eml", ReceivedAt: app.Now(), MediaType: "message/rfc822", Bytes: []byte(mail)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.InTx(t.Context(), func(tx *store.Tx) error {
		if err := tx.OpenReview(t.Context(), id, 0, []*order.Error{order.Invalid("FAX-1", "", "the mail carries no fax")}, nil, app.Now(), app.Now()); err != nil {
			return err
		}
		if err := tx.AddMailPart(t.Context(), id, store.MailPart{No: 1, Path: "1.2", FileName: "a\x1b.vcf", MediaType: "text/vcard", SizeBytes: 3, Why: "a business card"}); err != nil {
			return err
		}
		if err := tx.AddClaims(t.Context(), id, []store.Claim{{Kind: store.ClaimSerial, Value: "7", By: "gateway p g"}}, app.Now()); err != nil {
			return err
		}
		_, err := tx.AnswerLetter(t.Context(), store.LetterAnswer{Document: id, Verdict: rules.LetterVerdict{Why: "a machine wrote it", Field: "precedence", Value: "bulk"}}, app.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	run := func(want int, args ...string) string {
		t.Helper()
		app, stdout, stderr := testApp(t, nil)
		if status := app.Main(t.Context(), append(args, "--database-url", url, "--set", "blobs="+blobs)); status != want {
			t.Fatalf("%v: status %d: %s", args, status, stderr)
		}
		return stdout.String() + stderr.String()
	}
	shown := run(exitOK, "review", "show", "1")
	for _, want := range []string{
		"From: 佐藤 <sato@customer.example.jp>", "Subject: 注文", "| コピー用紙を10箱]0;evil お願いします。", "there is more: todoke document show 1 --save DIR",
		"a.vcf text/vcard, 3 bytes: stays in the mail (a business card)", "not answered by mail: a machine wrote it (precedence: bulk)", "todoke review junk 1",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	if strings.ContainsAny(shown, "\x1b\x07\u202e") || strings.Count(shown, "| 行") > letterLines {
		t.Errorf("the mail reaches the terminal as it is:\n%q", shown)
	}
	if text := run(exitOK, "review", "show", "1", "--json"); !strings.Contains(text, `"shortened":true`) || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
	// The same document speaks for a gateway that counts: its gaps are explained by name alone.
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"gateway p g", "8-9", "--reason", "試験送信"}, exitOK, ""},
		{[]string{"gateway q", "8-9", "--reason", "試験送信"}, exitFailure, `no gateway "gateway q" counts its jobs`},
		{[]string{"gateway p g", "x", "--reason", "試験送信"}, exitFailure, "such as 4711-4713"},
		{[]string{"gateway p g", "9-8", "--reason", "試験送信"}, exitFailure, "such as 4711-4713"},
	} {
		if text := run(c.status, append([]string{"gateway", "explain-gap", "--by", "佐藤"}, c.args...)...); !strings.Contains(text, c.want) {
			t.Errorf("%v: %s", c.args, text)
		}
	}
}

func TestDoctorReadsTheShopsProfiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, status, want string }{
		"sound":     {"a.yaml", "name: mine\nabout: x\nmatch: [{in: from, find: x}]\n", statusOK, "1 of them the shop's own"},
		"a mistake": {"a.yaml", "name: mine\ncolour: red\n", statusFail, "colour"},
		"none":      {"readme.txt", "x", statusOK, "0 of them"},
	} {
		app, _, _ := testApp(t, nil)
		app.Config = defaultConfig()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		app.Config.Gateways.Profiles = dir
		var got finding
		app.checkGateways(func(check, status, found, mend string) { got = finding{check, status, found, mend} })
		if got.Status != c.status || !strings.Contains(got.Found, c.want) || (c.status == statusFail) != (got.Mend != "") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
