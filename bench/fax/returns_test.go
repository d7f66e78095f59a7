package fax_test

import (
	"bytes"
	"strings"
	"testing"

	"todoke/bench/fax"
	"todoke/internal/bilevel"
	"todoke/order"
)

// The counting against readers whose faults are known: one that knows no page, and one that takes all
// for blank on the form of another order.
func TestReturnsAreCounted(t *testing.T) {
	t.Parallel()
	measure := func(read func([]byte, fax.Watch) (order.Draft, error)) *fax.ReturnResult {
		results, err := fax.MeasureReturns(t.Context(), fax.Config{
			Pages: 2, Seed: 3, Shop: fax.NewShop(3, 50, 5), Sets: []fax.Set{{Name: "fine", Condition: fax.Conditions()[0]}}, Read: read,
			Encode: func(_ int, m *bilevel.Image, _ fax.Line) ([]byte, error) { return m.Pix, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := fax.PrintReturns(&out, results); err != nil || !strings.Contains(out.String(), "all") {
			t.Fatal(out.String(), err)
		}
		return results[0]
	}
	lost := measure(func([]byte, fax.Watch) (order.Draft, error) {
		return order.Draft{Decision: order.DecisionNotAForm}, nil
	})
	if n := lost.Quantities.N; lost.Known != (fax.Fate{N: 2, Person: 2}) || n < 2 || lost.Quantities.Person != n || lost.Reasons.Person != n || lost.Blank.Person != lost.Blank.N {
		t.Errorf("%+v", lost)
	}
	other := measure(func([]byte, fax.Watch) (order.Draft, error) {
		d, err := blindReader(nil, fax.Watch{})
		d.Form, d.FormVersion, d.FormOrder, d.FormShipment = "return", 1, order.NumberOf(1), 1
		for i := range 12 {
			row := "lines[" + string(rune('1'+i)) + "]."
			if i >= 9 {
				row = "lines[1" + string(rune('0'+i-9)) + "]."
			}
			for _, s := range []string{"quantity", "reason.changed_mind", "reason.wrong_item", "reason.damaged", "reason.defective"} {
				d.Fields = append(d.Fields, order.DraftField{Name: row + s, Decision: order.DecisionBlank})
			}
		}
		return d, err
	})
	if n := other.Quantities.N; other.Known.Wrong != 2 || other.Quantities.Wrong != n || other.Reasons.Wrong != n || other.Blank.Wrong > 0 || len(other.Mistakes) < 2+2*n {
		t.Errorf("%+v", other)
	}
}
