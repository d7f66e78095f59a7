package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// The kinds of what the desk keeps of a department beside the imported master.
const (
	ChoiceStockout = "stockout" // STK-2: backorder, cancel
	ChoiceAnswers  = "answers"  // FAX-3: mail, bad_news
	ChoicePhone    = "phone"    // digits
	ChoiceKana     = "kana"
)

// Choices are what holds for a department, and where it comes from.
type Choices struct {
	Imported order.StockoutPreference // the master's
	Kept     map[string]string        // by kind; "" leaves it to master and rules
	Changes  []ChoiceChange           // newest first
}

// ChoiceChange is a change of what the desk keeps.
type ChoiceChange struct {
	Kind, Before, After, Reason, By string
	At                              time.Time
}

// ChoicesOf reads them, with at most so many changes.
func (s *Store) ChoicesOf(ctx context.Context, department string, most int) (Choices, error) {
	c := Choices{Kept: map[string]string{}}
	var stockout, answers, phone, kana string
	err := s.pool.QueryRow(ctx, query("DepartmentChoices"), department).Scan(&c.Imported, &stockout, &answers, &phone, &kana)
	if missing(err) {
		return c, order.NotFound("customer_code", "no customer has the code "+department)
	}
	if err != nil {
		return c, kinded(err)
	}
	c.Kept[ChoiceStockout], c.Kept[ChoiceAnswers], c.Kept[ChoicePhone], c.Kept[ChoiceKana] = stockout, answers, phone, kana
	c.Changes, err = collect(ctx, s.pool, "DepartmentChanges", pgx.RowToStructByPos[ChoiceChange], department, most)
	return c, err
}

// Choose changes what the desk keeps of a department, with a reason; "" leaves it to the master and
// the rules again. What waits for allocation or an answer is decided by what holds then.
func (s *Store) Choose(ctx context.Context, department, kind, value, reason, by string, now time.Time) error {
	value, reason = strings.TrimSpace(value), strings.TrimSpace(reason)
	if by == "" {
		return order.Invalid("KEP-2", "by", "say who decides this")
	}
	if reason == "" {
		return order.Invalid("KEP-2", "reason", "say why")
	}
	const longest = 80
	valid := false
	switch kind {
	case ChoiceStockout:
		valid = value == "" || value == string(order.StockoutBackorder) || value == string(order.StockoutCancel)
	case ChoiceAnswers:
		valid = value == "" || value == string(order.AnswersByMail) || value == string(order.AnswersBadNews)
	case ChoicePhone:
		if n, ok := order.ParsePhone(value); ok {
			value = n
		}
		valid = value == "" || strings.Trim(value, "0123456789") == "" && len(value) >= 9 && len(value) <= 11
	case ChoiceKana:
		value = text(value)
		valid = len([]rune(value)) <= longest
	}
	if !valid {
		return order.Invalid("ACC-1", kind, "this cannot be kept of a customer")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		var stockout, answers, phone, kana string
		err := tx.tx.QueryRow(ctx, query("DepartmentChoicesLock"), department).Scan(&stockout, &answers, &phone, &kana)
		if missing(err) {
			return order.NotFound("customer_code", "no customer has the code "+department)
		}
		if err != nil {
			return fmt.Errorf("lock customer: %w", err)
		}
		field := map[string]*string{ChoiceStockout: &stockout, ChoiceAnswers: &answers, ChoicePhone: &phone, ChoiceKana: &kana}[kind]
		before := *field
		if before == value {
			return order.Invalid("", "", "nothing is changed")
		}
		*field = value
		if err := tx.exec(ctx, "DepartmentChoicesSet", department, stockout, answers, phone, kana); err != nil {
			return err
		}
		return tx.exec(ctx, "DepartmentChangeInsert", department, kind, before, value, text(reason), by, at(now))
	})
}

// SameBytes is the first document that holds the same bytes as this one, 0 where none does.
func (s *Store) SameBytes(ctx context.Context, id int64) (first int64, err error) {
	err = s.pool.QueryRow(ctx, query("SameBytesBefore"), id).Scan(&first)
	if missing(err) {
		return 0, nil
	}
	return first, kinded(err)
}

// ChoiceHold is the kind of a change of a customer's hold (CST-1).
const ChoiceHold = "hold"

// CustomerHold is why all orders of a customer wait (CST-1), "" where they do not.
func (s *Store) CustomerHold(ctx context.Context, department string) (reason string, err error) {
	err = s.pool.QueryRow(ctx, query("DepartmentHold"), department).Scan(&reason)
	if missing(err) {
		return "", order.NotFound("customer_code", "no customer has the code "+department)
	}
	return reason, kinded(err)
}

// HoldCustomer has all orders of a customer wait (CST-1), those that come and those whose goods are
// not at a warehouse yet, or lets them go again; all or nothing, with who and why at each order and
// among the customer's changes. It returns how many orders it touched.
func (s *Store) HoldCustomer(ctx context.Context, department string, hold bool, reason, by string, now time.Time) (touched int, err error) {
	now, reason, by = at(now), text(strings.TrimSpace(reason)), strings.TrimSpace(by)
	if by == "" {
		return 0, order.Invalid("KEP-2", "by", "say who decides this")
	}
	if reason == "" {
		return 0, order.Invalid("KEP-2", "reason", "say why")
	}
	err = s.InTx(ctx, func(tx *Tx) error {
		touched = 0
		var before string
		err := tx.tx.QueryRow(ctx, query("DepartmentHoldLock"), department).Scan(&before)
		if missing(err) {
			return order.NotFound("customer_code", "no customer has the code "+department)
		}
		if err != nil {
			return fmt.Errorf("lock customer: %w", err)
		}
		if hold == (before != "") {
			return order.Conflict("CST-1", "somebody changed this meanwhile: open it again")
		}
		after := ""
		if hold {
			after = reason
		}
		if err := tx.exec(ctx, "DepartmentHoldSet", department, after); err != nil {
			return err
		}
		if err := tx.exec(ctx, "DepartmentChangeInsert", department, ChoiceHold, before, after, reason, by, now); err != nil {
			return err
		}
		ids, err := collect(ctx, tx.tx, "DepartmentOpenOrders", pgx.RowTo[int64], department)
		if err != nil {
			return err
		}
		touched = 0
		for _, id := range ids {
			if _, err := tx.Change(ctx, id, func(o order.Order, _ Facts) (order.Order, []order.Event, error) {
				change := rules.FreeForCustomer
				if hold {
					change = rules.HoldForCustomer
				}
				next, events, changed := change(o, reason, by, now)
				if changed {
					touched++
				}
				return next, events, nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return touched, err
}
