package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"todoke/ingest/folder"
	"todoke/store"
)

// inboxCollector collects the inbox folder into a store.
func (a *App) inboxCollector(st *store.Store) *folder.Collector {
	const day = 24 * time.Hour
	c := a.Config.Collect
	return &folder.Collector{
		Dir: a.Config.Inbox, SubDirs: c.SubDirs, MaxBytes: c.maxBytes(), KeepTaken: time.Duration(c.KeepTaken) * day, Now: a.Now, Log: a.Log,
		Store: func(ctx context.Context, f folder.File) (string, error) {
			at := f.ModifiedAt // CUT-3: for files, the file's time
			if now := a.Now(); at.After(now) {
				at = now
			}
			d := store.NewDocument{Source: "folder", ExternalID: f.ExternalID, ReceivedAt: at, FileName: f.Name, Bytes: f.Bytes}
			if f.TooLarge { // no fax is: the desk gets a note in its place, and the file stays a file
				d.MediaType = "text/plain"
				d.FileName += ".txt"
				d.Bytes = fmt.Appendf(nil, "The file %s of %d bytes is larger than the %d that are taken in. It lies in %s.\n",
					f.Path, f.Size, c.maxBytes(), filepath.Join(a.Config.Inbox, folder.TooLargeDir))
			}
			id, duplicateOf, err := st.AddDocument(ctx, d)
			if err != nil {
				return "", err
			}
			return documentName(id, duplicateOf), nil
		},
	}
}
