package main

import (
	"context"
	"errors"
	"fmt"

	"todoke/store"
)

// The commands that run todoke: all of it in one process, or its parts apart, any number of
// each on any number of machines with one DATABASE_URL.
type (
	upCommand struct {
		Sample bool `help:"Load the sample shop where no master was ever imported, and hand its faxes in."`
		Faxes  bool `help:"Hand the sample shop's faxes in (default: yes)." default:"true" negatable:""`
	}
	serveCommand   struct{}
	workCommand    struct{}
	collectCommand struct{}
)

func (upCommand) Help() string {
	return "Starts a private PostgreSQL under --data (unless there is a database.url), migrates, and runs every part of todoke. " +
		"SIGTERM or Ctrl-C stops it cleanly, a second one at once."
}

func (c upCommand) Run(ctx context.Context, app *App) error {
	app.loadSample, app.faxesToo = c.Sample, c.Faxes
	return app.runParts(ctx, true, partServe, partWork, partCollect)
}

func (serveCommand) Run(ctx context.Context, app *App) error {
	return app.runParts(ctx, false, partServe)
}

func (workCommand) Run(ctx context.Context, app *App) error {
	return app.runParts(ctx, false, partWork)
}

func (collectCommand) Run(ctx context.Context, app *App) error {
	return app.runParts(ctx, false, partCollect)
}

// part is one of the things a process can do; build makes its service.
type part struct {
	name  string
	build func(ctx context.Context, app *App, st *store.Store) (service, error)
}

// runParts runs parts on the configured database until ctx ends, one of them fails, or the
// private PostgreSQL cannot be kept alive. whole is everything in one process, which alone
// migrates a server that is not its own.
func (a *App) runParts(ctx context.Context, whole bool, parts ...part) (err error) {
	var db *database
	if whole {
		if err := a.tryPort(ctx); err != nil {
			return stopped(ctx, err)
		}
		db, err = a.startDatabase(ctx)
	} else {
		db, err = a.openDatabase(ctx, true)
	}
	if err != nil {
		return stopped(ctx, err)
	}
	defer func() { err = errors.Join(err, db.Close(ctx)) }()

	if db.server != nil || whole {
		if err := db.migrate(ctx); err != nil {
			return stopped(ctx, fmt.Errorf("migrate: %w", err))
		}
	}
	st, err := a.newStore(ctx, db)
	if err != nil {
		return stopped(ctx, err)
	}
	defer st.Close()
	if whole && db.server != nil {
		// Nobody else works on a private database that this process has just started: what runs
		// there was left by one that died, and need not wait to be rescued.
		if n, err := st.TakeUpAbandoned(ctx); err != nil {
			return stopped(ctx, err)
		} else if n > 0 {
			a.Log.Info("jobs of a process that died are taken up again", "jobs", n)
		}
	}
	if a.loadSample {
		if err := a.importSample(ctx, st); err != nil {
			return stopped(ctx, err)
		}
	}
	var services []service
	if db.server != nil {
		services = append(services, db.service(a))
	}
	for _, p := range parts {
		s, err := p.build(ctx, a, st)
		if err != nil {
			return stopped(ctx, fmt.Errorf("%s: %w", p.name, err))
		}
		services = append(services, s)
	}
	if a.sampleLoaded && a.faxesToo {
		services = append(services, a.sampleFaxes(st))
	}
	a.Log.Info("todoke is up", "data", a.Config.Data, "version", buildVersion())
	if a.Ready != nil {
		a.Ready(a)
	}
	err = runServices(ctx, a.Log, a.Config.DrainTimeout, services...)
	a.Log.Info("todoke has stopped")
	return err
}

// tryPort finds a port that is taken before a private database is made for nothing. Where there
// is one, another todoke may be about to let go of both.
func (a *App) tryPort(ctx context.Context) error {
	if a.Config.Database.URL != "" || a.hasCluster() {
		return nil
	}
	l, err := listen(ctx, a.Config.Listen)
	if err != nil {
		return err
	}
	return l.Close()
}

// stopped drops an error that comes only from having been told to stop.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}
