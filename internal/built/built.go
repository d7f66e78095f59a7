// Package built makes the program that tests run as a process of its own.
//
// In: the repository's root. Out: the binary. It knows nothing of what the tests do with it.
package built

import (
	"context"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"testing"
)

// Todoke builds the program from the repository at root into a file.
func Todoke(ctx context.Context, root, file string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", file, "./cmd/todoke")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build todoke: %w\n%s", err, out)
	}
	return nil
}

// Watch opens every folder of the sources at root. Go test then knows that this package's result hangs
// on them, and gives no kept one for sources that have changed since; it sees what tests open
// themselves, not what TestMain does before them.
func Watch(tb testing.TB, root string) {
	tb.Helper()
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != root && (d.Name() == ".git" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		return err
	}); err != nil {
		tb.Fatalf("look at the sources: %v", err)
	}
}
