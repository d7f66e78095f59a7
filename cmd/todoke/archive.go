package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"todoke/migrations"
	"todoke/order"
	"todoke/store"
	"todoke/worker"
)

// archiveCommand looks into the archive (KEP-1).
type archiveCommand struct {
	Search   archiveSearchCommand   `cmd:"" help:"Find what came in and was issued by day, amount and counterparty."`
	Verify   archiveVerifyCommand   `cmd:"" help:"Check that nothing was changed, taken away or put in."`
	Export   archiveExportCommand   `cmd:"" help:"Write files and index for an audit."`
	Describe archiveDescribeCommand `cmd:"" help:"State what a document is about, where nothing else tells."`
	Erase    archiveEraseCommand    `cmd:"" help:"Take misdirected personal data away, logged."`
}

// archiveFilter is what search and export have in common: any combination.
type archiveFilter struct {
	From   string `help:"First day of the transaction." placeholder:"DATE"`
	To     string `help:"Last day of the transaction." placeholder:"DATE"`
	MinYen *int64 `help:"Least amount, tax included." placeholder:"YEN"`
	MaxYen *int64 `help:"Largest amount, tax included." placeholder:"YEN"`
	Party  string `help:"Part of the customer's or warehouse's code, name or company, of a mail address or a caller's number." placeholder:"TEXT"`
	Kind   string `help:"inbound, issued, or what was issued, such as pick_list." placeholder:"KIND"`
	Number string `help:"Number of the order or of the issued document." placeholder:"NUMBER"`
}

func (f archiveFilter) query() (q store.ArchiveQuery, err error) {
	for _, d := range []struct {
		name, text string
		into       *order.Date
	}{{"from", f.From, &q.From}, {"to", f.To, &q.To}} {
		if d.text == "" {
			continue
		}
		if *d.into, err = order.ParseDate(d.text); err != nil {
			return q, order.Invalid("KEP-1", d.name, fmt.Sprintf("%q is not a day: write it as 2026-11-24", d.text))
		}
	}
	q.MinYen, q.MaxYen, q.Party, q.Kind, q.Number = f.MinYen, f.MaxYen, f.Party, f.Kind, f.Number
	return q, nil
}

// String is the filter in words, the same however it was written.
func (f archiveFilter) String() string {
	var parts []string
	add := func(name, v string) {
		if v != "" {
			parts = append(parts, name+"="+v)
		}
	}
	yen := func(v *int64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatInt(*v, 10)
	}
	add("from", f.From)
	add("to", f.To)
	add("min-yen", yen(f.MinYen))
	add("max-yen", yen(f.MaxYen))
	add("party", f.Party)
	add("kind", f.Kind)
	add("number", f.Number)
	return cmp.Or(strings.Join(parts, " "), "all")
}

type archiveSearchCommand struct {
	archiveFilter
	Limit int  `help:"Most rows; 0 for all." default:"1000"`
	JSON  bool `name:"json" help:"Print one JSON object a line."`
}

func (*archiveSearchCommand) Help() string {
	return "Any combination of the filters; none lists everything, by day. An inbound document is found by the order it became, a page at a time, " +
		"or by the day it came and its sender; an issued one by what it says. Amounts include tax."
}

func (c *archiveSearchCommand) Run(ctx context.Context, a *App) error {
	q, err := c.query()
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		if _, err := st.Seal(ctx); err != nil { // what came in a moment ago is to be found
			return err
		}
		rows := [][]string{{"DOCUMENT", "DAY", "YEN", "PARTY", "WHAT", "ORDER", "RECEIVED/ISSUED", "KEEP UNTIL", "NOTE"}}
		n := 0
		for h, err := range st.SearchArchive(ctx, q) {
			if err != nil {
				return err
			}
			if n++; c.Limit > 0 && n > c.Limit {
				fmt.Fprintf(a.Stderr, "todoke: there is more: narrow the search, or raise --limit\n")
				break
			}
			if c.JSON {
				if err := printJSON(a.Stdout, h); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, hitRow(h))
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

func hitRow(h store.ArchiveHit) []string {
	name := "issued " + strconv.FormatInt(h.IssuedID, 10)
	if h.DocumentID != 0 {
		name = strconv.FormatInt(h.DocumentID, 10)
		if h.Page != 0 {
			name += "." + strconv.Itoa(h.Page)
		}
	}
	yen, number, note := "-", "-", ""
	if h.AmountYen != nil {
		yen = order.Yen(*h.AmountYen).Grouped()
	}
	if h.Order != "" {
		number = order.Number(h.Order).Grouped()
	}
	switch {
	case h.Erased != "":
		note = "erased: " + h.Erased
	case h.By != "":
		note = "stated by " + h.By + ": " + h.Reason
	case h.Mail != 0:
		note = fmt.Sprintf("came with mail %d", h.Mail)
	}
	what := h.What
	if h.Number != "" {
		what += " " + h.Number + " " + h.Format
	}
	return []string{name, h.TransactedOn.String(), yen, partyText(h.Party), what, number, stamp(h.At), h.KeepUntilOn.String(), note}
}

func partyText(p store.ArchiveParty) string {
	var parts []string
	for _, s := range []string{p.Code, p.Company, p.Name, p.Contact} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return cmp.Or(strings.Join(parts, " "), "-")
}

type archiveVerifyCommand struct {
	Head    []string      `help:"A head known from elsewhere, SEQ:HASH; may be given again." placeholder:"SEQ:HASH"`
	Overdue time.Duration `help:"How old what is not sealed yet may be." default:"15m"`
	Files   int           `help:"Files read at the same time; 0 takes the number of processors." default:"0"`
	JSON    bool          `name:"json" help:"Print one JSON object a line: the problems, then the report."`
}

func (*archiveVerifyCommand) Help() string {
	return "Follows the hash chain from its start, compares every row with what was sealed, reads every file, and finds what is not sealed or cannot be " +
		"found. The heads that were written to DATA/archive/heads.txt every evening are compared too. Fails where anything is not as it was archived; " +
		"prints the head: keep it elsewhere, and give it with --head later. See docs/archive.md."
}

func (c *archiveVerifyCommand) Run(ctx context.Context, a *App) error {
	heads, err := a.readHeads()
	if err != nil {
		return err
	}
	for _, s := range c.Head {
		h, err := store.ParseArchiveHead(s)
		if err != nil {
			return err
		}
		heads = append(heads, h)
	}
	return a.withStore(ctx, func(st *store.Store) error {
		r, err := st.CheckArchive(ctx, cmp.Or(os.Getenv("USER"), "todoke archive verify"), store.VerifyOptions{
			Heads: heads, Overdue: c.Overdue, Files: c.Files,
			Found: func(p store.ArchiveProblem) {
				if c.JSON {
					_ = printJSON(a.Stdout, p) // Main tells of output that failed
					return
				}
				fmt.Fprintln(a.Stdout, p)
			},
		})
		if err != nil {
			return err
		}
		if c.JSON {
			if err := printJSON(a.Stdout, r); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(a.Stdout, "%d entries, %d files of %d bytes; %d erased; %d known heads; %d problem(s)\n",
				r.Entries, r.Files, r.Bytes, r.Erased, len(heads), r.Problems)
			if r.Late > 0 {
				fmt.Fprintf(a.Stdout, "%d document(s) were sealed more than %v after they were stored: no worker ran, or they were brought in past todoke\n", r.Late, c.Overdue)
			}
			fmt.Fprintln(a.Stdout, "head", r.Head)
		}
		if r.Problems > 0 {
			return silentError{}
		}
		return nil
	})
}

// readHeads reads the file that every evening adds a line to. A line that is none is told and
// passed over.
func (a *App) readHeads() ([]store.ArchiveHead, error) {
	path := a.Config.archiveHeads()
	heads, torn, err := worker.ReadHeads(path)
	if err != nil {
		return nil, fmt.Errorf("read the archive's heads: %w", err)
	}
	for _, no := range torn {
		fmt.Fprintf(a.Stderr, "todoke: %s:%d holds no head: it was cut off by a power cut, or changed\n", path, no)
	}
	return heads, nil
}

type archiveDescribeCommand struct {
	Document  string `arg:"" help:"Document, or DOCUMENT.PAGE."`
	AmountYen *int64 `help:"Amount, tax included." placeholder:"YEN"`
	On        string `help:"Day of the transaction." placeholder:"DATE"`
	Party     string `help:"Name of the counterparty." placeholder:"NAME"`
	Contact   string `help:"Its mail address or number, with --party." placeholder:"TEXT"`
	Reason    string `help:"Why, and from what it is taken." required:""`
	By        string `help:"Who states it." required:""`
}

func (*archiveDescribeCommand) Help() string {
	return "For what is no order, such as an invoice that came by mail: searches find it by what is stated here. What was stated before stays as history."
}

func (c *archiveDescribeCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	d := store.Description{AmountYen: c.AmountYen, Reason: c.Reason, By: c.By}
	if c.On != "" {
		if d.TransactedOn, err = order.ParseDate(c.On); err != nil {
			return order.Invalid("KEP-1", "on", fmt.Sprintf("%q is not a day: write it as 2026-11-24", c.On))
		}
	}
	if c.Party != "" || c.Contact != "" {
		d.Party = &store.ArchiveParty{Company: c.Party, Contact: c.Contact}
	}
	return a.withStore(ctx, func(st *store.Store) error { return st.Describe(ctx, id, page, d, a.Now()) })
}

// eraseGrace is how long a file is kept aside: storing a document takes far less.
const eraseGrace = 3 * time.Second

type archiveEraseCommand struct {
	Document string `arg:"" help:"Document; of a mail, its parts go with it."`
	Reason   string `help:"Why it is taken away; it stays on record." required:""`
	By       string `help:"Who decides it." required:""`
	JSON     bool   `name:"json" help:"Print JSON."`
}

func (*archiveEraseCommand) Help() string {
	return "For personal data that was sent to us by mistake, and what is past its term. The bytes, its pages and all that was read from it go; that it was there, its " +
		"hash, and who took it away and why stay, and the chain stays verifiable. Nothing that became an order is erased. Works as the role " +
		"todoke_retention: set database.retention_url where the database is not todoke's own. Backups and the mailbox keep their copies: see docs/archive.md."
}

func (c *archiveEraseCommand) Run(ctx context.Context, a *App) error {
	id, page, err := documentID(c.Document)
	if err != nil {
		return err
	}
	if page != 0 {
		return order.Invalid("KEP-1", "document", "a document is erased as a whole: name it without its page")
	}
	if a.Config.Database.URL != "" && a.Config.Database.RetentionURL == "" {
		return order.Invalid("KEP-1", "database.retention_url", "erasing needs a database user of its own, who may take the role todoke_retention: set it (docs/archive.md)")
	}
	db, err := a.openDatabase(ctx, false)
	if err != nil {
		return err
	}
	defer func() {
		if err := db.Close(ctx); err != nil {
			a.Log.Warn("the private database did not stop cleanly", "error", err)
		}
	}()
	if db.server != nil {
		if err := db.migrate(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	st, err := a.newStore(ctx, db)
	if err != nil {
		return err
	}
	defer st.Close()
	url := a.Config.Database.RetentionURL
	if db.private() {
		url = db.as(migrations.RoleRetention)
	}
	e, err := st.Erase(ctx, url, id, c.Reason, c.By, eraseGrace)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.Stdout, e)
	}
	fmt.Fprintf(a.Stdout, "erased document(s) %s; %d file(s) removed, %d kept for others\n", idList(e.Documents), e.Files, e.Kept)
	if len(e.Issued) > 0 {
		fmt.Fprintf(a.Stdout, "what was issued about it stays, with pictures of its pages where it has any (KEP-1): %s\n", strings.Join(e.Issued, ", "))
	}
	if len(e.SameBytes) > 0 {
		fmt.Fprintf(a.Stdout, "the same bytes are also document(s) %s: erase them too if they must go\n", idList(e.SameBytes))
	}
	fmt.Fprintln(a.Stdout, "backups and the mailbox keep their copies until they are taken away there")
	return nil
}

func idList(ids []int64) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(out, ", ")
}
