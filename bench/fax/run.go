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
	Junk    int // further pages a set with junk in the boxes and marks ticked; only what becomes of these is counted
	Seed    uint64
	Sets    []Set
	Sources []*Source // pages are written in each in turn; nil is the lab's own drawn digits, no source is these alone
	Shop    *Shop
	Workers int // pages at a time; processor time is only measured with one
	// Encode makes page n the file that a gateway would hand over; Read decodes and reads it
	// under the watch's eyes.
	Encode func(n int, m *bilevel.Image, l Line) ([]byte, error)
	Read   func(file []byte, w Watch) (order.Draft, error)
	// CPU is the processor time used so far: what Read costs.
	CPU func() time.Duration
	// Seen, where given, is called with every page and what became of it, in order.
	Seen func(set string, n int, file []byte, t Truth, d order.Draft)
	// Peers, where given, is filled with what other programs are to read as well.
	Peers *Sample
}

// Watch looks on while a page is read.
type Watch struct {
	Lap func(stage string)                                            // called at the end of each stage
	Cut func(field string, box int, image *bilevel.Image, yScale int) // called with each box that is recognised
}

// reading is a page and what became of it.
type reading struct {
	source string
	file   []byte
	truth  Truth
	junk   map[string][]string // by field, the kind of junk in each box; nil on a page of orders
	draft  order.Draft
	cpu    time.Duration
	stages map[string]time.Duration
	image  *bilevel.Image
	line   Line
	cells  map[string]map[int]Cell // by field and box
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
			if page.junk != nil {
				res.countJunk(page.truth, page.junk, &page.draft, b.layout)
				continue
			}
			if c.Workers <= 1 {
				res.CPU = append(res.CPU, page.cpu)
				for k, v := range page.stages {
					res.Stages[k] = append(res.Stages[k], v)
				}
			}
			if c.Peers != nil {
				c.Peers.add(n, &page)
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
	all := b.Pages + b.Junk
	return func(yield func(int, reading) bool) {
		if b.Workers <= 1 {
			for n := range all {
				if ctx.Err() != nil || !yield(n, b.page(i, n, set)) {
					return
				}
			}
			return
		}
		slots := make([]chan reading, all)
		for n := range slots {
			slots[n] = make(chan reading, 1)
		}
		ctx, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer stop()
		for w := range b.Workers {
			wg.Go(func() {
				for n := w; n < all && ctx.Err() == nil; n += b.Workers {
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
	if set.Condition.Hand != nil {
		set.Condition.Hand(&w, r)
	}
	p := b.sheet.Clone()
	out := reading{source: "drawn", stages: map[string]time.Duration{}}
	if w.Source != nil {
		out.source = w.Source.Name
	}
	if n >= b.Pages {
		out.truth, out.junk = fillJunk(p, b.layout, b.Shop, w, r)
	} else {
		out.truth = Fill(p, b.layout, RandomSheet(r, b.Shop, set.Habit), w, set.Condition.Mess, r)
	}
	if set.Condition.Sheet != nil {
		set.Condition.Sheet(p, b.layout, &out.truth, r)
	}
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
	watch := Watch{Lap: func(stage string) {
		now := cpu()
		out.stages[stage] += now - last
		last = now
	}}
	if b.Peers.wants(n) {
		out.image, out.line, out.cells = m, line, map[string]map[int]Cell{}
		watch.Cut = func(field string, box int, image *bilevel.Image, yScale int) {
			if out.cells[field] == nil {
				out.cells[field] = map[int]Cell{}
			}
			if _, ok := out.cells[field][box]; !ok { // a second look at a box is the reader's own
				out.cells[field][box] = Cell{Image: image, YScale: yScale}
			}
		}
	}
	out.draft, out.err = b.Read(out.file, watch)
	out.cpu = cpu() - start
	return out
}
