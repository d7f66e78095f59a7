package dovecot

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Password lets every user in.
const Password = "himitsu"

// Config says what the server should be like.
type Config struct {
	// Capabilities the server claims to have once logged in; "" is all that it has.
	Capabilities string
	// Namespace is the prefix that other folders than INBOX have, such as "INBOX."; "" is none.
	Namespace string
	// Separator stands between the levels of folders: "." or "/"; "" is Dovecot's own, a dot.
	Separator string
	// ACL lets a folder's rights be told by the file dovecot-acl in it.
	ACL bool
	// TokenURL introspects the access tokens of XOAUTH2 (RFC 7662); "" takes none.
	TokenURL string
}

// Server is a Dovecot.
type Server struct {
	Address    string // of IMAP with STARTTLS
	TLSAddress string // of IMAP over TLS
	Roots      *x509.CertPool
	CAFile     string // Roots in PEM

	dir    string
	owner  owner
	config string
	cmd    *exec.Cmd
	ended  chan struct{}

	mu  sync.Mutex
	log bytes.Buffer
}

// Installed tells whether there is a Dovecot to start.
func Installed() bool {
	_, err := exec.LookPath("dovecot")
	return err == nil
}

// Start runs a server until it is closed, or this process dies.
func Start(c Config) (*Server, error) {
	// The path of a socket is bounded, and an unprivileged user must be able to pass.
	dir, err := os.MkdirTemp("", "dovecot")
	if err != nil {
		return nil, fmt.Errorf("make a folder for dovecot: %w", err)
	}
	s, err := newServer(dir, c)
	if err == nil {
		err = s.Run()
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("start dovecot: %w", err)
	}
	return s, nil
}

// Close ends the server and removes its folder with all mails.
func (s *Server) Close() error {
	s.Kill()
	return os.RemoveAll(s.dir)
}

// Log is what the server has written so far.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func newServer(dir string, c Config) (*Server, error) {
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // see Start
		return nil, err
	}
	name := "nobody"
	if os.Geteuid() != 0 {
		u, err := user.Current()
		if err != nil {
			return nil, err
		}
		name = u.Username
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return nil, err
	}
	owner, err := ownerOf(u)
	if err != nil {
		return nil, err
	}
	cert, key, roots, err := Certificate()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Roots: roots, dir: dir, config: filepath.Join(dir, "dovecot.conf"), CAFile: filepath.Join(dir, "cert.pem"), owner: owner,
	}
	for _, address := range []*string{&s.Address, &s.TLSAddress} {
		if *address, err = freePort(); err != nil {
			return nil, err
		}
	}
	const private = 0o600
	text := fmt.Appendf(nil, config, dir, name, g.Name, port(s.Address), port(s.TLSAddress), Password, c.lines(dir), c.inbox())
	return s, errors.Join(
		owner.makeDir(filepath.Join(dir, "mail")),
		os.WriteFile(s.CAFile, cert, private),
		os.WriteFile(filepath.Join(dir, "key.pem"), key, private),
		os.WriteFile(filepath.Join(dir, "oauth2.conf"), fmt.Appendf(nil, oauth2, c.TokenURL), private),
		os.WriteFile(s.config, text, private),
	)
}

const oauth2 = `introspection_mode = post
introspection_url = %s
username_attribute = username
active_attribute = active
active_value = true
`

// lines are those of the configuration that only some servers have.
func (c Config) lines(dir string) string {
	var lines []string
	if c.Capabilities != "" {
		lines = append(lines, "imap_capability = "+c.Capabilities)
	}
	if c.ACL {
		lines = append(lines, "mail_plugins = acl", "protocol imap {\n  mail_plugins = acl imap_acl\n}", "plugin {\n  acl = vfile\n}")
	}
	if c.TokenURL != "" {
		lines = append(lines, "auth_mechanisms = plain login xoauth2 oauthbearer",
			"passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = "+dir+"/oauth2.conf\n}")
	}
	return strings.Join(lines, "\n")
}

func (c Config) inbox() string {
	lines := "  inbox = yes"
	if c.Namespace != "" {
		lines += "\n  prefix = " + c.Namespace
	}
	if c.Separator != "" {
		lines += "\n  separator = " + c.Separator
	}
	return lines
}

// config has the places: folder, user, group, port, port for TLS, password, further lines, lines
// of the namespace.
const config = `
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = %[2]s
default_internal_group = %[3]s
default_login_user = %[2]s
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1 s
namespace inbox {
%[8]s
}
passdb {
  driver = static
  mechanisms = plain login
  args = password=%[6]s
}
userdb {
  driver = static
  args = uid=%[2]s gid=%[3]s home=%[1]s/mail/%%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[4]s
  }
  inet_listener imaps {
    port = %[5]s
    ssl = yes
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
%[7]s
`

// patience is how long the server may take to start.
const patience = 30 * time.Second

// Run runs the server again after Kill.
func (s *Server) Run() error {
	cmd := exec.Command("dovecot", "-F", "-c", s.config) //nolint:noctx // Kill ends it
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	deathSignal(cmd.SysProcAttr)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	started, up, ended := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // never unlocked: the death signal is that of this thread
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		lines, told := bufio.NewScanner(stderr), false
		for lines.Scan() {
			s.mu.Lock()
			s.log.Write(append(lines.Bytes(), '\n'))
			s.mu.Unlock()
			if !told && strings.Contains(lines.Text(), "starting up") {
				told = true
				close(up)
			}
		}
		_ = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return err
	}
	s.cmd, s.ended = cmd, ended
	select {
	case <-up:
		return nil
	case <-ended:
		s.cmd = nil
		return fmt.Errorf("it has ended:\n%s", s.Log())
	case <-time.After(patience):
		s.Kill()
		return fmt.Errorf("it is not up after %v:\n%s", patience, s.Log())
	}
}

// Kill ends the server and its connections at once.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.ended
	s.cmd = nil
	// Its login processes end when they see that it is gone; until then they hold the ports.
	for _, address := range []string{s.Address, s.TLSAddress} {
		for {
			c, err := net.Dial("tcp", address) //nolint:noctx // on loopback
			if err != nil {
				break
			}
			_ = c.Close()
			<-time.After(5 * time.Millisecond)
		}
	}
}

// Certificate is a new one for 127.0.0.1, in PEM, and what trusts it.
func Certificate() (cert, key []byte, roots *x509.CertPool, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, nil, err
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), roots, nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}
