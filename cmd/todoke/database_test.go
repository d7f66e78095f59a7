package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A wrong data folder must not look like a shop that lost everything.
func TestLookUpsMakeNoDatabase(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"order list", "document show 1", "document list", "review list", "stock", "ledger", "schedule list",
		"picklist list", "shopfront revoke ao",
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			data := dataDir(t)
			app, stdout, stderr := testApp(t, nil)
			status := app.Main(t.Context(), append(strings.Fields(command), "--data", data))
			want := "todoke: data: there is no todoke data in " + data + ": name the folder with --data, or start with todoke up\n"
			if status != exitFailure || stdout.Len() > 0 || stderr.String() != want {
				t.Errorf("%d %s\n%s", status, stdout, stderr)
			}
			if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it made %s: %v", data, err)
			}
		})
	}
	if got := shownFolder("data"); got != "."+string(filepath.Separator)+"data" {
		t.Error(got)
	}
}

func TestUpFindsATakenPortBeforeItMakesADatabase(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	data := dataDir(t)
	app, _, stderr := testApp(t, nil)
	if status := app.Main(t.Context(), []string{"up", "--data", data, "--listen", taken.Addr().String()}); status != exitFailure || !strings.Contains(stderr.String(), "another program has that port") {
		t.Errorf("%d %s", status, stderr)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it made %s: %v", data, err)
	}
}
