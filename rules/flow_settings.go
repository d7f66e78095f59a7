package rules

import (
	"fmt"

	"todoke/order"
)

// FlowSettings are the business numbers of what lies between acceptance and delivery.
type FlowSettings struct {
	ApprovalRemindHours int `json:"approval_remind_hours" yaml:"approval_remind_hours"` // APR-1, after being asked, and again after each reminder
	ApprovalReminders   int `json:"approval_reminders" yaml:"approval_reminders"`       // APR-1, how many at most
	ApprovalExpireDays  int `json:"approval_expire_days" yaml:"approval_expire_days"`   // APR-1, after which a question that nobody answered lapses and the order is cancelled
	PaymentTries        int `json:"payment_tries" yaml:"payment_tries"`                 // PAY-1, of what surely did not happen
	ChaseMinutes        int `json:"chase_minutes" yaml:"chase_minutes"`                 // WHS-2, after which a pick list that nobody acknowledged is sent again
	ChaseTimes          int `json:"chase_times" yaml:"chase_times"`                     // WHS-2, how often before the desk is told
	MaxWeightGrams      int `json:"max_weight_grams" yaml:"max_weight_grams"`           // WHS-2, of one shipment in a partner's result
	CountMaxDays        int `json:"count_max_days" yaml:"count_max_days"`               // WHS-2, after which a stock count is too old to hold
	NoticeWaitMinutes   int `json:"notice_wait_minutes" yaml:"notice_wait_minutes"`     // WHS-3, how long a shipping notice waits for its tracking number
}

func defaultFlow() FlowSettings {
	return FlowSettings{
		ApprovalRemindHours: 24,
		ApprovalReminders:   3,
		ApprovalExpireDays:  14,
		PaymentTries:        8,
		ChaseMinutes:        60,
		ChaseTimes:          2,
		MaxWeightGrams:      2_000_000,
		CountMaxDays:        7,
		NoticeWaitMinutes:   60,
	}
}

func (s Settings) checkFlow() []error {
	var errs []error
	within := func(rule, key string, v, lo, hi int) {
		if v < lo || v > hi {
			errs = append(errs, order.Invalid(rule, key, fmt.Sprintf("%d is out of range: choose %d to %d", v, lo, hi)))
		}
	}
	within("APR-1", "approval_remind_hours", s.ApprovalRemindHours, 1, 24*60)
	within("APR-1", "approval_reminders", s.ApprovalReminders, 0, 30)
	within("APR-1", "approval_expire_days", s.ApprovalExpireDays, 1, maxLimitDays)
	within("PAY-1", "payment_tries", s.PaymentTries, 1, 100)
	within("WHS-2", "chase_minutes", s.ChaseMinutes, 1, maxWindowMinutes)
	within("WHS-2", "chase_times", s.ChaseTimes, 0, 20)
	within("WHS-2", "max_weight_grams", s.MaxWeightGrams, 1, 100_000_000)
	within("WHS-2", "count_max_days", s.CountMaxDays, 1, maxLimitDays)
	within("WHS-3", "notice_wait_minutes", s.NoticeWaitMinutes, 0, maxWindowMinutes)
	return errs
}
