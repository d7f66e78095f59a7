package fax

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// rejects are the parts of digits left to people that errors are told for.
var rejects = []float64{0, .005, .01, .05}

// percent writes a part of one with as many decimals as n can tell.
func percent(v float64, decimals int) string { return fmt.Sprintf("%.*f %%", decimals, 100*v) }

func pct(k, n int) string {
	if n == 0 {
		return "-"
	}
	return percent(float64(k)/float64(n), 2)
}

// Print writes the figures as tables: limits where there are any, then every set in a row, then
// all of it by field, by hand and by confidence.
func Print(w io.Writer, results []*Result) error {
	var b strings.Builder
	for _, r := range results {
		if r.Limits != nil {
			r.printLimits(&b)
		}
	}
	total := Total(results)
	printSets(&b, append(slices.Clone(results), total))
	total.printFields(&b)
	total.printThresholds(&b)
	total.printDigits(&b)
	total.printJunk(&b)
	total.printMarks(&b)
	total.printReliability(&b)
	total.printStages(&b)
	for _, m := range total.Mistakes {
		fmt.Fprintf(&b, "accepted wrongly: %s\n", m)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Goal is a measure beside what it must reach.
type Goal struct {
	Measure string  `json:"measure"`
	Value   float64 `json:"value"` // part of one, or milliseconds
	Rate    *Rate   `json:"rate,omitempty"`
	Limit   float64 `json:"limit"`
	AtLeast bool    `json:"at_least"` // else at most
	Reached bool    `json:"reached"`
}

// Goals holds a set's figures against its limits; what has no limit is left out.
func (res *Result) Goals() []Goal {
	l := res.Limits
	if l == nil {
		return nil
	}
	var out []Goal
	rate := func(name string, r Rate, limit float64, atLeast bool) {
		if limit > 0 && r.N > 0 {
			v := r.Of()
			out = append(out, Goal{name, v, &r, limit, atLeast, v == limit || (v > limit) == atLeast})
		}
	}
	value := func(name string, v, limit float64) {
		if limit > 0 {
			out = append(out, Goal{Measure: name, Value: v, Limit: limit, Reached: v <= limit})
		}
	}
	rate("pages registered and identified", Rate{res.Identified, res.Pages}, l.Identified, true)
	for i, reject := range []float64{0, .01, .05} {
		rate(fmt.Sprintf("digit error at %g %% reject", 100*reject), res.DigitError(reject), l.DigitError[i], false)
	}
	accepted, wrong := res.AcceptedFields("item_code", "customer_code")
	rate("codes accepted", accepted, l.Codes, true)
	rate("codes wrong among accepted", wrong, l.CodesWrong, false)
	accepted, wrong = res.AcceptedFields("quantity")
	rate("quantities accepted", accepted, l.Quantities, true)
	rate("quantities wrong among accepted", wrong, l.QuantitiesWrong, false)
	rate("orders without a touch", Rate{res.Touchless, res.Pages}, l.Touchless, true)
	rate("orders taken with a wrong field", Rate{res.WrongPages, res.Pages}, l.TouchlessWrong, false)
	rate("junk taken for a digit", res.JunkTaken("", .01), l.Junk, false)
	rate("marks right", Rate{res.Marks.Right, res.Marks.N}, l.MarksRight, true)
	rate("marks unsure", Rate{res.Marks.Unsure, res.Marks.N}, l.MarksUnsure, false)
	value("calibration of digits (ECE)", res.ECE(), l.ECE)
	if median, p99 := percentiles(res.CPU); median > 0 {
		value("processor time, median ms", median, l.MedianMS)
		value("processor time, p99 ms", p99, l.P99MS)
	}
	return out
}

func (res *Result) printLimits(b *strings.Builder) {
	fmt.Fprintf(b, "%s: %d pages\n  %-34s %10s %16s   %-12s %-12s %s\n", res.Name, res.Pages, "measure", "measured", "of", "95 % sure", "must be", "")
	for _, g := range res.Goals() {
		verdict := "NOT REACHED"
		if g.Reached {
			verdict = "reached"
		}
		sign := "≤"
		if g.AtLeast {
			sign = "≥"
		}
		if g.Rate == nil {
			value, limit := fmt.Sprintf("%.1f", g.Value), fmt.Sprintf("%.0f", g.Limit)
			if g.Limit < 1 {
				value, limit = percent(g.Value, 2), percent(g.Limit, 2)
			}
			fmt.Fprintf(b, "  %-34s %10s %16s   %-12s %-12s %s\n", g.Measure, value, "", "", sign+" "+limit, verdict)
			continue
		}
		sure := "≤ " + percent(g.Rate.AtMost(), 3)
		if g.AtLeast {
			sure = "≥ " + percent(1-Rate{g.Rate.N - g.Rate.K, g.Rate.N}.AtMost(), 2)
		}
		fmt.Fprintf(b, "  %-34s %10s %16s   %-12s %-12s %s\n", g.Measure, percent(g.Value, 3), fmt.Sprintf("%d / %d", g.Rate.K, g.Rate.N), sure, sign+" "+trimmed(g.Limit), verdict)
	}
	b.WriteByte('\n')
}

// trimmed is a percentage without idle zeros.
func trimmed(v float64) string { return fmt.Sprintf("%.4g %%", 100*v) }

func printSets(b *strings.Builder, all []*Result) {
	wide := 12
	for _, r := range all {
		wide = max(wide, len(r.Name))
	}
	fmt.Fprintf(b, "%-*s %6s %10s %10s | %8s %8s %8s %8s %8s %8s | %8s %9s %6s | %9s %6s | %7s %7s\n",
		wide, "condition", "pages", "registered", "identified", "digits", "err 0 %", "0.5 %", "1 %", "5 %", "ECE",
		"fields", "accepted", "wrong", "touchless", "wrong", "cpu ms", "p99")
	for _, r := range all {
		fmt.Fprintf(b, "%-*s %6d %10s %10s | %8d ", wide, r.Name, r.Pages, pct(r.Registered, r.Pages), pct(r.Identified, r.Pages), len(r.digits))
		for _, reject := range rejects {
			fmt.Fprintf(b, "%8s ", percent(r.DigitError(reject).Of(), 3))
		}
		accepted, wrong := r.AcceptedFields()
		median, p99 := percentiles(r.CPU)
		fmt.Fprintf(b, "%8s | %8d %9s %6d | %9s %6d | %7.1f %7.1f\n", percent(r.ECE(), 2),
			accepted.N, pct(accepted.K, accepted.N), wrong.K, pct(r.Touchless, r.Pages), r.WrongPages, median, p99)
	}
}

func (res *Result) kinds() []string {
	out := make([]string, 0, len(res.Fields))
	for k := range res.Fields {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (res *Result) printFields(b *strings.Builder) {
	fmt.Fprintf(b, "\n%-16s %8s %10s %12s\n", "field", "written", "accepted", "wrong (all)")
	for _, k := range res.kinds() {
		f := res.Fields[k]
		fmt.Fprintf(b, "%-16s %8d %10s %12d\n", k, f.Written, pct(f.Accepted, f.Written), f.Wrong)
	}
	x := res.Boxes
	fmt.Fprintf(b, "\nboxes: %d blank, %d of them (%s) taken for written; %d written, %d of them (%s) taken for blank\n",
		x.Blank, x.TakenForWritten, pct(x.TakenForWritten, x.Blank), x.Written, x.TakenForBlank, pct(x.TakenForBlank, x.Written))
}

func (res *Result) printThresholds(b *strings.Builder) {
	thresholds := []float64{0.9, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995}
	fmt.Fprintf(b, "\nfields that only confidence decides: share taken and wrong ones among them, by threshold\n%-16s %7s", "field", "n")
	for _, t := range thresholds {
		fmt.Fprintf(b, " %14.4g", t)
	}
	b.WriteByte('\n')
	for _, k := range res.kinds() {
		n := 0
		taken, wrong := make([]int, len(thresholds)), make([]int, len(thresholds))
		for _, f := range res.fields {
			if f.kind != k {
				continue
			}
			n++
			for i, t := range thresholds {
				if f.confidence >= t {
					taken[i]++
					if !f.right {
						wrong[i]++
					}
				}
			}
		}
		fmt.Fprintf(b, "%-16s %7d", k, n)
		for i := range thresholds {
			fmt.Fprintf(b, " %9s %4d", pct(taken[i], n), wrong[i])
		}
		b.WriteByte('\n')
	}
}

func (res *Result) printDigits(b *strings.Builder) {
	fmt.Fprintf(b, "\n%-10s %8s %18s %18s %18s %18s %8s\n", "digits", "n", "wrong, all taken", "0.5 % rejected", "1 %", "5 %", "ECE")
	row := func(name string, digits []digitResult) {
		fmt.Fprintf(b, "%-10s %8d", name, len(digits))
		for _, reject := range rejects {
			r := digitError(digits, reject)
			fmt.Fprintf(b, " %18s", fmt.Sprintf("%s (%d)", percent(r.Of(), 3), r.K))
		}
		e := ece(len(digits), func(i int) (float64, bool) { return digits[i].confidence, digits[i].right })
		fmt.Fprintf(b, " %8s\n", percent(e, 2))
	}
	for _, s := range res.Sources() {
		row(s, res.digitsOf(s))
	}
	row("all", res.digits)
}

func (res *Result) printJunk(b *strings.Builder) {
	if len(res.junk) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%-12s %8s  taken for a digit where 0.5 %%, 1 %%, 5 %% of digits are left to people\n", "junk", "n")
	for _, kind := range append(slices.Clone(junkKinds), "") {
		name := kind
		if kind == "" {
			name = "all"
		}
		fmt.Fprintf(b, "%-12s %8d ", name, res.JunkTaken(kind, 0).N)
		for _, reject := range rejects[1:] {
			r := res.JunkTaken(kind, reject)
			fmt.Fprintf(b, " %16s", fmt.Sprintf("%s (%d)", percent(r.Of(), 2), r.K))
		}
		b.WriteByte('\n')
	}
}

func (res *Result) printMarks(b *strings.Builder) {
	m := res.Marks
	fmt.Fprintf(b, "\nmarks, ticked or not: n = %d, right %s, unsure %s, wrong %d\n", m.N, pct(m.Right, m.N), pct(m.Unsure, m.N), m.N-m.Right-m.Unsure)
}

func (res *Result) printReliability(b *strings.Builder) {
	fmt.Fprintf(b, "\nreliability (ECE of digits %s, of fields %s)\n%-16s | %8s %10s %10s | %8s %10s %10s\n",
		percent(res.ECE(), 2), percent(res.FieldECE(), 2), "confidence", "digits", "mean", "right", "fields", "mean", "right")
	fields := res.FieldReliability()
	for i, d := range res.DigitReliability() {
		f := fields[i]
		if d.N+f.N == 0 {
			continue
		}
		fmt.Fprintf(b, "%6.4g … %-7.4g | %8d %10s %10s | %8d %10s %10s\n", d.From, d.To,
			d.N, percent(d.Confidence, 2), percent(d.Right, 2), f.N, percent(f.Confidence, 2), percent(f.Right, 2))
	}
}

func (res *Result) printStages(b *strings.Builder) {
	if len(res.CPU) == 0 {
		b.WriteString("\nprocessor time is only measured with one worker (-j 1)\n")
		return
	}
	fmt.Fprintf(b, "\n%-16s %10s %10s %10s\n", "stage, ms", "median", "p99", "mean")
	row := func(name string, d []time.Duration) {
		median, p99 := percentiles(d)
		fmt.Fprintf(b, "%-16s %10.2f %10.2f %10.2f\n", name, median, p99, mean(d))
	}
	names := make([]string, 0, len(res.Stages))
	for k := range res.Stages {
		names = append(names, k)
	}
	slices.SortFunc(names, func(x, y string) int { return slices.Index(Stages, x) - slices.Index(Stages, y) })
	for _, k := range names {
		row(k, res.Stages[k])
	}
	row("page", res.CPU)
	if m := mean(res.CPU); m > 0 {
		fmt.Fprintf(b, "%.1f pages a second on one core (%d pages)\n", 1000/m, len(res.CPU))
	}
}

// Stages are the stages of reading a page, in order.
var Stages = []string{"decode", "register", "identify", "cells", "digits", "fields"}

// mean is in milliseconds.
func mean(d []time.Duration) float64 {
	if len(d) == 0 {
		return 0
	}
	var sum time.Duration
	for _, t := range d {
		sum += t
	}
	return float64(sum.Microseconds()) / 1000 / float64(len(d))
}

// PrintPeers writes what other programs made of the sample.
func PrintPeers(w io.Writer, peers []PeerReport) error {
	var b strings.Builder
	for _, p := range peers {
		switch {
		case p.Missing != "":
			fmt.Fprintf(&b, "\n%s: not measured: %s\n", p.Peer, p.Missing)
			continue
		case p.Cells.N > 0:
			fmt.Fprintf(&b, "\n%s on the same %d boxes: %s wrong or without an answer; the reader %s\n", p.Peer, p.Cells.N, pct(p.Cells.K, p.Cells.N), pct(p.OurCells.K, p.OurCells.N))
		default:
			b.WriteByte('\n')
		}
		what := "reading a page"
		if p.Peer == "libtiff" {
			what = "decoding a page"
		}
		fmt.Fprintf(&b, "%s %s: %.1f ms of processor time, ours %.1f", p.Peer, what, p.PageMS, p.OurPageMS)
		if p.OurPageMS > 0 {
			fmt.Fprintf(&b, ": %.2f times as long", p.PageMS/p.OurPageMS)
		}
		fmt.Fprintf(&b, " (%d pages)\n", p.Pages)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
