package gateway

import (
	"strings"
	"testing"
)

// TestNestedWithoutEnd: a profile that would take all memory, or the whole process, is refused at once.
func TestNestedWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"[", "{a: ", "- ", "? ", "!!a ", "&a ", "[\n", "- - \n"} {
		text := "name: x\nmatch: \n  " + strings.Repeat(s, 60_000/len(s))
		if _, err := Parse("x.yaml", []byte(text)); err == nil {
			t.Errorf("%d times %q is a profile", 60_000/len(s), s)
		}
	}
}
