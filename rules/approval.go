package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
)

// ApprovalCondition is what makes an order need approval (APR-1).
type ApprovalCondition string

// The conditions.
const (
	ApproveAll        ApprovalCondition = "all"
	ApproveTotal      ApprovalCondition = "total"       // goods ex tax of at least Yen
	ApproveUnitPrice  ApprovalCondition = "unit_price"  // some line's unit price ex tax of at least Yen
	ApproveOverBudget ApprovalCondition = "over_budget" // a budget does not cover it (BUD-1)
)

// ApprovalFlow is how a department's orders are approved, for what is received from a day on.
type ApprovalFlow struct {
	DepartmentCode string
	From           order.Date
	When           []ApprovalWhen
	Levels         [][]string // user codes: one or two levels, of each of which any one decides
	Admins         []string   // the department's administrators, who decide where a level has nobody else
}

// ApprovalWhen is one condition; any that holds asks for approval.
type ApprovalWhen struct {
	Condition ApprovalCondition `json:"condition"`
	Yen       order.Yen         `json:"yen,omitempty"` // ex tax
}

const maxApprovalLevels = 2

// Validate says what is wrong with a flow, nil where nothing is. users are those of the company
// that may approve.
func (f ApprovalFlow) Validate(users []string) *order.Error {
	if len(f.Levels) < 1 || len(f.Levels) > maxApprovalLevels {
		return order.Invalid("APR-1", "levels", fmt.Sprintf("%d levels: an order is approved on one level or two", len(f.Levels)))
	}
	for i, level := range f.Levels {
		field := "levels[" + strconv.Itoa(i) + "]"
		if len(level) == 0 {
			return order.Invalid("APR-1", field, "name at least one approver")
		}
		for _, u := range level {
			if !slices.Contains(users, u) {
				return order.Invalid("APR-1", field, fmt.Sprintf("%q is no user of the customer who may approve", u))
			}
		}
	}
	if len(f.When) == 0 {
		return order.Invalid("APR-1", "when", "say which orders need approval")
	}
	for i, w := range f.When {
		field := "when[" + strconv.Itoa(i) + "]"
		switch w.Condition {
		case ApproveAll, ApproveOverBudget:
		case ApproveTotal, ApproveUnitPrice:
			if w.Yen < 1 {
				return order.Invalid("APR-1", field+".yen", "say from how many yen on")
			}
		default:
			return order.Invalid("APR-1", field+".condition", fmt.Sprintf("%q is no condition: choose all, total, unit_price or over_budget", w.Condition))
		}
	}
	return nil
}

// FlowOn is the flow that holds for what is received on a day: the latest that has begun.
func FlowOn(flows []ApprovalFlow, on order.Date) (ApprovalFlow, bool) {
	var best ApprovalFlow
	found := false
	for _, f := range flows {
		if !f.From.After(on) && (!found || f.From.After(best.From)) {
			best, found = f, true
		}
	}
	return best, found && len(best.Levels) > 0
}

// ApprovalReason is a condition that an order meets.
type ApprovalReason struct {
	Condition ApprovalCondition `json:"condition"`
	FromYen   order.Yen         `json:"from_yen,omitempty"`
	Yen       order.Yen         `json:"yen"` // what the order has of it
	LineNo    int               `json:"line,omitempty"`
	Period    string            `json:"period,omitempty"` // of the budget
}

// ApprovalReasons are the conditions of a flow that an order meets (APR-1), whatever channel it
// came by; none lets it go. over are the budgets that do not cover it. The totals are ex tax, as
// ordered; a limit met exactly counts.
func ApprovalReasons(o order.Order, f ApprovalFlow, over []BudgetOver) []ApprovalReason {
	var out []ApprovalReason
	for _, w := range f.When {
		switch w.Condition {
		case ApproveAll:
			out = append(out, ApprovalReason{Condition: w.Condition, Yen: o.OrderedYen()})
		case ApproveTotal:
			if sum := o.OrderedYen(); sum >= w.Yen {
				out = append(out, ApprovalReason{Condition: w.Condition, FromYen: w.Yen, Yen: sum})
			}
		case ApproveUnitPrice:
			for _, l := range o.Lines {
				if l.UnitPrice >= w.Yen {
					out = append(out, ApprovalReason{Condition: w.Condition, FromYen: w.Yen, Yen: l.UnitPrice, LineNo: l.No})
					break
				}
			}
		case ApproveOverBudget:
			if len(over) > 0 {
				out = append(out, overReason(over[0]))
			}
		}
	}
	if len(over) > 0 && over[0].Over == OverApprove && !slices.ContainsFunc(out, func(r ApprovalReason) bool { return r.Condition == ApproveOverBudget }) {
		out = append(out, overReason(over[0]))
	}
	return out
}

func overReason(b BudgetOver) ApprovalReason {
	return ApprovalReason{Condition: ApproveOverBudget, FromYen: b.LimitYen, Yen: b.UsedYen + b.OrderYen, Period: b.Period}
}

// Delegation has a user decide for another, both days included.
type Delegation struct {
	From  string // user code of the approver
	To    string
	Since order.Date
	Until order.Date
}

func (d Delegation) covers(on order.Date) bool { return !on.Before(d.Since) && !on.After(d.Until) }

// ApprovalState is where an approval stands.
//
//	asked ──► level1 ──► approved       asked, level1 ──► refused | expired | withdrawn
//	   └────────────────► approved      (one level)
type ApprovalState string

// The states of an approval.
const (
	ApprovalAsked     ApprovalState = "asked"
	ApprovalLevel1    ApprovalState = "level1" // approved by the first of two levels
	ApprovalApproved  ApprovalState = "approved"
	ApprovalRefused   ApprovalState = "refused"
	ApprovalExpired   ApprovalState = "expired"
	ApprovalWithdrawn ApprovalState = "withdrawn" // the order was cancelled meanwhile
)

// Open tells whether somebody still has to decide.
func (s ApprovalState) Open() bool { return s == ApprovalAsked || s == ApprovalLevel1 }

// Approval is the question whether one order may go. It keeps the flow as it stood when it was
// asked: a flow changed later does not change who decides.
type Approval struct {
	OrderID  int64
	State    ApprovalState
	Levels   [][]string // user codes, as asked
	Admins   []string   // who decide where nobody of a level can
	Orderer  string     // user code; "" of a fax order
	Reasons  []ApprovalReason
	AskedAt  time.Time // of the level that decides now
	FirstAt  time.Time // of the first
	Reminded int       // of the level that decides now
	Steps    []ApprovalStep
}

// ApprovalStep is one decision of an approver.
type ApprovalStep struct {
	Level int       `json:"level"` // from 1
	By    string    `json:"by"`
	For   string    `json:"for,omitempty"` // whose delegate By is
	Yes   bool      `json:"yes"`
	Note  string    `json:"note,omitempty"`
	At    time.Time `json:"at"`
}

// AskApproval asks for the approval of an order that meets conditions of the flow, and holds it
// until then (APR-1). Nobody approves what they ordered themselves: a level of which the orderer
// is the only approver is decided by the department's other administrators.
func AskApproval(o order.Order, f ApprovalFlow, reasons []ApprovalReason, now time.Time) (order.Order, Approval, []order.Event, *order.Error) {
	a := Approval{OrderID: o.ID, State: ApprovalAsked, Admins: f.Admins, Orderer: o.UserCode, Reasons: reasons, AskedAt: now, FirstAt: now}
	for _, level := range f.Levels {
		a.Levels = append(a.Levels, slices.Clone(level))
	}
	held, err := AddHold(o, "APR-1", "waits for the customer's approver")
	if err != nil {
		return o, Approval{}, nil, err
	}
	return held, a, []order.Event{{
		Kind: order.EventHeld, Rule: "APR-1", At: now,
		Text:   fmt.Sprintf("Waits for approval on %d level(s) by the customer (%s).", len(a.Levels), conditionNames(reasons)),
		Inputs: order.Inputs(map[string]any{"reasons": reasons, "levels": a.Levels, "orderer": a.Orderer}),
	}}, nil
}

func conditionNames(reasons []ApprovalReason) string {
	names := make([]string, len(reasons))
	for i, r := range reasons {
		names[i] = string(r.Condition)
	}
	return strings.Join(names, ", ")
}

// Level is the level that decides now, from 1; 0 where nobody has to.
func (a Approval) Level() int {
	switch a.State {
	case ApprovalAsked:
		return 1
	case ApprovalLevel1:
		return maxApprovalLevels
	default:
		return 0
	}
}

// Decider is who may decide now, for themselves or for another.
type Decider struct {
	User string
	For  string // "" for themselves
}

// Deciders are who may decide an approval on a day: the level's approvers and those to whom they
// delegated that day, each once and never the orderer; where none of them is left, the
// department's administrators. Nobody decides both levels while anybody else can. None are left
// where the desk has to ask the customer.
func (a Approval) Deciders(delegations []Delegation, on order.Date) []Decider {
	level := a.Level()
	if level == 0 || level > len(a.Levels) {
		return nil
	}
	for _, twice := range []bool{false, true} {
		for _, users := range [][]string{a.Levels[level-1], a.Admins} {
			if out := a.deciders(users, delegations, on, twice); len(out) > 0 {
				return out
			}
		}
	}
	return nil
}

// deciders are who of the users, and of their delegates, may decide; twice lets those who decided
// the other level.
func (a Approval) deciders(users []string, delegations []Delegation, on order.Date, twice bool) []Decider {
	var out []Decider
	add := func(d Decider) {
		spoke := !twice && slices.ContainsFunc(a.Steps, func(s ApprovalStep) bool { return s.By == d.User })
		if d.User != a.Orderer && d.User != "" && !spoke && !slices.ContainsFunc(out, func(o Decider) bool { return o.User == d.User }) {
			out = append(out, d)
		}
	}
	for _, u := range users {
		add(Decider{User: u})
	}
	for _, u := range users {
		for _, d := range delegations {
			if d.From == u && d.covers(on) {
				add(Decider{d.To, u})
			}
		}
	}
	return out
}

// DecideApproval takes an approver's decision. It is a conflict where somebody else decided
// already, and invalid from who may not decide now. A refusal says why. What follows of the last
// yes is Approved; of a no, Cancel by rule APR-1.
func DecideApproval(a Approval, by string, yes bool, note string, delegations []Delegation, now time.Time) (Approval, []order.Event, *order.Error) {
	if !a.State.Open() {
		return a, nil, order.Conflict("APR-1", fmt.Sprintf("the order is %s already: nothing is left to decide", a.State))
	}
	who := a.Deciders(delegations, order.DateOf(now))
	i := slices.IndexFunc(who, func(d Decider) bool { return d.User == by })
	switch {
	case i < 0:
		return a, nil, order.Invalid("APR-1", "by", by+" may not decide this order now: an approver of the level must")
	case !yes && strings.TrimSpace(note) == "":
		return a, nil, order.Invalid("APR-1", "note", "say why the order is refused")
	}
	step := ApprovalStep{Level: a.Level(), By: by, For: who[i].For, Yes: yes, Note: note, At: now}
	a.Steps = append(slices.Clone(a.Steps), step)
	e := order.Event{Kind: order.EventNoted, Rule: "APR-1", By: by, At: now, Inputs: order.Inputs(map[string]any{"step": step, "levels": len(a.Levels)})}
	switch {
	case !yes:
		a.State = ApprovalRefused
		e.Text = fmt.Sprintf("Refused by the approver %s: %s", by, note)
	case step.Level < len(a.Levels):
		a.State, a.AskedAt, a.Reminded = ApprovalLevel1, now, 0
		e.Text = fmt.Sprintf("Approved by %s on the first level; the second decides.", by)
	default:
		a.State = ApprovalApproved
		e.Text = fmt.Sprintf("Approved by %s.", by)
	}
	return a, []order.Event{e}, nil
}

// ApprovalDue is what is due of an approval that waits.
type ApprovalDue string

// What is due.
const (
	ApprovalRemind ApprovalDue = "remind" // mail those who may decide again
	ApprovalExpire ApprovalDue = "expire" // nobody decided: Expired, and Cancel by rule APR-1
)

// NextDue is when an approval has to be looked at again without anybody's deciding, and for what:
// reminders at even pauses, as many as Settings allow, then its expiry, counted from when the
// order was asked for first. The instant is zero where nobody has to decide.
func (a Approval) NextDue(s Settings) (time.Time, ApprovalDue) {
	if !a.State.Open() {
		return time.Time{}, ""
	}
	end := a.FirstAt.Add(time.Duration(s.ApprovalExpireDays) * 24 * time.Hour)
	remind := a.AskedAt.Add(time.Duration(s.ApprovalRemindHours) * time.Hour * time.Duration(a.Reminded+1))
	if a.Reminded < s.ApprovalReminders && remind.Before(end) {
		return remind, ApprovalRemind
	}
	return end, ApprovalExpire
}

// ApprovalReminded counts a reminder that is due; ok is false where none is. Reminders that an
// outage swallowed are not made up for: one is sent.
func ApprovalReminded(a Approval, s Settings, now time.Time) (_ Approval, ok bool) {
	for {
		at, what := a.NextDue(s)
		if what != ApprovalRemind || now.Before(at) {
			return a, ok
		}
		a.Reminded++
		ok = true
	}
}

// ApprovalLapsed ends an approval that nobody decided in time; ok is false while there is time.
func ApprovalLapsed(a Approval, s Settings, now time.Time) (_ Approval, ok bool) {
	at, what := a.NextDue(s)
	for what == ApprovalRemind && !now.Before(at) {
		a.Reminded++
		at, what = a.NextDue(s)
	}
	if what != ApprovalExpire || now.Before(at) {
		return a, false
	}
	a.State = ApprovalExpired
	return a, true
}

// Approved dates an order anew that its approver let go at an instant: every planned shipment is
// promised as if it had been received then (CUT-9), on the terms that it was ordered on: prices
// and the minutes to cancel stay as of the order (ITM-2, CAN-1). A designated date that can no
// longer be kept moves to the next delivery day, and the customer is told, on every channel. The
// hold ends; where others stand, the order stays held. noSaturday tells the classes of which some
// item is flagged so (CUT-7). The fee is judged anew after it, with the other orders of its
// new day (Fees, FeeOrder.Anew).
func Approved(o order.Order, r order.Region, noSaturday map[order.Class]bool, s Settings, c *Calendar, at time.Time) (order.Order, []order.Event, *order.Error) {
	if !HeldBy(o, "APR-1") {
		return o, nil, order.Conflict("APR-1", "the order waits for no approval")
	}
	s = s.On(order.DateOf(o.ReceivedAt))
	o, _ = FreeHold(o, "APR-1")
	o.ApprovedAt = at
	o.Shipments = slices.Clone(o.Shipments)
	events := []order.Event{{
		Kind: order.EventHoldFreed, Rule: "APR-1", At: at,
		Text:   fmt.Sprintf("Approved on %s: the dates are judged by that instant.", stamp(at)),
		Inputs: order.Inputs(map[string]any{"received_at": o.ReceivedAt, "approved_at": at}),
	}}
	o.AcceptanceOn = order.Date{}
	for i := range o.Shipments {
		sh := &o.Shipments[i]
		if sh.State == order.ShipmentPlanned {
			d, err := promise(Wish{
				Channel: o.Channel, Class: sh.Class, Region: r, Warehouse: sh.WarehouseCode, ReceivedAt: at, Now: at,
				DesignatedOn: o.DesignatedOn, NoSaturday: noSaturday[sh.Class], Moves: true,
			}, s, c)
			if err != nil {
				return o, nil, err
			}
			was := *sh
			sh.AcceptanceOn = d.AcceptanceOn
			if sh.Class != order.ClassPhone { // whose date the desk entered, or has yet to (CUT-6)
				sh.ReadyOn, sh.ShipOn, sh.ArrivalOn = d.ReadyOn, d.ShipOn, d.ArrivalOn
			}
			sh.Rules = withRule(d.Rules, "CUT-9")
			if was.ArrivalOn != sh.ArrivalOn || was.ShipOn != sh.ShipOn {
				events = append(events, order.Event{
					Kind: order.EventReplanned, Rule: "CUT-9", At: at,
					Text: fmt.Sprintf("Shipment %d was approved on %s: it arrives %s instead of %s, ships %s. Tell the customer.", sh.No, stamp(at), sh.ArrivalOn, was.ArrivalOn, sh.ShipOn),
					Inputs: order.Inputs(map[string]any{
						"shipment": sh.No, "class": sh.Class, "region": r.Code, "approved_at": at, "received_at": o.ReceivedAt, "designated_on": o.DesignatedOn, "moved": d.Moved,
						"was_arrival_on": was.ArrivalOn, "arrival_on": sh.ArrivalOn, "ship_on": sh.ShipOn, "acceptance_on": sh.AcceptanceOn, "rules": sh.Rules,
					}),
				})
			}
		}
		if o.AcceptanceOn.IsZero() || sh.AcceptanceOn.Before(o.AcceptanceOn) {
			o.AcceptanceOn = sh.AcceptanceOn
		}
	}
	return o, events, nil
}
