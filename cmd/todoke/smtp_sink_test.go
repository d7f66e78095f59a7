package main

import (
	"context"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSMTPSinkKeepsMails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app, _, stderr := testApp(t, nil)
	up, ended := make(chan string, 1), make(chan int, 1)
	app.Ready = func(a *App) { up <- a.Addr.String() }
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { ended <- app.Main(ctx, []string{"smtp-sink", "--listen", "127.0.0.1:0", "--dir", dir}) }()
	address := <-up
	probe, _, probeErr := testApp(t, nil)
	if got := probe.Main(t.Context(), []string{"smtp-sink", "--probe", "--dir", dir, "--listen", address}); got != exitOK {
		t.Error(probeErr)
	}
	if err := smtp.SendMail(address, nil, "shop@todoke.example", []string{"0312345678@fax.example"}, []byte("Subject: x\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "000001.eml")); err != nil || !strings.Contains(string(b), "0312345678@fax.example") {
		t.Errorf("%s, %v", b, err)
	}
	stop()
	if got := <-ended; got != exitOK {
		t.Errorf("status %d: %s", got, stderr)
	}
	if got := probe.Main(t.Context(), []string{"smtp-sink", "--probe", "--dir", dir, "--listen", address}); got == exitOK {
		t.Error("a server that is gone answers")
	}
}
