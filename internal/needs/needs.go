// Package needs says which programs of others a test cannot do without: those that bear witness
// to our files, such as qpdf and libtiff's tools.
//
// In: their names. Out: a failed test that says what to install where one is missing. It skips
// nothing, since a check that is left out looks like one that passed; it installs nothing.
package needs

import (
	"os/exec"
	"testing"
)

// Programs fails the test at once where a program is not on PATH.
func Programs(tb testing.TB, names ...string) {
	tb.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			tb.Fatalf("%s is not installed: `make test` installs what the tests need (Debian: libtiff-tools, poppler-utils, qpdf, zbar-tools)", name)
		}
	}
}
