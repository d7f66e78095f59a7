package store

import (
	"slices"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// Schedules is the cron table of the given settings: a wave after each cut-off and at each
// dispatch deadline (WHS-1).
func Schedules(s rules.Settings) ([]jobs.Spec, error) {
	times := []order.Clock{
		after(s.CutoffTruck, s.CancelWindowMinutes), after(s.CutoffFax, 0), after(s.CutoffWeb, s.CancelWindowMinutes),
		s.DispatchDeadline, s.DispatchDeadlineTruck,
	}
	for _, w := range s.WarehouseDeadlines {
		for _, c := range []*order.Clock{w.Normal, w.Truck} {
			if c != nil {
				times = append(times, *c)
			}
		}
	}
	return jobs.Waves(slices.Clone(times))
}

// after is the clock time some minutes after the whole minute that c falls in, so that what
// was received at c itself and its cancel window are over.
func after(c order.Clock, minutes int) order.Clock {
	m := c.Hour*60 + c.Minute + minutes + 1
	return order.Clock{Hour: m / 60 % 24, Minute: m % 60}
}
