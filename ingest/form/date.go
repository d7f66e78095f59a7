package form

import (
	"fmt"
	"strconv"
)

func (f *fieldReader) date() {
	month, day := f.fields[fieldMonth], f.fields[fieldDay]
	if month == nil || day == nil {
		return
	}
	both := []*field{month, day}
	if month.isBlank() && day.dirt() {
		day.wipe()
	} else if day.isBlank() && month.dirt() {
		month.wipe()
	}
	switch {
	case month.isBlank() && day.isBlank():
		month.blankOrDoubt()
		day.blankOrDoubt()
		return
	case month.isBlank() || day.isBlank():
		for _, fl := range both {
			fl.out.Text = fl.text()
			fl.out.Confidence = 0
			fl.review("only one of month and day is written")
		}
		return
	case month.gap || day.gap:
		for _, fl := range both {
			fl.out.Text = fl.text()
			fl.guard()
		}
		return
	}
	st := &f.k.Settings
	m, d, p, within := decodeDate(month.block(), day.block(), f.k.ReceivedOn, st.DateReachDays, st.OddDate, st.Junk)
	month.settle(reading{text: strconv.Itoa(m), p: p, evidence: []string{"calendar"}}, st.Costs.Date)
	day.settle(reading{text: strconv.Itoa(d), p: p, evidence: []string{"calendar"}}, st.Costs.Date)
	if m == 0 {
		for _, fl := range both {
			fl.out.Text, fl.out.Evidence = fl.text(), nil
			fl.review("no such day")
		}
	} else if !within {
		for _, fl := range both {
			fl.out.Evidence = nil
			fl.review(fmt.Sprintf("not within %d days of receipt (CUT-7)", st.DateReachDays))
		}
	}
}
