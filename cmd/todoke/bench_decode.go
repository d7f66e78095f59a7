package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"golang.org/x/image/ccitt"

	"todoke/ingest/fax"
	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/form"
)

// benchDecodeCommand measures the fax decoder beside its peers, on the same pages in the same
// run. It needs no database.
type benchDecodeCommand struct {
	File string `arg:"" optional:"" help:"Measure on the first page of this file rather than on a printed order form." type:"existingfile"`
	N    int    `short:"n" name:"n" default:"100" help:"Pages per coding."`

	Damage int    `help:"Compare what we and libtiff make of so many files damaged in each of the corpus' ways, rather than the time." placeholder:"N"`
	Seed   uint64 `default:"1" help:"Of the damage."`
}

// decodeRounds is how often each measure is taken; the best counts, the others were disturbed.
const decodeRounds = 5

// Run implements the command.
func (c *benchDecodeCommand) Run(ctx context.Context, a *App) error {
	if c.N < 1 {
		return order.Invalid("", "n", "at least one page must be decoded")
	}
	m, err := c.page()
	if err != nil {
		return err
	}
	if c.Damage > 0 {
		return c.damage(ctx, a, m)
	}
	changes := 0
	for y := range m.H {
		for x, before := 0, false; x < m.W; x++ {
			if at := m.At(x, y); at != before {
				changes++
				before = at
			}
		}
	}
	fmt.Fprintf(a.Stdout, "one page of %d × %d pixels, %d changes of colour, decoded %d times; CPU ms a page, best of %d rounds\n", m.W, m.H, changes, c.N, decodeRounds)
	fmt.Fprintln(a.Stdout, "x/image: golang.org/x/image/ccitt, rows in memory. libtiff: tiffcp -c none less tiffcp of an uncompressed file of the same pages.")
	out := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "coding\tbytes\ttodoke\tx/image\tratio\tlibtiff\tratio\t")
	images := slices.Repeat([]*bilevel.Image{m}, c.N)
	idle, err := c.libtiff(ctx, images, fax.Options{Coding: fax.CodingNone})
	if err != nil {
		return err
	}
	for _, coding := range []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD, fax.CodingRLE} {
		o := fax.Options{Coding: coding, XDPI: 204, YDPI: 196}
		var file bytes.Buffer
		if err := fax.EncodeTIFF(&file, images, o); err != nil {
			return err
		}
		own, err := best(ctx, func() error {
			for p, err := range fax.Pages(file.Bytes(), fax.Limits{}) {
				if err != nil {
					return err
				}
				if len(p.BadRows) > 0 || !bytes.Equal(p.Image.Pix, m.Pix) {
					return fmt.Errorf("page %d does not decode to itself", p.Index+1)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("decode %s: %w", coding, err)
		}
		peer, err := c.ximage(ctx, m, o)
		if err != nil {
			return fmt.Errorf("decode %s with x/image: %w", coding, err)
		}
		tiff, err := c.libtiff(ctx, images, o)
		if err != nil {
			return err
		}
		n := time.Duration(c.N)
		fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", coding, file.Len()/c.N, milliseconds(own/n),
			milliseconds(peer/n), ratio(peer, own), milliseconds((tiff-idle)/n), ratio(tiff-idle, own))
	}
	return out.Flush()
}

func milliseconds(d time.Duration) string {
	if d <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", d.Seconds()*1000)
}

func ratio(peer, own time.Duration) string {
	if peer <= 0 || own <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f ×", peer.Seconds()/own.Seconds())
}

// page is what is decoded: an order form as a fax machine sends it, or the file's first page.
func (c *benchDecodeCommand) page() (*bilevel.Image, error) {
	if c.File != "" {
		data, err := os.ReadFile(c.File)
		if err != nil {
			return nil, fmt.Errorf("read fax: %w", err)
		}
		for p, err := range fax.Pages(data, fax.Limits{}) {
			return p.Image, err
		}
	}
	d, err := form.Order(form.Options{})
	if err != nil {
		return nil, err
	}
	m := form.Raster(d, 204, 196)
	return m.Crop(0, 0, 1728, m.H), nil
}

// best is the least CPU time that f takes in a few rounds.
func best(ctx context.Context, f func() error) (time.Duration, error) {
	var least time.Duration
	for range decodeRounds {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		start := cpuTime()
		if err := f(); err != nil {
			return 0, err
		}
		if d := cpuTime() - start; least == 0 || d < least {
			least = d
		}
	}
	return least, nil
}

// ximage measures golang.org/x/image/ccitt; 0 for the codings that it does not know.
func (c *benchDecodeCommand) ximage(ctx context.Context, m *bilevel.Image, o fax.Options) (time.Duration, error) {
	format := ccitt.Group4
	switch o.Coding {
	case fax.CodingG4:
	case fax.CodingG3:
		format = ccitt.Group3
	default:
		return 0, nil
	}
	o.EndMark = true
	rows, err := fax.EncodeRows(m, o)
	if err != nil {
		return 0, err
	}
	return best(ctx, func() error {
		for range c.N {
			r := ccitt.NewReader(bytes.NewReader(rows), ccitt.MSB, format, m.W, m.H, nil)
			if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(m.Pix)) {
				return fmt.Errorf("%d bytes: %w", n, err)
			}
		}
		return nil
	})
}

// libtiff measures the whole of tiffcp -c none; 0 where it is not installed.
func (c *benchDecodeCommand) libtiff(ctx context.Context, images []*bilevel.Image, o fax.Options) (time.Duration, error) {
	tool, err := exec.LookPath("tiffcp")
	if err != nil {
		return 0, nil
	}
	dir, err := os.MkdirTemp("", "todoke-bench-")
	if err != nil {
		return 0, fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var b bytes.Buffer
	if err := fax.EncodeTIFF(&b, images, o); err != nil {
		return 0, err
	}
	in := filepath.Join(dir, "in.tif")
	if err := os.WriteFile(in, b.Bytes(), 0o600); err != nil {
		return 0, fmt.Errorf("write pages: %w", err)
	}
	var least time.Duration
	for range decodeRounds {
		cmd := exec.CommandContext(ctx, tool, "-c", "none", in, filepath.Join(dir, "out.tif"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("run tiffcp: %w: %s", err, out)
		}
		if d := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(); least == 0 || d < least {
			least = d
		}
	}
	return least, nil
}
