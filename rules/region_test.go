package rules_test

import (
	"strings"
	"testing"

	"todoke/order"
	"todoke/rules"
)

func TestCUT2DefaultRegions(t *testing.T) {
	t.Parallel()
	rs, err := rules.DefaultRegionTable(rules.Default())
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.CheckRegions(rs.Rows(), nil, rules.Default()); err != nil {
		t.Error(err)
	}
	count := map[string]int{}
	for _, p := range order.Prefectures() {
		r, ok := rs.Find(p, "")
		if !ok {
			t.Fatalf("%s lies in no region", p)
		}
		count[r.Code]++
	}
	for code, want := range map[string]int{
		rules.RegionHonshu: 34, rules.RegionShikoku: 4, rules.RegionKyushu: 7,
		rules.RegionHokkaido: 1, rules.RegionOkinawa: 1, rules.RegionIslands: 0,
	} {
		if count[code] != want {
			t.Errorf("%s has %d prefectures, want %d", code, count[code], want)
		}
	}
	honshu, _ := rs.ByCode(rules.RegionHonshu)
	if honshu.CutoffFax != (order.Clock{Hour: 17}) || honshu.CutoffWeb != (order.Clock{Hour: 17, Minute: 30}) || honshu.LeadDays != 0 {
		t.Errorf("Honshu %+v (CUT-2)", honshu)
	}
	for _, r := range rs.Rows() {
		if r.CutoffTruck != (order.Clock{Hour: 13}) {
			t.Errorf("%s: truck cut-off %s (CUT-6)", r.Code, r.CutoffTruck)
		}
	}
}

func TestCUT2RegionsFind(t *testing.T) {
	t.Parallel()
	rs, err := rules.DefaultRegionTable(rules.Default())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ prefecture, postal, want string }{
		{"東京都", "1000001", rules.RegionHonshu},
		{"東京都", "100-0101", rules.RegionIslands}, // 大島町
		{"東京都", "1002101", rules.RegionIslands},  // 小笠原村
		{"東京都", "100-6501", rules.RegionHonshu},
		{"東京都", "100-8111", rules.RegionHonshu},
		{"新潟県", "9520011", rules.RegionIslands}, // 佐渡市
		{"新潟県", "9500088", rules.RegionHonshu},
		{"島根県", "6850013", rules.RegionIslands}, // 隠岐の島町
		{"鳥取県", "6840004", rules.RegionHonshu},  // 境港市
		{"島根県", "6840211", rules.RegionIslands}, // 西ノ島町
		{"長崎県", "8170021", rules.RegionIslands}, // 対馬市
		{"長崎県", "8115135", rules.RegionIslands}, // 壱岐市
		{"福岡県", "8112202", rules.RegionKyushu},
		{"長崎県", "8500057", rules.RegionKyushu},
		{"鹿児島県", "8940026", rules.RegionIslands}, // 奄美市
		{"鹿児島県", "8910141", rules.RegionKyushu},  // 鹿児島市谷山
		{"沖縄県", "9000015", rules.RegionOkinawa},
		{"沖縄県", "9070004", rules.RegionIslands}, // 石垣市
		{"沖縄", "", rules.RegionOkinawa},
		{"京都", "", rules.RegionHonshu},
		{"東京", "", rules.RegionHonshu},
		{"大阪", "", rules.RegionHonshu},
		{"北海道", "060-0001", rules.RegionHokkaido},
		{"", "9520011", rules.RegionIslands},
		{"", "1000001", ""},
		{"京", "", ""},
		{"江戸", "1000001", ""},
		{"北海", "", ""},
		{" 兵庫県 ", "not a code", rules.RegionHonshu},
	} {
		r, ok := rs.Find(tt.prefecture, tt.postal)
		if r.Code != tt.want || ok != (tt.want != "") {
			t.Errorf("Find(%q, %q) = %q, %v; want %q", tt.prefecture, tt.postal, r.Code, ok, tt.want)
		}
	}
}

func TestRegionsLongestPrefixWins(t *testing.T) {
	t.Parallel()
	rs, err := rules.NewRegions([]order.Region{
		{Code: "far", PostalPrefixes: []string{"95"}},
		{Code: "farther", PostalPrefixes: []string{"952"}},
		{Code: "near", Prefectures: []string{"新潟県"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for postal, want := range map[string]string{"9520011": "farther", "9500088": "far", "9400061": "near"} {
		if r, _ := rs.Find("新潟県", postal); r.Code != want {
			t.Errorf("%s lies in %s, want %s", postal, r.Code, want)
		}
	}
}

func TestRegionsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := rules.NewRegions([]order.Region{
		{Code: "a", Prefectures: []string{"東京都", "江戸"}, PostalPrefixes: []string{"1001", "12345678"}},
		{Code: "a", Prefectures: []string{"東京"}, PostalPrefixes: []string{"1001"}, LeadDays: -1, CutoffFax: order.Clock{Hour: 24}},
	})
	if err == nil {
		t.Fatal("a bad table was taken")
	}
	for _, want := range []string{
		`regions[0].prefectures: "江戸"`, `regions[0].postal_prefixes: "12345678"`, "regions[1].region", "東京都 belongs to two",
		"1001 belongs to two", "regions[1].lead_days", "regions[1].cutoff_fax",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

// TestCheckRegionsAgainstDeadlines: an order at the cut-off reaches the day's last wave, its
// cancel window included (CUT-11, CAN-1).
func TestCheckRegionsAgainstDeadlines(t *testing.T) {
	t.Parallel()
	early := order.Clock{Hour: 16}
	s := rules.Default()
	s.WarehouseDeadlines = []rules.WarehouseDeadline{{Warehouse: "W9", Normal: &early}}
	clock := func(hour, minute, second int) order.Clock {
		return order.Clock{Hour: hour, Minute: minute, Second: second}
	}
	for name, tt := range map[string]struct {
		fax, web, truck order.Clock
		warehouse       string
		column, latest  string // "" where the row is taken
	}{
		"the defaults":            {},
		"fax at the deadline":     {fax: clock(18, 30, 0)},
		"fax a second later":      {fax: clock(18, 30, 1), column: "cutoff_fax", latest: "18:30"},
		"web at the latest":       {web: clock(18, 19, 0)},
		"web a minute later":      {web: clock(18, 20, 0), column: "cutoff_web", latest: "18:19"},
		"truck at the latest":     {truck: clock(14, 19, 0)},
		"truck a minute later":    {truck: clock(14, 20, 0), column: "cutoff_truck", latest: "14:19"},
		"a warehouse goes early":  {fax: clock(16, 0, 0), web: clock(16, 0, 0), warehouse: "W9", column: "cutoff_web", latest: "15:49"},
		"another region's is not": {fax: clock(16, 0, 0), web: clock(16, 0, 0), warehouse: "W8"},
	} {
		row := order.Region{Code: "near", Prefectures: []string{"東京都"}, CutoffFax: s.CutoffFax, CutoffWeb: s.CutoffWeb, CutoffTruck: s.CutoffTruck}
		for to, c := range map[*order.Clock]order.Clock{&row.CutoffFax: tt.fax, &row.CutoffWeb: tt.web, &row.CutoffTruck: tt.truck} {
			if c != (order.Clock{}) {
				*to = c
			}
		}
		warehouses := []order.Warehouse{{Code: "W9", Regions: []string{"far"}}, {Code: "W8", Regions: []string{"near"}}}
		if tt.warehouse == "W9" {
			warehouses[0].Regions = []string{"near"}
		}
		other := order.Region{Code: "other", Prefectures: []string{"大阪府"}, CutoffFax: s.CutoffFax, CutoffWeb: s.CutoffWeb, CutoffTruck: s.CutoffTruck}
		err := rules.CheckRegions([]order.Region{other, row}, warehouses, s)
		if tt.column == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		all := rules.Problems(err)
		if len(all) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		e := all[0]
		n, column, ok := rules.RegionRow(e.Field)
		if !ok || n != 1 || column != tt.column || e.Rule != "CUT-11" || !strings.Contains(e.Message, "choose "+tt.latest+" or earlier") {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// TestCheckWarehouses: a warehouse that takes over a region with a wave too early for its cut-offs
// is told once, from whatever day it does; what stood before is not held against it (CUT-11).
func TestCheckWarehouses(t *testing.T) {
	t.Parallel()
	early := order.Clock{Hour: 16}
	s := rules.Default()
	s.WarehouseDeadlines = []rules.WarehouseDeadline{{Warehouse: "W9", Normal: &early}}
	row := order.Region{Code: "near", Prefectures: []string{"東京都"}, CutoffFax: s.CutoffFax, CutoffWeb: s.CutoffWeb, CutoffTruck: s.CutoffTruck}
	tables, err := rules.DatedRegions([]order.Region{row}, s)
	if err != nil {
		t.Fatal(err)
	}
	serve := func(code string, from order.Date) order.Warehouse {
		return order.Warehouse{Code: code, From: from, Regions: []string{"near"}}
	}
	w8, w9, later := serve("W8", order.Date{}), serve("W9", order.Date{}), serve("W9", day(t, "2027-01-04"))
	idle := order.Warehouse{Code: "W9"}
	for name, tt := range map[string]struct {
		before, after []order.Warehouse
		want          int // fax and web, of which each is told once
	}{
		"takes over":     {[]order.Warehouse{w8}, []order.Warehouse{w9}, 2},
		"later":          {[]order.Warehouse{w8, idle}, []order.Warehouse{w8, idle, later}, 2},
		"stands":         {[]order.Warehouse{w9}, []order.Warehouse{w9, w8}, 0},
		"leaves":         {[]order.Warehouse{w9}, []order.Warehouse{w8}, 0},
		"another's wave": {nil, []order.Warehouse{w8}, 0},
	} {
		got := rules.CheckWarehouses(tables, tt.before, tt.after, s)
		if len(got) != tt.want {
			t.Errorf("%s: %v", name, got)
		}
		for _, p := range got {
			if p.Region != "near" || p.Err.Rule != "CUT-11" || !strings.Contains(p.Err.Message, "W9") {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
}
