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
	"todoke/internal/bilevel"
	"todoke/order"
)

// benchFaxCommand measures the reader in the fax laboratory. It needs no database.
type benchFaxCommand struct {
	Pages     int      `short:"n" name:"n" default:"20" help:"Pages per condition."`
	Seed      uint64   `default:"1" help:"Another seed, other pages."`
	MNIST     string   `name:"mnist" help:"Folder with MNIST's t10k files: every second page is written in its digits." type:"existingdir" placeholder:"DIR"`
	Condition []string `help:"Only these conditions." placeholder:"NAME"`
	NoMasters bool     `help:"Read without masters."`
	NoTotal   bool     `help:"Nobody writes the total."`
	Keep      string   `help:"Folder for the pages that were read wrongly, as PNG." placeholder:"DIR"`
}

// Run implements the command.
func (c *benchFaxCommand) Run(ctx context.Context, a *App) error {
	const items, departments = 5000, 300
	shop := lab.NewShop(c.Seed, items, departments)
	k := form.Knowledge{ReceivedOn: shop.ReceivedOn}
	if !c.NoMasters {
		k.Items = make(map[string]order.Item, items)
		for _, it := range shop.Items {
			k.Items[it.Code] = it
		}
		k.Customers = make(map[string]order.Department, departments)
		for _, d := range shop.Departments {
			k.Customers[d.Code] = d
		}
		k.ShipTos = shop.ShipTos
	}
	cfg := lab.Config{Pages: c.Pages, Seed: c.Seed, Shop: shop, Habit: lab.Usual(), CPU: cpuTime}
	if c.NoTotal {
		cfg.Habit.Total = 0
	}
	if c.MNIST != "" {
		s, err := lab.LoadSamples(c.MNIST)
		if err != nil {
			return err
		}
		cfg.Samples = s
	}
	for _, cond := range lab.Conditions() {
		if len(c.Condition) == 0 || slices.Contains(c.Condition, cond.Name) {
			cfg.Conditions = append(cfg.Conditions, cond)
		}
	}
	if len(cfg.Conditions) == 0 {
		return order.Invalid("", "condition", "no such condition: "+strings.Join(c.Condition, ", "))
	}
	codings := []string{fax.CodingG4, fax.CodingG3, fax.CodingG3TwoD}
	cfg.Encode = func(n int, m *bilevel.Image, l lab.Line) ([]byte, error) {
		var b bytes.Buffer
		o := fax.Options{Coding: codings[n%len(codings)], XDPI: l.XDPI, YDPI: l.YDPI}
		err := fax.EncodeTIFF(&b, []*bilevel.Image{m}, o)
		return b.Bytes(), err
	}
	cfg.Read = func(file []byte) (order.Draft, error) {
		for p, err := range fax.Pages(file, fax.Limits{}) {
			if err != nil {
				return order.Draft{}, err
			}
			return form.Read(formPage(p), k), nil
		}
		return order.Draft{}, errors.New("decode page: no page in the file")
	}
	if c.Keep != "" {
		if err := os.MkdirAll(c.Keep, 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		cfg.Seen = func(condition string, n int, m *bilevel.Image, t lab.Truth, d order.Draft) {
			if !misread(t, &d) {
				return
			}
			f, err := os.Create(filepath.Join(c.Keep, fmt.Sprintf("%s-%d.png", condition, n)))
			if err != nil {
				a.Log.Warn("keep page", "err", err)
				return
			}
			if err := m.EncodePNG(f, 0, 0); err != nil {
				a.Log.Warn("keep page", "err", err)
			}
			if err := f.Close(); err != nil {
				a.Log.Warn("keep page", "err", err)
			}
		}
	}
	results, err := lab.Measure(ctx, cfg)
	if err != nil {
		return err
	}
	return lab.Print(a.Stdout, results)
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
