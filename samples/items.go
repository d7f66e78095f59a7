package samples

import (
	"fmt"
	"strconv"
	"strings"

	"todoke/order"
)

// option is one value of an axis.
type option struct {
	label, kana string
	percent     int
	unit        string
}

// counters reads out the few characters that follow numbers in labels without kana.
var counters = strings.NewReplacer("型", "ガタ", "系", "ケイ", "袋", "フクロ", "穴", "アナ", "巻", "カン")

func parseAxis(s string) []option {
	var out []option
	for f := range strings.SplitSeq(s, "|") {
		o := option{percent: 100}
		if i := strings.LastIndexByte(f, '@'); i >= 0 {
			f, o.unit = f[:i], f[i+1:]
		}
		if i := strings.LastIndexByte(f, '*'); i >= 0 {
			if n, err := strconv.Atoi(f[i+1:]); err == nil {
				f, o.percent = f[:i], n
			}
		}
		o.label, o.kana = f, counters.Replace(f)
		if i := strings.LastIndexByte(f, '/'); i >= 0 {
			o.label, o.kana = f[:i], f[i+1:]
		}
		out = append(out, o)
	}
	return out
}

// variant is one item before it has a code.
type variant struct {
	family int
	item   order.Item
}

// variants are every combination of a family's axes.
func variants(n int, f family) []variant {
	out := []variant{{n, order.Item{Name: f.name, NameKana: f.kana, Unit: f.unit, ListPrice: order.Yen(f.yen) * 100}}}
	for _, axis := range f.axes {
		options := parseAxis(axis)
		next := make([]variant, 0, len(out)*len(options))
		for _, v := range out {
			for _, o := range options {
				w := v
				w.item.Name += " " + o.label
				w.item.NameKana += " " + o.kana
				w.item.ListPrice = w.item.ListPrice * order.Yen(o.percent) / 100
				if o.unit != "" {
					w.item.Unit = o.unit
				}
				next = append(next, w)
			}
		}
		out = next
	}
	for i := range out {
		out[i].item.ListPrice = believablePrice(out[i].item.ListPrice)
	}
	return out
}

// believablePrice rounds hundredths of a yen to a price as catalogues print it.
func believablePrice(hundredths order.Yen) order.Yen {
	y := hundredths / 100
	switch {
	case y < 100:
		return max(y/5*5, 20)
	case y < 1_000:
		return y / 10 * 10
	case y < 10_000:
		return y/100*100 + 80
	default:
		return y/1_000*1_000 + 800
	}
}

var ecoMarks = []string{"エコマーク", "グリーン購入法", "再生材使用", "植林木使用", "詰替可能"}

// makeItems makes ItemCount items in catalogue order, their codes rising with gaps as a
// catalogue that has been sold from for years has them.
func makeItems(r *random) []order.Item {
	var all []variant
	for n, f := range catalogue {
		all = append(all, variants(n, f)...)
	}
	if len(all) < ItemCount {
		panic(fmt.Sprintf("samples: the catalogue has %d variants", len(all)))
	}
	drop := map[int]bool{}
	for len(drop) < len(all)-ItemCount {
		drop[r.below(len(all))] = true
	}
	items := make([]order.Item, 0, ItemCount)
	families := make([]int, 0, ItemCount)
	serial := 100_000
	last := -1
	for i, v := range all {
		if drop[i] {
			continue
		}
		if v.family != last {
			serial = (serial/1_000 + 1) * 1_000 // a family has its own thousand
			last = v.family
		}
		serial += r.between(1, 3)
		f := catalogue[v.family]
		it := v.item
		it.Code = order.WithCheckDigit(strconv.Itoa(serial))
		it.Category = f.category
		it.OrderMultiple = max(f.multiple, 1)
		it.TaxRate = 10
		it.Class = order.ClassNormal
		switch {
		case f.truck:
			it.Class = order.ClassTruck
		case f.phone:
			it.Class = order.ClassPhone
		}
		if f.food {
			it.TaxRate = 8
		}
		it.Returnable = !f.food && !f.final
		it.NoSaturday = f.noSat
		if r.chance(f.eco) {
			first := r.below(len(ecoMarks))
			it.EcoMarks = []string{ecoMarks[first]}
			if r.chance(30) {
				it.EcoMarks = append(it.EcoMarks, ecoMarks[(first+1)%len(ecoMarks)])
			}
		}
		items = append(items, it)
		families = append(families, v.family)
	}
	// About two in a hundred are no longer made; a later variant of the family follows them.
	for i := len(items) - 1; i >= 0; i-- { // from the end, so that no successor is given up later
		if !r.chance(2) {
			continue
		}
		j := i + r.between(1, 4)
		if j < len(items) && families[j] == families[i] && !items[j].Discontinued && items[j].Class == items[i].Class {
			items[i].SuccessorCode, items[i].Discontinued = items[j].Code, true
		}
	}
	return items
}
