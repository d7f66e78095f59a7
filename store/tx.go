package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
)

// Tx is one transaction. It is good inside InTx's function only, and for one goroutine.
type Tx struct {
	s  *Store
	tx pgx.Tx
}

// maxTries is how often a transaction is run that the database gave up for another's sake.
const maxTries = 5

// InTx runs fn in a transaction and commits it. Where the database gives it up for another
// transaction's sake (serialization failure, deadlock), fn runs again from the start: it must
// have no effect beyond tx, and calls nothing outside. Errors carry their kind.
func (s *Store) InTx(ctx context.Context, fn func(tx *Tx) error) error {
	var err error
	for range maxTries {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return fn(&Tx{s: s, tx: tx}) })
		if !retryable(err) {
			return kinded(err)
		}
	}
	return kinded(err)
}

// ErrTakenOver tells that a job runs again elsewhere: what this attempt would save is not wanted.
var ErrTakenOver = errors.New("the job was taken over")

// Complete finishes the worker's own job in its transaction, so that the work and its being
// done commit together. It is fenced: a job that was meanwhile rescued, cancelled or given to
// another attempt is an error, and the transaction must roll back.
func Complete[T river.JobArgs](ctx context.Context, tx *Tx, job *river.Job[T]) error {
	// River returns no error when the row is not running under this attempt any more.
	done, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx.tx, job)
	if err != nil {
		return fmt.Errorf("complete job %d: %w", job.ID, err)
	}
	if done.State != rivertype.JobStateCompleted || done.Attempt != job.Attempt {
		return order.Temporary("another attempt took this job over",
			fmt.Errorf("%w: job %d is %s at attempt %d, this is attempt %d", ErrTakenOver, job.ID, done.State, done.Attempt, job.Attempt))
	}
	return nil
}

// Enqueue inserts jobs in the transaction. A job that only says "look" is left out while one
// like it waits to start: if that one starts too early to see this transaction's rows, the
// next Tick sees them.
func (tx *Tx) Enqueue(ctx context.Context, args ...river.JobArgs) error {
	params := make([]river.InsertManyParams, 0, len(args))
	for _, a := range args {
		if jobs.Look(a) {
			var waits bool
			if err := tx.tx.QueryRow(ctx, query("JobWaits"), a.Kind()).Scan(&waits); err != nil {
				return fmt.Errorf("find waiting job: %w", err)
			}
			if waits {
				continue
			}
		}
		params = append(params, river.InsertManyParams{Args: a})
	}
	if len(params) == 0 {
		return nil
	}
	if _, err := tx.s.client.InsertManyFastTx(ctx, tx.tx, params); err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	return nil
}

// problem is a rule's refusal as it is stored and shown.
type problem struct {
	Kind    order.Kind `json:"kind,omitempty"`
	Rule    string     `json:"rule,omitempty"`
	Field   string     `json:"field,omitempty"`
	Message string     `json:"message"`
	Suggest string     `json:"suggest,omitempty"`
}

func encodeProblems(errs []*order.Error) []byte {
	out := make([]problem, 0, len(errs))
	for _, e := range errs {
		out = append(out, problem{e.Kind, e.Rule, e.Field, e.Message, e.Suggest})
	}
	b, err := json.Marshal(out)
	if err != nil {
		panic(err) // strings only
	}
	return b
}

func decodeProblems(b []byte) ([]*order.Error, error) {
	var in []problem
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("decode problems: %w", err)
	}
	out := make([]*order.Error, 0, len(in))
	for _, p := range in {
		out = append(out, &order.Error{Kind: p.Kind, Rule: p.Rule, Field: p.Field, Message: p.Message, Suggest: p.Suggest})
	}
	return out, nil
}

// Refusal is every rule that stands against a request. It is an error of kind invalid.
type Refusal struct { //nolint:errname // the trade's word
	Problems []*order.Error
}

// Error implements error.
func (r *Refusal) Error() string {
	errs := make([]error, len(r.Problems))
	for i, p := range r.Problems {
		errs[i] = p
	}
	return errors.Join(errs...).Error()
}

// Unwrap gives the single refusals.
func (r *Refusal) Unwrap() []error {
	errs := make([]error, len(r.Problems))
	for i, p := range r.Problems {
		errs[i] = p
	}
	return errs
}

// Facts are what a rule may look at when an order changes.
type Facts struct {
	rules.Facts
	Stock []order.StockLevel // of the order's items at every warehouse
}
