package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"todoke/api"
	"todoke/ingest/mail"
	"todoke/order"
	"todoke/samples"
	"todoke/samples/day"
	"todoke/store"
)

// The demo's partners work by three ways: one by an SFTP server, one by mail, one by our API.
const (
	demoSFTP, demoMail, demoAPI = samples.WarehouseEast, samples.WarehouseWest, samples.WarehouseNorth

	demoMailer = "shukka@yodonami.example" // the address of the partner that works by mail
)

// demoPartners are the warehouses' side of the demo. What a partner got lies in its folder's in, what
// it sent in out: on the SFTP server these are the folders themselves.
type demoPartners struct {
	d       *demo
	dir     string
	address string // of the SFTP server
	hostKey string
	token   string // of the partner that works by the API
	last    string // the last mail that was looked at
	stop    func()
}

// startPartners starts the partner's SFTP server, `todoke sftp-sink`, with todoke configured for it.
// A demo that goes on has it at the same address, if nobody else does.
func (d *demo) startPartners(ctx context.Context) (*demoPartners, error) {
	p := &demoPartners{d: d, dir: filepath.Join(d.app.Config.Data, "partners"), token: newToken()}
	secret := filepath.Join(p.dir, ".password")
	const private = 0o750
	for _, code := range []string{demoSFTP, demoMail, demoAPI} {
		for _, way := range []string{"in", "out"} {
			if err := os.MkdirAll(p.folder(code, way), private); err != nil {
				return nil, fmt.Errorf("make the partners' folders: %w", err)
			}
		}
	}
	if _, err := os.Stat(secret); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(secret, []byte(rand.Text()), 0o600); err != nil {
			return nil, fmt.Errorf("make the SFTP server's password: %w", err)
		}
	}
	err := p.serve(ctx, cmp.Or(d.sftp, "127.0.0.1:0"), secret)
	if err != nil && d.sftp != "" {
		err = p.serve(ctx, "127.0.0.1:0", secret)
	}
	if err != nil {
		return nil, fmt.Errorf("start the partner's SFTP server: %w", err)
	}
	d.sftp = p.address
	c := d.app.Config.partner(strings.ToLower(demoSFTP))
	c.Warehouse, c.Password, c.PasswordFile, c.KeyFile = "", "", secret, ""
	d.app.fetchNow = make(chan struct{})
	return p, nil
}

func (p *demoPartners) serve(ctx context.Context, listen, secret string) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var printed bytes.Buffer
	up, ended := make(chan net.Addr, 1), make(chan error, 1)
	sink := &App{
		Stdout: &printed, Stderr: io.Discard, Env: p.d.app.Env, Now: p.d.app.Now, Log: p.d.app.Log, Config: Config{Listen: listen},
		Ready: func(a *App) { up <- a.Addr },
	}
	go func() { ended <- sftpSinkCommand{Dir: p.dir, PasswordFile: secret}.Run(ctx, sink) }()
	select {
	case err := <-ended:
		stop()
		return err
	case at := <-up:
		p.address, p.hostKey = at.String(), strings.TrimSpace(printed.String())
		p.stop = func() {
			stop()
			if err := <-ended; err != nil {
				p.d.app.Log.Warn("the partner's SFTP server stopped", "error", err)
			}
		}
		return nil
	}
}

func (p *demoPartners) folder(code, way string) string {
	return filepath.Join(p.dir, strings.ToLower(code), way)
}

// open has the sample shop's warehouses work by these ways, and gives the API's partner its token.
func (p *demoPartners) open(ctx context.Context) error {
	set := samples.Shop()
	m := order.Masters{Warehouses: set.Warehouses, Profiles: set.Profiles}
	for i := range m.Warehouses {
		m.Warehouses[i].Channel = map[string]string{demoSFTP: order.PartnerSFTP, demoMail: order.PartnerEmail, demoAPI: order.PartnerAPI}[m.Warehouses[i].Code]
	}
	for i := range m.Profiles {
		switch w := &m.Profiles[i]; w.WarehouseCode {
		case demoSFTP:
			w.Address, w.HostKey, w.Fetch = "sftp://e1@"+p.address+"/in", p.hostKey, "out"
		case demoMail:
			w.Address, w.Senders = demoMailer, []string{demoMailer}
		}
	}
	if err := p.d.st.Import(ctx, m); err != nil {
		return fmt.Errorf("import the partners' ways: %w", err)
	}
	return p.d.st.PutWarehouseToken(ctx, demoAPI, "demo", p.token, p.d.clock.now())
}

// acknowledge has every partner take in what came, and say so.
func (p *demoPartners) acknowledge(ctx context.Context) error {
	if err := errors.Join(p.readMails(), p.readAPI(ctx)); err != nil {
		return err
	}
	waits := false
	for _, code := range []string{demoSFTP, demoMail} {
		lists, err := p.d.st.PickListsForPartner(ctx, code, store.PartnerListFilter{State: "open", Limit: 100})
		if err != nil {
			return err
		}
		lists = slices.DeleteFunc(lists, func(l store.PartnerList) bool { return !p.has(code, l.Number) })
		if len(lists) == 0 {
			continue
		}
		rows := []string{"リスト番号"}
		for _, l := range lists {
			rows = append(rows, l.Number.Grouped())
		}
		if err := p.hand(ctx, code, fmt.Sprintf("juryo_%s.csv", lists[0].Number), strings.Join(rows, "\r\n")+"\r\n"); err != nil {
			return err
		}
		waits = true
	}
	if !waits {
		return nil
	}
	if err := p.fetched(ctx); err != nil {
		return err
	}
	return p.d.idle(ctx)
}

// has tells whether a list's workbook came.
func (p *demoPartners) has(code string, list order.Number) bool {
	found, err := filepath.Glob(filepath.Join(p.folder(code, "in"), "picklist_*_"+string(list)+".xlsx"))
	return err == nil && len(found) > 0
}

// readMails keeps what is attached to the mails that came to the partner who works by mail.
func (p *demoPartners) readMails() error {
	names, err := filepath.Glob(filepath.Join(p.d.servers.sent, "*.eml"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if name <= p.last {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read a mail to a partner: %w", err)
		}
		if toPartner(b) {
			m, err := mail.Parse(b, mail.DefaultLimits())
			if err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
			for _, a := range m.Attachments {
				if err := p.keep(demoMail, "in", a.Name, a.Bytes); err != nil {
					return err
				}
			}
		}
		p.last = name
	}
	return nil
}

// toPartner tells whether a mail that the demo's server took is for the partner.
func toPartner(mail []byte) bool {
	head, _, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
	return bytes.Contains(head, []byte("Delivered-To: "+demoMailer+"\r\n"))
}

func (p *demoPartners) keep(code, way, name string, data []byte) error {
	const shared = 0o644
	path := filepath.Join(p.folder(code, way), filepath.Base(name))
	if err := os.WriteFile(path+".part", data, shared); err != nil {
		return fmt.Errorf("keep a partner's file: %w", err)
	}
	return os.Rename(path+".part", path)
}

// readAPI fetches and acknowledges the open lists of the partner that works by the API.
func (p *demoPartners) readAPI(ctx context.Context) error {
	var open api.PickListsAnswer
	base := "/v1/warehouses/" + demoAPI + "/pick-lists"
	if err := p.call(ctx, http.MethodGet, base+"?state=open", "", nil, &open); err != nil {
		return err
	}
	for _, l := range open.PickLists {
		var list api.PickListAnswer
		if err := p.call(ctx, http.MethodGet, base+"/"+l.Number, "", nil, &list); err != nil {
			return err
		}
		for _, f := range list.Files {
			var data []byte
			if err := p.call(ctx, http.MethodGet, f.URL, "", nil, &data); err != nil {
				return err
			}
			if err := p.keep(demoAPI, "in", f.Name, data); err != nil {
				return err
			}
		}
		if err := p.call(ctx, http.MethodPost, base+"/"+l.Number+"/acknowledge", "", nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// call asks the API as the partner's system does, until it does not fail for a passing reason.
func (p *demoPartners) call(ctx context.Context, method, path, key string, body []byte, into any) error {
	return p.d.again(ctx, func() error {
		req, err := http.NewRequestWithContext(ctx, method, p.d.base+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+p.token)
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
			req.Header.Set("Content-Type", "application/json")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return order.Temporary("a partner's request was not answered", err)
		}
		defer func() { _ = resp.Body.Close() }()
		data, err := io.ReadAll(io.LimitReader(resp.Body, store.MaxPartnerFile))
		if err != nil {
			return order.Temporary("a partner's request was answered in part", err)
		}
		if resp.StatusCode == http.StatusServiceUnavailable {
			return order.Temporary("the API asks to try again", errors.New(string(data)))
		}
		if resp.StatusCode/100 != 2 {
			return fmt.Errorf("%s %s was answered %s: %s", method, path, resp.Status, data)
		}
		switch v := into.(type) {
		case nil:
			return nil
		case *[]byte:
			*v = data
			return nil
		default:
			return json.Unmarshal(data, into)
		}
	})
}

// send hands a partner's file over by its way, and waits until it is read.
func (p *demoPartners) send(ctx context.Context, code, name, text string) error {
	if err := p.hand(ctx, code, name, text); err != nil {
		return err
	}
	if code == demoSFTP {
		if err := p.fetched(ctx); err != nil {
			return err
		}
	}
	return p.d.idle(ctx)
}

// hand puts a partner's file where it is taken from; a mail is collected then.
func (p *demoPartners) hand(ctx context.Context, code, name, text string) error {
	if err := p.keep(code, "out", name, []byte(text)); err != nil || code == demoSFTP {
		return err
	}
	at := p.d.clock.now()
	doc := day.Document{At: at, Name: name + ".eml", Bytes: partnerMail(at, name, text), Note: "mail of warehouse " + code}
	p.d.all = append(p.d.all, doc)
	if err := p.d.servers.mail(ctx, doc); err != nil {
		return fmt.Errorf("mail %s: %w", name, err)
	}
	return nil
}

// fetched has the SFTP server's folder looked into until nothing lies there: a file is taken at the
// second look that finds it unchanged.
func (p *demoPartners) fetched(ctx context.Context) error {
	const often, patience = 30 * time.Millisecond, 2 * time.Minute
	late := time.After(patience)
	for {
		left, err := filepath.Glob(filepath.Join(p.folder(demoSFTP, "out"), "*.*"))
		if err != nil || len(left) == 0 {
			return err
		}
		select {
		case p.d.app.fetchNow <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			return order.Temporary("the partner's folder is not looked into", fmt.Errorf("%q are left after %v", left, patience))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(often):
		}
	}
}
