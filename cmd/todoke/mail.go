package main

import (
	"strings"
	"time"

	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/order"
	"todoke/rules"
	"todoke/worker"
)

// gateways are the shipped gateway profiles and the shop's own.
func (a *App) gateways() (*gateway.Book, error) {
	return gateway.Load(a.Config.Gateways.Profiles, a.ownNumbers())
}

// ownNumbers are the shop's fax numbers, digits: no sender's.
func (a *App) ownNumbers() []string {
	var own []string
	for s := range strings.SplitSeq(a.Config.Gateways.OwnNumbers+","+a.Config.ShopFax, ",") {
		if n, ok := order.ParsePhone(s); ok {
			own = append(own, n)
		}
	}
	return own
}

// mailReader takes mails apart for the worker.
func mailReader(book *gateway.Book) worker.MailParser {
	return func(data []byte) (worker.Mail, error) {
		m, err := mail.Parse(data, mail.DefaultLimits())
		if err != nil {
			return worker.Mail{}, err
		}
		facts := book.Read(&m)
		out := worker.Mail{From: m.From, Subject: m.Subject, Text: m.Text, Facts: facts, Notes: m.Notes, Letter: letterOf(&m)}
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
			out.Attachments = append(out.Attachments, worker.Attachment{Path: a.Path, FileName: a.Name, MediaType: a.MediaType, Bytes: a.Bytes})
		}
		return out, nil
	}
}

// letterOf is what a mail's header says for the rule that decides whether it is answered (FAX-1).
func letterOf(m *mail.Message) rules.Letter {
	l := rules.Letter{
		From: m.Addresses("from"), ReplyTo: m.Addresses("reply-to"), Recipients: len(m.Addresses("to")) + len(m.Addresses("cc")),
		References: append(m.MessageIDs("in-reply-to"), m.MessageIDs("references")...), Fields: m.Fields(), Kind: m.Kind,
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

// answerer is who answers mails that carry no fax. Our own mailboxes are never answered.
func (a *App) answerer() rules.Answerer {
	var out rules.Answerer
	for s := range strings.SplitSeq(a.Config.Letters.Never, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out.Never = append(out.Never, s)
		}
	}
	for _, m := range a.Config.Mailboxes {
		if own, ok := mail.NormalAddress(m.User); ok {
			out.Never = append(out.Never, own)
		}
	}
	return out
}
