package worker_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"todoke/delivery"
	"todoke/delivery/push"
	"todoke/delivery/sftp"
	"todoke/internal/sftptest"
	"todoke/order"
	"todoke/store"
	st "todoke/store/storetest"
)

// profile writes a warehouse's profile.
func (o *outbox) profile(t *testing.T, change func(*order.WarehouseProfile)) {
	t.Helper()
	p := order.DefaultProfile(st.East)
	change(&p)
	if err := o.s.Import(t.Context(), order.Masters{Profiles: []order.WarehouseProfile{p}}); err != nil {
		t.Fatal(err)
	}
}

// sftpServer starts a partner's server; dir is where its files come to lie.
func sftpServer(t *testing.T) (address, hostKey, dir string) {
	t.Helper()
	cfg := sftptest.Config{Folder: t.TempDir()}
	server, err := sftptest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	dir = filepath.Join(cfg.Folder, "e1", "in")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), server.HostKey(), dir
}

// TestListsGoThePartnersWay: WHS-2, by SFTP with a pinned key, by HTTP, by mail to the profile's
// address, or laid out for the API.
func TestListsGoThePartnersWay(t *testing.T) {
	t.Parallel()
	o := withOutbox(t)
	address, hostKey, dir := sftpServer(t)
	var pushed []string
	busy := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if busy {
			busy = false
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		pushed = append(pushed, r.Header.Get(push.HeaderKey))
	}))
	t.Cleanup(server.Close)
	o.cfg.Routes.Partner = func(channel string, p order.WarehouseProfile) delivery.Way {
		if channel == order.PartnerHTTP {
			return push.Way{URL: server.URL, Private: true, Now: time.Now, Secret: func() (string, error) { return "a secret of the partner", nil }}
		}
		return sftp.Way{Folder: "in", Server: sftp.Server{
			Address: address, User: "e1", HostKeys: p.HostKey, Timeout: 5 * time.Second, Password: func() (string, error) { return "x", nil },
		}}
	}
	o.work(t)

	bySFTP := o.issue(t, "one", "csv", order.PartnerSFTP, st.East)
	o.idle(t)
	d, attempts := o.delivery(t, bySFTP)
	if d.State != store.DeliveryFailed || attempts != "sftp permanent" || !strings.Contains(d.Detail, "is not pinned: it shows "+hostKey) {
		t.Errorf("without a pinned key: %s, %s, %s", d.State, attempts, d.Detail)
	}
	o.profile(t, func(p *order.WarehouseProfile) { p.HostKey = hostKey })
	again, err := o.s.ResendDelivery(t.Context(), bySFTP, "山田", "鍵を登録した", o.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	o.idle(t)
	if d, attempts := o.delivery(t, again); d.State != store.DeliverySent || attempts != "sftp sent" || d.Location != "sftp://e1@"+address+"/in/お知らせ.csv" {
		t.Errorf("%+v, %s", d, attempts)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "お知らせ.csv")); err != nil || !strings.HasPrefix(string(b), "%PDF-1.4 one") {
		t.Errorf("%q, %v", b, err)
	}

	byHTTP := o.issue(t, "two", "csv", order.PartnerHTTP, st.East)
	o.idle(t)
	if d, attempts := o.delivery(t, byHTTP); attempts != "http temporary" || d.NotBefore.Sub(o.clock.Now()) != 2*time.Hour {
		t.Errorf("asked to wait two hours: %s, until %s, now %s", attempts, d.NotBefore, o.clock.Now())
	}
	o.tick(t, 2*time.Hour)
	if d, attempts := o.delivery(t, byHTTP); d.State != store.DeliverySent || attempts != "http temporary, http sent" || len(pushed) != 1 || pushed[0] != d.MessageID {
		t.Errorf("%+v, %s, %v", d, attempts, pushed)
	}

	byMail := o.issue(t, "three", "csv", order.PartnerEmail, st.East)
	o.idle(t)
	if d, _ := o.delivery(t, byMail); d.State != store.DeliveryFailed || !strings.Contains(d.Detail, "names no mail address") {
		t.Errorf("without an address: %+v", d)
	}
	o.profile(t, func(p *order.WarehouseProfile) { p.Address = "pick@partner.example" })
	if again, err = o.s.ResendDelivery(t.Context(), byMail, "山田", "宛先を登録した", o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	o.idle(t)
	if d, _ := o.delivery(t, again); d.State != store.DeliverySent {
		t.Errorf("%+v", d)
	}
	if mails := o.a.Mails(); len(mails) != 1 || mails[0].To[0] != "pick@partner.example" {
		t.Errorf("%+v", mails)
	}

	onShelf := o.issue(t, "four", "csv", order.PartnerAPI, st.East)
	o.idle(t)
	if d, _ := o.delivery(t, onShelf); d.State != store.DeliverySent || d.Location != "/v1/warehouses/"+st.East+"/pick-lists/N-four/files/お知らせ.csv" {
		t.Errorf("%+v", d)
	}
}
