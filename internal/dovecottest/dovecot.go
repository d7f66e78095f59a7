package dovecottest

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"todoke/internal/needs"
)

// Password lets every user in.
const Password = "himitsu"

// Options say what the server should be like.
type Options struct {
	// Capabilities the server claims to have once logged in; "" is all that it has.
	Capabilities string
}

// Server is a running Dovecot.
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

// Start runs a server until the test ends.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	needs.Programs(tb, "dovecot")
	// The path of a socket is bounded, and an unprivileged user must be able to pass.
	dir, err := os.MkdirTemp("", "dovecot") //nolint:usetesting // the test's own folder is closed to other users
	must(tb, err)
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(tb, os.Chmod(dir, 0o755)) //nolint:gosec // see above

	name := "nobody"
	if os.Geteuid() != 0 {
		u, err := user.Current()
		must(tb, err)
		name = u.Username
	}
	u, err := user.Lookup(name)
	must(tb, err)
	g, err := user.LookupGroupId(u.Gid)
	must(tb, err)
	owner, err := ownerOf(u)
	must(tb, err)
	must(tb, owner.makeDir(filepath.Join(dir, "mail")))
	cert, key, roots := Certificate(tb)
	must(tb, os.WriteFile(filepath.Join(dir, "cert.pem"), cert, 0o600))
	must(tb, os.WriteFile(filepath.Join(dir, "key.pem"), key, 0o600))

	s := &Server{
		Address: freePort(tb), TLSAddress: freePort(tb), Roots: roots, dir: dir, config: filepath.Join(dir, "dovecot.conf"),
		CAFile: filepath.Join(dir, "cert.pem"), owner: owner,
	}
	capability := ""
	if o.Capabilities != "" {
		capability = "imap_capability = " + o.Capabilities
	}
	must(tb, os.WriteFile(s.config, fmt.Appendf(nil, config, dir, name, g.Name, port(s.Address), port(s.TLSAddress), Password, capability), 0o600))
	s.Start(tb)
	tb.Cleanup(func() {
		s.Kill()
		if tb.Failed() {
			s.mu.Lock()
			defer s.mu.Unlock()
			tb.Logf("dovecot:\n%s", s.log.Bytes())
		}
	})
	return s
}

// config has the places: folder, user, group, port, port for TLS, password, further lines.
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
  inbox = yes
}
passdb {
  driver = static
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

// Start runs the server again after Kill.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	cmd := exec.Command("dovecot", "-F", "-c", s.config) //nolint:noctx // Kill ends it
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := cmd.StderrPipe()
	must(tb, err)
	must(tb, cmd.Start())
	up := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
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
	s.cmd, s.ended = cmd, ended
	select {
	case <-up:
	case <-ended:
		tb.Fatalf("dovecot has ended:\n%s", s.log.Bytes())
	case <-time.After(30 * time.Second):
		tb.Fatal("dovecot does not start")
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
func Certificate(tb testing.TB) (cert, key []byte, roots *x509.CertPool) {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(tb, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	must(tb, err)
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), roots
}

func freePort(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	must(tb, err)
	must(tb, l.Close())
	return l.Addr().String()
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
