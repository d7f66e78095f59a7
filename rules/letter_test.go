package rules_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"todoke/rules"
)

func TestAnswerLetter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	self := rules.Answerer{
		Address: "order@shop.example.jp", Never: []string{"fax@shop.example.jp", "gateway.example.jp", "Staff@Shop.example.jp "}, Domains: []string{"mail.shop.example.jp"},
	}
	type change func(m *rules.Letter, self *rules.Answerer, s *rules.Settings)
	header := func(name, value string) change {
		return func(m *rules.Letter, _ *rules.Answerer, _ *rules.Settings) { m.Fields[name] = []string{value} }
	}
	from := func(a ...string) change {
		return func(m *rules.Letter, _ *rules.Answerer, _ *rules.Settings) { m.From, m.ReturnPath = a, "" }
	}
	path := func(p string) change {
		return func(m *rules.Letter, _ *rules.Answerer, _ *rules.Settings) { m.ReturnPath = p }
	}
	letter := func(f func(m *rules.Letter)) change {
		return func(m *rules.Letter, _ *rules.Answerer, _ *rules.Settings) { f(m) }
	}
	for name, c := range map[string]struct {
		change
		why string // "" is answered
	}{
		"a person":                     {func(*rules.Letter, *rules.Answerer, *rules.Settings) {}, ""},
		"no Return-Path":               {path(""), ""},
		"a host below the domain":      {path("sato@mx1.customer.example.jp"), ""},
		"Auto-Submitted: no":           {header("auto-submitted", "No (a person)"), ""},
		"Precedence: normal":           {header("precedence", "first-class"), ""},
		"suppress none":                {header("x-auto-response-suppress", "None"), ""},
		"not spam":                     {header("x-spam-status", "No, score=-1.9"), ""},
		"SCL 1":                        {header("x-ms-exchange-organization-scl", "1"), ""},
		"authenticated":                {header("authentication-results", "mx.shop.example.jp; dkim=fail; dmarc=pass"), ""},
		"a reply to somebody else":     {letter(func(m *rules.Letter) { m.References = []string{"1@customer.example.jp", "x"} }), ""},
		"a name like news":             {from("newsome@customer.example.jp"), ""},
		"a domain like a gateway's":    {from("a@othergateway.example.jp"), ""},
		"just in time":                 {letter(func(m *rules.Letter) { m.ReceivedAt = now.Add(-72 * time.Hour) }), ""},
		"Auto-Submitted: auto-replied": {header("auto-submitted", "auto-replied; type=vacation"), "machine"},
		"Auto-Submitted twice": {letter(func(m *rules.Letter) {
			m.Fields["auto-submitted"] = []string{"no", "auto-generated"}
		}), "machine"},
		"Auto-Submitted empty":       {header("auto-submitted", ""), "machine"},
		"Precedence: bulk":           {header("precedence", " Bulk "), "machine"},
		"Precedence: junk":           {header("precedence", "junk"), "machine"},
		"Precedence: list":           {header("precedence", "LIST"), "machine"},
		"List-Id":                    {header("list-id", "<a.list.example.jp>"), "machine"},
		"List-Unsubscribe":           {header("list-unsubscribe", "<mailto:x@y.jp>"), "machine"},
		"any other List field":       {header("list-x", "1"), "machine"},
		"a Japanese list server":     {header("x-ml-name", "staff"), "machine"},
		"X-Auto-Response-Suppress":   {header("x-auto-response-suppress", "DR, OOF, AutoReply"), "machine"},
		"X-Autoreply":                {header("x-autoreply", "yes"), "machine"},
		"X-Loop":                     {header("x-loop", "a"), "machine"},
		"empty Return-Path":          {path("<>"), "machine"},
		"a delivery report":          {letter(func(m *rules.Letter) { m.Kind = "multipart/report" }), "machine"},
		"spam flag":                  {header("x-spam-flag", "YES"), "machine"},
		"spam status":                {header("x-spam-status", "Yes, score=9.1"), "machine"},
		"SCL 5":                      {header("x-ms-exchange-organization-scl", "5"), "machine"},
		"a virus":                    {header("x-virus-status", "Infected (x)"), "machine"},
		"MAILER-DAEMON":              {from("mailer-daemon@isp.example.jp"), "nobody reads"},
		"postmaster":                 {from("postmaster@isp.example.jp"), "nobody reads"},
		"no-reply":                   {from("no-reply@a.example.jp"), "nobody reads"},
		"noreply inside":             {from("order.noreply-jp@a.example.jp"), "nobody reads"},
		"do_not_reply":               {from("do_not_reply@a.example.jp"), "nobody reads"},
		"owner-":                     {from("owner-list@a.example.jp"), "nobody reads"},
		"-request":                   {from("list-request@a.example.jp"), "nobody reads"},
		"bounce path":                {path("bounce+a=b@customer.example.jp"), "nobody reads"},
		"rewritten path":             {path("srs0=x=y=customer.example.jp=sato@customer.example.jp"), "nobody reads"},
		"no-reply to answer":         {letter(func(m *rules.Letter) { m.ReplyTo = []string{"noreply@customer.example.jp"} }), "nobody reads"},
		"our answers' address":       {from("order@shop.example.jp"), "our own"},
		"our mailbox":                {from("fax@shop.example.jp"), "our own"},
		"our staff":                  {from("staff@shop.example.jp"), "our own"},
		"a gateway's domain":         {from("0312345678@gateway.example.jp"), "our own"},
		"below a gateway's domain":   {from("a@fax.gateway.example.jp"), "our own"},
		"answers would come to us":   {letter(func(m *rules.Letter) { m.ReplyTo = []string{"order@shop.example.jp"} }), "our own"},
		"Sender is us":               {letter(func(m *rules.Letter) { m.Sender = "order@shop.example.jp" }), "our own"},
		"a reply to our answer":      {letter(func(m *rules.Letter) { m.References = []string{"1@x.jp", "todoke.1@Mail.shop.example.jp"} }), "answers a mail of ours"},
		"another domain sent it":     {path("x@other.example.com"), "forged"},
		"a domain that only ends so": {path("x@evilcustomer.example.jp"), "forged"},
		"dmarc failed":               {header("authentication-results", "mx; dkim=none; DMARC=fail (p=none)"), "forged"},
		"spf failed":                 {header("authentication-results", "mx; spf=fail"), "forged"},
		"no From":                    {from(), "no sender"},
		"two senders":                {from("a@customer.example.jp", "b@customer.example.jp"), "several senders"},
		"From is no address":         {from("sato"), "no mail address"},
		"a name in Japanese":         {from("佐藤@customer.example.jp"), "no mail address"},
		"two in one":                 {from("a@b.jp, c@d.jp"), "no mail address"},
		"answers to several":         {letter(func(m *rules.Letter) { m.ReplyTo = []string{"a@customer.example.jp", "b@customer.example.jp"} }), "several"},
		"to nobody":                  {letter(func(m *rules.Letter) { m.Recipients = 0 }), "addressed to nobody"},
		"a gateway's mail":           {letter(func(m *rules.Letter) { m.Gateway = "hylafax" }), "gateway"},
		"something attached":         {letter(func(m *rules.Letter) { m.Attached = 1 }), "attached"},
		"encrypted":                  {letter(func(m *rules.Letter) { m.Unread = true }), "could not be read"},
		"old":                        {letter(func(m *rules.Letter) { m.ReceivedAt = now.Add(-73 * time.Hour) }), "more than 72 hours ago"},
		"no outgoing mail":           {func(_ *rules.Letter, self *rules.Answerer, _ *rules.Settings) { self.Address = "" }, "no outgoing mail"},
		"turned off":                 {func(_ *rules.Letter, _ *rules.Answerer, s *rules.Settings) { s.MailAnswersPerDay = 0 }, "turned off"},
	} {
		m := rules.Letter{
			From: []string{"sato+order@customer.example.jp"}, ReturnPath: "sato+order@customer.example.jp", Recipients: 1, ReceivedAt: now.Add(-time.Minute),
			Kind: "text/plain", Fields: maps.Clone(map[string][]string{"subject": {"注文"}, "to": {"order@shop.example.jp"}}),
		}
		a, s := self, rules.Default()
		c.change(&m, &a, &s)
		got := rules.AnswerLetter(m, a, s, now)
		if got.Answer != (c.why == "") || got.Why == "" || !strings.Contains(got.Why, c.why) {
			t.Errorf("%s: %+v, want %q", name, got, c.why)
		}
		if got.Answer && got.To != m.From[0] {
			t.Errorf("%s: answers %s", name, got.To)
		}
		if name == "a person" && got.Person != "sato@customer.example.jp" {
			t.Errorf("%+v", got)
		}
	}
}

func TestDecoration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		part rules.AttachedPart
		want string
	}{
		"a logo in the text":            {rules.AttachedPart{MediaType: "image/png", SizeBytes: 9000, Fax: true, Picture: true, WidthPX: 300, HeightPX: 80, Shown: true}, "small picture"},
		"a logo attached":               {rules.AttachedPart{MediaType: "image/png", SizeBytes: 9000, Fax: true, Picture: true, WidthPX: 300, HeightPX: 80}, ""},
		"a page in the text":            {rules.AttachedPart{MediaType: "image/jpeg", SizeBytes: 90000, Fax: true, Picture: true, WidthPX: 1240, HeightPX: 1754, Shown: true}, ""},
		"a banner alone":                {rules.AttachedPart{MediaType: "image/jpeg", SizeBytes: 90000, Fax: true, Picture: true, WidthPX: 1200, HeightPX: 400, Shown: true}, ""},
		"a banner beside a fax":         {rules.AttachedPart{MediaType: "image/jpeg", SizeBytes: 90000, Fax: true, Picture: true, WidthPX: 1200, HeightPX: 400, Shown: true, Beside: true}, "small picture"},
		"a page beside a fax":           {rules.AttachedPart{MediaType: "image/png", SizeBytes: 90000, Fax: true, Picture: true, WidthPX: 1728, HeightPX: 1078, Shown: true, Beside: true}, ""},
		"a picture that claims no size": {rules.AttachedPart{MediaType: "image/png", SizeBytes: 90000, Fax: true, Picture: true, Shown: true}, ""},
		"a size that overflows":         {rules.AttachedPart{MediaType: "image/png", SizeBytes: 90, Fax: true, Picture: true, WidthPX: 1 << 31, HeightPX: 1 << 33, Shown: true}, ""},
		"a signature":                   {rules.AttachedPart{MediaType: "application/pkcs7-signature", SizeBytes: 3000}, "signature"},
		"a fax called a signature":      {rules.AttachedPart{MediaType: "application/pkcs7-signature", SizeBytes: 3000, Fax: true}, ""},
		"an empty signature":            {rules.AttachedPart{MediaType: "application/pgp-signature"}, ""},
		"a huge signature":              {rules.AttachedPart{MediaType: "application/pgp-signature", SizeBytes: 1 << 20}, ""},
		"a card":                        {rules.AttachedPart{MediaType: "text/vcard", SizeBytes: 300}, "business card"},
		"a calendar":                    {rules.AttachedPart{MediaType: "text/calendar", SizeBytes: 300}, "calendar"},
		"a report":                      {rules.AttachedPart{MediaType: "message/delivery-status", SizeBytes: 300}, "report"},
		"a text":                        {rules.AttachedPart{MediaType: "text/plain", SizeBytes: 300}, ""},
		"a workbook":                    {rules.AttachedPart{MediaType: "application/vnd.ms-excel", SizeBytes: 300}, ""},
	} {
		if got := rules.Decoration(c.part); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// FuzzAnswerLetter holds that whatever a header says, only one plain address that is not ours is
// ever answered.
func FuzzAnswerLetter(f *testing.F) {
	f.Add("sato+x@customer.example.jp", "sato@customer.example.jp", "", "subject", "x")
	f.Add("@", "<>", "@", "list-", "")
	f.Add("a@b.jp\r\nBcc: c@d.jp", "", "a@b.jp", "auto-submitted", "no")
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	self := rules.Answerer{Address: "order@shop.example.jp", Never: []string{"gateway.example.jp"}, Domains: []string{"shop.example.jp"}}
	f.Fuzz(func(t *testing.T, from, path, reply, name, value string) {
		m := rules.Letter{From: []string{from}, ReturnPath: path, Recipients: 1, ReceivedAt: now, Fields: map[string][]string{strings.ToLower(name): {value}}}
		if reply != "" {
			m.ReplyTo = []string{reply}
		}
		v := rules.AnswerLetter(m, self, rules.Default(), now)
		if v.Why == "" {
			t.Fatal("no reason is given")
		}
		if !v.Answer {
			return
		}
		if v.To != from || strings.Count(v.To, "@") != 1 || strings.ContainsAny(v.To, " \r\n\x00") || v.Person == "" || v.To == self.Address ||
			strings.HasSuffix(v.To, "gateway.example.jp") && strings.ContainsAny(v.To[len(v.To)-len("gateway.example.jp")-1:][:1], "@.") || path == "<>" || strings.HasPrefix(strings.ToLower(name), "list-") {
			t.Fatalf("%+v answers %+v", m, v)
		}
	})
}
