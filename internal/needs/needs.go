// Package needs says which programs of others a test leans on: those that bear witness to our
// files, such as qpdf and libtiff's tools.
//
// In: their names. Out: a skipped test where one is missing, so that `go test ./...` runs on a
// machine that has PostgreSQL alone; a failed one under NEEDS_ALL=1, which `make test` sets after
// installing them, because a check left out looks like one that passed. It installs nothing.
package needs

import (
	"os"
	"os/exec"
	"testing"
)

// Programs skips the test where a program is not on PATH, or fails it under NEEDS_ALL=1.
func Programs(tb testing.TB, names ...string) {
	tb.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		const missing = "%s is not installed: `make test` installs what the tests need (Debian: chromium, dovecot-imapd, libtiff-tools, poppler-utils, qpdf, zbar-tools)"
		if os.Getenv("NEEDS_ALL") != "" {
			tb.Fatalf(missing, name)
		}
		tb.Skipf(missing, name)
	}
}
