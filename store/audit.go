package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// Audit checks what must hold whatever happened: reserved stock is the sum of what is
// allocated and not shipped, at most what is there; what is shipped left on an issued list; no quantity is on two lists, or on none once released;
// nothing was released before its ship day or within its cancel window; every document and
// page is final or in review; every order is explained; everything that came in and was issued is as it was archived.
// It returns a sentence for each thing that does not hold.
func (s *Store) Audit(ctx context.Context) ([]string, error) {
	bad, err := s.AuditBooks(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.VerifyArchive(ctx, VerifyOptions{Found: func(p ArchiveProblem) { bad = append(bad, p.String()) }})
	return bad, err
}

// AuditBooks is Audit without the archive, of which every file is read.
func (s *Store) AuditBooks(ctx context.Context) ([]string, error) {
	var bad []string
	for _, name := range []string{
		"AuditReserved", "AuditLines", "AuditLists", "AuditShipDays", "AuditStates", "AuditShipped", "AuditOnHand", "AuditYen", "AuditDocuments", "AuditEvents",
	} {
		found, err := collect(ctx, s.pool, name, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		bad = append(bad, found...)
	}
	return bad, nil
}

// Entry is something that is not finished.
type Entry struct {
	Kind   string    `json:"kind"` // document, page, gateway, order, pick_list, delivery, answer, run, job, threshold
	Name   string    `json:"name"`
	State  string    `json:"state"`
	Detail string    `json:"detail,omitempty"`
	Since  time.Time `json:"since"`
}

// Todo says what is to be done about the entry.
func (e Entry) Todo() string {
	switch e.Kind + " " + e.State {
	case "document review", "page review":
		return "todoke review show " + e.Name
	case "document received":
		return "todoke up or todoke work reads it"
	case "order held":
		return "todoke order explain " + e.Name
	case "order accepted", "order short":
		return "todoke stock, or import what has arrived"
	case "order allocated":
		return "enter the date of the line made to order"
	case "pick_list issued":
		return "have the warehouse report it (todoke warehouse result), or todoke picklist shipped " + e.Name + " where everything left"
	case "pick_list waiting", "run waiting":
		return "todoke up or todoke work does it"
	case "partner file received":
		return "todoke up or todoke work reads it"
	case "partner file refused":
		return "todoke warehouse decide " + e.Name + " --leave --note TEXT, or have it sent mended under its name: /desk/partner-files/" + e.Name
	case "partner file asks":
		return "todoke warehouse decide " + e.Name + " --keep or --leave: /desk/partner-files/" + e.Name
	case "delivery waiting":
		return "nothing yet: it is tried again; todoke doctor tells what stands in its way"
	}
	switch e.Kind {
	case "gateway":
		return "ask the gateway's provider for the missing jobs: todoke gateway"
	case "delivery":
		return "todoke delivery"
	case "job":
		return "mend its cause, then todoke ledger --retry"
	case "threshold":
		return "todoke audit thresholds"
	}
	return "todoke ledger --check"
}

// Review tells whether the entry waits for a person on purpose.
func (e Entry) Review() bool {
	return e.State == "review" || e.Kind == "answer" && e.State == string(AnswerDesk)
}

// Ledger lists everything that is not in a final state, by name.
func (s *Store) Ledger(ctx context.Context) ([]Entry, error) {
	var all []Entry
	for _, name := range []string{
		"LedgerDocuments", "LedgerPages", "LedgerGateways", "LedgerOrders", "LedgerPickLists", "LedgerPartnerFiles", "LedgerDeliveries", "LedgerAnswers", "LedgerRuns", "LedgerJobs", "LedgerThresholds",
	} {
		read := pgx.RowToStructByPos[Entry]
		if name == "LedgerPickLists" {
			read = s.openList
		}
		found, err := collect(ctx, s.pool, name, read)
		if err != nil {
			return nil, err
		}
		all = slices.Concat(all, found)
	}
	if len(all) > 0 {
		v, err := s.Survey(ctx)
		if err != nil {
			return nil, err
		}
		tellIdle(all, v)
	}
	return all, nil
}

// openList tells of a pick list that is not wholly reported what is open, and whether its day's
// dispatch deadline has passed (CUT-11).
func (s *Store) openList(r pgx.CollectableRow) (Entry, error) {
	e := Entry{Kind: "pick_list", State: "waiting", Detail: "its documents are not made yet"}
	var warehouse string
	var class order.Class
	var day order.Date
	var issued bool
	var open, lines int
	err := r.Scan(&e.Name, &warehouse, &class, (*date)(&day), &e.Since, &issued, &open, &lines)
	if err != nil || !issued {
		return e, err
	}
	deadline := s.Settings().On(day).Deadline(warehouse, class)
	e.State, e.Detail = "issued", fmt.Sprintf("WHS-2: warehouse %s has not reported %d of %d lines", warehouse, open, lines)
	if s.now().After(day.At(deadline)) {
		e.Detail += "; overdue"
	}
	e.Detail += fmt.Sprintf("; dispatch deadline %s %s", day, deadline)
	return e, nil
}

// Unfinished is the number of jobs that are still to be worked, retries included.
func (s *Store) Unfinished(ctx context.Context) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, query("JobsUnfinished")).Scan(&n)
	return n, kinded(err)
}

// TakeUpAbandoned makes every job that is marked as running available again, and counts them.
// Only who knows that no other process works on this database may call it: others wait for the
// queue to rescue such jobs after jobs.Rescue. A process that works one after all cannot
// complete it: Complete is fenced by the attempt.
func (s *Store) TakeUpAbandoned(ctx context.Context) (int64, error) {
	tag, err := s.pool.Exec(ctx, query("JobsTakeUp"))
	return tag.RowsAffected(), kinded(err)
}

// RetryGivenUp makes every job that was given up (permanent errors, too many attempts) available
// again, and counts them: what stood in its way is mended. Jobs whose work was done meanwhile
// find it done.
func (s *Store) RetryGivenUp(ctx context.Context) (int64, error) {
	tag, err := s.pool.Exec(ctx, query("JobsRetry"))
	return tag.RowsAffected(), kinded(err)
}
