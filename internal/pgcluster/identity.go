package pgcluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// identity is the user that the server runs as.
type identity struct {
	uid, gid int
	drop     bool // the caller is root and must become it
}

func (id identity) credential() *syscall.Credential {
	if !id.drop {
		return nil
	}
	return &syscall.Credential{Uid: uint32(id.uid), Gid: uint32(id.gid)}
}

func (id identity) String() string {
	if u, err := user.LookupId(strconv.Itoa(id.uid)); err == nil {
		return u.Username
	}
	return "uid " + strconv.Itoa(id.uid)
}

// serverIdentity says who runs the server. PostgreSQL insists that the data directory is its
// own, so an existing one decides; a new one is the caller's. Where the caller is root, it is
// that of the folder's owner, else of postgres or nobody.
func serverIdentity(o Options) (identity, error) {
	dataDir := o.dataDir()
	me := identity{uid: os.Geteuid(), gid: os.Getegid()}
	uid, gid, err := ownerOf(dataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if me.uid != 0 {
			return me, nil
		}
		if uid, gid, err := ownerOf(o.Dir); err == nil && uid != 0 {
			return identity{uid: uid, gid: gid, drop: true}, nil
		}
		return unprivileged()
	case err != nil:
		return identity{}, fmt.Errorf("look at %s: %w", dataDir, err)
	case me.uid == 0 && uid != 0:
		return identity{uid: uid, gid: gid, drop: true}, nil
	case me.uid == 0:
		if entries, err := os.ReadDir(dataDir); err == nil && len(entries) == 0 {
			return unprivileged() // an empty folder, such as a mount point: initdb's rename replaces it
		}
		return identity{}, fmt.Errorf("%s belongs to root, and PostgreSQL never runs as root: give it to an unprivileged user, such as chown -R postgres %s", dataDir, dataDir)
	case uid != me.uid:
		return identity{}, fmt.Errorf("%s belongs to %v: run as that user or as root", dataDir, identity{uid: uid})
	}
	return me, nil
}

func unprivileged() (identity, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return identity{uid: uid, gid: gid, drop: true}, nil
		}
	}
	return identity{}, errors.New("PostgreSQL never runs as root, and there is no user postgres or nobody to run it as: add one, or run as an ordinary user")
}

func ownerOf(path string) (uid, gid int, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, errors.New("the file system tells no owner")
	}
	return int(st.Uid), int(st.Gid), nil
}

// blockedAt is the first folder on the way to dir that id may not enter, "" if none is seen
// (access lists are not looked at).
func (id identity) blockedAt(dir string) (string, fs.FileMode) {
	var chain []string
	for d := filepath.Dir(dir); ; d = filepath.Dir(d) {
		chain = append(chain, d)
		if d == filepath.Dir(d) {
			break
		}
	}
	for i := len(chain) - 1; i >= 0; i-- {
		info, err := os.Stat(chain[i])
		if err != nil {
			continue
		}
		uid, gid, err := ownerOf(chain[i])
		if err != nil {
			continue
		}
		bit := fs.FileMode(0o001)
		switch {
		case uid == id.uid:
			bit = 0o100
		case gid == id.gid:
			bit = 0o010
		}
		if info.Mode().Perm()&bit == 0 {
			return chain[i], info.Mode().Perm()
		}
	}
	return "", 0
}

// ownFolder makes dir, private to id.
func (id identity) ownFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", dir)
	}
	uid, _, err := ownerOf(dir)
	if err != nil {
		return err
	}
	if uid != id.uid {
		if !id.drop || uid != 0 {
			return fmt.Errorf("%s belongs to %v, not to %v", dir, identity{uid: uid}, id)
		}
		if err := os.Chown(dir, id.uid, id.gid); err != nil {
			return err
		}
	}
	if info.Mode().Perm() != 0o700 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}
