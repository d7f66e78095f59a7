package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"todoke/delivery"
	"todoke/delivery/folder"
	outmail "todoke/delivery/mail"
	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/mail"
)

// Routes say how documents leave.
type Routes struct {
	// Ways of the channels fax and mail, in the order of preference (rules.PlanDelivery).
	Ways map[string][]delivery.Way
	// Domain is the right half of the message ids of our mails.
	Domain string
	// Timeout is above what any way may take for one attempt; 0 is jobs.SendTimeout. An attempt whose
	// process died is made again after it.
	Timeout time.Duration
	// Partner is the way to a warehouse on one of the channels sftp and http; nil has none.
	Partner func(channel string, p order.WarehouseProfile) delivery.Way
	// Returns makes the envelope sender of the mail with a message id, so that what comes back
	// tells what it is about; nil leaves it to the way.
	Returns func(messageID string) string
}

// names are the ways of a channel. Each partner's is its channel's.
func (r Routes) names(channel string) []string {
	var out []string
	switch channel {
	case order.PartnerSFTP, order.PartnerHTTP:
		if r.Partner == nil {
			return nil
		}
		return []string{channel}
	case order.PartnerEmail:
		channel = channelMail
	}
	for _, w := range r.Ways[channel] {
		out = append(out, w.Name())
	}
	return out
}

// DeliverDocument works jobs.DeliverDocument: it carries one issued document to one recipient.
type DeliverDocument struct {
	river.WorkerDefaults[jobs.DeliverDocument]
	cfg Config
}

// Timeout implements river.Worker: a mail server may take its time, and who does not wait for its
// answer sends twice.
func (w *DeliverDocument) Timeout(job *river.Job[jobs.DeliverDocument]) time.Duration {
	if job.Args.Channel == "" || job.Args.Channel == channelFolder {
		return jobs.Timeout
	}
	return cmp.Or(w.cfg.Routes.Timeout, jobs.SendTimeout)
}

const (
	channelFolder = "folder"
	channelMail   = "mail"
)

// Work implements river.Worker.
func (w *DeliverDocument) Work(ctx context.Context, job *river.Job[jobs.DeliverDocument]) error {
	d, err := w.cfg.Store.GetDelivery(ctx, job.Args.DeliveryID)
	if err != nil {
		return verdict(err)
	}
	if !d.Waiting() {
		return verdict(done(ctx, w.cfg.Store, job))
	}
	switch d.Channel {
	case channelFolder:
		return verdict(w.toFolder(ctx, job, d))
	case order.PartnerAPI:
		return verdict(w.toShelf(ctx, job, d))
	}
	return verdict(w.send(ctx, job, d))
}

// toShelf lays the document out for the partner to fetch: the API shows what is issued, and the
// partner's acknowledgement tells that it was fetched.
func (w *DeliverDocument) toShelf(ctx context.Context, job *river.Job[jobs.DeliverDocument], d store.Delivery) error {
	s := w.cfg.Store
	return s.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.DeliverySent(ctx, d.ID, "/v1/warehouses/"+d.Recipient+"/pick-lists/"+d.Number+"/files/"+d.FileName, s.Now()); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	})
}

// way is the one that a plan names. Where a partner's profile says where the documents go, to is
// that; otherwise it is the delivery's recipient.
func (w *DeliverDocument) way(ctx context.Context, d store.Delivery, name string) (way delivery.Way, to string, err error) {
	switch d.Channel {
	case order.PartnerSFTP, order.PartnerHTTP, order.PartnerEmail:
	default:
		return w.cfg.Routes.Ways[d.Channel][slices.Index(w.cfg.Routes.names(d.Channel), name)], d.Recipient, nil
	}
	profile, err := w.cfg.Store.WarehouseProfile(ctx, d.Recipient)
	if err != nil {
		return nil, "", err
	}
	if d.Channel != order.PartnerEmail {
		return w.cfg.Routes.Partner(d.Channel, profile), d.Recipient, nil
	}
	way = w.cfg.Routes.Ways[channelMail][slices.Index(w.cfg.Routes.names(d.Channel), name)]
	if err := order.CheckMailAddress(profile.Address); err != nil {
		return nowhere{way, fmt.Errorf("the profile of %s names no mail address: write it into address of warehouse_profiles.csv, then send again", d.Recipient)}, d.Recipient, nil //nolint:nilerr // the attempt fails, with what to do
	}
	return way, profile.Address, nil
}

// nowhere is a way that cannot carry anything, and says why.
type nowhere struct {
	delivery.Way
	why error
}

// Compose implements delivery.Way.
func (n nowhere) Compose(delivery.Parcel) ([]byte, error) { return nil, n.why }

// toFolder puts the document's bytes into the partner's folder: claim, write with no transaction
// open, record. Killed between writing and recording, the next attempt writes the same bytes
// under the same name: the partner sees one file.
func (w *DeliverDocument) toFolder(ctx context.Context, job *river.Job[jobs.DeliverDocument], d store.Delivery) error {
	s := w.cfg.Store
	if _, err := s.ClaimDelivery(ctx, d.ID, s.Now()); err != nil {
		return err
	}
	data, err := s.Blobs().Get(d.BlobKey)
	if err != nil {
		return err
	}
	path, err := folder.Deliver(w.cfg.Deliver, d.Recipient, d.FileName, data)
	if errors.Is(err, folder.ErrName) {
		return order.Permanent("the delivery cannot be made: see the folder for deliveries and the warehouse's code", err)
	}
	if err != nil {
		return order.Temporary("the folder for deliveries cannot be written to", err)
	}
	return s.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.DeliverySent(ctx, d.ID, path, s.Now()); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	})
}

// send makes one attempt by fax or mail, if one is due: plan, claim, send with no transaction
// open, record with what follows. The claim holds the name and the bytes under which the
// document leaves; an attempt that another finds without an end was cut off and may have arrived:
// it is made again under the same name with the same bytes.
func (w *DeliverDocument) send(ctx context.Context, job *river.Job[jobs.DeliverDocument], d store.Delivery) error {
	s := w.cfg.Store
	past, err := s.DeliveryAttempts(ctx, d.ID)
	if err != nil {
		return err
	}
	now := s.Now()
	next := w.cfg.plan(d, past, now)
	if d.Channel == string(order.ChannelFax) {
		ok, err := s.Registered(ctx, d.ID)
		if err != nil {
			return err
		}
		switch {
		case w.cfg.ownNumber(d.Recipient):
			next = rules.NextAttempt{Why: "FAX-3: " + d.Recipient + " is a fax number of our own: nothing was sent"}
		case !ok:
			next = rules.NextAttempt{Why: "FAX-3: " + d.Recipient + " is not the registered fax number of the customer: nothing was sent"}
		}
	}
	settle := func(tx *store.Tx) error {
		if err := tx.CutOff(ctx, d.ID, now); err != nil {
			return err
		}
		return follow(ctx, tx, d.ID, next)
	}
	if next.Way == "" || next.NotBefore.After(now) {
		return s.InTx(ctx, func(tx *store.Tx) error { return errors.Join(settle(tx), store.Complete(ctx, tx, job)) })
	}
	way, to, err := w.way(ctx, d, next.Way)
	if err != nil {
		return err
	}
	d.Recipient = to
	a, parcel, data, err := w.pack(ctx, d, past, way, now)
	if err != nil {
		return err
	}
	if data == nil { // the way cannot carry it
		return w.record(ctx, job, d, a, func(tx *store.Tx) (bool, error) { return w.claim(ctx, tx, d, a, now) }, attempted{rules.AttemptPermanent, parcel.Text, "", 0})
	}
	claimed := false
	if err := s.InTx(ctx, func(tx *store.Tx) (err error) {
		claimed, err = w.claim(ctx, tx, d, a, now)
		return err
	}); err != nil {
		return err
	}
	if !claimed {
		return done(ctx, s, job)
	}
	receipt, err := way.Send(ctx, parcel, data)
	what := attempted{outcome: rules.AttemptSent, receipt: receipt}
	if err != nil {
		what.outcome, what.detail, what.after = rules.AttemptOutcome(delivery.OutcomeOf(err)), err.Error(), delivery.AfterOf(err)
		w.cfg.logger().WarnContext(ctx, "delivery failed", "delivery", d.ID, "way", a.Way, "attempt", a.No, "outcome", string(what.outcome), "error", err)
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobs.Timeout) // what was sent is recorded even while we stop
	defer cancel()
	return insist(after, func() error { return w.record(after, job, d, a, nil, what) })
}

// attempted is what an attempt came to.
type attempted struct {
	outcome rules.AttemptOutcome
	detail  string
	receipt string
	after   time.Duration // which the server asks to be left in peace
}

// insist saves again and again while the database is away, until ctx ends: who forgets what the
// server answered sends twice.
func insist(ctx context.Context, save func() error) error {
	for {
		err := save()
		switch kind := order.KindOf(err); {
		case err == nil, errors.Is(err, store.ErrTakenOver), kind != order.KindTemporary && kind != order.KindInternal:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

// claim records what is about to leave, and that attempts before it were cut off.
func (w *DeliverDocument) claim(ctx context.Context, tx *store.Tx, d store.Delivery, a store.DeliveryAttempt, now time.Time) (bool, error) {
	if err := tx.CutOff(ctx, d.ID, now); err != nil {
		return false, err
	}
	return tx.BeginAttempt(ctx, d.ID, a)
}

// record saves what an attempt came to, with what follows.
func (w *DeliverDocument) record(ctx context.Context, job *river.Job[jobs.DeliverDocument], d store.Delivery, a store.DeliveryAttempt,
	claim func(*store.Tx) (bool, error), what attempted,
) error {
	s := w.cfg.Store
	return s.InTx(ctx, func(tx *store.Tx) error {
		outcome, detail, receipt := what.outcome, what.detail, what.receipt
		if claim != nil {
			if ok, err := claim(tx); err != nil || !ok {
				return errors.Join(err, store.Complete(ctx, tx, job))
			}
		}
		now := s.Now()
		state, err := tx.DeliveryStands(ctx, d.ID)
		if err != nil {
			return err
		}
		if err := tx.EndAttempt(ctx, d.ID, a.No, outcome, detail, receipt, now); err != nil {
			return err
		}
		if state != store.DeliveryWaiting { // a notice said that it arrived, or a person gave it up, while it was under way
			return store.Complete(ctx, tx, job)
		}
		past, err := tx.DeliveryAttempts(ctx, d.ID)
		if err != nil {
			return err
		}
		if last := past[len(past)-1]; last.Outcome == rules.AttemptSent {
			if err := tx.DeliverySent(ctx, d.ID, receipt, now); err != nil {
				return err
			}
			return store.Complete(ctx, tx, job)
		} else if outcome == rules.AttemptSent { // a notice was faster than we
			detail = last.Detail
		}
		next := w.cfg.plan(d, past, now)
		if asked := now.Add(what.after); what.after > 0 && next.NotBefore.Before(asked) {
			next.NotBefore = asked
		}
		next.Why, next.Waits = joined(next.Why, detail), joined(next.Waits, detail)
		if err := follow(ctx, tx, d.ID, next); err != nil {
			return err
		}
		return store.Complete(ctx, tx, job)
	})
}

func joined(what, why string) string { return strings.Trim(what+": "+why, ": ") }

// plan is what is to be done about a delivery next.
func (c Config) plan(d store.Delivery, past []store.DeliveryAttempt, now time.Time) rules.NextAttempt {
	return rules.PlanDelivery(d.ID, d.Channel, d.Kind, c.Routes.names(d.Channel), store.Past(past), d.CreatedAt, now, c.Store.Settings().On(order.DateOf(now)))
}

// follow puts a plan's outcome on the row: the tick wakes what waits, a person sees what failed.
func follow(ctx context.Context, tx *store.Tx, id int64, next rules.NextAttempt) error {
	if next.Way == "" {
		return tx.DeliveryFails(ctx, id, next.Why)
	}
	return tx.DeliveryWaits(ctx, id, next.NotBefore, next.Waits)
}

// pack makes the next attempt and the bytes that leave, which are those of the way's attempts
// before. Where the way can never carry the document, data is nil and the parcel's text says why.
func (w *DeliverDocument) pack(ctx context.Context, d store.Delivery, past []store.DeliveryAttempt, way delivery.Way, now time.Time) (a store.DeliveryAttempt, p delivery.Parcel, data []byte, err error) {
	s := w.cfg.Store
	a = store.DeliveryAttempt{No: len(past) + 1, Way: way.Name(), ClaimedAt: now}
	p = delivery.Parcel{Date: now.In(order.JST).Truncate(time.Second), Recipient: d.Recipient, Hyphens: order.FormatPhone(d.Recipient)}
	rank := 1
	for i, b := range past {
		if b.Way == a.Way {
			a.MessageID, a.SentKey = b.MessageID, b.SentKey
		} else if !slices.ContainsFunc(past[:i], func(c store.DeliveryAttempt) bool { return c.Way == b.Way }) {
			rank++
		}
	}
	a.MessageID = cmp.Or(a.MessageID, outmail.MessageID(d.ID, rank, d.BlobKey, w.cfg.Routes.Domain))
	p.MessageID = a.MessageID
	if w.cfg.Routes.Returns != nil {
		p.Returns = w.cfg.Routes.Returns(a.MessageID)
	}
	p.FileName, p.MediaType = d.FileName, outmail.MediaType(d.Format)
	if a.SentKey != "" {
		data, err = s.Blobs().Get(a.SentKey)
		return a, p, data, err
	}
	if err := w.fill(ctx, d, &p); err != nil {
		return a, p, nil, err
	}
	data, cannot := way.Compose(p)
	if cannot != nil {
		p.Text = cannot.Error()
		return a, p, nil, nil //nolint:nilerr // the attempt is kept with the reason
	}
	a.SentKey, err = s.Blobs().Put(data)
	return a, p, data, err
}

// fill puts the document into a parcel: a text is the mail itself, any other format is attached
// beneath a short letter.
func (w *DeliverDocument) fill(ctx context.Context, d store.Delivery, p *delivery.Parcel) (err error) {
	s := w.cfg.Store
	body, err := s.Blobs().Get(d.BlobKey)
	if err != nil {
		return err
	}
	if p.Thread, err = s.MailThread(ctx, d.IssuedID); err != nil {
		return err
	}
	p.Subject = d.Subject
	if d.Format == "txt" {
		p.Text, p.FileName = string(body), ""
		p.Subject = cmp.Or(p.Subject, w.cfg.ShopName)
		return nil
	}
	p.Data = body
	cover, err := mail.Cover{Shop: w.cfg.mailShop(), Kind: d.Kind, Number: d.Number}.Render()
	if err != nil {
		return fmt.Errorf("write cover: %w", err)
	}
	p.Text, p.Subject = cover.Body, cmp.Or(p.Subject, cover.Subject)
	return nil
}
