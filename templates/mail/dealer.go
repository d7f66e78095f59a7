package mail

import (
	"strings"

	"todoke/templates/typeset"
)

// DealerRequest asks a customer's dealer for something that the shop itself does not do (ACC-3).
type DealerRequest struct {
	Shop           Shop
	Number         string // of the request; the answer should name it
	Dealer         string
	Customer, Code string
	Order          string // as it is read out; "" where it is about none
	Topic, Text    string // in the words of who asks
	By             string
}

// Lines is the text, line by line, without what mails cannot show.
func (q DealerRequest) Lines() []string {
	var out []string
	for l := range strings.SplitSeq(strings.ReplaceAll(q.Text, "\r\n", "\n"), "\n") {
		out = append(out, strings.TrimRight(typeset.Clean(l), " "))
	}
	return out
}

// Render writes the mail.
func (q DealerRequest) Render() (Message, error) { return render("dealer_request", q.Shop, q) }
