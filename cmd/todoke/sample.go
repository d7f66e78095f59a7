package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"todoke/ingest/master"
	"todoke/samples"
)

// sampleCommand writes the sample shop. It needs no database.
type sampleCommand struct {
	Dir string `arg:"" type:"path" help:"Folder for the CSV files; made where it is missing."`
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
	return nil
}
