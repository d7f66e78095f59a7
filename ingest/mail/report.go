package mail

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// Report is what a mail tells of the fate of another (RFC 3464).
type Report struct {
	// Action is failed, delayed, delivered, relayed or expanded; the worst of all recipients'. "" is
	// no report. A mail of a mail server in words of its own is taken for failed.
	Action     string
	Status     string // 5.1.1
	Recipient  string // as the server names it
	Diagnostic string // one line
}

// actions, the worst first.
var actions = []string{"failed", "delayed", "delivered", "relayed", "expanded"}

// Report reads a delivery status notification; ok is false for other mails.
func (m *Message) Report() (r Report, ok bool) {
	for _, a := range m.Attachments {
		if a.MediaType == "message/delivery-status" || a.MediaType == "message/global-delivery-status" {
			r.read(a.Bytes)
		}
	}
	if r.Action != "" {
		return r, true
	}
	local, _, _ := strings.Cut(m.From, "@")
	if local != "mailer-daemon" && local != "postmaster" {
		return r, false
	}
	auto := strings.ToLower(strings.Join(m.Header("auto-submitted"), " "))
	if strings.HasPrefix(auto, "auto-generated") || strings.HasPrefix(auto, "auto-notified") {
		return r, false // that of a postmaster who tells of something else
	}
	return Report{Action: "failed", Diagnostic: m.Subject}, true
}

// read takes the worst of the recipients of a delivery-status part: groups of fields, the first
// of which is the mail's.
func (r *Report) read(data []byte) {
	const most = 64 << 10
	data = bytes.ReplaceAll(data[:min(len(data), most)], []byte("\r\n"), []byte("\n"))
	for group := range bytes.SplitSeq(data, []byte("\n\n")) {
		h, _, _ := parseHeader(append(bytes.TrimLeft(group, "\n"), "\n\n"...))
		line := func(name string) string {
			v := cleanLine(decodeWords(h.get(name)))
			const longest = 300
			return strings.ToValidUTF8(v[:min(len(v), longest)], "")
		}
		action := strings.ToLower(strings.TrimSpace(line("action")))
		at, best := slices.Index(actions, action), slices.Index(actions, r.Action)
		if at < 0 || best >= 0 && best <= at {
			continue
		}
		*r = Report{Action: action, Status: line("status"), Recipient: typed(line("final-recipient")), Diagnostic: typed(line("diagnostic-code"))}
	}
}

// typed is a value behind its type, such as "rfc822; a@example.jp".
func typed(s string) string {
	if _, v, ok := strings.Cut(s, ";"); ok {
		return strings.TrimSpace(v)
	}
	return s
}

var ourName = regexp.MustCompile(`todoke\.\d{1,18}\.\d{1,4}\.[0-9a-f]{16}`)

// OurNames are the left halves of message ids as todoke makes them, wherever they stand in a
// mail's bytes: in its header, in the original that comes back with it, in the address that a
// failure was sent to.
func OurNames(data []byte) []string {
	const most = 20
	var out []string
	for _, b := range ourName.FindAll(data, 100*most) {
		if s := string(b); len(out) < most && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
