package sftptest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pkg/sftp"
)

// folder answers the requests of one session out of one user's folder.
type folder struct {
	root *os.Root
	cfg  Config
	cut  func()
}

// local is a path of the session as one within the root.
func local(p string) string {
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	if p == "" {
		return "."
	}
	return p
}

// Fileread implements sftp.FileReader.
func (f *folder) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	return f.root.Open(local(r.Filepath))
}

// makeFolder makes a folder where the server is told to.
func (f *folder) makeFolder(name string) error {
	const passable = 0o750
	if !f.cfg.MakeFolders || name == "." {
		return nil
	}
	return f.root.MkdirAll(name, passable)
}

// Filewrite implements sftp.FileWriter.
func (f *folder) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	const passable = 0o640
	flags, flag := r.Pflags(), os.O_WRONLY
	if flags.Creat {
		flag |= os.O_CREATE
	}
	if flags.Trunc {
		flag |= os.O_TRUNC
	}
	if flags.Excl {
		flag |= os.O_EXCL
	}
	if err := f.makeFolder(path.Dir(local(r.Filepath))); err != nil {
		return nil, err
	}
	file, err := f.root.OpenFile(local(r.Filepath), flag, passable)
	if err != nil {
		return nil, err
	}
	return &written{file, local(r.Filepath), f}, nil
}

type written struct {
	*os.File
	name string
	f    *folder
}

// WriteAt implements io.WriterAt, unless a test has it fail.
func (w *written) WriteAt(b []byte, at int64) (int, error) {
	if w.f.cfg.Write != nil {
		if err := w.f.cfg.Write(w.name, at, len(b)); err != nil {
			if errors.Is(err, ErrCut) {
				w.f.cut()
			}
			return 0, err
		}
	}
	return w.File.WriteAt(b, at)
}

// Filecmd implements sftp.FileCmder. A rename to a name that is taken is refused, as the protocol
// says (draft-ietf-secsh-filexfer-02, 6.5).
func (f *folder) Filecmd(r *sftp.Request) error {
	const passable = 0o750
	name := local(r.Filepath)
	switch r.Method {
	case "Rename":
		to := local(r.Target)
		if f.cfg.Rename != nil {
			if err := f.cfg.Rename(name, to); err != nil {
				if errors.Is(err, ErrCut) {
					f.cut()
				}
				return err
			}
		}
		if _, err := f.root.Lstat(to); err == nil {
			return sftp.ErrSSHFxFailure
		}
		return f.root.Rename(name, to)
	case "Mkdir":
		return f.root.Mkdir(name, passable)
	case "Remove", "Rmdir":
		return f.root.Remove(name)
	case "Setstat":
		return nil
	default:
		return sftp.ErrSSHFxOpUnsupported
	}
}

// Filelist implements sftp.FileLister.
func (f *folder) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	name := local(r.Filepath)
	if r.Method != "List" {
		info, err := f.root.Stat(name)
		if err != nil {
			return nil, err
		}
		return infos{info}, nil
	}
	if err := f.makeFolder(name); err != nil {
		return nil, err
	}
	dir, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var out infos
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	slices.SortFunc(out, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

type infos []fs.FileInfo

// ListAt implements sftp.ListerAt.
func (l infos) ListAt(out []fs.FileInfo, at int64) (int, error) {
	if at >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(out, l[at:])
	if n < len(out) {
		return n, io.EOF
	}
	return n, nil
}
