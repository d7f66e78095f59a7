package rules

import (
	"fmt"
	"math"
	"slices"
)

// AuditBand counts audited fields of one kind whose confidence is at least From and below that of
// the next band. What is undecided or unreadable is in none.
type AuditBand struct {
	From      PPM `json:"from_ppm"`
	N         int `json:"audited"`
	Errors    int `json:"errors"`
	NewN      int `json:"audited_new"` // of them, those decided since the threshold last changed
	NewErrors int `json:"errors_new"`
}

// doubts are the least doubts (100 % less the confidence) of the bands, eight to a decade. They
// are the rungs that thresholds move on as well.
var doubts = func() []PPM {
	var out []PPM
	for decade := PPM(1); decade <= 10_000; decade *= 10 {
		for _, m := range []PPM{10, 13, 18, 24, 32, 42, 56, 75} {
			if d := decade * m / 10; len(out) == 0 || d > out[len(out)-1] {
				out = append(out, d)
			}
		}
	}
	return append(out, 100_000)
}()

// BandFrom is the least confidence of the band that a confidence falls in.
func BandFrom(confidence PPM) PPM {
	doubt := Whole - confidence
	for _, d := range doubts {
		if doubt <= d {
			return Whole - d
		}
	}
	return 0
}

// ThresholdAction is what adaption makes of a threshold.
type ThresholdAction string

// The actions.
const (
	ThresholdHold    ThresholdAction = "hold"
	ThresholdTighten ThresholdAction = "tighten"
	ThresholdLoosen  ThresholdAction = "loosen"
)

// ThresholdCase is what a threshold is judged by.
type ThresholdCase struct {
	Kind    ReadingKind `json:"kind"`
	Current PPM         `json:"current_ppm"`
	Bands   []AuditBand `json:"bands"` // of the window, whatever threshold was in force; also below the current one
}

// ThresholdDecision is the next threshold and why.
type ThresholdDecision struct {
	Action ThresholdAction `json:"action"`
	Next   PPM             `json:"next_ppm"`
	Why    string          `json:"why"`
	// Of what would be accepted by the current threshold:
	N      int `json:"audited"`
	Errors int `json:"errors"`
	Lower  PPM `json:"lower_ppm"` // one-sided exact bounds of the error
	Upper  PPM `json:"upper_ppm"`
	// Alarm: the threshold stands at its ceiling and the error is still above its target. Where it
	// surely is, Next is Whole: nothing of the kind is accepted unseen until a person resets it.
	Alarm bool `json:"alarm,omitempty"`
}

// counted are audits at or above a threshold.
type counted struct{ n, errors, newN, newErrors int }

// above counts the bands that reach above a threshold; the band it lies in counts whole.
func above(bands []AuditBand, threshold PPM) (c counted) {
	from := BandFrom(threshold)
	for _, b := range bands {
		if b.From >= from {
			c.n, c.errors, c.newN, c.newErrors = c.n+b.N, c.errors+b.Errors, c.newN+b.NewN, c.newErrors+b.NewErrors
		}
	}
	return c
}

// AdaptThreshold gives a kind's next threshold (RDR-4).
//
// It tightens at once when an error has come up since the last change and the error among
// accepted fields is surely above its target (the exact lower bound is, over the whole window or
// since the last change) or is above it by several errors: the doubt allowed is halved, and
// halved once more where the errors would stay. It tightens as well to leave out what is accepted
// with the least confidence, where that alone is surely wrong many times as often as the target:
// among everything else it would hardly show. It loosens by one rung, a third more doubt, only
// when the exact upper bound of the error is below its target, counting also what an earlier,
// lower threshold let through, and enough was audited since the last change, so surely right as
// well where it held an error. Floor and ceiling bound it, but for one case: where the error is
// surely above its target at the ceiling, nothing is accepted unseen any more; a current threshold beyond them is taken as it is and moved no further out.
func AdaptThreshold(c ThresholdCase, s Settings) ThresholdDecision {
	k := s.Reading(c.Kind)
	alpha := 1 - float64(s.AuditCertaintyPercent)/100
	now := above(c.Bands, c.Current)
	lower, upper := ErrorBounds(now.errors, now.n, alpha)
	d := ThresholdDecision{Action: ThresholdHold, Next: c.Current, N: now.n, Errors: now.errors, Lower: floorPPM(lower), Upper: ceilPPM(upper)}
	target := float64(k.TargetPPM) / float64(Whole)

	tooMany := func(v counted) bool {
		all, _ := ErrorBounds(v.errors, v.n, alpha)
		fresh, _ := ErrorBounds(v.newErrors, v.newN, alpha)
		many := v.errors >= s.AuditTightenErrors && float64(v.errors) > target*float64(v.n)
		return all > target || fresh > target || many
	}
	wrong := fmt.Sprintf("%d of %d audited are wrong (%d of %d since the last change)", now.errors, now.n, now.newErrors, now.newN)
	if now.newErrors > 0 && tooMany(now) {
		if c.Current >= k.CeilingPPM {
			d.Alarm = true
			d.Why = fmt.Sprintf("%s, target %s: the threshold is at its ceiling, a person must decide", wrong, k.TargetPPM)
			if fresh, _ := ErrorBounds(now.newErrors, now.newN, alpha); fresh > target && c.Current < Whole {
				d.Action, d.Next = ThresholdTighten, Whole
				d.Why = fmt.Sprintf("%s, target %s: the threshold is at its ceiling and the error surely above its target, so nothing is accepted unseen until a person resets it", wrong, k.TargetPPM)
			}
			return d
		}
		next := Whole - (Whole-c.Current)/2
		if rest := above(c.Bands, next); tooMany(rest) {
			next = Whole - (Whole-c.Current)/4
		}
		d.Action, d.Next = ThresholdTighten, min(next, k.CeilingPPM)
		d.Why = fmt.Sprintf("%s, target %s: surely or repeatedly above it", wrong, k.TargetPPM)
		return d
	}
	bad := func(v counted) bool {
		least, _ := ErrorBounds(v.errors, v.n, alpha)
		return least > float64(s.AuditBandFactor)*target
	}
	if next, v := badMargin(c, bad); next > c.Current && c.Current < k.CeilingPPM {
		d.Action, d.Next = ThresholdTighten, min(next, k.CeilingPPM)
		d.Why = fmt.Sprintf("below %s %d of %d audited are wrong: surely more than %d times the target %s", next, v.errors, v.n, s.AuditBandFactor, k.TargetPPM)
		return d
	}
	if c.Current >= Whole { // what was drawn before it stopped may still be keyed
		d.Why = "nothing is accepted unseen until a person resets it"
		return d
	}
	if now.newN < s.AuditLoosenAfter {
		d.Why = fmt.Sprintf("%d audited since the last change: %d are needed before it may loosen", now.newN, s.AuditLoosenAfter)
		return d
	}
	next := looser(c.Current)
	if next < k.FloorPPM || next >= c.Current {
		d.Why = "the threshold is at its floor"
		return d
	}
	if _, most := ErrorBounds(now.newErrors, now.newN, alpha); now.newErrors > 0 && most >= target {
		d.Why = fmt.Sprintf("%s: since the last change the error may be as high as %s, target %s", wrong, ceilPPM(most), k.TargetPPM)
		return d
	}
	then := above(c.Bands, next)
	if _, most := ErrorBounds(then.errors, then.n, alpha); most >= target {
		d.Why = fmt.Sprintf("%d of %d audited are wrong at %s and above: the error may be as high as %s, target %s", then.errors, then.n, next, ceilPPM(most), k.TargetPPM)
		return d
	}
	if v := between(c.Bands, next, stricter(c.Current)); float64(v.errors) > float64(s.AuditBandFactor)*target*float64(v.n) {
		d.Why = fmt.Sprintf("between %s and %s %d of %d audited were wrong when they were accepted", next, stricter(c.Current), v.errors, v.n)
		return d
	}
	d.Action, d.Next = ThresholdLoosen, next
	d.Why = fmt.Sprintf("%d of %d audited are wrong at %s and above: the error is surely below %s", then.errors, then.n, next, k.TargetPPM)
	return d
}

// between counts the bands from one threshold's up to another's, that one left out.
func between(bands []AuditBand, from, to PPM) (c counted) {
	a, b := above(bands, from), above(bands, to)
	return counted{a.n - b.n, a.errors - b.errors, a.newN - b.newN, a.newErrors - b.newErrors}
}

// badMargin looks at what is accepted with the least confidence, up to four rungs of it, and
// gives the threshold that leaves out as much of it as is bad, where an error is new; the current
// one where nothing is.
func badMargin(c ThresholdCase, bad func(counted) bool) (next PPM, seen counted) {
	const rungs = 4
	next = c.Current
	i := slices.Index(doubts, Whole-BandFrom(c.Current))
	for n := 1; n <= rungs && i-n >= 0; n++ {
		edge := Whole - doubts[i-n]
		if v := between(c.Bands, c.Current, edge); v.newErrors > 0 && v.errors > seen.errors && bad(v) {
			next, seen = edge, v
		}
	}
	return next, seen
}

// ThresholdRow is one row of a threshold's history.
type ThresholdRow struct {
	Threshold PPM    // meaningless where Default
	Default   bool   // back to the default
	Pinned    bool   // by a person: adaption leaves it alone
	Model     string // the recogniser whose audits it rests on; "" for a person's row
}

// InForce is the threshold that holds by the latest row of its history, if there is one (RDR-4).
// What a recogniser had earned beyond the default is lost when another one takes over; what was
// tightened stays tight.
func InForce(latest *ThresholdRow, byDefault PPM, model string) PPM {
	switch {
	case latest == nil, latest.Default:
		return byDefault
	case latest.Pinned:
		return latest.Threshold
	case latest.Model != model:
		return max(latest.Threshold, byDefault)
	}
	return latest.Threshold
}

// looser is the next rung below a threshold: at most a third more doubt. A threshold at the
// lowest rung stays.
func looser(t PPM) PPM {
	doubt := Whole - t
	i, _ := slices.BinarySearch(doubts, doubt+1)
	if i == len(doubts) {
		return t
	}
	return Whole - doubts[i]
}

// stricter is the next rung above the one of a threshold.
func stricter(t PPM) PPM {
	if i := slices.Index(doubts, Whole-BandFrom(t)); i > 0 {
		return Whole - doubts[i-1]
	}
	return Whole
}

func floorPPM(p float64) PPM { return PPM(math.Floor(p * float64(Whole))) }
func ceilPPM(p float64) PPM  { return PPM(math.Ceil(p*float64(Whole) - 1e-9)) }

// ErrorBounds are the exact (Clopper–Pearson) bounds of an error rate of which errors were seen
// among n: each is passed with probability alpha at most. Alpha 0.025 makes the usual interval
// of 95 %. Nothing seen bounds nothing: 0 and 1.
func ErrorBounds(errors, n int, alpha float64) (lower, upper float64) {
	errors = min(max(errors, 0), max(n, 0))
	if n <= 0 {
		return 0, 1
	}
	if errors > 0 {
		lower = solve(func(p float64) bool { return 1-atMost(errors-1, n, p) < alpha })
	}
	upper = 1
	if errors < n {
		upper = solve(func(p float64) bool { return atMost(errors, n, p) > alpha })
	}
	return lower, upper
}

// solve finds where below turns from true to false between 0 and 1.
func solve(below func(p float64) bool) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		mid := (lo + hi) / 2
		if below(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// atMost is the probability of at most k errors among n at an error rate of p.
func atMost(k, n int, p float64) float64 {
	switch {
	case k >= n || p <= 0:
		return 1
	case p >= 1 || k < 0:
		return 0
	case k > n/2: // the shorter tail
		return 1 - atMost(n-k-1, n, 1-p)
	}
	lp, lq := math.Log(p), math.Log1p(-p)
	whole, _ := math.Lgamma(float64(n + 1))
	sum := 0.0
	for i := range k + 1 {
		a, _ := math.Lgamma(float64(i + 1))
		b, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(whole - a - b + float64(i)*lp + float64(n-i)*lq)
	}
	return min(sum, 1)
}
