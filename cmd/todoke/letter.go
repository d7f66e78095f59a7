package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"todoke/ingest/mail"
	"todoke/store"
)

// letterView is a mail as a person reads it: decoded, with nothing in it that could move the cursor
// or turn the direction of writing, and not too long.
type letterView struct {
	From        string           `json:"from"`
	FromName    string           `json:"from_name,omitempty"`
	Subject     string           `json:"subject,omitempty"`
	Date        time.Time        `json:"date,omitzero"`
	Text        string           `json:"text,omitempty"`
	Shortened   bool             `json:"shortened,omitempty"` // there is more: todoke document show --save
	Notes       []string         `json:"notes,omitempty"`
	Attachments []store.MailPart `json:"attachments,omitempty"`
}

// Bounds of a mail's text as it is shown.
const (
	letterLines = 60
	letterChars = 4000
	lineChars   = 300
)

// isLetter tells that a document is a mail.
func isLetter(d store.Document) bool {
	return d.MediaType == "message/rfc822" || strings.EqualFold(filepath.Ext(d.FileName), ".eml")
}

// letterOfDocument reads the mail that a document is, or that it came with; nil where there is none.
func letterOfDocument(ctx context.Context, st *store.Store, d store.Document) (*letterView, error) {
	if d.ParentID != 0 {
		var err error
		if d, err = st.GetDocument(ctx, d.ParentID); err != nil {
			return nil, err
		}
	}
	if !isLetter(d) {
		return nil, nil
	}
	data, err := st.DocumentBytes(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	m, err := mail.Parse(data, mail.DefaultLimits())
	if err != nil {
		return nil, nil //nolint:nilerr // no mail after all: the review says so
	}
	v := &letterView{From: legible(m.From), FromName: legible(m.FromName), Subject: legible(m.Subject), Date: m.Date}
	for _, n := range m.Notes {
		v.Notes = append(v.Notes, legible(n))
	}
	v.Text, v.Shortened = shortened(m.Text)
	v.Attachments, err = st.MailParts(ctx, d.ID)
	return v, err
}

// legible is a text of others on one line.
func legible(s string) string {
	text, _ := shortened(strings.NewReplacer("\r", " ", "\n", " ").Replace(s))
	return text
}

// shortened is a text of others as it can be printed: invisible and controlling characters left out,
// empty lines joined, cut to what a person looks over.
func shortened(s string) (text string, cut bool) {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) || r == '\u3000' {
			return r
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return -1
	}, s)
	var b strings.Builder
	lines, empty := 0, false
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		line = strings.TrimRight(line, " \u3000")
		if line == "" {
			empty = true
			continue
		}
		if n := utf8.RuneCountInString(line); n > lineChars {
			line, cut = string([]rune(line)[:lineChars])+" …", true
		}
		if lines++; lines > letterLines || utf8.RuneCountInString(b.String())+utf8.RuneCountInString(line) > letterChars {
			return b.String(), true
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if empty {
				b.WriteByte('\n')
			}
		}
		empty = false
		b.WriteString(line)
	}
	return b.String(), cut
}

// printLetter writes the mail and what became of what was attached to it.
func (a *App) printLetter(v *letterView, document int64) {
	from := v.From
	if v.FromName != "" {
		from = v.FromName + " <" + v.From + ">"
	}
	fmt.Fprintf(a.Stdout, "the mail:\n  From: %s\n  Subject: %s\n", from, v.Subject)
	if !v.Date.IsZero() {
		fmt.Fprintf(a.Stdout, "  Date: %s\n", stamp(v.Date))
	}
	fmt.Fprintln(a.Stdout)
	for line := range strings.SplitSeq(v.Text, "\n") {
		fmt.Fprintln(a.Stdout, strings.TrimRight("  | "+line, " "))
	}
	if v.Shortened {
		fmt.Fprintf(a.Stdout, "  … there is more: todoke document show %d --save DIR\n", document)
	}
	for _, p := range v.Attachments {
		became := "stays in the mail"
		if p.Document != 0 {
			became = fmt.Sprintf("document %d", p.Document)
		}
		fmt.Fprintf(a.Stdout, "  attached: %s %s, %d bytes: %s (%s)\n", legible(p.FileName), legible(p.MediaType), p.SizeBytes, became, p.Why)
	}
	for _, n := range v.Notes {
		fmt.Fprintf(a.Stdout, "  note: %s\n", n)
	}
}
