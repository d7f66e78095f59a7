package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"todoke/ingest/fax"
	"todoke/order"
)

// pagesCommand decodes fax files and writes their pages as pictures. It needs no database.
type pagesCommand struct {
	Files  []string `arg:"" name:"file" help:"TIFF, PDF, PNG or JPEG files." type:"existingfile"`
	Output string   `short:"o" required:"" help:"Where the pages go; made where it is missing." placeholder:"DIR"`
}

// pageLine is what the command prints of a page.
type pageLine struct {
	File       string  `json:"file"`
	Page       int     `json:"page"` // from 1
	PNG        string  `json:"png,omitempty"`
	Width      int     `json:"width"`
	Height     int     `json:"height"`
	XDPI       float64 `json:"x_dpi"`
	YDPI       float64 `json:"y_dpi"`
	Coding     string  `json:"coding"`
	BadRows    []int   `json:"bad_rows"`
	BadColumns []int   `json:"bad_columns,omitempty"`
	Note       string  `json:"note,omitempty"`
	LeftOut    bool    `json:"left_out,omitempty"` // the file shows more than the picture has
	Error      string  `json:"error,omitempty"`
}

// Run implements the command. Pages that do not decode have a line with their error, the others
// are written all the same, and the exit status tells.
func (c *pagesCommand) Run(ctx context.Context, a *App) error {
	if err := os.MkdirAll(c.Output, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	used := map[string]bool{}
	failed := 0
	for _, file := range c.Files {
		data, _, err := readDocument(file)
		if err != nil {
			failed++
			if err := printJSON(a.Stdout, pageLine{File: file, BadRows: []int{}, Error: err.Error()}); err != nil {
				return fmt.Errorf("print page: %w", err)
			}
			continue
		}
		stem := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		if used[stem] {
			stem = filepath.Base(file)
		}
		for n, first := 2, stem; used[stem]; n++ {
			stem = fmt.Sprintf("%s-%d", first, n)
		}
		used[stem] = true
		for p, err := range fax.Pages(data, fax.Limits{}) {
			if err := ctx.Err(); err != nil {
				return err
			}
			line := pageLine{File: file, Page: p.Index + 1, Coding: p.Coding, BadRows: []int{}}
			if err != nil {
				failed++
				line.Error = err.Error()
			} else {
				line.Width, line.Height = p.Image.W, p.Image.H
				line.XDPI, line.YDPI = math.Round(p.XDPI*100)/100, math.Round(p.YDPI*100)/100
				line.BadRows = append(line.BadRows, p.BadRows...)
				line.BadColumns, line.Note, line.LeftOut = p.BadColumns, p.Note, p.LeftOut
				line.PNG = filepath.Join(c.Output, fmt.Sprintf("%s-%03d.png", stem, p.Index+1))
				var b bytes.Buffer
				if err := p.Image.EncodePNG(&b, p.XDPI, p.YDPI); err != nil {
					return fmt.Errorf("encode page: %w", err)
				}
				if err := os.WriteFile(line.PNG, b.Bytes(), 0o644); err != nil {
					return fmt.Errorf("write page: %w", err)
				}
			}
			if err := printJSON(a.Stdout, line); err != nil {
				return fmt.Errorf("print page: %w", err)
			}
		}
	}
	if failed > 0 {
		return order.Permanent(fmt.Sprintf("%d pages could not be decoded; their lines say why", failed), nil)
	}
	return nil
}
