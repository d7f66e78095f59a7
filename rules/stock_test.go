package rules_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"todoke/order"
	"todoke/rules"
)

func TestWarehouseOrder(t *testing.T) {
	t.Parallel()
	ws := []order.Warehouse{
		{Code: "C", Regions: []string{"south"}, FallbackOrder: 1},
		{Code: "B", Regions: []string{"north", "south"}, FallbackOrder: 2},
		{Code: "A", FallbackOrder: 2},
	}
	for region, want := range map[string][]string{
		"north": {"B", "C", "A"}, "south": {"C", "B", "A"}, "west": {"C", "A", "B"},
	} {
		if got := rules.WarehouseOrder(region, ws); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", region, got, want)
		}
	}
	if ws[0].Code != "C" {
		t.Error("the caller's warehouses were sorted")
	}
	if got := rules.WarehouseOrder("north", nil); len(got) != 0 {
		t.Errorf("no warehouses: %v", got)
	}
}

// prefer serves the region named like a warehouse from there first.
func prefer(region string) []string {
	all := []string{"E", "W"}
	if region == "W" {
		slices.Reverse(all)
	}
	return all
}

func TestSTK1Allocate(t *testing.T) {
	t.Parallel()
	key := func(w, item string) rules.StockKey { return rules.StockKey{WarehouseCode: w, ItemCode: item} }
	for name, tt := range map[string]struct {
		demands []rules.Demand
		stock   map[rules.StockKey]int
		want    []string
	}{
		"all at home": {
			[]rules.Demand{{1, 1, "pen", "E", 3}},
			map[rules.StockKey]int{key("E", "pen"): 5, key("W", "pen"): 5},
			[]string{"1/1 E pen 3"},
		},
		"the rest from the fallback": {
			[]rules.Demand{{1, 1, "pen", "E", 8}},
			map[rules.StockKey]int{key("E", "pen"): 5, key("W", "pen"): 5},
			[]string{"1/1 E pen 5", "1/1 W pen 3"},
		},
		"short everywhere": {
			[]rules.Demand{{1, 1, "pen", "W", 12}},
			map[rules.StockKey]int{key("E", "pen"): 5, key("W", "pen"): 5},
			[]string{"1/1 W pen 5", "1/1 E pen 5"},
		},
		"first come, first served": {
			[]rules.Demand{{1, 1, "pen", "E", 4}, {2, 1, "pen", "E", 4}, {3, 1, "pen", "E", 1}},
			map[rules.StockKey]int{key("E", "pen"): 6},
			[]string{"1/1 E pen 4", "2/1 E pen 2"},
		},
		"an earlier overflow comes before a later home line": {
			[]rules.Demand{{1, 1, "pen", "E", 7}, {2, 1, "pen", "W", 4}},
			map[rules.StockKey]int{key("E", "pen"): 5, key("W", "pen"): 4},
			[]string{"1/1 E pen 5", "1/1 W pen 2", "2/1 W pen 2"},
		},
		"items apart": {
			[]rules.Demand{{1, 1, "pen", "E", 2}, {1, 2, "ink", "E", 2}},
			map[rules.StockKey]int{key("E", "pen"): 1, key("W", "ink"): 2},
			[]string{"1/1 E pen 1", "1/2 W ink 2"},
		},
		"nothing asked, nothing there": {
			[]rules.Demand{{1, 1, "pen", "E", 0}, {2, 1, "pen", "E", -3}, {3, 1, "ink", "E", 1}},
			map[rules.StockKey]int{key("E", "pen"): 5, key("E", "ink"): -4},
			nil,
		},
	} {
		var got []string
		for _, a := range rules.Allocate(tt.demands, tt.stock, prefer) {
			got = append(got, fmt.Sprintf("%d/%d %s %s %d", a.OrderID, a.LineNo, a.WarehouseCode, a.ItemCode, a.Qty))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// FuzzAllocate: never more than there is, never more than asked, nothing left lying that an
// unfilled line could take, and no line better off for one that came after it.
func FuzzAllocate(f *testing.F) {
	f.Add(uint64(1), uint8(5))
	f.Add(uint64(99), uint8(40))
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		r := rand.New(rand.NewPCG(seed, 7))
		stock := map[rules.StockKey]int{}
		for _, w := range []string{"E", "W"} {
			for _, item := range []string{"pen", "ink", "cup"} {
				stock[rules.StockKey{WarehouseCode: w, ItemCode: item}] = r.IntN(40)
			}
		}
		demands := make([]rules.Demand, n)
		for i := range demands {
			demands[i] = rules.Demand{
				OrderID: int64(i/3 + 1), LineNo: i%3 + 1, ItemCode: []string{"pen", "ink", "cup"}[r.IntN(3)],
				Region: []string{"E", "W"}[r.IntN(2)], Qty: r.IntN(15),
			}
		}
		got := rules.Allocate(demands, stock, prefer)
		taken := map[rules.StockKey]int{}
		filled := map[[2]int64]int{}
		for _, a := range got {
			if a.Qty < 1 {
				t.Fatalf("%+v", a)
			}
			taken[rules.StockKey{WarehouseCode: a.WarehouseCode, ItemCode: a.ItemCode}] += a.Qty
			filled[[2]int64{a.OrderID, int64(a.LineNo)}] += a.Qty
		}
		for k, q := range taken {
			if q > stock[k] {
				t.Fatalf("%v: %d of %d", k, q, stock[k])
			}
		}
		for _, d := range demands {
			have := filled[[2]int64{d.OrderID, int64(d.LineNo)}]
			if have > d.Qty {
				t.Fatalf("%+v got %d", d, have)
			}
			if have < d.Qty {
				for _, w := range prefer(d.Region) {
					k := rules.StockKey{WarehouseCode: w, ItemCode: d.ItemCode}
					if taken[k] < stock[k] {
						t.Fatalf("%+v got %d while %v has stock left", d, have, k)
					}
				}
			}
		}
		if n > 0 {
			fewer := rules.Allocate(demands[:n-1], stock, prefer)
			if !slices.Equal(fewer, got[:len(fewer)]) {
				t.Fatalf("the last demand changed what came before:\n%v\n%v", fewer, got)
			}
		}
	})
}
