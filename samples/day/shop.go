package day

import (
	"fmt"
	"slices"
	"strings"

	"todoke/ingest/master"
	"todoke/order"
	"todoke/rules"
)

// Shop is the masters as customers choose from them.
type Shop struct {
	regions      *rules.Regions
	regionList   []order.Region
	shipTos      map[string][]order.ShipTo // by company
	byClass      map[order.Class][]order.Item
	faxItems     []order.Item
	departments  []order.Department
	faxCustomers []order.Department
	byRegion     map[string][]order.Department
	discontinued []order.Item
	unknownItem  string
}

// NewShop sorts the masters. It needs normal and truck items, and departments that have a fax
// number.
func NewShop(m *master.Set) (*Shop, error) {
	regions, err := rules.NewRegions(m.Regions)
	if err != nil {
		return nil, err
	}
	s := &Shop{
		regions: regions, regionList: m.Regions, departments: m.Customers,
		shipTos: map[string][]order.ShipTo{}, byClass: map[order.Class][]order.Item{}, byRegion: map[string][]order.Department{},
	}
	taken := map[string]bool{}
	for _, it := range m.Items {
		taken[it.Code] = true
		if it.Discontinued || it.SuccessorCode != "" {
			s.discontinued = append(s.discontinued, it)
			continue
		}
		s.byClass[it.Class] = append(s.byClass[it.Class], it)
		if it.Class != order.ClassPhone {
			s.faxItems = append(s.faxItems, it)
		}
	}
	for n := 999_999; s.unknownItem == ""; n-- {
		if code := order.WithCheckDigit(fmt.Sprintf("%06d", n)); !taken[code] {
			s.unknownItem = code
		}
	}
	for _, t := range m.ShipTos {
		s.shipTos[t.CompanyCode] = append(s.shipTos[t.CompanyCode], t)
	}
	for _, d := range m.Customers {
		if d.Fax != "" && !strings.HasPrefix(d.Code, "0") {
			s.faxCustomers = append(s.faxCustomers, d)
		}
		if r, ok := regions.Find(d.Prefecture, d.PostalCode); ok {
			s.byRegion[r.Code] = append(s.byRegion[r.Code], d)
		}
	}
	if len(s.faxItems) == 0 || len(s.faxCustomers) == 0 || len(s.byClass[order.ClassNormal]) == 0 || len(s.byClass[order.ClassTruck]) == 0 {
		return nil, order.Invalid("", "masters", "the sample day needs normal and truck items and departments with a fax number")
	}
	slices.SortFunc(s.faxCustomers, func(a, b order.Department) int { return strings.Compare(a.Code, b.Code) })
	return s, nil
}
