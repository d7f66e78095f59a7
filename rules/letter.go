package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"todoke/order"
)

// Letter is a mail without any fax, as far as it decides whether it is answered (FAX-1).
// Addresses are normalised: small letters, domains in ASCII.
type Letter struct {
	From       []string            // every address of every From field
	Sender     string              // of the Sender field, "" where there is none
	ReplyTo    []string            // addresses that answers should go to, as the mail has it
	ReturnPath string              // envelope sender: an address, "<>" where it is empty, "" where none is stated
	Recipients int                 // how many addresses To and Cc name
	References []string            // message ids that it answers, without brackets
	Fields     map[string][]string // header values by name in small letters
	Results    []string            // fields Authentication-Results from the top, as they stand in the mail but for folding
	Kind       string              // media type of the whole mail
	Gateway    string              // profile of the fax gateway that wrote it; "" for a person
	Attached   int                 // attachments that a person must look at first
	Unread     bool                // something in it could not be looked at, as in an encrypted one
	ReceivedAt time.Time
}

// Answerer is what we know of ourselves as one who answers mails.
type Answerer struct {
	Address string   // from which answers leave; "" where none can
	Never   []string // addresses (a@example.jp) and domains (example.jp) that are ours or a machine's
	Domains []string // of our own message ids
}

// LetterVerdict is whether a mail is answered, and why.
type LetterVerdict struct {
	Answer bool
	To     string // address that is answered
	Person string // whose it is: one person's addresses with +tags are one
	Why    string // for the desk
	Field  string // header field that decided, "" where none did
	Value  string // its value
}

// AnswerLetter tells whether a mail without any fax is answered with how to order (FAX-1): once, and
// never where a machine, a list or we ourselves may have written it (RFC 3834, section 2), where the
// sender may be forged, or where a person must look at something first. How often a person is answered
// is the store's to hold. now is the present time.
func AnswerLetter(m Letter, self Answerer, s Settings, now time.Time) LetterVerdict {
	no := notAnswered
	switch {
	case s.MailAnswersPerDay == 0:
		return no("answers are turned off (rules.mail_answers_per_day)", "", "")
	case self.Address == "":
		return no("no mail can be sent: no outgoing mail is configured", "", "")
	case m.Gateway != "":
		return no("a fax gateway wrote it", "", m.Gateway)
	case m.Unread:
		return no("something in it could not be read: a person must look first", "", "")
	case m.Attached > 0:
		return no("a person must look at what is attached first", "", "")
	}
	if v, ok := unanswerable(m, self, true); ok {
		return v
	}
	from := m.From[0]
	if old := time.Duration(s.MailAnswerWithinHours) * time.Hour; now.Sub(m.ReceivedAt) > old {
		return no(fmt.Sprintf("it came in more than %d hours ago", s.MailAnswerWithinHours), "", m.ReceivedAt.In(order.JST).Format(time.DateTime))
	}
	return LetterVerdict{Answer: true, To: from, Person: person(from), Why: "a person's mail without a fax: answered with how to order"}
}

func notAnswered(why, field, value string) LetterVerdict {
	const most = 200
	return LetterVerdict{Why: why, Field: field, Value: strings.ToValidUTF8(value[:min(len(value), most)], "")}
}

// AnswerLetterByHand tells whether a mail may be answered with how to order because a person wants so:
// how old it is, what is attached and what was answered before are the person's to judge; machines,
// lists, bounces, forged senders and we ourselves are answered by nobody (FAX-1).
func AnswerLetterByHand(m Letter, self Answerer) LetterVerdict {
	switch {
	case self.Address == "":
		return notAnswered("no mail can be sent: no outgoing mail is configured", "", "")
	case m.Gateway != "":
		return notAnswered("a fax gateway wrote it", "", m.Gateway)
	}
	if v, ok := unanswerable(m, self, false); ok {
		return v
	}
	return LetterVerdict{Answer: true, To: m.From[0], Person: person(m.From[0]), Why: "a person wants it answered"}
}

// unanswerable finds what forbids to answer a mail whoever asks, and with unasked also where it
// answers one of ours.
func unanswerable(m Letter, self Answerer, unasked bool) (LetterVerdict, bool) {
	no := notAnswered
	if field, value := machine(m); field != "" {
		return no("a machine, a list or a bounce wrote it", field, value), true
	}
	for _, id := range m.References {
		if _, domain, ok := strings.Cut(id, "@"); ok && unasked && slices.Contains(self.Domains, strings.ToLower(domain)) {
			return no("it answers a mail of ours", "References", id), true
		}
	}
	switch {
	case len(m.From) == 0:
		return no("it states no sender", "From", ""), true
	case len(m.From) > 1:
		return no("it states several senders", "From", strings.Join(m.From, ", ")), true
	case !addressable(m.From[0]):
		return no("its sender is no mail address", "From", m.From[0]), true
	case m.Recipients == 0:
		return no("it is addressed to nobody, as mails to many are", "To", ""), true
	}
	from := m.From[0]
	for _, x := range []struct{ field, address string }{{"From", from}, {"Sender", m.Sender}, {"Return-Path", m.ReturnPath}, {"Reply-To", strings.Join(m.ReplyTo, "")}} {
		if x.address == "" {
			continue
		}
		if len(m.ReplyTo) > 1 && x.field == "Reply-To" {
			return no("answers to it would go to several", x.field, strings.Join(m.ReplyTo, ", ")), true
		}
		if impersonal(x.address) {
			return no("nobody reads what is sent to this address", x.field, x.address), true
		}
		if x.address == self.Address || covered(x.address, self.Never) {
			return no("the address is our own, or one that is never answered", x.field, x.address), true
		}
	}
	return forged(m)
}

// forged finds what speaks against the one sender that a mail names.
func forged(m Letter) (LetterVerdict, bool) {
	no := notAnswered
	if m.ReturnPath != "" && !related(domainOf(m.ReturnPath), domainOf(m.From[0])) {
		return no("another domain sent it than it names: the sender may be forged", "Return-Path", m.ReturnPath), true
	}
	for _, v := range m.Fields["authentication-results"] {
		if low := strings.ToLower(v); strings.Contains(low, "dmarc=fail") || strings.Contains(low, "spf=fail") || strings.Contains(low, "dkim=fail") && !strings.Contains(low, "dmarc=pass") {
			return no("the mail server says that the sender may be forged", "Authentication-Results", v), true
		}
	}
	return LetterVerdict{}, false
}

// PartnerSender is the address by which a mail is a partner warehouse's (WHS-2), in small letters; ""
// where it names none or several. why tells what speaks against it: such a mail's files a person must
// see first.
func PartnerSender(m Letter) (address, why string) {
	if len(m.From) != 1 || !addressable(m.From[0]) {
		return "", ""
	}
	if v, bad := forged(m); bad {
		return m.From[0], v.Why
	}
	if m.Sender != "" && !related(domainOf(m.Sender), domainOf(m.From[0])) {
		return m.From[0], "another domain sent it than it names: the sender may be forged"
	}
	return m.From[0], ""
}

// machine finds what says that no person wrote a mail to us: the field and its value.
func machine(m Letter) (field, value string) {
	says := func(name string, is func(v string) bool) bool {
		for _, v := range m.Fields[name] {
			if is(strings.ToLower(strings.TrimSpace(v))) {
				field, value = name, v
				return true
			}
		}
		return false
	}
	stated := func(string) bool { return true }
	word := func(v string) string { // without comments and parameters
		v, _, _ = strings.Cut(v, ";")
		v, _, _ = strings.Cut(v, "(")
		return strings.TrimSpace(v)
	}
	switch {
	case m.ReturnPath == "<>":
		return "return-path", "<>"
	case says("auto-submitted", func(v string) bool { return word(v) != "no" }),
		says("precedence", func(v string) bool {
			return slices.Contains([]string{"bulk", "junk", "list", "auto_reply", "auto-reply"}, word(v))
		}),
		says("x-auto-response-suppress", func(v string) bool { return v != "" && v != "none" }):
		return field, value
	}
	for _, name := range machineFields {
		if says(name, stated) {
			return field, value
		}
	}
	for name, values := range m.Fields {
		if strings.HasPrefix(name, "list-") && len(values) > 0 {
			return name, values[0]
		}
	}
	flagged := func(v string) bool { return strings.HasPrefix(v, "yes") || v == "true" || v == "spam" }
	for _, name := range []string{"x-spam-flag", "x-spam-status", "x-spam", "x-junk-flag", "x-bogosity", "x-virus-status", "x-virus-infected"} {
		if says(name, func(v string) bool { return flagged(v) || strings.HasPrefix(v, "infected") }) {
			return field, value
		}
	}
	const junk = 5 // Exchange's spam confidence level from which it moves mails away
	if says("x-ms-exchange-organization-scl", func(v string) bool { return len(v) == 1 && v[0] >= '0'+junk && v[0] <= '9' }) {
		return field, value
	}
	if slices.Contains([]string{"multipart/report", "message/delivery-status", "message/disposition-notification"}, m.Kind) {
		return "content-type", m.Kind
	}
	return "", ""
}

// machineFields are fields that mailing programs, lists and responders alone write.
var machineFields = []string{
	"x-autoreply", "x-autorespond", "x-autoresponder", "x-autogenerated", "x-auto-reply-from", "x-mail-autoreply", "x-loop", "x-failed-recipients",
	"x-mailing-list", "mailing-list", "x-ml-name", "x-mlserver", "x-ml-count", "x-mailman-version", "x-listname", "feedback-id", "x-campaign-id", "x-csa-complaints",
}

// impersonal are the local parts behind which no person sits.
func impersonal(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	local = strings.ToLower(local)
	bare := strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	for _, w := range []string{"noreply", "donotreply", "dontreply", "noresponse", "mailerdaemon", "autoreply", "autoresponse", "autoconfirm", "automail", "automailer"} {
		if strings.Contains(bare, w) {
			return true
		}
	}
	if slices.Contains([]string{
		"postmaster", "mailer", "daemon", "root", "nobody", "bounce", "bounces", "abuse", "listserv", "majordomo", "mailman", "hostmaster", "webmaster", "uucp",
		"cron", "wwwdata", "apache", "system", "notification", "notifications", "notify", "alert", "alerts", "newsletter", "news", "mailmagazine", "magazine",
	}, bare) {
		return true
	}
	for _, affix := range []string{"owner-", "bounce-", "bounces-", "bounce+", "bounces+", "srs0", "srs1", "prvs=", "msprvs"} {
		if strings.HasPrefix(local, affix) {
			return true
		}
	}
	for _, affix := range []string{"-request", "-owner", "-bounce", "-bounces", "-relay", "-admin"} {
		if strings.HasSuffix(local, affix) {
			return true
		}
	}
	return false
}

// covered tells whether an address, its domain or a domain above it is in the list.
func covered(address string, list []string) bool {
	domain := domainOf(address)
	for _, x := range list {
		x = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(x)), "@")
		if x != "" && (x == address || !strings.Contains(x, "@") && (domain == x || strings.HasSuffix(domain, "."+x))) {
			return true
		}
	}
	return false
}

// addressable tells what a mail can be sent to by every server: visible ASCII, one @, a domain with a dot.
func addressable(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.Contains(domain, "@") &&
		!strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' })
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// related tells whether two domains are one, or one lies below the other.
func related(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// person is the address without its +tag: whoever has one has all of them.
func person(address string) string {
	i := strings.LastIndexByte(address, '@')
	local, _, tagged := strings.Cut(address[:i], "+")
	if !tagged || local == "" {
		return address
	}
	return local + address[i:]
}
