package main

import (
	"context"
	"errors"
	"fmt"

	"todoke/migrations"
)

type migrateCommand struct{}

func (migrateCommand) Help() string {
	return "The database user must own the database and be allowed to create roles, or find todoke_owner, todoke_app and " +
		"todoke_retention there. Running it again changes nothing; programs that start together migrate one by one."
}

// Run brings the database up to date: tables, queue, roles and grants.
func (migrateCommand) Run(ctx context.Context, app *App) (err error) {
	db, err := app.openDatabase(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()
	if err := db.migrate(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	latest, current, err := migrations.Version(ctx, db.URL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(app.Stdout, "the database is at version %d of %d\n", current, latest)
	return err
}
