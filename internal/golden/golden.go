// Package golden compares what a test produced with a file under the test's testdata folder.
//
// In: the bytes a test made. Out: a failed test that names the first difference, or, with
// `go test -update`, the file rewritten. It never normalises: what may differ from run to run,
// such as a date, is the caller's to fix before it compares.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files with what the tests produce")

// Equal fails the test where got differs from testdata/name. With -update it writes the file
// instead.
func Equal(tb testing.TB, name string, got []byte) {
	tb.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatalf("read golden file: %v (run the test with -update to write it)", err)
	}
	if bytes.Equal(got, want) {
		return
	}
	line, a, b := diff(got, want)
	tb.Errorf("%s differs in line %d:\n got: %s\nwant: %s\nif the change is meant, look at it and run the test with -update", path, line, a, b)
}

// diff finds the first line that differs, cut to a readable length.
func diff(got, want []byte) (line int, a, b string) {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(g), len(w)) {
		var x, y []byte
		if i < len(g) {
			x = g[i]
		}
		if i < len(w) {
			y = w[i]
		}
		if !bytes.Equal(x, y) || i >= len(g) || i >= len(w) {
			return i + 1, clip(x), clip(y)
		}
	}
	return 0, "", ""
}

func clip(b []byte) string {
	const most = 160
	if len(b) > most {
		return string(b[:most]) + "…"
	}
	return string(b)
}
