package rules

import (
	"slices"

	"todoke/order"
)

// Price is what an item costs a department ex tax on a day (ITM-2): the contract price of its
// price list that took effect last, else the list price. contract is nil for the list price.
func Price(item order.Item, priceList string, prices []order.ContractPrice, on order.Date) (price order.Yen, contract *order.ContractPrice) {
	if priceList == "" {
		return item.ListPrice, nil
	}
	for i := range prices {
		p := &prices[i]
		if p.PriceList != priceList || p.ItemCode != item.Code || p.From.After(on) {
			continue
		}
		if contract == nil || !p.From.Before(contract.From) {
			contract = p
		}
	}
	if contract == nil {
		return item.ListPrice, nil
	}
	return contract.Price, contract
}

// Fee is the shipping fee ex tax of an order with the given goods total ex tax (FEE-1). It is
// per order, however many shipments it makes.
func Fee(goods order.Yen, s Settings) order.Yen {
	if goods >= s.FeeFreeFromYen {
		return 0
	}
	return s.FeeYen
}

// TaxOf is the tax on a net amount at a rate, rounded once (TAX-2). Negative amounts (returns)
// round as positive ones do, with the sign put back.
func TaxOf(net order.Yen, rate order.Percent, rounding Rounding) order.Yen {
	if net < 0 {
		return -TaxOf(-net, rate, rounding)
	}
	const hundred = 100
	r := order.Yen(rate)
	rest := net % hundred * r // hundredths of a yen; the parts keep the product within 64 bits
	tax := net/hundred*r + rest/hundred
	rest %= hundred
	if rounding == RoundUp && rest > 0 || rounding == RoundHalfUp && rest >= hundred/2 {
		tax++
	}
	return tax
}

// Taxes totals an order per rate, highest rate first (TAX-1): goods at their own rates, the fee
// at its own, without what was cancelled (STK-2). It is informative: invoices round per invoice (TAX-2).
func Taxes(lines []order.Line, fee order.Yen, s Settings) []order.Tax {
	net := map[order.Percent]order.Yen{}
	for _, l := range lines {
		net[l.TaxRate] += l.UnitPrice * order.Yen(l.KeptQty())
	}
	if fee != 0 {
		net[s.FeeTaxRate] += fee
	}
	return taxesOf(net, s)
}

// taxesOf is the tax on net amounts per rate, highest rate first.
func taxesOf(net map[order.Percent]order.Yen, s Settings) []order.Tax {
	taxes := make([]order.Tax, 0, len(net))
	for rate, n := range net {
		taxes = append(taxes, order.Tax{Rate: rate, NetYen: n, TaxYen: TaxOf(n, rate, s.TaxRounding)})
	}
	slices.SortFunc(taxes, func(a, b order.Tax) int { return int(b.Rate - a.Rate) })
	return taxes
}
