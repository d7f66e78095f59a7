package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// Thresholds are confidences from which fields are accepted unseen, by kind.
type Thresholds map[rules.ReadingKind]rules.PPM

// ThresholdChange is one row of a threshold's history.
type ThresholdChange struct {
	Kind      rules.ReadingKind `json:"kind"`
	Threshold rules.PPM         `json:"threshold_ppm"` // 0 where it was reset to the reader's default
	Action    string            `json:"action"`        // tighten, loosen, pin, reset
	Model     string            `json:"model,omitempty"`
	Reason    string            `json:"reason"`
	By        string            `json:"by,omitempty"` // person, or "" for the nightly run
	FromAt    time.Time         `json:"from_at"`
	Inputs    json.RawMessage   `json:"inputs,omitempty"`
}

// What a person may do to a threshold.
const (
	thresholdPin   = "pin"
	thresholdReset = "reset"
)

func (c *ThresholdChange) row() *rules.ThresholdRow {
	return &rules.ThresholdRow{Threshold: c.Threshold, Default: c.Action == thresholdReset, Pinned: c.Action == thresholdPin, Model: c.Model}
}

func scanThreshold(r pgx.CollectableRow) (ThresholdChange, error) {
	var c ThresholdChange
	var inputs []byte
	err := r.Scan(&c.Kind, &c.Threshold, &c.Action, &c.Model, &c.Reason, &c.By, &c.FromAt, &inputs)
	c.Inputs = inputs
	return c, err
}

// latestThresholds are the rows that hold at a time, by kind.
func latestThresholds(ctx context.Context, q querier, now time.Time) (map[rules.ReadingKind]*ThresholdChange, error) {
	rows, err := collect(ctx, q, "ReadingThresholdsLatest", scanThreshold, at(now))
	if err != nil {
		return nil, err
	}
	out := map[rules.ReadingKind]*ThresholdChange{}
	for i := range rows {
		out[rows[i].Kind] = &rows[i]
	}
	return out, nil
}

// ThresholdsInForce are the thresholds that hold at a time for a recogniser, where the reader's
// defaults are the given ones (RDR-4).
func (s *Store) ThresholdsInForce(ctx context.Context, defaults Thresholds, model string, now time.Time) (Thresholds, error) {
	latest, err := latestThresholds(ctx, s.pool, now)
	if err != nil {
		return nil, err
	}
	return inForce(latest, defaults, model), nil
}

func inForce(latest map[rules.ReadingKind]*ThresholdChange, defaults Thresholds, model string) Thresholds {
	out := maps.Clone(defaults)
	for kind, byDefault := range defaults {
		if c := latest[kind]; c != nil {
			out[kind] = rules.InForce(c.row(), byDefault, model)
		}
	}
	return out
}

// ThresholdHistory is every change of a kind's threshold, oldest first; of all kinds where none
// is named.
func (s *Store) ThresholdHistory(ctx context.Context, kind rules.ReadingKind) ([]ThresholdChange, error) {
	return collect(ctx, s.pool, "ReadingThresholdsList", scanThreshold, string(kind))
}

// PinThreshold sets a threshold by hand; adaption leaves it alone until it is reset.
func (s *Store) PinThreshold(ctx context.Context, kind rules.ReadingKind, threshold rules.PPM, by, reason string, now time.Time) error {
	if threshold < rules.Whole/2 || threshold > rules.Whole { // 0.9985 for 99.85 must not accept everything
		return order.Invalid("RDR-4", "threshold", fmt.Sprintf("%s is out of range: choose %s to %s", threshold, rules.Whole/2, rules.Whole))
	}
	return s.setThreshold(ctx, ThresholdChange{Kind: kind, Threshold: threshold, Action: thresholdPin, By: by, Reason: reason}, now)
}

// ResetThreshold gives a threshold back to the reader's default and to adaption.
func (s *Store) ResetThreshold(ctx context.Context, kind rules.ReadingKind, by, reason string, now time.Time) error {
	return s.setThreshold(ctx, ThresholdChange{Kind: kind, Action: thresholdReset, By: by, Reason: reason}, now)
}

func (s *Store) setThreshold(ctx context.Context, c ThresholdChange, now time.Time) error {
	c.By, c.Reason = strings.TrimSpace(c.By), strings.TrimSpace(c.Reason)
	switch {
	case !slices.Contains(rules.ReadingKinds(), c.Kind):
		return order.Invalid("RDR-4", "kind", fmt.Sprintf("%q is none: use one of %v", c.Kind, rules.ReadingKinds()))
	case c.By == "":
		return order.Invalid("KEP-2", "by", "say who decides this")
	case c.Reason == "":
		return order.Invalid("RDR-4", "reason", "say why: --reason TEXT")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "ReadingThresholdsLock"); err != nil {
			return err
		}
		return tx.insertThreshold(ctx, c, now)
	})
}

func (tx *Tx) insertThreshold(ctx context.Context, c ThresholdChange, now time.Time) error {
	threshold := &c.Threshold
	if c.Action == thresholdReset {
		threshold = nil
	}
	return tx.exec(ctx, "ReadingThresholdInsert", string(c.Kind), (*int)(threshold), c.Action, c.Model, c.Reason, []byte(c.Inputs), c.By, at(now))
}

// AdaptedThreshold is what a night's adaption made of a threshold.
type AdaptedThreshold struct {
	Kind    rules.ReadingKind `json:"kind"`
	Default rules.PPM         `json:"default_ppm"`
	Current rules.PPM         `json:"current_ppm"`
	Pinned  bool              `json:"pinned,omitempty"`
	rules.ThresholdDecision
}

// JudgeThresholds tells what adaption would make of the thresholds now. It changes nothing.
func (s *Store) JudgeThresholds(ctx context.Context, defaults Thresholds, model string, now time.Time) ([]AdaptedThreshold, error) {
	out, _, err := s.judgeThresholds(ctx, s.pool, defaults, model, now)
	return out, err
}

// AdaptThresholds moves the thresholds by the audits of the recogniser (RDR-4), each change a row
// that holds from now on. Running it again without new audits changes nothing.
func (tx *Tx) AdaptThresholds(ctx context.Context, defaults Thresholds, model string, now time.Time) ([]AdaptedThreshold, error) {
	if err := tx.exec(ctx, "ReadingThresholdsLock"); err != nil { // a person may pin one meanwhile
		return nil, err
	}
	all, cases, err := tx.s.judgeThresholds(ctx, tx.tx, defaults, model, now)
	if err != nil {
		return nil, err
	}
	for i, d := range all {
		if d.Action == rules.ThresholdHold {
			continue
		}
		c := ThresholdChange{Kind: d.Kind, Threshold: d.Next, Action: string(d.Action), Model: model, Reason: d.Why}
		c.Inputs = order.Inputs(map[string]any{"case": cases[i], "setting": tx.s.settings.Reading(d.Kind), "decision": d})
		if err := tx.insertThreshold(ctx, c, now); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s *Store) judgeThresholds(ctx context.Context, q querier, defaults Thresholds, model string, now time.Time) ([]AdaptedThreshold, []rules.ThresholdCase, error) {
	latest, err := latestThresholds(ctx, q, now)
	if err != nil {
		return nil, nil, err
	}
	current := inForce(latest, defaults, model)
	since := now.AddDate(0, 0, -s.settings.AuditWindowDays)
	var all []AdaptedThreshold
	var cases []rules.ThresholdCase
	for _, kind := range rules.ReadingKinds() {
		byDefault, ok := defaults[kind]
		if !ok {
			continue
		}
		changed := since
		c := latest[kind]
		if c != nil {
			changed = c.FromAt
		}
		bands, err := auditBands(ctx, q, kind, model, since, changed)
		if err != nil {
			return nil, nil, err
		}
		tc := rules.ThresholdCase{Kind: kind, Current: current[kind], Bands: bands}
		a := AdaptedThreshold{Kind: kind, Default: byDefault, Current: tc.Current, ThresholdDecision: rules.AdaptThreshold(tc, s.settings)}
		if c != nil && c.Action == thresholdPin {
			a.Pinned = true
			a.Action, a.Next, a.Why = rules.ThresholdHold, tc.Current, fmt.Sprintf("pinned by %s: %s", c.By, c.Reason)
		}
		all, cases = append(all, a), append(cases, tc)
	}
	return all, cases, nil
}

// auditBands counts the decided audits of a kind by band of confidence.
func auditBands(ctx context.Context, q querier, kind rules.ReadingKind, model string, since, changed time.Time) ([]rules.AuditBand, error) {
	rows, err := collect(ctx, q, "ReadingAuditEvidence", pgx.RowToStructByPos[rules.AuditBand], string(kind), model, at(since), at(changed))
	if err != nil {
		return nil, err
	}
	sum := map[rules.PPM]rules.AuditBand{}
	for _, r := range rows {
		from := rules.BandFrom(r.From)
		b := sum[from]
		b.From = from
		b.N, b.Errors, b.NewN, b.NewErrors = b.N+r.N, b.Errors+r.Errors, b.NewN+r.NewN, b.NewErrors+r.NewErrors
		sum[from] = b
	}
	out := make([]rules.AuditBand, 0, len(sum))
	for _, from := range slices.Sorted(maps.Keys(sum)) {
		out = append(out, sum[from])
	}
	return out, nil
}

// UnseenPage is a page that became an order without a person.
type UnseenPage struct {
	ID         int64
	DocumentID int64
	No         int
	BlobKey    string
	OrderID    int64
	Draft      order.Draft
}

// UnseenPages are the pages read from one time up to before another that became orders without
// a person, and how many of their fields are drawn already, by kind.
func (s *Store) UnseenPages(ctx context.Context, from, to time.Time) ([]UnseenPage, map[rules.ReadingKind]int, error) {
	pages, err := collect(ctx, s.pool, "PagesAcceptedUnseen", func(r pgx.CollectableRow) (UnseenPage, error) {
		var p UnseenPage
		var draft []byte
		if err := r.Scan(&p.ID, &p.DocumentID, &p.No, &p.BlobKey, &p.OrderID, &draft); err != nil {
			return p, err
		}
		return p, json.Unmarshal(draft, &p.Draft)
	}, at(from), at(to))
	if err != nil {
		return nil, nil, err
	}
	type count struct {
		Kind rules.ReadingKind
		N    int
	}
	counts, err := collect(ctx, s.pool, "ReadingAuditDrawn", pgx.RowToStructByPos[count], at(from), at(to))
	drawn := map[rules.ReadingKind]int{}
	for _, c := range counts {
		drawn[c.Kind] = c.N
	}
	return pages, drawn, err
}
