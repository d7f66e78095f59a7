package dovecot

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"
)

// owner is whom the mails belong to.
type owner struct {
	uid, gid int
	give     bool // we are root and must give away what we make
}

func ownerOf(u *user.User) (owner, error) {
	uid, err := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	return owner{uid, gid, os.Geteuid() == 0}, errors.Join(err, gidErr)
}

func (o owner) take(path string) error {
	if !o.give {
		return nil
	}
	return os.Chown(path, o.uid, o.gid)
}

func (o owner) makeDir(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return errors.Join(err, o.take(path))
}

// Maildir is the folder that holds a user's mails: INBOX in it, other folders beside INBOX's
// cur and new as .NAME.
func (s *Server) Maildir(name string) string {
	return filepath.Join(s.dir, "mail", name, "Maildir")
}

// Deliver puts a mail into a user's INBOX as a mail server on the same machine does: written
// aside, then renamed, whether this server runs or not. The name is the file's, unique for good.
func (s *Server) Deliver(user, name string, mail []byte) error {
	return s.DeliverAt(user, name, mail, time.Time{})
}

// DeliverAt is Deliver for a mail that came at a time; the zero time is now.
func (s *Server) DeliverAt(user, name string, mail []byte, at time.Time) error {
	box := s.Maildir(user)
	for _, dir := range []string{filepath.Dir(box), box, filepath.Join(box, "cur"), filepath.Join(box, "new"), filepath.Join(box, "tmp")} {
		if err := s.owner.makeDir(dir); err != nil {
			return fmt.Errorf("make maildir: %w", err)
		}
	}
	aside := filepath.Join(box, "tmp", name)
	const private = 0o600
	err := errors.Join(os.WriteFile(aside, mail, private), s.owner.take(aside))
	if !at.IsZero() {
		err = errors.Join(err, os.Chtimes(aside, at, at))
	}
	if err = errors.Join(err, os.Rename(aside, filepath.Join(box, "new", name))); err != nil {
		return fmt.Errorf("deliver mail: %w", err)
	}
	return nil
}
