package dovecottest

import (
	"crypto/x509"
	"testing"

	"todoke/internal/dovecot"
	"todoke/internal/needs"
)

// Password lets every user in.
const Password = dovecot.Password

// Options say what the server should be like.
type Options = dovecot.Config

// Server is a running Dovecot.
type Server struct{ *dovecot.Server }

// Start runs a server until the test ends.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	needs.Programs(tb, "dovecot")
	s, err := dovecot.Start(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("dovecot:\n%s", s.Log())
		}
		_ = s.Close()
	})
	return &Server{s}
}

// Start runs the server again after Kill.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	if err := s.Run(); err != nil {
		tb.Fatal(err)
	}
}

// Certificate is a new one for 127.0.0.1, in PEM, and what trusts it.
func Certificate(tb testing.TB) (cert, key []byte, roots *x509.CertPool) {
	tb.Helper()
	cert, key, roots, err := dovecot.Certificate()
	if err != nil {
		tb.Fatal(err)
	}
	return cert, key, roots
}
