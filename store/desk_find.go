package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"todoke/order"
	"todoke/rules"
)

// FoundItem is an item that a person may mean, as one customer would get it.
type FoundItem struct {
	PricedItem
	AvailableQty int        // at the warehouse that serves the customer first
	RestockOn    order.Date // where it is announced
	Stocked      bool       // whether that is known: the customer is
}

// word is what is looked through: a code, and its texts folded.
type word struct{ code, text, show string }

// wordbook are the masters as people look for them, kept until a master changes.
type wordbook struct {
	mu        sync.Mutex
	version   int64
	items     []word
	customers []word
}

// fold makes texts equal that people write in more than one way: width, case, hiragana and
// katakana, hyphens.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'ぁ' && r <= 'ゖ':
			return r + 'ァ' - 'ぁ'
		case r == '-' || r == '‐' || r == '–' || r == '−':
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

func (s *Store) words(ctx context.Context) (items, customers []word, err error) {
	version, err := s.MastersVersion(ctx)
	if err != nil {
		return nil, nil, err
	}
	b := &s.wordbook
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.version == version {
		return b.items, b.customers, nil
	}
	scan := func(r pgx.CollectableRow) (word, error) {
		var w word
		var more string
		err := r.Scan(&w.code, &w.show, &more)
		w.text = fold(w.code + " " + w.show + " " + more)
		return w, err
	}
	if items, err = collect(ctx, s.pool, "DeskItems", scan); err != nil {
		return nil, nil, err
	}
	if customers, err = collect(ctx, s.pool, "DeskDepartments", scan); err != nil {
		return nil, nil, err
	}
	b.version, b.items, b.customers = version, items, customers
	return items, customers, nil
}

// look finds the codes whose texts hold every part of what is looked for: codes that begin with it
// first, then those preferred.
func look(all []word, q string, prefer []string, most int) []string {
	parts := strings.Fields(fold(q))
	if len(parts) == 0 {
		return prefer[:min(most, len(prefer))]
	}
	var found []word
	for _, w := range all {
		if !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(w.text, p) }) {
			found = append(found, w)
		}
	}
	rank := func(w word) int {
		switch i := slices.Index(prefer, w.code); {
		case strings.HasPrefix(w.code, parts[0]):
			return -1
		case i >= 0:
			return i
		}
		return len(prefer)
	}
	slices.SortStableFunc(found, func(a, b word) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a.show), len(b.show)))
	})
	return column(found[:min(most, len(found))], func(w word) string { return w.code })
}

// usual is how many of a customer's items are offered before others.
const usual = 30

// LookForItems are items by code, name or reading; without a word those that the customer orders
// most.
func (s *Store) LookForItems(ctx context.Context, q, department string, on order.Date, most int) ([]FoundItem, error) {
	items, _, err := s.words(ctx)
	if err != nil {
		return nil, err
	}
	prefer, err := s.UsualItems(ctx, department, usual)
	if err != nil {
		return nil, err
	}
	return s.ShowItems(ctx, department, on, look(items, q, prefer, most)...)
}

// ShowItems are the items of those codes with price and stock for a customer, in that order; codes
// that are in no master are missing.
func (s *Store) ShowItems(ctx context.Context, department string, on order.Date, codes ...string) ([]FoundItem, error) {
	if len(codes) == 0 {
		return nil, nil
	}
	items, err := s.FindItems(ctx, department, on, codes...)
	if err != nil {
		return nil, err
	}
	first, err := s.servedBy(ctx, department)
	if err != nil {
		return nil, err
	}
	stock := map[string]StockRow{}
	if first != "" {
		rows, err := s.Stock(ctx, first, codes...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			stock[r.ItemCode] = r
		}
	}
	var out []FoundItem
	for _, c := range codes {
		if i, ok := items[c]; ok {
			out = append(out, FoundItem{PricedItem: i, AvailableQty: stock[c].AvailableQty, RestockOn: stock[c].RestockOn, Stocked: first != ""})
		}
	}
	return out, nil
}

// servedBy is the warehouse that serves a customer first; "" where the customer is not known.
func (s *Store) servedBy(ctx context.Context, department string) (string, error) {
	c, ok, err := s.FindCustomer(ctx, department)
	if err != nil || !ok {
		return "", err
	}
	_, regions, warehouses, err := s.Masters(ctx)
	if err != nil {
		return "", err
	}
	region, ok := regions.Find(c.Prefecture, c.PostalCode)
	if !ok {
		return "", nil
	}
	if all := rules.WarehouseOrder(region.Code, warehouses); len(all) > 0 {
		return all[0], nil
	}
	return "", nil
}

// LookForCustomers are customers by code, name or fax number.
func (s *Store) LookForCustomers(ctx context.Context, q string, most int) ([]order.Department, error) {
	_, customers, err := s.words(ctx)
	if err != nil {
		return nil, err
	}
	var out []order.Department
	for _, code := range look(customers, q, nil, most) {
		c, ok, err := s.FindCustomer(ctx, code)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, c)
		}
	}
	return out, nil
}

// OwnPaper is a page of a customer's own making that became an order.
type OwnPaper struct {
	DocumentID   int64
	PageNo       int
	CustomerCode string
	Print        []byte // as internal/likeness keeps it
}

// OwnPapers are pages of no form of ours that came from the same sender before and became orders,
// the latest first, and the print of the page itself; none where it has no print.
func (s *Store) OwnPapers(ctx context.Context, pageID int64) (print []byte, before []OwnPaper, err error) {
	err = s.pool.QueryRow(ctx, query("PagePrint"), pageID).Scan(&print)
	if missing(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, kinded(fmt.Errorf("read print: %w", err))
	}
	before, err = collect(ctx, s.pool, "OwnPapers", pgx.RowToStructByPos[OwnPaper], pageID)
	return print, before, err
}

// CompleteCode is the one code of the masters that what was keyed of a field so far can become: digits,
// with a hole for each that is missing (rules.Hole); "" where several can, or none. Places are those
// of the customer.
func (s *Store) CompleteCode(ctx context.Context, field, pattern, customer string) (string, error) {
	if _, ok := rules.PatternOf(pattern); !ok {
		return "", nil
	}
	var codes []string
	switch {
	case field == "ship_to" && customer == "":
		return "", nil
	case field == "ship_to":
		places, err := s.ShipTosOf(ctx, customer)
		if err != nil {
			return "", err
		}
		codes = column(places, func(p order.ShipTo) string { return p.Code })
	default:
		of := "ItemsLike"
		if field == "customer_code" {
			of = "DepartmentsLike"
		}
		var err error
		if codes, err = collect(ctx, s.pool, of, pgx.RowTo[string], pattern); err != nil { // a hole is LIKE's own
			return "", err
		}
	}
	return rules.OnlyFit(pattern, codes), nil
}
