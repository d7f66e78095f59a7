package fax

import "time"

// Report is the figures as data: every set, and all of them together.
type Report struct {
	Sets  []SetReport  `json:"sets"`
	All   SetReport    `json:"all"`
	Peers []PeerReport `json:"peers,omitempty"`
}

// SetReport is one set's figures; every rate says of how many.
type SetReport struct {
	Name             string                 `json:"name"`
	Pages            int                    `json:"pages"`
	Goals            []Goal                 `json:"goals,omitempty"`
	Registered       Rate                   `json:"registered"`
	Identified       Rate                   `json:"identified"`
	Touchless        Rate                   `json:"touchless"`
	TouchlessWrong   Rate                   `json:"touchless_wrong"`
	Digits           []DigitReport          `json:"digits"` // by hand, "all" last
	Fields           map[string]FieldReport `json:"fields"` // by type
	BlankTaken       Rate                   `json:"blank_boxes_taken_for_written"`
	WrittenMissed    Rate                   `json:"written_boxes_taken_for_blank"`
	MarksRight       Rate                   `json:"marks_right"`
	MarksUnsure      Rate                   `json:"marks_unsure"`
	Junk             []JunkReport           `json:"junk,omitempty"` // by kind, "all" last
	ECE              float64                `json:"digit_ece"`
	FieldECE         float64                `json:"field_ece"`
	DigitReliability []Step                 `json:"digit_reliability"`
	FieldReliability []Step                 `json:"field_reliability"`
	CPU              *TimeReport            `json:"cpu_ms,omitempty"`
	Stages           map[string]TimeReport  `json:"stages_ms,omitempty"`
	Mistakes         []string               `json:"accepted_wrongly,omitempty"`
}

// DigitReport is the error of one hand's digits.
type DigitReport struct {
	Source string  `json:"source"`
	Errors []Rate  `json:"errors"` // at 0, 0.5, 1 and 5 % reject
	ECE    float64 `json:"ece"`
}

// FieldReport is what became of one type of field.
type FieldReport struct {
	Accepted Rate `json:"accepted"` // of the written
	Wrong    Rate `json:"wrong"`    // of the accepted
}

// JunkReport is how much junk of a kind is taken for a digit at 1 % reject.
type JunkReport struct {
	Kind  string `json:"kind"`
	Taken Rate   `json:"taken"`
}

// TimeReport is processor time in milliseconds.
type TimeReport struct {
	Median float64 `json:"median"`
	P99    float64 `json:"p99"`
	Mean   float64 `json:"mean"`
}

// ReportOf makes the report.
func ReportOf(results []*Result, peers []PeerReport) Report {
	out := Report{Peers: peers}
	for _, r := range results {
		out.Sets = append(out.Sets, r.report())
	}
	out.All = Total(results).report()
	return out
}

func (res *Result) report() SetReport {
	x, m := res.Boxes, res.Marks
	out := SetReport{
		Name: res.Name, Pages: res.Pages, Goals: res.Goals(),
		Registered: Rate{res.Registered, res.Pages}, Identified: Rate{res.Identified, res.Pages},
		Touchless: Rate{res.Touchless, res.Pages}, TouchlessWrong: Rate{res.WrongPages, res.Pages},
		Fields:     map[string]FieldReport{},
		BlankTaken: Rate{x.TakenForWritten, x.Blank}, WrittenMissed: Rate{x.TakenForBlank, x.Written},
		MarksRight: Rate{m.Right, m.N}, MarksUnsure: Rate{m.Unsure, m.N},
		ECE: res.ECE(), FieldECE: res.FieldECE(),
		DigitReliability: res.DigitReliability(), FieldReliability: res.FieldReliability(),
		Mistakes: res.Mistakes,
	}
	digits := func(name string, d []digitResult) {
		r := DigitReport{Source: name, ECE: ece(len(d), func(i int) (float64, bool) { return d[i].confidence, d[i].right })}
		for _, reject := range rejects {
			r.Errors = append(r.Errors, digitError(d, reject))
		}
		out.Digits = append(out.Digits, r)
	}
	for _, s := range res.Sources() {
		digits(s, res.digitsOf(s))
	}
	digits("all", res.digits)
	for k := range res.Fields {
		accepted, wrong := res.AcceptedFields(k)
		out.Fields[k] = FieldReport{accepted, wrong}
	}
	if len(res.junk) > 0 {
		for _, k := range junkKinds {
			out.Junk = append(out.Junk, JunkReport{k, res.JunkTaken(k, .01)})
		}
		out.Junk = append(out.Junk, JunkReport{"all", res.JunkTaken("", .01)})
	}
	if len(res.CPU) > 0 {
		t := timeOf(res.CPU)
		out.CPU = &t
		out.Stages = map[string]TimeReport{}
		for k, v := range res.Stages {
			out.Stages[k] = timeOf(v)
		}
	}
	return out
}

func timeOf(d []time.Duration) TimeReport {
	median, p99 := percentiles(d)
	return TimeReport{median, p99, mean(d)}
}
