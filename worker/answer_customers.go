package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"todoke/jobs"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/templates/document"
	"todoke/templates/mail"
)

// answerBatch is how many answers one job gives before it lets others of its queue in.
const answerBatch = 50

// AnswerCustomers works jobs.AnswerCustomers: it gives every answer that is ready.
type AnswerCustomers struct {
	river.WorkerDefaults[jobs.AnswerCustomers]
	cfg  Config
	busy busy
}

// Work implements river.Worker. Each answer is made with no transaction open and saved in one of
// its own, if nothing has happened since; what failed waits for the next look and does not keep
// the others waiting.
func (w *AnswerCustomers) Work(ctx context.Context, job *river.Job[jobs.AnswerCustomers]) error {
	s := w.cfg.Store
	ids, err := s.ReadyAnswers(ctx, s.Now(), answerBatch)
	if err != nil {
		return verdict(err)
	}
	var failed []error
	closed := 0
	for _, id := range ids {
		ok, err := true, error(nil)
		if !w.busy.do(id, func() { ok, err = w.answer(ctx, id) }) {
			ok = true // the job beside this one gives it
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("answer %d: %w", id, err))
		}
		if ok {
			closed++
		}
	}
	if err := errors.Join(failed...); err != nil {
		return verdict(order.Temporary("some customers could not be answered", err))
	}
	return verdict(s.InTx(ctx, func(tx *store.Tx) error {
		if err := store.Complete(ctx, tx, job); err != nil {
			return err
		}
		if len(ids) == answerBatch || closed < len(ids) { // more of them, or such as changed under way
			return tx.Enqueue(ctx, jobs.AnswerCustomers{})
		}
		return nil
	}))
}

// answer gives one answer; ok is false where it changed while it was made and waits on.
func (w *AnswerCustomers) answer(ctx context.Context, id int64) (ok bool, err error) {
	s := w.cfg.Store
	row, err := s.GetAnswer(ctx, id)
	if err != nil || row.State != store.AnswerWaiting {
		return err == nil, err
	}
	now := s.Now()
	close := func(state store.AnswerState, detail string) (bool, error) {
		return s.CloseAnswer(ctx, row, now, func(*store.Tx, int) (store.Answer, error) {
			return store.Answer{State: state, Detail: detail}, nil
		})
	}
	before, err := s.AnswersOf(ctx, row.DocumentID, row.OrderID)
	if err != nil {
		return false, err
	}
	no := store.NextAnswerNo(before)
	draft, err := w.cfg.draftAnswer(ctx, row.DocumentID, row.OrderID, row.DepartmentCode, before, now)
	var issues []way
	if err == nil && draft != nil && draft.ways.Desk == "" && draft.ways.Needless == "" {
		issues, err = w.cfg.renderAnswer(draft)
	}
	switch kind := order.KindOf(err); {
	case kind == order.KindPermanent, kind == order.KindInvalid, kind == order.KindNotFound:
		w.cfg.logger().ErrorContext(ctx, "answer goes to the desk", "answer", id, "error", err)
		return close(store.AnswerDesk, "the answer could not be made: "+err.Error())
	case err != nil:
		return false, err
	case draft == nil:
		return close(store.AnswerNeedless, "nothing new to say")
	case draft.ways.Needless != "":
		return close(store.AnswerNeedless, draft.ways.Needless)
	case draft.ways.Desk != "":
		return close(store.AnswerDesk, draft.ways.Desk)
	}
	ok, err = s.CloseAnswer(ctx, row, now, func(tx *store.Tx, next int) (store.Answer, error) {
		if next != no {
			return store.Answer{}, errNumberTaken
		}
		return w.issue(ctx, tx, row, draft, issues, now)
	})
	if errors.Is(err, errNumberTaken) {
		return false, nil // it waits on, and is made with the next number
	}
	return ok, err
}

// errNumberTaken is that an answer to another customer of the same fax took the number: two jobs give
// them at the same time, and none of the later one is saved.
var errNumberTaken = errors.New("the number of the answer is taken")

// issue records the documents of an answer for good and sends each its way.
func (w *AnswerCustomers) issue(ctx context.Context, tx *store.Tx, row store.Answer, d *answerDraft, ways []way, now time.Time) (store.Answer, error) {
	total := d.answer.Told.TotalYen()
	orderID := row.OrderID
	if orderID == 0 && len(d.orders) == 1 {
		orderID = d.orders[0]
	}
	var channels []string
	for _, v := range ways {
		issue := v.issue
		issue.Number, issue.Party, issue.TransactedOn = d.answer.Number, d.answer.Customer.Code, order.DateOf(d.answer.Told.ReceivedAt)
		issue.OrderID, issue.DocumentID = orderID, row.DocumentID
		if len(d.answer.Told.Orders) > 0 {
			issue.AmountYen = &total
		}
		id, _, err := tx.Issue(ctx, issue, now)
		if err != nil {
			return store.Answer{}, err
		}
		if err := tx.Send(ctx, id, v.to, now); err != nil {
			return store.Answer{}, err
		}
		channels = append(channels, v.to.Channel)
	}
	return store.Answer{
		State: store.AnswerTold, No: d.answer.No, Kind: d.answer.Kind, Channel: strings.Join(channels, ", "), Told: &d.answer.Told,
	}, nil
}

// answerDraft is an answer with whom it goes to, before it is set.
type answerDraft struct {
	answer order.Answer
	ways   rules.AnswerWay
	orders []int64
}

// way is a document and where it goes.
type way struct {
	issue store.NewIssue
	data  []byte
	to    store.Recipient
}

// draftAnswer makes what a customer would be told now; nil where there is nothing new to say.
func (c Config) draftAnswer(ctx context.Context, documentID, orderID int64, department string, before []store.Answer, now time.Time) (*answerDraft, error) {
	f, err := c.Store.FactsOfAnswer(ctx, documentID, orderID, department, now)
	if err != nil {
		return nil, err
	}
	return c.draftOf(f, documentID, department, before, now), nil
}

// draftOf makes what a customer would be told of the facts; nil where there is nothing new to say.
func (c Config) draftOf(f store.AnswerFacts, documentID int64, department string, before []store.Answer, now time.Time) *answerDraft {
	told, changes, kind, ok := rules.Tell(f.AnswerFacts)
	if !ok {
		return nil
	}
	no, edition := store.NextAnswerNo(before), 1
	for _, b := range before {
		if b.State == store.AnswerTold && b.DepartmentCode == department {
			edition++
		}
	}
	number := fmt.Sprintf("F%d-%d", documentID, no)
	if documentID == 0 {
		number = fmt.Sprintf("%s-%d", f.Number, no)
	}
	d := &answerDraft{answer: order.Answer{Kind: kind, No: no, Edition: edition, Number: number, Customer: f.Customer, Told: told, Changes: changes, At: now}}
	for _, o := range f.Orders {
		d.orders = append(d.orders, o.Order.ID)
	}
	d.ways = rules.AnswerWays(d.answer, f.Card, f.Email, c.ownNumber)
	return d
}

// ownNumber tells the shop's fax numbers: what is registered with one of them is nobody's.
func (c Config) ownNumber(digits string) bool {
	return digits == strings.ReplaceAll(c.ShopFax, "-", "") || slices.Contains(c.OwnNumbers, digits)
}

// renderAnswer sets the documents of an answer and stores their bytes.
func (c Config) renderAnswer(d *answerDraft) (ways []way, err error) {
	defer func() {
		if r := recover(); r != nil { // a defect of ours, and the same for the same answer
			err = order.Permanent("it could not be set because of a defect", fmt.Errorf("panic: %v", r))
		}
	}()
	web := d.answer.Told.DocumentID == 0
	if d.ways.Mail != "" && web {
		m, err := c.answerMail(d)
		if err != nil {
			return nil, err
		}
		kind := order.AnswerOrderMail
		if d.answer.Kind == order.AnswerStockout {
			kind = order.AnswerStockout
		}
		ways = append(ways, way{
			issue: store.NewIssue{Kind: string(kind), Format: "txt", FileName: fmt.Sprintf("%s_%s.txt", kind, d.answer.Number), Subject: m.Subject},
			data:  []byte(m.Body), to: store.Recipient{Channel: "mail", Address: d.ways.Mail},
		})
	}
	if d.ways.Fax != "" || d.ways.Mail != "" && !web {
		a := c.answerFax(d)
		var b bytes.Buffer
		if err := a.RenderPDF(&b); err != nil {
			return nil, fmt.Errorf("render answer %s: %w", d.answer.Number, err)
		}
		to := store.Recipient{Channel: "fax", Address: d.ways.Fax}
		if d.ways.Fax == "" {
			to = store.Recipient{Channel: "mail", Address: d.ways.Mail} // ACC-5
		}
		ways = append(ways, way{
			issue: store.NewIssue{Kind: string(a.Kind), Format: "pdf", FileName: fmt.Sprintf("%s_%s.pdf", a.Kind, d.answer.Number), Subject: a.Title() + "（" + d.answer.Number + "）"},
			data:  b.Bytes(), to: to,
		})
	}
	for i := range ways {
		v := &ways[i]
		if v.issue.Key, err = c.Store.Blobs().Put(v.data); err != nil {
			return nil, err
		}
		v.issue.SizeBytes = len(v.data)
	}
	return ways, nil
}

func (c Config) answerMail(d *answerDraft) (mail.Message, error) {
	return mail.Order{Shop: c.mailShop(), Answer: d.answer}.Render()
}

// answerFax is the fax of an answer, its pictures read. Of a web order the fax tells what is
// short (STK-2), or the rest where the customer has no mail address.
func (c Config) answerFax(d *answerDraft) *document.Answer {
	a := &document.Answer{
		Answer: d.answer, Pictures: map[string]document.Picture{},
		Shop: document.Letterhead{Name: c.ShopName, Desk: c.DeskName, Phone: c.ShopPhone, Fax: c.ShopFax, Hours: c.DeskHours, Web: c.ShopWeb},
	}
	if a.Kind == order.AnswerOrderMail {
		a.Kind = order.AnswerAcknowledgement
		if d.answer.Lacks() {
			a.Kind = order.AnswerStockout
		}
	}
	read := func(key string) {
		if key == "" {
			return
		}
		b, err := c.Store.Blobs().Get(key)
		if err == nil {
			var p document.Picture
			if p.Image, p.XDPI, p.YDPI, err = snippet(b); err == nil {
				a.Pictures[key] = p
				return
			}
		}
		c.logger().Error("picture left out of an answer", "blob", key, "error", err)
	}
	for _, o := range d.answer.Told.Orders {
		for _, l := range o.Lines {
			read(l.CommentImage)
		}
	}
	for _, p := range d.answer.Told.Illegible {
		read(p.Image)
		if picture, ok := a.Pictures[p.Image]; ok && p.Turned != 0 { // the customer should know it again
			picture.Image = picture.Image.Rotate((360 - p.Turned) % 360)
			if p.Turned != 180 {
				picture.XDPI, picture.YDPI = picture.YDPI, picture.XDPI
			}
			a.Pictures[p.Image] = picture
		}
	}
	return a
}

// Preview is an answer as it would be sent now.
type Preview struct {
	Number    string
	Kind      string
	Format    string // pdf or txt
	Subject   string
	Channel   string // "" where it would go to the desk or nowhere
	Recipient string
	Detail    string // why not
	Data      []byte
}

// PreviewAnswer makes the answers that would be given now about a document or an order, without giving
// them; of documentID and orderID one is set. A customer who knows everything already would get none.
func (c Config) PreviewAnswer(ctx context.Context, documentID, orderID int64, department string, now time.Time) ([]Preview, error) {
	before, err := c.Store.AnswersOf(ctx, documentID, orderID)
	if err != nil {
		return nil, err
	}
	d, err := c.draftAnswer(ctx, documentID, orderID, department, before, now)
	if err != nil || d == nil {
		return nil, err
	}
	detail := d.ways.Desk + d.ways.Needless
	if detail != "" { // set as it would be if there were a way
		if d.answer.Told.DocumentID == 0 {
			d.ways.Mail = "-"
		} else {
			d.ways.Fax = "-"
		}
	}
	ways, err := c.renderAnswer(d)
	if err != nil {
		return nil, err
	}
	out := make([]Preview, 0, len(ways))
	for _, v := range ways {
		p := Preview{
			Number: d.answer.Number, Kind: v.issue.Kind, Format: v.issue.Format, Subject: v.issue.Subject,
			Channel: v.to.Channel, Recipient: v.to.Address, Detail: detail, Data: v.data,
		}
		if detail != "" {
			p.Channel, p.Recipient = "", ""
		}
		out = append(out, p)
	}
	return out, nil
}
