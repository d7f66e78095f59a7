package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Limits of an address (RFC 5321, 4.5.3.1).
const (
	maxLocal     = 64
	maxAddress   = 254
	maxAddresses = 100 // of one field that are looked at
)

// NormalAddress is an address as it is compared and sent to: full-width letters made plain, in small
// letters, its domain in ASCII (RFC 5891), the quotes of a local part that needs none taken off. ok is
// false for what is no address of the public mail system: no domain with a dot, a number for a domain,
// spaces, control characters, a local part that has to be quoted. +tags stay.
func NormalAddress(s string) (address string, ok bool) {
	s = strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || !utf8.ValidString(s) {
		return "", false
	}
	local, domain := s[:i], strings.TrimSuffix(s[i+1:], ".")
	if len(local) > 2 && local[0] == '"' && local[len(local)-1] == '"' {
		local = local[1 : len(local)-1]
	}
	if len(local) > maxLocal || strings.ContainsFunc(local, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || !unicode.IsPrint(r) || strings.ContainsRune(`"(),:;<>@[\]`, r)
	}) {
		return "", false
	}
	// Dots in a row and before the @ break RFC 5321, and stand in addresses of Japanese mobile carriers.
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(domain, ".") || strings.Trim(domain, "0123456789.") == "" || len(local)+1+len(domain) > maxAddress {
		return "", false
	}
	for label := range strings.SplitSeq(domain, ".") {
		const longest = 63
		if label == "" || len(label) > longest || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "", false
		}
	}
	return local + "@" + domain, true
}

// addresses are the addresses that a field names, normalised; what is none stands as it was written.
func addresses(raw []byte) []string {
	text := decodeWordsInPhrases(raw)
	var out []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s == "" || len(out) >= maxAddresses {
			return
		}
		if a, ok := NormalAddress(s); ok {
			s = a
		}
		out = append(out, cleanLine(s))
	}
	var plain, angle strings.Builder // of the address at hand: outside and inside brackets
	inQuote, inAngle, hadAngle, comment := false, false, false, 0
	end := func() {
		if hadAngle {
			add(angle.String())
		} else {
			add(plain.String())
		}
		plain.Reset()
		angle.Reset()
		inAngle, hadAngle = false, false
	}
	into := func(r rune) {
		if inAngle {
			angle.WriteRune(r)
		} else {
			plain.WriteRune(r)
		}
	}
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
			if comment == 0 {
				into(r)
			}
		case r == '\\' && (inQuote || comment > 0):
			escaped = true
		case inQuote:
			into(r)
			inQuote = r != '"'
		case comment > 0:
			switch r {
			case '(':
				comment++
			case ')':
				comment--
			}
		case r == '(':
			comment = 1
		case r == '"':
			inQuote = true
			into(r)
		case r == '<' && !inAngle:
			if hadAngle { // two addresses without a comma between
				end()
			}
			inAngle, hadAngle = true, true
		case r == '>' && inAngle:
			inAngle = false
		case r == ',' || r == ';':
			end()
		case r == ':' && !inAngle: // a group's name
			plain.Reset()
		default:
			into(r)
		}
	}
	end()
	return out
}

// decodeWordsInPhrases is a field's text in which no encoded word can make an address: what they
// hold is left out.
func decodeWordsInPhrases(raw []byte) string {
	return cleanLine(guess(encodedWord.ReplaceAll(raw, []byte(" "))))
}

// Addresses are the addresses of every header field of the name, normalised. What is no address
// stands as it was written.
func (m *Message) Addresses(name string) []string {
	var out []string
	for _, f := range m.header {
		if strings.EqualFold(f.name, name) && len(out) < maxAddresses {
			out = append(out, addresses(f.value)...)
		}
	}
	return out
}

// MessageIDs are the message ids in every header field of the name, without brackets, in order.
func (m *Message) MessageIDs(name string) []string {
	var out []string
	for _, f := range m.header {
		if !strings.EqualFold(f.name, name) {
			continue
		}
		for rest := cleanLine(string(f.value)); len(out) < maxAddresses; {
			_, after, ok := strings.Cut(rest, "<")
			if !ok {
				break
			}
			id, next, closed := strings.Cut(after, ">")
			if !closed {
				break
			}
			if messageID(id) {
				out = append(out, id)
			}
			rest = next
		}
	}
	return out
}

// messageID tells what may stand in a header of ours as a message id (RFC 5322, 3.6.4), as far as
// it breaks no line and no other field.
func messageID(s string) bool {
	const longest = 250
	return len(s) > 2 && len(s) <= longest && strings.Contains(s, "@") && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || r == '<' || r == '>'
	})
}

// Fields are the values of all header fields by name, in small letters, decoded, each on one line.
func (m *Message) Fields() map[string][]string {
	const most = 20 // of one name
	out := map[string][]string{}
	for _, f := range m.header {
		if len(out[f.name]) < most {
			out[f.name] = append(out[f.name], cleanLine(decodeWords(f.value)))
		}
	}
	return out
}
