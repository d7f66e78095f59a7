package mail_test

import (
	"testing"
	"time"

	"todoke/order"
	"todoke/templates/mail"
)

func TestChase(t *testing.T) {
	t.Parallel()
	c := mail.Chase{
		Shop: shop, Warehouse: "彩野倉庫 久喜センター", Number: "5000000019", ShipOn: order.D(2026, 11, 24), Orders: 12, Lines: 34, Qty: 210,
		SentAt: time.Date(2026, 11, 24, 17, 46, 0, 0, order.JST), Channel: order.PartnerSFTP, Files: []string{"picklist_E1_20261124_normal_5000000019.xlsx"}, Times: 1,
	}
	m, err := c.Render()
	blessed(t, "chase", m, err)
	c.Times, c.Channel, c.Shop.Phone = 2, order.PartnerEmail, ""
	m, err = c.Render()
	blessed(t, "chase_again", m, err)
}
