package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// ShipTosOf are the registered places of a department's company, by code.
func (s *Store) ShipTosOf(ctx context.Context, department string) ([]order.ShipTo, error) {
	return collect(ctx, s.pool, "ShipTosOfDepartment", scanShipTo, []string{department})
}

// FindCustomers are the departments that fit: by code, by name of company and department, by
// registered fax number or its first digits. wide tells that there are more than are returned.
func (s *Store) FindCustomers(ctx context.Context, f rules.Find, limit int) (found []order.Department, wide bool, err error) {
	var names, codes []string
	for _, w := range f.Words {
		switch {
		case w.Phone != "":
			of, err := collect(ctx, s.pool, "FindDepartmentsByFax", pgx.RowTo[string], w.Phone, limit, beyond(w.Phone))
			if err != nil {
				return nil, false, err
			}
			codes = append(codes, of...)
		case w.Customer != "":
			codes = append(codes, w.Customer)
		case strings.Contains(w.Text, "@"):
			of, err := collect(ctx, s.pool, "FindDepartmentsByMail", pgx.RowTo[string], w.Text, limit)
			if err != nil {
				return nil, false, err
			}
			codes = append(codes, of...)
		case w.Text != "":
			names = append(names, w.Text)
		case w.Item != "": // the first digits of a code
			names = append(names, w.Item)
		case w.Document != 0:
			names = append(names, strconv.FormatInt(w.Document, 10))
		}
	}
	if len(names) > 0 || len(f.Words) == 0 {
		of, err := collect(ctx, s.pool, "FindDepartments", pgx.RowTo[string], list(names), limit)
		if err != nil {
			return nil, false, err
		}
		codes = append(codes, of...)
	}
	wide = len(codes) >= limit
	found, err = collect(ctx, s.pool, "CustomerRows", func(r pgx.CollectableRow) (order.Department, error) { return scanDepartment(r) }, list(codes))
	return found, wide, err
}

// CustomerFile is what the desk knows of a customer beside the customer's own row.
type CustomerFile struct {
	Users       []order.User
	ShipTos     []order.ShipTo
	Dealer      *order.Dealer      // nil where there is none
	Departments []order.Department // of the company, code and name alone
	Faxes       []Document         // the latest
	Orders      []OrderRow
	Issued      []IssuedDocument
	Requests    []DealerRequest
}

// FileOf is everything about a customer, at most so many of what comes and goes.
func (s *Store) FileOf(ctx context.Context, d order.Department, most int) (f CustomerFile, err error) {
	if f.Users, err = collect(ctx, s.pool, "UsersOfDepartment", func(r pgx.CollectableRow) (order.User, error) {
		var u order.User
		return u, r.Scan(&u.Code, &u.DepartmentCode, &u.Name, &u.Email, &u.Role)
	}, d.Code); err != nil {
		return f, err
	}
	if f.ShipTos, err = s.ShipTosOf(ctx, d.Code); err != nil {
		return f, err
	}
	if d.DealerCode != "" {
		l, err := s.GetDealer(ctx, d.DealerCode)
		if err != nil {
			return f, err
		}
		f.Dealer = &l
	}
	if f.Departments, err = collect(ctx, s.pool, "DepartmentsOfCompany", func(r pgx.CollectableRow) (order.Department, error) {
		var d order.Department
		return d, r.Scan(&d.Code, &d.Name)
	}, d.CompanyCode); err != nil {
		return f, err
	}
	faxes, err := collect(ctx, s.pool, "CustomerFaxes", pgx.RowTo[int64], d.Code, d.Fax, most)
	if err != nil {
		return f, err
	}
	if f.Faxes, err = collect(ctx, s.pool, "DocumentsByID", scanDocument, faxes); err != nil {
		return f, err
	}
	find := OrderFind{Find: rules.Find{Words: []rules.FindWord{{Customer: d.Code}}}, Limit: most}
	if f.Orders, _, err = s.FindOrders(ctx, find); err != nil {
		return f, err
	}
	if f.Issued, err = s.IssuedTo(ctx, d.Code, most); err != nil {
		return f, err
	}
	f.Requests, err = s.DealerRequests(ctx, d.Code, "", 0, most)
	return f, err
}

// GetDealer reads one dealer.
func (s *Store) GetDealer(ctx context.Context, code string) (order.Dealer, error) {
	var l order.Dealer
	err := s.pool.QueryRow(ctx, query("DealerGet"), code).Scan(&l.Code, &l.Name, &l.RegistrationNumber, &l.Address, &l.Fax, &l.Email)
	if missing(err) {
		return l, order.NotFound("dealer", "there is no dealer "+code)
	}
	return l, kinded(err)
}

// TakeIn stores what a person hands in at the desk, all or none, and notes why where its time of
// receipt is not now (CUT-3).
func (s *Store) TakeIn(ctx context.Context, docs []NewDocument, by, reason string, now time.Time) ([]Added, error) {
	data := make([][]byte, len(docs))
	for i := range docs {
		data[i] = docs[i].Bytes
	}
	keys, err := s.blobs.PutAll(data)
	if err != nil {
		return nil, order.Temporary("the document could not be stored", err)
	}
	var added []Added
	err = s.InTx(ctx, func(tx *Tx) error {
		var err error
		if added, err = tx.addDocuments(ctx, docs, keys); err != nil {
			return err
		}
		for i, a := range added {
			if a.DuplicateOf != 0 {
				continue
			}
			rule, text := "FAX-1", "taken in at the desk by "+by
			inputs := map[string]any{"received_at": docs[i].ReceivedAt}
			if reason != "" {
				rule, inputs["reason"] = "CUT-3", reason
				text += ", received " + docs[i].ReceivedAt.In(order.JST).Format("2006-01-02 15:04") + ": " + reason
			}
			if err := tx.note(ctx, a.ID, rule, by, text, order.Inputs(inputs), at(now)); err != nil {
				return err
			}
		}
		return nil
	})
	return added, err
}

// DocumentsAtDesk are the latest documents that people handed in at the desk, newest first.
func (s *Store) DocumentsAtDesk(ctx context.Context, limit int) ([]Document, error) {
	ids, err := collect(ctx, s.pool, "DeskDocuments", pgx.RowTo[int64], limit)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.pool, "DocumentsByID", scanDocument, ids)
}

// The states of a request to a dealer.
const (
	DealerOpen     = "open"
	DealerAnswered = "answered"
	DealerClosed   = "closed"
)

// IssueDealerRequest is the kind of a mail that asks a dealer for something.
const IssueDealerRequest = "dealer_request"

// DealerRequest is something asked of a customer's dealer (ACC-3).
type DealerRequest struct {
	ID             int64
	DepartmentCode string
	Customer       string
	DealerCode     string
	Dealer         string
	Order          order.Number
	Subject        string
	Body           string
	Number         string // of the mail
	IssuedID       int64
	Delivery       string // state of the mail's latest delivery
	Recipient      string
	State          string
	AskedAt        time.Time
	AskedBy        string
	Answer         string
	ChangedAt      time.Time
	ChangedBy      string
}

// NewDealerRequest is a request about to be sent; Render makes the mail once its number is known.
type NewDealerRequest struct {
	Department order.Department
	Dealer     order.Dealer
	Order      order.Order // zero where it is about none
	Subject    string
	Body       string
	By         string
	Render     func(number string) (subject, body string, err error)
}

// AskDealer sends a request to a dealer by mail and follows it from then on.
func (s *Store) AskDealer(ctx context.Context, q NewDealerRequest, now time.Time) (id int64, err error) {
	now = at(now)
	q.Subject, q.Body = strings.TrimSpace(q.Subject), strings.TrimSpace(q.Body)
	switch {
	case q.By == "":
		return 0, order.Invalid("KEP-2", "by", "say who asks")
	case q.Subject == "" || q.Body == "":
		return 0, order.Invalid("ACC-3", "body", "say what is asked of the dealer")
	case q.Dealer.Email == "":
		return 0, order.Invalid("ACC-3", "dealer", "the dealer has no mail address in the master")
	}
	err = s.InTx(ctx, func(tx *Tx) error {
		var n int64
		if err := tx.tx.QueryRow(ctx, query("DealerRequestNext")).Scan(&n); err != nil {
			return fmt.Errorf("number request: %w", err)
		}
		number := fmt.Sprintf("D%06d", n)
		subject, body, err := q.Render(number)
		if err != nil {
			return err
		}
		key, err := s.blobs.Put([]byte(body))
		if err != nil {
			return order.Temporary("the mail could not be stored", err)
		}
		issued, _, err := tx.Issue(ctx, NewIssue{
			Kind: IssueDealerRequest, Number: number, Format: "txt", FileName: IssueDealerRequest + "_" + number + ".txt", Subject: subject,
			Key: key, SizeBytes: len(body), Party: q.Dealer.Email, OrderID: q.Order.ID,
		}, now)
		if err != nil {
			return err
		}
		if err := tx.Send(ctx, issued, Recipient{Channel: "mail", Address: q.Dealer.Email}, now); err != nil {
			return err
		}
		if err := tx.tx.QueryRow(ctx, query("DealerRequestInsert"), q.Department.Code, q.Dealer.Code, null(q.Order.ID), text(q.Subject), text(q.Body), issued, now, q.By).Scan(&id); err != nil {
			return fmt.Errorf("insert request: %w", err)
		}
		if q.Order.ID == 0 {
			return nil
		}
		_, err = tx.Change(ctx, q.Order.ID, func(o order.Order, _ Facts) (order.Order, []order.Event, error) {
			return o, []order.Event{{
				Kind: order.EventNoted, Rule: "ACC-3", By: q.By, At: now, Text: "Request " + number + " sent to the dealer " + q.Dealer.Name + ": " + q.Subject + ".",
				Inputs: order.Inputs(map[string]any{"dealer": q.Dealer.Code, "number": number, "note": q.Subject}),
			}}, nil
		})
		return err
	})
	return id, err
}

// DealerRequests are those of a customer, in a state, where they are named, and before an id
// where one is given; newest first.
func (s *Store) DealerRequests(ctx context.Context, department, state string, before int64, limit int) ([]DealerRequest, error) {
	if before <= 0 {
		before = 1 << 62
	}
	return collect(ctx, s.pool, "DealerRequests", func(r pgx.CollectableRow) (DealerRequest, error) {
		var q DealerRequest
		return q, r.Scan(&q.ID, &q.DepartmentCode, &q.Customer, &q.DealerCode, &q.Dealer, &q.Order, &q.Subject, &q.Body, &q.Number, &q.IssuedID,
			&q.Delivery, &q.Recipient, &q.State, &q.AskedAt, &q.AskedBy, &q.Answer, &q.ChangedAt, &q.ChangedBy)
	}, department, state, before, limit)
}

// MoveDealerRequest notes what the dealer answered, or that the request is done.
func (s *Store) MoveDealerRequest(ctx context.Context, id int64, state, answer, by string, now time.Time) error {
	if answer = strings.TrimSpace(answer); answer == "" {
		return order.Invalid("ACC-3", "answer", "say what the dealer answered, or why this is done")
	}
	if state != DealerAnswered && state != DealerClosed {
		return order.Invalid("ACC-3", "state", "a request is answered or closed")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		var was string
		err := tx.tx.QueryRow(ctx, query("DealerRequestLock"), id).Scan(&was)
		if missing(err) {
			return order.NotFound("request", "there is no such request")
		}
		if err != nil {
			return fmt.Errorf("lock request: %w", err)
		}
		if was == DealerClosed {
			return order.Conflict("ACC-3", "the request is closed")
		}
		return tx.exec(ctx, "DealerRequestMove", id, state, text(answer), at(now), by)
	})
}
