package sftp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/pkg/sftp"

	"todoke/delivery"
)

// Way drops files into a folder of a partner's server.
type Way struct {
	Server Server
	Folder string // "" is where the login lands
}

// Name implements delivery.Way.
func (Way) Name() string { return "sftp" }

// Compose implements delivery.Way: what leaves is the file as it is.
func (Way) Compose(p delivery.Parcel) ([]byte, error) {
	if p.FileName == "" {
		return nil, errors.New("a text without a file cannot be dropped at an SFTP server")
	}
	if !plain(p.FileName) {
		return nil, fmt.Errorf("%q is no plain name of a file", p.FileName)
	}
	return p.Data, nil
}

// Send implements delivery.Way. A file that lies there with the same bytes was dropped by an attempt
// whose answer was lost: that is success. With other bytes it is somebody else's, and stays.
func (w Way) Send(ctx context.Context, p delivery.Parcel, data []byte) (receipt string, err error) {
	if !plain(p.FileName) {
		return "", delivery.Fail(delivery.Permanent, "%q is no plain name of a file", p.FileName)
	}
	c, end, err := w.Server.session(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	name := path.Join(orHome(w.Folder), p.FileName)
	where := "sftp://" + w.Server.User + "@" + w.Server.Address + "/" + strings.TrimPrefix(name, "/")
	switch there, err := same(c, name, data); {
	case err != nil:
		return "", err
	case there:
		return where, nil
	}
	part := name + "." + partMark(data) + ".part"
	if err := write(c, part, data); err != nil {
		return "", fmt.Errorf("write %s: %w", part, err)
	}
	if err := c.Rename(part, name); err != nil {
		// The answer may be what was lost, or somebody put a file there meanwhile: the next attempt sees it.
		_ = c.Remove(part)
		return "", fmt.Errorf("rename %s to its name: %w", part, err)
	}
	return where, nil
}

// partMark tells apart what different bytes are written under until they are whole.
func partMark(data []byte) string {
	const letters = 8
	return sum(data)[:letters]
}

// same tells whether the file lies there with the same bytes. Other bytes are a permanent failure.
func same(c *sftp.Client, name string, data []byte) (bool, error) {
	info, err := c.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether %s is there: %w", name, err)
	}
	other := delivery.Fail(delivery.Permanent, "%s lies there already with other bytes: nothing was written; ask the partner to take it away, then send again", name)
	if !info.Mode().IsRegular() || info.Size() != int64(len(data)) {
		return false, other
	}
	f, err := c.Open(name)
	if err != nil {
		return false, fmt.Errorf("read %s, which is there already: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	there, err := io.ReadAll(io.LimitReader(f, int64(len(data))+1))
	if err != nil {
		return false, fmt.Errorf("read %s, which is there already: %w", name, err)
	}
	if !bytes.Equal(there, data) {
		return false, other
	}
	return true, nil
}

// write writes a file and makes sure that the server has all of it; what it could not write whole it
// removes.
func write(c *sftp.Client, name string, data []byte) (err error) {
	f, err := c.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = c.Remove(name)
		}
	}()
	if _, err := f.ReadFrom(bytes.NewReader(data)); err != nil {
		return err
	}
	if _, ok := c.HasExtension("fsync@openssh.com"); ok {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	info, err := c.Stat(name)
	if err != nil {
		return err
	}
	if info.Size() != int64(len(data)) {
		return fmt.Errorf("the server has %d of %d bytes", info.Size(), len(data))
	}
	return nil
}

// plain tells whether a name names a file and no way to another folder.
func plain(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00\r\n")
}
