package rules

import (
	"fmt"
	"slices"
	"strings"
)

// TopmostResults stands for the name of a mail server that states none of its own, or a changing one,
// but always puts its results above what came: its topmost Authentication-Results counts, and no other.
const TopmostResults = "*"

// SenderProof tells why nothing proves that a mail comes from the domain that it names as its sender
// (WHS-2); "" is proof. server is the name by which our own mail server states its results (RFC 8601:
// authserv-id): what stands under others may be the sender's own words. Proof is dmarc=pass of the
// sender's domain, dkim=pass of a signature of that very domain, or spf=pass of an envelope sender in
// it; of each method what stands above counts, since ours stands above what came.
func SenderProof(m Letter, server string) (why string) {
	switch {
	case server == "":
		return "nothing proves who sent it: say in mailboxes.NAME.authserv by which name our mail server states who sent a mail"
	case len(m.From) != 1 || !addressable(m.From[0]) || strings.ContainsAny(m.From[0]+m.ReturnPath, "\"\\();,[] \t"):
		return "its addresses are written so that nothing proves who sent it" // quoted ones could pass for results
	}
	domain := domainOf(m.From[0])
	settled := map[string]bool{}
	var said []string
	for i, v := range m.Results {
		if server == TopmostResults && i > 0 {
			break
		}
		id, checks, ok := parseResults(v)
		if known := ok || id != ""; known && server != TopmostResults && !strings.EqualFold(id, strings.TrimSuffix(server, ".")) {
			continue
		}
		if !ok {
			return "what our mail server states of its sender cannot be read"
		}
		var here []string
		for _, c := range checks {
			if settled[c.method] {
				continue
			}
			here = append(here, c.method)
			said = append(said, c.method+"="+c.result)
			once := c.method == "dkim" || count(checks, c) == 1
			if c.result == "pass" && once && c.of() == domain {
				return ""
			}
		}
		for _, method := range here {
			settled[method] = true
		}
	}
	if len(said) == 0 {
		return fmt.Sprintf("nothing proves who sent it: our mail server (%s) states none of dmarc, dkim and spf", server)
	}
	const most = 6
	return fmt.Sprintf("nothing proves that it comes from %s: our mail server states %s", domain, strings.Join(said[:min(len(said), most)], ", "))
}

// mailCheck is what a mail server found by one method.
type mailCheck struct {
	method, result string
	props          map[string]string // by ptype.property in small letters; each of them as it stands first
}

// of is the domain that a check speaks of, in small letters; "" where it does not say so.
func (c mailCheck) of() string {
	v := ""
	switch c.method {
	case "dmarc":
		v = c.props["header.from"]
	case "spf":
		v = c.props["smtp.mailfrom"]
	case "dkim":
		if v = c.props["header.d"]; v == "" {
			v = c.props["header.i"]
		}
	}
	return strings.ToLower(strings.TrimSuffix(domainOf(v), "."))
}

// count is how many results of a check's method there are; of SPF those of the same identity.
func count(all []mailCheck, c mailCheck) (n int) {
	for _, o := range all {
		if o.method == c.method && (c.method != "spf" || (o.of() == "") == (c.of() == "")) {
			n++
		}
	}
	return n
}

// parseResults reads a field Authentication-Results (RFC 8601, section 2.2), as it stands in the mail
// but for folding: encoded words are no part of it. id is who states it, "" where it states nobody; ok
// is false where anything in it does not follow the form, with id where that much can be read.
func parseResults(v string) (id string, checks []mailCheck, ok bool) {
	const longest, most = 8 << 10, 100
	parts, ok := splitResults(v)
	if !ok || len(v) > longest || len(parts) > most {
		return "", nil, false
	}
	first := resultWords{rest: parts[0]}
	id, ok = first.value()
	switch version := strings.TrimSpace(first.rest); {
	case !ok:
		return "", nil, false
	case strings.Contains(id, "="): // no name: it begins with a result
		id = ""
	case strings.Trim(version, "0123456789") != "":
		return "", nil, false
	default:
		id, parts = strings.ToLower(strings.TrimSuffix(id, ".")), parts[1:]
	}
	for _, p := range parts {
		w := resultWords{rest: p}
		if w.space(); w.rest == "" || strings.EqualFold(strings.TrimSpace(w.rest), "none") {
			continue
		}
		c, ok := w.check()
		if !ok {
			return id, nil, false
		}
		checks = append(checks, c)
	}
	return id, checks, true
}

// splitResults takes a field apart at its semicolons, with a blank for each comment.
func splitResults(v string) (parts []string, ok bool) {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '\\' && (depth > 0 || quoted):
			if i++; i == len(v) {
				return nil, false
			}
			if quoted {
				b.WriteString(v[i-1 : i+1])
			}
		case quoted:
			quoted = c != '"'
			b.WriteByte(c)
		case c == '(':
			if depth++; depth == 1 {
				b.WriteByte(' ')
			}
		case c == ')':
			if depth--; depth < 0 {
				return nil, false
			}
		case depth > 0:
		case c == ';':
			parts = append(parts, b.String())
			b.Reset()
		default:
			quoted = c == '"'
			b.WriteByte(c)
		}
	}
	return append(parts, b.String()), depth == 0 && !quoted
}

// resultWords are the words of a part.
type resultWords struct{ rest string }

func (w *resultWords) space() { w.rest = strings.TrimLeft(w.rest, " \t\r\n") }

// keyword is a name as methods, results and properties have it, in small letters.
func (w *resultWords) keyword() string {
	w.space()
	i := 0
	for i < len(w.rest) && (w.rest[i]|0x20 >= 'a' && w.rest[i]|0x20 <= 'z' || w.rest[i] >= '0' && w.rest[i] <= '9' || w.rest[i] == '-' || w.rest[i] == '_') {
		i++
	}
	k := strings.ToLower(w.rest[:i])
	w.rest = w.rest[i:]
	return k
}

func (w *resultWords) sign(c byte) bool {
	w.space()
	if w.rest == "" || w.rest[0] != c {
		return false
	}
	w.rest = w.rest[1:]
	return true
}

// value is a token, a quoted text, or an address, without its quotes.
func (w *resultWords) value() (string, bool) {
	w.space()
	var b strings.Builder
	quoted, i := false, 0
	for ; i < len(w.rest); i++ {
		switch c := w.rest[i]; {
		case c == '\\' && quoted && i+1 < len(w.rest):
			i++
			b.WriteByte(w.rest[i])
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			v := b.String()
			w.rest = w.rest[i:]
			return v, true
		default:
			b.WriteByte(c)
		}
	}
	w.rest = ""
	return b.String(), i > 0 && !quoted
}

// check is METHOD[/VERSION]=RESULT with its properties.
func (w *resultWords) check() (c mailCheck, ok bool) {
	c.props = map[string]string{}
	c.method = w.keyword()
	if c.method != "" && w.sign('/') && w.keyword() == "" {
		return c, false
	}
	if c.method == "" || !w.sign('=') {
		return c, false
	}
	if c.result = w.keyword(); c.result == "" {
		return c, false
	}
	if w.rest != "" && !slices.Contains([]byte(" \t\r\n"), w.rest[0]) {
		return c, false // "pass" must be all of the word
	}
	for w.space(); w.rest != ""; w.space() {
		name := w.keyword()
		if name != "" && w.sign('.') {
			name += "." + w.keyword()
		}
		if name == "" || strings.HasSuffix(name, ".") || !w.sign('=') {
			return c, false
		}
		v, ok := w.value()
		if !ok {
			return c, false
		}
		if had, twice := c.props[name]; twice && had != v {
			return c, false // of two values neither proves anything
		}
		c.props[name] = v
	}
	return c, true
}
