package golden_test

import (
	"fmt"
	"strings"
	"testing"

	"todoke/internal/golden"
)

// recorder is a test that only notes what it is told.
type recorder struct {
	testing.TB
	errors, fatal []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = append(r.fatal, fmt.Sprintf(format, args...))
	panic(r)
}

func run(name, got string) (r *recorder) {
	r = &recorder{}
	defer func() { _ = recover() }()
	golden.Equal(r, name, []byte(got))
	return r
}

func TestEqual(t *testing.T) {
	t.Parallel()
	const same = "first line\n二行目\nthird line\n"
	golden.Equal(t, "sample.txt", []byte(same))
	if t.Failed() {
		return
	}
	if r := run("sample.txt", "first line\n2行目\nthird line\n"); len(r.errors) != 1 || !strings.Contains(r.errors[0], "line 2") || !strings.Contains(r.errors[0], "二行目") {
		t.Errorf("a changed line: %q", r.errors)
	}
	if r := run("sample.txt", same+"more\n"); len(r.errors) != 1 || !strings.Contains(r.errors[0], "line 4") {
		t.Errorf("a line more: %q", r.errors)
	}
	if r := run("sample.txt", "first line\n"); len(r.errors) != 1 || !strings.Contains(r.errors[0], "line 2") {
		t.Errorf("lines missing: %q", r.errors)
	}
}
