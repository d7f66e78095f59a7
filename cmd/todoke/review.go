package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/order"
	"todoke/store"
)

// reviewCommand lets a person settle what the reader was unsure of.
type reviewCommand struct {
	List   reviewListCommand   `cmd:"" help:"List what waits for a person, the most urgent first."`
	Show   reviewShowCommand   `cmd:"" help:"Show a document's reviews: what was read, and what stands against it."`
	Settle reviewSettleCommand `cmd:"" help:"Settle fields as they stand on the page, and make the order."`
	Junk   reviewJunkCommand   `cmd:"" help:"Close a review without an order."`
	// Its command lies with the answers.
	Illegible reviewIllegibleCommand `cmd:"" help:"Close a review that nobody can read, and ask the customer to send it again."`
	Turn      reviewTurnCommand      `cmd:"" help:"Have a page that lies turned read again."`
	Split     reviewSplitCommand     `cmd:"" help:"Make an order of its own of some of a page's lines."`
	Join      reviewJoinCommand      `cmd:"" help:"Put a page's lines onto the one that it continues."`
	Attach    reviewAttachCommand    `cmd:"" help:"Close a page or document as something that belongs to an order: a letter, a drawing."`
	Received  reviewReceivedCommand  `cmd:"" help:"Decide which of two times a fax counts as received at (CUT-3)."`
	Done      reviewDoneCommand      `cmd:"" help:"Close a review of what was dealt with by hand: a return request, a letter."`
}

// reviewView is a review as it is printed.
type reviewView struct {
	Name       string             `json:"name"`
	Document   int64              `json:"document"`
	Page       int                `json:"page,omitempty"`
	Sheet      int                `json:"sheet,omitempty"`  // of the customer's form, where it has several
	Sheets     int                `json:"sheets,omitempty"` // how many it has
	State      store.ReviewState  `json:"state"`
	DeadlineAt time.Time          `json:"deadline_at,omitzero"`
	OpenedAt   time.Time          `json:"opened_at"`
	ClosedAt   time.Time          `json:"closed_at,omitzero"`
	ClosedBy   string             `json:"closed_by,omitempty"`
	Kind       *store.PageKind    `json:"kind,omitempty"` // what the page is, or may be (PGE-1)
	Problems   []problemView      `json:"problems"`
	History    []problemView      `json:"history,omitempty"`  // what stood against a review that is closed
	Suspects   []suspectView      `json:"suspects,omitempty"` // what it may repeat, the most likely first
	Fields     []order.DraftField `json:"fields,omitempty"`
	Mail       *letterView        `json:"mail,omitempty"` // the mail that it is, or that it came with
}

type problemView struct {
	Rule    string `json:"rule,omitempty"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
	Suggest string `json:"suggest,omitempty"`
}

func viewProblems(errs []*order.Error) []problemView {
	out := make([]problemView, 0, len(errs))
	for _, e := range errs {
		out = append(out, problemView{e.Rule, e.Field, e.Message, e.Suggest})
	}
	return out
}

func viewReview(r store.Review, fields bool) reviewView {
	v := reviewView{
		Name: r.Name(), Document: r.DocumentID, Page: r.PageNo, State: r.State, DeadlineAt: r.DeadlineAt,
		OpenedAt: r.OpenedAt, ClosedAt: r.ClosedAt, ClosedBy: r.ClosedBy, Problems: []problemView{},
	}
	if r.State == store.ReviewOpen {
		v.Problems = viewProblems(r.Reasons)
	} else {
		v.History = viewProblems(r.Reasons)
	}
	if r.Draft != nil {
		v.Sheet, v.Sheets = r.Draft.Sheet, r.Draft.Sheets
		if fields {
			v.Fields = r.Draft.Fields
		}
	}
	return v
}

type reviewListCommand struct {
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

func (c *reviewListCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		all, err := st.OpenReviews(ctx)
		if err != nil {
			return err
		}
		ids := make([]int64, len(all))
		for i, r := range all {
			ids[i] = r.DocumentID
		}
		kinds, err := kindsOf(ctx, st, ids...)
		if err != nil {
			return err
		}
		rows := [][]string{{"REVIEW", "KIND", "DEADLINE", "OPENED", "PROBLEMS", "FIRST"}}
		for _, r := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, viewReview(r, false).of(kinds)); err != nil {
					return err
				}
				continue
			}
			first := ""
			if len(r.Reasons) > 0 {
				first = readable(r.Reasons[0].Error())
			}
			kind := "document"
			if k := kinds[pageName{r.DocumentID, r.PageNo}]; len(k) > 0 {
				kind = shortKind(k[0])
			}
			rows = append(rows, []string{r.Name(), kind, stamp(r.DeadlineAt), stamp(r.OpenedAt), strconv.Itoa(len(r.Reasons)), first})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

type reviewShowCommand struct {
	Document   string `arg:"" help:"Document id, or document.page."`
	SideBySide string `help:"Write the page and the one that it may repeat into one picture, what differs framed." placeholder:"FILE.png"`
	JSON       bool   `name:"json" help:"Print one JSON object a review, with all fields and cells."`
}

func (c *reviewShowCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		doc, err := st.GetDocument(ctx, id)
		if err != nil {
			return err
		}
		all, err := st.ReviewsOf(ctx, id)
		if err != nil {
			return err
		}
		kinds, err := kindsOf(ctx, st, id)
		if err != nil {
			return err
		}
		shown := false
		for _, r := range all {
			if page != 0 && r.PageNo != page {
				continue
			}
			shown = true
			suspects, err := st.SuspectsOf(ctx, r)
			if err != nil {
				return err
			}
			if c.JSON {
				v := viewReview(r, true).of(kinds)
				if v.Mail, err = letterOfDocument(ctx, st, doc); err != nil {
					return err
				}
				v.Suspects = viewSuspects(suspects)
				err = printJSON(a.Stdout, v)
			} else {
				err = a.printReview(ctx, st, doc, r, kinds[pageName{id, r.PageNo}], suspects)
			}
			if err != nil {
				return err
			}
			if c.SideBySide != "" {
				if err := a.writeSideBySide(ctx, st, r, suspects, c.SideBySide); err != nil {
					return err
				}
				c.SideBySide = "" // one picture, of the first
			}
		}
		if !shown {
			return order.NotFound("document", fmt.Sprintf("nothing of document %s was ever put before a person; it is %s: todoke document show %d", c.Document, doc.State, id))
		}
		return nil
	})
}

func (a *App) printReview(ctx context.Context, st *store.Store, doc store.Document, r store.Review, kinds []store.PageKind, suspects []store.Suspect) error {
	if r.State == store.ReviewOpen {
		fmt.Fprintf(a.Stdout, "review %s: open since %s, to be settled by %s\n", r.Name(), stamp(r.OpenedAt), stamp(r.DeadlineAt))
	} else {
		fmt.Fprintf(a.Stdout, "review %s: closed as %s by %s at %s, opened %s\n", r.Name(), r.State, r.ClosedBy, stamp(r.ClosedAt), stamp(r.OpenedAt))
	}
	if r.State != store.ReviewOpen && len(r.Reasons) > 0 {
		fmt.Fprintln(a.Stdout, "history: this stood against it until it was closed")
	}
	for _, k := range kinds {
		fmt.Fprintf(a.Stdout, "  kind: %s\n", k.Words())
		for _, e := range k.Evidence {
			fmt.Fprintf(a.Stdout, "        %s\n", e)
		}
	}
	printProblems(a, r.Reasons)
	claims, err := st.Claims(ctx, r.DocumentID)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if c.Sender() || c.Problem != "" || c.Kind == store.ClaimPages || c.Kind == store.ClaimIncomplete {
			fmt.Fprintf(a.Stdout, "  claimed %s: %s\n", c.Kind, claimInWords(c))
		}
	}
	letter, err := letterOfDocument(ctx, st, doc)
	if err != nil {
		return err
	}
	if letter != nil && r.PageNo == 0 {
		a.printLetter(letter, cmp.Or(doc.ParentID, doc.ID))
		events, err := st.DocumentEvents(ctx, doc.ID)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Rule == "FAX-1" {
				fmt.Fprintf(a.Stdout, "  %s %s\n", stamp(e.At), legible(e.Text))
			}
		}
	}
	if r.Draft != nil {
		if of := r.Draft.SheetOf(); of != "" {
			fmt.Fprintln(a.Stdout, of+" of the customer's form: an order of its own")
		}
		if err := a.printDraft(ctx, st, doc, *r.Draft); err != nil {
			return err
		}
	}
	if r.State == store.ReviewOpen && isLetter(doc) {
		fmt.Fprintln(a.Stdout, "next:")
		return printTable(a.Stdout, [][]string{
			{fmt.Sprintf("  todoke document show %d --save DIR", r.DocumentID), "write the mail out, to open it in a mail program"},
			{"  todoke review junk " + r.Name(), "nothing is left to do about it: no order is made, and what was attached carries on by itself"},
		})
	}
	if r.State == store.ReviewOpen {
		if err := a.printSuspects(ctx, st, doc, r, suspects); err != nil {
			return err
		}
		settle := "todoke review settle " + r.Name()
		values := settle + " FIELD=VALUE ..."
		next := [][]string{
			{fmt.Sprintf("  todoke document show %d --save DIR", r.DocumentID), "look at the page"},
			{"  " + values, "say what stands on it, and make the order"},
			{"  " + settle + " --drop-line N --reason TEXT", "leave a line out of the order"},
			{"  todoke review junk " + r.Name(), "make no order of it at all"},
			{"  " + settle + " --as resend --of DOC", "it is another document sent again"},
		}
		if len(suspects) > 0 && (r.Draft == nil || r.Draft.Related == nil) {
			next = slices.Concat([][]string{
				{"  todoke review show " + r.Name() + " --side-by-side FILE.png", "look at both pages"},
				{"  " + settle + " --as resend", "close it: the same again, nothing more ships"},
				{"  " + settle + " --as addon [FIELD=VALUE ...]", "make an order of its own beside the other one"},
				{"  " + settle + " --as correction [FIELD=VALUE ...]", "cancel the other order and make this one instead"},
				{"  " + settle + " --as own [FIELD=VALUE ...]", "make an order that has nothing to do with the other one"},
			}, next[:1], next[2:4])
		}
		fmt.Fprintln(a.Stdout, "next:")
		return printTable(a.Stdout, next)
	}
	return nil
}

// printDraft writes what was read, with what the masters know of each code.
func (a *App) printDraft(ctx context.Context, st *store.Store, doc store.Document, d order.Draft) error {
	text := func(name string) string {
		if f := d.Field(name); f != nil {
			return f.Text
		}
		return ""
	}
	var codes []string
	for _, f := range d.Fields {
		if strings.HasSuffix(f.Name, ".item_code") && f.Text != "" {
			codes = append(codes, f.Text)
		}
	}
	customer := text("customer_code")
	items, err := st.FindItems(ctx, customer, order.DateOf(doc.ReceivedAt), codes...)
	if err != nil {
		return err
	}
	known := func(f order.DraftField) (string, error) {
		switch {
		case f.Text == "":
		case f.Name == "customer_code":
			return customerName(ctx, st, f.Text)
		case strings.HasSuffix(f.Name, ".item_code"):
			i, ok := items[f.Text]
			if !ok {
				return "no such item", nil
			}
			name := fmt.Sprintf("%s, %s yen a %s", i.Name, i.Price.Grouped(), i.Unit)
			if i.OrderMultiple > 1 {
				name += fmt.Sprintf(", in multiples of %d", i.OrderMultiple)
			}
			if i.Discontinued {
				name += ", discontinued"
				if i.SuccessorCode != "" {
					name += ": " + i.SuccessorCode + " follows"
				}
			}
			return name, nil
		}
		return "", nil
	}
	rows := [][]string{{"", "FIELD", "READ AS", "CONFIDENCE", "EVIDENCE", "MASTER"}}
	for _, f := range d.Fields {
		if f.Decision == order.DecisionBlank && f.Text == "" {
			continue
		}
		sign := ""
		if f.Decision == order.DecisionReview {
			sign = "?"
		}
		name, err := known(f)
		if err != nil {
			return err
		}
		rows = append(rows, []string{
			sign, f.Name, f.Text, fmt.Sprintf("%.2f %%", math.Floor(1e4*f.Confidence)/100),
			strings.Join(slices.Concat(f.Evidence, f.Reasons), "; "), name,
		})
	}
	if err := printTable(a.Stdout, rows); err != nil {
		return err
	}
	for _, l := range d.Dropped {
		fmt.Fprintf(a.Stdout, "lines[%d] is left out of the order by %s: %s\n", l.Line, l.By, l.Reason)
	}
	if d.Related != nil {
		fmt.Fprintln(a.Stdout, relatedInWords(*d.Related))
	}
	return nil
}

func printProblems(a *App, errs []*order.Error) {
	for _, e := range errs {
		fmt.Fprintf(a.Stdout, "  %-7s %-22s %s\n", e.Rule, cmp.Or(e.Field, "-"), e.Message)
	}
}

type reviewSettleCommand struct {
	Document string            `arg:"" help:"Document id, or document.page."`
	Values   map[string]string `arg:"" optional:"" help:"field=value as it stands on the page, such as lines[1].quantity=12; an empty value says the field is blank." mapsep:"none"`
	As       string            `help:"What it is to the page or order that it is suspected to repeat (FAX-5): resend closes it, addon and own make an order, correction makes it instead of the other one, which is cancelled." enum:",resend,addon,correction,own" default:"" placeholder:"RELATION"`
	Of       string            `help:"The other one, where it is not the one suspected most: document, document.page or order number." placeholder:"DOC"`
	DropLine []int             `help:"Leave this line out of the order on purpose; it still counts in the form's total. Repeat it for more lines." placeholder:"N" sep:"none"`
	KeepLine []int             `help:"Take back that this line is left out." placeholder:"N" sep:"none"`
	Reason   string            `help:"Why: the lines are left out, or it is what --as says." placeholder:"TEXT"`
	By       string            `help:"Who settles it." placeholder:"NAME" env:"USER" required:""`
	JSON     bool              `name:"json" help:"Print JSON."`
}

// settleView is the JSON answer of settling.
type settleView struct {
	Order    *order.Order  `json:"order,omitempty"`
	ResendOf string        `json:"resend_of,omitempty"` // closed as the same as this
	Problems []problemView `json:"problems,omitempty"`
}

func (c *reviewSettleCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	of, err := otherOf(c.Of)
	if err != nil {
		return err
	}
	if c.Of != "" && c.As == "" {
		return order.Invalid("FAX-5", "as", "say what it is to the other one: --as resend, addon, correction or own")
	}
	return a.withStore(ctx, func(st *store.Store) error {
		if c.As == "resend" {
			return c.close(ctx, a, st, id, page, of)
		}
		o, err := st.Settle(ctx, id, page, store.Settlement{
			Values: c.Values, As: store.As(c.As), Of: of, Drop: c.DropLine, Keep: c.KeepLine, Reason: c.Reason, By: c.By,
		}, a.Now())
		if refusal, ok := errors.AsType[*store.Refusal](err); ok {
			if c.JSON {
				if err := printJSON(a.Stdout, settleView{Problems: viewProblems(refusal.Problems)}); err != nil {
					return err
				}
				return silentError{}
			}
			if len(c.Values)+len(c.DropLine)+len(c.KeepLine) > 0 || c.As != "" {
				fmt.Fprintln(a.Stdout, "what you said is kept; no order is made yet, still to be settled:")
			} else {
				fmt.Fprintln(a.Stdout, "no order is made; still to be settled:")
			}
			printProblems(a, refusal.Problems)
			return silentError{}
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.Stdout, settleView{Order: &o})
		}
		fmt.Fprintln(a.Stdout, "order", o.Number.Grouped())
		return a.tellIdle(ctx, st)
	})
}

// close closes the review as a resend: no order is made.
func (c *reviewSettleCommand) close(ctx context.Context, a *App, st *store.Store, id int64, page int, of store.Other) error {
	if len(c.Values)+len(c.DropLine)+len(c.KeepLine) > 0 {
		return order.Invalid("FAX-5", "as", "a resend makes no order: leave the fields and lines as they are")
	}
	r, original, err := st.CloseAsResend(ctx, id, page, of, c.By, c.Reason, a.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.Stdout, settleView{ResendOf: original.String()})
	}
	fmt.Fprintf(a.Stdout, "review %s closed as sent again, the same as %s, by %s: no order is made\n", r.Name(), original, r.ClosedBy)
	return nil
}

type reviewJunkCommand struct {
	Document string `arg:"" help:"Document id, or document.page."`
	Kind     string `help:"What the page is: cover (送付状), advert or other. Pages to come that look like it are told so." placeholder:"KIND" default:"other"`
	By       string `help:"Who decides it." placeholder:"NAME" env:"USER" required:""`
}

func (c *reviewJunkCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		kind, ok := junkKinds[c.Kind]
		if !ok {
			return order.Invalid("PGE-3", "kind", "say cover, advert or other")
		}
		r, err := st.JunkAs(ctx, id, page, kind, c.By, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "review %s closed as %s by %s: no order is made\n", r.Name(), map[bool]string{true: "junk", false: kind.Words()}[kind == order.PageUnknown], r.ClosedBy)
		return nil
	})
}
