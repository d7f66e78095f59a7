package chaos_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
	"time"

	"golang.org/x/text/encoding/japanese"

	"todoke/order"
)

// mail is one that is to be written.
type mail struct {
	from, subject, text string
	charset             string   // "" is utf-8
	header              []string // further lines
	returnPath          string   // "" is the address in from; "<>" is none
	parts               []part
}

// part is an attachment.
type part struct {
	name, kind string
	data       []byte
}

// address is what stands in angle brackets, or all of it.
func address(from string) string {
	if _, rest, ok := strings.Cut(from, "<"); ok {
		return strings.TrimSuffix(rest, ">")
	}
	return from
}

// bytes writes the mail as it arrives.
func (m mail) bytes(id string, at time.Time) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	path := m.returnPath
	if path == "" {
		path = "<" + address(m.from) + ">"
	}
	line("Return-Path: %s", path)
	line("Received: from out.example.jp by mail.todoke.example; %s", at.In(order.JST).Format(time.RFC1123Z))
	from := m.from
	if name, rest, ok := strings.Cut(from, " <"); ok {
		from = mime.BEncoding.Encode("utf-8", name) + " <" + rest
	}
	line("From: %s", from)
	line("To: fax@todoke.example")
	line("Date: %s", at.In(order.JST).Format(time.RFC1123Z))
	line("Message-ID: <%s>", id)
	line("Subject: %s", mime.BEncoding.Encode("utf-8", m.subject))
	for _, h := range m.header {
		line("%s", h)
	}
	line("MIME-Version: 1.0")
	text, charset := strings.ReplaceAll(m.text, "\n", "\r\n"), m.charset
	if charset == "iso-2022-jp" {
		if jis, err := japanese.ISO2022JP.NewEncoder().String(text); err == nil {
			text = jis
		}
	}
	if charset == "" {
		charset = "utf-8"
	}
	writeText := func() {
		line("Content-Type: text/plain; charset=%s", charset)
		if charset == "utf-8" {
			line("Content-Transfer-Encoding: base64\r\n")
			base64Lines(&b, []byte(text))
			return
		}
		line("Content-Transfer-Encoding: 7bit\r\n")
		line("%s", text)
	}
	if len(m.parts) == 0 {
		writeText()
		return b.Bytes()
	}
	const boundary = "=_chaos"
	line("Content-Type: multipart/mixed; boundary=\"%s\"\r\n", boundary)
	line("--%s", boundary)
	writeText()
	for _, p := range m.parts {
		line("--%s", boundary)
		if p.kind == "message/rfc822" {
			line("Content-Type: message/rfc822\r\n")
			b.Write(bytes.ReplaceAll(p.data, []byte(boundary), []byte(boundary+"_in")))
			line("")
			continue
		}
		line("Content-Type: %s; name=%q", p.kind, p.name)
		line("Content-Disposition: attachment; filename=%q", p.name)
		line("Content-Transfer-Encoding: base64\r\n")
		base64Lines(&b, p.data)
	}
	line("--%s--", boundary)
	return b.Bytes()
}

func base64Lines(b *bytes.Buffer, data []byte) {
	const most = 57 // bytes that make 76 characters (RFC 2045, 6.8)
	for len(data) > 0 {
		n := min(most, len(data))
		b.WriteString(base64.StdEncoding.EncodeToString(data[:n]))
		b.WriteString("\r\n")
		data = data[n:]
	}
}
