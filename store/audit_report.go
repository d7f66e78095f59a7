package store

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// ErrorFigures are how often something audited was wrong, with exact (Clopper–Pearson) bounds of
// 95 %. The rate is 0 where nothing was audited; the bounds say what that is worth.
type ErrorFigures struct {
	Audited int       `json:"audited"` // decided
	Errors  int       `json:"errors"`
	Rate    rules.PPM `json:"rate_ppm"`
	Lower   rules.PPM `json:"lower_ppm"`
	Upper   rules.PPM `json:"upper_ppm"`
}

func figures(audited, errors int) ErrorFigures {
	const alpha = 0.025
	lower, upper := rules.ErrorBounds(errors, audited, alpha)
	f := ErrorFigures{Audited: audited, Errors: errors}
	f.Lower, f.Upper = ppm(lower), rules.PPM(math.Ceil(upper*float64(rules.Whole))) //nolint:forbidigo // a probability
	if audited > 0 {
		f.Rate = ppm(float64(errors) / float64(audited)) //nolint:forbidigo // a probability
	}
	return f
}

func ppm(p float64) rules.PPM { //nolint:forbidigo // a probability
	return rules.PPM(math.Floor(p*float64(rules.Whole) + 1e-9)) //nolint:forbidigo // a probability
}

// KindFigures are the figures of one kind of field.
type KindFigures struct {
	Kind rules.ReadingKind `json:"kind"`
	ErrorFigures
	Target     rules.PPM `json:"target_ppm"`
	Waiting    int       `json:"waiting"`    // drawn and not settled
	Unreadable int       `json:"unreadable"` // also for people
	Accepted   int       `json:"accepted"`   // of all that was read in the time
	Reviewed   int       `json:"reviewed"`
	Share      rules.PPM `json:"accepted_share_ppm"`
}

// BandFigures are the figures of what was accepted with a confidence within a band, and what the
// reader itself expected of it.
type BandFigures struct {
	From rules.PPM `json:"from_ppm"`
	ErrorFigures
	Expected rules.PPM `json:"expected_ppm"` // mean of 100 % less the confidence
}

// PersonFigures are how often a person keyed something else than what it came to.
type PersonFigures struct {
	By string `json:"by"`
	ErrorFigures
	Unreadable int `json:"unreadable"`
	Waiting    int `json:"waiting"` // not settled yet
}

// AuditFigures are what the audit of a span of time came to.
type AuditFigures struct {
	From    time.Time    `json:"from"`
	To      time.Time    `json:"to"`
	Overall ErrorFigures `json:"overall"`
	// Weighted is the error among all that was accepted in the time: each kind's rate by how much
	// of it was accepted, for rarer kinds are drawn more often.
	Weighted rules.PPM       `json:"weighted_rate_ppm"`
	Kinds    []KindFigures   `json:"kinds"`
	Bands    []BandFigures   `json:"bands"`
	Persons  []PersonFigures `json:"persons"`
	Errors   []ReadingAudit  `json:"reader_errors"` // settled in the time, the newest first
}

// auditBandEdges are the bands of the report, the surest last.
var auditBandEdges = []rules.PPM{0, 900_000, 990_000, 995_000, 998_000, 999_000, 999_500, 999_900, 999_990}

// AuditFigures sums up the audits drawn from one time up to before another.
func (s *Store) AuditFigures(ctx context.Context, from, to time.Time) (AuditFigures, error) {
	from, to = at(from), at(to)
	out := AuditFigures{From: from.In(order.JST), To: to.In(order.JST), Kinds: []KindFigures{}, Bands: []BandFigures{}, Persons: []PersonFigures{}, Errors: []ReadingAudit{}}
	type cell struct {
		Kind       rules.ReadingKind
		Confidence rules.PPM
		Outcome    rules.AuditOutcome
		N          int
		Doubt      float64 //nolint:forbidigo // a sum of probabilities
	}
	cells, err := collect(ctx, s.pool, "ReadingAuditCounts", pgx.RowToStructByPos[cell], from, to, "")
	if err != nil {
		return out, err
	}
	type decision struct {
		Field    string
		Decision order.Decision
		N        int
	}
	decisions, err := collect(ctx, s.pool, "ReadingDecisions", pgx.RowToStructByPos[decision], from, to)
	if err != nil {
		return out, err
	}

	audited, errors := 0, 0
	weights, weighted := 0, 0.0
	for _, kind := range rules.ReadingKinds() {
		k := KindFigures{Kind: kind, Target: s.settings.Reading(kind).TargetPPM}
		n, wrong := 0, 0
		for _, c := range cells {
			switch {
			case c.Kind != kind:
			case c.Outcome == rules.AuditOpen:
				k.Waiting += c.N
			case c.Outcome == rules.AuditUnreadable:
				k.Unreadable += c.N
			case c.Outcome == rules.AuditReaderErred:
				n, wrong = n+c.N, wrong+c.N
			default:
				n += c.N
			}
		}
		for _, d := range decisions {
			if of, ok := rules.KindOfField(d.Field); !ok || of != kind {
				continue
			}
			if d.Decision == order.DecisionAccept {
				k.Accepted += d.N
			} else {
				k.Reviewed += d.N
			}
		}
		if all := k.Accepted + k.Reviewed; all > 0 {
			k.Share = ppm(float64(k.Accepted) / float64(all)) //nolint:forbidigo // a share
		}
		k.ErrorFigures = figures(n, wrong)
		audited, errors = audited+n, errors+wrong
		if n > 0 {
			weights += k.Accepted
			weighted += float64(k.Accepted) * float64(wrong) / float64(n) //nolint:forbidigo // a probability
		}
		out.Kinds = append(out.Kinds, k)
	}
	out.Overall = figures(audited, errors)
	if weights > 0 {
		out.Weighted = ppm(weighted / float64(weights)) //nolint:forbidigo // a probability
	}
	for i, edge := range auditBandEdges {
		n, wrong, doubt := 0, 0, 0.0
		for _, c := range cells {
			below := i+1 < len(auditBandEdges) && c.Confidence >= auditBandEdges[i+1]
			if c.Confidence < edge || below || c.Outcome == rules.AuditOpen || c.Outcome == rules.AuditUnreadable {
				continue
			}
			n, doubt = n+c.N, doubt+c.Doubt
			if c.Outcome == rules.AuditReaderErred {
				wrong += c.N
			}
		}
		if n > 0 {
			out.Bands = append(out.Bands, BandFigures{edge, figures(n, wrong), ppm(doubt / float64(n))}) //nolint:forbidigo // a probability
		}
	}
	persons, err := collect(ctx, s.pool, "ReadingAuditPersons", func(r pgx.CollectableRow) (PersonFigures, error) {
		var p PersonFigures
		var n, wrong int
		err := r.Scan(&p.By, &n, &wrong, &p.Unreadable, &p.Waiting)
		p.ErrorFigures = figures(n, wrong)
		return p, err
	}, from, to)
	if err != nil {
		return out, err
	}
	out.Persons = append(out.Persons, persons...)
	wrong, err := collect(ctx, s.pool, "ReadingErrors", scanReadingAudit, from, to)
	for i := range wrong {
		if wrong[i].Keyings, err = collect(ctx, s.pool, "ReadingAuditKeyings", pgx.RowToStructByPos[KeyedValue], wrong[i].ID); err != nil {
			return out, err
		}
	}
	out.Errors = append(slices.Clip(out.Errors), wrong...)
	return out, err
}
