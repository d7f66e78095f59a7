package store

import "maps"

// Queries are all named statements.
func Queries() map[string]string { return maps.Clone(queries) }
