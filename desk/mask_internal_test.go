package desk

import (
	"bytes"
	"strings"
	"testing"
)

// APR-1: a link is masked however mail programs break its lines, quote or rewrite it, and nothing
// else is.
func TestBrokenLinksAreMasked(t *testing.T) {
	t.Parallel()
	const token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdE"
	stars := strings.Repeat("*", len(token))
	for name, broken := range map[string][2]string{
		"whole":            {"https://a.jp/approve/" + token, "https://a.jp/approve/" + stars},
		"soft":             {"/approve/" + token[:9] + "=\r\n" + token[9:], "/approve/" + stars[:9] + "=\r\n" + stars[9:]},
		"flowed":           {"> > /approve/" + token[:20] + " \r\n> > " + token[20:] + "\r\n> 課長", "> > /approve/" + stars[:20] + " \r\n> > " + stars[20:] + "\r\n> 課長"},
		"flowed and coded": {"/approve/" + token[:20] + "=20\n" + token[20:40] + "=20\n" + token[40:], "/approve/" + stars[:20] + "=20\n" + stars[20:40] + "=20\n" + stars[40:]},
		"in the path":      {">/app\n>rove\n>/" + token, ">/app\n>rove\n>/" + stars},
		"after the path":   {"| /approve/\n|   " + token, "| /approve/\n|   " + stars},
		"quoted in HTML":   {"&gt; /approve/" + token[:1] + "\n&gt; " + token[1:] + "\n&gt;", "&gt; /approve/" + stars[:1] + "\n&gt; " + stars[1:] + "\n&gt;"},
		"rewritten":        {"?url=https%3A%2F%2Fa.jp%2Fapprove%2F" + token + "&x=1", "?url=https%3A%2F%2Fa.jp%2Fapprove%2F" + stars + "&x=1"},
		"another":          {"/approve/" + strings.ToLower(token), "/approve/" + strings.ToLower(token)},
		"too short":        {"/approve/" + token[:42] + "\n\n" + token[42:], "/approve/" + token[:42] + "\n\n" + token[42:]},
	} {
		got := maskLinks([]byte(broken[0]), func(s string) bool { return s == token }, mailsInMails)
		if !bytes.Equal(got, []byte(broken[1])) {
			t.Errorf("%s: %q, want %q", name, got, broken[1])
		}
	}
}

// BenchmarkMask looks through a mail with a large fax, as whenever somebody opens it.
func BenchmarkMask(b *testing.B) {
	const token = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-AbCdE"
	line := []byte("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJz/HV2d3h5ejAx\r\n")
	data := append(bytes.Repeat(line, 16<<20/len(line)), "https://a.jp/approve/"+token...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if got := maskText(data, func(s string) bool { return s == token }); !bytes.HasSuffix(got, []byte("/approve/"+strings.Repeat("*", len(token)))) {
			b.Fatalf("%q", got[len(got)-60:])
		}
	}
}
