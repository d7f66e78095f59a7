package sftp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"todoke/delivery"
)

// DefaultTimeout is how long a server may be silent while it owes an answer.
const DefaultTimeout = time.Minute

// WholeSession bounds a session by so many of its time-outs: a server that answers each question
// slowly holds nobody for ever.
const WholeSession = 8

// Server is a partner's SFTP server.
type Server struct {
	Address string // HOST:PORT
	User    string
	// HostKeys are the fingerprints of the keys that the server may show, "ssh-ed25519 SHA256:…" or
	// "SHA256:…", separated by commas; without any nothing is trusted.
	HostKeys string
	// Password and Key give the secrets at each login; nil or empty is none. Key is a private key in
	// PEM, without a passphrase.
	Password func() (string, error)
	Key      func() ([]byte, error)
	Timeout  time.Duration // 0 is DefaultTimeout
}

// HostKeyError tells that a server's key is not the pinned one, or that none is pinned.
type HostKeyError struct {
	Address string
	Shown   string // the key that the server shows
	Pinned  string
}

// Error implements error.
func (e *HostKeyError) Error() string {
	if strings.TrimSpace(e.Pinned) == "" {
		return fmt.Sprintf("the host key of %s is not pinned: it shows %s; ask the partner whether that is theirs, then write it into host_key of warehouse_profiles.csv", e.Address, e.Shown)
	}
	return fmt.Sprintf("the host key of %s is %s and not the pinned %s: somebody may stand between; ask the partner, and if the key is new, pin it in host_key of warehouse_profiles.csv (todoke warehouse hostkey %s)",
		e.Address, e.Shown, e.Pinned, e.Address)
}

type keyType struct {
	name       string
	algorithms []string
}

// keyTypes are the kinds of host keys, the best first, with the algorithms that prove each.
var keyTypes = []keyType{
	{ssh.KeyAlgoED25519, []string{ssh.KeyAlgoED25519}},
	{ssh.KeyAlgoECDSA256, []string{ssh.KeyAlgoECDSA256}},
	{ssh.KeyAlgoECDSA384, []string{ssh.KeyAlgoECDSA384}},
	{ssh.KeyAlgoECDSA521, []string{ssh.KeyAlgoECDSA521}},
	{ssh.KeyAlgoRSA, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}},
}

// Pin is a fingerprint of a host key as it is pinned.
type Pin struct {
	Type        string // "" is any
	Fingerprint string // SHA256:…
}

// ParsePins reads the fingerprints that are pinned; none is an empty list.
func ParsePins(text string) ([]Pin, error) {
	const fingerprint = 43 // unpadded base 64 of a SHA-256
	var pins []Pin
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		p := Pin{Fingerprint: words[len(words)-1]}
		if len(words) > 1 {
			p.Type = words[0]
		}
		hash, ok := strings.CutPrefix(p.Fingerprint, "SHA256:")
		if !ok || len(hash) != fingerprint || len(words) > 2 {
			return nil, fmt.Errorf("%q is no fingerprint: write it as todoke warehouse hostkey HOST:PORT prints it, such as ssh-ed25519 SHA256:…", part)
		}
		if p.Type != "" && !slices.ContainsFunc(keyTypes, func(t keyType) bool { return t.name == p.Type }) {
			return nil, fmt.Errorf("%q is no kind of host key: write ssh-ed25519, ecdsa-sha2-nistp256 or ssh-rsa before the fingerprint, or nothing", p.Type)
		}
		pins = append(pins, p)
	}
	return pins, nil
}

// algorithms are those by which a server may prove one of the pinned keys, the best first.
func algorithms(pins []Pin) []string {
	every := len(pins) == 0 || slices.ContainsFunc(pins, func(p Pin) bool { return p.Type == "" })
	var out []string
	for _, t := range keyTypes {
		if every || slices.ContainsFunc(pins, func(p Pin) bool { return p.Type == t.name }) {
			out = append(out, t.algorithms...)
		}
	}
	return out
}

// shown is a key as it is printed and pinned.
func shown(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }

// patient is a connection on which nobody is silent for longer than a time.
type patient struct {
	net.Conn
	wait time.Duration
}

func (c *patient) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.wait)); err != nil { //nolint:forbidigo // of a connection
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *patient) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.wait)); err != nil { //nolint:forbidigo // of a connection
		return 0, err
	}
	return c.Conn.Write(b)
}

func (s Server) timeout() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return DefaultTimeout
}

// session logs in and opens SFTP. end closes everything; so does the end of ctx, and of the time
// that a session may take.
func (s Server) session(ctx context.Context) (c *sftp.Client, end func(), err error) {
	pins, err := ParsePins(s.HostKeys)
	if err != nil {
		return nil, nil, delivery.Fail(delivery.Permanent, "%w", err)
	}
	methods, err := s.methods()
	if err != nil {
		return nil, nil, err
	}
	var key *HostKeyError
	config := &ssh.ClientConfig{
		User: s.User, Auth: methods, HostKeyAlgorithms: algorithms(pins), ClientVersion: "SSH-2.0-todoke",
		HostKeyCallback: func(_ string, _ net.Addr, k ssh.PublicKey) error {
			fingerprint := ssh.FingerprintSHA256(k)
			if slices.ContainsFunc(pins, func(p Pin) bool { return p.Fingerprint == fingerprint }) {
				return nil
			}
			key = &HostKeyError{Address: s.Address, Shown: shown(k), Pinned: s.HostKeys}
			return key
		},
	}
	conn, hangUp, err := s.dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			hangUp()
		}
	}()
	sc, channels, requests, err := ssh.NewClientConn(conn, s.Address, config)
	if err != nil {
		if key != nil { // the library does not hand the cause on
			return nil, nil, delivery.Fail(delivery.Permanent, "%w", key)
		}
		if e, ok := errors.AsType[*ssh.AlgorithmNegotiationError](err); ok && len(pins) > 0 && slices.ContainsFunc(e.SupportedAlgorithms, hostKeyAlgorithm) {
			return nil, nil, delivery.Fail(delivery.Permanent, "%w", &HostKeyError{Address: s.Address, Shown: "of another kind", Pinned: s.HostKeys})
		}
		return nil, nil, fmt.Errorf("log in at %s as %s: %w", s.Address, s.User, err)
	}
	client := ssh.NewClient(sc, channels, requests)
	// Several packets under way at once is what makes far servers fast; one file at a time is enough.
	c, err = sftp.NewClient(client)
	if err != nil {
		return nil, nil, fmt.Errorf("open SFTP at %s: %w", s.Address, err)
	}
	return c, func() {
		_ = c.Close()
		_ = client.Close()
		hangUp()
	}, nil
}

func hostKeyAlgorithm(a string) bool {
	return slices.ContainsFunc(keyTypes, func(t keyType) bool { return slices.Contains(t.algorithms, a) })
}

// dial connects; the connection closes with ctx, or when the time of a whole session is over.
func (s Server) dial(ctx context.Context) (net.Conn, func(), error) {
	ctx, cancel := context.WithTimeout(ctx, WholeSession*s.timeout())
	conn, err := (&net.Dialer{Timeout: s.timeout()}).DialContext(ctx, "tcp", s.Address)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	off := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return &patient{conn, s.timeout()}, func() { off(); cancel(); _ = conn.Close() }, nil
}

// methods are the ways to log in.
func (s Server) methods() ([]ssh.AuthMethod, error) {
	var out []ssh.AuthMethod
	if s.Key != nil {
		pem, err := s.Key()
		if err != nil {
			return nil, delivery.Fail(delivery.Temporary, "read the private key for %s: %w", s.Address, err)
		}
		if len(pem) > 0 {
			signer, err := ssh.ParsePrivateKey(pem)
			if err != nil {
				return nil, delivery.Fail(delivery.Temporary, "read the private key for %s: %w", s.Address, err)
			}
			out = append(out, ssh.PublicKeys(signer))
		}
	}
	if s.Password != nil {
		password, err := s.Password()
		if err != nil {
			return nil, delivery.Fail(delivery.Temporary, "read the password for %s: %w", s.Address, err)
		}
		if password != "" {
			out = append(out, ssh.Password(password), ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
				answers := make([]string, len(questions))
				for i := range answers {
					answers[i] = password
				}
				return answers, nil
			}))
		}
	}
	if len(out) == 0 {
		return nil, delivery.Fail(delivery.Temporary, "no password and no key is set for %s@%s: see partners in todoke config", s.User, s.Address)
	}
	return out, nil
}

// Check logs in and looks at folders. It writes nothing.
func (s Server) Check(ctx context.Context, folders ...string) error {
	c, end, err := s.session(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, f := range folders {
		info, err := c.Stat(orHome(f))
		if err != nil {
			return fmt.Errorf("look at the folder %s of %s: %w", f, s.Address, err)
		}
		if !info.IsDir() {
			return fmt.Errorf("%s of %s is no folder", f, s.Address)
		}
	}
	return nil
}

func orHome(folder string) string {
	if folder == "" {
		return "."
	}
	return folder
}

// HostKeys are the keys that the server at an address shows, one of each kind, as they are pinned.
// Nobody logs in.
func HostKeys(ctx context.Context, address string, timeout time.Duration) ([]string, error) {
	s := Server{Address: address, Timeout: timeout}
	var out []string
	var last error
	for _, t := range keyTypes {
		conn, end, err := s.dial(ctx)
		if err != nil {
			return out, err
		}
		var found string
		// The handshake ends at the key: it is all that is wanted.
		_, _, _, err = ssh.NewClientConn(conn, address, &ssh.ClientConfig{
			HostKeyAlgorithms: t.algorithms, ClientVersion: "SSH-2.0-todoke",
			HostKeyCallback: func(_ string, _ net.Addr, k ssh.PublicKey) error {
				found = shown(k)
				return errors.New("the key was all that was wanted")
			},
		})
		end()
		if found != "" {
			out = append(out, found)
			continue
		}
		last = err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("ask %s for its host key: %w", address, last)
	}
	return out, nil
}
