package fax_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"todoke/bench/fax"
	"todoke/internal/bilevel"
	"todoke/order"
)

// blindReader takes everything for blank, but sees the form.
func blindReader(_ []byte, _ fax.Watch) (order.Draft, error) {
	d := order.Draft{Form: "order", FormVersion: blank().Layout.Version, Decision: order.DecisionAccept, Geometry: &order.Geometry{}}
	for _, f := range blank().Layout.Fields {
		field := order.DraftField{Name: f.Name, Decision: order.DecisionBlank, Confidence: 1}
		for range f.Cells {
			field.Cells = append(field.Cells, order.DraftCell{Confidence: 1})
		}
		d.Fields = append(d.Fields, field)
	}
	return d, nil
}

// TestMeasureCountsEveryMissAndIsTheSameForAllWorkers holds the counting against a reader
// whose faults are known: it misses everything.
func TestMeasureCountsEveryMissAndIsTheSameForAllWorkers(t *testing.T) {
	t.Parallel()
	measure := func(workers int) fax.Report {
		shop := fax.NewShop(3, 50, 5)
		results, err := fax.Measure(t.Context(), fax.Config{
			Pages: 3, Junk: 1, Seed: 3, Workers: workers, Shop: shop,
			Sets:   []fax.Set{{Name: "fine", Condition: fax.Conditions()[0], Habit: fax.Reference(true), Limits: &fax.Limits{Codes: .9, TouchlessWrong: .1}}},
			Encode: func(_ int, m *bilevel.Image, _ fax.Line) ([]byte, error) { return m.Pix, nil },
			Read:   blindReader,
		})
		if err != nil {
			t.Fatal(err)
		}
		return fax.ReportOf(results, nil)
	}
	one, two := measure(1), measure(2)
	s := one.Sets[0]
	if s.Registered != (fax.Rate{K: 3, N: 3}) || s.TouchlessWrong != (fax.Rate{K: 3, N: 3}) {
		t.Errorf("registered %+v, wrong orders %+v", s.Registered, s.TouchlessWrong)
	}
	// What is written and taken for blank is accepted, and wrong.
	if f := s.Fields["item_code"]; f.Accepted != (fax.Rate{K: 15, N: 15}) || f.Wrong != (fax.Rate{K: 15, N: 15}) {
		t.Errorf("item codes: %+v", f)
	}
	if w := s.WrittenMissed; w.K != w.N || w.N < 3*(8+35+5+1) || s.BlankTaken.K != 0 || s.BlankTaken.N == 0 {
		t.Errorf("missed %+v, taken %+v", w, s.BlankTaken)
	}
	if d := s.Digits[len(s.Digits)-1]; d.Source != "all" || d.Errors[0].K != d.Errors[0].N || d.Errors[3].N >= d.Errors[0].N || d.ECE < .99 {
		t.Errorf("digits: %+v", d)
	}
	if j := s.Junk[len(s.Junk)-1]; j.Kind != "all" || j.Taken.N < 20 || j.Taken.K != 0 {
		t.Errorf("junk: %+v", j)
	}
	if len(s.Goals) != 2 {
		t.Errorf("goals: %+v", s.Goals)
	}
	for _, g := range s.Goals {
		if want := g.Measure == "codes accepted"; g.Reached != want {
			t.Errorf("%s: reached %v", g.Measure, g.Reached)
		}
	}
	one.Sets[0].CPU, one.Sets[0].Stages, one.All.CPU, one.All.Stages = nil, nil, nil, nil
	a, _ := json.Marshal(one)
	b, _ := json.Marshal(two)
	if !bytes.Equal(a, b) {
		t.Errorf("two workers measure otherwise:\n%s\n%s", a, b)
	}
}

func TestEveryMishapMakesAPage(t *testing.T) {
	t.Parallel()
	for i, c := range fax.Mishaps() {
		m, truth := page(t, c, uint64(i)+1)
		if c.Sheet != nil {
			plain := c
			plain.Sheet = nil
			if same, _ := page(t, plain, uint64(i)+1); bytes.Equal(same.Pix, m.Pix) {
				t.Errorf("%s: nothing was done to the sheet", c.Name)
			}
		}
		if ink := m.Count(0, 0, m.W, m.H); ink < 10_000 || truth.Text["customer_code"] == "" {
			t.Errorf("%s: %d pixels of ink", c.Name, ink)
		}
	}
}
