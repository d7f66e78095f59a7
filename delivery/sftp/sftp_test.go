package sftp_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"todoke/delivery"
	"todoke/delivery/sftp"
	"todoke/internal/sftptest"
)

// partner starts a server; where is the user's folder.
func partner(t *testing.T, cfg sftptest.Config) (s sftp.Server, where string) {
	t.Helper()
	cfg.Folder = t.TempDir()
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
	where = filepath.Join(cfg.Folder, "e1")
	if err := os.MkdirAll(filepath.Join(where, "in"), 0o750); err != nil {
		t.Fatal(err)
	}
	return sftp.Server{
		Address: l.Addr().String(), User: "e1", HostKeys: server.HostKey(), Timeout: 10 * time.Second,
		Password: func() (string, error) { return "secret", nil },
	}, where
}

func parcel(name string, data []byte) delivery.Parcel {
	return delivery.Parcel{FileName: name, Data: data}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return strings.Join(out, " ")
}

// TestDropIsWholeAndRepeatable: WHS-2, the same file dropped again is one file, other bytes are refused.
func TestDropIsWholeAndRepeatable(t *testing.T) {
	t.Parallel()
	s, where := partner(t, sftptest.Config{Password: "secret"})
	way := sftp.Way{Server: s, Folder: "in"}
	data := bytes.Repeat([]byte("注文"), 50_000)
	for range 2 {
		receipt, err := way.Send(t.Context(), parcel("list.csv", data), data)
		if err != nil || receipt != "sftp://e1@"+s.Address+"/in/list.csv" {
			t.Fatal(receipt, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(where, "in", "list.csv")); err != nil || !bytes.Equal(b, data) || names(t, filepath.Join(where, "in")) != "list.csv" {
		t.Error(len(b), err, names(t, filepath.Join(where, "in")))
	}
	for _, other := range [][]byte{[]byte("x"), bytes.Repeat([]byte("注丈"), 50_000)} {
		if _, err := way.Send(t.Context(), parcel("list.csv", other), other); delivery.OutcomeOf(err) != delivery.Permanent || err == nil {
			t.Errorf("other bytes under its name: %v", err)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(where, "in", "list.csv")); !bytes.Equal(b, data) {
		t.Error("what lay there was changed")
	}
	if err := s.Check(t.Context(), "in", ""); err != nil {
		t.Error(err)
	}
	if err := s.Check(t.Context(), "nowhere"); err == nil {
		t.Error("a folder that is not there is found")
	}
}

// TestDropThatFails: whatever breaks in the middle, no file stands under its name, and the next
// attempt succeeds.
func TestDropThatFails(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789"), 30_000)
	for name, broken := range map[string]func(*sftptest.Config, *atomic.Bool){
		"cut in the middle": func(c *sftptest.Config, on *atomic.Bool) {
			c.Write = func(_ string, at int64, _ int) error {
				if on.Load() && at > 100_000 {
					return sftptest.ErrCut
				}
				return nil
			}
		},
		"disk full": func(c *sftptest.Config, on *atomic.Bool) {
			c.Write = func(_ string, at int64, _ int) error {
				if on.Load() && at > 100_000 {
					return syscall.ENOSPC
				}
				return nil
			}
		},
		"cut before the rename": func(c *sftptest.Config, on *atomic.Bool) {
			c.Rename = func(string, string) error {
				if on.Load() {
					return sftptest.ErrCut
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var on atomic.Bool
			on.Store(true)
			var cfg sftptest.Config
			broken(&cfg, &on)
			s, where := partner(t, cfg)
			way := sftp.Way{Server: s, Folder: "in"}
			_, err := way.Send(t.Context(), parcel("list.csv", data), data)
			if err == nil || delivery.OutcomeOf(err) != delivery.Temporary {
				t.Fatalf("%v is %v", err, delivery.OutcomeOf(err))
			}
			if n := names(t, filepath.Join(where, "in")); strings.Contains(" "+n+" ", " list.csv ") {
				t.Fatal("a file that is not whole stands there:", n)
			}
			on.Store(false)
			if _, err := way.Send(t.Context(), parcel("list.csv", data), data); err != nil {
				t.Fatal(err)
			}
			if b, err := os.ReadFile(filepath.Join(where, "in", "list.csv")); err != nil || !bytes.Equal(b, data) || names(t, filepath.Join(where, "in")) != "list.csv" {
				t.Error(len(b), err, names(t, filepath.Join(where, "in")))
			}
		})
	}
}

// TestSilentServer: who does not answer holds nobody longer than the time-out.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s, where := partner(t, sftptest.Config{Write: func(string, int64, int) error { <-ctx.Done(); return ctx.Err() }})
	s.Timeout = 200 * time.Millisecond
	data := []byte("abc")
	_, err := (sftp.Way{Server: s, Folder: "in"}).Send(t.Context(), parcel("a.csv", data), data)
	if err == nil || delivery.OutcomeOf(err) != delivery.Temporary {
		t.Error(err)
	}
	if n := names(t, filepath.Join(where, "in")); strings.HasSuffix(n, "a.csv") {
		t.Error(n)
	}
}

// TestHostKeyIsPinned: WHS-2, a server that shows another key gets neither password nor file, and one
// without a pinned key neither; the error says how to pin.
func TestHostKeyIsPinned(t *testing.T) {
	t.Parallel()
	asked := 0
	s, where := partner(t, sftptest.Config{})
	s.Password = func() (string, error) { asked++; return "secret", nil }
	other, _ := partner(t, sftptest.Config{})
	good, data := s.HostKeys, []byte("abc")
	for name, pins := range map[string]string{"none": "", "another": other.HostKeys, "another kind": "ssh-rsa " + strings.Fields(good)[1]} {
		s.HostKeys = pins
		_, err := (sftp.Way{Server: s, Folder: "in"}).Send(t.Context(), parcel("a.csv", data), data)
		_, host := errors.AsType[*sftp.HostKeyError](err)
		if !host || delivery.OutcomeOf(err) != delivery.Permanent || !strings.Contains(err.Error(), "host_key of warehouse_profiles.csv") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := names(t, filepath.Join(where, "in")); n != "" {
		t.Error(n)
	}
	for _, pins := range []string{good, strings.Fields(good)[1], other.HostKeys + ", " + good} {
		s.HostKeys = pins
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", pins, err)
		}
	}
	if keys, err := sftp.HostKeys(t.Context(), s.Address, time.Second); err != nil || len(keys) != 1 || keys[0] != good {
		t.Error(keys, err, "want", good)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := partner(t, sftptest.Config{Key: key})
	if err := s.Check(t.Context()); err == nil || delivery.OutcomeOf(err) != delivery.Temporary {
		t.Error("a password where a key is asked for:", err)
	}
	s.Password, s.Key = nil, func() ([]byte, error) { return pem.EncodeToMemory(block), nil }
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	s.Key = nil
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "no password and no key") {
		t.Error(err)
	}
	s, _ = partner(t, sftptest.Config{Password: "another"})
	if err := s.Check(t.Context()); err == nil {
		t.Error("a wrong password is taken")
	}
}

// TestFetchTakesEachFileOnce: WHS-2, files are taken once they rest, and moved; a store that fails
// keeps them there.
func TestFetchTakesEachFileOnce(t *testing.T) {
	t.Parallel()
	s, where := partner(t, sftptest.Config{})
	out := filepath.Join(where, "out")
	put := func(name, text string, age time.Duration) {
		t.Helper()
		path := filepath.Join(out, name)
		when := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).Add(-age)
		if err := errors.Join(os.MkdirAll(out, 0o750), os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, when, when)); err != nil {
			t.Fatal(err)
		}
	}
	put("result_2.csv", "two", time.Minute)
	put("result_1.csv", "one", time.Hour)
	put("half.csv.part", "ha", time.Hour)
	put(".hidden.csv", "x", time.Hour)
	put("empty.csv", "", time.Hour)
	put("huge.csv", strings.Repeat("x", 101), time.Hour)
	var taken []string
	fail := true
	f := &sftp.Fetcher{
		Server: s, Folder: "out", MaxBytes: 100, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC) },
		Take: func(_ context.Context, f sftp.File) error {
			if fail && string(f.Bytes) == "one" {
				return errors.New("the disk is full")
			}
			taken = append(taken, f.Name+"="+string(f.Bytes))
			return nil
		},
	}
	look := func(want int, wantErr bool) {
		t.Helper()
		if n, err := f.Fetch(t.Context()); n != want || (err != nil) != wantErr {
			t.Fatal(n, err)
		}
	}
	look(0, false)
	put("grows.csv", "gro", time.Hour)
	look(1, true) // the second look: two is taken, one failed
	put("grows.csv", "growing", time.Minute)
	fail = false
	look(1, false) // one; grows.csv has changed since
	look(1, false)
	look(0, false)
	if got := strings.Join(taken, " "); got != "result_2.csv=two result_1.csv=one grows.csv=growing" {
		t.Error(got)
	}
	if got := names(t, out); got != ".hidden.csv empty.csv half.csv.part huge.csv" {
		t.Error(got)
	}
	if got := names(t, filepath.Join(out, sftp.DoneDir)); strings.Count(got, "20261124T100000Z-") != 3 {
		t.Error(got)
	}
}

// TestFetchSeesWhatCameBetween: what a partner writes over a file while it is taken is not lost.
func TestFetchSeesWhatCameBetween(t *testing.T) {
	t.Parallel()
	var where string
	s, where := partner(t, sftptest.Config{Rename: func(from, _ string) error {
		return os.WriteFile(filepath.Join(where, from), []byte("newer"), 0o600)
	}})
	if err := os.WriteFile(filepath.Join(where, "count.csv"), []byte("older"), 0o600); err != nil {
		t.Fatal(err)
	}
	var taken []string
	f := &sftp.Fetcher{
		Server: s, MaxBytes: 100, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Take: func(_ context.Context, f sftp.File) error { taken = append(taken, string(f.Bytes)); return nil },
	}
	for range 2 {
		if _, err := f.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(taken, " "); got != "older newer" {
		t.Error(got)
	}
}

func FuzzParsePins(f *testing.F) {
	f.Add("ssh-ed25519 SHA256:" + strings.Repeat("A", 43))
	f.Add("SHA256:x, ssh-rsa")
	f.Add(" , ,")
	f.Fuzz(func(t *testing.T, text string) {
		pins, err := sftp.ParsePins(text)
		for _, p := range pins {
			if err != nil || !strings.HasPrefix(p.Fingerprint, "SHA256:") || strings.ContainsAny(p.Fingerprint, ", \n") {
				t.Errorf("%q gives %+v, %v", text, pins, err)
			}
		}
	})
}

// TestWhatCannotBeMovedIsTakenOnce: where the partner's server lets nothing be moved, a file that lies
// there is not taken for one that was sent anew at every look.
func TestWhatCannotBeMovedIsTakenOnce(t *testing.T) {
	t.Parallel()
	stuck := true
	s, where := partner(t, sftptest.Config{Rename: func(_, _ string) error {
		if stuck {
			return os.ErrPermission
		}
		return nil
	}})
	put := func() {
		t.Helper()
		if err := os.WriteFile(filepath.Join(where, "count.csv"), []byte("one"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	taken, at := 0, time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	f := &sftp.Fetcher{
		Server: s, MaxBytes: 100, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { at = at.Add(time.Minute); return at },
		Take: func(context.Context, sftp.File) error { taken++; return nil },
	}
	put()
	for i := range 4 {
		if _, err := f.Fetch(t.Context()); (err != nil) != (i > 0) || taken != min(i, 1) {
			t.Errorf("look %d: taken %d times, %v", i, taken, err)
		}
	}
	// Written anew with the same bytes, it is another sending.
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(where, "count.csv"), later, later); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if _, err := f.Fetch(t.Context()); (err != nil) != (i > 0) || taken != min(i, 1)+1 {
			t.Errorf("look %d at what was written anew: taken %d times, %v", i, taken, err)
		}
	}
	stuck = false
	if n, err := f.Fetch(t.Context()); n != 1 || err != nil || taken != 2 {
		t.Errorf("moved: %d, taken %d times, %v", n, taken, err)
	}
	put()
	for range 2 {
		if _, err := f.Fetch(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if taken != 3 {
		t.Errorf("sent anew: taken %d times", taken)
	}
}
