package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"todoke/ingest/glyph"
	"todoke/order"
	"todoke/rules"
	"todoke/store"
	"todoke/worker"
)

// auditCommand is the audit of what the reader accepted unseen, from drawing to thresholds.
type auditCommand struct {
	List       auditListCommand       `cmd:"" help:"List what waits to be keyed; what was read is not shown."`
	Show       auditShowCommand       `cmd:"" help:"Write the picture of a field, and nothing else."`
	Key        auditKeyCommand        `cmd:"" help:"Key what stands in the picture of a field."`
	Resolve    auditResolveCommand    `cmd:"" help:"Say what becomes of an order that is held because a field was misread."`
	Report     auditReportCommand     `cmd:"" help:"Tell how often the reader is wrong, by kind, by confidence, and people beside it."`
	Thresholds auditThresholdsCommand `cmd:"" help:"Tell from which confidence fields are accepted unseen, and why."`
	Pin        auditPinCommand        `cmd:"" help:"Set a threshold by hand: audits do not move it."`
	Reset      auditResetCommand      `cmd:"" help:"Give a threshold back to its default and to the audits."`
}

type auditListCommand struct {
	By   string `help:"Only what this person may key." placeholder:"NAME"`
	JSON bool   `name:"json" help:"Print one JSON object a line."`
}

func (c *auditListCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		all, err := st.OpenAudits(ctx, c.By)
		if err != nil {
			return err
		}
		rows := [][]string{{"AUDIT", "STATE", "KIND", "FIELD", "DRAWN"}}
		for _, v := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, v); err != nil {
					return err
				}
				continue
			}
			rows = append(rows, []string{strconv.FormatInt(v.ID, 10), string(v.State), string(v.Kind), v.Field, stamp(v.DrawnAt)})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

type auditShowCommand struct {
	Audit  int64  `arg:"" help:"Number of the audit."`
	Output string `short:"o" required:"" help:"PNG file to write." placeholder:"FILE"`
}

func (c *auditShowCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		v, err := st.FindBlindAudit(ctx, c.Audit)
		if err != nil {
			return err
		}
		png, err := st.Blobs().Get(v.Picture)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Output, png, 0o644); err != nil {
			return fmt.Errorf("save picture: %w", err)
		}
		fmt.Fprintf(a.Stderr, "%s: audit %d, %s (%s)\n", c.Output, v.ID, v.Field, v.Kind)
		return nil
	})
}

type auditKeyCommand struct {
	Audit      int64  `arg:"" help:"Number of the audit."`
	Value      string `arg:"" optional:"" help:"What stands in the picture: digits, x for a mark, blank for nothing."`
	Unreadable bool   `help:"Nobody can tell what stands there."`
	By         string `help:"Who keys it." placeholder:"NAME" env:"USER" required:""`
	JSON       bool   `name:"json" help:"Print JSON."`
}

func (c *auditKeyCommand) Run(ctx context.Context, a *App) error {
	if (c.Value == "") != c.Unreadable {
		return usageError{order.Invalid("RDR-3", "value", "give what stands in the picture (digits, x for a mark, blank for nothing), or --unreadable")}
	}
	return a.withStore(ctx, func(st *store.Store) error {
		v, err := st.KeyAudit(ctx, c.Audit, c.By, c.Value, c.Unreadable, a.Now())
		if err != nil {
			return err
		}
		if c.JSON {
			if v.State != store.AuditSettled {
				return printJSON(a.Stdout, map[string]any{"audit": v.ID, "state": v.State})
			}
			return printJSON(a.Stdout, v)
		}
		switch v.Outcome {
		case rules.AuditAgree:
			fmt.Fprintf(a.Stdout, "agree: %s was read as %s\n", v.Field, shown(v.Reading))
		case rules.AuditPersonErred:
			fmt.Fprintf(a.Stdout, "settled: the reading %s is right, and an earlier keying was not\n", shown(v.Reading))
		case rules.AuditUnreadable:
			fmt.Fprintf(a.Stdout, "settled: people cannot tell what stands there, read as %s\n", shown(v.Reading))
		case rules.AuditReaderErred:
			fmt.Fprintf(a.Stdout, "the reader erred: read as %s, it is %s\n", shown(v.Reading), shown(v.Truth))
			o, err := st.GetOrder(ctx, v.OrderNumber)
			if err != nil {
				return err
			}
			if o.State != order.StateHeld {
				fmt.Fprintf(a.Stdout, "order %s is %s already: tell the customer and the warehouse\n", o.Number.Grouped(), o.State)
				return nil
			}
			fmt.Fprintf(a.Stdout, "order %s is held: todoke audit resolve %d --reorder or --as-read\n", o.Number.Grouped(), v.ID)
		default:
			fmt.Fprintln(a.Stdout, "differ: another person must key it")
		}
		return nil
	})
}

// shown writes a field's value so that a blank one is seen.
func shown(v string) string { return cmp.Or(v, "blank") }

type auditResolveCommand struct {
	Audit   int64  `arg:"" help:"Number of the audit."`
	Reorder bool   `xor:"how" required:"" help:"Cancel the order and put its page into review with the right value: settling it makes the right order."`
	AsRead  bool   `xor:"how" required:"" help:"Let the order go as it was read."`
	Reason  string `help:"Why." placeholder:"TEXT" required:""`
	By      string `help:"Who decides it." placeholder:"NAME" env:"USER" required:""`
}

func (c *auditResolveCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		if c.AsRead {
			o, err := st.FreeAuditedOrder(ctx, c.Audit, c.By, c.Reason, a.Now())
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Stdout, "order %s is %s\n", o.Number.Grouped(), o.State)
			return a.tellIdle(ctx, st)
		}
		r, err := st.ReorderAudited(ctx, c.Audit, c.By, c.Reason, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "the order is cancelled; todoke review show %s, then todoke review settle %s\n", r.Name(), r.Name())
		return nil
	})
}

type auditReportCommand struct {
	Days int  `help:"Of what was drawn in so many days up to now." default:"28"`
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *auditReportCommand) Run(ctx context.Context, a *App) error {
	if c.Days < 1 || c.Days > 3650 {
		return usageError{order.Invalid("", "days", "choose 1 to 3650 days")}
	}
	now := a.Now()
	return a.withStore(ctx, func(st *store.Store) error {
		f, err := st.AuditFigures(ctx, now.AddDate(0, 0, -c.Days), now.Add(time.Second))
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(a.Stdout, f)
		}
		return a.printAudit(f)
	})
}

func (a *App) printAudit(f store.AuditFigures) error {
	columns := func(e store.ErrorFigures) []string {
		if e.Audited == 0 {
			return []string{"0", "0", "-", "-"}
		}
		return []string{strconv.Itoa(e.Audited), strconv.Itoa(e.Errors), e.Rate.Short(), e.Lower.Short() + " to " + e.Upper.Short()}
	}
	fmt.Fprintf(a.Stdout, "audited from %s to %s; bounds of 95 %%\n", stamp(f.From), stamp(f.To))
	rows := [][]string{{"KIND", "AUDITED", "ERRORS", "RATE", "BETWEEN", "TARGET", "ACCEPTED", "OF", "WAITING", "UNREADABLE"}}
	for _, k := range f.Kinds {
		share := "-"
		if k.Accepted+k.Reviewed > 0 {
			share = k.Share.Short()
		}
		rows = append(rows, append(append([]string{string(k.Kind)}, columns(k.ErrorFigures)...),
			k.Target.String(), share, strconv.Itoa(k.Accepted+k.Reviewed), strconv.Itoa(k.Waiting), strconv.Itoa(k.Unreadable)))
	}
	rows = append(rows, append([]string{"all"}, columns(f.Overall)...))
	if err := printTable(a.Stdout, rows); err != nil {
		return err
	}
	if f.Overall.Audited > 0 {
		fmt.Fprintf(a.Stdout, "among all that was accepted, by its kinds: %s\n", f.Weighted.Short())
	}
	if len(f.Bands) > 0 {
		fmt.Fprintln(a.Stdout)
		rows = [][]string{{"CONFIDENCE", "AUDITED", "ERRORS", "RATE", "BETWEEN", "EXPECTED"}}
		for _, b := range f.Bands {
			rows = append(rows, append(append([]string{"from " + b.From.String()}, columns(b.ErrorFigures)...), b.Expected.Short()))
		}
		if err := printTable(a.Stdout, rows); err != nil {
			return err
		}
	}
	if len(f.Persons) > 0 {
		fmt.Fprintln(a.Stdout)
		rows = [][]string{{"PERSON", "SETTLED", "ERRORS", "RATE", "BETWEEN", "UNREADABLE", "WAITING"}}
		for _, p := range f.Persons {
			rows = append(rows, append(append([]string{p.By}, columns(p.ErrorFigures)...), strconv.Itoa(p.Unreadable), strconv.Itoa(p.Waiting)))
		}
		if err := printTable(a.Stdout, rows); err != nil {
			return err
		}
	}
	if len(f.Errors) > 0 {
		fmt.Fprintln(a.Stdout)
		rows = [][]string{{"AUDIT", "SETTLED", "PAGE", "FIELD", "READ AS", "IT IS", "CONFIDENCE", "ORDER"}}
		for _, e := range f.Errors {
			rows = append(rows, []string{
				strconv.FormatInt(e.ID, 10), stamp(e.ChangedAt), fmt.Sprintf("%d.%d", e.DocumentID, e.Page), e.Field,
				shown(e.Reading), shown(e.Truth), e.Confidence.String(), e.OrderNumber.Grouped(),
			})
		}
		return printTable(a.Stdout, rows)
	}
	return nil
}

type auditThresholdsCommand struct {
	History bool `help:"Every change instead of what holds now."`
	JSON    bool `name:"json" help:"Print one JSON object a line."`
}

func (c *auditThresholdsCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		if c.History {
			return c.history(ctx, a, st)
		}
		all, err := st.JudgeThresholds(ctx, worker.DefaultThresholds(a.Config.Reading), glyph.Fingerprint(), a.Now())
		if err != nil {
			return err
		}
		rows := [][]string{{"KIND", "ACCEPTED FROM", "DEFAULT", "AUDITED", "ERRORS", "TONIGHT", "WHY"}}
		for _, d := range all {
			if c.JSON {
				if err := printJSON(a.Stdout, d); err != nil {
					return err
				}
				continue
			}
			next := string(d.Action)
			if d.Action != rules.ThresholdHold {
				next += " to " + d.Next.String()
			}
			if d.Alarm {
				next += " (ALARM)"
			}
			rows = append(rows, []string{string(d.Kind), d.Current.String(), d.Default.String(), strconv.Itoa(d.N), strconv.Itoa(d.Errors), next, d.Why})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

func (c *auditThresholdsCommand) history(ctx context.Context, a *App, st *store.Store) error {
	all, err := st.ThresholdHistory(ctx, "")
	if err != nil {
		return err
	}
	rows := [][]string{{"FROM", "KIND", "CHANGE", "ACCEPTED FROM", "BY", "RECOGNISER", "WHY"}}
	for _, h := range all {
		if c.JSON {
			if err := printJSON(a.Stdout, h); err != nil {
				return err
			}
			continue
		}
		to := "default"
		if h.Threshold > 0 {
			to = h.Threshold.String()
		}
		rows = append(rows, []string{stamp(h.FromAt), string(h.Kind), h.Action, to, cmp.Or(h.By, "-"), cmp.Or(h.Model, "-"), h.Reason})
	}
	if c.JSON {
		return nil
	}
	return printTable(a.Stdout, rows)
}

type auditPinCommand struct {
	Kind       string `arg:"" help:"customer, item, quantity, ship_to, date or mark."`
	Confidence string `arg:"" help:"Accepted unseen from here on, in percent: 99.85."`
	Reason     string `help:"Why." placeholder:"TEXT" required:""`
	By         string `help:"Who decides it." placeholder:"NAME" env:"USER" required:""`
}

func (c *auditPinCommand) Run(ctx context.Context, a *App) error {
	p, err := parsePercent(c.Confidence)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		if err := st.PinThreshold(ctx, rules.ReadingKind(c.Kind), p, c.By, c.Reason, a.Now()); err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "%s is accepted unseen from %s on until it is reset\n", c.Kind, p)
		return nil
	})
}

// parsePercent reads "99.85" exactly, with at most four decimals.
func parsePercent(s string) (rules.PPM, error) {
	bad := order.Invalid("RDR-4", "confidence", fmt.Sprintf("%q is no percentage: write it as 99.85, with at most four decimals", s))
	whole, part, _ := strings.Cut(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "%")), ".")
	const decimals = 4
	if whole == "" || len(whole) > 3 || len(part) > decimals {
		return 0, bad
	}
	n, err := strconv.ParseUint(whole+part+strings.Repeat("0", decimals-len(part)), 10, 32)
	if err != nil || n > uint64(rules.Whole) {
		return 0, bad
	}
	return rules.PPM(n), nil
}

type auditResetCommand struct {
	Kind   string `arg:"" help:"customer, item, quantity, ship_to, date or mark."`
	Reason string `help:"Why." placeholder:"TEXT" required:""`
	By     string `help:"Who decides it." placeholder:"NAME" env:"USER" required:""`
}

func (c *auditResetCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		if err := st.ResetThreshold(ctx, rules.ReadingKind(c.Kind), c.By, c.Reason, a.Now()); err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "%s has its default threshold again, and audits move it\n", c.Kind)
		return nil
	})
}
