package main

import (
	"bytes"
	"cmp"

	"todoke/desk"
	"todoke/ingest/gateway"
	"todoke/ingest/mail"
	"todoke/ingest/master"
	"todoke/order"
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
func (a *App) deskGateways() desk.Gateways {
	return desk.Gateways{
		List: func() ([]desk.GatewayProfile, error) {
			book, err := a.gateways()
			if err != nil {
				return nil, err
			}
			var out []desk.GatewayProfile
			for _, p := range book.Profiles() {
				out = append(out, desk.GatewayProfile{Name: p.Name, File: p.File(), About: p.About})
			}
			return out, nil
		},
		Test: func(data []byte) (desk.GatewayReading, error) {
			var out desk.GatewayReading
			book, err := a.gateways()
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
		},
	}
}

func claimed(n gateway.Number) string {
	if n.Digits != "" {
		return order.FormatPhone(n.Digits)
	}
	return cmp.Or(n.Text, "")
}
