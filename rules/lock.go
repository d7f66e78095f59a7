package rules

import "todoke/order"

// ItemLock is an entry of a customer's own list of what may not be ordered (LCK-1): an item or a
// whole category, for a department or one of its users, from a day on to a day.
type ItemLock struct {
	DepartmentCode string     `json:"customer_code"`
	UserCode       string     `json:"user_code,omitempty"` // "" binds the department
	ItemCode       string     `json:"item_code,omitempty"`
	Category       string     `json:"category,omitempty"` // where ItemCode is empty
	From           order.Date `json:"from_on,omitzero"`   // zero: always
	Until          order.Date `json:"until_on,omitzero"`  // the last day; zero: without end
	Reason         string     `json:"reason,omitempty"`   // in the customer's words
}

// Validate says what is wrong with a lock, nil where nothing is.
func (l ItemLock) Validate() *order.Error {
	switch {
	case (l.ItemCode == "") == (l.Category == ""):
		return order.Invalid("LCK-1", "item_code", "lock an item or a category, not both")
	case !l.Until.IsZero() && l.Until.Before(l.From):
		return order.Invalid("LCK-1", "until_on", "the lock ends before it begins")
	}
	return nil
}

// Locked finds the lock that keeps a user from ordering an item on the day of receipt (LCK-1): a
// lock of the item before one of its category. user is "" for a fax, which only what binds the
// department stops.
func Locked(item order.Item, user string, locks []ItemLock, on order.Date) (ItemLock, bool) {
	var found ItemLock
	ok := false
	for _, l := range locks {
		if l.UserCode != "" && l.UserCode != user || on.Before(l.From) || !l.Until.IsZero() && on.After(l.Until) {
			continue
		}
		switch {
		case l.ItemCode != "" && l.ItemCode == item.Code:
			return l, true
		case !ok && l.ItemCode == "" && l.Category != "" && l.Category == item.Category:
			found, ok = l, true
		}
	}
	return found, ok
}
