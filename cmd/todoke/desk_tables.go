package main

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"todoke/desk"
	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/ingest/master"
	"todoke/order"
	"todoke/store"
)

// deskMasters reads a table that was edited at the desk as import reads its file.
func (a *App) deskMasters(kind string, data []byte) (order.Masters, []desk.FileProblem) {
	k := master.Kind(kind)
	data = append(bytes.TrimSpace(data), '\n')
	set, report := master.Parse(k, k.FileName(), data, a.masterOptions())
	var bad []desk.FileProblem
	for _, p := range report.Problems {
		if !p.Warning {
			bad = append(bad, desk.FileProblem{Line: p.Line, Column: p.Name, Rule: p.Rule, Text: p.Message})
		}
	}
	return set.Masters, bad
}

// deskGateways are the profiles in use, read anew whenever they are looked at.
func (a *App) deskGateways(st *store.Store) desk.Gateways {
	g := gatewayDesk{a, st}
	return desk.Gateways{List: g.list, Test: g.test, Preview: g.preview}
}

type gatewayDesk struct {
	a  *App
	st *store.Store
}

// book is the profiles as they stand, but for one that is tried: without text it gives way.
func (g gatewayDesk) book(ctx context.Context, tried *gateway.Stored) (*gateway.Book, error) {
	stored, err := storedProfiles(ctx, g.st)
	if err != nil {
		return nil, err
	}
	if tried != nil {
		stored = slices.DeleteFunc(stored, func(s gateway.Stored) bool { return s.Name == tried.Name })
		if tried.Text != "" {
			stored = append(stored, *tried)
		}
		slices.SortFunc(stored, func(a, b gateway.Stored) int { return strings.Compare(a.Name, b.Name) })
	}
	return gateway.LoadWith(g.a.Config.Gateways.Profiles, stored, g.a.ownNumbers())
}

func (g gatewayDesk) list(ctx context.Context) ([]desk.GatewayProfile, error) {
	book, err := g.book(ctx, nil)
	if err != nil {
		return nil, err
	}
	var out []desk.GatewayProfile
	for _, p := range book.All() {
		x := desk.GatewayProfile{Name: p.Name, File: p.File(), About: p.About, Text: p.Text(), Off: p.Off, Origin: desk.FromFolder}
		switch {
		case strings.HasPrefix(p.File(), "shipped "):
			x.Origin = desk.FromShipped
		case strings.HasPrefix(p.File(), "desk "):
			x.Origin = desk.FromDesk
		}
		out = append(out, x)
	}
	return out, nil
}

func (g gatewayDesk) test(ctx context.Context, data []byte) (desk.GatewayReading, error) {
	var out desk.GatewayReading
	book, err := g.book(ctx, nil)
	if err != nil {
		return out, err
	}
	if len(data) > mail.DefaultLimits().Bytes {
		return out, order.Invalid("", "mail", "the mail is too large")
	}
	m, err := mail.Parse(data, mail.DefaultLimits())
	if err != nil {
		return out, order.Invalid("", "mail", err.Error())
	}
	f := book.Read(&m)
	out = desk.GatewayReading{
		Profile: f.Profile, Kind: string(f.Kind), Caller: claimed(f.Caller), Station: claimed(f.Station), Line: claimed(f.Line),
		ReceivedAt: f.At, Job: f.Job, Pages: f.Pages, Incomplete: f.Incomplete, Problems: f.Problems, Notes: m.Notes,
	}
	for _, t := range book.Explain(&m) {
		try := desk.GatewayTry{Profile: t.Profile.Name, Missing: t.Missing}
		for _, x := range t.Found {
			try.Found = append(try.Found, desk.GatewayFinding{Fact: x.Fact, Text: x.Text, Value: x.Value, By: x.By.In + ": " + x.By.Find})
		}
		out.Tries = append(out.Tries, try)
	}
	return out, nil
}

// Limits of a preview: so many mails at most, and no longer than a person waits.
const (
	previewMails    = 200
	previewBytes    = 64 << 20
	previewPatience = 8 * time.Second
)

// preview reads the mails that came last by the profiles as they stand and as they would stand.
func (g gatewayDesk) preview(ctx context.Context, name, text string) (out desk.GatewayPreview, err error) {
	const tried = "tried"
	if text != "" {
		p, err := gateway.Parse(tried, []byte(text))
		if err == nil && p.Name != name {
			err = order.Invalid("", "gateways", tried+": name: it is kept as "+name+" and calls itself "+p.Name)
		}
		if err != nil {
			for l := range strings.Lines(err.Error()) {
				out.Problems = append(out.Problems, strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(l), "gateways: "), tried+": "))
			}
			return out, nil
		}
	}
	before, err := g.book(ctx, nil)
	if err != nil {
		return out, err
	}
	after, err := g.book(ctx, &gateway.Stored{Name: name, File: tried, Text: text})
	if err != nil {
		return out, err
	}
	mails, err := g.st.RecentMails(ctx, previewMails)
	if err != nil {
		return out, err
	}
	read := 0
	for began := time.Now(); len(mails) > 0 && time.Since(began) < previewPatience && read < previewBytes; mails = mails[1:] { // real time: it is a person who waits
		data, err := g.st.DocumentBytes(ctx, mails[0].ID)
		if err != nil {
			if order.KindOf(err) == order.KindPermanent {
				continue // a damaged one is told elsewhere
			}
			return out, err
		}
		read += len(data)
		m, err := mail.Parse(data, mail.DefaultLimits())
		if err != nil {
			continue
		}
		out.Mails++
		was, is := before.Read(&m), after.Read(&m)
		if was.Profile == name {
			out.Before++
		}
		if is.Profile == name {
			out.After++
		}
		if diff := gatewayDiff(was, is); len(diff) > 0 {
			out.Changes = append(out.Changes, desk.GatewayChange{Document: mails[0].ID, ReceivedAt: mails[0].ReceivedAt, From: m.From, Subject: m.Subject, Facts: diff})
		}
	}
	return out, nil
}

// gatewayDiff is what two readings of one mail differ in.
func gatewayDiff(a, b gateway.Facts) (out []desk.GatewayDiff) {
	add := func(fact, before, after string) {
		if before != after {
			out = append(out, desk.GatewayDiff{Fact: fact, Before: before, After: after})
		}
	}
	pages := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return stamp(t)
	}
	add("profile", a.Profile, b.Profile)
	add("kind", string(a.Kind), string(b.Kind))
	add("caller", claimed(a.Caller), claimed(b.Caller))
	add("station", claimed(a.Station), claimed(b.Station))
	add("line", claimed(a.Line), claimed(b.Line))
	add("received", at(a.At), at(b.At))
	add("job", a.Job, b.Job)
	add("pages", pages(a.Pages), pages(b.Pages))
	add("incomplete", a.Incomplete, b.Incomplete)
	return out
}

func claimed(n gateway.Number) string {
	if n.Digits != "" {
		return order.FormatPhone(n.Digits)
	}
	return cmp.Or(n.Text, "")
}
