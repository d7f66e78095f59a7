package rules

import (
	"fmt"
	"time"

	"todoke/order"
)

// CountRow is what a warehouse counted of an item (WHS-2).
type CountRow struct {
	Field    string // what errors call it by, such as "rows[3]" or "line 5"
	ItemCode string
	OnHand   int
	Location string    // where it lies; rows of several places are summed
	At       time.Time // zero: when the file came
}

// CountLevel is what is known of an item at the warehouse when its count is judged.
type CountLevel struct {
	OnHand    int // now
	Reserved  int
	Moved     int       // came in less what left after the count
	Ambiguous int       // on lists that the warehouse had at the count and of which it told later, or not yet
	CountedAt time.Time // as of when the latest count or import holds, also one that agreed with the books; zero where none was
}

// CountVerdict is what becomes of a counted item.
type CountVerdict string

// The verdicts.
const (
	CountSame     CountVerdict = "same"     // as was known
	CountSet      CountVerdict = "set"      // on hand becomes what was counted, with the movements since
	CountOlder    CountVerdict = "older"    // a later count stands
	CountOpen     CountVerdict = "open"     // picked or not yet: lists were under way, the next count sets it
	CountPromised CountVerdict = "promised" // less than orders were promised: a person decides
)

// CountDecision is what becomes of one item.
type CountDecision struct {
	ItemCode   string       `json:"item"`
	Verdict    CountVerdict `json:"verdict"`
	Counted    int          `json:"counted"`
	Moved      int          `json:"moved,omitempty"`
	Was        int          `json:"was"`
	OnHand     int          `json:"on_hand"`           // what it is now, or would be
	Lacking    int          `json:"lacking,omitempty"` // of what orders were promised
	CountedAt  time.Time    `json:"counted_at"`
	Difference int          `json:"difference"`
	Message    string       `json:"message,omitempty"` // why nothing was set
}

// ReadCount validates a stock count as a whole and judges each item (WHS-2): a count holds as of its
// time, so what moved since is added. What lay on a list that was under way may have been counted or
// not; where the count fits neither, nothing is changed by guessing. Less than is reserved is never
// set silently (STK-1). levels are of the items that exist.
func ReadCount(rows []CountRow, levels map[string]CountLevel, s Settings, now time.Time) ([]CountDecision, []*order.Error) {
	var errs []*order.Error
	var out []CountDecision
	place := map[string]int{}
	at := map[string]map[string]bool{}
	if len(rows) == 0 {
		errs = append(errs, order.Invalid("WHS-2", "rows", "the count has no rows"))
	}
	for _, r := range rows {
		bad := func(column, message string) {
			errs = append(errs, order.Invalid("WHS-2", r.Field+"."+column, message))
		}
		if r.At.IsZero() {
			r.At = now
		}
		_, known := levels[r.ItemCode]
		switch {
		case !known:
			bad("item_code", fmt.Sprintf("there is no item %q", r.ItemCode))
		case r.OnHand < 0:
			bad("on_hand", "quantities are 0 or more")
		case r.At.After(now):
			bad("counted_at", r.At.In(order.JST).Format("2006-01-02 15:04")+" is still to come")
		case r.At.Before(now.AddDate(0, 0, -s.CountMaxDays)):
			bad("counted_at", fmt.Sprintf("the count is older than %d days: count again", s.CountMaxDays))
		case at[r.ItemCode][r.Location]:
			bad("item_code", fmt.Sprintf("item %s stands twice: delete a row, or say in 棚番 where each lies", r.ItemCode))
		default:
			i, seen := place[r.ItemCode]
			if !seen {
				i = len(out)
				place[r.ItemCode], at[r.ItemCode] = i, map[string]bool{}
				out = append(out, CountDecision{ItemCode: r.ItemCode, CountedAt: r.At})
			}
			at[r.ItemCode][r.Location] = true
			if !out[i].CountedAt.Equal(r.At) {
				bad("counted_at", fmt.Sprintf("item %s was counted at two times: count it at one", r.ItemCode))
			}
			out[i].Counted += r.OnHand
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	for i := range out {
		out[i] = out[i].Judge(levels[out[i].ItemCode])
	}
	return out, nil
}

// Judge holds what was counted of an item against what is known of it now. A count about which a
// person was asked is judged once more when it is decided: others may have come since.
func (d CountDecision) Judge(l CountLevel) CountDecision {
	d.Was, d.Moved, d.Lacking, d.Message = l.OnHand, l.Moved, 0, ""
	d.Difference = d.Counted - (l.OnHand - l.Moved)
	d.OnHand = l.OnHand + d.Difference
	switch {
	case d.CountedAt.Before(l.CountedAt):
		d.Verdict = CountOlder
	case d.Difference == 0, l.Ambiguous > 0 && d.Difference == -l.Ambiguous: // picked to the last piece
		d.Verdict = CountSame
	case l.Ambiguous > 0:
		d.Verdict = CountOpen
	case d.OnHand < l.Reserved:
		d.Verdict, d.Lacking = CountPromised, l.Reserved-max(0, d.OnHand)
	default:
		d.Verdict = CountSet
	}
	if d.Verdict != CountSet && d.Verdict != CountPromised {
		d.OnHand = l.OnHand
	}
	d.OnHand = max(0, d.OnHand)
	switch d.Verdict {
	case CountOpen:
		d.Message = fmt.Sprintf("nothing was set: %d of it were on pick lists under way at the time of the count, and it fits neither with nor without them; report those lists, then count again", l.Ambiguous)
	case CountPromised:
		d.Message = fmt.Sprintf("nothing was set: it is %d fewer than orders were promised; the shop decides", d.Lacking)
	}
	return d
}
