package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"todoke/order"
)

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

// benchDatabase makes the private database that a benchmark works in: in the folder that is to be
// kept, or in one that end removes with it.
func (a *App) benchDatabase(ctx context.Context, name, keep string) (db *database, dir string, end func() error, err error) {
	if a.Config.Database.URL != "" {
		return nil, "", nil, order.Invalid("", "database.url", "the benchmark makes a database of its own: unset it")
	}
	if dir = keep; dir == "" {
		if dir, err = os.MkdirTemp("", "todoke-bench-"+name+"-"); err != nil {
			return nil, "", nil, fmt.Errorf("make a folder: %w", err)
		}
	}
	remove := func() error {
		if keep != "" {
			return nil
		}
		return os.RemoveAll(dir)
	}
	a.Config.moveData(dir)
	if db, err = a.openDatabase(ctx, true); err != nil {
		return nil, "", nil, errors.Join(err, remove())
	}
	end = func() error { return errors.Join(db.Close(ctx), remove()) }
	if err := db.migrate(ctx); err != nil {
		return nil, "", nil, errors.Join(err, end())
	}
	return db, dir, end, nil
}
