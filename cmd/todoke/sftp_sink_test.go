package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"todoke/delivery"
	"todoke/delivery/sftp"
)

// TestSFTPSinkKeepsFiles: what todoke drops there lies in the user's folder, the host key stays the
// same, and `warehouse hostkey` prints it.
func TestSFTPSinkKeepsFiles(t *testing.T) {
	t.Parallel()
	dir, password := t.TempDir(), filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var pinned string
	for range 2 {
		app, stdout, stderr := testApp(t, nil)
		up, ended := make(chan string, 1), make(chan int, 1)
		app.Ready = func(a *App) { up <- a.Addr.String() }
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			ended <- app.Main(ctx, []string{"sftp-sink", "--listen", "127.0.0.1:0", "--dir", dir, "--password-file", password})
		}()
		address := <-up
		probe, _, probeErr := testApp(t, nil)
		if got := probe.Main(t.Context(), []string{"sftp-sink", "--probe", "--dir", dir, "--listen", address}); got != exitOK {
			t.Error(probeErr)
		}
		asked, printed, askedErr := testApp(t, nil)
		if got := asked.Main(t.Context(), []string{"warehouse", "hostkey", address}); got != exitOK {
			t.Error(askedErr)
		}
		key := strings.TrimSpace(printed.String())
		if pinned != "" && key != pinned {
			t.Errorf("the host key was %s and is %s", pinned, key)
		}
		pinned = key
		way := sftp.Way{Server: sftp.Server{Address: address, User: "e1", HostKeys: pinned, Password: func() (string, error) { return "secret", nil }}, Folder: "in"}
		data := []byte("a,b\r\n")
		if _, err := way.Send(t.Context(), delivery.Parcel{FileName: "list.csv", Data: data}, data); err != nil {
			t.Error(err)
		}
		stop()
		if got := <-ended; got != exitOK {
			t.Errorf("status %d: %s", got, stderr)
		}
		if !strings.Contains(stdout.String(), pinned) {
			t.Errorf("it prints %q and shows %q", stdout, pinned)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "e1", "in", "list.csv")); err != nil || string(b) != "a,b\r\n" {
		t.Errorf("%q, %v", b, err)
	}
}
