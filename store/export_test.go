package store

import "maps"

// Queries are all named statements.
func Queries() map[string]string { return maps.Clone(queries) }

// BlobDir is the folder of the blobs.
func (s *Store) BlobDir() string { return s.blobs.dir }
