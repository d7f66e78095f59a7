package store

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

//go:embed query/*.sql
var queryFiles embed.FS

// queries holds every statement by its name; a name that is missing or given twice stops the
// program at its start.
var queries = readQueries(queryFiles)

var queryName = regexp.MustCompile(`(?m)^-- name: ([A-Za-z]+)$`)

func readQueries(files fs.FS) map[string]string {
	out := map[string]string{}
	names, err := fs.Glob(files, "query/*.sql")
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("no query files: %v", err))
	}
	for _, file := range names {
		b, err := fs.ReadFile(files, file)
		if err != nil {
			panic(err)
		}
		text := string(b)
		heads := queryName.FindAllStringSubmatchIndex(text, -1)
		for i, h := range heads {
			end := len(text)
			if i+1 < len(heads) {
				end = heads[i+1][0]
			}
			name := text[h[2]:h[3]]
			if _, dup := out[name]; dup {
				panic("query " + name + " is defined twice")
			}
			out[name] = strings.TrimSuffix(strings.TrimSpace(text[h[1]:end]), ";")
		}
	}
	return out
}

func query(name string) string {
	q, ok := queries[name]
	if !ok {
		panic("no query named " + name)
	}
	return q
}
