package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/jobs"
	"todoke/order"
)

// Survey is how the shop stands.
type Survey struct {
	Waiting    int       // jobs that could be worked now
	Oldest     time.Time // since when the oldest of them could be; zero where there is none
	OldestKind string
	Kinds      []string // of the waiting jobs
	Worker     bool     // some process works the queue, or did within the last half minute
	Reviews    int      // open ones

	Items, Departments, Warehouses bool // whether any is loaded
	Approvals                      bool // some department's orders wait for approvers (APR-1)
	Ways                           []WarehouseWay
}

// WarehouseWay is how lists get to a warehouse.
type WarehouseWay struct {
	order.WarehouseProfile        // of which address, host key, contact and the like are read
	Channel                string // order.PartnerFolder …
	Token                  bool   // its system may use our API
}

// Idle tells that jobs of the kind wait and that no process is there to work them.
func (s Survey) Idle(kind string) bool { return !s.Worker && slices.Contains(s.Kinds, kind) }

// Survey looks at the shop as it stands now.
func (s *Store) Survey(ctx context.Context) (Survey, error) { return survey(ctx, s.pool) }

// LookAt is Survey of the database at a URL, for who must not open a store. It changes nothing.
func LookAt(ctx context.Context, url string) (Survey, error) {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return Survey{}, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	return survey(ctx, c)
}

func survey(ctx context.Context, q querier) (Survey, error) {
	found, err := collect(ctx, q, "Survey", func(row pgx.CollectableRow) (Survey, error) {
		var v Survey
		var oldest *time.Time
		err := row.Scan(&v.Waiting, &oldest, &v.OldestKind, &v.Kinds, &v.Worker, &v.Reviews, &v.Items, &v.Departments, &v.Warehouses, &v.Approvals)
		if oldest != nil {
			v.Oldest = *oldest
		}
		return v, err
	})
	if err != nil {
		return Survey{}, err
	}
	found[0].Ways, err = collect(ctx, q, "WarehouseWays", func(row pgx.CollectableRow) (WarehouseWay, error) {
		var w WarehouseWay
		return w, row.Scan(&w.WarehouseCode, &w.Channel, &w.Address, &w.HostKey, &w.Fetch, &w.Contact, &w.ChaseMinutes, &w.Senders, &w.Token)
	})
	return found[0], err
}

// workedBy are the jobs that move what the ledger lists, by kind and state.
var workedBy = map[[2]string][]string{
	{"document", "received"}: {jobs.ReadDocument{}.Kind()},
	{"order", "accepted"}:    {jobs.AllocateOrders{}.Kind()},
	{"order", "short"}:       {jobs.AllocateOrders{}.Kind()},
	{"pick_list", "waiting"}: {jobs.PrintPickList{}.Kind()},
	{"answer", "waiting"}:    {jobs.AnswerCustomers{}.Kind()},
	{"delivery", "waiting"}:  {jobs.DeliverDocument{}.Kind()},
	{"run", "waiting"}:       {jobs.AllocateOrders{}.Kind(), jobs.ReleaseWave{}.Kind(), jobs.ReplanShipments{}.Kind(), jobs.AdaptThresholds{}.Kind(), jobs.ListOpenItems{}.Kind(), jobs.ReconcileCards{}.Kind()},
}

// waitsForWorker is what the ledger says of that which no process is there to work.
const waitsForWorker = "waits for a worker: start todoke up or todoke work"

// tellIdle names the lack of a worker where that is all that an entry waits for.
func tellIdle(entries []Entry, v Survey) {
	for i := range entries {
		e := &entries[i]
		if !slices.ContainsFunc(workedBy[[2]string{e.Kind, e.State}], v.Idle) {
			continue
		}
		switch {
		case e.Kind == "order" && e.State == "accepted" || e.Detail == "":
			e.Detail = waitsForWorker
		default:
			e.Detail += "; " + waitsForWorker
		}
	}
}
