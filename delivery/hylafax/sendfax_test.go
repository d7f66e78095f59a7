package hylafax_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"todoke/delivery"
	"todoke/delivery/hylafax"
)

var parcel = delivery.Parcel{MessageID: "todoke.7.1.aa@shop.example", Recipient: "0312345678", FileName: "確認.pdf", Data: []byte("%PDF-1.4 test")}

// sendfax is a program that keeps its arguments and the file, and does what the script says.
func sendfax(t *testing.T, script string) (program, dir string) {
	t.Helper()
	dir = t.TempDir()
	program = filepath.Join(dir, "sendfax")
	text := "#!/bin/sh\nprintf '%s\\n' \"$@\" > " + dir + "/args\nfor f; do :; done\ncat \"$f\" > " + dir + "/file\n" + script
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, dir
}

func TestSend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script, receipt string
		outcome               delivery.Outcome // "" for success
	}{
		{"queued", "echo 'request id is 1234 (group id 1234) for host localhost (1 file)'\n", "job 1234", ""},
		{"queued, no number", "echo queued\n", "queued", ""},
		{"server away", "echo 'Can not reach server at host \"localhost\", port 4559.' >&2\nexit 1\n", "", delivery.Temporary},
		{"hangs", "sleep 60\n", "", delivery.Uncertain},
		{"hangs after queueing", "echo 'request id is 9'\nsleep 60\n", "job 9", ""},
		{"talks without end", "yes | head -c 1000000\nexit 3\n", "", delivery.Temporary},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			program, dir := sendfax(t, tt.script)
			w := hylafax.Way{Program: program}
			if strings.HasPrefix(tt.name, "hangs") {
				w.Timeout = 500 * time.Millisecond
			}
			data, err := w.Compose(parcel)
			if err != nil {
				t.Fatal(err)
			}
			receipt, err := w.Send(t.Context(), parcel, data)
			if receipt != tt.receipt || (err == nil) != (tt.outcome == "") || err != nil && delivery.OutcomeOf(err) != tt.outcome {
				t.Fatalf("%q, %v", receipt, err)
			}
			args, err := os.ReadFile(filepath.Join(dir, "args"))
			if err != nil || !strings.HasPrefix(string(args), "-n\n-D\n-i\ntodoke.7.1.aa@shop.example\n-d\n0312345678\n/") || !strings.HasSuffix(string(args), "/fax.pdf\n") {
				t.Errorf("%q %v", args, err)
			}
			if b, err := os.ReadFile(filepath.Join(dir, "file")); err != nil || string(b) != string(parcel.Data) {
				t.Errorf("%q %v", b, err)
			}
		})
	}
}

func TestWhatCannotBeFaxed(t *testing.T) {
	t.Parallel()
	for _, p := range []delivery.Parcel{
		{Recipient: "0312345678", FileName: "a.txt", Data: []byte("x")},
		{Recipient: "0312345678", FileName: "a.pdf"},
		{Recipient: "-x", FileName: "a.pdf", Data: []byte("x")},
		{Recipient: "", FileName: "a.pdf", Data: []byte("x")},
	} {
		if _, err := (hylafax.Way{}).Compose(p); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
	_, err := hylafax.Way{Program: "/nonexistent/sendfax"}.Send(t.Context(), parcel, parcel.Data)
	if delivery.OutcomeOf(err) != delivery.Temporary {
		t.Error(err)
	}
}
