package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"todoke/order"
	"todoke/rules"
	"todoke/store"
)

// promiseCommand tells what an order would be promised: by the shop's tables where there is a
// database that answers, else by the built-in ones, and says so then.
type promiseCommand struct {
	Input      string `arg:"" optional:"" help:"- reads JSON lines of the same arguments from standard input and answers each with a line."`
	Channel    string `help:"fax or web." placeholder:"CHANNEL"`
	Class      string `help:"normal, truck or phone." default:"normal" placeholder:"CLASS"`
	Received   string `help:"When the order was received: RFC 3339, or \"2026-11-24 17:00:00\" in Japan." placeholder:"T"`
	Prefecture string `help:"Prefecture of the ship-to; Honshu where neither it nor a postal code is given." placeholder:"NAME"`
	PostalCode string `help:"Postal code of the ship-to: isolated islands go by it." placeholder:"CODE"`
	Designated string `help:"Designated date of arrival." placeholder:"DATE"`
	NoSaturday bool   `help:"Some item of the shipment cannot arrive on a Saturday."`
	Now        string `help:"The instant of deciding; that of receipt where not given." placeholder:"T"`
	JSON       bool   `name:"json" help:"Answer with a JSON object, also where no promise can be made (the exit status is 1 then)."`
}

// Help tells by which tables it answers.
func (*promiseCommand) Help() string {
	return "Answers by the shop's calendar, regions, carriers' days, warehouses and dated settings, as orders are promised. Where there is no database, or none that answers, " +
		"the built-in tables and the configured numbers decide, and the answer says so (in JSON with \"built_in_tables\": true)."
}

// promiseArgs is one line of `todoke promise -`.
type promiseArgs struct {
	Channel    string `json:"channel"`
	Class      string `json:"class"`
	Received   string `json:"received"`
	Prefecture string `json:"prefecture"`
	PostalCode string `json:"postal_code"`
	Designated string `json:"designated"`
	NoSaturday bool   `json:"no_saturday"`
	Now        string `json:"now"`
	JSON       bool   `json:"json"` // taken and ignored: the answers are JSON
}

// promiseAnswer is the JSON that scripts read.
type promiseAnswer struct {
	AcceptanceOn order.Date    `json:"acceptance_on,omitzero"`
	ReadyOn      order.Date    `json:"ready_on,omitzero"`
	ArrivalOn    order.Date    `json:"arrival_on,omitzero"`
	ShipOn       order.Date    `json:"ship_on,omitzero"`
	Moved        bool          `json:"moved,omitempty"` // the designated date could not be kept
	Late         bool          `json:"late,omitempty"`  // a dispatch deadline was missed
	Rules        []string      `json:"rules,omitempty"`
	Error        *promiseError `json:"error,omitempty"`
	BuiltIn      bool          `json:"built_in_tables,omitempty"` // the shop's own tables were not looked at
}

type promiseError struct {
	Rule       string     `json:"rule,omitempty"`
	Field      string     `json:"field,omitempty"`
	EarliestOn order.Date `json:"earliest_on,omitzero"`
	Message    string     `json:"message"`
}

// maxPromiseLine bounds a line of JSON arguments, in bytes.
const maxPromiseLine = 64 << 10

// Run implements the command.
func (c *promiseCommand) Run(ctx context.Context, a *App) error {
	switch {
	case c.Input != "" && c.Input != "-":
		return usageError{fmt.Errorf("%q is not known: give - to read JSON lines from standard input", c.Input)}
	case c.Input == "" && (c.Channel == "" || c.Received == ""):
		return usageError{errors.New("give --channel and --received, or - to read JSON lines from standard input")}
	}
	p, err := a.promiser(ctx)
	if err != nil {
		return err
	}
	if c.Input == "-" {
		return p.stream(ctx, a.Stdin, a.Stdout)
	}
	d, refused := p.promise(promiseArgs{
		Channel: c.Channel, Class: c.Class, Received: c.Received, Prefecture: c.Prefecture, PostalCode: c.PostalCode,
		Designated: c.Designated, NoSaturday: c.NoSaturday, Now: c.Now,
	})
	switch {
	case c.JSON:
		if err := printJSON(a.Stdout, p.answerOf(d, refused)); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		if refused != nil {
			return silentError{}
		}
		return nil
	case refused != nil:
		if err := p.tellTables(a.Stdout); err != nil {
			return err
		}
		return refused
	}
	if err := printDates(a.Stdout, d); err != nil {
		return err
	}
	return p.tellTables(a.Stdout)
}

// tellTables says where the answer is not the shop's.
func (p *promiser) tellTables(w io.Writer) error {
	if p.builtIn == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "%-11s built-in tables only, without the shop's calendar, regions, carriers and dated settings: %s\n", "tables", p.builtIn)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

func printDates(w io.Writer, d rules.Dates) error {
	var b strings.Builder
	row := func(name string, on order.Date) {
		if on.IsZero() {
			fmt.Fprintf(&b, "%-11s –\n", name)
			return
		}
		fmt.Fprintf(&b, "%-11s %s %s\n", name, on, on.Weekday().String()[:3])
	}
	row("acceptance", d.AcceptanceOn)
	row("ready", d.ReadyOn)
	row("arrival", d.ArrivalOn)
	row("ship", d.ShipOn)
	fmt.Fprintf(&b, "%-11s %s\n", "rules", strings.Join(d.Rules, " "))
	if d.Moved {
		b.WriteString("The designated date could not be kept.\n")
	}
	if d.Late {
		b.WriteString("The dispatch deadline of the first ship day had passed.\n")
	}
	_, err := io.WriteString(w, b.String())
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

func (p *promiser) answerOf(d rules.Dates, refused *order.Error) promiseAnswer {
	out := answerOf(d, refused)
	out.BuiltIn = p.builtIn != ""
	return out
}

func answerOf(d rules.Dates, refused *order.Error) promiseAnswer {
	if refused != nil {
		e := &promiseError{Rule: refused.Rule, Field: refused.Field, Message: refused.Message}
		if on, err := order.ParseDate(refused.Suggest); err == nil {
			e.EarliestOn = on
		}
		return promiseAnswer{Error: e}
	}
	return promiseAnswer{
		AcceptanceOn: d.AcceptanceOn, ReadyOn: d.ReadyOn, ArrivalOn: d.ArrivalOn, ShipOn: d.ShipOn,
		Moved: d.Moved, Late: d.Late, Rules: d.Rules,
	}
}

// promiser holds the tables that promises look at.
type promiser struct {
	store.PromiseTables
	builtIn string // why they are not the shop's; "" where they are
}

// newPromiser promises by the configured numbers and the built-in tables.
func newPromiser(s rules.Settings, why string) (*promiser, error) {
	calendar, err := rules.NewCalendar(s.Closures, nil)
	if err != nil {
		return nil, err
	}
	regions, err := rules.DatedRegions(nil, s)
	if err != nil {
		return nil, err
	}
	return &promiser{store.PromiseTables{Settings: s, Calendar: calendar, Regions: regions}, why}, nil
}

// promiser promises as orders are promised, where the database can be asked.
func (a *App) promiser(ctx context.Context) (*promiser, error) {
	if a.Config.Database.URL == "" && !a.hasCluster() {
		return newPromiser(a.Config.Rules, "there is no todoke data in "+shownFolder(a.Config.Data)+" (--data)")
	}
	var tables store.PromiseTables
	err := a.withStore(ctx, func(st *store.Store) (err error) {
		tables, err = st.PromiseTables(ctx)
		return err
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		// Whoever reads the answer alone must not miss it: a shop's tables are there, and were not read.
		fmt.Fprintln(a.Stderr, "todoke: built-in tables only:", firstLine(err))
		return newPromiser(a.Config.Rules, firstLine(err))
	}
	return &promiser{PromiseTables: tables}, nil
}

// promise answers one set of arguments.
func (p *promiser) promise(args promiseArgs) (rules.Dates, *order.Error) {
	w := rules.Wish{Channel: order.Channel(args.Channel), Class: order.Class(args.Class), NoSaturday: args.NoSaturday}
	if w.Class == "" {
		w.Class = order.ClassNormal
	}
	var refused *order.Error
	if w.ReceivedAt, refused = parseInstant("received", args.Received); refused != nil {
		return rules.Dates{}, refused
	}
	if args.Now != "" {
		if w.Now, refused = parseInstant("now", args.Now); refused != nil {
			return rules.Dates{}, refused
		}
	}
	if args.Designated != "" {
		on, err := order.ParseDate(args.Designated)
		if err != nil {
			return rules.Dates{}, order.Invalid("CUT-7", "designated", fmt.Sprintf("%q is not a date: write it as YYYY-MM-DD, such as 2026-11-24", args.Designated))
		}
		w.DesignatedOn = on
	}
	day := order.DateOf(w.ReceivedAt) // whose tables hold
	if w.Region, refused = p.region(day, args.Prefecture, args.PostalCode); refused != nil {
		return rules.Dates{}, refused
	}
	if serves := rules.WarehouseOrder(w.Region.Code, order.WarehousesOn(p.Warehouses, day)); len(serves) > 0 {
		w.Warehouse = serves[0]
	}
	d, refused := rules.Promise(w, p.Settings.On(day), p.Calendar)
	if refused != nil && refused.Field == rules.DesignatedField(w.Channel) {
		refused.Field = "designated"
	}
	return d, refused
}

func (p *promiser) region(day order.Date, prefecture, postalCode string) (order.Region, *order.Error) {
	if postalCode != "" {
		if digits, ok := rules.PostalCode(postalCode); !ok || len(digits) != 7 {
			return order.Region{}, order.Invalid("CUT-2", "postal_code", fmt.Sprintf("%q is not a postal code: it has 7 digits", postalCode))
		}
	}
	regions := p.Regions.On(day)
	if r, ok := regions.Find(prefecture, postalCode); ok {
		return r, nil
	}
	switch {
	case prefecture != "":
		return order.Region{}, order.Invalid("CUT-2", "prefecture", fmt.Sprintf("%q is not a prefecture: write it as 東京都", prefecture))
	case postalCode != "":
		return order.Region{}, order.Invalid("CUT-2", "prefecture", fmt.Sprintf("%q is no isolated island's postal code: give the prefecture too", postalCode))
	}
	if r, ok := regions.ByCode(rules.RegionHonshu); ok {
		return r, nil
	}
	return order.Region{}, order.Invalid("CUT-2", "prefecture", "the shop's regions have no "+rules.RegionHonshu+": give the prefecture")
}

// instantLayouts are the ways to write an instant; those without a zone are Japanese time.
var instantLayouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"}

func parseInstant(field, s string) (time.Time, *order.Error) {
	for _, layout := range instantLayouts {
		if t, err := time.ParseInLocation(layout, s, order.JST); err == nil {
			return t, nil
		}
	}
	return time.Time{}, order.Invalid("CUT-3", field, fmt.Sprintf("%q is not a time: write it as 2026-11-24T17:00:00+09:00, or 2026-11-24 17:00:00 in Japan", s))
}

// stream answers JSON lines line by line; what is wrong with a line is its answer. Blank lines
// get none.
func (p *promiser) stream(ctx context.Context, in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, maxPromiseLine)
	w := bufio.NewWriter(out)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, tooLong, err := readLine(r)
		if len(bytes.TrimSpace(line)) > 0 || tooLong {
			if err := printJSON(w, p.answerLine(line, tooLong)); err != nil {
				return fmt.Errorf("write answer: %w", err)
			}
		}
		if r.Buffered() == 0 || err != nil { // whoever waits for an answer gets it before the next question
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write answer: %w", err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
	}
}

// readLine reads up to a line's end. Of a line beyond the buffer the rest is thrown away.
func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	line, err = r.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		tooLong = true
		_, err = r.ReadSlice('\n')
	}
	return line, tooLong, err
}

func (p *promiser) answerLine(line []byte, tooLong bool) promiseAnswer {
	if tooLong {
		return p.answerOf(rules.Dates{}, order.Invalid("", "", fmt.Sprintf("the line is longer than %d bytes", maxPromiseLine)))
	}
	var args promiseArgs
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&args); err != nil {
		return p.answerOf(rules.Dates{}, jsonError(err))
	}
	if d.More() {
		return p.answerOf(rules.Dates{}, order.Invalid("", "", "the line holds more than one JSON object"))
	}
	dates, refused := p.promise(args)
	return p.answerOf(dates, refused)
}

// jsonError says what is wrong with a line in words that name no Go type.
func jsonError(err error) *order.Error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return order.Invalid("", "", fmt.Sprintf("the line is a JSON %s: give an object of the command's arguments", e.Value))
		}
		return order.Invalid("", e.Field, fmt.Sprintf("a JSON %s does not fit here: texts are strings, flags true or false", e.Value))
	}
	return order.Invalid("", "", "the line is not a JSON object of the command's arguments: "+strings.TrimPrefix(err.Error(), "json: "))
}
