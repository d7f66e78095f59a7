package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/store"
	"todoke/templates/mail"
	"todoke/templates/phrase"
)

// ApprovalPath begins the path of an approver's page; the token follows.
const ApprovalPath = "/approve/"

// approvalRequest is the kind of mails to approvers among issued documents.
const approvalRequest = "approval_request"

// AskApprovers works jobs.AskApprovers.
type AskApprovers struct {
	river.WorkerDefaults[jobs.AskApprovers]
	cfg Config
}

// Work implements river.Worker. Each order is looked at by itself: what fails waits for the next
// look and does not keep the others waiting.
func (w *AskApprovers) Work(ctx context.Context, job *river.Job[jobs.AskApprovers]) error {
	s := w.cfg.Store
	now := s.Now()
	due, err := s.DueApprovals(ctx, now, answerBatch)
	if err != nil {
		return verdict(err)
	}
	var failed []error
	for _, id := range due {
		if err := s.LookAtApproval(ctx, id, now); err != nil {
			failed = append(failed, fmt.Errorf("approval of order %d: %w", id, err))
		}
	}
	ask, err := s.ApprovalsToAsk(ctx, answerBatch)
	if err != nil {
		return verdict(err)
	}
	for _, id := range ask {
		if err := w.ask(ctx, id); err != nil {
			failed = append(failed, fmt.Errorf("ask about order %d: %w", id, err))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return verdict(order.Temporary("some approvers could not be asked", err))
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if err := store.Complete(ctx, tx, job); err != nil {
			return err
		}
		if len(due) == answerBatch || len(ask) == answerBatch {
			return tx.Enqueue(ctx, jobs.AskApprovers{})
		}
		return nil
	}))
}

// ask writes to everybody who may decide an order now, each with links of their own.
func (w *AskApprovers) ask(ctx context.Context, id int64) error {
	s := w.cfg.Store
	now := s.Now()
	c, found, err := s.ApprovalOf(ctx, id, now)
	if err != nil || !found {
		return err
	}
	var mails []store.ApprovalMail
	for _, d := range c.Deciders {
		if d.Email == "" {
			continue
		}
		m := store.ApprovalMail{User: d.Code, To: d.Email, Token: store.NewApprovalToken()}
		text, err := ApprovalRequest(c, d, w.cfg.mailShop(), strings.TrimRight(w.cfg.ApprovalURL, "/")+ApprovalPath+m.Token).Render()
		if err != nil {
			return err
		}
		key, err := s.Blobs().Put([]byte(text.Body))
		if err != nil {
			return order.Temporary("the mail could not be stored", err)
		}
		number := fmt.Sprintf("%s-%d-%d-%s", c.Order.Number, c.Level(), c.Reminded, d.Code)
		total := c.Order.GoodsYen + c.Order.FeeYen
		for _, t := range c.Order.Taxes {
			total += t.TaxYen
		}
		m.Issue = store.NewIssue{
			Kind: approvalRequest, Number: number, Format: "txt", FileName: approvalRequest + "_" + number + ".txt", Subject: text.Subject,
			Key: key, SizeBytes: len(text.Body), Party: c.Customer.Code, AmountYen: &total, TransactedOn: order.DateOf(c.Order.ReceivedAt), OrderID: c.Order.ID,
		}
		mails = append(mails, m)
	}
	return s.AskApproval(ctx, c, mails, now)
}

// ApprovalRequest is the mail that asks one person to decide an order by a link.
func ApprovalRequest(c store.ApprovalCase, d store.ApprovalDecider, shop mail.Shop, link string) mail.ApprovalRequest {
	q := mail.ApprovalRequest{
		Shop: shop, Order: c.Order, Company: c.Customer.CompanyName, Department: c.Customer.Name, To: d.Name, For: c.Users[d.For].Name, Orderer: c.Users[c.Orderer].Name,
		Level: c.Level(), Levels: len(c.Levels), Reminded: c.Reminded, Link: link, Expires: c.Expires,
	}
	for _, r := range c.Reasons {
		q.Why = append(q.Why, phrase.ApprovalReason(string(r.Condition), r.FromYen, r.Yen, r.LineNo, r.Period))
	}
	for _, st := range c.Approval.Steps {
		q.Before = append(q.Before, c.Users[st.By].Name)
	}
	return q
}
