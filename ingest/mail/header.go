package mail

import (
	"bytes"
	"encoding/base64"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

// field is one header field, its value unfolded but not decoded.
type field struct {
	name  string // lower case
	value []byte
}

type header []field

func (h header) get(name string) []byte {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

const (
	maxHeader = 1 << 20 // bytes of one header block
	maxFields = 2_000
)

// parseHeader splits a header block from its body. Lines that are no field are skipped, with
// odd true.
func parseHeader(data []byte) (h header, body []byte, odd bool) {
	rest := data
	for first := true; len(rest) > 0; first = false {
		line := rest
		next := []byte(nil)
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, next = rest[:i], rest[i+1:]
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			return h, next, odd
		}
		if len(data)-len(rest) > maxHeader || len(h) >= maxFields {
			return h, rest, true
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		switch {
		case first && (bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))):
			// the line that mbox files put before a mail
		case (line[0] == ' ' || line[0] == '\t') && len(h) > 0:
			h[len(h)-1].value = append(append(h[len(h)-1].value, ' '), bytes.TrimSpace(line)...)
		case ok && isFieldName(bytes.TrimRight(name, " \t")):
			h = append(h, field{strings.ToLower(string(bytes.TrimRight(name, " \t"))), bytes.Clone(bytes.TrimSpace(value))})
		case len(h) == 0 && !fieldsFollow(next):
			return nil, data, true // no header at all: everything is body
		default:
			odd = true
		}
		rest = next
	}
	return h, nil, odd
}

// surely are fields that stand in every mail or part, and hardly in a text.
var surely = []string{"content-type", "content-disposition", "content-transfer-encoding", "mime-version", "received", "return-path", "message-id", "from"}

// fieldsFollow tells whether a header begins within the next lines, after one that is no field.
func fieldsFollow(data []byte) bool {
	const near = 3
	for range near {
		line, rest, more := bytes.Cut(data, []byte("\n"))
		name, _, ok := bytes.Cut(line, []byte(":"))
		if ok && slices.Contains(surely, strings.ToLower(string(bytes.TrimRight(name[:min(len(name), 40)], " \t")))) {
			return true
		}
		if !more || len(bytes.TrimSpace(line)) == 0 {
			return false
		}
		data = rest
	}
	return false
}

func isFieldName(b []byte) bool {
	const longest = 100
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(b) > 0 && len(b) <= longest
}

// encodedWord is RFC 2047's, with the spaces that some mailers leave inside.
var encodedWord = regexp.MustCompile(`=\?([A-Za-z0-9_.:()+-]{1,40})(?:\*[A-Za-z-]{0,20})?\?([BbQq])\?([^?]*)\?=`)

// decodeWords decodes encoded words. Neighbours of one charset are joined before they are
// decoded, because mailers split characters between them.
func decodeWords(raw []byte) string {
	spans := encodedWord.FindAllSubmatchIndex(raw, -1)
	if spans == nil {
		return guess(raw)
	}
	var out strings.Builder
	var pending []byte
	label := ""
	flush := func() {
		out.WriteString(decodeText(label, pending))
		pending = nil
	}
	at := 0
	for n, s := range spans {
		between := raw[at:s[0]]
		next := strings.ToLower(string(raw[s[2]:s[3]]))
		if n > 0 && len(bytes.TrimSpace(between)) == 0 {
			if next != label {
				flush()
			}
		} else {
			if n > 0 {
				flush()
			}
			out.WriteString(guess(between))
		}
		label = next
		text := raw[s[6]:s[7]]
		if raw[s[4]]|0x20 == 'b' {
			pending = append(pending, decodeBase64(text)...)
		} else {
			pending = append(pending, decodeQuoted(bytes.ReplaceAll(text, []byte("_"), []byte(" ")))...)
		}
		at = s[1]
	}
	flush()
	out.WriteString(guess(raw[at:]))
	return out.String()
}

// cleanLine is a decoded header value as one line of text.
func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// decodeBase64 decodes what can be decoded: characters outside the alphabet are skipped, the
// padding may be missing or stand within, the alphabet may be that of URLs, and a footer that
// some relay wrote under it is left out.
func decodeBase64(b []byte) []byte {
	urls := !bytes.ContainsAny(b, "+/")
	clean := make([]byte, 0, len(b))
	var out []byte
	blank := false
lines:
	for line := range bytes.Lines(b) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			blank = len(clean) > 0
			continue
		}
		if blank && (bytes.IndexByte(line, ' ') >= 0 || bytes.HasPrefix(line, []byte("--"))) {
			break
		}
		if out != nil && len(clean) == 0 && !wholeBase64(line) {
			break // after the padding there is a footer
		}
		for _, c := range line {
			switch {
			case urls && c == '-':
				clean = append(clean, '+')
			case urls && c == '_':
				clean = append(clean, '/')
			case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
				clean = append(clean, c)
			case c == '=' && len(clean)%4 >= 2:
				out = appendBase64(out, clean)
				clean = clean[:0]
				continue lines
			}
		}
	}
	return appendBase64(out, clean)
}

// appendBase64 decodes characters of the alphabet alone.
func appendBase64(out, clean []byte) []byte {
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1] // six bits are no byte
	}
	out, _ = base64.RawStdEncoding.AppendDecode(out, clean)
	return out
}

// wholeBase64 tells that a line is nothing but whole groups.
func wholeBase64(line []byte) bool {
	for i, c := range line {
		alphabet := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
		if !alphabet && (c != '=' || i < len(line)-2) {
			return false
		}
	}
	return len(line)%4 == 0
}

// decodeQuoted decodes quoted-printable; what is no escape stands for itself.
func decodeQuoted(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		rest := b[i+1:]
		soft := bytes.TrimLeft(rest, " \t")
		switch {
		case len(rest) >= 2 && hex(rest[0]) >= 0 && hex(rest[1]) >= 0:
			out = append(out, byte(hex(rest[0])<<4|hex(rest[1])))
			i += 2
		case bytes.HasPrefix(soft, []byte("\r\n")):
			i += len(rest) - len(soft) + 2
		case bytes.HasPrefix(soft, []byte("\n")):
			i += len(rest) - len(soft) + 1
		default:
			out = append(out, '=')
		}
	}
	return out
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// valueParams splits "value; name=x; …" with all the ways parameters are written: quoted or
// not, in parts and percent-encoded (RFC 2231), as encoded words, or in raw bytes.
func valueParams(raw []byte) (value string, params map[string]string) {
	pieces := splitParams(raw)
	if len(pieces) == 0 {
		return "", nil
	}
	value = strings.ToLower(strings.TrimSpace(string(pieces[0])))
	params = map[string]string{}
	type section struct {
		bytes   []byte
		encoded bool
	}
	parts := map[string]map[int]section{}
	const maxParams = 100
	for _, p := range pieces[1:min(len(pieces), maxParams)] {
		name, v, ok := bytes.Cut(p, []byte("="))
		if !ok {
			continue
		}
		key := strings.ToLower(strings.TrimSpace(string(name)))
		v = unquote(bytes.TrimSpace(v))
		base, star, starred := strings.Cut(key, "*")
		if !starred {
			if _, twice := params[key]; !twice {
				params[key] = cleanLine(decodeWords(v))
			}
			continue
		}
		encoded := star == "" || strings.HasSuffix(star, "*")
		no := 0
		for _, c := range strings.TrimSuffix(star, "*") {
			if c < '0' || c > '9' || no > maxParams {
				no = -1
				break
			}
			no = no*10 + int(c-'0')
		}
		if no < 0 {
			continue
		}
		if parts[base] == nil {
			parts[base] = map[int]section{}
		}
		parts[base][no] = section{v, encoded}
	}
	for base, sections := range parts {
		var all []byte
		label := ""
		for no := range maxParams {
			s, ok := sections[no]
			if !ok {
				if no > 0 {
					break
				}
				continue
			}
			v := s.bytes
			if s.encoded {
				if no == 0 {
					if charset, rest, ok := bytes.Cut(v, []byte("'")); ok {
						if _, text, ok := bytes.Cut(rest, []byte("'")); ok {
							label, v = string(charset), text
						}
					}
				}
				v = percent(v)
			}
			all = append(all, v...)
		}
		if len(all) > 0 {
			params[base] = cleanLine(decodeText(label, all))
		}
	}
	return value, params
}

// splitParams splits at semicolons outside quotes.
func splitParams(raw []byte) [][]byte {
	var out [][]byte
	start, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				out = append(out, raw[start:i])
				start = i + 1
			}
		}
	}
	if quoted { // a quote that never ends: it ends with the first semicolon
		if i := bytes.IndexByte(raw[start:], ';'); i >= 0 {
			out = append(out, raw[start:start+i])
			start += i + 1
		}
	}
	return append(out, raw[start:])
}

func unquote(v []byte) []byte {
	if len(v) == 0 || v[0] != '"' {
		return v
	}
	out := make([]byte, 0, len(v))
	for i := 1; i < len(v); i++ {
		switch {
		case v[i] == '"':
			return out
		case v[i] == '\\' && i+1 < len(v) && (v[i+1] == '"' || v[i+1] == '\\'):
			i++
			out = append(out, v[i])
		default:
			out = append(out, v[i]) // a lone backslash is the second byte of a Shift_JIS character
		}
	}
	return out
}

func percent(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) && hex(b[i+1]) >= 0 && hex(b[i+2]) >= 0 {
			out = append(out, byte(hex(b[i+1])<<4|hex(b[i+2])))
			i += 2
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// address finds the address of a From field; name is what stands beside it.
func address(raw []byte) (addr, name string) {
	text := cleanLine(decodeWords(raw))
	if i := strings.LastIndexByte(text, '<'); i >= 0 {
		inner, _, _ := strings.Cut(text[i+1:], ">")
		return strings.ToLower(strings.TrimSpace(inner)), strings.Trim(strings.TrimSpace(text[:i]), `"`)
	}
	first, _, _ := strings.Cut(text, "(")
	return strings.ToLower(strings.TrimSpace(first)), ""
}

// date reads a date of RFC 5322; zero where there is none.
func date(s string) time.Time {
	t, err := mail.ParseDate(strings.TrimSpace(s))
	if err != nil {
		return time.Time{}
	}
	return t
}
