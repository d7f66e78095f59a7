package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// testApp is the binary in process, with an environment of its own.
func testApp(t *testing.T, env map[string]string) (app *App, stdout, stderr *bytes.Buffer) {
	t.Helper()
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return &App{
		Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr,
		Env:    func(k string) (string, bool) { v, ok := env[k]; return v, ok },
		Config: defaultConfig(),
		Now:    func() time.Time { return time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC) },
	}, stdout, stderr
}

func TestMainStatuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		args   []string
		status int
		out    string
		err    string
	}{
		{"no arguments", nil, exitOK, "Usage: todoke", ""},
		{"help", []string{"--help"}, exitOK, "version", ""},
		{"version", []string{"version"}, exitOK, "todoke ", ""},
		{"unknown command", []string{"fly"}, exitUsage, "", "todoke: unexpected argument fly"},
		{"unknown flag", []string{"version", "--fly"}, exitUsage, "", "todoke: unknown flag --fly"},
		{"no command", []string{"--fly"}, exitUsage, "", "todoke: see todoke --help\n"},
		{"a command's own help", []string{"import"}, exitUsage, "", "todoke: see todoke import --help\n"},
		{"a subcommand's own help", []string{"review", "settle", "--fly"}, exitUsage, "", "todoke: see todoke review settle --help\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			app, stdout, stderr := testApp(t, nil)
			if got := app.Main(t.Context(), tt.args); got != tt.status {
				t.Errorf("status %d, want %d", got, tt.status)
			}
			if !strings.Contains(stdout.String(), tt.out) {
				t.Errorf("stdout %q lacks %q", stdout, tt.out)
			}
			if !strings.Contains(stderr.String(), tt.err) || (tt.err == "" && stderr.Len() > 0) {
				t.Errorf("stderr %q, want %q", stderr, tt.err)
			}
		})
	}
}

// full is a disk that takes no more after left bytes.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.left)
	f.left -= n
	if n < len(b) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

func TestMainFailsWhereTheOutputIsCutShort(t *testing.T) {
	t.Parallel()
	app, _, stderr := testApp(t, nil)
	app.Stdout = &full{left: 100}
	if got := app.Main(t.Context(), []string{"form", "layout", "order"}); got != exitFailure {
		t.Errorf("status %d, want %d", got, exitFailure)
	}
	if want := "write output: no space left"; !strings.Contains(stderr.String(), want) {
		t.Errorf("stderr %q lacks %q", stderr, want)
	}
}
