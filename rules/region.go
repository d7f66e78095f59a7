package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
)

// The codes of the default regions.
const (
	RegionHonshu   = "honshu"
	RegionHokkaido = "hokkaido"
	RegionShikoku  = "shikoku"
	RegionKyushu   = "kyushu"
	RegionOkinawa  = "okinawa"
	RegionIslands  = "islands" // 離島, by postal code
)

// Prefecture is the full name of a prefecture written with or without its ending ("東京" or
// "東京都"); ok is false for anything else.
func Prefecture(s string) (name string, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", false
	}
	for _, ending := range []string{"", "県", "府", "都"} { // 北海道 is never written without 道
		if order.IsPrefecture(s + ending) {
			return s + ending, true
		}
	}
	return "", false
}

// Regions finds the region of an address (CUT-2). It is safe for concurrent use.
type Regions struct {
	byPrefecture map[string]int
	byPrefix     map[string]int
	longest      int
	rows         []order.Region
	tables       *RegionTables // of other times, where there are any
}

// NewRegions makes a table of regions. Each prefecture and each postal prefix belongs to one
// region at most; errors name row and column.
func NewRegions(rows []order.Region) (*Regions, error) {
	r := &Regions{byPrefecture: map[string]int{}, byPrefix: map[string]int{}, rows: slices.Clone(rows)}
	var errs []error
	codes := map[string]bool{}
	for i, row := range r.rows {
		field := "regions[" + strconv.Itoa(i) + "]"
		bad := func(rule, column, format string, args ...any) {
			errs = append(errs, order.Invalid(rule, field+"."+column, fmt.Sprintf(format, args...)))
		}
		if row.Code == "" || codes[row.Code] {
			bad("CUT-2", "region", "%q must be a code, each once", row.Code)
		}
		codes[row.Code] = true
		for _, p := range row.Prefectures {
			full, ok := Prefecture(p)
			if !ok {
				bad("CUT-2", "prefectures", "%q is not a prefecture", p)
				continue
			}
			if _, twice := r.byPrefecture[full]; twice {
				bad("CUT-2", "prefectures", "%s belongs to two regions", full)
				continue
			}
			r.byPrefecture[full] = i
		}
		for _, p := range row.PostalPrefixes {
			digits, ok := PostalCode(p)
			if !ok {
				bad("CUT-2", "postal_prefixes", "%q is not a beginning of a postal code: 1 to 7 digits", p)
				continue
			}
			if _, twice := r.byPrefix[digits]; twice {
				bad("CUT-2", "postal_prefixes", "%s belongs to two regions", digits)
				continue
			}
			r.byPrefix[digits] = i
			r.longest = max(r.longest, len(digits))
		}
		if !validClock(row.CutoffFax) {
			bad("CUT-2", "cutoff_fax", "%s is not a time of day", row.CutoffFax)
		}
		if !validClock(row.CutoffWeb) {
			bad("CUT-2", "cutoff_web", "%s is not a time of day", row.CutoffWeb)
		}
		if !validClock(row.CutoffTruck) {
			bad("CUT-6", "cutoff_truck", "%s is not a time of day", row.CutoffTruck)
		}
		if row.LeadDays < 0 || row.LeadDays > maxReadyDays {
			bad("CUT-5", "lead_days", "%d is out of range: choose 0 to %d", row.LeadDays, maxReadyDays)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

// PostalCode reads a postal code or the beginning of one as people write it ("100-0001",
// "〒952"): its 1 to 7 digits, or ok false.
func PostalCode(s string) (digits string, ok bool) {
	digits = strings.NewReplacer("-", "", "‐", "", "－", "", "〒", "", " ", "").Replace(strings.TrimSpace(s))
	if digits == "" || len(digits) > 7 {
		return "", false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return "", false
		}
	}
	return digits, true
}

// Find is the region of an address: the longest postal prefix that fits, else the prefecture's.
// ok is false when the table knows neither.
func (r *Regions) Find(prefecture, postalCode string) (region order.Region, ok bool) {
	if digits, valid := PostalCode(postalCode); valid {
		for n := min(len(digits), r.longest); n > 0; n-- {
			if i, found := r.byPrefix[digits[:n]]; found {
				return r.rows[i], true
			}
		}
	}
	full, valid := Prefecture(prefecture)
	if !valid {
		return order.Region{}, false
	}
	i, found := r.byPrefecture[full]
	if !found {
		return order.Region{}, false
	}
	return r.rows[i], true
}

// ByCode finds a region by its code: in this table, or else in the newest one that has it, for
// orders keep the region that they were accepted by.
func (r *Regions) ByCode(code string) (region order.Region, ok bool) {
	if i := slices.IndexFunc(r.rows, func(row order.Region) bool { return row.Code == code }); i >= 0 {
		return r.rows[i], true
	}
	if r.tables != nil {
		for _, t := range slices.Backward(r.tables.tables) {
			if i := slices.IndexFunc(t.rows, func(row order.Region) bool { return row.Code == code }); i >= 0 {
				return t.rows[i], true
			}
		}
	}
	return order.Region{}, false
}

// Of is the region of an order by the table that judged it: that of its receipt, or of its final
// approval (CUT-9), whatever table this one is.
func (r *Regions) Of(o order.Order) (region order.Region, ok bool) {
	if r.tables != nil {
		r = r.tables.On(order.DateOf(judgedAt(o)))
	}
	return r.ByCode(o.RegionCode)
}

// Rows are the regions in the order of the table.
func (r *Regions) Rows() []order.Region { return slices.Clone(r.rows) }

// islandPrefixes are the postal codes of isolated islands that no bridge joins to the
// mainland of their prefecture.
var islandPrefixes = []string{
	"09701", "09702", "09703", "09704", "0971", "04314", "04315", // 利尻島、礼文島、奥尻島
	"07838", "07839", // 焼尻島、天売島
	"10001", "10002", "10003", "10004", "10005", "10006", "1001", "1002", // 伊豆諸島、小笠原諸島
	"952",                                     // 佐渡島
	"68401", "68402", "68403", "68404", "685", // 隠岐諸島
	"76131", "7614", // 直島、小豆島、豊島
	"8115", "817", "853", "8574", // 壱岐、対馬、五島列島
	"89009", "8913", "8914", "8915", "8916", "8917", "8918", "8919", "89611", "89612", "894", // 種子島、屋久島、トカラ列島、甑島、奄美群島
	"9013", "90505", "90506", "90507", "906", "907", // 久米島、大東島、伊江島、宮古、八重山
}

// DefaultRegions is the region table of a shop that has imported none: Honshu by the settings,
// the rest with earlier cut-offs and more lead days the farther it lies (docs/rules.md).
func DefaultRegions(s Settings) []order.Region {
	all := order.Prefectures() // from north to south: Hokkaido, Honshu, Shikoku, Kyushu, Okinawa
	north, south := slices.Index(all, "青森県"), slices.Index(all, "山口県")+1
	kyushu, okinawa := slices.Index(all, "福岡県"), slices.Index(all, "沖縄県")
	clock := func(hour, minute int) order.Clock { return order.Clock{Hour: hour, Minute: minute} }
	return []order.Region{
		{Code: RegionHonshu, Prefectures: all[north:south], CutoffFax: s.CutoffFax, CutoffWeb: s.CutoffWeb, CutoffTruck: s.CutoffTruck},
		{Code: RegionShikoku, Prefectures: all[south:kyushu], CutoffFax: clock(16, 0), CutoffWeb: clock(16, 30), CutoffTruck: s.CutoffTruck},
		{Code: RegionKyushu, Prefectures: all[kyushu:okinawa], CutoffFax: clock(15, 0), CutoffWeb: clock(15, 30), CutoffTruck: s.CutoffTruck},
		{Code: RegionHokkaido, Prefectures: all[:north], CutoffFax: clock(15, 0), CutoffWeb: clock(15, 30), CutoffTruck: s.CutoffTruck, LeadDays: 1},
		{Code: RegionOkinawa, Prefectures: all[okinawa:], CutoffFax: clock(14, 0), CutoffWeb: clock(14, 30), CutoffTruck: s.CutoffTruck, LeadDays: 2},
		{Code: RegionIslands, PostalPrefixes: slices.Clone(islandPrefixes), CutoffFax: clock(14, 0), CutoffWeb: clock(14, 30), CutoffTruck: s.CutoffTruck, LeadDays: 3},
	}
}

// CheckRegions says where a region table and the settings do not go together: a cut-off so
// late that an order in time, or a web order after its cancel window (CAN-1), would miss the
// last wave of its own acceptance day (CUT-11) at a warehouse that serves the region. Errors
// name row and column, such as "regions[0].cutoff_web" (RegionRow), and the latest cut-off
// allowed. Rows that are wrong by themselves are NewRegions' errors.
func CheckRegions(rows []order.Region, warehouses []order.Warehouse, s Settings) error {
	if _, err := NewRegions(rows); err != nil {
		return err
	}
	var errs []error
	for i, row := range rows {
		check := func(column string, class order.Class, cutoff order.Clock, window int) {
			const day = 24 * 60
			where, deadline := "", s.Deadline("", class)
			found := false
			for _, w := range warehouses {
				at := s.Deadline(w.Code, class)
				if slices.Contains(w.Regions, row.Code) && (!found || minutes(at) < minutes(deadline)) {
					found, where, deadline = true, " of warehouse "+w.Code, at
				}
			}
			// The window's last instant is the customer's: the wave must come after it.
			latest := minutes(deadline) - window
			if window > 0 {
				latest--
			}
			if at := minutes(cutoff); at < latest || at == latest && cutoff.Second == 0 {
				return
			}
			advice := "move the dispatch deadline"
			if latest >= 0 {
				advice = fmt.Sprintf("choose %s or earlier, or a later dispatch deadline", order.Clock{Hour: latest % day / 60, Minute: latest % 60})
			}
			what := "an order at the cut-off " + cutoff.String()
			if window > 0 {
				what += fmt.Sprintf(", which the customer may cancel for %d minute(s),", window)
			}
			errs = append(errs, order.Invalid("CUT-11", "regions["+strconv.Itoa(i)+"]."+column,
				fmt.Sprintf("%s misses the day's last wave, the dispatch deadline %s%s: %s", what, deadline, where, advice)))
		}
		check("cutoff_fax", order.ClassNormal, row.CutoffFax, 0)
		check("cutoff_web", order.ClassNormal, row.CutoffWeb, s.CancelWindowMinutes)
		check("cutoff_truck", order.ClassTruck, row.CutoffTruck, s.CancelWindowMinutes)
	}
	return errors.Join(errs...)
}

// Problems are the single errors of a joined one, such as CheckRegions gives.
func Problems(err error) []*order.Error {
	if e, ok := err.(*order.Error); ok { //nolint:errorlint // taken apart here
		return []*order.Error{e}
	}
	var out []*order.Error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			out = append(out, Problems(e)...)
		}
	}
	return out
}

func minutes(c order.Clock) int { return c.Hour*60 + c.Minute }

// RegionRow takes the field of an error of NewRegions or CheckRegions apart: the row, counted
// from 0, and the column.
func RegionRow(field string) (row int, column string, ok bool) {
	index, column, ok := strings.Cut(strings.TrimPrefix(field, "regions["), "].")
	row, err := strconv.Atoi(index)
	return row, column, ok && err == nil
}

// DefaultRegionTable is DefaultRegions, ready to look up.
func DefaultRegionTable(s Settings) (*Regions, error) { return NewRegions(DefaultRegions(s)) }
