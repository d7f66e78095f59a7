package main

import (
	"context"
	"errors"

	"todoke/bench/archive"
)

// benchArchiveCommand measures sealing, verifying and searching on generated rows in a private
// database of its own, which it removes.
type benchArchiveCommand struct {
	N       int    `short:"n" name:"n" default:"5000" help:"Documents that are sealed and verified, each with a file."`
	Bytes   int    `default:"20000" help:"Size of each file."`
	Entries int    `default:"50000" help:"Rows that are searched."`
	Parties int    `default:"20000" help:"Counterparties among them."`
	Queries int    `default:"100" help:"Searches of each kind."`
	Seed    uint64 `default:"1" help:"Of what is generated."`
}

func (*benchArchiveCommand) Help() string {
	return "Prints rates beside that of reading and hashing the same files alone, and search latencies (first page of 200). Times say little on a busy machine: " +
		"the ratios are taken in one run."
}

// Run implements the command.
func (c *benchArchiveCommand) Run(ctx context.Context, a *App) (err error) {
	db, _, end, err := a.benchDatabase(ctx, "archive", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	st, err := a.newStore(ctx, db)
	if err != nil {
		return err
	}
	defer st.Close()
	return archive.Run(ctx, a.Stdout, st, db.URL, archive.Options{
		N: c.N, Bytes: c.Bytes, Entries: c.Entries, Parties: c.Parties, Queries: c.Queries, Seed: c.Seed,
	})
}
