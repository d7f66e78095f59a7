package main

import (
	"bytes"
	"fmt"
	"time"

	"todoke/desk"
	"todoke/ingest/fax"
	"todoke/ingest/gateway"
	"todoke/worker"
)

// deskMails reads mails for the desk as the worker reads them.
func deskMails(books func() *gateway.Book) func(data []byte) (desk.Mail, error) {
	read := worker.ReadMail(books)
	return func(data []byte) (desk.Mail, error) {
		m, err := read(data)
		if err != nil {
			return desk.Mail{}, err
		}
		out := desk.Mail{From: m.From, Subject: m.Subject, Text: m.Text, Notes: m.Notes, Unread: m.Unread, Letter: m.Letter, Thread: m.Thread}
		out.Letter.Gateway = m.Facts.Profile
		for _, name := range []string{"from", "reply-to", "to", "cc", "date", "subject"} {
			for _, v := range m.Letter.Fields[name] {
				out.Headers = append(out.Headers, [2]string{name, v})
			}
		}
		for _, a := range m.Attachments {
			out.Attached = append(out.Attached, desk.Attached{FileName: a.FileName, MediaType: a.MediaType, Problem: a.Problem, Bytes: a.Bytes})
		}
		return out, nil
	}
}

// deskPicture draws pages as the reader sees them.
type deskPicture struct{}

const deskPages = 20 // of a file that the desk draws

// deskLimits are tighter than the reader's: a person waits.
var deskLimits = fax.Limits{Pages: deskPages, PageTime: 10 * time.Second}

func (deskPicture) Pages(data []byte) int {
	n := 0
	for p, err := range fax.Pages(data, deskLimits) {
		if err != nil || p.Image == nil || n == deskPages {
			break
		}
		n++
	}
	return n
}

func (deskPicture) Draw(data []byte, no int) ([]byte, error) {
	i := 0
	for p, err := range fax.Pages(data, deskLimits) {
		if i++; i < no {
			continue
		}
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = p.Image.EncodePNG(&b, p.XDPI, p.YDPI)
		return b.Bytes(), err
	}
	return nil, fmt.Errorf("there is no page %d", no)
}
