package day

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"
	"time"

	"todoke/internal/bilevel"
	"todoke/order"
)

func isMail(name string) bool { return strings.HasSuffix(name, ".eml") }

// mail is what a fax gateway sends: a note of who called when, and the pages as attachments. Of
// several pages in TIFF each is an attachment of its own.
func mail(s spec, d Document, images []*bilevel.Image, r *rand.Rand) ([]byte, error) {
	job := 40_000_000 + r.IntN(9_999_999)
	at := d.At.In(order.JST)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(fmt.Sprintf("=_fax_%08d", job)); err != nil {
		return nil, err
	}
	header := func(k, v string) { fmt.Fprintf(&b, "%s: %s\r\n", k, v) }
	header("Return-Path", "<noreply@faxbin.example>")
	header("Received", "from out.faxbin.example by mail.todoke.example; "+at.Add(40*time.Second).Format(time.RFC1123Z))
	header("From", mime.BEncoding.Encode("utf-8", "FAX受信サービス")+" <noreply@faxbin.example>")
	header("To", "fax@todoke.example")
	header("Date", at.Add(30*time.Second).Format(time.RFC1123Z))
	header("Message-ID", fmt.Sprintf("<job-%d@faxbin.example>", job))
	header("Subject", mime.BEncoding.Encode("utf-8", fmt.Sprintf("FAX受信 %s (%dページ)", d.Caller, len(images))))
	header("MIME-Version", "1.0")
	header("Content-Type", "multipart/mixed; boundary=\""+w.Boundary()+"\"")
	b.WriteString("\r\n")

	text, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"text/plain; charset=utf-8"}, "Content-Transfer-Encoding": {"base64"}})
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("FAXを受信しました。\r\n\r\n発信元: %s\r\n受信日時: %s\r\nページ数: %d\r\nジョブ番号: %d\r\n",
		d.Caller, at.Format("2006/01/02 15:04:05"), len(images), job)
	if err := writeBase64(text, []byte(note)); err != nil {
		return nil, err
	}

	files := [][]*bilevel.Image{images}
	if !s.pdf && len(images) > 1 {
		files = nil
		for _, m := range images {
			files = append(files, []*bilevel.Image{m})
		}
	}
	n := 0
	for i, pages := range files {
		o := s.tiff
		o.XDPI, o.YDPI = s.pages[n].line.XDPI, s.pages[n].line.YDPI
		n += len(pages)
		body, err := encode(s, pages, o)
		if err != nil {
			return nil, err
		}
		kind, ext := "image/tiff", "tif"
		if s.pdf {
			kind, ext = "application/pdf", "pdf"
		}
		name := fmt.Sprintf("%s_%s_%d.%s", d.Caller, at.Format("20060102150405"), i+1, ext)
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type":              {fmt.Sprintf("%s; name=%q", kind, name)},
			"Content-Disposition":       {fmt.Sprintf("attachment; filename=%q", name)},
			"Content-Transfer-Encoding": {"base64"},
		})
		if err != nil {
			return nil, err
		}
		if err := writeBase64(part, body); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// writeBase64 writes lines of 76 characters (RFC 2045, section 6.8).
func writeBase64(w interface{ Write([]byte) (int, error) }, data []byte) error {
	const line = 57 // bytes that make 76 characters
	for len(data) > 0 {
		n := min(line, len(data))
		if _, err := fmt.Fprintf(w, "%s\r\n", base64.StdEncoding.EncodeToString(data[:n])); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
