package mail

import (
	"html"
	"regexp"
	"strings"
)

var (
	hiddenHTML = regexp.MustCompile(`(?is)<!--.*?-->|<(?:script|style|head|title)\b.*?</(?:script|style|head|title)\s*>`)
	breakHTML  = regexp.MustCompile(`(?i)<(?:br|/p|/div|/tr|/li|/h[1-6]|/table)\b[^>]*>`)
	cellHTML   = regexp.MustCompile(`(?i)</t[dh]\b[^>]*>`)
	tagHTML    = regexp.MustCompile(`(?s)<[A-Za-z/!?][^>]*>`)
	blankHTML  = regexp.MustCompile(`[ \t\x{a0}]+`)
	linesHTML  = regexp.MustCompile(` ?\n[ \n]*`)
)

// plainText is what a mail in HTML says: its words, a line for each row and paragraph.
func plainText(s string) string {
	s = hiddenHTML.ReplaceAllString(s, "")
	s = strings.NewReplacer("\r", " ", "\n", " ").Replace(s) // as in a browser
	s = breakHTML.ReplaceAllString(s, "\n")
	s = cellHTML.ReplaceAllString(s, " ")
	s = html.UnescapeString(tagHTML.ReplaceAllString(s, ""))
	s = blankHTML.ReplaceAllString(strings.ToValidUTF8(s, ""), " ")
	return strings.TrimSpace(linesHTML.ReplaceAllString(s, "\n"))
}
