package main

import (
	"strings"
	"time"

	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/order"
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
		out := worker.Mail{From: m.From, Subject: m.Subject, Facts: facts, Notes: m.Notes}
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
			out.Attachments = append(out.Attachments, worker.Attachment{FileName: a.Name, MediaType: a.MediaType, Bytes: a.Bytes})
		}
		return out, nil
	}
}
