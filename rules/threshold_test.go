package rules_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"todoke/rules"
)

// TestErrorBounds holds the bounds to published Clopper–Pearson intervals and to closed forms.
func TestErrorBounds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		errors, n    int
		alpha        float64
		lower, upper float64
	}{
		{0, 0, .025, 0, 1},
		{0, 10, .025, 0, .308498},
		{1, 10, .025, .002529, .445016},
		{10, 10, .025, .691503, 1},
		{5, 20, .025, .086571, .491046},
		{0, 3000, .05, 0, 1 - math.Pow(.05, 1./3000)},
		{1, 1000, .05, 1 - math.Pow(.95, 1./1000), .004735},
		{499, 500, .05, .99054772, 1 - 1.02582e-4},
		{3, 1_000_000, .05, 8.1769e-7, 7.7537e-6},
		{7, 3, .05, .368403, 1}, // more errors than there are: all
	}
	for _, tt := range tests {
		lower, upper := rules.ErrorBounds(tt.errors, tt.n, tt.alpha)
		off := func(got, want float64) bool { return math.Abs(got-want) > 1e-6+1e-4*min(want, 1-want) }
		if off(lower, tt.lower) || off(upper, tt.upper) {
			t.Errorf("%d of %d: %.8f to %.8f, want %.8f to %.8f", tt.errors, tt.n, lower, upper, tt.lower, tt.upper)
		}
	}
}

func settings(target, floor, ceiling rules.PPM) rules.Settings {
	s := rules.Default()
	s.AuditKinds = []rules.ReadingSetting{{Kind: rules.ReadingItem, SharePPM: 10_000, TargetPPM: target, FloorPPM: floor, CeilingPPM: ceiling}}
	return s
}

func TestAdaptThreshold(t *testing.T) {
	t.Parallel()
	const current = 998_000
	band := func(confidence rules.PPM, n, errors, newN, newErrors int) rules.AuditBand {
		return rules.AuditBand{From: rules.BandFrom(confidence), N: n, Errors: errors, NewN: newN, NewErrors: newErrors}
	}
	tests := []struct {
		name    string
		current rules.PPM
		bands   []rules.AuditBand
		target  rules.PPM
		floor   rules.PPM
		action  rules.ThresholdAction
		next    rules.PPM
		why     string
	}{
		{"no data", current, nil, 200, 990_000, rules.ThresholdHold, current, "1000 are needed"},
		{"little data", current, []rules.AuditBand{band(999_990, 999, 0, 999, 0)}, 100_000, 990_000, rules.ThresholdHold, current, "1000 are needed"},
		{"much clean data, but not enough for the target", current, []rules.AuditBand{band(999_990, 10_000, 0, 10_000, 0)}, 200, 990_000, rules.ThresholdHold, current, "may be as high as"},
		{"clean data loosens by one rung", current, []rules.AuditBand{band(999_990, 15_000, 0, 1_600, 0)}, 200, 990_000, rules.ThresholdLoosen, 997_600, "surely below"},
		{"an error among so many that it is surely rare", current, []rules.AuditBand{band(999_990, 60_000, 1, 60_000, 1)}, 200, 990_000, rules.ThresholdLoosen, 997_600, "surely below"},
		{"the least sure alone are bad", current, []rules.AuditBand{band(999_990, 90_000, 0, 5_000, 0), band(998_100, 30, 1, 30, 1)}, 200, 990_000, rules.ThresholdHold, current, "may be as high"},
		{"the least sure alone are surely bad", current, []rules.AuditBand{band(999_990, 90_000, 0, 5_000, 0), band(998_100, 30, 2, 30, 2)}, 200, 990_000, rules.ThresholdTighten, 998_200, "below 99.82 % 2 of 30"},
		{"what was bad below stays out", current, []rules.AuditBand{band(999_990, 90_000, 0, 5_000, 0), band(997_700, 30, 2, 0, 0)}, 200, 990_000, rules.ThresholdHold, current, "when they were accepted"},
		{"at the floor", 990_000, []rules.AuditBand{band(999_990, 15_000, 0, 1_600, 0)}, 200, 990_000, rules.ThresholdHold, 990_000, "floor"},
		{
			"what a lower threshold let through is not forgotten", current,
			[]rules.AuditBand{band(999_990, 20_000, 0, 1_600, 0), band(997_700, 100, 5, 0, 0)},
			200, 990_000, rules.ThresholdHold, current, "as high as",
		},
		{"one error among few", current, []rules.AuditBand{band(998_500, 100, 1, 100, 1)}, 200, 990_000, rules.ThresholdTighten, 999_000, "1 of 100"},
		{"one error among many", current, []rules.AuditBand{band(998_500, 5_000, 1, 5_000, 1)}, 200, 990_000, rules.ThresholdHold, current, "since the last change the error may be as high as"},
		{"several errors above the target", current, []rules.AuditBand{band(998_500, 9_000, 3, 100, 1)}, 200, 990_000, rules.ThresholdTighten, 999_000, "3 of 9000"},
		{"several errors below the target", current, []rules.AuditBand{band(998_500, 90_000, 3, 1_000, 1)}, 200, 990_000, rules.ThresholdHold, current, "since the last change the error may"},
		{"errors that stay above half the doubt: a quarter", current, []rules.AuditBand{band(999_990, 100, 2, 100, 2)}, 200, 990_000, rules.ThresholdTighten, 999_500, "2 of 100"},
		{"errors that led to the last change are not counted twice", 999_000, []rules.AuditBand{band(999_990, 100, 2, 20, 0)}, 200, 990_000, rules.ThresholdHold, 999_000, "20 audited since"},
		{"at the ceiling", 999_950, []rules.AuditBand{band(999_990, 100, 2, 100, 2)}, 200, 990_000, rules.ThresholdTighten, rules.Whole, "until a person resets it"},
		{"at the ceiling, not surely", 999_950, []rules.AuditBand{band(999_990, 9_000, 3, 900, 0), band(999_960, 900, 1, 900, 1)}, 200, 990_000, rules.ThresholdHold, 999_950, "a person must decide"},
		{"up to the ceiling", 999_930, []rules.AuditBand{band(999_990, 100, 2, 100, 2)}, 200, 990_000, rules.ThresholdTighten, 999_950, "2 of 100"},
		{"everything wrong", current, []rules.AuditBand{band(998_500, 1, 1, 1, 1)}, 200, 990_000, rules.ThresholdTighten, 999_000, "1 of 1"},
		{"accepting everything", 0, []rules.AuditBand{band(0, 10, 5, 10, 5)}, 200, 0, rules.ThresholdTighten, 750_000, "5 of 10"},
		{"stopped", rules.Whole, []rules.AuditBand{band(rules.Whole, 15_000, 0, 1_600, 0)}, 200, 990_000, rules.ThresholdHold, rules.Whole, "until a person resets it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := rules.AdaptThreshold(rules.ThresholdCase{Kind: rules.ReadingItem, Current: tt.current, Bands: tt.bands}, settings(tt.target, tt.floor, 999_950))
			if d.Action != tt.action || d.Next != tt.next || !strings.Contains(d.Why, tt.why) {
				t.Errorf("%s to %d (%s), want %s to %d (%s)", d.Action, d.Next, d.Why, tt.action, tt.next, tt.why)
			}
			if d.Alarm != strings.HasPrefix(tt.name, "at the ceiling") {
				t.Errorf("alarm %v", d.Alarm)
			}
		})
	}
}

func TestInForce(t *testing.T) {
	t.Parallel()
	const byDefault = 998_000
	for _, tt := range []struct {
		name string
		row  *rules.ThresholdRow
		want rules.PPM
	}{
		{"no history", nil, byDefault},
		{"reset", &rules.ThresholdRow{Default: true, Threshold: 1}, byDefault},
		{"loosened by this model", &rules.ThresholdRow{Threshold: 990_000, Model: "b"}, 990_000},
		{"loosened by another", &rules.ThresholdRow{Threshold: 990_000, Model: "a"}, byDefault},
		{"tightened by another", &rules.ThresholdRow{Threshold: 999_000, Model: "a"}, 999_000},
		{"pinned", &rules.ThresholdRow{Threshold: 990_000, Pinned: true}, 990_000},
	} {
		if got := rules.InForce(tt.row, byDefault, "b"); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestAdaptionIsBounded: whatever is counted, a threshold moves within its bounds, tightens by at
// most four times and loosens by at most a third, and never loosens on an error just seen.
func TestAdaptionIsBounded(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 5))
	s := settings(300, 990_000, 999_950)
	for range 3_000 {
		current := rules.PPM(r.IntN(int(rules.Whole) + 1))
		c := rules.ThresholdCase{Kind: rules.ReadingItem, Current: current}
		for range r.IntN(6) {
			b := rules.AuditBand{From: rules.BandFrom(rules.PPM(1_000_000 - math.Pow(10, 6*r.Float64()))), N: r.IntN(20_000)}
			b.Errors = r.IntN(min(b.N, 4) + 1)
			b.NewN = r.IntN(b.N + 1)
			b.NewErrors = r.IntN(min(b.Errors, b.NewN) + 1)
			c.Bands = append(c.Bands, b)
		}
		d := rules.AdaptThreshold(c, s)
		doubt, next := rules.Whole-current, rules.Whole-d.Next
		switch d.Action {
		case rules.ThresholdHold:
			if d.Next != current {
				t.Fatalf("held at %d, was %d", d.Next, current)
			}
		case rules.ThresholdTighten:
			if d.Next <= current || d.Next > 999_950 && (current < 999_950 || d.Next != rules.Whole) || current < 999_800 && next < doubt/4 {
				t.Fatalf("tightened from %d to %d", current, d.Next)
			}
		case rules.ThresholdLoosen:
			if d.Next >= current || d.Next < 990_000 || float64(next) > 1.45*float64(doubt)+1 {
				t.Fatalf("loosened from %d to %d", current, d.Next)
			}
		}
		if d.Why == "" {
			t.Fatal("not explained")
		}
	}
}

// reader is a simulated reader: how its confidences spread and how often it is truly wrong.
type reader struct {
	name   string
	wrong  func(doubt float64) float64
	spread float64 // decades of doubt, below 0.1, over which its readings spread evenly
}

// life is what became of a simulated reader.
type life struct {
	accepted, acceptedWrong int
	late, lateWrong         int // of the second half
	share, lateShare        float64
	last                    rules.PPM
	tightened, loosened     int
}

// live runs a reader for days with its thresholds adapted every night.
func live(rd reader, s rules.Settings, start rules.PPM, days, fields int, seed uint64) life {
	r := rand.New(rand.NewPCG(seed, 11))
	type tally struct{ n, errors, newN, newErrors int }
	bands := map[rules.PPM]*tally{}
	k := s.Reading(rules.ReadingItem)
	threshold := start
	var l life
	lateFields := 0
	for day := range days {
		for range fields {
			doubt := math.Pow(10, -1-rd.spread*r.Float64())
			wrong := r.Float64() < rd.wrong(doubt)
			confidence := rules.PPM(math.Round(1e6 * (1 - doubt)))
			if day >= days/2 {
				lateFields++
			}
			if confidence < threshold {
				continue
			}
			l.accepted++
			late := 0
			if day >= days/2 {
				late = 1
			}
			l.late += late
			if wrong {
				l.acceptedWrong++
				l.lateWrong += late
			}
			if rules.PPM(r.IntN(int(rules.Whole))) >= k.SharePPM {
				continue
			}
			b := bands[rules.BandFrom(confidence)]
			if b == nil {
				b = &tally{}
				bands[rules.BandFrom(confidence)] = b
			}
			b.n, b.newN = b.n+1, b.newN+1
			if wrong {
				b.errors, b.newErrors = b.errors+1, b.newErrors+1
			}
		}
		c := rules.ThresholdCase{Kind: rules.ReadingItem, Current: threshold}
		for from, b := range bands {
			c.Bands = append(c.Bands, rules.AuditBand{From: from, N: b.n, Errors: b.errors, NewN: b.newN, NewErrors: b.newErrors})
		}
		d := rules.AdaptThreshold(c, s)
		if d.Action != rules.ThresholdHold {
			for _, b := range bands {
				b.newN, b.newErrors = 0, 0
			}
		}
		switch d.Action {
		case rules.ThresholdTighten:
			l.tightened++
		case rules.ThresholdLoosen:
			l.loosened++
		case rules.ThresholdHold:
		}
		threshold = d.Next
	}
	l.share, l.lateShare, l.last = float64(l.accepted)/float64(days*fields), float64(l.late)/float64(lateFields), threshold
	return l
}

// TestAdaptionKeepsItsPromise lives 200 days with readers that are as sure as they should be, too
// sure, too modest, and bad below some confidence. The error among accepted fields ends at or
// below its target, also that of the whole time for all but readers that are far too sure from
// the first day, and what could be accepted still is.
func TestAdaptionKeepsItsPromise(t *testing.T) {
	t.Parallel()
	const days, fields, seeds, start = 200, 2_000, 4, 998_000
	s := settings(1_000, 980_000, 999_950)
	s.AuditKinds[0].SharePPM = 60_000
	line := func(times float64) func(float64) float64 {
		return func(doubt float64) float64 { return min(1, times*doubt) }
	}
	tests := []struct {
		reader
		late, least float64 // error of the second half at most, in targets; share accepted in it at least
	}{
		{reader{"true to its word", line(1), 5}, 1, .60},
		{reader{"too modest, four times", line(.25), 5}, 1, .66},
		{reader{"too sure, five times", line(5), 5}, 1, .40},
		{reader{"too sure, thirty times", line(30), 5}, 1.2, .25},
		{reader{"good, but bad below 99.7 %", func(d float64) float64 {
			if d > .003 {
				return .2
			}
			return d / 10
		}, 5}, 1, .60},
		{reader{"never wrong", line(0), 5}, 0, .66},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sum life
			var out strings.Builder
			for seed := range uint64(seeds) {
				l := live(tt.reader, s, start, days, fields, seed)
				fmt.Fprintf(&out, "\n  seed %d: error %.0f ppm (late %.0f), accepted %.1f %% (late %.1f %%), %d times tighter, %d looser, ends at %s",
					seed, 1e6*float64(l.acceptedWrong)/float64(l.accepted), 1e6*float64(l.lateWrong)/float64(max(l.late, 1)), 100*l.share, 100*l.lateShare, l.tightened, l.loosened, l.last)
				sum.late, sum.lateWrong = sum.late+l.late, sum.lateWrong+l.lateWrong
				sum.accepted, sum.acceptedWrong = sum.accepted+l.accepted, sum.acceptedWrong+l.acceptedWrong
				sum.lateShare += l.lateShare / seeds
			}
			rate := float64(sum.lateWrong) / float64(sum.late)
			t.Logf("late error %.0f ppm, target 1000, accepted %.1f %% of %d%s", 1e6*rate, 100*sum.lateShare, days*fields, &out)
			if rate > tt.late*1e-3 {
				t.Errorf("accepted fields are wrong at %.0f ppm in the second half, target 1000", 1e6*rate)
			}
			if sum.lateShare < tt.least {
				t.Errorf("%.1f %% are accepted in the second half, want %.0f %%", 100*sum.lateShare, 100*tt.least)
			}
		})
	}
}

// TestAdaptionByDefault lives 200 days with the defaults, in a shop of some 800 pages a day: 40
// audited quantities a day show a bad reader within weeks and cannot prove a good one better.
func TestAdaptionByDefault(t *testing.T) {
	t.Parallel()
	const days, fields, seeds, start = 200, 4_000, 3, 997_500
	s := rules.Default()
	for i := range s.AuditKinds {
		if s.AuditKinds[i].Kind == rules.ReadingQuantity {
			s.AuditKinds[i].Kind, s.AuditKinds = rules.ReadingItem, s.AuditKinds[i:i+1] // live asks for items
			break
		}
	}
	tests := []struct {
		reader
		late, least float64 // as above; the target is 300 ppm
	}{
		{reader{"true to its word", func(d float64) float64 { return d / 2 }, 5}, 1.2, .6},
		{reader{"three in a thousand wrong, however sure", func(d float64) float64 { return .003 + d/2 }, 5}, 12, 0},
		{reader{"too sure, twenty times", func(d float64) float64 { return min(1, 20*d) }, 5}, 3, .2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			late, wrong, share := 0, 0, 0.0
			for seed := range uint64(seeds) {
				l := live(tt.reader, s, start, days, fields, seed)
				t.Logf("seed %d: error %.0f ppm (late %.0f), accepted %.1f %% (late %.1f %%), %d times tighter, %d looser, ends at %s",
					seed, 1e6*float64(l.acceptedWrong)/float64(l.accepted), 1e6*float64(l.lateWrong)/float64(max(l.late, 1)), 100*l.share, 100*l.lateShare, l.tightened, l.loosened, l.last)
				late, wrong, share = late+l.late, wrong+l.lateWrong, share+l.lateShare/seeds
			}
			if rate := float64(wrong) / float64(max(late, 1)); rate > tt.late*300e-6 || share < tt.least {
				t.Errorf("in the second half %.0f ppm of what is accepted is wrong, %.1f %% is accepted", 1e6*rate, 100*share)
			}
		})
	}
}
