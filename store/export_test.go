package store

import (
	"maps"
	"slices"
)

// Queries are all named statements.
func Queries() map[string]string { return maps.Clone(queries) }

// ErasureTables are the tables that an erasure takes content from, and those that it leaves alone.
func ErasureTables() []string {
	out := slices.Collect(maps.Keys(erasureSpares))
	for _, e := range erasures {
		out = append(out, e.table)
	}
	return out
}
