package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"todoke/order"
)

// Settings are the shop's business numbers. Default gives the rule book's; configuration may
// change any of them, and nothing else in the program holds one.
type Settings struct {
	// Cut-offs for Honshu (CUT-2, CUT-6). They build the default region table; a shop that
	// imports regions.csv sets its cut-offs there.
	CutoffFax   order.Clock `json:"cutoff_fax" yaml:"cutoff_fax"`
	CutoffWeb   order.Clock `json:"cutoff_web" yaml:"cutoff_web"`
	CutoffTruck order.Clock `json:"cutoff_truck" yaml:"cutoff_truck"`

	ReadyDays      int `json:"ready_days" yaml:"ready_days"`             // CUT-5, business days after acceptance
	TruckReadyDays int `json:"truck_ready_days" yaml:"truck_ready_days"` // CUT-6, business days after acceptance

	DesignatedLimitDays int `json:"designated_limit_days" yaml:"designated_limit_days"` // CUT-7, calendar days after the day of receipt
	ReturnDays          int `json:"return_days" yaml:"return_days"`                     // RET-1, calendar days after delivery

	DispatchDeadline      order.Clock         `json:"dispatch_deadline" yaml:"dispatch_deadline"`             // CUT-11
	DispatchDeadlineTruck order.Clock         `json:"dispatch_deadline_truck" yaml:"dispatch_deadline_truck"` // CUT-11
	WarehouseDeadlines    []WarehouseDeadline `json:"warehouse_deadlines,omitempty" yaml:"warehouse_deadlines,omitempty"`
	DispatchGraceMinutes  int                 `json:"dispatch_grace_minutes" yaml:"dispatch_grace_minutes"` // how long after the deadline the last wave may still run

	Closures []Closure `json:"closures" yaml:"closures"` // CUT-1, every year

	WebClockToleranceMinutes int `json:"web_clock_tolerance_minutes" yaml:"web_clock_tolerance_minutes"` // CUT-3
	FaxClockAheadMinutes     int `json:"fax_clock_ahead_minutes" yaml:"fax_clock_ahead_minutes"`         // CUT-3, how far a gateway's time may lie after our server's
	FaxClockBehindMinutes    int `json:"fax_clock_behind_minutes" yaml:"fax_clock_behind_minutes"`       // CUT-3, how far it may lie before

	CancelWindowMinutes int `json:"cancel_window_minutes" yaml:"cancel_window_minutes"` // CAN-1

	FeeFreeFromYen order.Yen     `json:"fee_free_from_yen" yaml:"fee_free_from_yen"` // FEE-1, goods total ex tax
	FeeYen         order.Yen     `json:"fee_yen" yaml:"fee_yen"`                     // FEE-1, ex tax
	FeeTaxRate     order.Percent `json:"fee_tax_rate" yaml:"fee_tax_rate"`           // FEE-1

	TaxRates    []order.Percent `json:"tax_rates" yaml:"tax_rates"`       // TAX-1, the rates an item may carry
	TaxRounding Rounding        `json:"tax_rounding" yaml:"tax_rounding"` // TAX-2

	MaxLines        int       `json:"max_lines" yaml:"max_lines"`                 // of one order
	MaxLineQuantity int       `json:"max_line_quantity" yaml:"max_line_quantity"` // four digits, as the form has boxes
	MaxUnitPriceYen order.Yen `json:"max_unit_price_yen" yaml:"max_unit_price_yen"`

	FlowSettings `yaml:",inline"`

	// Changes are numbers that take effect on a day to come; see On.
	Changes []Change `json:"changes,omitempty" yaml:"changes,omitempty"`
	changes []Change // all of them, of settings as they hold On a day

	// The doors of the desk's pages.
	WrongPasswords int `json:"wrong_passwords" yaml:"wrong_passwords"` // ACC-2, one more locks the login
	IdleMinutes    int `json:"idle_minutes" yaml:"idle_minutes"`       // ACC-2, after which a session ends
	// Requests that one session may make: at once, and each second from then on; 0 a second knows no
	// limit. One address may make so many times that: people behind one line share it.
	RequestBurst      int `json:"request_burst" yaml:"request_burst"`
	RequestsPerSecond int `json:"requests_per_second" yaml:"requests_per_second"`
	AddressSessions   int `json:"address_sessions" yaml:"address_sessions"`
	// Requests that one address may make at once of the approvers' pages (APR-1), which are open to
	// everybody, and one a second from then on.
	ApprovalBurst int `json:"approval_burst" yaml:"approval_burst"`

	// How faxes are settled at the desk.
	DeskBlindPermille     int `json:"desk_blind_permille" yaml:"desk_blind_permille"`           // readings less sure are hidden until a person has keyed the field
	DeskPlausiblePermille int `json:"desk_plausible_permille" yaml:"desk_plausible_permille"`   // readings less sure are not worth a second look where a person keyed something else
	DeskSureDigitPermille int `json:"desk_sure_digit_permille" yaml:"desk_sure_digit_permille"` // digits of a doubtful code or date at least so sure stand there already, and the others are keyed
	DeskClaimMinutes      int `json:"desk_claim_minutes" yaml:"desk_claim_minutes"`             // how long a task stays with whoever opened it without another sign of life
	DeskLaterMinutes      int `json:"desk_later_minutes" yaml:"desk_later_minutes"`             // how long a task that a person put off goes to others alone

	// What may be a fax sent again, corrected or added to; see Relate.
	ResendPageDays         int `json:"resend_page_days" yaml:"resend_page_days"`                 // FAX-5, how long the same sheet in another transmission is suspected
	ResendLineHours        int `json:"resend_line_hours" yaml:"resend_line_hours"`               // FAX-5, how long another order of the customer with the same goods is
	ResendInkDistance      int `json:"resend_ink_distance" yaml:"resend_ink_distance"`           // FAX-5, thousandths: what is written lies at most so far apart on two faxes of one sheet
	ResendInkChanged       int `json:"resend_ink_changed" yaml:"resend_ink_changed"`             // FAX-5, thousandths: a box whose ink lies so much further apart than the middle one was written on in between
	ResendLeastBoxes       int `json:"resend_least_boxes" yaml:"resend_least_boxes"`             // FAX-5, fewer written boxes tell no sheet from another
	ResendIllegiblePercent int `json:"resend_illegible_percent" yaml:"resend_illegible_percent"` // FAX-5, of the written fields; a page with more in doubt holds back no other

	// Answers to mails that carry no fax; see AnswerLetter.
	MailAnswersPerDay     int `json:"mail_answers_per_day" yaml:"mail_answers_per_day"`         // FAX-1, to all senders together; 0 answers none
	MailAnswerPauseDays   int `json:"mail_answer_pause_days" yaml:"mail_answer_pause_days"`     // FAX-1, days until a sender is answered again
	MailAnswerWithinHours int `json:"mail_answer_within_hours" yaml:"mail_answer_within_hours"` // FAX-1, older mails are not answered, as when a mailbox is collected for the first time

	// What a page is that is none of our forms (PGE-3, PGE-4); see KindOfPage.
	PageAlikePermille int         `json:"page_alike_permille" yaml:"page_alike_permille"` // of ink in common from which two pages are the same sheet
	PageAddedMM2      int         `json:"page_added_mm2" yaml:"page_added_mm2"`           // of ink where the other is white, up to which nothing was written on it
	PageChangedMM2    int         `json:"page_changed_mm2" yaml:"page_changed_mm2"`       // of differing signs, up to which only a date or a number is another one
	PageAdvertMarks   int         `json:"page_advert_marks" yaml:"page_advert_marks"`     // pages called adverts by people, from which the same page is closed alone; 0 never
	ReconcileAt       order.Clock `json:"reconcile_at" yaml:"reconcile_at"`               // when the card gateway's books of the day before are compared with ours (PAY-1)
	OpenItemsAt       order.Clock `json:"open_items_at" yaml:"open_items_at"`             // when the evening list of what is open is made, on business days (PGE-5)

	// When customers are told (FAX-3, STK-2).
	AnswerWaitMinutes    int `json:"answer_wait_minutes" yaml:"answer_wait_minutes"`       // how long an acknowledgement waits for allocation at most
	AnswerLaterMinutes   int `json:"answer_later_minutes" yaml:"answer_later_minutes"`     // how long what changes after an answer is gathered while pages of the fax wait for a person
	AnswerReceiptMinutes int `json:"answer_receipt_minutes" yaml:"answer_receipt_minutes"` // how long a fax of which nothing is accepted may wait for a person before its customer is told that it came
	// How deliveries are tried (FAX-3); see PlanDelivery.
	DeliveryRetryFirstSeconds   int         `json:"delivery_retry_first_seconds" yaml:"delivery_retry_first_seconds"`     // pause after the first failure, doubled with each
	DeliveryRetrySlowestMinutes int         `json:"delivery_retry_slowest_minutes" yaml:"delivery_retry_slowest_minutes"` // longest pause
	DeliverySwitchAfter         int         `json:"delivery_switch_after" yaml:"delivery_switch_after"`                   // failures in a row after which the next way has its turn
	DeliveryUncertainRetries    int         `json:"delivery_uncertain_retries" yaml:"delivery_uncertain_retries"`         // repeats of what may have arrived
	DeliveryGiveUpHours         int         `json:"delivery_give_up_hours" yaml:"delivery_give_up_hours"`                 // after which a person decides
	DeliveryAskMinutes          int         `json:"delivery_ask_minutes" yaml:"delivery_ask_minutes"`                     // after which a delivery that still fails is shown to the desk
	PickListAskMinutes          int         `json:"picklist_ask_minutes" yaml:"picklist_ask_minutes"`                     // WHS-1, how long a warehouse may take to acknowledge a list before the desk is asked to call
	FaxQuietFrom                order.Clock `json:"fax_quiet_from" yaml:"fax_quiet_from"`                                 // no fax leaves from here …
	FaxQuietTo                  order.Clock `json:"fax_quiet_to" yaml:"fax_quiet_to"`                                     // … to here; equal times are no quiet hours
	FaxQuietExcept              []string    `json:"fax_quiet_except,omitempty" yaml:"fax_quiet_except,omitempty"`         // kinds of documents that leave all the same

	CallerMismatch MismatchAction `json:"caller_mismatch" yaml:"caller_mismatch"` // FAX-3, what becomes of a form that came from another customer's number; see CallerMismatch

	// The audit of what is accepted unseen (RDR-2, RDR-4); see Reading.
	AuditDailyMinimum     int              `json:"audit_daily_minimum" yaml:"audit_daily_minimum"`         // of each kind, as far as there are so many
	AuditAt               order.Clock      `json:"audit_at" yaml:"audit_at"`                               // when the day before is filled up and thresholds are adapted
	AuditWindowDays       int              `json:"audit_window_days" yaml:"audit_window_days"`             // how far back audits count
	AuditCertaintyPercent int              `json:"audit_certainty_percent" yaml:"audit_certainty_percent"` // of the bounds, one-sided
	AuditTightenErrors    int              `json:"audit_tighten_errors" yaml:"audit_tighten_errors"`       // so many count without certainty, where the rate is above its target
	AuditBandFactor       int              `json:"audit_band_factor" yaml:"audit_band_factor"`             // times the target that what is accepted with the least confidence may be wrong
	AuditLoosenAfter      int              `json:"audit_loosen_after" yaml:"audit_loosen_after"`           // audited fields since the last change
	AuditKinds            []ReadingSetting `json:"audit_kinds" yaml:"audit_kinds"`                         // what is left out keeps its default

	// How long the archive is kept and when its head is told (KEP-1); see KeepUntil.
	FiscalYearEnd MonthDay    `json:"fiscal_year_end" yaml:"fiscal_year_end"` // "02-29" is the end of February
	FilingMonths  int         `json:"filing_months" yaml:"filing_months"`     // from the fiscal year's end until its tax return is due
	KeepYears     int         `json:"keep_years" yaml:"keep_years"`           // from then on: 7, after a loss 10
	ArchiveHeadAt order.Clock `json:"archive_head_at" yaml:"archive_head_at"` // when the archive's head is written outside the database

	// How the codes of the masters are written; see Scheme.
	CheckDigits        bool `json:"check_digits" yaml:"check_digits"`         // item and customer codes end in a Damm check digit
	ItemCodeDigits     int  `json:"item_code_digits" yaml:"item_code_digits"` // 0 allows any length
	CustomerCodeDigits int  `json:"customer_code_digits" yaml:"customer_code_digits"`
	ShipToCodeDigits   int  `json:"ship_to_code_digits" yaml:"ship_to_code_digits"`
}

// Change is what holds from a day on, so that a new fee can be entered before it starts. What
// is left out stays as it was. Cut-offs and lead days are the region table's, prices and tax
// rates the masters'.
type Change struct {
	From                order.Date     `json:"from" yaml:"from"`
	FeeFreeFromYen      *order.Yen     `json:"fee_free_from_yen,omitempty" yaml:"fee_free_from_yen,omitempty"`
	FeeYen              *order.Yen     `json:"fee_yen,omitempty" yaml:"fee_yen,omitempty"`
	FeeTaxRate          *order.Percent `json:"fee_tax_rate,omitempty" yaml:"fee_tax_rate,omitempty"`
	DesignatedLimitDays *int           `json:"designated_limit_days,omitempty" yaml:"designated_limit_days,omitempty"`
	CancelWindowMinutes *int           `json:"cancel_window_minutes,omitempty" yaml:"cancel_window_minutes,omitempty"`
	// What happens on a day goes by that day: waves, answers and faxes.
	DispatchDeadline      *order.Clock `json:"dispatch_deadline,omitempty" yaml:"dispatch_deadline,omitempty"`
	DispatchDeadlineTruck *order.Clock `json:"dispatch_deadline_truck,omitempty" yaml:"dispatch_deadline_truck,omitempty"`
	AnswerWaitMinutes     *int         `json:"answer_wait_minutes,omitempty" yaml:"answer_wait_minutes,omitempty"`
	FaxQuietFrom          *order.Clock `json:"fax_quiet_from,omitempty" yaml:"fax_quiet_from,omitempty"`
	FaxQuietTo            *order.Clock `json:"fax_quiet_to,omitempty" yaml:"fax_quiet_to,omitempty"`
}

// On is the settings as they hold for what is received on a day: every change from that day or
// earlier applied, in the order of their days.
func (s Settings) On(day order.Date) Settings {
	changes := slices.Clone(s.Changes)
	slices.SortStableFunc(changes, func(a, b Change) int { return a.From.Compare(b.From) })
	if len(changes) > 0 {
		s.changes = changes
	}
	s.Changes = nil
	for _, c := range changes {
		if c.From.After(day) {
			break
		}
		override(&s.FeeFreeFromYen, c.FeeFreeFromYen)
		override(&s.FeeYen, c.FeeYen)
		override(&s.FeeTaxRate, c.FeeTaxRate)
		override(&s.DesignatedLimitDays, c.DesignatedLimitDays)
		override(&s.CancelWindowMinutes, c.CancelWindowMinutes)
		override(&s.DispatchDeadline, c.DispatchDeadline)
		override(&s.DispatchDeadlineTruck, c.DispatchDeadlineTruck)
		override(&s.AnswerWaitMinutes, c.AnswerWaitMinutes)
		override(&s.FaxQuietFrom, c.FaxQuietFrom)
		override(&s.FaxQuietTo, c.FaxQuietTo)
	}
	return s
}

func override[T any](value, by *T) {
	if by != nil {
		*value = *by
	}
}

// WarehouseDeadline is the dispatch deadline of one warehouse where it differs from the
// shop's (CUT-11). A class left out keeps the shop's.
type WarehouseDeadline struct {
	Warehouse string       `json:"warehouse" yaml:"warehouse"`
	Normal    *order.Clock `json:"normal,omitempty" yaml:"normal,omitempty"`
	Truck     *order.Clock `json:"truck,omitempty" yaml:"truck,omitempty"`
}

// Rounding is how fractions of a yen of tax are rounded (TAX-2).
type Rounding string

// The ways to round.
const (
	RoundDown   Rounding = "down"
	RoundHalfUp Rounding = "half_up"
	RoundUp     Rounding = "up"
)

// MonthDay is a day of every year, written "12-30".
type MonthDay struct {
	Month time.Month
	Day   int
}

// ParseMonthDay reads "12-30". 02-29 is a day of every year: in common years it never comes.
func ParseMonthDay(s string) (MonthDay, error) {
	const leap = "2024-"
	t, err := time.Parse(time.DateOnly, leap+s)
	if err != nil {
		return MonthDay{}, order.Invalid("CUT-1", "", fmt.Sprintf("%q is not a day of the year: write it as MM-DD, such as 12-30", s))
	}
	return MonthDay{t.Month(), t.Day()}, nil
}

// String is "12-30".
func (m MonthDay) String() string { return fmt.Sprintf("%02d-%02d", m.Month, m.Day) }

// MarshalText implements encoding.TextMarshaler.
func (m MonthDay) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *MonthDay) UnmarshalText(b []byte) error {
	p, err := ParseMonthDay(string(b))
	if err != nil {
		return err
	}
	*m = p
	return nil
}

func (m MonthDay) ordinal() int { return int(m.Month)*100 + m.Day }

// Closure is a span of days on which the shop is shut every year (CUT-1), both ends included.
// A span whose end comes before its start runs over New Year.
type Closure struct {
	From MonthDay `json:"from" yaml:"from"`
	To   MonthDay `json:"to" yaml:"to"`
	Name string   `json:"name,omitempty" yaml:"name,omitempty"`
}

func (c Closure) covers(d order.Date) bool {
	from, to, at := c.From.ordinal(), c.To.ordinal(), MonthDay{d.Month, d.Day}.ordinal()
	if from <= to {
		return from <= at && at <= to
	}
	return at >= from || at <= to
}

// Default gives the rule book's numbers.
func Default() Settings {
	return Settings{
		CutoffFax:   order.Clock{Hour: 17},
		CutoffWeb:   order.Clock{Hour: 17, Minute: 30},
		CutoffTruck: order.Clock{Hour: 13},

		ReadyDays:      1,
		TruckReadyDays: 2,

		DesignatedLimitDays: 60,
		ReturnDays:          90,

		DispatchDeadline:      order.Clock{Hour: 18, Minute: 30},
		DispatchDeadlineTruck: order.Clock{Hour: 14, Minute: 30},
		DispatchGraceMinutes:  15,

		Closures: []Closure{{From: MonthDay{time.December, 30}, To: MonthDay{time.January, 3}, Name: "年末年始休業"}},

		WebClockToleranceMinutes: 5,
		FaxClockAheadMinutes:     10,
		FaxClockBehindMinutes:    120,

		CancelWindowMinutes: 10,

		FeeFreeFromYen: 2500,
		FeeYen:         300,
		FeeTaxRate:     10,

		TaxRates:    []order.Percent{10, 8},
		TaxRounding: RoundDown,

		MaxLines:        500,
		MaxLineQuantity: 9999,
		MaxUnitPriceYen: 99_999_999,

		FlowSettings: defaultFlow(),

		WrongPasswords: 10,
		IdleMinutes:    60,

		DeskBlindPermille:     900,
		DeskPlausiblePermille: 200,
		DeskSureDigitPermille: 990,
		DeskClaimMinutes:      3,
		DeskLaterMinutes:      15,
		RequestBurst:          300, // a page with the pictures of the next ones, many times over
		RequestsPerSecond:     20,
		AddressSessions:       50,
		ApprovalBurst:         30,

		ResendPageDays:         4, // a long weekend; a sheet that is faxed every week is none sent again
		ResendLineHours:        3,
		ResendInkDistance:      260,
		ResendInkChanged:       350,
		ResendLeastBoxes:       6,
		ResendIllegiblePercent: 50,

		PageAlikePermille: 900,
		PageAddedMM2:      25,
		PageChangedMM2:    150,
		ReconcileAt:       order.Clock{Hour: 6, Minute: 30},
		OpenItemsAt:       order.Clock{Hour: 18},

		CallerMismatch: MismatchReview,

		MailAnswersPerDay:     100,
		MailAnswerPauseDays:   1,
		MailAnswerWithinHours: 72,

		FiscalYearEnd: MonthDay{time.March, 31},
		FilingMonths:  2,
		KeepYears:     11,
		ArchiveHeadAt: order.Clock{Hour: 19, Minute: 10},

		AnswerWaitMinutes:           2,
		AnswerLaterMinutes:          30,
		AnswerReceiptMinutes:        30,
		DeliveryRetryFirstSeconds:   60,
		DeliveryRetrySlowestMinutes: 60,
		DeliverySwitchAfter:         3,
		DeliveryUncertainRetries:    2,
		DeliveryGiveUpHours:         24,
		DeliveryAskMinutes:          60,
		PickListAskMinutes:          60,
		FaxQuietFrom:                order.Clock{Hour: 21},
		FaxQuietTo:                  order.Clock{Hour: 7},

		AuditDailyMinimum:     2,
		AuditAt:               order.Clock{Hour: 2, Minute: 10},
		AuditWindowDays:       365,
		AuditCertaintyPercent: 95,
		AuditTightenErrors:    3,
		AuditBandFactor:       10,
		AuditLoosenAfter:      1000,
		AuditKinds:            defaultReadings(),

		CheckDigits:        true,
		ItemCodeDigits:     7,
		CustomerCodeDigits: 8,
		ShipToCodeDigits:   3,
	}
}

// Bounds that keep arithmetic and day searches within reason whatever is configured.
const (
	maxReadyDays     = 60
	maxLimitDays     = 730
	maxWindowMinutes = 7 * 24 * 60
	maxMailAnswers   = 10_000
	maxClosedDays    = 100 // of one year, by Closures
	hardMaxLines     = 10_000
	hardMaxQuantity  = 1_000_000
	hardMaxYen       = 100_000_000 // lines × quantity × price stays within 10^18: it fits 64 bits
	hardMaxTaxRate   = 100
)

// Validate says everything that is wrong with the settings, each error naming its key. The
// result is nil or a joined error of *order.Error values.
func (s Settings) Validate() error {
	var errs []error
	bad := func(rule, key, format string, args ...any) {
		errs = append(errs, order.Invalid(rule, key, fmt.Sprintf(format, args...)))
	}
	within := func(rule, key string, v, lo, hi int) {
		if v < lo || v > hi {
			bad(rule, key, "%d is out of range: choose %d to %d", v, lo, hi)
		}
	}
	clock := func(rule, key string, c order.Clock) {
		if !validClock(c) {
			bad(rule, key, "%s is not a time of day: write it as HH:MM, such as 17:00", c)
		}
	}
	clock("CUT-2", "cutoff_fax", s.CutoffFax)
	clock("CUT-2", "cutoff_web", s.CutoffWeb)
	clock("CUT-6", "cutoff_truck", s.CutoffTruck)
	clock("CUT-11", "dispatch_deadline", s.DispatchDeadline)
	clock("CUT-11", "dispatch_deadline_truck", s.DispatchDeadlineTruck)
	seen := map[string]bool{}
	for i, w := range s.WarehouseDeadlines {
		key := "warehouse_deadlines[" + strconv.Itoa(i) + "]"
		if w.Warehouse == "" || seen[w.Warehouse] {
			bad("CUT-11", key+".warehouse", "%q must name a warehouse, each once", w.Warehouse)
		}
		seen[w.Warehouse] = true
		if w.Normal != nil {
			clock("CUT-11", key+".normal", *w.Normal)
		}
		if w.Truck != nil {
			clock("CUT-11", key+".truck", *w.Truck)
		}
	}
	within("CUT-5", "ready_days", s.ReadyDays, 1, maxReadyDays)
	within("CUT-6", "truck_ready_days", s.TruckReadyDays, 1, maxReadyDays)
	within("CUT-7", "designated_limit_days", s.DesignatedLimitDays, 1, maxLimitDays)
	within("RET-1", "return_days", s.ReturnDays, 0, maxLimitDays)
	within("CUT-11", "dispatch_grace_minutes", s.DispatchGraceMinutes, 0, 24*60)
	within("CUT-3", "web_clock_tolerance_minutes", s.WebClockToleranceMinutes, 0, maxWindowMinutes)
	within("CUT-3", "fax_clock_ahead_minutes", s.FaxClockAheadMinutes, 0, maxWindowMinutes)
	within("CUT-3", "fax_clock_behind_minutes", s.FaxClockBehindMinutes, 0, maxWindowMinutes)
	within("CAN-1", "cancel_window_minutes", s.CancelWindowMinutes, 0, maxWindowMinutes)
	if s.FiscalYearEnd.Month == 0 {
		bad("KEP-1", "fiscal_year_end", "give it as MM-DD, such as 03-31")
	}
	within("KEP-1", "filing_months", s.FilingMonths, 0, maxFilingMonths)
	within("KEP-1", "keep_years", s.KeepYears, minKeepYears, maxKeepYears)
	if !validClock(s.ArchiveHeadAt) || s.ArchiveHeadAt.Second != 0 {
		bad("KEP-1", "archive_head_at", "%s is not a full minute of the day: write it as HH:MM, such as 19:10", s.ArchiveHeadAt)
	}
	closed := 0
	for i, c := range s.Closures {
		key := "closures[" + strconv.Itoa(i) + "]"
		if c.From.Month == 0 || c.To.Month == 0 {
			bad("CUT-1", key, "give both from and to as MM-DD")
			continue
		}
		for d := order.D(2024, time.January, 1); d.Year == 2024; d = d.Add(1) {
			if c.covers(d) {
				closed++
			}
		}
	}
	if closed > maxClosedDays {
		bad("CUT-1", "closures", "they shut the shop on %d days of the year: at most %d are allowed", closed, maxClosedDays)
	}
	if s.FeeFreeFromYen < 0 || s.FeeFreeFromYen > hardMaxYen {
		bad("FEE-1", "fee_free_from_yen", "%d is out of range: choose 0 to %d", s.FeeFreeFromYen, hardMaxYen)
	}
	if s.FeeYen < 0 || s.FeeYen > hardMaxYen {
		bad("FEE-1", "fee_yen", "%d is out of range: choose 0 to %d", s.FeeYen, hardMaxYen)
	}
	within("FEE-1", "fee_tax_rate", int(s.FeeTaxRate), 0, hardMaxTaxRate)
	if len(s.TaxRates) == 0 {
		bad("TAX-1", "tax_rates", "list at least one rate, such as 10")
	}
	for i, r := range s.TaxRates {
		within("TAX-1", "tax_rates["+strconv.Itoa(i)+"]", int(r), 0, hardMaxTaxRate)
	}
	if !slices.Contains([]Rounding{RoundDown, RoundHalfUp, RoundUp}, s.TaxRounding) {
		bad("TAX-2", "tax_rounding", "%q is unknown: choose down, half_up or up", s.TaxRounding)
	}
	within("ITM-1", "max_lines", s.MaxLines, 1, hardMaxLines)
	within("ITM-1", "max_line_quantity", s.MaxLineQuantity, 1, hardMaxQuantity)
	if s.MaxUnitPriceYen < 1 || s.MaxUnitPriceYen > hardMaxYen {
		bad("ITM-2", "max_unit_price_yen", "%d is out of range: choose 1 to %d", s.MaxUnitPriceYen, hardMaxYen)
	}
	within("ACC-2", "wrong_passwords", s.WrongPasswords, 1, 100)
	within("ACC-2", "idle_minutes", s.IdleMinutes, 1, maxWindowMinutes)
	within("", "desk_blind_permille", s.DeskBlindPermille, 0, 1000)
	within("", "desk_plausible_permille", s.DeskPlausiblePermille, 0, s.DeskBlindPermille)
	within("", "desk_sure_digit_permille", s.DeskSureDigitPermille, 0, 1001) // 1001: every field is keyed whole
	within("", "desk_claim_minutes", s.DeskClaimMinutes, 1, 60)
	within("", "desk_later_minutes", s.DeskLaterMinutes, 1, 24*60)
	within("ACC-2", "request_burst", s.RequestBurst, 1, 100_000)
	within("ACC-2", "requests_per_second", s.RequestsPerSecond, 0, 10_000)
	within("APR-1", "approval_burst", s.ApprovalBurst, 1, 100_000)
	within("ACC-2", "address_sessions", s.AddressSessions, 1, 10_000)
	within("FAX-5", "resend_page_days", s.ResendPageDays, 0, maxLimitDays)
	within("FAX-5", "resend_line_hours", s.ResendLineHours, 0, 24*maxLimitDays)
	within("FAX-5", "resend_ink_distance", s.ResendInkDistance, 0, 1000)
	within("FAX-5", "resend_ink_changed", s.ResendInkChanged, 0, 1000)
	within("FAX-5", "resend_least_boxes", s.ResendLeastBoxes, 1, 1000)
	within("FAX-5", "resend_illegible_percent", s.ResendIllegiblePercent, 0, 100)
	if s.CallerMismatch != MismatchReview && s.CallerMismatch != MismatchNote {
		bad("FAX-3", "caller_mismatch", "%q is unknown: choose review or note", s.CallerMismatch)
	}
	within("FAX-1", "mail_answers_per_day", s.MailAnswersPerDay, 0, maxMailAnswers)
	within("FAX-1", "mail_answer_pause_days", s.MailAnswerPauseDays, 1, maxLimitDays)
	within("FAX-1", "mail_answer_within_hours", s.MailAnswerWithinHours, 1, 24*maxLimitDays)
	within("PGE-3", "page_alike_permille", s.PageAlikePermille, 500, 1000)
	within("PGE-4", "page_added_mm2", s.PageAddedMM2, 0, 1000)
	within("PGE-4", "page_changed_mm2", s.PageChangedMM2, 0, 5000)
	within("PGE-4", "page_advert_marks", s.PageAdvertMarks, 0, 1000)
	if clock("PAY-1", "reconcile_at", s.ReconcileAt); s.ReconcileAt.Second != 0 {
		bad("PAY-1", "reconcile_at", "%s is not a full minute of the day: write it as HH:MM, such as 06:30", s.ReconcileAt)
	}
	if clock("PGE-5", "open_items_at", s.OpenItemsAt); s.OpenItemsAt.Second != 0 {
		bad("PGE-5", "open_items_at", "%s is not a full minute of the day: write it as HH:MM, such as 18:00", s.OpenItemsAt)
	}
	within("FAX-3", "answer_wait_minutes", s.AnswerWaitMinutes, 0, 24*60)
	within("FAX-3", "answer_later_minutes", s.AnswerLaterMinutes, 0, 24*60)
	within("FAX-3", "answer_receipt_minutes", s.AnswerReceiptMinutes, 0, maxWindowMinutes)
	within("FAX-3", "delivery_retry_first_seconds", s.DeliveryRetryFirstSeconds, 1, 3600)
	within("FAX-3", "delivery_retry_slowest_minutes", s.DeliveryRetrySlowestMinutes, 1, 24*60)
	within("FAX-3", "delivery_switch_after", s.DeliverySwitchAfter, 1, 100)
	within("FAX-3", "delivery_uncertain_retries", s.DeliveryUncertainRetries, 0, 10)
	within("FAX-3", "delivery_give_up_hours", s.DeliveryGiveUpHours, 1, 14*24)
	within("FAX-3", "delivery_ask_minutes", s.DeliveryAskMinutes, 1, maxWindowMinutes)
	within("WHS-1", "picklist_ask_minutes", s.PickListAskMinutes, 1, maxWindowMinutes)
	clock("FAX-3", "fax_quiet_from", s.FaxQuietFrom)
	clock("FAX-3", "fax_quiet_to", s.FaxQuietTo)
	errs = append(errs, s.checkAudit()...)
	errs = append(errs, s.checkFlow()...)
	within("", "item_code_digits", s.ItemCodeDigits, 0, order.MaxCode)
	within("", "customer_code_digits", s.CustomerCodeDigits, 0, order.MaxCode)
	within("", "ship_to_code_digits", s.ShipToCodeDigits, 0, order.MaxCode)
	for i, c := range s.Changes {
		key := "changes[" + strconv.Itoa(i) + "]"
		if c.From.IsZero() {
			bad("", key+".from", "say from which day it holds, as YYYY-MM-DD")
			continue
		}
		if len(errs) > 0 {
			break // what is wrong above would be told once more for each change
		}
		if joined, ok := s.On(c.From).Validate().(interface{ Unwrap() []error }); ok {
			for _, err := range joined.Unwrap() {
				if e, ok := errors.AsType[*order.Error](err); ok {
					bad(e.Rule, key+"."+e.Field, "%s", e.Message)
				}
			}
		}
	}
	return errors.Join(errs...)
}

func validClock(c order.Clock) bool {
	return 0 <= c.Hour && c.Hour < 24 && 0 <= c.Minute && c.Minute < 60 && 0 <= c.Second && c.Second < 60
}

// Scheme is how item and customer codes are written.
func (s Settings) Scheme() order.Scheme {
	return order.Scheme{
		Item:     order.CodeScheme{Digits: s.ItemCodeDigits, CheckDigit: s.CheckDigits},
		Customer: order.CodeScheme{Digits: s.CustomerCodeDigits, CheckDigit: s.CheckDigits},
	}
}

// CancelWindow is how long a web order may be cancelled (CAN-1).
func (s Settings) CancelWindow() time.Duration {
	return time.Duration(s.CancelWindowMinutes) * time.Minute
}

// AnswerWait is how long an acknowledgement waits for allocation at most (FAX-3).
func (s Settings) AnswerWait() time.Duration { return time.Duration(s.AnswerWaitMinutes) * time.Minute }

// DeliveryAskedBefore is the instant by which a delivery that still fails must have been made to be
// shown to the desk now.
func (s Settings) DeliveryAskedBefore(now time.Time) time.Time {
	return now.Add(-time.Duration(s.DeliveryAskMinutes) * time.Minute)
}

// PickListAskedBefore is the instant by which a list that nobody acknowledged must have been issued
// to be asked after now (WHS-1).
func (s Settings) PickListAskedBefore(now time.Time) time.Time {
	return now.Add(-time.Duration(s.PickListAskMinutes) * time.Minute)
}

// AnswerLaterWait is how long changes are gathered while pages wait for a person (FAX-3).
func (s Settings) AnswerLaterWait() time.Duration {
	return time.Duration(s.AnswerLaterMinutes) * time.Minute
}

// AnswerReceiptWait is how long a fax may wait for a person before its customer is told that it
// came (FAX-3).
func (s Settings) AnswerReceiptWait() time.Duration {
	return time.Duration(s.AnswerReceiptMinutes) * time.Minute
}

// Deadline is the dispatch deadline of a warehouse for a class (CUT-11).
func (s Settings) Deadline(warehouse string, class order.Class) order.Clock {
	for _, w := range s.WarehouseDeadlines {
		if w.Warehouse != warehouse {
			continue
		}
		if class == order.ClassTruck && w.Truck != nil {
			return *w.Truck
		}
		if class != order.ClassTruck && w.Normal != nil {
			return *w.Normal
		}
	}
	if class == order.ClassTruck {
		return s.DispatchDeadlineTruck
	}
	return s.DispatchDeadline
}

// deadlineOn is the dispatch deadline of a warehouse for a class on a day: an order that was judged
// by the settings of its receipt goes by the waves of the day on which it ships (CUT-11).
func (s Settings) deadlineOn(day order.Date, warehouse string, class order.Class) order.Clock {
	if len(s.Changes) > 0 {
		s = s.On(day)
	}
	for _, c := range s.changes {
		if c.From.After(day) {
			break
		}
		override(&s.DispatchDeadline, c.DispatchDeadline)
		override(&s.DispatchDeadlineTruck, c.DispatchDeadlineTruck)
	}
	return s.Deadline(warehouse, class)
}

// LeadDays is how many business days lie between shipping and arrival, and so between
// acceptance and ready day (CUT-5, CUT-6). The region adds its own.
func (s Settings) LeadDays(class order.Class, region order.Region) int {
	if class == order.ClassTruck {
		return s.TruckReadyDays + region.LeadDays
	}
	return s.ReadyDays + region.LeadDays
}
