package folder

import (
	"context"
	"errors"
	"path/filepath"

	"todoke/delivery"
)

// Way writes what would go to one recipient into a folder of theirs: for fax servers that watch
// folders, and where no better way is configured.
type Way struct {
	Root string
	// Mail composes a mail of a parcel; nil writes the file as it is.
	Mail func(delivery.Parcel) ([]byte, error)
}

// Name implements delivery.Way.
func (Way) Name() string { return "folder" }

// Compose implements delivery.Way.
func (w Way) Compose(p delivery.Parcel) ([]byte, error) {
	if w.Mail != nil {
		return w.Mail(p)
	}
	if p.FileName == "" {
		return []byte(p.Text), nil
	}
	return p.Data, nil
}

// Send implements delivery.Way. The file bears the parcel's name, so the same parcel is one file.
func (w Way) Send(_ context.Context, p delivery.Parcel, data []byte) (string, error) {
	name := p.MessageID + filepath.Ext(p.FileName)
	switch {
	case w.Mail != nil:
		name = p.MessageID + ".eml"
	case p.FileName == "":
		name = p.MessageID + ".txt"
	}
	path, err := Deliver(w.Root, p.Recipient, name, data)
	if errors.Is(err, ErrName) {
		return "", &delivery.Failure{Outcome: delivery.Permanent, Err: err}
	}
	return path, err
}
