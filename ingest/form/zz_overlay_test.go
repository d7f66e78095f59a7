package form

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	lab "todoke/bench/fax"
	printed "todoke/templates/form"
)

func overlay(g *registration, path string) {
	m := g.page
	im := image.NewRGBA(image.Rect(0, 0, m.W, m.H))
	for y := range m.H {
		for x := range m.W {
			c := color.RGBA{255, 255, 255, 255}
			if m.At(x, y) {
				c = color.RGBA{120, 120, 120, 255}
			}
			im.SetRGBA(x, y, c)
		}
	}
	line := func(a, b xy, c color.RGBA) {
		for i := range 200 {
			t := float64(i) / 199
			im.SetRGBA(int(a.x+(b.x-a.x)*t), int(a.y+(b.y-a.y)*t), c)
		}
	}
	for _, f := range g.layout.Fields {
		for _, b := range f.Cells {
			p := [4]xy{g.at(xy{b.X, b.Y}), g.at(xy{b.X + b.W, b.Y}), g.at(xy{b.X + b.W, b.Y + b.H}), g.at(xy{b.X, b.Y + b.H})}
			for i := range p {
				line(p[i], p[(i+1)%4], color.RGBA{255, 0, 0, 255})
			}
		}
	}
	for _, f := range g.marks {
		for d := -6.; d <= 6; d++ {
			im.SetRGBA(int(f.page.x+d), int(f.page.y), color.RGBA{0, 255, 0, 255})
			im.SetRGBA(int(f.page.x), int(f.page.y+d), color.RGBA{0, 255, 0, 255})
		}
	}
	f, _ := os.Create(path)
	png.Encode(f, im)
	f.Close()
}

func TestOverlay(t *testing.T) {
	d, _ := printed.Order(printed.Options{})
	raster := printed.Raster(d, lab.PaperDPI, lab.PaperDPI)
	k := Knowledge{}.withDefaults()
	for i, l := range []lab.Line{
		{XDPI: 204, YDPI: 196, WidthPx: 1728, BlurMM: .03, Noise: .08, Skew: 1.2},
		{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .03, Noise: .1, Speckle: .3, Skew: -3, Scale: .95},
		{XDPI: 204, YDPI: 196, WidthPx: 1728, BlurMM: .03, Noise: .1, Rotate: 180, Skew: 2, Slips: []lab.Slip{{AtMM: 120, ByMM: 2}, {AtMM: 180, ByMM: -1.5}}},
		{XDPI: 204, YDPI: 196, WidthPx: 2432, BlurMM: .03, Noise: .1, Rotate: 90, Skew: 2},
		{XDPI: 300, YDPI: 300, BlurMM: .03, Noise: .1, Rotate: 270, Skew: -4},
		{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .03, Noise: .1, Skew: 5, Scale: 1.03, Streaks: 3, LostRows: 20},
		{XDPI: 204, YDPI: 98, WidthPx: 1728, BlurMM: .03, Noise: .1, ClipLeft: 12, Speckle: 1},
		{XDPI: 204, YDPI: 196, WidthPx: 1728, BlurMM: .05, Noise: .15, Generation: 3, Scale: .94},
	} {
		r := rand.New(rand.NewPCG(7, uint64(i)))
		p := (&lab.Paper{Image: raster}).Clone()
		w := lab.NewWriter(r)
		lab.Fill(p, &d.Layout, lab.Sheet{Customer: "10002345", ShipTo: "012", Month: "12", Day: "3", Total: "147", Marks: []string{"stockout.cancel"},
			Lines: []lab.SheetLine{{Code: "0123456", Quantity: "12", Comment: true}, {Code: "7890123", Quantity: "3"}, {Code: "4567890", Quantity: "120"}, {Code: "0246813", Quantity: "5"}, {Code: "5792468", Quantity: "7"}}}, w, lab.Mess{Touch: .2}, r)
		m := l.Send(p, r)
		t0 := time.Now()
		var s scanner
		if !s.scan(m, maxRuns) {
			t.Fatal("noise")
		}
		t1 := time.Now()
		g, id, ev := k.lay(&s, m, resolutions(m.W, m.H, l.XDPI, l.YDPI))
		t2 := time.Now()
		if g == nil {
			t.Errorf("%d: not registered", i)
			continue
		}
		dr := Read(Page{Image: m, XDPI: l.XDPI, YDPI: l.YDPI}, k)
		t3 := time.Now()
		t.Logf("%d: scan %v (%d runs) lay %v all %v; rot %d marks %d/%d res %.3f spread %.3f scale %.3f id %v %q", i, t1.Sub(t0), len(s.runs), t2.Sub(t1), t3.Sub(t2), g.rotation, len(g.marks), len(g.layout.Marks), g.residual, g.spread, g.scale, id, ev)
		overlay(g, fmt.Sprintf("/tmp/reader/out/over%d.png", i))
		got := ""
		for _, f := range dr.Fields {
			for _, c := range f.Cells {
				if f.Decision != "blank" {
					got += c.Text
				}
			}
		}
		t.Log(dr.Decision, len(dr.Reasons), got)
		// cells
		var cr cellReader
		cr.g = g
		var tiles []cell
		for _, n := range []string{"customer_code", "lines[1].item_code", "lines[2].item_code", "lines[3].item_code", "lines[4].item_code", "lines[5].item_code", "lines[1].quantity", "lines[9].quantity", "lines[7].item_code"} {
			for _, b := range g.layout.Field(n).Cells {
				tiles = append(tiles, cr.read(b, .3))
			}
		}
		im := image.NewGray(image.Rect(0, 0, 14*70, 6*100))
		for j := range im.Pix {
			im.Pix[j] = 200
		}
		for j, c := range tiles {
			ox, oy := j%14*70, j/14*100
			for y := range c.image.H {
				for x := range c.image.W {
					v := uint8(255)
					if c.image.At(x, y) {
						v = 0
					}
					im.SetGray(ox+x, oy+y, color.Gray{v})
				}
			}
			if c.frame < .8 {
				t.Logf("  tile %d frame %.2f ink %.2f ext %.2f", j, c.frame, c.ink, c.extent)
			}
		}
		f, _ := os.Create(fmt.Sprintf("/tmp/reader/out/cells%d.png", i))
		png.Encode(f, im)
		f.Close()
	}
}
