package store

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/rules"
)

// The tables of rules that are edited whole, as the files that import takes.
const (
	TableRegions  = "regions"
	TableCalendar = "calendar"
	TableCarriers = "carriers"
	TableSettings = "settings" // that change on a day (rules.ParseChanges)
)

// RuleText is a table as it stands, in the words of its file.
func (s *Store) RuleText(ctx context.Context, table string) (string, error) {
	return ruleText(ctx, s.pool, table)
}

func ruleText(ctx context.Context, q querier, table string) (string, error) {
	var rows [][]string
	switch table {
	case TableSettings:
		return settingsText(ctx, q)
	case TableRegions:
		all, err := readRegions(ctx, q)
		if err != nil {
			return "", err
		}
		return RegionsText(all)
	case TableCarriers:
		all, err := readCarriers(ctx, q)
		if err != nil {
			return "", err
		}
		rows = [][]string{{"carrier", "region", "class", "weekdays", "from_on", "to_on", "lead_days", "name"}}
		for _, x := range all {
			var days []string
			for _, d := range x.Weekdays {
				days = append(days, []string{"日", "月", "火", "水", "木", "金", "土"}[d])
			}
			lead := ""
			if x.LeadDays > 0 {
				lead = strconv.Itoa(x.LeadDays)
			}
			rows = append(rows, []string{x.Carrier, x.Region, string(x.Class), strings.Join(days, " "), x.From.String(), x.To.String(), lead, x.Name})
		}
	case TableCalendar:
		all, err := readCalendar(ctx, q)
		if err != nil {
			return "", err
		}
		rows = [][]string{{"on", "kind", "name"}}
		for _, x := range all {
			rows = append(rows, []string{x.On.String(), string(x.Kind), x.Name})
		}
	default:
		return "", order.NotFound("table", fmt.Sprintf("%q is no table: choose regions, calendar, carriers or settings", table))
	}
	return csvText(rows)
}

// RegionsText is rows of region tables as their file.
func RegionsText(all []order.Region) (string, error) {
	rows := [][]string{{"from_on", "region", "prefectures", "postal_prefixes", "cutoff_fax", "cutoff_web", "cutoff_truck", "lead_days"}}
	for _, x := range all {
		rows = append(rows, []string{
			x.From.String(), x.Code, strings.Join(x.Prefectures, " "), strings.Join(x.PostalPrefixes, " "), x.CutoffFax.String(), x.CutoffWeb.String(), x.CutoffTruck.String(), strconv.Itoa(x.LeadDays),
		})
	}
	return csvText(rows)
}

func csvText(rows [][]string) (string, error) {
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return b.String(), err
}

// ErrRulesChanged is what saving a table says that somebody else saved meanwhile.
const ErrRulesChanged = "somebody changed this meanwhile: open it again"

// PastRegions says which rows of edited region tables touch a table that was in force and is not
// any more, or begin one in the past: what was promised by them stays (CUT-2). The text is the rows'
// own; a table in force may be put right.
func PastRegions(before, after []order.Region, today order.Date) []rules.RegionProblem {
	var inForce order.Date // the table that holds today
	for _, r := range before {
		if !r.From.After(today) && r.From.After(inForce) {
			inForce = r.From
		}
	}
	past := func(r order.Region) bool {
		return r.From.Before(today) && r.From != inForce && (!r.From.IsZero() || !inForce.IsZero())
	}
	same := func(a, b order.Region) bool {
		return a.From == b.From && a.Code == b.Code && slices.Equal(a.Prefectures, b.Prefectures) && slices.Equal(a.PostalPrefixes, b.PostalPrefixes) &&
			a.CutoffFax == b.CutoffFax && a.CutoffWeb == b.CutoffWeb && a.CutoffTruck == b.CutoffTruck && a.LeadDays == b.LeadDays
	}
	var out []rules.RegionProblem
	bad := func(row int) {
		out = append(out, rules.RegionProblem{Row: row, Column: "from_on", Err: order.Invalid("CUT-2", "from_on", "what was promised stays: a change begins today or later")})
	}
	for i, r := range after {
		if past(r) && !slices.ContainsFunc(before, func(b order.Region) bool { return same(b, r) }) {
			bad(i)
		}
	}
	for _, b := range before {
		if (past(b) || b.From == inForce && !b.From.IsZero() && b.From.Before(today)) && !slices.ContainsFunc(after, func(r order.Region) bool { return r.From == b.From && r.Code == b.Code }) {
			bad(0)
			break
		}
	}
	return out
}

// tableDay is the day by which a change of region tables is judged: the latest from which one of
// them differs, or today.
func tableDay(before, after []order.Region, today order.Date) order.Date {
	on := today
	text := func(rows []order.Region, from order.Date) string {
		s, _ := RegionsText(slices.DeleteFunc(slices.Clone(rows), func(r order.Region) bool { return r.From != from }))
		return s
	}
	for _, r := range slices.Concat(before, after) {
		if r.From.After(on) && text(before, r.From) != text(after, r.From) {
			on = r.From
		}
	}
	return on
}
