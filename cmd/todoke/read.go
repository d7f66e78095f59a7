package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
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
	Overlay   string   `help:"Draw what the reader saw on the page; several pages become FILE-1.png, FILE-2.png …" placeholder:"FILE.png"`
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
	Note  string  `json:"note,omitempty"` // what the decoder has to say of the page
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
	k.Settings = a.Config.Reading
	out := pageReader{k: k, stdout: a.Stdout, json: c.JSON, overlays: overlays{name: c.Overlay}}
	for _, file := range c.Files {
		if err := out.file(ctx, file); err != nil {
			return err
		}
	}
	if err := out.overlays.close(); err != nil {
		return err
	}
	if out.failed > 0 {
		return order.Permanent(fmt.Sprintf("%d pages or files could not be decoded", out.failed), nil)
	}
	return nil
}

// pageReader reads files page by page and prints each as it is read.
type pageReader struct {
	k        form.Knowledge
	stdout   io.Writer
	json     bool
	overlays overlays
	failed   int // pages and files that gave no image
}

func (r *pageReader) file(ctx context.Context, file string) error {
	start := cpuTime()
	data, _, err := readDocument(file)
	if err != nil {
		r.failed++
		line := pageReading{File: file, Draft: unreadableDraft("the file cannot be read"), Error: err.Error()}
		return line.print(r.stdout, r.json)
	}
	pages := 0
	for p, err := range fax.Pages(data, fax.Limits{}) {
		if err := ctx.Err(); err != nil {
			return err
		}
		pages++
		line := pageReading{File: file, Page: p.Index + 1}
		var sight *form.Sight
		if err != nil {
			r.failed++
			line.Error = err.Error()
			line.Draft = unreadableDraft("the page cannot be decoded")
		} else {
			k := r.k
			seen := r.overlays.watch(&k)
			line.Draft = form.Read(form.PageOf(p), k)
			sight, line.Note = *seen, p.Note
		}
		now := cpuTime()
		line.CPUms = math.Round(float64((now-start).Microseconds())/100) / 10
		if err := line.print(r.stdout, r.json); err != nil {
			return err
		}
		title := fmt.Sprintf("%s page %d · %.0f ms", filepath.Base(file), line.Page, line.CPUms)
		r.overlays.add(title, form.PageOf(p), sight, line.Draft)
		start = cpuTime()
	}
	if pages == 0 {
		r.failed++
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

// printDraft tells a person what was read: the page, what is in doubt about it, and the fields
// with something in them. A "?" marks what a person is to look at.
func printDraft(w io.Writer, line *pageReading) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s page %d: %s", line.File, line.Page, decisionWords(&line.Draft))
	if line.FormVersion > 0 {
		fmt.Fprintf(&b, " (%s form, version %d", line.Form, line.FormVersion)
		if of := line.SheetOf(); of != "" {
			b.WriteString(", " + of)
		}
		b.WriteByte(')')
	}
	b.WriteByte('\n')
	if line.Error != "" {
		fmt.Fprintf(&b, "    %s\n", line.Error)
	}
	if line.Note != "" && !slices.Contains(line.Reasons, line.Note) {
		fmt.Fprintf(&b, "    %s\n", line.Note)
	}
	for _, r := range line.Reasons {
		fmt.Fprintf(&b, "  ? %s\n", r)
	}
	if g := line.Geometry; g != nil {
		turned := "upright"
		if g.Rotation != 0 {
			turned = fmt.Sprintf("turned by %d°", g.Rotation)
		}
		fmt.Fprintf(&b, "    %.0f × %.0f dpi, %s, marks within %.2f mm, read in %.1f ms\n", g.XDPI, g.YDPI, turned, g.ResidualMM, line.CPUms)
	}
	blank, wide := 0, 0
	for _, f := range line.Fields {
		wide = max(wide, len(f.Name))
	}
	for i := range line.Fields {
		f := &line.Fields[i]
		if f.Decision == order.DecisionBlank {
			blank++
			continue
		}
		printField(&b, f, wide)
	}
	if blank > 0 {
		fmt.Fprintf(&b, "    %d more fields are blank\n", blank)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// decisionWords says a page's decision to a person.
func decisionWords(d *order.Draft) string {
	doubts := 0
	for i := range d.Fields {
		if d.Fields[i].Decision == order.DecisionReview {
			doubts++
		}
	}
	switch {
	case d.Decision == order.DecisionAccept:
		return "accepted"
	case d.Decision == order.DecisionReview && doubts == 1:
		return "for a person, 1 field in doubt"
	case d.Decision == order.DecisionReview && doubts > 1:
		return fmt.Sprintf("for a person, %d fields in doubt", doubts)
	case d.Decision == order.DecisionReview:
		return "for a person"
	case d.Decision == order.DecisionNotAForm:
		return "not a form"
	}
	return string(d.Decision)
}

// printField prints a field and, below it, why it is in doubt.
func printField(b *strings.Builder, f *order.DraftField, wide int) {
	sign := " "
	if f.Decision == order.DecisionReview {
		sign = "?"
	}
	text := f.Text
	if text == "" && f.Decision == order.DecisionAccept {
		text = "(writing)" // a picture of free handwriting
	}
	// Rounded down: what is not certain must not look it.
	sure := fmt.Sprintf("%.2f %%", math.Floor(1e4*f.Confidence)/100)
	row := fmt.Sprintf("  %s %-*s  %-10s %9s  %s", sign, wide, f.Name, text, sure, strings.Join(f.Evidence, ", "))
	fmt.Fprintln(b, strings.TrimRight(row, " "))
	for _, r := range f.Reasons {
		fmt.Fprintf(b, "    %*s  %s\n", wide, "", r)
	}
}

// cpuTime is the processor time this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
