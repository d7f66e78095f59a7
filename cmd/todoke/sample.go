package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"todoke/ingest/master"
	"todoke/samples"
	"todoke/samples/day"
	"todoke/store"
)

// sampleCommand writes the sample shop. It needs no database.
type sampleCommand struct {
	Dir   string `arg:"" type:"path" help:"Folder for the CSV files; made where it is missing."`
	Faxes bool   `help:"Also write three days' faxes and mails, into the folder faxes in it."`
	Seed  uint64 `default:"1" help:"Other seeds give other customers, hands and orders on the faxes."`
}

// Run writes the files and tells their sizes.
func (c *sampleCommand) Run(_ context.Context, a *App) error {
	s := samples.Shop()
	if err := master.WriteDir(c.Dir, s); err != nil {
		return fmt.Errorf("write sample shop: %w", err)
	}
	for _, k := range master.Kinds() {
		path := filepath.Join(c.Dir, k.FileName())
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("write sample shop: %w", err)
		}
		fmt.Fprintf(a.Stdout, "%-40s %6d rows %8d bytes\n", path, s.Len(k), info.Size())
	}
	if !c.Faxes {
		return nil
	}
	return c.writeFaxes(a, s)
}

// writeFaxes writes the documents of the sample's days as files: to whoever takes them in they
// have just been received, but for mails, which say themselves that they were in the last hours. A document that arrives twice is one file.
func (c *sampleCommand) writeFaxes(a *App, s *master.Set) error {
	shop, err := day.NewShop(s)
	if err != nil {
		return err
	}
	docs, err := day.FaxesUntil(shop, c.Seed, a.Now())
	if err != nil {
		return err
	}
	dir := filepath.Join(c.Dir, "faxes")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write sample faxes: %w", err)
	}
	written := map[string]bool{}
	for _, d := range docs {
		path := filepath.Join(dir, d.Name)
		if written[d.Name] {
			continue
		}
		written[d.Name] = true
		if err := os.WriteFile(path, d.Bytes, 0o644); err != nil {
			return fmt.Errorf("write sample faxes: %w", err)
		}
		fmt.Fprintf(a.Stdout, "%-50s %8d bytes  %s\n", path, len(d.Bytes), d.Note)
	}
	return nil
}

// sampleFaxes hands the sample days' faxes in, as if they had arrived in the last hours: a desk that is
// tried has something to do.
func (a *App) sampleFaxes(st *store.Store) service {
	return service{name: "sample faxes", run: func(ctx, _ context.Context) error {
		if err := a.takeSampleFaxes(ctx, st); err != nil && ctx.Err() == nil {
			a.Log.Error("the sample faxes could not all be handed in", "error", err)
		}
		<-ctx.Done()
		return nil
	}}
}

func (a *App) takeSampleFaxes(ctx context.Context, st *store.Store) error {
	shop, err := day.NewShop(samples.Shop())
	if err != nil {
		return err
	}
	docs, err := day.FaxesUntil(shop, 1, a.Now())
	if err != nil {
		return err
	}
	for _, d := range docs {
		caller := d.Caller
		if strings.HasSuffix(d.Name, ".eml") { // which says so itself
			caller = ""
		}
		if _, _, err := st.AddDocument(ctx, store.NewDocument{
			Source: "file", ExternalID: d.Name + " " + d.At.UTC().Format("2006-01-02T15:04:05Z"), ReceivedAt: d.At, Caller: caller,
			FileName: d.Name, MediaType: mediaTypes[strings.ToLower(filepath.Ext(d.Name))], Bytes: d.Bytes,
		}); err != nil {
			return err
		}
	}
	a.Log.Info("handed in the sample faxes", "documents", len(docs))
	return nil
}
