package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"syscall"
	"time"

	"todoke/ingest/fax"
	"todoke/ingest/form"
	"todoke/ingest/master"
	"todoke/order"
)

// readCommand reads pages against the forms. It needs no database.
type readCommand struct {
	Files     []string `arg:"" name:"file" help:"TIFF, PDF, PNG or JPEG files." type:"existingfile"`
	JSON      bool     `name:"json" help:"One JSON object a page."`
	Items     string   `help:"items.csv: codes that are in no master go to review." type:"existingfile" placeholder:"CSV"`
	Customers string   `help:"customers.csv." type:"existingfile" placeholder:"CSV"`
	ShipTos   string   `name:"ship-tos" help:"ship_tos.csv, beside customers." type:"existingfile" placeholder:"CSV"`
	Received  string   `name:"received-on" help:"Day of receipt (YYYY-MM-DD), against which delivery dates are held." placeholder:"DATE"`
}

// pageReading is what --json prints of a page.
type pageReading struct {
	File string `json:"file"`
	Page int    `json:"page"` // from 1
	order.Draft
	CPUms float64 `json:"cpu_ms"`
	Error string  `json:"error,omitempty"`
}

// Run implements the command. A page that does not decode is unreadable and has a line as any
// other; the exit status tells of files that gave no page at all.
func (c *readCommand) Run(ctx context.Context, a *App) error {
	k, err := c.knowledge()
	if err != nil {
		return err
	}
	failed := 0
	for _, file := range c.Files {
		start := cpuTime()
		data, _, err := readDocument(file)
		if err != nil {
			failed++
			line := pageReading{File: file, Draft: unreadableDraft("the file cannot be read"), Error: err.Error()}
			if err := line.print(a.Stdout, c.JSON); err != nil {
				return err
			}
			continue
		}
		pages := 0
		for p, err := range fax.Pages(data, fax.Limits{}) {
			if err := ctx.Err(); err != nil {
				return err
			}
			pages++
			line := pageReading{File: file, Page: p.Index + 1}
			if err != nil {
				failed++
				line.Error = err.Error()
				line.Draft = unreadableDraft("the page cannot be decoded")
			} else {
				line.Draft = form.Read(formPage(p), k)
			}
			now := cpuTime()
			line.CPUms = math.Round(float64((now-start).Microseconds())/100) / 10
			if err := line.print(a.Stdout, c.JSON); err != nil {
				return err
			}
			start = cpuTime()
		}
		if pages == 0 {
			failed++
		}
	}
	if failed > 0 {
		return order.Permanent(fmt.Sprintf("%d pages or files could not be decoded", failed), nil)
	}
	return nil
}

// unreadableDraft is what there is of a page that gives no image.
func unreadableDraft(reason string) order.Draft {
	return order.Draft{Decision: order.DecisionUnreadable, Fields: []order.DraftField{}, Reasons: []string{reason}}
}

// print writes the line of a page.
func (r *pageReading) print(w io.Writer, asJSON bool) error {
	var err error
	if asJSON {
		err = printJSON(w, r)
	} else {
		err = printDraft(w, r)
	}
	if err != nil {
		return fmt.Errorf("print page: %w", err)
	}
	return nil
}

// formPage hands a decoded page to the reader. A resolution that the file does not state is
// the decoder's guess; the reader makes its own.
func formPage(p fax.Page) form.Page {
	out := form.Page{Image: p.Image, BadRows: p.BadRows, BadColumns: p.BadColumns}
	if p.Stated {
		out.XDPI, out.YDPI = p.XDPI, p.YDPI
	}
	return out
}

func (c *readCommand) knowledge() (form.Knowledge, error) {
	var k form.Knowledge
	options := master.DefaultOptions()
	read := func(kind master.Kind, path string) (master.Set, error) {
		set, report, err := master.ReadFile(kind, path, master.Known{}, options)
		if err != nil {
			return set, err
		}
		if !report.OK() {
			return set, report.Err()
		}
		return set, nil
	}
	if c.Received != "" {
		on, err := order.ParseDate(c.Received)
		if err != nil {
			return k, err
		}
		k.ReceivedOn = on
	}
	if c.Items != "" {
		set, err := read(master.KindItems, c.Items)
		if err != nil {
			return k, err
		}
		k.Items = make(map[string]order.Item, len(set.Items))
		for _, it := range set.Items {
			k.Items[it.Code] = it
		}
	}
	if c.Customers != "" {
		set, err := read(master.KindCustomers, c.Customers)
		if err != nil {
			return k, err
		}
		k.Customers = make(map[string]order.Department, len(set.Customers))
		for _, d := range set.Customers {
			k.Customers[d.Code] = d
		}
	}
	if c.ShipTos != "" {
		set, err := read(master.KindShipTos, c.ShipTos)
		if err != nil {
			return k, err
		}
		k.ShipTos = map[string][]order.ShipTo{}
		for _, s := range set.ShipTos {
			k.ShipTos[s.CompanyCode] = append(k.ShipTos[s.CompanyCode], s)
		}
	}
	return k, nil
}

// printDraft tells a person what was read: the fields with something in them, doubts first by
// their mark.
func printDraft(w io.Writer, line *pageReading) error {
	var b strings.Builder
	what := cmp.Or(line.Form, "no form")
	if line.FormVersion > 0 {
		what = fmt.Sprintf("%s form, version %d", line.Form, line.FormVersion)
	}
	fmt.Fprintf(&b, "%s page %d: %s (%s, %.1f ms)\n", line.File, line.Page, line.Decision, what, line.CPUms)
	if g := line.Geometry; g != nil {
		fmt.Fprintf(&b, "  %.0f × %.0f dpi, turned by %d°, marks within %.2f mm\n", g.XDPI, g.YDPI, g.Rotation, g.ResidualMM)
	}
	for _, f := range line.Fields {
		if f.Decision == order.DecisionBlank {
			continue
		}
		sign := " "
		if f.Decision == order.DecisionReview {
			sign = "?"
		}
		fmt.Fprintf(&b, "  %s %-22s %-10s %8.4f %%  %s\n", sign, f.Name, f.Text, 100*f.Confidence,
			strings.Join(append(append([]string{}, f.Evidence...), f.Reasons...), ", "))
	}
	for _, r := range line.Reasons {
		fmt.Fprintf(&b, "  review: %s\n", r)
	}
	if line.Error != "" {
		fmt.Fprintf(&b, "  %s\n", line.Error)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cpuTime is the processor time this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
