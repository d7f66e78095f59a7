package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/ingest/glyph"
	"todoke/internal/bilevel"
	"todoke/order"
)

// benchFaxCommand measures the reader in the fax laboratory. It needs no database.
type benchFaxCommand struct {
	Pages     int      `short:"n" name:"n" default:"20" help:"Pages per condition."`
	Seed      uint64   `default:"1" help:"Another seed, other pages."`
	Suite     string   `help:"Reference orders with the limits they must keep: reference is all of fine, standard, hard-fine and hard-standard, with the total written and without." enum:",reference,fine,standard,hard-fine,hard-standard" default:""`
	Condition []string `help:"Without --suite: only these conditions." placeholder:"NAME"`
	MNIST     string   `name:"mnist" help:"Folder with MNIST's t10k files, to write pages in their digits." type:"existingdir" placeholder:"DIR"`
	Cells     string   `help:"Archive (.tar.gz) of cells cut from real faxes, labels.csv and PNGs, to write pages in their digits." type:"existingfile" placeholder:"FILE"`
	Fonts     string   `help:"Glyph bank of the held-out fonts, which train/run.sh writes, to write pages in them." type:"existingfile" placeholder:"FILE"`
	OnlyGiven bool     `help:"Write no pages in the laboratory's own drawn digits."`
	Returns   bool     `help:"Return request forms of random shipments instead of orders: whose they are, quantities, reasons and wishes."`
	NoMasters bool     `help:"Read without masters."`
	NoTotal   bool     `help:"Nobody writes the total."`
	Workers   int      `short:"j" name:"workers" default:"1" help:"Pages at a time; processor time is only measured with one."`
	Peers     int      `help:"Have Tesseract and libtiff read the first N pages of each set as well, where they are installed." placeholder:"N"`
	JSON      bool     `name:"json" help:"The figures as one JSON object."`
	Keep      string   `help:"Folder for the faxes that were read wrongly, as TIFF, and what the reader saw on them, as PNG." placeholder:"DIR"`
}

// Run implements the command.
func (c *benchFaxCommand) Run(ctx context.Context, a *App) error {
	const items, departments = 5000, 300
	shop := lab.NewShop(c.Seed, items, departments)
	junk := (c.Pages + 9) / 10
	if c.Suite != "" {
		junk = (c.Pages + 3) / 4 // there is a limit to keep
	}
	cfg := lab.Config{Pages: c.Pages, Junk: junk, Seed: c.Seed, Shop: shop, CPU: cpuTime, Workers: c.Workers, Encode: encodeFax}
	var err error
	if cfg.Sets, err = c.sets(); err != nil {
		return err
	}
	if cfg.Sources, err = c.sources(a); err != nil {
		return err
	}
	k := form.Knowledge{ReceivedOn: shop.ReceivedOn}
	if !c.NoMasters {
		k = knowledgeOf(shop)
	}
	cfg.Read = func(file []byte, w lab.Watch) (order.Draft, error) {
		for p, err := range fax.Pages(file, fax.Limits{}) {
			w.Lap("decode")
			if err != nil {
				return order.Draft{}, err
			}
			mine := k
			mine.Lap, mine.Cut, mine.Digits = w.Lap, w.Cut, timedDigits{glyph.Default(), w.Lap}
			d := form.Read(form.PageOf(p), mine)
			w.Lap("fields")
			return d, nil
		}
		return order.Draft{}, errors.New("decode page: no page in the file")
	}
	if c.Keep != "" {
		if err := os.MkdirAll(c.Keep, 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		cfg.Seen = func(set string, n int, file []byte, t lab.Truth, d order.Draft) {
			if !misread(t, &d) {
				return
			}
			name := fmt.Sprintf("%s-%d", strings.NewReplacer(" ", "-", ",", "").Replace(set), n)
			if err := keepFax(filepath.Join(c.Keep, name), file, k); err != nil {
				a.Log.Warn("keep page", "err", err)
			}
		}
	}
	if c.Returns {
		results, err := lab.MeasureReturns(ctx, cfg)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.Stdout, results)
		}
		return lab.PrintReturns(a.Stdout, results)
	}
	if c.Peers > 0 {
		cfg.Peers = &lab.Sample{PagesPerSet: c.Peers, CellsPerPage: 10}
	}
	results, err := lab.Measure(ctx, cfg)
	if err != nil {
		return err
	}
	var peers []lab.PeerReport
	if cfg.Peers != nil {
		peers = append(peers, lab.Tesseract(ctx, cfg.Peers), lab.LibTIFF(ctx, cfg.Peers))
	}
	if c.JSON {
		return printJSON(a.Stdout, lab.ReportOf(results, peers))
	}
	if err := lab.Print(a.Stdout, results); err != nil {
		return err
	}
	return lab.PrintPeers(a.Stdout, peers)
}

// keepFax writes a fax, and what the reader saw on it, under the name.
func keepFax(name string, file []byte, k form.Knowledge) error {
	if err := os.WriteFile(name+".tif", file, 0o644); err != nil {
		return err
	}
	saw := overlays{name: name + ".png"}
	for p, err := range fax.Pages(file, fax.Limits{}) {
		if err != nil {
			return err
		}
		sight := saw.watch(&k)
		d := form.Read(form.PageOf(p), k)
		saw.add(filepath.Base(name), form.PageOf(p), *sight, d)
	}
	return saw.close()
}

// sets are what is measured.
func (c *benchFaxCommand) sets() ([]lab.Set, error) {
	var out []lab.Set
	if c.Suite != "" {
		for _, s := range lab.Suites() {
			if name := strings.ReplaceAll(s.Condition.Name, " ", "-"); c.Suite == name || c.Suite == "reference" {
				if !c.NoTotal || s.Habit.Total == 0 {
					out = append(out, s)
				}
			}
		}
		return out, nil
	}
	habit := lab.Usual()
	if c.NoTotal {
		habit.Total = 0
	}
	for _, s := range lab.Everyday(habit) {
		if len(c.Condition) == 0 || slices.Contains(c.Condition, s.Name) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, order.Invalid("", "condition", "no such condition: "+strings.Join(c.Condition, ", "))
	}
	return out, nil
}

// sources are the hands that pages are written in.
func (c *benchFaxCommand) sources(a *App) ([]*lab.Source, error) {
	var out []*lab.Source
	if !c.OnlyGiven {
		out = append(out, nil)
	}
	for _, s := range []struct {
		path string
		load func(string) (*lab.Source, error)
	}{{c.MNIST, lab.LoadMNIST}, {c.Fonts, lab.LoadBank}, {c.Cells, lab.LoadCells}} {
		if s.path == "" {
			continue
		}
		source, err := s.load(s.path)
		if err != nil {
			return nil, err
		}
		if source.Left > 0 {
			a.Log.Info("real cells left out: much of the digit is cut off", "left_out", source.Left, "used", source.N())
		}
		out = append(out, source)
	}
	if len(out) == 0 {
		return nil, order.Invalid("", "only_given", "--only-given needs --mnist, --fonts or --cells")
	}
	return out, nil
}

// timedDigits is the built-in recogniser, telling its time from that of what leads to it.
type timedDigits struct {
	model *glyph.Model
	lap   func(stage string)
}

// Digit implements form.Recogniser.
func (t timedDigits) Digit(cell *bilevel.Image, yScale int) (probs [10]float64, reject float64) {
	t.lap("cells")
	defer t.lap("digits")
	r := t.model.DigitClean(cell, yScale)
	return r.Probs, r.Reject
}

// knowledgeOf is the laboratory shop's masters as the reader takes them.
func knowledgeOf(shop *lab.Shop) form.Knowledge {
	k := form.Knowledge{ReceivedOn: shop.ReceivedOn, ShipTos: shop.ShipTos}
	k.Items = make(map[string]order.Item, len(shop.Items))
	for _, it := range shop.Items {
		k.Items[it.Code] = it
	}
	k.Customers = make(map[string]order.Department, len(shop.Departments))
	for _, d := range shop.Departments {
		k.Customers[d.Code] = d
	}
	return k
}

// encodeFax makes page n a TIFF, the codings in turn.
func encodeFax(n int, m *bilevel.Image, l lab.Line) ([]byte, error) {
	codings := []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD, fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD, fax.CodingRLE, fax.CodingRLEWord}
	var b bytes.Buffer
	err := fax.EncodeTIFF(&b, []*bilevel.Image{m}, fax.Options{Coding: codings[n%len(codings)], XDPI: l.XDPI, YDPI: l.YDPI})
	return b.Bytes(), err
}

// misread tells whether a field was accepted with another text than was written.
func misread(t lab.Truth, d *order.Draft) bool {
	for _, f := range d.Fields {
		want := t.Text[f.Name]
		if f.Decision == order.DecisionAccept && f.Text != want && want != "ink" && !slices.Contains(f.Evidence, "ink") {
			return true
		}
		if f.Decision == order.DecisionBlank && want != "" && want != "ink" {
			return true
		}
	}
	return false
}
