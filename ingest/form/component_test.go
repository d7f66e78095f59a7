package form

import (
	"math/rand/v2"
	"testing"

	"todoke/internal/bilevel"
)

func TestComponentsAgreeWithFloodFill(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		m := bilevel.New(1+r.IntN(40), 1+r.IntN(30))
		density := 2 + r.IntN(6)
		for y := range m.H {
			for x := range m.W {
				m.Set(x, y, r.IntN(density) == 0)
			}
		}
		want := map[[5]int]int{}
		seen := make([]bool, m.W*m.H)
		for y := range m.H {
			for x := range m.W {
				if !m.At(x, y) || seen[y*m.W+x] {
					continue
				}
				c := [5]int{x, y, x, y, 0}
				stack := [][2]int{{x, y}}
				seen[y*m.W+x] = true
				for len(stack) > 0 {
					p := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					c = [5]int{min(c[0], p[0]), min(c[1], p[1]), max(c[2], p[0]), max(c[3], p[1]), c[4] + 1}
					for dy := -1; dy <= 1; dy++ {
						for dx := -1; dx <= 1; dx++ {
							if u, v := p[0]+dx, p[1]+dy; m.At(u, v) && !seen[v*m.W+u] {
								seen[v*m.W+u] = true
								stack = append(stack, [2]int{u, v})
							}
						}
					}
				}
				want[c]++
			}
		}
		var s scanner
		if !s.scan(m, 1<<20) {
			t.Fatal("gave up")
		}
		s.roots(func(_ int32, c *component) { want[[5]int{c.x0, c.y0, c.x1 - 1, c.y1 - 1, c.area}]-- })
		for c, n := range want {
			if n != 0 {
				t.Fatalf("%d × %d: component %v found %d times too few", m.W, m.H, c, n)
			}
		}
	}
}
