package main

import (
	"strings"
	"testing"

	"todoke/order"
	"todoke/store"
)

// TestDoctorFindsWaysThatLackSomething: APR-1 and WHS-2, what keeps approvers' links from working and
// lists from leaving is found before an order waits for it.
func TestDoctorFindsWaysThatLackSomething(t *testing.T) {
	t.Parallel()
	app, _, _ := testApp(t, nil)
	app.Config.Partners = []PartnerConfig{{Name: "s2", Password: "geheim"}, {Name: "h2", Secret: "0123456789abcdef"}}
	way := func(code, channel, address, hostKey string) store.WarehouseWay {
		return store.WarehouseWay{WarehouseProfile: order.WarehouseProfile{WarehouseCode: code, Address: address, HostKey: hostKey}, Channel: channel}
	}
	const at, key = "sftp://w@sftp.partner.example/in", "SHA256:x"
	with := way("A2", order.PartnerAPI, "", "")
	with.Token = true
	asks := way("F2", order.PartnerFolder, "", "")
	asks.ChaseMinutes = 30
	v := store.Survey{Approvals: true, Ways: []store.WarehouseWay{
		way("F1", order.PartnerFolder, "", ""), way("M1", order.PartnerEmail, "", ""), way("M2", order.PartnerEmail, "pick@partner.example.jp", ""),
		way("S1", order.PartnerSFTP, at, key), way("S2", order.PartnerSFTP, at, key), way("S3", order.PartnerSFTP, "", key), way("S4", order.PartnerSFTP, at, ""),
		way("H1", order.PartnerHTTP, "https://push.partner.example/lists", ""), way("H2", order.PartnerHTTP, "https://push.partner.example/lists", ""), way("H3", order.PartnerHTTP, "", ""),
		way("A1", order.PartnerAPI, "", ""), with, asks,
	}}
	found := map[string]finding{}
	add := func(check, status, text, mend string) { found[check] = finding{check, status, text, mend} }
	app.checkApprovals(add, v)
	app.checkWays(add, v)
	for check, want := range map[string][2]string{
		"approvals": {statusWarn, "approval_url"}, "warehouse F1": {statusOK, ""}, "warehouse M1": {statusFail, "address"}, "warehouse M2": {statusOK, ""},
		"warehouse S1": {statusFail, "partners.s1.password_file"}, "warehouse S2": {statusOK, ""}, "warehouse S3": {statusFail, "address"}, "warehouse S4": {statusFail, "host_key"},
		"warehouse H1": {statusFail, "partners.h1.secret_file"}, "warehouse H2": {statusOK, ""}, "warehouse H3": {statusFail, "address"},
		"warehouse A1": {statusFail, "token add A1"}, "warehouse A2": {statusOK, ""}, "warehouse F2": {statusWarn, "contact"},
	} {
		if f := found[check]; f.Status != want[0] || !strings.Contains(f.Mend, want[1]) {
			t.Errorf("%s: %+v, want %v", check, f, want)
		}
	}
	mails := func() finding {
		w := way("M2", order.PartnerEmail, "pick@partner.example.jp", "")
		w.Senders = []string{"wms@partner.example.jp"}
		app.checkWays(add, store.Survey{Ways: []store.WarehouseWay{w}})
		return found["warehouse M2 mail"]
	}
	if f := mails(); f.Status != statusWarn || !strings.Contains(f.Mend, "authserv") {
		t.Errorf("%+v", f)
	}
	app.Config.Mailboxes = []MailboxConfig{{Name: "fax", Address: "IMAP.example.jp:993", User: "fax@example.jp", Folder: "受信", Authserv: "mx.example.jp"}, {Name: "b", Address: "imap.example.jp:993", User: "fax@example.jp"}}
	if f := mails(); f.Status != statusOK || !strings.Contains(f.Found, "fax") {
		t.Errorf("%+v", f)
	}
	app.Config.Partners = append(app.Config.Partners, PartnerConfig{Name: "m", Warehouse: "M2", UnprovenMail: true})
	if f := mails(); f.Status != statusWarn || !strings.Contains(f.Mend, "partners.m.unproven_mail") {
		t.Errorf("%+v", f)
	}
	for id, want := range map[string]string{
		"imap://fax@example.jp@imap.example.jp:993/%E5%8F%97%E4%BF%A1;UIDVALIDITY=1/;UID=2": "mx.example.jp", "imap://fax@example.jp@imap.example.jp:993/INBOX;UIDVALIDITY=1/;UID=2": "",
		"imap://fax@example.jp@imap.example.jp:993/%E5%8F%97%E4%BF%A1x;UIDVALIDITY=1/;UID=2": "", "result.eml": "", "": "",
	} {
		if got := app.Config.authserv(id); got != want {
			t.Errorf("%s is of %q, want %q", id, got, want)
		}
	}
	app.Config.ApprovalURL = "https://order.example.jp"
	if app.checkApprovals(add, v); found["approvals"].Status != statusOK {
		t.Errorf("%+v", found["approvals"])
	}
}
