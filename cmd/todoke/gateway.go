package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/order"
	"todoke/store"
)

// gatewayCommand tells what mails of fax gateways say.
type gatewayCommand struct {
	List gatewayListCommand `cmd:"" help:"List the profiles in the order in which they are tried."`
	Test gatewayTestCommand `cmd:"" help:"Tell what each profile makes of a mail, and why one does not fit."`

	ExplainGap gatewayExplainGapCommand `cmd:"" help:"Say why jobs of a gateway never came, so that the ledger lists them no longer."`
}

type gatewayExplainGapCommand struct {
	Gateway string `arg:"" help:"The gateway as todoke ledger names it."`
	Jobs    string `arg:"" help:"The job that never came, or the first and the last, such as 4711-4713."`
	Reason  string `help:"Why." placeholder:"TEXT" required:""`
	By      string `help:"Who says so." placeholder:"NAME" env:"USER" required:""`
}

func (c *gatewayExplainGapCommand) Run(ctx context.Context, a *App) error {
	from, to, ranged := strings.Cut(c.Jobs, "-")
	first, err := strconv.ParseInt(from, 10, 64)
	last, errLast := first, error(nil)
	if ranged {
		last, errLast = strconv.ParseInt(to, 10, 64)
	}
	if err != nil || errLast != nil {
		return order.Invalid("", "jobs", "give the first and the last job that is missing, such as 4711-4713")
	}
	return a.withStore(ctx, func(st *store.Store) error {
		return st.ExplainGap(ctx, c.Gateway, first, last, c.Reason, c.By, a.Now())
	})
}

type gatewayListCommand struct {
	JSON bool `name:"json" help:"Print one JSON object a profile."`
}

func (*gatewayListCommand) Help() string {
	return "A shop's own profiles (*.yaml in gateways.profiles, DATA/gateways if it is not set) are tried before the shipped ones, in the order " +
		"of their file names; one with the name of a shipped profile takes its place, and with \"off: true\" turns it off. One that was written at the " +
		"desk (/desk/gateways) stands in the database and takes the place of the one of its name. A change is in use from the next " +
		"mail on; while a file has a mistake, those before stay in use, and todoke doctor says what is wrong."
}

// profileView is a profile as it is listed.
type profileView struct {
	Name  string `json:"name"`
	File  string `json:"file"`
	About string `json:"about"`
}

func (c *gatewayListCommand) Run(ctx context.Context, a *App) error {
	book, err := a.gateways(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"PROFILE", "FILE", "ABOUT"}}
	for _, p := range book.Profiles() {
		if c.JSON {
			if err := printJSON(a.Stdout, profileView{p.Name, p.File(), p.About}); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{p.Name, p.File(), p.About})
	}
	if c.JSON {
		return nil
	}
	return printTable(a.Stdout, rows)
}

type gatewayTestCommand struct {
	File    string `arg:"" type:"existingfile" help:"A mail (.eml)."`
	Profile string `placeholder:"FILE" type:"existingfile" help:"Try this profile alone."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (*gatewayTestCommand) Help() string {
	return "The exit status is 1 where no profile fits. Nothing is taken in and nothing is sent."
}

// gatewayView is the JSON answer for a mail.
type gatewayView struct {
	Profile    string         `json:"profile,omitempty"`
	Kind       gateway.Kind   `json:"kind,omitempty"`
	Caller     *claimedNumber `json:"caller,omitempty"`
	Station    *claimedNumber `json:"station,omitempty"`
	Line       *claimedNumber `json:"line,omitempty"`
	ReceivedAt time.Time      `json:"received_at,omitzero"`
	Job        string         `json:"job,omitempty"`
	Serial     int64          `json:"serial,omitempty"`
	Pages      int            `json:"pages,omitempty"`
	Incomplete string         `json:"incomplete,omitempty"`
	Problems   []string       `json:"problems,omitempty"`
	MailNotes  []string       `json:"mail_notes,omitempty"`
	Tries      []tryView      `json:"tries"`
}

type claimedNumber struct {
	Text     string `json:"text"`
	Number   string `json:"number,omitempty"`
	Withheld bool   `json:"withheld,omitempty"`
	Own      bool   `json:"own,omitempty"`
}

type tryView struct {
	Profile string        `json:"profile"`
	Missing []string      `json:"missing,omitempty"`
	Found   []findingView `json:"found,omitempty"`
}

type findingView struct {
	Fact  string `json:"fact"`
	In    string `json:"in"`
	Find  string `json:"find"`
	Text  string `json:"text"`
	Value string `json:"value,omitempty"`
}

func viewNumber(n gateway.Number) *claimedNumber {
	if n.Text == "" {
		return nil
	}
	return &claimedNumber{n.Text, n.Digits, n.Withheld, n.Own}
}

func (c *gatewayTestCommand) Run(ctx context.Context, a *App) error {
	book, err := a.gateways(ctx)
	if err != nil && c.Profile == "" {
		return err
	}
	if c.Profile != "" {
		p, err := gateway.ReadFile(c.Profile)
		if err != nil {
			return err
		}
		if p.Off {
			return order.Invalid("", "gateways", c.Profile+": the profile is turned off (off: true)")
		}
		book = gateway.Only(p, a.ownNumbers())
	}
	data, err := readLimited(c.File, mail.DefaultLimits().Bytes)
	if err != nil {
		return err
	}
	m, err := mail.Parse(data, mail.DefaultLimits())
	if err != nil {
		return err
	}
	facts, tries := book.Read(&m), book.Explain(&m)
	if c.JSON {
		err = printJSON(a.Stdout, viewGateway(facts, tries, m.Notes))
	} else {
		err = a.printGateway(facts, tries, m.Notes)
	}
	if err == nil && facts.Profile == "" {
		return silentError{}
	}
	return err
}

// readLimited reads a file of at most limit bytes.
func readLimited(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = errors.New(path + " is too large for a mail")
	}
	return data, err
}

func viewGateway(f gateway.Facts, tries []gateway.Try, notes []string) gatewayView {
	v := gatewayView{
		Profile: f.Profile, Kind: f.Kind, Caller: viewNumber(f.Caller), Station: viewNumber(f.Station), Line: viewNumber(f.Line),
		ReceivedAt: f.At, Job: f.Job, Serial: f.Serial, Pages: f.Pages, Incomplete: f.Incomplete, Problems: f.Problems, MailNotes: notes,
	}
	for _, t := range tries {
		view := tryView{Profile: t.Profile.Name, Missing: t.Missing}
		for _, x := range t.Found {
			view.Found = append(view.Found, findingView{x.Fact, x.By.In, x.By.Find, x.Text, x.Value})
		}
		v.Tries = append(v.Tries, view)
	}
	return v
}

func (a *App) printGateway(f gateway.Facts, tries []gateway.Try, notes []string) error {
	if f.Profile == "" {
		fmt.Fprintln(a.Stdout, "no profile fits: its fax attachments are read, with no claim of who sent them or when")
	} else {
		fmt.Fprintf(a.Stdout, "profile %s: %s\n", f.Profile, kindInWords[f.Kind])
		number := func(n gateway.Number) string {
			switch {
			case n.Own:
				return n.Text + " (our own: no sender's)"
			case n.Digits != "":
				return order.FormatPhone(n.Digits)
			}
			return n.Text
		}
		rows := [][]string{{"  caller", number(f.Caller)}, {"  station id", number(f.Station)}, {"  our line", number(f.Line)}}
		if !f.At.IsZero() {
			rows = append(rows, []string{"  received", stamp(f.At)})
		}
		job := f.Job
		if f.Serial != 0 {
			job += " (counted)"
		}
		rows = append(rows, []string{"  job", job})
		if f.Pages != 0 {
			rows = append(rows, []string{"  pages", strconv.Itoa(f.Pages)})
		}
		rows = append(rows, []string{"  incomplete", f.Incomplete})
		for _, p := range f.Problems {
			rows = append(rows, []string{"  problem", p})
		}
		for _, n := range notes {
			rows = append(rows, []string{"  mail", n})
		}
		var shown [][]string
		for _, r := range rows {
			if r[1] != "" {
				shown = append(shown, r)
			}
		}
		if err := printTable(a.Stdout, shown); err != nil {
			return err
		}
	}
	fits := false
	for _, t := range tries {
		switch {
		case len(t.Missing) > 0:
			fmt.Fprintf(a.Stdout, "%s does not fit\n", t.Profile.Name)
		case fits:
			fmt.Fprintf(a.Stdout, "%s would fit, but comes later\n", t.Profile.Name)
		default:
			fmt.Fprintf(a.Stdout, "%s fits (%s)\n", t.Profile.Name, t.Profile.File())
		}
		fits = fits || len(t.Missing) == 0
		for _, m := range t.Missing {
			fmt.Fprintf(a.Stdout, "  %s\n", m)
		}
		if len(t.Missing) > 0 && len(tries) > 1 {
			continue // what it would have found is noise; --profile and --json show it
		}
		for _, x := range t.Found {
			fmt.Fprintf(a.Stdout, "  %s %q -> %s, by %s: %s\n", x.Fact, x.Text, cmp.Or(x.Value, "nothing"), x.By.In, x.By.Find)
		}
	}
	return nil
}

var kindInWords = map[gateway.Kind]string{
	gateway.KindFax:       "a fax that came in",
	gateway.KindScan:      "a copier's scan: nobody called",
	gateway.KindFailed:    "a notice that a fax of ours could not be sent",
	gateway.KindDelivered: "a notice that a fax of ours was sent",
}

// checkGateways tells doctor whether the shop's own profiles can be read.
func (a *App) checkGateways(add addFinding) {
	const check = "gateways"
	dir := a.Config.Gateways.Profiles
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && a.Config.origins["gateways.profiles"] == "":
		add(check, statusOK, "the shipped profiles alone: there is no folder "+dir, "")
		return
	case err != nil:
		add(check, statusFail, err.Error(), "make the folder, or set gateways.profiles to the one that holds the shop's profiles")
		return
	case !info.IsDir():
		add(check, statusFail, dir+" is no folder", "set gateways.profiles to the folder that holds the shop's profiles")
		return
	}
	book, err := gateway.Load(dir, a.ownNumbers())
	if err != nil {
		add(check, statusFail, strings.ReplaceAll(err.Error(), "\n", "; "), "mend the profile: todoke gateway test MAIL.eml --profile FILE tries it. While todoke runs, the profiles before stay in use")
		return
	}
	own := 0
	for _, p := range book.Profiles() {
		if strings.HasPrefix(p.File(), dir) {
			own++
		}
	}
	add(check, statusOK, fmt.Sprintf("%d profiles, %d of them the shop's own from %s", len(book.Profiles()), own, dir), "")
}
