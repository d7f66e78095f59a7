package mail_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"

	"todoke/ingest/mail"
	"todoke/order"
)

func enc(e encoding.Encoding, s string) string {
	out, err := e.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

func jis(s string) string  { return enc(japanese.ISO2022JP, s) }
func sjis(s string) string { return enc(japanese.ShiftJIS, s) }
func euc(s string) string  { return enc(japanese.EUCJP, s) }
func b64(s string) string  { return base64.StdEncoding.EncodeToString([]byte(s)) }
func pct(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02X", s[i])
	}
	return b.String()
}

func parse(t *testing.T, raw string) mail.Message {
	t.Helper()
	m, err := mail.Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")), mail.DefaultLimits())
	if err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	return m
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	full, escaped := sjis("注文書の件について"), jis("注文書の件について")
	for name, c := range map[string][2]string{
		"jis":                   {"=?ISO-2022-JP?B?" + b64(jis("注文書の送付")) + "?=", "注文書の送付"},
		"windows-31j and cp932": {"=?windows-31j?B?" + b64(sjis("注文①")) + "?= =?cp932?B?" + b64(sjis("髙橋")) + "?=", "注文①髙橋"},
		"split in a character":  {"=?Shift_JIS?B?" + b64(full[:7]) + "?=\n =?Shift_JIS?B?" + b64(full[7:]) + "?=", "注文書の件について"},
		"split without escape":  {"=?ISO-2022-JP?B?" + b64(escaped[:9]) + "?=\n =?ISO-2022-JP?B?" + b64(escaped[9:]) + "?=", "注文書の件について"},
		"no padding, spaces":    {"=?UTF-8?B?" + strings.TrimRight(b64("注文書です"), "=") + "?= =?UTF-8?Q?a b_c?=", "注文書ですa b c"},
		"raw utf-8":             {"注文書", "注文書"},
		"raw sjis":              {sjis("注文書の送付について"), "注文書の送付について"},
		"raw jis":               {jis("注文書"), "注文書"},
		"plain between":         {"FAX =?utf-8?B?" + b64("受信") + "?= 3p", "FAX 受信 3p"},
	} {
		if got := parse(t, "From: a@b.jp\nSubject: "+c[0]+"\n\nx\n").Subject; got != c[1] {
			t.Errorf("%s: %q, want %q", name, got, c[1])
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ head, body, want string }{
		"jis":                 {"text/plain; charset=ISO-2022-JP", jis("注文します。数量10個"), "注文します。数量10個"},
		"jis half-width kana": {"text/plain; charset=ISO-2022-JP", "\x1b(I1234\x1b(B x", "ｱｲｳｴ x"},
		"jis SO/SI":           {"text/plain; charset=ISO-2022-JP", "\x0e123\x0f x", "ｱｲｳ x"},
		"jis 8-bit kana":      {"text/plain; charset=ISO-2022-JP", "\xb1\xb2\xb3 x", "ｱｲｳ x"},
		"jis row 13":          {"text/plain; charset=cp50220", "\x1b$B-!-j\x1b(B x", "①㈱ x"},
		"jis ibm extension":   {"text/plain; charset=iso-2022-jp-ms", "\x1b$B|b\x1b(B", "髙"},
		"sjis":                {"text/plain; charset=Shift_JIS", sjis("①髙㈱ﾊﾝｶｸ"), "①髙㈱ﾊﾝｶｸ"},
		"euc":                 {"text/plain; charset=EUC-JP", euc("注文①髙"), "注文①髙"},
		"no charset, sjis":    {"text/plain", sjis("注文書"), "注文書"},
		"no charset, jis":     {"text/plain", jis("注文書"), "注文書"},
		"no charset, euc":     {"text/plain", euc("これは注文書です"), "これは注文書です"},
		"unknown charset":     {"text/plain; charset=x-none", "注文書", "注文書"},
		"lying charset":       {"text/plain; charset=utf-8", sjis("注文書"), "注文書"},
		"open quote":          {"text/plain; charset=\"utf-8", "注文書", "注文書"},
		"doubled parameter":   {"text/plain; charset=utf-8;; charset=sjis", "注文書", "注文書"},
		"only text":           {"text", "abc", "abc"},
	} {
		if got := strings.TrimSpace(parse(t, "From: a@b.jp\nContent-Type: "+c.head+"\n\n"+c.body+"\n").Text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	multi := func(part string) string {
		return "From: a@b.jp\nContent-Type: multipart/mixed; boundary=\"b1\"\n\n--b1\nContent-Type: text/plain; charset=utf-8\n\nhi\n--b1\n" + part + "\n--b1--\n"
	}
	pdf := "Content-Type: application/pdf\nContent-Disposition: attachment; filename"
	p8, j8 := pct("注文書第二版.pdf"), pct(jis("注文書第二版.pdf"))
	for name, c := range map[string]struct{ part, file, bytes string }{
		"2231 utf-8":            {pdf + "*=UTF-8''" + pct("注文書.pdf") + "\n\nx", "注文書.pdf", "x"},
		"2231 jis":              {pdf + "*=iso-2022-jp'ja'" + pct(jis("注文書.pdf")) + "\n\nx", "注文書.pdf", "x"},
		"2231 sjis":             {pdf + "*=Shift_JIS''" + pct(sjis("注文書.pdf")) + "\n\nx", "注文書.pdf", "x"},
		"2231 in parts":         {pdf + "*0*=UTF-8''" + p8[:15] + ";\n filename*1*=" + p8[15:] + "\n\nx", "注文書第二版.pdf", "x"},
		"2231 in parts, jis":    {pdf + "*0*=ISO-2022-JP''" + j8[:15] + ";\n filename*1*=" + j8[15:] + "\n\nx", "注文書第二版.pdf", "x"},
		"2047":                  {pdf + "=\"=?ISO-2022-JP?B?" + b64(jis("注文書.pdf")) + "?=\"\n\nx", "注文書.pdf", "x"},
		"2047 in two":           {pdf + "=\"=?UTF-8?B?" + b64("注文書第二") + "?=\n =?UTF-8?B?" + b64("版.pdf") + "?=\"\n\nx", "注文書第二版.pdf", "x"},
		"name only":             {"Content-Type: application/pdf; name=\"=?UTF-8?B?" + b64("注文.pdf") + "?=\"\nContent-Disposition: attachment\n\nx", "注文.pdf", "x"},
		"no disposition":        {"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nSGVsbG8=", "a.pdf", "Hello"},
		"raw sjis":              {pdf + "=\"" + sjis("注文表.pdf") + "\"\n\nx", "注文表.pdf", "x"},
		"raw utf-8 unquoted":    {pdf + "=注文書.pdf\n\nx", "注文書.pdf", "x"},
		"unquoted with space":   {pdf + "=order form.pdf\n\nx", "order form.pdf", "x"},
		"folders":               {pdf + "=\"..\\\\..\\\\etc/passwd.pdf\"\n\nx", "passwd.pdf", "x"},
		"dirty base64":          {pdf + "=a.pdf\nContent-Transfer-Encoding: base64\n\nSGVs*bG8g\nd29ybGQ=", "a.pdf", "Hello world"},
		"no padding":            {pdf + "=a.pdf\nContent-Transfer-Encoding: base64\n\nSGVsbG8gd29ybGQ", "a.pdf", "Hello world"},
		"footer after base64":   {pdf + "=a.pdf\nContent-Transfer-Encoding: base64\n\nSGVsbG8gd29ybGQ=\n\n-- virus checked --", "a.pdf", "Hello world"},
		"footer after unpadded": {pdf + "=a.pdf\nContent-Transfer-Encoding: base64\n\nSGVsbG8gd29y\n\n-- virus checked --", "a.pdf", "Hello wor"},
		"encoding in capitals":  {pdf + "=a.pdf\nContent-Transfer-Encoding: BASE64 \n\nSGVsbG8=", "a.pdf", "Hello"},
		"quoted-printable":      {pdf + "=a.pdf\nContent-Transfer-Encoding: quoted-printable\n\na=3Db=\nc=zz", "a.pdf", "a=bc=zz"},
		"uuencode":              {pdf + "=a.pdf\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n%2&5L;&\\\n`\nend", "a.pdf", "Hello"},
		"empty":                 {pdf + "=a.pdf\nContent-Transfer-Encoding: base64\n\n", "a.pdf", ""},
		"no type":               {"Content-Disposition: attachment; filename=a.tif\n\nII*", "a.tif", "II*"},
		"text file":             {"Content-Type: text/plain; name=a.txt\n\nabc", "a.txt", "abc"},
		"forwarded mail":        {"Content-Type: message/rfc822\n\nFrom: c@d\nContent-Type: multipart/mixed; boundary=b2\n\n--b2\nContent-Type: application/pdf; name=inner.pdf\n\nPDF\n--b2--", "inner.pdf", "PDF"},
	} {
		m := parse(t, multi(c.part))
		if len(m.Attachments) != 1 || m.Attachments[0].Name != c.file || strings.ReplaceAll(string(m.Attachments[0].Bytes), "\r", "") != c.bytes {
			t.Errorf("%s: %+v %v", name, m.Attachments, m.Notes)
		}
		if strings.TrimSpace(m.Text) != "hi" {
			t.Errorf("%s: text %q", name, m.Text)
		}
	}
}

func TestBrokenStructure(t *testing.T) {
	t.Parallel()
	pdf := "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\nContent-Transfer-Encoding: base64\n\n"
	for name, raw := range map[string]string{
		"unterminated":     "From: a@b\nContent-Type: multipart/mixed; boundary=b1\n\n--b1\nContent-Type: text/plain\n\nhello\n--b1\n" + pdf + "SGVsbG8=",
		"no boundary":      "From: a@b\nContent-Type: multipart/mixed\n\n--b1\nContent-Type: text/plain\n\nhello\n--b1\n" + pdf + "SGVsbG8=\n--b1--\n",
		"wrong boundary":   "From: a@b\nContent-Type: multipart/mixed; boundary=zz\n\n--b1\nContent-Type: text/plain\n\nhello\n--b1\n" + pdf + "SGVsbG8=\n--b1--\n",
		"line w/o colon":   "From: a@b\nthis is garbage\nContent-Type: multipart/mixed; boundary=b1\n\n--b1\n\nhello\n--b1\n" + pdf + "SGVsbG8=\n--b1--\n",
		"only the fax":     "From: a@b\n" + pdf + "SGVsbG8=\n",
		"mbox":             "From a@b Mon Nov  2 10:00:00 2026\nFrom: a@b\n" + pdf + "SGVsbG8=\n",
		"nested multipart": "From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/related; boundary=b1\n\n--b1\n" + pdf + "SGVsbG8=\n--b1--\n--b--\n",
	} {
		m := parse(t, raw)
		if len(m.Attachments) != 1 || string(m.Attachments[0].Bytes) != "Hello" || m.From != "a@b" {
			t.Errorf("%s: %+v", name, m)
		}
	}
	for name, raw := range map[string]string{"empty": "", "binary": "II*\x00\x08\x00", "text": "hello world\n"} {
		if _, err := mail.Parse([]byte(raw), mail.DefaultLimits()); order.KindOf(err) != order.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	deep := "x"
	for i := range 200 {
		deep = fmt.Sprintf("Content-Type: multipart/mixed; boundary=q%d\n\n--q%d\n%s\n--q%d--\n", i, i, deep, i)
	}
	if m := parse(t, deep); !strings.Contains(strings.Join(m.Unread, " "), "nested too deeply") || len(m.Attachments) != 1 || m.Attachments[0].Problem == "" {
		t.Error(m.Notes, m.Unread)
	}
	wide := "Content-Type: multipart/mixed; boundary=q\n\n" + strings.Repeat("--q\nContent-Type: image/tiff\n\nx\n", 1000) + "--q--\n"
	if m := parse(t, wide); len(m.Attachments) >= 1000 || !strings.Contains(strings.Join(m.Unread, " "), "more than 500 parts") {
		t.Error(len(m.Attachments), m.Unread)
	}
	lim := mail.DefaultLimits()
	lim.Bytes = 10
	if _, err := mail.Parse([]byte("Subject: "+strings.Repeat("a", 20)), lim); err == nil {
		t.Error("a mail beyond the limit was read")
	}
	if m := parse(t, "Subject: "+strings.Repeat("a", 2<<20)+"\nX: y\n\nx\n"); m.Subject == "" {
		t.Error("a huge header lost its subject")
	}
}

func TestHeaderFacts(t *testing.T) {
	t.Parallel()
	m := parse(t, "Return-Path: <>\nReceived: from x by mail.todoke.example; Tue, 24 Nov 2026 17:00:40 +0900\nReceived: from y by x; Tue, 24 Nov 2026 17:00:10 +0900 (JST)\nMessage-ID: <job-1@faxbin.example>\nFrom: =?utf-8?B?"+b64("FAX受信サービス")+"?= <NoReply@faxbin.example>\nDate: Tue, 24 Nov 2026 17:00:30 +0900\n\nx\n")
	at := time.Date(2026, 11, 24, 17, 0, 40, 0, order.JST)
	if len(m.Received) != 2 || !m.Received[0].Equal(at) || m.MessageID != "job-1@faxbin.example" || m.From != "noreply@faxbin.example" || m.FromName != "FAX受信サービス" || m.Date.IsZero() {
		t.Errorf("%+v", m)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("From: a@b\r\nContent-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: application/pdf; name*0*=iso-2022-jp''%1B$B; name*1=x\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVs*bG8\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?Shift_JIS?B?kg==?= =?Shift_JIS?B?jQ==?=\r\n\r\nx\r\n"))
	f.Add([]byte("Subject: \x1b$B\x1b(I1\x0e2\r\n\r\n\x8e\xa0"))
	f.Add([]byte("Content-Transfer-Encoding: x-uuencode\nContent-Type: image/tiff\n\nbegin 644 a\n%2&5L;&\\\nend\n"))
	f.Add([]byte("A:b\n\n発信元: +81 3 1234 5678\n受信日時: 2026年11月24日 16時59分\n"))
	f.Add([]byte("A:b\nContent-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\x01\x00\x02\x02\x90\x06\x00\x01\x00\x00\x00\x00\x00\x00\x02\x0f\x80\x06\x00\x02\x00\x00\x00II\x00\x00\x02\x05\x90\x06\x00\x14\x00\x00\x00\x01\x00\x00\x00\x1f\x00\x07\x37\x01\x00\x00\x00\x04\x00\x00\x00a\x00\x00\x00\x00\x00"))
	f.Add([]byte("A:b\nContent-Type: text/plain\n\nbegin 644 fax.tif\n$24DJ``\nend\n"))
	lim := mail.DefaultLimits()
	lim.Bytes = 64 << 10
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := mail.Parse(data, lim)
		if err != nil {
			return
		}
		total := 0
		for _, a := range m.Attachments {
			total += len(a.Bytes)
			if !utf8.ValidString(a.Name) || strings.ContainsAny(a.Name, "/\\\x00\n") {
				t.Fatalf("file name %q", a.Name)
			}
		}
		if total > 2*len(data) { // an Outlook envelope is there twice: itself, and what is in it
			t.Fatalf("%d bytes became %d", len(data), total)
		}
		if !utf8.ValidString(m.Subject) || !utf8.ValidString(m.Text) || !utf8.ValidString(m.From) || !utf8.ValidString(m.MessageID) {
			t.Fatalf("%+v", m)
		}
	})
}
