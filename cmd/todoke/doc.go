// Command todoke is the back office of an office-supply mail-order shop: faxed forms and web
// orders become canonical orders, reserved stock and pick lists.
//
// Every subcommand is a file of its own. config.go is the only reader of flags, configuration
// file and environment, and main.go hands out the clock
// by which the business runs.
package main
