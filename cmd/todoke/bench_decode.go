package main

import (
	"bytes"
	"context"
	"errors"
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

// decodeRounds is how often each measure is taken, ours and the peers' by turns, so that what else
// the machine does disturbs all of them; the median counts.
const decodeRounds = 7

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
	fmt.Fprintf(a.Stdout, "CPU ms a page, %d pages a file, median of %d rounds in which all take turns; ratios are of our CPU to the peer's\n", c.N, decodeRounds)
	fmt.Fprintln(a.Stdout, "x/image: golang.org/x/image/ccitt, rows in memory. libtiff: the whole of tiffcp -c none, less that of an uncompressed file of the same pages.")
	out := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "page\tcoding\tbytes\ttodoke\tx/image\tratio\tlibtiff\tratio\t")
	for _, p := range []struct {
		name string
		m    *bilevel.Image
	}{{"as it is", m}, {"dense", dense(m)}} {
		for _, coding := range []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD, fax.CodingRLE} {
			if err := c.compare(ctx, out, p.name, p.m, fax.Options{Coding: coding, XDPI: 204, YDPI: 196}); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// dense is the page printed over itself eight times, as full of ink as handwriting and screens make it.
func dense(m *bilevel.Image) *bilevel.Image {
	o := m.Crop(0, 0, m.W, m.H)
	for i := range 8 {
		moved := m.Crop(-17*i-11, -29*i-13, m.W-17*i-11, m.H-29*i-13)
		for k, v := range moved.Pix {
			o.Pix[k] |= v
		}
	}
	return o
}

// compare measures one coding of a page.
func (c *benchDecodeCommand) compare(ctx context.Context, out io.Writer, name string, m *bilevel.Image, o fax.Options) error {
	var file bytes.Buffer
	images := slices.Repeat([]*bilevel.Image{m}, c.N)
	if err := fax.EncodeTIFF(&file, images, o); err != nil {
		return err
	}
	ximage, err := c.ximage(m, o)
	if err != nil {
		return err
	}
	libtiff, done, err := c.libtiff(ctx, images, o)
	if err != nil {
		return err
	}
	defer done()
	var own, peer, tiff []time.Duration
	for range decodeRounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		start := cpuTime()
		for p, err := range fax.Pages(file.Bytes(), fax.Limits{}) {
			if err != nil {
				return fmt.Errorf("decode %s: %w", o.Coding, err)
			}
			if len(p.BadRows) > 0 || !bytes.Equal(p.Image.Pix, m.Pix) {
				return fmt.Errorf("decode %s: page %d does not decode to itself", o.Coding, p.Index+1)
			}
		}
		own = append(own, cpuTime()-start)
		start = cpuTime()
		if err := ximage(); err != nil {
			return fmt.Errorf("decode %s with x/image: %w", o.Coding, err)
		}
		peer = append(peer, cpuTime()-start)
		d, err := libtiff()
		if err != nil {
			return err
		}
		tiff = append(tiff, d)
	}
	n := time.Duration(c.N)
	us, x, lib := median(own)/n, median(peer)/n, median(tiff)/n
	if o.Coding != fax.CodingG4 && o.Coding != fax.CodingG3 {
		x = 0
	}
	fmt.Fprintf(out, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", name, o.Coding, file.Len()/c.N, milliseconds(us), milliseconds(x), ratio(us, x), milliseconds(lib), ratio(us, lib))
	return nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func milliseconds(d time.Duration) string {
	if d <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", d.Seconds()*1000)
}

func ratio(own, peer time.Duration) string {
	if peer <= 0 || own <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", own.Seconds()/peer.Seconds())
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

// ximage makes a round of golang.org/x/image/ccitt; an empty one for the codings that it does not
// know.
func (c *benchDecodeCommand) ximage(m *bilevel.Image, o fax.Options) (func() error, error) {
	format := ccitt.Group4
	switch o.Coding {
	case fax.CodingG4:
	case fax.CodingG3:
		format = ccitt.Group3
	default:
		return func() error { return nil }, nil
	}
	o.EndMark = true
	rows, err := fax.EncodeRows(m, o)
	if err != nil {
		return nil, err
	}
	return func() error {
		for range c.N {
			r := ccitt.NewReader(bytes.NewReader(rows), ccitt.MSB, format, m.W, m.H, nil)
			if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(m.Pix)) {
				return fmt.Errorf("%d bytes: %w", n, err)
			}
		}
		return nil
	}, nil
}

// libtiff makes a round of tiffcp on the pages, coded less uncompressed; an empty one where it is
// not installed. The caller ends it with done.
func (c *benchDecodeCommand) libtiff(ctx context.Context, images []*bilevel.Image, o fax.Options) (round func() (time.Duration, error), done func(), err error) {
	tool, err := exec.LookPath("tiffcp")
	if errors.Is(err, exec.ErrNotFound) {
		return func() (time.Duration, error) { return 0, nil }, func() {}, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find tiffcp: %w", err)
	}
	dir, err := os.MkdirTemp("", "todoke-bench-")
	if err != nil {
		return nil, nil, fmt.Errorf("make folder: %w", err)
	}
	done = func() { _ = os.RemoveAll(dir) }
	for name, coding := range map[string]string{"coded.tif": o.Coding, "plain.tif": fax.CodingNone} {
		var b bytes.Buffer
		o.Coding = coding
		if err = fax.EncodeTIFF(&b, images, o); err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600)
		}
		if err != nil {
			done()
			return nil, nil, fmt.Errorf("write pages: %w", err)
		}
	}
	run := func(name string) (time.Duration, error) {
		cmd := exec.CommandContext(ctx, tool, "-c", "none", filepath.Join(dir, name), filepath.Join(dir, "out.tif"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("run tiffcp: %w: %s", err, out)
		}
		return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
	}
	return func() (time.Duration, error) {
		coded, err := run("coded.tif")
		if err != nil {
			return 0, err
		}
		plain, err := run("plain.tif")
		return coded - plain, err
	}, done, nil
}
