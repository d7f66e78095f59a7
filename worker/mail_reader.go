package worker

import (
	"strings"
	"time"

	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/rules"
)

// ReadMail takes mails apart, with the gateway profiles as books gives them at the moment.
func ReadMail(books func() *gateway.Book) MailParser {
	return func(data []byte) (Mail, error) {
		m, err := mail.Parse(data, mail.DefaultLimits())
		if err != nil {
			return Mail{}, err
		}
		facts := books().Read(&m)
		out := Mail{ID: m.MessageID, From: m.From, Subject: m.Subject, Text: m.Text, Facts: facts, Notes: m.Notes, Unread: m.Unread, Letter: letterOf(&m)}
		out.Report.Names = mail.OurNames(data)
		out.Report.DSN, out.Report.OK = m.Report()
		out.Thread = append(m.MessageIDs("references"), m.MessageIDs("message-id")...)
		if facts.Job != "" {
			// Gateways count their jobs each for itself, and start again some day: a job alone would
			// make a new fax look like an old one (FAX-5).
			out.Job = m.From + " " + facts.Job
			if !facts.At.IsZero() {
				out.Job += " " + facts.At.Format(time.RFC3339)
			}
		}
		if len(m.Received) > 0 {
			out.HeaderAt = m.Received[0]
		}
		for _, a := range m.Attachments {
			out.Attachments = append(out.Attachments, Attachment{
				Path: a.Path, FileName: a.Name, MediaType: a.MediaType, Bytes: a.Bytes,
				WidthPX: a.WidthPX, HeightPX: a.HeightPX, Shown: a.Shown, Problem: a.Problem, Unpacked: a.Unpacked,
			})
		}
		return out, nil
	}
}

// letterOf is what a mail's header says for the rule that decides whether it is answered (FAX-1).
func letterOf(m *mail.Message) rules.Letter {
	l := rules.Letter{
		From: m.Addresses("from"), ReplyTo: m.Addresses("reply-to"), Recipients: len(m.Addresses("to")) + len(m.Addresses("cc")),
		References: append(m.MessageIDs("in-reply-to"), m.MessageIDs("references")...), Fields: m.Fields(), Kind: m.Kind,
		Results: m.Undecoded("authentication-results"),
	}
	if s := m.Addresses("sender"); len(s) > 0 {
		l.Sender = s[0]
	}
	if paths := m.Header("return-path"); len(paths) > 0 {
		if l.ReturnPath = paths[0]; strings.ReplaceAll(paths[0], " ", "") == "<>" || paths[0] == "" {
			l.ReturnPath = "<>"
		} else if a := m.Addresses("return-path"); len(a) > 0 {
			l.ReturnPath = a[0]
		}
	}
	return l
}
