package fax

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"todoke/internal/bilevel"
	"todoke/order"
	"todoke/templates/form"
)

// Config says what is measured.
type Config struct {
	Pages   int // a set
	Seed    uint64
	Sets    []Set
	Sources []*Source // pages are written in each in turn; nil is the lab's own drawn digits, no source is these alone
	Shop    *Shop
	Workers int // pages at a time; processor time is only measured with one
	// Encode makes page n the file that a gateway would hand over; Read decodes and reads it,
	// and says where each stage ends.
	Encode func(n int, m *bilevel.Image, l Line) ([]byte, error)
	Read   func(file []byte, lap func(stage string)) (order.Draft, error)
	// CPU is the processor time used so far: what Read costs.
	CPU func() time.Duration
	// Seen, where given, is called with every page and what became of it, in order.
	Seen func(set string, n int, file []byte, t Truth, d order.Draft)
}

// reading is a page and what became of it.
type reading struct {
	source string
	file   []byte
	truth  Truth
	draft  order.Draft
	cpu    time.Duration
	stages map[string]time.Duration
	err    error
}

// Measure fills, sends and reads pages. Everything but the processor time is the same for the
// same seed, however many workers there are.
func Measure(ctx context.Context, c Config) ([]*Result, error) {
	drawing, err := form.Order(form.Options{})
	if err != nil {
		return nil, fmt.Errorf("draw the order form: %w", err)
	}
	b := &bench{Config: c, layout: &drawing.Layout, sheet: &Paper{Image: form.Raster(drawing, PaperDPI, PaperDPI)}}
	if len(b.Sources) == 0 {
		b.Sources = []*Source{nil}
	}
	var out []*Result
	for i, set := range c.Sets {
		res := newResult(set.Name, set.Limits)
		out = append(out, res)
		for n, page := range b.pages(ctx, i, set) {
			if page.err != nil {
				return out, fmt.Errorf("page %d of %s: %w", n, set.Name, page.err)
			}
			if c.Workers <= 1 {
				res.CPU = append(res.CPU, page.cpu)
				for k, v := range page.stages {
					res.Stages[k] = append(res.Stages[k], v)
				}
			}
			res.count(n, page.source, page.truth, &page.draft, b.layout)
			if c.Seen != nil {
				c.Seen(set.Name, n, page.file, page.truth, page.draft)
			}
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
	}
	return out, nil
}

type bench struct {
	Config
	layout *form.Layout
	sheet  *Paper
}

// pages yields the pages of a set in order, made by as many workers as there may be.
func (b *bench) pages(ctx context.Context, i int, set Set) func(func(int, reading) bool) {
	return func(yield func(int, reading) bool) {
		if b.Workers <= 1 {
			for n := range b.Pages {
				if ctx.Err() != nil || !yield(n, b.page(i, n, set)) {
					return
				}
			}
			return
		}
		slots := make([]chan reading, b.Pages)
		for n := range slots {
			slots[n] = make(chan reading, 1)
		}
		ctx, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer stop()
		for w := range b.Workers {
			wg.Go(func() {
				for n := w; n < b.Pages && ctx.Err() == nil; n += b.Workers {
					slots[n] <- b.page(i, n, set)
				}
			})
		}
		for n := range slots {
			select {
			case p := <-slots[n]:
				if !yield(n, p) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// page makes and reads one page of a set; all chance in it comes from its numbers.
func (b *bench) page(i, n int, set Set) reading {
	r := rand.New(rand.NewPCG(b.Seed+uint64(i)*1_000_003, uint64(n)))
	w := NewWriter(r)
	w.Source = b.Sources[n%len(b.Sources)]
	p := b.sheet.Clone()
	out := reading{source: "drawn", stages: map[string]time.Duration{}}
	if w.Source != nil {
		out.source = w.Source.Name
	}
	out.truth = Fill(p, b.layout, RandomSheet(r, b.Shop, set.Habit), w, set.Condition.Mess, r)
	line := set.Condition.Line(r)
	m := line.Send(p, r)
	if out.file, out.err = b.Encode(n, m, line); out.err != nil {
		return out
	}
	cpu := b.CPU
	if cpu == nil {
		cpu = func() time.Duration { return 0 }
	}
	start := cpu()
	last := start
	out.draft, out.err = b.Read(out.file, func(stage string) {
		now := cpu()
		out.stages[stage] += now - last
		last = now
	})
	out.cpu = cpu() - start
	return out
}
