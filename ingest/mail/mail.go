package mail

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// Message is a mail taken apart.
type Message struct {
	MessageID string // without angle brackets
	From      string // address, lower case
	FromName  string
	Subject   string
	Date      time.Time   // as the sender states
	Received  []time.Time // of the Received fields, the last hop (our own server) first
	Kind      string      // media type of the whole mail
	Text      string      // what is there to read, UTF-8; of a mail in HTML alone, its words
	// Attachments are all parts that are not mere text, those of forwarded mails too.
	Attachments []Attachment
	Notes       []string // what was wrong with the mail, for the desk
	// Unread is what of the mail was not looked at, and why: encrypted, or beyond a limit. A person
	// must open the mail.
	Unread []string

	header header
}

// Attachment is one part.
type Attachment struct {
	Path      string // place in the mail, such as "2" or "2.1"
	Name      string // file name without folders, "" where none is given
	MediaType string // lower case, as stated
	Bytes     []byte

	WidthPX  int    // of a PNG, JPEG or GIF that can be made out; 0 for all else
	HeightPX int    // as WidthPX
	Shown    bool   // the HTML text shows it within itself
	Problem  string // why nobody can look into it: encrypted, nested too deeply; "" otherwise
	Unpacked int    // so many attachments after it were taken out of it

	contentID string
}

// Limits cap what one mail may hold.
type Limits struct {
	Bytes int // of the mail
	Parts int // all parts, containers too
	Depth int // of parts and of mails within mails
	Text  int // bytes of text kept
}

// DefaultLimits are above what any gateway sends.
func DefaultLimits() Limits { return Limits{Bytes: 64 << 20, Parts: 500, Depth: 10, Text: 1 << 20} }

// Parse takes a mail apart. The error is invalid where the bytes are no mail or more than
// lim.Bytes.
func Parse(data []byte, lim Limits) (Message, error) {
	if len(data) > lim.Bytes {
		return Message{}, order.Invalid("", "", fmt.Sprintf("the mail is larger than %d bytes", lim.Bytes))
	}
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), "\r\n")
	if bytes.IndexByte(data, '\n') < 0 { // lines end as on old Macs
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	h, body, odd := parseHeader(data)
	if len(h) == 0 {
		return Message{}, order.Invalid("", "", "these bytes are no mail: they have no header")
	}
	m := Message{header: h}
	if odd {
		m.note("the header holds lines that are no fields")
	}
	m.MessageID = strings.Trim(cleanLine(string(bytes.ToValidUTF8(h.get("message-id"), nil))), "<> ")
	m.From, m.FromName = address(h.get("from"))
	m.Subject = cleanLine(decodeWords(h.get("subject")))
	m.Date = date(string(h.get("date")))
	for _, f := range h {
		if f.name == "received" {
			if i := bytes.LastIndexByte(f.value, ';'); i >= 0 {
				if t := date(string(f.value[i+1:])); !t.IsZero() {
					m.Received = append(m.Received, t)
				}
			}
		}
	}
	m.Kind, _ = valueParams(h.get("content-type"))
	w := walker{m: &m, lim: lim}
	w.part(h, body, "1", 0)
	w.pictures()
	if strings.TrimSpace(m.Text) == "" {
		m.Text = plainText(strings.ToValidUTF8(w.html, ""))
	}
	return m, nil
}

// Header are the values of every header field of the name, decoded, each on one line.
func (m *Message) Header(name string) []string {
	var out []string
	for _, f := range m.header {
		if strings.EqualFold(f.name, name) {
			out = append(out, cleanLine(decodeWords(f.value)))
		}
	}
	return out
}

// Undecoded are the values of every header field of the name as they stand in the mail, each on one
// line, from the top: what looks like an encoded word is left as it is.
func (m *Message) Undecoded(name string) []string {
	var out []string
	for _, f := range m.header {
		if strings.EqualFold(f.name, name) {
			out = append(out, cleanLine(string(f.value)))
		}
	}
	return out
}

func (m *Message) note(s string) {
	const most = 20
	if len(m.Notes) < most {
		m.Notes = append(m.Notes, s)
	}
}

func (m *Message) unread(s string) {
	const most = 20
	if len(m.Unread) < most {
		m.Unread = append(m.Unread, s)
	}
}

type walker struct {
	m     *Message
	lim   Limits
	parts int
	html  string
}

// part takes one part, with all below it.
func (w *walker) part(h header, body []byte, at string, depth int) {
	w.parts++
	if w.parts > w.lim.Parts {
		if w.parts == w.lim.Parts+1 {
			w.m.unread(fmt.Sprintf("the mail has more than %d parts, and the rest was not looked at", w.lim.Parts))
		}
		return
	}
	kind, params := valueParams(h.get("content-type"))
	disposition, dispositionParams := valueParams(h.get("content-disposition"))
	name := fileName(dispositionParams["filename"])
	if name == "" {
		name = fileName(params["name"])
	}
	if kind == "multipart/encrypted" {
		w.m.unread("the mail is encrypted (PGP)")
	}
	if strings.HasPrefix(kind, "multipart/") {
		if depth >= w.lim.Depth {
			w.tooDeep(kind, at, body)
			return
		}
		if w.multipart(body, params["boundary"], at, depth) {
			return
		}
		w.m.note("part " + at + " should have parts, but none was found")
		kind = "text/plain"
	}
	data, odd := transfer(h.get("content-transfer-encoding"), body)
	if odd != "" {
		w.m.note("part " + at + ": " + odd)
	}
	if !strings.HasPrefix(kind, "text/") && bare(data) {
		data = decodeBase64(data)
		w.m.note("part " + at + " is in base64 and does not say so")
	}
	switch {
	case kind == "message/rfc822" || kind == "message/global" || strings.HasSuffix(strings.ToLower(name), ".eml") && fieldsFollow(data):
		if depth >= w.lim.Depth {
			w.tooDeep("message/rfc822", at, data)
			return
		}
		inner, innerBody, _ := parseHeader(bytes.TrimLeft(data, "\r\n"))
		if len(inner) == 0 {
			break
		}
		w.part(inner, innerBody, at+".1", depth+1)
		return
	case kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime":
		problem := "it is encrypted (S/MIME)"
		if strings.EqualFold(params["smime-type"], "signed-data") || strings.EqualFold(params["smime-type"], "compressed-data") {
			problem = "it is wrapped in a signature (S/MIME) that is not opened"
		}
		w.m.unread("part " + at + ": " + problem)
		w.attach(Attachment{Path: at, Name: name, MediaType: kind, Bytes: data, Problem: problem})
		return
	case isTNEF(data):
		w.tnef(at, name, kind, data)
		return
	case bodyText(kind, name, disposition) && !looksFax(data):
		w.text(kind, params["charset"], at, data)
		return
	}
	if kind == "" {
		kind = "application/octet-stream"
	}
	id := strings.Trim(cleanLine(string(bytes.ToValidUTF8(h.get("content-id"), nil))), "<> ")
	w.attach(Attachment{Path: at, Name: name, MediaType: kind, Bytes: data, contentID: id})
}

// bodyText tells that a part is words to read, and no file.
func bodyText(kind, name, disposition string) bool {
	switch kind {
	case "", "text", "text/plain", "text/html":
	default:
		return false
	}
	if disposition == "attachment" {
		return false
	}
	ext := strings.ToLower(path.Ext(name))
	return name == "" || disposition == "inline" && (ext == ".txt" || ext == ".text" || ext == ".htm" || ext == ".html")
}

// text takes words: plain ones, or those in HTML, which are the same in colour or all there is to read.
func (w *walker) text(kind, charset, at string, data []byte) {
	text := decodeText(charset, data)
	if kind == "text/html" {
		if len(w.html) < w.lim.Text {
			w.html += text[:min(len(text), w.lim.Text-len(w.html))] + "\n"
		}
		return
	}
	if strings.Contains(text, "-----BEGIN PGP MESSAGE-----") {
		w.m.unread("the text is encrypted (PGP)")
	}
	if name, file, ok := uuencoded(data); ok { // as programs did before MIME
		w.attach(Attachment{Path: at, Name: name, MediaType: "application/octet-stream", Bytes: file})
	}
	if w.m.Text != "" && text != "" {
		w.m.Text += "\n"
	}
	if room := max(0, w.lim.Text-len(w.m.Text)); len(text) > room {
		text = text[:room]
		w.m.note(fmt.Sprintf("the text is longer than %d bytes: the rest is in the mail alone", w.lim.Text))
	}
	w.m.Text = strings.ToValidUTF8(w.m.Text+text, "")
}

// uuencoded finds a file within a text.
func uuencoded(text []byte) (name string, file []byte, ok bool) {
	begin := []byte("begin ")
	i := 0
	if !bytes.HasPrefix(text, begin) {
		if i = bytes.Index(text, append([]byte("\n"), begin...)) + 1; i == 0 {
			return "", nil, false
		}
	}
	line, _, _ := bytes.Cut(text[i+len(begin):], []byte("\n"))
	mode, rest, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
	if len(mode) < 3 || len(mode) > 4 || len(bytes.Trim(mode, "01234567")) > 0 {
		return "", nil, false
	}
	file, ok = decodeUU(text[i:])
	return fileName(cleanLine(guess(rest))), file, ok
}

// tooDeep keeps what lies deeper than is looked at as it is, for a person.
func (w *walker) tooDeep(kind, at string, data []byte) {
	const problem = "it is nested too deeply to be looked at"
	w.m.unread("part " + at + ": " + problem)
	w.attach(Attachment{Path: at, MediaType: kind, Bytes: data, Problem: problem})
}

func (w *walker) attach(a Attachment) { w.m.Attachments = append(w.m.Attachments, a) }

// looksFax tells bytes that are a fax whatever a header calls them.
func looksFax(data []byte) bool {
	for _, magic := range []string{"II*\x00", "MM\x00*", "%PDF-", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

// pictures finds how large pictures are, and which of them the text shows.
func (w *walker) pictures() {
	low := strings.ToLower(w.html)
	for i := range w.m.Attachments {
		a := &w.m.Attachments[i]
		if c, _, err := image.DecodeConfig(bytes.NewReader(a.Bytes)); err == nil {
			a.WidthPX, a.HeightPX = c.Width, c.Height
		}
		if a.contentID != "" {
			id := strings.ToLower(a.contentID)
			a.Shown = strings.Contains(low, "cid:"+id) || strings.Contains(low, "cid:"+strings.ToLower(url.PathEscape(a.contentID)))
		}
	}
}

// multipart takes the parts between boundaries; false where there are none. Without a stated
// boundary the first line that looks like one is it; a last part without end goes to the end.
func (w *walker) multipart(body []byte, boundary, at string, depth int) bool {
	if boundary == "" || !hasBoundary(body, boundary) {
		guessed := guessBoundary(body)
		if guessed == "" {
			return false
		}
		w.m.note("part " + at + " states no boundary, or a wrong one")
		boundary = guessed
	}
	mark := []byte("--" + boundary)
	n := 0
	start := -1
	closed := false
	take := func(part []byte) {
		n++
		part = bytes.TrimSuffix(part, []byte("\n"))
		part = bytes.TrimSuffix(part, []byte("\r"))
		h, inner, _ := parseHeader(part)
		if bytes.HasPrefix(part, []byte("\n")) || bytes.HasPrefix(part, []byte("\r\n")) {
			h, inner = nil, bytes.TrimLeft(part, "\r\n")
		}
		w.part(h, inner, at+"."+strconv.Itoa(n), depth+1)
	}
	for pos := 0; pos < len(body) && !closed; {
		end := len(body)
		if i := bytes.IndexByte(body[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		line := bytes.TrimRight(body[pos:end], " \t\r\n")
		if bytes.HasPrefix(line, mark) {
			rest := string(line[len(mark):])
			if rest == "" || rest == "--" {
				if start >= 0 {
					take(body[start:pos])
				}
				start = end
				closed = rest == "--"
			}
		}
		pos = end
	}
	if !closed && start >= 0 {
		w.m.note("part " + at + " has no end: the mail may be cut off")
		if start < len(body) {
			take(body[start:])
		}
	}
	return n > 0
}

func hasBoundary(body []byte, boundary string) bool {
	mark := []byte("--" + boundary)
	return bytes.HasPrefix(body, mark) || bytes.Contains(body, append([]byte("\n"), mark...))
}

func guessBoundary(body []byte) string {
	for line := range bytes.Lines(body) {
		line = bytes.TrimRight(line, " \t\r\n")
		const longest = 72 // RFC 2046, 5.1.1: 70 and the hyphens
		if len(line) > 2 && len(line) <= longest && bytes.HasPrefix(line, []byte("--")) && bytes.IndexByte(line, ' ') < 0 && !bytes.HasSuffix(line, []byte("--")) {
			return string(line[2:])
		}
	}
	return ""
}

// transfer undoes a content transfer encoding.
func transfer(raw, body []byte) (data []byte, odd string) {
	value, _, _ := strings.Cut(strings.ToLower(string(raw)), ";")
	value, _, _ = strings.Cut(value, "(")
	switch value = strings.Trim(value, "\"' \t"); value {
	case "base64", "base-64", "base 64", "b64", "x-base64":
		return decodeBase64(body), ""
	case "quoted-printable":
		return decodeQuoted(body), ""
	case "", "7bit", "8bit", "binary":
		return body, ""
	case "x-uuencode", "uuencode", "x-uue":
		if data, ok := decodeUU(body); ok {
			return data, ""
		}
	}
	return body, "its transfer encoding " + strconv.QuoteToASCII(value[:min(len(value), 40)]) + " is unknown"
}

// bare tells that a part is base64 of a file that we know, though its header does not say so.
func bare(data []byte) bool {
	const least, head = 40, 8 // bytes; a picture of fewer is none
	data = bytes.TrimSpace(data)
	if len(data) < least {
		return false
	}
	if bytes.ContainsFunc(data, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+/=\r\n \t", r)
	}) {
		return false
	}
	first := decodeBase64(data[:least])
	for _, magic := range []string{"II*\x00", "MM\x00*", "%PDF-", "\x89PNG", "\xff\xd8\xff"} {
		if bytes.HasPrefix(first[:min(len(first), head)], []byte(magic)) {
			return true
		}
	}
	return false
}

// decodeUU decodes uuencode, as old fax servers still send it.
func decodeUU(body []byte) ([]byte, bool) {
	var out []byte
	begun := false
	for line := range bytes.Lines(body) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case !begun:
			begun = bytes.HasPrefix(line, []byte("begin "))
			continue
		case bytes.Equal(line, []byte("end")):
			return out, true
		case len(line) == 0:
			continue
		}
		n := int(line[0]-' ') & 0x3f
		var group [4]byte
		for i := 1; i < len(line) && n > 0; i += 4 {
			for j := range group {
				group[j] = 0
				if i+j < len(line) {
					group[j] = (line[i+j] - ' ') & 0x3f
				}
			}
			three := []byte{group[0]<<2 | group[1]>>4, group[1]<<4 | group[2]>>2, group[2]<<6 | group[3]}
			out = append(out, three[:min(n, 3)]...)
			n -= 3
		}
	}
	return out, begun && len(out) > 0
}

// fileName is a stated file name without folders.
func fileName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	if s == "." || s == "/" || s == ".." {
		return ""
	}
	const longest = 200
	if r := []rune(s); len(r) > longest {
		s = string(r[len(r)-longest:]) // the end tells the kind
	}
	return s
}
