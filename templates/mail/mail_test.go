package mail_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"todoke/internal/golden"
	"todoke/templates/mail"
)

var shop = mail.Shop{
	Name: "とどけオフィス通販", Desk: "お客様受注センター", Phone: "0120-000-000", Fax: "050-3333-0001",
	Hours: "月～土曜日 9:00～18:00（祝日・特別休業日を除く）", Web: "https://www.todoke-office.example.jp/",
}

// blessed compares a mail with its golden file and with what every mail must be.
func blessed(t *testing.T, name string, m mail.Message, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject == "" || strings.ContainsAny(m.Subject, "\r\n") {
		t.Errorf("subject %q", m.Subject)
	}
	for i, line := range strings.Split(m.Body, "\n") {
		if n := width(line); n > 78 {
			t.Errorf("line %d is %d columns wide: %s", i+1, n, line)
		}
		if line != strings.TrimRight(line, " \t　") {
			t.Errorf("line %d ends in a space: %q", i+1, line)
		}
	}
	if strings.Contains(m.Body, "\n\n\n\n") || strings.Contains(m.Body, "<no value>") {
		t.Errorf("the text has a hole:\n%s", m.Body)
	}
	golden.Equal(t, name+".txt", []byte(m.Subject+"\n\n"+m.Body))
}

// width counts columns: what is not Latin takes two.
func width(s string) int {
	n := 0
	for _, r := range s {
		if n++; utf8.RuneLen(r) > 2 && (r < 0xff61 || r > 0xff9f) {
			n++
		}
	}
	return n
}

func TestCover(t *testing.T) {
	t.Parallel()
	m, err := mail.Cover{Shop: shop, Kind: "acknowledgement", Number: "F1234-1", To: "あおば商事株式会社 総務部"}.Render()
	blessed(t, "cover", m, err)
	m, err = mail.Cover{Shop: mail.Shop{Name: "みなと文具\r\nBcc: x@example.jp"}, Kind: "unheard_of"}.Render()
	if err != nil || strings.ContainsAny(m.Subject, "\r\n") || !strings.Contains(m.Subject, "書類") {
		t.Errorf("%q, %v", m.Subject, err)
	}
}
