package rules

// Settings are the shop's business numbers; Default gives the rule book's. They come from
// configuration and nowhere else.
type Settings struct{}

// Calendar knows business days (CUT-1) and national holidays (CUT-10).
type Calendar struct{}

// Regions finds the region of an address (CUT-2).
type Regions struct{}
