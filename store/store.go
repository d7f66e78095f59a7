package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"todoke/jobs"
	"todoke/migrations"
	"todoke/order"
	"todoke/rules"
)

// Config is what Open needs.
type Config struct {
	DSN      string           // of a database that migrations.Up brought up to date
	BlobDir  string           // folder for documents, pages and issued documents
	Now      func() time.Time // the injected clock
	Settings rules.Settings
	Log      *slog.Logger // nil logs nothing
	MaxConns int32        // 0 takes pgx's default: the larger of 4 and the number of CPUs
	Trace    Trace        // sees every statement; nil for none
	// Schedules is the cron table; nil takes Schedules(Settings).
	Schedules []jobs.Spec
}

// Trace sees every statement that a store runs; a benchmark writes them down.
type Trace = pgx.QueryTracer

// Store is the database, the blobs and the queue. It may be used from many goroutines.
type Store struct {
	pool      *pgxpool.Pool
	blobs     *Blobs
	now       func() time.Time
	settings  rules.Settings
	log       *slog.Logger
	client    *river.Client[pgx.Tx] // inserts only; StartWork has its own
	masters   mastersCache
	web       webGate
	wordbook  wordbook
	schedules []jobs.Spec
}

// Open connects as the application's database role, which can add to the archive but never
// change it.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Now == nil {
		return nil, errors.New("open store: no clock given")
	}
	if err := cfg.Settings.Validate(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Schedules == nil {
		var err error
		if cfg.Schedules, err = Schedules(cfg.Settings); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
	blobs, err := OpenBlobs(cfg.BlobDir)
	if err != nil {
		return nil, err
	}
	pc, err := pgxpool.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, fmt.Errorf("open store: parse database URL: %w", err)
	}
	if cfg.MaxConns > 0 {
		pc.MaxConns = cfg.MaxConns
	}
	pc.ConnConfig.Tracer = cfg.Trace
	pc.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		if _, err := c.Exec(ctx, "SET ROLE "+migrations.RoleApp); err != nil {
			return fmt.Errorf("take role %s (run todoke migrate, and grant the role to the connecting user): %w", migrations.RoleApp, err)
		}
		// Compiling a plan takes longer than any of our statements should.
		if _, err := c.Exec(ctx, "SET jit = off"); err != nil {
			return fmt.Errorf("set up connection: %w", err)
		}
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID,
			Codec: &pgtype.TimestamptzCodec{ScanLocation: order.JST},
		})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", kinded(err))
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open store: %w", kinded(err))
	}
	// River tells workers of an insert no more often than this: within its 100 ms after one job another would
	// lie until a worker looks by itself. Workers have a cooldown of their own.
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: cfg.Log, FetchCooldown: river.FetchCooldownMin})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return &Store{
		pool: pool, blobs: blobs, now: cfg.Now, settings: cfg.Settings, log: cfg.Log,
		client: client, schedules: cfg.Schedules,
	}, nil
}

// Close ends the connections; workers must have been stopped before.
func (s *Store) Close() { s.pool.Close() }

// Now is the injected clock's time.
func (s *Store) Now() time.Time { return s.now() }

// Settings are the shop's business numbers, with those that change on a day as the desk wrote them.
func (s *Store) Settings() rules.Settings { return s.masters.settings(s.settings) }

// Blobs is the blob folder.
func (s *Store) Blobs() *Blobs { return s.blobs }

// Pool is the connection pool, for the queue's dashboard and for tests. Everything that
// writes goes through InTx.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ready tells whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return kinded(err)
	}
	return nil
}
