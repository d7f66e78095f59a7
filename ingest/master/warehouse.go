package master

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/order"
)

var profiles = table[order.WarehouseProfile]{
	kind:    KindProfiles,
	rows:    func(s *Set) *[]order.WarehouseProfile { return &s.Profiles },
	key:     func(p *order.WarehouseProfile) string { return p.WarehouseCode },
	keyName: "warehouse_code",
	columns: []column[order.WarehouseProfile]{
		{"warehouse_code", ident(func(p *order.WarehouseProfile) *string { return &p.WarehouseCode }, true), func(p *order.WarehouseProfile) string { return p.WarehouseCode }, "WHS-1"},
		{"lists", choice(func(p *order.WarehouseProfile) *order.PickHalves { return &p.Halves }, order.HalvesBoth, order.HalvesTotal, order.HalvesOrders), func(p *order.WarehouseProfile) string { return string(p.Halves) }, "WHS-1"},
		{"sort", choice(func(p *order.WarehouseProfile) *order.PickSort { return &p.Sort }, order.SortLocation, order.SortItem, order.SortOrder), func(p *order.WarehouseProfile) string { return string(p.Sort) }, "WHS-1"},
		{"encoding", choice(func(p *order.WarehouseProfile) *order.CSVEncoding { return &p.Encoding }, order.EncodingUTF8, order.EncodingCP932), func(p *order.WarehouseProfile) string { return string(p.Encoding) }, "WHS-2"},
		{"columns", pickColumns, func(p *order.WarehouseProfile) string { return columnsText(p.Columns) }, "WHS-1"},
		{"copies", number(func(p *order.WarehouseProfile) *int { return &p.Copies }, 1, 9, "1"), func(p *order.WarehouseProfile) string { return strconv.Itoa(p.Copies) }, "WHS-1"},
		{"slips", boolean(func(p *order.WarehouseProfile) *bool { return &p.Slips }), func(p *order.WarehouseProfile) string { return yes(p.Slips) }, "RET-3"},
		{"returns", boolean(func(p *order.WarehouseProfile) *bool { return &p.Returns }), func(p *order.WarehouseProfile) string { return yes(p.Returns) }, "RET-3"},
		{"address", checked(func(p *order.WarehouseProfile) *string { return &p.Address }, order.CheckPartnerAddress), func(p *order.WarehouseProfile) string { return p.Address }, "WHS-2"},
		{"chase_minutes", number(func(p *order.WarehouseProfile) *int { return &p.ChaseMinutes }, 0, 24*60, "30"), func(p *order.WarehouseProfile) string { return strconv.Itoa(p.ChaseMinutes) }, "WHS-2"},
		{"host_key", checked(func(p *order.WarehouseProfile) *string { return &p.HostKey }, order.CheckHostKeys), func(p *order.WarehouseProfile) string { return p.HostKey }, "WHS-2"},
		{"fetch", text(func(p *order.WarehouseProfile) *string { return &p.Fetch }, maxAddress, false), func(p *order.WarehouseProfile) string { return p.Fetch }, "WHS-2"},
		{"contact", checked(func(p *order.WarehouseProfile) *string { return &p.Contact }, orNone(order.CheckMailAddress)), func(p *order.WarehouseProfile) string { return p.Contact }, "WHS-2"},
		{"senders", list(func(p *order.WarehouseProfile) *[]string { return &p.Senders }, mailEntry, false), func(p *order.WarehouseProfile) string { return joined(p.Senders) }, "WHS-2"},
		{"results", resultColumns, func(p *order.WarehouseProfile) string { return resultsText(p.Results) }, "WHS-2"},
		{"carrier", text(func(p *order.WarehouseProfile) *string { return &p.Carrier }, maxCarrier, false), func(p *order.WarehouseProfile) string { return p.Carrier }, "WHS-3"},
		{"tracking_url", checked(func(p *order.WarehouseProfile) *string { return &p.TrackingURL }, order.CheckTrackingURL), func(p *order.WarehouseProfile) string { return p.TrackingURL }, "WHS-3"},
	},
	optional: []string{"results", "carrier", "tracking_url"}, // later than the files of most shops
	check: func(p *order.WarehouseProfile, _ *Options, found func(Problem)) {
		need := []string{"item_code", "quantity"}
		if p.Halves != order.HalvesTotal {
			need = append(need, "order_number", "line")
		}
		for _, key := range need {
			if !p.Has(key) {
				found(Problem{Name: "columns", Rule: "WHS-1", Message: fmt.Sprintf("the column %s is missing: without it nobody knows what to pick; add it to columns", key)})
			}
		}
		if sftp := strings.HasPrefix(p.Address, "sftp:"); p.Fetch != "" && !sftp {
			found(Problem{Name: "fetch", Rule: "WHS-2", Message: "files are fetched from an SFTP server: write its address, sftp://user@host/folder, or leave fetch empty"})
		} else if sftp && p.HostKey == "" {
			found(Problem{Name: "host_key", Rule: "WHS-2", Message: "without its fingerprint no SFTP server is trusted: todoke warehouse hostkey HOST:PORT prints it, compare it with the partner", Warning: true})
		}
		if p.Returns && !p.Slips {
			found(Problem{Name: "returns", Rule: "RET-3", Message: "the return request form is the carbon of the delivery slip: write true for slips too, or false for returns"})
		}
	},
}

// pickColumns reads "location=棚番;item_code": a heading that is left out is the usual one, and so
// are all columns where the cell is empty.
func pickColumns(p *order.WarehouseProfile, cell string, _ *Options) string {
	if cell == "" {
		p.Columns = order.DefaultProfile(p.WarehouseCode).Columns
		return ""
	}
	for part := range strings.SplitSeq(cell, listSep) {
		key, heading, named := strings.Cut(part, "=")
		c := order.PickColumn{Key: strings.ToLower(fold(key)), Heading: strings.TrimSpace(heading)}
		usual := order.HeadingOf(c.Key)
		const most = 40 // runes of a heading
		switch {
		case usual == "":
			var keys []string
			for _, k := range order.PickColumns() {
				keys = append(keys, k.Key)
			}
			return fmt.Sprintf("%q is no column of pick lists: they are %s", clip(key), strings.Join(keys, ", "))
		case p.Has(c.Key):
			return c.Key + " stands twice in the list: delete one"
		case named && c.Heading == "":
			return c.Key + " has an empty heading: write one after the =, or leave the = out"
		case len([]rune(c.Heading)) > most:
			return fmt.Sprintf("the heading of %s is longer than %d characters: shorten it", c.Key, most)
		case !named:
			c.Heading = usual
		}
		if slices.ContainsFunc(p.Columns, func(o order.PickColumn) bool { return o.Heading == c.Heading }) {
			return fmt.Sprintf("two columns have the heading %q: give one another", clip(c.Heading))
		}
		p.Columns = append(p.Columns, c)
	}
	return ""
}

func columnsText(columns []order.PickColumn) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.Key + "=" + c.Heading
		if c.Heading == order.HeadingOf(c.Key) {
			parts[i] = c.Key
		}
	}
	return strings.Join(parts, listSep)
}

// maxCarrier is how many characters a carrier's name may have.
const maxCarrier = 40

// resultColumns reads "shipped=実績;tracking=送状NO", what the partner calls the columns of what it sends back.
func resultColumns(p *order.WarehouseProfile, cell string, _ *Options) string {
	if cell == "" {
		return ""
	}
	for part := range strings.SplitSeq(cell, listSep) {
		key, heading, _ := strings.Cut(part, "=")
		c := order.PickColumn{Key: strings.ToLower(fold(key)), Heading: strings.TrimSpace(heading)}
		const most = 40 // runes of a heading
		switch {
		case !slices.Contains(order.ResultColumns(), c.Key):
			return fmt.Sprintf("%q is no column of what comes back: they are %s", clip(key), strings.Join(order.ResultColumns(), ", "))
		case c.Heading == "":
			return c.Key + " has no heading: write the partner's own after a =, or leave the column out"
		case len([]rune(c.Heading)) > most:
			return fmt.Sprintf("the heading of %s is longer than %d characters: shorten it", c.Key, most)
		case slices.ContainsFunc(p.Results, func(o order.PickColumn) bool { return o.Key == c.Key }):
			return c.Key + " stands twice in the list: delete one"
		case slices.ContainsFunc(p.Results, func(o order.PickColumn) bool { return fold(o.Heading) == fold(c.Heading) }):
			return fmt.Sprintf("two columns have the heading %q: give one another", clip(c.Heading))
		}
		p.Results = append(p.Results, c)
	}
	return ""
}

func resultsText(columns []order.PickColumn) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.Key + "=" + c.Heading
	}
	return strings.Join(parts, listSep)
}

var locations = table[order.StorageLocation]{
	kind:    KindLocations,
	rows:    func(s *Set) *[]order.StorageLocation { return &s.Locations },
	key:     func(l *order.StorageLocation) string { return l.WarehouseCode + "/" + l.ItemCode },
	keyName: "item_code at warehouse_code",
	columns: []column[order.StorageLocation]{
		{"warehouse_code", ident(func(l *order.StorageLocation) *string { return &l.WarehouseCode }, true), func(l *order.StorageLocation) string { return l.WarehouseCode }, "WHS-1"},
		{"item_code", code(func(l *order.StorageLocation) *string { return &l.ItemCode }, itemScheme, true), func(l *order.StorageLocation) string { return l.ItemCode }, "WHS-1"},
		{"location", text(func(l *order.StorageLocation) *string { return &l.Location }, 20, true), func(l *order.StorageLocation) string { return l.Location }, "WHS-1"},
	},
}

// checked is a text that a function finds right or wrong.
func checked[T any](field func(*T) *string, check func(string) error) func(*T, string, *Options) string {
	plain := text(field, maxWay, false)
	return func(row *T, cell string, o *Options) string {
		if message := plain(row, cell, o); message != "" {
			return message
		}
		if err := check(cell); err != nil {
			return err.Error()
		}
		return ""
	}
}

// maxWay is how many characters an address or a pair of fingerprints may have.
const maxWay = 400

func orNone(check func(string) error) func(string) error {
	return func(text string) error {
		if text == "" {
			return nil
		}
		return check(text)
	}
}

func mailEntry(text string) (entry, message string) {
	if err := order.CheckMailAddress(text); err != nil {
		return "", err.Error()
	}
	return strings.ToLower(text), ""
}
