package rules_test

import (
	"strings"
	"testing"

	"todoke/rules"
)

const partnerAddress = "wms@partner.example"

func provenLetter(results ...string) rules.Letter {
	return rules.Letter{From: []string{partnerAddress}, ReturnPath: "x@partner.example", Results: results}
}

// TestWHS2SenderProof: a mail is a partner's only where our own mail server says that it comes from the
// domain of its sender.
func TestWHS2SenderProof(t *testing.T) {
	t.Parallel()
	const server = "mx.shop.example"
	for name, c := range map[string]struct {
		results []string
		why     string // "" is proof
	}{
		"dmarc":                 {[]string{"mx.shop.example; dmarc=pass (p=none dis=none) header.from=partner.example"}, ""},
		"dkim":                  {[]string{"mx.shop.example; dkim=pass (2048-bit key) header.d=partner.example header.i=@partner.example header.b=AbC="}, ""},
		"dkim of the agent":     {[]string{"mx.shop.example; dkim=pass header.i=wms@partner.example header.s=s1"}, ""},
		"one of two dkim":       {[]string{"mx.shop.example; dkim=neutral header.d=list.example; dkim=pass header.d=partner.example"}, ""},
		"spf":                   {[]string{"mx.shop.example; spf=pass (mx: domain of x@partner.example (a \\) b)) smtp.mailfrom=x@partner.example smtp.helo=h"}, ""},
		"spf of a domain":       {[]string{"mx.shop.example; spf=pass smtp.helo=h.example; spf=pass smtp.mailfrom=PARTNER.example."}, ""},
		"Gmail":                 {[]string{"mx.shop.example;\r\n       dkim=pass header.i=@partner.example header.s=s header.b=\"a/b+c\";\r\n       spf=pass (google.com: domain of x@partner.example designates 1.2.3.4 as permitted sender) smtp.mailfrom=x@partner.example;\r\n\tdmarc=pass (p=NONE sp=NONE dis=NONE) header.from=partner.example"}, ""},
		"case, version, blanks": {[]string{"MX.Shop.Example (c) 1 ; DKIM / 1 = Pass ( x;dkim=fail ) Header . D = \"Partner.Example\" ;"}, ""},
		"quoted name":           {[]string{`"mx.shop.example"; dmarc=pass header.from=partner.example`}, ""},
		"in two fields":         {[]string{"mx.shop.example; spf=softfail smtp.mailfrom=x@partner.example", "mx.shop.example; dkim=pass header.d=partner.example"}, ""},

		"nothing":                      {nil, "states none"},
		"nothing found":                {[]string{"mx.shop.example; none"}, "states none"},
		"another server's words":       {[]string{"mx.evil.example; dmarc=pass header.from=partner.example"}, "states none"},
		"a server that ends so":        {[]string{"evil-mx.shop.example; dmarc=pass header.from=partner.example"}, "states none"},
		"softfail, none":               {[]string{"mx.shop.example; spf=softfail smtp.mailfrom=x@partner.example; dkim=none; dmarc=none header.from=partner.example"}, "spf=softfail, dkim=none, dmarc=none"},
		"ours above theirs":            {[]string{"mx.shop.example; dmarc=none header.from=partner.example", "mx.shop.example; dmarc=pass header.from=partner.example"}, "dmarc=none"},
		"dmarc of whom":                {[]string{"mx.shop.example; dmarc=pass"}, "dmarc=pass"},
		"dmarc of another":             {[]string{"mx.shop.example; dmarc=pass header.from=evil.example"}, "dmarc=pass"},
		"dkim of another":              {[]string{"mx.shop.example; dkim=pass header.d=evil.example header.i=@partner.example"}, "dkim=pass"},
		"dkim of a domain below":       {[]string{"mx.shop.example; dkim=pass header.d=evil.partner.example"}, "dkim=pass"},
		"dkim of a domain above":       {[]string{"mx.shop.example; dkim=pass header.d=example"}, "dkim=pass"},
		"spf of another":               {[]string{"mx.shop.example; spf=pass smtp.mailfrom=x@evil.example"}, "spf=pass"},
		"spf of the greeting":          {[]string{"mx.shop.example; spf=pass smtp.helo=partner.example"}, "spf=pass"},
		"spf of a domain that ends so": {[]string{"mx.shop.example; spf=pass smtp.mailfrom=x@evilpartner.example"}, "spf=pass"},
		"in a comment":                 {[]string{"mx.shop.example; spf=none (; dmarc=pass header.from=partner.example) smtp.mailfrom=x@evil.example"}, "spf=none"},
		"in quotes":                    {[]string{`mx.shop.example; spf=none smtp.mailfrom="; dmarc=pass header.from=partner.example"@evil.example`}, "spf=none"},
		"in an encoded word":           {[]string{"mx.shop.example; spf=none smtp.mailfrom==?utf-8?q?=3B_dmarc=3Dpass_header.from=3Dpartner.example?=@evil.example"}, "spf=none"},
		"dmarc twice":                  {[]string{"mx.shop.example; dmarc=none header.from=partner.example; dmarc=pass header.from=partner.example"}, "dmarc=none, dmarc=pass"},
		"spf twice":                    {[]string{"mx.shop.example; spf=pass smtp.mailfrom=x@partner.example; spf=fail smtp.mailfrom=x@partner.example"}, "spf=pass, spf=fail"},
		"another method":               {[]string{"mx.shop.example; arc=pass header.from=partner.example; iprev=pass header.d=partner.example"}, "arc=pass"},
		"passed":                       {[]string{"mx.shop.example; dmarc=passed header.from=partner.example"}, "dmarc=passed"},
		"an open comment":              {[]string{"mx.shop.example; spf=none (a; dmarc=pass header.from=partner.example"}, "cannot be read"},
		"an open quote":                {[]string{`mx.shop.example; spf=none smtp.mailfrom="a; dmarc=pass header.from=partner.example`}, "cannot be read"},
		"a comment too many closed":    {[]string{"mx.shop.example; spf=none (a)b); dmarc=pass header.from=partner.example"}, "cannot be read"},
		"a word that is none":          {[]string{"mx.shop.example; dmarc=pass partner.example header.from=partner.example"}, "cannot be read"},
		"two values":                   {[]string{"mx.shop.example; dkim=pass header.d=evil.example header.d=partner.example"}, "cannot be read"},
		"a comment within a word":      {[]string{"mx.shop.example; dma(x)rc=pass header.from=partner.example"}, "cannot be read"},
	} {
		if why := rules.SenderProof(provenLetter(c.results...), server); (why == "") != (c.why == "") || !strings.Contains(why, c.why) {
			t.Errorf("%s: %q, want %q", name, why, c.why)
		}
	}
	good := "mx.shop.example; dmarc=pass header.from=partner.example"
	if why := rules.SenderProof(provenLetter(good), ""); !strings.Contains(why, "mailboxes.NAME.authserv") {
		t.Error("without a name of our server:", why)
	}
	quoted := provenLetter(good)
	if quoted.ReturnPath = `"a;dmarc=pass"@partner.example`; rules.SenderProof(quoted, server) == "" {
		t.Error("a quoted envelope sender is taken")
	}
	// A server without a name of its own: the topmost counts, with or without one.
	const bare = "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=x.example; dkim=pass (signature was verified) header.d=partner.example;dmarc=pass action=none header.from=partner.example;compauth=pass reason=100"
	for _, results := range [][]string{{bare}, {good}} {
		if why := rules.SenderProof(provenLetter(results...), rules.TopmostResults); why != "" {
			t.Error(results, why)
		}
	}
	if rules.SenderProof(provenLetter("mx.shop.example; none", good), rules.TopmostResults) == "" || rules.SenderProof(provenLetter(bare), server) == "" {
		t.Error("what stands below, or under no name, is taken")
	}
}

// FuzzSenderProof: whatever else a field says, only a result that stands in it as one is proof.
func FuzzSenderProof(f *testing.F) {
	for _, s := range []string{"; dmarc=pass header.from=partner.example", `(a\)b) "c\"d" 1`, `; spf=pass (x) smtp.mailfrom="a b"@partner.example`, "; dkim / 1 = pass header . d = partner.example", ";;=.."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := provenLetter("mx.shop.example" + s)
		why := rules.SenderProof(m, "mx.shop.example")
		low := strings.ToLower(s)
		if why == "" && (!strings.Contains(low, "pass") || !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(low, `\`, ""), `"`, ""), "partner.example")) {
			t.Errorf("%q is proof", s)
		}
		// In a comment or in quotes nothing is.
		bare := strings.NewReplacer("(", "", ")", "", `"`, "", `\`, "").Replace(s)
		for _, hidden := range []string{"; x=y (" + bare + ")", `; x=y a.b="` + bare + `"@evil.example`} {
			if rules.SenderProof(provenLetter("mx.shop.example"+hidden), "mx.shop.example") == "" {
				t.Errorf("%q is proof", hidden)
			}
		}
	})
}
