package rules

import (
	"fmt"
	"slices"
	"strconv"

	"todoke/order"
)

// ReadingSetting is how one kind of field is audited and within what its threshold may move.
type ReadingSetting struct {
	Kind       ReadingKind `json:"kind" yaml:"kind"`
	SharePPM   PPM         `json:"share_ppm" yaml:"share_ppm"`     // of accepted fields that are audited; rarer kinds have more
	TargetPPM  PPM         `json:"target_ppm" yaml:"target_ppm"`   // wrong among accepted
	FloorPPM   PPM         `json:"floor_ppm" yaml:"floor_ppm"`     // adaption loosens no further
	CeilingPPM PPM         `json:"ceiling_ppm" yaml:"ceiling_ppm"` // adaption tightens no further
}

func defaultReadings() []ReadingSetting {
	return []ReadingSetting{
		{ReadingCustomer, 30_000, 200, 990_000, 999_950},
		{ReadingItem, 10_000, 200, 990_000, 999_950},
		{ReadingQuantity, 10_000, 300, 990_000, 999_950},
		{ReadingShipTo, 100_000, 500, 980_000, 999_950},
		{ReadingDate, 100_000, 1_000, 970_000, 999_900},
		{ReadingMark, 100_000, 500, 970_000, 999_900},
	}
}

// Reading is how a kind of field is audited.
func (s Settings) Reading(kind ReadingKind) ReadingSetting {
	for _, list := range [][]ReadingSetting{s.AuditKinds, defaultReadings()} {
		if i := slices.IndexFunc(list, func(r ReadingSetting) bool { return r.Kind == kind }); i >= 0 {
			return list[i]
		}
	}
	return ReadingSetting{Kind: kind, FloorPPM: Whole, CeilingPPM: Whole}
}

// checkAudit says what is wrong with the settings of the audit.
func (s Settings) checkAudit() []error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, order.Invalid("RDR-2", key, fmt.Sprintf(format, args...)))
	}
	within := func(key string, v, lo, hi int) {
		if v < lo || v > hi {
			bad(key, "%d is out of range: choose %d to %d", v, lo, hi)
		}
	}
	const most = 100_000
	within("audit_daily_minimum", s.AuditDailyMinimum, 0, most)
	within("audit_window_days", s.AuditWindowDays, 1, maxWindowDays)
	within("audit_certainty_percent", s.AuditCertaintyPercent, 50, 99)
	within("audit_tighten_errors", s.AuditTightenErrors, 1, most)
	within("audit_band_factor", s.AuditBandFactor, 1, most)
	within("audit_loosen_after", s.AuditLoosenAfter, 1, most)
	if !validClock(s.AuditAt) || s.AuditAt.Second != 0 {
		bad("audit_at", "%s is not a full minute of the day: write it as HH:MM, such as 02:10", s.AuditAt)
	}
	seen := map[ReadingKind]bool{}
	for i, k := range s.AuditKinds {
		key := "audit_kinds[" + strconv.Itoa(i) + "]"
		if !slices.Contains(ReadingKinds(), k.Kind) || seen[k.Kind] {
			bad(key+".kind", "%q must be one of %v, each once", k.Kind, ReadingKinds())
		}
		seen[k.Kind] = true
		within(key+".share_ppm", int(k.SharePPM), 0, int(Whole))
		within(key+".target_ppm", int(k.TargetPPM), 1, int(Whole))
		within(key+".floor_ppm", int(k.FloorPPM), int(Whole/2), int(Whole))
		within(key+".ceiling_ppm", int(k.CeilingPPM), int(k.FloorPPM), int(Whole))
	}
	return errs
}

// maxWindowDays keeps the evidence of a threshold within what one night can look at.
const maxWindowDays = 3650
