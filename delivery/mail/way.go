package mail

import (
	"context"

	"todoke/delivery"
)

// Way sends documents as mails.
type Way struct {
	Server   Server
	From     string // address
	FromName string
	ReplyTo  string // "" for none
	Returns  string // envelope sender; From where empty
}

// Name implements delivery.Way.
func (Way) Name() string { return "smtp" }

// Compose implements delivery.Way.
func (w Way) Compose(p delivery.Parcel) ([]byte, error) {
	return Compose(Message{From: w.From, FromName: w.FromName, ReplyTo: w.ReplyTo, To: p.Recipient, Parcel: p})
}

// Send implements delivery.Way.
func (w Way) Send(ctx context.Context, p delivery.Parcel, data []byte) (string, error) {
	return w.Server.Send(ctx, Returns(p, w.Returns, w.From), p.Recipient, data)
}

// Returns is the envelope sender of a parcel: its own, else the way's, else the sender.
func Returns(p delivery.Parcel, returns, from string) string {
	for _, a := range []string{p.Returns, returns} {
		if a != "" {
			return a
		}
	}
	return from
}
