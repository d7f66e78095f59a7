package main

// benchCommand holds the project's benchmarks: a subcommand each.
type benchCommand struct {
	Archive benchArchiveCommand `cmd:"" help:"Measure sealing, verifying and searching the archive."`
	Desk    benchDeskCommand    `cmd:"" help:"Measure the pages of the desk on a shop of 500,000 orders."`
	Decode  benchDecodeCommand  `cmd:"" help:"Measure the fax decoder beside its peers."`
	Fax     benchFaxCommand     `cmd:"" help:"Fill, fax and read order forms; print how well they are read."`
	Month   benchMonthCommand   `cmd:"" help:"Let a month of a shop pass by a clock of its own; prove after each day that all that must hold does."`
	Mailbox benchMailboxCommand `cmd:"" help:"Measure how fast a mailbox is collected, beside fetching its mails alone."`
	Glyph   benchGlyphCommand   `cmd:"" help:"Measure the digit and mark recogniser cell by cell."`
	Resend  benchResendCommand  `cmd:"" help:"Fax sheets twice and write orders anew; print what tells the two apart."`
	Orders  benchOrdersCommand  `cmd:"" help:"Measure taking orders over HTTP, beside pgbench with the same statements."`

	MonthWorker benchMonthWorkerCommand `cmd:"" hidden:"" name:"month-worker" help:"Work the queue of a month."`

	Pages benchPagesCommand `cmd:"" help:"Tell drawn and faxed pages of all kinds apart; print what each is taken for."`
}
