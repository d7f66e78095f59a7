package fax_test

import (
	"os"
	"path/filepath"
	"testing"

	"todoke/ingest/fax"
)

func TestMain(m *testing.M) {
	fax.KeepPrograms(filepath.Join(os.TempDir(), "todoke-test-programs"))
	os.Exit(m.Run())
}
