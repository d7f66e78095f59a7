package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"todoke/delivery"
)

// Message is a mail to be written.
type Message struct {
	From     string // address
	FromName string
	ReplyTo  string // address; "" for none
	To       string // address
	delivery.Parcel
}

// Compose writes the mail. Texts are UTF-8; header texts are encoded words (RFC 2047), a file's
// name is both that and an RFC 2231 parameter, for not all readers know the one or the other.
// Every line is within 78 characters and ASCII. Answers to a mail say so (Auto-Submitted:
// auto-replied), all else is auto-generated (RFC 3834). The error names an address that is none.
func Compose(m Message) ([]byte, error) {
	for _, a := range []string{m.From, m.To, m.ReplyTo, m.Returns} {
		if a == "" && a != m.From && a != m.To {
			continue
		}
		if err := CheckAddress(a); err != nil {
			return nil, err
		}
	}
	if !plainID(m.MessageID) {
		return nil, fmt.Errorf("compose mail: %q is no message id", m.MessageID)
	}
	var b bytes.Buffer
	field := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	field("From", mailbox(m.FromName, m.From))
	field("To", "<"+m.To+">")
	if m.ReplyTo != "" {
		field("Reply-To", "<"+m.ReplyTo+">")
	}
	field("Subject", words(delivery.Line(m.Subject), len("Subject: ")))
	field("Date", m.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	field("Message-ID", "<"+m.MessageID+">")
	auto := "auto-generated"
	if len(m.Thread) > 0 {
		auto = "auto-replied"
		if ids := references(m.Thread); len(ids) > 0 {
			field("In-Reply-To", ids[len(ids)-1])
			field("References", strings.Join(ids, "\r\n "))
		}
	}
	field("Auto-Submitted", auto)
	field("MIME-Version", "1.0")
	if m.FileName == "" {
		text(&b, m.Text)
		return b.Bytes(), nil
	}
	boundary := boundary(m)
	field("Content-Type", "multipart/mixed;\r\n boundary=\""+boundary+"\"")
	b.WriteString("\r\n")
	if m.Text != "" {
		b.WriteString("--" + boundary + "\r\n")
		text(&b, m.Text)
	}
	b.WriteString("--" + boundary + "\r\n")
	file(&b, m.Parcel)
	b.WriteString("--" + boundary + "--\r\n")
	return b.Bytes(), nil
}

// CheckAddress tells whether an address can stand in an SMTP command and a header: ASCII,
// one @, no blanks.
func CheckAddress(s string) error {
	const longest = 254 // RFC 5321, 4.5.3.1.3, without the brackets
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > longest || strings.Contains(domain, "@") || !visible(s) || strings.ContainsAny(s, `<>()[]\,;:"`) {
		return fmt.Errorf("%q is no mail address", s)
	}
	return nil
}

// references are the message ids that can stand in a header, in angle brackets. Others wrote
// them: what is none is left out.
func references(thread []string) []string {
	const most = 20
	var ids []string
	for _, id := range thread[max(0, len(thread)-most):] {
		if plainID(id) {
			ids = append(ids, "<"+id+">")
		}
	}
	return ids
}

func plainID(s string) bool {
	const longest = 250
	return s != "" && len(s) <= longest && visible(s) && !strings.ContainsAny(s, "<>")
}

// visible tells text of visible ASCII characters alone.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func mailbox(name, address string) string {
	name = delivery.Line(name)
	switch {
	case name == "":
		return "<" + address + ">"
	case ascii(name):
		return (&mail.Address{Name: name, Address: address}).String()
	default:
		return words(name, len("From: ")) + "\r\n <" + address + ">"
	}
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// words is a header text, folded: as it is where it is short ASCII that nobody takes for an
// encoded word, else as encoded words (RFC 2047), none of which splits a character. first is how
// much of the line is taken.
func words(s string, first int) string {
	const line, overhead = 76, len("=?UTF-8?B??=")
	if ascii(s) && !strings.Contains(s, "=?") && first+len(s) <= line {
		return s
	}
	var out strings.Builder
	room := func() int { return (line - overhead - first) / 4 * 3 }
	for s != "" {
		n := 0
		for n < len(s) {
			_, size := utf8.DecodeRuneInString(s[n:])
			if n+size > room() {
				break
			}
			n += size
		}
		if out.Len() > 0 {
			out.WriteString("\r\n ")
		}
		out.WriteString("=?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte(s[:n])) + "?=")
		s, first = s[n:], 1
	}
	return out.String()
}

// boundary cannot stand in a part: their lines are base64, which has no hyphen.
func boundary(m Message) string {
	sum := sha256.Sum256([]byte(m.MessageID))
	return "todoke-" + hex.EncodeToString(sum[:12])
}

func text(b *bytes.Buffer, s string) {
	b.WriteString("Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	encode(b, []byte(strings.ReplaceAll(s, "\n", "\r\n")))
}

func file(b *bytes.Buffer, p delivery.Parcel) {
	name := delivery.Line(p.FileName)
	media := p.MediaType
	if media == "" || !visible(media) {
		media = "application/octet-stream"
	}
	b.WriteString("Content-Type: " + media + ";\r\n name=\"" + words(quotable(name), len(" name=\"")) + "\"\r\n")
	b.WriteString("Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n" + fileName(name) + "\r\n\r\n")
	encode(b, p.Data)
}

// quotable is a name that can stand between quotes.
func quotable(s string) string { return strings.NewReplacer(`"`, "'", `\`, "_").Replace(s) }

// fileName is the parameter filename: as it is where it can be, else as RFC 2231 says, in
// numbered pieces where it is long.
func fileName(name string) string {
	const room = 60 // of a line, for the value
	if ascii(name) && len(name) <= room {
		return ` filename="` + quotable(name) + `"`
	}
	var pieces []string
	piece := "UTF-8''"
	for _, r := range name {
		c := percent(r)
		if len(piece)+len(c) > room {
			pieces = append(pieces, piece)
			piece = ""
		}
		piece += c
	}
	pieces = append(pieces, piece)
	if len(pieces) == 1 {
		return " filename*=" + pieces[0]
	}
	lines := make([]string, len(pieces))
	for i, p := range pieces {
		lines[i] = fmt.Sprintf(" filename*%d*=%s", i, p)
	}
	return strings.Join(lines, ";\r\n")
}

func percent(r rune) string {
	if r < 0x80 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-._~", r)) {
		return string(r)
	}
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func encode(b *bytes.Buffer, data []byte) {
	const line = 57 // bytes, 76 characters
	for len(data) > 0 {
		n := min(line, len(data))
		b.WriteString(base64.StdEncoding.EncodeToString(data[:n]) + "\r\n")
		data = data[n:]
	}
}

// MediaType is that of a file's format: pdf, xlsx, csv and others.
func MediaType(format string) string {
	switch format {
	case "pdf":
		return "application/pdf"
	case "xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case "csv":
		return "text/csv"
	case "tif", "tiff":
		return "image/tiff"
	case "txt":
		return "text/plain"
	}
	if t := mime.TypeByExtension("." + format); t != "" && visible(t) {
		return t
	}
	return "application/octet-stream"
}

// MessageID is the name of a mail, made of what the delivery is: sent again, it is the same.
func MessageID(deliveryID int64, way int, key, domain string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", deliveryID, way, key))
	return fmt.Sprintf("todoke.%d.%d.%s@%s", deliveryID, way, hex.EncodeToString(sum[:8]), domain)
}

// Instant is a time as mails state it, in Japan's zone.
func Instant(t time.Time, zone *time.Location) time.Time { return t.In(zone).Truncate(time.Second) }
