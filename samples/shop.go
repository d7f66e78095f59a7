package samples

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"todoke/ingest/master"
	"todoke/order"
	"todoke/rules"
)

// The size of the sample shop.
const (
	ItemCount       = 5_000
	CompanyCount    = 120
	DepartmentCount = 300
	DealerCount     = 6
	WarehouseCount  = 3
)

// Today is the day on which the sample shop lives: its stock is of that morning, its restock
// dates lie after it.
var Today = order.D(2026, 11, 24)

// The warehouses of the sample shop and the two halves it makes of Honshu, so that each has a
// warehouse near it. Cut-offs and lead days are those of rules.DefaultRegions.
const (
	WarehouseEast  = "E1"
	WarehouseWest  = "W1"
	WarehouseNorth = "N1"

	RegionHonshuEast = "honshu-east"
	RegionHonshuWest = "honshu-west"
)

// west are the prefectures of Honshu that lie nearer to the western warehouse.
var west = []string{"富山県", "石川県", "福井県", "岐阜県", "愛知県", "三重県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県", "岡山県", "広島県", "山口県"}

// Shop makes the sample shop. It is the same at every call.
func Shop() *master.Set {
	s := &master.Set{}
	// Each master has its own stream of numbers, so that a change to one leaves the others.
	stream := func(n uint64) *random { r := random(n * 0x9e37_79b9_7f4a_7c15); return &r }
	s.Items = makeItems(stream(1))
	s.Dealers = makeDealers(stream(2))
	s.Regions = makeRegions()
	s.Warehouses = makeWarehouses()
	makeCustomers(stream(3), s)
	makeUsers(stream(4), s)
	s.Prices = makePrices(stream(5), s.Items)
	s.Stock = makeStock(stream(6), s.Items)
	s.Calendar = makeCalendar()
	s.Profiles = makeProfiles()
	s.Locations = makeLocations(stream(7), s.Stock)
	makeControl(s)
	return s
}

func makeDealers(r *random) []order.Dealer {
	out := make([]order.Dealer, 0, DealerCount)
	for i, h := range houses {
		// 99 is no registry office, so the number is nobody's.
		base := fmt.Sprintf("9901%02d%06d", 1, r.between(100_000, 899_999))
		check, _ := order.CorporateCheckDigit(base)
		p := places[h.at]
		code := fmt.Sprintf("D%02d", i+1)
		out = append(out, order.Dealer{
			Code: code, Name: h.name, RegistrationNumber: "T" + string(check) + base,
			Address: p.prefecture + p.address(r), Fax: p.fax(r), Email: "order@" + strings.ToLower(code) + ".example.jp",
		})
	}
	return out
}

func makeRegions() []order.Region {
	var out []order.Region
	for _, region := range rules.DefaultRegions(rules.Default()) {
		if region.Code != rules.RegionHonshu {
			out = append(out, region)
			continue
		}
		e, w := region, region
		e.Code, w.Code = RegionHonshuEast, RegionHonshuWest
		e.Prefectures = slices.DeleteFunc(slices.Clone(region.Prefectures), func(p string) bool { return slices.Contains(west, p) })
		w.Prefectures = slices.Clone(west)
		out = append(out, e, w)
	}
	return out
}

func makeWarehouses() []order.Warehouse {
	formats := []string{"xlsx", "pdf"}
	all := []string{"xlsx", "pdf", "csv"}
	return []order.Warehouse{
		{Code: WarehouseEast, Name: "彩野倉庫 久喜センター", Regions: []string{RegionHonshuEast}, FallbackOrder: 1, Channel: "folder", Format: formats},
		{Code: WarehouseWest, Name: "淀野なみ倉庫 摂津センター", Regions: []string{RegionHonshuWest, rules.RegionShikoku, rules.RegionKyushu, rules.RegionOkinawa, rules.RegionIslands}, FallbackOrder: 2, Channel: "folder", Format: all},
		{Code: WarehouseNorth, Name: "北雪倉庫 江別センター", Regions: []string{rules.RegionHokkaido}, FallbackOrder: 3, Channel: "folder", Format: all},
	}
}

// departmentsOf tells how many departments each of the companies has: many have one, few a
// dozen.
func departmentsOf() []int {
	var sizes []int
	for _, g := range []struct{ companies, departments int }{{60, 1}, {30, 2}, {15, 4}, {10, 6}, {5, 12}} {
		for range g.companies {
			sizes = append(sizes, g.departments)
		}
	}
	return sizes
}

func makeCustomers(r *random, s *master.Set) {
	sizes := departmentsOf()
	shuffle(r, sizes)
	names := map[string]bool{}
	serial := 1_000_000
	for c, size := range sizes {
		var t trade
		var name string
		for {
			t = pick(r, trades)
			if len(t.departments) < size {
				continue
			}
			name = strings.TrimSpace(t.before + pick(r, stems) + t.after)
			if strings.HasSuffix(t.after, "会 クリニック") {
				stem := strings.TrimSuffix(strings.TrimPrefix(name, t.before), t.after)
				name = t.before + stem + "会 " + stem + "クリニック"
			}
			if !names[name] {
				break
			}
		}
		names[name] = true
		company := fmt.Sprintf("C%04d", 1_001+c)
		domain := strings.ToLower(company) + ".example.jp"
		home := places[c%len(places)] // every place is somebody's home once
		if c >= len(places) {
			home = pickPlace(r)
		}
		dealer := s.Dealers[r.below(len(s.Dealers))].Code
		points := !t.public
		payment := order.PaymentInvoice
		if size == 1 && !t.public && r.chance(25) {
			payment = order.PaymentCard
		}
		departments := slices.Clone(t.departments)
		for i := range size {
			at := home
			if i > 0 && r.chance(20) && !t.public {
				at = pickPlace(r)
			}
			serial += r.between(1, 40)
			d := order.Department{
				Code: order.WithCheckDigit(strconv.Itoa(serial)), Name: departments[i],
				CompanyCode: company, CompanyName: name, DealerCode: dealer,
				Fax: at.fax(r), Email: fmt.Sprintf("dept%02d@%s", i+1, domain),
				PostalCode: at.postalCode(r), Prefecture: at.prefecture, Address: at.address(r),
				PriceList: t.list, Points: points, Stockout: order.StockoutBackorder, Payment: payment,
			}
			if r.chance(30) {
				d.Stockout = order.StockoutCancel
			}
			if r.chance(15) {
				d.Email = "" // orders by fax only
				if payment == order.PaymentCard {
					d.Email = "keiri@" + domain // ACC-5: card customers are contacted by e-mail
				}
			}
			s.Customers = append(s.Customers, d)
		}
		makeShipTos(r, s, company, name, size, home)
	}
}

func makeShipTos(r *random, s *master.Set, company, name string, size int, home place) {
	n := r.between(0, 2)
	if size > 1 {
		n = r.between(1, min(size+1, 8))
	}
	kinds := []string{"支店", "営業所", "倉庫", "分室", "研修所", "出張所"}
	for i := range n {
		at := home
		if r.chance(60) {
			at = pickPlace(r)
		}
		s.ShipTos = append(s.ShipTos, order.ShipTo{
			Code: fmt.Sprintf("%03d", i+1), CompanyCode: company,
			Name:       name + " " + strings.TrimRight(strings.SplitN(at.city, "市", 2)[0], "区町郡") + pick(r, kinds),
			PostalCode: at.postalCode(r), Prefecture: at.prefecture, Address: at.address(r),
		})
	}
}

func makeUsers(r *random, s *master.Set) {
	n := 0
	add := func(d *order.Department, name, role string, mail bool) {
		n++
		u := order.User{Code: fmt.Sprintf("U%05d", n), DepartmentCode: d.Code, Name: name, Role: role}
		if mail {
			u.Email = fmt.Sprintf("u%05d@%s.example.jp", n, strings.ToLower(d.CompanyCode))
		}
		s.Users = append(s.Users, u)
	}
	person := func() string { return pick(r, familyNames) + " " + pick(r, givenNames) }
	for i := range s.Customers {
		d := &s.Customers[i]
		add(d, person(), "admin", d.Email != "")
		for range r.between(0, 3) {
			add(d, person(), "orderer", d.Email != "")
		}
		if r.chance(30) {
			add(d, person(), "approver", d.Email != "")
		}
		add(d, "FAXご利用者", "fax", false) // PNT-5
	}
}

// makePrices makes the contract prices: the four lists differ in how many items they cover and
// how far they go down; some prices changed in October, some will in April.
func makePrices(r *random, items []order.Item) []order.ContractPrice {
	var out []order.ContractPrice
	for _, list := range []struct {
		code                 string
		covers, least, most  int // per cent
		categories           []string
		changes, nextChanges int // per cent of its items
	}{
		{"PL-01", 12, 5, 15, nil, 20, 5},
		{"PL-02", 45, 8, 20, []string{"生活用品・清掃", "コピー用紙", "ファイル", "筆記具", "作業着・安全用品"}, 10, 5},
		{"PL-03", 40, 8, 18, []string{"筆記具", "ノート・付箋", "コピー用紙", "掲示・会議用品", "事務小物"}, 10, 5},
		{"PL-04", 25, 10, 25, nil, 5, 10},
	} {
		for _, it := range items {
			if list.categories != nil && !slices.Contains(list.categories, it.Category) || !r.chance(list.covers) {
				continue
			}
			cut := r.between(list.least, list.most)
			price := func(cut int) order.Yen { return max(it.ListPrice*order.Yen(100-cut)/100, 1) }
			out = append(out, order.ContractPrice{PriceList: list.code, ItemCode: it.Code, Price: price(cut), From: order.D(2026, 4, 1)})
			if r.chance(list.changes) {
				out = append(out, order.ContractPrice{PriceList: list.code, ItemCode: it.Code, Price: price(cut - 3), From: order.D(2026, 10, 1)})
			}
			if r.chance(list.nextChanges) {
				out = append(out, order.ContractPrice{PriceList: list.code, ItemCode: it.Code, Price: price(cut - 4), From: order.D(2027, 4, 1)})
			}
		}
	}
	return out
}

// makeStock fills the warehouses: most items lie in all three, some in one or two, and about
// four in a hundred are scarce, half of them with a restock date. What is made to order is
// never on hand.
func makeStock(r *random, items []order.Item) []order.StockLevel {
	var out []order.StockLevel
	for _, it := range items {
		if it.Class == order.ClassPhone {
			continue
		}
		popular := r.between(1, 10)
		typical := 40 * popular * popular / 10
		switch {
		case it.Class == order.ClassTruck:
			typical = 2 + popular
		case it.ListPrice >= 5_000:
			typical = 5 + 2*popular
		case it.ListPrice < 500:
			typical *= 5
		}
		scarce := r.chance(4)
		restock := order.Date{}
		if scarce && r.chance(50) || it.Discontinued && r.chance(20) {
			restock = Today.Add(r.between(3, 40))
		}
		for i, w := range []string{WarehouseEast, WarehouseWest, WarehouseNorth} {
			if i > 0 && r.chance(8*i) {
				continue // not kept there: the fallback order finds it
			}
			share := []int{100, 80, 30}[i]
			l := order.StockLevel{WarehouseCode: w, ItemCode: it.Code, OnHand: typical * share / 100 * r.between(60, 140) / 100, RestockOn: restock}
			switch {
			case scarce:
				l.OnHand = r.below(3)
			case it.Discontinued:
				l.OnHand /= 10
			}
			l.OnHand = l.OnHand / it.OrderMultiple * it.OrderMultiple
			out = append(out, l)
		}
	}
	return out
}

func makeCalendar() []order.CalendarDay {
	var out []order.CalendarDay
	for _, d := range []order.Date{order.D(2026, 8, 13), order.D(2026, 8, 14), order.D(2026, 8, 15), order.D(2027, 8, 12), order.D(2027, 8, 13), order.D(2027, 8, 14)} {
		out = append(out, order.CalendarDay{On: d, Kind: order.DayClosure, Name: "夏季休業"})
	}
	out = append(out, order.CalendarDay{On: order.D(2027, 3, 31), Kind: order.DayClosure, Name: "棚卸休業"})
	slices.SortFunc(out, func(a, b order.CalendarDay) int { return a.On.Compare(b.On) })
	return out
}
