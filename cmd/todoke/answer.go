package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"todoke/order"
	"todoke/store"
	"todoke/worker"
)

// answerCommand is about what customers are told of their faxes and orders (FAX-3, STK-2).
type answerCommand struct {
	List    answerListCommand    `cmd:"" help:"List answers that wait or that the desk must give."`
	Preview answerPreviewCommand `cmd:"" help:"Render what a customer would be told now of an order or document, without sending it."`
	Done    answerDoneCommand    `cmd:"" help:"Note that a person told the customer what could not be sent."`
}

type answerListCommand struct {
	All  bool `help:"Also those that were given or needed none."`
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

func (c *answerListCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		states := []store.AnswerState{store.AnswerWaiting, store.AnswerDesk}
		if c.All {
			states = append(states, store.AnswerTold, store.AnswerNeedless, store.AnswerDone)
		}
		all, err := st.ListAnswers(ctx, states...)
		if err != nil {
			return err
		}
		rows := [][]string{{"ANSWER", "ABOUT", "CUSTOMER", "STATE", "DUE", "KIND", "CHANNEL", "DETAIL"}}
		for _, x := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, x); err != nil {
					return err
				}
				continue
			}
			about := fmt.Sprintf("document %d", x.DocumentID)
			if x.DocumentID == 0 {
				o, err := st.GetOrderByID(ctx, x.OrderID)
				if err != nil {
					return err
				}
				about = "order " + o.Number.Grouped()
			}
			rows = append(rows, []string{strconv.FormatInt(x.ID, 10), about, x.DepartmentCode, string(x.State), stamp(x.DueAt), string(x.Kind), x.Channel, x.Detail})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

type answerPreviewCommand struct {
	About    string `arg:"" help:"Order number, or document id."`
	Customer string `help:"Whose answer, where a document holds orders of several customers." placeholder:"CODE"`
	Out      string `short:"o" help:"File to write; mails go to standard output without it." placeholder:"FILE"`
}

func (c *answerPreviewCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		documentID, orderID, customer, err := c.about(ctx, st)
		if err != nil {
			return err
		}
		all, err := a.workerConfig(st).PreviewAnswer(ctx, documentID, orderID, customer, a.Now())
		if err != nil {
			return err
		}
		if len(all) == 0 {
			fmt.Fprintln(a.Stderr, "todoke: the customer knows everything there is to say: see todoke order show, todoke document show")
			return nil
		}
		for _, p := range all {
			way := p.Detail
			if p.Channel != "" {
				way = "by " + p.Channel + " to " + p.Recipient
			}
			fmt.Fprintf(a.Stderr, "%s %s (%s): %s\n", p.Kind, p.Number, p.Format, way)
		}
		first := all[0]
		for _, p := range all { // the one whose format was asked for
			if strings.HasSuffix(strings.ToLower(c.Out), "."+p.Format) {
				first = p
				break
			}
		}
		switch {
		case c.Out != "":
			if err := os.WriteFile(c.Out, first.Data, 0o644); err != nil {
				return fmt.Errorf("write preview: %w", err)
			}
		case first.Format == "txt":
			fmt.Fprintf(a.Stdout, "%s\n\n%s", first.Subject, first.Data)
		default:
			return usageError{order.Invalid("", "out", "say where to write the PDF: -o F.pdf")}
		}
		return nil
	})
}

// about finds what an answer is about: an order that came by fax is answered with its fax.
func (c *answerPreviewCommand) about(ctx context.Context, st *store.Store) (document, orderID int64, customer string, err error) {
	if n, err := order.ParseNumber(c.About); err == nil {
		o, err := st.GetOrder(ctx, n)
		if err != nil {
			return 0, 0, "", err
		}
		if o.Channel == order.ChannelFax && o.Source.DocumentID != 0 {
			return o.Source.DocumentID, 0, o.DepartmentCode, nil
		}
		return 0, o.ID, o.DepartmentCode, nil
	}
	if document, _, err = documentID(c.About); err != nil {
		return 0, 0, "", err
	}
	if _, err := st.GetDocument(ctx, document); err != nil {
		return 0, 0, "", err
	}
	if c.Customer != "" {
		return document, 0, c.Customer, nil
	}
	codes, err := st.DocumentCustomers(ctx, document)
	switch {
	case err != nil:
		return 0, 0, "", err
	case len(codes) == 0:
		return 0, 0, "", order.NotFound("document", "nobody knows whose document it is: nobody is answered (FAX-3)")
	case len(codes) > 1:
		return 0, 0, "", order.Invalid("FAX-3", "customer", "it holds orders of several customers: say whose answer, --customer "+strings.Join(codes, " or "))
	}
	return document, 0, codes[0], nil
}

type answerDoneCommand struct {
	Answer int64  `arg:"" help:"Answer id, as todoke ledger and answer list tell it."`
	By     string `help:"Who told the customer." placeholder:"NAME" env:"USER" required:""`
}

func (c *answerDoneCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		if err := st.AnswerDoneBy(ctx, c.Answer, c.By, a.Now()); err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "answer %d: told by %s\n", c.Answer, c.By)
		return nil
	})
}

// printAnswers tells what was sent to a customer of a document or order.
func (a *App) printAnswers(ctx context.Context, st *store.Store, documentID, orderID int64) error {
	all, err := st.IssuedAnswers(ctx, documentID, orderID)
	if err != nil || len(all) == 0 {
		return err
	}
	fmt.Fprintln(a.Stdout)
	rows := [][]string{{"ANSWER", "NUMBER", "FORMAT", "CHANNEL", "TO", "STATE", "ISSUED", "SENT"}}
	for _, x := range all {
		to := x.Recipient
		if x.Channel == "fax" {
			to = order.FormatPhone(to)
		}
		rows = append(rows, []string{x.Kind, x.Number, x.Format, x.Channel, to, x.State, stamp(x.IssuedAt), stamp(x.SentAt)})
	}
	return printTable(a.Stdout, rows)
}

// workerConfig is what rendering answers needs.
func (a *App) workerConfig(st *store.Store) worker.Config {
	c := a.Config
	return worker.Config{
		Store: st, ShopName: c.ShopName, DeskName: c.DeskName, ShopFax: c.ShopFax, OwnNumbers: a.ownNumbers(), ShopPhone: c.ShopPhone, DeskHours: c.DeskHours, ShopWeb: c.ShopWeb, Log: a.Log,
	}
}

// reviewIllegibleCommand closes a page that nobody can read.
type reviewIllegibleCommand struct {
	Document string `arg:"" help:"Document id, or document.page."`
	Customer string `help:"Whose fax it is, where the page does not say it surely. What the caller's number claims is not enough." placeholder:"CODE"`
	By       string `help:"Who decides it." placeholder:"NAME" env:"USER" required:""`
}

func (c *reviewIllegibleCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		r, asked, err := st.Illegible(ctx, id, page, c.Customer, c.By, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "review %s closed as illegible by %s: no order is made\n", r.Name(), r.ClosedBy)
		if !asked {
			fmt.Fprintln(a.Stdout, "nobody is asked to send it again: whose fax it is is not known")
			return nil
		}
		fmt.Fprintln(a.Stdout, "the customer is asked by fax to send it again")
		return a.tellIdle(ctx, st)
	})
}
