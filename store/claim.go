package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
	"todoke/rules"
)

// ClaimKind is what a claim is about.
type ClaimKind string

// The kinds of claims. Caller, station and header are three separate claims of who sent a fax;
// any of them may be forged, and none decides whose order it is.
const (
	ClaimCaller     ClaimKind = "caller"     // number that the line was called from, as the gateway says
	ClaimStation    ClaimKind = "station"    // id that the sending machine gave itself (TSI)
	ClaimHeader     ClaimKind = "header"     // what the sending machine printed at the top of the page
	ClaimLine       ClaimKind = "line"       // our number that was called
	ClaimReceived   ClaimKind = "received"   // when
	ClaimPages      ClaimKind = "pages"      // how many
	ClaimJob        ClaimKind = "job"        // the gateway's name of the transmission
	ClaimSerial     ClaimKind = "serial"     // its number, where the gateway counts by one
	ClaimIncomplete ClaimKind = "incomplete" // the gateway did not get the whole fax
	ClaimNotice     ClaimKind = "notice"     // no fax came: it is about one of ours
)

// Claim is what somebody says about a document.
type Claim struct {
	Document  int64     `json:"document"` // the fax, or the mail that it came with
	Kind      ClaimKind `json:"kind"`
	Value     string    `json:"value,omitempty"` // as we write such a thing; "" where the text is none
	Text      string    `json:"text,omitempty"`  // as it was written
	By        string    `json:"by"`              // who says it
	Problem   string    `json:"problem,omitempty"`
	MadeAt    time.Time `json:"made_at"`
	Customers []string  `json:"customers,omitempty"` // departments that have this fax number registered
}

// Sender tells whether the claim is about who sent the fax.
func (c Claim) Sender() bool {
	return c.Kind == ClaimCaller || c.Kind == ClaimStation || c.Kind == ClaimHeader
}

// AddClaims keeps what is claimed of a document.
func (tx *Tx) AddClaims(ctx context.Context, documentID int64, claims []Claim, now time.Time) error {
	for _, c := range claims {
		if err := tx.exec(ctx, "ClaimInsert", documentID, string(c.Kind), text(c.Value), bounded(text(c.Text)), bounded(text(c.By)), text(c.Problem), at(now)); err != nil {
			return err
		}
	}
	return nil
}

// CallerMismatch tells that a document came from another customer's registered number than that of the
// customer whose form it is (FAX-3). Where the shop has chosen only to note it, that is done and nil
// returned.
func (tx *Tx) CallerMismatch(ctx context.Context, documentID int64, customer string, now time.Time) (*order.Error, error) {
	var caller, fax string
	var owners []string
	err := tx.tx.QueryRow(ctx, query("CallerOwners"), documentID, customer).Scan(&caller, &owners, &fax)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find caller: %w", err)
	}
	e := rules.CallerMismatch(caller, owners, customer, fax)
	if e == nil || tx.s.settings.CallerMismatch == rules.MismatchReview {
		return e, nil
	}
	inputs := order.Inputs(map[string]any{"caller": caller, "registered_by": owners, "customer": customer, "registered": fax})
	return nil, tx.note(ctx, documentID, e.Rule, "", e.Message, inputs, at(now))
}

// Claims are what is claimed of a document and of the mail that it came with, in the order in
// which it was learnt.
func (s *Store) Claims(ctx context.Context, documentID int64) ([]Claim, error) {
	return collect(ctx, s.pool, "ClaimsOfDocument", pgx.RowToStructByPos[Claim], documentID)
}

// PagesDiffer compares the pages that a gateway states with those that came, once the last
// document of its mail is read: doc with pages pages. Nil where they agree, or nothing is stated.
func (tx *Tx) PagesDiffer(ctx context.Context, doc Document, pages int) (*order.Error, error) {
	if doc.ParentID == 0 {
		return nil, nil
	}
	// Two documents of one mail that are read at the same moment: the later one sees the other.
	var state DocumentState
	if err := tx.tx.QueryRow(ctx, query("DocumentStateLock"), doc.ParentID).Scan(&state); err != nil {
		return nil, fmt.Errorf("lock mail: %w", err)
	}
	var stated, others, unread int
	err := tx.tx.QueryRow(ctx, query("PagesClaimed"), doc.ParentID, doc.ID).Scan(&stated, &others, &unread)
	if missing(err) || err == nil && (unread > 0 || others+pages == stated) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("compare pages: %w", err)
	}
	text := fmt.Sprintf("the gateway states %d page(s) and %d came", stated, others+pages)
	if others+pages < stated {
		text += ": ask the sender for what is missing"
	}
	return order.Invalid("FAX-2", "pages", text), nil
}

// ExplainGap keeps why jobs of a gateway never came; the ledger lists them no longer.
func (s *Store) ExplainGap(ctx context.Context, gateway string, first, last int64, reason, by string, now time.Time) error {
	reason, by = strings.TrimSpace(reason), strings.TrimSpace(by)
	switch {
	case by == "":
		return order.Invalid("KEP-2", "by", "say who explains this")
	case reason == "":
		return order.Invalid("KEP-2", "reason", "say why these jobs never came: --reason TEXT")
	case first < 0 || last < first:
		return order.Invalid("", "jobs", "give the first and the last job that is missing, such as 4711-4713")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		tag, err := tx.tx.Exec(ctx, query("GatewayGapInsert"), gateway, first, last, reason, by, at(now))
		if err == nil && tag.RowsAffected() == 0 {
			err = order.NotFound("gateway", fmt.Sprintf("no gateway %q counts its jobs: todoke ledger names those with gaps", gateway))
		}
		if _, told := errors.AsType[*order.Error](err); err != nil && !told {
			err = fmt.Errorf("explain gap: %w", err)
		}
		return err
	})
}
