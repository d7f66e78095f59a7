package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"todoke/order"
	"todoke/store"
)

// ingestCommand hands documents in as if they had been collected.
type ingestCommand struct {
	Files      []string `arg:"" type:"existingfile" help:"Mails (.eml), faxes (.tif .pdf .png) or web orders (.json)."`
	ReceivedAt string   `help:"When they were received; each file's own time where not given (CUT-3)." placeholder:"T"`
	From       string   `help:"Number of the sender." placeholder:"NUMBER"`
	JSON       bool     `name:"json" help:"Print one JSON object a document."`
}

func (*ingestCommand) Help() string {
	return "Prints each document's id once it is stored for good. A file handed in again unchanged, under the same name and time, " +
		"is closed as a duplicate; anything else is read. Files that cannot be taken in are named at the end, and the exit status tells."
}

// ingestView is the JSON answer for one file.
type ingestView struct {
	File        string `json:"file"`
	Document    int64  `json:"document"`
	DuplicateOf int64  `json:"duplicate_of,omitempty"`
}

func (c *ingestCommand) Run(ctx context.Context, a *App) error {
	var at time.Time
	if c.ReceivedAt != "" {
		t, refused := parseInstant("received_at", c.ReceivedAt)
		if refused != nil {
			return refused
		}
		if at = t; at.After(a.Now()) {
			return order.Invalid("CUT-3", "received_at", stamp(at)+" has not come yet: give the time at which the fax was received")
		}
	}
	st, done, err := a.makeStore(ctx)
	if err != nil {
		return err
	}
	defer done()
	var refused []error
	for _, file := range c.Files {
		d, err := newFileDocument(file, at, a.Now(), c.From)
		if err != nil {
			refused = append(refused, err) // no reason to keep the others waiting
			continue
		}
		id, duplicate, err := st.AddDocument(ctx, d)
		if err != nil {
			return errors.Join(append(refused, fmt.Errorf("%s: %w", file, err))...)
		}
		switch {
		case c.JSON:
			err = printJSON(a.Stdout, ingestView{file, id, duplicate})
		case duplicate != 0:
			_, err = fmt.Fprintf(a.Stdout, "%d\t%s\tduplicate of %d\n", id, file, duplicate)
		default:
			_, err = fmt.Fprintf(a.Stdout, "%d\t%s\n", id, file)
		}
		if err != nil {
			return err
		}
	}
	if err := a.tellIdle(ctx, st); err != nil {
		refused = append(refused, err)
	}
	return errors.Join(refused...)
}

// tellIdle says so where what a command handed in will lie: no process works the queue.
func (a *App) tellIdle(ctx context.Context, st *store.Store) error {
	v, err := st.Survey(ctx)
	if err != nil {
		return err
	}
	if v.Waiting > 0 && !v.Worker {
		fmt.Fprintf(a.Stderr, "todoke: %d job(s) wait for a worker: start todoke up or todoke work\n", v.Waiting)
	}
	return nil
}

// newFileDocument reads a file as a document. The transmission is named by file name and time:
// a fax server writes each transmission to a file of its own.
func newFileDocument(file string, at, now time.Time, from string) (store.NewDocument, error) {
	data, info, err := readDocument(file)
	if err != nil {
		return store.NewDocument{}, err
	}
	if at.IsZero() {
		at = info.ModTime()
	}
	name := filepath.Base(file)
	id := name + " " + at.UTC().Format(time.RFC3339Nano)
	if at.After(now) { // the machine that wrote the file has a wrong clock
		at = now
	}
	digits, ok := order.ParsePhone(from)
	if !ok && from != "" {
		return store.NewDocument{}, order.Invalid("", "from", fmt.Sprintf("%q is no Japanese fax number: write one such as 03-1234-5678", from))
	}
	return store.NewDocument{
		Source: "file", ExternalID: id, ReceivedAt: at, Caller: digits,
		FileName: name, MediaType: mediaTypes[strings.ToLower(filepath.Ext(name))], Bytes: data,
	}, nil
}

// mediaTypes are what file names promise; reading looks at the bytes.
var mediaTypes = map[string]string{
	".eml": "message/rfc822", ".tif": "image/tiff", ".tiff": "image/tiff", ".pdf": "application/pdf", ".png": "image/png",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".json": "application/json",
}
