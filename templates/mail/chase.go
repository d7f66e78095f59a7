package mail

import (
	"time"

	"todoke/order"
)

// Chase asks a partner warehouse whether it has a pick list that it has not acknowledged (WHS-2).
type Chase struct {
	Shop      Shop
	Warehouse string // its name
	Number    order.Number
	ShipOn    order.Date
	Orders    int
	Lines     int
	Qty       int
	SentAt    time.Time
	Channel   string // order.PartnerFolder …
	Files     []string
	Times     int // how often it is asked now, from 1
}

// Way is how the list went, as people say it.
func (c Chase) Way() string {
	switch c.Channel {
	case order.PartnerEmail:
		return "メール"
	case order.PartnerSFTP:
		return "SFTP"
	case order.PartnerHTTP:
		return "HTTPS送信"
	case order.PartnerAPI:
		return "API（お受け取り待ち）"
	default:
		return "共有フォルダ"
	}
}

// Render writes the mail.
func (c Chase) Render() (Message, error) { return render("chase", c.Shop, c) }
