package order

import "strings"

// phoneMarks are what people and machines write between the digits of a number.
const phoneMarks = " \t\u00a0\u3000-‐‑‒–—―−ー－ｰ.．/()（）[]［］"

// ParsePhone reads a Japanese telephone or fax number as people and machines write it: full-width
// digits, hyphens of all kinds, spaces, brackets, +81, 0081, 81, and +81 (0). The number is digits
// from the leading 0 on, as FormatPhone takes it and the masters hold it. What is no whole number
// of the Ministry's plan (0 and nine digits, ten for 050, 070, 080, 090, 060, 020 and 0800) is
// not ok: emergency numbers, extensions, numbers abroad, numbers with digits left out.
func ParsePhone(s string) (number string, ok bool) {
	const longest = 100 // bytes
	if s = strings.TrimSpace(s); len(s) > longest {
		return "", false
	}
	var b strings.Builder
	plus := false
	for i, r := range s {
		switch {
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case (r == '+' || r == '＋') && i == 0:
			plus = true
		case !strings.ContainsRune(phoneMarks, r):
			return "", false
		}
	}
	n := b.String()
	const country = "81"
	for _, prefix := range []string{"010" + country, "00" + country, country} {
		rest, abroad := strings.CutPrefix(n, prefix)
		if !abroad || plus && prefix != country {
			continue
		}
		n, plus = "0"+strings.TrimPrefix(rest, "0"), false
		break
	}
	if plus || len(n) < 3 || n[0] != '0' || n[1] == '0' {
		return "", false
	}
	if strings.HasPrefix(n, "060") && len(n) == 10 {
		return n, true // Osaka's 06, which the mobile numbers of 060 share
	}
	want := 10
	switch {
	case strings.HasPrefix(n, "0800"):
		want = 11
	case n[2:3] == "0" && strings.ContainsAny(n[1:2], "256789"): // 020, 050, 060, 070, 080, 090
		want = 11
	}
	if len(n) != want {
		return "", false
	}
	return n, true
}
