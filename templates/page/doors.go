package page

import (
	"io"
	"time"

	"todoke/order"
)

// Account is what people change about their own way in.
type Account struct {
	Frame
	Problem           string
	SecondFactor      bool
	Secret            string   // to be confirmed; "" where none is
	Needed            bool     // the role cannot do without
	Given             bool     // the password was handed out: another is chosen first
	Codes             []string // recovery codes, shown once
	CodesLeft         int
	Shortest, Longest int
	Sessions          []SessionRow
}

// SessionRow is one place where the person is signed in.
type SessionRow struct {
	ID, Device, Address string
	Since, SeenAt       time.Time
	Here                bool
}

// Render writes the page.
func (v Account) Render(w io.Writer) error { return Render(w, v.Lang, "account", v) }

// Staff is everybody who may sign in.
type Staff struct {
	Frame
	Problem               string
	Rows                  []StaffRow
	NewLogin, NewPassword string // shown once
	May                   bool   // add and change
}

// StaffRow is a person.
type StaffRow struct {
	Login, Name, Role, Warehouse                    string
	SecondFactor, Locked, Disabled, Self, MayUnlock bool
}

// Render writes the page.
func (v Staff) Render(w io.Writer) error { return Render(w, v.Lang, "staff", v) }

// Accesses is who looked at what.
type Accesses struct {
	Frame
	Filter          AccessFilter
	People, Actions []Option
	Export, Next    string
	Rows            []AccessRow
}

// AccessFilter is what the log is narrowed to.
type AccessFilter struct{ Day, To, Login, Action, Customer, Subject string }

// AccessRow is one access.
type AccessRow struct {
	ID                           int64
	At                           time.Time
	Login, Name, Address, Action string
	Subject, Path, Detail, More  string
}

// Render writes the page.
func (v Accesses) Render(w io.Writer) error { return Render(w, v.Lang, "accesses", v) }

// PickLists are those of one warehouse.
type PickLists struct {
	Frame
	Rows []PickListRow
}

// PickListRow is a pick list.
type PickListRow struct {
	Path, Number, Class, ShippedBy string
	ShipOn                         order.Date
	Orders, Lines, Qty             int
	IssuedAt, ShippedAt            time.Time
}

// Render writes the page.
func (v PickLists) Render(w io.Writer) error { return Render(w, v.Lang, "picklists", v) }

// PickList is one list with its lines and files.
type PickList struct {
	Frame
	Path, Number, Class, ShippedBy string
	ShipOn                         order.Date
	ShippedAt                      time.Time
	AcknowledgedAt                 time.Time
	AcknowledgedBy                 string
	Files                          []PickListFile
	Lines                          []PickListLine
}

// PickListFile is a document of the list as it was issued.
type PickListFile struct {
	Path, Name string
	Bytes      int64
}

// PickListLine is what is to be picked for one line of an order.
type PickListLine struct {
	Order, Item, Name, Unit, ShipTo string
	Qty                             int
	ArrivalOn                       order.Date
}

// Render writes the page.
func (v PickList) Render(w io.Writer) error { return Render(w, v.Lang, "picklist", v) }

var roleNames = map[string][2]string{
	"auditor": {"監査", "auditor"}, "warehouse": {"倉庫", "warehouse"}, "desk": {"受注", "desk"}, "lead": {"責任者", "lead"}, "operator": {"管理者", "operator"},
}

// RoleName is a role in people's words.
func RoleName(lang Lang, role string) string {
	if n, ok := roleNames[role]; ok {
		return pick(lang, n[0], n[1])
	}
	return role
}

var actionNames = map[string][2]string{
	"login": {"ログイン", "signed in"}, "login_failed": {"ログイン失敗", "failed to sign in"}, "logout": {"終了", "signed out"}, "locked": {"ロック", "locked"},
	"view": {"閲覧", "viewed"}, "change": {"変更", "changed"}, "refused": {"権限なし", "refused"}, "password_wrong": {"パスワード誤り", "wrong password"},
	"password": {"パスワード変更", "password"}, "unlock": {"ロック解除", "unlocked"}, "disable": {"停止", "disabled"},
	"recovered": {"復旧コード", "used a recovery code"},
}

// ActionName is what was done, in people's words.
func ActionName(lang Lang, action string) string {
	if n, ok := actionNames[action]; ok {
		return pick(lang, n[0], n[1])
	}
	return action
}
