package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"todoke/order"
	"todoke/store"
)

// maxDocument is the largest file that is taken in; fax servers send some megabytes at most.
const maxDocument = 64 << 20

// ingestCommand hands documents in as if they had been collected.
type ingestCommand struct {
	Files      []string `arg:"" type:"existingfile" help:"Mails (.eml), faxes (.tif .pdf .png) or web orders (.json)."`
	ReceivedAt string   `help:"When they were received; each file's own time where not given (CUT-3)." placeholder:"T"`
	From       string   `help:"Number of the sender." placeholder:"NUMBER"`
	JSON       bool     `name:"json" help:"Print one JSON object a document."`
}

func (ingestCommand) Help() string {
	return "Prints each document's id once it is stored for good. A file handed in again unchanged, under the same name and time, " +
		"is closed as a duplicate; anything else is read."
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
		at = t
	}
	return a.withStore(ctx, func(st *store.Store) error {
		for _, file := range c.Files {
			d, err := newFileDocument(file, at, c.From)
			if err != nil {
				return err
			}
			id, duplicate, err := st.AddDocument(ctx, d)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
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
		return nil
	})
}

// newFileDocument reads a file as a document. The transmission is named by file name and time:
// a fax server writes each transmission to a file of its own.
func newFileDocument(file string, at time.Time, from string) (store.NewDocument, error) {
	info, err := os.Stat(file)
	if err != nil {
		return store.NewDocument{}, order.NotFound(file, "the file cannot be read: "+err.Error())
	}
	if info.Size() > maxDocument {
		return store.NewDocument{}, order.Invalid("", file, fmt.Sprintf("the file has %d bytes: at most %d are taken in", info.Size(), maxDocument))
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return store.NewDocument{}, order.NotFound(file, "the file cannot be read: "+err.Error())
	}
	if at.IsZero() {
		at = info.ModTime()
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, from)
	name := filepath.Base(file)
	return store.NewDocument{
		Source: "file", ExternalID: name + " " + at.UTC().Format(time.RFC3339Nano), ReceivedAt: at, Caller: digits,
		FileName: name, MediaType: mediaTypes[strings.ToLower(filepath.Ext(name))], Bytes: data,
	}, nil
}

// mediaTypes are what file names promise; reading looks at the bytes.
var mediaTypes = map[string]string{
	".eml": "message/rfc822", ".tif": "image/tiff", ".tiff": "image/tiff", ".pdf": "application/pdf", ".png": "image/png",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".json": "application/json",
}
