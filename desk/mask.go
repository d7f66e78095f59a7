package desk

import (
	"bytes"
	"context"
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"time"

	"todoke/store"
)

// How an approver's link stands in a file: as text that may be broken by quoted-printable's soft
// line ends, by flowed lines or by a reply that quotes it, rewritten as part of another address, or
// inside lines of base64.
const (
	lineBreak = `(?:=20)?[ \t]*=?\r?\n(?:[ \t]*(?:>|\||&gt;))*[ \t]*`
	tokenSize = 43
)

var (
	linkText = regexp.MustCompile(`\A` + strings.ReplaceAll(strings.Join(strings.Split(ApprovalPath, ""), `(?:`+lineBreak+`)?`), "/", "(?:/|%2[Ff])") +
		`(?:(?:` + lineBreak + `)?[A-Za-z0-9_-]){` + strconv.Itoa(tokenSize) + `}`)
	breaks   = regexp.MustCompile(lineBreak)
	encoded  = regexp.MustCompile(`(?:[A-Za-z0-9+/]{4,}={0,2}\r?\n)*[A-Za-z0-9+/]{60,}={0,2}(?:\r?\n[A-Za-z0-9+/]{4,}={0,2})*`)
	lineEnds = regexp.MustCompile(`\r?\n`)
)

// mailsInMails is how deep a forwarded mail is looked into.
const mailsInMails = 3

// MaskLinks puts stars for the tokens of approvers' links that still work, wherever a mail that
// was sent, came back or was quoted shows them: only its approver follows a link (APR-1). The bytes
// keep their length; what has no such link is returned as it is.
func MaskLinks(ctx context.Context, st *store.Store, data []byte, now time.Time) ([]byte, error) {
	known := map[string]bool{}
	var failed error
	out := maskLinks(data, func(token string) bool {
		works, seen := known[token]
		if !seen && failed == nil {
			_, works, failed = st.FindApprovalLink(ctx, token, now)
			known[token] = works
		}
		return works
	}, mailsInMails)
	return out, failed
}

func maskLinks(data []byte, works func(token string) bool, depth int) []byte {
	out := maskText(data, works)
	if depth == 0 {
		return out
	}
	return encoded.ReplaceAllFunc(out, func(found []byte) []byte {
		text, err := base64.StdEncoding.DecodeString(string(lineEnds.ReplaceAll(found, nil)))
		if err != nil {
			return found
		}
		masked := maskLinks(text, works, depth-1)
		if bytes.Equal(masked, text) {
			return found
		}
		again, put := base64.StdEncoding.EncodeToString(masked), bytes.Clone(found)
		for i, j := 0, 0; i < len(put); i++ {
			if put[i] != '\r' && put[i] != '\n' {
				put[i] = again[j]
				j++
			}
		}
		return put
	})
}

// maskText masks the links that stand in a file as text. A link begins with a slash: looked for at each
// byte it would take seconds in a mail with a fax.
func maskText(data []byte, works func(token string) bool) []byte {
	out := data
	for i := 0; ; {
		next := bytes.IndexAny(data[i:], "/%")
		if next < 0 {
			return out
		}
		i += next
		at := linkText.FindIndex(data[i:])
		if at == nil {
			i++
			continue
		}
		if found := data[i : i+at[1]]; works(linkToken(found)) {
			if &out[0] == &data[0] {
				out = bytes.Clone(data)
			}
			copy(out[i:], maskLink(found))
		}
		i += at[1]
	}
}

// linkToken is the token of a link as it stands in a file.
func linkToken(found []byte) string {
	joined := breaks.ReplaceAll(found, nil)
	return string(joined[len(joined)-tokenSize:])
}

// maskLink puts stars for a link's token, and leaves what breaks it.
func maskLink(found []byte) []byte {
	masked, left, end := bytes.Clone(found), tokenSize, len(found)
	at := breaks.FindAllIndex(found, -1)
	for i := len(at); left > 0; i-- {
		from := 0
		if i > 0 {
			from = at[i-1][1]
		}
		for ; end > from && left > 0; end-- {
			masked[end-1] = '*'
			left--
		}
		if i > 0 {
			end = at[i-1][0]
		}
	}
	return masked
}

// MaskFile is MaskLinks for files that may hold links: text and mails, by media type or format.
func MaskFile(ctx context.Context, st *store.Store, data []byte, mediaType, format string, now time.Time) ([]byte, error) {
	if mediaType != mailType && !strings.HasPrefix(mediaType, "text/") && format != "txt" {
		return data, nil
	}
	return MaskLinks(ctx, st, data, now)
}

// masked is MaskFile for what the desk shows.
func (d *Desk) masked(ctx context.Context, data []byte, mediaType, format string) ([]byte, error) {
	return MaskFile(ctx, d.Store, data, mediaType, format, d.Now())
}
