package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"todoke/ingest/partner"
	"todoke/order"
	"todoke/store"
	"todoke/worker"
)

// warehouseReportCommand applies a partner's file at once and tells what came of it.
type warehouseReportCommand struct {
	File      string `arg:"" help:"The partner's file: CSV (UTF-8 or CP932) or Excel." placeholder:"FILE"`
	Warehouse string `help:"Whose file it is." placeholder:"CODE" required:""`
	By        string `help:"Who hands it in." placeholder:"NAME" env:"USER" required:""`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// Run applies the file as a whole or nothing of it; the same file again changes nothing.
func (c *warehouseReportCommand) Run(ctx context.Context, a *App) error {
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	if info.Size() > store.MaxPartnerFile {
		return order.Invalid("WHS-2", "file", fmt.Sprintf("%s is larger than %d bytes", c.File, store.MaxPartnerFile))
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return a.withStore(ctx, func(st *store.Store) error {
		f, again, err := st.ReceivePartnerFile(ctx, store.NewPartnerFile{
			WarehouseCode: c.Warehouse, Channel: store.PartnerDesk, Name: filepath.Base(c.File), Sender: c.By, Bytes: data,
		}, a.Now())
		if err != nil {
			return err
		}
		if again && f.State == store.PartnerFileRefused && !f.ClosedAt.IsZero() {
			return order.Conflict("WHS-2", fmt.Sprintf("the file was refused before, as file %d, and settled: mend it and hand in what it says now", f.ID))
		}
		if again && f.State == store.PartnerFileRefused { // what stood against it may be mended on our side
			if err := st.RetryPartnerFile(ctx, f.ID, c.By, a.Now()); err != nil {
				return err
			}
			f.State = store.PartnerFileReceived
		}
		if f.State != store.PartnerFileReceived {
			fmt.Fprintf(a.Stdout, "the file was applied before, as file %d on %s: nothing changed\n", f.ID, stamp(f.SettledAt))
			if f.Undated {
				fmt.Fprintln(a.Stdout, store.UndatedAgain)
			}
			return nil
		}
		v, err := a.settleReport(ctx, st, f, data)
		if err != nil {
			return err
		}
		return a.tellReport(c.JSON, f, v)
	})
}

// settleReport applies a file or refuses it, and says what came of it, also where the service was faster.
func (a *App) settleReport(ctx context.Context, st *store.Store, f store.PartnerFile, data []byte) (v worker.PartnerVerdict, err error) {
	settle, err := worker.Config{Store: st, Log: a.Log}.ReadPartnerFile(ctx, f, data)
	if err != nil {
		return v, err
	}
	err = st.InTx(ctx, func(tx *store.Tx) (err error) {
		v, err = settle(tx)
		return err
	})
	if order.KindOf(err) == order.KindConflict { // its job was faster
		return awaitReport(ctx, st, f.ID)
	}
	return v, err
}

// awaitReport is what the service made of a file that it reads.
func awaitReport(ctx context.Context, st *store.Store, id int64) (v worker.PartnerVerdict, err error) {
	const patience, pause = 30 * time.Second, 100 * time.Millisecond
	late := time.After(patience)
	for {
		f, err := st.GetPartnerFile(ctx, id)
		if err != nil {
			return v, err
		}
		if f.State != store.PartnerFileReceived {
			v.Kind, v.Rows = f.Kind, f.Rows
			if len(f.Outcome) > 0 {
				if err := json.Unmarshal(f.Outcome, &v.Outcome); err != nil {
					return v, fmt.Errorf("decode outcome: %w", err)
				}
			}
			if len(f.Faults) > 0 {
				if err := json.Unmarshal(f.Faults, &v.Faults); err != nil {
					return v, fmt.Errorf("decode faults: %w", err)
				}
			}
			return v, nil
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-late:
			return v, order.Temporary(fmt.Sprintf("file %d is kept, but not read yet: todoke warehouse files tells what becomes of it", id), nil)
		case <-time.After(pause):
		}
	}
}

func (a *App) tellReport(asJSON bool, f store.PartnerFile, v worker.PartnerVerdict) error {
	if asJSON {
		if err := printJSON(a.Stdout, map[string]any{"file": f.ID, "kind": v.Kind, "rows": v.Rows, "outcome": v.Outcome, "faults": v.Faults}); err != nil {
			return err
		}
	}
	if len(v.Faults) > 0 {
		return order.Invalid("WHS-2", "", fmt.Sprintf("nothing of file %d was applied: %s", f.ID, faultLines(v.Faults)))
	}
	if asJSON {
		return nil
	}
	switch o := v.Outcome; {
	case o.Result != nil:
		fmt.Fprintf(a.Stdout, "file %d: %d shipped, %d short, of %d order(s); %d of them have nothing more to come, %d list(s) are done\n", f.ID, o.Result.Shipped, o.Result.Short, o.Result.Orders, o.Result.Finished, len(o.Result.Lists))
		if n := len(o.Result.Again); n > 0 {
			fmt.Fprintf(a.Stdout, "%d row(s) were told before and change nothing; new tracking numbers and delivery days are taken\n", n)
		}
	case o.Acknowledgement != nil:
		fmt.Fprintf(a.Stdout, "file %d: %d list(s) acknowledged, %d of them for the first time\n", f.ID, o.Acknowledgement.Lists, o.Acknowledgement.New)
	case o.Count != nil:
		fmt.Fprintf(a.Stdout, "file %d: of %d item(s) %d set, %d as known, %d older than the count that stands, %d on lists under way\n", f.ID, o.Count.Items, o.Count.Set, o.Count.Same, o.Count.Older, len(o.Count.Open))
		for _, d := range o.Count.Open {
			fmt.Fprintf(a.Stdout, "item %s: %d counted, %s\n", d.ItemCode, d.Counted, d.Message)
		}
		for _, d := range o.Count.Promised {
			fmt.Fprintf(a.Stdout, "item %s: %d counted, %d fewer than orders were promised: decide with todoke warehouse decide %d\n", d.ItemCode, d.Counted, d.Lacking, f.ID)
		}
	}
	return nil
}

func faultLines(faults []partner.Fault) string {
	const most = 20
	lines := make([]string, 0, most)
	for i, f := range faults {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(faults)-most))
			break
		}
		if f.Rule == "WHS-2" {
			f.Rule = "" // which ends the error as a whole
		}
		lines = append(lines, f.String())
	}
	return "\n  " + strings.Join(lines, "\n  ")
}

// warehouseDecideCommand settles a file that waits for a person.
type warehouseDecideCommand struct {
	File  int64  `arg:"" help:"Number of the file."`
	Keep  bool   `help:"The count holds: the oldest promises are kept, the newest orders lose what is not there (STK-2)."`
	Leave bool   `help:"The rows that ask stay unapplied; of a refused file: it is dealt with."`
	Note  string `help:"What was done, such as a call." required:""`
	By    string `help:"Who decides." placeholder:"NAME" env:"USER" required:""`
}

// Run settles it once.
func (c *warehouseDecideCommand) Run(ctx context.Context, a *App) error {
	if c.Keep == c.Leave {
		return errors.New("say --keep or --leave")
	}
	return a.withStore(ctx, func(st *store.Store) error {
		f, err := st.GetPartnerFile(ctx, c.File)
		if err != nil {
			return err
		}
		if f.State != store.PartnerFileAsks {
			if c.Keep {
				return order.Conflict("WHS-2", "the file asks nothing: only a count below what was promised does")
			}
			if err := st.ClosePartnerFile(ctx, c.File, c.Note, c.By, a.Now()); err != nil {
				return err
			}
			fmt.Fprintf(a.Stdout, "file %d is settled: nothing of it was applied\n", c.File)
			return nil
		}
		got, err := st.DecideCount(ctx, c.File, c.Keep, c.Note, c.By, a.Now())
		if err != nil {
			return err
		}
		fmt.Fprintf(a.Stdout, "settled: %d order(s) lost something\n", got.Orders)
		if got.Older > 0 {
			fmt.Fprintf(a.Stdout, "%d item(s) stay as they are: a later count or import of them stands\n", got.Older)
		}
		if got.Open > 0 {
			fmt.Fprintf(a.Stdout, "%d item(s) stay as they are: they are on lists under way, count them again\n", got.Open)
		}
		return nil
	})
}
