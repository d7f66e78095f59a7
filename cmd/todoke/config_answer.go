package main

// Defaults of what answers to customers say of the desk.
const (
	defaultDeskHours = "月～土曜日 9:00～18:00（日曜・祝日・特別休業日を除く）" // KEP-3
	deskHoursLimit   = 60
	shopWebLimit     = 80
)

// answerSettings are what faxes and mails to customers tell of the shop beside its name, desk and
// fax number.
var answerSettings = []setting{
	{
		key: "shop_phone", about: "the desk's telephone number on answers to customers; none if empty", allowed: "a number such as 0120-000-000, or nothing",
		set: func(c *Config, v string) error { return printable(&c.ShopPhone, v, deskNameLimit) },
		get: func(c *Config) string { return c.ShopPhone },
	},
	{
		key: "desk_hours", about: "when the desk is there (KEP-3), on answers to customers", allowed: "one line of up to 60 characters",
		set: func(c *Config, v string) error { return printable(&c.DeskHours, v, deskHoursLimit) },
		get: func(c *Config) string { return c.DeskHours },
	},
	{
		key: "shop_web", about: "address of the shop's pages on answers to customers; none if empty", allowed: "one line of up to 80 characters",
		set: func(c *Config, v string) error { return printable(&c.ShopWeb, v, shopWebLimit) },
		get: func(c *Config) string { return c.ShopWeb },
	},
}
