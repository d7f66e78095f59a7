package rules_test

import (
	"testing"

	"todoke/rules"
)

func BenchmarkPromise(b *testing.B) {
	s, c := rules.Default(), rules.DefaultCalendar()
	w := rules.Wish{Channel: "web", Class: "normal", Region: region(b, rules.RegionHonshu), ReceivedAt: jst(b, "2026-11-24 10:00"), DesignatedOn: day(b, "2026-12-22")}
	for b.Loop() {
		if _, err := rules.Promise(w, s, c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAccept(b *testing.B) {
	f := facts(b)
	req := request(b, "web", "2026-11-24 10:00", lines(pen, 3, paper, 10, tea, 2, cabinet, 1, glass, 1))
	for b.Loop() {
		if _, _, errs := rules.Accept(req, f, req.ReceivedAt); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}
