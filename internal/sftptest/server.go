package sftptest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Config says what the server is like. The zero value but for Folder lets everybody in.
type Config struct {
	Folder   string // holds a folder for each user, made at the first login
	Password string // "" takes any, and any key
	Key      ssh.PublicKey
	HostKey  ssh.Signer // nil makes one
	// MakeFolders makes folders that a client writes to or looks into.
	MakeFolders bool
	// Write, where not nil, is asked before each write what goes wrong: the file's name within the
	// user's folder, where, and how many bytes. Cut closes the connection.
	Write func(name string, offset int64, size int) error
	// Rename, where not nil, is asked before each rename.
	Rename func(from, to string) error
}

// ErrCut closes the connection in the middle of what goes on.
var ErrCut = errors.New("the connection is cut")

// userName is what may be a folder's name.
var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Server is an SFTP server.
type Server struct {
	cfg  Config
	ssh  *ssh.ServerConfig
	host ssh.Signer
	open sync.WaitGroup
}

// New makes a server that runs when served.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, host: cfg.HostKey}
	if s.host == nil {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err == nil {
			s.host, err = ssh.NewSignerFromKey(key)
		}
		if err != nil {
			return nil, fmt.Errorf("make a host key: %w", err)
		}
	}
	const passable = 0o750
	if err := os.MkdirAll(cfg.Folder, passable); err != nil {
		return nil, fmt.Errorf("make the folder of the SFTP server: %w", err)
	}
	refused := errors.New("who are you")
	s.ssh = &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if !userName.MatchString(c.User()) || cfg.Key != nil && cfg.Password == "" ||
				cfg.Password != "" && subtle.ConstantTimeCompare(password, []byte(cfg.Password)) != 1 {
				return nil, refused
			}
			return nil, nil //nolint:nilnil // the library's way to say yes
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if !userName.MatchString(c.User()) || cfg.Key == nil && cfg.Password != "" || cfg.Key != nil && string(key.Marshal()) != string(cfg.Key.Marshal()) {
				return nil, refused
			}
			return nil, nil //nolint:nilnil // the library's way to say yes
		},
	}
	s.ssh.AddHostKey(s.host)
	return s, nil
}

// HostKey is the fingerprint as it is pinned.
func (s *Server) HostKey() string {
	k := s.host.PublicKey()
	return k.Type() + " " + ssh.FingerprintSHA256(k)
}

// Serve answers until ctx ends, and closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	off := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer off()
	defer s.open.Wait()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		s.open.Go(func() {
			off := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer off()
			defer func() { _ = conn.Close() }()
			s.session(conn)
		})
	}
}

// session is one login, until its end.
func (s *Server) session(conn net.Conn) {
	c, channels, requests, err := ssh.NewServerConn(conn, s.ssh)
	if err != nil {
		return
	}
	defer func() { _ = c.Close() }()
	go ssh.DiscardRequests(requests)
	const passable = 0o750
	home := filepath.Join(s.cfg.Folder, c.User())
	if err := os.MkdirAll(home, passable); err != nil {
		return
	}
	root, err := os.OpenRoot(home)
	if err != nil {
		return
	}
	defer func() { _ = root.Close() }()
	for offered := range channels {
		if offered.ChannelType() != "session" {
			_ = offered.Reject(ssh.UnknownChannelType, "only sessions are offered")
			continue
		}
		ch, asked, err := offered.Accept()
		if err != nil {
			return
		}
		for r := range asked {
			ok := r.Type == "subsystem" && string(r.Payload[min(4, len(r.Payload)):]) == "sftp"
			_ = r.Reply(ok, nil)
			if !ok {
				continue
			}
			go ssh.DiscardRequests(asked)
			h := &folder{root: root, cfg: s.cfg, cut: func() { _ = conn.Close() }}
			server := sftp.NewRequestServer(ch, sftp.Handlers{FileGet: h, FilePut: h, FileCmd: h, FileList: h})
			_ = server.Serve()
			_ = server.Close()
			break
		}
	}
}

// LoadHostKey reads a host key in PEM, or makes one and keeps it where there is none.
func LoadHostKey(path string) (ssh.Signer, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make a host key: %w", err)
		}
		block, err := ssh.MarshalPrivateKey(key, "todoke sftp-sink")
		if err != nil {
			return nil, fmt.Errorf("make a host key: %w", err)
		}
		b = pem.EncodeToMemory(block)
		const private = 0o600
		if err := os.WriteFile(path, b, private); err != nil {
			return nil, fmt.Errorf("keep the host key: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("read the host key: %w", err)
	}
	key, err := ssh.ParsePrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("read the host key in %s: %w", path, err)
	}
	return key, nil
}
