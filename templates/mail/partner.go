package mail

import (
	"time"

	"todoke/order"
)

// PartnerErrors tells a partner warehouse what is wrong with a file that it sent (WHS-2).
type PartnerErrors struct {
	Shop       Shop
	Number     string // of the file with us
	Warehouse  string
	File       string // as the partner calls it
	ReceivedAt time.Time
	Faults     []order.PartnerFault
	More       int // that are not listed
}

// Render writes the mail.
func (e PartnerErrors) Render() (Message, error) { return render("partner_errors", e.Shop, e) }
