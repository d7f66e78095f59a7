package mail

import "strings"

// HowToOrder is the answer to a mail that carries no fax (FAX-1): how orders can be placed. What the
// mail said is not repeated, but for its subject.
type HowToOrder struct {
	Shop    Shop
	Subject string // of the mail that is answered, as its sender wrote it
}

// Re is the subject of the answer: one "Re:", and as much of the mail's own as a list of mails shows.
func (h HowToOrder) Re() string {
	s := oneLine(h.Subject)
	for {
		rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(s, "Re:"), "RE:"))
		if rest == s {
			break
		}
		s = rest
	}
	const longest = 80 // characters
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "…"
	}
	if s == "" {
		s = "お問い合わせのメール"
	}
	return "Re: " + s
}

// Render writes the mail.
func (h HowToOrder) Render() (Message, error) { return render("how_to_order", h.Shop, h) }
