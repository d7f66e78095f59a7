package form

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"time"

	"todoke/order"
)

// Decoding a field: what the image says of each box, as probabilities of ten digits, meets
// what may be written there. A code's probability given its image is, by Bayes,
//
//	P(c | image) ∝ P(c) · Π P(image of box i | digit c_i)
//
// and with a recogniser calibrated on evenly frequent digits P(image | d) is in proportion to
// 10·p(d). "None of these" is always a candidate: any string of digits at all, evenly likely,
// whose likelihoods average to 1.

// glyphs is what a box says if it holds a digit, and how probable it is that it does not.
type glyphs struct {
	p      [10]float64
	reject float64
}

func (g *glyphs) best() (int, float64) {
	b := 0
	for d := range g.p {
		if g.p[d] > g.p[b] {
			b = d
		}
	}
	return b, g.p[b]
}

// reading is a decoded text with its probability.
type reading struct {
	text     string
	p        float64
	evidence []string
	reasons  []string
}

// maxStrings bounds how many strings of a field are looked at.
const maxStrings = 20000

// enumerate calls f for the strings of digits whose probability is at least cut times that of
// the best, and returns the probability of all the strings it left out.
func enumerate(cells []glyphs, cut float64, f func(s []byte, p float64)) (rest float64) {
	n := len(cells)
	ranked := make([][10]int, n)
	suffix := make([]float64, n+1)
	suffix[n] = 1
	for i := range cells {
		for d := range 10 {
			ranked[i][d] = d
		}
		slices.SortFunc(ranked[i][:], func(a, b int) int {
			return cmp.Or(cmp.Compare(cells[i].p[b], cells[i].p[a]), a-b)
		})
	}
	for i := n - 1; i >= 0; i-- {
		suffix[i] = suffix[i+1] * cells[i].p[ranked[i][0]]
	}
	least := suffix[0] * cut
	s := make([]byte, n)
	rest = 1
	count := 0
	var walk func(i int, p float64)
	walk = func(i int, p float64) {
		if i == n {
			count++
			rest -= p
			f(s, p)
			return
		}
		for _, d := range ranked[i] {
			q := p * cells[i].p[d]
			if q*suffix[i+1] < least || count >= maxStrings {
				return
			}
			s[i] = '0' + byte(d)
			walk(i+1, q)
		}
	}
	walk(0, 1)
	return max(rest, 0)
}

// enumerateCut leaves out strings a million times less probable than the best.
const enumerateCut = 1e-6

// codeRule is what may be written in a code field.
type codeRule struct {
	known   func(code string) bool // nil where no master is known
	size    int                    // of the master
	unknown float64                // prior share of codes in no master
	scheme  order.CodeScheme
	hint    string  // a code evidence besides the boxes speaks for, "" none
	foreign float64 // prior share of other codes where there is a hint
	junk    float64 // prior share of boxes that hold no single digit
}

// trainedJunk is the share of boxes without a digit among those the recogniser learned from:
// its reject probability holds for that share and is shifted to what forms really hold.
const trainedJunk = 0.1

// meant turns what boxes look like into what was meant by them: a box that holds no single digit
// was struck out, smeared or cut off, and says nothing about the digit. none is the probability
// that one of them is such a box; junk is the share of such boxes on forms.
func meant(cells []glyphs, junk float64) (out []glyphs, none float64) {
	out = make([]glyphs, len(cells))
	all := 1.0
	ratio := junk / (1 - junk) * (1 - trainedJunk) / trainedJunk
	for i := range cells {
		r := min(max(cells[i].reject, 0), 1)
		r = r * ratio / (r*ratio + 1 - r + 1e-12)
		all *= 1 - r
		for d, p := range cells[i].p {
			out[i].p[d] = (1-r)*p + r*0.1
		}
	}
	return out, 1 - all
}

// decodeCodeField finds the most probable code.
func decodeCodeField(boxes []glyphs, rule codeRule) reading {
	cells, noDigit := meant(boxes, rule.junk)
	n := len(cells)
	space := math.Pow(10, float64(n))
	checked := rule.scheme.CheckDigit
	var best string
	var bestW, total float64
	var image string
	var imageP float64
	unchecked := rule.known == nil && !checked
	weight := func(code string) float64 { // prior · 10^n
		switch {
		case rule.known != nil:
			if !rule.known(code) {
				return 0
			}
			w := (1 - rule.unknown) * space / float64(max(rule.size, 1))
			if rule.hint != "" {
				if code == rule.hint {
					return (1 - rule.foreign) * space
				}
				w *= rule.foreign
			}
			return w
		case rule.hint != "" && code == rule.hint:
			return (1 - rule.foreign) * space
		case checked:
			if !order.ValidCheckDigit(code) {
				return 0
			}
			w := (1 - rule.unknown) * 10
			if rule.hint != "" {
				w *= rule.foreign
			}
			return w
		}
		return 1
	}
	rest := enumerate(cells, enumerateCut, func(s []byte, p float64) {
		code := string(s)
		if p > imageP {
			image, imageP = code, p
		}
		w := weight(code) * p
		total += w
		if w > bestW {
			best, bestW = code, w
		}
	})
	none := rule.unknown
	if unchecked {
		none = 0
	}
	total += none + rest*(1-none)
	r := reading{text: best, p: bestW / total}
	if bestW == 0 || bestW < none*imageP {
		// Nothing that exists fits: show what the image says.
		r = reading{text: image, p: imageP * none / total}
		switch {
		case checked && !order.ValidCheckDigit(image):
			r.reasons = append(r.reasons, "the check digit does not fit")
		case rule.known != nil && !rule.known(image):
			r.reasons = append(r.reasons, "no such code in the master")
		}
	}
	if unchecked { // nothing else tells what a box without a digit means
		r.p *= 1 - noDigit
	}
	if checked && order.ValidCheckDigit(r.text) {
		r.evidence = append(r.evidence, "check_digit")
	}
	if rule.known != nil && rule.known(r.text) {
		r.evidence = append(r.evidence, "master")
	}
	return r
}

// amount is one value a quantity may have.
type amount struct {
	value int
	p     float64
}

// amounts are what a quantity field may say; what is missing to 1 is "none of these".
type amounts struct {
	list   []amount // most probable first
	digits int
}

// mostAmounts is how many values a quantity keeps for the sum.
const mostAmounts = 24

// block is one way to see a quantity's digits: which boxes are written on, and whether one of
// them holds two. p is how probable it is before any digit is asked for; those of a field sum to
// at most 1.
type block struct {
	cells []glyphs
	p     float64
}

// otherNumber is how often a box without a digit hides a number of more or fewer digits: two in
// one box, or one struck out.
const otherNumber = 0.5

// decodeAmount finds what a quantity may be; multiple is the item's order multiple (ITM-1), at
// least 1.
func decodeAmount(blocks []block, multiple int, odd, junk float64) amounts {
	var out amounts
	weight := map[int]float64{}
	total := 1.0 // what no block stands for is none of these
	for _, b := range blocks {
		total -= b.p
	}
	total = max(total, 0)
	for _, b := range blocks {
		cells, none := meant(b.cells, junk)
		out.digits = max(out.digits, len(cells))
		lost := none * otherNumber
		rest := enumerate(cells, enumerateCut, func(s []byte, p float64) {
			v := 0
			for _, c := range s {
				v = v*10 + int(c-'0')
			}
			w := b.p * p
			switch {
			case multiple > 1 && v%multiple == 0:
				w *= (1 - odd) * float64(multiple)
			case multiple > 1:
				w *= odd * float64(multiple) / float64(multiple-1)
			}
			if s[0] == '0' {
				w *= 0.02 // hardly anybody writes leading zeros, nobody orders none
			}
			total += w
			weight[v] += w * (1 - lost)
		})
		total += b.p * rest
	}
	for v, w := range weight {
		out.list = append(out.list, amount{v, w / max(total, math.SmallestNonzeroFloat64)})
	}
	slices.SortFunc(out.list, func(a, b amount) int {
		return cmp.Or(cmp.Compare(b.p, a.p), a.value-b.value)
	})
	if len(out.list) > mostAmounts {
		out.list = out.list[:mostAmounts]
	}
	return out
}

// none is the probability that the field says none of its amounts.
func (a *amounts) none() float64 {
	p := 1.0
	for _, v := range a.list {
		p -= v.p
	}
	return max(p, 0)
}

// maxSums bounds the sums kept while quantities are added up.
const maxSums = 3000

// sums adds distributions: what the total of these quantities may be. unknown is the
// probability that one of them is none of its amounts.
type sums struct {
	p       map[int]float64
	unknown float64
}

func addUp(fields []*amounts, skip int) sums {
	s := sums{p: map[int]float64{0: 1}}
	known := 1.0
	for i, f := range fields {
		if i == skip {
			continue
		}
		next := make(map[int]float64, len(s.p)*2)
		for v, p := range s.each() {
			for _, a := range f.list {
				if q := p * a.p; q > 1e-12 {
					next[v+a.value] += q
				}
			}
		}
		if len(next) > maxSums {
			prune(next)
		}
		s.p = next
		known *= 1 - f.none()
	}
	s.unknown = 1 - known
	return s
}

// each yields the sums in the order of their values: added up in another order, the same numbers
// give another last digit, and a page must read the same every time.
func (s sums) each() iter.Seq2[int, float64] {
	values := slices.Sorted(maps.Keys(s.p))
	return func(yield func(int, float64) bool) {
		for _, v := range values {
			if !yield(v, s.p[v]) {
				return
			}
		}
	}
}

// prune keeps the maxSums most probable sums.
func prune(m map[int]float64) {
	ps := make([]float64, 0, len(m))
	for _, p := range m {
		ps = append(ps, p)
	}
	slices.Sort(ps)
	cut := ps[len(ps)-maxSums]
	for v, p := range m {
		if p < cut {
			delete(m, v)
		}
	}
}

// reconcile weighs the quantities and the written total against each other: with probability
// 1 − wrong the total is the sum. It changes the distributions to what they are given all the
// others, and returns the probability that the total is the sum of the quantities.
func reconcile(fields []*amounts, total *amounts, wrong float64) float64 {
	if len(fields) == 0 || len(total.list) == 0 {
		return 0
	}
	// A total that is not the sum is any number of as many digits.
	space := math.Pow(10, float64(total.digits))
	pTotal := make(map[int]float64, len(total.list))
	for _, a := range total.list {
		pTotal[a.value] += a.p
	}
	// How well a sum fits the written total, against a total written at random.
	fit := func(sum int) float64 { return (1-wrong)*space*pTotal[sum] + wrong }
	loose := (1 - wrong) + wrong // a sum not known fits as anything does

	all := addUp(fields, -1)
	var agree, everything float64
	for v, p := range all.each() {
		agree += p * (1 - wrong) * space * pTotal[v]
		everything += p * fit(v)
	}
	everything += all.unknown * loose
	if everything <= 0 {
		return 0
	}
	type update struct{ p []float64 }
	updates := make([]update, len(fields))
	for i, f := range fields {
		others := addUp(fields, i)
		rest := others.each()
		w := make([]float64, len(f.list))
		norm := f.none() * loose
		for k, a := range f.list {
			for v, p := range rest {
				w[k] += p * fit(v+a.value)
			}
			w[k] = (w[k] + others.unknown*loose) * a.p
			norm += w[k]
		}
		for k := range w {
			w[k] /= max(norm, math.SmallestNonzeroFloat64)
		}
		updates[i].p = w
	}
	norm := total.none()
	for k, a := range total.list {
		w := a.p * ((1-wrong)*space*all.p[a.value] + wrong + all.unknown*loose)
		total.list[k].p = w
		norm += w
	}
	for k := range total.list {
		total.list[k].p /= max(norm, math.SmallestNonzeroFloat64)
	}
	for i, f := range fields {
		for k := range f.list {
			f.list[k].p = updates[i].p[k]
		}
		f.sort()
	}
	total.sort()
	return agree / everything
}

func (a *amounts) sort() {
	slices.SortStableFunc(a.list, func(x, y amount) int { return cmp.Compare(y.p, x.p) })
}

// leapYear has every day that a year can have.
const leapYear = 2028

// decodeDate finds the most probable delivery date. The boxes that are written on say how many
// digits month and day have.
func decodeDate(month, day []glyphs, from order.Date, reach int, odd, junk float64) (m, d int, p float64, within bool) {
	month, none := meant(month, junk)
	day, noneDay := meant(day, junk)
	none = 1 - (1-none)*(1-noneDay)
	space := math.Pow(10, float64(len(month)+len(day)))
	chance := func(v int, cells []glyphs) float64 {
		if len(cells) == 1 {
			if v > 9 {
				return 0
			}
			return cells[0].p[v]
		}
		return cells[0].p[v/10] * cells[1].p[v%10]
	}
	days := 0
	inReach := map[[2]int]bool{}
	if !from.IsZero() {
		for i := range reach + 1 {
			on := from.Add(i)
			inReach[[2]int{int(on.Month), on.Day}] = true
			days++
		}
	} else {
		days = 366
	}
	const noDay = 0.1 // of the odd dates are no day of any year
	total := noDay * odd
	best := 0.0
	for mm := 1; mm <= 12; mm++ {
		pm := chance(mm, month)
		for dd := 1; dd <= 31; dd++ {
			if order.D(leapYear, time.Month(mm), dd).Day != dd {
				continue
			}
			w := pm * chance(dd, day) * space
			ok := from.IsZero() || inReach[[2]int{mm, dd}]
			if ok {
				w *= (1 - odd) / float64(days)
			} else {
				w *= (1 - noDay) * odd / 366
			}
			total += w
			if w > best {
				best, m, d, within = w, mm, dd, ok
			}
		}
	}
	return m, d, best / total * (1 - none*otherNumber), within
}
