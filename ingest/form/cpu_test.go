package form_test

import (
	"testing"

	lab "todoke/bench/fax"
	"todoke/ingest/form"
	printed "todoke/templates/form"
)

// BenchmarkLay is what finding and verifying the form costs, without the reading.
func BenchmarkLay(b *testing.B) {
	t := setup(b, printed.Options{})
	for name, l := range map[string]lab.Line{"fine": fine, "standard": standard98} {
		p, _ := t.page(t.plain(), l, lab.Mess{}, neat)
		b.Run(name, func(b *testing.B) {
			start := processorTime(b)
			for b.Loop() {
				form.Lay(p, t.know)
			}
			b.ReportMetric(float64((processorTime(b)-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}
