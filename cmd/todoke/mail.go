package main

import (
	"time"

	"todoke/ingest/mail"
	"todoke/worker"
)

// readMail takes a mail apart for the worker.
func readMail(data []byte) (worker.Mail, error) {
	m, err := mail.Parse(data, mail.DefaultLimits())
	if err != nil {
		return worker.Mail{}, err
	}
	facts := m.Gateway()
	out := worker.Mail{From: m.From, Subject: m.Subject, Caller: facts.Caller, GatewayAt: facts.At, Notes: m.Notes}
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
