package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// findFewDepartments is of how many customers the documents are looked at.
const findFewDepartments = 5

// FindDocuments are the documents that came in and fit, the newest first, whether they became orders
// or still wait: by their number, by the number they claim to come from, by the customer whose
// they are. Words that say something of goods or amounts fit none.
func (s *Store) FindDocuments(ctx context.Context, f rules.Find, limit int) ([]Document, error) {
	if len(f.Words) == 0 || f.Wrong != "" {
		return nil, nil
	}
	var ids []int64
	var names []string
	narrow := func(some []int64, first bool) {
		if first {
			ids = some
			return
		}
		ids = slices.DeleteFunc(ids, func(id int64) bool { return !slices.Contains(some, id) })
	}
	first := true
	for _, w := range f.Words {
		if w.Text != "" {
			names = append(names, w.Text)
			continue
		}
		some, err := s.documentsOf(ctx, w, limit)
		if err != nil {
			return nil, err
		}
		narrow(some, first)
		first = false
	}
	if len(names) > 0 {
		of, err := collect(ctx, s.pool, "FindDepartments", pgx.RowTo[string], names, findFewDepartments+1)
		if err != nil {
			return nil, err
		}
		var some []int64
		if len(of) <= findFewDepartments { // more say too little of whose
			if some, err = s.documentsFor(ctx, of, limit); err != nil {
				return nil, err
			}
		}
		narrow(some, first)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	docs, err := collect(ctx, s.pool, "DocumentsByID", scanDocument, ids)
	if err != nil {
		return nil, err
	}
	docs = slices.DeleteFunc(docs, func(d Document) bool {
		on := order.DateOf(d.ReceivedAt)
		return !f.From.IsZero() && on.Before(f.From) || !f.To.IsZero() && on.After(f.To) ||
			d.State == DocumentSplit && slices.ContainsFunc(docs, func(part Document) bool { return part.ParentID == d.ID })
	})
	slices.SortFunc(docs, func(a, b Document) int {
		if c := b.ReceivedAt.Compare(a.ReceivedAt); c != 0 {
			return c
		}
		return int(b.ID - a.ID)
	})
	return docs[:min(len(docs), limit)], nil
}

// documentsOf are those that one word means.
func (s *Store) documentsOf(ctx context.Context, w rules.FindWord, limit int) ([]int64, error) {
	var out []int64
	add := func(some []int64, err error) error {
		out = append(out, some...)
		return err
	}
	if w.Document != 0 {
		out = append(out, w.Document)
	}
	if w.Number != "" {
		o, err := s.GetOrder(ctx, w.Number)
		if err != nil && order.KindOf(err) != order.KindNotFound {
			return nil, err
		}
		if o.Source.DocumentID != 0 {
			out = append(out, o.Source.DocumentID)
		}
	}
	if w.Customer != "" {
		if err := add(s.documentsFor(ctx, []string{w.Customer}, limit)); err != nil {
			return nil, err
		}
	}
	const fewestDigits = 6 // fewer say too little of whose
	if len(w.Phone) >= fewestDigits {
		if err := add(collect(ctx, s.pool, "FindDocumentsByCaller", pgx.RowTo[int64], w.Phone, beyond(w.Phone), limit)); err != nil {
			return nil, err
		}
		of, err := collect(ctx, s.pool, "FindDepartmentsByFax", pgx.RowTo[string], w.Phone, findFewDepartments, beyond(w.Phone))
		if err != nil {
			return nil, err
		}
		if err := add(s.documentsFor(ctx, of, limit)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// documentsFor are the latest documents of customers.
func (s *Store) documentsFor(ctx context.Context, departments []string, limit int) ([]int64, error) {
	var out []int64
	for _, code := range departments {
		c, ok, err := s.FindCustomer(ctx, code)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		some, err := collect(ctx, s.pool, "CustomerFaxes", pgx.RowTo[int64], c.Code, c.Fax, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}
