package master

import (
	"fmt"
	"strings"

	"todoke/order"
)

// Problem is one thing wrong in a file.
type Problem struct {
	File    string
	Line    int    // 1-based, 0 where the file as a whole is meant
	Column  int    // 1-based field of the row, 0 where the row as a whole is meant
	Name    string // the column's name, such as "list_price_yen"
	Rule    string // rule id of docs/rules.md where a rule decided
	Message string // what is wrong and what to do
	Warning bool   // the file may be used all the same
}

// String is "items.csv line 12, column 6 (list_price_yen): …".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, " line %d", p.Line)
	}
	switch {
	case p.Column > 0 && p.Name != "":
		fmt.Fprintf(&b, ", column %d (%s)", p.Column, p.Name)
	case p.Name != "":
		fmt.Fprintf(&b, ", column %s", p.Name)
	case p.Column > 0:
		fmt.Fprintf(&b, ", column %d", p.Column)
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Message)
	if p.Rule != "" {
		b.WriteString(" (" + p.Rule + ")")
	}
	return b.String()
}

// Report is everything wrong with a set of files. It keeps the first problems up to a limit
// and counts them all.
type Report struct {
	Problems []Problem
	Errors   int // all errors, those beyond the limit too
	Warnings int // all warnings, those beyond the limit too

	limit int
}

func (r *Report) add(p Problem) {
	if p.Warning {
		r.Warnings++
	} else {
		r.Errors++
	}
	if len(r.Problems) < r.limit {
		r.Problems = append(r.Problems, p)
		return
	}
	if p.Warning {
		return
	}
	// An error beyond the limit takes the place of a warning: errors are what must be mended.
	for i := len(r.Problems) - 1; i >= 0; i-- {
		if r.Problems[i].Warning {
			r.Problems = append(r.Problems[:i], r.Problems[i+1:]...)
			r.Problems = append(r.Problems, p)
			return
		}
	}
}

// Join adds what another report found.
func (r *Report) Join(other Report) {
	kept := len(other.Problems)
	for _, p := range other.Problems {
		r.add(p)
	}
	lostWarnings := other.Warnings
	for _, p := range other.Problems[:kept] {
		if p.Warning {
			lostWarnings--
		}
	}
	r.Warnings += lostWarnings
	r.Errors += other.Errors + other.Warnings - kept - lostWarnings
}

// OK tells whether the values may be used: there is no error, warnings at most.
func (r *Report) OK() bool { return r.Errors == 0 }

// Err is nil where the report holds no error, else an invalid order.Error that lists them.
func (r *Report) Err() error {
	if r.OK() {
		return nil
	}
	var b strings.Builder
	noun := "errors"
	if r.Errors == 1 {
		noun = "error"
	}
	fmt.Fprintf(&b, "%d %s; nothing may be used until they are mended", r.Errors, noun)
	shown := 0
	for _, p := range r.Problems {
		if !p.Warning {
			b.WriteString("\n  " + p.String())
			shown++
		}
	}
	if more := r.Errors - shown; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	return order.Invalid("", "", b.String())
}
