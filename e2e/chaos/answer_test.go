package chaos_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// gatewayFile is the mail-to-fax gateway by which faxes leave.
const gatewayFile = `name: fukuro
about: an invented gateway, for this run
address: "{number}@fax.example"
subject: "{title}"
`

// outgoing is how mails and faxes leave in this run: at any hour, and tried again soon.
func outgoing(smtp, gateways string) string {
	return fmt.Sprintf(`
smtp:
  address: %s
  security: none
  from: fax@todoke.example
  timeout: 2s
  answer_timeout: 5s
letters:
  from: fax@todoke.example
fax:
  ways: fukuro
  gateways: %s
rules:
  fax_quiet_from: "00:00"
  fax_quiet_to: "00:00"
  delivery_retry_first_seconds: 2
  delivery_retry_slowest_minutes: 1
  mail_answers_per_day: 10000
  answer_wait_minutes: 1
  answer_later_minutes: 0
  answer_receipt_minutes: 0
`, smtp, gateways)
}

// delivered is a delivery by fax or mail as the database has it.
type delivered struct {
	ID        int64
	Kind      string
	Channel   string
	Recipient string
	State     string
	Detail    string
	Twice     bool
	MessageID string
	Attempts  int
}

// copyOf is a mail that the SMTP server has kept.
type copyOf struct{ id, to string }

var deliveredTo = regexp.MustCompile(`(?m)^Delivered-To: (\S+)\r$`)

// kept are all mails that the SMTP server has.
func (r *run) kept() []copyOf {
	paths, err := filepath.Glob(filepath.Join(r.dir, "mails", "*.eml"))
	must(r.t, err)
	var out []copyOf
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		must(r.t, err)
		head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
		id, to := messageID.FindSubmatch(head), deliveredTo.FindSubmatch(head)
		if id == nil || to == nil {
			r.t.Errorf("%s has no Message-ID or no recipient", path)
			continue
		}
		out = append(out, copyOf{string(id[1]), string(to[1])})
	}
	return out
}

// checkAnswers wants every answer to have left, to nobody who must not get one, and none twice but
// where SMTP cannot avoid it (RFC 5321, 4.5.3.2.6; RFC 1047).
func (r *run) checkAnswers() {
	t := r.t
	r.answers = map[string]int{}
	all := rows[delivered](r, `SELECT d.id, i.kind, d.channel, d.recipient, d.state, d.detail, d.maybe_twice, d.message_id,
		(SELECT count(*) FROM delivery_attempts a WHERE a.delivery_id = d.id)
		FROM deliveries d JOIN issued_documents i ON i.id = d.issued_document_id WHERE d.channel IN ('fax', 'mail') ORDER BY d.id`)
	copies, to := map[string]int{}, map[string]map[string]bool{}
	for _, c := range r.kept() {
		copies[c.id]++
		if to[c.to] == nil {
			to[c.to] = map[string]bool{}
		}
		to[c.to][c.id] = true
	}
	of := map[string]delivered{}
	for _, d := range all {
		r.answers[d.Kind+" by "+d.Channel+" "+d.State]++
		r.answers["attempts"] += d.Attempts
		switch {
		case of[d.MessageID].ID != 0:
			t.Errorf("deliveries %d and %d leave under one name %s", of[d.MessageID].ID, d.ID, d.MessageID)
		case d.State == "sent" && copies[d.MessageID] == 0:
			t.Errorf("delivery %d (%s to %s) is sent and the server never had it", d.ID, d.Kind, d.Recipient)
		case d.State == "failed" && strings.Contains(d.Detail, "may have arrived"): // a person decides
		case d.State != "sent":
			t.Errorf("delivery %d (%s to %s) is %s: %s", d.ID, d.Kind, d.Recipient, d.State, d.Detail)
		}
		of[d.MessageID] = d
	}
	for id, n := range copies {
		if of[id].ID == 0 {
			t.Errorf("the server has a mail %s that was never to be sent", id)
		}
		if n > 1 {
			r.judgeTwice(id, n, of[id])
		}
	}
	r.checkRecipients(to)
	for _, v := range rows[struct{ What string }](r, `SELECT format('%s issued documents %s for document %s, order %s', count(*), kind, document_id, order_id)
		FROM issued_documents WHERE kind <> 'pick_list' AND coalesce(document_id, order_id) IS NOT NULL GROUP BY kind, document_id, order_id, format, number HAVING count(*) > 1`) {
		t.Error(v.What)
	}
}

// judgeTwice looks for what made an answer leave more than once: for each copy but the last, either
// its answer never got through, or todoke was killed before it could write down that it did.
func (r *run) judgeTwice(id string, n int, d delivered) {
	t := r.t
	r.answers["arrived twice or more"]++
	if !d.Twice {
		t.Errorf("delivery %d left %d times and does not say so", d.ID, n)
	}
	const toWriteDown = 3 * time.Second // on a busy machine
	told := 0
	r.mu.Lock()
	wires := slices.Clone(r.wire)
	r.mu.Unlock()
	for i, w := range wires {
		if w.id != id || w.what != "answered" {
			continue
		}
		told++
		last := true
		for _, v := range wires[i+1:] {
			last = last && (v.id != id || v.what != "data")
		}
		if last {
			continue
		}
		killed := ""
		for _, k := range r.deaths {
			if k.whom != "the SMTP server" && k.whom != "Dovecot" && k.at.After(w.at.Add(-toWriteDown/10)) && k.at.Before(w.at.Add(toWriteDown)) {
				killed = k.whom
			}
		}
		if killed == "" {
			t.Errorf("delivery %d (%s) left again though the server's answer had come at %s and nothing was killed", d.ID, id, w.at.Format(time.StampMilli))
			continue
		}
		r.answers["left again because "+killed+" was killed after the server's answer"]++
	}
	if lost := n - told; lost > 0 {
		r.answers["left again because the server's answer was lost"] += lost
	}
}

// checkRecipients wants each person answered once (FAX-1), and no machine (RFC 3834).
func (r *run) checkRecipients(to map[string]map[string]bool) {
	t := r.t
	persons := map[string]bool{}
	for _, s := range r.ledger {
		switch s.kind {
		case "person":
			persons[s.from] = true
		case "automatic", "bounce", "list", "notice":
			if len(to[s.from]) > 0 {
				t.Errorf("%v was answered to %s", s, s.from)
			}
		}
	}
	for address := range persons {
		if n := len(to[address]); n != 1 {
			t.Errorf("%s wrote without a fax and got %d answers", address, n)
		}
	}
	r.answers["persons who wrote without a fax"] = len(persons)
}
