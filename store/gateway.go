package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"todoke/order"
)

// GatewayVersion is a fax gateway's profile as it was written at the desk at some time; one without
// text gives way to the folder's or the shipped one.
type GatewayVersion struct {
	ID         int64
	Name, Text string
	Reason, By string
	At         time.Time
}

func scanGateway(r pgx.CollectableRow) (GatewayVersion, error) {
	var v GatewayVersion
	return v, r.Scan(&v.ID, &v.Name, &v.Text, &v.Reason, &v.By, &v.At)
}

// GatewayProfiles are the stored profiles that hold now, by name.
func (s *Store) GatewayProfiles(ctx context.Context) ([]GatewayVersion, error) {
	return collect(ctx, s.pool, "GatewayProfilesNow", scanGateway)
}

// GatewayHistory are a profile's versions, the newest first.
func (s *Store) GatewayHistory(ctx context.Context, name string, limit int) ([]GatewayVersion, error) {
	return collect(ctx, s.pool, "GatewayHistory", scanGateway, name, limit)
}

// SaveGatewayProfile puts a profile in force from the next mail on. after is the version that the
// person saw: another one in between is not written over.
func (s *Store) SaveGatewayProfile(ctx context.Context, v GatewayVersion, after int64) error {
	if strings.TrimSpace(v.Reason) == "" || v.By == "" {
		return order.Invalid("", "reason", "say why this is changed")
	}
	return s.InTx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "GatewayLock"); err != nil {
			return err
		}
		last, err := collect(ctx, tx.tx, "GatewayHistory", scanGateway, v.Name, 1)
		if err != nil {
			return err
		}
		if len(last) == 1 && last[0].ID != after || len(last) == 0 && after != 0 {
			return order.Conflict("profile", "somebody changed this meanwhile: open it again")
		}
		return tx.exec(ctx, "GatewayInsert", v.Name, text(v.Text), text(v.Reason), text(v.By), at(v.At))
	})
}

// MailDocument is a mail as it came in.
type MailDocument struct {
	ID         int64
	ReceivedAt time.Time
}

// RecentMails are the mails that came last.
func (s *Store) RecentMails(ctx context.Context, limit int) ([]MailDocument, error) {
	out, err := collect(ctx, s.pool, "RecentMails", pgx.RowToStructByPos[MailDocument], limit)
	if err != nil {
		return nil, fmt.Errorf("find mails: %w", err)
	}
	return out, nil
}
