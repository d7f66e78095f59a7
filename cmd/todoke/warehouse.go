package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"todoke/delivery/sftp"
	"todoke/store"
)

// warehouseCommand is about the ways to and from partner warehouses (WHS-2).
type warehouseCommand struct {
	List    warehouseListCommand    `cmd:"" help:"List the warehouses that have a profile, with their ways."`
	Check   warehouseCheckCommand   `cmd:"" help:"Log in at partners' servers and look at their folders; nothing is sent."`
	HostKey warehouseHostKeyCommand `cmd:"" name:"hostkey" help:"Print the host keys that an SFTP server shows, as they are pinned."`
	Files   warehouseFilesCommand   `cmd:"" help:"List files that partners handed in, newest first."`
	File    warehouseFileCommand    `cmd:"" help:"Hand in a file of a partner by hand."`
	Result  warehouseReportCommand  `cmd:"" help:"Apply a partner's shipment result or acknowledgement at once, as a whole, and tell what came of it."`
	Count   warehouseReportCommand  `cmd:"" help:"Apply a partner's stock count at once, as a whole, and tell what came of it."`
	Decide  warehouseDecideCommand  `cmd:"" help:"Settle a file that waits for a person: refused, or a count below what was promised."`
	Token   warehouseTokenCommand   `cmd:"" help:"Manage who may speak for a warehouse at the API."`
}

type warehouseListCommand struct {
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

func (c *warehouseListCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		partners, err := st.Partners(ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"WAREHOUSE", "NAME", "CHANNEL", "ADDRESS", "FETCHES", "CONTACT", "CHASED AFTER"}}
		for _, p := range partners {
			if c.JSON {
				if err := printJSON(a.Stdout, map[string]any{
					"warehouse": p.WarehouseCode, "name": p.Name, "channel": p.Channel, "address": p.Address, "host_key": p.HostKey,
					"fetch": p.Fetch, "contact": p.Contact, "senders": p.Senders, "chase_minutes": p.ChaseMinutes,
					"carrier": p.Carrier, "tracking_url": p.TrackingURL,
				}); err != nil {
					return err
				}
				continue
			}
			chase := "never"
			if p.ChaseMinutes > 0 {
				chase = strconv.Itoa(p.ChaseMinutes) + " min"
			}
			rows = append(rows, []string{p.WarehouseCode, p.Name, p.Channel, p.Address, p.Fetch, p.Contact, chase})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

type warehouseCheckCommand struct {
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

func (c *warehouseCheckCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		rows := [][]string{{"CHECK", "STATUS", "FOUND", "MEND"}}
		failed := 0
		err := a.checkPartners(ctx, st, func(check, status, found, mend string) {
			if status == statusFail {
				failed++
			}
			if c.JSON {
				_ = printJSON(a.Stdout, finding{check, status, found, mend})
				return
			}
			rows = append(rows, []string{check, status, found, mend})
		})
		if err != nil {
			return err
		}
		if !c.JSON {
			if err := printTable(a.Stdout, rows); err != nil {
				return err
			}
		}
		if failed > 0 {
			return fmt.Errorf("%d warehouse(s) cannot be reached", failed)
		}
		return nil
	})
}

type warehouseHostKeyCommand struct {
	Address string        `arg:"" placeholder:"HOST:PORT" help:"The partner's SFTP server; port 22 where none is given."`
	Timeout time.Duration `default:"15s" help:"How long the server may be silent."`
}

func (*warehouseHostKeyCommand) Help() string {
	return "Compare what is printed with what the partner tells you by telephone or letter, and write it into host_key of warehouse_profiles.csv. " +
		"Several keys, such as the old and the new one, are separated by commas."
}

// Run asks the server and needs no database.
func (c *warehouseHostKeyCommand) Run(ctx context.Context, a *App) error {
	address := c.Address
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, "22")
	}
	keys, err := sftp.HostKeys(ctx, address, c.Timeout)
	if err != nil {
		return err
	}
	for _, k := range keys {
		fmt.Fprintln(a.Stdout, k)
	}
	return nil
}

type warehouseFilesCommand struct {
	Warehouse string `help:"Only of this warehouse." placeholder:"CODE"`
	State     string `help:"Only in this state: received, applied, asks or refused." enum:",received,applied,asks,refused" default:""`
	Limit     int    `help:"How many at most." default:"100"`
	JSON      bool   `name:"json" help:"Print one JSON object a line."`
}

func (c *warehouseFilesCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		files, err := st.PartnerFiles(ctx, c.Warehouse, c.State, c.Limit)
		if err != nil {
			return err
		}
		rows := [][]string{{"FILE", "WAREHOUSE", "NAME", "CHANNEL", "BYTES", "RECEIVED", "STATE", "WHY"}}
		for _, f := range files {
			if c.JSON {
				if err := printJSON(a.Stdout, f); err != nil {
					return err
				}
				continue
			}
			state := f.State
			if !f.ClosedAt.IsZero() {
				state += ", settled"
			}
			rows = append(rows, []string{strconv.FormatInt(f.ID, 10), f.WarehouseCode, f.Name, f.Channel, strconv.FormatInt(f.SizeBytes, 10), stamp(f.ReceivedAt), state, f.Error})
		}
		if c.JSON {
			return nil
		}
		return printTable(a.Stdout, rows)
	})
}

type warehouseFileCommand struct {
	Warehouse string   `arg:"" placeholder:"CODE" help:"Whose file it is."`
	Files     []string `arg:"" name:"file" placeholder:"FILE" help:"Results, stock counts or acknowledgements."`
	By        string   `help:"Who hands it in." placeholder:"NAME" env:"USER" required:""`
}

func (c *warehouseFileCommand) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		var errs []error
		for _, name := range c.Files {
			info, err := os.Stat(name)
			if err == nil && info.Size() > store.MaxPartnerFile {
				err = fmt.Errorf("%s is larger than %d bytes", name, store.MaxPartnerFile)
			}
			var data []byte
			if err == nil {
				data, err = os.ReadFile(name)
			}
			if err != nil {
				errs = append(errs, err)
				continue
			}
			f, again, err := st.ReceivePartnerFile(ctx, store.NewPartnerFile{
				WarehouseCode: c.Warehouse, Channel: store.PartnerDesk, Name: filepath.Base(name), Sender: c.By, Bytes: data,
			}, a.Now())
			switch {
			case err != nil:
				errs = append(errs, err)
			case again:
				fmt.Fprintf(a.Stdout, "%s was handed in before, as file %d on %s: it is %s\n", name, f.ID, stamp(f.ReceivedAt), f.State)
				if f.Undated {
					fmt.Fprintln(a.Stdout, store.UndatedAgain)
				}
			default:
				fmt.Fprintf(a.Stdout, "%s is file %d\n", name, f.ID)
			}
		}
		return errors.Join(errs...)
	})
}

// warehouseTokenCommand manages a warehouse's tokens at the API.
type warehouseTokenCommand struct {
	Add    warehouseTokenAdd    `cmd:"" help:"Make a token for a warehouse; prints it, once."`
	Revoke warehouseTokenRevoke `cmd:"" help:"Make a token worthless."`
	List   warehouseTokenList   `cmd:"" help:"List the tokens there are, by name."`
}

type warehouseTokenAdd struct {
	Warehouse string `arg:"" placeholder:"CODE" help:"The warehouse that it speaks for."`
	Name      string `arg:"" optional:"" default:"system" help:"What uses it; an earlier token of this name is worthless then."`
}

// Run makes a token of 130 random bits. Only its hash is stored: whoever loses it needs a new one.
func (c *warehouseTokenAdd) Run(ctx context.Context, a *App) error {
	st, done, err := a.makeStore(ctx)
	if err != nil {
		return err
	}
	defer done()
	token := newToken()
	if err := st.PutWarehouseToken(ctx, c.Warehouse, c.Name, token, a.Now()); err != nil {
		return err
	}
	fmt.Fprintln(a.Stderr, "The token "+c.Name+" of "+c.Warehouse+" is printed once and stored nowhere; an earlier one of that name is worthless now.")
	_, err = fmt.Fprintln(a.Stdout, token)
	return err
}

type warehouseTokenRevoke struct {
	Warehouse string `arg:"" placeholder:"CODE"`
	Name      string `arg:"" optional:"" default:"system"`
}

func (c *warehouseTokenRevoke) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error { return st.RevokeWarehouseToken(ctx, c.Warehouse, c.Name, a.Now()) })
}

type warehouseTokenList struct{}

func (*warehouseTokenList) Run(ctx context.Context, a *App) error {
	return a.withStore(ctx, func(st *store.Store) error {
		tokens, err := st.WarehouseTokens(ctx)
		if err != nil {
			return err
		}
		rows := [][]string{{"WAREHOUSE", "NAME", "MADE", "REVOKED"}}
		for _, t := range tokens {
			rows = append(rows, []string{t.WarehouseCode, t.Name, stamp(t.CreatedAt), stamp(t.RevokedAt)})
		}
		return printTable(a.Stdout, rows)
	})
}
