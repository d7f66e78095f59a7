package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	lab "todoke/bench/fax"
	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/order"
	"todoke/rules"
)

// benchResendCommand measures what tells a fax sent again from the same order written anew
// (FAX-5). It needs no database.
type benchResendCommand struct {
	Pairs   int    `short:"n" name:"n" default:"20" help:"Pairs of faxes of each kind."`
	Seed    uint64 `default:"1" help:"Another seed, other pairs."`
	Workers int    `short:"j" name:"workers" default:"1" help:"Pairs at a time."`
	JSON    bool   `name:"json" help:"A JSON object for each pair instead of the table."`
}

// pairFigure is what was measured of one pair.
type pairFigure struct {
	Kind      string    `json:"kind"`
	N         int       `json:"n"`
	Lines     [2]string `json:"lines"`
	Unread    bool      `json:"unread,omitempty"` // no form was found on one of them
	SameSheet bool      `json:"same_sheet"`
	Found     bool      `json:"found"` // of the fields written on in between; nothing to find counts as found
	False     int       `json:"false"` // fields of one sheet said to differ that do not
	rules.InkLikeness
}

// Run implements the command.
func (c *benchResendCommand) Run(ctx context.Context, a *App) error {
	const items, departments = 5000, 300
	shop := lab.NewShop(c.Seed, items, departments)
	pairs, err := lab.NewPairs(shop)
	if err != nil {
		return err
	}
	k, settings := knowledgeOf(shop), rules.Default()
	rows := [][]string{{"PAIR", "N", "UNREAD", "SAME SHEET", "MIN", "5 %", "MEDIAN", "95 %", "MAX", "CHANGES FOUND", "FALSE CHANGES"}}
	for i, kind := range lab.PairKinds() {
		figures := make([]pairFigure, c.Pairs)
		errs := make([]error, c.Pairs)
		var wg sync.WaitGroup
		for w := range max(c.Workers, 1) {
			wg.Go(func() {
				for n := w; n < c.Pairs && ctx.Err() == nil; n += max(c.Workers, 1) {
					figures[n], errs[n] = measurePair(pairs.Pair(kind, c.Seed+uint64(i)*1_000_003, uint64(n)), k, settings) //nolint:gosec // n is small and positive
					figures[n].N = n
				}
			})
		}
		wg.Wait()
		if err := errors.Join(append(errs, ctx.Err())...); err != nil {
			return err
		}
		var distances []int
		unread, same, found, wrong := 0, 0, 0, 0
		for _, f := range figures {
			if c.JSON {
				if err := printJSON(a.Stdout, f); err != nil {
					return err
				}
			}
			if f.Unread {
				unread++
				continue
			}
			distances = append(distances, f.Distance)
			if f.SameSheet {
				same++
			}
			if f.Found {
				found++
			}
			wrong += min(f.False, 1)
		}
		slices.Sort(distances)
		at := func(percent int) string {
			if len(distances) == 0 {
				return "-"
			}
			return strconv.Itoa(distances[(len(distances)-1)*percent/100])
		}
		row := []string{kind, strconv.Itoa(len(figures)), strconv.Itoa(unread), strconv.Itoa(same), at(0), at(5), at(50), at(95), at(100), "-", "-"}
		if kind == lab.PairSame || kind == lab.PairChanged || kind == lab.PairAdded {
			row[9], row[10] = strconv.Itoa(found), strconv.Itoa(wrong)
		}
		rows = append(rows, row)
	}
	if c.JSON {
		return nil
	}
	fmt.Fprintf(a.Stdout, "how far apart what is written lies, in thousandths; up to %d it is one sheet, a box further apart than the middle one by %d was written on in between\n",
		settings.ResendInkDistance, settings.ResendInkChanged)
	return printTable(a.Stdout, rows)
}

func measurePair(p lab.Pair, k form.Knowledge, s rules.Settings) (pairFigure, error) {
	out := pairFigure{Kind: p.Kind, Lines: p.Lines}
	var drafts [2]order.Draft
	for i := range drafts {
		var file bytes.Buffer
		l := p.Faxed[i]
		data, err := encodeFax(i, p.Pages[i], l)
		if err != nil {
			return out, err
		}
		file.Write(data)
		for page, err := range fax.Pages(file.Bytes(), fax.Limits{Pages: 1}) {
			if err != nil {
				return out, err
			}
			drafts[i] = form.Read(form.PageOf(page), k)
		}
	}
	if drafts[0].Ink == nil || drafts[1].Ink == nil {
		out.Unread = true
		return out, nil
	}
	out.InkLikeness = rules.CompareInk(drafts[0].Ink, drafts[1].Ink, s)
	out.SameSheet = out.InkLikeness.SameSheet(s)
	out.Found = true
	for _, f := range p.Fields {
		out.Found = out.Found && slices.Contains(out.Differ, f)
	}
	for _, f := range out.Differ {
		if !slices.Contains(p.Fields, f) {
			out.False++
		}
	}
	return out, nil
}
