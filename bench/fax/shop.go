package fax

import (
	"fmt"
	"math/rand/v2"

	"todoke/order"
)

// Shop is the masters that sheets are drawn from.
type Shop struct {
	Items       []order.Item
	Departments []order.Department
	ShipTos     map[string][]order.ShipTo // by company code
	ReceivedOn  order.Date
}

// NewShop makes masters with codes spread evenly, for measuring only.
func NewShop(seed uint64, items, departments int) *Shop {
	r := rand.New(rand.NewPCG(seed, 0x5a0b))
	s := &Shop{ShipTos: map[string][]order.ShipTo{}, ReceivedOn: order.D(2026, 11, 24)}
	seen := map[string]bool{}
	code := func(digits int) string {
		for {
			b := make([]byte, digits-1)
			for i := range b {
				b[i] = '0' + byte(r.IntN(10))
			}
			if c := order.WithCheckDigit(string(b)); !seen[c] {
				seen[c] = true
				return c
			}
		}
	}
	scheme := order.DefaultScheme()
	for range items {
		multiple := []int{1, 1, 1, 1, 1, 1, 5, 10}[r.IntN(8)]
		s.Items = append(s.Items, order.Item{Code: code(scheme.Item.Digits), OrderMultiple: multiple})
	}
	const perCompany = 3
	for i := range departments {
		company := fmt.Sprintf("C%04d", i/perCompany)
		s.Departments = append(s.Departments, order.Department{Code: code(scheme.Customer.Digits), CompanyCode: company})
		if i%perCompany == 0 {
			used := map[int]bool{}
			for range 1 + r.IntN(6) {
				n := 1 + r.IntN(60)
				if !used[n] {
					used[n] = true
					s.ShipTos[company] = append(s.ShipTos[company], order.ShipTo{Code: fmt.Sprintf("%03d", n), CompanyCode: company})
				}
			}
		}
	}
	return s
}
