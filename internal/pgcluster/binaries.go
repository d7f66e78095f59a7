package pgcluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNoBinaries is wrapped by errors that come from PostgreSQL not being installed.
var ErrNoBinaries = errors.New("PostgreSQL's server programs were not found")

// Binaries is one installation of PostgreSQL's server programs.
type Binaries struct {
	Dir     string // holds postgres and initdb
	Version string // as postgres --version tells it, such as "15.18"
	Major   int    // 15
}

// usualPlaces are where packages put the server programs when they are not on PATH.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // PGDG on Fedora, RHEL
	"/usr/libexec/postgresql*",          // Alpine
	"/usr/lib/postgresql*/bin",          // openSUSE, older Alpine
	"/usr/bin",                          // Fedora, Arch
	"/usr/local/pgsql/bin",              // built from source
	"/usr/local/bin",                    // FreeBSD
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew, Apple silicon
	"/usr/local/opt/postgresql*/bin",    // Homebrew, Intel
	"/Applications/Postgres.app/Contents/Versions/[0-9]*/bin", // Postgres.app
}

// Find gives the binaries to use: those in binDir if it is not empty, else those on PATH, else
// the newest in the usual places.
func Find(binDir string) (Binaries, error) {
	if binDir != "" {
		return inspect(binDir)
	}
	all := FindAll()
	if len(all) == 0 {
		return Binaries{}, fmt.Errorf("%w on PATH or in the usual places such as /usr/lib/postgresql/*/bin: "+
			"install them (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; "+
			"Alpine: apk add postgresql; macOS: brew install postgresql), or name their folder", ErrNoBinaries)
	}
	return all[0], nil
}

// FindAll lists every installation found, the preferred one first: PATH, then newest first.
func FindAll() []Binaries {
	var found []Binaries
	add := func(dir string) {
		if b, err := inspect(dir); err == nil && !slices.ContainsFunc(found, func(f Binaries) bool { return f.Dir == b.Dir }) {
			found = append(found, b)
		}
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		add(filepath.Dir(p))
	}
	onPath := len(found)
	for _, pattern := range usualPlaces {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			add(dir)
		}
	}
	slices.SortStableFunc(found[onPath:], func(a, b Binaries) int { return cmp.Compare(b.Major, a.Major) })
	return found
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

// inspect finds the programs of dir. PATH may hold links to them: what counts is the folder
// of the real postgres, where initdb and the shared files are found.
func inspect(dir string) (Binaries, error) {
	postgres, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil {
		return Binaries{}, fmt.Errorf("%w in %s: %w", ErrNoBinaries, dir, err)
	}
	real, err := filepath.Abs(filepath.Dir(postgres))
	if err != nil {
		return Binaries{}, fmt.Errorf("find %s: %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(real, "initdb")); err != nil {
		return Binaries{}, fmt.Errorf("%w in %s: postgres is there, but not initdb: %w", ErrNoBinaries, real, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, postgres, "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("run %s --version: %w", postgres, err)
	}
	m := versionPattern.FindStringSubmatch(string(out))
	if m == nil {
		return Binaries{}, fmt.Errorf("run %s --version: it is not PostgreSQL's: %q", postgres, strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(m[2])
	if err != nil {
		return Binaries{}, fmt.Errorf("read version %q: %w", m[1], err)
	}
	return Binaries{Dir: real, Version: m[1], Major: major}, nil
}

// choose picks the binaries for a data directory: one that exists needs those of its own
// version. dataMajor is 0 for a new one.
func choose(o Options, dataMajor int) (Binaries, error) {
	b, err := Find(o.BinDir)
	if err != nil {
		return Binaries{}, err
	}
	if dataMajor != 0 && b.Major != dataMajor && o.BinDir == "" {
		for _, other := range FindAll() {
			if other.Major == dataMajor {
				b = other
			}
		}
	}
	if dataMajor != 0 && b.Major != dataMajor {
		return Binaries{}, fmt.Errorf("%s was made by PostgreSQL %d, but the programs in %s are PostgreSQL %s: "+
			"install PostgreSQL %d, or move the data over with pg_upgrade or pg_dump; nothing has been changed: %w",
			o.dataDir(), dataMajor, b.Dir, b.Version, dataMajor, ErrVersion)
	}
	if b.Major < o.MinMajor {
		return Binaries{}, fmt.Errorf("PostgreSQL %s in %s is too old, %d or newer is needed: %w", b.Version, b.Dir, o.MinMajor, ErrVersion)
	}
	return b, nil
}
