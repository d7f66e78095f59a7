package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"text/tabwriter"

	"todoke/bench/decode"
	"todoke/internal/bilevel"
	"todoke/order"
)

// damageRows is how many rows of the page a damaged file has: enough for damage to spread, few
// enough for thousands of files.
const damageRows = 400

// damage compares our decoder with libtiff's on the corpus: whole, then n files damaged in each way.
func (c *benchDecodeCommand) damage(ctx context.Context, a *App, m *bilevel.Image) error {
	if _, err := exec.LookPath("tiffcp"); err != nil {
		return order.Invalid("", "damage", "the comparison needs libtiff's tiffcp (Debian: libtiff-tools)")
	}
	dir, err := os.MkdirTemp("", "todoke-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	files := decode.Flavours(m.Crop(0, 0, m.W, min(m.H, damageRows)))
	var plain []decode.File
	var whole decode.Tally
	var samples []string
	for _, f := range files {
		if f.Plain {
			plain = append(plain, f)
		}
		peer, err := decode.Libtiff(ctx, dir, f.Data)
		if err != nil {
			return err
		}
		whole.Add(f.Name, f.Pages, decode.Ours(f.Data), peer)
	}
	fmt.Fprintf(a.Stdout, "%d flavours whole; then %d plain ones damaged, %d files of each kind of damage; libtiff is tiffcp -c none\n", len(files), len(plain), c.Damage)
	fmt.Fprintln(a.Stdout, "rows: kept as they were sent. silent: pixels other than libtiff's and than what was sent, without a report. unseen: wrong rows that are not listed.")
	out := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "damage\tfiles\tsame\twe keep more\tlibtiff more\teven\trows\tlibtiff\tsilent\tlibtiff's\tunseen\tsilent blank\t")
	line := func(name string, t decode.Tally) {
		share := func(n int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(t.Rows, 1))) }
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%d\t%d\t%s\t%d\t\n", name, t.Files, t.Same, t.Better, t.Worse, t.Even,
			share(t.RightRows), share(t.LibtiffRight), t.Unflagged, t.LibtiffSilent, share(t.UnseenRows), t.Blank)
		samples = append(samples, t.UnflaggedSample...)
	}
	line("none", whole)
	for k, kind := range decode.Damages {
		var t decode.Tally
		for i := range c.Damage {
			if err := ctx.Err(); err != nil {
				return err
			}
			f := plain[i%len(plain)]
			data := decode.Damage(f, kind, c.Seed+uint64(i*len(decode.Damages)+k))
			peer, err := decode.Libtiff(ctx, dir, data)
			if err != nil {
				return err
			}
			t.Add(fmt.Sprintf("%s, %s, file %d", f.Name, kind, i), f.Pages, decode.Ours(data), peer)
		}
		line(kind, t)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, s := range samples {
		fmt.Fprintln(a.Stdout, "silent:", s)
	}
	return nil
}
