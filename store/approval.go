package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// ApprovalStep is a decision and how it reached us.
type ApprovalStep struct {
	rules.ApprovalStep
	EnteredBy string `json:"entered_by,omitempty"` // who at the desk was told by telephone
}

// ApprovalCase is an approval with all that one looks at to decide it.
type ApprovalCase struct {
	rules.Approval
	Order    order.Order
	Customer order.Department
	Steps    []ApprovalStep
	Deciders []ApprovalDecider // now; none where the desk has to ask the customer, or nobody has to decide
	Users    map[string]order.User
	DueAt    time.Time // zero once it is closed
	Expires  time.Time // when it lapses
	Ask      bool      // those who may decide are still to be written to
}

// ApprovalDecider is a person who may decide now.
type ApprovalDecider struct {
	order.User
	For string // whose delegate
}

// askApproval saves what a new order waits for, with the job that writes to its approvers.
func (tx *Tx) askApproval(ctx context.Context, o order.Order, f rules.Facts, now time.Time) error {
	a, needed := rules.ApprovalOf(o, f, now)
	if !needed {
		return nil
	}
	due, _ := a.NextDue(f.Settings)
	levels, err := json.Marshal(list(a.Levels))
	if err != nil {
		return fmt.Errorf("encode approval: %w", err)
	}
	reasons, err := json.Marshal(list(a.Reasons))
	if err != nil {
		return fmt.Errorf("encode approval: %w", err)
	}
	if err := tx.exec(ctx, "ApprovalInsert", o.ID, string(a.State), levels, list(a.Admins), a.Orderer, reasons, at(a.FirstAt), at(a.AskedAt), a.Reminded, at(due)); err != nil {
		return err
	}
	return tx.Enqueue(ctx, jobs.AskApprovers{})
}

// readApproval reads an order's approval; found is false where it never waited for one.
func readApproval(ctx context.Context, q querier, orderID int64) (c ApprovalCase, found bool, err error) {
	var levels, reasons []byte
	a := &c.Approval
	err = q.QueryRow(ctx, query("ApprovalGet"), orderID).Scan(&a.OrderID, &a.State, &levels, &a.Admins, &a.Orderer, &reasons,
		&a.FirstAt, &a.AskedAt, &a.Reminded, (*instant)(&c.DueAt), &c.Ask)
	if missing(err) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("read approval: %w", err)
	}
	if err := json.Unmarshal(levels, &a.Levels); err != nil {
		return c, false, fmt.Errorf("decode approval: %w", err)
	}
	if err := json.Unmarshal(reasons, &a.Reasons); err != nil {
		return c, false, fmt.Errorf("decode approval: %w", err)
	}
	c.Steps, err = collect(ctx, q, "ApprovalSteps", func(r pgx.CollectableRow) (ApprovalStep, error) {
		var s ApprovalStep
		return s, r.Scan(&s.Level, &s.By, &s.For, &s.Yes, &s.Note, &s.EnteredBy, &s.At)
	}, orderID)
	for _, s := range c.Steps {
		a.Steps = append(a.Steps, s.ApprovalStep)
	}
	return c, true, err
}

// delegations are those of everybody who may decide an approval.
func delegations(ctx context.Context, q querier, a rules.Approval) ([]rules.Delegation, error) {
	users := slices.Clone(a.Admins)
	for _, level := range a.Levels {
		users = append(users, level...)
	}
	return collect(ctx, q, "DelegationsFrom", func(r pgx.CollectableRow) (rules.Delegation, error) {
		var d rules.Delegation
		return d, r.Scan(&d.From, &d.To, (*date)(&d.Since), (*date)(&d.Until))
	}, list(users))
}

// ApprovalOf is an order's approval with who may decide at an instant; found is false where the
// order never waited for one.
func (s *Store) ApprovalOf(ctx context.Context, orderID int64, now time.Time) (c ApprovalCase, found bool, err error) {
	c, found, err = readApproval(ctx, s.pool, orderID)
	if err != nil || !found {
		return c, found, kinded(err)
	}
	orders, err := readOrders(ctx, s.pool, []int64{orderID})
	if err != nil {
		return c, false, kinded(err)
	}
	c.Order = orders[0]
	if c.Customer, err = s.GetDepartment(ctx, c.Order.DepartmentCode); err != nil {
		return c, false, err
	}
	on, err := delegations(ctx, s.pool, c.Approval)
	if err != nil {
		return c, false, err
	}
	who := c.Approval.Deciders(on, order.DateOf(now))
	codes := []string{c.Orderer}
	for _, level := range c.Levels {
		codes = append(codes, level...)
	}
	for _, st := range c.Steps {
		codes = append(codes, st.By, st.For)
	}
	for _, d := range who {
		codes = append(codes, d.User, d.For)
	}
	users, err := collect(ctx, s.pool, "UsersByCode", func(r pgx.CollectableRow) (order.User, error) {
		var u order.User
		return u, r.Scan(&u.Code, &u.DepartmentCode, &u.Name, &u.Email, &u.Role)
	}, codes)
	if err != nil {
		return c, false, err
	}
	c.Users = map[string]order.User{}
	for _, u := range users {
		c.Users[u.Code] = u
	}
	for _, d := range who {
		u := c.Users[d.User]
		u.Code = d.User
		c.Deciders = append(c.Deciders, ApprovalDecider{u, d.For})
	}
	if c.State.Open() {
		c.Expires = c.FirstAt.Add(time.Duration(s.Settings().ApprovalExpireDays) * 24 * time.Hour)
	}
	return c, true, nil
}

// ApprovalDecision is what somebody decides about an order.
type ApprovalDecision struct {
	By        string // user code of the approver
	Yes       bool
	Note      string // why not, needed with a no
	EnteredBy string // who at the desk was told by telephone; "" by the approver's own link
}

// DecideApproval takes an approver's decision (APR-1). The first of two at once counts, the other
// is a conflict, as is one about an order cancelled meanwhile. The last yes lets the order go, dated
// by that instant (CUT-9); a no cancels it. Both tell the customer.
func (s *Store) DecideApproval(ctx context.Context, orderID int64, d ApprovalDecision, now time.Time) (order.Order, error) {
	var o order.Order
	err := s.InTx(ctx, func(tx *Tx) error {
		var err error
		o, err = tx.decideApproval(ctx, orderID, d, at(now))
		return err
	})
	return o, err
}

func (tx *Tx) decideApproval(ctx context.Context, orderID int64, d ApprovalDecision, now time.Time) (order.Order, error) {
	d.Note, d.EnteredBy = bounded(text(strings.TrimSpace(d.Note))), strings.TrimSpace(d.EnteredBy)
	noSaturday, err := tx.noSaturday(ctx, orderID)
	if err != nil {
		return order.Order{}, err
	}
	return tx.Change(ctx, orderID, func(o order.Order, f Facts) (order.Order, []order.Event, error) {
		c, found, err := readApproval(ctx, tx.tx, o.ID)
		if err != nil {
			return o, nil, err
		}
		if !found {
			return o, nil, order.Conflict("APR-1", "the order waits for no approval")
		}
		on, err := delegations(ctx, tx.tx, c.Approval)
		if err != nil {
			return o, nil, err
		}
		a, events, problem := rules.DecideApproval(c.Approval, d.By, d.Yes, d.Note, on, now)
		if problem != nil {
			return o, nil, problem
		}
		if d.EnteredBy != "" {
			events[0].By = d.EnteredBy
			events[0].Text += " Told by telephone, entered by " + d.EnteredBy + "."
		}
		step := a.Steps[len(a.Steps)-1]
		if err := tx.exec(ctx, "ApprovalStepInsert", o.ID, step.Level, step.By, step.For, step.Yes, step.Note, d.EnteredBy, now); err != nil {
			return o, nil, err
		}
		if err := tx.saveApproval(ctx, a, f.Settings, a.State.Open()); err != nil {
			return o, nil, err
		}
		var more []order.Event
		switch a.State {
		case rules.ApprovalApproved:
			region, _ := f.Regions.Find(o.ShipTo.Prefecture, o.ShipTo.PostalCode)
			if o, more, problem = rules.Approved(o, region, noSaturday, f.Settings, f.Calendar, now); problem != nil {
				return o, nil, problem
			}
		case rules.ApprovalRefused:
			o, more, err = tx.unapproved(ctx, o, f, rules.ApprovalRefused, "the customer's approver refused it: "+d.Note, now)
			if err != nil {
				return o, nil, err
			}
		case rules.ApprovalAsked, rules.ApprovalLevel1, rules.ApprovalExpired, rules.ApprovalWithdrawn:
		}
		if a.State.Open() {
			err = tx.Enqueue(ctx, jobs.AskApprovers{})
		}
		return o, append(events, more...), err
	})
}

// unapproved cancels an order that its customer did not let go, as every order is cancelled (CAN-1).
func (tx *Tx) unapproved(ctx context.Context, o order.Order, f Facts, why rules.ApprovalState, text string, now time.Time) (order.Order, []order.Event, error) {
	return tx.cancelled(ctx, o, f, rules.Cancellation{
		AskedBy: rules.AskedByShop, Reason: text, Rule: "APR-1", About: map[string]any{"approval": why},
	}, now)
}

// saveApproval saves where an approval stands; ask has those who may decide now be written to.
func (tx *Tx) saveApproval(ctx context.Context, a rules.Approval, s rules.Settings, ask bool) error {
	due, _ := a.NextDue(s)
	return tx.exec(ctx, "ApprovalUpdate", a.OrderID, string(a.State), at(a.AskedAt), a.Reminded, instant(due), ask)
}

// noSaturday are the classes of which some item of an order is never delivered on a Saturday.
func (tx *Tx) noSaturday(ctx context.Context, orderID int64) (map[order.Class]bool, error) {
	orders, err := readOrders(ctx, tx.tx, []int64{orderID})
	if err != nil || len(orders) == 0 {
		return nil, err
	}
	items, err := collect(ctx, tx.tx, "ItemsWithSuccessors", scanItem, column(orders[0].Lines, func(l order.Line) string { return l.ItemCode }))
	out := map[order.Class]bool{}
	for _, i := range items {
		if i.NoSaturday && slices.ContainsFunc(orders[0].Lines, func(l order.Line) bool { return l.ItemCode == i.Code }) {
			out[i.Class] = true
		}
	}
	return out, err
}

// DueApprovals are the orders whose approval has to be looked at without anybody's deciding.
func (s *Store) DueApprovals(ctx context.Context, now time.Time, most int) ([]int64, error) {
	return collect(ctx, s.pool, "ApprovalsDue", pgx.RowTo[int64], at(now), most)
}

// LookAtApproval does what is due of an approval: has its approvers reminded, or cancels an order
// that nobody decided in time (APR-1).
func (s *Store) LookAtApproval(ctx context.Context, orderID int64, now time.Time) error {
	now = at(now)
	return s.InTx(ctx, func(tx *Tx) error {
		_, err := tx.Change(ctx, orderID, func(o order.Order, f Facts) (order.Order, []order.Event, error) {
			c, found, err := readApproval(ctx, tx.tx, o.ID)
			if err != nil || !found {
				return o, nil, err
			}
			if a, lapsed := rules.ApprovalLapsed(c.Approval, f.Settings, now); lapsed {
				if err := tx.saveApproval(ctx, a, f.Settings, false); err != nil {
					return o, nil, err
				}
				return tx.unapproved(ctx, o, f, a.State, fmt.Sprintf("nobody of the customer's approvers decided within %d days", f.Settings.ApprovalExpireDays), now)
			}
			if a, due := rules.ApprovalReminded(c.Approval, f.Settings, now); due {
				return o, nil, tx.saveApproval(ctx, a, f.Settings, true)
			}
			return o, nil, nil
		})
		return err
	})
}

// ApprovalsToAsk are the orders whose approvers are to be written to.
func (s *Store) ApprovalsToAsk(ctx context.Context, most int) ([]int64, error) {
	return collect(ctx, s.pool, "ApprovalsToAsk", pgx.RowTo[int64], most)
}

// OpenApproval is an order that waits for its customer's approver.
type OpenApproval struct {
	OrderID    int64        `json:"-"`
	Number     order.Number `json:"order"`
	Department string       `json:"customer_code"`
}

// OpenApprovals are the orders that wait for an approver, longest first.
func (s *Store) OpenApprovals(ctx context.Context, most int) ([]OpenApproval, error) {
	return collect(ctx, s.pool, "ApprovalsOpen", pgx.RowToStructByPos[OpenApproval], most)
}

// ApprovalMail is a mail to one who may decide, as it leaves.
type ApprovalMail struct {
	User  string
	To    string // mail address
	Token string // of its link
	Issue NewIssue
}

// NewApprovalToken makes a token of 256 random bits for a link.
func NewApprovalToken() string {
	b := make([]byte, sha256.Size)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// AskApproval records that the approvers of a case are written to: links, mails and their
// deliveries. Nothing happens where the approval moved on meanwhile.
func (s *Store) AskApproval(ctx context.Context, c ApprovalCase, mails []ApprovalMail, now time.Time) error {
	now = at(now)
	return s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "OrdersLock", []int64{c.OrderID}); err != nil {
			return err
		}
		is, found, err := readApproval(ctx, tx.tx, c.OrderID)
		if err != nil || !found || !is.Ask || is.State != c.State || is.Reminded != c.Reminded {
			return err
		}
		e := order.Event{
			Kind: order.EventNoted, Rule: "APR-1", At: now, Text: "Nobody who may approve the order has a mail address: ask the customer by telephone.",
		}
		var to []string
		for _, m := range mails {
			sum := sha256.Sum256([]byte(m.Token))
			if err := tx.exec(ctx, "ApprovalLinkInsert", sum[:], c.OrderID, c.Level(), m.User, now, at(c.Expires)); err != nil {
				return err
			}
			id, _, err := tx.Issue(ctx, m.Issue, now)
			if err != nil {
				return err
			}
			if err := tx.Send(ctx, id, Recipient{Channel: "mail", Address: m.To}, now); err != nil {
				return err
			}
			to = append(to, m.User)
		}
		if len(to) > 0 {
			e.Text = fmt.Sprintf("Asked %s by mail on level %d.", strings.Join(to, ", "), c.Level())
			if c.Reminded > 0 {
				e.Text = fmt.Sprintf("Reminded %s by mail on level %d, time %d.", strings.Join(to, ", "), c.Level(), c.Reminded)
			}
		}
		e.Inputs = order.Inputs(map[string]any{"level": c.Level(), "users": to, "reminded": c.Reminded, "expires_at": c.Expires})
		b := &pgx.Batch{}
		queueEvents(b, c.OrderID, 0, []order.Event{e})
		b.Queue(query("ApprovalAsked"), c.OrderID)
		if err := tx.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("note who was asked: %w", err)
		}
		return nil
	})
}

// ApprovalLink is what a link of a mail leads to.
type ApprovalLink struct {
	OrderID   int64
	Level     int
	User      string
	ExpiresAt time.Time
}

// FindApprovalLink finds the link of a token; one that expired is as good as none.
func (s *Store) FindApprovalLink(ctx context.Context, token string, now time.Time) (l ApprovalLink, ok bool, err error) {
	sum := sha256.Sum256([]byte(token)) // looked up by hash: no timing tells how near a guess was
	err = s.pool.QueryRow(ctx, query("ApprovalLinkGet"), sum[:]).Scan(&l.OrderID, &l.Level, &l.User, &l.ExpiresAt)
	if missing(err) {
		return l, false, nil
	}
	return l, err == nil && now.Before(l.ExpiresAt), kinded(err)
}
